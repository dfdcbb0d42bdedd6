import { ms } from '@linnet/kernel';
import { describe, expect, it } from 'vitest';
import type { NetError, Socket } from '../src/index.ts';
import { BLACK_HOLE, connected, HOST, once, text, timed } from './helpers.ts';

describe('connect', () => {
  it('tells connect and ready, and knows both ends', timed(async ({ stack }) => {
    const events: string[] = [];
    const server = stack.createServer().listen(80, HOST);
    const client = stack.connect(80, HOST, () => events.push('listener'));
    for (const name of ['lookup', 'connect', 'ready']) client.on(name, () => events.push(name));
    expect([client.connecting, client.pending, client.readyState, client.remoteAddress]).toEqual([true, true, 'opening', undefined]);
    expect(client.address()).toEqual({});
    const [[peer]] = (await Promise.all([once(server, 'connection'), once(client, 'ready')])) as [[Socket], unknown];
    expect(events).toEqual(['listener', 'connect', 'ready']);
    expect([client.connecting, client.pending, client.readyState]).toEqual([false, false, 'open']);
    expect([client.remoteAddress, client.remotePort, client.remoteFamily]).toEqual([HOST, 80, 'IPv4']);
    expect(client.address()).toEqual({ address: client.localAddress, port: client.localPort, family: 'IPv4' });
    expect([peer.localAddress, peer.localPort, peer.remotePort]).toEqual([HOST, 80, client.localPort]);
    client.destroy();
    await once(peer, 'close');
    // What it was stays readable.
    expect([client.localPort, client.remotePort, client.readyState, client.destroyed]).toEqual([peer.remotePort, 80, 'closed', true]);
  }));

  it('takes time, and what is written meanwhile goes out then', timed(async ({ stack, clock }) => {
    const server = stack.createServer((s) => void s.end(`from ${s.remotePort}`)).listen(80, HOST);
    const client = stack.connect({ port: '80', host: HOST, localPort: 5555 });
    client.write('early');
    const [peer] = (await once(server, 'connection')) as [Socket];
    expect(clock.now()).toBe(ms(40));
    expect(await text(client)).toBe('from 5555');
    expect(await text(peer)).toBe('early');
  }, { connectMs: 40 }));

  it('is refused in the words of Node', timed(async ({ stack }) => {
    const client = stack.connect(81, HOST);
    const events: unknown[] = [];
    client.on('close', (hadError: boolean) => events.push('close', hadError));
    const [error] = (await once(client, 'error')) as [NetError];
    expect(error.message).toBe('connect ECONNREFUSED 10.0.0.1:81');
    expect({ ...error }).toEqual({ code: 'ECONNREFUSED', errno: -111, syscall: 'connect', address: HOST, port: 81 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual(['close', true]);
    const bound = stack.connect({ port: 81, host: HOST, localAddress: HOST, localPort: 7000 });
    expect(((await once(bound, 'error')) as [Error])[0].message).toBe('connect ECONNREFUSED 10.0.0.1:81 - Local (10.0.0.1:7000)');
    stack.createServer().listen(7001, HOST);
    const taken = stack.connect({ port: 81, host: HOST, localPort: 7001 });
    expect(((await once(taken, 'error')) as [Error])[0]).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' });
  }));

  it('throws for what can never be', timed(async ({ stack }) => {
    expect(() => stack.connect(70000, HOST)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT', message: 'options.port should be >= 0 and < 65536. Received type number (70000).' }));
    expect(() => stack.connect({ port: 'x' })).toThrow('options.port');
    expect(() => stack.connect({ port: 1, localAddress: 'here' })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_IP_ADDRESS' }));
    expect(() => stack.connect({ port: 1, localPort: -1 })).toThrow('options.localPort');
    const { client } = await connected(stack);
    expect(() => client.connect(1)).toThrow('EALREADY');
    expect(() => client.setTimeout(-1)).toThrow(RangeError);
    expect(() => client.setTimeout('1' as never)).toThrow(TypeError);
  }));

  it('can be given up', timed(async ({ stack }) => {
    const ac = new AbortController();
    const client = stack.connect({ host: BLACK_HOLE, port: 1, signal: ac.signal });
    const failed = once(client, 'error');
    await new Promise((resolve) => setImmediate(resolve));
    ac.abort(new Error('why'));
    expect((await failed)[0]).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: new Error('why') });
    const late = stack.connect({ host: HOST, port: 1, signal: ac.signal });
    expect((await once(late, 'error'))[0]).toMatchObject({ name: 'AbortError' });
    const slow = stack.connect({ host: BLACK_HOLE, port: 1, timeout: 300 });
    await once(slow, 'timeout');
    slow.destroy();
    await once(slow, 'close');
  }));
});

describe('names', () => {
  const asked: string[] = [];
  const lookup = (name: string, _o: object, done: (err: Error | null, address: string, family: number) => void): void => {
    asked.push(name);
    setImmediate(() => (name === 'far.test' ? done(null, HOST, 4) : done(Object.assign(new Error('no such'), { code: 'ENOTFOUND' }), '', 0)));
  };

  it('come from hosts, then from lookup', timed(async ({ stack }) => {
    stack.createServer().listen(80, HOST);
    await once(stack.connect({ port: 80, host: 'NEAR.test' }), 'connect');
    const far = stack.connect({ port: 80, host: 'far.test' });
    expect(await once(far, 'lookup')).toEqual([null, HOST, 4, 'far.test']);
    await once(far, 'connect');
    expect(asked).toEqual(['far.test']);
    expect((await once(stack.connect({ port: 80, host: 'nowhere.test' }), 'error'))[0]).toMatchObject({ code: 'ENOTFOUND' });
    stack.createServer().listen(81, '127.0.0.1');
    await once(stack.connect(81), 'connect');
  }, {}, { hosts: { 'near.test': HOST }, lookup }));

  it('without lookup are not found', timed(async ({ stack }) => {
    const client = stack.connect({ port: 80, host: 'far.test' });
    expect((await once(client, 'error'))[0]).toMatchObject({ code: 'ENOTFOUND', hostname: 'far.test', syscall: 'getaddrinfo', message: 'getaddrinfo ENOTFOUND far.test' });
    stack.createServer().listen(80, HOST);
    await once(stack.connect({ port: 80, host: 'any', lookup: (_h, _o, done) => done(null, HOST, 4) }), 'connect');
  }));
});

describe('data', () => {
  it('arrives in order in turns of its own, never inside a call', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack);
    const got: string[] = [];
    peer.on('data', (part) => got.push(String(part)));
    client.write('a');
    client.write('b');
    expect(got).toEqual([]);
    client.end('c');
    await once(peer, 'end');
    expect(got.join('')).toBe('abc');
    expect([client.bytesWritten, peer.bytesRead]).toEqual([3, 3]);
  }));

  it('counts what still waits, and corked writes go as one', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack);
    client.cork();
    client.write('one');
    client.write(Buffer.from('two'));
    client.write('ü', 'latin1');
    expect([client.bytesWritten, client.bufferSize]).toEqual([7, 7]);
    client.uncork();
    client.end();
    expect(await text(peer)).toBe('onetwo\ufffd');
    expect(client.bytesWritten).toBe(7);
  }));

  it('waits for a slow reader, both ways', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack);
    const data = Buffer.alloc(1_000_000, 'linnet');
    let room = true;
    let written = 0;
    while (room && written < data.length) {
      room = client.write(data.subarray(written, written + 50_000));
      written += 50_000;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Two streams' buffers and the socket's between them, and no more.
    expect(room).toBe(false);
    expect(written).toBeLessThan(400_000);
    const drained = once(client, 'drain');
    const parts: Buffer[] = [];
    peer.on('data', (part: Buffer) => parts.push(part));
    await drained;
    client.end(data.subarray(written));
    await once(peer, 'end');
    expect(Buffer.concat(parts).equals(data)).toBe(true);
  }));

  it('a pause stops it, and pipe works', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack);
    peer.pipe(peer);
    client.end(Buffer.alloc(300_000, 'x'));
    expect((await text(client)).length).toBe(300_000);
  }));
});

