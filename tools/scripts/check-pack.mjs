// Packs every package and looks at the tarballs as a stranger would: publint and are-the-types-wrong on each, then all of
// them installed with npm into an empty folder, type-checked there without skipLibCheck, run in Node with every README's
// examples, built by Vite for the browser and, where there is a chromium, run in it. At the end, a dry run of the release.
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { packages, readJson, root } from './workspace.mjs';

const bin = path.join(root, 'node_modules/.bin');
const tmp = fs.mkdtempSync(path.join(os.tmpdir(), 'linnet-pack-'));
const app = path.join(tmp, 'app');
const sh = (cmd, args, cwd = root) => execFileSync(cmd, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const started = Date.now();
const done = (what) => console.log(`  ${what} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
let bad = 0;
const report = (text) => { bad++; console.error(text); };

/** Runs a step whose program prints what is wrong. */
function attempt(what, step, quiet = false) {
  try {
    step();
    if (!quiet) done(what);
  } catch (e) {
    report(`${what}: ${`${e.stdout ?? ''}${e.stderr ?? ''}`.trim() || e.message}`);
  }
}

async function checkTarballs(tarballs) {
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const { checkPackage, createPackageFromTarballData } = await import('@arethetypeswrong/core');
  for (const file of tarballs) {
    const name = path.basename(file);
    const data = new Uint8Array(fs.readFileSync(file));
    const { messages, pkg } = await publint({ pack: { tarball: data.buffer }, strict: true });
    for (const m of messages) report(`${name}: ${formatMessage(m, pkg)}`);
    if (/"(workspace|catalog):/.test(JSON.stringify(pkg))) report(`${name}: a workspace: or catalog: version is left in`);
    const { problems = [{ kind: 'NoTypes' }] } = await checkPackage(createPackageFromTarballData(data));
    for (const p of problems) {
      // The packages are ESM only: require() works from Node 20.19 on, older ways of resolving are not offered.
      if (p.resolutionKind === 'node10' || p.resolutionKind === 'node16-cjs' || p.kind === 'CJSResolvesToESM') continue;
      report(`${name}: ${JSON.stringify({ ...p, trace: undefined })}`);
    }
  }
  done('publint and are-the-types-wrong');
}

/** A README's TypeScript blocks: each is type-checked, and run unless it is marked ```ts no-run. */
function examples(readme) {
  const text = fs.existsSync(readme) ? fs.readFileSync(readme, 'utf8') : '';
  return [...text.matchAll(/^```ts( no-run)?\n(.*?)^```$/gms)].map(([, noRun, code]) => ({ run: !noRun, code }));
}

function install(tarballs) {
  fs.mkdirSync(app);
  fs.writeFileSync(path.join(app, 'package.json'), '{ "private": true, "type": "module" }');
  const nodeTypes = /'@types\/node': (\S+)/.exec(fs.readFileSync(path.join(root, 'pnpm-workspace.yaml'), 'utf8'))[1];
  sh('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline', ...tarballs, `@types/node@${nodeTypes}`], app);
}

function typeCheckAndRun() {
  const runs = [];
  const sources = [['README', path.join(root, 'README.md')], ...[...packages.values()].map((p) => [p.dir, path.join(p.path, 'README.md')])];
  for (const [name, readme] of sources)
    examples(readme).forEach(({ run, code }, i) => {
      const file = `${name}-${i + 1}`;
      fs.writeFileSync(path.join(app, `${file}.ts`), `${code}\nexport {};\n`);
      if (run) runs.push(file);
    });
  const names = [...packages.values()].flatMap((p) =>
    Object.keys(readJson(path.join(p.path, 'package.json')).exports).filter((s) => s !== './package.json').map((s) => p.name + s.slice(1)),
  );
  fs.writeFileSync(
    path.join(app, 'all.ts'),
    `${names.map((n, i) => `import * as m${i} from '${n}';`).join('\n')}
const exported: Record<string, object> = { ${names.map((n, i) => `'${n}': m${i}`).join(', ')} };
const empty = Object.keys(exported).filter((n) => Object.keys(exported[n]!).length === 0);
if (empty.length) throw new Error('nothing is exported by ' + empty.join(', '));
console.log(Object.values(exported).reduce((n, m) => n + Object.keys(m).length, 0) + ' names from ' + ${names.length} + ' entry points');
`,
  );
  const options = { strict: true, target: 'es2022', lib: ['es2023', 'dom', 'dom.asynciterable'], module: 'nodenext', types: ['node'], skipLibCheck: false };
  fs.writeFileSync(path.join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...options, noUncheckedIndexedAccess: true }, include: ['*.ts'] }));
  attempt('the types hold in the empty folder', () => sh(path.join(bin, 'tsc'), ['-p', app], app));
  attempt('every entry point loads in Node', () => console.log(`  ${sh(process.execPath, ['all.js'], app).trim()}`));
  for (const file of runs) attempt(`example ${file}`, () => sh(process.execPath, [`${file}.js`], app), true);
  done(`${runs.length} examples of READMEs run`);
  attempt('the linnet command runs', () => sh(path.join(app, 'node_modules/.bin/linnet'), ['--help'], app));
}

