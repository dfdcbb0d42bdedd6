/** What one acknowledgment brings. The parts of loss recovery tell each other by this record, and by nothing else. */
import { SEG_DATA, SEG_WINDOW_UPDATE } from './tcp-const.ts';

/** What is to be sent after an ACK: nothing beyond what the window lets out anyway. */
export const SEND_NOTHING = 0;
/** What counts as lost. */
export const SEND_LOST = 1;
/** New data, and nothing of what counts as lost (RFC 5682 section 3.1 step 2b). */
export const SEND_NEW = 2;

/** One serves a whole kernel: ACKs are processed one after the other. Times are microseconds (int32), sequence numbers int32. */
export class AckNews {
  /** SEG_* of the segment that carries it. */
  seg = 0;
  /** SND.UNA advanced. */
  advanced = false;
  /** It carries an ECN echo that counts (RFC 3168). */
  ece = false;
  /** Acknowledged cumulatively: segments, and whether data or the SYN was among them. */
  ackedSegs = 0;
  ackedData = false;
  ackedSyn = false;
  /** Some of these had been sent again. */
  ackedRexmit = false;
  /** Segments SACKed for the first time. */
  sackedSegs = 0;
  /** Below RecoveryPoint something was delivered that had been sent only once. */
  original = false;
  /** It carries a DSACK that can be true, and this one is the answer to our tail loss probe. */
  dsack = false;
  dsackOfProbe = false;
  /** SND.UNA now stands before data that the peer had SACKed (RFC 2018 section 8). */
  reneged = false;
  /** A retransmission was found lost. */
  rexmitLost = false;
  /** The retransmission timer may start anew. */
  restartTimer = false;
  /** The lowest sequence number that was SACKed after a higher one: it was overtaken. SND.NXT: none was. */
  lateSeq = 0;
  /** When the first and the last of the newly SACKed segments left that had been sent only once. */
  sackTimed = false;
  sackFirstSent = 0;
  sackLastSent = 0;
  /** SEND_*: what recovery decides. */
  send = 0;
  /** SACK blocks of this ACK by sequence number: start, end pairs. */
  readonly blocks: Int32Array = new Int32Array(8);
}

/** The oldest and the newest segment that the ACK in hand covers, by when they left: only of those sent once and not SACKed before (RFC 6298 section 3). */
export class AckedTimes {
  any = false;
  first = 0;
  last = 0;
  /** Segments that were under way when the newest left the queue. */
  outstanding = 0;
}

/** Begins a new ACK, carried by a segment with the properties `seg` (SEG_*). */
export function ackNewsBegin(news: AckNews, seg: number): void {
  news.seg = seg;
  news.advanced = false;
  news.ece = false;
  news.ackedSegs = 0;
  news.ackedData = false;
  news.ackedSyn = false;
  news.ackedRexmit = false;
  news.sackedSegs = 0;
  news.original = false;
  news.dsack = false;
  news.dsackOfProbe = false;
  news.reneged = false;
  news.rexmitLost = false;
  news.restartTimer = false;
  news.sackTimed = false;
  news.send = SEND_NOTHING;
}

/** Did it deliver anything, in order or not? */
export function ackDelivers(news: AckNews): boolean {
  return news.ackedData || news.ackedSyn || news.sackedSegs > 0;
}

/** Is it a bare repetition of the last one: no data, no other window, nothing acknowledged (RFC 5681 section 2)? SACKs it may have. */
export function ackRepeats(news: AckNews): boolean {
  return (news.seg & (SEG_DATA | SEG_WINDOW_UPDATE)) === 0 && !news.ackedData && !news.ackedSyn;
}
