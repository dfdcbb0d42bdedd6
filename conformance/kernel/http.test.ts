// A real curl and node's own http server on a Linnet machine; and the roles the other way round.
import { createHash } from 'node:crypto';
import http from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachServer, createConnection } from '@linnet/net';
import { describe, expect, it } from 'vitest';
import { rate, row, TestData } from '../lib/data.ts';
import { exec, expectOk } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import type { Linked, Scene } from '../lib/scene.ts';
import { have } from '../needs.mjs';

const SIZES = [1, 1_000, 100_000_000];

function onTap(s: Scene): Linked {
  return s.linnetOnTap({ netns: s.netns(), address: '10.77.0.2/24', peer: '10.77.0.1/24' });
}

describe.skipIf(!have('root', 'ip', 'curl', 'tshark', 'python3'))('HTTP with a real kernel', () => {
  const data = new TestData(Math.max(...SIZES));
  const sha256 = (n: number): string => createHash('sha256').update(data.bytes.subarray(0, n)).digest('hex');

  /** node's http server on port 80: GET /N sends N bytes, PUT answers with the length and SHA-256 of what came. */
  async function serveHttp(s: Scene, { machine }: Linked): Promise<http.Server> {
    const server = http.createServer((req, res) => {
      if (req.method === 'PUT') {
        const hash = createHash('sha256');
        let length = 0;
        req.on('data', (chunk: Uint8Array) => { hash.update(chunk); length += chunk.length; });
        req.on('end', () => res.end(`${length} ${hash.digest('hex')}\n`));
        return;
      }
      const n = Number(req.url!.slice(1));
      res.writeHead(200, { 'content-length': n, 'content-type': 'application/octet-stream' });
      let at = 0;
      const body = new Readable({
        read() {
          if (at >= n) this.push(null);
          else this.push(data.bytes.subarray(at, at = Math.min(at + 262_144, n)));
        },
      });
      body.pipe(res);
    });
    const outer = attachServer(server, machine.stack, { port: 80 });
    await new Promise<void>((resolve) => outer.once('listening', resolve));
    s.defer(() => { server.closeAllConnections(); outer.close(); });
    return server;
  }

  for (const size of SIZES) {
    it(`curl fetches ${size.toLocaleString('en')} byte${size === 1 ? '' : 's'}`, scene(async (s) => {
      const linked = onTap(s);
      await serveHttp(s, linked);
      const got = expectOk(await exec(linked.netns.name, `set -o pipefail; curl -sS --fail -w '%{stderr}%{http_code} %{size_download} bytes %{speed_download} B/s' http://${linked.address}/${size} | sha256sum`));
      row(`curl ${size}`, got.stderr, got.stdout.slice(0, 16), rate(size, got.ms));
      expect(got.stderr).toContain(`200 ${size} bytes`);
      expect(got.stdout.split(' ')[0]).toBe(sha256(size));
    }));
  }

  it('20 curls at once', scene(async (s) => {
    const linked = onTap(s);
    await serveHttp(s, linked);
    const size = 5_000_000;
    const started = performance.now();
    const got = await Promise.all(Array.from({ length: 20 }, () => exec(linked.netns.name, `set -o pipefail; curl -sS --fail http://${linked.address}/${size} | sha256sum`)));
    row('20 curls', rate(20 * size, performance.now() - started));
    expect(got.map((g) => [g.code, g.stdout.split(' ')[0]])).toEqual(got.map(() => [0, sha256(size)]));
    expect(linked.machine.counter('Tcp.PassiveOpens')).toBe(20);
  }));

  it('one curl with many requests on one connection', scene(async (s) => {
    const linked = onTap(s);
    await serveHttp(s, linked);
    const said = await s.sh(linked.netns, `curl -sS --fail -o /dev/null 'http://${linked.address}/[1-200]' -w '%{num_connects} %{size_download}\\n'`);
    const lines = said.trim().split('\n').map((line) => line.split(' ').map(Number));
    expect(lines.map(([, size]) => size)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(lines.reduce((sum, [connects]) => sum + connects!, 0)).toBe(1);
  }));

  it('curl uploads 100 MB', scene(async (s) => {
    const linked = onTap(s);
    await serveHttp(s, linked);
    const file = join(s.folder, 'data');
    writeFileSync(file, data.bytes);
    const got = expectOk(await exec(linked.netns.name, `curl -sS --fail -T ${file} http://${linked.address}/up`));
    row('curl -T', rate(data.bytes.length, got.ms));
    expect(got.stdout.trim()).toBe(`${data.bytes.length} ${data.sha256}`);
  }));

  it('a curl that gives up half way leaves nothing behind', scene(async (s) => {
    const linked = onTap(s);
    const server = await serveHttp(s, linked);
    const closed = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)));
    const { code } = await exec(linked.netns.name, `curl -sS -o /dev/null --max-filesize 10000000 http://${linked.address}/100000000`);
    expect(code).toBe(63);
    await closed;
  }));

  it("node's http client on Linnet fetches from a real server", scene(async (s) => {
    const { machine, netns, peer } = onTap(s);
    const folder = join(s.folder, 'www');
    mkdirSync(folder);
    writeFileSync(join(folder, 'data'), data.bytes);
    const server = s.start(netns, `exec python3 -u -m http.server --directory ${folder} 8000`);
    await server.until(/Serving HTTP/);
    const started = performance.now();
    const hash = createHash('sha256');
    const res = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http.get({ host: peer, port: 8000, path: '/data', agent: undefined, createConnection: createConnection(machine.stack) as never }, resolve).on('error', reject);
    });
    res.on('data', (chunk: Uint8Array) => hash.update(chunk));
    await finished(res);
    row("http.get from Python's server", rate(data.bytes.length, performance.now() - started));
    expect([res.statusCode, hash.digest('hex')]).toEqual([200, data.sha256]);
  }));
});

