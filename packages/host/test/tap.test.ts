import { EACCES, EBADFD, EBUSY, EINVAL, ENOENT, EPERM } from '@linnet/kernel';
import { TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_USO4, TUN_F_USO6 } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { HostError, openTap } from '@linnet/host';
import type { OpenTapOptions } from '@linnet/host';
import { FakeFfi } from './fake-ffi.ts';

function failure(fn: () => unknown): HostError {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(HostError);
    return error as HostError;
  }
  throw new Error('expected it to throw');
}

function opened(options: OpenTapOptions = {}): { ffi: FakeFfi; tap: ReturnType<typeof openTap> } {
  const ffi = new FakeFfi();
  const tap = openTap({ ffi, ...options });
  ffi.calls.length = 0;
  return { ffi, tap };
}

describe('openTap', () => {
  it('asks for a TAP with virtio headers and all offloads', () => {
    const ffi = new FakeFfi();
    const tap = openTap({ ffi });
    expect(ffi.calls).toEqual([
      'open /dev/net/tun 0x80802', 'TUNSETIFF tap%d 0x5002', 'TUNSETVNETHDRSZ 10', 'TUNSETVNETLE 1', 'TUNSETOFFLOAD 0x67',
    ]);
    expect(tap).toMatchObject({ name: 'tap7', mode: 'tap', fd: 100, vnetHdrSize: 10, offloads: TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4 | TUN_F_USO6 });
  });

  it('does without UDP segmentation on a kernel that refuses it', () => {
    const ffi = new FakeFfi();
    ffi.refused = TUN_F_USO4 | TUN_F_USO6;
    expect(openTap({ ffi }).offloads).toBe(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6);
  });

  it('takes exact offloads, the other header size, a TUN, no header at all', () => {
    const calls = (options: OpenTapOptions): string[] => {
      const ffi = new FakeFfi();
      openTap({ ffi, ...options });
      return ffi.calls.slice(1);
    };
    expect(calls({ name: 'x0', vnetHdrSize: 12, offload: TUN_F_CSUM })).toEqual(['TUNSETIFF x0 0x5002', 'TUNSETVNETHDRSZ 12', 'TUNSETVNETLE 1', 'TUNSETOFFLOAD 0x1']);
    expect(calls({ name: 'x0', offload: false })).toContain('TUNSETOFFLOAD 0x0');
    expect(calls({ name: 'x0', mode: 'tun', vnetHdr: false })).toEqual(['TUNSETIFF x0 0x1001']);
  });

  it('refuses arguments before it touches the machine', () => {
    const bad: [OpenTapOptions, RegExp][] = [
      [{ name: 'a-name-too-long0' }, /name "a-name-too-long0": 16 bytes, .* at most 15/],
      [{ name: 'ééééééééx' }, /17 bytes/],
      [{ name: '' }, /name ""/], [{ name: 'a b' }, /name "a b"/], [{ name: 'a/b' }, /name "a\/b"/], [{ name: 'a:b' }, /name/], [{ name: '..' }, /name/],
      [{ name: 'x%s' }, /name "x%s"/], [{ name: '%d%d' }, /name/],
      [{ mode: 'veth' as 'tap' }, /mode: expected 'tap' or 'tun', got "veth"/],
      [{ vnetHdrSize: 11 as 10 }, /vnetHdrSize: expected 10 or 12, got 11/],
      [{ vnetHdr: false, offload: true }, /offload: needs vnetHdr/],
    ];
    for (const [options, message] of bad) {
      const ffi = new FakeFfi();
      const error = failure(() => openTap({ ffi, ...options }));
      expect(error.code).toBe('EINVAL');
      expect(error.message).toMatch(message);
      expect(ffi.calls).toEqual([]);
    }
  });

  it('says what to do when the machine refuses, and closes what it opened', () => {
    const cases: [string, number, string, RegExp][] = [
      ['open /dev/net/tun', -ENOENT, 'ENOENT', /\/dev\/net\/tun is missing: load the driver with `modprobe tun`.*--device/],
      ['open /dev/net/tun', -EACCES, 'EACCES', /no permission to open \/dev\/net\/tun: run as root/],
      ['TUNSETIFF', -EPERM, 'EPERM', /run as root or give CAP_NET_ADMIN.*`ip tuntap add dev tap5 mode tap user \$USER`/],
      ['TUNSETIFF', -EBUSY, 'EBUSY', /tap5 is in use by another process.*choose another name/],
      ['TUNSETIFF', -EINVAL, 'EINVAL', /refuses the tap device tap5/],
      ['TUNSETOFFLOAD', -EINVAL, 'EINVAL', /try offload: false/],
      ['TUNSETVNETHDRSZ', -EINVAL, 'EINVAL', /try vnetHdr: false/],
    ];
    for (const [call, errno, code, message] of cases) {
      const ffi = new FakeFfi();
      ffi.fails.set(call, errno);
      const error = failure(() => openTap({ ffi, name: 'tap5' }));
      expect(error).toMatchObject({ code, errno, name: 'HostError' });
      expect(error.message).toMatch(message);
      expect(ffi.open_.size).toBe(0);
    }
  });

  it('finds out that the name belongs to an interface of another kind', () => {
    const ffi = new FakeFfi();
    ffi.fails.set('TUNSETIFF', -EINVAL);
    expect(failure(() => openTap({ ffi, name: 'lo' })).message).toMatch(/the name lo is in use by an interface of another kind.*`ip link del lo`/);
  });

  it('opens inside a namespace and comes back, also after a failure', () => {
    const ffi = new FakeFfi();
    openTap({ ffi, netns: 'blue' });
    expect(ffi.calls.map((call) => call.split(' ').slice(0, 2).join(' '))).toEqual([
      'open /proc/thread-self/ns/net', 'open /var/run/netns/blue', 'setns 101', 'close',
      'open /dev/net/tun', 'TUNSETIFF tap%d', 'TUNSETVNETHDRSZ 10', 'TUNSETVNETLE 1', 'TUNSETOFFLOAD 0x67', 'setns 100', 'close',
    ]);
    expect(ffi.open_).toEqual(new Set([102]));
    const failing = new FakeFfi();
    failing.fails.set('TUNSETIFF', -EBUSY);
    expect(failure(() => openTap({ ffi: failing, netns: '/proc/1/ns/net' })).code).toBe('EBUSY');
    expect(failing.calls.at(-2)).toBe('setns 100');
    expect(failing.open_.size).toBe(0);
  });
});

