// The library's side of the wire, in TypeScript: what preload/wire.c does, for tests.
import net from 'node:net';
import { statSync } from 'node:fs';

export const OP = {
  hello: 1, socket: 2, accept: 3, bind: 4, connect: 5, listen: 6, getname: 7, shutdown: 8, setsockopt: 9, getsockopt: 10, sendmsg: 11, recvmsg: 12, ioctl: 13, plugged: 14, poll: 15,
  ended: 16, info: 17, forget: 18, readfile: 19, writefile: 20, stat: 21, list: 22, recvmany: 23, readlink: 24, closed: 25, tun: 26,
} as const;

/** A reply, taken apart. */
export interface Answer {
  rc: number;
  drop: number;
  flags: number;
  a: number;
  b: number;
  c: number;
  payload: Uint8Array;
}

export interface WhoFields {
  magic?: number;
  version?: number;
  pid?: number;
  ino?: number;
  socketIno?: number;
  netns?: string | null;
}

export function who(fields: WhoFields = {}): Uint8Array {
  const u8 = new Uint8Array(288);
  const view = new DataView(u8.buffer);
  view.setUint32(0, fields.magic ?? 0x31544e4c, true);
  view.setUint32(4, fields.version ?? 1, true);
  view.setUint32(8, fields.pid ?? process.pid, true);
  view.setUint32(12, fields.netns === undefined || fields.netns === null ? 0 : 1, true);
  view.setBigUint64(16, BigInt(fields.ino ?? statSync('/proc/self/ns/net').ino), true);
  view.setBigUint64(24, BigInt(fields.socketIno ?? 0), true);
  u8.set(new TextEncoder().encode(fields.netns ?? ''), 32);
  return u8;
}

export function frame(op: number, fields: { id?: number; a?: number; b?: number; c?: number } = {}, ...payload: Uint8Array[]): Uint8Array {
  const size = payload.reduce((n, p) => n + p.length, 0);
  const u8 = new Uint8Array(24 + size);
  const view = new DataView(u8.buffer);
  view.setUint32(0, 20 + size, true);
  view.setUint16(4, op, true);
  view.setUint32(8, fields.id ?? 0, true);
  view.setUint32(12, fields.a ?? 0, true);
  view.setUint32(16, fields.b ?? 0, true);
  view.setUint32(20, fields.c ?? 0, true);
  let at = 24;
  for (const p of payload) {
    u8.set(p, at);
    at += p.length;
  }
  return u8;
}

/** One connection to the server: replies are read one after the other, what follows them is plain bytes. */
export class Wire {
  readonly conn: net.Socket;
  private data: Buffer = Buffer.alloc(0);
  private waiting: (() => void) | null = null;
  ended = false;

  constructor(path: string) {
    this.conn = net.connect({ path, allowHalfOpen: true });
    this.conn.on('data', (chunk) => {
      this.data = Buffer.concat([this.data, chunk]);
      this.waiting?.();
    });
    const end = (): void => {
      this.ended = true;
      this.waiting?.();
    };
    this.conn.on('end', end).on('close', end).on('error', end);
  }

  send(bytes: Uint8Array): void {
    this.conn.write(bytes);
  }

  /** Waits for `n` bytes; fewer at the end. */
  async bytes(n: number): Promise<Buffer> {
    while (this.data.length < n && !this.ended) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
    const out = this.data.subarray(0, n);
    this.data = this.data.subarray(n);
    return out;
  }

  /** What is there now, without waiting. */
  now(): Buffer {
    const out = this.data;
    this.data = Buffer.alloc(0);
    return out;
  }

  async answer(): Promise<Answer> {
    const head = await this.bytes(24);
    if (head.length < 24) throw new Error('the connection was closed');
    const payload = await this.bytes(head.readUInt32LE(0) - 20);
    return {
      rc: head.readInt32LE(4), drop: head.readUInt16LE(8), flags: head.readUInt16LE(10), a: head.readUInt32LE(12), b: head.readUInt32LE(16), c: head.readUInt32LE(20), payload,
    };
  }

  call(...args: Parameters<typeof frame>): Promise<Answer> {
    this.send(frame(...args));
    return this.answer();
  }

  async closed(): Promise<void> {
    while (!this.ended) await this.bytes(1 << 30);
  }

  close(): void {
    this.conn.destroy();
  }
}

export function u32(...words: number[]): Uint8Array {
  const u8 = new Uint8Array(words.length * 4);
  const view = new DataView(u8.buffer);
  words.forEach((w, i) => view.setUint32(i * 4, w, true));
  return u8;
}
