/** Requests over AF_NETLINK, each answered when the call returns, and what a kernel tells by itself. */
import { EAFNOSUPPORT, EAGAIN, EINTR, ENOBUFS, ENOENT, type Net } from '@linnet/kernel';
import { peernet2idAlloc } from '@linnet/netlink';
import {
  CTRL_ATTRS, CTRL_CMD_GETFAMILY, GENL_HDRLEN, GENL_ID_CTRL, NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GENERIC, NETLINK_GET_STRICT_CHK, NETLINK_ROUTE, type NetlinkChannel,
  type NetlinkTransport, nlAttrValue, type NlAttrTable, NLM_F_ACK, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSG_NOOP, NLMSG_OVERRUN,
  nlMessageDecode, nlMessageEncode, nlmsgAlign, nlmsgFlags, nlmsgLen, nlmsgNext, type NlMessage, nlmsgOk, nlmsgSeq, nlmsgType, NLMSGERR_ATTRS, type NlObject, type NlValue,
} from '@linnet/uapi';
import { type ExtAck, NetlinkError, NO_EXTACK } from './error.ts';
import { NetTransport } from './transport.ts';

/**
 * A request.
 * @public
 */
export interface NetlinkRequest {
  /** The message's type: RTM_*, or the id of a generic family. */
  readonly type: number;
  /** NETLINK_ROUTE by default. */
  readonly protocol?: number;
  /** NLM_F_* beside NLM_F_REQUEST and what the method adds. */
  readonly flags?: number;
  /** The fixed struct in front of the attributes. */
  readonly header: Uint8Array;
  /** What the attributes are: LINK_ATTRS, ROUTE_ATTRS ... of `@linnet/uapi`, or a table of one's own. */
  readonly table: NlAttrTable;
  readonly attrs?: NlObject;
  /** For errors: the message's name, and the thing it is about. */
  readonly name?: string;
  readonly what?: string;
}

/**
 * One message of an answer.
 * @public
 */
export interface NetlinkAnswer {
  readonly type: number;
  readonly flags: number;
  /** The fixed struct. */
  readonly header: DataView;
  readonly attrs: NlObject;
}

/**
 * A message that nobody asked for.
 * @public
 */
export interface NetlinkEvent {
  readonly type: number;
  readonly flags: number;
  /** The port of whose request it is the consequence; 0 for the kernel's own. */
  readonly pid: number;
  /** The message without its header. */
  readonly payload: Uint8Array;
}

/**
 * A family of generic netlink.
 * @public
 */
export interface GenlFamilyInfo {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  /** Multicast groups: names and numbers for {@link NetlinkClient.monitor}. */
  readonly groups: Readonly<Record<string, number>>;
}

/**
 * A subscription.
 * @public
 */
export interface NetlinkMonitor {
  /** Ends it. */
  close(): void;
}

const BUFFER = 65536;
/** How a Linnet machine gets what it lacks. */
const NO_NETLINK = 'there is no AF_NETLINK; give createKernel a module that brings it, as netlink of @linnet/netlink or ipv4 of @linnet/ipv4';

/**
 * Talks to one kernel: a Linnet machine's, or the real one. Each request has a socket of its own and is over when the call returns.
 * @public
 */
export class NetlinkClient {
  readonly transport: NetlinkTransport;
  private seq = 0;

  constructor(transport: NetlinkTransport) {
    this.transport = transport;
  }

  /** The namespace of a Linnet machine that it talks to, if that is what it does. @internal */
  get net(): Net | null {
    return this.transport instanceof NetTransport ? this.transport.net : null;
  }

  /** Does a request that is only acknowledged. Throws a {@link NetlinkError}. */
  do(req: NetlinkRequest): void {
    this.exchange(req, NLM_F_ACK | (req.flags ?? 0));
  }

  /** A request that is answered by one message. */
  get(req: NetlinkRequest): NetlinkAnswer {
    const answers = this.exchange(req, req.flags ?? 0);
    if (answers.length !== 1) throw failed(-ENOBUFS, req, `${answers.length} answers`);
    return answers[0]!;
  }

  /** A request that is answered by any number of messages, and acknowledged: what came. */
  request(req: NetlinkRequest): NetlinkAnswer[] {
    return this.exchange(req, NLM_F_ACK | (req.flags ?? 0));
  }

