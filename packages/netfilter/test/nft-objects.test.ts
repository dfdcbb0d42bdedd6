/** Objects and statements that do something to connections: ct timeout, ct expectation, synproxy; and last. The kernel beside them: conformance/netfilter/nft-accepts.test.ts. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EAFNOSUPPORT, EBUSY, EINVAL, EOPNOTSUPP, ms, type VirtualClock } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import { NF_INET_FORWARD, NF_INET_PRE_ROUTING } from '@linnet/netdev';
import {
  NFT_META_L4PROTO, NFT_OBJECT_CT_EXPECT, NFT_OBJECT_CT_TIMEOUT, NFT_OBJECT_SYNPROXY, NFTA_CT_EXPECT_DPORT, NFTA_CT_EXPECT_L3PROTO, NFTA_CT_EXPECT_L4PROTO, NFTA_CT_EXPECT_SIZE,
  NFTA_CT_EXPECT_TIMEOUT, NFTA_CT_TIMEOUT_DATA, NFTA_CT_TIMEOUT_L4PROTO, NFTA_OBJREF_IMM_NAME, NFTA_OBJREF_IMM_TYPE, NFTA_QUEUE_FLAGS, NFTA_QUEUE_NUM, NFTA_QUEUE_SREG_QNUM, NFTA_SYNPROXY_FLAGS, NFTA_SYNPROXY_MSS, NFTA_SYNPROXY_WSCALE, type NlWriter,
} from '@linnet/uapi';
import { NF_CONNTRACK, xtables } from '../src/index.ts';
import { NF_TABLES } from '../src/nft/nft-model.ts';
import { tcp, udp } from './harness.ts';
import { chain, cmp, counter, type Expr, imm, type Message, meta, NftBox, payload, rule, table } from './nft-harness.ts';

const A = '10.1.0.2';
const B = '203.0.113.2';
let box: NftBox;
beforeEach(() => {
  box = new NftBox(xtables);
});
afterEach(() => {
  expect(box.end()).toBe(0);
});

const ok = (n: number): [number, number][] => Array.from({ length: n }, (_, i) => [i + 1, 0]);
const BASE = [table('t'), chain('t', 'p', NF_INET_PRE_ROUTING), chain('t', 'f', NF_INET_FORWARD)];
const object = (type: number, name: string, put: (w: NlWriter) => void): Message => ({
  msg: 18,
  put: (w) => {
    w.putString(1, 't');
    w.putString(2, name);
    w.putBe32(3, type);
    w.nestStart(4);
    put(w);
    w.nestEnd();
  },
});
const gone = (type: number, name: string): Message => ({ msg: 20, flags: 0, put: (w) => { w.putString(1, 't'); w.putString(2, name); w.putBe32(3, type); } });
const ref = (type: number, name: string): Expr => ['objref', (w) => { w.putBe32(NFTA_OBJREF_IMM_TYPE, type); w.putString(NFTA_OBJREF_IMM_NAME, name); }];
const timeouts = (name: string, l4: number, values: Readonly<Record<number, number>>): Message => object(NFT_OBJECT_CT_TIMEOUT, name, (w) => {
  w.putU8(NFTA_CT_TIMEOUT_L4PROTO, l4);
  w.nestStart(NFTA_CT_TIMEOUT_DATA);
  for (const [state, secs] of Object.entries(values)) w.putBe32(Number(state), secs);
  w.nestEnd();
});
const expectation = (name: string, l4: number, dport: number, size: number, l3 = 2, timeout = 120): Message => object(NFT_OBJECT_CT_EXPECT, name, (w) => {
  w.putBe16(NFTA_CT_EXPECT_L3PROTO, l3);
  w.putU8(NFTA_CT_EXPECT_L4PROTO, l4);
  w.putBe16(NFTA_CT_EXPECT_DPORT, dport);
  w.putU32(NFTA_CT_EXPECT_TIMEOUT, timeout);
  w.putU8(NFTA_CT_EXPECT_SIZE, size);
});
const synproxy = (flags: number) => (w: NlWriter): void => {
  w.putBe16(NFTA_SYNPROXY_MSS, 1400);
  w.putU8(NFTA_SYNPROXY_WSCALE, 7);
  w.putBe32(NFTA_SYNPROXY_FLAGS, flags);
};
const to = (dport: number): Expr[] => [payload(2, 2, 2), cmp(0, dport >> 8, dport & 255)];

/** Entries by their port: seconds that they have left. */
function left(): Record<number, number> {
  const lines = (box.net.proc.read('net/nf_conntrack') as string).trimEnd().split('\n');
  return Object.fromEntries(lines.map((l) => [Number(/dport=(\d+)/.exec(l)![1]), Number(l.split(/ +/)[4])]));
}
const out = (dport: number, sport = 1000, src = A): number => {
  box.lan.inject(udp(src, sport, B, dport));
  return box.wan.raw().length;
};
const back = (sport: number, dport = 1000): void => {
  box.wan.inject(udp(B, sport, A, dport));
  box.lan.take();
};

