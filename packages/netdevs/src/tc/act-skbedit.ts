/** skbedit: writes what a packet carries beside its bytes: priority, mark, queue, type (tc-skbedit(8)). */
import { EINVAL } from '@linnet/kernel';
import { NLA_BINARY, NLA_U16, NLA_U32, NLA_U64 } from '@linnet/netlink';
import { PACKET_OTHERHOST, type Skb } from '@linnet/skbuff';
import {
  ETH_P_IP, ETH_P_IPV6, nlaGetU16, nlaGetU32, nlaGetU64, type NlWriter, SKBEDIT_F_INHERITDSFIELD, SKBEDIT_F_MARK, SKBEDIT_F_MASK, SKBEDIT_F_PRIORITY, SKBEDIT_F_PTYPE,
  SKBEDIT_F_QUEUE_MAPPING, TCA_ID_SKBEDIT, TCA_SKBEDIT_FLAGS, TCA_SKBEDIT_MARK, TCA_SKBEDIT_MASK, TCA_SKBEDIT_MAX, TCA_SKBEDIT_PARMS, TCA_SKBEDIT_PRIORITY, TCA_SKBEDIT_PTYPE,
  TCA_SKBEDIT_QUEUE_MAPPING, TCA_SKBEDIT_TM,
} from '@linnet/uapi';
import { putTcfT, putTcGen, tcfActionAbort, tcfActionSetup, tcfCheckCtrlact, tcfSetCtrlact } from './act-api.ts';
import { actParse, TC_GEN_LEN, tcGen } from './act-common.ts';
import { tcfActionSeen } from './act-exec.ts';
import { tcSkbProtocol } from './cls-classify.ts';
import type { TcActInit, TcAction, TcActOps } from './tc-types.ts';

const POLICY = {
  maxtype: TCA_SKBEDIT_MAX,
  rules: {
    [TCA_SKBEDIT_PARMS]: { type: NLA_BINARY }, [TCA_SKBEDIT_PRIORITY]: { type: NLA_U32 }, [TCA_SKBEDIT_QUEUE_MAPPING]: { type: NLA_U16 }, [TCA_SKBEDIT_MARK]: { type: NLA_U32 },
    [TCA_SKBEDIT_PTYPE]: { type: NLA_U16 }, [TCA_SKBEDIT_MASK]: { type: NLA_U32 }, [TCA_SKBEDIT_FLAGS]: { type: NLA_U64 },
  },
};

class Skbedit {
  flags = 0;
  priority = 0;
  mark = 0;
  mask = -1;
  queue = 0;
  ptype = 0;
}

function init(p: TcActInit, nla: number): TcAction | number {
  const tb = actParse(p, nla, POLICY, TCA_SKBEDIT_PARMS, TC_GEN_LEN);
  if (typeof tb === 'number') return tb;
  const { view } = p.req;
  const e = new Skbedit();
  if (tb[TCA_SKBEDIT_PRIORITY] !== 0) {
    e.flags |= SKBEDIT_F_PRIORITY;
    e.priority = nlaGetU32(view, tb[TCA_SKBEDIT_PRIORITY]!);
  }
  if (tb[TCA_SKBEDIT_QUEUE_MAPPING] !== 0) {
    e.flags |= SKBEDIT_F_QUEUE_MAPPING;
    e.queue = nlaGetU16(view, tb[TCA_SKBEDIT_QUEUE_MAPPING]!);
  }
  if (tb[TCA_SKBEDIT_PTYPE] !== 0) {
    e.ptype = nlaGetU16(view, tb[TCA_SKBEDIT_PTYPE]!);
    if (e.ptype > PACKET_OTHERHOST) return -EINVAL;
    e.flags |= SKBEDIT_F_PTYPE;
  }
  if (tb[TCA_SKBEDIT_MARK] !== 0) {
    e.flags |= SKBEDIT_F_MARK;
    e.mark = nlaGetU32(view, tb[TCA_SKBEDIT_MARK]!) | 0;
  }
  if (tb[TCA_SKBEDIT_MASK] !== 0) {
    e.flags |= SKBEDIT_F_MASK;
    e.mask = nlaGetU32(view, tb[TCA_SKBEDIT_MASK]!) | 0;
  }
  if (tb[TCA_SKBEDIT_FLAGS] !== 0 && (nlaGetU64(view, tb[TCA_SKBEDIT_FLAGS]!) & SKBEDIT_F_INHERITDSFIELD) !== 0) e.flags |= SKBEDIT_F_INHERITDSFIELD;
  const { index, action } = tcGen(p, tb[TCA_SKBEDIT_PARMS]!);
  const slot = tcfActionSetup(p, SKBEDIT_OPS, index);
  if (typeof slot === 'number' || slot.bound) return typeof slot === 'number' ? slot : slot.a;
  const { a } = slot;
  if (e.flags === 0) return tcfActionAbort(p, a, -EINVAL);
  const chain = tcfCheckCtrlact(action, p);
  if (typeof chain === 'number') return tcfActionAbort(p, a, chain);
  tcfSetCtrlact(a, action, chain);
  a.priv = e;
  return a;
}

