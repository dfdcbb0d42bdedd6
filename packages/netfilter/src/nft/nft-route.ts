/** The expression rt: what is known of a packet's route. */
import { EINVAL, EOPNOTSUPP } from '@linnet/kernel';
import { Flowi, flowiReset, INET } from '@linnet/inet';
import {
  type DstEntry, dstMtu, NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6,
} from '@linnet/netdev';
import {
  AF_INET, AF_INET6, NFT_BREAK, NFT_RT_CLASSID, NFT_RT_NEXTHOP4, NFT_RT_NEXTHOP6, NFT_RT_TCPMSS, NFT_RT_XFRM, NFTA_RT_DREG, NFTA_RT_KEY,
} from '@linnet/uapi';
import { in6Load } from '../xt-words.ts';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import { nftDreg, type NftExprOps, nftOnlyAt } from './nft-expr.ts';
import { type NftCtx, type NftEval, NftExpr } from './nft-model.ts';

/** Headers of TCP segments without options, by family. */
const HEADERS4 = 40;
const HEADERS6 = 60;
/** RFC 9293 3.7.1. */
const MSS_DEFAULT = 536;

/** The largest segment that fits the way out, and the way back if there is one. */
function mss(ctx: NftCtx, d: number): NftEval {
  const inet = ctx.net.kernel.get(INET);
  const fl = new Flowi(); // datapath-ok: a rule is made
  const back = new Int32Array(4); // datapath-ok: as above
  return (p) => {
    const { skb } = p;
    const six = p.family === NFPROTO_IPV6;
    const af = inet.af(six ? AF_INET6 : AF_INET);
    let mtu = dstMtu(skb.dst as DstEntry);
    flowiReset(fl);
    if (six) in6Load(back, skb.view, skb.networkHeader + 8);
    fl.daddr = six ? 0 : skb.view.getInt32(skb.networkHeader + 12);
    fl.daddr6 = six ? back : null;
    const rt = af === null ? null : af.routeOutput(ctx.net, fl, null);
    if (rt !== null) mtu = Math.min(mtu, dstMtu(rt));
    const headers = six ? HEADERS6 : HEADERS4;
    p.w[d >> 2] = 0;
    p.view.setUint16(d, mtu <= headers ? MSS_DEFAULT : Math.min(mtu, 0xffff) - headers, true);
  };
}

function rtGet(ctx: NftCtx, key: number, d: number): NftEval | null {
  const inet = ctx.net.kernel.get(INET);
  switch (key) {
    case NFT_RT_CLASSID:
      return (p) => p.view.setInt32(d, inet.af(p.family === NFPROTO_IPV6 ? AF_INET6 : AF_INET)?.realms?.(p.skb) ?? 0, true);
    case NFT_RT_NEXTHOP4:
      return (p) => {
        const af = inet.af(AF_INET);
        if (p.family !== NFPROTO_IPV4 || af?.nextHop === undefined) p.code = NFT_BREAK;
        else p.view.setInt32(d, af.nextHop(p.skb));
      };
    case NFT_RT_NEXTHOP6:
      return (p) => {
        const af = inet.af(AF_INET6);
        const gw = p.family !== NFPROTO_IPV6 || af?.nextHop6 === undefined ? null : af.nextHop6(p.skb);
        if (gw === null) p.code = NFT_BREAK;
        else for (let i = 0; i < 4; i++) p.view.setInt32(d + 4 * i, gw[i]!);
      };
    case NFT_RT_TCPMSS:
      return mss(ctx, d);
    case NFT_RT_XFRM:
      return (p) => {
        p.w[d >> 2] = 0;
      };
    default:
      return null;
  }
}

const MSS_HOOKS: number = (1 << NF_INET_FORWARD) | (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_POST_ROUTING);
/** Bytes of a register that a key fills. */
const RT_SIZE: readonly number[] = [4, 4, 16, 2, 1];

function rt(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_RT_KEY) || !a.has(NFTA_RT_DREG)) return -EINVAL;
  if (ctx.family !== NFPROTO_IPV4 && ctx.family !== NFPROTO_IPV6 && ctx.family !== NFPROTO_INET) return -EOPNOTSUPP;
  const key = a.u32(NFTA_RT_KEY);
  const d = nftDreg(a, NFTA_RT_DREG, RT_SIZE[key] ?? 4);
  if (d < 0) return d;
  const run = rtGet(ctx, key, d);
  if (run === null) return -EOPNOTSUPP;
  const e = new NftExpr('rt', raw, (p) => {
    if (p.skb.dst === null) p.code = NFT_BREAK;
    else run(p);
  });
  e.check = nftOnlyAt(null, key === NFT_RT_TCPMSS ? MSS_HOOKS : 0x1f);
  return e;
}

/** The definitions. */
export const NFT_ROUTE: readonly NftExprOps[] = [
  { name: 'rt', policy: nftPolicy(2, { u32: [1, 2] }), init: rt },
];
