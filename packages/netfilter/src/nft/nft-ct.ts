/** Expressions of connections: ct, notrack, and address translation: nat, masq, redir. */
import { EINVAL, EOPNOTSUPP, EPROTO } from '@linnet/kernel';
import {
  NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NFPROTO_ARP, NFPROTO_BRIDGE, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_NETDEV,
} from '@linnet/netdev';
import {
  NFT_BREAK, NFT_CT_AVGPKT, NFT_CT_BYTES, NFT_CT_DIRECTION, NFT_CT_DST, NFT_CT_DST_IP, NFT_CT_DST_IP6, NFT_CT_EVENTMASK, NFT_CT_EXPIRATION, NFT_CT_HELPER, NFT_CT_ID, NFT_CT_L3PROTOCOL, NFT_CT_LABELS, NFT_CT_MARK,
  NFT_CT_PKTS, NFT_CT_PROTO_DST, NFT_CT_PROTO_SRC, NFT_CT_PROTOCOL, NFT_CT_SRC, NFT_CT_SRC_IP, NFT_CT_SRC_IP6, NFT_CT_STATE, NFT_CT_STATUS, NFT_CT_ZONE, NFT_NAT_DNAT, NFT_NAT_SNAT, NFTA_CT_DIRECTION,
  NFTA_CT_DREG, NFTA_CT_KEY, NFTA_CT_SREG, NFTA_MASQ_FLAGS, NFTA_MASQ_REG_PROTO_MAX, NFTA_MASQ_REG_PROTO_MIN, NFTA_NAT_FAMILY, NFTA_NAT_FLAGS, NFTA_NAT_REG_ADDR_MAX, NFTA_NAT_REG_ADDR_MIN,
  NFTA_NAT_REG_PROTO_MAX, NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_TYPE, NFTA_REDIR_FLAGS, NFTA_REDIR_REG_PROTO_MAX, NFTA_REDIR_REG_PROTO_MIN,
} from '@linnet/uapi';
import type { NfConn } from '../nf-conn.ts';
import { IP_CT_IS_REPLY, IP_CT_NEW, IP_CT_UNTRACKED, IPS_CONFIRMED } from '../nf-conntrack-common.ts';
import { nfCtInfo2Dir, nfCtSetMark, nfCtSetUntracked, nfCtTmplAlloc } from '../nf-conntrack-core.ts';
import { NF_CONNTRACK } from '../nf-conntrack-net.ts';
import { nfCtNetnsGet, nfCtNetnsPut } from '../nf-conntrack.ts';
import type { NfTuple } from '../nf-conntrack-tuple.ts';
import { nfNatSetupInfo } from '../nf-nat.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from '../nf-nat-proto.ts';
import { nfNatMasqueradeIpv4, nfNatMasqueradeIpv6, nfNatNetmap, nfNatRedirectIpv4, nfNatRedirectIpv6 } from '../nf-nat-targets.ts';
import { NF_NAT_RANGE_MAP_IPS, NF_NAT_RANGE_NETMAP, NF_NAT_RANGE_PROTO_SPECIFIED, NfNatRange } from '../nf-nat-unique.ts';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import { nftDreg, type NftExprOps, nftOnlyAt, nftReg, nftSreg } from './nft-expr.ts';
import { type NftCtx, type NftEval, NftExpr, type NftPkt } from './nft-model.ts';

const HIGH = 0x1_0000_0000;

function word(p: NftPkt, d: number, v: number): void {
  p.view.setInt32(d, v, true);
}
function quad(p: NftPkt, d: number, v: number): void {
  p.view.setUint32(d, v % HIGH, true);
  p.view.setUint32(d + 4, Math.floor(v / HIGH), true);
}
function addr(p: NftPkt, d: number, t: NfTuple, src: boolean, six: boolean): void {
  p.view.setInt32(d, src ? t.src0 : t.dst0);
  if (!six) return;
  p.view.setInt32(d + 4, src ? t.src1 : t.dst1);
  p.view.setInt32(d + 8, src ? t.src2 : t.dst2);
  p.view.setInt32(d + 12, src ? t.src3 : t.dst3);
}

