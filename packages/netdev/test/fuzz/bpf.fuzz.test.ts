// The interpreter and the compiled form of classic BPF: the same answer for every program that the checker accepts, on every packet.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocSkb, consumeSkb, SKB, skbAddFrag, skbPut } from '@linnet/skbuff';
import { bpfCheckClassic, bpfCompile, bpfProgCreate, bpfRun, bpfRunInterp } from '../../src/index.ts';
import { programs } from '../bpf-programs.ts';
import { finish, makeKernel } from '../helpers.ts';

test('both forms of a program agree', () => {
  const k = makeKernel();
  const pool = k.get(SKB);
  let ran = 0;
  fc.assert(
    fc.property(
      programs({ ancillary: [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 60], negative: true }),
      fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(64), fc.integer(),
      (insns, data, linear, mark) => {
        if (bpfCheckClassic(insns) !== 0) return;
        const prog = bpfProgCreate(k, insns);
        if (typeof prog === 'number') throw new Error('accepted, then refused');
        bpfCompile(prog);
        const skb = allocSkb(pool, data.length);
        const n = Math.min(linear, data.length);
        skb.u8.set(data.subarray(0, n), skbPut(skb, n));
        for (let at = n; at < data.length; at += 5) {
          const head = pool.allocHead(8);
          const len = Math.min(5, data.length - at);
          head.u8.set(data.subarray(at, at + len));
          skbAddFrag(skb, head, 0, len, 8);
        }
        skb.macHeader = skb.data;
        skb.networkHeader = skb.data + Math.min(14, n);
        skb.protocol = 0x800;
        skb.mark = mark;
        skb.hash = mark ^ 5;
        const want = bpfRunInterp(prog, skb);
        expect(bpfRun(prog, skb)).toBe(want);
        expect(bpfRun(prog, skb)).toBe(want);
        consumeSkb(skb);
        ran++;
      },
    ),
    { numRuns: 6000, seed: 20_261 },
  );
  expect(ran).toBeGreaterThan(1500);
  finish(k);
});
