// npm start: installs and compiles what is missing, then runs `linnet demo` (arguments after `npm start --` go to it).
import { spawnSync } from 'node:child_process';
import { build, install } from './bootstrap.mjs';

install();
build('packages/linnet/tsconfig.cli.json');
const { status } = spawnSync(process.execPath, ['packages/linnet/dist/cli/main.js', 'demo', ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
