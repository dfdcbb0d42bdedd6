/** Objects by which connections announce others: `ct expectation NAME { protocol tcp; dport 9876; timeout 2m; size 12; }` and `ct expectation set NAME` (nft(8)). */
// datapath-ok-file: rules are made; an expectation once a connection
import { EAFNOSUPPORT, EINVAL, ENOENT, EOPNOTSUPP } from '@linnet/kernel';
import { NF_DROP, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import {
  IPPROTO_TCP, IPPROTO_UDP, NFT_BREAK, NFTA_CT_EXPECT_DPORT, NFTA_CT_EXPECT_L3PROTO, NFTA_CT_EXPECT_L4PROTO, NFTA_CT_EXPECT_SIZE, NFTA_CT_EXPECT_TIMEOUT, nlaGetU32,
} from '@linnet/uapi';
import type { NfConn } from '../nf-conn.ts';
import { IPS_CONFIRMED } from '../nf-conntrack-common.ts';
import { nfCtInfo2Dir } from '../nf-conntrack-core.ts';
import { nfCtExpectInit, nfCtExpectRelated, NfExpect } from '../nf-conntrack-expect.ts';
import { nfCtNetnsGet, nfCtNetnsPut } from '../nf-conntrack.ts';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import type { NftExprOps } from './nft-expr.ts';
import { type NftCtx, NftExpr } from './nft-model.ts';

/** The most seconds whose ticks can be compared. */
const MOST = 0x3fffffff / 1000;

function init(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const { net } = ctx;
  // It is no expression of rules.
  if (ctx.chain !== null) return -ENOENT;
  if (!a.has(NFTA_CT_EXPECT_L4PROTO) || !a.has(NFTA_CT_EXPECT_DPORT) || !a.has(NFTA_CT_EXPECT_TIMEOUT) || !a.has(NFTA_CT_EXPECT_SIZE)) return -EINVAL;
  const family = a.u16(NFTA_CT_EXPECT_L3PROTO, ctx.family);
  if (family === NFPROTO_INET && ctx.family === NFPROTO_INET) return -EAFNOSUPPORT;
  if (family !== NFPROTO_IPV4 && family !== NFPROTO_IPV6) return -EAFNOSUPPORT;
  if (ctx.family !== NFPROTO_INET && family !== ctx.family) return -EINVAL;
  const l4 = a.u8(NFTA_CT_EXPECT_L4PROTO);
  if (l4 !== IPPROTO_TCP && l4 !== IPPROTO_UDP) return -EOPNOTSUPP;
  const dport = a.u16(NFTA_CT_EXPECT_DPORT);
  // This one is in the machine's own order.
  const timeout = nlaGetU32(a.req.view, a.at(NFTA_CT_EXPECT_TIMEOUT));
  const size = a.u8(NFTA_CT_EXPECT_SIZE);
  const e = new NftExpr('ct expectation', raw, (p) => {
    const ct = p.skb.nfct as NfConn | null;
    // Only a connection that is not in the table yet may announce others (observed on Linux 6.18), and not too many.
    if (ct === null || (ct.status & IPS_CONFIRMED) !== 0 || ct.expecting >= size) {
      p.code = NFT_BREAK;
      return;
    }
    const exp = new NfExpect(ct);
    nfCtExpectInit(exp, nfCtInfo2Dir(p.skb.nfctInfo) === 0 ? ct.reply : ct.orig);
    exp.tuple.l3num = family;
    exp.tuple.protonum = l4;
    exp.tuple.sport = 0;
    exp.tuple.dport = dport;
    // nft(8) writes milliseconds, which are taken for seconds (observed on Linux 6.18).
    exp.timeout = Math.min(timeout, MOST);
    if (nfCtExpectRelated(exp, 0) !== 0) p.code = NF_DROP;
  });
  e.dump = (w) => {
    w.putBe16(NFTA_CT_EXPECT_L3PROTO, family);
    w.putU8(NFTA_CT_EXPECT_L4PROTO, l4);
    w.putBe16(NFTA_CT_EXPECT_DPORT, dport);
    w.putU32(NFTA_CT_EXPECT_TIMEOUT, timeout);
    w.putU8(NFTA_CT_EXPECT_SIZE, size);
  };
  e.bind = () => nfCtNetnsGet(net, ctx.family);
  e.unbind = () => nfCtNetnsPut(net, ctx.family);
  return e;
}

/** The kind of this file. */
export const NFT_CT_EXPECTATIONS: readonly NftExprOps[] = [
  { name: 'ct expectation', policy: nftPolicy(5, { u16: [NFTA_CT_EXPECT_L3PROTO, NFTA_CT_EXPECT_DPORT], u8: [NFTA_CT_EXPECT_L4PROTO, NFTA_CT_EXPECT_SIZE], u32: [NFTA_CT_EXPECT_TIMEOUT] }), init },
];
