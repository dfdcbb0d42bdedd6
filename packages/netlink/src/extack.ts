/** Extended acknowledgements: what a refusal says beside its errno (struct netlink_ext_ack). */
import type { NlaPolicy } from './nla-policy.ts';

/**
 * What a handler may say about a request: a text, the attribute at fault, what is missing. One per request; the acknowledgement carries it
 * when the socket asked for it (NETLINK_EXT_ACK).
 * @alpha
 */
export class Extack {
  /** Text for people, or empty. */
  msg: string = '';
  /** Offset (in the request's buffer) of the attribute at fault; 0 when there is none. */
  badAttr = 0;
  /** The rule that the attribute at fault broke. */
  policy: NlaPolicy | null = null;
  /** Type of a missing attribute; -1 when none is. */
  missType: number = -1;
  /** Offset of the nest that lacks it; 0 is the message itself. */
  missNest = 0;
  /** Up to 20 bytes that go back with a success. */
  cookie: Uint8Array | null = null;
}

/** Says why (NL_SET_ERR_MSG). @alpha */
export function nlSetErrMsg(extack: Extack | null, msg: string): void {
  if (extack !== null) extack.msg = msg;
}

/** Names the attribute (its offset) at fault (NL_SET_BAD_ATTR). @alpha */
export function nlSetBadAttr(extack: Extack | null, nla: number): void {
  if (extack !== null) extack.badAttr = nla;
}

/** Says why and names the attribute at fault (NL_SET_ERR_MSG_ATTR). @alpha */
export function nlSetErrMsgAttr(extack: Extack | null, nla: number, msg: string): void {
  if (extack === null) return;
  extack.msg = msg;
  extack.badAttr = nla;
}

/** Names an attribute that is missing in the nest at `nest`, or in the message itself when 0 (NL_SET_ERR_ATTR_MISS). @alpha */
export function nlSetErrAttrMiss(extack: Extack | null, nest: number, type: number): void {
  if (extack === null) return;
  extack.missNest = nest;
  extack.missType = type;
}
