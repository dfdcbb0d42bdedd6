/** What `sendmsg` and `recvmsg` carry: buffers, an address, control messages, flags. */
import { MSG_CTRUNC, type SockAddr } from '@linnet/uapi';
import { skbCopyBits, type Skb } from '@linnet/skbuff';
import type { Socket } from './socket.ts';

/** One control message: ancillary data beside the payload (struct cmsghdr). @public */
export interface Cmsg {
  level: number;
  type: number;
  /** The data behind the header, in the ABI's layout. */
  data: Uint8Array;
}

/**
 * An open file that travels in a message (struct file, as SCM_RIGHTS carries it). `posix` implements it; who holds one has counted itself in `refs`.
 * @alpha
 */
export interface ScmFile {
  /** Descriptors and messages that hold it. */
  refs: number;
  /** One holder less; the last one closes it. */
  put(): void;
  /** The socket, where it is one. */
  readonly socket?: Socket;
}

/** A message (struct msghdr). One object may serve many calls. @public */
export class MsgHdr {
  /** Where to (send) or where from (receive; null when the transport does not say). */
  name: SockAddr | null;
  iov: Uint8Array[];
  control: Cmsg[];
  /** Bytes of control messages that the receiver has room for (msg_controllen); what does not fit is cut off or left out, and MSG_CTRUNC says so. */
  controlLen: number;
  /**
   * The open files of SCM_RIGHTS, in place of the descriptors in a control message: who sends has looked them up (and still holds them), who receives holds those here and gives them numbers.
   * @alpha
   */
  files: readonly ScmFile[] | null;
  /** Set by recvmsg: MSG_TRUNC, MSG_CTRUNC, MSG_OOB, MSG_ERRQUEUE; given to sendmsg. */
  flags: number;
  /** Where the next byte goes or comes from: an index into `iov` and an offset there. */
  iovIndex: number;
  iovOff: number;

  constructor(iov: Uint8Array[] = [], name: SockAddr | null = null, flags: number = 0) {
    this.name = name;
    this.iov = iov;
    this.control = [];
    this.controlLen = Infinity;
    this.files = null;
    this.flags = flags;
    this.iovIndex = 0;
    this.iovOff = 0;
  }
}

/** Bytes left in the message's buffers (iov_iter_count). @alpha */
export function msgCount(msg: MsgHdr): number {
  let n = 0;
  for (let i = msg.iovIndex; i < msg.iov.length; i++) n += msg.iov[i]!.length;
  return n - msg.iovOff;
}

/** Starts over at the first byte. @alpha */
export function msgRewind(msg: MsgHdr): void {
  msg.iovIndex = 0;
  msg.iovOff = 0;
}

/** Copies the next `len` bytes of the message to `dst` and moves on (copy_from_iter). Returns the bytes copied. @alpha */
export function msgCopyFrom(msg: MsgHdr, dst: Uint8Array, dstOff: number, len: number): number {
  let left = len;
  while (left > 0) {
    const buf = msg.iov[msg.iovIndex];
    if (buf === undefined) break;
    const n = Math.min(left, buf.length - msg.iovOff);
    if (n > 0) dst.set(n === buf.length ? buf : buf.subarray(msg.iovOff, msg.iovOff + n), dstOff); // datapath-ok: the one copy in
    dstOff += n;
    left -= n;
    advance(msg, buf.length, n);
  }
  return len - left;
}

/** Copies `len` bytes at packet offset `off` to the message's buffers and moves on (skb_copy_datagram_msg). Returns the bytes copied. @alpha */
export function skbCopyDatagramMsg(skb: Skb, off: number, msg: MsgHdr, len: number): number {
  let left = len;
  while (left > 0) {
    const buf = msg.iov[msg.iovIndex];
    if (buf === undefined) break;
    const n = Math.min(left, buf.length - msg.iovOff);
    if (n > 0 && skbCopyBits(skb, off, buf, msg.iovOff, n) !== 0) break;
    off += n;
    left -= n;
    advance(msg, buf.length, n);
  }
  return len - left;
}

/** Copies `len` bytes of `src` to the message's buffers and moves on (copy_to_iter). Returns the bytes copied. @alpha */
export function msgCopyTo(msg: MsgHdr, src: Uint8Array, srcOff: number, len: number): number {
  let left = len;
  while (left > 0) {
    const buf = msg.iov[msg.iovIndex];
    if (buf === undefined) break;
    const n = Math.min(left, buf.length - msg.iovOff);
    if (n > 0) buf.set(src.subarray(srcOff, srcOff + n), msg.iovOff); // datapath-ok: the one copy out
    srcOff += n;
    left -= n;
    advance(msg, buf.length, n);
  }
  return len - left;
}

function advance(msg: MsgHdr, bufLen: number, n: number): void {
  msg.iovOff += n;
  if (msg.iovOff >= bufLen) {
    msg.iovIndex++;
    msg.iovOff = 0;
  }
}

/** Size of `struct cmsghdr`. */
const CMSG_HDR = 16;

/** Bytes of room for control messages that are left in a message (msg_controllen during recvmsg). @alpha */
export function cmsgRoom(msg: MsgHdr): number {
  if (msg.controlLen === Infinity) return Infinity;
  let room = msg.controlLen;
  for (const c of msg.control) room -= CMSG_HDR + ((c.data.length + 7) & ~7);
  return Math.max(0, room);
}

/** Adds a control message to what recvmsg returns (put_cmsg), as far as there is room for it. @alpha */
export function putCmsg(msg: MsgHdr, level: number, type: number, data: Uint8Array): void {
  const room = cmsgRoom(msg);
  if (room < CMSG_HDR) {
    msg.flags |= MSG_CTRUNC;
    return;
  }
  if (room < CMSG_HDR + data.length) {
    msg.flags |= MSG_CTRUNC;
    data = data.subarray(0, room - CMSG_HDR);
  }
  msg.control.push({ level, type, data });
}
