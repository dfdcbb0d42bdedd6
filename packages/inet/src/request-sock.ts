/** A connection request: what a listener remembers between SYN and ACK (struct request_sock, inet_request_sock). */
import { delTimer, modTimer, TimerList, type Net } from '@linnet/kernel';
import type { InetAf } from './af.ts';
import type { Flowi } from './flowi.ts';
import type { InetConnectionSock } from './inet-connection-sock.ts';
import { EHASH_REQUEST, EhashNode, type InetHashinfo } from './inet-hashtables.ts';

/** A request; transports extend it with what their handshake needs. @alpha */
export class RequestSock {
  readonly listener: InetConnectionSock;
  readonly net: Net;
  readonly af: InetAf;
  readonly ehashNode: EhashNode;
  /** Local and remote address, ports in host order. */
  locAddr = 0;
  rmtAddr = 0;
  /** The addresses of an IPv6 request; null for IPv4. */
  v6LocAddr: Int32Array | null = null;
  v6RmtAddr: Int32Array | null = null;
  num = 0;
  rmtPort = 0;
  mark = 0;
  /** What sock_diag knows it by; 0 until it asks. */
  cookie = 0;
  iif = 0;
  /** MSS the peer announced. */
  mss = 0;
  /** SYN-ACK timeouts so far, and retransmissions that were really sent. */
  numTimeout = 0;
  numRetrans = 0;
  /** First timeout in jiffies. */
  timeout = 0;
  /** The ACK came but the accept queue was full, or accept was deferred. */
  acked = false;
  readonly timer: TimerList<RequestSock>;
  /** Links of the listener's list. */
  next: RequestSock | null = null;
  prev: RequestSock | null = null;
  queued = false;
  /** IP options of the SYN to be echoed, or null. */
  ireqOpt: object | null = null;
  fl: Flowi | null = null;

  /** `af` is the family of its packets; `onTimer` runs when the SYN-ACK's timer expires. */
  constructor(listener: InetConnectionSock, af: InetAf, onTimer: (req: RequestSock) => void) {
    this.listener = listener;
    this.net = listener.net;
    this.af = af;
    this.ehashNode = new EhashNode(EHASH_REQUEST, this);
    this.timer = new TimerList<RequestSock>(onTimer, this);
  }
}

/** Enters a request into the hash and the listener's count, and starts its timer (inet_csk_reqsk_queue_hash_add). @alpha */
export function inetCskReqskQueueHashAdd(h: InetHashinfo, req: RequestSock, timeout: number): void {
  const n = req.ehashNode;
  n.rcvSaddr = req.locAddr;
  n.num = req.num;
  n.daddr = req.rmtAddr;
  n.v6RcvSaddr = req.v6LocAddr;
  n.v6Daddr = req.v6RmtAddr;
  n.dport = req.rmtPort;
  n.boundDevIf = req.listener.boundDevIf;
  h.insert(n);
  const sk = req.listener;
  req.queued = true;
  req.prev = null;
  req.next = sk.reqskHead;
  if (sk.reqskHead !== null) sk.reqskHead.prev = req;
  sk.reqskHead = req;
  sk.reqskQlen++;
  sk.reqskYoung++;
  req.timeout = timeout;
  modTimer(req.net.kernel, req.timer, (req.net.kernel.jiffies + timeout) | 0);
}

/** Takes a request out of the hash and the listener's count; it is forgotten (inet_csk_reqsk_queue_drop). Does nothing the second time. @alpha */
export function inetCskReqskQueueDrop(h: InetHashinfo, req: RequestSock): void {
  delTimer(req.net.kernel, req.timer);
  h.remove(req.ehashNode);
  if (!req.queued) return;
  req.queued = false;
  const sk = req.listener;
  if (req.prev === null) sk.reqskHead = req.next;
  else req.prev.next = req.next;
  if (req.next !== null) req.next.prev = req.prev;
  req.next = null;
  req.prev = null;
  sk.reqskQlen--;
  if (req.numTimeout === 0) sk.reqskYoung--;
}

/** Drops all requests of a listener (part of inet_csk_listen_stop). @alpha */
export function inetCskReqskPurge(h: InetHashinfo, sk: InetConnectionSock): void {
  while (sk.reqskHead !== null) inetCskReqskQueueDrop(h, sk.reqskHead);
}
