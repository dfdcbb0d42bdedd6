/** An entry of connection tracking (struct nf_conn). */
import type { NfConntrackNet } from './nf-conntrack-net.ts';
import type { NfCtSeqadj } from './nf-conntrack-seqadj.ts';
import type { NfSynproxy } from './nf-synproxy.ts';
import type { NfCtHelp } from './nf-ct-helper.ts';
import { NfTuple } from './nf-conntrack-tuple.ts';

/** What window tracking knows of one side of a TCP connection (struct ip_ct_tcp_state; van Rooij, «Real Stateful TCP Packet Filtering in IP Filter», 2001). @alpha */
export class NfTcpSide {
  /** One more than the highest sequence number sent. */
  end = 0;
  /** Highest end that the other side has room for. */
  maxend = 0;
  /** Largest window offered, scaled. */
  maxwin = 0;
  /** Highest acknowledgement sent. */
  maxack = 0;
  scale = 0;
  /** IP_CT_TCP_FLAG_*, and what is known besides. */
  flags = 0;
}

/** What TCP keeps in an entry (struct ip_ct_tcp). @alpha */
export class NfCtTcp {
  readonly orig: NfTcpSide = new NfTcpSide();
  readonly reply: NfTcpSide = new NfTcpSide();
  /** TCP_CONNTRACK_*. */
  state = 0;
  /** Both sides sent a SYN before either was answered. */
  simultaneous = false;
  lastDir = 0;
  lastIndex = 0;
  retrans = 0;
  lastSeq = 0;
  lastAck = 0;
  lastEnd = 0;
  lastWin = 0;
  lastWscale = 0;
  lastFlags = 0;
}

/** Counters of both directions (struct nf_conn_acct). @alpha */
export class NfCtAcct {
  packets0 = 0;
  bytes0 = 0;
  packets1 = 0;
  bytes1 = 0;
}

/** Counts a packet of `len` bytes that gave the entry time (nf_ct_acct_add). @alpha */
export function nfCtAcctAdd(acct: NfCtAcct, reply: boolean, len: number): void {
  if (reply) {
    acct.packets1++;
    acct.bytes1 += len;
  } else {
    acct.packets0++;
    acct.bytes0 += len;
  }
}

/** What NAT keeps in an entry (struct nf_conn_nat). @alpha */
export class NfCtNat {
  /** The device that a masqueraded connection leaves by, else 0. */
  masqIndex = 0;
  /** Next of those with the same hash of their source. */
  next: NfConnRef | null = null;
  /** Its chain in the table by source; valid while `linked`. */
  hash = 0;
  linked = false;
}
/** So that {@link NfCtNat} can name the class below. @alpha */
export type NfConnRef = NfConn;

/** An entry. Nobody counts references: it lives as long as the table or a packet names it. @alpha */
export class NfConn {
  readonly cnet: NfConntrackNet;
  readonly id: number;
  readonly orig: NfTuple;
  readonly reply: NfTuple;
  /** Which zone; 0 is the usual one. */
  zone: number;
  /** IPS_*. */
  status: number;
  /** Jiffies at which it ends; before it is confirmed, how many jiffies it will have. */
  timeout: number;
  mark: number;
  secmark: number;
  /** 128 bits, once somebody sets one. */
  labels: Int32Array | null;
  /** The connection that expected this one. */
  master: NfConn | null;
  /** How many in the table name this one as their master. */
  children: number;
  /** Those that this one expects are in the table of expectations; how many. */
  expecting: number;
  /** Its helper, and what that keeps of it. */
  help: NfCtHelp | null;
  /** Its own times to live, in ticks, where a rule gave it some: of TCP by state, of UDP unanswered (1) and answered (2). */
  timeouts: readonly number[] | null;
  /** What SYNPROXY told its client. */
  synproxy: NfSynproxy | null;
  /** By how much its sequence numbers are moved. */
  seqadj: NfCtSeqadj | null;
  acct: NfCtAcct | null;
  /** Monotonic nanoseconds of its confirmation and its end; -1: not recorded. */
  start: number;
  stop: number;
  nat: NfCtNat | null;
  tcp: NfCtTcp | null;
  /** UDP: jiffies from which an answered flow counts as a stream. */
  streamTs: number;
  constructor(cnet: NfConntrackNet, id: number, zone: number) {
    this.cnet = cnet;
    this.id = id;
    this.orig = new NfTuple(this, 0);
    this.reply = new NfTuple(this, 1);
    this.zone = zone;
    this.status = 0;
    this.timeout = 0;
    this.mark = 0;
    this.secmark = 0;
    this.labels = null;
    this.master = null;
    this.children = 0;
    this.expecting = 0;
    this.help = null;
    this.timeouts = null;
    this.synproxy = null;
    this.seqadj = null;
    this.acct = null;
    this.start = -1;
    this.stop = -1;
    this.nat = null;
    this.tcp = null;
    this.streamTs = 0;
  }
}
