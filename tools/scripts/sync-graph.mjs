// graph.json is where the edges between packages are decided. This writes everything that follows from it: dependencies,
// tsconfig references, the meta-package's subpaths, docs/packages.md, the README's table, and the skeleton of a package that is new.
// With --check it writes nothing and fails if any file would change.
import fs from 'node:fs';
import path from 'node:path';
import { packages, privateWorkspaces, readJson, relative, root } from './workspace.mjs';

const home = 'https://github.com/linnet-stack/linnet';
const check = process.argv.includes('--check');
const stale = [];

function write(file, text) {
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) return;
  stale.push(relative(file));
  if (check) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}
const writeJson = (file, value) => write(file, `${JSON.stringify(value, null, 2)}\n`);
const writeNew = (file, text) => fs.existsSync(file) || write(file, text);
const nameOf = (dir) => packages.get(dir).name;
const workspaceDeps = (dirs) => Object.fromEntries(dirs.map((d) => [nameOf(d), 'workspace:^']));

/** The @linnet part of a dependency table is rewritten; what comes from outside stays as it is. */
function mergeDeps(old = {}, dirs) {
  const foreign = Object.entries(old).filter(([name]) => !name.startsWith('@linnet/') && name !== 'linnet');
  const all = { ...workspaceDeps(dirs), ...Object.fromEntries(foreign) };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  return Object.keys(sorted).length ? sorted : undefined;
}

const entry = (name) => ({ '@linnet/source': `./src/${name}.ts`, types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` });

function packageJson(p, old = {}) {
  const subpaths = p.dir === 'linnet' ? p.deps.map((d) => [`./${d}`, entry(d)]) : [];
  const fixed = {
    name: p.name,
    version: old.version ?? '0.0.0',
    description: p.dir === 'linnet' ? p.description : `${p.description}. Part of Linnet, the Linux network stack in TypeScript`,
    keywords: [...new Set(['linnet', 'linux', 'network-stack', 'tcp-ip', ...(old.keywords ?? [])])],
    license: 'MIT',
    author: 'The Linnet authors',
    homepage: `${home}/tree/main/packages/${p.dir}#readme`,
    bugs: { url: `${home}/issues` },
    repository: { type: 'git', url: `git+${home}.git`, directory: `packages/${p.dir}` },
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    exports: { ...old.exports, '.': entry('index'), ...Object.fromEntries(subpaths), './package.json': './package.json' },
    files: ['dist', '!dist/**/.tsbuildinfo', ...(p.files ?? []), 'src'],
    scripts: { build: 'tsc -b tsconfig.build.json', test: `vitest run --root ../.. packages/${p.dir}/` },
    dependencies: mergeDeps(old.dependencies, p.deps),
    devDependencies: mergeDeps(old.devDependencies, p.devDeps),
    publishConfig: { access: 'public', ...old.publishConfig },
  };
  // Keys that only this package has (bin, imports ...) keep their place after the common ones.
  return { ...fixed, ...Object.fromEntries(Object.entries(old).filter(([k]) => !(k in fixed))) };
}

const buildOf = (dir, from) => ({ path: `${from}${dir}/tsconfig.build.json` });

function tsconfigs(p) {
  const up = '../../tsconfig.base.json';
  const node = p.platform === 'node' ? { types: ['node'] } : {};
  const refs = p.deps.map((d) => buildOf(d, '../'));
  const projects = ['./tsconfig.build.json', './tsconfig.test.json'];
  writeJson(path.join(p.path, 'tsconfig.build.json'), {
    extends: up,
    compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo', ...node },
    include: ['src'],
    ...(p.nodeFolder ? { exclude: [`src/${p.nodeFolder}`] } : {}),
    references: refs,
  });
  if (p.nodeFolder) {
    // The folder that runs in Node only is a project of its own, so that Node's globals do not exist in the rest.
    projects.splice(1, 0, `./tsconfig.${p.nodeFolder}.json`);
    writeJson(path.join(p.path, `tsconfig.${p.nodeFolder}.json`), {
      extends: up,
      compilerOptions: {
        rootDir: 'src',
        outDir: 'dist',
        tsBuildInfoFile: `dist/${p.nodeFolder}/.tsbuildinfo`,
        types: ['node'],
      },
      include: [`src/${p.nodeFolder}`],
      references: [{ path: './tsconfig.build.json' }, ...refs],
    });
  }
  writeJson(path.join(p.path, 'tsconfig.test.json'), {
    extends: '../../tsconfig.test-base.json',
    compilerOptions: { tsBuildInfoFile: 'temp/test.tsbuildinfo' },
    include: ['test'],
    references: [...projects.filter((f) => !f.includes('test')).map((f) => ({ path: f })), ...[...p.deps, ...p.devDeps].map((d) => buildOf(d, '../'))],
  });
  writeJson(path.join(p.path, 'tsconfig.json'), { files: [], references: projects.map((f) => ({ path: f })) });
}

