import { createKernel, EADDRNOTAVAIL, EBUSY, EINVAL, type Kernel, type KernelModule, type Net, VirtualClock } from '@linnet/kernel';
import {
  ethHwAddrRandom, ethMacAddr, etherSetup, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, type NetDevice, type NetDeviceOps, netdevMasterUpperDevLink, netdevUpperDevUnlink, netifCarrierOff,
  netifCarrierOn, NETDEV_TX_OK, registerNetdevice, unregisterNetdevice, NET_NAME_USER,
} from '@linnet/netdev';
import { consumeSkb, SKB, type Skb } from '@linnet/skbuff';
import { MsgHdr, sockCreate, type Socket, sockRelease } from '@linnet/socket';
import {
  AF_NETLINK, IFF_UP, IFLA_ADDRESS, IFLA_IFNAME, IFLA_MAX, IFLA_MTU, isValidEtherAddr, MSG_TRUNC, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_ROUTE, NLM_F_REQUEST, nlaGetString, nlaGetU32,
  nlaLen, NlWriter, SOCK_RAW, SOL_NETLINK, type SockAddrNl,
} from '@linnet/uapi';
import { expect } from 'vitest';
import {
  netlink, NLA_UNSPEC, rtnlConfigureLink, rtnlCreateLink, rtnlLinkGetNet, rtnlLinkRegister, rtnlParseIfinfomsg, type RtnlLinkOps,
} from '../src/index.ts';

export type TestKernel = Kernel & { clock: VirtualClock };

/** A machine whose packets are poisoned when they are freed, on virtual time, with the kinds of links below. */
export function makeKernel(modules: readonly KernelModule[] = []): TestKernel {
  const kinds: KernelModule = {
    name: 'kinds',
    requires: [netlink],
    init(k): void {
      rtnlLinkRegister(k, PAIR);
      rtnlLinkRegister(k, BRIDGE);
    },
  };
  return createKernel({ modules: [kinds, ...modules], clock: new VirtualClock(), seed: 1, debug: true }) as TestKernel;
}

/** Ends the machine and checks that no packet and no memory of one is left. */
export function finish(k: Kernel): void {
  k.shutdown();
  const pool = k.get(SKB);
  expect(pool.stats.live).toBe(0);
  expect(pool.headsLive).toBe(0);
}

const peers = new WeakMap<NetDevice, NetDevice>();

const PAIR_OPS: NetDeviceOps = {
  startXmit(skb: Skb): number {
    consumeSkb(skb);
    return NETDEV_TX_OK;
  },
  open(dev): number {
    const peer = peers.get(dev);
    if (peer !== undefined && (peer.flags & IFF_UP) !== 0) {
      netifCarrierOn(dev);
      netifCarrierOn(peer);
    }
    return 0;
  },
  stop(dev): number {
    netifCarrierOff(dev);
    const peer = peers.get(dev);
    if (peer !== undefined) netifCarrierOff(peer);
    return 0;
  },
  setMacAddress: ethMacAddr,
  getIflink: (dev) => peers.get(dev)?.ifindex ?? 0,
};

/** Two devices at a time, named as veth is, so that what a real kernel says of veth can be compared. */
export const PAIR: RtnlLinkOps = {
  kind: 'veth',
  policy: { maxtype: 1, rules: { 1: { type: NLA_UNSPEC, len: 16 } } },
  setup(dev): void {
    etherSetup(dev);
    dev.netdevOps = PAIR_OPS;
    dev.maxMtu = 65535;
    dev.privFlags |= IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
    ethHwAddrRandom(dev);
  },
  validate(tb, _data, p): number {
    const { view } = p.req;
    if (tb[IFLA_ADDRESS] !== 0) {
      if (nlaLen(view, tb[IFLA_ADDRESS]!) !== 6) return -EINVAL;
      if (!isValidEtherAddr(p.req.u8, tb[IFLA_ADDRESS]! + 4)) return -EADDRNOTAVAIL;
    }
    if (tb[IFLA_MTU] !== 0) {
      const mtu = nlaGetU32(view, tb[IFLA_MTU]!);
      if (mtu < 68 || mtu > 65535) return -EINVAL;
    }
    return 0;
  },
  newlink(net, dev, p): number {
    let peerNet: Net | number = net;
    let ifm = null;
    const tb = new Int32Array(IFLA_MAX + 1);
    if (p.data[1] !== 0) {
      const got = rtnlParseIfinfomsg(p.req, p.data[1]!, tb);
      if (typeof got === 'number') return got;
      ifm = got;
      const err = PAIR.validate!(tb, p.data, p);
      if (err < 0) return err;
      peerNet = rtnlLinkGetNet(p.linkNet, p.req, tb);
      if (typeof peerNet === 'number') return peerNet;
    }
    const name = tb[IFLA_IFNAME] === 0 ? 'veth%d' : nlaGetString(p.req.view, tb[IFLA_IFNAME]!);
    const peer = rtnlCreateLink(peerNet, name, PAIR, p.req, tb);
    if (typeof peer === 'number') return peer;
    if (ifm !== null) peer.ifindex = ifm.index;
    let err = registerNetdevice(peer);
    if (err < 0) return err;
    netifCarrierOff(peer);
    err = rtnlConfigureLink(peer, ifm);
    if (err < 0) return err;
    dev.nameAssignType = NET_NAME_USER;
    err = registerNetdevice(dev);
    if (err < 0) {
      unregisterNetdevice(peer);
      return err;
    }
    netifCarrierOff(dev);
    peers.set(dev, peer);
    peers.set(peer, dev);
    return 0;
  },
  dellink(dev): void {
    const peer = peers.get(dev);
    peers.delete(dev);
    unregisterNetdevice(dev);
    if (peer === undefined) return;
    peers.delete(peer);
    unregisterNetdevice(peer);
  },
  getLinkNet: (dev) => peers.get(dev)?.net ?? dev.net,
};

