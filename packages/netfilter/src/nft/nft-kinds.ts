/** All kinds of expressions. */
import { NFT_BASIC } from './nft-basic.ts';
import { NFT_COMPAT } from './nft-compat.ts';
import { NFT_CT } from './nft-ct.ts';
import { NFT_CT_EXPECTATIONS } from './nft-ct-expect.ts';
import { NFT_CT_HELPERS } from './nft-ct-helper.ts';
import { NFT_CT_TIMEOUTS } from './nft-ct-timeout.ts';
import { NFT_DYN } from './nft-dyn.ts';
import type { NftExprOps } from './nft-expr.ts';
import { NFT_FWD } from './nft-fwd.ts';
import { NFT_LAST } from './nft-last.ts';
import { NFT_META } from './nft-meta.ts';
import { NFT_PAYLOAD } from './nft-payload.ts';
import { NFT_ROUTE } from './nft-route.ts';
import { NFT_SOCKET } from './nft-socket.ts';
import { NFT_STMT } from './nft-stmt.ts';
import { NFT_SYNPROXY } from './nft-synproxy.ts';

const KINDS: ReadonlyMap<string, NftExprOps> = new Map([NFT_BASIC, NFT_PAYLOAD, NFT_META, NFT_CT, NFT_STMT, NFT_DYN, NFT_COMPAT, NFT_ROUTE, NFT_FWD, NFT_CT_HELPERS, NFT_CT_TIMEOUTS, NFT_CT_EXPECTATIONS, NFT_SYNPROXY, NFT_LAST, NFT_SOCKET].flatMap((l) => l.map((o) => [o.name, o] as const)));

/** The kind with that name. */
export function nftKind(name: string): NftExprOps | undefined {
  return KINDS.get(name);
}
