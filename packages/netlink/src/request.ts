/** What a handler sees of a request, and what a dump remembers between its parts. */
import type { Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { type NlWriter, nlmsgFlags, nlmsgLen, nlmsgPid, nlmsgSeq, nlmsgType, NLM_F_DUMP_INTR, NLM_F_ECHO, NLM_F_MULTI, NLMSG_HDRLEN } from '@linnet/uapi';
import { Extack } from './extack.ts';
import type { NetlinkSock } from './netlink-sock.ts';

/**
 * One request message (struct nlmsghdr with its sender). Offsets count in `u8`; the bytes are only good while the handler runs (a dump keeps its
 * request until it ends). Attributes are found by offset, with the `nlaGet*` functions of `uapi` on `view`.
 * @alpha
 */
export class NlRequest {
  /** The requester's namespace. */
  readonly net: Net;
  readonly sk: NetlinkSock;
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** Offset of the message's header. */
  readonly nlh: number;
  /** `nlmsg_len`: header and payload. */
  readonly len: number;
  readonly type: number;
  /** NLM_F_*. */
  readonly flags: number;
  readonly seq: number;
  /** Port id of the sender: where replies go. */
  readonly portid: number;
  /** `nlmsg_pid` as written by the sender. */
  readonly pid: number;
  /** Offset of the payload, and of the first byte behind it. */
  readonly data: number;
  readonly end: number;
  /** First byte of the payload: the family of rtnetlink messages; 0 when there is no payload. */
  readonly family: number;
  /** The sender wants dump requests checked strictly (NETLINK_GET_STRICT_CHK). */
  readonly strict: boolean;
  readonly extack: Extack;

  constructor(net: Net, sk: NetlinkSock, u8: Uint8Array, view: DataView, nlh: number, strict: boolean, portid: number) {
    this.net = net;
    this.sk = sk;
    this.u8 = u8;
    this.view = view;
    this.nlh = nlh;
    this.len = nlmsgLen(view, nlh);
    this.type = nlmsgType(view, nlh);
    this.flags = nlmsgFlags(view, nlh);
    this.seq = nlmsgSeq(view, nlh);
    this.portid = portid;
    this.pid = nlmsgPid(view, nlh);
    this.data = nlh + NLMSG_HDRLEN;
    this.end = nlh + this.len;
    this.family = this.len > NLMSG_HDRLEN ? view.getUint8(this.data) : 0;
    this.strict = strict;
    this.extack = new Extack();
  }
}

/** Bytes of payload of a request (nlmsg_len). @alpha */
export function nlreqLen(req: NlRequest): number {
  return req.end - req.data;
}

/** Does the sender want an echo of the notification? (nlmsg_report) @alpha */
export function nlmsgReport(req: NlRequest | null): boolean {
  return req !== null && (req.flags & NLM_F_ECHO) !== 0;
}

/** Begins a reply to `req` in `w` (nlmsg_put with the request's sequence number and port). @alpha */
export function nlmsgReplyBegin(w: NlWriter, req: NlRequest, type: number, flags: number = 0): number {
  return w.begin(type, flags, req.seq, req.portid);
}

/**
 * A dump under way (struct netlink_callback): where it stands. The dumper keeps its cursor here; all start at 0.
 * @alpha
 */
export class NlDump {
  readonly req: NlRequest;
  /** Cursor: what the dumper needs to go on (cb.args). */
  i = 0;
  j = 0;
  k = 0;
  l = 0;
  /** The family whose turn it is in a dump of all families. */
  family = 0;
  /** Anything else that the dumper wants to keep (cb.ctx). */
  data: object | null = null;
  /** Generation of what is dumped: set it at the start of each part; a change between parts marks the dump as interrupted (cb.seq). */
  seq = 0;
  prevSeq = 0;
  /** Flags that NLMSG_DONE carries beside NLM_F_MULTI (NLM_F_DUMP_FILTERED). */
  answerFlags = 0;
  /** Set when a part was found to be of another generation. */
  interrupted = false;
  /** @internal The skb that holds the request. */
  skb: Skb | null;

  constructor(req: NlRequest, skb: Skb | null) {
    this.req = req;
    this.skb = skb;
  }
}

/**
 * Begins a message of a dump: NLM_F_MULTI and, when the generation changed since the last part, NLM_F_DUMP_INTR
 * (nlmsg_put with NLM_F_MULTI, nl_dump_check_consistent).
 * @alpha
 */
export function nlDumpBegin(w: NlWriter, cb: NlDump, type: number, flags: number = 0): number {
  if (cb.prevSeq !== 0 && cb.seq !== cb.prevSeq) cb.interrupted = true;
  const intr = cb.interrupted ? NLM_F_DUMP_INTR : 0;
  return w.begin(type, flags | NLM_F_MULTI | cb.answerFlags | intr, cb.req.seq, cb.req.portid);
}
