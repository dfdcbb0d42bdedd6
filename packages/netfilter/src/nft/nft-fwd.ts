/** Statements that send a packet, or a copy of it, another way: dup and fwd (nft(8)). */
import { EINVAL, EOPNOTSUPP } from '@linnet/kernel';
import { Flowi, FLOWI_FLAG_KNOWN_NH, flowiReset, INET } from '@linnet/inet';
import {
  devQueueXmit, NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING, NF_NETDEV_INGRESS, NF_STOLEN, type NetDevice, NETDEV_NET, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_NETDEV,
} from '@linnet/netdev';
import { DROP, kfreeSkbReason, pskbCopy, type Skb, skbClone, skbCowHead, skbPush } from '@linnet/skbuff';
import { csumReplace2 } from '@linnet/kernel';
import { AF_INET, AF_INET6, NFTA_DUP_SREG_ADDR, NFTA_DUP_SREG_DEV, NFTA_FWD_SREG_ADDR, NFTA_FWD_SREG_DEV, in6Load } from '@linnet/uapi';
import { nfCtSetUntracked } from '../nf-conntrack-core.ts';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import { type NftExprOps, nftSreg } from './nft-expr.ts';
import { type NftCtx, NftExpr, type NftPkt } from './nft-model.ts';

function deviceOf(p: NftPkt, at: number): NetDevice | null {
  const index = p.w[at >> 2]!;
  const { devs } = p.net.get(NETDEV_NET);
  for (let i = 0; i < devs.length; i++) if (devs[i]!.ifindex === index) return devs[i]!;
  return null;
}

/** Sends a packet as it is, with its link layer's header, by a device. Consumes it. */
function sendBy(p: NftPkt, skb: Skb, dev: NetDevice): void {
  // What came in has the header behind it.
  if (p.hook === NF_NETDEV_INGRESS && skb.macHeader >= 0) {
    const n = skb.data - skb.macHeader;
    skbCowHead(skb, n);
    skbPush(skb, n);
  }
  skb.tstamp = 0;
  skb.dev = dev;
  devQueueXmit(skb);
}

function dupDevice(a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_DUP_SREG_DEV)) return -EINVAL;
  const s = nftSreg(a, NFTA_DUP_SREG_DEV, 4);
  if (s < 0) return s;
  return new NftExpr('dup', raw, (p) => {
    const dev = deviceOf(p, s);
    if (dev !== null) sendBy(p, skbClone(p.skb), dev);
  });
}

/** Writes the time to live of a copy, which is one less than that of what came in, so that copies of copies end. */
function lessTtl(skb: Skb, six: boolean): void {
  const nh = skb.networkHeader;
  if (six) {
    skb.u8[nh + 7]!--;
    return;
  }
  const from = skb.view.getUint16(nh + 8);
  skb.u8[nh + 8]!--;
  skb.view.setUint16(nh + 10, csumReplace2(skb.view.getUint16(nh + 10), from, skb.view.getUint16(nh + 8)));
}

function dupAddress(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const six = ctx.family === NFPROTO_IPV6;
  if (!a.has(NFTA_DUP_SREG_ADDR)) return -EINVAL;
  const s = nftSreg(a, NFTA_DUP_SREG_ADDR, six ? 16 : 4);
  if (s < 0) return s;
  const sd = a.has(NFTA_DUP_SREG_DEV) ? nftSreg(a, NFTA_DUP_SREG_DEV, 4) : 0;
  if (sd < 0) return sd;
  const { net } = ctx;
  const inet = net.kernel.get(INET);
  const fl = new Flowi(); // datapath-ok: a rule is made
  const to6 = new Int32Array(4); // datapath-ok: as above
  // A copy may meet the same rule on its way out: it is not copied again.
  let busy = false;
  return new NftExpr('dup', raw, (p) => {
    const af = inet.af(six ? AF_INET6 : AF_INET);
    if (af === null || busy) return;
    flowiReset(fl);
    if (six) in6Load(to6, p.view, s);
    else fl.daddr = p.view.getInt32(s);
    fl.daddr6 = six ? to6 : null;
    fl.oif = sd === 0 ? 0 : p.w[sd >> 2]!;
    fl.flags = FLOWI_FLAG_KNOWN_NH;
    const dst = af.routeOutput(net, fl, null);
    if (dst === null) return;
    const copy = pskbCopy(p.skb);
    nfCtSetUntracked(copy);
    copy.dst = dst;
    copy.dev = dst.dev;
    if (p.hook === NF_INET_PRE_ROUTING || p.hook === NF_INET_LOCAL_IN) lessTtl(copy, six);
    busy = true;
    af.sendSkb(net, copy);
    busy = false;
  });
}

function dup(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (ctx.family === NFPROTO_NETDEV) return dupDevice(a, raw);
  return ctx.family === NFPROTO_IPV4 || ctx.family === NFPROTO_IPV6 ? dupAddress(ctx, a, raw) : -EOPNOTSUPP;
}

function fwd(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (ctx.family !== NFPROTO_NETDEV || a.has(NFTA_FWD_SREG_ADDR)) return -EOPNOTSUPP;
  if (!a.has(NFTA_FWD_SREG_DEV)) return -EINVAL;
  const s = nftSreg(a, NFTA_FWD_SREG_DEV, 4);
  if (s < 0) return s;
  return new NftExpr('fwd', raw, (p) => {
    const dev = deviceOf(p, s);
    if (dev === null) kfreeSkbReason(p.skb, DROP.DEV_READY);
    else sendBy(p, p.skb, dev);
    p.code = NF_STOLEN;
  });
}

/** The definitions. */
export const NFT_FWD: readonly NftExprOps[] = [
  { name: 'dup', policy: nftPolicy(2, { u32: [1, 2] }), init: dup },
  { name: 'fwd', policy: nftPolicy(3, { u32: [1, 2, 3] }), init: fwd },
];
