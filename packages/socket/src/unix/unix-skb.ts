/** Packets of local sockets: what they hold, and what they are charged with. */
import { allocSkb, type Skb, skbPut } from '@linnet/skbuff';
import { msgCopyFrom, type MsgHdr } from '../msg.ts';
import { skSetOwnerW } from '../memory.ts';
import type { UnixSock } from './unix-sock.ts';

/*
 * What a real kernel charges a sender with, so that as many messages fit into a buffer here as there: measured with SIOCOUTQ, message by message of each length (the conformance tests ask it
 * again). Bytes lie in a block whose size is a power of two from 512 on, 320 bytes of which are used up, and 256 are charged besides; beyond the largest block of its kind a message takes whole
 * pages, 17 at most, for what is too much.
 */
const MESSAGE = 256;
const BLOCK_USED = 320;
const BLOCK_LEAST = 512;
const PAGE = 4096;
const PAGES_MOST = 17;
/** Bytes in the largest block of a stream, and of a message with bounds. */
const STREAM_BLOCK = 3776;
const DGRAM_BLOCK = 16064;
/** The longest piece of a stream: a block and eight pages. */
const STREAM_PIECE: number = STREAM_BLOCK + 8 * PAGE;

/** How many bytes of a stream go into one packet, of `len` that remain: two packets never overfill the buffer (half of it, less 64, measured). */
export function unixStreamChunk(sk: UnixSock, len: number): number {
  return Math.min(len, (sk.sndbuf >> 1) - 64, STREAM_PIECE);
}

function chargeOf(len: number, block: number): number {
  const pages = len > block ? Math.min(PAGES_MOST, Math.ceil((len - block) / PAGE)) : 0;
  const rest = len - pages * PAGE;
  let size = BLOCK_LEAST;
  while (size - BLOCK_USED < rest) size *= 2;
  return MESSAGE + size + pages * PAGE;
}

/** A packet with the next `len` bytes of the message, charged to the sender. Nothing of it was read yet: `cb0` is 0. */
export function unixAllocSkb(sk: UnixSock, msg: MsgHdr, len: number, stream: boolean): Skb {
  const skb = allocSkb(sk.pool, len);
  skb.truesize = chargeOf(len, stream ? STREAM_BLOCK : DGRAM_BLOCK);
  skSetOwnerW(skb, sk);
  if (len > 0) msgCopyFrom(msg, skb.u8, skbPut(skb, len), len);
  skb.cb0 = 0;
  skb.cb4 = 0;
  skb.cbObj = null;
  return skb;
}
