/** The way of a packet through rules, as data. What `nft monitor trace` prints is held against a real kernel in conformance/netfilter. */
import { expect, test } from 'vitest';
import { NF_ACCEPT, NF_DROP, NF_INET_FORWARD, NF_INET_PRE_ROUTING } from '@linnet/netdev';
import { NFT_CONTINUE, NFT_JUMP, NFT_META_L4PROTO, NFT_META_NFTRACE } from '@linnet/uapi';
import { nftOnTrace } from '../src/index.ts';
import { udp } from './harness.ts';
import { chain, cmp, counter, type Expr, imm, meta, NftBox, payload, rule, table, verdict } from './nft-harness.ts';

test('a traced packet: every rule that it came to the end of, chains that ended, policies', () => {
  const box = new NftBox();
  const seen: string[] = [];
  const ids = new Set<number>();
  const trace: Expr = ['meta', (w) => { w.putBe32(3, 1); w.putBe32(2, NFT_META_NFTRACE); }];
  const port = (n: number): readonly [Expr, Expr, Expr, Expr] => [meta(NFT_META_L4PROTO), cmp(0, 17), payload(2, 2, 2), cmp(0, 0, n)];
  box.ask(table('t'), chain('t', 'p', NF_INET_PRE_ROUTING), chain('t', 'c'), chain('t', 'f', NF_INET_FORWARD), rule('t', 'p', ...port(53), imm(1, 0, 0, 0), trace), rule('t', 'f', counter, verdict(NFT_JUMP, 'c')), rule('t', 'f', verdict(NF_DROP)), rule('t', 'c', counter));
  const send = (dport: number): void => {
    box.lan.inject(udp('10.1.0.2', 1000, '203.0.113.2', dport));
    box.wan.take();
  };
  const end = nftOnTrace(box.net, (e) => {
    ids.add(e.id);
    seen.push(`${e.table} ${e.chain} ${e.policy ? 'policy' : e.rule === 0 ? 'end' : 'rule'} ${e.verdict}${e.to === null ? '' : ` ${e.to}`}`);
  });
  send(54);
  expect(seen).toEqual([]);
  send(53);
  expect(seen).toEqual([`t p rule ${NFT_CONTINUE}`, `t p end ${NFT_CONTINUE}`, `t p policy ${NF_ACCEPT}`, `t f rule ${NFT_JUMP} c`, `t c rule ${NFT_CONTINUE}`, `t c end ${NFT_CONTINUE}`, `t f rule ${NF_DROP}`]);
  expect(ids.size).toBe(1);
  send(53);
  expect(ids.size).toBe(2);
  end();
  const n = seen.length;
  send(53);
  expect(seen.length).toBe(n);
  expect(box.end()).toBe(0);
});
