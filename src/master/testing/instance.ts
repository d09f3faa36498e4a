import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { api, type ApiInput, type ApiName, type ApiOutput } from '../../schema/api.ts';
import type { ErrorBody } from '../../base/errors.ts';
import { VERSION } from '../../host/version.ts';
import type { Job, Project, User } from '../../schema/model.ts';
import { createApp } from '../api/app.ts';
import { Core } from '../core/core.ts';
import { SILENT_LOG } from '../log.ts';
import { readSettings } from '../settings.ts';
import { TEST_SPECS } from './specs.ts';

export const LICENSE = 'test-license';

/** What a caller shows: nothing, a header, or a cookie. */
export type As = Record<string, string>;

export interface Answer<K extends ApiName> {
  status: number;
  /** the answer, when `status` is 200 */
  data: ApiOutput<K>;
  /** the error, when it is not */
  error: ErrorBody;
  headers: Headers;
}

/** A whole master in this process, on temporary directories, without sockets. */
export class TestInstance implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'cs-master-'));
  readonly env: Record<string, string>;
  core: Core;
  app: Hono;

  constructor(env: Record<string, string> = {}) {
    this.env = {
      CRYOSPARC_LICENSE_ID: LICENSE,
      CRYOSPARC_MASTER_HOSTNAME: 'localhost',
      CRYOSPARC_DB_PATH: join(this.dir, 'db'),
      CRYOSPARC_INSTANCE_DIR: join(this.dir, 'instance'),
      ...env,
    };
    mkdirSync(join(this.dir, 'instance'));
    mkdirSync(join(this.dir, 'data'));
    this.core = this.open();
    this.app = createApp(this.core);
  }

  /** As after a crash: nothing is told to the old parts but to let go of the file. */
  restart(): void {
    this.letGo();
    this.reopen();
    this.core.start();
  }

  /** On the database as it is now, after the old parts have closed it. */
  reopen(): void {
    this.core = this.open();
    this.app = createApp(this.core);
  }

  /** `cryosparcm` on the master's machine. */
  get admin(): As {
    return { authorization: `Bearer ${readFileSync(join(this.dir, 'instance/run/admin.token'), 'utf8').trim()}` };
  }

  async call<K extends ApiName>(name: K, input: ApiInput<K>, as: As = this.admin): Promise<Answer<K>> {
    const response = await this.app.request(`http://localhost/api/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...as },
      body: JSON.stringify(input),
    });
    const body: unknown = await response.json();
    const { status, headers } = response;
    if (status !== 200) return { status, headers, error: body as ErrorBody, data: undefined as never };
    return { status, headers, data: api[name].output.parse(body) as ApiOutput<K>, error: undefined as never };
  }

  /** A call that must succeed. */
  async ok<K extends ApiName>(name: K, input: ApiInput<K>, as: As = this.admin): Promise<ApiOutput<K>> {
    const { status, data, error } = await this.call(name, input, as);
    if (status !== 200) throw new Error(`${name} answers ${status} ${error.code}: ${error.message}`);
    return data;
  }

  /**
   * An account without a password (hashing one takes time) that is signed in; the first is an admin.
   * @returns the cookie, with the origin that a browser adds
   */
  user(email: string): As {
    const { db, credentials, accounts } = this.core;
    const role = accounts.list().length === 0 ? 'admin' : 'user';
    const user: User = {
      id: `id-${email}`,
      email,
      username: email,
      first_name: '',
      last_name: '',
      role,
      created_at: new Date().toISOString(),
    };
    db.run(
      "INSERT INTO users (id, email, role, password_hash, doc) VALUES (?, ?, ?, '', ?)",
      user.id,
      email,
      role,
      JSON.stringify(user),
    );
    return { cookie: `cs_session=${credentials.startSession(user)}`, origin: 'http://localhost' };
  }

  /** A project with workspace W1, owned by an account. */
  async project(email: string, title = 'Test'): Promise<Project> {
    const owner = { owner_user_id: email, project_container_dir: join(this.dir, 'data') };
    const project = await this.ok('projects.create', { ...owner, title });
    await this.ok('workspaces.create', { project_uid: project.uid, created_by_user_id: email, title: 'W' });
    return project;
  }

  async job(project_uid: string, job_type: string, more: Partial<ApiInput<'jobs.create'>> = {}): Promise<Job> {
    const params = job_type === 'source' ? { path: '/x' } : {};
    return this.ok('jobs.create', { job_type, project_uid, workspace_uid: 'W1', params, ...more });
  }

  async worker(more: Partial<ApiInput<'worker.connect'>> = {}): Promise<void> {
    const target = {
      hostname: 'localhost',
      version: VERSION,
      worker_bin_path: '/nonexistent/bin/cryosparcw',
      cpus: 4,
      rams: 4,
    };
    await this.ok('worker.connect', { ...target, ...more }, { 'license-id': LICENSE });
  }

  [Symbol.dispose](): void {
    this.letGo();
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  private open(): Core {
    return new Core({ settings: readSettings(this.env), specs: TEST_SPECS, log: SILENT_LOG, databaseLog: SILENT_LOG });
  }

  private letGo(): void {
    this.core.scheduler.stop();
    this.core.runs.abandon();
    this.core.dumper.stop();
    this.core.db.close();
  }
}
