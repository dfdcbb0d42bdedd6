/** The system calls of scripts, made on the machine's task. */
import { EAGAIN, EBADF, EFAULT, EINVAL, ENOENT, ENOSYS, SystemError } from '@linnet/kernel';
import type { EpollEvent, PollFd } from '@linnet/posix';
import { type Cmsg, MsgHdr } from '@linnet/socket';
import {
  AF_INET, AF_INET6, MSG_FASTOPEN, SIOCATMARK, SO_TYPE, SOCK_DGRAM, SOL_SOCKET, type SockAddr, sockaddrIn, sockaddrIn6,
} from '@linnet/uapi';
import { addressWords, parseAddress } from './address.ts';
import type { Connections } from './connections.ts';
import type { Machine } from './machine.ts';
import type { CallSpec, Expr } from './script.ts';
import { symbol } from './symbols.ts';

/** What calls work on. */
export interface CallContext {
  readonly machine: Machine;
  readonly connections: Connections;
  readonly family: 'ipv4' | 'ipv6' | 'ipv4-mapped-ipv6';
  readonly remote: Uint8Array;
  readonly bindPort: number;
  readonly connectPort: number;
  /** Script's descriptors and the machine's. */
  readonly fds: Map<number, number>;
  /** Pipes and files, which are not the machine's: by the script's descriptor. */
  readonly locals: Map<number, LocalFile>;
  /** Sockets that listen, by the machine's descriptor: their port. */
  readonly listeners: Map<number, number>;
  /** Nanoseconds of wall time at the script's beginning. */
  readonly wallStart: number;
  readonly toleranceNs: number;
}

/** A pipe's end, or a file of zeros. */
export interface LocalFile {
  readonly kind: 'pipe' | 'file';
  readonly buf: { bytes: number };
  pos: number;
}

/** What went wrong with a call's form, or what its answer is not: the rest of the message. */
export class CallError extends Error {}

const fail = (text: string): never => {
  throw new CallError(text);
};

/** A number: a constant, or several joined by '|'. */
export function number(e: Expr | undefined): number {
  switch (e?.kind) {
    case 'int': return e.value;
    case 'word': return symbol(e.name) ?? fail(`unknown symbol: '${e.name}'`);
    case 'or': return e.parts.reduce((n, p) => n | number(p), 0);
    case 'call': if (e.name === 'htons') return number(e.args[0]);
  }
  return fail('number expected');
}

const isNull = (e: Expr | undefined): boolean => e?.kind === 'word' && e.name === 'NULL';

/** `[x]`: what is in it. */
function only(e: Expr | undefined): Expr {
  return e?.kind === 'array' && e.items.length === 1 ? e.items[0]! : fail('[value] expected');
}

function field(e: Expr | undefined, name: string): Expr | undefined {
  return e?.kind === 'struct' ? e.fields.get(name) : undefined;
}

function intBytes(n: number, size: number): Uint8Array {
  const out = new Uint8Array(Math.max(size, 0));
  // Two's complement, as far as a double goes.
  for (let i = 0, v = n; i < size; i++, v = Math.floor(v / 256)) out[i] = v & 255;
  return out;
}

function bytesInt(b: Uint8Array): number {
  const v = new DataView(b.buffer, b.byteOffset, b.length);
  if (b.length >= 8) return v.getUint32(0, true) + v.getInt32(4, true) * 2 ** 32;
  if (b.length >= 4) return v.getInt32(0, true);
  return b.length === 2 ? v.getUint16(0, true) : (b[0] ?? 0);
}

function addressOf(e: Expr | undefined): Uint8Array {
  const arg = e?.kind === 'call' ? e.args.at(-1) : undefined;
  return (arg?.kind === 'string' ? parseAddress(arg.text) : null) ?? fail('inet_addr("address") expected');
}

const mapped = (v4: Uint8Array): Uint8Array => Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...v4]);

