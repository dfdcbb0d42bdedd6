/**
 * TCP in connection tracking: the states of RFC 9293 as a bystander sees them, and which segments can belong to a connection (Guido van Rooij, «Real Stateful TCP
 * Packet Filtering in IP Filter», 2001; RFC 5382). Where these leave room, Linux 6.18's answers to scripted segments decide (test/golden/tcp.json).
 */
import { csumFold, timeBeforeEq } from '@linnet/kernel';
import { NF_ACCEPT, NF_INET_PRE_ROUTING, NF_REPEAT, type NfState } from '@linnet/netdev';
import { pskbMayPull, skbChecksum, skbCsumUnnecessary, type Skb } from '@linnet/skbuff';
import {
  after, before, TCPHDR_ACK, TCPHDR_CWR, TCPHDR_ECE, TCPHDR_FIN, TCPHDR_LEN, TCPHDR_PSH, TCPHDR_RST, TCPHDR_SYN, TCPHDR_URG, tcphAckSeq, tcphDoff, tcphFlags, tcphSeq, tcphWindow,
  TCPOPT_SACK, TCPOPT_SACK_PERM, TCPOPT_WINDOW, tcpOptLen,
} from '@linnet/uapi';
import { nfCtAcctAdd, type NfConn, NfCtTcp, type NfTcpSide } from './nf-conn.ts';
import { IPS_ASSURED, IPS_CONFIRMED, IPS_FIXED_TIMEOUT, IPS_SEEN_REPLY } from './nf-conntrack-common.ts';
import { IPCT_ASSURED, IPCT_PROTOINFO, nfCtDelete, type NfConntrackNet } from './nf-conntrack-net.ts';
import { nfCtSeqAckBack } from './nf-conntrack-seqadj.ts';
import { nfL4PseudoSum } from './nf-conntrack-packet.ts';

/** States as programs see them (linux/netfilter/nf_conntrack_tcp.h). @alpha */
export const TCP_CONNTRACK_NONE = 0;
/** A SYN was seen. @alpha */
export const TCP_CONNTRACK_SYN_SENT = 1;
/** And the SYN-ACK. @alpha */
export const TCP_CONNTRACK_SYN_RECV = 2;
/** The handshake is done, or the connection was picked up on the way. @alpha */
export const TCP_CONNTRACK_ESTABLISHED = 3;
/** The first FIN was seen. @alpha */
export const TCP_CONNTRACK_FIN_WAIT = 4;
/** And its acknowledgement. @alpha */
export const TCP_CONNTRACK_CLOSE_WAIT = 5;
/** Both FINs were seen. @alpha */
export const TCP_CONNTRACK_LAST_ACK = 6;
/** And the acknowledgement of the last. @alpha */
export const TCP_CONNTRACK_TIME_WAIT = 7;
/** A RST was seen. @alpha */
export const TCP_CONNTRACK_CLOSE = 8;
/** Both sides sent a SYN. @alpha */
export const TCP_CONNTRACK_SYN_SENT2 = 9;
const INVALID = -1;
const IGNORE = -2;
/** Places in the list of timeouts behind the states. */
const TIMEOUT_RETRANS = 10;
const TIMEOUT_UNACK = 11;

/** Names of the states in /proc/net/nf_conntrack. @alpha */
export const TCP_CONNTRACK_NAMES: readonly string[] = [
  'NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2',
];

/** Window scaling was offered. @alpha */
export const IP_CT_TCP_FLAG_WINDOW_SCALE = 0x01;
/** Selective acknowledgements are allowed. @alpha */
export const IP_CT_TCP_FLAG_SACK_PERM = 0x02;
/** This side closed first. @alpha */
export const IP_CT_TCP_FLAG_CLOSE_INIT = 0x04;
/** Its window is not checked. @alpha */
export const IP_CT_TCP_FLAG_BE_LIBERAL = 0x08;
/** Data of this side waits for its acknowledgement. @alpha */
export const IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED = 0x10;
/** `maxack` is known. @alpha */
export const IP_CT_TCP_FLAG_MAXACK_SET = 0x20;

