/** Reading datagrams, and what poll says of them. */
import { EAGAIN, ENOTCONN } from '@linnet/kernel';
import { consumeSkb, skbGet, skbUnlink, type Skb } from '@linnet/skbuff';
import { MSG_PEEK, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM, SOCK_SEQPACKET, SOCK_STREAM } from '@linnet/uapi';
import { sockWriteable } from './memory.ts';
import { RCV_SHUTDOWN, SHUTDOWN_MASK, sockError, sockFlag, SOCK_SELECT_ERR_QUEUE, type Sock } from './sock.ts';
import type { Socket } from './socket.ts';

/** Where MSG_PEEK begins to read: 0 unless SO_PEEK_OFF says something else (sk_peek_offset). @alpha */
export function skPeekOffset(sk: Sock, flags: number): number {
  return sk.peekOff > 0 && (flags & MSG_PEEK) !== 0 ? sk.peekOff : 0;
}

/** `n` more bytes were looked at (sk_peek_offset_fwd). @alpha */
export function skPeekOffsetFwd(sk: Sock, n: number): void {
  if (sk.peekOff >= 0) sk.peekOff += n;
}

/** `n` bytes were taken from the front (sk_peek_offset_bwd). @alpha */
export function skPeekOffsetBwd(sk: Sock, n: number): void {
  if (sk.peekOff > 0) sk.peekOff = Math.max(0, sk.peekOff - n);
}

/** The packet that holds the byte at offset `off` of the queue; `sk.rare.peekSkip` is the offset in it. */
function peekAt(sk: Sock, off: number): Skb | null {
  for (let skb = sk.receiveQueue.head; skb !== null; skb = skb.next) {
    // An empty one stands there until it was looked at once.
    if (off >= skb.len && (off > 0 || skb.peeked)) {
      off -= skb.len;
      continue;
    }
    sk.rare!.peekSkip = off;
    return skb;
  }
  return null;
}

/**
 * Takes the next datagram, or a reference to it with MSG_PEEK (skb_recv_datagram). The caller frees it with `consumeSkb`. A transport that honours SO_PEEK_OFF asks {@link skbPeekSkip} where
 * in it to begin.
 * Returns a negative errno when there is none: the pending error, -EAGAIN (after shutdown too; who waits gets 0 then), or 0 at the end of a connection.
 * @alpha
 */
export function skbRecvDatagram(sk: Sock, flags: number): Skb | number {
  const err = sockError(sk);
  if (err !== 0) return err;
  const peek = (flags & MSG_PEEK) !== 0;
  const skb = peek && sk.peekOff >= 0 ? peekAt(sk, sk.peekOff) : sk.receiveQueue.head;
  if (skb !== null) {
    if (peek) {
      skb.peeked = true;
      return skbGet(skb);
    }
    skbUnlink(skb, sk.receiveQueue);
    return skb;
  }
  // Without a connection there is no end to tell: only who waits is let go then, with 0.
  const connected = sk.type === SOCK_SEQPACKET || sk.type === SOCK_STREAM;
  if (connected && (sk.shutdown & RCV_SHUTDOWN) !== 0) return 0;
  if (connected && sk.state !== 1) return -ENOTCONN;
  return -EAGAIN;
}

/** Where to begin in what {@link skbRecvDatagram} just returned. @alpha */
export function skbPeekSkip(sk: Sock, flags: number): number {
  return sk.peekOff >= 0 && (flags & MSG_PEEK) !== 0 ? sk.rare!.peekSkip : 0;
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
