/** The state of a TCP connection (struct tcp_sock): plain numbers, all set here, so that every socket has one hidden class. */
import { type InetAf, InetConnectionSock } from '@linnet/inet';
import type { Net } from '@linnet/kernel';
import { type Skb, SKB_GSO_TCPV4, SKB_GSO_TCPV6, SkbQueue } from '@linnet/skbuff';
import type { Proto } from '@linnet/socket';
import { AF_INET, IPPROTO_TCP, SOCK_STREAM } from '@linnet/uapi';
import type { TcpCongestionOps } from './tcp-cong.ts';
import type { TcpExtra } from './tcp-extra.ts';
import type { TcpFastopen } from './tcp-fastopen-state.ts';
import type { TcpKernel } from './tcp-kernel.ts';
import type { TcpNet } from './tcp-net.ts';
import type { TcpPacer } from './tcp-pacing.ts';
import { TCP_INFINITE_SSTHRESH, TCP_INIT_CWND, TCP_MSS_DEFAULT_SEND } from './tcp-const.ts';
import { TcpOptionsReceived } from './tcp-options.ts';
import type { SeqIndex } from './tcp-seek.ts';
import { SentRing } from './tcp-sent-ring.ts';
import { tcpDelackTimer, tcpKeepaliveTimer, tcpWriteTimer } from './tcp-timer.ts';

/** A TCP socket. Sequence numbers and times in microseconds are int32. @alpha */
export class TcpSock extends InetConnectionSock {
  readonly tn: TcpNet;
  readonly tk: TcpKernel;

  // Receiving
  /** What we want to receive next. */
  rcvNxt = 0;
  /** Head of yet unread data. */
  copiedSeq = 0;
  /** rcvNxt when the last window was sent. */
  rcvWup = 0;
  /** Window offered with it. */
  rcvWnd = 0;
  windowClamp = 0;
  /** TCP_WINDOW_CLAMP was given: autotuning leaves it alone. */
  windowClampSet = false;
  /** Window clamp of the moment: grows as segments prove to use memory well. */
  rcvSsthresh = 0;
  /** Window per byte of buffer, in 1/256. */
  scalingRatio = 128;
  /** jiffies when the last ACK came. */
  rcvTstamp = 0;
  /** jiffies when the next hop was last said to be alive. */
  confirmStamp = 0;
  readonly rxOpt: TcpOptionsReceived = new TcpOptionsReceived();
  /** Third word of the header of the segment that header prediction expects; 0 turns it off. */
  predFlags = 0;
  /** MSS advertised by us. */
  advmss = 65535;
  /** Length of TCP headers sent in the established state. */
  tcpHeaderLen = 20;
  /** Out-of-order segments by sequence number. */
  readonly outOfOrderQueue: SkbQueue = new SkbQueue();
  /** The one put there last: the next one mostly goes right behind it. */
  oooHint: Skb | null = null;
  /** Where to look when it does not; made when that is far. */
  oooIndex: SeqIndex | null = null;
  /** Segments that find no room before one of them looks again for small ones to put together. */
  collapseRest = 0;
  /** SACK blocks to send: start, end pairs, most recent first (RFC 2018). */
  readonly selectiveAcks: Int32Array = new Int32Array(8);
  numSacks = 0;
  /** A DSACK is to be sent (RFC 2883). */
  dsackPending = false;
  dsackStart = 0;
  dsackEnd = 0;
  urgData = 0;
  // Receive buffer autotuning (Dynamic Right-Sizing)
  rcvRttUs = 0;
  rcvRttSeq = 0;
  rcvRttTime = 0;
  rcvRttLastTsecr = 0;
  rcvqSpace = 0;
  rcvqSeq = 0;
  rcvqTime = 0;
  bytesReceived = 0;
  segsIn = 0;
  dataSegsIn = 0;

  // ACK scheduling (icsk_ack)
  ackPending = 0;
  ackQuick = 0;
  ackPingpong = 0;
  ackAto = 0;
  ackTimeout = 0;
  ackLrcvtime = 0;
  ackLastSegSize = 0;
  ackRcvMss = 0;