/** A master without ports' traffic. */
export const BRIDGE: RtnlLinkOps = {
  kind: 'bridge',
  policy: { maxtype: 48, rules: {} },
  setup(dev): void {
    etherSetup(dev);
    dev.maxMtu = 65535;
    dev.tsoMaxSize = 65536;
    dev.netnsImmutable = true;
    dev.privFlags |= IFF_NO_QUEUE;
    ethHwAddrRandom(dev);
    dev.netdevOps = {
      startXmit: PAIR_OPS.startXmit,
      setMacAddress: ethMacAddr,
      addSlave: (br, slave) => {
        if (br === slave || slave.type === 772) return -EINVAL;
        if (slave.master !== null) return -EBUSY;
        return netdevMasterUpperDevLink(slave, br);
      },
      delSlave: (br, slave) => {
        netdevUpperDevUnlink(slave, br);
        return 0;
      },
    };
  },
};

export interface Msg {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly pid: number;
  readonly payload: Uint8Array;
}

export function split(u8: Uint8Array): Msg[] {
  const out: Msg[] = [];
  const view = new DataView(u8.buffer, u8.byteOffset, u8.length);
  for (let off = 0; off + 16 <= u8.length; ) {
    const len = view.getUint32(off, true);
    if (len < 16 || off + len > u8.length) throw new Error(`a message of ${len} bytes at ${off} of ${u8.length}`);
    out.push({
      type: view.getUint16(off + 4, true), flags: view.getUint16(off + 6, true), seq: view.getUint32(off + 8, true), pid: view.getUint32(off + 12, true),
      payload: u8.slice(off + 16, off + len),
    });
    off += (len + 3) & ~3;
  }
  return out;
}

/** Attributes in `u8` by type, flags of the type cut off. */
export function attrs(u8: Uint8Array, off = 0): Map<number, Uint8Array> {
  const out = new Map<number, Uint8Array>();
  const view = new DataView(u8.buffer, u8.byteOffset, u8.length);
  while (off + 4 <= u8.length) {
    const len = view.getUint16(off, true);
    if (len < 4 || off + len > u8.length) throw new Error(`an attribute of ${len} bytes at ${off} of ${u8.length}`);
    out.set(view.getUint16(off + 2, true) & 0x3fff, u8.slice(off + 4, off + len));
    off += (len + 3) & ~3;
  }
  return out;
}

export const u32 = (u8: Uint8Array | undefined): number => (u8 === undefined ? NaN : new DataView(u8.buffer, u8.byteOffset).getUint32(0, true));
export const s32 = (u8: Uint8Array | undefined): number => u32(u8) | 0;
export const str = (u8: Uint8Array | undefined): string => (u8 === undefined ? '' : String.fromCharCode(...u8.subarray(0, Math.max(0, u8.indexOf(0)))));

export interface Ack {
  readonly errno: number;
  readonly flags: number;
  readonly msg: string;
  readonly offs: number;
  readonly tlvs: Map<number, Uint8Array>;
}

/** An NLMSG_ERROR (or the end of a dump) taken apart. */
export function ack(m: Msg): Ack {
  let at = 4;
  if (m.type === 2) at += (m.flags & 0x100) !== 0 ? 16 : (u32(m.payload.subarray(4, 8)) + 3) & ~3;
  const tlvs = (m.flags & 0x200) !== 0 ? attrs(m.payload, at) : new Map<number, Uint8Array>();
  return { errno: s32(m.payload.subarray(0, 4)), flags: m.flags, msg: str(tlvs.get(1)), offs: u32(tlvs.get(2)), tlvs };
}

