/** Packets that wait for a program: what becomes of them when it, their device or the machine ends; and messages of nflog that wait for more. Their bytes are held against a real kernel in conformance/netfilter/nflog.test.ts. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ms, sec, type VirtualClock } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import { devClose, NF_ACCEPT, NF_INET_FORWARD, NF_INET_PRE_ROUTING, nfHook, NFPROTO_BRIDGE, NFPROTO_IPV4, nfQueueNr, nfRegisterNetHook } from '@linnet/netdev';
import { allocSkb, consumeSkb, SKB, SKB_GSO_UDP_L4, skbPullUnchecked, skbPush, skbPut, skbSegment } from '@linnet/skbuff';
import type { Socket } from '@linnet/socket';
import { NLM_F_REQUEST, NlWriter } from '@linnet/uapi';
import { nfLogGroup, NFNL_SUBSYS_QUEUE, NFNL_SUBSYS_ULOG, nfnetlinkLog, nfnetlinkQueue } from '../src/index.ts';
import { nfQueueBalance } from '../src/nf-queue-balance.ts';
import { udp } from './harness.ts';
import { NftBox } from './nft-harness.ts';

let box: NftBox;
let sock: Socket;
beforeEach(() => {
  box = new NftBox(nfnetlinkLog, nfnetlinkQueue);
  sock = box.open();
});
afterEach(() => {
  const pool = box.kernel.get(SKB);
  box.kernel.shutdown();
  expect(pool.stats.live).toBe(0);
});

function message(subsys: number, msg: number, res: number, put: (w: NlWriter) => void): Uint8Array {
  const w = new NlWriter();
  w.begin((subsys << 8) | msg, NLM_F_REQUEST, 1, 0);
  w.view.setUint16(w.reserve(4) + 2, res);
  put(w);
  w.end();
  return w.bytes();
}
const bind = (subsys: number, num: number): Uint8Array => message(subsys, subsys === NFNL_SUBSYS_QUEUE ? 2 : 1, num, (w) => w.putBytes(1, Uint8Array.of(1, 0, 0, 2)));
const verdict = (msg: number, num: number, v: number, id: number): Uint8Array => message(NFNL_SUBSYS_QUEUE, msg, num, (w) => w.putBytes(2, Uint8Array.of(0, 0, 0, v, 0, 0, 0, id)));
/** Everything that is forwarded waits in queue 3. */
function queueAll(): void {
  box.kernel.run(() => nfRegisterNetHook(box.net, { pf: NFPROTO_IPV4, hooknum: NF_INET_FORWARD, priority: 0, hook: () => nfQueueNr(3) }));
  box.raw(bind(NFNL_SUBSYS_QUEUE, 3), sock);
}
const packet = (n: number): Uint8Array => udp('10.1.0.2', 1000 + n, '203.0.113.2', 53);
const state = (): string => box.net.proc.read('net/netfilter/nfnetlink_queue')!;

test('a packet waits, and goes on once it may', () => {
  queueAll();
  for (let i = 0; i < 4; i++) box.lan.inject(packet(i));
  expect(box.wan.take()).toEqual([]);
  expect(state().trim().split(/ +/)[2]).toBe('4');
  box.raw(verdict(1, 3, NF_ACCEPT, 2), sock);
  expect(box.wan.take()).toHaveLength(1);
  box.raw(verdict(3, 3, NF_ACCEPT, 3), sock);
  expect(box.wan.take()).toHaveLength(2);
  box.raw(verdict(1, 3, 0, 4), sock);
  expect(box.wan.take()).toEqual([]);
  expect(state().trim().split(/ +/)[2]).toBe('0');
});

