/** Elements that rules add: what they use is used as long as they are there; and options of packets that do not end where their header does. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sec, type VirtualClock } from '@linnet/kernel';
import { NF_DROP, NF_INET_FORWARD } from '@linnet/netdev';
import {
  NFT_DYNSET_OP_ADD, NFT_DYNSET_OP_DELETE, NFT_META_L4PROTO, NFT_SET_ELEM_CATCHALL, NFT_SET_EVAL, NFT_SET_TIMEOUT, NFTA_CONNLIMIT_COUNT, NFTA_DYNSET_EXPR, NFTA_DYNSET_OP, NFTA_DYNSET_SET_NAME,
  NFTA_DYNSET_SREG_KEY, NFTA_DYNSET_TIMEOUT, NFTA_SET_DESC, NFTA_SET_DESC_SIZE, NFTA_SET_ELEM_FLAGS, NFTA_SET_ELEM_LIST_ELEMENTS, NFTA_SET_FLAGS, NFTA_SET_ID, NFTA_SET_KEY_LEN, NFTA_SET_KEY_TYPE,
} from '@linnet/uapi';
import { NF_CONNTRACK } from '../src/index.ts';
import { nftPutU64 } from '../src/nft/nft-attr.ts';
import { NF_TABLES } from '../src/nft/nft-model.ts';
import { tcp, udp } from './harness.ts';
import { chain, cmp, counter, type Expr, type Message, meta, NftBox, payload, rule, table, verdict } from './nft-harness.ts';

let box: NftBox;
beforeEach(() => {
  box = new NftBox();
});
afterEach(() => {
  expect(box.end()).toBe(0);
});

const ok = (n: number): [number, number][] => Array.from({ length: n }, (_, i) => [i + 1, 0]);
const BASE = [table('t'), chain('t', 'f', NF_INET_FORWARD)];
const DPORT = [meta(NFT_META_L4PROTO), cmp(0, 17), payload(2, 2, 2)];
const send = (dport: number): void => {
  box.lan.inject(udp('10.1.0.2', 1000, '203.0.113.2', dport));
  box.wan.take();
};
const set = (size: number): Message => ({
  msg: 9,
  put: (w) => {
    w.putString(1, 't');
    w.putString(2, 's');
    w.putBe32(NFTA_SET_FLAGS, NFT_SET_EVAL | NFT_SET_TIMEOUT);
    w.putBe32(NFTA_SET_KEY_TYPE, 13);
    w.putBe32(NFTA_SET_KEY_LEN, 2);
    w.putBe32(NFTA_SET_ID, 1);
    w.nestStart(NFTA_SET_DESC);
    w.putBe32(NFTA_SET_DESC_SIZE, size);
    w.nestEnd();
  },
});
const star: Message = {
  msg: 12,
  put: (w) => {
    w.putString(1, 't');
    w.putString(2, 's');
    w.nestStart(NFTA_SET_ELEM_LIST_ELEMENTS);
    w.nestStart(1);
    w.putBe32(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_CATCHALL);
    w.nestEnd();
    w.nestEnd();
  },
};
function dynset(op: number, timeoutMs = 0, count = 0): Expr {
  return ['dynset', (w) => {
    w.putString(NFTA_DYNSET_SET_NAME, 's');
    w.putBe32(NFTA_DYNSET_SREG_KEY, 1);
    w.putBe32(NFTA_DYNSET_OP, op);
    if (timeoutMs !== 0) nftPutU64(w, NFTA_DYNSET_TIMEOUT, timeoutMs);
    if (count === 0) return;
    w.nestStart(NFTA_DYNSET_EXPR);
    w.putString(1, 'connlimit');
    w.nestStart(2);
    w.putBe32(NFTA_CONNLIMIT_COUNT, count);
    w.nestEnd();
    w.nestEnd();
  }];
}
const drop = (name: string, msg: number): Message => ({ msg, flags: 0, put: (w) => { w.putString(1, 't'); w.putString(2, name); } });

test('connections are followed while a rule, or an element that it made, counts them', () => {
  const cn = box.net.get(NF_CONNTRACK);
  expect(box.ask(...BASE, set(10), rule('t', 'f', ...DPORT, dynset(NFT_DYNSET_OP_ADD, 0, 5)))).toEqual(ok(4));
  expect(cn.users4).toBe(1);
  for (const port of [1, 2, 3, 3]) send(port);
  expect(cn.users4).toBe(4);
  // Rules of the chain, then the set with its elements.
  expect(box.ask(drop('f', 8))).toEqual(ok(1));
  expect(cn.users4).toBe(3);
  expect(box.ask(drop('s', 11))).toEqual(ok(1));
  expect(cn.users4).toBe(0);
});

test('an element whose time is over gives back what it used, when its place is wanted', () => {
  const cn = box.net.get(NF_CONNTRACK);
  expect(box.ask(...BASE, set(2), rule('t', 'f', ...DPORT, dynset(NFT_DYNSET_OP_ADD, 10_000, 5), counter))).toEqual(ok(4));
  for (const port of [1, 2, 3]) send(port);
  // The third had no place.
  expect(box.rules()).toEqual(['f: meta cmp payload dynset counter(2)']);
  expect(cn.users4).toBe(3);
  (box.kernel.clock as VirtualClock).advance(sec(11));
  for (const port of [3, 4, 5]) send(port);
  expect(box.rules()).toEqual(['f: meta cmp payload dynset counter(4)']);
  expect(cn.users4).toBe(3);
  expect(box.ask(drop('f', 8), drop('s', 11))).toEqual(ok(2));
  expect(cn.users4).toBe(0);
});

test('the element * is not what a rule finds when it adds or deletes', () => {
  expect(box.ask(...BASE, set(10), star, rule('t', 'f', ...DPORT, cmp(0, 0, 9), dynset(NFT_DYNSET_OP_DELETE), counter), rule('t', 'f', ...DPORT, dynset(NFT_DYNSET_OP_ADD)))).toEqual(ok(6));
  send(9);
  send(9);
  // The rule goes on, whether there was something to delete or not.
  expect(box.rules()[0]).toBe('f: meta cmp payload cmp dynset counter(2)');
  // 9 and not *.
  expect(box.net.get(NF_TABLES).tables[0]!.sets.get('s')!.count).toBe(1);
});

test('an option that reaches beyond its header is none: the packet stays as it is', () => {
  const reset: Expr = ['exthdr', (w) => { w.putBytes(2, Uint8Array.of(30)); w.putBe32(6, 1); }];
  const option = (off: number, len: number): Expr => ['exthdr', (w) => { w.putBe32(1, 1); w.putBytes(2, Uint8Array.of(30)); w.putBe32(3, off); w.putBe32(4, len); w.putBe32(6, 1); }];
  expect(box.ask(...BASE, rule('t', 'f', reset), rule('t', 'f', option(2, 4), verdict(NF_DROP)))).toEqual(ok(4));
  for (const [len, data] of [[200, 4], [200, 0], [5, 20], [1, 0], [0, 0]] as const) {
    const sent = tcp('10.1.0.2', 1, '203.0.113.2', 2, 'A', 1, 1, data, 65535, [30, len, 1, 1]);
    box.lan.inject(sent);
    const [frame] = box.wan.raw();
    expect(frame === undefined ? null : [...frame.subarray(20)], `${len}, ${data}`).toEqual([...sent.subarray(20)]);
  }
  // One that ends with it is taken away.
  box.lan.inject(tcp('10.1.0.2', 1, '203.0.113.2', 2, 'A', 1, 1, 0, 65535, [30, 4, 7, 7]));
  expect([...box.wan.raw()[0]!.subarray(40)]).toEqual([1, 1, 1, 1]);
});
