// undici, unchanged, against node:http over a veth pair.
import { once } from 'node:events';
import http from 'node:http';
import { attachServer, type Server, undiciConnector } from '@linnet/net';
import { Agent, fetch, request, stream, WebSocket } from 'undici';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { type Lab, lab } from './lab.ts';

let l: Lab;
let agent: Agent;
let server: http.Server;
let listener: Server;
beforeEach(() => {
  l = lab();
  agent = new Agent({ connect: undiciConnector(l.client), pipelining: 1 });
  server = http.createServer();
  listener = attachServer(server, l.server, { port: 80 });
});
afterEach(async () => {
  await agent.destroy();
  await listener[Symbol.asyncDispose]();
  l.close();
});

it('request, with a body both ways', async () => {
  server.on('request', (req, res) => void req.pipe(res));
  const body = Buffer.alloc(5e6, 'linnet ');
  const answer = await request('http://server.test/echo', { method: 'PUT', body, dispatcher: agent });
  expect(answer.statusCode).toBe(200);
  expect(Buffer.from(await answer.body.arrayBuffer()).equals(body)).toBe(true);
});

it('fetch, many at a time', async () => {
  server.on('request', (req, res) => void res.end(JSON.stringify({ url: req.url, from: req.socket.remoteAddress })));
  const answers = await Promise.all(Array.from({ length: 100 }, async (_, i) => (await fetch(`http://10.0.0.1/${i}`, { dispatcher: agent })).json()));
  expect(answers).toEqual(Array.from({ length: 100 }, (_, i) => ({ url: `/${i}`, from: '10.0.0.2' })));
});

it('stream, and an abort in the middle', async () => {
  server.on('request', (_req, res) => {
    const more = (): void => {
      if (res.destroyed) return;
      if (res.write(Buffer.alloc(10000))) setImmediate(more);
      else res.once('drain', more);
    };
    more();
  });
  const ac = new AbortController();
  let seen = 0;
  const { Writable } = await import('node:stream');
  const sink = new Writable({
    write(chunk: Buffer, _e, done): void {
      seen += chunk.length;
      if (seen > 1e6) ac.abort();
      done();
    },
  });
  await expect(stream('http://server.test/', { dispatcher: agent, signal: ac.signal, method: 'GET' }, () => sink)).rejects.toMatchObject({ name: 'AbortError' });
  expect(seen).toBeGreaterThan(1e6);
});

it('refused and timed out connects', async () => {
  await expect(request('http://10.0.0.1:81/', { dispatcher: agent })).rejects.toMatchObject({ code: 'ECONNREFUSED', port: 81 });
  const impatient = new Agent({ connect: undiciConnector(l.client, { timeout: 50 }) });
  // Nobody has that address: the neighbour does not answer.
  await expect(request('http://10.0.0.77/', { dispatcher: impatient })).rejects.toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' });
  await impatient.destroy();
  await expect(fetch('https://10.0.0.1/', { dispatcher: agent })).rejects.toMatchObject({ cause: { message: 'undiciConnector: https needs the tls option' } });
});

it('its WebSocket against ws', async () => {
  const wss = new WebSocketServer({ server });
  wss.on('connection', (ws) => ws.on('message', (m) => ws.send(`got ${m.toString()}`)));
  const ws = new WebSocket('ws://server.test/', { dispatcher: agent });
  await new Promise((resolve) => ws.addEventListener('open', resolve));
  const answer = new Promise<unknown>((resolve) => ws.addEventListener('message', (e) => resolve(e.data)));
  ws.send('this');
  expect(await answer).toBe('got this');
  const closed = once(wss.clients.values().next().value!, 'close');
  ws.close();
  await closed;
  wss.close();
});
