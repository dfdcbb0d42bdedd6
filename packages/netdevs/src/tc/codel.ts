/** CoDel: drops packets when the time that they spend in a queue stays above a target (RFC 8289). */
import { csumReplace2, type Kernel } from '@linnet/kernel';
import { qdiscPktLen } from '@linnet/netdev';
import { pskbMayPull, type Skb, skbEnsureWritable } from '@linnet/skbuff';
import { ETH_P_IP, ETH_P_IPV6 } from '@linnet/uapi';
import { tcSkbProtocol } from './cls-classify.ts';

/** «No threshold»: of CodelParams.ceThreshold. */
export const CE_THRESHOLD_OFF: number = Infinity;
/** Linux counts codel's time in units of 1024 ns. */
const UNIT = 1024;

/** Microseconds of an attribute as nanoseconds, as coarse as Linux keeps them. */
export function codelUs(us: number): number {
  return Math.floor((us * 1000) / UNIT) * UNIT;
}
/** The reverse (codel_time_to_us). */
export function codelToUs(ns: number): number {
  return Math.floor(ns / 1000);
}

/** What a queue is to keep to (struct codel_params), ns. */
export class CodelParams {
  target: number = codelUs(5000);
  interval: number = codelUs(100_000);
  ceThreshold: number = CE_THRESHOLD_OFF;
  mtu: number;
  ecn = false;
  constructor(mtu: number) {
    this.mtu = mtu;
  }
}

/** Where a queue stands (struct codel_vars). */
export class CodelVars {
  count = 0;
  lastcount = 0;
  dropping = false;
  firstAbove = 0;
  dropNext = 0;
  ldelay = 0;
}

/** What happened (struct codel_stats). */
export class CodelStats {
  maxpacket = 0;
  dropCount = 0;
  dropLen = 0;
  ecnMark = 0;
  ceMark = 0;
}

/** The packets of one queue. */
export interface CodelQueue {
  /** Takes the first packet out; null without one. */
  pop(): Skb | null;
  /** Drops a packet that was taken out. */
  drop(skb: Skb): void;
  /** Bytes that are left. */
  left(): number;
}

/** Notes when a packet came. */
export function codelEnqueued(skb: Skb, k: Kernel): void {
  skb.cbTime = k.ktime;
}

function shouldDrop(skb: Skb | null, q: CodelQueue, p: CodelParams, v: CodelVars, s: CodelStats, now: number): boolean {
  if (skb === null) {
    v.firstAbove = 0;
    return false;
  }
  v.ldelay = now - skb.cbTime;
  const len = qdiscPktLen(skb);
  if (len > s.maxpacket) s.maxpacket = len;
  if (v.ldelay < p.target || q.left() <= p.mtu) {
    v.firstAbove = 0;
    return false;
  }
  if (v.firstAbove === 0) {
    v.firstAbove = now + p.interval;
    return false;
  }
  return now > v.firstAbove;
}

function dropOne(skb: Skb, q: CodelQueue, s: CodelStats): void {
  s.dropCount++;
  s.dropLen += qdiscPktLen(skb);
  q.drop(skb);
}

/** The next packet that may leave: some before it may be dropped or marked (codel_dequeue). */
export function codelDequeue(q: CodelQueue, p: CodelParams, v: CodelVars, s: CodelStats, now: number): Skb | null {
  let skb = q.pop();
  if (skb === null) {
    v.dropping = false;
    return null;
  }
  let drop = shouldDrop(skb, q, p, v, s, now);
  if (v.dropping) {
    if (!drop) v.dropping = false;
    else {
      while (v.dropping && now >= v.dropNext) {
        v.count++;
        if (p.ecn && ecnSetCe(skb!)) {
          s.ecnMark++;
          v.dropNext += p.interval / Math.sqrt(v.count);
          break;
        }
        dropOne(skb!, q, s);
        skb = q.pop();
        if (!shouldDrop(skb, q, p, v, s, now)) v.dropping = false;
        else v.dropNext += p.interval / Math.sqrt(v.count);
      }
    }
  } else if (drop) {
    if (p.ecn && ecnSetCe(skb)) s.ecnMark++;
    else {
      dropOne(skb, q, s);
      skb = q.pop();
      drop = shouldDrop(skb, q, p, v, s, now);
    }
    v.dropping = true;
    // Soon after the last time: go on with about the rate that it ended with.
    const delta = v.count - v.lastcount;
    v.count = delta > 1 && now - v.dropNext < 16 * p.interval ? delta : 1;
    v.lastcount = v.count;
    v.dropNext = now + p.interval / Math.sqrt(v.count);
  }
  if (skb !== null && now - skb.cbTime > p.ceThreshold && ecnSetCe(skb)) s.ceMark++;
  return skb;
}

/** Marks a packet «congestion experienced» if its sender understands that (INET_ECN_set_ce, RFC 3168). */
export function ecnSetCe(skb: Skb): boolean {
  const nh = skb.networkHeader - skb.data;
  const protocol = tcSkbProtocol(skb);
  if (protocol === ETH_P_IP) {
    if (!pskbMayPull(skb, nh + 20)) return false;
    const tos = skb.u8[skb.networkHeader + 1]!;
    if ((tos & 3) === 0) return false;
    if ((tos & 3) === 3) return true;
    if (!skbEnsureWritable(skb, nh + 20)) return false;
    const at = skb.networkHeader;
    const old = skb.view.getUint16(at);
    skb.u8[at + 1] = tos | 3;
    skb.view.setUint16(at + 10, csumReplace2(skb.view.getUint16(at + 10), old, old | 3));
    return true;
  }
  if (protocol === ETH_P_IPV6) {
    if (!pskbMayPull(skb, nh + 40)) return false;
    const ecn = (skb.u8[skb.networkHeader + 1]! >> 4) & 3;
    if (ecn === 0) return false;
    if (ecn === 3) return true;
    if (!skbEnsureWritable(skb, nh + 40)) return false;
    skb.u8[skb.networkHeader + 1]! |= 0x30;
    return true;
  }
  return false;
}
