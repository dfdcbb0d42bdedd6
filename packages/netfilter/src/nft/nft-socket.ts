/** Expressions of sockets: socket, which asks about the one that a packet is for, and tproxy, which gives the packet to one (nft(8)). */
import { EINVAL, EOPNOTSUPP } from '@linnet/kernel';
import { NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_PRE_ROUTING, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import {
  NFT_BREAK, NFT_SOCKET_MARK, NFT_SOCKET_TRANSPARENT, NFT_SOCKET_WILDCARD, NFTA_SOCKET_DREG, NFTA_SOCKET_KEY, NFTA_SOCKET_LEVEL, NFTA_TPROXY_FAMILY, NFTA_TPROXY_REG_ADDR, NFTA_TPROXY_REG_PORT,
} from '@linnet/uapi';
import { nfSockOf, nfSockWildcard, nfTproxy } from '../nf-tproxy.ts';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import { nftDreg, type NftExprOps, nftOnlyAt, nftSreg } from './nft-expr.ts';
import { type NftCtx, NftExpr } from './nft-model.ts';

const PRE = 1 << NF_INET_PRE_ROUTING;

function socket(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const { family, net } = ctx;
  if (!a.has(NFTA_SOCKET_DREG) || !a.has(NFTA_SOCKET_KEY)) return -EINVAL;
  if (family !== NFPROTO_IPV4 && family !== NFPROTO_IPV6 && family !== NFPROTO_INET) return -EOPNOTSUPP;
  const key = a.u32(NFTA_SOCKET_KEY);
  if (key !== NFT_SOCKET_TRANSPARENT && key !== NFT_SOCKET_MARK && key !== NFT_SOCKET_WILDCARD) return -EOPNOTSUPP;
  const d = nftDreg(a, NFTA_SOCKET_DREG, key === NFT_SOCKET_MARK ? 4 : 1);
  if (d < 0) return d;
  const e = new NftExpr('socket', raw, (p) => {
    const sk = p.tprotSet && p.fragoff === 0 ? nfSockOf(net, p.skb, p.thoff, p.family, p.tprot) : null;
    if (sk === null) {
      p.code = NFT_BREAK;
      return;
    }
    if (key === NFT_SOCKET_MARK) p.view.setInt32(d, sk.mark, true);
    else p.view.setInt32(d, (key === NFT_SOCKET_TRANSPARENT ? sk.transparent : nfSockWildcard(sk, p.family)) ? 1 : 0, true);
  });
  e.check = nftOnlyAt(null, PRE | (1 << NF_INET_LOCAL_IN) | (1 << NF_INET_LOCAL_OUT));
  return e;
}

function tproxy(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const { net } = ctx;
  const family = a.u32(NFTA_TPROXY_FAMILY);
  if (!a.has(NFTA_TPROXY_FAMILY) || (!a.has(NFTA_TPROXY_REG_ADDR) && !a.has(NFTA_TPROXY_REG_PORT))) return -EINVAL;
  // An address belongs to one of the families, and to none where a rule is for both.
  if (ctx.family === NFPROTO_INET ? family === 0 && a.has(NFTA_TPROXY_REG_ADDR) : family !== ctx.family) return -EINVAL;
  const words = family === NFPROTO_IPV6 ? 4 : 1;
  const addr = a.has(NFTA_TPROXY_REG_ADDR) ? nftSreg(a, NFTA_TPROXY_REG_ADDR, 4 * words) : -1;
  if (a.has(NFTA_TPROXY_REG_ADDR) && addr < 0) return addr;
  const port = a.has(NFTA_TPROXY_REG_PORT) ? nftSreg(a, NFTA_TPROXY_REG_PORT, 2) : -1;
  if (a.has(NFTA_TPROXY_REG_PORT) && port < 0) return port;
  const to = addr < 0 ? null : new Int32Array(words);
  const e = new NftExpr('tproxy', raw, (p) => {
    const is = family === 0 || family === p.family;
    if (to !== null) for (let i = 0; i < words; i++) to[i] = p.view.getInt32(addr + 4 * i);
    if (!is || !p.tprotSet || p.fragoff !== 0 || !nfTproxy(net, p.skb, p.thoff, p.family, p.tprot, p.inDev!, to, port < 0 ? 0 : p.view.getUint16(port))) p.code = NFT_BREAK;
  });
  e.check = nftOnlyAt(null, PRE);
  return e;
}

/** The kinds of this file. */
export const NFT_SOCKET: readonly NftExprOps[] = [
  { name: 'socket', policy: nftPolicy(3, { u32: [NFTA_SOCKET_KEY, NFTA_SOCKET_DREG, NFTA_SOCKET_LEVEL] }), init: socket },
  { name: 'tproxy', policy: nftPolicy(3, { u32: [NFTA_TPROXY_FAMILY, NFTA_TPROXY_REG_ADDR, NFTA_TPROXY_REG_PORT] }), init: tproxy },
];
