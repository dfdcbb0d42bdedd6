/**
 * For tests of message handlers: a netlink socket whose calls return what the kernel said, and messages taken apart.
 *
 * @packageDocumentation
 */
import { EAGAIN, errnoName, type Net } from '@linnet/kernel';
import { MsgHdr, sockCreate, type Socket, sockRelease } from '@linnet/socket';
import {
  AF_NETLINK, IFINFOMSG_LEN, ifinfomsgWrite, IFLA_AF_SPEC, IFLA_GSO_MAX_SIZE, IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_INFO_XSTATS, IFLA_LINKINFO, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES,
  IFLA_STATS, IFLA_STATS64, IFLA_TSO_MAX_SEGS, IFLA_TSO_MAX_SIZE, MSG_TRUNC, NDA_CACHEINFO, NDMSG_LEN, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_ROUTE, NLM_F_ACK,
  NLM_F_ACK_TLVS, NLM_F_CAPPED, NLM_F_REQUEST, NLMSG_ERROR, NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS, NlWriter, RTM_NEWLINK, RTM_NEWNEIGH, SOCK_RAW, type SockAddrNl, SOL_NETLINK,
} from '@linnet/uapi';

/** A message taken apart: its header's fields, and what follows. @public */
export interface NlTestMessage {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly pid: number;
  readonly payload: Uint8Array;
}

/** The messages of a datagram. Throws when one is malformed. @public */
export function nlSplit(u8: Uint8Array): NlTestMessage[] {
  const out: NlTestMessage[] = [];
  const view = new DataView(u8.buffer, u8.byteOffset, u8.length);
  for (let off = 0; off + 16 <= u8.length; ) {
    const len = view.getUint32(off, true);
    if (len < 16 || off + len > u8.length) throw new Error(`a message of ${len} bytes at ${off} of ${u8.length}`);
    out.push({
      type: view.getUint16(off + 4, true), flags: view.getUint16(off + 6, true), seq: view.getUint32(off + 8, true), pid: view.getUint32(off + 12, true),
      payload: u8.slice(off + 16, off + len),
    });
    off += (len + 3) & ~3;
  }
  return out;
}

/** The attributes in `u8` from `off` on, by type without its flags, in order. Throws when one is malformed. @public */
export function nlAttrs(u8: Uint8Array, off: number = 0): Map<number, Uint8Array> {
  const out = new Map<number, Uint8Array>();
  const view = new DataView(u8.buffer, u8.byteOffset, u8.length);
  while (off + 4 <= u8.length) {
    const len = view.getUint16(off, true);
    if (len < 4 || off + len > u8.length) throw new Error(`an attribute of ${len} bytes at ${off} of ${u8.length}`);
    out.set(view.getUint16(off + 2, true) & 0x3fff, u8.slice(off + 4, off + len));
    off += (len + 3) & ~3;
  }
  return out;
}

/** A u32 payload; NaN when the attribute is not there. @public */
export function nlU32(u8: Uint8Array | undefined): number {
  return u8 === undefined ? NaN : new DataView(u8.buffer, u8.byteOffset, u8.length).getUint32(0, true);
}
/** An s32 payload; 0 when the attribute is not there. @public */
export function nlS32(u8: Uint8Array | undefined): number {
  return nlU32(u8) | 0;
}
/** A string payload, without its NUL; empty when the attribute is not there. @public */
export function nlStr(u8: Uint8Array | undefined): string {
  if (u8 === undefined) return '';
  const nul = u8.indexOf(0);
  return String.fromCharCode(...u8.subarray(0, nul < 0 ? u8.length : nul));
}

/** What an acknowledgement or the end of a dump says. @public */
export interface NlTestAck {
  /** 0 or a negative errno. */
  readonly errno: number;
  readonly flags: number;
  /** The text of the extended acknowledgement, or empty. */
  readonly msg: string;
  /** The offset of the attribute at fault; NaN when none is named. */
  readonly offs: number;
  /** NLMSGERR_ATTR_* by type. */
  readonly tlvs: Map<number, Uint8Array>;
}

/** An NLMSG_ERROR or NLMSG_DONE taken apart. @public */
export function nlAck(m: NlTestMessage): NlTestAck {
  let at = 4;
  if (m.type === NLMSG_ERROR) at += (m.flags & NLM_F_CAPPED) !== 0 ? 16 : (nlU32(m.payload.subarray(4, 8)) + 3) & ~3;
  const tlvs = (m.flags & NLM_F_ACK_TLVS) !== 0 ? nlAttrs(m.payload, at) : new Map<number, Uint8Array>();
  return { errno: nlS32(m.payload.subarray(0, 4)), flags: m.flags, msg: nlStr(tlvs.get(NLMSGERR_ATTR_MSG)), offs: nlU32(tlvs.get(NLMSGERR_ATTR_OFFS)), tlvs };
}

