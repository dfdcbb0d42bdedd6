/** Requests to a kernel over AF_NETLINK, as the programs make them. Source: netlink(7), rtnetlink(7). */
import type { Task } from '@linnet/posix';
import {
  AF_NETLINK, MSG_TRUNC, NETLINK_ADD_MEMBERSHIP, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NLM_F_ACK, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR,
  NLMSGERR_ATTR_MSG, SOCK_RAW, SOL_NETLINK, utf8Decode, utf8Encode,
} from '@linnet/uapi';

/** Attributes by type: their payloads. */
export type Attrs = ReadonlyMap<number, Uint8Array>;

const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength);

/** The attributes in a part of a message, in their order. */
export function attrList(b: Uint8Array, from: number = 0, to: number = b.length): [number, Uint8Array][] {
  const v = view(b);
  const out: [number, Uint8Array][] = [];
  for (let off = from; off + 4 <= to;) {
    const len = v.getUint16(off, true);
    if (len < 4 || off + len > to) break;
    out.push([v.getUint16(off + 2, true) & 0x3fff, b.subarray(off + 4, off + len)]);
    off += (len + 3) & ~3;
  }
  return out;
}

/** The same by type. */
export function attrMap(b: Uint8Array | undefined, from: number = 0): Attrs {
  return new Map(b === undefined ? [] : attrList(b, from));
}

/** Values of attributes; undefined where there is none. */
export const u8 = (a: Attrs, t: number): number | undefined => a.get(t)?.[0];
export const u16 = (a: Attrs, t: number): number | undefined => {
  const b = a.get(t);
  return b === undefined || b.length < 2 ? undefined : view(b).getUint16(0, true);
};
export const be16 = (a: Attrs, t: number): number | undefined => {
  const b = a.get(t);
  return b === undefined || b.length < 2 ? undefined : view(b).getUint16(0);
};
export const u32 = (a: Attrs, t: number): number | undefined => {
  const b = a.get(t);
  return b === undefined || b.length < 4 ? undefined : view(b).getUint32(0, true);
};
export const s32 = (a: Attrs, t: number): number | undefined => {
  const n = u32(a, t);
  return n === undefined ? undefined : n | 0;
};
export const u64 = (a: Attrs, t: number): bigint | undefined => {
  const b = a.get(t);
  return b === undefined || b.length < 8 ? undefined : view(b).getBigUint64(0, true);
};
export const text = (a: Attrs, t: number): string | undefined => {
  const b = a.get(t);
  return b === undefined ? undefined : cstr(b);
};

/** The bytes up to a NUL, as text. */
export function cstr(b: Uint8Array): string {
  const nul = b.indexOf(0);
  return utf8Decode(b, 0, nul < 0 ? b.length : nul);
}

/** Attributes to send. */
export class AttrWriter {
  readonly #parts: Uint8Array[] = [];

  raw(type: number, b: Uint8Array): this {
    const out = new Uint8Array((b.length + 7) & ~3);
    const v = view(out);
    v.setUint16(0, b.length + 4, true);
    v.setUint16(2, type, true);
    out.set(b, 4);
    this.#parts.push(out);
    return this;
  }
  flag(type: number): this {
    return this.raw(type, new Uint8Array(0));
  }
  u8(type: number, n: number): this {
    return this.raw(type, Uint8Array.of(n));
  }
  u16(type: number, n: number): this {
    return this.raw(type, Uint8Array.of(n, n >> 8));
  }
  be16(type: number, n: number): this {
    return this.raw(type, Uint8Array.of(n >> 8, n));
  }
  u32(type: number, n: number): this {
    return this.raw(type, Uint8Array.of(n, n >> 8, n >> 16, n >> 24));
  }
  u64(type: number, n: bigint): this {
    const b = new Uint8Array(8);
    view(b).setBigUint64(0, n, true);
    return this.raw(type, b);
  }
  str(type: number, s: string): this {
    return this.raw(type, utf8Encode(`${s}\0`));
  }
  nest(type: number, w: AttrWriter): this {
    return this.raw(type, w.bytes());
  }
  /** Bytes as they are, behind what is there. */
  append(b: Uint8Array): this {
    this.#parts.push(b);
    return this;
  }
  get empty(): boolean {
    return this.#parts.length === 0;
  }
  bytes(): Uint8Array {
    return concat(this.#parts);
  }
}

/** One after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

/** An answer, or a notification. */
export interface NlMsg {
  readonly type: number;
  readonly flags: number;
  /** What follows the netlink header. */
  readonly body: Uint8Array;
}

/** What came of a request. */
export interface NlResult {
  /** 0, or a negative errno. */
  readonly err: number;
  /** What the kernel said about it: of the failure, or a warning. */
  readonly said: string | null;
  readonly msgs: readonly NlMsg[];
}

const EAGAIN = 11;
const BUFFER = 1 << 18;

/** A netlink socket of a task. */
export class NlSocket {
  readonly #task: Task;
  /** The descriptor, or a negative errno. */
  readonly fd: number;
  #seq: number = 0;

