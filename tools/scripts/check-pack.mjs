// Packs every package and looks at the tarballs as a stranger would: publint and are-the-types-wrong on each, then all of
// them installed with npm into an empty folder, type-checked there without skipLibCheck, run in Node with every README's
// examples, built by Vite for the browser and, where there is a chromium, run in it, where two machines must exchange bytes over
// TCP. At the end, a dry run of the release.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { packages, readJson, root } from './workspace.mjs';

const bin = path.join(root, 'node_modules/.bin');
const tmp = fs.mkdtempSync(path.join(os.tmpdir(), 'linnet-pack-'));
const app = path.join(tmp, 'app');
const sh = (cmd, args, cwd = root, timeout = 300_000) => execFileSync(cmd, args, { cwd, timeout, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
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
    const said = `${e.stdout ?? ''}${e.stderr ?? ''}`.trim();
    report(`${what}: ${e.code === 'ETIMEDOUT' ? `it does not end by itself\n${said}` : said || e.message}`);
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

// What a careful user has: the packages' own declarations are checked too.
const OPTIONS = { strict: true, target: 'es2022', lib: ['es2023', 'dom', 'dom.asynciterable'], noUncheckedIndexedAccess: true, skipLibCheck: false };

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
  fs.writeFileSync(path.join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...OPTIONS, module: 'nodenext', types: ['node'] }, include: ['*.ts'] }));
  attempt('the types hold in the empty folder', () => sh(path.join(bin, 'tsc'), ['-p', app], app));
  attempt('every entry point loads in Node', () => console.log(`  ${sh(process.execPath, ['all.js'], app).trim()}`));
  for (const file of runs) attempt(`example ${file}`, () => sh(process.execPath, [`${file}.js`], app, 30_000), true);
  done(`${runs.length} examples of READMEs run`);
  attempt('the linnet command runs', () => sh(path.join(app, 'node_modules/.bin/linnet'), ['--help'], app));
}

/** A page of a stranger: two namespaces, a cable, and bytes there and back, over both faces of TCP. It tells the server what it saw. */
const EXCHANGE = `import { cable, createKernel, createNetns, inetStack, ipRoute, openNet } from 'linnet';

async function exchange() {
  const kernel = createKernel({ modules: inetStack });
  const alice = createNetns(kernel, 'alice');
  const bob = createNetns(kernel, 'bob');
  cable(alice, 'eth0', bob, 'eth0');
  for (const [net, address] of [[alice, '10.0.0.1/24'], [bob, '10.0.0.2/24']] as const) {
    const ip = ipRoute(net);
    ip.link.set('eth0', { up: true });
    ip.addr.add({ address, dev: 'eth0' });
  }
  const sent = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 2654435761) >>> 24);
  const same = (got: Uint8Array[]) => {
    const all = new Uint8Array(got.reduce((n, part) => n + part.length, 0));
    let at = 0;
    for (const part of got) { all.set(part, at); at += part.length; }
    if (all.length !== sent.length || all.some((byte, i) => byte !== sent[i])) throw new Error('other bytes came back: ' + all.length);
    return all.length;
  };
  // An echo server with the methods of node:net, and as clients a socket of the same kind and one of WHATWG streams.
  const server = openNet(bob).createServer((socket) => void socket.pipe(socket));
  await new Promise<void>((resolve) => void server.listen(7, resolve));
  const net = openNet(alice);
  const socket = await new Promise<number>((resolve, reject) => {
    const got: Uint8Array[] = [];
    const client = net.connect(7, '10.0.0.2', () => void client.end(sent));
    client.on('error', reject).on('data', (part: Uint8Array) => got.push(part)).on('end', () => resolve(same(got)));
  });
  const connection = net.openTcp({ host: '10.0.0.2', port: 7 });
  const { readable, writable } = await connection.opened;
  const writer = writable.getWriter();
  const writing = writer.write(sent).then(() => writer.close());
  const got: Uint8Array[] = [];
  const reader = readable.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) got.push(part.value);
  const streams = same(got);
  await writing;
  await connection.closed;
  kernel.shutdown();
  return { socket, streams };
}
const tell = (result: object) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });
exchange().then(tell, (error: unknown) => tell({ error: String(error instanceof Error ? error.stack : error) }));
export {};
`;

const CHROMIUM_FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

