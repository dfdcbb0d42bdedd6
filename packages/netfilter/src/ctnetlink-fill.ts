/** A connection as a message of NFNL_SUBSYS_CTNETLINK (linux/netfilter/nfnetlink_conntrack.h; the order of attributes was read from Linux 6.18). */
// datapath-ok-file: listings and events
import { AF_INET, IPPROTO_ICMP, IPPROTO_ICMPV6, NLA_F_NESTED, type NlWriter } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { nfHasPorts } from './nf-conntrack-packet.ts';
import type { NfTuple } from './nf-conntrack-tuple.ts';
import type { NfExpect } from './nf-conntrack-expect.ts';

/** CTA_*. */
export const CTA_TUPLE_ORIG = 1;
/** The other direction. */
export const CTA_TUPLE_REPLY = 2;
/** IPS_*. */
export const CTA_STATUS = 3;
/** The protocol's own. */
export const CTA_PROTOINFO = 4;
/** Its helper. */
export const CTA_HELP = 5;
/** What becomes of the source. */
export const CTA_NAT_SRC = 6;
/** Seconds. */
export const CTA_TIMEOUT = 7;
/** The mark. */
export const CTA_MARK = 8;
const CTA_COUNTERS_ORIG = 9;
const CTA_USE = 11;
/** Its number. */
export const CTA_ID = 12;
/** What becomes of the destination. */
export const CTA_NAT_DST = 13;
/** Who expected it. */
export const CTA_TUPLE_MASTER = 14;
/** The zone. */
export const CTA_ZONE = 18;
const CTA_TIMESTAMP = 20;
/** Which bits of the mark count. */
export const CTA_MARK_MASK = 21;
/** Labels. */
export const CTA_LABELS = 22;
/** Which labels are meant. */
export const CTA_LABELS_MASK = 23;
/** Which bits of the status count. */
export const CTA_STATUS_MASK = 27;

function nest(w: NlWriter, type: number, fn: () => void): void {
  w.nestStart(type | NLA_F_NESTED);
  fn();
  w.nestEnd();
}

function putU64be(w: NlWriter, type: number, v: number): void {
  const o = w.reserveAttr(type, 8);
  w.view.setUint32(o, Math.floor(v / 0x1_0000_0000) >>> 0);
  w.view.setUint32(o + 4, v >>> 0);
}

/** Writes a tuple: CTA_TUPLE_IP and CTA_TUPLE_PROTO. */
export function ctPutTuple(w: NlWriter, type: number, t: NfTuple): void {
  nest(w, type, () => {
    nest(w, 1, () => {
      if (t.l3num === AF_INET) {
        w.putBe32(1, t.src0);
        w.putBe32(2, t.dst0);
      } else {
        w.putIn6Addr(3, Int32Array.of(t.src0, t.src1, t.src2, t.src3));
        w.putIn6Addr(4, Int32Array.of(t.dst0, t.dst1, t.dst2, t.dst3));
      }
    });
    nest(w, 2, () => {
      w.putU8(1, t.protonum);
      if (t.protonum === IPPROTO_ICMP || t.protonum === IPPROTO_ICMPV6) {
        const at = t.protonum === IPPROTO_ICMP ? 4 : 7;
        w.putBe16(at, t.sport);
        w.putU8(at + 1, t.dport >> 8);
        w.putU8(at + 2, t.dport & 0xff);
      } else if (nfHasPorts(t.protonum)) {
        w.putBe16(2, t.sport);
        w.putBe16(3, t.dport);
      }
    });
  });
}

/** Bytes of the labels, host order of each bit's byte. */
function putLabels(w: NlWriter, ct: NfConn): void {
  if (ct.labels === null) return;
  const o = w.reserveAttr(CTA_LABELS, 16);
  for (let i = 0; i < 4; i++) w.view.setInt32(o + 4 * i, ct.labels[i]!, true);
}

function putCounters(w: NlWriter, ct: NfConn): void {
  const { acct } = ct;
  if (acct === null) return;
  for (const dir of [0, 1]) {
    nest(w, CTA_COUNTERS_ORIG + dir, () => {
      putU64be(w, 1, dir === 0 ? acct.packets0 : acct.packets1);
      putU64be(w, 2, dir === 0 ? acct.bytes0 : acct.bytes1);
    });
  }
}