// Kinds of segments.
const K_SYN = 0;
const K_SYNACK = 1;
const K_FIN = 2;
const K_ACK = 3;
const K_RST = 4;

/** The kind of a segment by its flags; -1 for combinations that no TCP sends. */
function kindOf(flags: number): number {
  const f = flags & ~(TCPHDR_ECE | TCPHDR_CWR | TCPHDR_PSH);
  switch (f) {
    case TCPHDR_SYN:
    case TCPHDR_SYN | TCPHDR_URG:
      return K_SYN;
    case TCPHDR_SYN | TCPHDR_ACK:
      return K_SYNACK;
    case TCPHDR_RST:
    case TCPHDR_RST | TCPHDR_ACK:
      return K_RST;
    case TCPHDR_FIN | TCPHDR_ACK:
    case TCPHDR_FIN | TCPHDR_ACK | TCPHDR_URG:
      return K_FIN;
    case TCPHDR_ACK:
    case TCPHDR_ACK | TCPHDR_URG:
      return K_ACK;
    default:
      return -1;
  }
}

/** What a segment does to the state: the next one, INVALID or IGNORE (accepted, and nothing changes). */
function nextState(reply: boolean, kind: number, s: number): number {
  const late = s >= TCP_CONNTRACK_FIN_WAIT && s <= TCP_CONNTRACK_LAST_ACK;
  switch (kind) {
    case K_SYN:
      if (!reply) {
        // The same SYN again, or a new one where the old connection is over; elsewhere the other side will say what it thinks of it.
        if (s <= TCP_CONNTRACK_SYN_SENT) return TCP_CONNTRACK_SYN_SENT;
        if (s === TCP_CONNTRACK_SYN_SENT2) return s;
        return s === TCP_CONNTRACK_TIME_WAIT || s === TCP_CONNTRACK_CLOSE ? TCP_CONNTRACK_SYN_SENT : IGNORE;
      }
      if (s === TCP_CONNTRACK_SYN_SENT || s === TCP_CONNTRACK_SYN_SENT2) return TCP_CONNTRACK_SYN_SENT2; // simultaneous open
      return s === TCP_CONNTRACK_TIME_WAIT ? TCP_CONNTRACK_SYN_SENT : INVALID;
    case K_SYNACK:
      if (s === TCP_CONNTRACK_SYN_SENT2) return TCP_CONNTRACK_SYN_RECV;
      if (!reply) return s === TCP_CONNTRACK_SYN_RECV ? s : INVALID;
      if (s === TCP_CONNTRACK_SYN_SENT) return TCP_CONNTRACK_SYN_RECV;
      return s === TCP_CONNTRACK_NONE ? INVALID : IGNORE;
    case K_FIN:
      if (s === TCP_CONNTRACK_SYN_RECV || s === TCP_CONNTRACK_ESTABLISHED) return TCP_CONNTRACK_FIN_WAIT;
      if (late) return TCP_CONNTRACK_LAST_ACK;
      return s === TCP_CONNTRACK_TIME_WAIT || s === TCP_CONNTRACK_CLOSE ? s : INVALID;
    case K_ACK:
      if (s === TCP_CONNTRACK_SYN_SENT || s === TCP_CONNTRACK_SYN_SENT2) return reply ? IGNORE : INVALID;
      if (s === TCP_CONNTRACK_NONE) return reply ? INVALID : TCP_CONNTRACK_ESTABLISHED;
      if (s === TCP_CONNTRACK_SYN_RECV) return reply ? s : TCP_CONNTRACK_ESTABLISHED;
      if (s === TCP_CONNTRACK_FIN_WAIT) return TCP_CONNTRACK_CLOSE_WAIT;
      return s === TCP_CONNTRACK_LAST_ACK ? TCP_CONNTRACK_TIME_WAIT : s;
    default: // RST
      return s === TCP_CONNTRACK_NONE ? INVALID : TCP_CONNTRACK_CLOSE;
  }
}

/** Where the segment ends in sequence space. */
function segEnd(seq: number, len: number, dataoff: number, doff: number, flags: number): number {
  return (seq + len - dataoff - doff + ((flags & TCPHDR_SYN) !== 0 ? 1 : 0) + ((flags & TCPHDR_FIN) !== 0 ? 1 : 0)) | 0;
}