/** Opens a page in a browser and waits for what the page posts. */
async function result(chromium, dist, page) {
  const types = { '.html': 'text/html', '.js': 'text/javascript' };
  let answer;
  const answered = new Promise((resolve) => { answer = resolve; });
  const server = http.createServer((req, res) => {
    if (req.method === 'POST') {
      let body = '';
      req.on('data', (part) => { body += part; }).on('end', () => { res.end(); answer(JSON.parse(body)); });
      return;
    }
    const file = path.join(dist, req.url);
    if (!fs.existsSync(file)) return void res.writeHead(404).end();
    res.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' }).end(fs.readFileSync(file));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const child = spawn(chromium, [...CHROMIUM_FLAGS, `--user-data-dir=${tmp}/profile`, `http://127.0.0.1:${server.address().port}/${page}`], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve({ error: `chromium ended with ${code}` })).once('error', (e) => resolve({ error: e.message })));
  const late = new Promise((resolve) => setTimeout(resolve, 60_000, { error: 'the page said nothing for a minute' }).unref());
  const said = await Promise.race([answered, ended, late]);
  child.kill();
  server.closeAllConnections();
  server.close();
  await ended;
  return said;
}

async function browser() {
  // Everything that may run in a browser in one page, and a small program in another.
  const names = [...packages.values()].filter((p) => p.platform !== 'node').map((p) => p.name);
  const pages = {
    'all.html': `${names.map((n, i) => `import * as m${i} from '${n}';`).join('\n')}
const all = [${names.map((_, i) => `m${i}`).join(', ')}];
fetch('/result', { method: 'POST', body: JSON.stringify({ packages: all.filter((m) => Object.keys(m).length > 0).length }) });\n`,
    'exchange.html': EXCHANGE,
  };
  const site = path.join(app, 'site');
  fs.mkdirSync(site);
  for (const [page, code] of Object.entries(pages)) {
    fs.writeFileSync(path.join(site, page.replace('.html', '.ts')), code);
    fs.writeFileSync(path.join(site, page), `<!doctype html><body><script type="module" src="./${page.replace('.html', '.ts')}"></script>`);
  }
  fs.writeFileSync(path.join(site, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...OPTIONS, module: 'preserve', moduleResolution: 'bundler', noEmit: true }, include: ['*.ts'] }));
  attempt('the types hold for a bundler', () => sh(path.join(bin, 'tsc'), ['-p', site], app));

  const { build } = await import('vite');
  const dist = path.join(app, 'dist');
  const sizes = [];
  for (const page of Object.keys(pages)) {
    try {
      await build({
        root: site,
        logLevel: 'silent',
        build: { outDir: path.join(dist, page), minify: true, chunkSizeWarningLimit: 4000, rollupOptions: { input: path.join(site, page), onwarn: (w) => report(`vite: ${page}: ${w.message}`) } },
      });
    } catch (e) {
      report(`vite: ${page}: ${e.message}`);
      return;
    }
    const scripts = fs.readdirSync(path.join(dist, page, 'assets')).filter((f) => f.endsWith('.js')).map((f) => fs.readFileSync(path.join(dist, page, 'assets', f)));
    const kib = (n) => `${Math.round(n / 1024)} KiB`;
    sizes.push(`${page} ${kib(scripts.reduce((n, b) => n + b.length, 0))}, ${kib(scripts.reduce((n, b) => n + gzipSync(b).length, 0))} with gzip`);
  }
  done(`built by Vite for the browser: ${sizes.join('; ')}`);

  const chromium = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((f) => f && fs.existsSync(f));
  if (!chromium) {
    if (process.env.CI) report('there is no chromium; CI must have one');
    else console.log('  not run in a browser: there is no chromium (CHROMIUM_PATH)');
    return;
  }
  const want = { 'all.html': { packages: names.length }, 'exchange.html': { socket: 1_000_000, streams: 1_000_000 } };
  for (const [page, expected] of Object.entries(want)) {
    const said = JSON.stringify(await result(chromium, path.join(dist, page), page));
    if (said === JSON.stringify(expected)) done(`run in chromium: ${page} ${said}`);
    else report(`chromium: ${page}: expected ${JSON.stringify(expected)}, the page said ${said}`);
  }
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
  attempt('release, dry run', () => {
    const said = sh(path.join(bin, 'pnpm'), ['-r', 'publish', '--dry-run', '--no-git-checks', '--access', 'public']);
    console.log(`  would be published now: ${said.match(/^\+ \S+@\S+$/gm)?.length ?? 0} packages`);
  });
} finally {
  fs.rmSync(tmp, { recursive: true, force: true });
}
console.log(`packages as published: ${bad} errors`);
process.exitCode = bad ? 1 : 0;