test('what waits ends with its program, its device or the machine', () => {
  queueAll();
  const live = box.kernel.get(SKB).stats;
  const before = live.live;
  for (let i = 0; i < 5; i++) box.lan.inject(packet(i));
  expect(live.live).toBeGreaterThanOrEqual(before + 5);
  box.close(sock);
  expect([live.live, state()]).toEqual([before, '']);
  // With nobody who listens it is dropped at once.
  box.lan.inject(packet(9));
  expect(live.live).toBe(before);
  sock = box.open();
  box.raw(bind(NFNL_SUBSYS_QUEUE, 3), sock);
  box.lan.inject(packet(1));
  box.kernel.run(() => devClose(box.wan.fake.dev));
  expect(state().trim().split(/ +/)[2]).toBe('0');
  // One more waits while the machine ends: afterEach counts.
  box.wan.inject(udp('203.0.113.2', 1, '10.1.0.2', 2));
});

test('what a full queue cannot take is dropped, or passes when the program says so', () => {
  queueAll();
  box.raw(message(NFNL_SUBSYS_QUEUE, 2, 3, (w) => w.putBe32(3, 2)), sock);
  for (let i = 0; i < 4; i++) box.lan.inject(packet(i));
  expect([box.wan.take().length, state().trim().split(/ +/)[5]]).toEqual([0, '2']);
  box.raw(message(NFNL_SUBSYS_QUEUE, 2, 3, (w) => { w.putBe32(4, 1); w.putBe32(5, 1); }), sock);
  box.lan.inject(packet(5));
  expect(box.wan.take()).toHaveLength(1);
});

/** Datagrams from now on stand for several, of 100 bytes each, and can be cut into them. */
function superSegments(): void {
  box.kernel.get(INET).addOffload(17, {
    gsoSegment(skb) {
      const off = skb.data - skb.macHeader;
      skbPush(skb, off);
      const segs = skbSegment(skb, off + 8, skb.gsoSize, false);
      skbPullUnchecked(skb, off);
      for (let s = segs; s !== null; s = s.next) {
        s.view.setUint16(s.transportHeader + 4, s.len - off);
        s.view.setUint16(s.transportHeader + 6, 0);
      }
      return segs;
    },
    groReceive: () => null,
    groComplete: () => 0,
  });
  box.kernel.run(() => nfRegisterNetHook(box.net, {
    pf: NFPROTO_IPV4, hooknum: NF_INET_PRE_ROUTING, priority: 0,
    hook: (_priv, skb) => {
      skb.gsoSize = 100;
      skb.gsoType = SKB_GSO_UDP_L4;
      return NF_ACCEPT;
    },
  }));
}
const lengths = (): number[] => box.wan.raw().map((p) => p.length - 28);
const big = (): Uint8Array => udp('10.1.0.2', 1000, '203.0.113.2', 53, new Uint8Array(250));

test('a super-segment waits in pieces, and each is judged', () => {
  superSegments();
  queueAll();
  const told: number[] = [];
  box.lan.inject(big());
  for (const m of box.raw(new Uint8Array(0), sock)) told.push(m.length);
  expect([told.length, state().trim().split(/ +/)[2]]).toEqual([3, '3']);
  box.raw(verdict(1, 3, NF_ACCEPT, 3), sock);
  expect(lengths()).toEqual([50]);
  box.raw(verdict(1, 3, 0, 2), sock);
  box.raw(verdict(1, 3, NF_ACCEPT, 1), sock);
  expect(lengths()).toEqual([100]);
  // Each takes its own place of those that there are.
  box.raw(message(NFNL_SUBSYS_QUEUE, 2, 3, (w) => w.putBe32(3, 2)), sock);
  box.lan.inject(big());
  expect(state().trim().split(/ +/).slice(2, 8)).toEqual(['2', '0', '65531', '1', '0', '5']);
});

