/** The statement last: when a packet came to it last (nft(8)). */
import type { Kernel } from '@linnet/kernel';
import { NFTA_LAST_MSECS, NFTA_LAST_SET } from '@linnet/uapi';
import { type NftAttrs, nftPolicy, nftPutU64 } from './nft-attr.ts';
import type { NftExprOps } from './nft-expr.ts';
import { type NftCtx, NftExpr } from './nft-model.ts';

const NS_PER_MS = 1e6;

/** `used`: was there one? Then at which nanosecond. */
function make(k: Kernel, used: boolean, at: number): NftExpr {
  const last = { used, at };
  const e = new NftExpr('last', new Uint8Array(0), () => { // datapath-ok: a rule is made
    last.used = true;
    last.at = k.clock.now();
  });
  e.dump = (w) => {
    w.putBe32(NFTA_LAST_SET, last.used ? 1 : 0);
    nftPutU64(w, NFTA_LAST_MSECS, last.used ? Math.floor((k.clock.now() - last.at) / NS_PER_MS) : 0);
  };
  e.again = () => make(k, used, at);
  return e;
}

function init({ net }: NftCtx, a: NftAttrs): NftExpr {
  const k = net.kernel;
  const used = a.u32(NFTA_LAST_SET) !== 0;
  return make(k, used, used ? k.clock.now() - a.u64(NFTA_LAST_MSECS) * NS_PER_MS : 0);
}

/** The kind of this file. */
export const NFT_LAST: readonly NftExprOps[] = [{ name: 'last', policy: nftPolicy(2, { u32: [NFTA_LAST_SET], u64: [NFTA_LAST_MSECS] }), init, stateful: true }];
