/** nf_tables: batches take effect as one or not at all, rules decide, sets are searched. Whole rulesets are held against a real kernel in conformance/netfilter. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EBUSY, EEXIST, EMLINK, ENOENT, EOPNOTSUPP, EPERM } from '@linnet/kernel';
import { NF_ACCEPT, NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_POST_ROUTING } from '@linnet/netdev';
import { NFT_GOTO, NFT_JUMP, NFT_META_L4PROTO, NFT_RETURN, NLM_F_CREATE, NLM_F_EXCL } from '@linnet/uapi';
import { NF_CONNTRACK } from '../src/index.ts';
import { ip4, tcp, udp } from './harness.ts';
import { chain, cmp, counter, imm, type Message, meta, NftBox, payload, rule, table, verdict } from './nft-harness.ts';

let box: NftBox;
beforeEach(() => {
  box = new NftBox();
});
afterEach(() => {
  expect(box.end()).toBe(0);
});

const ok = (n: number): [number, number][] => Array.from({ length: n }, (_, i) => [i + 1, 0]);
const send = (dport: number): string[] => {
  box.lan.inject(udp('10.1.0.2', 1000, '203.0.113.2', dport));
  return box.wan.take();
};
const PASSED = (dport: number): string[] => [`udp 10.1.0.2:1000 > 203.0.113.2:${dport}`];
const BASE = [table('t'), chain('t', 'c'), chain('t', 'f', NF_INET_FORWARD)];
const DPORT = [meta(NFT_META_L4PROTO), cmp(0, 17), payload(2, 2, 2)];

describe('rules', () => {
  test('drop, count and let pass', () => {
    expect(box.ask(...BASE, rule('t', 'f', ...DPORT, cmp(0, 0, 53), counter, verdict(NF_DROP)), rule('t', 'f', counter))).toEqual(ok(5));
    expect(send(53)).toEqual([]);
    expect(send(54)).toEqual(PASSED(54));
    expect(box.rules()).toEqual(['f: meta cmp payload cmp counter(1) immediate', 'f: counter(1)']);
  });

  test('jump, return, goto', () => {
    const port = (n: number): readonly [...typeof DPORT, ReturnType<typeof cmp>] => [...DPORT, cmp(0, 0, n)];
    expect(box.ask(
      ...BASE, chain('t', 'd'), rule('t', 'c', ...port(1), verdict(NFT_RETURN)), rule('t', 'c', ...port(2), verdict(NFT_GOTO, 'd')), rule('t', 'c', ...port(3), verdict(NF_ACCEPT)), rule('t', 'd', counter),
      rule('t', 'f', verdict(NFT_JUMP, 'c')), rule('t', 'f', counter, verdict(NF_DROP)),
    )).toEqual(ok(10));
    expect([send(1), send(2), send(3), send(4)]).toEqual([[], [], PASSED(3), []]);
    // What went to d came back behind the jump, as from any chain that ends.
    expect(box.rules().filter((r) => r.includes('counter'))).toEqual(['f: counter(3) immediate', 'd: counter(1)']);
  });

  test('rewrite the packet with its sums', () => {
    const a = ip4('203.0.113.9');
    const set: Message = rule('t', 'p', imm(a >>> 24, (a >> 16) & 255, (a >> 8) & 255, a & 255), ['payload', (w) => { w.putBe32(5, 1); w.putBe32(2, 1); w.putBe32(3, 16); w.putBe32(4, 4); w.putBe32(6, 1); w.putBe32(7, 10); w.putBe32(8, 1); }]);
    expect(box.ask(table('t'), chain('t', 'p', 0), set)).toEqual(ok(3));
    expect(send(7)).toEqual(['udp 10.1.0.2:1000 > 203.0.113.9:7']);
    box.lan.inject(tcp('10.1.0.2', 1, '203.0.113.2', 2, 'S'));
    expect(box.wan.take()).toEqual(['tcp 10.1.0.2:1 > 203.0.113.9:2 S']);
  });

  test('queue a packet for a program: with none that listens it is dropped, or passes when the rule says so', () => {
    const queue = (flags: number): Message => rule('t', 'f', ...DPORT, cmp(0, 0, 9 + flags), ['queue', (w) => { w.putBe16(1, 5); w.putBe16(2, 1); w.putBe16(3, flags); }]);
    expect(box.ask(...BASE, queue(0), queue(1))).toEqual(ok(5));
    expect([send(9), send(10)]).toEqual([[], PASSED(10)]);
  });

  test('a rule that asks for states begins to track connections, and ends it when it goes', () => {
    const cn = box.net.get(NF_CONNTRACK);
    const state = rule('t', 'f', ['ct', (w) => { w.putBe32(1, 1); w.putBe32(2, 0); }]);
    expect(box.ask(...BASE, state)).toEqual(ok(4));
    expect(cn.users4).toBe(1);
    expect(box.ask({ msg: 8, flags: 0, put: (w) => w.putString(1, 't') })).toEqual(ok(1));
    expect(cn.users4).toBe(0);
  });
});

describe('batches', () => {
  test('one error takes all back', () => {
    expect(box.ask(...BASE, rule('t', 'f', verdict(NF_DROP)))).toEqual(ok(4));
    const before = box.rules();
    const flush: Message = { msg: 8, flags: 0, put: (w) => w.putString(1, 't') };
    expect(box.ask(flush, rule('t', 'c', counter), table('u'), rule('t', 'nowhere', counter))).toEqual([[1, 0], [2, 0], [3, 0], [4, -ENOENT]]);
    expect(box.rules()).toEqual(before);
    expect(send(1)).toEqual([]);
    expect(box.ask({ ...table('u'), flags: NLM_F_CREATE | NLM_F_EXCL })).toEqual(ok(1));
  });

  test('a table that was deleted and came back hooks in again', () => {
    expect(box.ask(...BASE, rule('t', 'f', verdict(NF_DROP)))).toEqual(ok(4));
    const del: Message = { msg: 2, flags: 0, put: (w) => w.putString(1, 't') };
    expect(box.ask(del, chain('t', 'x'))).toEqual([[1, 0], [2, -ENOENT]]);
    expect(send(1)).toEqual([]);
    expect(box.ask(del)).toEqual(ok(1));
    expect(send(1)).toEqual(PASSED(1));
  });

  test('circles, places where an expression may not be, things in use and things that are there are refused', () => {
    expect(box.ask(...BASE, chain('t', 'd'), rule('t', 'c', verdict(NFT_JUMP, 'd')), rule('t', 'd', verdict(NFT_JUMP, 'c')))).toEqual(ok(6));
    expect(box.ask(rule('t', 'f', verdict(NFT_JUMP, 'c')))).toEqual([[1, -EMLINK]]);
    expect(box.ask(rule('t', 'f', ['masq', () => undefined]))).toEqual([[1, -EOPNOTSUPP]]);
    expect(box.ask(chain('t', 'n', NF_INET_POST_ROUTING, 'nat', 100), rule('t', 'n', ['masq', () => undefined]))).toEqual(ok(2));
    expect(box.ask(chain('t', 'n2', NF_INET_FORWARD, 'nat'))).toEqual([[1, -EOPNOTSUPP]]);
    expect(box.ask({ msg: 5, flags: 0, put: (w) => { w.putString(1, 't'); w.putString(3, 'c'); } })).toEqual([[1, -EBUSY]]);
    expect(box.ask({ ...chain('t', 'f', NF_INET_LOCAL_IN), flags: NLM_F_CREATE | NLM_F_EXCL })).toEqual([[1, -EEXIST]]);
  });
});

test('a table goes with the program that owns it, and nobody else may change it', () => {
  const owned: Message = { msg: 0, put: (w) => { w.putString(1, 'mine'); w.putBe32(2, 2); } };
  const cn = box.net.get(NF_CONNTRACK);
  const s = box.open();
  expect(box.askBy(s, owned, chain('mine', 'f', NF_INET_FORWARD), rule('mine', 'f', ['ct', (w) => { w.putBe32(1, 1); w.putBe32(2, 0); }], verdict(NF_DROP)))).toEqual(ok(3));
  expect(box.ask(chain('mine', 'x'))).toEqual([[1, -EPERM]]);
  expect([send(1), cn.users4]).toEqual([[], 1]);
  box.close(s);
  expect([send(1), cn.users4]).toEqual([PASSED(1), 0]);
  expect(box.ask(chain('mine', 'x'))).toEqual([[1, -ENOENT]]);
});

describe('sets', () => {
  const set = (name: string, flags: number, id: number): Message => ({
    msg: 9, put: (w) => { w.putString(1, 't'); w.putString(2, name); w.putBe32(3, flags); w.putBe32(4, 13); w.putBe32(5, 2); w.putBe32(10, id); },
  });
  const elems = (name: string, list: readonly (readonly [number, number])[], flags = NLM_F_CREATE): Message => ({
    msg: 12, flags,
    put: (w) => {
      w.putString(1, 't');
      w.putString(2, name);
      w.nestStart(3);
      list.forEach(([port, f], i) => {
        w.nestStart(i + 1);
        w.nestStart(1);
        w.putBytes(1, Uint8Array.of(port >> 8, port & 255));
        w.nestEnd();
        if (f !== 0) w.putBe32(3, f);
        w.nestEnd();
      });
      w.nestEnd();
    },
  });
  const lookup = (name: string): Message => rule('t', 'f', ...DPORT, ['lookup', (w) => { w.putString(1, name); w.putBe32(2, 1); }], verdict(NF_DROP));

  test('of single values grow and shrink', () => {
    const many = Array.from({ length: 500 }, (_, i) => [i * 3, 0] as const);
    expect(box.ask(...BASE, set('s', 0, 1), elems('s', many), lookup('s'))).toEqual(ok(6));
    expect([send(300), send(301), send(1497), send(1500)]).toEqual([[], PASSED(301), [], PASSED(1500)]);
    expect(box.ask({ ...elems('s', [[300, 0]], 0), msg: 14 })).toEqual(ok(1));
    expect(send(300)).toEqual(PASSED(300));
    expect(box.ask({ ...elems('s', [[300, 0]], 0), msg: 14 })).toEqual([[1, -ENOENT]]);
    expect(box.ask(elems('s', [[303, 0]], NLM_F_CREATE | NLM_F_EXCL))).toEqual([[1, -EEXIST]]);
    expect(box.ask({ msg: 11, flags: 0, put: (w) => { w.putString(1, 't'); w.putString(2, 's'); } })).toEqual([[1, -EBUSY]]);
  });

  test('of ranges know where one ends and the next begins', () => {
    // [10, 20) and [20, 25) and [100, ...
    expect(box.ask(...BASE, set('s', 4, 1), elems('s', [[0, 1], [10, 0], [20, 1], [20, 0], [25, 1], [100, 0]]), lookup('s'))).toEqual(ok(6));
    const dropped = [0, 9, 10, 19, 20, 24, 25, 99, 100, 65535].map((p) => send(p).length === 0);
    expect(dropped).toEqual([false, false, true, true, true, true, false, false, true, true]);
  });

  test('elements of a batch that fails are gone', () => {
    expect(box.ask(...BASE, set('s', 0, 1), lookup('s'))).toEqual(ok(5));
    expect(box.ask(elems('s', [[1, 0], [2, 0]]), table('t'), chain('none', 'x'))).toEqual([[1, 0], [2, 0], [3, -ENOENT]]);
    expect(send(1)).toEqual(PASSED(1));
    expect(box.ask(elems('s', [[1, 0]]))).toEqual(ok(1));
    expect(send(1)).toEqual([]);
  });
});
