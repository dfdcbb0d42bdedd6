/** x_tables' matches and targets in rules of nf_tables. Unmodified iptables-nft, arptables-nft and ebtables-nft are held against a real kernel in conformance/netfilter. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EINVAL, ENOENT, EPROTONOSUPPORT } from '@linnet/kernel';
import { NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING } from '@linnet/netdev';
import { nlaGetBe32, nlaGetString, nlaParse, NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR, nlmsgType, NlWriter } from '@linnet/uapi';
import { NF_CONNTRACK, NFNL_SUBSYS_NFT_COMPAT, xtables } from '../src/index.ts';
import { udp } from './harness.ts';
import { chain, counter, type Expr, type Message, NftBox, rule, table, verdict } from './nft-harness.ts';

let box: NftBox;
beforeEach(() => {
  box = new NftBox(xtables);
});
afterEach(() => {
  expect(box.end()).toBe(0);
});

const ext = (kind: 'match' | 'target', name: string, rev: number, ...info: readonly number[]): Expr => [kind, (w) => { w.putString(1, name); w.putBe32(2, rev); w.putBytes(3, Uint8Array.from(info)); }];
/** struct xt_udp: ports from and to, in the machine's order. */
const dport = (p: number): Expr => ext('match', 'udp', 0, 0, 0, 255, 255, p & 255, p >> 8, p & 255, p >> 8, 0, 0, 0, 0, 0, 0, 0, 0);
/** struct xt_conntrack_mtinfo3: nothing asked for. */
const conntrack = ext('match', 'conntrack', 3, ...new Array<number>(168).fill(0));
/** The rule says that it is for a protocol: `udp` fits no other. */
function forProto(m: Message, proto: number, flags = 0): Message {
  return { ...m, put: (w) => { m.put(w); w.nestStart(5); w.putBe32(1, proto); w.putBe32(2, flags); w.nestEnd(); } };
}
const ok = (n: number): [number, number][] => Array.from({ length: n }, (_, i) => [i + 1, 0]);
const BASE = [table('filter'), chain('filter', 'f', NF_INET_FORWARD), chain('filter', 'c')];
const send = (port: number): string[] => {
  box.lan.inject(udp('10.1.0.2', 1000, '203.0.113.2', port));
  return box.wan.take();
};

describe('match and target', () => {
  test('decide as in a table of iptables', () => {
    expect(box.ask(...BASE, forProto(rule('filter', 'f', dport(53), counter, verdict(NF_DROP)), 17), rule('filter', 'f', ext('target', 'MARK', 2, 5, 0, 0, 0, 255, 255, 255, 255), counter))).toEqual(ok(5));
    expect([send(53), send(54)]).toEqual([[], ['udp 10.1.0.2:1000 > 203.0.113.2:54']]);
    expect(box.rules()).toEqual(['f: match counter(1) immediate', 'f: target counter(1)']);
  });

  test('are refused where they do not belong', () => {
    const redirect = ext('target', 'REDIRECT', 0, 1, ...new Array<number>(23).fill(0));
    const asked: readonly (readonly [Message, number])[] = [
      [rule('filter', 'f', dport(53)), -EINVAL], [forProto(rule('filter', 'f', dport(53)), 6), -EINVAL], [forProto(rule('filter', 'f', dport(53)), 17, 2), -EINVAL], [forProto(rule('filter', 'f', dport(53)), 17, 4), -EINVAL],
      [rule('filter', 'f', ext('match', 'nosuch', 0, 0)), -ENOENT], [rule('filter', 'f', ext('match', 'mark', 9, 0)), -ENOENT], [rule('filter', 'f', ext('match', 'mark', 1, 0)), -EINVAL], [rule('filter', 'c', redirect), -EINVAL],
    ];
    for (const [m, err] of asked) expect(box.ask(...BASE, m)).toEqual([[1, 0], [2, 0], [3, 0], [4, err]]);
    // In the table nat they may be anywhere, but no chain of another kind may lead there.
    const nat = [table('nat'), chain('nat', 'c'), rule('nat', 'c', redirect), chain('nat', 'p', NF_INET_PRE_ROUTING, 'nat', -100), chain('nat', 'i', NF_INET_LOCAL_IN, 'nat', 100)];
    expect(box.ask(...nat)).toEqual(ok(5));
    expect(box.ask(rule('nat', 'p', verdict(-3, 'c')))).toEqual(ok(1));
    expect(box.ask(rule('nat', 'i', verdict(-3, 'c')))).toEqual([[1, -EINVAL]]);
  });

  test('give back what they took, also when nothing comes of the rule', () => {
    const cn = box.net.get(NF_CONNTRACK);
    expect(box.ask(...BASE, rule('filter', 'f', conntrack))).toEqual(ok(4));
    expect(cn.users4).toBe(1);
    expect(box.ask(rule('filter', 'f', conntrack), rule('filter', 'nowhere', counter)).at(-1)).toEqual([2, -ENOENT]);
    expect(box.ask(rule('filter', 'f', conntrack, ext('match', 'nosuch', 0, 0)))).toEqual([[1, -ENOENT]]);
    expect(cn.users4).toBe(1);
    expect(box.ask({ msg: 8, flags: 0, put: (w) => w.putString(1, 'filter') })).toEqual(ok(1));
    expect(cn.users4).toBe(0);
  });
});

test('the question for a revision: the best one, or why there is none', () => {
  const ask = (name: string, rev: number, target: number, family = 2): [string, number] | number => {
    const w = new NlWriter({ capacity: 128 });
    w.begin(NFNL_SUBSYS_NFT_COMPAT << 8, NLM_F_REQUEST | NLM_F_ACK, 1, 0);
    w.view.setUint8(w.reserve(4), family);
    w.putString(1, name);
    w.putBe32(2, rev);
    w.putBe32(3, target);
    w.end();
    const a = box.raw(w.bytes())[0]!;
    const view = new DataView(a.buffer, a.byteOffset, a.length);
    if (nlmsgType(view, 0) === NLMSG_ERROR) return view.getInt32(16, true);
    const tb = nlaParse(view, 20, a.length - 20, 3);
    return [nlaGetString(view, tb[1]!), nlaGetBe32(view, tb[2]!)];
  };
  expect(ask('udp', 0, 0)).toEqual(['udp', 0]);
  expect(ask('conntrack', 1, 0)).toEqual(['conntrack', 3]);
  expect([ask('udp', 7, 0), ask('nosuch', 0, 0), ask('udp', 0, 1), ask('udp', 0, 0, 5), ask('ip', 0, 0), ask('ip', 0, 0, 7)]).toEqual([-EPROTONOSUPPORT, -ENOENT, -ENOENT, -EINVAL, -ENOENT, ['ip', 0]]);
});