/** Packets of connections are wanted tracked as long as the rule is there. */
function tracked(ctx: NftCtx, e: NftExpr): NftExpr {
  const { net, family } = ctx;
  if (family !== NFPROTO_IPV4 && family !== NFPROTO_IPV6 && family !== NFPROTO_INET) return e;
  const { bind, unbind } = e;
  e.bind = () => {
    bind?.();
    nfCtNetnsGet(net, family);
  };
  e.unbind = () => {
    unbind?.();
    nfCtNetnsPut(net, family);
  };
  return e;
}

/** The bit of a packet's state: 1 invalid, 2 established, 4 related, 8 new, 64 untracked. */
function state(p: NftPkt): number {
  const { skb } = p;
  if (skb.nfct === null) return skb.nfctInfo === IP_CT_UNTRACKED ? 1 << 6 : 1;
  return 1 << ((skb.nfctInfo % IP_CT_IS_REPLY) + 1);
}

/** What a key needs in a register; 0: it is not known. */
function sizeOf(key: number, family: number): number {
  switch (key) {
    case NFT_CT_STATE: case NFT_CT_DIRECTION: case NFT_CT_STATUS: case NFT_CT_MARK: case NFT_CT_EXPIRATION: case NFT_CT_L3PROTOCOL: case NFT_CT_PROTOCOL: case NFT_CT_PROTO_SRC:
    case NFT_CT_PROTO_DST: case NFT_CT_ZONE: case NFT_CT_SRC_IP: case NFT_CT_DST_IP: case NFT_CT_ID:
      return 4;
    case NFT_CT_SRC: case NFT_CT_DST:
      return family === NFPROTO_IPV4 ? 4 : family === NFPROTO_IPV6 || family === NFPROTO_INET ? 16 : 0;
    case NFT_CT_SRC_IP6: case NFT_CT_DST_IP6: case NFT_CT_LABELS: case NFT_CT_HELPER:
      return 16;
    case NFT_CT_PKTS: case NFT_CT_BYTES: case NFT_CT_AVGPKT:
      return 8;
    default:
      return 0;
  }
}

/** Those that only one of the two directions has. */
const DIRECTED: ReadonlySet<number> = new Set([NFT_CT_L3PROTOCOL, NFT_CT_SRC, NFT_CT_DST, NFT_CT_PROTOCOL, NFT_CT_PROTO_SRC, NFT_CT_PROTO_DST, NFT_CT_SRC_IP, NFT_CT_DST_IP, NFT_CT_SRC_IP6, NFT_CT_DST_IP6]);

function counted(ct: NfConn, dir: number, bytes: boolean): number {
  const { acct } = ct;
  if (acct === null) return 0;
  const both = dir < 0;
  let n = 0;
  if (both || dir === 0) n += bytes ? acct.bytes0 : acct.packets0;
  if (both || dir === 1) n += bytes ? acct.bytes1 : acct.packets1;
  return n;
}