  // Sending
  sndUna = 0;
  sndNxt = 0;
  sndSml = 0;
  sndWl1 = 0;
  sndWnd = 0;
  maxWindow = 0;
  writeSeq = 0;
  pushedSeq = 0;
  sndUp = 0;
  urgMode = false;
  mssCache: number = TCP_MSS_DEFAULT_SEND;
  /** MTU for which mssCache was computed. */
  pmtuCookie = 0;
  /** Largest MSS that the peer takes: its option, or 536. */
  mssClamp = 536;
  /** Segments of the last super-segment size. */
  gsoSegs = 0;
  /** SKB_GSO_TCPV4 or SKB_GSO_TCPV6. */
  gsoType: number;
  nonagle = 0;
  /** Segments sent and not yet acknowledged, by sequence number. */
  readonly rtxQueue: SkbQueue = new SkbQueue();
  /** @internal */
  readonly sentRing: SentRing = new SentRing();
  /** Where the last SACK was found: the next one is mostly near. */
  sackHint: Skb | null = null;
  /** Where to look when it is far. */
  rtxIndex: SeqIndex | null = null;
  /** Where the next lost segment is looked for. */
  nextLost: Skb | null = null;
  /** End of the highest SACKed range; counts while sackedOut is not 0. */
  sackHighEnd = 0;
  /** SACK blocks of the last ACK, sorted: start, end pairs. */
  readonly sackBlocks: Int32Array = new Int32Array(8);
  numSackBlocks = 0;
  sndCwnd: number = TCP_INIT_CWND;
  sndCwndCnt = 0;
  sndCwndClamp = 0x7fffffff;
  sndCwndUsed = 0;
  sndCwndStamp = 0;
  sndSsthresh: number = TCP_INFINITE_SSTHRESH;
  packetsOut = 0;
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;
  maxPacketsOut = 0;
  cwndUsageSeq = 0;
  isCwndLimited = false;
  /** SND.NXT when the episode of congestion began: it ends when that is acknowledged (RFC 6582, RFC 6675). */
  recoveryPoint = 0;
  reordering = 3;
  delivered = 0;
  deliveredCe = 0;
  lost = 0;
  lsndtime = 0;
  bytesSent = 0;
  bytesAcked = 0;
  segsOut = 0;
  dataSegsOut = 0;
  /** Delivery rate of the last sample: packets and the microseconds they took. */
  rateDelivered = 0;
  rateIntervalUs = 0;
  /** The application was what limited it. */
  rateAppLimited = true;
  /** When `delivered` last grew, and when that left which was delivered last, microseconds. */
  deliveredTime = 0;
  firstSentTime = 0;
  /** Until so much is delivered the application is what limits samples; 0: it is not. */
  appLimited = -1;
  ecnFlags = 0;
  /** Microseconds now, taken when work on the socket begins. */
  mstamp = 0;
  /** Round trips in microseconds: 8 * SRTT, 4 * deviation and what RFC 6298 needs besides. */
  srttUs = 0;
  mdevUs = 0;
  mdevMaxUs = 0;
  rttvarUs = 0;
  rttSeq = 0;
  /** Windowed minimum of the round trip: three samples and their times (jiffies). */
  minRtt0 = -1;
  minRttT0 = 0;
  minRtt1 = -1;
  minRttT1 = 0;
  minRtt2 = -1;
  minRttT2 = 0;
  /** Bytes a second; 0: not known yet. */
  pacingRate = 0;
  /** Keeps to that rate, when somebody asked for it. */
  pacer: TcpPacer | null = null;
  // RACK (RFC 8985)
  /** Transmissions of data so far: the order that RACK goes by. */
  xmitCount = 0;
  /** Of the segments delivered so far, that which left last: its place in that order, its round trip, its end. */
  rackXmit = 0;
  rackRttUs = 0;
  rackEndSeq = 0;
  // Tail loss probe: SND.NXT when it left (0: none is under way), and whether it was old data.
  tlpEndSeq = 0;
  tlpIsRetrans = false;