/** Reads the options of a SYN: the window's scale and whether SACK may be used. One without any changes nothing. */
function synOptions(skb: Skb, at: number, end: number, side: NfTcpSide): void {
  if (end === at + TCPHDR_LEN) return;
  const { u8, view } = skb;
  side.scale = 0;
  side.flags = 0;
  for (let i = at + TCPHDR_LEN, n; (n = tcpOptLen(view, i, end)) !== 0; i += n) {
    const kind = u8[i]!;
    if (kind === TCPOPT_SACK_PERM && n === 2) {
      side.flags |= IP_CT_TCP_FLAG_SACK_PERM;
    } else if (kind === TCPOPT_WINDOW && n === 3) {
      side.scale = Math.min(14, u8[i + 2]!);
      side.flags |= IP_CT_TCP_FLAG_WINDOW_SCALE;
    }
  }
}

/** The highest right edge of the SACK blocks, or `ack` when none is beyond it. */
function highestSack(skb: Skb, at: number, end: number, ack: number): number {
  const { u8, view } = skb;
  let sack = ack;
  for (let i = at + TCPHDR_LEN, n; (n = tcpOptLen(view, i, end)) !== 0; i += n) {
    if (u8[i] === TCPOPT_SACK && n >= 10 && (n - 2) % 8 === 0) {
      for (let j = i + 6; j < i + n; j += 8) {
        const edge = view.getInt32(j);
        if (after(edge, sack)) sack = edge;
      }
    }
  }
  return sack;
}

function sideInit(s: NfTcpSide, end: number, win: number): void {
  s.end = end;
  s.maxend = end;
  s.maxwin = win === 0 ? 1 : win;
  s.maxack = 0;
}

const IN_WINDOW = 0;
const OUT_IGNORE = 1;
const OUT_INVALID = 2;

/** Least room that acknowledgements are given backwards (van Rooij). */
const MAXACKWINCONST = 66000;