/** An address that is written out, or the one that is meant by `...`. */
function sockaddr(cx: CallContext, e: Expr | undefined, meant: () => SockAddr): SockAddr {
  if (e === undefined || e.kind === 'ellipsis') return meant();
  if (e.kind === 'word') return { family: number(e) };
  const family = field(e, 'sa_family');
  if (family === undefined) return fail('sockaddr expected');
  const port = number(field(e, 'sin_port') ?? field(e, 'sin6_port'));
  const addr = addressOf(field(e, 'sin_addr') ?? field(e, 'sin6_addr'));
  return inet(cx, addr, port, number(family) === AF_INET6);
}

function inet(cx: CallContext, addr: Uint8Array, port: number, v6: boolean): SockAddr {
  if (!v6) return sockaddrIn(addressWords(addr)[0]!, port);
  return sockaddrIn6(addressWords(addr.length === 4 ? mapped(addr) : addr), port);
}

/** The peer, in the family of the script's sockets. */
function peer(cx: CallContext): SockAddr {
  return inet(cx, cx.remote, cx.connectPort, cx.family !== 'ipv4');
}

function anyAddress(cx: CallContext): SockAddr {
  return cx.family === 'ipv4' ? sockaddrIn(0, cx.bindPort) : sockaddrIn6(new Int32Array(4), cx.bindPort);
}

function live(cx: CallContext, e: Expr | undefined): number {
  const n = number(e);
  return cx.fds.get(n) ?? (cx.locals.has(n) ? -1 : n < 0 ? n : 1_000_000);
}

function lengthOf(e: Expr | undefined): number {
  return e?.kind === 'array' ? number(only(e)) : number(e);
}

/** Calls of the task throw what goes wrong; here it is a negative number again. */
async function errnoOf(p: Promise<number | void>): Promise<number> {
  try {
    return (await p) ?? 0;
  } catch (error) {
    if (error instanceof SystemError) return error.errno;
    throw error;
  }
}

/** `{..., 1000}`. */
function iovs(e: Expr | undefined): Uint8Array[] {
  if (e?.kind !== 'array') return fail('array of iovec expected');
  return e.items.map((v) => new Uint8Array(v.kind === 'list' ? number(v.items[1]) : fail('{..., length} expected')));
}

function optionValue(e: Expr | undefined, size: number): Uint8Array | null {
  if (isNull(e)) return null;
  if (e?.kind === 'string') {
    const out = new Uint8Array(size);
    for (let i = 0; i < Math.min(size, e.text.length); i++) out[i] = e.text.charCodeAt(i);
    return out;
  }
  const onoff = field(e, 'onoff');
  if (onoff !== undefined) return Uint8Array.from([...intBytes(number(onoff), 4), ...intBytes(number(field(e, 'linger')), 4)]);
  if (e?.kind === 'call') return addressOf(e);
  if (e?.kind !== 'array') return intBytes(number(e), size);
  if (e.items.length === 1) return intBytes(number(e.items[0]), size);
  return Uint8Array.from(e.items.flatMap((i) => [...intBytes(number(i), size / e.items.length)]));
}

function equal(what: string, want: number, got: number): void {
  if (want !== got) fail(`Bad ${what}: expected: ${want} (0x${want.toString(16)}) actual: ${got} (0x${got.toString(16)})`);
}

