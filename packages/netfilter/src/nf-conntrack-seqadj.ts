/**
 * Moving the sequence numbers of a connection: when a helper makes a segment longer or shorter, all that follows in its direction has other numbers outside than inside,
 * and the other direction's acknowledgements must be moved back (RFC 9293 3.4, RFC 2018).
 */
import { csumReplace4 } from '@linnet/kernel';
import { CHECKSUM_PARTIAL, skbEnsureWritable, type Skb } from '@linnet/skbuff';
import { after, TCPHDR_ACK, TCPHDR_LEN, tcphAckSeq, tcphDoff, tcphFlags, tcphSeq, TCPOPT_SACK, tcpOptLen } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { IPS_SEQ_ADJUST } from './nf-conntrack-common.ts';

/** One direction: numbers up to `pos` (as their sender counts) are moved by `before`, those behind it by `after`. @alpha */
export class NfSeqSide {
  pos = 0;
  before = 0;
  after = 0;
  /** Something was changed at `pos`. */
  set = false;
}

/** Both directions of a connection (struct nf_conn_seqadj). @alpha */
export class NfCtSeqadj {
  readonly orig: NfSeqSide = new NfSeqSide();
  readonly reply: NfSeqSide = new NfSeqSide();
}

function sideOf(sa: NfCtSeqadj, reply: boolean): NfSeqSide {
  return reply ? sa.reply : sa.orig;
}

/**
 * The segment at `seq` (as its sender counts) became `off` bytes longer (nf_ct_seqadj_set). Said of a segment that is sent again, it changes nothing.
 * @alpha
 */
export function nfCtSeqadjSet(ct: NfConn, reply: boolean, seq: number, off: number): void {
  if (off === 0) return;
  ct.seqadj ??= new NfCtSeqadj(); // datapath-ok: once a connection
  const s = sideOf(ct.seqadj, reply);
  if (s.set && !after(seq, s.pos)) return;
  s.set = true;
  s.pos = seq;
  s.before = s.after;
  s.after = (s.after + off) | 0;
  ct.status |= IPS_SEQ_ADJUST;
}

/** All numbers of a direction are moved by `off` from its first one, `isn`, on: for somebody who answers in another's name. @alpha */
export function nfCtSeqadjInit(ct: NfConn, reply: boolean, isn: number, off: number): void {
  if (off === 0) return;
  ct.seqadj ??= new NfCtSeqadj(); // datapath-ok: once a connection
  const s = sideOf(ct.seqadj, reply);
  s.set = true;
  s.pos = isn;
  s.before = off;
  s.after = off;
  ct.status |= IPS_SEQ_ADJUST;
}

/** What an acknowledgement that a peer sends for the direction means to that direction's sender. @alpha */
export function nfCtSeqAckBack(sa: NfCtSeqadj, reply: boolean, ack: number): number {
  const s = sideOf(sa, reply);
  return (ack - (after((ack - s.before) | 0, s.pos) ? s.after : s.before)) | 0;
}

/** Writes a word at `p` of a TCP header at `th` and keeps its sum right; SACK blocks need not be aligned. */
function put32(skb: Skb, th: number, p: number, to: number): void {
  const { view } = skb;
  const from = view.getInt32(p);
  if (from === to) return;
  view.setInt32(p, to);
  if (skb.ipSummed === CHECKSUM_PARTIAL) return;
  const odd = ((p - th) & 1) !== 0;
  view.setUint16(th + 16, csumReplace4(view.getUint16(th + 16), odd ? rot8(from) : from, odd ? rot8(to) : to));
}
/** A word at an odd place, as the sum sees it. */
function rot8(v: number): number {
  return (v << 8) | (v >>> 24);
}

/**
 * Moves the numbers of a segment whose TCP header is `protoff` behind `data`, sent in the direction `reply` (nf_ct_seq_adjust). May write; false: the segment is too short.
 * @alpha
 */
export function nfCtSeqAdjust(skb: Skb, ct: NfConn, reply: boolean, protoff: number): boolean {
  const sa = ct.seqadj;
  if (sa === null) return true;
  if (!skbEnsureWritable(skb, protoff + TCPHDR_LEN)) return false;
  const doff = tcphDoff(skb.view, skb.data + protoff) << 2;
  if (doff < TCPHDR_LEN || !skbEnsureWritable(skb, protoff + doff)) return false;
  const th = skb.data + protoff;
  const own = sideOf(sa, reply);
  const seq = tcphSeq(skb.view, th);
  put32(skb, th, th + 4, (seq + (after(seq, own.pos) ? own.after : own.before)) | 0);
  if ((tcphFlags(skb.view, th) & TCPHDR_ACK) === 0) return true;
  put32(skb, th, th + 8, nfCtSeqAckBack(sa, !reply, tcphAckSeq(skb.view, th)));
  if (doff > TCPHDR_LEN) sackBack(skb, sa, !reply, th, th + doff);
  return true;
}

function sackBack(skb: Skb, sa: NfCtSeqadj, reply: boolean, th: number, end: number): void {
  const { view } = skb;
  for (let i = th + TCPHDR_LEN, n; (n = tcpOptLen(view, i, end)) !== 0; i += n) {
    if (view.getUint8(i) === TCPOPT_SACK && n >= 10 && (n - 2) % 8 === 0) {
      for (let p = i + 2; p < i + n; p += 4) put32(skb, th, p, nfCtSeqAckBack(sa, reply, view.getInt32(p)));
    }
  }
}
