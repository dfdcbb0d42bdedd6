import fc from 'fast-check';
import { createKernel, EAGAIN, EBADFD, EBUSY, EINVAL, EIO, type Kernel, VirtualClock } from '@linnet/kernel';
import { devChangeFlags, devGetByName, netifCarrierOk } from '@linnet/netdev';
import { tap } from '@linnet/netdevs';
import { Task } from '@linnet/posix';
import { skbStats } from '@linnet/skbuff';
import { IFF_NO_PI, IFF_PERSIST, IFF_TAP, IFF_TUN, IFF_UP, POLLERR, POLLIN, TUNGETIFF, TUNSETIFF, TUNSETPERSIST } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TunFile } from '../../src/control/tun.ts';

let kernel: Kernel;
let task: Task;
beforeEach(() => {
  kernel = createKernel({ modules: [tap], clock: new VirtualClock(), seed: 1 });
  task = new Task(kernel);
});
afterEach(() => {
  task.exit();
  kernel.shutdown();
  expect(skbStats(kernel).live).toBe(0);
});

/** A descriptor of the task, and its file. */
function open(): { fd: number; file: TunFile } {
  const file = new TunFile(task.net);
  return { fd: task.fds.install(file, true), file };
}

function ifreq(name: string, flags: number): Uint8Array {
  const u8 = new Uint8Array(40);
  u8.set(new TextEncoder().encode(name));
  new DataView(u8.buffer).setUint16(16, flags, true);
  return u8;
}

const setIff = (file: TunFile, name: string, flags: number): number => kernel.run(() => file.ioctl(TUNSETIFF, ifreq(name, flags)));
const nameOf = (file: TunFile): string => {
  const u8 = new Uint8Array(40);
  expect(kernel.run(() => file.ioctl(TUNGETIFF, u8))).toBe(0);
  return String.fromCharCode(...u8.subarray(0, u8.indexOf(0)));
};

describe('/dev/net/tun', () => {
  test('a device lives as long as its descriptor, or stays when it was told to', () => {
    const { fd, file } = open();
    expect([file.poll(), kernel.run(() => file.read(new Uint8Array(9))), kernel.run(() => file.write(new Uint8Array(40)))]).toEqual([POLLERR, -EBADFD, -EBADFD]);
    expect([setIff(file, 'tun%d', IFF_TUN | IFF_NO_PI), nameOf(file)]).toEqual([0, 'tun0']);
    expect(kernel.run(() => file.write(Uint8Array.of(0x45)))).toBe(-EIO);
    task.close(fd);
    expect(devGetByName(task.net, 'tun0')).toBeNull();
    const second = open();
    expect(setIff(second.file, 'keep', IFF_TAP)).toBe(0);
    expect(kernel.run(() => second.file.ioctl(TUNSETPERSIST, Uint8Array.of(1, 0, 0, 0)))).toBe(0);
    const third = open();
    expect([setIff(third.file, 'keep', IFF_TAP), setIff(third.file, 'keep', IFF_TUN), setIff(third.file, 'lo', IFF_TUN)]).toEqual([-EBUSY, -EINVAL, -EINVAL]);
    const dev = devGetByName(task.net, 'keep')!;
    expect(netifCarrierOk(dev)).toBe(true);
    task.close(second.fd);
    expect([devGetByName(task.net, 'keep'), netifCarrierOk(dev)]).toEqual([dev, false]);
    expect([setIff(third.file, 'keep', IFF_TAP | IFF_NO_PI), netifCarrierOk(dev)]).toEqual([0, true]);
    const flags = ifreq('', 0);
    kernel.run(() => third.file.ioctl(TUNGETIFF, flags));
    expect(new DataView(flags.buffer).getUint16(16, true)).toBe(IFF_TAP | IFF_NO_PI | IFF_PERSIST);
  });

  test('frames wait in order; when there are too many the device waits, and goes on', () => {
    const { file } = open();
    setIff(file, 'tun0', IFF_TUN | IFF_NO_PI);
    const frame = new Uint8Array(4);
    for (let i = 0; i < 500; i++) {
      frame[0] = i & 255;
      expect(kernel.run(() => file.transmit(frame, 0, 4))).toBe(true);
    }
    expect([kernel.run(() => file.transmit(frame, 0, 4)), file.poll() & POLLIN]).toEqual([false, POLLIN]);
    const buf = new Uint8Array(3);
    expect([kernel.run(() => file.read(buf)), buf[0]]).toEqual([3, 0]);
    expect(kernel.run(() => file.transmit(frame, 0, 4))).toBe(true);
    for (let i = 1; i < 501; i++) kernel.run(() => file.read(buf));
    expect([buf[0], kernel.run(() => file.read(buf)), file.poll() & POLLIN]).toEqual([frame[0], -EAGAIN, 0]);
  });

  test('the namespace ends, the descriptor says so', () => {
    const net = kernel.createNet();
    const inside = new Task(net);
    const file = new TunFile(net);
    const fd = inside.fds.install(file, true);
    setIff(file, 'tap0', IFF_TAP | IFF_NO_PI);
    net.destroy();
    expect([file.poll(), kernel.run(() => file.read(new Uint8Array(9)))]).toEqual([POLLERR, -EBADFD]);
    inside.close(fd);
    inside.exit();
  });

  test('any request and any frame: an errno, never an exception', () => {
    const { file } = open();
    const request = fc.record({ cmd: fc.oneof(fc.integer({ min: 0x400454c8, max: 0x400454e2 }), fc.constantFrom(TUNGETIFF, TUNSETIFF, 0x8927, 0x8924, 0x800454d7)), arg: fc.uint8Array({ minLength: 4, maxLength: 48 }) });
    fc.assert(fc.property(request, fc.uint8Array({ maxLength: 80 }), ({ cmd, arg }, bytes) => {
      const rc = kernel.run(() => file.ioctl(cmd, arg));
      expect(rc).toBeLessThanOrEqual(0);
      const dev = devGetByName(task.net, 'tap0');
      if (dev !== null) kernel.run(() => devChangeFlags(dev, dev.flags | IFF_UP));
      setIff(file, 'tap0', IFF_TAP);
      expect(kernel.run(() => file.write(bytes))).toBeLessThanOrEqual(bytes.length);
      kernel.run(() => file.read(new Uint8Array(bytes.length)));
    }), { seed: 7, numRuns: 400 });
  });
});