  // Timers and retries (icsk)
  rto = 1000;
  rtoMin = 200;
  /** What the write timer is for: ICSK_TIME_*, 0 for nothing. */
  pending = 0;
  /** When, in jiffies. The timer itself may be set earlier and is then set again. */
  timeout = 0;
  retransmits = 0;
  backoff = 0;
  probesOut = 0;
  caState = 0;
  caOps: TcpCongestionOps | null = null;
  /** The algorithm's own state. */
  caPriv: object | null = null;
  caInitialized = false;

  // Socket options
  notsentLowat = 0;
  recvmsgInq = false;
  /** Added to the millisecond clock in the timestamp option (RFC 7323 section 5.4). */
  tsoffset = 0;
  tsqFlags = 0;
  /** What keeps it from sending (TCP_LIMIT_*). */
  limit = 0;
  /** TCP Fast Open, when the socket has to do with it. */
  tfo: TcpFastopen | null = null;
  /** What few connections have: signatures, MTU probing, repair. */
  extra: TcpExtra | null = null;
  /** A writer found no room and waits. */
  noSpace = false;

  // Seldom looked at: last, for the engine keeps the first 252 fields of an object inside of it and the others one step further away.
  urgSeq = 0;
  /** Segments that came out of order. */
  rcvOoopack = 0;
  /** Out-of-window segments answered lately: jiffies of the last. */
  lastOowAckTime = 0;
  /** What our SYN or SYN-ACK offers: timestamps, SACK, window scale (-1: none). */
  synTs = false;
  synSack = false;
  synWscale = -1;
  /** When the SYN-ACK that this connection answered had left (microseconds), and how often it had been sent again. */
  synackStamp = 0;
  synackRetrans = 0;
  /** Window before the reduction, and the threshold to go back to when that proves needless; 0: there is none. */
  priorCwnd = 0;
  ssthreshPrev = 0;
  /** RFC 3522's RetransmitTS: the timestamp clock (ms) at the first retransmission of the episode; 0: none. */
  rexmitTs = 0;
  /** The reduction can be undone: SND.UNA when it began, segments sent again since, and those of them that DSACKs reported. */
  undoable = false;
  episodeUna = 0;
  episodeRexmits = 0;
  episodeDsacks = 0;
  totalRetrans = 0;
  totalRto = 0;
  reordSeen = 0;
  prrDelivered = 0;
  prrOut = 0;
  recoverFs = 0;
  bytesRetrans = 0;
  dsackDups = 0;
  /** FRTO_*. */
  frto = 0;
  /** RACK's reordering window in quarters of the least round trip, and after how many recoveries it is one again. */
  rackReoWndMult = 1;
  rackReoWndPersist = 0;
  /** The round in which a DSACK has widened it already lasts until SND.UNA reaches this. */
  rackInDsackRound = false;
  rackDsackRound = 0;
  probesTstamp = 0;
  synRetries = 0;
  userTimeout = 0;
  /** The peer threw away what it had SACKed. */
  sackReneg = false;
  userMss = 0;
  keepaliveTime = 0;
  keepaliveIntvl = 0;
  keepaliveProbes = 0;
  linger2 = 0;
  /** TCP_DEFER_ACCEPT as a number of SYN-ACK retransmissions. */
  deferAccept = 0;
  /** Since when (microseconds), and how long which limit did. */
  limitSince = 0;
  busyUs = 0;
  rwndLimitedUs = 0;
  sndbufLimitedUs = 0;
  /** jiffies when a listener last had to send a SYN cookie; 0: never. Only then are ACKs looked at for cookies. */
  cookieStamp = 0;
  /** Next in the list of throttled sockets. */
  tsqNext: TcpSock | null = null;
  /** Counted among the sockets without an owner. */
  orphanCounted = false;
  destroyed = false;

  constructor(net: Net, af: InetAf, tn: TcpNet, tk: TcpKernel, prot: Proto) {
    super(net, af, SOCK_STREAM, IPPROTO_TCP, prot, tcpWriteTimer, tcpDelackTimer, tcpKeepaliveTimer);
    this.tn = tn;
    this.tk = tk;
    this.gsoType = af.family === AF_INET ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
  }
}