/** Is the segment in the windows of both sides? Learns from it when it is (tcp_in_window). */
function inWindow(cn: NfConntrackNet, ct: NfConn, tcp: NfCtTcp, reply: boolean, kind: number, skb: Skb, at: number, end: number): number {
  const { view } = skb;
  const sender = reply ? tcp.reply : tcp.orig;
  const receiver = reply ? tcp.orig : tcp.reply;
  const flags = tcphFlags(view, at);
  const optEnd = at + (tcphDoff(view, at) << 2);
  const seq = tcphSeq(view, at);
  let ack = tcphAckSeq(view, at);
  let sack = (receiver.flags & IP_CT_TCP_FLAG_SACK_PERM) !== 0 && (flags & TCPHDR_ACK) !== 0 ? highestSack(skb, at, optEnd, ack) : ack;
  if (ct.seqadj !== null && (flags & TCPHDR_ACK) !== 0) {
    // All is counted as the sender of the bytes counts them, before a helper moved them.
    ack = nfCtSeqAckBack(ct.seqadj, !reply, ack);
    sack = nfCtSeqAckBack(ct.seqadj, !reply, sack);
  }
  const rawWin = tcphWindow(view, at);
  if (sender.maxwin === 0 || (reply && tcp.state === TCP_CONNTRACK_SYN_SENT && (flags & TCPHDR_SYN) !== 0 && after(end, sender.end))) {
    // The first that we see of this side, or after a RST that meant nothing.
    if ((flags & TCPHDR_SYN) !== 0) {
      sideInit(sender, end, rawWin);
      synOptions(skb, at, optEnd, sender);
      // Both must scale, or neither does (RFC 7323 2.2).
      if ((sender.flags & receiver.flags & IP_CT_TCP_FLAG_WINDOW_SCALE) === 0) {
        sender.scale = 0;
        receiver.scale = 0;
      }
      if ((flags & TCPHDR_ACK) === 0) return IN_WINDOW; // simultaneous open
    } else {
      sender.end = end;
      sender.maxwin = rawWin === 0 ? 1 : rawWin << sender.scale;
      sender.maxend = (end + sender.maxwin) | 0;
      if (receiver.maxwin === 0) sideInit(receiver, ack, 1);
      else if (sack === ((receiver.end + 1) | 0)) receiver.end = sack; // picked up at a keep-alive, which has the number before the next one (RFC 9293 3.8.4)
    }
  } else if (
    (tcp.state === TCP_CONNTRACK_SYN_SENT || tcp.state === TCP_CONNTRACK_SYN_RECV) && !reply && (flags & TCPHDR_SYN) !== 0 && after(end, sender.end)
  ) {
    // A SYN with a new number: the same attempt, begun anew.
    sideInit(sender, end, rawWin);
    synOptions(skb, at, optEnd, sender);
  }
  if ((flags & TCPHDR_ACK) === 0) {
    ack = receiver.end;
    sack = ack;
  } else if ((flags & (TCPHDR_ACK | TCPHDR_RST)) === (TCPHDR_ACK | TCPHDR_RST) && ack === 0) {
    // Some stacks answer so.
    ack = receiver.end;
    sack = ack;
  }
  const win = (flags & TCPHDR_SYN) !== 0 ? rawWin : rawWin << sender.scale;
  const back = sender.maxwin > MAXACKWINCONST ? sender.maxwin : MAXACKWINCONST;
  const ackIsOld = !after(sack, (receiver.end - back - 1) | 0);
  const liberal = cn.tcpBeLiberal !== 0 || (sender.flags & IP_CT_TCP_FLAG_BE_LIBERAL) !== 0;
  // Who is liberal lets it pass, but learns no windows from it.
  if (!before(seq, (sender.maxend + 1) | 0)) {
    // A little too far is a sender that probes; far beyond is somebody else, and so is who acknowledges what was never sent, or long ago.
    if (((end - sender.maxend + 1) >>> 0) > receiver.maxwin || after(sack, receiver.end) || ackIsOld) return liberal ? IN_WINDOW : OUT_INVALID;
    // It may well arrive there, and will be acknowledged then.
    sender.end = end;
    sender.flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
    return liberal ? IN_WINDOW : OUT_IGNORE;
  }
  if (after(sack, receiver.end)) return liberal ? IN_WINDOW : OUT_INVALID;
  // Nothing is too old for a window that nobody has told.
  if ((receiver.maxwin !== 0 && !after(end, (sender.end - receiver.maxwin - 1) | 0)) || ackIsOld) return liberal ? IN_WINDOW : OUT_IGNORE;

  // What the segment tells.
  let maxwinSeen = win;
  if ((flags & TCPHDR_ACK) !== 0 || sack !== ack) maxwinSeen = (win + (sack - ack)) | 0;
  if (sender.maxwin < maxwinSeen) sender.maxwin = maxwinSeen;
  if (after(end, sender.end)) {
    sender.end = end;
    sender.flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
  }
  if ((flags & TCPHDR_ACK) !== 0) {
    if ((sender.flags & IP_CT_TCP_FLAG_MAXACK_SET) === 0) {
      sender.maxack = ack;
      sender.flags |= IP_CT_TCP_FLAG_MAXACK_SET;
    } else if (after(ack, sender.maxack)) {
      sender.maxack = ack;
    }
  }
  if (receiver.maxwin !== 0 && after(end, sender.maxend)) receiver.maxwin += (end - sender.maxend) | 0;
  if (after((sack + win) | 0, (receiver.maxend - 1) | 0)) {
    receiver.maxend = (sack + win) | 0;
    if (win === 0) receiver.maxend = (receiver.maxend + 1) | 0;
  }
  if (ack === receiver.end) receiver.flags &= ~IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
  if (kind === K_ACK) {
    const dir = reply ? 1 : 0;
    if (tcp.lastDir === dir && tcp.lastSeq === seq && tcp.lastAck === ack && tcp.lastEnd === end && tcp.lastWin === win) {
      tcp.retrans++;
    } else {
      tcp.lastDir = dir;
      tcp.lastSeq = seq;
      tcp.lastAck = ack;
      tcp.lastEnd = end;
      tcp.lastWin = win;
      tcp.retrans = 0;
    }
  }
  return IN_WINDOW;
}

