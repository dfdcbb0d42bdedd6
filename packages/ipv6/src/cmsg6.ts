/** Control messages of IPv6 sockets, in and out (RFC 3542, RFC 2292; ipv6(7)). */
// datapath-ok-file: control messages: only sockets that asked for them pay
import { EINVAL, ENODEV } from '@linnet/kernel';
import {
  AF_INET6, IPV6HDR_LEN, IPV6_2292DSTOPTS, IPV6_2292HOPLIMIT, IPV6_2292HOPOPTS, IPV6_2292PKTINFO, IPV6_2292RTHDR, IPV6_DONTFRAG, IPV6_DSTOPTS, IPV6_FLOWINFO, IPV6_HOPLIMIT,
  IPV6_HOPOPTS, IPV6_ORIGDSTADDR, IPV6_PKTINFO, IPV6_RECVFRAGSIZE, IPV6_RTHDR, IPV6_RTHDRDSTOPTS, IPV6_TCLASS, NEXTHDR_AUTH, NEXTHDR_DEST, NEXTHDR_FRAGMENT, NEXTHDR_HOP, NEXTHDR_ROUTING,
  SOL_IPV6, SOL_SOCKET, SO_MARK, SO_PRIORITY, SO_TIMESTAMPING_NEW, SO_TIMESTAMPING_OLD, ip6FlowLabel, ip6HopLimit, ip6TrafficClass,
} from '@linnet/uapi';
import { devGetByIndex } from '@linnet/netdev';
import { optInt, putCmsg } from '@linnet/socket';
import type { MsgHdr } from '@linnet/socket';
import type { Skb } from '@linnet/skbuff';
import type { InetSock, IpcmCookie } from '@linnet/inet';
import { a6Any, a6Clone, a6Linklocal, a6Mapped } from './addr6.ts';
import { ipv6ChkAddr } from './addr-find.ts';
import { fl6LabelOk } from './flowlabel.ts';
import { ip6cbDst0, ip6cbDst1, ip6cbFragMaxSize, ip6cbIif, ip6cbNhoff, ip6cbSrcrt } from './ip6-cb.ts';
import { IPV6 } from './ipv6-net.ts';
import { isAnycast } from './mcast-sk.ts';
import { inet6Sk } from './pinfo.ts';
import { txOptionsClone } from './tx-options.ts';
import type { Ipv6TxOptions } from './tx-options.ts';

/** What recvmsg reports, bits of `Ipv6Pinfo.rxopt`: IPV6_RECVPKTINFO. @alpha */
export const RXOPT_PKTINFO = 0x1;
/** IPV6_RECVHOPLIMIT. @alpha */
export const RXOPT_HOPLIMIT = 0x2;
/** IPV6_RECVTCLASS. @alpha */
export const RXOPT_TCLASS = 0x4;
/** IPV6_RECVHOPOPTS. @alpha */
export const RXOPT_HOPOPTS = 0x8;
/** IPV6_RECVRTHDR. @alpha */
export const RXOPT_RTHDR = 0x10;
/** IPV6_RECVDSTOPTS. @alpha */
export const RXOPT_DSTOPTS = 0x20;
/** IPV6_FLOWINFO. @alpha */
export const RXOPT_FLOWINFO = 0x40;
/** IPV6_2292PKTINFO. @alpha */
export const RXOPT_OPKTINFO = 0x80;
/** IPV6_2292HOPLIMIT. @alpha */
export const RXOPT_OHOPLIMIT = 0x100;
/** IPV6_RECVORIGDSTADDR. @alpha */
export const RXOPT_ORIGDSTADDR = 0x200;
/** IPV6_RECVPATHMTU. @alpha */
export const RXOPT_RXPMTU = 0x400;
/** IPV6_RECVFRAGSIZE. @alpha */
export const RXOPT_RECVFRAGSIZE = 0x800;
/** IPV6_2292HOPOPTS. @alpha */
export const RXOPT_OHOPOPTS = 0x1000;
/** IPV6_2292DSTOPTS. @alpha */
export const RXOPT_ODSTOPTS = 0x2000;
/** IPV6_2292RTHDR. @alpha */
export const RXOPT_ORTHDR = 0x4000;

function int32(n: number): Uint8Array {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setInt32(0, n, true);
  return data;
}

function pktinfo(skb: Skb): Uint8Array {
  const data = new Uint8Array(20);
  const nh = skb.networkHeader;
  data.set(skb.u8.subarray(nh + 24, nh + 40));
  new DataView(data.buffer).setInt32(16, ip6cbIif(skb), true);
  return data;
}

