/** Requests over an AF_NETLINK socket, each answered when the call returns. */
import { EAGAIN, EINTR, ENOBUFS, type Net, SystemError } from '@linnet/kernel';
import { peernet2idAlloc } from '@linnet/netlink';
import { intOpt, MsgHdr, sockCreate, sockRelease, type Socket } from '@linnet/socket';
import {
  AF_NETLINK, MSG_DONTWAIT, MSG_TRUNC, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_ROUTE, nlAttrValue, type NlAttrTable, NLM_F_ACK, NLM_F_ACK_TLVS, NLM_F_CAPPED,
  NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, nlMessageDecode, nlMessageEncode, nlmsgAlign, nlmsgFlags, nlmsgLen, nlmsgNext, type NlMessage, nlmsgOk, nlmsgSeq,
  nlmsgType, NLMSGERR_ATTRS, type NlObject, SOCK_RAW, SOL_NETLINK,
} from '@linnet/uapi';

/**
 * A request of rtnetlink was refused. `syscall` is the message's name ('RTM_NEWROUTE'), `extack` what the kernel said beside the errno.
 * @public
 */
export class RtnlError extends SystemError {
  /** The kernel's text, or empty. */
  readonly extack: string;

  constructor(errno: number, message: string, what: string, extack: string) {
    super(errno, message, [what, extack].filter((s) => s !== '').join(': '));
    this.name = 'RtnlError';
    this.extack = extack;
  }
}

/** A request: `name` is that of the message for errors, `what` the thing it is about. */
export interface RtnlRequest {
  readonly type: number;
  readonly name: string;
  readonly what: string;
  readonly flags: number;
  /** The fixed struct. */
  readonly header: Uint8Array;
  readonly table: NlAttrTable;
  readonly attrs?: NlObject;
}

/** One message of an answer. */
export interface RtnlAnswer {
  readonly type: number;
  readonly header: DataView;
  readonly attrs: NlObject;
}

const BUFFER = 65536;

/** Talks to the rtnetlink of one namespace. */
export class RtnlClient {
  readonly net: Net;
  private seq = 0;

  constructor(net: Net) {
    this.net = net;
  }

  /** Does a request that is only acknowledged. */
  do(req: RtnlRequest): void {
    this.exchange(req, NLM_F_ACK | req.flags);
  }

  /** A request that is answered by one message. */
  get(req: RtnlRequest): RtnlAnswer {
    const answers = this.exchange(req, req.flags);
    if (answers.length !== 1) throw new RtnlError(-ENOBUFS, req.name, req.what, `${answers.length} answers`);
    return answers[0]!;
  }

  /** All there is. */
  dump(req: RtnlRequest): RtnlAnswer[] {
    return this.exchange(req, NLM_F_DUMP | req.flags);
  }

  /** The id that this namespace knows another by; it is given one if it has none. */
  idOf(target: Net): number {
    const id = this.net.kernel.run(() => peernet2idAlloc(this.net, target));
    if (id < 0) throw new RtnlError(id, 'RTM_NEWNSID', 'netns', '');
    return id;
  }

  private exchange(req: RtnlRequest, flags: number): RtnlAnswer[] {
    const { kernel } = this.net;
    kernel.enter();
    try {
      const sock = sockCreate(this.net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
      if (typeof sock === 'number') throw new RtnlError(sock, req.name, req.what, 'no AF_NETLINK socket');
      try {
        for (const opt of [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK]) sock.ops.setsockopt(sock, SOL_NETLINK, opt, intOpt(1));
        return this.talk(sock, req, flags | NLM_F_REQUEST);
      } finally {
        sockRelease(sock);
      }
    } finally {
      kernel.exit();
    }
  }

  private talk(sock: Socket, req: RtnlRequest, flags: number): RtnlAnswer[] {
    const seq = ++this.seq;
    const bytes = nlMessageEncode({ type: req.type, flags, seq, pid: 0, header: req.header, attrs: req.attrs ?? {} }, req.table);
    const sent = sock.ops.sendmsg(sock, new MsgHdr([bytes]), bytes.length);
    if (sent < 0) throw new RtnlError(sent, req.name, req.what, '');
    const out: RtnlAnswer[] = [];
    const buf = new Uint8Array(BUFFER);
    const view = new DataView(buf.buffer);
    for (;;) {
      const msg = new MsgHdr([buf]);
      const n = sock.ops.recvmsg(sock, msg, buf.length, MSG_DONTWAIT);
      // Everything happens within the request: what is not there now will not come.
      if (n === -EAGAIN && out.length > 0 && (flags & (NLM_F_ACK | NLM_F_DUMP)) === 0) return out;
      if (n < 0) throw new RtnlError(n, req.name, req.what, '');
      if ((msg.flags & MSG_TRUNC) !== 0) throw new RtnlError(-ENOBUFS, req.name, req.what, 'answer cut off');
      for (let at = 0; nlmsgOk(view, at, n - at); at = nlmsgNext(view, at)) {
        if (nlmsgSeq(view, at) !== seq) continue;
        if ((nlmsgFlags(view, at) & NLM_F_DUMP_INTR) !== 0) throw new RtnlError(-EINTR, req.name, req.what, 'the dump was interrupted');
        const type = nlmsgType(view, at);
        if (type === NLMSG_ERROR || type === NLMSG_DONE) {
          const err = nlmsgLen(view, at) >= 20 ? view.getInt32(at + 16, true) : 0;
          if (err < 0) throw new RtnlError(err, req.name, req.what, extackText(buf, view, at, type));
          return out;
        }
        out.push(answer(nlMessageDecode(buf, at, req.header.length, req.table), req.table));
      }
    }
  }
}

function answer(m: NlMessage, table: NlAttrTable): RtnlAnswer {
  return { type: m.type, header: new DataView(m.header.buffer, m.header.byteOffset, m.header.byteLength), attrs: table.toObject(m.attrs) };
}

/** The text of an extended acknowledgement, or empty. */
function extackText(u8: Uint8Array, view: DataView, nlh: number, type: number): string {
  const flags = nlmsgFlags(view, nlh);
  if ((flags & NLM_F_ACK_TLVS) === 0) return '';
  // Behind the errno comes the request, only its header when capped; at the end of a dump there is none.
  let at = nlh + 20;
  if (type === NLMSG_ERROR) at += (flags & NLM_F_CAPPED) !== 0 ? 16 : nlmsgAlign(view.getUint32(at, true));
  const end = nlh + nlmsgLen(view, nlh);
  if (at >= end) return '';
  const attrs = NLMSGERR_ATTRS.decode(u8, at, end - at);
  const text = nlAttrValue(attrs, 'NLMSGERR_ATTR_MSG');
  if (typeof text === 'string') return text;
  const missing = nlAttrValue(attrs, 'NLMSGERR_ATTR_MISS_TYPE');
  return typeof missing === 'number' ? `attribute ${missing} is missing` : '';
}
