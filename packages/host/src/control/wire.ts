/** The frames between the preload library and the control server; docs/preload.md describes them, preload/linnet.h is the other side. */

/** 'LNT1', little-endian: the first word of what a connection says of itself. */
export const WIRE_MAGIC = 0x31544e4c;
/** Both sides must say the same. */
export const WIRE_VERSION = 1;

/** Bytes in front of a request's payload: u32 len, u16 op, u16 0, u32 id, a, b, c. */
export const REQUEST_LEN = 24;
/** Bytes in front of a reply's payload: u32 len, s32 rc, u16 drop, u16 flags, u32 a, b, c. */
export const REPLY_LEN = 24;
/** No frame is longer; a connection that says so is closed. */
export const MAX_FRAME: number = 4 << 20;

/** Who a connection is: u32 magic, version, pid, flags, u64 inode of its network namespace, u64 inode of the connection's own descriptor, char netns[256]. */
export const WHO_LEN = 288;
/** In {@link Who}: the namespace is the one that `linnet exec` was told, by its Linnet name. */
export const WHO_HOME = 1;

/** First frame of a control connection. */
export const OP_HELLO = 1;
/** First frame of a data connection: a new socket (a domain, b type, c protocol). */
export const OP_SOCKET = 2;
/** First frame of a data connection: the next connection of the listening socket `id`. */
export const OP_ACCEPT = 3;
/** Everything below goes over a control connection. bind(2): payload is the address. */
export const OP_BIND = 4;
/** connect(2): payload is the address. */
export const OP_CONNECT = 5;
/** listen(2): a is the backlog. */
export const OP_LISTEN = 6;
/** getsockname(2), or with a = 1 getpeername(2): the reply's payload is the address. */
export const OP_GETNAME = 7;
/** shutdown(2): a is how. */
export const OP_SHUTDOWN = 8;
/** setsockopt(2): a level, b option, c bytes of room behind the value, which come back as the reply's payload; payload the value. */
export const OP_SETSOCKOPT = 9;
/** getsockopt(2): a level, b option, c the most bytes; payload the value as the caller had it; the reply's payload is the value. */
export const OP_GETSOCKOPT = 10;
/** sendmsg(2): a flags, b bytes of the address, c bytes of control; payload address, control, data. */
export const OP_SENDMSG = 11;
/** recvmsg(2): a flags, b the most bytes of data, c of control; the reply: a MSG_* flags, b bytes of the address, c of control; payload data, address, control. */
export const OP_RECVMSG = 12;
/** ioctl(2): a command; payload the structure and behind it what it points at; the reply's payload is both, changed. */
export const OP_IOCTL = 13;
/** The caller has put `a` bytes into the data connection, to be thrown away once the socket can be written to. */
export const OP_PLUGGED = 14;
/** The POLL* bits of the socket. */
export const OP_POLL = 15;
/** What a stream's end meant: 0, or once the error that ended it. */
export const OP_ENDED = 16;
/** Domain, type and protocol of the socket: a, b, c. */
export const OP_INFO = 17;
/** A socket whose data connection has ended is needed no more. */
export const OP_FORGET = 18;
/** Reads a file: payload who and path; the reply's payload is the text. */
export const OP_READFILE = 19;
/** Writes a file: a bytes of the path; payload who, path, text. */
export const OP_WRITEFILE = 20;
/** stat(2) of who and path, or without a = 1 lstat(2): in the reply a the mode, b the inode number, c the size. */
export const OP_STAT = 21;
/** The names in a folder: payload who and path; the reply's payload: names, each a byte (DT_*) before and a NUL behind. */
export const OP_LIST = 22;
/** Several datagrams at once, whole: a at most so many, b bytes of each; the reply's a is how many; each: u32 bytes kept, full length, address bytes, control bytes, then those. */
export const OP_RECVMANY = 23;
/** readlink(2) of who and path: the reply's payload is where it leads. */
export const OP_READLINK = 24;

/** The caller has closed its last descriptor for the socket: answered once the machine has seen that, if it was everybody's last. */
export const OP_CLOSED = 25;

/** First frame of a data connection: /dev/net/tun is opened. Then SENDMSG, RECVMSG, IOCTL and POLL stand for write(2), read(2) and their like. */
export const OP_TUN = 26;

/** In a reply: the data connection carries the stream's bytes themselves now. */
export const REPLY_RAW = 1;
/** In a reply: fill the data connection (so that poll finds it not writable) and say so with OP_PLUGGED. */
export const REPLY_PLUG = 2;

/** In a reply to OP_SOCKET and OP_ACCEPT: the kind of the data connection. One that never carries bytes of a stream. */
export const KIND_CALLS = 0;
/** One that carries the bytes of a stream once it is connected. */
export const KIND_STREAM = 1;

/** One frame from a client. Its payload is valid during the call only. */
export interface Frame {
  readonly op: number;
  readonly id: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly payload: Uint8Array;
}

/** Who is calling, and from where. */
export interface Who {
  readonly pid: number;
  /** The inode of the real network namespace that it is in; 0 when it cannot tell. */
  readonly ino: number;
  /** The inode of the descriptor that the program sees (data connections). */
  readonly socketIno: number;
  /** A Linnet namespace by name ('' is the initial one); null when the inode decides. */
  readonly netns: string | null;
}