describe('TapFd', () => {
  it('reads 0 when there is nothing and a negative errno when it is broken', () => {
    const { ffi, tap } = opened();
    ffi.frames.push(Uint8Array.of(1, 2, 3), -EBADFD);
    const buf = new Uint8Array(10);
    expect(tap.read(buf, 4)).toBe(3);
    expect([...buf]).toEqual([0, 0, 0, 0, 1, 2, 3, 0, 0, 0]);
    expect(tap.read(buf)).toBe(-EBADFD);
    expect(tap.read(buf)).toBe(0);
    expect(tap.write(buf, 4, 3)).toBe(3);
    expect(ffi.written).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  it('checks that the bytes lie inside the buffer', () => {
    const { ffi, tap } = opened();
    const buf = new Uint8Array(10);
    for (const [off, len] of [[-1, 2], [0, 11], [9, 2], [0, -1], [0.5, 1], [Number.NaN, 1]] as const) {
      expect(() => tap.read(buf, off, len)).toThrow(RangeError);
      expect(() => tap.write(buf, off, len)).toThrow(RangeError);
    }
    expect(ffi.written).toEqual([]);
  });

  it('drains at most its budget, from one buffer', () => {
    const { ffi, tap } = opened();
    for (let i = 0; i < 100; i++) ffi.frames.push(new Uint8Array(i + 1));
    const seen: number[] = [];
    const buffers = new Set<Uint8Array>();
    const frame = (buf: Uint8Array, off: number, len: number): void => { buffers.add(buf); seen.push(off + len); };
    expect(tap.drain(frame)).toBe(64);
    expect(tap.drain(frame, 10)).toBe(10);
    expect(tap.drain(frame)).toBe(26);
    expect(tap.drain(frame)).toBe(0);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(buffers.size).toBe(1);
  });

  it('stops draining when the callback closes it', () => {
    const { ffi, tap } = opened();
    ffi.frames.push(new Uint8Array(1), new Uint8Array(1));
    expect(tap.drain(() => tap.close())).toBe(1);
    expect(ffi.frames).toHaveLength(1);
  });

  it('calls back only between start and stop', () => {
    const { ffi, tap } = opened();
    let turns = 0;
    tap.onReadable(() => { turns++; });
    ffi.watchReady!(0);
    expect(turns).toBe(0);
    tap.start();
    tap.start();
    ffi.watchReady!(0);
    expect(turns).toBe(1);
    tap.stop();
    ffi.watchReady!(0);
    expect(turns).toBe(1);
    tap.unref();
    tap.ref();
    expect(ffi.calls).toEqual(['watch.start', 'watch.stop', 'watch.unref', 'watch.ref']);
  });

  it('tells once when the device is gone, with the errno that a read gives', () => {
    const { ffi, tap } = opened({ name: 'tap5' });
    const errors: HostError[] = [];
    tap.onError((error) => errors.push(error));
    tap.start();
    ffi.frames.push(-EBADFD);
    ffi.watchReady!(-9);
    ffi.watchReady!(-9);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'EBADFD', errno: -EBADFD });
    expect(errors[0]!.message).toMatch(/tap5 stopped working \(EBADFD\)/);
    expect(ffi.calls).toContain('watch.stop');
  });

  it('closes the watch before the descriptor, and only once', () => {
    const { ffi, tap } = opened();
    tap.close();
    tap.close();
    expect(ffi.calls).toEqual(['watch.stop', 'watch.close', 'close']);
    expect(tap.fd).toBe(-1);
    expect(failure(() => tap.start()).code).toBe('EBADF');
  });

  it('spins with busyPoll until it is stopped', async () => {
    const { ffi, tap } = opened({ busyPoll: true });
    expect(ffi.watchReady).toBeNull();
    let turns = 0;
    await new Promise<void>((resolve) => {
      tap.onReadable(() => {
        if (++turns === 5) {
          tap.stop();
          resolve();
        }
      });
      tap.start();
    });
    for (let i = 0; i < 3; i++) await new Promise((resolve) => { setImmediate(resolve); });
    expect(turns).toBe(5);
    tap.close();
  });
});
