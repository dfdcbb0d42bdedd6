/** Where the bytes of an outgoing datagram come from. */
// datapath-ok-file: made once a namespace
import { skbCopyBits } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { msgCopyFrom } from '@linnet/socket';
import type { MsgHdr } from '@linnet/socket';

/** A source of bytes, read in order. @alpha */
export interface AppendSource {
  /** Copies the next `len` bytes to `u8` at `off`. False when they cannot be had. */
  take(u8: Uint8Array, off: number, len: number): boolean;
}

/** Bytes of a user's message. @alpha */
export class MsgSource implements AppendSource {
  msg: MsgHdr | null;
  constructor() {
    this.msg = null;
  }
  take(u8: Uint8Array, off: number, len: number): boolean {
    return msgCopyFrom(this.msg!, u8, off, len) === len;
  }
}

/** Bytes of a packet from `off` on, for answers and errors. @alpha */
export class SkbSource implements AppendSource {
  skb: Skb | null;
  off: number;
  constructor() {
    this.skb = null;
    this.off = 0;
  }
  take(u8: Uint8Array, off: number, len: number): boolean {
    if (len === 0) return true;
    if (skbCopyBits(this.skb!, this.off, u8, off, len) !== 0) return false;
    this.off += len;
    return true;
  }
}
