// A table of neighbours that fills up (gc_thresh2 and 3): who is refused, and who goes, on the real kernel and on Linnet. A table is one for a whole machine: other tests' entries are in the real one.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { DEV, MAC_A, Stage } from './lab.ts';

const PROGRAM = `python3 ${fileURLToPath(new URL('neigh.py', import.meta.url))}`;
/** Neither entries of others, nor the groups that a device is in. */
const SLACK = 60;

describe.skipIf(!can('root', 'ip', 'python3', 'sysctl'))('a table of neighbours', () => {
  test.each([[4, '10.0.4.0', '10.0.8.0', '10.0.12.1'], [6, 'fd00::4:0', 'fd00::8:0', 'fd00::c:1']] as const)('fills up, and gets room again, IPv%i', { timeout: 60_000 }, async (v, first, second, last) => {
    const [real, ours] = await Promise.all([Stage.real, Stage.linnet].map(async (make) => {
      const s = await make.call(Stage);
      const count = async (): Promise<number> => (await s.sh(`ip -${v} neigh show nud all dev ${DEV}`)).split('\n').length - 1;
      try {
        // In use: none may go.
        const full = await s.sh(`${PROGRAM} fill ${DEV} ${first} 1100 lladdr=${MAC_A} state=2`);
        // Those that are not counted: by hand, and learned outside.
        const exempt = [await s.sh(`${PROGRAM} fill ${DEV} ${second} 30 lladdr=${MAC_A} state=128`), await s.sh(`${PROGRAM} fill ${DEV} ${last} 30 lladdr=${MAC_A} state=4 flags=0x10`)];
        await s.sh(`ip -${v} neigh flush nud all dev ${DEV}`);
        // Above gc_thresh2, younger than five seconds: they stay. Then the oldest go, until gc_thresh2 are left.
        const many = await s.sh(`${PROGRAM} fill ${DEV} ${first} 700 lladdr=${MAC_A} state=4`);
        const before = await count();
        await s.wait(5600);
        const one = await s.sh(`${PROGRAM} fill ${DEV} ${last} 1 lladdr=${MAC_A} state=4`);
        const after = await count();
        const youngest = await s.sh(`${PROGRAM} list ${DEV}`);
        await s.sh(`ip -${v} neigh flush nud all dev ${DEV}`);
        return { full, exempt, many, before, one, after, newest: youngest.includes(last) };
      } finally {
        await s.close();
      }
    }));
    const { full, before, after, ...rest } = real!;
    expect(Number(full.split(' ')[0])).toBeGreaterThan(1024 - SLACK);
    expect(Number(full.split(' ')[0])).toBeLessThan(1025);
    expect(Number(ours!.full.split(' ')[0])).toBeGreaterThan(1024 - SLACK);
    expect(Number(ours!.full.split(' ')[0])).toBeLessThan(1025);
    expect(ours!.full.replace(/^\d+/, 'N')).toBe(full.replace(/^\d+/, 'N'));
    expect(ours).toMatchObject(rest);
    expect(before).toBeGreaterThanOrEqual(700);
    expect(ours!.before).toBeGreaterThanOrEqual(700);
    expect(after).toBeGreaterThan(512 - SLACK);
    expect(after).toBeLessThan(514 + SLACK);
    expect(Math.abs(ours!.after - after)).toBeLessThan(SLACK);
  });
});