/** A netlink address. @public */
export function nlAddr(pid: number, groups: number = 0): SockAddrNl {
  return { family: AF_NETLINK, pid, groups };
}

/** A message of `payload`. @public */
export function nlMessage(type: number, flags: number, payload: Uint8Array, seq: number): Uint8Array {
  const u8 = new Uint8Array(16 + payload.length);
  const view = new DataView(u8.buffer);
  view.setUint32(0, u8.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, seq, true);
  u8.set(payload, 16);
  return u8;
}

/** A payload: a fixed struct of `headerLen` bytes that `header` fills in, then the attributes that `fill` writes. @public */
export function nlPayload(headerLen: number, header: (view: DataView, off: number) => void, fill?: (w: NlWriter) => void): Uint8Array {
  const w = new NlWriter();
  w.begin(0, 0, 0, 0);
  const off = w.reserve(headerLen);
  header(w.view, off);
  fill?.(w);
  w.end();
  return w.bytes().slice(16);
}

/** The payload of a link request: ifinfomsg, then the attributes that `fill` writes. @public */
export function nlIfinfo(opts: { index?: number; flags?: number; change?: number; family?: number; type?: number } = {}, fill?: (w: NlWriter) => void): Uint8Array {
  const { index = 0, flags = 0, change = 0, family = 0, type = 0 } = opts;
  return nlPayload(IFINFOMSG_LEN, (view, off) => ifinfomsgWrite(view, off, { family, type, index, flags, change }), fill);
}

/** Writes IFLA_LINKINFO: a kind and its data. @public */
export function nlKind(w: NlWriter, name: string, data?: (w: NlWriter) => void): void {
  w.nestStart(IFLA_LINKINFO);
  w.putString(IFLA_INFO_KIND, name);
  if (data !== undefined) {
    w.nestStart(IFLA_INFO_DATA);
    data(w);
    w.nestEnd();
  }
  w.nestEnd();
}

/** How an {@link NlTestClient} is set up. @public */
export interface NlTestOptions {
  /** NETLINK_EXT_ACK; on by default. */
  readonly ext?: boolean;
  /** NETLINK_GET_STRICT_CHK; on by default. */
  readonly strict?: boolean;
  /** Bit mask of groups to bind to; not bound by default. */
  readonly groups?: number;
  /** NETLINK_ROUTE by default. */
  readonly protocol?: number;
}

/** A datagram that was received. @public */
export interface NlTestDatagram {
  readonly u8: Uint8Array;
  readonly msg: MsgHdr;
  /** What recvmsg returned. */
  readonly n: number;
}

/** A netlink socket in a namespace, with calls that return what the kernel said. @public */
export class NlTestClient {
  readonly sock: Socket;
  private seq: number;

  constructor(net: Net, opts: NlTestOptions = {}) {
    const sock = sockCreate(net, AF_NETLINK, SOCK_RAW, opts.protocol ?? NETLINK_ROUTE);
    if (typeof sock === 'number') throw new Error(`sockCreate: ${errnoName(sock)}`);
    this.sock = sock;
    this.seq = 1;
    if (opts.ext !== false) this.setopt(NETLINK_EXT_ACK, 1);
    if (opts.strict !== false) this.setopt(NETLINK_GET_STRICT_CHK, 1);
    if (opts.groups !== undefined) {
      const err = this.bind(nlAddr(0, opts.groups));
      if (err !== 0) throw new Error(`bind: ${errnoName(err)}`);
    }
  }
  bind(addr: SockAddrNl): number {
    return this.sock.ops.bind(this.sock, addr);
  }
  setopt(opt: number, n: number): number {
    return this.sock.ops.setsockopt(this.sock, SOL_NETLINK, opt, new Uint8Array([n, n >> 8, n >> 16, n >> 24]));
  }
  getopt(opt: number, len: number = 4): Uint8Array | number {
    return this.sock.ops.getsockopt(this.sock, SOL_NETLINK, opt, len);
  }
  send(u8: Uint8Array, to: SockAddrNl | null = null): number {
    return this.sock.kernel.run(() => this.sock.ops.sendmsg(this.sock, new MsgHdr([u8], to), u8.length));
  }
  /** One datagram, or a negative errno. */
  recv(size: number = 65536, flags: number = 0): NlTestDatagram | number {
    const buf = new Uint8Array(size);
    const msg = new MsgHdr([buf]);
    const n = this.sock.kernel.run(() => this.sock.ops.recvmsg(this.sock, msg, size, flags));
    return n < 0 ? n : { u8: buf.subarray(0, Math.min(n, size)), msg, n };
  }
  /** All datagrams that are there. Throws on an error, or when one was cut off. */
  recvAll(size: number = 65536): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (;;) {
      const r = this.recv(size);
      if (r === -EAGAIN) return out;
      if (typeof r === 'number') throw new Error(`recvmsg: ${errnoName(r)}`);
      if ((r.msg.flags & MSG_TRUNC) !== 0) throw new Error('recvmsg: the datagram is larger than the buffer');
      out.push(r.u8);
    }
  }
  messages(): NlTestMessage[] {
    return this.recvAll().flatMap(nlSplit);
  }
  /** Sends a request (NLM_F_REQUEST is added) and returns all messages that come back. */
  request(type: number, flags: number, payload: Uint8Array): NlTestMessage[] {
    const m = nlMessage(type, flags | NLM_F_REQUEST, payload, this.seq++);
    const n = this.send(m);
    if (n !== m.length) throw new Error(`sendmsg: ${n < 0 ? errnoName(n) : n}`);
    return this.messages();
  }
  /** Sends a request that is answered by nothing but an acknowledgement, and returns that. */
  ack(type: number, flags: number, payload: Uint8Array): NlTestAck {
    const got = this.request(type, flags | NLM_F_ACK, payload);
    const first = got[0];
    if (got.length !== 1 || first === undefined || first.type !== NLMSG_ERROR) throw new Error(`expected an acknowledgement, got messages ${got.map((m) => m.type).join(' ')}`);
    return nlAck(first);
  }
  close(): void {
    this.sock.kernel.run(() => sockRelease(this.sock));
  }
}

