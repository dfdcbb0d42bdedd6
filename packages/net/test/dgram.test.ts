import { describe, expect, it } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { memoryInet } from '@linnet/posix/testing';
import { type DgramSocket, openNet, type RemoteInfo } from '../src/index.ts';
import { HOST, once, timed } from './helpers.ts';

async function bound(socket: DgramSocket, port: number): Promise<DgramSocket> {
  socket.bind(port, HOST);
  await once(socket, 'listening');
  return socket;
}

describe('datagrams', () => {
  it('go and come with who sent them', timed(async ({ stack }) => {
    const server = await bound(stack.createSocket('udp4'), 53);
    server.on('message', (msg: Uint8Array, from: RemoteInfo) => server.send(`${String(msg)}!`, from.port, from.address));
    const client = stack.createSocket({ type: 'udp4' }, () => undefined);
    const answer = once(client, 'message');
    const sent = new Promise<unknown[]>((resolve) => client.send('question', 53, HOST, (...args: unknown[]) => resolve(args)));
    expect(await sent).toEqual([null, 8]);
    const [msg, from] = (await answer) as [Uint8Array, RemoteInfo];
    expect(String(msg)).toBe('question!');
    expect(Buffer.isBuffer(msg)).toBe(true);
    expect(from).toEqual({ address: HOST, family: 'IPv4', port: 53, size: 9 });
    expect(client.address().port).toBeGreaterThan(1023);
  }));

  it('take all forms of send', timed(async ({ stack }) => {
    const got: string[] = [];
    const server = await bound(stack.createSocket('udp4', (msg) => got.push(String(msg))), 53);
    const client = stack.createSocket('udp4');
    const buf = Buffer.from('abcdef');
    const done = (): Promise<void> => new Promise((resolve) => void server.once('message', () => resolve()));
    const forms: (() => void)[] = [
      () => client.send(buf, 53, HOST),
      () => client.send(buf, 1, 3, 53, HOST),
      () => client.send([buf, 'XY', new Uint8Array([65])], 53, HOST),
      () => client.send(new DataView(buf.buffer, buf.byteOffset, 2) as never, 53, HOST),
      () => client.send('', 53, HOST),
    ];
    for (const form of forms) {
      const arrived = done();
      form();
      await arrived;
    }
    await new Promise<void>((resolve) => client.connect(53, HOST, () => resolve()));
    expect(client.remoteAddress()).toEqual({ address: HOST, family: 'IPv4', port: 53 });
    for (const form of [() => client.send('one'), () => client.send(buf, 4, 2)]) {
      const arrived = done();
      form();
      await arrived;
    }
    expect(got).toEqual(['abcdef', 'bcd', 'abcdefXYA', 'ab', '', 'one', 'ef']);
    expect(() => client.send('x', 53, HOST)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_DGRAM_IS_CONNECTED' }));
  }));

  it('refuse what is wrong, by name', timed(async ({ stack }) => {
    const s = stack.createSocket('udp4');
    expect(() => stack.createSocket('udp5' as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_TYPE' }));
    expect(() => s.send('x', 0, HOST)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_BAD_PORT' }));
    expect(() => s.send(7 as never, 53, HOST)).toThrow('"msg"');
    expect(() => s.send('x', 53, 7 as never)).toThrow('"address"');
    expect(() => s.send(Buffer.alloc(3), 2, 5, 53, HOST)).toThrow(RangeError);
    expect(() => s.address()).toThrow('getsockname EBADF');
    expect(() => s.remoteAddress()).toThrow('Not connected');
    expect(() => s.setTTL('1' as never)).toThrow('"ttl"');
    expect(() => s.addMembership('nonsense')).toThrow('addMembership EINVAL nonsense');
    await bound(stack.createSocket('udp4'), 53);
    const twice = stack.createSocket('udp4').bind(53, HOST);
    expect((await once(twice, 'error'))[0]).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', address: HOST, port: 53 });
    const t = await bound(stack.createSocket('udp4'), 54);
    expect(() => t.bind(55)).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_ALREADY_BOUND' }));
    t.send('x', 53, 'nowhere.test');
    expect((await once(t, 'error'))[0]).toMatchObject({ code: 'ENOTFOUND' });
    const failed = await new Promise<unknown[]>((resolve) => t.send('x', 53, 'nowhere.test', (...a: unknown[]) => resolve(a)));
    expect(failed).toMatchObject([{ code: 'ENOTFOUND' }, 0]);
  }));

  it('close, once, and no more', timed(async ({ stack }) => {
    const s = await bound(stack.createSocket('udp4'), 53);
    await new Promise<void>((resolve) => void s.close(() => resolve()));
    for (const fn of [() => s.close(), () => s.send('x', 1), () => s.bind(1), () => s.address(), () => s.setBroadcast(true)]) {
      expect(fn).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' }));
    }
    await bound(stack.createSocket('udp4'), 53);
    const ac = new AbortController();
    const t = stack.createSocket({ type: 'udp4', signal: ac.signal, reuseAddr: true, recvBufferSize: 9000, sendBufferSize: 9000 });
    expect([t.getRecvBufferSize(), t.getSendBufferSize()]).toEqual([18000, 18000]);
    t.setRecvBufferSize(10000);
    t.setSendBufferSize(10000);
    expect([t.getRecvBufferSize(), t.getSendBufferSize(), t.getSendQueueSize(), t.getSendQueueCount()]).toEqual([20000, 20000, 0, 0]);
    expect(t.ref().unref()).toBe(t);
    expect(() => stack.createSocket({ type: 'udp4', signal: 7 as never })).toThrow('"options.signal"');
    ac.abort();
    await once(t, 'close');
    await stack.createSocket('udp4')[Symbol.asyncDispose]();
  }));

  it('hold the process while they are bound, unless they were told not to', async () => {
    class Counting extends VirtualClock {
      holds = 0;
      hold(): void {
        this.holds++;
      }
      release(): void {
        this.holds--;
      }
    }
    const clock = new Counting();
    const stack = openNet(createKernel({ modules: [memoryInet()], clock, seed: 1 }));
    await clock.run(async () => {
      const free = stack.createSocket('udp4').unref();
      await bound(free, 53);
      expect(clock.holds).toBe(0);
      free.ref();
      expect(clock.holds).toBe(1);
      const s = await bound(stack.createSocket('udp4'), 54);
      expect(clock.holds).toBe(2);
      free.close();
      s.close();
      expect(clock.holds).toBe(0);
    });
  });

  it('forget the peer after disconnect', timed(async ({ stack }) => {
    const s = stack.createSocket('udp4');
    expect(() => s.disconnect()).toThrow('Not connected');
    await new Promise<void>((resolve) => s.connect(53, HOST, () => resolve()));
    expect(() => s.connect(54, HOST)).toThrow('Already connected');
    s.disconnect();
    expect(() => s.remoteAddress()).toThrow('Not connected');
    const error = await new Promise((resolve) => s.connect(53, 'nowhere.test', resolve));
    expect(error).toMatchObject({ code: 'ENOTFOUND' });
  }));
});