for (const p of packages.values()) {
  const file = path.join(p.path, 'package.json');
  writeJson(file, packageJson(p, fs.existsSync(file) ? readJson(file) : undefined));
  tsconfigs(p);
  write(path.join(p.path, 'LICENSE'), fs.readFileSync(path.join(root, 'LICENSE'), 'utf8'));
  writeNew(path.join(p.path, 'src/index.ts'), `/**\n * ${p.description}.\n *\n * @packageDocumentation\n */\nexport {};\n`);
  if (p.dir !== 'linnet') continue;
  for (const d of p.deps) write(path.join(p.path, `src/${d}.ts`), `export * from '${nameOf(d)}';\n`);
}

for (const w of privateWorkspaces.values()) {
  const file = path.join(w.path, 'package.json');
  const old = fs.existsSync(file) ? readJson(file) : {};
  writeJson(file, {
    ...old,
    name: w.name,
    description: w.description,
    private: true,
    type: 'module',
    dependencies: mergeDeps(old.dependencies, w.deps),
    devDependencies: mergeDeps(old.devDependencies, []),
  });
  writeJson(path.join(w.path, 'tsconfig.json'), {
    extends: '../tsconfig.test-base.json',
    compilerOptions: { allowJs: true, tsBuildInfoFile: 'temp/.tsbuildinfo' },
    include: ['.'],
    exclude: ['node_modules', 'temp'],
    references: [...w.deps.map((d) => buildOf(d, '../packages/')), { path: '../packages/linnet/tsconfig.cli.json' }],
  });
}

writeJson(path.join(root, 'tsconfig.json'), {
  files: [],
  references: [...[...packages.keys()].map((d) => `packages/${d}`), ...privateWorkspaces.keys()].map((d) => ({ path: d })),
});

/** An edge is drawn only where no longer way leads to the same package: the table has them all. */
function drawn(dir) {
  const below = (d, seen = new Set()) => {
    for (const e of packages.get(d).deps) if (!seen.has(e)) below(e, seen.add(e));
    return seen;
  };
  const { deps } = packages.get(dir);
  return deps.filter((d) => !deps.some((e) => e !== d && below(e).has(d)));
}
const list = [...packages.values()];
const lines = [
  '# The packages',
  '',
  'Generated from `graph.json` by `pnpm graph:sync`. An arrow points from a package to one that it uses; an edge that follows',
  'from longer ways is left out of the picture, and stands in the table.',
  '',
  '```mermaid',
  'graph BT',
  ...[...new Set(list.map((p) => p.level))].sort((a, b) => a - b).flatMap((level) => [
    `  subgraph L${level} [level ${level}]`,
    ...list.filter((p) => p.level === level).map((p) => `    ${p.dir}`),
    '  end',
  ]),
  ...list.flatMap((p) => drawn(p.dir).map((d) => `  ${p.dir} --> ${d}`)),
  '```',
  '',
  '| package | level | what it is | uses |',
  '|---|---|---|---|',
  ...list.map((p) => {
    const notes = [p.platform === 'node' ? 'Node only' : '', p.dev ? 'a devDependency only' : ''].filter(Boolean).join(', ');
    return `| [\`${p.name}\`](../packages/${p.dir}) | ${p.level} | ${p.description}${notes ? ` (${notes})` : ''} | ${p.deps.join(', ') || '-'} |`;
  }),
  '',
];
write(path.join(root, 'docs/packages.md'), lines.join('\n'));

// The README's table of packages, between its two comments.
const readme = path.join(root, 'README.md');
const table = ['| package | what it is |', '|---|---|', ...[...packages.values()].map((p) => `| [\`${p.name}\`](packages/${p.dir}) | ${p.description} |`)];
write(readme, fs.readFileSync(readme, 'utf8').replace(/(<!-- packages: [^>]*-->)[^]*(<!-- \/packages -->)/, `$1\n${table.join('\n')}\n$2`));

if (check && stale.length) {
  for (const f of stale) console.error(`${f} is not what graph.json says; run: pnpm graph:sync`);
  process.exitCode = 1;
} else {
  console.log(check ? `graph: ${packages.size} packages agree with graph.json` : stale.map((f) => `wrote ${f}`).join('\n') || 'nothing to do');
}