/** The first segment of an entry that is not there yet; false when it cannot begin one (tcp_new). */
function tcpNew(cn: NfConntrackNet, ct: NfConn, kind: number, skb: Skb, at: number, end: number): boolean {
  const s = nextState(false, kind, TCP_CONNTRACK_NONE);
  if (s < 0) return false;
  const tcp = new NfCtTcp(); // datapath-ok: once a connection
  const win = tcphWindow(skb.view, at);
  if (s === TCP_CONNTRACK_SYN_SENT) {
    sideInit(tcp.orig, end, win);
    synOptions(skb, at, at + (tcphDoff(skb.view, at) << 2), tcp.orig);
  } else {
    if (cn.tcpLoose === 0) return false;
    // Picked up on the way: neither side's scale is known, so windows are not checked.
    sideInit(tcp.orig, end, win);
    tcp.orig.maxend = (end + tcp.orig.maxwin) | 0;
    tcp.orig.flags = IP_CT_TCP_FLAG_SACK_PERM | IP_CT_TCP_FLAG_BE_LIBERAL;
    tcp.reply.flags = IP_CT_TCP_FLAG_SACK_PERM | IP_CT_TCP_FLAG_BE_LIBERAL;
  }
  ct.tcp = tcp;
  return true;
}

/** Is the header whole, possible and unharmed? */
function headerOk(cn: NfConntrackNet, skb: Skb, dataoff: number, state: NfState): boolean {
  if (!pskbMayPull(skb, dataoff + TCPHDR_LEN)) return false;
  const at = skb.data + dataoff;
  const doff = tcphDoff(skb.view, at) << 2;
  if (doff < TCPHDR_LEN || dataoff + doff > skb.len || !pskbMayPull(skb, dataoff + doff)) return false;
  if (cn.checksum !== 0 && state.hook === NF_INET_PRE_ROUTING && !skbCsumUnnecessary(skb)) {
    if (csumFold(skbChecksum(skb, dataoff, skb.len - dataoff, nfL4PseudoSum(skb, dataoff, 6))) !== 0) return false;
  }
  return kindOf(tcphFlags(skb.view, skb.data + dataoff)) >= 0;
}

/** A FIN or RST that is in nobody's window, from one side and then from the other: both have ended, and are out of step with what was seen here. */
function outOfStep(cn: NfConntrackNet, ct: NfConn, tcp: NfCtTcp, kind: number, dir: number): void {
  if (kind !== K_FIN && kind !== K_RST) return;
  if (tcp.lastDir === dir || (tcp.lastIndex !== K_FIN && tcp.lastIndex !== K_RST)) {
    tcp.lastIndex = kind;
    tcp.lastDir = dir;
    return;
  }
  const short = cn.tcpTimeouts[TIMEOUT_UNACK]!;
  if (((ct.timeout - cn.net.kernel.jiffies) | 0) > short) nfCtRefresh(ct, short);
}

function remember(tcp: NfCtTcp, kind: number, dir: number, seq: number, ack: number, end: number, win: number): void {
  tcp.lastIndex = kind;
  tcp.lastDir = dir;
  tcp.lastSeq = seq;
  if (kind === K_ACK) tcp.lastAck = ack;
  tcp.lastEnd = end;
  tcp.lastWin = win;
}

/**
 * A segment of an entry, `reply` in the reply direction (nf_conntrack_tcp_packet). NF_ACCEPT; -NF_ACCEPT: it is invalid, and the entry as it was; -NF_REPEAT: the
 * entry is gone, look anew.
 * @alpha
 */
