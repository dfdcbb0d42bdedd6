/** Reading datagrams, and what poll says of them. */
import { EAGAIN, ENOTCONN } from '@linnet/kernel';
import { consumeSkb, skbGet, skbUnlink, type Skb } from '@linnet/skbuff';
import { MSG_PEEK, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM, SOCK_SEQPACKET, SOCK_STREAM } from '@linnet/uapi';
import { sockWriteable } from './memory.ts';
import { RCV_SHUTDOWN, SHUTDOWN_MASK, sockError, sockFlag, SOCK_SELECT_ERR_QUEUE, type Sock } from './sock.ts';
import type { Socket } from './socket.ts';

/**
 * Takes the next datagram, or a reference to it with MSG_PEEK (skb_recv_datagram). The caller frees it with `consumeSkb`.
 * Returns a negative errno when there is none: the pending error, 0 after shutdown, -EAGAIN.
 * @alpha
 */
export function skbRecvDatagram(sk: Sock, flags: number): Skb | number {
  const err = sockError(sk);
  if (err !== 0) return err;
  const skb = sk.receiveQueue.head;
  if (skb !== null) {
    if ((flags & MSG_PEEK) !== 0) {
      skb.peeked = true;
      return skbGet(skb);
    }
    skbUnlink(skb, sk.receiveQueue);
    return skb;
  }
  if ((sk.shutdown & RCV_SHUTDOWN) !== 0) return 0;
  if ((sk.type === SOCK_SEQPACKET || sk.type === SOCK_STREAM) && sk.state !== 1) return -ENOTCONN;
  return -EAGAIN;
}

/** Gives back what {@link skbRecvDatagram} returned (skb_free_datagram). @alpha */
export function skbFreeDatagram(skb: Skb): void {
  consumeSkb(skb);
}

/** The poll mask of a datagram socket (datagram_poll). @alpha */
export function datagramPoll(sock: Socket): number {
  const sk = sock.sk!;
  let mask = 0;
  if (sk.err !== 0 || sk.errorQueue.head !== null) mask |= POLLERR | (sockFlag(sk, SOCK_SELECT_ERR_QUEUE) ? POLLPRI : 0);
  if ((sk.shutdown & RCV_SHUTDOWN) !== 0) mask |= POLLRDHUP | POLLIN | POLLRDNORM;
  if (sk.shutdown === SHUTDOWN_MASK) mask |= POLLHUP;
  if (sk.receiveQueue.head !== null) mask |= POLLIN | POLLRDNORM;
  if (sockWriteable(sk)) mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
  return mask;
}
