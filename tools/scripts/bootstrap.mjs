// Brings a fresh clone, on a machine that has only Node and npm, to where the rest can run. Uses nothing but Node itself.
// Doing it again costs a few milliseconds. `npm start` and `npm test` call this; so does .ci/run.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJson, root } from './workspace.mjs';

const say = (text) => console.error(`linnet: ${text}`);
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Runs a program on our terminal; ends this process with its status if it fails. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) say(`${command}: ${error.message}`);
  if (status !== 0) process.exit(signal ? 1 : (status ?? 1));
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(`this is Node ${process.versions.node}; Linnet needs 20.19 or newer`);
  process.exit(1);
}

/** Installs what pnpm-lock.yaml names, unless that was the last thing installed. */
export function install({ force = false } = {}) {
  checkNode();
  const stamp = path.join(root, 'node_modules/.linnet-installed');
  const lock = createHash('sha256').update(fs.readFileSync(path.join(root, 'pnpm-lock.yaml'))).digest('hex');
  if (!force && fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === lock) return;

  const pnpm = readJson(path.join(root, 'package.json')).packageManager;
  say(`installing the dependencies with ${pnpm} (the first time takes some seconds)`);
  const since = Date.now();
  // npx must bring the pinned pnpm and not take node_modules/.bin/pnpm, which dies when it has to replace node_modules,
  // itself included. So: not from here, and without what npm told us about here.
  const { npm_config_local_prefix: _, INIT_CWD: __, ...env } = process.env;
  env.PATH = (env.PATH ?? '').split(path.delimiter).filter((p) => !p.endsWith(path.join('node_modules', '.bin'))).join(path.delimiter);
  env.npm_config_update_notifier = 'false';
  const shell = process.platform === 'win32'; // npx is a .cmd file there
  run('npx', ['-y', pnpm, '-C', root, 'install', '--frozen-lockfile'], { cwd: path.parse(root).root, env, shell });
  fs.writeFileSync(stamp, lock);
  say(`installed in ${seconds(since)}`);
}

/** Compiles a project and what it needs; nothing if all is up to date. */
export function build(project = '.') {
  const since = Date.now();
  const fresh = !fs.existsSync(path.join(root, 'packages/linnet/dist'));
  if (fresh) say('compiling the sources');
  // Not by node_modules/.bin, whose files are shell scripts on some systems and not on others.
  run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-b', project]);
  if (fresh) say(`compiled in ${seconds(since)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install({ force: process.argv.includes('--force') });
}
