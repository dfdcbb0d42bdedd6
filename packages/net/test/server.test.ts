import { describe, expect, it } from 'vitest';
import type { Socket } from '../src/index.ts';
import { connected, HOST, once, timed } from './helpers.ts';

describe('listen', () => {
  it('takes all forms', timed(async ({ stack }) => {
    const order: string[] = [];
    const a = stack.createServer().listen(8001, () => order.push('a'));
    const b = stack.createServer().listen(8002, HOST, 5, () => order.push('b'));
    const c = stack.createServer().listen({ port: 8003, host: HOST, backlog: 1 });
    const d = stack.createServer().listen(() => order.push('d'));
    const e = stack.createServer().listen({ port: 8004, host: 'home' });
    expect(a.address()).toEqual({ address: '0.0.0.0', family: 'IPv4', port: 8001 });
    expect(c.address()).toEqual({ address: HOST, family: 'IPv4', port: 8003 });
    expect(d.address()!.port).toBeGreaterThan(1023);
    expect([a.listening, b.listening, order]).toEqual([true, true, []]);
    await once(e, 'listening');
    expect(order).toEqual(['a', 'b', 'd']);
  }, {}, { hosts: { home: HOST } }));

  it('fails in the words of Node', timed(async ({ stack }) => {
    stack.createServer().listen(80, HOST);
    const twice = stack.createServer().listen(80, HOST);
    expect((await once(twice, 'error'))[0]).toMatchObject({
      code: 'EADDRINUSE', errno: -98, syscall: 'listen', address: HOST, port: 80, message: 'listen EADDRINUSE: address already in use 10.0.0.1:80',
    });
    expect(twice.listening).toBe(false);
    expect(() => stack.createServer().listen(-1)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }));
    expect(() => stack.createServer().listen(true as never)).toThrow(TypeError);
    expect((await once(stack.createServer().listen(81, 'nowhere'), 'error'))[0]).toMatchObject({ code: 'ENOTFOUND' });
    const server = stack.createServer().listen(82);
    expect(() => server.listen(83)).toThrow(expect.objectContaining({ code: 'ERR_SERVER_ALREADY_LISTEN' }));
  }));
});

describe('close', () => {
  it('waits for the connections, which go on', timed(async ({ stack }) => {
    const { client, peer, server } = await connected(stack);
    let closed = false;
    server.close((error) => {
      expect(error).toBeUndefined();
      closed = true;
    });
    expect([server.listening, server.address()]).toEqual([false, null]);
    expect((await once(stack.connect(80, HOST), 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
    client.write('still');
    expect(String((await once(peer, 'data'))[0])).toBe('still');
    expect(closed).toBe(false);
    client.destroy();
    await once(server, 'close');
    expect(closed).toBe(true);
  }));

  it('of one that does not listen is an error for the callback', timed(async ({ stack }) => {
    const server = stack.createServer();
    const error = await new Promise<Error | undefined>((resolve) => server.close(resolve));
    expect(error).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
    await server[Symbol.asyncDispose]();
  }));

  it('by a signal, and again', timed(async ({ stack }) => {
    const ac = new AbortController();
    const server = stack.createServer().listen({ port: 80, signal: ac.signal });
    ac.abort();
    await once(server, 'close');
    server.listen(80);
    await once(server, 'listening');
    await server[Symbol.asyncDispose]();
    expect(server.listening).toBe(false);
  }));
});

describe('connections', () => {
  it('are counted, and limited by maxConnections', timed(async ({ stack }) => {
    const { server } = await connected(stack);
    const count = (): Promise<number> => new Promise((resolve) => server.getConnections((_e, n) => resolve(n)));
    expect(await count()).toBe(1);
    server.maxConnections = 1;
    const dropped = once(server, 'drop');
    const late = stack.connect(80, HOST);
    late.on('error', () => undefined);
    expect((await dropped)[0]).toMatchObject({ localAddress: HOST, localPort: 80, remoteFamily: 'IPv4' });
    expect(await count()).toBe(1);
  }));

  it('may begin paused', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack, 80, { pauseOnConnect: true, noDelay: true, keepAlive: true });
    expect(peer.isPaused()).toBe(true);
    client.write('later');
    await new Promise((resolve) => setImmediate(resolve));
    expect(peer.bytesRead).toBe(0);
    const data = once(peer, 'data');
    peer.resume();
    expect(String((await data)[0])).toBe('later');
  }));

  it('come in any number', timed(async ({ stack }) => {
    const seen = new Set<number>();
    const server = stack.createServer((s: Socket) => {
      seen.add(s.remotePort!);
      s.resume();
    }).listen({ port: 80, host: HOST, backlog: 500 });
    const clients = Array.from({ length: 300 }, () => stack.connect(80, HOST));
    await Promise.all(clients.map((c) => once(c, 'connect')));
    while (seen.size < 300) await new Promise((resolve) => setImmediate(resolve));
    for (const c of clients) c.end();
    server.close();
    await once(server, 'close');
  }));
});

it('a machine that shuts down takes all sockets with it, and nothing is held', timed(async ({ stack }) => {
  const held = { count: 0 };
  Object.assign(stack.kernel.clock, { hold: () => held.count++, release: () => held.count-- });
  const { client, peer, server } = await connected(stack);
  const udp = stack.createSocket('udp4').bind(53);
  await once(udp, 'listening');
  const web = stack.openTcp({ host: HOST, port: 80 });
  await web.opened;
  const listener = stack.listenTcp({ port: 81 });
  await listener.opened;
  expect(held.count).toBeGreaterThan(4);
  server.on('connection', (s: Socket) => s.on('error', () => undefined));
  const closed = Promise.all([client, peer, server, udp].map((s) => once(s, 'close')));
  stack.kernel.shutdown();
  await closed;
  await expect(web.closed).rejects.toMatchObject({ code: 'ENETDOWN' });
  await listener.closed;
  expect(held.count).toBe(0);
}));