test('a connection lives as long as the object says that its rule gave it, of its transport only', () => {
  expect(box.ask(...BASE, timeouts('u', 17, { 1: 5 }), timeouts('c', 6, { 1: 11, 2: 12 }), rule('t', 'p', ...to(1001), ref(NFT_OBJECT_CT_TIMEOUT, 'u')), rule('t', 'p', ...to(1002), ref(NFT_OBJECT_CT_TIMEOUT, 'c')))).toEqual(ok(7));
  for (const port of [1001, 1002, 1003]) expect(out(port)).toBe(1);
  box.lan.inject(tcp(A, 1, B, 1002, 'S', 1, 0));
  expect(left()).toEqual({ 1001: 5, 1002: 11, 1003: 30 });
  // Its second packet finds the list.
  (box.kernel.clock as VirtualClock).advance(ms(2000));
  box.wan.take();
  out(1001);
  box.wan.inject(tcp(B, 1002, A, 1, 'SA', 9, 2));
  box.lan.take();
  box.wan.take();
  expect(left()[1001]).toBe(5);
  expect(left()[1002]).toBe(12);
  // What is not said is as in the namespace: an answered flow is a stream for 120 seconds.
  back(1001);
  (box.kernel.clock as VirtualClock).advance(ms(3000));
  out(1001);
  expect(left()[1001]).toBe(120);
  expect(box.ask(gone(NFT_OBJECT_CT_TIMEOUT, 'u'))).toEqual([[1, -EBUSY]]);
  expect(box.ask(timeouts('x', 1, { 1: 5 }))).toEqual([[1, -EOPNOTSUPP]]);
});

test('a connection announces another, which is related to it; at most as many as the object says', () => {
  const cn = box.net.get(NF_CONNTRACK);
  const announce = (port: number, name: string): Message => rule('t', 'p', ...to(port), ref(NFT_OBJECT_CT_EXPECT, name), counter);
  expect(box.ask(...BASE, expectation('e', 17, 9876, 1), expectation('f', 17, 9877, 1), announce(1005, 'e'), announce(1005, 'f'), announce(1006, 'e'))).toEqual(ok(8));
  expect(out(1005)).toBe(1);
  expect(cn.expectCount).toBe(1);
  expect(box.net.proc.read('net/nf_conntrack_expect')).toBe(`120 l3proto = 2 proto=17 src=${B} dst=${A} sport=0 dport=9876 \n`);
  // With one it may announce no other: the second rule says no, and the packet goes on.
  expect(box.rules().map((r) => r.slice(-10))).toEqual(['counter(1)', 'counter(0)', 'counter(0)']);
  // Another connection cannot expect the same: its packet is dropped.
  expect(out(1006)).toBe(0);
  box.wan.inject(udp(B, 3, A, 9876));
  expect(box.lan.raw().length).toBe(1);
  expect(cn.expectCount).toBe(0);
  expect(cn.stat.expectNew).toBe(1);
  // A connection's later packets announce nothing.
  expect(out(1005)).toBe(1);
  expect(cn.expectCount).toBe(0);
  expect(box.rules().map((r) => r.slice(-10))).toEqual(['counter(1)', 'counter(0)', 'counter(0)']);
  expect(box.ask(expectation('g', 17, 1, 1, 10))).toEqual([[1, -EINVAL]]);
  expect(box.ask(expectation('g', 17, 1, 1, 1))).toEqual([[1, -EAFNOSUPPORT]]);
  expect(box.ask(expectation('g', 1, 1, 1))).toEqual([[1, -EOPNOTSUPP]]);
});

