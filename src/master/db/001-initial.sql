-- Documents stand as JSON in `doc`; columns beside it are those that queries select, join or sort by.

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
  password_hash TEXT NOT NULL,
  doc TEXT NOT NULL
) STRICT;

-- Sessions of browsers and API tokens: only the SHA-256 of the secret is kept.
CREATE TABLE credentials (
  hash BLOB PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('session', 'token')),
  title TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX credentials_user ON credentials (user_id, kind);

-- `changes` counts what is to be written to the project directory, `dumped` is its value at the last write.
CREATE TABLE projects (
  num INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_user_id TEXT NOT NULL REFERENCES users (id),
  paused INTEGER NOT NULL DEFAULT 0,
  last_workspace INTEGER NOT NULL DEFAULT 0,
  last_job INTEGER NOT NULL DEFAULT 0,
  changes INTEGER NOT NULL DEFAULT 1,
  dumped INTEGER NOT NULL DEFAULT 0,
  doc TEXT NOT NULL
) STRICT;

CREATE TABLE project_users (
  project_num INTEGER NOT NULL REFERENCES projects (num) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (project_num, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_users_user ON project_users (user_id);

CREATE TABLE workspaces (
  project_num INTEGER NOT NULL REFERENCES projects (num) ON DELETE CASCADE,
  num INTEGER NOT NULL,
  doc TEXT NOT NULL,
  UNIQUE (project_num, num)
) STRICT;

CREATE TABLE jobs (
  project_num INTEGER NOT NULL REFERENCES projects (num) ON DELETE CASCADE,
  num INTEGER NOT NULL,
  status TEXT NOT NULL,
  priority INTEGER NOT NULL,
  queued_at TEXT,
  changes INTEGER NOT NULL DEFAULT 1,
  dumped INTEGER NOT NULL DEFAULT 0,
  doc TEXT NOT NULL,
  UNIQUE (project_num, num)
) STRICT;
CREATE INDEX jobs_live ON jobs (status) WHERE status IN ('queued', 'launched', 'started', 'running', 'waiting');
CREATE INDEX jobs_undumped ON jobs (project_num, num) WHERE dumped <> changes;

CREATE TABLE job_workspaces (
  project_num INTEGER NOT NULL,
  workspace_num INTEGER NOT NULL,
  job_num INTEGER NOT NULL,
  PRIMARY KEY (project_num, workspace_num, job_num),
  FOREIGN KEY (project_num, workspace_num) REFERENCES workspaces (project_num, num) ON DELETE CASCADE,
  FOREIGN KEY (project_num, job_num) REFERENCES jobs (project_num, num) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX job_workspaces_job ON job_workspaces (project_num, job_num);

-- One row a launch; the process of a launch proves itself by a token of which the SHA-256 stands here.
CREATE TABLE launches (
  token_hash BLOB PRIMARY KEY,
  project_num INTEGER NOT NULL,
  job_num INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('launched', 'claimed', 'ended')),
  launched_ms INTEGER NOT NULL,
  hostname TEXT,
  pid INTEGER,
  start_ticks INTEGER,
  kill_requested INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY (project_num, job_num) REFERENCES jobs (project_num, num) ON DELETE CASCADE
) STRICT;
CREATE INDEX launches_job ON launches (project_num, job_num);

CREATE TABLE lanes (
  name TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  doc TEXT NOT NULL
) STRICT;

CREATE TABLE targets (
  name TEXT PRIMARY KEY,
  lane TEXT NOT NULL REFERENCES lanes (name),
  doc TEXT NOT NULL
) STRICT;
