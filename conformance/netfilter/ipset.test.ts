// ipset's own program, with iptables and packets, on the real kernel and on Linnet: what it prints, which elements there are, and the counters are the same.
// IPSET_SEEDS=n runs more random sets and packets.
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { setupOf } from './iptables.ts';
import { IPSET_SCENES } from './ipset.ts';
import { ipsetRandom } from './ipset-random.ts';
import { compare } from './run.ts';

/** Seeds and sizes are each kernel's own, and of the elements that end only some seconds are left. */
const own = (text: string): string => text
  .replace(/initval(>?) ?0x[0-9a-f]+/g, 'initval$1 #')
  .replace(/(Size in memory: |<memsize>)\d+/g, '$1#')
  // The members of a hash are saved in the order of a random key.
  .replace(/(?:^add .*\n)+/gm, (lines) => `${lines.trimEnd().split('\n').sort().join('\n')}\n`)
  .replace(/ timeout (\d+)/g, (_all, n: string) => ` timeout ${Math.ceil(Number(n) / 20) * 20}`);

const SEEDS = Number(process.env['IPSET_SEEDS'] ?? 5);
const RANDOM = Array.from({ length: SEEDS }, (_, i) => ipsetRandom(1 + i));

describe.each([...IPSET_SCENES, ...RANDOM])('$name', (scene) => {
  test.skipIf(!can('root', 'iptables', 'ipset', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 300_000 }, () => compare(setupOf(scene), scene, own));
});
