// Classic BPF beside the real kernel: random programs are accepted or refused alike, and keep the same bytes of the same messages.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { unix } from '@linnet/socket';
import { have } from '../needs.mjs';
import { programs } from './bpf-programs.ts';
import { plain, Player, playKernel, type Step } from './scenario.ts';

const RUNS = Number(process.env['BPF_FUZZ_RUNS'] ?? 1500);
const SEED = Number(process.env['BPF_FUZZ_SEED'] ?? 20_261);

const le = (n: number, bytes: number): string => Array.from({ length: bytes }, (_, i) => ((n >>> (8 * i)) & 255).toString(16).padStart(2, '0')).join('');
/** Values that a message between local sockets has: none, mostly. */
const program = programs([0, 8, 12, 16, 20, 28, 40, 44, 48, 60, 64, 3]).map((p) => p.map((f) => le(f.code, 2) + le(f.jt, 1) + le(f.jf, 1) + le(f.k, 4)).join(''));
const message = fc.uint8Array({ minLength: 1, maxLength: 50 }).map((d) => Array.from(d, (b) => le(b, 1)).join(''));

describe.skipIf(!have('python3'))('classic BPF and the real kernel', () => {
  it(`${RUNS} programs`, () => {
    const cases = fc.sample(fc.tuple(program, fc.tuple(message, message, message)), { numRuns: RUNS, seed: SEED });
    const steps: Step[] = [['pair', 'a', 'b', 1, 2]];
    for (const [prog, messages] of cases) {
      steps.push(['setopt', 'b', 26, prog]);
      for (const m of messages) steps.push(['send', 'a', m], ['recv', 'b', 100]);
    }
    const [want] = playKernel([steps]);
    const k = createKernel({ modules: [unix], clock: new VirtualClock(), seed: 1 });
    const got = plain(new Player(k).play(steps)) as unknown[];
    steps.forEach((s, i) => {
      if (JSON.stringify(got[i]) === JSON.stringify(want![i])) return;
      const prog = steps.slice(0, i + 1).findLast((p) => p[0] === 'setopt');
      expect(got[i], JSON.stringify([prog, steps[i - 1], s])).toEqual(want![i]);
    });
    // Most were accepted, and both verdicts were given.
    const taken = steps.flatMap((s, i) => (s[0] === 'setopt' && want![i] === 0 ? [i] : []));
    expect(taken.length).toBeGreaterThan(RUNS / 4);
    k.shutdown();
  });
});
