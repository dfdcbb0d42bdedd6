/** Packets that wait for a program: what becomes of them when it, their device or the machine ends; and messages of nflog that wait for more. Their bytes are held against a real kernel in conformance/netfilter/nflog.test.ts. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ms, sec, type VirtualClock } from '@linnet/kernel';
import { devClose, NF_ACCEPT, NF_INET_FORWARD, NFPROTO_IPV4, nfQueueNr, nfRegisterNetHook } from '@linnet/netdev';
import { SKB } from '@linnet/skbuff';
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