describe('ends', () => {
  it('both sides when one ends and the other is not half-open', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack);
    const closed = Promise.all([once(client, 'close'), once(peer, 'close')]);
    peer.resume();
    client.resume();
    client.end('bye');
    expect(await closed).toEqual([[false], [false]]);
  }));

  it('one side only with allowHalfOpen', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack, 80, { allowHalfOpen: true });
    client.end();
    peer.resume();
    await once(peer, 'end');
    expect([peer.readyState, client.readyState]).toEqual(['writeOnly', 'readOnly']);
    peer.end('still here');
    expect(await text(client)).toBe('still here');
  }));

  it('with a reset: ECONNRESET on the other side', timed(async ({ stack }) => {
    const { client, peer, server } = await connected(stack);
    const failed = once(client, 'error');
    const closed = once(client, 'close');
    peer.resetAndDestroy();
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET', errno: -104, syscall: 'read', message: 'read ECONNRESET' });
    expect(await closed).toEqual([true]);
    server.on('connection', (s: Socket) => s.on('error', () => undefined));
    const unborn = stack.connect({ host: HOST, port: 80 });
    unborn.resetAndDestroy();
    await once(unborn, 'close');
  }));

  it('destroySoon writes what there is first', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack);
    peer.write('all of it');
    peer.destroySoon();
    expect(await text(client)).toBe('all of it');
    expect(peer.destroyed).toBe(true);
  }));

  it('a write after the other side is gone fails', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack, 80, { allowHalfOpen: true });
    peer.destroy();
    client.on('error', () => undefined);
    const done = new Promise<Error | null | undefined>((resolve) => client.write(Buffer.alloc(10), (error) => resolve(error)));
    expect(await done).toMatchObject({ code: 'EPIPE', syscall: 'write' });
  }));

  it('a destroy in a handler ends the reading', timed(async ({ stack }) => {
    const { client, peer } = await connected(stack);
    let calls = 0;
    peer.on('data', () => {
      calls++;
      peer.destroy();
    });
    client.on('error', () => undefined);
    for (let i = 0; i < 5; i++) client.write(Buffer.alloc(40_000));
    await once(peer, 'close');
    expect(calls).toBe(1);
  }));
});

