/** Targets of the table nat: SNAT, DNAT, MASQUERADE, REDIRECT, NETMAP. */
import { EINVAL } from '@linnet/kernel';
import { NF_ACCEPT, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { IP_CT_NEW, IP_CT_RELATED, IP_CT_RELATED_REPLY } from './nf-conntrack-common.ts';
import type { NfConn } from './nf-conn.ts';
import { nfNatSetupInfo } from './nf-nat.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from './nf-nat-proto.ts';
import { nfNatMasqueradeIpv4, nfNatMasqueradeIpv6, nfNatNetmap, nfNatRedirectIpv4, nfNatRedirectIpv6 } from './nf-nat-targets.ts';
import { NF_NAT_RANGE_MAP_IPS, NfNatRange } from './nf-nat-unique.ts';
import type { XtCheck, XtTargetDef, XtTargetFn } from './xt-core.ts';
import { xtNeedsTracking } from './xt-match-ct.ts';

/** struct nf_nat_ipv4_multi_range_compat with its one range. */
function range4({ view, off }: XtCheck): NfNatRange | number {
  if (view.getUint32(off, true) !== 1) return -EINVAL;
  const r = new NfNatRange();
  r.flags = view.getUint32(off + 4, true);
  r.min0 = view.getInt32(off + 8);
  r.max0 = view.getInt32(off + 12);
  r.minProto = view.getUint16(off + 16);
  r.maxProto = view.getUint16(off + 18);
  return r;
}

/** struct nf_nat_range and nf_nat_range2. */
function range6({ view, off }: XtCheck, base: boolean): NfNatRange {
  const r = new NfNatRange();
  const w = (o: number): number => view.getInt32(off + o);
  r.flags = view.getUint32(off, true);
  [r.min0, r.min1, r.min2, r.min3] = [w(4), w(8), w(12), w(16)];
  [r.max0, r.max1, r.max2, r.max3] = [w(20), w(24), w(28), w(32)];
  r.minProto = view.getUint16(off + 36);
  r.maxProto = view.getUint16(off + 38);
  if (base) r.baseProto = view.getUint16(off + 40);
  return r;
}

/** IPv4's words behind the first are nobody's. */
function only4(c: XtCheck, r: NfNatRange): NfNatRange {
  if (c.family !== NFPROTO_IPV4) return r;
  r.min1 = r.min2 = r.min3 = r.max1 = r.max2 = r.max3 = 0;
  return r;
}

/** SNAT and DNAT. */
function setup(manip: number, rev: number): (c: XtCheck) => XtTargetFn | number {
  return (c) => {
    const r = rev === 0 ? range4(c) : only4(c, range6(c, rev === 2));
    if (typeof r === 'number') return r;
    xtNeedsTracking(c);
    return (skb) => {
      const ct = skb.nfct as NfConn | null;
      if (ct === null || (skb.nfctInfo !== IP_CT_NEW && skb.nfctInfo !== IP_CT_RELATED && skb.nfctInfo !== IP_CT_RELATED_REPLY)) return NF_ACCEPT;
      return nfNatSetupInfo(ct, r, manip);
    };
  };
}

function masquerade(c: XtCheck): XtTargetFn | number {
  const four = c.family === NFPROTO_IPV4;
  const r = four ? range4(c) : range6(c, false);
  if (typeof r === 'number') return r;
  // The address is the device's.
  if ((r.flags & NF_NAT_RANGE_MAP_IPS) !== 0) return -EINVAL;
  xtNeedsTracking(c);
  return (skb, par) => (four ? nfNatMasqueradeIpv4 : nfNatMasqueradeIpv6)(skb, par.state, skb.nfct as NfConn, r);
}

function redirect(c: XtCheck): XtTargetFn | number {
  const four = c.family === NFPROTO_IPV4;
  const r = four ? range4(c) : range6(c, false);
  if (typeof r === 'number') return r;
  if ((r.flags & NF_NAT_RANGE_MAP_IPS) !== 0) return -EINVAL;
  xtNeedsTracking(c);
  return (skb, par) => (four ? nfNatRedirectIpv4 : nfNatRedirectIpv6)(skb, par.state, skb.nfct as NfConn, r);
}

function netmap(c: XtCheck): XtTargetFn | number {
  const r = c.family === NFPROTO_IPV4 ? range4(c) : range6(c, false);
  if (typeof r === 'number') return r;
  if ((r.flags & NF_NAT_RANGE_MAP_IPS) === 0) return -EINVAL;
  xtNeedsTracking(c);
  return (skb, par) => nfNatNetmap(par.state, skb.nfct as NfConn, r);
}

const POST = 1 << NF_INET_POST_ROUTING;
const PRE = 1 << NF_INET_PRE_ROUTING;
const IN = 1 << NF_INET_LOCAL_IN;
const OUT = 1 << NF_INET_LOCAL_OUT;
const N = { table: 'nat' } as const;

/** The definitions. */
export const XT_NAT_TARGETS: readonly XtTargetDef[] = [
  { ...N, name: 'SNAT', revision: 0, family: NFPROTO_IPV4, size: 20, hooks: POST | IN, check: setup(NF_NAT_MANIP_SRC, 0) },
  { ...N, name: 'DNAT', revision: 0, family: NFPROTO_IPV4, size: 20, hooks: PRE | OUT, check: setup(NF_NAT_MANIP_DST, 0) },
  { ...N, name: 'SNAT', revision: 1, family: 0, size: 40, hooks: POST | IN, check: setup(NF_NAT_MANIP_SRC, 1) },
  { ...N, name: 'DNAT', revision: 1, family: 0, size: 40, hooks: PRE | OUT, check: setup(NF_NAT_MANIP_DST, 1) },
  { ...N, name: 'SNAT', revision: 2, family: 0, size: 44, hooks: POST | IN, check: setup(NF_NAT_MANIP_SRC, 2) },
  { ...N, name: 'DNAT', revision: 2, family: 0, size: 44, hooks: PRE | OUT, check: setup(NF_NAT_MANIP_DST, 2) },
  { ...N, name: 'MASQUERADE', revision: 0, family: NFPROTO_IPV4, size: 20, hooks: POST, check: masquerade },
  { ...N, name: 'MASQUERADE', revision: 0, family: NFPROTO_IPV6, size: 40, hooks: POST, check: masquerade },
  { ...N, name: 'REDIRECT', revision: 0, family: NFPROTO_IPV4, size: 20, hooks: PRE | OUT, check: redirect },
  { ...N, name: 'REDIRECT', revision: 0, family: NFPROTO_IPV6, size: 40, hooks: PRE | OUT, check: redirect },
  { ...N, name: 'NETMAP', revision: 0, family: NFPROTO_IPV4, size: 20, hooks: PRE | POST | OUT | IN, check: netmap },
  { ...N, name: 'NETMAP', revision: 0, family: NFPROTO_IPV6, size: 40, hooks: PRE | POST | OUT | IN, check: netmap },
];