  /** All there is. Throws EINTR when something changed meanwhile. */
  dump(req: NetlinkRequest): NetlinkAnswer[] {
    return this.exchange(req, NLM_F_DUMP | (req.flags ?? 0));
  }

  /** A generic family by name (CTRL_CMD_GETFAMILY). Throws ENOENT. */
  family(name: string): GenlFamilyInfo {
    const header = genlHeader(CTRL_CMD_GETFAMILY, 2);
    const { attrs } = this.get({
      protocol: NETLINK_GENERIC, type: GENL_ID_CTRL, name: 'CTRL_CMD_GETFAMILY', what: name, header, table: CTRL_ATTRS, attrs: { CTRL_ATTR_FAMILY_NAME: name },
    });
    const groups: Record<string, number> = {};
    for (const g of nested(attrs['CTRL_ATTR_MCAST_GROUPS'])) {
      const group = g['CTRL_ATTR_MCAST_GRP_NAME'];
      if (typeof group === 'string') groups[group] = Number(g['CTRL_ATTR_MCAST_GRP_ID']);
    }
    const id = attrs['CTRL_ATTR_FAMILY_ID'];
    if (typeof id !== 'number') throw new NetlinkError(-ENOENT, 'CTRL_CMD_GETFAMILY', name);
    return { id, name, version: Number(attrs['CTRL_ATTR_VERSION'] ?? 0), groups };
  }

  /**
   * Hears multicast groups (RTNLGRP_*, or those of a generic family): `event` is called for each message, outside of any request; `lost` when the kernel had to drop some, after
   * which one should ask for everything anew. Ends with {@link NetlinkMonitor.close}.
   */
  monitor(groups: readonly number[], event: (e: NetlinkEvent) => void, opts: { readonly protocol?: number; readonly lost?: () => void } = {}): NetlinkMonitor {
    const protocol = opts.protocol ?? NETLINK_ROUTE;
    const channel = this.open(protocol, { name: 'monitor', what: '' });
    for (const group of groups) {
      const err = channel.setOption(NETLINK_ADD_MEMBERSHIP, group);
      if (err >= 0) continue;
      channel.close();
      throw new NetlinkError(err, 'monitor', `group ${group}`);
    }
    const buf = new Uint8Array(BUFFER);
    channel.watch(() => {
      for (;;) {
        const n = channel.recv(buf, false);
        if (n === -ENOBUFS) opts.lost?.();
        else if (n < 0) return;
        else deliver(buf, Math.min(n, buf.length), event);
      }
    });
    return { close: () => channel.close() };
  }

  /** The id that this namespace knows another by; it is given one if it has none. @internal */
  idOf(target: Net): number {
    const { net } = this;
    const id = net === null ? -ENOENT : net.kernel.run(() => peernet2idAlloc(net, target));
    if (id < 0) throw new NetlinkError(id, 'RTM_NEWNSID', 'netns');
    return id;
  }

  private open(protocol: number, req: { readonly name?: string; readonly what?: string }): NetlinkChannel {
    const channel = this.transport.open(protocol);
    if (typeof channel === 'number') throw failed(channel, req, channel === -EAFNOSUPPORT ? NO_NETLINK : 'no AF_NETLINK socket');
    return channel;
  }

  private exchange(req: NetlinkRequest, flags: number): NetlinkAnswer[] {
    const channel = this.open(req.protocol ?? NETLINK_ROUTE, req);
    try {
      for (const opt of [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK]) channel.setOption(opt, 1);
      return this.talk(channel, req, flags | NLM_F_REQUEST);
    } finally {
      channel.close();
    }
  }

