/** Tunnels of multicast routing (VIFF_TUNNEL): a stream from one network to another through a third that routes no groups. */
import { createKernel, EADDRNOTAVAIL, ENOBUFS, type KernelModule, type Net, VirtualClock } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { devGetByName } from '@linnet/netdev';
import { endKernel, type SeenFrame, watchFrames as watch } from '@linnet/netdev/testing';
import { veth, vethNewlink } from '@linnet/netdevs';
import { type RtnlLinkOps, rtnlLinkOps } from '@linnet/netlink';
import { sockCreate, type Socket, sockRelease } from '@linnet/socket';
import { udp } from '@linnet/udp';
import {
  AF_INET, IFF_MULTICAST, IFF_NOARP, IFF_POINTOPOINT, IFF_UP, IPPROTO_IGMP, MRT_ADD_MFC, MRT_ADD_VIF, MRT_DEL_VIF, MRT_INIT, SOCK_RAW, SOL_IP, VIFF_TUNNEL,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ipip } from '../src/index.ts';
import { Host, ip, Lab } from './lab.ts';

const GROUP = '239.1.1.1';

/** A daemon: its socket, with what it says in words. */
class Daemon {
  readonly sock: Socket;
  private readonly net: Net;
  constructor(net: Net, owns: boolean = true) {
    this.net = net;
    const s = sockCreate(net, AF_INET, SOCK_RAW, IPPROTO_IGMP);
    if (typeof s === 'number') throw new Error(`socket: ${s}`);
    this.sock = s;
    if (owns) expect(this.set(MRT_INIT, new Uint8Array([1, 0, 0, 0]))).toBe(0);
  }
  set(opt: number, val: Uint8Array): number {
    return this.net.kernel.run(() => this.sock.ops.setsockopt(this.sock, SOL_IP, opt, val));
  }
  vif(vif: number, local: string, remote: string = '', opt: number = MRT_ADD_VIF): number {
    const v = new DataView(new ArrayBuffer(16));
    v.setUint16(0, vif, true);
    v.setUint8(2, remote === '' ? 0 : VIFF_TUNNEL);
    v.setUint8(3, 1);
    v.setInt32(8, ip(local));
    if (remote !== '') v.setInt32(12, ip(remote));
    return this.set(opt, new Uint8Array(v.buffer));
  }
  del(vif: number): number {
    return this.vif(vif, '0.0.0.0', '', MRT_DEL_VIF);
  }
  mfc(origin: string, parent: number, ttls: Record<number, number>): void {
    const v = new DataView(new ArrayBuffer(60));
    v.setInt32(0, ip(origin));
    v.setInt32(4, ip(GROUP));
    v.setUint16(8, parent, true);
    for (const [i, n] of Object.entries(ttls)) v.setUint8(10 + Number(i), n);
    expect(this.set(MRT_ADD_MFC, new Uint8Array(v.buffer))).toBe(0);
  }
  close(): void {
    this.net.kernel.run(() => sockRelease(this.sock));
  }
}

const u16 = (b: Uint8Array, o: number): number => (b[o]! << 8) | b[o + 1]!;
const addrAt = (b: Uint8Array, o: number): string => b.subarray(o, o + 4).join('.');
const be32 = (a: string): Uint8Array => new Uint8Array(a.split('.').map(Number));
const kindOf = (ops: RtnlLinkOps | null): string => ops?.kind ?? 'none';

let lab: Lab;
let daemons: Daemon[];
let hosts: Host[];
beforeEach(() => {
  lab = new Lab();
  daemons = [];
  hosts = [];
});
afterEach(() => {
  for (const d of daemons) d.close();
  for (const h of hosts) h.close();
  lab.close();
});

function daemon(net: Net): Daemon {
  const d = new Daemon(net);
  daemons.push(d);
  return d;
}
/** A host on a network of its own, behind `router`. */
function behind(router: Host, subnet: string): Host {
  const net = lab.k.createNet();
  expect(typeof vethNewlink(router.net, 'eth1', net, 'eth0')).not.toBe('number');
  const h = new Host(net);
  hosts.push(h);
  for (const [on, dev, addr] of [[router, 'eth1', `${subnet}.1`], [h, 'eth0', `${subnet}.9`]] as const) {
    on.addr(dev, addr);
    on.up(dev);
  }
  return h;
}
/** `n` datagrams to the group; `ttl` is theirs. */
function speak(from: Host, n: number, bytes: number, ttl: number): void {
  const s = from.sock(0);
  expect(s.ops.setsockopt(s, SOL_IP, 32, be32('10.1.0.9'))).toBe(0);
  expect(s.ops.setsockopt(s, SOL_IP, 33, new Uint8Array([ttl]))).toBe(0);
  for (let i = 0; i < n; i++) expect(from.send(s, GROUP, 5000, new Uint8Array(bytes).fill(i))).toBe(bytes);
  lab.run(200);
}
/** The IP packets of protocol 4 among frames. */
const tunnelled = (seen: readonly SeenFrame[]): Uint8Array[] => seen.filter((s) => s.out && u16(s.bytes, 12) === 0x800 && s.bytes[23] === 4).map((s) => s.bytes.subarray(14));