/** Gives extension headers to `put` in order: the type and the bytes of each. */
function eachHeader(skb: Skb, put: (type: number, bytes: Uint8Array) => void): void {
  const nh = skb.networkHeader;
  let type = skb.u8[nh + 6]!;
  let off = nh + IPV6HDR_LEN;
  const last = nh + ip6cbNhoff(skb);
  while (off <= last && off + 2 <= skb.tail) {
    if (type !== NEXTHDR_HOP && type !== NEXTHDR_DEST && type !== NEXTHDR_ROUTING && type !== NEXTHDR_AUTH && type !== NEXTHDR_FRAGMENT) return;
    // A fragment header stays where it was the only one of its datagram.
    const len = type === NEXTHDR_FRAGMENT ? 8 : type === NEXTHDR_AUTH ? (skb.u8[off + 1]! + 2) << 2 : (skb.u8[off + 1]! + 1) << 3;
    put(type, skb.u8.slice(off, off + len));
    type = skb.u8[off]!;
    off += len;
  }
}

/** The options or routing header at `off` from the network header. */
function headerAt(skb: Skb, off: number): Uint8Array {
  const at = skb.networkHeader + off;
  return skb.u8.slice(at, at + ((skb.u8[at + 1]! + 1) << 3));
}

/** Adds what the socket asked for to a received message: `InetAf.cmsgRecv` (ip6_datagram_recv_ctl). @alpha */
export function ip6CmsgRecv(sk: InetSock, msg: MsgHdr, skb: Skb): void {
  const rx = inet6Sk(sk)!.rxopt;
  if (rx === 0) return;
  const nh = skb.networkHeader;
  const { view } = skb;
  if ((rx & RXOPT_PKTINFO) !== 0) putCmsg(msg, SOL_IPV6, IPV6_PKTINFO, pktinfo(skb));
  if ((rx & RXOPT_HOPLIMIT) !== 0) putCmsg(msg, SOL_IPV6, IPV6_HOPLIMIT, int32(ip6HopLimit(view, nh)));
  if ((rx & RXOPT_TCLASS) !== 0) putCmsg(msg, SOL_IPV6, IPV6_TCLASS, int32(ip6TrafficClass(view, nh)));
  if ((rx & RXOPT_FLOWINFO) !== 0) {
    const info = (ip6TrafficClass(view, nh) << 20) | ip6FlowLabel(view, nh);
    if (info !== 0) {
      const data = new Uint8Array(4);
      new DataView(data.buffer).setInt32(0, info);
      putCmsg(msg, SOL_IPV6, IPV6_FLOWINFO, data);
    }
  }
  if ((rx & (RXOPT_HOPOPTS | RXOPT_DSTOPTS | RXOPT_RTHDR)) !== 0) {
    eachHeader(skb, (type, bytes) => {
      if (type === NEXTHDR_HOP && (rx & RXOPT_HOPOPTS) !== 0) putCmsg(msg, SOL_IPV6, IPV6_HOPOPTS, bytes);
      else if (type === NEXTHDR_DEST && (rx & RXOPT_DSTOPTS) !== 0) putCmsg(msg, SOL_IPV6, IPV6_DSTOPTS, bytes);
      else if (type === NEXTHDR_ROUTING && (rx & RXOPT_RTHDR) !== 0) putCmsg(msg, SOL_IPV6, IPV6_RTHDR, bytes);
    });
  }
  if ((rx & RXOPT_OPKTINFO) !== 0) putCmsg(msg, SOL_IPV6, IPV6_2292PKTINFO, pktinfo(skb));
  if ((rx & RXOPT_OHOPLIMIT) !== 0) putCmsg(msg, SOL_IPV6, IPV6_2292HOPLIMIT, int32(ip6HopLimit(view, nh)));
  // RFC 2292 knows one header of each kind, and of options one on each side of the routing header: the last.
  if ((rx & RXOPT_OHOPOPTS) !== 0 && skb.u8[nh + 6] === NEXTHDR_HOP) putCmsg(msg, SOL_IPV6, IPV6_2292HOPOPTS, headerAt(skb, IPV6HDR_LEN));
  if ((rx & RXOPT_ODSTOPTS) !== 0 && ip6cbDst0(skb) !== 0) putCmsg(msg, SOL_IPV6, IPV6_2292DSTOPTS, headerAt(skb, ip6cbDst0(skb)));
  if ((rx & RXOPT_ORTHDR) !== 0 && ip6cbSrcrt(skb) !== 0) putCmsg(msg, SOL_IPV6, IPV6_2292RTHDR, headerAt(skb, ip6cbSrcrt(skb)));
  if ((rx & RXOPT_ODSTOPTS) !== 0 && ip6cbDst1(skb) !== 0) putCmsg(msg, SOL_IPV6, IPV6_2292DSTOPTS, headerAt(skb, ip6cbDst1(skb)));
  if ((rx & RXOPT_ORIGDSTADDR) !== 0 && skb.transportHeader >= 0 && skb.transportHeader + 4 <= skb.tail) {
    const data = new Uint8Array(28);
    const dv = new DataView(data.buffer);
    dv.setUint16(0, AF_INET6, true);
    dv.setUint16(2, view.getUint16(skb.transportHeader + 2));
    data.set(skb.u8.subarray(nh + 24, nh + 40), 8);
    putCmsg(msg, SOL_IPV6, IPV6_ORIGDSTADDR, data);
  }
  if ((rx & RXOPT_RECVFRAGSIZE) !== 0 && ip6cbFragMaxSize(skb) !== 0) putCmsg(msg, SOL_IPV6, IPV6_RECVFRAGSIZE, int32(ip6cbFragMaxSize(skb)));
}

