import { spawnSync } from 'node:child_process';

const PYTHON = '/usr/bin/python3';

/** Run the system's Python; what it prints is the result. An exit status other than 0 is an error with its stderr. */
export function python(code: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', code, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`python ended with ${status}: ${stderr}`);
  return stdout;
}

/** For `test(name, { skip: withoutPython('numpy') }, …)`: false where the system's Python has the modules, else why not. */
export function withoutPython(...modules: string[]): false | string {
  const { status } = spawnSync(PYTHON, ['-c', `import ${modules.join(', ')}`]);
  return status === 0 ? false : `${PYTHON} has not the modules ${modules.join(', ')}`;
}
