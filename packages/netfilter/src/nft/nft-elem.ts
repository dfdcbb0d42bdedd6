/** What the elements of sets use: chains that they jump to, objects, and what their expressions need. */
import { nftJump } from './nft-model.ts';
import type { NftElem } from './nft-set.ts';

/** Begins to be used: the element is in its set. */
export function holdElem(e: NftElem): void {
  const chain = nftJump(e.verdict);
  if (chain !== null) chain.use++;
  if (e.obj !== null) e.obj.use++;
  for (let i = 0; i < e.exprs.length; i++) e.exprs[i]!.bind?.();
}

/** Ceases to be used: the element has left its set. */
export function releaseElem(e: NftElem): void {
  const chain = nftJump(e.verdict);
  if (chain !== null) chain.use--;
  if (e.obj !== null) e.obj.use--;
  for (let i = 0; i < e.exprs.length; i++) e.exprs[i]!.unbind?.();
}