/** The options header that a control message begins with; null when it is longer than the message. */
function headerIn(data: Uint8Array): Uint8Array | null {
  const len = data.length < 2 ? 8 : (data[1]! + 1) << 3;
  return data.length < len ? null : data.slice(0, len);
}

/**
 * A routing header that may be set as an option: segment routing, whose lengths agree (RFC 8754 2). Other types, and any as a control message, are refused, as by Linux.
 * @alpha
 */
export function rthdrOk(data: Uint8Array): boolean {
  if (data.length < 8 || data.length !== (data[1]! + 1) << 3 || data[2] !== 4) return false;
  const last = data[4]!;
  let at = 8 + 16 * (last + 1);
  if (data[3]! > last || at > data.length) return false;
  // What follows the segments is type, length and value, again and again.
  while (at < data.length) {
    if (at + 2 > data.length) return false;
    at += 2 + data[at + 1]!;
  }
  return at === data.length;
}

/** Reads the control messages of a sendmsg into `ipc`: `InetAf.cmsgSend` (ip6_datagram_send_ctl). 0 or a negative errno. @alpha */
export function ip6CmsgSend(sk: InetSock, msg: MsgHdr, ipc: IpcmCookie): number {
  const n6 = sk.net.get(IPV6);
  let opt: Ipv6TxOptions | null = null;
  const own = (): Ipv6TxOptions => {
    opt ??= txOptionsClone(ipc.opt as Ipv6TxOptions | null);
    return opt;
  };
  for (const c of msg.control) {
    if (c.level === SOL_SOCKET) {
      if (c.type === SO_MARK) ipc.mark = optInt(c.data);
      else if (c.type === SO_PRIORITY) ipc.priority = optInt(c.data);
      else if (c.type !== SO_TIMESTAMPING_OLD && c.type !== SO_TIMESTAMPING_NEW) return -EINVAL;
      continue;
    }
    if (c.level !== SOL_IPV6) continue;
    const { data } = c;
    switch (c.type) {
      case IPV6_PKTINFO:
      case IPV6_2292PKTINFO: {
        if (data.length < 20) return -EINVAL;
        const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
        const ifindex = view.getInt32(16, true);
        const addr = Int32Array.of(view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12));
        if (ifindex !== 0) {
          if (ipc.oif !== 0 && ipc.oif !== ifindex) return -EINVAL;
          ipc.oif = ifindex;
        }
        if (!a6Any(addr)) {
          const dev = ipc.oif !== 0 ? devGetByIndex(sk.net, ipc.oif) : null;
          if (ipc.oif !== 0 && dev === null) return -ENODEV;
          if (a6Linklocal(addr) && dev === null) return -EINVAL;
          const strict = a6Linklocal(addr);
          if (!sk.freebind && !sk.transparent && n6.sysctlIpNonlocalBind === 0 && !a6Mapped(addr) && !ipv6ChkAddr(n6, addr, strict ? dev : null, strict) && !isAnycast(n6, dev, addr)) {
            return -EINVAL;
          }
          ipc.addr6 = a6Clone(addr);
        }
        break;
      }
      case IPV6_FLOWINFO: {
        if (data.length < 4) return -EINVAL;
        const info = new DataView(data.buffer, data.byteOffset).getInt32(0);
        const err = fl6LabelOk(sk, info & 0xfffff);
        if (err !== 0) return err;
        ipc.flowinfo = info;
        break;
      }
      case IPV6_HOPLIMIT:
      case IPV6_2292HOPLIMIT: {
        if (data.length !== 4) return -EINVAL;
        const v = optInt(data);
        if (v < -1 || v > 255) return -EINVAL;
        ipc.ttl = v;
        break;
      }
      case IPV6_TCLASS: {
        if (data.length !== 4) return -EINVAL;
        const v = optInt(data);
        if (v < -1 || v > 255) return -EINVAL;
        ipc.tos = v;
        break;
      }
      case IPV6_DONTFRAG: {
        if (data.length !== 4) return -EINVAL;
        const v = optInt(data);
        if (v < 0 || v > 1) return -EINVAL;
        ipc.dontfrag = v;
        break;
      }
      case IPV6_HOPOPTS:
      case IPV6_2292HOPOPTS: {
        const h = headerIn(data);
        if (h === null) return -EINVAL;
        own().hopopt = h;
        break;
      }
      case IPV6_DSTOPTS:
      case IPV6_2292DSTOPTS: {
        const h = headerIn(data);
        if (h === null) return -EINVAL;
        own().dst1opt = h;
        break;
      }
      case IPV6_RTHDRDSTOPTS: {
        const h = headerIn(data);
        if (h === null) return -EINVAL;
        own().dst0opt = h;
        break;
      }
      default:
        return -EINVAL;
    }
  }
  if (opt !== null) ipc.opt = opt;
  return 0;
}