function read(p: NftPkt, ct: NfConn, key: number, dir: number, d: number): void {
  const t = dir === 1 ? ct.reply : ct.orig;
  switch (key) {
    case NFT_CT_DIRECTION:
      return word(p, d, nfCtInfo2Dir(p.skb.nfctInfo));
    case NFT_CT_STATUS:
      return word(p, d, ct.status);
    case NFT_CT_MARK:
      return word(p, d, ct.mark);
    case NFT_CT_EXPIRATION:
      // A connection that is not in the table yet has no end.
      return word(p, d, (ct.status & IPS_CONFIRMED) === 0 ? 0 : Math.max(0, (ct.timeout - p.net.kernel.jiffies) | 0));
    case NFT_CT_L3PROTOCOL:
      return word(p, d, t.l3num);
    case NFT_CT_PROTOCOL:
      return word(p, d, t.protonum);
    case NFT_CT_PROTO_SRC:
    case NFT_CT_PROTO_DST:
      word(p, d, 0);
      return p.view.setUint16(d, key === NFT_CT_PROTO_SRC ? t.sport : t.dport);
    case NFT_CT_ZONE:
      return word(p, d, ct.zone);
    case NFT_CT_ID:
      return word(p, d, ct.id);
    case NFT_CT_SRC:
    case NFT_CT_DST:
      return addr(p, d, t, key === NFT_CT_SRC, t.l3num !== NFPROTO_IPV4);
    case NFT_CT_SRC_IP:
    case NFT_CT_DST_IP:
      if (t.l3num !== NFPROTO_IPV4) p.code = NFT_BREAK;
      else addr(p, d, t, key === NFT_CT_SRC_IP, false);
      return;
    case NFT_CT_SRC_IP6:
    case NFT_CT_DST_IP6:
      if (t.l3num !== NFPROTO_IPV6) p.code = NFT_BREAK;
      else addr(p, d, t, key === NFT_CT_SRC_IP6, true);
      return;
    case NFT_CT_HELPER: {
      // Of the connection that announced this one.
      const help = ct.master === null ? null : ct.master.help;
      if (help === null) {
        p.code = NFT_BREAK;
        return;
      }
      for (let i = 0; i < 16; i++) p.u8[d + i] = i < help.name.length ? help.name.charCodeAt(i) : 0;
      return;
    }
    case NFT_CT_LABELS:
      for (let i = 0; i < 4; i++) word(p, d + 4 * i, ct.labels === null ? 0 : ct.labels[i]!);
      return;
    case NFT_CT_PKTS:
    case NFT_CT_BYTES:
      return quad(p, d, counted(ct, dir, key === NFT_CT_BYTES));
    case NFT_CT_AVGPKT: {
      const n = counted(ct, dir, false);
      return quad(p, d, n === 0 ? 0 : Math.floor(counted(ct, dir, true) / n));
    }
    default:
      p.code = NFT_BREAK;
  }
}

function ct(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_CT_KEY)) return -EINVAL;
  const key = a.u32(NFTA_CT_KEY);
  // Connections are IP's.
  if (ctx.family === NFPROTO_ARP || ctx.family === NFPROTO_BRIDGE || ctx.family === NFPROTO_NETDEV) return -EPROTO;
  if (a.has(NFTA_CT_SREG)) return a.has(NFTA_CT_DREG) ? -EINVAL : ctSet(ctx, a, raw, key);
  if (!a.has(NFTA_CT_DREG)) return -EINVAL;
  const size = sizeOf(key, ctx.family);
  if (size === 0) return -EOPNOTSUPP;
  const d = nftDreg(a, NFTA_CT_DREG, size);
  if (d < 0) return d;
  const dir = a.has(NFTA_CT_DIRECTION) ? a.u8(NFTA_CT_DIRECTION) : -1;
  if (dir > 1) return -EINVAL;
  if (DIRECTED.has(key) && dir < 0 && key !== NFT_CT_L3PROTOCOL && key !== NFT_CT_PROTOCOL) return -EINVAL;
  if (key === NFT_CT_PKTS || key === NFT_CT_BYTES || key === NFT_CT_AVGPKT) ctx.net.get(NF_CONNTRACK).acctOn = 1;
  const run: NftEval = key === NFT_CT_STATE
    ? (p) => word(p, d, state(p))
    : (p) => {
      const c = p.skb.nfct as NfConn | null;
      if (c === null) p.code = NFT_BREAK;
      else read(p, c, key, dir, d);
    };
  return tracked(ctx, new NftExpr('ct', raw, run));
}