function putTimestamp(w: NlWriter, ct: NfConn): void {
  if (ct.start < 0) return;
  const k = ct.cnet.net.kernel;
  // Wall time is larger than a number can hold exactly: microseconds are enough.
  const off = k.wallNow() - k.clock.now();
  nest(w, CTA_TIMESTAMP, () => {
    putU64be(w, 1, ct.start + off);
    if (ct.stop >= 0) putU64be(w, 2, ct.stop + off);
  });
}

function putProtoinfo(w: NlWriter, ct: NfConn, destroyed: boolean): void {
  const { tcp } = ct;
  if (tcp === null) return;
  nest(w, CTA_PROTOINFO, () => nest(w, 1, () => {
    w.putU8(1, tcp.state);
    if (destroyed) return;
    w.putU8(2, tcp.orig.scale);
    w.putU8(3, tcp.reply.scale);
    for (const [type, side] of [[4, tcp.orig], [5, tcp.reply]] as const) {
      const o = w.reserveAttr(type, 2);
      w.view.setUint8(o, side.flags & 0xff);
    }
  }));
}

/** Seconds that an entry has left. */
export function ctSecondsLeft(ct: NfConn): number {
  return Math.max(0, Math.floor(((ct.timeout - ct.cnet.net.kernel.jiffies) | 0) / 1000));
}

/** Writes the attributes of an entry in a listing, or of one that was looked up, which counts as one more user of it. */
export function ctFill(w: NlWriter, ct: NfConn, users = 1): void {
  ctPutTuple(w, CTA_TUPLE_ORIG, ct.orig);
  ctPutTuple(w, CTA_TUPLE_REPLY, ct.reply);
  if (ct.zone !== 0) w.putBe16(CTA_ZONE, ct.zone);
  w.putBe32(CTA_STATUS, ct.status);
  w.putBe32(CTA_MARK, ct.mark);
  w.putBe32(CTA_ID, ct.id);
  w.putBe32(CTA_USE, users + ct.children);
  if (ct.master !== null) ctPutTuple(w, CTA_TUPLE_MASTER, ct.master.orig);
  w.putBe32(CTA_TIMEOUT, ctSecondsLeft(ct));
  putProtoinfo(w, ct, false);
  putCounters(w, ct);
  putTimestamp(w, ct);
  helpOf(w, ct);
  putLabels(w, ct);
}

function helpOf(w: NlWriter, ct: NfConn): void {
  const { help } = ct;
  if (help !== null) nest(w, CTA_HELP, () => w.putString(1, help.name));
}

/** Writes the attributes of an event: `gone` of one that left the table. */
export function ctFillEvent(w: NlWriter, ct: NfConn, gone: boolean): void {
  ctPutTuple(w, CTA_TUPLE_ORIG, ct.orig);
  ctPutTuple(w, CTA_TUPLE_REPLY, ct.reply);
  if (ct.zone !== 0) w.putBe16(CTA_ZONE, ct.zone);
  w.putBe32(CTA_ID, ct.id);
  w.putBe32(CTA_STATUS, ct.status);
  w.putBe32(CTA_TIMEOUT, ctSecondsLeft(ct));
  if (gone) {
    putCounters(w, ct);
    putTimestamp(w, ct);
    putProtoinfo(w, ct, true);
  } else {
    putProtoinfo(w, ct, false);
    helpOf(w, ct);
    if (ct.master !== null) ctPutTuple(w, CTA_TUPLE_MASTER, ct.master.orig);
  }
  if (ct.mark !== 0) w.putBe32(CTA_MARK, ct.mark);
  putLabels(w, ct);
}

/** Writes the attributes of an expectation. */
export function expFill(w: NlWriter, e: NfExpect, mask: NfTuple): void {
  ctPutTuple(w, 2, e.tuple);
  ctPutTuple(w, 3, mask);
  ctPutTuple(w, 1, e.master.orig);
  const k = e.master.cnet.net.kernel;
  w.putBe32(4, Math.max(0, Math.floor(((e.timer.expires - k.jiffies) | 0) / 1000)));
  w.putBe32(5, e.master.id);
  w.putBe32(8, e.flags);
  w.putBe32(9, 0);
  const { help } = e.master;
  if (help !== null) w.putString(6, help.name);
}
