import { EACCES, EAGAIN, EBADF, EINTR, EPERM } from '@linnet/kernel';
import { NETLINK_ADD_MEMBERSHIP, NETLINK_ROUTE, type NetlinkChannel } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { hostNetlink, type SocketFfi } from '../src/index.ts';
import { FakeFfi } from './fake-ffi.ts';

/** A C library whose netlink sockets answer as they are told. */
class FakeSocketFfi extends FakeFfi implements SocketFfi {
  readonly sent: number[][] = [];
  answers: (Uint8Array | number)[] = [];

  socket(domain: number, type: number, protocol: number): number {
    this.calls.push(`socket ${domain} 0x${type.toString(16)} ${protocol}`);
    const failed = this.fails.get('socket') ?? 0;
    if (failed < 0) return failed;
    this.open_.add(this.nextFd);
    return this.nextFd++;
  }

  bind(_fd: number, addr: Uint8Array): number {
    this.calls.push(`bind ${Array.from(addr).join(' ')}`);
    return this.fails.get('bind') ?? 0;
  }

  setsockopt(_fd: number, level: number, option: number, value: Uint8Array): number {
    this.calls.push(`setsockopt ${level} ${option} ${Array.from(value).join(' ')}`);
    return this.fails.get('setsockopt') ?? 0;
  }

  send(_fd: number, buf: Uint8Array, off: number, len: number): number {
    this.sent.push(Array.from(buf.subarray(off, off + len)));
    return len;
  }

  recv(_fd: number, buf: Uint8Array, off: number, len: number, flags: number): number {
    this.calls.push(`recv ${len} 0x${flags.toString(16)}`);
    const next = this.answers.shift() ?? -EAGAIN;
    if (typeof next === 'number') return next;
    buf.set(next.subarray(0, len), off);
    return next.length;
  }
}

function open(ffi: FakeSocketFfi): NetlinkChannel {
  const channel = hostNetlink({ ffi }).open(NETLINK_ROUTE);
  if (typeof channel === 'number') throw new Error(`errno ${channel}`);
  return channel;
}

describe('hostNetlink', () => {
  it('opens, binds and closes a socket for each channel', () => {
    const ffi = new FakeSocketFfi();
    const channel = open(ffi);
    expect(ffi.calls).toEqual(['socket 16 0x80003 0', 'bind 16 0 0 0 0 0 0 0 0 0 0 0', 'setsockopt 1 20 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0']);
    channel.close();
    channel.close();
    expect([ffi.open_.size, ffi.calls.filter((c) => c === 'close').length]).toEqual([0, 1]);
    expect([channel.send(new Uint8Array(16)), channel.recv(new Uint8Array(9), true), channel.setOption(1, 1)]).toEqual([-EBADF, -EBADF, -EBADF]);
  });

  it('sends, receives whole lengths, and goes on after a signal', () => {
    const ffi = new FakeSocketFfi();
    const channel = open(ffi);
    expect(channel.send(Uint8Array.of(1, 2, 3))).toBe(3);
    expect(ffi.sent).toEqual([[1, 2, 3]]);
    expect(channel.setOption(NETLINK_ADD_MEMBERSHIP, 0x102)).toBe(0);
    ffi.answers = [-EINTR, Uint8Array.of(9, 8, 7)];
    const buf = new Uint8Array(2);
    expect([channel.recv(buf, true), buf[0], buf[1], channel.recv(buf, false)]).toEqual([3, 9, 8, -EAGAIN]);
    expect(ffi.calls.slice(3)).toEqual(['setsockopt 270 1 2 1 0 0', 'recv 2 0x20', 'recv 2 0x20', 'recv 2 0x60']);
  });

  it('watches the descriptor, once', () => {
    const ffi = new FakeSocketFfi();
    const channel = open(ffi);
    let n = 0;
    channel.watch(() => n++);
    ffi.watchReady!(0);
    channel.watch(() => (n += 10));
    ffi.watchReady!(0);
    expect(n).toBe(11);
    channel.close();
    expect(ffi.calls.filter((c) => c.startsWith('watch.'))).toEqual(['watch.start', 'watch.close', 'watch.start', 'watch.close']);
  });

  it('opens inside a namespace, and leaves nothing open when that fails', () => {
    const ffi = new FakeSocketFfi();
    const transport = hostNetlink({ ffi, netns: 'blue' });
    expect(ffi.open_.size).toBe(0);
    ffi.calls.length = 0;
    const channel = transport.open(NETLINK_ROUTE);
    expect(typeof channel).toBe('object');
    const at = ffi.calls.findIndex((c) => c.startsWith('socket'));
    expect(ffi.calls.slice(0, at).filter((c) => c.startsWith('setns'))).toHaveLength(1);
    expect(ffi.calls.slice(at).filter((c) => c.startsWith('setns'))).toHaveLength(1);
    expect(ffi.open_.size).toBe(1);
    ffi.fails.set('socket', -EACCES);
    expect(transport.open(NETLINK_ROUTE)).toBe(-EACCES);
    ffi.fails.delete('socket');
    ffi.fails.set('bind', -EACCES);
    expect(transport.open(NETLINK_ROUTE)).toBe(-EACCES);
    expect(ffi.open_.size).toBe(1);
    ffi.fails.set('setns', -EPERM);
    expect(transport.open(NETLINK_ROUTE)).toBe(-EPERM);
    expect(() => hostNetlink({ ffi, netns: 'blue' })).toThrow(expect.objectContaining({ code: 'EPERM' }));
  });
});
