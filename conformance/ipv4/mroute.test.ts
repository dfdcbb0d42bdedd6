// Multicast routing as its daemons and tools see it: the same program asks the real kernel and, through the preload library, a Linnet machine; what it prints is the same.
import { describe, test } from 'vitest';
import { sameScene } from '../lib/scenes.ts';
import { can, here } from '../preload/lab.ts';
import { RealSide } from '../tools/both.ts';

const SCENES = ['controls', 'vifs', 'mfc', 'data', 'proxies', 'pim', 'pim1', 'tables', 'netlink', 'igmp', 'unread', 'routes', 'expiry'] as const;

/** What no two runs have in common, and what the real kernel leaves undefined. */
const ANONYMOUS: readonly (readonly [RegExp, string])[] = [
  // The last six bytes of an upcall without packet are whatever was in memory.
  [/(4[56c][0-9a-f]{2}00[12][c048][0-9a-f]{8}0[12]00[0-9a-f]{4}[0-9a-f]{16}(?:94040000|07[0-9a-f]{14})?0[12]00)[0-9a-f]{12}/g, '$1............'],
  [/(0500001c00000000[0-9a-f]{24}0100)[0-9a-f]{12}/g, '$1............'],
  [/(0c0005000[12]00)[0-9a-f]{12}/g, '$1............'],
  // The age of an entry, in hundredths of a second.
  [/0c001700[0-9a-f]{4}0{12}/g, 'AGE'],
  [/Age \d+\.\d+/g, 'Age A'],
];

/** Can the real kernel make devices of this kind? */
async function realHas(kind: string): Promise<boolean> {
  const real = new RealSide();
  try {
    return (await real.run(`ip link add x type ${kind} local 10.0.0.1 remote 10.0.0.2`)).code === 0;
  } finally {
    await real.close();
  }
}

describe.skipIf(!can('root', 'ip', 'python3'))('multicast routing as the real kernel', () => {
  test.each(SCENES)('%s', { timeout: 120_000 }, async (name) => {
    // Tunnels need the kind `ipip`, which not every kernel has.
    const without = name === 'vifs' && !(await realHas('ipip')) ? ['ipip'] : [];
    await sameScene(here('../ipv4/mroute_scenes.py'), name, ANONYMOUS, without);
  });
});
