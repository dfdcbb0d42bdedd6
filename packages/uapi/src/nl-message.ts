/**
 * A whole netlink message as plain values: header, fixed struct, attributes.
 * What is decoded can be encoded again byte for byte. Source: netlink(7).
 */

import type { NlAttr, NlAttrTable, NlObject } from './nl-attrs.ts';
import { nlmsgAlign, nlmsgFlags, nlmsgLen, nlmsgPid, nlmsgSeq, nlmsgType } from './nlmsg.ts';

/** A decoded message. @public */
export interface NlMessage {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly pid: number;
  /** The fixed struct (ifinfomsg, rtmsg ...) with its padding; fewer bytes if the message is shorter. */
  readonly header: Uint8Array;
  readonly attrs: readonly NlAttr[];
}

/** A message to encode: attributes as decoded, or as a plain object. @public */
export interface NlMessageInput extends Omit<NlMessage, 'attrs'> {
  readonly attrs: readonly NlAttr[] | NlObject;
}

/** Decodes the message at `nlh` (whole: see `nlmsgOk`), whose fixed struct has `headerLen` bytes. Never throws; copies what it keeps. @public */
export function nlMessageDecode(u8: Uint8Array, nlh: number, headerLen: number, table: NlAttrTable): NlMessage {
  const view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
  const end = nlh + nlmsgLen(view, nlh);
  const body = Math.min(nlh + 16 + nlmsgAlign(headerLen), end);
  return {
    type: nlmsgType(view, nlh),
    flags: nlmsgFlags(view, nlh),
    seq: nlmsgSeq(view, nlh),
    pid: nlmsgPid(view, nlh),
    header: u8.slice(nlh + 16, body),
    attrs: table.decode(u8, body, end - body),
  };
}

/** The bytes of a message, without padding behind it. Throws a TypeError as `NlAttrTable.encode` does. @public */
export function nlMessageEncode(message: NlMessageInput, table: NlAttrTable): Uint8Array {
  const attrs = table.encode(message.attrs);
  const gap = attrs.length > 0 ? nlmsgAlign(message.header.length) - message.header.length : 0;
  const out = new Uint8Array(16 + message.header.length + gap + attrs.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, out.length, true);
  view.setUint16(4, message.type, true);
  view.setUint16(6, message.flags, true);
  view.setUint32(8, message.seq, true);
  view.setUint32(12, message.pid, true);
  out.set(message.header, 16);
  out.set(attrs, 16 + message.header.length + gap);
  return out;
}
