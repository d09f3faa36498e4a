-- An archived project is only read: its directory may be away, so nothing is written into it.

ALTER TABLE projects ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
UPDATE projects SET doc = json_set(doc, '$.archived', json('false'));