function ctSet(ctx: NftCtx, a: NftAttrs, raw: Uint8Array, key: number): NftExpr | number {
  const s = nftSreg(a, NFTA_CT_SREG, key === NFT_CT_LABELS ? 16 : 4);
  if (s < 0) return s;
  if (key === NFT_CT_ZONE) {
    const cn = ctx.net.get(NF_CONNTRACK);
    return tracked(ctx, new NftExpr('ct', raw, ({ skb, view }) => {
      if (skb.nfct !== null || skb.nfctInfo === IP_CT_UNTRACKED) return;
      skb.nfct = nfCtTmplAlloc(cn, view.getUint16(s, true));
      skb.nfctInfo = IP_CT_NEW;
    }));
  }
  if (key !== NFT_CT_MARK && key !== NFT_CT_LABELS && key !== NFT_CT_EVENTMASK) return -EOPNOTSUPP;
  return tracked(ctx, new NftExpr('ct', raw, (p) => {
    const c = p.skb.nfct as NfConn | null;
    if (c === null) return;
    if (key === NFT_CT_MARK) {
      nfCtSetMark(c, p.view.getInt32(s, true));
    } else if (key === NFT_CT_LABELS) {
      c.labels ??= new Int32Array(4); // datapath-ok: once a connection
      for (let i = 0; i < 4; i++) c.labels[i] = p.view.getInt32(s + 4 * i, true);
    }
  }));
}

function notrack(_ctx: NftCtx, _a: NftAttrs, raw: Uint8Array): NftExpr {
  return new NftExpr('notrack', raw, ({ skb }) => {
    if (skb.nfct === null && skb.nfctInfo !== IP_CT_UNTRACKED) nfCtSetUntracked(skb);
  });
}

const PRE = 1 << NF_INET_PRE_ROUTING;
const POST = 1 << NF_INET_POST_ROUTING;
const IN = 1 << NF_INET_LOCAL_IN;
const OUT = 1 << NF_INET_LOCAL_OUT;

/** A register that a rule may name: where it begins, -1 when it does not, or -2 when there is none such. */
function optional(a: NftAttrs, type: number): number {
  if (!a.has(type)) return -1;
  const r = nftReg(a.u32(type));
  return r < 16 ? -2 : r;
}

function setAddrs(p: NftPkt, r: NfNatRange, min: number, max: number, six: boolean): void {
  const { view } = p;
  r.min0 = view.getInt32(min);
  r.max0 = view.getInt32(max);
  if (!six) return;
  r.min1 = view.getInt32(min + 4);
  r.min2 = view.getInt32(min + 8);
  r.min3 = view.getInt32(min + 12);
  r.max1 = view.getInt32(max + 4);
  r.max2 = view.getInt32(max + 8);
  r.max3 = view.getInt32(max + 12);
}
function setPorts(p: NftPkt, r: NfNatRange, min: number, max: number): void {
  if (min < 0) return;
  r.flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
  r.minProto = p.view.getUint16(min);
  r.maxProto = p.view.getUint16(max);
}

/** Flags that a rule may have (linux/netfilter/nf_nat.h). */
const RANGE_MASK = 0x7f;

