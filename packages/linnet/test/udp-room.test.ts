import { createKernel, ENOBUFS, VirtualClock } from '@linnet/kernel';
import { devGetByName, devOpen, devSetMtu } from '@linnet/netdev';
import { Task } from '@linnet/posix';
import { AF_INET, AF_INET6, in6FromString, sockaddrIn, sockaddrIn6, SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET } from '@linnet/uapi';
import { expect, it } from 'vitest';
import { inet6Stack } from '../src/index.ts';

// Counted so by Linux 6.18.
it.each(['IPv4', 'IPv6'])('a datagram of which only the first pieces find room is counted: %s', (name) => {
  const kernel = createKernel({ modules: inet6Stack, clock: new VirtualClock(), seed: 1, debug: true });
  kernel.run(() => devOpen(devGetByName(kernel.initNet, 'lo')!));
  kernel.run(() => devSetMtu(devGetByName(kernel.initNet, 'lo')!, 1280));
  const { sys } = new Task(kernel);
  const six = name === 'IPv6';
  const fd = sys.socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM);
  const to = six ? sockaddrIn6(in6FromString('::1')!, 9) : sockaddrIn(0x7f000001, 9);
  expect(sys.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, 2048)).toBe(0);
  expect(sys.sendto(fd, new Uint8Array(65000), 0, to)).toBe(-ENOBUFS);
  expect(sys.sendto(fd, new Uint8Array(1000), 0, to)).toBe(1000);
  const read = (file: string): string => kernel.initNet.proc.read(file) as string;
  const field = (proto: string, key: string): number => {
    const [names, values] = read('net/snmp').split('\n').filter((l) => l.startsWith(`${proto}: `)).map((l) => l.split(' '));
    return Number(values![names!.indexOf(key)]);
  };
  const field6 = (key: string): number => Number(new RegExp(`^${key}\\s+(\\d+)$`, 'm').exec(read('net/snmp6'))![1]);
  expect(six ? [field6('Ip6OutDiscards'), field6('Udp6SndbufErrors')] : [field('Ip', 'OutDiscards'), field('Udp', 'SndbufErrors')]).toEqual([1, 1]);
  kernel.shutdown();
});
