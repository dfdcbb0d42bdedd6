import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { attachServer, createConnection, httpAgent, type Socket, undiciConnector } from '../src/index.ts';
import { HOST, once, text, timed } from './helpers.ts';

function get(options: http.RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => http.get({ host: HOST, ...options }, (res) => resolve(text(res))).on('error', reject));
}

describe('http', () => {
  it('by an agent and by createConnection', timed(async ({ stack }) => {
    const server = http.createServer((req, res) => void res.end(`${req.url} on ${req.socket.localPort}`));
    const listener = attachServer(server, stack, { port: 8080, host: HOST, backlog: 4 });
    await once(listener, 'listening');
    const agent = httpAgent(stack, new http.Agent({ keepAlive: true }));
    expect(await get({ agent, port: 8080, path: '/a' })).toBe('/a on 8080');
    expect(await get({ agent, port: 8080, path: '/b' })).toBe('/b on 8080');
    expect(await get({ createConnection: createConnection(stack) as never, port: 8080, path: '/c' })).toBe('/c on 8080');
    agent.destroy();
    await listener[Symbol.asyncDispose]();
    await expect(get({ agent: httpAgent(stack, new http.Agent()), port: 8080 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }));
});

describe('undiciConnector', () => {
  const call = (connect: ReturnType<typeof undiciConnector>, options: object): Promise<[Error | null, Socket | null]> =>
    new Promise((resolve) => connect({ hostname: HOST, protocol: 'http:', port: '', ...options }, ((error: Error | null, socket: Socket | null) => resolve([error, socket])) as never));

  it('connects, or says why not', timed(async ({ stack }) => {
    stack.createServer().listen(80, HOST);
    const connect = undiciConnector(stack, { timeout: 100, tls: (socket, o) => ({ wrapped: socket, name: o.servername }) });
    const [none, socket] = await call(connect, {});
    expect(none).toBeNull();
    expect(socket!.remotePort).toBe(80);
    expect(socket!.timeout).toBe(0);
    expect((await call(connect, { port: 81 }))[0]).toMatchObject({ code: 'ECONNREFUSED' });
    expect((await call(connect, { hostname: '10.255.0.1' }))[0]).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect((await call(connect, { port: 99999 }))[0]).toMatchObject({ code: 'ERR_SOCKET_BAD_PORT' });
    const [, secure] = await call(connect, { protocol: 'https:', port: 80, servername: 'x.test' });
    expect(secure).toMatchObject({ name: 'x.test' });
    expect((await call(undiciConnector(stack), { protocol: 'https:' }))[0]!.message).toContain('tls');
  }));
});
