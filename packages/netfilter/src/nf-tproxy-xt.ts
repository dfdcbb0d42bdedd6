/** The target TPROXY and the match socket (iptables-extensions(8)). */
import { EINVAL } from '@linnet/kernel';
import { NF_ACCEPT, NF_DROP, NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING, NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { IPPROTO_TCP, IPPROTO_UDP } from '@linnet/uapi';
import { nfIpv6SkipExthdrs } from './nf-conntrack-packet.ts';
import { nfSockOf, nfSockWildcard, nfTproxy } from './nf-tproxy.ts';
import type { XtCheck, XtMatchDef, XtMatchFn, XtParam, XtTargetDef, XtTargetFn } from './xt-core.ts';

/** XT_INV_PROTO. */
const INV_PROTO = 0x40;
const TRANSPARENT = 1;
const NOWILDCARD = 2;
const RESTORE_MARK = 4;

/** struct xt_tproxy_target_info, and _v1 with room for an IPv6 address. */
function tproxy(rev: number): (c: XtCheck) => XtTargetFn | number {
  return ({ view, off, net, family, proto, inv }) => {
    if ((proto !== IPPROTO_TCP && proto !== IPPROTO_UDP) || (inv & INV_PROTO) !== 0) return -EINVAL;
    const mask = view.getInt32(off, true);
    const value = view.getInt32(off + 4, true);
    const words = Int32Array.from({ length: family === NFPROTO_IPV4 ? 1 : 4 }, (_, i) => view.getInt32(off + 8 + 4 * i));
    const port = view.getUint16(off + (rev === 0 ? 12 : 24));
    const to = words.every((w) => w === 0) ? null : words;
    return (skb, par) => {
      if (par.fragoff !== 0 || !nfTproxy(net, skb, par.thoff, family, proto, par.inDev!, to, port)) return NF_DROP;
      skb.mark = ((skb.mark & ~mask) ^ value) | 0;
      return NF_ACCEPT;
    };
  };
}

/** The transport's number in the low byte, where it begins above; -1: none. */
function transport(skb: Skb, par: XtParam): number {
  if (par.fragoff !== 0) return -1;
  if (par.family === NFPROTO_IPV4) return (par.thoff << 8) | skb.u8[skb.networkHeader + 9]!;
  return nfIpv6SkipExthdrs(skb, skb.networkHeader - skb.data);
}

/** struct xt_socket_mtinfo1 to 3: one byte of flags; revision 0 has none. */
function socket(rev: number): (c: XtCheck) => XtMatchFn | number {
  return ({ u8, off, net, family }) => {
    const flags = rev === 0 ? 0 : u8[off]!;
    if ((flags & ~(rev === 3 ? 7 : rev === 2 ? 3 : 1)) !== 0) return -EINVAL;
    return (skb, par) => {
      const l4 = transport(skb, par);
      if (l4 < 0) return false;
      const sk = nfSockOf(net, skb, l4 >> 8, family, l4 & 0xff);
      if (sk === null) return false;
      // Who is open to all addresses would take what is meant for others.
      if ((flags & NOWILDCARD) === 0 && nfSockWildcard(sk, family)) return false;
      if ((flags & TRANSPARENT) !== 0 && !sk.transparent) return false;
      if ((flags & RESTORE_MARK) !== 0) skb.mark = sk.mark;
      return true;
    };
  };
}

const PRE = 1 << NF_INET_PRE_ROUTING;
const T = { name: 'TPROXY', table: 'mangle', hooks: PRE } as const;
const S = { name: 'socket', hooks: PRE | (1 << NF_INET_LOCAL_IN) } as const;

/** The target. */
export const XT_TPROXY: readonly XtTargetDef[] = [
  { ...T, revision: 0, family: NFPROTO_IPV4, size: 16, check: tproxy(0) },
  { ...T, revision: 1, family: NFPROTO_IPV4, size: 28, check: tproxy(1) },
  { ...T, revision: 1, family: NFPROTO_IPV6, size: 28, check: tproxy(1) },
];
/** The match. */
export const XT_SOCKET: readonly XtMatchDef[] = [
  { ...S, revision: 0, family: NFPROTO_IPV4, size: 0, check: socket(0) },
  ...[1, 2, 3].flatMap((rev) => [NFPROTO_IPV4, NFPROTO_IPV6].map((family) => ({ ...S, revision: rev, family, size: 1, check: socket(rev) }))), // datapath-ok: constants
];
