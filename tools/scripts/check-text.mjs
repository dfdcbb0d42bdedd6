// Small facts about the repository's text that no compiler checks.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { files, packages, readJson, relative, root } from './workspace.mjs';

const errors = [];
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');

// The lock file names no host, so that it installs from whatever registry the reader uses.
const url = /^.*https?:\/\/.*$/m.exec(read('pnpm-lock.yaml'));
if (url) errors.push(`pnpm-lock.yaml names a host: ${url[0].trim()} (is lockfileIncludeTarballUrl on?)`);

// The pinned pnpm is written twice: for tools that read packageManager, and as a dependency for turbo.
const pin = readJson(path.join(root, 'package.json')).packageManager;
if (!read('pnpm-workspace.yaml').includes(`\n  pnpm: ${pin.split('@')[1]}\n`)) errors.push(`the catalog's pnpm is not ${pin}`);

// One idea a file.
for (const p of packages.values())
  for (const file of files(path.join(p.path, 'src'), /\.ts$/)) {
    const n = fs.readFileSync(file, 'utf8').split('\n').length - 1;
    if (n > 1500) errors.push(`${relative(file)}: ${n} lines; 800 is long, 1,500 is too long`);
  }

// Nothing left to do, nothing left out, nothing only for one machine. Built from pieces, so as not to find itself.
const words = [['TO', 'DO'], ['FIX', 'ME'], ['XX', 'X'], ['test.', 'only'], ['describe.', 'only'], ['registry.npm', 'js.'], ['registry.yarn', 'pkg.']].map((w) => w.join(''));
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
for (const file of tracked) {
  if (file === 'pnpm-lock.yaml' || !fs.existsSync(path.join(root, file)) || /\.(pcap|pcapng|png)$/.test(file)) continue;
  const text = read(file);
  for (const w of words) if (new RegExp(`\\b${w.replaceAll('.', '\\.')}`).test(text)) errors.push(`${file}: says ${w}`);
}

for (const e of errors) console.error(e);
console.log(`text: ${tracked.length} files, ${errors.length} errors`);
process.exitCode = errors.length ? 1 : 0;
