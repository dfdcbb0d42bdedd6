// ws, client and server, unchanged, over a veth pair.
import { once } from 'node:events';
import http from 'node:http';
import { attachServer, createConnection, httpAgent, type Server } from '@linnet/net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import WebSocket, { createWebSocketStream, WebSocketServer, type ClientOptions } from 'ws';
import { type Lab, lab } from './lab.ts';

let l: Lab;
let server: http.Server;
let listener: Server;
let wss: WebSocketServer;
beforeEach(() => {
  l = lab();
  server = http.createServer();
  listener = attachServer(server, l.server, { port: 80 });
  wss = new WebSocketServer({ server });
});
afterEach(async () => {
  for (const client of wss.clients) client.terminate();
  wss.close();
  await listener[Symbol.asyncDispose]();
  l.close();
});

const client = (opts: ClientOptions = {}): WebSocket => new WebSocket('ws://server.test/', { createConnection: createConnection(l.client) as never, ...opts });

it('messages of all sizes, text and binary, come back', async () => {
  wss.on('connection', (ws) => ws.on('message', (m, binary) => ws.send(m, { binary })));
  const ws = client();
  await once(ws, 'open');
  for (const size of [0, 1, 125, 126, 65535, 65536, 1_000_000]) {
    const data = Buffer.alloc(size, size % 251);
    ws.send(data);
    const [back, binary] = (await once(ws, 'message')) as [Buffer, boolean];
    expect(binary).toBe(true);
    expect(back.equals(data)).toBe(true);
  }
  ws.send('text ü');
  expect(String((await once(ws, 'message'))[0])).toBe('text ü');
  ws.close(4000, 'enough');
  expect((await once(ws, 'close'))[0]).toBe(4000);
});

it('compression, pings and an agent', async () => {
  wss.close();
  wss = new WebSocketServer({ server, perMessageDeflate: true });
  wss.on('connection', (ws) => ws.on('message', (m) => ws.send(String(m).length)));
  const agent = httpAgent(l.client, new http.Agent());
  const ws = client({ createConnection: undefined as never, agent: agent as never, perMessageDeflate: true });
  await once(ws, 'open');
  expect(ws.extensions).toContain('permessage-deflate');
  ws.send('z'.repeat(100_000));
  expect(String((await once(ws, 'message'))[0])).toBe('100000');
  ws.ping('are you there');
  expect(String((await once(ws, 'pong'))[0])).toBe('are you there');
  ws.terminate();
  await once(ws, 'close');
});

it('a broadcast to 50 clients', async () => {
  const all = Array.from({ length: 50 }, () => client());
  await Promise.all(all.map((ws) => once(ws, 'open')));
  const got = Promise.all(all.map(async (ws) => String((await once(ws, 'message'))[0])));
  for (const ws of wss.clients) ws.send('to all');
  expect(new Set(await got)).toEqual(new Set(['to all']));
  expect(wss.clients.size).toBe(50);
});

it('a stream with backpressure', async () => {
  wss.on('connection', (ws) => {
    const duplex = createWebSocketStream(ws);
    duplex.pipe(duplex);
  });
  const duplex = createWebSocketStream(client());
  const total = 3_000_000;
  let got = 0;
  duplex.on('data', (part: Buffer) => {
    got += part.length;
    if (got >= total) duplex.end();
  });
  for (let i = 0; i < 30; i++) if (!duplex.write(Buffer.alloc(total / 30))) await once(duplex, 'drain');
  await once(duplex, 'end');
  expect(got).toBe(total);
});

it('a server that goes away: 1006', async () => {
  wss.on('connection', (ws) => ws.terminate());
  const ws = client();
  const [code] = (await once(ws, 'close')) as [number];
  expect(code).toBe(1006);
});
