/** The expression meta: what is known of a packet beside its bytes. */
import { EINVAL, EOPNOTSUPP, type RngStream } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import { NF_INET_PRE_ROUTING, NF_NETDEV_INGRESS, type NetDevice, NFPROTO_ARP, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_NETDEV } from '@linnet/netdev';
import { PACKET_LOOPBACK } from '@linnet/skbuff';
import {
  AF_INET, AF_INET6, NFT_BREAK, NFT_META_CGROUP, NFT_META_CPU, NFT_META_IFTYPE, NFT_META_IIF, NFT_META_IIFGROUP, NFT_META_IIFKIND, NFT_META_IIFNAME, NFT_META_L4PROTO, NFT_META_LEN, NFT_META_MARK, NFT_META_NFPROTO, NFT_META_NFTRACE,
  NFT_META_OIF, NFT_META_OIFGROUP, NFT_META_OIFKIND, NFT_META_OIFNAME, NFT_META_OIFTYPE, NFT_META_PKTTYPE, NFT_META_PRANDOM, NFT_META_PRIORITY, NFT_META_PROTOCOL, NFT_META_RTCLASSID, NFT_META_SDIF, NFT_META_SDIFNAME,
  NFT_META_SECPATH, NFT_META_SKGID, NFT_META_SKUID, NFT_META_TIME_DAY, NFT_META_TIME_HOUR, NFT_META_TIME_NS, NFTA_META_DREG, NFTA_META_KEY, NFTA_META_SREG,
} from '@linnet/uapi';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import { nftLen } from './nft-basic.ts';
import { nftDreg, type NftExprOps, nftOnlyAt, nftSreg } from './nft-expr.ts';
import { type NftCtx, type NftEval, NftExpr, type NftPkt } from './nft-model.ts';

const IFNAMSIZ = 16;
const HIGH = 0x1_0000_0000;

/** Writes a name, filled up with zeros. */
function name(p: NftPkt, d: number, text: string): void {
  for (let i = 0; i < IFNAMSIZ; i++) p.u8[d + i] = i < text.length ? text.charCodeAt(i) : 0;
}
function word(p: NftPkt, d: number, v: number): void {
  p.view.setInt32(d, v, true);
}
/** A number of a device; without one the rule does not match. */
function ofDev(d: number, out: boolean, get: (dev: NetDevice) => number): NftEval {
  return (p) => {
    const dev = out ? p.outDev : p.inDev;
    if (dev === null) p.code = NFT_BREAK;
    else word(p, d, get(dev));
  };
}
/** Its number, which is 0 where there is no device. */
function index(d: number, out: boolean): NftEval {
  return (p) => {
    const dev = out ? p.outDev : p.inDev;
    word(p, d, dev === null ? 0 : dev.ifindex);
  };
}
function devName(d: number, out: boolean, kind: boolean): NftEval {
  return (p) => {
    const dev = out ? p.outDev : p.inDev;
    if (kind && (dev === null || dev.rtnlLinkOps === null)) p.code = NFT_BREAK;
    else name(p, d, dev === null ? '' : kind ? dev.rtnlLinkOps!.kind : dev.name);
  };
}

/** The socket's user or group. */
function owner(d: number, group: boolean): NftEval {
  return (p) => {
    const sk = (p.skb.sk ?? p.state.sk) as { uid?: number; gid?: number; socket?: object | null } | null;
    if (sk === null || sk.uid === undefined || sk.socket === null) p.code = NFT_BREAK;
    else word(p, d, group ? sk.gid ?? 0 : sk.uid);
  };
}

/** What a packet is to this machine; a copy of what it sent itself shows by its address. */
function packetType(p: NftPkt): number {
  const { skb } = p;
  if (skb.pktType !== PACKET_LOOPBACK) return skb.pktType;
  const nh = skb.networkHeader;
  const group = p.family === NFPROTO_IPV4 ? skb.u8[nh + 16]! >> 4 === 14 : skb.u8[nh + 24] === 0xff;
  return group ? 2 : 1;
}

const DAY = 86400;

