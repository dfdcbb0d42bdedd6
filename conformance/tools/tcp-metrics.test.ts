// What TCP remembers of a host, on the real kernel and on Linnet: the same program, which plays the host, in both.
import { describe, expect, test } from 'vitest';
import { expectOk } from '../lib/exec.ts';
import { can, here } from '../preload/lab.ts';
import { LinnetSide, RealSide } from './both.ts';

type Told = readonly [what: string, exact: unknown, near: Readonly<Record<string, number>>];

const told = (text: string): Told[] => text.trim().split('\n').map((line) => JSON.parse(line) as Told);

describe.skipIf(!can('root', 'ip', 'python3', 'sysctl'))('the memory of TCP', () => {
  test('is kept, used and told as by the real kernel', async () => {
    const real = new RealSide();
    const linnet = await new LinnetSide().open();
    try {
      const program = `python3 ${here('../tools/tcp-metrics.py')}`;
      const [theirs, ours] = (await Promise.all([real, linnet].map((side) => side.run(program)))).map((r) => told(expectOk(r).stdout)) as [Told[], Told[]];
      expect(ours.map(([what, exact]) => [what, exact])).toEqual(theirs.map(([what, exact]) => [what, exact]));
      for (const [i, [what, , near]] of theirs.entries()) {
        for (const [name, value] of Object.entries(near)) {
          // Microseconds. A busy machine is late by tens of milliseconds; what would be wrong here is wrong by more.
          expect(Math.abs(ours[i]![2][name]! - value), `${what}: ${name} is ${ours[i]![2][name]}, the kernel's ${value}`).toBeLessThan(100_000);
        }
      }
    } finally {
      await Promise.all([real.close(), linnet.close()]);
    }
  });
});