/** The DSCP of an IP packet, in place of its priority. */
function dsfield(skb: Skb): number {
  const nh = skb.networkHeader;
  const protocol = tcSkbProtocol(skb);
  if (protocol === ETH_P_IP && nh + 20 <= skb.tail) return skb.u8[nh + 1]! >> 2;
  if (protocol === ETH_P_IPV6 && nh + 40 <= skb.tail) return ((skb.view.getUint16(nh) >> 4) & 0xff) >> 2;
  return -1;
}

/** The action `skbedit`. @alpha */
export const SKBEDIT_OPS: TcActOps = Object.freeze({
  kind: 'skbedit',
  id: TCA_ID_SKBEDIT,
  init,
  act(skb: Skb, a: TcAction): number {
    const e = a.priv as Skbedit;
    tcfActionSeen(skb, a);
    if ((e.flags & SKBEDIT_F_PRIORITY) !== 0) skb.priority = e.priority;
    if ((e.flags & SKBEDIT_F_INHERITDSFIELD) !== 0) {
      const ds = dsfield(skb);
      if (ds >= 0) skb.priority = ds;
    }
    if ((e.flags & SKBEDIT_F_QUEUE_MAPPING) !== 0) skb.queueMapping = e.queue;
    if ((e.flags & SKBEDIT_F_MARK) !== 0) skb.mark = (skb.mark & ~e.mask) | (e.mark & e.mask);
    if ((e.flags & SKBEDIT_F_PTYPE) !== 0) skb.pktType = e.ptype;
    return a.action;
  },
  dump(a: TcAction, w: NlWriter): void {
    const e = a.priv as Skbedit;
    putTcGen(w.view, w.reserveAttr(TCA_SKBEDIT_PARMS, TC_GEN_LEN), a);
    if ((e.flags & SKBEDIT_F_PRIORITY) !== 0) w.putU32(TCA_SKBEDIT_PRIORITY, e.priority);
    if ((e.flags & SKBEDIT_F_QUEUE_MAPPING) !== 0) w.putU16(TCA_SKBEDIT_QUEUE_MAPPING, e.queue);
    if ((e.flags & SKBEDIT_F_MARK) !== 0) w.putU32(TCA_SKBEDIT_MARK, e.mark);
    if ((e.flags & SKBEDIT_F_PTYPE) !== 0) w.putU16(TCA_SKBEDIT_PTYPE, e.ptype);
    if ((e.flags & SKBEDIT_F_MASK) !== 0) w.putU32(TCA_SKBEDIT_MASK, e.mask);
    if ((e.flags & SKBEDIT_F_INHERITDSFIELD) !== 0) w.putU64(TCA_SKBEDIT_FLAGS, SKBEDIT_F_INHERITDSFIELD);
    putTcfT(w, TCA_SKBEDIT_TM, a);
  },
});
