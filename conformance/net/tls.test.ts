// node:tls, https and http2 over a stack's sockets: they take any Duplex.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import tls from 'node:tls';
import { attachServer, type Server } from '@linnet/net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lab, type Lab } from './lab.ts';

// A key that both know: no certificates needed.
const key = Buffer.alloc(32, 7);
const psk = { ciphers: 'PSK-AES256-GCM-SHA384', maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' } as const;
const serverOptions: tls.TlsOptions = { ...psk, pskCallback: (_s, identity) => (identity === 'linnet' ? key : null) };
const clientOptions: tls.ConnectionOptions = { ...psk, pskCallback: () => ({ psk: key, identity: 'linnet' }), checkServerIdentity: () => undefined };

let l: Lab;
let listener: Server;
beforeEach(() => {
  l = lab();
});
afterEach(async () => {
  await listener[Symbol.asyncDispose]();
  l.close();
});

it('tls both ways, 2 MB', async () => {
  const server = tls.createServer({ ...serverOptions, allowHalfOpen: true } as tls.TlsOptions, (s) => s.pipe(s));
  listener = attachServer(server, l.server, { port: 443 });
  const socket = tls.connect({ ...clientOptions, socket: l.client.connect(443, '10.0.0.1') });
  await once(socket, 'secureConnect');
  expect(socket.getCipher().name).toBe('PSK-AES256-GCM-SHA384');
  const data = Buffer.alloc(2_000_000, 'secret ');
  const parts: Buffer[] = [];
  let got = 0;
  const all = new Promise<void>((resolve) => {
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      got += part.length;
      if (got === data.length) resolve();
    });
  });
  socket.write(data);
  await all;
  expect(Buffer.concat(parts).equals(data)).toBe(true);
  socket.destroy();
});

it('https', async () => {
  const server = https.createServer(serverOptions, (req, res) => void res.end(`${req.url} over ${(req.socket as tls.TLSSocket).getProtocol()}`));
  listener = attachServer(server, l.server, { port: 443 });
  const req = https.request({ host: 'server.test', path: '/safe', createConnection: () => tls.connect({ ...clientOptions, socket: l.client.connect({ host: 'server.test', port: 443 }) }) });
  req.end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  let body = '';
  for await (const part of res) body += String(part);
  expect(body).toBe('/safe over TLSv1.2');
});

it('http2, many streams in one connection', async () => {
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200 });
    stream.end(`stream ${String(headers[':path'])}`);
  });
  listener = attachServer(server, l.server, { port: 80 });
  const session = http2.connect('http://server.test', { createConnection: () => l.client.connect({ host: 'server.test', port: 80 }) });
  const answers = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const req = session.request({ ':path': `/${i}` });
    let body = '';
    for await (const part of req) body += String(part);
    return body;
  }));
  expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => `stream /${i}`));
  const closed = once(session, 'close');
  session.close();
  await closed;
});