/** One control message against what is expected of it. */
function checkCmsg(cx: CallContext, want: Expr, got: Cmsg): void {
  equal('cmsg_level', number(field(want, 'cmsg_level')), got.level);
  equal('cmsg_type', number(field(want, 'cmsg_type')), got.type);
  const data = field(want, 'cmsg_data');
  const v = new DataView(got.data.buffer, got.data.byteOffset, got.data.length);
  if (field(data, 'ee_errno') !== undefined) {
    equal('ee_errno', number(field(data, 'ee_errno')), v.getUint32(0, true));
    equal('ee_origin', number(field(data, 'ee_origin')), got.data[4]!);
    equal('ee_type', number(field(data, 'ee_type')), got.data[5]!);
    equal('ee_code', number(field(data, 'ee_code')), got.data[6]!);
    equal('ee_info', number(field(data, 'ee_info')), v.getUint32(8, true));
    equal('ee_data', number(field(data, 'ee_data')), v.getUint32(12, true));
  } else if (field(data, 'scm_sec') !== undefined) {
    const ns = bytesInt(got.data.subarray(0, 8)) * 1e9 + bytesInt(got.data.subarray(8, 16)) - cx.wallStart;
    const wanted = number(field(data, 'scm_sec')) * 1e9 + number(field(data, 'scm_nsec'));
    if (Math.abs(ns - wanted) > cx.toleranceNs) fail(`Bad timestamp: expected ${wanted / 1e9} actual ${ns / 1e9}`);
  } else if (data !== undefined && data.kind !== 'ellipsis') {
    equal('cmsg_data', number(data), bytesInt(got.data));
  }
}

function epollEvent(e: Expr | undefined): EpollEvent {
  const data = field(e, 'fd') ?? field(e, 'ptr') ?? field(e, 'u32') ?? field(e, 'u64');
  return { events: number(field(e, 'events')), data: data === undefined ? 0 : number(data) };
}

type Call = (cx: CallContext, a: readonly Expr[], call: CallSpec) => Promise<number> | number;

const buffer = (e: Expr | undefined, length: number): Uint8Array => (isNull(e) ? (null as unknown as Uint8Array) : new Uint8Array(length));

function connecting(cx: CallContext, fd: number): void {
  const { sys } = cx.machine.task;
  const name = sys.getsockname(fd);
  const localPort = typeof name === 'number' ? 0 : ((name as { port?: number }).port ?? 0);
  const type = sys.getsockopt(fd, SOL_SOCKET, SO_TYPE, 4);
  const proto = typeof type !== 'number' && type[0] === SOCK_DGRAM ? 'udp' : 'tcp';
  const { connections: cs } = cx;
  // Its first packet may have been seen already.
  const c = cs.list.findLast((x) => x.fd === fd) ?? (localPort === 0 ? null : cs.find(proto, localPort, cx.connectPort)) ?? cs.add(proto, localPort, cx.connectPort);
  c.fd = fd;
  if (localPort !== 0) c.localPort = localPort;
  cx.connections.current = c;
}

/** Packets of an unknown flow that appear during such a call belong to this descriptor. */
function noted(cx: CallContext, fd: number, addr: boolean, p: Promise<number>): Promise<number> {
  if (!addr) return p;
  connecting(cx, fd);
  return p;
}

async function sendTo(cx: CallContext, a: readonly Expr[], flags: number, dest: Expr | undefined): Promise<number> {
  const { task } = cx.machine;
  const fd = live(cx, a[0]);
  const length = number(a[2]);
  const buf = buffer(a[1], length);
  const fastopen = (flags & MSG_FASTOPEN) !== 0;
  const connected = !fastopen && cx.connections.list.some((c) => c.fd === fd);
  const addr = dest === undefined || isNull(dest) || connected ? null : sockaddr(cx, dest, () => peer(cx));
  if (isNull(a[1])) return task.sys.sendto(fd, buf, flags, addr);
  return noted(cx, fd, addr !== null, errnoOf(task.sendto(fd, buf, flags, addr)));
}

function local(cx: CallContext, e: Expr | undefined): LocalFile | null {
  return cx.locals.get(number(e)) ?? null;
}