async function browser() {
  // Everything that may run in a browser, in one page.
  const names = [...packages.values()].filter((p) => p.platform !== 'node').map((p) => p.name);
  fs.writeFileSync(
    path.join(app, 'page.js'),
    `${names.map((n, i) => `import * as m${i} from '${n}';`).join('\n')}
const all = [${names.map((_, i) => `m${i}`).join(', ')}];
document.body.textContent = 'linnet: ' + all.filter((m) => Object.keys(m).length > 0).length + ' packages in a browser';\n`,
  );
  fs.writeFileSync(path.join(app, 'index.html'), '<!doctype html><body><script type="module" src="./page.js"></script>');
  const { build } = await import('vite');
  const dist = path.join(app, 'dist');
  try {
    await build({
      root: app,
      logLevel: 'silent',
      build: { outDir: dist, minify: true, rollupOptions: { onwarn: (w) => report(`vite: ${w.message}`) } },
    });
  } catch (e) {
    report(`vite: ${e.message}`);
    return;
  }
  done('built by Vite for the browser');

  const chromium = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((f) => f && fs.existsSync(f));
  if (!chromium) {
    if (process.env.CI) report('there is no chromium; CI must have one');
    else console.log('  not run in a browser: there is no chromium (CHROMIUM_PATH)');
    return;
  }
  const types = { '.html': 'text/html', '.js': 'text/javascript' };
  const server = http.createServer((req, res) => {
    const file = path.join(dist, req.url === '/' ? 'index.html' : req.url);
    if (!fs.existsSync(file)) return res.writeHead(404).end();
    return res.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' }).end(fs.readFileSync(file));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--virtual-time-budget=5000', '--dump-dom', `--user-data-dir=${tmp}/profile`];
  const { stdout } = await promisify(execFile)(chromium, [...flags, `http://127.0.0.1:${server.address().port}/`], { timeout: 60_000 });
  server.close();
  const want = `linnet: ${names.length} packages in a browser`;
  if (stdout.includes(want)) done('run in chromium');
  else report(`chromium: expected «${want}», the page is: ${stdout.trim().slice(0, 500)}`);
}

try {
  sh(path.join(bin, 'pnpm'), ['-r', '--filter', './packages/*', 'pack', '--pack-destination', tmp]);
  const tarballs = fs.readdirSync(tmp).filter((f) => f.endsWith('.tgz')).map((f) => path.join(tmp, f));
  if (tarballs.length !== packages.size) report(`${tarballs.length} tarballs of ${packages.size} packages`);
  done(`${tarballs.length} packed`);
  await checkTarballs(tarballs);
  attempt('installed with npm in an empty folder', () => install(tarballs));
  typeCheckAndRun();
  await browser();
  attempt('release, dry run', () => sh(path.join(bin, 'pnpm'), ['-r', 'publish', '--dry-run', '--no-git-checks', '--access', 'public']));
} finally {
  fs.rmSync(tmp, { recursive: true, force: true });
}
console.log(`packages as published: ${bad} errors`);
process.exitCode = bad ? 1 : 0;
