/** Two machines on one cable, and requests to them in words. */
import { createKernel, type Kernel, type Net, VirtualClock } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { devGetByName, type NetDevice } from '@linnet/netdev';
import { endKernel } from '@linnet/netdev/testing';
import { veth, vethNewlink } from '@linnet/netdevs';
import { nlIfinfo, nlKind, nlPayload, NlTestClient } from '@linnet/netlink/testing';
import { MsgHdr, sockCreate, type Socket, sockRelease } from '@linnet/socket';
import { udp } from '@linnet/udp';
import {
  AF_INET, IFA_LOCAL, ifaddrmsgWrite, IFADDRMSG_LEN, IFF_UP, IFLA_IFNAME, IFLA_MTU, IPPROTO_UDP, NDA_DST, NDA_LLADDR, ndmsgWrite, NDMSG_LEN, NLM_F_CREATE, NLM_F_EXCL, type NlWriter, NTF_SELF,
  NUD_PERMANENT, NUD_REACHABLE, RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNEIGH, SOCK_DGRAM, type SockAddrIn, sockaddrIn,
} from '@linnet/uapi';
import { expect } from 'vitest';
import { gre, ipip, sit, vxlan } from '../src/index.ts';

export function ip(s: string): number {
  const [a, b, c, d] = s.split('.').map(Number) as [number, number, number, number];
  return (a << 24) | (b << 16) | (c << 8) | d;
}

/** A namespace with its requests. */
export class Host {
  readonly net: Net;
  private readonly nl: NlTestClient;
  private readonly socks: Socket[] = [];
  constructor(net: Net) {
    this.net = net;
    this.nl = new NlTestClient(net);
    this.up('lo');
  }
  dev(name: string): NetDevice {
    const d = devGetByName(this.net, name);
    if (d === null) throw new Error(`no ${name}`);
    return d;
  }
  /** 0 or a negative errno. */
  link(name: string, kind: string, data: (w: NlWriter) => void, mtu: number = 0): number {
    return this.nl.ack(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, nlIfinfo({}, (w) => {
      w.putString(IFLA_IFNAME, name);
      if (mtu !== 0) w.putU32(IFLA_MTU, mtu);
      nlKind(w, kind, data);
    })).errno;
  }
  change(name: string, kind: string, data: (w: NlWriter) => void): number {
    return this.nl.ack(RTM_NEWLINK, 0, nlIfinfo({ index: this.dev(name).ifindex }, (w) => nlKind(w, kind, data))).errno;
  }
  up(name: string): void {
    expect(this.nl.ack(RTM_NEWLINK, 0, nlIfinfo({ index: this.dev(name).ifindex, flags: IFF_UP, change: IFF_UP })).errno).toBe(0);
  }
  down(name: string): void {
    expect(this.nl.ack(RTM_NEWLINK, 0, nlIfinfo({ index: this.dev(name).ifindex, flags: 0, change: IFF_UP })).errno).toBe(0);
  }
  mtu(name: string, mtu: number): number {
    return this.nl.ack(RTM_NEWLINK, 0, nlIfinfo({ index: this.dev(name).ifindex }, (w) => w.putU32(IFLA_MTU, mtu))).errno;
  }
  del(name: string): void {
    expect(this.nl.ack(RTM_DELLINK, 0, nlIfinfo({ index: this.dev(name).ifindex })).errno).toBe(0);
  }
  addr(dev: string, addr: string, prefixlen: number = 24): void {
    const { ifindex } = this.dev(dev);
    const p = nlPayload(IFADDRMSG_LEN, (v, o) => ifaddrmsgWrite(v, o, { family: AF_INET, prefixlen, flags: 0, scope: 0, index: ifindex }), (w) => w.putInAddr(IFA_LOCAL, ip(addr)));
    expect(this.nl.ack(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, p).errno).toBe(0);
  }
  /** An entry of a device's own forwarding table. */
  fdb(dev: string, mac: readonly number[], dst: string): number {
    const { ifindex } = this.dev(dev);
    const p = nlPayload(NDMSG_LEN, (v, o) => ndmsgWrite(v, o, { family: 7, ifindex, state: NUD_PERMANENT | NUD_REACHABLE, flags: NTF_SELF, type: 0 }), (w) => {
      w.putBytes(NDA_LLADDR, new Uint8Array(mac));
      w.putInAddr(NDA_DST, ip(dst));
    });
    return this.nl.ack(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, p).errno;
  }
  sock(port: number): Socket {
    const s = sockCreate(this.net, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (typeof s === 'number') throw new Error(`socket: ${s}`);
    expect(s.ops.bind(s, sockaddrIn(0, port))).toBe(0);
    this.socks.push(s);
    return s;
  }
  send(s: Socket, to: string, port: number, bytes: Uint8Array): number {
    return this.net.kernel.run(() => s.ops.sendmsg(s, new MsgHdr([bytes], sockaddrIn(ip(to), port)), bytes.length));
  }
  recv(s: Socket): { bytes: Uint8Array; from: number } | number {
    const buf = new Uint8Array(65536);
    const msg = new MsgHdr([buf]);
    const n = this.net.kernel.run(() => s.ops.recvmsg(s, msg, buf.length, 0));
    return n < 0 ? n : { bytes: buf.slice(0, n), from: (msg.name as SockAddrIn).addr };
  }
  close(): void {
    for (const s of this.socks) this.net.kernel.run(() => sockRelease(s));
    this.nl.close();
  }
}

export class Lab {
  readonly clock: VirtualClock = new VirtualClock();
  readonly k: Kernel;
  readonly a: Host;
  readonly b: Host;
  constructor() {
    this.k = createKernel({ modules: [ipv4, udp, veth, vxlan, ipip, gre, sit], clock: this.clock, seed: 3, debug: true });
    const other = this.k.createNet();
    expect(typeof vethNewlink(this.k.initNet, 'eth0', other, 'eth0')).not.toBe('number');
    this.a = new Host(this.k.initNet);
    this.b = new Host(other);
    this.a.addr('eth0', '10.0.0.1');
    this.b.addr('eth0', '10.0.0.2');
    this.a.up('eth0');
    this.b.up('eth0');
    this.run(2000);
  }
  run(ms: number = 100): void {
    this.clock.advance(ms * 1e6);
  }
  close(): void {
    this.a.close();
    this.b.close();
    endKernel(this.k);
  }
}
