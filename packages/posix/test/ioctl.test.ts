import { createKernel, Cred, EBADF, EBUSY, EFAULT, EINVAL, ENODEV, ENOPKG, ENOTTY, EOPNOTSUPP, EPERM, ESRCH, VirtualClock } from '@linnet/kernel';
import { netIoctlRegister } from '@linnet/netdev';
import { netns } from '@linnet/netns';
import {
  AF_NETLINK, FIOASYNC, FIOGETOWN, FIOSETOWN, ifreqEncode, NETLINK_ROUTE, O_ASYNC, SIOCBRADDBR, SIOCETHTOOL, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFMTU, SIOCGIFNAME, SIOCGSKNS,
  SIOCGSTAMP, SIOCSIFFLAGS, SIOCSIFMTU, SIOCSIFNAME, SOCK_RAW,
} from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { Task } from '../src/index.ts';

function setUp(): { task: Task; fd: number; io: (cmd: number, arg: Uint8Array | null) => number } {
  const k = createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1 });
  const task = new Task(k);
  const fd = task.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  return { task, fd, io: (cmd, arg) => task.sys.ioctl(fd, cmd, arg) };
}

describe('ioctls of interfaces, on any socket', () => {
  it('read and set, in the bytes of struct ifreq', () => {
    const { io } = setUp();
    const lo = ifreqEncode('lo');
    const int = (): number => new DataView(lo.buffer).getInt32(16, true);
    expect([io(SIOCGIFINDEX, lo), int()]).toEqual([0, 1]);
    expect([io(SIOCGIFMTU, lo), int()]).toEqual([0, 65536]);
    expect([io(SIOCGIFFLAGS, lo), int() & 0xffff]).toEqual([0, 8]);
    expect([io(SIOCSIFFLAGS, ifreqEncode('lo', 0x9)), io(SIOCGIFFLAGS, lo), int() & 0xffff]).toEqual([0, 0, 0x49]);
    expect([io(SIOCGIFHWADDR, lo), int()]).toEqual([0, 772]);
    const mtu = ifreqEncode('lo');
    new DataView(mtu.buffer).setInt32(16, 1500, true);
    expect([io(SIOCSIFMTU, mtu), io(SIOCGIFMTU, lo), int()]).toEqual([0, 0, 1500]);
    const name = new Uint8Array(40);
    name[16] = 1;
    expect([io(SIOCGIFNAME, name), String.fromCharCode(...name.subarray(0, 3))]).toEqual([0, 'lo\0']);
    const rename = ifreqEncode('lo');
    rename.set([0x65, 0x6e, 0x64], 16);
    expect([io(SIOCSIFNAME, rename), io(SIOCGIFINDEX, lo), io(SIOCGIFINDEX, ifreqEncode('end'))]).toEqual([0, -ENODEV, 0]);
  });

  it('what is wrong', () => {
    const { task, fd, io } = setUp();
    expect([io(SIOCGIFMTU, ifreqEncode('none')), io(SIOCGIFMTU, new Uint8Array(39)), io(SIOCGIFMTU, null), io(0x1234, new Uint8Array(40)), task.sys.ioctl(99, SIOCGIFMTU, null)]).toEqual([
      -ENODEV, -EFAULT, -EFAULT, -ENOTTY, -EBADF,
    ]);
    expect([io(SIOCETHTOOL, ifreqEncode('lo')), io(SIOCGSTAMP, new Uint8Array(16)), io(SIOCBRADDBR, ifreqEncode('br0'))]).toEqual([-EFAULT, -ENOTTY, -ENOPKG]);
    expect(task.sys.ioctl(task.epollCreate1(), SIOCGIFMTU, ifreqEncode('lo'))).toBe(-ENOTTY);
    const request = new Uint8Array(44);
    request.set(ifreqEncode('lo'));
    request[16] = 1;
    request.set([0xff, 0xff], 40);
    expect(io(SIOCETHTOOL, request)).toBe(-EOPNOTSUPP);
    task.setuid(1000);
    expect([io(SIOCSIFMTU, ifreqEncode('none')), io(SIOCGIFMTU, ifreqEncode('lo')), task.sys.ioctl(fd, SIOCGSKNS, new Uint8Array(4))]).toEqual([-EPERM, 0, -EPERM]);
  });

  it('are answered by modules that say so', () => {
    const { task, io } = setUp();
    netIoctlRegister(task.kernel, SIOCBRADDBR, (net, _cmd, arg) => (net === task.net && arg[0] === 0x62 ? -EBUSY : -EINVAL));
    expect(io(SIOCBRADDBR, ifreqEncode('br0'))).toBe(-EBUSY);
  });

  it('SIOCGIFCONF without addresses is empty', () => {
    const { io } = setUp();
    const conf = new Uint8Array(16);
    conf[0] = 9;
    expect([io(SIOCGIFCONF, conf), conf[0], io(SIOCGIFCONF, new Uint8Array(8))]).toEqual([0, 0, -EFAULT]);
  });
});

describe('ioctls of descriptors', () => {
  it('owners, FIOASYNC, and the namespace of a socket', () => {
    const { task, fd, io } = setUp();
    const pid = new Uint8Array([task.pid, 0, 0, 0]);
    const out = new Uint8Array(4);
    expect([io(FIOSETOWN, pid), io(FIOGETOWN, out), out[0], io(FIOSETOWN, new Uint8Array([99, 0, 0, 0]))]).toEqual([0, 0, task.pid, -ESRCH]);
    expect([io(FIOASYNC, new Uint8Array([1, 0, 0, 0])), task.fds.get(fd)!.file.flags & O_ASYNC]).toEqual([0, O_ASYNC]);
    const ns = io(SIOCGSKNS, new Uint8Array(4));
    expect(task.readlink(`/proc/self/fd/${ns}`)).toBe(task.readlink('/proc/self/ns/net'));
    expect(new Cred(1).uid).toBe(1);
  });
});