export function nfConntrackTcpPacket(cn: NfConntrackNet, ct: NfConn, skb: Skb, dataoff: number, reply: boolean, state: NfState): number {
  if (!headerOk(cn, skb, dataoff, state)) return -NF_ACCEPT;
  const { view } = skb;
  const at = skb.data + dataoff;
  const flags = tcphFlags(view, at);
  const seq = tcphSeq(view, at);
  const end = segEnd(seq, skb.len, dataoff, tcphDoff(view, at) << 2, flags);
  let kind = kindOf(flags);
  if (ct.tcp === null && ((ct.status & IPS_CONFIRMED) !== 0 || !tcpNew(cn, ct, kind, skb, at, end))) return -NF_ACCEPT;
  const tcp = ct.tcp!;
  const dir = reply ? 1 : 0;
  const sender = reply ? tcp.reply : tcp.orig;
  const receiver = reply ? tcp.orig : tcp.reply;
  let old = tcp.state;
  let next = nextState(reply, kind, old);
  if (next === INVALID) return -NF_ACCEPT;
  if (next === TCP_CONNTRACK_SYN_SENT && old >= TCP_CONNTRACK_TIME_WAIT) {
    // A new connection with the ports of one that is over, when its end was orderly or came from this side.
    if (((sender.flags | receiver.flags) & IP_CT_TCP_FLAG_CLOSE_INIT) !== 0 || (tcp.lastDir === dir && tcp.lastIndex === K_RST)) {
      nfCtDelete(ct);
      return -NF_REPEAT;
    }
    next = IGNORE;
  }
  if (next === IGNORE) {
    if (kind === K_SYNACK && tcp.lastIndex === K_SYN && tcp.lastDir !== dir && tcphAckSeq(view, at) === tcp.lastEnd) {
      // The other side knew nothing of the connection any more: the SYN that was let through began a new one.
      old = TCP_CONNTRACK_ESTABLISHED;
      next = TCP_CONNTRACK_SYN_RECV;
      tcp.simultaneous = false;
      sideInit(receiver, tcp.lastEnd, tcp.lastWin);
      receiver.flags = tcp.lastFlags;
      receiver.scale = tcp.lastWscale;
      sender.maxwin = 0;
      sender.maxend = 0;
      sender.end = 0;
      sender.flags = 0;
      sender.scale = 0;
      kind = K_SYNACK;
    } else {
      remember(tcp, kind, dir, seq, tcphAckSeq(view, at), end, tcphWindow(view, at));
      if (kind === K_SYN) {
        const keepFlags = sender.flags;
        const keepScale = sender.scale;
        sender.flags = 0;
        sender.scale = 0;
        synOptions(skb, at, at + (tcphDoff(view, at) << 2), sender);
        tcp.lastFlags = sender.flags;
        tcp.lastWscale = sender.scale;
        sender.flags = keepFlags;
        sender.scale = keepScale;
      }
      return NF_ACCEPT;
    }
  }
  // After a simultaneous open both have said SYN: the first acknowledgement of either side is the last step.
  if (next === TCP_CONNTRACK_SYN_SENT2) tcp.simultaneous = true;
  else if (tcp.simultaneous && kind === K_ACK && old === TCP_CONNTRACK_SYN_RECV) next = TCP_CONNTRACK_ESTABLISHED;
  // A SYN was let through, and this is what the other side says to it; or the connection ends anyway. Nothing more is asked of such a RST.
  const answersSyn = kind === K_RST && tcp.lastIndex === K_SYN && old !== TCP_CONNTRACK_SYN_SENT;
  // An acknowledgement of what the opener never sent is let through too, and refused by its number (RFC 9293 3.10.7.3).
  const refusesAck = kind === K_RST && (old === TCP_CONNTRACK_SYN_SENT || old === TCP_CONNTRACK_SYN_SENT2) && ((old === TCP_CONNTRACK_SYN_SENT && !reply && seq === tcp.lastAck)
    || (tcp.lastIndex === K_ACK && tcp.lastDir !== dir && (flags & TCPHDR_ACK) !== 0 && tcphAckSeq(view, at) === tcp.lastEnd));
  const ends = kind === K_RST && (refusesAck || (old >= TCP_CONNTRACK_FIN_WAIT && old <= TCP_CONNTRACK_CLOSE)
    || (answersSyn && tcp.lastDir !== dir && tcphAckSeq(view, at) === tcp.lastEnd));
  if (kind === K_RST && !ends && !answersSyn && (receiver.flags & IP_CT_TCP_FLAG_MAXACK_SET) !== 0 && !(seq === 0 && old !== TCP_CONNTRACK_ESTABLISHED)) {
    if (before(seq, receiver.maxack) && cn.tcpIgnoreInvalidRst === 0) return -NF_ACCEPT;
    // In the window, but not a number that ends a connection for sure (RFC 5961 3.2), which is what is expected next, or follows what was sent just before: the peer may ask for it again.
    const follows = tcp.lastDir === dir && tcp.lastIndex === K_ACK && seq === tcp.lastEnd;
    if (old === TCP_CONNTRACK_ESTABLISHED && (ct.status & IPS_ASSURED) !== 0 && seq !== receiver.maxack && !follows) next = old;
  }
  if (!ends) {
    const w = inWindow(cn, ct, tcp, reply, kind, skb, at, end);
    if (w === OUT_INVALID) {
      if ((ct.status & IPS_ASSURED) !== 0) outOfStep(cn, ct, tcp, kind, dir);
      return -NF_ACCEPT;
    }
    if (w === OUT_IGNORE) return NF_ACCEPT;
  }

  tcp.lastIndex = kind;
  tcp.lastDir = dir;
  tcp.state = next;
  if (old !== next && next === TCP_CONNTRACK_FIN_WAIT) sender.flags |= IP_CT_TCP_FLAG_CLOSE_INIT;
  const t = ct.timeouts ?? cn.tcpTimeouts;
  let timeout = t[next]!;
  if (tcp.retrans >= cn.tcpMaxRetrans && timeout > t[TIMEOUT_RETRANS]!) timeout = t[TIMEOUT_RETRANS]!;
  else if (kind === K_RST) timeout = Math.min(timeout, t[TCP_CONNTRACK_CLOSE]!);
  else if (((tcp.orig.flags | tcp.reply.flags) & IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED) !== 0 && timeout > t[TIMEOUT_UNACK]!) timeout = t[TIMEOUT_UNACK]!;
  else if (tcp.lastWin === 0 && timeout > t[TIMEOUT_RETRANS]!) timeout = t[TIMEOUT_RETRANS]!;
  let events = old !== next ? IPCT_PROTOINFO : 0;
  if ((ct.status & IPS_SEEN_REPLY) === 0) {
    if (kind === K_RST) {
      nfCtDelete(ct);
      return NF_ACCEPT;
    }
    // Picked up on the way and not answered yet.
    if (next === TCP_CONNTRACK_ESTABLISHED && timeout > t[TIMEOUT_UNACK]!) timeout = t[TIMEOUT_UNACK]!;
  } else if ((ct.status & IPS_ASSURED) === 0 && (old === TCP_CONNTRACK_SYN_RECV || old === TCP_CONNTRACK_ESTABLISHED) && next === TCP_CONNTRACK_ESTABLISHED) {
    ct.status |= IPS_ASSURED;
    events |= IPCT_ASSURED;
  }
  // What changes nothing is not counted either. SYNs again and again do not keep an entry that nobody answered: a port used anew would find the old one for ever.
  if (kind !== K_SYN || old !== TCP_CONNTRACK_SYN_SENT || (ct.status & IPS_SEEN_REPLY) !== 0) {
    nfCtRefresh(ct, timeout);
    if (ct.acct !== null) nfCtAcctAdd(ct.acct, reply, skb.len);
  }
  if (events !== 0 && cn.notify !== null && (ct.status & IPS_CONFIRMED) !== 0) cn.notify(events, ct);
  return NF_ACCEPT;
}

/** Gives an entry `ticks` from now (nf_ct_refresh). @alpha */
export function nfCtRefresh(ct: NfConn, ticks: number): void {
  if ((ct.status & IPS_FIXED_TIMEOUT) !== 0) return;
  ct.timeout = (ct.status & IPS_CONFIRMED) !== 0 ? (ct.cnet.net.kernel.jiffies + ticks) | 0 : ticks;
}

/** May the entry make room for another? Those that are closing may, though they are assured (tcp_can_early_drop). @alpha */
export function nfTcpCanEarlyDrop(ct: NfConn): boolean {
  const s = ct.tcp === null ? TCP_CONNTRACK_NONE : ct.tcp.state;
  return s >= TCP_CONNTRACK_FIN_WAIT && s <= TCP_CONNTRACK_CLOSE && !timeBeforeEq(ct.timeout, ct.cnet.net.kernel.jiffies);
}
