/** All kinds of expressions. */
import { NFT_BASIC } from './nft-basic.ts';
import { NFT_CT } from './nft-ct.ts';
import { NFT_DYN } from './nft-dyn.ts';
import type { NftExprOps } from './nft-expr.ts';
import { NFT_META } from './nft-meta.ts';
import { NFT_PAYLOAD } from './nft-payload.ts';
import { NFT_STMT } from './nft-stmt.ts';

const KINDS: ReadonlyMap<string, NftExprOps> = new Map([NFT_BASIC, NFT_PAYLOAD, NFT_META, NFT_CT, NFT_STMT, NFT_DYN].flatMap((l) => l.map((o) => [o.name, o] as const)));

/** The kind with that name. */
export function nftKind(name: string): NftExprOps | undefined {
  return KINDS.get(name);
}