test('SYNs are answered in the server\'s name while a rule or an object says so', () => {
  const cookies = { init: () => 7000, check: () => false, timestamp: () => 1 };
  box.kernel.get(INET).synCookies = cookies;
  expect(box.ask(...BASE, object(NFT_OBJECT_SYNPROXY, 'y', synproxy(1)), rule('t', 'f', meta(NFT_META_L4PROTO), cmp(0, 6), ref(NFT_OBJECT_SYNPROXY, 'y')))).toEqual(ok(5));
  box.lan.inject(tcp(A, 1, B, 80, 'S', 100, 0));
  expect(box.wan.raw().length).toBe(0);
  const [answer] = box.lan.raw();
  const view = new DataView(answer!.buffer, answer!.byteOffset);
  expect([view.getUint32(24), view.getUint32(28), answer![33]]).toEqual([7000, 101, 0x12]);
  // Not TCP: the rule says nothing of it.
  expect(out(5)).toBe(1);
  expect(box.ask(rule('t', 'p', ['synproxy', synproxy(1)]))).toEqual([[1, -EOPNOTSUPP]]);
  expect(box.ask(rule('t', 'p', ref(NFT_OBJECT_SYNPROXY, 'y')))).toEqual([[1, -EOPNOTSUPP]]);
  expect(box.ask(rule('t', 'f', ['synproxy', synproxy(0x20)]))).toEqual([[1, -EOPNOTSUPP]]);
});

test('a rule may take the number of a queue from a register', () => {
  const queue = (flags: number, ...more: readonly [number, number][]): Expr => ['queue', (w) => { w.putBe32(NFTA_QUEUE_SREG_QNUM, 1); w.putBe16(NFTA_QUEUE_FLAGS, flags); for (const [t, v] of more) w.putBe16(t, v); }];
  expect(box.ask(...BASE, rule('t', 'f', ...to(1), imm(7, 0, 0, 0), queue(0)), rule('t', 'f', ...to(2), imm(7, 0, 0, 0), queue(1)))).toEqual(ok(5));
  // Nobody reads it.
  expect([out(1), out(2)]).toEqual([0, 1]);
  expect(box.ask(rule('t', 'f', queue(0, [NFTA_QUEUE_NUM, 3])))).toEqual([[1, -EINVAL]]);
  expect(box.ask(rule('t', 'f', queue(2)))).toEqual([[1, -EINVAL]]);
});

test('last says how long ago a packet came to it', () => {
  expect(box.ask(...BASE, rule('t', 'f', ['last', () => undefined]), rule('t', 'f', ['last', (w) => { w.putBe32(1, 1); w.putBytes(2, Uint8Array.of(0, 0, 0, 0, 0, 0, 0x27, 0x10)); }]))).toEqual(ok(5));
  const shown = (): string[] => box.net.get(NF_TABLES).tables[0]!.chains.get('f')!.rules.map(({ exprs: [e] }) => {
    const said: string[] = [];
    e!.dump!({ putBe32: (t: number, v: number) => said.push(`${t}=${v}`), reserveAttr: (t: number) => (said.push(`${t}`), 0), view: new DataView(new ArrayBuffer(8)) } as unknown as NlWriter, false);
    return said.join(' ');
  });
  expect(shown()).toEqual(['1=0 2', '1=1 2']);
  out(9);
  expect(shown()).toEqual(['1=1 2', '1=1 2']);
});