test('the pieces of a frame on a bridge have the header of its link', () => {
  superSegments();
  box.kernel.run(() => nfRegisterNetHook(box.net, { pf: NFPROTO_BRIDGE, hooknum: 2, priority: 0, hook: () => nfQueueNr(3) }));
  box.raw(bind(NFNL_SUBSYS_QUEUE, 3), sock);
  const frame = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, ...big());
  const sent: number[][] = [];
  const dev = box.lan.fake.dev;
  box.kernel.run(() => {
    const skb = allocSkb(box.kernel.get(SKB), frame.length);
    skb.u8.set(frame, skbPut(skb, frame.length));
    skb.protocol = 0x800;
    skb.macHeader = skb.data;
    skbPullUnchecked(skb, 14);
    skb.networkHeader = skb.data;
    skb.gsoSize = 100;
    skb.gsoType = SKB_GSO_UDP_L4;
    nfHook(NFPROTO_BRIDGE, 2, box.net, null, skb, dev, dev, (_net, _sk, seg) => {
      expect(seg.data).toBe(seg.networkHeader);
      skbPush(seg, 14);
      sent.push([seg.len - 42, ...seg.u8.subarray(seg.data, seg.data + 14)]);
      consumeSkb(seg);
      return 0;
    });
  });
  box.raw(verdict(3, 3, NF_ACCEPT, 3), sock);
  expect(sent).toEqual([100, 100, 50].map((n) => [n, ...frame.subarray(0, 14)]));
});

test('a program that asks for super-segments gets them whole, and what it makes of one is cut on its way out', () => {
  superSegments();
  queueAll();
  box.raw(message(NFNL_SUBSYS_QUEUE, 2, 3, (w) => { w.putBe32(4, 4); w.putBe32(5, 4); }), sock);
  box.lan.inject(big());
  expect(state().trim().split(/ +/)[2]).toBe('1');
  box.raw(message(NFNL_SUBSYS_QUEUE, 1, 3, (w) => {
    w.putBytes(2, Uint8Array.of(0, 0, 0, NF_ACCEPT, 0, 0, 0, 1));
    w.putBytes(10, udp('10.1.0.2', 1000, '203.0.113.2', 53, new Uint8Array(222)));
  }), sock);
  expect(lengths()).toEqual([100, 100, 22]);
});

test('both ways of a connection go to the same queue, and connections to all of them', () => {
  const skb = (p: Uint8Array): never => ({ u8: p, view: new DataView(p.buffer), networkHeader: 0 }) as never;
  const seen = new Set<number>();
  for (let i = 2; i < 60; i++) {
    const q = nfQueueBalance(skb(udp(`10.1.0.${i}`, 1, '203.0.113.2', 2)), 5, 3, 77);
    expect(nfQueueBalance(skb(udp('203.0.113.2', 2, `10.1.0.${i}`, 1)), 5, 3, 77)).toBe(q);
    seen.add(q);
  }
  expect([...seen].sort()).toEqual([5, 6, 7]);
});

test('messages of nflog wait for more, but not for ever, and go with their program', () => {
  box.raw(bind(NFNL_SUBSYS_ULOG, 9), sock);
  const clock = box.kernel.clock as VirtualClock;
  box.kernel.run(() => nfRegisterNetHook(box.net, {
    pf: NFPROTO_IPV4, hooknum: NF_INET_FORWARD, priority: 0,
    hook: (_priv, skb, s) => {
      nfLogGroup(box.net, skb, { group: 9, copyLen: -1, qthresh: 3, prefix: '' }, { family: s.pf, hook: s.hook, inDev: s.inDev, outDev: s.outDev, state: s });
      return NF_ACCEPT;
    },
  }));
  const got = (): number => box.raw(new Uint8Array(0), sock).length;
  box.lan.inject(packet(1));
  box.lan.inject(packet(2));
  expect(got()).toBe(0);
  box.lan.inject(packet(3));
  expect(got()).toBe(1);
  box.lan.inject(packet(4));
  clock.advance(ms(900));
  expect(got()).toBe(0);
  clock.advance(ms(200));
  expect(got()).toBe(1);
  box.lan.inject(packet(5));
  box.close(sock);
  clock.advance(sec(3));
  expect(box.wan.take()).toHaveLength(5);
});
