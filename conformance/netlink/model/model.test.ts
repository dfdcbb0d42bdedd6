// Random sequences of rtnetlink requests: the same errno and the same dumps from Linnet and the real kernel.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { have } from '../../needs.mjs';
import { compareRun, shortest } from './run.ts';
import { sequence } from './requests.ts';

// NETLINK_MODEL_RUNS=100 makes the 10,000 requests of the full run; the default is a sample. NETLINK_MODEL_SEED begins elsewhere.
const RUNS = Number(process.env['NETLINK_MODEL_RUNS'] ?? 6);
const SEED = Number(process.env['NETLINK_MODEL_SEED'] ?? 3);
const LENGTH = 100;
// While looking for a difference: leaves out requests whose text this matches.
const SKIP = process.env['NETLINK_MODEL_SKIP'];

describe.skipIf(!have('root', 'ip', 'python3'))('random requests', () => {
  it(`${RUNS} sequences of ${LENGTH} are answered as by the real kernel`, { timeout: 120_000 + RUNS * 20_000 }, async () => {
    const found: string[] = [];
    let valid = 0;
    for (let run = 0; run < RUNS; run++) {
      const ops = fc.sample(sequence(LENGTH), { seed: SEED + run, numRuns: 1 })[0]!.filter((o) => SKIP === undefined || !new RegExp(SKIP).test(o.what));
      const result = await compareRun(ops);
      valid += result.valid;
      if (result.differences.length === 0) continue;
      const few = await shortest(ops.slice(0, result.at + 1), result.differences[0]!);
      found.push(`seed ${SEED + run}:\n${few.map((o) => `  ${o.what}`).join('\n')}\n  => ${result.differences.join('\n  => ')}`);
      // Enough to think about.
      if (found.length >= Number(process.env['NETLINK_MODEL_FAILURES'] ?? 1)) break;
    }
    expect(found.join('\n\n')).toBe('');
    // A run in which nearly everything is refused would show little.
    expect(valid).toBeGreaterThan((RUNS * LENGTH) / 5);
  });
});