function nat(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_NAT_TYPE) || (!a.has(NFTA_NAT_REG_ADDR_MIN) && !a.has(NFTA_NAT_REG_PROTO_MIN))) return -EINVAL;
  const type = a.u32(NFTA_NAT_TYPE);
  if (type !== NFT_NAT_SNAT && type !== NFT_NAT_DNAT) return -EINVAL;
  if (!a.has(NFTA_NAT_FAMILY)) return -EINVAL;
  const family = a.u32(NFTA_NAT_FAMILY);
  if (ctx.family !== NFPROTO_INET && ctx.family !== family) return -EOPNOTSUPP;
  if (family !== NFPROTO_IPV4 && family !== NFPROTO_IPV6 && family !== NFPROTO_INET) return -EOPNOTSUPP;
  const flags = a.u32(NFTA_NAT_FLAGS);
  if ((flags & ~RANGE_MASK) !== 0) return -EOPNOTSUPP;
  const amin = optional(a, NFTA_NAT_REG_ADDR_MIN);
  let amax = optional(a, NFTA_NAT_REG_ADDR_MAX);
  const pmin = optional(a, NFTA_NAT_REG_PROTO_MIN);
  let pmax = optional(a, NFTA_NAT_REG_PROTO_MAX);
  if (amin === -2 || amax === -2 || pmin === -2 || pmax === -2) return -EINVAL;
  if (amax < 0) amax = amin;
  if (pmax < 0) pmax = pmin;
  const manip = type === NFT_NAT_SNAT ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
  const e = new NftExpr('nat', raw, (p) => {
    const c = p.skb.nfct as NfConn;
    // A rule of inet for one family says nothing of the other's packets.
    if (family !== NFPROTO_INET && p.family !== family) return;
    const r = new NfNatRange(); // datapath-ok: once a connection
    r.flags = flags;
    if (amin >= 0) {
      r.flags |= NF_NAT_RANGE_MAP_IPS;
      setAddrs(p, r, amin, amax, p.family === NFPROTO_IPV6);
    }
    setPorts(p, r, pmin, pmax);
    p.code = (flags & NF_NAT_RANGE_NETMAP) !== 0 ? nfNatNetmap(p.state, c, r) : nfNatSetupInfo(c, r, manip);
  });
  e.check = nftOnlyAt('nat', type === NFT_NAT_SNAT ? POST | IN : PRE | OUT);
  return tracked(ctx, e);
}

/** masq and redir: wishes about ports only. */
function simple(ctx: NftCtx, a: NftAttrs, raw: Uint8Array, masq: boolean): NftExpr | number {
  const pmin = optional(a, masq ? NFTA_MASQ_REG_PROTO_MIN : NFTA_REDIR_REG_PROTO_MIN);
  let pmax = optional(a, masq ? NFTA_MASQ_REG_PROTO_MAX : NFTA_REDIR_REG_PROTO_MAX);
  if (pmin === -2 || pmax === -2) return -EINVAL;
  if (pmax < 0) pmax = pmin;
  const flags = a.u32(masq ? NFTA_MASQ_FLAGS : NFTA_REDIR_FLAGS);
  if ((flags & ~RANGE_MASK) !== 0) return -EINVAL;
  const e = new NftExpr(masq ? 'masq' : 'redir', raw, (p) => {
    const r = new NfNatRange(); // datapath-ok: once a connection
    r.flags = flags;
    setPorts(p, r, pmin, pmax);
    const c = p.skb.nfct as NfConn;
    if (p.family === NFPROTO_IPV4) p.code = (masq ? nfNatMasqueradeIpv4 : nfNatRedirectIpv4)(p.skb, p.state, c, r);
    else p.code = (masq ? nfNatMasqueradeIpv6 : nfNatRedirectIpv6)(p.skb, p.state, c, r);
  });
  e.check = nftOnlyAt('nat', masq ? POST : PRE | OUT);
  return tracked(ctx, e);
}

/** The definitions. */
export const NFT_CT: readonly NftExprOps[] = [
  { name: 'ct', policy: nftPolicy(4, { u32: [1, 2, 4], u8: [3] }), init: ct },
  { name: 'notrack', policy: nftPolicy(0, {}), init: notrack },
  { name: 'nat', policy: nftPolicy(7, { u32: [1, 2, 3, 4, 5, 6, 7] }), init: nat },
  { name: 'masq', policy: nftPolicy(3, { u32: [1, 2, 3] }), init: (c, a, raw) => simple(c, a, raw, true) },
  { name: 'redir', policy: nftPolicy(3, { u32: [1, 2, 3] }), init: (c, a, raw) => simple(c, a, raw, false) },
];
