/** gact: a verdict, or now and then another one (tc-actions(8)). */
import { EINVAL, type RngStream } from '@linnet/kernel';
import { NLA_BINARY } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  MAX_RAND, type NlWriter, PGACT_DETERM, PGACT_NONE, TC_ACT_GOTO_CHAIN, TC_ACT_SHOT, TCA_GACT_MAX, TCA_GACT_PARMS, TCA_GACT_PROB, TCA_GACT_TM, TCA_ID_GACT,
} from '@linnet/uapi';
import { putTcfT, putTcGen, tcfActionAbort, tcfActionSetup, tcfCheckCtrlact, tcfSetCtrlact } from './act-api.ts';
import { actParse, TC_GEN_LEN, tcGen } from './act-common.ts';
import { tcfActionSeen } from './act-exec.ts';
import { TC_ACT_EXT_OPCODE_MASK } from './cls-classify.ts';
import { say } from './tc-core.ts';
import type { TcActInit, TcAction, TcActOps } from './tc-types.ts';

const POLICY = { maxtype: TCA_GACT_MAX, rules: { [TCA_GACT_PARMS]: { type: NLA_BINARY, len: TC_GEN_LEN }, [TCA_GACT_PROB]: { type: NLA_BINARY, len: 8 } } };

class Gact {
  ptype = PGACT_NONE;
  pval = 1;
  paction = 0;
  count = 0;
  readonly rng: RngStream;
  constructor(rng: RngStream) {
    this.rng = rng;
  }
}

function init(p: TcActInit, nla: number): TcAction | number {
  const tb = actParse(p, nla, POLICY, TCA_GACT_PARMS, TC_GEN_LEN);
  if (typeof tb === 'number') return tb;
  const { view } = p.req;
  const { index, action } = tcGen(p, tb[TCA_GACT_PARMS]!);
  const prob = tb[TCA_GACT_PROB]!;
  if (prob !== 0) {
    if (view.getUint16(prob + 4, true) >= MAX_RAND) return -EINVAL;
    if ((view.getInt32(prob + 8, true) & TC_ACT_EXT_OPCODE_MASK) === TC_ACT_GOTO_CHAIN) {
      say(p.extack, 'goto chain not allowed on fallback');
      return -EINVAL;
    }
  }
  const slot = tcfActionSetup(p, GACT_OPS, index);
  if (typeof slot === 'number' || slot.bound) return typeof slot === 'number' ? slot : slot.a;
  const { a } = slot;
  const chain = tcfCheckCtrlact(action, p);
  if (typeof chain === 'number') return tcfActionAbort(p, a, chain);
  tcfSetCtrlact(a, action, chain);
  if (a.priv === null) a.priv = new Gact(p.net.kernel.rng.stream('tc.gact'));
  const g = a.priv as Gact;
  if (prob !== 0) {
    g.ptype = view.getUint16(prob + 4, true);
    g.pval = Math.max(1, view.getUint16(prob + 6, true));
    g.paction = view.getInt32(prob + 8, true);
  }
  return a;
}

/** The action `gact`: pass, drop and their like. @alpha */
export const GACT_OPS: TcActOps = Object.freeze({
  kind: 'gact',
  id: TCA_ID_GACT,
  init,
  act(skb: Skb, a: TcAction): number {
    const g = a.priv as Gact;
    let { action } = a;
    if (g.ptype !== PGACT_NONE) {
      // One in so many gets the other verdict.
      const n = g.ptype === PGACT_DETERM ? ++g.count % g.pval : g.rng.below(g.pval);
      if (n === 0) action = g.paction;
    }
    tcfActionSeen(skb, a);
    if (action === TC_ACT_SHOT) a.drops++;
    return action;
  },
  dump(a: TcAction, w: NlWriter): void {
    const off = w.reserveAttr(TCA_GACT_PARMS, TC_GEN_LEN);
    putTcGen(w.view, off, a);
    const g = a.priv as Gact;
    if (g.ptype !== PGACT_NONE) {
      const o = w.reserveAttr(TCA_GACT_PROB, 8);
      w.view.setUint16(o, g.ptype, true);
      w.view.setUint16(o + 2, g.pval, true);
      w.view.setInt32(o + 4, g.paction, true);
    }
    putTcfT(w, TCA_GACT_TM, a);
  },
});
