// Checks what the code imports against graph.json: every import is a declared edge, every edge is used, edges go down,
// nothing goes in a circle, and nobody reaches past another package's exports or into Node from a browser package.
// With --trim, edges that nothing uses are taken out of graph.json (run pnpm graph:sync after it).
import fs from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { parse, walk } from './ast.mjs';
import { dirOf, files, packages, privateWorkspaces, readJson, relative, root } from './workspace.mjs';

const errors = new Set();
const trim = process.argv.includes('--trim');
const report = (text) => errors.add(text);
const manifests = new Map([...packages.values()].map((p) => [p.dir, readJson(path.join(p.path, 'package.json'))]));
const rootDev = readJson(path.join(root, 'package.json')).devDependencies;
const packageName = (s) => s.split('/').slice(0, s.startsWith('@') ? 2 : 1).join('/');

/** What a condition tree of package.json's imports or exports can lead to. */
const targets = (tree) => (typeof tree === 'string' ? [tree] : Object.values(tree ?? {}).flatMap(targets));

/** All module specifiers of a file, those of types included. */
function specifiers(file) {
  const { module, program, text } = parse(file, report);
  const out = module.staticImports.map((i) => i.moduleRequest.value);
  for (const s of module.staticExports) for (const e of s.entries) if (e.moduleRequest) out.push(e.moduleRequest.value);
  for (const d of module.dynamicImports) {
    const literal = /^(['"`])([^'"`$]+)\1$/.exec(text.slice(d.moduleRequest.start, d.moduleRequest.end));
    if (literal) out.push(literal[2]);
    else report(`${relative(file)}: an import() with a computed name cannot be checked; name the module`);
  }
  walk(program, (n) => {
    if (n.type === 'TSImportType') out.push((n.source ?? n.argument?.literal ?? n.argument)?.value);
  });
  return out.filter((s) => typeof s === 'string');
}

/** Checks one file; calls used(name) for each package that it imports. */
function checkFile(file, { home, self, mayUseNode, allowed, undeclared, used }) {
  const at = relative(file);
  for (const s of specifiers(file)) {
    if (s.startsWith('.')) {
      const to = path.resolve(path.dirname(file), s);
      if (!to.startsWith(home + path.sep)) report(`${at}: '${s}' leaves ${relative(home)}; import the package by its name`);
      else if (!fs.existsSync(to)) report(`${at}: '${s}' does not exist (write the .ts extension)`);
    } else if (s.startsWith('#')) {
      if (!self?.imports?.[s]) report(`${at}: '${s}' is not among the imports of its package.json`);
      for (const t of targets(self?.imports?.[s])) if (!t.startsWith('.') && !isBuiltin(t)) used(packageName(t));
    } else if (isBuiltin(s)) {
      if (!s.startsWith('node:')) report(`${at}: write 'node:${s}'`);
      if (!mayUseNode) report(`${at}: '${s}' in code that runs in browsers too`);
    } else {
      const name = packageName(s);
      const dir = dirOf(name);
      const subpath = `.${s.slice(name.length)}`;
      if (name !== self?.name && !allowed.has(name)) report(undeclared(at, name, dir));
      if (dir !== undefined && !manifests.has(dir)) report(`${at}: there is no package ${name}`);
      else if (dir !== undefined && !(subpath in manifests.get(dir).exports)) report(`${at}: '${s}' is not in the exports of ${name}`);
      used(name);
    }
  }
}

/** Takes edges out of one package's line in graph.json, whose layout is for people and stays as it is. */
function dropEdges(dir, unused) {
  const file = path.join(root, 'graph.json');
  const text = fs.readFileSync(file, 'utf8').replace(new RegExp(`^ +"${dir}": \\{.*$`, 'm'), (line) =>
    line.replace(/"(deps|devDeps)": \[([^\]]*)\](, )?/g, (_, key, list, comma = '') => {
      const left = JSON.parse(`[${list}]`).filter((d) => !unused[key].includes(d));
      return key === 'devDeps' && left.length === 0 ? '' : `"${key}": [${left.map((d) => `"${d}"`).join(', ')}]${comma}`;
    }),
  );
  fs.writeFileSync(file, text);
}

const external = (deps = {}) => Object.keys(deps).filter((name) => dirOf(name) === undefined);
const named = (dirs) => dirs.map((d) => packages.get(d)?.name);

for (const p of packages.values()) {
  const self = manifests.get(p.dir);
  const deps = new Set([...named(p.deps), ...external(self.dependencies)]);
  const inSrc = new Set();
  const inTest = new Set();
  const fix = (key) => (at, name, dir) =>
    dir === undefined
      ? `${at}: '${name}' is not declared; add it to packages/${p.dir}/package.json`
      : `${at}: imports ${name}, but graph.json has no such edge; add "${dir}" to the ${key} of "${p.dir}" and run: pnpm graph:sync (or drop the import)`;
  // A file that says what an import condition's types are may speak of Node: it is never loaded.
  const conditions = new Set(targets(self.imports).filter((t) => t.startsWith('./src/')).map((t) => path.join(p.path, t)));
  const folder = p.nodeFolder ? path.join(p.path, 'src', p.nodeFolder) + path.sep : undefined;
  const node = (file) => p.platform === 'node' || conditions.has(file) || (folder !== undefined && file.startsWith(folder));
  for (const file of files(path.join(p.path, 'src'), /\.ts$/))
    checkFile(file, {
      home: path.join(p.path, 'src'), self, mayUseNode: node(file), allowed: deps, undeclared: fix('deps'), used: (n) => inSrc.add(n),
    });
  const forTests = new Set([...deps, ...named(p.devDeps), ...external(self.devDependencies), ...Object.keys(rootDev)]);
  for (const tests of ['test', 'bench'])
    for (const file of files(path.join(p.path, tests), /\.ts$/))
      checkFile(file, {
        home: p.path, self, mayUseNode: true, allowed: forTests, undeclared: fix('devDeps'), used: (n) => inTest.add(n),
      });

  const unused = { deps: p.deps.filter((d) => !inSrc.has(packages.get(d)?.name)), devDeps: p.devDeps.filter((d) => !inTest.has(packages.get(d)?.name)) };
  if (trim) {
    dropEdges(p.dir, unused);
    unused.deps = unused.devDeps = [];
  }
  for (const d of unused.deps)
    report(`graph.json: ${p.dir} -> ${d} is never imported in packages/${p.dir}/src; drop "${d}" from its deps and run: pnpm graph:sync`);
  for (const d of unused.devDeps)
    report(`graph.json: ${p.dir} -> ${d} is never imported in packages/${p.dir}/test; drop "${d}" from its devDeps and run: pnpm graph:sync`);
  for (const name of external(self.dependencies))
    if (!inSrc.has(name) && !name.startsWith('@types/')) report(`packages/${p.dir}/package.json: declares '${name}' and never imports it`);
}

for (const w of privateWorkspaces.values()) {
  const self = readJson(path.join(w.path, 'package.json'));
  const allowed = new Set([...named(w.deps), ...external({ ...self.dependencies, ...self.devDependencies }), ...Object.keys(rootDev)]);
  for (const file of files(w.path, /\.ts$/))
    checkFile(file, {
      home: w.path, self, mayUseNode: true, allowed, used() {},
      undeclared: (at, name) => `${at}: '${name}' is not declared; add it to ${w.dir}/package.json`,
    });
}

// The graph itself. Levels hold for what is shipped; circles are looked for with the tests' edges too.
for (const p of packages.values()) {
  for (const d of [...p.deps, ...p.devDeps]) if (!packages.has(d)) report(`graph.json: ${p.dir} -> ${d}: there is no such package`);
  for (const d of p.deps) {
    const to = packages.get(d);
    if (to && to.level >= p.level) report(`graph.json: ${p.dir} (level ${p.level}) -> ${d} (level ${to.level}) does not go down`);
    if (to?.dev) report(`graph.json: ${p.dir} -> ${d}: ${d} may be a devDependency only`);
    if (p.devDeps.includes(d)) report(`graph.json: ${p.dir} -> ${d} is among its deps and its devDeps; once is enough`);
  }
}
const done = new Set();
function visit(dir, trail) {
  if (done.has(dir) || !packages.has(dir)) return;
  if (trail.includes(dir)) return report(`graph.json: circle: ${[...trail.slice(trail.indexOf(dir)), dir].join(' -> ')}`);
  const p = packages.get(dir);
  for (const d of [...p.deps, ...p.devDeps]) visit(d, [...trail, dir]);
  done.add(dir);
}
for (const dir of packages.keys()) visit(dir, []);

for (const e of errors) console.error(e);
console.log(`edges: ${packages.size} packages, ${errors.size} errors`);
process.exitCode = errors.size ? 1 : 0;
