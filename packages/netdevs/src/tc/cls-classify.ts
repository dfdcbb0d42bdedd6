/** Asking the filters of a block about a packet (tcf_classify). */
import type { Skb } from '@linnet/skbuff';
import { ETH_P_ALL, TC_ACT_GOTO_CHAIN, TC_ACT_RECLASSIFY, TC_ACT_SHOT, TC_ACT_UNSPEC } from '@linnet/uapi';
import type { TcfBlock, TcfChain, TcfResult } from './tc-types.ts';

/** An action took the packet and owns it: no verdict that user space can ask for. */
export const TC_ACT_CONSUMED = 9;

/** The part of a verdict that says which it is, when it carries a value. */
export const TC_ACT_EXT_OPCODE_MASK = 0xf0000000;
/** The part that is the value. */
export const TC_ACT_EXT_VAL_MASK = 0x0fffffff;

/** Classifying a packet over and over ends here. */
const MAX_RECLASSIFY_LOOP = 16;

/** The EtherType that filters go by: that of a tag beside the packet comes first (tc_skb_protocol). */
export function tcSkbProtocol(skb: Skb): number {
  return skb.vlanProto !== 0 ? skb.vlanProto : skb.protocol;
}

/**
 * The verdict of the first filter that has one, -1 (TC_ACT_UNSPEC) when none matches; `res` has the class. The packet may be changed or, with
 * TC_ACT_CONSUMED, gone. Does not free it.
 */
export function tcfClassify(skb: Skb, block: TcfBlock, res: TcfResult): number {
  res.cls = 0;
  res.classid = 0;
  let chain: TcfChain | null = block.chain0;
  let limit = 0;
  while (chain !== null) {
    const protocol = tcSkbProtocol(skb);
    const { filters } = chain;
    let verdict = TC_ACT_UNSPEC;
    for (let i = 0; i < filters.length; i++) {
      const tp = filters[i]!;
      if (tp.protocol !== protocol && tp.protocol !== ETH_P_ALL) continue;
      verdict = tp.ops.classify(skb, tp, res);
      if (verdict >= 0) break;
    }
    if (verdict === TC_ACT_RECLASSIFY) chain = block.chain0;
    else if ((verdict & TC_ACT_EXT_OPCODE_MASK) === TC_ACT_GOTO_CHAIN) {
      // A chain without filters matches nothing.
      chain = res.gotoChain;
      if (chain === null) return TC_ACT_SHOT;
    } else return verdict;
    if (++limit >= MAX_RECLASSIFY_LOOP) return TC_ACT_SHOT;
  }
  return TC_ACT_UNSPEC;
}
