// Runs a program of the bench: installs and compiles what is missing first, and passes the command line on.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build, install } from '../tools/scripts/bootstrap.mjs';

/** `program` is below bench/temp/js. The exit status is the program's. */
export function compiled(program) {
  install();
  build('bench/tsconfig.run.json');
  const main = fileURLToPath(new URL(`temp/js/${program}`, import.meta.url));
  const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
