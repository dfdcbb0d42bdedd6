// node:http, client and server, unchanged, over a veth pair between two namespaces.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VirtualClock } from '@linnet/kernel';
import { attachServer, createConnection, httpAgent, type Server } from '@linnet/net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Lab, lab } from './lab.ts';

let l: Lab;
let agent: http.Agent;
let listeners: Server[];
beforeEach(() => {
  l = lab();
  agent = httpAgent(l.client, new http.Agent({ keepAlive: true }));
  listeners = [];
});
afterEach(async () => {
  agent.destroy();
  await Promise.all(listeners.map((s) => s[Symbol.asyncDispose]()));
  l.close();
});

function serve(handler: http.RequestListener, port = 80): http.Server {
  const server = http.createServer(handler);
  listeners.push(attachServer(server, l.server, { port, host: '10.0.0.1' }));
  return server;
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

function request(opts: http.RequestOptions, body?: Buffer | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = http.request({ host: 'server.test', agent, ...opts }, (res) => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.on('error', reject);
      res.on('end', () => resolve({ status: res.statusCode!, headers: res.headers, body: Buffer.concat(parts) }));
    });
    req.on('error', reject);
    req.end(body);
  });
}

describe('http', () => {
  it('asks and answers, with the addresses of the namespaces', async () => {
    serve((req, res) => {
      const { remoteAddress, localAddress, localPort } = req.socket;
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify({ method: req.method, url: req.url, remoteAddress, localAddress, localPort }));
    });
    const a = await request({ path: '/x?y=1' });
    expect(a.status).toBe(200);
    expect(JSON.parse(a.body.toString())).toEqual({ method: 'GET', url: '/x?y=1', remoteAddress: '10.0.0.2', localAddress: '10.0.0.1', localPort: 80 });
  });

  it('keeps connections alive and uses them again', async () => {
    const ports = new Set<number>();
    serve((req, res) => {
      ports.add(req.socket.remotePort!);
      res.end('ok');
    });
    for (let i = 0; i < 20; i++) expect((await request({})).body.toString()).toBe('ok');
    expect(ports.size).toBe(1);
  });

  it('streams 20 MB up and down with equal hashes', async () => {
    const data = randomBytes(20e6);
    const sha = (b: Buffer): string => createHash('sha256').update(b).digest('hex');
    serve(async (req, res) => {
      const hash = createHash('sha256');
      await pipeline(req, hash);
      res.setHeader('x-sha', hash.digest('hex'));
      res.end(data);
    });
    const a = await request({ method: 'POST' }, data);
    expect(a.headers['x-sha']).toBe(sha(data));
    expect(sha(a.body)).toBe(sha(data));
  });

  it('serves 200 requests at a time', async () => {
    serve((req, res) => void setImmediate(() => res.end(req.url)));
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => request({ path: `/${i}` })));
    expect(answers.map((a) => a.body.toString())).toEqual(answers.map((_, i) => `/${i}`));
  });

  it('streams chunk by chunk, in order, while the answer is being made', async () => {
    serve((_req, res) => {
      let n = 0;
      const more = (): void => {
        res.write(`${n++},`);
        if (n < 50) setImmediate(more);
        else res.end('end');
      };
      more();
    });
    const a = await request({});
    expect(a.headers['transfer-encoding']).toBe('chunked');
    expect(a.body.toString()).toBe(`${Array.from({ length: 50 }, (_, i) => `${i},`).join('')}end`);
  });

  it('works without an agent, by createConnection', async () => {
    serve((_req, res) => void res.end('direct'));
    const a = await request({ agent: undefined, createConnection: createConnection(l.client) as http.RequestOptions['createConnection'] });
    expect(a.body.toString()).toBe('direct');
    expect(a.headers.connection).toBe('close');
  });

  it('tells refused and reset connections as Node does', async () => {
    await expect(request({ port: 81 })).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '10.0.0.1', port: 81, message: 'connect ECONNREFUSED 10.0.0.1:81' });
    await expect(request({ host: 'nowhere.test' })).rejects.toMatchObject({ code: 'ENOTFOUND', hostname: 'nowhere.test' });
    const server = serve((req) => void (req.socket as unknown as { resetAndDestroy(): void }).resetAndDestroy());
    await expect(request({})).rejects.toMatchObject({ code: 'ECONNRESET' });
    server.on('request', () => undefined);
  });

  it('an abort ends the request on both sides', async () => {
    let gone: Promise<unknown> | undefined;
    serve((req, res) => {
      res.write('begun');
      gone = once(req.socket, 'close');
    });
    const ac = new AbortController();
    const req = http.request({ host: 'server.test', agent, signal: ac.signal as http.RequestOptions['signal'] & object });
    req.end();
    const [res] = (await once(req, 'response')) as [http.IncomingMessage];
    await once(res, 'readable');
    const failed = once(res, 'error').catch((e: unknown) => e);
    ac.abort();
    await failed;
    await gone;
  });

  it('a server timeout closes a silent connection, in virtual time', async () => {
    const clock = new VirtualClock();
    const v = lab(clock);
    const ports: (number | undefined)[] = [];
    await clock.run(async () => {
      const server = http.createServer((req, res) => {
        ports.push(req.socket.remotePort);
        res.end();
      });
      server.keepAliveTimeout = 60_000;
      const listener = attachServer(server, v.server, { port: 80 });
      const own = httpAgent(v.client, new http.Agent({ keepAlive: true }));
      const freed = once(own, 'free');
      await request({ agent: own });
      const [socket] = (await freed) as [NodeJS.EventEmitter];
      const start = clock.now();
      await once(socket, 'close');
      expect((clock.now() - start) / 1e9).toBeCloseTo(60, -1);
      await request({ agent: own });
      own.destroy();
      await listener[Symbol.asyncDispose]();
    });
    expect(new Set(ports).size).toBe(2);
    v.close();
  });

  it('upgrades, CONNECT and 100-continue pass through', async () => {
    const server = serve((req, res) => void req.pipe(res));
    server.on('upgrade', (_req, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    const req = http.request({ host: 'server.test', agent, headers: { connection: 'upgrade', upgrade: 'echo' } });
    req.end();
    const [, socket] = (await once(req, 'upgrade')) as [http.IncomingMessage, Duplex];
    socket.write('through');
    const [back] = (await once(socket, 'data')) as [Buffer];
    expect(back.toString()).toBe('through');
    socket.destroy();
    const more = http.request({ host: 'server.test', agent, method: 'POST', headers: { expect: '100-continue' } });
    more.flushHeaders();
    await once(more, 'continue');
    more.end('body');
    const [res] = (await once(more, 'response')) as [http.IncomingMessage];
    let body = '';
    for await (const part of res) body += String(part);
    expect(body).toBe('body');
  });

  it('the listener knows where it is', () => {
    const server = http.createServer();
    const listener = attachServer(server, l.server);
    listeners.push(listener);
    expect((listener.address() as AddressInfo).port).toBeGreaterThan(1023);
  });
});
