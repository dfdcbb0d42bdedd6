// Random (ruleset, packet) pairs, from seeds: verdicts, rewritten headers and marks are those of the real kernel. Some in CI, 20,000 with `npm run random:netfilter`.
import { describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { runScene, sceneOf } from './random-pairs.ts';

const PAIRS = Number(process.env['NETFILTER_PAIRS'] ?? 500);
const FIRST = Number(process.env['NETFILTER_FIRST'] ?? 1);
/** Packets for a ruleset. */
const EACH = 100;

describe('random rulesets and packets as the real kernel', () => {
  test.skipIf(!can('root', 'nft', 'iptables', 'ip', 'sysctl', 'python3')).each(Array.from({ length: Math.ceil(PAIRS / EACH) }, (_, i) => sceneOf(FIRST + i, EACH)))('$name', { timeout: 120_000 }, async (scene) => {
    const { differences, passed, marked } = await runScene(scene);
    expect(differences.join('\n')).toBe('');
    if (process.env['NETFILTER_PAIRS'] !== undefined) console.log(`${scene.name}: ${scene.packets.length} pairs, ${passed} let something out, ${marked} marks`);
  });
});