let seq = 1;

/** A netlink socket with calls that return what the kernel said. */
export class Client {
  readonly sock: Socket;
  constructor(net: Net, opts: { ext?: boolean; strict?: boolean; groups?: number; protocol?: number } = {}) {
    const sock = sockCreate(net, AF_NETLINK, SOCK_RAW, opts.protocol ?? NETLINK_ROUTE);
    if (typeof sock === 'number') throw new Error(`sockCreate: ${sock}`);
    this.sock = sock;
    if (opts.ext !== false) this.setopt(NETLINK_EXT_ACK, 1);
    if (opts.strict !== false) this.setopt(NETLINK_GET_STRICT_CHK, 1);
    if (opts.groups !== undefined) expect(sock.ops.bind(sock, nl(0, opts.groups))).toBe(0);
  }
  setopt(opt: number, n: number): number {
    return this.sock.ops.setsockopt(this.sock, SOL_NETLINK, opt, new Uint8Array([n, n >> 8, n >> 16, n >> 24]));
  }
  getopt(opt: number, len = 4): Uint8Array | number {
    return this.sock.ops.getsockopt(this.sock, SOL_NETLINK, opt, len);
  }
  send(u8: Uint8Array, to: SockAddrNl | null = null): number {
    return this.sock.kernel.run(() => this.sock.ops.sendmsg(this.sock, new MsgHdr([u8], to), u8.length));
  }
  /** One datagram, or a negative errno. */
  recv(size = 65536, flags = 0): { u8: Uint8Array; msg: MsgHdr; n: number } | number {
    const buf = new Uint8Array(size);
    const msg = new MsgHdr([buf]);
    const n = this.sock.kernel.run(() => this.sock.ops.recvmsg(this.sock, msg, size, flags));
    return n < 0 ? n : { u8: buf.subarray(0, Math.min(n, size)), msg, n };
  }
  /** All datagrams that are there. */
  recvAll(size = 65536): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (;;) {
      const r = this.recv(size);
      if (typeof r === 'number') {
        expect(r).toBe(-11);
        return out;
      }
      expect(r.msg.flags & MSG_TRUNC).toBe(0);
      out.push(r.u8);
    }
  }
  messages(): Msg[] {
    return this.recvAll().flatMap(split);
  }
  /** Sends a request and returns all messages that come back. */
  request(type: number, flags: number, payload: Uint8Array): Msg[] {
    const m = message(type, flags | NLM_F_REQUEST, payload);
    expect(this.send(m)).toBe(m.length);
    return this.messages();
  }
  /** Sends a request that only gets an acknowledgement. */
  ack(type: number, flags: number, payload: Uint8Array): Ack {
    const got = this.request(type, flags | 4, payload);
    expect(got.map((m) => m.type)).toEqual([2]);
    return ack(got[0]!);
  }
  close(): void {
    this.sock.kernel.run(() => sockRelease(this.sock));
  }
}

export const nl = (pid: number, groups = 0): SockAddrNl => ({ family: AF_NETLINK, pid, groups });

export function message(type: number, flags: number, payload: Uint8Array, n: number = seq++): Uint8Array {
  const u8 = new Uint8Array(16 + payload.length);
  const view = new DataView(u8.buffer);
  view.setUint32(0, u8.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, n, true);
  u8.set(payload, 16);
  return u8;
}

/** The payload of a link request: ifinfomsg, then what `fill` writes. */
export function ifi(opts: { index?: number; flags?: number; change?: number; family?: number; type?: number } = {}, fill?: (w: NlWriter) => void): Uint8Array {
  const w = new NlWriter();
  w.begin(0, 0, 0, 0);
  const off = w.reserve(16);
  w.view.setUint8(off, opts.family ?? 0);
  w.view.setUint16(off + 2, opts.type ?? 0, true);
  w.view.setInt32(off + 4, opts.index ?? 0, true);
  w.view.setUint32(off + 8, opts.flags ?? 0, true);
  w.view.setUint32(off + 12, opts.change ?? 0, true);
  fill?.(w);
  w.end();
  return w.bytes().slice(16);
}

/** Writes IFLA_LINKINFO. */
export function kind(w: NlWriter, name: string, data?: (w: NlWriter) => void): void {
  w.nestStart(18);
  w.putString(1, name);
  if (data !== undefined) {
    w.nestStart(2);
    data(w);
    w.nestEnd();
  }
  w.nestEnd();
}
