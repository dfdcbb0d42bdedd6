/** Objects that give connections their helper: `ct helper NAME { type "ftp" protocol tcp; }` and `ct helper set NAME` (nft(8)). */
import { EINVAL, ENOENT } from '@linnet/kernel';
import { NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { AF_INET, AF_INET6 } from '@linnet/uapi';
import type { NfConn } from '../nf-conn.ts';
import { IPS_CONFIRMED, IPS_TEMPLATE } from '../nf-conntrack-common.ts';
import { nfCtHelpAssign, nfCtHelperFind } from '../nf-ct-helper.ts';
import { nfCtNetnsGet, nfCtNetnsPut } from '../nf-conntrack.ts';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import type { NftExprOps } from './nft-expr.ts';
import { type NftCtx, NftExpr } from './nft-model.ts';

/** linux/netfilter/nf_tables.h: enum nft_ct_helper_attributes. */
const NFTA_CT_HELPER_NAME = 1;
const NFTA_CT_HELPER_L3PROTO = 2;
const NFTA_CT_HELPER_L4PROTO = 3;

function init(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const { net } = ctx;
  // It is no expression of rules.
  if (ctx.chain !== null) return -ENOENT;
  if (!a.has(NFTA_CT_HELPER_NAME) || !a.has(NFTA_CT_HELPER_L4PROTO)) return -EINVAL;
  const l4 = a.u8(NFTA_CT_HELPER_L4PROTO);
  if (l4 === 0) return -ENOENT;
  let family = a.u16(NFTA_CT_HELPER_L3PROTO, ctx.family);
  if (family !== NFPROTO_IPV4 && family !== NFPROTO_IPV6 && family !== NFPROTO_INET) return -EINVAL;
  if (ctx.family !== NFPROTO_INET && family !== ctx.family) return -EINVAL;
  const name = a.str(NFTA_CT_HELPER_NAME);
  const helper = nfCtHelperFind(net.kernel, name, l4, family === NFPROTO_IPV6 ? AF_INET6 : AF_INET);
  if (helper === null) return -ENOENT;
  // What there is for IPv4 only is so for both.
  if (helper.ipv4Only === true) family = NFPROTO_IPV4;
  const e = new NftExpr('ct helper', raw, (p) => {
    const ct = p.skb.nfct as NfConn | null;
    if (ct === null || (ct.status & (IPS_CONFIRMED | IPS_TEMPLATE)) !== 0 || ct.help !== null || (family !== NFPROTO_INET && family !== ct.orig.l3num)) return;
    nfCtHelpAssign(ct, helper);
  });
  e.dump = (w) => {
    w.putString(NFTA_CT_HELPER_NAME, name);
    w.putBe16(NFTA_CT_HELPER_L3PROTO, family);
    w.putU8(NFTA_CT_HELPER_L4PROTO, l4);
  };
  e.bind = () => nfCtNetnsGet(net, family);
  e.unbind = () => nfCtNetnsPut(net, family);
  return e;
}

/** The kind of this file. */
export const NFT_CT_HELPERS: readonly NftExprOps[] = [
  { name: 'ct helper', policy: nftPolicy(3, { str: [NFTA_CT_HELPER_NAME], u16: [NFTA_CT_HELPER_L3PROTO], u8: [NFTA_CT_HELPER_L4PROTO] }), init },
];
