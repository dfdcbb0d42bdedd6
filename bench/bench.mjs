// npm run bench: installs and compiles what is missing, then measures (arguments after `npm run bench --` go to it; --help tells them).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build, install } from '../tools/scripts/bootstrap.mjs';

install();
build('bench/tsconfig.run.json');
const main = fileURLToPath(new URL('temp/js/main.js', import.meta.url));
const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
