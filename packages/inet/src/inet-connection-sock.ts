/** Sockets that connect and accept (struct inet_connection_sock): the accept queue, the requests, the three timers. */
import { EAGAIN, EINVAL, delTimer, TimerList, type Net } from '@linnet/kernel';
import type { Proto } from '@linnet/socket';
import { TCP_LISTEN } from '@linnet/uapi';
import type { InetAf } from './af.ts';
import type { InetBindBucket } from './bind-hash.ts';
import { EHASH_SOCK, EhashNode } from './inet-hashtables.ts';
import { InetSock } from './inet-sock.ts';
import type { RequestSock } from './request-sock.ts';

/** A sock that can listen or be connected. @alpha */
export class InetConnectionSock extends InetSock {
  readonly ehashNode: EhashNode;
  bindBucket: InetBindBucket | null = null;

  /** Connections that wait for accept, first to last, linked by `acceptNext`. */
  acceptHead: InetConnectionSock | null = null;
  acceptTail: InetConnectionSock | null = null;
  acceptNext: InetConnectionSock | null = null;
  /** Requests in the hash that point at this listener, and how many were never answered twice. */
  reqskQlen = 0;
  reqskYoung = 0;
  /** All of them, doubly linked, so that closing the listener finds them. */
  reqskHead: RequestSock | null = null;

  readonly retransmitTimer: TimerList<InetConnectionSock>;
  readonly delackTimer: TimerList<InetConnectionSock>;
  readonly keepaliveTimer: TimerList<InetConnectionSock>;

  constructor(
    net: Net, af: InetAf, type: number, protocol: number, prot: Proto,
    retransmit: (sk: InetConnectionSock) => void, delack: (sk: InetConnectionSock) => void, keepalive: (sk: InetConnectionSock) => void,
  ) {
    super(net, af, type, protocol, prot);
    this.ehashNode = new EhashNode(EHASH_SOCK, this);
    this.retransmitTimer = new TimerList<InetConnectionSock>(retransmit, this);
    this.delackTimer = new TimerList<InetConnectionSock>(delack, this);
    this.keepaliveTimer = new TimerList<InetConnectionSock>(keepalive, this);
  }
}

/** Stops all timers of a connection (inet_csk_clear_xmit_timers). @alpha */
export function inetCskClearXmitTimers(sk: InetConnectionSock): void {
  delTimer(sk.kernel, sk.retransmitTimer);
  delTimer(sk.kernel, sk.delackTimer);
  delTimer(sk.kernel, sk.keepaliveTimer);
}

/** Is the queue of connections that wait for accept full? (sk_acceptq_is_full) @alpha */
export function skAcceptqIsFull(sk: InetConnectionSock): boolean {
  return sk.ackBacklog > sk.maxAckBacklog;
}

/** Puts an established connection behind those that wait for accept (inet_csk_reqsk_queue_add). @alpha */
export function inetCskAcceptqAdd(sk: InetConnectionSock, child: InetConnectionSock): void {
  child.acceptNext = null;
  if (sk.acceptTail === null) sk.acceptHead = child;
  else sk.acceptTail.acceptNext = child;
  sk.acceptTail = child;
  sk.ackBacklog++;
}

/** Takes the connection that waited longest for accept; null when none does. @alpha */
export function inetCskAcceptqRemove(sk: InetConnectionSock): InetConnectionSock | null {
  const child = sk.acceptHead;
  if (child === null) return null;
  sk.acceptHead = child.acceptNext;
  if (sk.acceptHead === null) sk.acceptTail = null;
  child.acceptNext = null;
  sk.ackBacklog--;
  return child;
}

/** accept(2) without waiting (inet_csk_accept): a connection, -EINVAL when not listening, -EAGAIN when none is there. @alpha */
export function inetCskAccept(sk: InetConnectionSock): InetConnectionSock | number {
  if (sk.state !== TCP_LISTEN) return -EINVAL;
  return inetCskAcceptqRemove(sk) ?? -EAGAIN;
}
