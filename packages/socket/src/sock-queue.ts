/** Queueing what came in for a socket. */
import { ENOBUFS, ENOMEM, EPERM } from '@linnet/kernel';
import { DROP, kfreeSkbReason, type Skb, skbQueueTail } from '@linnet/skbuff';
import { skFilterTrimCap } from './filter.ts';
import { skMemSchedule, skSetOwnerR } from './memory.ts';
import { SOCK_DEAD, sockFlag, type Sock } from './sock.ts';
import { sockNoteDrops } from './timestamp.ts';

/**
 * Queues a datagram for reading, charged to the sock (__sock_queue_rcv_skb); the sock's filter has been asked. Consumes it in every case: when the buffer is full it is dropped and -ENOMEM or
 * -ENOBUFS returned, else 0.
 * @alpha
 */
export function sockQueueFiltered(sk: Sock, skb: Skb): number {
  if (sk.rmemAlloc >= sk.rcvbuf) {
    sk.drops++;
    kfreeSkbReason(skb, DROP.SOCKET_RCVBUFF);
    return -ENOMEM;
  }
  if (!skMemSchedule(sk, skb.truesize)) {
    sk.drops++;
    kfreeSkbReason(skb, DROP.PROTO_MEM);
    return -ENOBUFS;
  }
  skb.dev = null;
  skb.dst = null;
  skSetOwnerR(skb, sk);
  sockNoteDrops(sk, skb);
  skbQueueTail(sk.receiveQueue, skb);
  if (!sockFlag(sk, SOCK_DEAD)) sk.dataReady(sk);
  return 0;
}

/** {@link sockQueueFiltered} for what passes the sock's filter, which sees it from `data` on; else it is dropped and -EPERM returned (sock_queue_rcv_skb). @alpha */
export function sockQueueRcvSkb(sk: Sock, skb: Skb): number {
  if (sk.filter !== null && skFilterTrimCap(sk, skb, 1) !== 0) {
    kfreeSkbReason(skb, DROP.SOCKET_FILTER);
    return -EPERM;
  }
  return sockQueueFiltered(sk, skb);
}

/** Queues an error message for MSG_ERRQUEUE (sock_queue_err_skb). Consumes it; 0 or -ENOMEM. @alpha */
export function sockQueueErrSkb(sk: Sock, skb: Skb): number {
  if (sk.rmemAlloc + skb.truesize >= sk.rcvbuf) {
    sk.drops++;
    kfreeSkbReason(skb, DROP.SOCKET_RCVBUFF);
    return -ENOMEM;
  }
  skMemSchedule(sk, skb.truesize, true);
  skSetOwnerR(skb, sk);
  skb.dst = null;
  skbQueueTail(sk.errorQueue, skb);
  if (!sockFlag(sk, SOCK_DEAD)) sk.errorReport(sk);
  return 0;
}
