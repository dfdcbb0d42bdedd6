// What AF_PACKET does beyond the system calls' results (those stand beside the real kernel's in conformance/socket): devices that come and go, cost, rings, sharing.
import { createKernel, EINVAL, ENETDOWN, ENXIO, EPERM, Cred, type Kernel, ms, VirtualClock } from '@linnet/kernel';
import { devClose, devOpen, NETDEV, unregisterNetdevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { SKB, skbStats } from '@linnet/skbuff';
import {
  AF_PACKET, IFF_ALLMULTI, IFF_PROMISC, MSG_TRUNC, PACKET_ADD_MEMBERSHIP, PACKET_AUXDATA, PACKET_DROP_MEMBERSHIP, PACKET_FANOUT, PACKET_FANOUT_CBPF, PACKET_FANOUT_DATA, PACKET_FANOUT_FLAG_ROLLOVER,
  PACKET_FANOUT_HASH, PACKET_FANOUT_LB, PACKET_FANOUT_RND, PACKET_FANOUT_ROLLOVER, PACKET_HDRLEN, PACKET_ROLLOVER_STATS, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, POLLERR, POLLIN, SO_ATTACH_FILTER,
  SO_ERROR, SO_RCVBUF, SOCK_DGRAM, SOCK_RAW, SOL_PACKET, type SockAddrLl,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PACKET_NET, packet } from '../src/index.ts';
import { Calls, ll } from './calls.ts';

let k: Kernel;
let clock: VirtualClock;
let fake: FakeDevice;
let open: Calls[];
const MAC = Uint8Array.from([2, 0, 0, 0, 0, 1]);
const PEER = Uint8Array.from([2, 0, 0, 0, 0, 2]);
const ALL = 3;

beforeEach(() => {
  clock = new VirtualClock();
  k = createKernel({ modules: [packet], clock, seed: 1, debug: true });
  fake = new FakeDevice(k.initNet, { mac: MAC });
  open = [];
});
afterEach(() => {
  for (const s of open) if (!s.closed) s.close();
  expect(k.get(NETDEV).nrTaps).toBe(0);
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
  expect(k.get(SKB).headsLive).toBe(0);
});

function sock(type: number, proto: number, ifindex: number = fake.dev.ifindex): Calls {
  const s = Calls.open(k.initNet, AF_PACKET, type);
  open.push(s);
  expect(s.bind(ll(ifindex, proto))).toBe(0);
  return s;
}
function frame(type: number, payload: readonly number[], to: Uint8Array = MAC): Uint8Array {
  return Uint8Array.from([...to, ...PEER, type >> 8, type & 255, ...payload]);
}
function inject(...frames: Uint8Array[]): void {
  for (const f of frames) fake.inject(f);
}
const u32s = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
const words = (v: Uint8Array | number): number[] => (typeof v === 'number' ? [v] : Array.from(new Uint32Array(v.slice().buffer)));
const mreq = (ifindex: number, type: number): Uint8Array => {
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  view.setInt32(0, ifindex, true);
  view.setUint16(4, type, true);
  return out;
};

describe('a packet socket', () => {
  it('is for those who may', () => {
    k.cred = new Cred(1000);
    expect(() => Calls.open(k.initNet, AF_PACKET, SOCK_RAW)).toThrow(String(-EPERM));
    k.cred = new Cred(0);
  });

  it('costs nothing per packet when there is none, or none that receives', () => {
    const sd = k.get(NETDEV);
    expect(sd.nrTaps).toBe(0);
    const s = Calls.open(k.initNet, AF_PACKET, SOCK_RAW);
    open.push(s);
    expect(sd.nrTaps).toBe(0);
    s.bind(ll(0, ALL));
    expect(sd.nrTaps).toBe(1);
    s.bind(ll(fake.dev.ifindex, 0x800));
    expect([sd.nrTaps, fake.dev.ptypeSpecific.length]).toEqual([0, 1]);
    s.close();
    expect(fake.dev.ptypeSpecific.length).toBe(0);
    expect(k.initNet.get(PACKET_NET).socks.size).toBe(0);
  });

  it('hears nothing while its device is down, and is told', () => {
    const s = sock(SOCK_RAW, ALL);
    const masks = s.wakes();
    devClose(fake.dev);
    expect(masks.length).toBe(1);
    expect(s.poll() & POLLERR).toBe(POLLERR);
    expect([s.int(SO_ERROR), s.int(SO_ERROR)]).toEqual([ENETDOWN, 0]);
    expect(s.send(frame(0x1234, []), 0, ll(fake.dev.ifindex, 0))).toBe(-ENETDOWN);
    devOpen(fake.dev);
    inject(frame(0x1234, [1]));
    expect((s.recv() as { n: number }).n).toBe(15);
    k.run(() => unregisterNetdevice(fake.dev));
    expect(s.int(SO_ERROR)).toBe(ENETDOWN);
    expect((s.socket.ops.getname(s.socket, false) as SockAddrLl).ifindex).toBe(-1);
    expect(s.send(frame(0x1234, []))).toBe(-ENXIO);
  });

  it('sends a frame as it is, or with a header made for it', () => {
    const raw = sock(SOCK_RAW, 0);
    const cooked = sock(SOCK_DGRAM, 0);
    expect(raw.send(frame(0x1234, [1, 2, 3]))).toBe(17);
    expect(cooked.send(Uint8Array.from([4, 5]), 0, ll(fake.dev.ifindex, 0x4321, PEER))).toBe(2);
    expect(fake.take().map((f) => [...f.bytes])).toEqual([[...frame(0x1234, [1, 2, 3])], [...PEER, ...MAC, 0x43, 0x21, 4, 5]]);
  });

  it('asks its device for more frames as long as it is there', () => {
    const s = sock(SOCK_RAW, ALL);
    const t = sock(SOCK_RAW, ALL);
    const { dev } = fake;
    for (const x of [s, s, t]) expect(x.set(PACKET_ADD_MEMBERSHIP, mreq(dev.ifindex, 1), SOL_PACKET)).toBe(0);
    t.set(PACKET_ADD_MEMBERSHIP, mreq(dev.ifindex, 2), SOL_PACKET);
    expect([dev.promiscuity, dev.allmulti, dev.flags & (IFF_PROMISC | IFF_ALLMULTI)]).toEqual([2, 1, IFF_PROMISC | IFF_ALLMULTI]);
    s.set(PACKET_DROP_MEMBERSHIP, mreq(dev.ifindex, 1), SOL_PACKET);
    expect(dev.promiscuity).toBe(2);
    s.set(PACKET_DROP_MEMBERSHIP, mreq(dev.ifindex, 1), SOL_PACKET);
    expect(dev.promiscuity).toBe(1);
    t.close();
    expect([dev.promiscuity, dev.allmulti]).toEqual([0, 0]);
    const u = sock(SOCK_RAW, ALL);
    u.set(PACKET_ADD_MEMBERSHIP, mreq(dev.ifindex, 1), SOL_PACKET);
    k.run(() => unregisterNetdevice(dev));
    u.close();
  });

  it('drops what does not fit, and counts', () => {
    const s = sock(SOCK_RAW, ALL);
    s.set(SO_RCVBUF, 0);
    for (let i = 0; i < 10; i++) inject(frame(0x1234, new Array<number>(500).fill(i)));
    const [got, lost] = words(s.get(PACKET_STATISTICS, 8, SOL_PACKET)) as [number, number];
    expect(got).toBe(10);
    expect(lost).toBeGreaterThan(0);
    let n = 0;
    while (typeof s.recv() !== 'number') n++;
    expect(n).toBe(10 - lost);
    expect(s.socket.sk!.rmemAlloc).toBe(0);
  });

  it('has its filter see the frame from its own beginning on', () => {
    const raw = sock(SOCK_RAW, ALL);
    const cooked = sock(SOCK_DGRAM, ALL);
    // ldb [0]; jeq #2, keep 3, else nothing: the frame's first byte is 2, the payload's is 9
    const prog = Uint8Array.from([0x30, 0, 0, 0, 0, 0, 0, 0, 0x15, 0, 0, 1, 2, 0, 0, 0, 6, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    for (const s of [raw, cooked]) s.set(SO_ATTACH_FILTER, prog);
    raw.set(PACKET_AUXDATA, 1, SOL_PACKET);
    inject(frame(0x1234, [9, 9, 9]));
    const got = raw.recv(100, MSG_TRUNC) as { n: number; control: { data: Uint8Array }[] };
    expect(got.n).toBe(3);
    expect(words(got.control[0]!.data).slice(1, 3)).toEqual([17, 3]);
    expect(cooked.recv()).toBeLessThan(0);
    inject(frame(0x1234, [2, 7]));
    expect((cooked.recv() as { n: number }).n).toBe(2);
  });
});

describe('a fanout group', () => {
  const members = (type: number, n: number): Calls[] =>
    Array.from({ length: n }, () => {
      const s = sock(SOCK_RAW, 0x800);
      expect(s.set(PACKET_FANOUT, 5 | (type << 16), SOL_PACKET)).toBe(0);
      return s;
    });
  const counts = (all: Calls[]): number[] => all.map((s) => words(s.get(PACKET_STATISTICS, 8, SOL_PACKET))[0]!);
  const udp = (port: number): Uint8Array => frame(0x800, [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, port >> 8, port & 255, 0, 53, 0, 8, 0, 0]);

  it('deals frames in turn', () => {
    const all = members(PACKET_FANOUT_LB, 3);
    for (let i = 0; i < 9; i++) inject(udp(i));
    expect(counts(all)).toEqual([3, 3, 3]);
    all[0]!.close();
    for (let i = 0; i < 8; i++) inject(udp(i));
    expect(counts(all.slice(1))).toEqual([4, 4]);
  });

  it('by flow: one flow to one socket, many flows to all', () => {
    const all = members(PACKET_FANOUT_HASH, 4);
    for (let i = 0; i < 10; i++) inject(udp(7));
    expect(counts(all).sort()).toEqual([0, 0, 0, 10]);
    for (let i = 0; i < 400; i++) inject(udp(i));
    for (const n of counts(all)) expect(n).toBeGreaterThan(60);
  });

  it('at random, from the machine’s own stream', () => {
    const all = members(PACKET_FANOUT_RND, 2);
    for (let i = 0; i < 100; i++) inject(udp(7));
    const [a, b] = counts(all) as [number, number];
    expect(a + b).toBe(100);
    expect(Math.min(a, b)).toBeGreaterThan(30);
  });

  it('as a program says', () => {
    const all = members(PACKET_FANOUT_CBPF, 3);
    // ldb [1] of the network header: the last digit of the type of service
    expect(all[0]!.set(PACKET_FANOUT_DATA, Uint8Array.from([0x30, 0, 0, 0, 1, 0, 0xf0, 0xff, 0x16, 0, 0, 0, 0, 0, 0, 0]), SOL_PACKET)).toBe(0);
    for (const tos of [0, 1, 2, 1, 1, 5]) {
      const f = udp(1);
      f[15] = tos;
      inject(f);
    }
    expect(counts(all)).toEqual([1, 3, 2]);
    expect(all[0]!.set(PACKET_FANOUT_DATA, Uint8Array.from([0xee, 0, 0, 0, 0, 0, 0, 0]), SOL_PACKET)).toBe(-EINVAL);
  });

  it('rolls over to a socket with room', () => {
    const all = members(PACKET_FANOUT_ROLLOVER, 2);
    all[0]!.set(SO_RCVBUF, 4000);
    all[1]!.set(SO_RCVBUF, 1 << 17);
    for (let i = 0; i < 40; i++) inject(udp(i));
    const [a, b] = counts(all) as [number, number];
    expect(a).toBeGreaterThan(0);
    expect(b).toBeGreaterThan(10);
    expect(a + b).toBe(40);
    for (const s of all) s.close();
    const flagged = members(PACKET_FANOUT_LB | (PACKET_FANOUT_FLAG_ROLLOVER >> 0), 2);
    flagged[1]!.set(SO_RCVBUF, 0);
    for (let i = 0; i < 20; i++) inject(udp(i));
    expect(words(flagged[1]!.get(PACKET_ROLLOVER_STATS, 24, SOL_PACKET))[0]).toBeGreaterThan(0);
  });

  it('does not hear what its own members send', () => {
    const s = sock(SOCK_RAW, ALL);
    const t = sock(SOCK_RAW, ALL);
    for (const x of [s, t]) x.set(PACKET_FANOUT, 6 | (PACKET_FANOUT_LB << 16), SOL_PACKET);
    s.send(frame(0x1234, [1]));
    expect(counts([s, t])).toEqual([0, 0]);
    sock(SOCK_RAW, 0).send(frame(0x1234, [1]));
    const [a, b] = counts([s, t]) as [number, number];
    expect(a + b).toBe(1);
  });
});

describe('a ring', () => {
  it('tells the lengths of its headers for each version', () => {
    const s = sock(SOCK_RAW, ALL);
    expect([0, 1, 2, 3].map((v) => words(s.get(PACKET_HDRLEN, 4, SOL_PACKET, u32s(v)))[0])).toEqual([32, 32, 48, -EINVAL]);
    s.set(PACKET_VERSION, 2, SOL_PACKET);
    expect(s.int(PACKET_HDRLEN, SOL_PACKET)).toBe(48);
  });

  it('takes frames until the reader is too slow, and goes on when he gives them back', () => {
    const s = sock(SOCK_RAW, ALL);
    s.set(PACKET_VERSION, 1, SOL_PACKET);
    expect(s.set(PACKET_RX_RING, u32s(4096, 1, 2048, 2), SOL_PACKET)).toBe(0);
    const memory = k.run(() => s.socket.ops.mmap!(s.socket)) as Uint8Array;
    const view = new DataView(memory.buffer);
    expect(s.poll() & POLLIN).toBe(0);
    inject(frame(0x1234, [1]), frame(0x1234, [2]), frame(0x1234, [3]));
    expect(s.poll() & POLLIN).toBe(POLLIN);
    const at = (i: number): number => memory[i * 2048 + view.getUint16(i * 2048 + 12, true) + 14]!;
    expect([at(0), at(1)]).toEqual([1, 2]);
    expect(words(s.get(PACKET_STATISTICS, 8, SOL_PACKET))).toEqual([3, 1]);
    view.setUint32(0, 0, true);
    inject(frame(0x1234, [4]));
    expect(at(0)).toBe(4);
  });

  it('of blocks hands one over when it is full or its time is up', () => {
    const s = sock(SOCK_RAW, ALL);
    s.set(PACKET_VERSION, 2, SOL_PACKET);
    expect(s.set(PACKET_RX_RING, u32s(4096, 2, 2048, 4, 30, 0, 0), SOL_PACKET)).toBe(0);
    const view = new DataView((k.run(() => s.socket.ops.mmap!(s.socket)) as Uint8Array).buffer);
    const masks = s.wakes();
    inject(frame(0x1234, [1]));
    expect([view.getUint32(8, true), masks.length]).toEqual([0, 0]);
    clock.advance(ms(31));
    expect([view.getUint32(8, true) & 1, view.getUint32(12, true), masks.length]).toEqual([1, 1, 1]);
    s.close();
    clock.advance(ms(100)); // its timer went with it
  });
});
