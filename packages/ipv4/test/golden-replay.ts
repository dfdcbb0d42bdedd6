/** Requests that a real kernel answered (golden/*.jsonl, written by the recorders beside them), put to a machine of ours. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Net } from '@linnet/kernel';
import { NlTestClient } from '@linnet/netlink/testing';
import { NETLINK_ADD_MEMBERSHIP } from '@linnet/uapi';

/** A request with what came of it; or, with `run`, something that was done to the namespace by other means. */
export interface GoldenCase {
  readonly set: number;
  readonly name: string;
  readonly run?: string;
  readonly req: string;
  readonly out: readonly string[];
  readonly told: readonly string[];
}

export function goldenCases(file: string): GoldenCase[] {
  return readFileSync(new URL(`golden/${file}`, import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as GoldenCase);
}

export function hex(s: string): Uint8Array {
  return new Uint8Array(Buffer.from(s, 'hex'));
}

export interface GoldenMessage {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  /** The message carries the requester's port. */
  readonly port: boolean;
  readonly head: string;
  readonly attrs: readonly string[];
}

/** The messages of a datagram as something that can be compared. `header(type)` is the length of the fixed struct; of attributes in `volatile` only the type counts. */
export function plain(u8: Uint8Array, header: (type: number) => number, volatile: (type: number, attr: number) => boolean = () => false): GoldenMessage[] {
  const out: GoldenMessage[] = [];
  const v = new DataView(u8.buffer, u8.byteOffset, u8.length);
  const h = (from: number, to: number): string => Buffer.from(u8.subarray(from, to)).toString('hex');
  for (let at = 0; at + 16 <= u8.length; ) {
    const len = v.getUint32(at, true);
    const type = v.getUint16(at + 4, true);
    const end = at + len;
    const attrs: string[] = [];
    let headEnd = end;
    if (type >= 16) {
      headEnd = Math.min(end, at + 16 + header(type));
      for (let a = headEnd; a + 4 <= end; ) {
        const alen = v.getUint16(a, true);
        const atype = v.getUint16(a + 2, true);
        attrs.push(`${atype}:${volatile(type, atype & 0x3fff) ? '*' : h(a + 4, a + alen)}`);
        a += (alen + 3) & ~3;
      }
    }
    out.push({ type, flags: v.getUint16(at + 6, true), seq: v.getUint32(at + 8, true), port: v.getUint32(at + 12, true) !== 0, head: h(at + 16, headEnd), attrs });
    at += (len + 3) & ~3;
  }
  return out;
}

/** Two sockets as the recorder had them: one that asks, one that listens to groups. */
export class GoldenClient {
  readonly asking: NlTestClient;
  readonly listening: NlTestClient;
  constructor(net: Net, groups: readonly number[], protocol: number = 0) {
    this.asking = new NlTestClient(net, { protocol });
    this.listening = new NlTestClient(net, { protocol, groups: 0 });
    for (const g of groups) expect(this.listening.setopt(NETLINK_ADD_MEMBERSHIP, g)).toBe(0);
  }
  /** Sends the case's request and returns the datagrams of the answer. */
  ask(c: GoldenCase): Uint8Array[] {
    const req = hex(c.req);
    expect(this.asking.send(req)).toBe(req.length);
    return this.asking.recvAll(1 << 17);
  }
  told(): Uint8Array[] {
    return this.listening.recvAll(1 << 17);
  }
  close(): void {
    this.asking.close();
    this.listening.close();
  }
}
