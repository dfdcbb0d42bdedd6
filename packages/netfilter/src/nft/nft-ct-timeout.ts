/** Objects that give connections their own times to live: `ct timeout NAME { protocol tcp; policy = { established : 100 }; }` and `ct timeout set NAME` (nft(8)). */
// datapath-ok-file: rules are made; a packet only gets its connection's list
import { EINVAL, ENOENT, EOPNOTSUPP } from '@linnet/kernel';
import { IPPROTO_TCP, IPPROTO_UDP, NFTA_CT_TIMEOUT_DATA, NFTA_CT_TIMEOUT_L3PROTO, NFTA_CT_TIMEOUT_L4PROTO } from '@linnet/uapi';
import type { NfConn } from '../nf-conn.ts';
import { IPS_CONFIRMED, IPS_TEMPLATE } from '../nf-conntrack-common.ts';
import { NF_CONNTRACK } from '../nf-conntrack-net.ts';
import { nfCtRefresh } from '../nf-conntrack-tcp.ts';
import { nfCtNetnsGet, nfCtNetnsPut } from '../nf-conntrack.ts';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import type { NftExprOps } from './nft-expr.ts';
import { type NftCtx, NftExpr } from './nft-model.ts';

/** Seconds and ticks. */
const S = 1000;
/** linux/netfilter/nfnetlink_cttimeout.h: CTA_TIMEOUT_TCP_SYN_SENT to CTA_TIMEOUT_TCP_UNACK, which are the places in the list of TCP; CTA_TIMEOUT_UDP_UNREPLIED and _REPLIED. */
const TCP_LAST = 11;
const UDP_LAST = 2;
const seconds = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
const TCP_POLICY = nftPolicy(TCP_LAST, { u32: seconds(TCP_LAST) });
const UDP_POLICY = nftPolicy(UDP_LAST, { u32: seconds(UDP_LAST) });

function init(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const { net } = ctx;
  // It is no expression of rules.
  if (ctx.chain !== null) return -ENOENT;
  if (!a.has(NFTA_CT_TIMEOUT_L4PROTO) || !a.has(NFTA_CT_TIMEOUT_DATA)) return -EINVAL;
  const l3 = a.u16(NFTA_CT_TIMEOUT_L3PROTO, ctx.family);
  const l4 = a.u8(NFTA_CT_TIMEOUT_L4PROTO);
  if (l4 !== IPPROTO_TCP && l4 !== IPPROTO_UDP) return -EOPNOTSUPP;
  const data = a.nest(NFTA_CT_TIMEOUT_DATA, l4 === IPPROTO_TCP ? TCP_POLICY : UDP_POLICY);
  if (typeof data === 'number') return data;
  const cn = net.get(NF_CONNTRACK);
  // What is not said is as in the namespace.
  const timeouts = (l4 === IPPROTO_TCP ? cn.tcpTimeouts : [0, cn.udpTimeout, cn.udpStreamTimeout]).map((ticks, i) => (i > 0 && data.has(i) ? data.u32(i) * S : ticks));
  // The family is shown, and makes no difference (observed on Linux 6.18).
  const e = new NftExpr('ct timeout', raw, (p) => {
    const ct = p.skb.nfct as NfConn | null;
    if (ct === null || (ct.status & (IPS_CONFIRMED | IPS_TEMPLATE)) !== 0 || ct.orig.protonum !== l4) return;
    ct.timeouts = timeouts;
    // The packet that began it has had its time already.
    nfCtRefresh(ct, timeouts[ct.tcp === null ? 1 : ct.tcp.state]!);
  });
  e.dump = (w) => {
    w.putBe16(NFTA_CT_TIMEOUT_L3PROTO, l3);
    w.putU8(NFTA_CT_TIMEOUT_L4PROTO, l4);
    w.nestStartNoflag(NFTA_CT_TIMEOUT_DATA);
    for (let i = 1; i < timeouts.length; i++) w.putBe32(i, timeouts[i]! / S);
    w.nestEnd();
  };
  e.bind = () => nfCtNetnsGet(net, ctx.family);
  e.unbind = () => nfCtNetnsPut(net, ctx.family);
  return e;
}

/** The kind of this file. */
export const NFT_CT_TIMEOUTS: readonly NftExprOps[] = [
  { name: 'ct timeout', policy: nftPolicy(3, { u16: [NFTA_CT_TIMEOUT_L3PROTO], u8: [NFTA_CT_TIMEOUT_L4PROTO], nest: [NFTA_CT_TIMEOUT_DATA] }), init },
];
