// A dump of 100,000 routes through a small receive buffer: every route arrives once, or the reader is told that something is missing.
import { createKernel, EAGAIN, ENOBUFS, VirtualClock } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { nlIfinfo, nlMessage, nlSplit, nlStr, nlAttrs, NlTestClient } from '@linnet/netlink/testing';
import { skbPoolStats } from './pool.ts';
import {
  AF_INET, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NlWriter, RT_SCOPE_LINK, RT_TABLE_MAIN, RTA_DST, RTA_OIF, RTM_DELROUTE, RTM_GETLINK, RTM_GETROUTE, RTM_NEWROUTE,
  RTM_SETLINK, RTN_UNICAST, RTPROT_STATIC, SO_RCVBUF,
} from '@linnet/uapi';
import { sockSetsockopt } from '@linnet/socket';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Kernel } from '@linnet/kernel';

const COUNT = 100_000;

/** 10.0.0.0/8 in /30s: number `i`. */
const dst = (i: number): number => 0x0a000000 + i * 4;

function put(w: NlWriter, type: number, i: number): void {
  w.begin(type, NLM_F_REQUEST | NLM_F_CREATE, i, 0);
  const off = w.reserve(12);
  w.u8.set([AF_INET, 30, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_LINK, RTN_UNICAST], off);
  w.putBe32(RTA_DST, dst(i));
  w.putU32(RTA_OIF, 1);
  w.end();
}

let k: Kernel;

beforeAll(() => {
  k = createKernel({ modules: [ipv4], clock: new VirtualClock(), seed: 1 });
  const c = new NlTestClient(k.initNet);
  expect(c.ack(RTM_SETLINK, 0, nlIfinfo({ index: 1, flags: 1, change: 1 })).errno).toBe(0);
  for (let i = 0; i < COUNT; ) {
    const w = new NlWriter({ capacity: 65536 });
    for (const end = Math.min(i + 1000, COUNT); i < end; i++) put(w, RTM_NEWROUTE, i);
    // Only what fails is answered.
    c.send(w.bytes());
  }
  expect(c.recvAll()).toEqual([]);
  c.close();
});
afterAll(() => {
  k.shutdown();
  expect(skbPoolStats(k)).toEqual({ live: 0, heads: 0 });
});

/** A reader with a small buffer. */
function small(): NlTestClient {
  const c = new NlTestClient(k.initNet, { strict: true });
  expect(sockSetsockopt(c.sock, SO_RCVBUF, new Uint8Array([0, 8, 0, 0]))).toBe(0);
  return c;
}

function dumpRequest(): Uint8Array {
  const payload = new Uint8Array(12);
  payload[0] = AF_INET;
  return nlMessage(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, payload, 7);
}

/** Reads a dump to its end; what arrives in between is given to `meanwhile`. */
function readDump(c: NlTestClient, size: number, meanwhile: (reads: number) => void = () => undefined): { seen: Map<number, number>; done: boolean; interrupted: boolean; lost: number; reads: number } {
  const seen = new Map<number, number>();
  let [done, interrupted, lost, reads] = [false, false, 0, 0];
  for (;;) {
    const r = c.recv(size);
    if (r === -EAGAIN) break;
    if (r === -ENOBUFS) {
      lost++;
      continue;
    }
    if (typeof r === 'number') throw new Error(`recvmsg: ${r}`);
    reads++;
    expect(r.n).toBeLessThanOrEqual(size);
    for (const m of nlSplit(r.u8)) {
      if ((m.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
      if (m.type === NLMSG_DONE) done = true;
      if (m.type !== RTM_NEWROUTE) continue;
      const to = nlAttrs(m.payload, 12).get(RTA_DST);
      if (to === undefined || m.payload[1] !== 30) continue;
      const a = new DataView(to.buffer).getUint32(0);
      seen.set(a, (seen.get(a) ?? 0) + 1);
    }
    meanwhile(reads);
  }
  return { seen, done, interrupted, lost, reads };
}

it('through a buffer of four kilobytes nothing is lost and nothing comes twice', () => {
  const c = small();
  expect(c.send(dumpRequest())).toBeGreaterThan(0);
  const got = readDump(c, 4096);
  expect([got.seen.size, got.done, got.interrupted, got.lost]).toEqual([COUNT, true, false, 0]);
  expect([...got.seen.values()].every((n) => n === 1)).toBe(true);
  expect(got.reads).toBeGreaterThan(1000);
  c.close();
});

it('with a large one the parts are larger', () => {
  const c = new NlTestClient(k.initNet);
  const small4 = readDump(open(c), 1 << 16);
  expect([small4.seen.size, small4.done]).toEqual([COUNT, true]);
  expect(small4.reads).toBeLessThan(400);
  c.close();
});

function open(c: NlTestClient): NlTestClient {
  expect(c.send(dumpRequest())).toBeGreaterThan(0);
  return c;
}

it('what changes meanwhile marks the dump, and what stays is there', () => {
  const c = open(small());
  const other = new NlTestClient(k.initNet);
  const got = readDump(c, 4096, (reads) => {
    if (reads !== 20) return;
    const w = new NlWriter();
    for (const i of [3, COUNT - 1]) put(w, RTM_DELROUTE, i);
    put(w, RTM_NEWROUTE, COUNT + 5);
    other.send(w.bytes());
  });
  expect([got.done, got.interrupted, got.lost]).toEqual([true, true, 0]);
  for (let i = 0; i < COUNT; i++) if (i !== 3 && i !== COUNT - 1) expect(got.seen.get(dst(i))).toBe(1);
  const w = new NlWriter();
  put(w, RTM_DELROUTE, COUNT + 5);
  for (const i of [3, COUNT - 1]) put(w, RTM_NEWROUTE, i);
  other.send(w.bytes());
  expect(other.recvAll()).toEqual([]);
  other.close();
  c.close();
});

it('a second dump on the same socket waits its turn, and one that is given up leaves nothing', () => {
  const c = open(small());
  const busy = c.send(nlMessage(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, new Uint8Array(16), 8));
  expect(busy).toBeGreaterThan(0);
  c.close();
  const d = open(small());
  expect(readDump(d, 4096).seen.size).toBe(COUNT);
  d.close();
});

it('who listens and does not read is told ENOBUFS, once, and then hears again', () => {
  const ear = new NlTestClient(k.initNet, { groups: 1 << 6 });
  sockSetsockopt(ear.sock, SO_RCVBUF, new Uint8Array([0, 16, 0, 0]));
  const c = new NlTestClient(k.initNet);
  for (const type of [RTM_DELROUTE, RTM_NEWROUTE]) {
    const w = new NlWriter();
    for (let i = 0; i < 200; i++) put(w, type, i);
    c.send(w.bytes());
  }
  const got = readDump(ear, 4096);
  expect(got.lost).toBe(1);
  expect(got.reads).toBeLessThan(400);
  const w = new NlWriter();
  put(w, RTM_DELROUTE, 1);
  put(w, RTM_NEWROUTE, 1);
  c.send(w.bytes());
  expect(ear.recvAll()).toHaveLength(2);
  expect(c.request(RTM_GETLINK, NLM_F_ACK, nlIfinfo({ index: 1 })).map((m) => (m.type === NLMSG_ERROR ? 'ack' : nlStr(nlAttrs(m.payload, 16).get(3))))).toEqual(['lo', 'ack']);
  ear.close();
  c.close();
});
