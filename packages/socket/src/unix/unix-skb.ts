/** Packets of local sockets: what they hold, and what they are charged with. */
import { allocSkb, type Skb, skbPut } from '@linnet/skbuff';
import { msgCopyFrom, type MsgHdr } from '../msg.ts';
import { skSetOwnerW } from '../memory.ts';
import type { UnixSock } from './unix-sock.ts';

// What a real kernel charges a sender with, so that as many messages fit into a buffer here as there (measured with SIOCOUTQ): the packet object, a head out of a
// size class with the shared info behind its data, and whole pages beyond what a page-sized head takes.
const SKB_OBJECT = 256;
const SHARED_INFO = 320;
const PAGE = 4096;
const MAX_HEAD = PAGE - SHARED_INFO;
/** The largest head that a datagram gets before pages are added. */
const MAX_ALLOC = 4 * PAGE - SHARED_INFO;
const MAX_PAGES = 17 * PAGE;
/** Pages of one packet of a stream. */
const STREAM_PAGES = 32768;

function pageAlign(n: number): number {
  return Math.ceil(n / PAGE) * PAGE;
}

/** The size class of a head of `n` bytes. */
function headCost(n: number): number {
  const want = Math.ceil(n / 64) * 64 + SHARED_INFO;
  let size = 512;
  while (size < want) size *= 2;
  return size;
}

/** How many bytes of a stream go into one packet, of `len` that remain: at most two fill the buffer, and it is never more than a head and 32 KiB of pages. */
export function unixStreamChunk(sk: UnixSock, len: number): number {
  return Math.min(len, (sk.sndbuf >> 1) - 64, MAX_HEAD + STREAM_PAGES);
}

function streamCost(len: number): number {
  const data = Math.min(len, pageAlign(Math.max(0, len - MAX_HEAD)));
  return SKB_OBJECT + headCost(len - data) + pageAlign(data);
}

function dgramCost(len: number): number {
  const data = len > MAX_ALLOC ? pageAlign(Math.min(len - MAX_ALLOC, MAX_PAGES)) : 0;
  return SKB_OBJECT + headCost(len - data) + data;
}

/** A packet with the next `len` bytes of the message, charged to the sender. Nothing of it was read yet: `cb0` is 0. */
export function unixAllocSkb(sk: UnixSock, msg: MsgHdr, len: number, stream: boolean): Skb {
  const skb = allocSkb(sk.pool, len);
  skb.truesize = stream ? streamCost(len) : dgramCost(len);
  skSetOwnerW(skb, sk);
  if (len > 0) msgCopyFrom(msg, skb.u8, skbPut(skb, len), len);
  skb.cb0 = 0;
  skb.cb4 = 0;
  skb.cbObj = null;
  return skb;
}
