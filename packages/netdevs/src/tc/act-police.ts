/** police: passes what keeps to a rate, and gives the rest a verdict (tc-police(8)). */
import { EINVAL } from '@linnet/kernel';
import { qdiscPktLen } from '@linnet/netdev';
import { NLA_BINARY, NLA_U32, NLA_U64 } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  nlaGetU32, nlaGetU64, nlaLen, type NlWriter, TC_ACT_OK, TC_ACT_SHOT, TCA_ID_POLICE, TCA_POLICE_AVRATE, TCA_POLICE_MAX, TCA_POLICE_PEAKRATE, TCA_POLICE_PEAKRATE64, TCA_POLICE_PKTBURST64,
  TCA_POLICE_PKTRATE64, TCA_POLICE_RATE, TCA_POLICE_RATE64, TCA_POLICE_RESULT, TCA_POLICE_TBF, TCA_POLICE_TM,
} from '@linnet/uapi';
import { putTcfT, tcfActionAbort, tcfActionSetup, tcfCheckCtrlact, tcfSetCtrlact } from './act-api.ts';
import { actParse } from './act-common.ts';
import { tcfActionSeen } from './act-exec.ts';
import { gsoMacSeglen } from './gso.ts';
import { pschedNs2ticks, pschedTicks2ns, RateCfg, rateLinklayer } from './psched.ts';
import { say } from './tc-core.ts';
import type { TcActInit, TcAction, TcActOps } from './tc-types.ts';

/** Bytes of struct tc_police, and of the older form without `capab`. */
const POLICE_LEN = 56;
const POLICE_COMPAT_LEN = 44;
const RTAB_LEN = 1024;
const NSEC = 1e9;

const POLICY = {
  maxtype: TCA_POLICE_MAX,
  rules: {
    [TCA_POLICE_RATE]: { type: NLA_BINARY, len: RTAB_LEN }, [TCA_POLICE_PEAKRATE]: { type: NLA_BINARY, len: RTAB_LEN }, [TCA_POLICE_AVRATE]: { type: NLA_U32 },
    [TCA_POLICE_RESULT]: { type: NLA_U32 }, [TCA_POLICE_RATE64]: { type: NLA_U64 }, [TCA_POLICE_PEAKRATE64]: { type: NLA_U64 },
    [TCA_POLICE_PKTRATE64]: { type: NLA_U64, min: 1 }, [TCA_POLICE_PKTBURST64]: { type: NLA_U64, min: 1 },
  },
};

class Police {
  rate: RateCfg | null = null;
  peak: RateCfg | null = null;
  mtu = 0xffffffff;
  /** What the buckets hold at most, ns. */
  burst = 0;
  mtuPtoks = 0;
  result = TC_ACT_OK;
  avrate = 0;
  /** Packets a second, 0 for none, and their bucket in ns. */
  pps = 0;
  pktBurst = 0;
  toks = 0;
  ptoks = 0;
  pktToks = 0;
  last = 0;
}

function init(p: TcActInit, nla: number): TcAction | number {
  const tb = actParse(p, nla, POLICY, TCA_POLICE_TBF, POLICE_COMPAT_LEN);
  if (typeof tb === 'number') return tb;
  const { view } = p.req;
  const parms = tb[TCA_POLICE_TBF]! + 4;
  const len = nlaLen(view, tb[TCA_POLICE_TBF]!);
  if (len !== POLICE_LEN && len !== POLICE_COMPAT_LEN) return -EINVAL;
  const slot = tcfActionSetup(p, POLICE_OPS, view.getUint32(parms, true));
  if (typeof slot === 'number' || slot.bound) return typeof slot === 'number' ? slot : slot.a;
  const { a } = slot;
  const action = view.getInt32(parms + 4, true);
  const chain = tcfCheckCtrlact(action, p);
  if (typeof chain === 'number') return tcfActionAbort(p, a, chain);
  const rateOff = parms + 20;
  const peakOff = parms + 32;
  const table = (attr: number, off: number): boolean => tb[attr] !== 0 && nlaLen(view, tb[attr]!) === RTAB_LEN && view.getUint8(off) !== 0;
  const hasRate = view.getUint32(rateOff + 8, true) !== 0;
  const hasPeak = view.getUint32(peakOff + 8, true) !== 0;
  if ((hasRate && !table(TCA_POLICE_RATE, rateOff)) || (hasPeak && !table(TCA_POLICE_PEAKRATE, peakOff))) return tcfActionAbort(p, a, -EINVAL);
  const pkt = tb[TCA_POLICE_PKTRATE64] !== 0;
  if (pkt !== (tb[TCA_POLICE_PKTBURST64] !== 0)) {
    say(p.extack, 'Both or neither packet-per-second burst and rate must be provided');
    return tcfActionAbort(p, a, -EINVAL);
  }
  if (pkt && hasRate) {
    say(p.extack, 'packet-per-second and byte-per-second rate limits not allowed in same action');
    return tcfActionAbort(p, a, -EINVAL);
  }
  tcfSetCtrlact(a, action, chain);
  const old = a.priv as Police | null;
  const q = new Police();
  const u64 = (attr: number): number => (tb[attr] === 0 ? 0 : nlaGetU64(view, tb[attr]!));
  if (hasRate) q.rate = new RateCfg(view, rateOff, u64(TCA_POLICE_RATE64), rateLinklayer(view, rateOff, tb[TCA_POLICE_RATE]! + 4));
  if (hasPeak) q.peak = new RateCfg(view, peakOff, u64(TCA_POLICE_PEAKRATE64), rateLinklayer(view, peakOff, tb[TCA_POLICE_PEAKRATE]! + 4));
  q.mtu = view.getUint32(parms + 16, true);
  if (q.mtu === 0) q.mtu = hasRate ? 255 * 2 ** view.getUint8(rateOff) : 0xffffffff;
  q.burst = pschedTicks2ns(view.getUint32(parms + 12, true));
  q.toks = q.burst;
  if (q.peak !== null) q.mtuPtoks = q.ptoks = q.peak.l2tNs(q.mtu);
  if (tb[TCA_POLICE_RESULT] !== 0) q.result = view.getInt32(tb[TCA_POLICE_RESULT]! + 4, true);
  if (tb[TCA_POLICE_AVRATE] !== 0) q.avrate = nlaGetU32(view, tb[TCA_POLICE_AVRATE]!);
  if (pkt) {
    q.pps = u64(TCA_POLICE_PKTRATE64);
    q.pktBurst = pschedTicks2ns(u64(TCA_POLICE_PKTBURST64));
    q.pktToks = q.pktBurst;
  }
  q.last = old?.last ?? p.net.kernel.ktime;
  a.priv = q;
  return a;
}