  private talk(channel: NetlinkChannel, req: NetlinkRequest, flags: number): NetlinkAnswer[] {
    const seq = ++this.seq;
    const sent = channel.send(nlMessageEncode({ type: req.type, flags, seq, pid: 0, header: req.header, attrs: req.attrs ?? {} }, req.table));
    if (sent < 0) throw failed(sent, req);
    const out: NetlinkAnswer[] = [];
    const acked = (flags & (NLM_F_ACK | NLM_F_DUMP)) !== 0;
    let interrupted = false;
    const buf = new Uint8Array(BUFFER);
    const view = new DataView(buf.buffer);
    for (;;) {
      const n = channel.recv(buf, acked || out.length === 0);
      if (n === -EAGAIN && !acked && out.length > 0) return out;
      if (n < 0) throw failed(n, req);
      if (n > buf.length) throw failed(-ENOBUFS, req, 'answer cut off');
      for (let at = 0; nlmsgOk(view, at, n - at); at = nlmsgNext(view, at)) {
        if (nlmsgSeq(view, at) !== seq) continue;
        if ((nlmsgFlags(view, at) & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        const type = nlmsgType(view, at);
        if (type === NLMSG_ERROR || type === NLMSG_DONE) {
          const err = nlmsgLen(view, at) >= 20 ? view.getInt32(at + 16, true) : 0;
          if (err < 0) throw failed(err, req, readExtAck(buf, view, at, type));
          if (interrupted) throw failed(-EINTR, req, 'the dump was interrupted');
          return out;
        }
        out.push(answer(nlMessageDecode(buf, at, req.header.length, req.table), req.table));
      }
      // One answer is all that a plain question gets: nothing says so.
      if (!acked && out.length > 0) return out;
    }
  }
}

/** A genlmsghdr. @public */
export function genlHeader(cmd: number, version: number = 1): Uint8Array {
  const out = new Uint8Array(GENL_HDRLEN);
  out[0] = cmd;
  out[1] = version;
  return out;
}

function failed(err: number, req: { readonly name?: string; readonly what?: string; readonly type?: number }, said: ExtAck | string = NO_EXTACK): NetlinkError {
  return new NetlinkError(err, req.name ?? `message ${req.type ?? 0}`, req.what ?? '', typeof said === 'string' ? { ...NO_EXTACK, message: said } : said);
}

function answer(m: NlMessage, table: NlAttrTable): NetlinkAnswer {
  return { type: m.type, flags: m.flags, header: new DataView(m.header.buffer, m.header.byteOffset, m.header.byteLength), attrs: table.toObject(m.attrs) };
}

/** The objects of a nest of numbered nests, one or several. */
function nested(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.values(value).flatMap((v: unknown) => (Array.isArray(v) ? v : [v])).filter((v): v is Record<string, unknown> => typeof v === 'object' && v !== null);
}

function deliver(buf: Uint8Array, n: number, event: (e: NetlinkEvent) => void): void {
  const view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
  for (let at = 0; nlmsgOk(view, at, n - at); at = nlmsgNext(view, at)) {
    const type = nlmsgType(view, at);
    if (type === NLMSG_NOOP || type === NLMSG_DONE || type === NLMSG_ERROR || type === NLMSG_OVERRUN) continue;
    event({ type, flags: nlmsgFlags(view, at), pid: view.getUint32(at + 12, true), payload: buf.slice(at + 16, at + nlmsgLen(view, at)) });
  }
}

/** What an extended acknowledgement says. */
function readExtAck(u8: Uint8Array, view: DataView, nlh: number, type: number): ExtAck {
  const flags = nlmsgFlags(view, nlh);
  if ((flags & NLM_F_ACK_TLVS) === 0) return NO_EXTACK;
  // Behind the errno comes the request, only its header when capped; at the end of a dump there is none.
  let at = nlh + 20;
  if (type === NLMSG_ERROR) at += (flags & NLM_F_CAPPED) !== 0 ? 16 : nlmsgAlign(view.getUint32(at, true));
  const end = nlh + nlmsgLen(view, nlh);
  if (at >= end) return NO_EXTACK;
  const attrs = NLMSGERR_ATTRS.decode(u8, at, end - at);
  const number = (v: NlValue | undefined): number => (typeof v === 'number' ? v : 0);
  const text = nlAttrValue(attrs, 'NLMSGERR_ATTR_MSG');
  return {
    message: typeof text === 'string' ? text : '',
    offset: number(nlAttrValue(attrs, 'NLMSGERR_ATTR_OFFS')),
    missingType: number(nlAttrValue(attrs, 'NLMSGERR_ATTR_MISS_TYPE')),
    missingNest: number(nlAttrValue(attrs, 'NLMSGERR_ATTR_MISS_NEST')),
  };
}