describe('a tunnel between two daemons', () => {
  let source: Host;
  let member: Host;
  let a: Daemon;
  let b: Daemon;
  let ear: Socket;
  beforeEach(() => {
    source = behind(lab.a, '10.1.0');
    member = behind(lab.b, '10.2.0');
    // The members' router has no way to the source but the tunnel.
    expect(lab.b.net.sysctl.write('net/ipv4/conf/default/rp_filter', '1')).toBe(0);
    a = daemon(lab.a.net);
    b = daemon(lab.b.net);
    expect(a.vif(0, '10.1.0.1')).toBe(0);
    expect(a.vif(3, '10.0.0.1', '10.0.0.2')).toBe(0);
    expect(b.vif(1, '10.0.0.2', '10.0.0.1')).toBe(0);
    expect(b.vif(2, '10.2.0.1')).toBe(0);
    a.mfc('10.1.0.9', 0, { 3: 4 });
    b.mfc('10.1.0.9', 1, { 2: 1 });
    ear = member.sock(5000);
    const mreq = new Uint8Array(8);
    mreq.set(be32(GROUP));
    mreq.set(be32('10.2.0.9'), 4);
    expect(ear.ops.setsockopt(ear, SOL_IP, 35, mreq)).toBe(0);
    lab.run(2000);
  });
  /** How many datagrams the member has heard. */
  const heard = (): number => {
    let n = 0;
    while (typeof member.recv(ear) !== 'number') n++;
    return n;
  };

  test('carries the stream as IPv4 in IPv4 (RFC 2003), once less of its TTL on each router', () => {
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    const last = watch(lab.k, member.dev('eth0'), false);
    speak(source, 3, 100, 9);
    expect(heard()).toBe(3);
    const out = tunnelled(seen);
    expect(out.length).toBe(3);
    const p = out[0]!;
    expect([addrAt(p, 12), addrAt(p, 16), addrAt(p, 32), addrAt(p, 36)]).toEqual(['10.0.0.1', '10.0.0.2', '10.1.0.9', GROUP]);
    expect([u16(p, 2), u16(p, 22), p[8], p[28], p[29]]).toEqual([148, 128, 8, 8, 17]);
    expect(last.filter((s) => !s.out && s.bytes[23] === 17).map((s) => s.bytes[22])).toEqual([7, 7, 7]);
    // No packet to the group went over the network between by itself.
    expect(seen.filter((s) => s.out && u16(s.bytes, 12) === 0x800 && addrAt(s.bytes, 30) === GROUP)).toEqual([]);
  });

  test('counts, at the interfaces and at the devices', () => {
    speak(source, 5, 100, 9);
    const vifs = (net: Net): string[] => net.proc.read('net/ip_mr_vif')!.trimEnd().split('\n').slice(1).map((l) => l.replace(/ +/g, ' ').trim());
    expect(vifs(lab.a.net)).toEqual(['0 eth1 640 5 0 0 00000 0100010A 00000000', '3 dvmrp3 0 0 640 5 00001 0100000A 0200000A']);
    expect(vifs(lab.b.net)).toEqual(['1 dvmrp1 640 5 0 0 00001 0200000A 0100000A', '2 eth1 0 0 640 5 00000 0100020A 00000000']);
    expect([lab.a.dev('dvmrp3').stats.txPackets, lab.b.dev('dvmrp1').stats.rxPackets]).toEqual([5, 5]);
  });

  test('the threshold of the interface holds', () => {
    speak(source, 1, 10, 4);
    expect(heard()).toBe(0);
    speak(source, 1, 10, 5);
    expect(heard()).toBe(1);
  });

  test('what is too long for it is cut, or with DF dropped without a word', () => {
    expect(lab.a.dev('dvmrp3').mtu).toBe(1480);
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    // IP_PMTUDISC_DONT: may be cut.
    const s = source.sock(0);
    expect(s.ops.setsockopt(s, SOL_IP, 32, be32('10.1.0.9'))).toBe(0);
    expect(s.ops.setsockopt(s, SOL_IP, 33, new Uint8Array([9]))).toBe(0);
    expect(s.ops.setsockopt(s, SOL_IP, 10, new Uint8Array([0, 0, 0, 0]))).toBe(0);
    source.send(s, GROUP, 5000, new Uint8Array(1472));
    lab.run(200);
    expect(heard()).toBe(1);
    expect(tunnelled(seen).length).toBe(2);
    expect(s.ops.setsockopt(s, SOL_IP, 10, new Uint8Array([2, 0, 0, 0]))).toBe(0);
    source.send(s, GROUP, 5000, new Uint8Array(1472));
    lab.run(200);
    expect(heard()).toBe(0);
    expect(tunnelled(seen).length).toBe(2);
  });

  test('a reverse path filter that is the rule does not stop what comes out of it', () => {
    expect(lab.b.net.sysctl.read('net/ipv4/conf/dvmrp1/rp_filter')).toBe('0');
    speak(source, 1, 10, 9);
    expect(heard()).toBe(1);
  });
});

