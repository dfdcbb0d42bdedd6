// Every check that reads and does not run: all of them, even when one fails.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './workspace.mjs';

const script = (name, ...args) => [process.execPath, path.join(root, 'tools/scripts', name), ...args];
const checks = [
  [path.join(root, 'node_modules/.bin/oxlint'), '--deny-warnings'],
  script('sync-graph.mjs', '--check'),
  script('check-edges.mjs'),
  script('check-datapath.mjs'),
  script('check-state.mjs'),
  script('check-text.mjs'),
];
const failed = checks.filter(([cmd, ...args]) => spawnSync(cmd, args, { cwd: root, stdio: 'inherit' }).status !== 0);
process.exitCode = failed.length ? 1 : 0;
