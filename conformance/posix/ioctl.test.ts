// The ioctls of netdevice(7), arp(7) and of routes: the same calls in the same order to the real kernel and to a machine, byte for byte the same answers.
import {
  AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, NETLINK_ROUTE, SIOCADDMULTI, SIOCADDRT, SIOCATMARK, SIOCBONDENSLAVE, SIOCDARP, SIOCDELMULTI, SIOCDELRT, SIOCDEVPRIVATE, SIOCDIFADDR, SIOCDRARP,
  SIOCETHTOOL, SIOCGARP, SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFCONF, SIOCGIFCOUNT, SIOCGIFDSTADDR, SIOCGIFENCAP, SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFMAP, SIOCGIFMEM, SIOCGIFMETRIC,
  SIOCGIFMTU, SIOCGIFNAME, SIOCGIFNETMASK, SIOCGIFPFLAGS, SIOCGIFSLAVE, SIOCGIFTXQLEN, SIOCGMIIPHY, SIOCGPGRP, SIOCGRARP, SIOCGSKNS, SIOCGSTAMP, SIOCGSTAMPNS, SIOCINQ, SIOCOUTQ, SIOCOUTQNSD,
  SIOCPROTOPRIVATE, SIOCRTMSG, SIOCSARP, SIOCSIFADDR, SIOCSIFBRDADDR, SIOCSIFDSTADDR, SIOCSIFENCAP, SIOCSIFFLAGS, SIOCSIFHWADDR, SIOCSIFHWBROADCAST, SIOCSIFLINK, SIOCSIFMAP, SIOCSIFMEM,
  SIOCSIFMETRIC, SIOCSIFMTU, SIOCSIFNAME, SIOCSIFNETMASK, SIOCSIFPFLAGS, SIOCSIFSLAVE, SIOCSIFTXQLEN, SIOCSMIIREG, SIOCSPGRP, SIOCSRARP, SIOCWANDEV, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { have } from '../needs.mjs';
import { differences, LinnetKernel, MACS, type Op, RealKernel, type Result } from './both.ts';

const hex = (...bytes: readonly number[]): string => bytes.map((b) => b.toString(16).padStart(2, '0')).join('');
const le = (n: number, bytes: number): string => hex(...Array.from({ length: bytes }, (_, i) => Math.floor(n / 2 ** (8 * i)) & 255));
const text = (s: string, width: number): string => hex(...Array.from({ length: width }, (_, i) => (i < s.length ? s.charCodeAt(i) : 0)));
const ifreq = (name: string, data: string = ''): string => text(name, 16) + data.padEnd(48, '0');
const ip4 = (a: string): string => hex(...a.split('.').map(Number));
const sin = (a: string, family: number = AF_INET): string => (le(family, 2) + '0000' + ip4(a)).padEnd(32, '0');
const mac = (m: string, type: number = 1): string => (le(type, 2) + m.replaceAll(':', '')).padEnd(32, '0');
const PTR = le(1, 8);

const SOCKETS: readonly (readonly [string, readonly [number, number, number]])[] = [
  ['dgram', [AF_INET, SOCK_DGRAM, 0]], ['stream', [AF_INET, SOCK_STREAM, 0]], ['raw', [AF_INET, SOCK_RAW, 1]], ['netlink', [AF_NETLINK, SOCK_RAW, NETLINK_ROUTE]],
  ['unix', [AF_UNIX, SOCK_STREAM, 0]], ['packet', [AF_PACKET, SOCK_RAW, 0]], ['dgram6', [AF_INET6, SOCK_DGRAM, 0]],
];

/** Requests whose answer does not change the machine, or that a struct of zeros makes fail. */
const MATRIX: Readonly<Record<string, number>> = {
  SIOCGIFNAME, SIOCSIFLINK, SIOCGIFFLAGS, SIOCGIFADDR, SIOCSIFADDR, SIOCGIFDSTADDR, SIOCSIFDSTADDR, SIOCGIFBRDADDR, SIOCSIFBRDADDR, SIOCGIFNETMASK, SIOCSIFNETMASK, SIOCGIFMETRIC, SIOCSIFMETRIC,
  SIOCGIFMEM, SIOCSIFMEM, SIOCGIFMTU, SIOCSIFMTU, SIOCSIFNAME, SIOCSIFHWADDR, SIOCGIFENCAP, SIOCSIFENCAP, SIOCGIFHWADDR, SIOCGIFSLAVE, SIOCSIFSLAVE, SIOCADDMULTI, SIOCDELMULTI, SIOCGIFINDEX,
  SIOCSIFPFLAGS, SIOCGIFPFLAGS, SIOCDIFADDR, SIOCSIFHWBROADCAST, SIOCGIFCOUNT, SIOCGIFTXQLEN, SIOCETHTOOL, SIOCGMIIPHY, SIOCSMIIREG, SIOCWANDEV, SIOCOUTQNSD, SIOCGSKNS, SIOCDARP, SIOCGARP,
  SIOCSARP, SIOCDRARP, SIOCGRARP, SIOCSRARP, SIOCGIFMAP, SIOCSIFMAP, SIOCBONDENSLAVE, SIOCDEVPRIVATE, SIOCADDRT, SIOCDELRT, SIOCRTMSG, SIOCGSTAMP, SIOCGSTAMPNS, SIOCGPGRP, SIOCATMARK, SIOCOUTQ,
  SIOCINQ, bogus: 0x89e8, nonsense: 0x1234,
};

/** The ARP cache is listed in the order of a hash that is another each time. */
const sorted = (r: Result): Result => (typeof r === 'string' && r.startsWith('IP address') ? r.split('\n').sort() : r);

describe.skipIf(!have('root', 'ip', 'python3'))('ioctl', () => {
  let real: RealKernel;
  let ours: LinnetKernel;
  beforeEach(() => {
    real = new RealKernel();
    ours = new LinnetKernel();
  });
  afterEach(() => {
    real.netns.delete();
    ours.close();
  });

  function same(ops: readonly Op[]): void {
    // The group of all nodes of IPv6 is the kernel's, even where IPv6 is switched off.
    const kernel = real.do(ops).map((r) => (typeof r === 'string' ? r.replace(/^.* 333300000001\n/gm, '') : r));
    expect(differences(ops, kernel.map(sorted), ours.do(ops).map(sorted))).toEqual([]);
  }
  const sockets = (): (readonly [string, readonly [number, number, number]])[] => SOCKETS.filter(([, args]) => ours.has(args[0]));
  const open = (): Op[] => sockets().map(([id, args]) => ({ op: 'socket', id, args }));

  function matrix(): Op[] {
    const ops: Op[] = [];
    for (const [what, cmd] of Object.entries(MATRIX)) {
      for (const dev of ['v0', 'lo', 'none']) {
        for (const [fd] of sockets()) {
          // A private request of raw sockets asks multicast routing, one of Unix sockets opens a file: neither is about interfaces.
          if (cmd >= SIOCPROTOPRIVATE && cmd < SIOCDEVPRIVATE) continue;
          ops.push({ op: 'ioctl', fd, cmd, arg: ifreq(dev).padEnd(240, '0'), what });
        }
      }
    }
    return ops;
  }

  it('each request, on each family of sockets, of root', () => same([...open(), ...matrix()]));
  it('each request of somebody else', () => same([...open(), { op: 'setuid', uid: 65534 }, ...matrix()]));

  const on = (cmd: number, arg: string, more: { size?: number; ptr?: number } = {}): Op => ({ op: 'ioctl', fd: 's', cmd, arg, ...more });
  const S: Op = { op: 'socket', id: 's', args: [AF_INET, SOCK_DGRAM, 0] };
  /** All that can be asked of an interface. */
  const look = (name: string): Op[] =>
    [SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFDSTADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFTXQLEN, SIOCGIFINDEX].map((cmd) => on(cmd, ifreq(name)));

  it('flags, MTU, address, queue length, name', () => {
    const ops: Op[] = [S];
    const set = (cmd: number, name: string, data: string): void => void ops.push(on(cmd, ifreq(name, data)), ...look('v0'), ...look('v0:1'));
    for (const flags of [0, 1, 0x1001, 0x1043, 0xffff, 0x1003]) set(SIOCSIFFLAGS, 'v0', le(flags, 2));
    for (const mtu of [68, 67, 0, 9000, 65535, 65536, 0x7fffffff, 0x80000000, 1500]) set(SIOCSIFMTU, 'v0', le(mtu, 4));
    for (const m of [mac('02:00:00:00:00:77'), mac('02:00:00:00:00:78', 772), mac('03:00:00:00:00:01'), mac('00:00:00:00:00:00'), mac(MACS[0])]) set(SIOCSIFHWADDR, 'v0', m);
    for (const m of [mac('ff:ff:ff:ff:ff:fe'), mac('ff:ff:ff:ff:ff:ff', 5)]) set(SIOCSIFHWBROADCAST, 'v0', m);
    for (const len of [0, 77, 0x80000000]) set(SIOCSIFTXQLEN, 'v0', le(len, 4));
    for (const n of ['v0', 'v1', '', '.', '..', 'a/b', 'a b', 'a:b', 'lo', 'this-name-is-too-long', 'eth%d', 'eth%d%d', '%s', 'v0', 'v0']) {
      ops.push(on(SIOCSIFNAME, ifreq('v0', text(n, 16))), on(SIOCGIFINDEX, ifreq('v0')), on(SIOCGIFINDEX, ifreq(n.slice(0, 15))), on(SIOCGIFINDEX, ifreq('eth0')));
    }
    ops.push(on(SIOCSIFFLAGS, ifreq('eth0', le(0, 2))), on(SIOCSIFNAME, ifreq('eth0', text('v0', 16))), ...look('v0'));
    for (const index of [0, 1, 2, 3, 4, -1]) ops.push(on(SIOCGIFNAME, ifreq('x', le(index >>> 0, 4))));
    same(ops);
  });

  it('addresses', () => {
    const ops: Op[] = [S];
    const conf = (len: number): Op => on(SIOCGIFCONF, (le(len, 4) + '00000000' + PTR) + '00'.repeat(len < 0 ? 0 : Math.min(len, 400)), { size: 16, ptr: 8 });
    const after = (): Op[] => [...look('v0'), ...look('v0:1'), conf(400)];
    const set = (cmd: number, name: string, a: string, family: number = AF_INET): void => void ops.push(on(cmd, ifreq(name, sin(a, family))), ...after());
    ops.push(on(SIOCGIFCONF, le(0, 4) + '00000000' + le(0, 8)), conf(0), conf(39), conf(40), conf(79), conf(80), conf(400));
    for (const a of ['10.0.0.1', '10.1.2.3', '172.16.5.5', '192.168.7.7', '224.0.0.1', '240.0.0.1', '255.255.255.255', '127.0.0.9', '0.0.0.0', '10.0.0.1']) set(SIOCSIFADDR, 'v0', a);
    set(SIOCSIFADDR, 'v0', '10.0.0.2', 10);
    for (const m of ['255.255.255.0', '255.255.0.255', '255.255.255.254', '255.255.255.255', '0.0.0.0', '255.255.255.0']) set(SIOCSIFNETMASK, 'v0', m);
    for (const b of ['10.0.0.255', '10.9.9.9', '0.0.0.0', '255.255.255.255', '10.0.0.255']) set(SIOCSIFBRDADDR, 'v0', b);
    for (const d of ['10.0.0.9', '224.1.1.1', '0.0.0.0', '10.0.0.1']) set(SIOCSIFDSTADDR, 'v0', d);
    set(SIOCSIFNETMASK, 'v0:1', '255.0.0.0');
    set(SIOCSIFADDR, 'v0:1', '10.0.0.3');
    set(SIOCSIFNETMASK, 'v0:1', '255.255.255.0');
    set(SIOCSIFADDR, 'v0:1', '192.168.1.1');
    set(SIOCSIFADDR, 'v0:averylonglabel', '192.168.2.1');
    ops.push(on(SIOCGIFADDR, ifreq('v0', sin('10.0.0.1'))), on(SIOCGIFADDR, ifreq('v0', sin('9.9.9.9'))), on(SIOCGIFADDR, ifreq('v0:', sin('0.0.0.0'))), on(SIOCGIFADDR, ifreq('lo')));
    for (const [name, flags] of [['v0:1', 1], ['v0:1', 0], ['v0:1', 0], ['v0', 0], ['v0', 1], ['none:1', 0]] as const) ops.push(on(SIOCSIFFLAGS, ifreq(name, le(flags, 2))), ...after());
    for (const [cmd, a] of [[SIOCSIFADDR, '127.0.0.5'], [SIOCSIFNETMASK, '255.255.255.0'], [SIOCSIFBRDADDR, '127.0.0.255']] as const) {
      ops.push(on(cmd, ifreq('lo', sin(a))), ...look('lo'), conf(400));
    }
    // Deleting routes of a primary address takes its secondary ones along.
    set(SIOCSIFADDR, 'v0', '0.0.0.0');
    same(ops);
  });

  it('multicast addresses', () => {
    const ops: Op[] = [S];
    const entry = (cmd: number, dev: string, data: string): void => void ops.push(on(cmd, ifreq(dev, data)));
    for (const dev of ['v0', 'lo']) {
      for (const cmd of [SIOCDELMULTI, SIOCADDMULTI, SIOCADDMULTI, SIOCDELMULTI, SIOCDELMULTI]) {
        entry(cmd, dev, mac('33:33:00:00:00:07', 0));
        entry(cmd, dev, mac('33:33:00:00:00:07', 1));
        // An address that the stack itself listens to is not user space's to remove.
        entry(cmd, dev, mac('01:00:5e:00:00:01', 0));
      }
    }
    ops.push({ op: 'read', path: '/proc/net/dev_mcast' });
    entry(SIOCADDMULTI, 'v0', mac('33:33:00:00:00:09', 0));
    ops.push({ op: 'read', path: '/proc/net/dev_mcast' });
    same(ops);
  });

  it('the ARP cache', () => {
    const ops: Op[] = [S];
    const arp = (cmd: number, a: string, ha: string, flags: number, dev: string, family: number = AF_INET): void =>
      void ops.push(on(cmd, sin(a, family) + ha + le(flags, 4) + '00'.repeat(16) + text(dev, 16)), { op: 'read', path: '/proc/net/arp' });
    const HA = mac('02:00:00:00:00:aa');
    const NONE = mac('00:00:00:00:00:00', 0);
    const [COM, PERM, PUBL, NETMASK, DONTPUB] = [2, 4, 8, 0x20, 0x40];
    arp(SIOCGARP, '10.0.0.9', NONE, 0, 'v0');
    arp(SIOCDARP, '10.0.0.9', NONE, 0, 'v0');
    arp(SIOCSARP, '10.0.0.9', HA, COM | PERM, 'v0');
    arp(SIOCGARP, '10.0.0.9', NONE, 0, 'v0');
    arp(SIOCGARP, '10.0.0.9', NONE, 0, '');
    arp(SIOCGARP, '10.0.0.9', NONE, 0, 'none');
    arp(SIOCGARP, '10.0.0.9', NONE, 0, 'v0', 10);
    arp(SIOCSARP, '10.0.0.9', mac('02:00:00:00:00:bb'), COM, 'v0');
    arp(SIOCGARP, '10.0.0.9', NONE, 0, 'v0');
    arp(SIOCSARP, '10.0.0.8', HA, COM, '');
    arp(SIOCGARP, '10.0.0.8', NONE, 0, 'v0');
    arp(SIOCSARP, '10.0.0.7', mac('02:00:00:00:00:aa', 772), COM, 'v0');
    arp(SIOCSARP, '10.0.0.7', mac('02:00:00:00:00:aa', 0), COM, 'v0');
    arp(SIOCSARP, '10.0.0.6', HA, PERM, 'v0');
    arp(SIOCSARP, '10.0.0.5', HA, 0, 'v0');
    arp(SIOCSARP, '9.9.9.9', HA, COM, '');
    arp(SIOCSARP, '10.0.0.4', HA, NETMASK, 'v0');
    arp(SIOCSARP, '10.0.0.4', HA, DONTPUB | PERM, 'v0');
    arp(SIOCDARP, '10.0.0.9', NONE, 0, 'v0');
    arp(SIOCDARP, '10.0.0.8', NONE, 0, '');
    arp(SIOCDARP, '10.0.0.8', NONE, 0, 'none');
    arp(SIOCDARP, '9.9.9.9', NONE, 0, '');
    arp(SIOCGARP, '10.0.0.9', NONE, 0, 'v0');
    // An entry on the loopback device needs no link-layer address.
    arp(SIOCSARP, '127.0.0.7', HA, COM, 'lo');
    arp(SIOCGARP, '127.0.0.7', NONE, 0, 'lo');
    // To answer for others: one address, on one device or all; with a mask of zeros for all addresses.
    const pub = (cmd: number, a: string, ha: string, flags: number, dev: string, mask: string): void =>
      void ops.push(on(cmd, sin(a) + ha + le(flags, 4) + sin(mask) + text(dev, 16)), { op: 'read', path: '/proc/net/arp' });
    for (const cmd of [SIOCSARP, SIOCDARP, SIOCDARP]) {
      pub(cmd, '10.0.0.50', NONE, PUBL, 'v0', '0.0.0.0');
      pub(cmd, '10.0.0.51', NONE, PUBL | PERM, '', '0.0.0.0');
      pub(cmd, '10.0.0.52', mac(MACS[1]), PUBL | COM, '', '0.0.0.0');
      pub(cmd, '10.0.0.53', HA, PUBL | COM, '', '0.0.0.0');
      pub(cmd, '10.0.0.54', NONE, PUBL | NETMASK, 'v0', '255.255.255.0');
      pub(cmd, '10.0.0.55', NONE, PUBL | NETMASK, 'v1', '0.0.0.0');
      ops.push({ op: 'read', path: '/proc/sys/net/ipv4/conf/v1/proxy_arp' });
      pub(cmd, '10.0.0.56', NONE, PUBL | NETMASK, '', '0.0.0.0');
      ops.push({ op: 'read', path: '/proc/sys/net/ipv4/conf/all/proxy_arp' });
    }
    same(ops);
  });

  it('routes', () => {
    const ops: Op[] = [S];
    const FLAGS = { gateway: 2, host: 4, mtu: 0x40, window: 0x80, irtt: 0x100, reject: 0x200 };
    interface Entry {
      dst?: string; gw?: string; mask?: string; flags?: number; metric?: number; dev?: string; mtu?: number; window?: number; irtt?: number; dstFamily?: number; maskFamily?: number;
    }
    const route = (cmd: number, e: Entry): void => {
      const entry = '00'.repeat(8) + sin(e.dst ?? '0.0.0.0', e.dstFamily ?? AF_INET) + sin(e.gw ?? '0.0.0.0', e.gw === undefined ? 0 : AF_INET) +
        sin(e.mask ?? '0.0.0.0', e.maskFamily ?? (e.mask === undefined ? 0 : AF_INET)) + le(e.flags ?? 1, 2) + '00'.repeat(22) + le(e.metric ?? 0, 2) + '00'.repeat(6) +
        (e.dev === undefined ? le(0, 8) : PTR) + le(e.mtu ?? 0, 8) + le(e.window ?? 0, 8) + le(e.irtt ?? 0, 2) + '00'.repeat(6) + (e.dev === undefined ? '' : text(e.dev, 16));
      ops.push(on(cmd, entry, { size: 120, ptr: 88 }), { op: 'read', path: '/proc/net/route' });
    };
    for (const cmd of [SIOCADDRT, SIOCADDRT, SIOCDELRT, SIOCDELRT]) {
      route(cmd, { dst: '192.168.0.0', mask: '255.255.0.0', gw: '10.0.0.9', flags: 1 | FLAGS.gateway });
      route(cmd, { dst: '192.168.1.0', mask: '255.255.255.0', dev: 'v0' });
      route(cmd, { dst: '192.168.2.1', flags: 1 | FLAGS.host, dev: 'v1' });
      route(cmd, { gw: '10.0.0.8', mask: '0.0.0.0', flags: 1 | FLAGS.gateway, metric: 10 });
      route(cmd, { dst: '192.168.3.0', mask: '255.255.255.0', flags: 1 | FLAGS.reject });
      route(cmd, { dst: '192.168.4.0', mask: '255.255.255.0', gw: '10.0.0.7', flags: 1 | FLAGS.gateway | FLAGS.mtu | FLAGS.window | FLAGS.irtt, mtu: 1400, window: 9000, irtt: 40 });
      route(cmd, { dst: '192.168.5.1', mask: '255.255.255.0', dev: 'v0' });
      route(cmd, { dst: '192.168.6.0', mask: '255.255.0.255', dev: 'v0' });
      route(cmd, { dst: '192.168.7.0', mask: '255.255.255.0', dev: 'none' });
      route(cmd, { dst: '192.168.8.0', mask: '255.255.255.0', flags: 1 | FLAGS.gateway });
      route(cmd, { dst: '192.168.9.0', mask: '255.255.255.0', gw: '99.9.9.9', flags: 1 | FLAGS.gateway });
      route(cmd, { dst: '192.168.10.0', mask: '255.255.255.0' });
      route(cmd, { dst: '192.168.11.0', mask: '255.255.255.0', dev: 'v0', dstFamily: 10 });
      route(cmd, { dst: '192.168.12.0', mask: '255.255.255.0', dev: 'v0', maskFamily: 10 });
      route(cmd, { dst: '192.168.13.0', mask: '255.255.255.0', dev: 'v0', maskFamily: 0 });
      route(cmd, { dst: '192.168.14.0', mask: '255.255.255.0', dev: 'v0:1' });
    }
    same(ops);
  });

  it('owners of descriptors', () => {
    const pid = (n: number): string => le(n >>> 0, 4);
    same([S, on(SIOCGPGRP, pid(9)), on(SIOCSPGRP, pid(0)), on(SIOCSPGRP, pid(999_999_999)), on(SIOCGPGRP, pid(9))]);
  });
});