function get(key: number, d: number, ctx: NftCtx): NftEval | null {
  const k = ctx.net.kernel;
  switch (key) {
    case NFT_META_LEN:
      return (p) => word(p, d, nftLen(p));
    case NFT_META_PROTOCOL:
      return (p) => {
        word(p, d, 0);
        p.view.setUint16(d, p.skb.protocol);
      };
    case NFT_META_PRIORITY:
      return (p) => word(p, d, p.skb.priority);
    case NFT_META_MARK:
      return (p) => word(p, d, p.skb.mark);
    case NFT_META_IIF:
    case NFT_META_OIF:
      return index(d, key === NFT_META_OIF);
    case NFT_META_IIFNAME:
    case NFT_META_OIFNAME:
      return devName(d, key === NFT_META_OIFNAME, false);
    case NFT_META_IIFKIND:
    case NFT_META_OIFKIND:
      return devName(d, key === NFT_META_OIFKIND, true);
    case NFT_META_IFTYPE:
    case NFT_META_OIFTYPE:
      if (key === NFT_META_OIFTYPE) return ofDev(d, true, (dev) => dev.type & 0xffff);
      // The packet's own device: on the way out what is sent here has one after routing only (observed on Linux 6.18).
      return (p) => {
        const dev = p.skb.dev as NetDevice | null;
        if (dev === null) p.code = NFT_BREAK;
        else word(p, d, dev.type & 0xffff);
      };
    case NFT_META_IIFGROUP:
    case NFT_META_OIFGROUP:
      return ofDev(d, key === NFT_META_OIFGROUP, (dev) => dev.group);
    case NFT_META_SKUID:
    case NFT_META_SKGID:
      return owner(d, key === NFT_META_SKGID);
    case NFT_META_NFPROTO:
      return (p) => word(p, d, p.pf);
    case NFT_META_L4PROTO:
      return (p) => {
        if (p.tprotSet) word(p, d, p.tprot);
        else p.code = NFT_BREAK;
      };
    case NFT_META_RTCLASSID: {
      const inet = k.get(INET);
      return (p) => {
        if (p.skb.dst === null) p.code = NFT_BREAK;
        else word(p, d, inet.af(p.family === NFPROTO_IPV6 ? AF_INET6 : AF_INET)?.realms?.(p.skb) ?? 0);
      };
    }
    case NFT_META_PKTTYPE:
      return (p) => word(p, d, packetType(p));
    case NFT_META_CPU:
    case NFT_META_CGROUP: // There is only the root, whose class has no number.
    case NFT_META_SECPATH:
      return (p) => word(p, d, 0);
    case NFT_META_PRANDOM: {
      const rng: RngStream = k.rng.stream('netfilter.nft.meta');
      return (p) => word(p, d, rng.u32() | 0);
    }
    case NFT_META_TIME_NS:
      return (p) => {
        const ns = k.wallNow();
        word(p, d, ns % HIGH | 0);
        word(p, d + 4, Math.floor(ns / HIGH));
      };
    case NFT_META_TIME_DAY:
      return (p) => word(p, d, (Math.floor(k.wallNow() / 1e9 / DAY) + 4) % 7);
    case NFT_META_TIME_HOUR:
      return (p) => word(p, d, Math.floor(k.wallNow() / 1e9) % DAY);
    case NFT_META_SDIF:
      return (p) => word(p, d, 0);
    case NFT_META_SDIFNAME:
      return (p) => name(p, d, '');
    default:
      return null;
  }
}

const NAMES: ReadonlySet<number> = new Set([NFT_META_IIFNAME, NFT_META_OIFNAME, NFT_META_IIFKIND, NFT_META_OIFKIND, NFT_META_SDIFNAME]);

function set(key: number, s: number, ctx: NftCtx): NftEval | null {
  switch (key) {
    case NFT_META_MARK:
      return (p) => {
        p.skb.mark = p.view.getInt32(s, true);
      };
    case NFT_META_PRIORITY:
      return (p) => {
        p.skb.priority = p.view.getInt32(s, true);
      };
    case NFT_META_PKTTYPE:
      return (p) => {
        p.skb.pktType = p.u8[s]!;
      };
    case NFT_META_NFTRACE: {
      const rng: RngStream = ctx.net.kernel.rng.stream('netfilter.nft.trace');
      return ({ skb, u8 }) => {
        if (u8[s] === 0) skb.nfTrace = 0;
        else if (skb.nfTrace === 0) skb.nfTrace = rng.u32() | 1;
      };
    }
    default:
      return null;
  }
}

function meta(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_META_KEY)) return -EINVAL;
  const key = a.u32(NFTA_META_KEY);
  if (a.has(NFTA_META_SREG)) {
    if (a.has(NFTA_META_DREG)) return -EINVAL;
    const s = nftSreg(a, NFTA_META_SREG, 4);
    if (s < 0) return s;
    const run = set(key, s, ctx);
    if (run === null) return -EOPNOTSUPP;
    const e = new NftExpr('meta', raw, run);
    // Whom a packet is for is decided behind the first hook point.
    if (key === NFT_META_PKTTYPE) e.check = nftOnlyAt(null, ctx.family === NFPROTO_NETDEV ? 1 << NF_NETDEV_INGRESS : ctx.family === NFPROTO_ARP ? 0 : 1 << NF_INET_PRE_ROUTING);
    return e;
  }
  if (!a.has(NFTA_META_DREG)) return -EINVAL;
  const d = nftDreg(a, NFTA_META_DREG, NAMES.has(key) ? IFNAMSIZ : key === NFT_META_TIME_NS ? 8 : 4);
  if (d < 0) return d;
  const run = get(key, d, ctx);
  return run === null ? -EOPNOTSUPP : new NftExpr('meta', raw, run);
}

/** The definition. */
export const NFT_META: readonly NftExprOps[] = [{ name: 'meta', policy: nftPolicy(3, { u32: [1, 2, 3] }), init: meta }];