// What a real kernel answered (recorded by tools/golden/nlask.py), and the same requests put to a machine of ours

/** A line of a recording: a request and the datagrams of its answer, in hex. @public */
export interface NlRecorded {
  readonly name: string;
  readonly req: string;
  readonly out: readonly string[];
}

/** The lines of a recording with their names, for `test.each`. @public */
export function nlRecording<T extends { readonly name: string } = NlRecorded>(jsonl: string): (readonly [string, T])[] {
  return jsonl.trim().split('\n').map((l) => JSON.parse(l) as T).map((c) => [c.name, c] as const);
}

/** Bytes in hex. @public */
export function nlHex(u8: Uint8Array): string {
  let s = '';
  for (const b of u8) s += (b >> 4).toString(16) + (b & 15).toString(16);
  return s;
}

/** The bytes that a string in hex stands for. @public */
export function nlUnhex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** Puts a recorded request to a namespace; returns what came back and what came back from the real kernel. Throws when the request is not taken. @public */
export function nlReplay(net: Net, c: NlRecorded): { got: NlTestMessage[]; want: NlTestMessage[] } {
  const client = new NlTestClient(net);
  const req = nlUnhex(c.req);
  const n = client.send(req);
  if (n !== req.length) throw new Error(`sendmsg: ${n}`);
  const got = client.messages();
  client.close();
  return { got, want: c.out.map(nlUnhex).flatMap(nlSplit) };
}

/** Counted, or of a machine with two processors, IPv6 and drivers with limits of their own. */
const OTHER_VALUE: readonly number[] = [
  IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES, IFLA_AF_SPEC, IFLA_STATS, IFLA_STATS64, IFLA_GSO_MAX_SIZE, IFLA_TSO_MAX_SIZE, IFLA_TSO_MAX_SEGS,
];

/** IFLA_LINKINFO as a tree, without what a device counts by queue. */
function linkInfo(v: Uint8Array): unknown {
  return [...nlAttrs(v)].filter(([t]) => t !== IFLA_INFO_XSTATS).map(([t, b]) => [t, t === IFLA_INFO_DATA ? [...nlAttrs(b)].map(([k, x]) => [k, nlHex(x)]) : nlHex(b)]);
}

/**
 * A message as something that can be compared, without its port: of links and neighbours the attributes in their order, with '*' for values that differ from
 * machine to machine and for those of which `chance` says so; of others the payload, as text too.
 * @public
 */
export function nlComparable(m: NlTestMessage, chance: (m: NlTestMessage, attr: number) => boolean = () => false): object {
  const { type, flags, seq, payload } = m;
  if (type !== RTM_NEWLINK && type !== RTM_NEWNEIGH) return { type, flags, seq, payload: nlHex(payload), text: String.fromCharCode(...payload).replace(/[^ -~]+/g, ' ') };
  const link = type === RTM_NEWLINK;
  const len = link ? IFINFOMSG_LEN : NDMSG_LEN;
  const tb = nlAttrs(payload, len);
  const values: Record<number, unknown> = {};
  for (const [t, v] of tb) {
    if (chance(m, t) || (link ? OTHER_VALUE.includes(t) : t === NDA_CACHEINFO)) values[t] = '*';
    else values[t] = link && t === IFLA_LINKINFO ? linkInfo(v) : nlHex(v);
  }
  return { type, flags, seq, head: nlHex(payload.subarray(0, len)), order: [...tb.keys()], values };
}
