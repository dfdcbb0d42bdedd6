import { createKernel, EFAULT, EINVAL, NET_RX_SOFTIRQ, VirtualClock } from '@linnet/kernel';
import { devGetByName, devOpen } from '@linnet/netdev';
import { Task } from '@linnet/posix';
import { MsgHdr } from '@linnet/socket';
import { AF_INET, sockaddrIn, SO_RCVBUFFORCE, SOCK_DGRAM, SOL_SOCKET, type SockAddr } from '@linnet/uapi';
import { expect, it } from 'vitest';
import { inet6Stack } from '../src/index.ts';

const SIZE = 60_000;

it('sendmmsg: each message has arrived before the next one goes, and the kernel is left once', () => {
  const kernel = createKernel({ modules: inet6Stack, clock: new VirtualClock(), seed: 1, debug: true });
  kernel.run(() => devOpen(devGetByName(kernel.initNet, 'lo')!));
  const { sys } = new Task(kernel);
  const a = sys.socket(AF_INET, SOCK_DGRAM);
  const b = sys.socket(AF_INET, SOCK_DGRAM);
  const to: SockAddr = sockaddrIn(0x7f000001, 53);
  expect(sys.bind(a, to)).toBe(0);
  expect(sys.setsockopt(a, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)).toBe(0);
  const out = Array.from({ length: 16 }, () => ({ hdr: new MsgHdr([new Uint8Array(SIZE)], to), len: 0 }));
  const before = kernel.softirq.counts[NET_RX_SOFTIRQ]!;
  expect(sys.sendmmsg(b, out)).toBe(16);
  expect(kernel.softirq.counts[NET_RX_SOFTIRQ]! - before).toBe(16);
  expect(kernel.depth).toBe(0);

  out[1]!.hdr.iov = [];
  out[2]!.hdr.iov = ['text' as unknown as Uint8Array];
  expect(sys.sendmmsg(b, out)).toBe(2);
  expect(sys.sendmmsg(b, out.slice(2))).toBe(-EFAULT);
  expect(sys.sendmmsg(b, out, 0.5)).toBe(-EINVAL);

  const into = Array.from({ length: 32 }, () => ({ hdr: new MsgHdr([new Uint8Array(SIZE)]), len: -1 }));
  expect(sys.recvmmsg(a, into)).toBe(18);
  expect(into.slice(0, 19).map((m) => m.len)).toEqual([...Array<number>(17).fill(SIZE), 0, -1]);
  // More than UIO_MAXIOV are left for another call.
  const small = Array.from({ length: 1030 }, () => ({ hdr: new MsgHdr([new Uint8Array(1)], to), len: 0 }));
  expect(sys.sendmmsg(b, small)).toBe(1024);
  expect(small[1024]!.len).toBe(0);

  // The error of a later message is for the next call.
  into[1]!.hdr.iov = ['text' as unknown as Uint8Array];
  expect(sys.recvmmsg(a, into)).toBe(1);
  expect(sys.recvmmsg(a, into)).toBe(-EFAULT);
  expect(sys.recvmmsg(a, into)).toBe(1);

  into[0]!.hdr.iov = ['text' as unknown as Uint8Array];
  expect(sys.recvmmsg(a, into)).toBe(-EFAULT);
  expect(kernel.depth).toBe(0);
  kernel.shutdown();
});