describe('its device', () => {
  test('is of the kind ipip, between two hosts, up, and carries groups', () => {
    const d = daemon(lab.a.net);
    expect(d.vif(7, '10.0.0.1', '10.0.0.2')).toBe(0);
    const dev = lab.a.dev('dvmrp7');
    expect(kindOf(rtnlLinkOps(dev))).toBe('ipip');
    expect(dev.flags & (IFF_UP | IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST)).toBe(IFF_UP | IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST);
    expect([[...dev.devAddr.subarray(0, 4)], [...dev.broadcast.subarray(0, 4)]]).toEqual([[10, 0, 0, 1], [10, 0, 0, 2]]);
    expect(lab.a.net.sysctl.read('net/ipv4/conf/dvmrp7/mc_forwarding')).toBe('1');
  });

  test('goes with the interface, with the daemon, and takes the interface with it', () => {
    const d = daemon(lab.a.net);
    const there = (): string[] => [1, 2, 3].map((i) => `dvmrp${i}`).filter((n) => devGetByName(lab.a.net, n) !== null);
    for (const i of [1, 2, 3]) expect(d.vif(i, '10.0.0.1', `10.0.0.${i + 1}`)).toBe(0);
    expect(d.del(1)).toBe(0);
    expect(there()).toEqual(['dvmrp2', 'dvmrp3']);
    // The ends are free again.
    expect(d.vif(1, '10.0.0.1', '10.0.0.2')).toBe(0);
    lab.a.del('dvmrp2');
    expect(d.del(2)).toBe(-EADDRNOTAVAIL);
    expect(d.vif(2, '10.0.0.1', '10.0.0.3')).toBe(0);
    daemons.pop();
    d.close();
    expect(there()).toEqual([]);
    const next = daemon(lab.a.net);
    for (const i of [1, 2, 3]) expect(next.vif(i, '10.0.0.1', `10.0.0.${i + 1}`)).toBe(0);
  });

  test('ends with its namespace', () => {
    const net = lab.k.createNet();
    const d = new Daemon(net, false);
    // Who is not the daemon makes it for longer than his socket.
    expect(d.vif(0, '10.0.0.1', '10.0.0.2')).toBe(0);
    d.close();
    expect(devGetByName(net, 'dvmrp0')).not.toBe(null);
    net.destroy();
    expect(devGetByName(net, 'dvmrp0')).toBe(null);
  });

  test('cannot be where its name or its ends are taken, nor without the module', () => {
    const d = daemon(lab.a.net);
    expect(lab.a.link('dvmrp5', 'ipip', () => undefined)).toBe(0);
    expect(d.vif(5, '10.0.0.1', '10.0.0.2')).toBe(-ENOBUFS);
    expect(d.vif(6, '10.0.0.1', '10.0.0.2')).toBe(0);
    expect(d.vif(8, '10.0.0.1', '10.0.0.2')).toBe(-ENOBUFS);
    expect(devGetByName(lab.a.net, 'dvmrp8')).toBe(null);
    const without: readonly KernelModule[] = [ipv4, udp, veth];
    for (const modules of [without, [...without, ipip]]) {
      const k = createKernel({ modules, clock: new VirtualClock(), seed: 1 });
      const e = new Daemon(k.initNet);
      expect(e.vif(0, '10.0.0.1', '10.0.0.2')).toBe(modules === without ? -ENOBUFS : 0);
      e.close();
      endKernel(k);
    }
  });
});
