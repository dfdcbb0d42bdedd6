/** Running the actions of a filter (tcf_action_exec, tcf_exts_exec). */
import { SKB_TC_SKIP_CLASSIFY } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { TC_ACT_GOTO_CHAIN, TC_ACT_JUMP, TC_ACT_OK, TC_ACT_PIPE, TC_ACT_REPEAT, TC_ACT_SHOT } from '@linnet/uapi';
import { TC_ACT_EXT_OPCODE_MASK, TC_ACT_EXT_VAL_MASK } from './cls-classify.ts';
import type { TcAction, TcfExts, TcfResult } from './tc-types.ts';

/** Actions of a filter at most. */
export const TCA_ACT_MAX_PRIO_ACTIONS = 32;
/** An action that asks to be repeated is, so often. */
const REPEAT_TTL = 32;

/** The verdict of a list of actions: that of the last one, or of the first that does not pass the packet on. */
export function tcfActionExec(skb: Skb, actions: readonly TcAction[], res: TcfResult): number {
  if ((skb.tcState & SKB_TC_SKIP_CLASSIFY) !== 0) {
    skb.tcState &= ~SKB_TC_SKIP_CLASSIFY;
    return TC_ACT_OK;
  }
  let ret = TC_ACT_OK;
  let jumps = TCA_ACT_MAX_PRIO_ACTIONS;
  let skip = 0;
  for (let i = 0; i < actions.length; i++) {
    if (skip > 0) {
      skip--;
      continue;
    }
    const a = actions[i]!;
    ret = a.ops.act(skb, a, res);
    for (let n = 0; ret === TC_ACT_REPEAT; n++) {
      if (n === REPEAT_TTL) return TC_ACT_OK;
      ret = a.ops.act(skb, a, res);
    }
    if ((ret & TC_ACT_EXT_OPCODE_MASK) === TC_ACT_JUMP) {
      // So many from the first one on are passed by: also backwards, a few times.
      skip = ret & TC_ACT_EXT_VAL_MASK;
      if (skip === 0 || skip > actions.length || --jumps <= 0) return TC_ACT_OK;
      i = -1;
      continue;
    }
    if ((ret & TC_ACT_EXT_OPCODE_MASK) === TC_ACT_GOTO_CHAIN) {
      if (a.gotoChain === null) return TC_ACT_SHOT;
      res.gotoChain = a.gotoChain;
    }
    if (ret !== TC_ACT_PIPE) break;
  }
  return ret;
}

/** The verdict of a filter that matched: that of its actions, TC_ACT_OK without any. */
export function tcfExtsExec(skb: Skb, exts: TcfExts, res: TcfResult): number {
  return exts.actions.length === 0 ? TC_ACT_OK : tcfActionExec(skb, exts.actions, res);
}

/** Counts a packet that an action saw (tcf_action_update_bstats, tcf_lastuse_update). */
export function tcfActionSeen(skb: Skb, a: TcAction): void {
  a.bytes += skb.cb0;
  a.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
  const now = a.net.kernel.jiffies;
  a.lastuse = now;
  if (a.firstuse === 0) a.firstuse = now;
}
