/** Connections that are expected because another one announced them (struct nf_conntrack_expect): the data connections of FTP, for instance. */
import { delTimer, EBUSY, EMFILE, jhash3words, modTimer, TimerList } from '@linnet/kernel';
import type { NfConn } from './nf-conn.ts';
import { type NfConntrackNet } from './nf-conntrack-net.ts';
import { NfTuple, nfTupleCopy, nfTupleDstEqual, nfTupleEqual } from './nf-conntrack-tuple.ts';

/** Stays after a connection came (linux/netfilter/nf_conntrack_common.h). @alpha */
export const NF_CT_EXPECT_PERMANENT = 0x1;

function hashOf(t: NfTuple): number {
  return jhash3words(t.dst0 ^ t.dst1 ^ t.dst2 ^ t.dst3, t.dport, (t.l3num << 8) | t.protonum, 0);
}

/** An expectation. Make it, fill `tuple` and the masks, hand it to {@link nfCtExpectRelated}. @alpha */
export class NfExpect {
  readonly master: NfConn;
  /** The first packet's tuple: its destination in full, its source as far as the masks say. */
  readonly tuple: NfTuple;
  /** Bits of the source address that count: -1 all, 0 none; for all of its words. */
  srcMask: number;
  /** Does the source port count? */
  srcPort: boolean;
  zone: number;
  flags: number;
  /** Seconds that it waits. */
  timeout: number;
  /** Called when it came true, before the connection is seen by anybody else: here NAT's helpers set it up. */
  expectfn: ((ct: NfConn, exp: NfExpect) => void) | null;
  /** Direction of the master in which the expected one goes. */
  dir: number;
  /** What NAT rewrote, to be restored. */
  savedAddr: number;
  savedProto: number;
  readonly timer: TimerList<NfExpect>;
  constructor(master: NfConn) {
    this.master = master;
    this.tuple = new NfTuple();
    this.srcMask = -1;
    this.srcPort = false;
    this.zone = master.zone;
    this.flags = 0;
    this.timeout = 300;
    this.expectfn = null;
    this.dir = 0;
    this.savedAddr = 0;
    this.savedProto = 0;
    this.timer = new TimerList<NfExpect>((e) => e.remove(), this);
  }

  /** Is the tuple the one that is expected? */
  matches(t: NfTuple, zone: number): boolean {
    const e = this.tuple;
    if (zone !== this.zone || e.l3num !== t.l3num || !nfTupleDstEqual(e, t) || (this.srcPort && e.sport !== t.sport)) return false;
    const m = this.srcMask;
    return ((e.src0 ^ t.src0) & m) === 0 && ((e.src1 ^ t.src1) & m) === 0 && ((e.src2 ^ t.src2) & m) === 0 && ((e.src3 ^ t.src3) & m) === 0;
  }

  /** Forgets it (nf_ct_unexpect_related). */
  remove(): void {
    const cn = this.master.cnet;
    const key = hashOf(this.tuple);
    const list = cn.expects.get(key);
    const at = list === undefined ? -1 : list.indexOf(this);
    if (at < 0) return;
    list!.splice(at, 1); // datapath-ok: once in the life of an expectation
    if (list!.length === 0) cn.expects.delete(key);
    cn.expectCount--;
    this.master.expecting--;
    cn.stat.expectDelete++;
    delTimer(cn.net.kernel, this.timer);
  }
}

/**
 * Begins to expect (nf_ct_expect_related). An equal one is renewed. Returns 0, -EBUSY when another connection expects the same, -EMFILE when there are too many.
 * @alpha
 */
export function nfCtExpectRelated(exp: NfExpect, maxExpected: number = 1): number {
  const cn = exp.master.cnet;
  const key = hashOf(exp.tuple);
  const list = cn.expects.get(key) ?? [];
  for (const other of list) {
    if (!nfTupleEqual(other.tuple, exp.tuple) || other.zone !== exp.zone) continue;
    if (other.master !== exp.master) return -EBUSY;
    other.remove();
    break;
  }
  if (maxExpected !== 0 && exp.master.expecting >= maxExpected) {
    // The oldest of this connection makes room.
    let oldest: NfExpect | null = null;
    for (const l of cn.expects.values()) for (const e of l) if (e.master === exp.master && (oldest === null || ((e.timer.expires - oldest.timer.expires) | 0) < 0)) oldest = e;
    if (oldest !== null) oldest.remove();
  }
  if (cn.expectCount >= cn.expectMax) return -EMFILE;
  const now = cn.expects.get(key) ?? [];
  now.unshift(exp); // datapath-ok: once in the life of an expectation
  cn.expects.set(key, now);
  cn.expectCount++;
  cn.stat.expectCreate++;
  exp.master.expecting++;
  modTimer(cn.net.kernel, exp.timer, (cn.net.kernel.jiffies + exp.timeout * 1000) | 0);
  return 0;
}

/** The expectation that a new connection fulfils; it is forgotten unless it is permanent (nf_ct_find_expectation). Null: none. @alpha */
export function nfCtFindExpectation(cn: NfConntrackNet, zone: number, t: NfTuple): NfExpect | null {
  const list = cn.expects.get(hashOf(t));
  if (list === undefined) return null;
  for (const e of list) {
    if (!e.matches(t, zone)) continue;
    if ((e.flags & NF_CT_EXPECT_PERMANENT) === 0) e.remove();
    return e;
  }
  return null;
}

/** Copies a tuple into an expectation: who will come, and to where. @alpha */
export function nfCtExpectInit(exp: NfExpect, tuple: NfTuple): void {
  nfTupleCopy(exp.tuple, tuple);
}
