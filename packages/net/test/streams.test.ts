import { describe, expect, it } from 'vitest';
import type { NetStack, TcpConnection } from '../src/index.ts';
import { BLACK_HOLE, connected, HOST, once, text, timed, world } from './helpers.ts';

async function pair(stack: NetStack, port = 80): Promise<[TcpConnection, TcpConnection]> {
  const listener = stack.listenTcp({ host: HOST, port });
  const { readable } = await listener.opened;
  const reader = readable.getReader();
  const client = stack.openTcp({ host: HOST, port, noDelay: true, keepAliveDelay: 2000, sendBufferSize: 50000, receiveBufferSize: 50000 });
  const { value } = await reader.read();
  await listener.close();
  return [client, value!];
}

describe('openTcp and listenTcp', () => {
  it('give streams and addresses', timed(async ({ stack }) => {
    const [client, server] = await pair(stack);
    const a = await client.opened;
    const b = await server.opened;
    expect([a.remoteAddress, a.remotePort, b.localAddress, b.localPort]).toEqual([HOST, 80, HOST, 80]);
    expect(b.remotePort).toBe(a.localPort);
    const echo = b.readable.pipeTo(b.writable);
    const writer = a.writable.getWriter();
    await writer.write(new TextEncoder().encode('hello '));
    await writer.write(Buffer.from('world'));
    await writer.close();
    expect(await text(a.readable.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<unknown>)).toBe('hello world');
    await Promise.all([echo, client.closed, server.closed]);
  }));

  it('carry much with little memory between', timed(async ({ stack }) => {
    const [client, server] = await pair(stack);
    const { writable } = await client.opened;
    const { readable } = await server.opened;
    const writer = writable.getWriter();
    let sent = 0;
    const sending = (async () => {
      for (let i = 0; i < 100; i++) {
        await writer.ready;
        sent += 10_000;
        void writer.write(new Uint8Array(10_000).fill(i));
      }
      await writer.close();
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBeLessThan(300_000);
    let got = 0;
    let sum = 0;
    for await (const part of readable as unknown as AsyncIterable<Uint8Array>) {
      got += part.length;
      for (const b of part) sum += b;
    }
    await sending;
    expect([got, sum]).toEqual([1_000_000, 10_000 * 4950]);
  }));

  it('read into the reader\'s own memory', timed(async ({ stack }) => {
    const [client, server] = await pair(stack);
    const writer = (await client.opened).writable.getWriter();
    const reader = ((await server.opened).readable as ReadableStream).getReader({ mode: 'byob' });
    void writer.write(Buffer.from('abcdef'));
    const one = await reader.read(new Uint8Array(4));
    expect(String(Buffer.from(one.value!))).toBe('abcd');
    const two = await reader.read(new Uint8Array(4));
    expect(String(Buffer.from(two.value!))).toBe('ef');
    void writer.close();
    expect((await reader.read(new Uint8Array(4))).done).toBe(true);
  }));

  it('leave no socket behind when an argument is wrong', () => {
    const { stack } = world();
    expect(() => stack.openTcp({ host: HOST, port: 80, localPort: 70_000 })).toThrow(RangeError);
    expect((stack as unknown as { core: { open: Set<object> } }).core.open.size).toBe(0);
    stack.kernel.shutdown();
  });

  it('fail as connections fail', timed(async ({ stack }) => {
    const refused = stack.openTcp({ host: HOST, port: 81 });
    await expect(refused.opened).rejects.toMatchObject({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.1:81' });
    await expect(refused.closed).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(stack.openTcp({ host: 'nowhere.test', port: 81 }).opened).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(() => stack.openTcp({ host: HOST, port: 0 })).toThrow('options.port');
    expect(() => stack.openTcp({ host: 5 as never, port: 1 })).toThrow('options.host');
    await expect(stack.openTcp({ host: HOST, port: 81, localAddress: 'x' }).opened).rejects.toMatchObject({ code: 'EINVAL', syscall: 'bind' });
    stack.createServer().listen(90);
    await expect(stack.listenTcp({ port: 90 }).opened).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen' });
    await expect(stack.listenTcp({ host: 'nowhere.test' }).opened).rejects.toMatchObject({ code: 'ENOTFOUND' });
  }));

  it('an abort of the signal, before and after', timed(async ({ stack }) => {
    const ac = new AbortController();
    const waiting = stack.openTcp({ host: BLACK_HOLE, port: 1, signal: ac.signal });
    ac.abort();
    await expect(waiting.opened).rejects.toMatchObject({ name: 'AbortError' });
    await expect(stack.openTcp({ host: HOST, port: 1, signal: ac.signal }).opened).rejects.toMatchObject({ name: 'AbortError' });
    await expect(stack.listenTcp({ port: 1, signal: ac.signal }).opened).rejects.toMatchObject({ name: 'AbortError' });
    const { peer } = await connected(stack, 80);
    peer.destroy();
    const later = new AbortController();
    const open = stack.openTcp({ host: HOST, port: 80, signal: later.signal });
    const { readable, writable } = await open.opened;
    const reading = readable.getReader().read();
    later.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    await expect(writable.getWriter().write(new Uint8Array(1))).rejects.toMatchObject({ name: 'AbortError' });
    await expect(open.closed).rejects.toMatchObject({ name: 'AbortError' });
  }));

  it('close, abort and a reset by the other side', timed(async ({ stack }) => {
    const [client, server] = await pair(stack);
    const { readable, writable } = await client.opened;
    const lock = readable.getReader();
    await expect(client.close()).rejects.toThrow(TypeError);
    lock.releaseLock();
    const closing = client.close();
    await (await server.opened).writable.close();
    await closing;
    expect(writable.locked).toBe(false);
    const [c2, s2] = await pair(stack, 81);
    await (await c2.opened).writable.abort(new Error('enough'));
    await expect(c2.closed).rejects.toThrow('enough');
    const read = (await s2.opened).readable.getReader().read();
    await expect(read).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(s2.closed).rejects.toMatchObject({ code: 'ECONNRESET' });
    const [c3] = await pair(stack, 82);
    await expect((await c3.opened).writable.getWriter().write('text' as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  }));

  it('a listener ends when its stream is cancelled', timed(async ({ stack }) => {
    const listener = stack.listenTcp({ port: 80 });
    const { readable, localAddress, localPort } = await listener.opened;
    expect([localAddress, localPort]).toEqual(['0.0.0.0', 80]);
    const waiting = readable.getReader();
    const next = waiting.read();
    void listener.close();
    expect((await next).done).toBe(true);
    await listener.closed;
    expect((await once(stack.connect(80, HOST), 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' });
    const other = stack.listenTcp({ port: 80 });
    await (await other.opened).readable.cancel();
    await other.closed;
  }));
});
