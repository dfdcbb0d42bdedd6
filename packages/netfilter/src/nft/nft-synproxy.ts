/** The statement synproxy, and the object of that name: SYNs are answered in a server's name (nft(8)). */
import { EINVAL, EOPNOTSUPP, EPROTO } from '@linnet/kernel';
import { NF_ACCEPT, NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { IPPROTO_TCP, NFT_BREAK, NFTA_SYNPROXY_FLAGS, NFTA_SYNPROXY_MSS, NFTA_SYNPROXY_WSCALE } from '@linnet/uapi';
import { nfCtNetnsGet, nfCtNetnsPut } from '../nf-conntrack.ts';
import { NF_SYNPROXY, nfSynproxyUse } from '../nf-synproxy-xt.ts';
import { nfSumOk } from '../xt-reject.ts';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import { type NftExprOps, nftOnlyAt } from './nft-expr.ts';
import { type NftCtx, NftExpr } from './nft-model.ts';

/** NF_SYNPROXY_OPT_*, all of them. */
const OPTIONS = 0x1f;

function init(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const { net, family } = ctx;
  const mss = a.u16(NFTA_SYNPROXY_MSS);
  const wscale = a.u8(NFTA_SYNPROXY_WSCALE);
  const flags = a.u32(NFTA_SYNPROXY_FLAGS);
  if ((flags & ~OPTIONS) !== 0) return -EOPNOTSUPP;
  const pfs = family === NFPROTO_INET ? [NFPROTO_IPV4, NFPROTO_IPV6] : family === NFPROTO_IPV4 || family === NFPROTO_IPV6 ? [family] : null;
  if (pfs === null) return -EPROTO;
  const here = net.tryGet(NF_SYNPROXY);
  if (here === null) return -EINVAL;
  const e = new NftExpr('synproxy', raw, (p) => {
    if (!p.tprotSet || p.tprot !== IPPROTO_TCP) {
      p.code = NFT_BREAK;
      return;
    }
    if (!nfSumOk(p.skb, p)) {
      p.code = NF_DROP;
      return;
    }
    const v = p.fragoff !== 0 ? NF_ACCEPT : here.proxy.client(p.skb, p.thoff, flags, mss, wscale);
    if (v !== NF_ACCEPT) p.code = v;
  });
  e.dump = (w) => {
    w.putBe16(NFTA_SYNPROXY_MSS, mss);
    w.putU8(NFTA_SYNPROXY_WSCALE, wscale);
    w.putBe32(NFTA_SYNPROXY_FLAGS, flags);
  };
  let off: (() => void)[] = [];
  e.bind = () => {
    nfCtNetnsGet(net, family);
    off = pfs.map((pf) => nfSynproxyUse(here, net, pf)); // datapath-ok: a rule is made
  };
  e.unbind = () => {
    for (const fn of off) fn();
    nfCtNetnsPut(net, family);
  };
  e.check = nftOnlyAt(null, (1 << NF_INET_LOCAL_IN) | (1 << NF_INET_FORWARD));
  return e;
}

/** The kind of this file. */
export const NFT_SYNPROXY: readonly NftExprOps[] = [
  { name: 'synproxy', policy: nftPolicy(3, { u16: [NFTA_SYNPROXY_MSS], u8: [NFTA_SYNPROXY_WSCALE], u32: [NFTA_SYNPROXY_FLAGS] }), init },
];