/** Reads what {@link WHO_LEN} bytes say; null for a stranger, another version's number when the versions differ. */
export function readWho(u8: Uint8Array): Who | number | null {
  if (u8.length < WHO_LEN) return null;
  const view = new DataView(u8.buffer, u8.byteOffset, WHO_LEN);
  if (view.getUint32(0, true) !== WIRE_MAGIC) return null;
  const version = view.getUint32(4, true);
  if (version !== WIRE_VERSION) return version;
  const u64 = (at: number): number => view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  const name = u8.subarray(32, WHO_LEN);
  const end = name.indexOf(0);
  const netns = new TextDecoder().decode(end < 0 ? name : name.subarray(0, end));
  return { pid: view.getUint32(8, true), ino: u64(16), socketIno: u64(24), netns: (view.getUint32(12, true) & WHO_HOME) === 0 ? null : netns };
}

/** The first frame of a control connection that is in the namespace `netns` of the machine: what preload/wire.c sends. */
export function helloFrame(pid: number, netns: string): Uint8Array {
  const u8 = new Uint8Array(REQUEST_LEN + WHO_LEN);
  const view = new DataView(u8.buffer);
  view.setUint32(0, u8.length - 4, true);
  view.setUint16(4, OP_HELLO, true);
  view.setUint32(REQUEST_LEN, WIRE_MAGIC, true);
  view.setUint32(REQUEST_LEN + 4, WIRE_VERSION, true);
  view.setUint32(REQUEST_LEN + 8, pid, true);
  view.setUint32(REQUEST_LEN + 12, WHO_HOME, true);
  u8.set(new TextEncoder().encode(netns).subarray(0, 255), REQUEST_LEN + 32);
  return u8;
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  private kept: Uint8Array = new Uint8Array(0);

  /** Gives every whole frame to `take`, until it returns false (the rest is then kept for {@link FrameReader.rest}). False: not our protocol. */
  push(chunk: Uint8Array, take: (frame: Frame) => boolean): boolean {
    // Not a Buffer, whose slice is no copy.
    let data = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.kept.length > 0) {
      data = new Uint8Array(this.kept.length + chunk.length);
      data.set(this.kept);
      data.set(chunk, this.kept.length);
      this.kept = new Uint8Array(0);
    }
    let at = 0;
    while (data.length - at >= REQUEST_LEN) {
      const view = new DataView(data.buffer, data.byteOffset + at, REQUEST_LEN);
      const len = view.getUint32(0, true) + 4;
      if (len < REQUEST_LEN || len > MAX_FRAME) return false;
      if (data.length - at < len) break;
      const frame = {
        op: view.getUint16(4, true), id: view.getUint32(8, true), a: view.getUint32(12, true), b: view.getUint32(16, true), c: view.getUint32(20, true),
        payload: data.subarray(at + REQUEST_LEN, at + len),
      };
      at += len;
      if (!take(frame)) break;
    }
    if (at < data.length) this.kept = data.slice(at);
    return true;
  }

  /** What came behind the last frame. */
  rest(): Uint8Array {
    const { kept } = this;
    this.kept = new Uint8Array(0);
    return kept;
  }
}

/** A reply on its way: a header that is filled in, and room for a payload behind it. One object serves many replies. */
export class Reply {
  u8: Uint8Array;
  private view: DataView;
  private readonly first: number;
  rc = 0;
  drop = 0;
  flags = 0;
  a = 0;
  b = 0;
  c = 0;
  /** Bytes of payload. */
  len = 0;

  constructor(size: number) {
    this.first = REPLY_LEN + size;
    this.u8 = new Uint8Array(this.first);
    this.view = new DataView(this.u8.buffer);
  }

  /** Begins anew. */
  reset(): void {
    this.rc = this.drop = this.flags = this.a = this.b = this.c = this.len = 0;
  }

  /** The next `n` bytes of the payload, not yet counted. */
  room(n: number): Uint8Array {
    const at = REPLY_LEN + this.len;
    if (at + n > this.u8.length) this.grow(at + n);
    return this.u8.subarray(at, at + n);
  }

  /** Adds bytes to the payload. */
  add(bytes: Uint8Array): void {
    this.room(bytes.length).set(bytes);
    this.len += bytes.length;
  }

  /** Adds a word to the payload. */
  addU32(n: number): void {
    this.room(4);
    this.view.setUint32(REPLY_LEN + this.len, n, true);
    this.len += 4;
  }

  /** Sets a word of the payload again. */
  setU32(at: number, n: number): void {
    this.view.setUint32(REPLY_LEN + at, n, true);
  }

  /** The whole frame; valid until the next {@link Reply.reset}. */
  finish(): Uint8Array {
    const { view } = this;
    view.setUint32(0, REPLY_LEN - 4 + this.len, true);
    view.setInt32(4, this.rc, true);
    view.setUint16(8, this.drop, true);
    view.setUint16(10, this.flags, true);
    view.setUint32(12, this.a, true);
    view.setUint32(16, this.b, true);
    view.setUint32(20, this.c, true);
    return this.u8.subarray(0, REPLY_LEN + this.len);
  }

  /** The bytes are in somebody's hands: others from now on. */
  renew(): void {
    this.u8 = new Uint8Array(this.u8.length);
    this.view = new DataView(this.u8.buffer);
  }

  /** Back to its first size when it has become longer than `most`. */
  shrink(most: number): void {
    if (this.u8.length <= most) return;
    this.u8 = new Uint8Array(this.first);
    this.view = new DataView(this.u8.buffer);
  }

  private grow(size: number): void {
    const more = new Uint8Array(Math.max(size, this.u8.length * 2));
    more.set(this.u8);
    this.u8 = more;
    this.view = new DataView(more.buffer);
  }
}