function act(skb: Skb, a: TcAction): number {
  const q = a.priv as Police;
  tcfActionSeen(skb, a);
  const len = qdiscPktLen(skb);
  // Of a super-segment each segment has to keep to the MTU.
  if ((skb.gsoSize !== 0 ? gsoMacSeglen(skb) : len) <= q.mtu) {
    if (q.rate === null && q.pps === 0) return passed(a, q);
    const now = a.net.kernel.ktime;
    let toks = 0;
    let ptoks = 0;
    let ppstoks = 0;
    if (q.rate !== null) {
      const gained = Math.min(now - q.last, q.burst);
      if (q.peak !== null) {
        ptoks = Math.min(gained + q.ptoks, q.mtuPtoks);
        ptoks -= q.peak.l2tNs(len);
      }
      toks = Math.min(gained + q.toks, q.burst);
      toks -= q.rate.l2tNs(len);
    } else {
      ppstoks = Math.min(Math.min(now - q.last, q.pktBurst) + q.pktToks, q.pktBurst);
      ppstoks -= NSEC / q.pps;
    }
    if (toks >= 0 && ptoks >= 0 && ppstoks >= 0) {
      q.last = now;
      q.toks = toks;
      q.ptoks = ptoks;
      q.pktToks = ppstoks;
      return passed(a, q);
    }
  }
  a.overlimits++;
  if (a.action === TC_ACT_SHOT) a.drops++;
  return a.action;
}

function passed(a: TcAction, q: Police): number {
  if (q.result === TC_ACT_SHOT) a.drops++;
  return q.result;
}

/** The action `police`. @alpha */
export const POLICE_OPS: TcActOps = Object.freeze({
  kind: 'police',
  id: TCA_ID_POLICE,
  init,
  act,
  dump(a: TcAction, w: NlWriter): void {
    const q = a.priv as Police;
    const off = w.reserveAttr(TCA_POLICE_TBF, POLICE_LEN);
    const { view } = w;
    view.setUint32(off, a.index, true);
    view.setInt32(off + 4, a.action, true);
    view.setUint32(off + 12, pschedNs2ticks(q.burst), true);
    view.setUint32(off + 16, q.mtu, true);
    q.rate?.write(view, off + 20);
    q.peak?.write(view, off + 32);
    view.setInt32(off + 44, a.refcnt, true);
    view.setInt32(off + 48, a.bindcnt, true);
    if (q.rate !== null && q.rate.rate > 0xffffffff) w.putU64(TCA_POLICE_RATE64, q.rate.rate);
    if (q.peak !== null && q.peak.rate > 0xffffffff) w.putU64(TCA_POLICE_PEAKRATE64, q.peak.rate);
    if (q.pps > 0) {
      w.putU64(TCA_POLICE_PKTRATE64, q.pps);
      w.putU64(TCA_POLICE_PKTBURST64, pschedNs2ticks(q.pktBurst));
    }
    if (q.result !== 0) w.putU32(TCA_POLICE_RESULT, q.result);
    if (q.avrate !== 0) w.putU32(TCA_POLICE_AVRATE, q.avrate);
    putTcfT(w, TCA_POLICE_TM, a);
  },
});