/** A stretch of time in milliseconds; scripts write -1 for ever. */
const CALLS: Readonly<Record<string, Call>> = {
  socket(cx, a) {
    const family = a[0]?.kind === 'ellipsis' ? (cx.family === 'ipv4' ? AF_INET : AF_INET6) : number(a[0]);
    return cx.machine.task.sys.socket(family, number(a[1]), number(a[2]));
  },
  bind(cx, a) {
    return cx.machine.task.sys.bind(live(cx, a[0]), sockaddr(cx, a[1], () => anyAddress(cx)));
  },
  listen(cx, a) {
    const fd = live(cx, a[0]);
    const err = cx.machine.task.sys.listen(fd, number(a[1]));
    const name = cx.machine.task.sys.getsockname(fd);
    if (err === 0 && typeof name !== 'number') cx.listeners.set(fd, (name as { port?: number }).port ?? 0);
    return err;
  },
  accept: (cx, a) => CALLS['accept4']!(cx, [...a, { kind: 'int', value: 0 }], undefined as unknown as CallSpec),
  async accept4(cx, a) {
    const { task } = cx.machine;
    const fd = await errnoOf(task.accept4(live(cx, a[0]), number(a[3])));
    if (fd >= 0) {
      const p = task.sys.getpeername(fd);
      const port = typeof p === 'number' ? 0 : ((p as { port?: number }).port ?? 0);
      // One that has ended already has no name: it is the first that nobody has taken.
      const c = port !== 0 ? cx.connections.list.findLast((x) => x.proto === 'tcp' && x.remotePort === port) : cx.connections.list.find((x) => x.proto === 'tcp' && x.fd < 0);
      if (c !== undefined) {
        c.fd = fd;
        cx.connections.current = c;
      }
    }
    return fd;
  },
  async connect(cx, a) {
    const fd = live(cx, a[0]);
    const addr = sockaddr(cx, a[1], () => peer(cx));
    connecting(cx, fd);
    const c = cx.connections.current!;
    const port = (addr as { port?: number }).port;
    if (port !== undefined) c.remotePort = port;
    const p = errnoOf(cx.machine.task.connect(fd, addr));
    connecting(cx, fd);
    return p;
  },
  write: (cx, a) => {
    const f = local(cx, a[0]);
    if (f !== null) return (f.buf.bytes += number(a[2])), number(a[2]);
    return sendTo(cx, a, 0, undefined);
  },
  send: (cx, a) => sendTo(cx, a, number(a[3]), undefined),
  sendto: (cx, a) => sendTo(cx, a, number(a[3]), a[4]),
  writev(cx, a) {
    const iov = iovs(a[1]);
    return errnoOf(cx.machine.task.sendmsg(live(cx, a[0]), new MsgHdr(iov), 0));
  },
  sendmsg(cx, a) {
    const fd = live(cx, a[0]);
    const flags = number(a[2]);
    const m = new MsgHdr(iovs(field(a[1], 'msg_iov')));
    const control = field(a[1], 'msg_control');
    if (control?.kind === 'array') {
      m.control = control.items.map((c) => ({
        level: number(field(c, 'cmsg_level')), type: number(field(c, 'cmsg_type')), data: intBytes(number(field(c, 'cmsg_data')), 4),
      }));
    }
    const unconnected = !cx.connections.list.some((c) => c.fd === fd);
    const named = (flags & MSG_FASTOPEN) !== 0 || unconnected;
    if (named) m.name = peer(cx);
    return noted(cx, fd, named, errnoOf(cx.machine.task.sendmsg(fd, m, flags)));
  },
  read(cx, a) {
    const f = local(cx, a[0]);
    if (f !== null) {
      const n = Math.min(number(a[2]), f.buf.bytes);
      f.buf.bytes -= n;
      return n;
    }
    return CALLS['recv']!(cx, [...a.slice(0, 3), { kind: 'int', value: 0 }], undefined as unknown as CallSpec);
  },
  recv(cx, a) {
    const { task } = cx.machine;
    const buf = buffer(a[1], number(a[2]));
    if (isNull(a[1])) return task.sys.recv(live(cx, a[0]), buf, number(a[3]));
    return errnoOf(task.recv(live(cx, a[0]), buf, number(a[3])));
  },
  recvfrom: (cx, a, c) => CALLS['recv']!(cx, a.slice(0, 4), c),
  readv: (cx, a) => errnoOf(cx.machine.task.recvmsg(live(cx, a[0]), new MsgHdr(iovs(a[1])), 0)),
  async recvmsg(cx, a) {
    const m = new MsgHdr(iovs(field(a[1], 'msg_iov')));
    const n = await errnoOf(cx.machine.task.recvmsg(live(cx, a[0]), m, number(a[2])));
    if (n < 0) return n;
    const flags = field(a[1], 'msg_flags');
    if (flags !== undefined) equal('msg_flags', number(flags), m.flags);
    const control = field(a[1], 'msg_control');
    if (control?.kind === 'array') {
      equal('number of control messages', control.items.length, m.control.length);
      control.items.forEach((c, i) => checkCmsg(cx, c, m.control[i]!));
    }
    return n;
  },
  shutdown: (cx, a) => cx.machine.task.sys.shutdown(live(cx, a[0]), number(a[1])),
  close(cx, a) {
    const n = number(a[0]);
    if (cx.locals.delete(n)) return 0;
    const fd = live(cx, a[0]);
    const err = cx.machine.task.sys.close(fd);
    if (err === 0) {
      cx.fds.delete(n);
      cx.listeners.delete(fd);
      for (const c of cx.connections.list) if (c.fd === fd) c.fd = -1;
    }
    return err;
  },
  setsockopt(cx, a) {
    const value = optionValue(a[3], lengthOf(a[4]));
    if (value === null) return -EFAULT;
    return cx.machine.task.sys.setsockopt(live(cx, a[0]), number(a[1]), number(a[2]), value);
  },
  getsockopt(cx, a) {
    const size = lengthOf(a[4]);
    const got = cx.machine.task.sys.getsockopt(live(cx, a[0]), number(a[1]), number(a[2]), size);
    if (typeof got === 'number') return got;
    const want = a[3];
    if (want === undefined || want.kind === 'ellipsis' || (want.kind === 'array' && want.items[0]?.kind === 'ellipsis')) return 0;
    const bytes = optionValue(want, got.length);
    if (want.kind === 'string') {
      const text = String.fromCharCode(...got).replace(/\0.*$/s, '');
      if (text !== want.text) fail(`Bad getsockopt optval: expected: ${want.text} actual: ${text}`);
    } else {
      equal('getsockopt optval', bytesInt(bytes ?? new Uint8Array(4)), bytesInt(got));
      if (bytes !== null && bytes.length > 8 && !bytes.every((b, i) => b === got[i])) fail('Bad getsockopt optval');
    }
    return 0;
  },
  fcntl: (cx, a) => cx.machine.task.sys.fcntl(live(cx, a[0]), number(a[1]), a[2] === undefined ? 0 : number(a[2])),
  ioctl(cx, a) {
    const want = a[2] === undefined ? null : number(only(a[2]));
    const arg = intBytes(want ?? 0, 4);
    const err = cx.machine.task.sys.ioctl(live(cx, a[0]), number(a[1]), arg);
    if (err === 0 && want !== null) equal('ioctl result', want, bytesInt(arg));
    return err;
  },
  async poll(cx, a) {
    if (a[0]?.kind !== 'array') return -EINVAL;
    const fds: PollFd[] = a[0].items.map((p) => ({ fd: live(cx, field(p, 'fd')), events: number(field(p, 'events')), revents: 0 }));
    const n = await errnoOf(cx.machine.task.poll(fds, number(a[2])));
    a[0].items.forEach((p, i) => {
      const want = field(p, 'revents');
      if (want !== undefined && n >= 0) equal(`revents of fd ${number(field(p, 'fd'))}`, number(want), fds[i]!.revents);
    });
    return n;
  },
  epoll_create: (cx) => cx.machine.task.sys.epollCreate1(0),
  epoll_create1: (cx, a) => cx.machine.task.sys.epollCreate1(number(a[0])),
  epoll_ctl: (cx, a) => cx.machine.task.sys.epollCtl(live(cx, a[0]), number(a[1]), live(cx, a[2]), a[3] === undefined || isNull(a[3]) ? null : epollEvent(a[3])),
  async epoll_wait(cx, a) {
    const out: EpollEvent[] = [];
    const n = await errnoOf(cx.machine.task.epollWait(live(cx, a[0]), out, number(a[2]), number(a[3])));
    const wants = a[1]?.kind === 'array' || a[1]?.kind === 'list' ? a[1].items : a[1] === undefined ? [] : [a[1]];
    for (let i = 0; i < Math.min(n, wants.length); i++) {
      if (wants[i]!.kind === 'ellipsis') continue;
      const want = epollEvent(wants[i]);
      equal('epoll_event events', want.events, out[i]!.events);
      equal('epoll_event data', Number(want.data), Number(out[i]!.data));
    }
    return n;
  },
  pipe(cx, a) {
    const ends = a[0]?.kind === 'array' ? a[0].items : fail('[fd, fd] expected');
    const buf = { bytes: 0 };
    for (const e of ends) cx.locals.set(number(e), { kind: 'pipe', buf, pos: 0 });
    return 0;
  },
  open(cx, a, call) {
    const size = a[0]?.kind === 'string' ? cx.machine.files.get(a[0].text) : undefined;
    if (size === undefined) return -ENOENT;
    const fd = number(call.result);
    cx.locals.set(fd, { kind: 'file', buf: { bytes: size }, pos: 0 });
    return fd;
  },
  async sendfile(cx, a) {
    const f = local(cx, a[1]);
    if (f === null) return -EBADF;
    const offset = a[2]?.kind === 'array' ? number(only(a[2])) : f.pos;
    const n = Math.min(number(a[3]), f.buf.bytes - offset);
    if (n <= 0) return 0;
    const sent = await errnoOf(cx.machine.task.send(live(cx, a[0]), new Uint8Array(n), 0));
    if (sent > 0 && a[2]?.kind !== 'array') f.pos += sent;
    return sent;
  },
  /** A socket's bytes go through a buffer of ours: what is moved is the same, that it is moved without a copy is not shown. */
  async splice(cx, a) {
    const [from, to] = [local(cx, a[0]), local(cx, a[2])];
    const { task } = cx.machine;
    const length = number(a[4]);
    if (from === null && to !== null) {
      const fd = live(cx, a[0]);
      const mark = new Uint8Array(4);
      if (task.sys.ioctl(fd, SIOCATMARK, mark) === 0 && mark[0] !== 0) return 0;
      const n = await errnoOf(task.recv(fd, new Uint8Array(length), 0));
      if (n > 0) to.buf.bytes += n;
      return n;
    }
    if (from === null || to !== null) return -EINVAL;
    const n = Math.min(length, from.buf.bytes);
    if (n === 0) return -EAGAIN;
    const sent = await errnoOf(task.send(live(cx, a[2]), new Uint8Array(n), 0));
    if (sent > 0) from.buf.bytes -= sent;
    return sent;
  },
};

/** Calls whose result is a new descriptor. */
export const MAKES_FD: ReadonlySet<string> = new Set(['socket', 'accept', 'accept4', 'epoll_create', 'epoll_create1', 'open']);

/** Makes a call: zero or positive, or a negative errno; a promise while it blocks. Throws a CallError for what it cannot read, and for answers that differ from the script's. */
export async function makeCall(cx: CallContext, call: CallSpec): Promise<number> {
  const fn = Object.hasOwn(CALLS, call.name) ? CALLS[call.name] : undefined;
  if (fn === undefined) throw new CallError(`unknown system call ${call.name}() (${-ENOSYS})`);
  const n = await fn(cx, call.args, call);
  return n;
}

