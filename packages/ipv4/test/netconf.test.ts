// The announcements are those of Linux 6.18 after the same writes.
import { afterEach, expect, it } from 'vitest';
import { VirtualClock, createKernel } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { unregisterNetdevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { MsgHdr, sockCreate, sockRelease } from '@linnet/socket';
import type { Socket } from '@linnet/socket';
import { AF_NETLINK, NETLINK_ROUTE, SOCK_RAW } from '@linnet/uapi';
import type { SockAddrNl } from '@linnet/uapi';
import { ipv4 } from '../src/index.ts';

let k: Kernel;
let sock: Socket;

afterEach(() => {
  k.run(() => {
    sockRelease(sock);
  });
  k.shutdown();
});

function told(): string[] {
  const out: string[] = [];
  for (;;) {
    const buf = new Uint8Array(65536);
    const n = k.run(() => sock.ops.recvmsg(sock, new MsgHdr([buf]), buf.length, 0));
    if (n < 0) return out;
    const v = new DataView(buf.buffer);
    let text = `${v.getUint16(4, true)}:`;
    for (let at = 20; at + 4 <= n; at += (v.getUint16(at, true) + 3) & ~3) text += ` ${v.getUint16(at + 2, true)}=${v.getInt32(at + 4, true)}`;
    out.push(text);
  }
}

it('announces changed settings, new devices and devices that go', () => {
  k = createKernel({ modules: [ipv4], clock: new VirtualClock(), seed: 1 });
  const v1 = new FakeDevice(k.initNet, { name: 'v1' });
  new FakeDevice(k.initNet, { name: 'v0' });
  sock = sockCreate(k.initNet, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) as Socket;
  expect(sock.ops.bind(sock, { family: AF_NETLINK, pid: 0, groups: 1 << 23 } as SockAddrNl)).toBe(0);
  const write = (path: string, v: string): string[] => {
    expect(k.initNet.sysctl.write(`net/ipv4/${path}`, v)).toBe(0);
    return told();
  };
  expect(write('ip_forward', '1')).toEqual(['80: 1=-1 2=1', '80: 1=-2 2=1', '80: 1=1 2=1', '80: 1=2 2=1', '80: 1=3 2=1']);
  expect(write('ip_forward', '1')).toEqual([]);
  expect(write('ip_forward', '0')).toHaveLength(5);
  expect(write('conf/v0/forwarding', '1')).toEqual(['80: 1=3 2=1']);
  expect(write('conf/default/forwarding', '1')).toEqual(['80: 1=-2 2=1']);
  expect(write('conf/v0/rp_filter', '1')).toEqual(['80: 1=3 3=1']);
  expect(write('conf/default/rp_filter', '2')).toEqual(['80: 1=-2 3=2']);
  expect(write('conf/all/rp_filter', '2')).toEqual(['80: 1=-1 3=2']);
  expect(write('conf/v0/proxy_arp', '1')).toEqual(['80: 1=3 5=1']);
  expect(write('conf/v0/ignore_routes_with_linkdown', '1')).toEqual(['80: 1=3 6=1']);
  expect(write('conf/all/bc_forwarding', '1')).toEqual([]);
  expect(write('conf/v0/arp_ignore', '1')).toEqual([]);
  new FakeDevice(k.initNet, { name: 'w0' });
  expect(told()).toEqual(['80: 1=4 2=1 3=2 4=0 8=0 5=0 6=0']);
  unregisterNetdevice(v1.dev);
  expect(told()).toEqual(['81: 1=2']);
  // A new default holds for devices where nobody wrote the value.
  expect(k.initNet.sysctl.read('net/ipv4/conf/w0/rp_filter')).toBe('2');
  expect(k.initNet.sysctl.read('net/ipv4/conf/v0/rp_filter')).toBe('1');
});