  constructor(task: Task, protocol: number, groups: readonly number[] = []) {
    this.#task = task;
    const fd = task.sys.socket(AF_NETLINK, SOCK_RAW, protocol);
    this.fd = fd;
    if (fd < 0) return;
    task.sys.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    task.sys.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
    task.sys.bind(fd, { family: AF_NETLINK, pid: 0, groups: 0 } as Parameters<Task['sys']['bind']>[1]);
    for (const g of groups) task.sys.setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, g);
  }

  close(): void {
    if (this.fd >= 0) this.#task.sys.close(this.fd);
  }

  /** What is there to read now: messages, or a negative errno. */
  receive(): NlMsg[] | number {
    let buf = new Uint8Array(BUFFER);
    const n = this.#task.sys.recv(this.fd, buf, MSG_TRUNC);
    if (n < 0) return n;
    buf = buf.subarray(0, Math.min(n, buf.length));
    const v = view(buf);
    const out: NlMsg[] = [];
    for (let off = 0; off + 16 <= buf.length;) {
      const len = v.getUint32(off, true);
      if (len < 16 || off + len > buf.length) break;
      out.push({ type: v.getUint16(off + 4, true), flags: v.getUint16(off + 6, true), body: buf.slice(off + 16, off + len) });
      off += (len + 3) & ~3;
    }
    return out;
  }

  /** Sends a request and collects its answers. */
  request(type: number, flags: number, header: Uint8Array, attrs: AttrWriter | null = null): NlResult {
    if (this.fd < 0) return { err: this.fd, said: null, msgs: [] };
    const pad = new Uint8Array(((header.length + 3) & ~3) - header.length);
    const body = concat([header, pad, attrs?.bytes() ?? new Uint8Array(0)]);
    const m = new Uint8Array(16 + body.length);
    const v = view(m);
    v.setUint32(0, m.length, true);
    v.setUint16(4, type, true);
    v.setUint16(6, flags | NLM_F_REQUEST, true);
    v.setUint32(8, ++this.#seq, true);
    m.set(body, 16);
    const sent = this.#task.sys.send(this.fd, m);
    if (sent < 0) return { err: sent, said: null, msgs: [] };
    const msgs: NlMsg[] = [];
    for (;;) {
      const got = this.receive();
      if (typeof got === 'number') return { err: got === -EAGAIN ? 0 : got, said: null, msgs };
      for (const one of got) {
        if (one.type === NLMSG_ERROR) return { ...this.#verdict(one, true), msgs };
        if (one.type === NLMSG_DONE) return { ...this.#verdict(one, false), msgs };
        msgs.push(one);
      }
    }
  }

  /** A request that is answered by an acknowledgement. */
  talk(type: number, flags: number, header: Uint8Array, attrs: AttrWriter | null = null): NlResult {
    return this.request(type, flags | NLM_F_ACK, header, attrs);
  }

  /** All of a table. */
  dump(type: number, header: Uint8Array, attrs: AttrWriter | null = null): NlResult {
    return this.request(type, NLM_F_DUMP, header, attrs);
  }

  #verdict(m: NlMsg, error: boolean): { err: number; said: string | null } {
    if (m.body.length < 4) return { err: 0, said: null };
    const v = view(m.body);
    let said: string | null = null;
    if ((m.flags & NLM_F_ACK_TLVS) !== 0) {
      let at = 4;
      if (error) {
        const len = v.getUint32(4, true);
        at = (m.flags & NLM_F_CAPPED) !== 0 ? 20 : 4 + ((len + 3) & ~3);
      }
      said = text(attrMap(m.body, at), NLMSGERR_ATTR_MSG) ?? null;
    }
    return { err: v.getInt32(0, true), said };
  }
}
