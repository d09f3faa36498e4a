import { appendFileSync } from 'node:fs';

/**
 * Stands for a supervised process in tests: `<file> <mode>`. It appends `start <pid>` and `stop` to the file and
 *   serves: becomes ready and stays; fails: exits with 3 before it is ready; brief: becomes ready and exits with 4.
 */
const [file = '', mode] = process.argv.slice(2);

function note(text: string): void {
  appendFileSync(file, `${text}\n`);
}

note(`start ${process.pid}`);
process.on('SIGTERM', () => {
  note('stop');
  process.exit(0);
});
process.on('disconnect', () => process.exit(0));
if (mode === 'fails') {
  process.stderr.write('the words of its failure\n');
  process.exit(3);
}
process.stdout.write('serving\n');
process.send?.({ ready: true }, undefined, undefined, () => {
  if (mode === 'brief') process.exit(4);
});
setInterval(() => undefined, 60_000);
