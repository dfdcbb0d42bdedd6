// What every script here knows about the workspace: where it is, and what graph.json says.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
export const relative = (file) => path.relative(root, file);

const graph = readJson(path.join(root, 'graph.json'));

/** Every published package by its directory name, in the order of graph.json, lowest first. */
export const packages = new Map(
  Object.entries(graph.packages).map(([dir, p]) => [
    dir,
    { devDeps: [], ...p, dir, name: p.name ?? `@linnet/${dir}`, path: path.join(root, 'packages', dir) },
  ]),
);

/** The private workspaces, which may use every package. */
export const privateWorkspaces = new Map(
  Object.entries(graph.private).map(([dir, p]) => [
    dir,
    { ...p, dir, name: `@linnet-private/${dir}`, deps: [...packages.keys()], path: path.join(root, dir) },
  ]),
);

/** Directory name of a package from its name, or undefined if it is not ours. */
export const dirOf = (name) => (name.startsWith('@linnet/') ? name.slice(8) : name === 'linnet' ? name : undefined);

/** All files below a directory whose names match, sorted. (fs.globSync is not in Node 20.) */
export function files(dir, pattern) {
  if (!fs.existsSync(dir)) return [];
  return fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && pattern.test(e.name))
    .map((e) => path.join(e.parentPath ?? e.path, e.name))
    .filter((f) => !/\/(node_modules|dist|temp)\//.test(f))
    .sort();
}