describe('timeouts', () => {
  it('come after so much quiet, in the time of the kernel', timed(async ({ stack, clock }) => {
    const { client, peer } = await connected(stack);
    const start = clock.now();
    let fired = 0;
    client.setTimeout(1000, () => fired++);
    client.setTimeout(1000);
    expect(client.timeout).toBe(1000);
    const wait = (milliseconds: number): Promise<unknown> => once(stack.connect({ host: BLACK_HOLE, port: 1, timeout: milliseconds }), 'timeout');
    await wait(700);
    peer.write('traffic');
    client.resume();
    await once(client, 'timeout');
    expect((clock.now() - start) / ms(1)).toBeCloseTo(1700, -1);
    expect(fired).toBe(1);
    expect(client.destroyed).toBe(false);
    // Quiet that was told of is told of again only when there was traffic between.
    let again = 0;
    client.on('timeout', () => again++);
    await wait(5000);
    expect(again).toBe(0);
    peer.write('traffic');
    await once(client, 'timeout');
    expect(again).toBe(1);
    client.setTimeout(0);
    await wait(5000);
    expect([fired, again]).toEqual([1, 1]);
  }));
});

it('options are kept until there is a socket, and chain', timed(async ({ stack }) => {
  stack.createServer().listen(80, HOST);
  const client = stack.connect({ host: HOST, port: 80, noDelay: true, keepAlive: true, keepAliveInitialDelay: 3000 });
  expect(client.setNoDelay().setKeepAlive(true, 1000).ref().unref().setTimeout(0)).toBe(client);
  await once(client, 'connect');
  expect(client.setNoDelay(false).setKeepAlive(false).ref()).toBe(client);
}));

it('an exception in a handler costs nothing of what comes after it', timed(async ({ stack, clock }) => {
  const { client, peer, server } = await connected(stack, 80);
  let got = 0;
  let late = 0;
  peer.on('data', (part: Uint8Array) => {
    got += part.length;
    throw new Error('data');
  });
  server.on('connection', (s) => {
    late++;
    s.on('error', () => undefined);
    throw new Error('connection');
  });
  const udp = stack.createSocket('udp4', () => {
    late += 100;
    throw new Error('message');
  }).bind(9, HOST);
  await once(udp, 'listening');
  client.write(Buffer.alloc(200_000));
  for (let i = 0; i < 3; i++) {
    stack.connect(80, HOST);
    stack.createSocket('udp4').send('x', 9, HOST);
  }
  const thrown: string[] = [];
  for (let quiet = 0; quiet < 20; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (clock.step()) quiet = 0;
    } catch (error) {
      thrown.push((error as Error).message);
    }
  }
  expect([got, late]).toEqual([200_000, 303]);
  expect(new Set(thrown)).toEqual(new Set(['data', 'connection', 'message']));
}));

it('an exception in a handler reaches the host, and the others go on', timed(async ({ stack, clock }) => {
  const { client, peer } = await connected(stack, 80);
  const other = await connected(stack, 81);
  peer.on('data', () => {
    throw new Error('from a handler');
  });
  const got = once(other.peer, 'data');
  client.write('x');
  other.client.write('y');
  await expect((async () => {
    for (;;) {
      if (!clock.step()) return;
    }
  })()).rejects.toThrow('from a handler');
  expect(String((await got)[0])).toBe('y');
}));
