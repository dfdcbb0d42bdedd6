/** What remains of a connection in TIME-WAIT or FIN-WAIT-2 (struct inet_timewait_sock): small, and enough to answer stray segments. */
import { delTimer, modTimer, TimerList, type Net } from '@linnet/kernel';
import { AF_INET6 } from '@linnet/uapi';
import type { InetAf } from './af.ts';
import { bindBucketRelease, inetPutPort, type InetBindBucket } from './bind-hash.ts';
import type { InetConnectionSock } from './inet-connection-sock.ts';
import { EHASH_TIMEWAIT, EhashNode, type InetHashinfo } from './inet-hashtables.ts';

/** A connection that is over; transports extend it with sequence numbers. @alpha */
export class InetTimewaitSock {
  readonly net: Net;
  readonly family: number;
  readonly af: InetAf;
  readonly hashinfo: InetHashinfo;
  readonly ehashNode: EhashNode;
  readonly timer: TimerList<InetTimewaitSock>;
  bindBucket: InetBindBucket | null = null;
  /** TCP_FIN_WAIT2 or TCP_TIME_WAIT. */
  substate = 0;
  mark = 0;
  /** What sock_diag knows it by; 0 until it asks. */
  cookie = 0;
  priority = 0;
  tos = 0;
  readonly boundDevIf: number;
  readonly rcvSaddr: number;
  readonly daddr: number;
  readonly v6RcvSaddr: Int32Array | null;
  readonly v6Daddr: Int32Array | null;
  readonly ipv6only: boolean;
  /** INET_VERSION_*: which of the two it was. */
  readonly versions: number;
  readonly num: number;
  readonly dport: number;
  readonly uid: number;
  /** SO_REUSEADDR and SO_REUSEPORT of the connection: whether others may bind the port meanwhile. */
  readonly reuse: boolean;
  readonly reuseport: boolean;

  constructor(h: InetHashinfo, sk: InetConnectionSock) {
    this.net = sk.net;
    this.family = sk.family;
    this.af = sk.af;
    this.hashinfo = h;
    this.ehashNode = new EhashNode(EHASH_TIMEWAIT, this);
    this.timer = new TimerList<InetTimewaitSock>(inetTwskKill, this);
    this.boundDevIf = sk.boundDevIf;
    this.rcvSaddr = sk.rcvSaddr;
    this.daddr = sk.daddr;
    this.v6RcvSaddr = sk.v6RcvSaddr;
    this.v6Daddr = sk.v6Daddr;
    this.ipv6only = sk.ipv6only;
    this.versions = sk.versions;
    this.num = sk.num;
    this.dport = sk.dport;
    this.mark = sk.mark;
    this.priority = sk.priority;
    this.tos = sk.tos;
    this.uid = sk.uid;
    this.reuse = sk.reuse;
    this.reuseport = sk.reuseport;
  }
}

/** Takes the place of a connection in the hashes, port included, and starts the clock (inet_twsk_hashdance, inet_twsk_schedule). @alpha */
export function inetTwskHashdance(tw: InetTimewaitSock, sk: InetConnectionSock, timeout: number): void {
  const h = tw.hashinfo;
  const n = tw.ehashNode;
  n.rcvSaddr = tw.rcvSaddr;
  n.num = tw.num;
  n.daddr = tw.daddr;
  const six = tw.af.family === AF_INET6;
  n.v6RcvSaddr = six ? tw.v6RcvSaddr : null;
  n.v6Daddr = six ? tw.v6Daddr : null;
  n.dport = tw.dport;
  n.boundDevIf = tw.boundDevIf;
  const tb = sk.bindBucket;
  if (tb !== null) {
    tw.bindBucket = tb;
    tb.timewaits.add(tw);
    inetPutPort(h, sk);
  }
  h.remove(sk.ehashNode);
  h.insert(n);
  inetTwskSchedule(tw, timeout);
}

/** Sets the time at which it is forgotten, in jiffies from now (inet_twsk_reschedule). @alpha */
export function inetTwskSchedule(tw: InetTimewaitSock, timeout: number): void {
  const k = tw.net.kernel;
  modTimer(k, tw.timer, (k.jiffies + timeout) | 0);
}

/** Forgets it now (inet_twsk_deschedule_put). @alpha */
export function inetTwskKill(tw: InetTimewaitSock): void {
  delTimer(tw.net.kernel, tw.timer);
  tw.hashinfo.remove(tw.ehashNode);
  const tb = tw.bindBucket;
  if (tb === null) return;
  tw.bindBucket = null;
  tb.timewaits.delete(tw);
  bindBucketRelease(tw.hashinfo, tb);
}
