// IPv6 multicast routing as its daemons and tools see it: the same program asks the real kernel and, through the preload library, a Linnet machine; what it prints is the same.
import { describe, test } from 'vitest';
import { sameScene } from '../lib/scenes.ts';
import { can, here } from '../preload/lab.ts';

const SCENES = ['controls', 'mifs', 'mfc', 'data', 'proxies', 'pim', 'tables', 'netlink', 'mld', 'unread', 'routes', 'expiry'] as const;

/** What no two runs have in common, and what the real kernel leaves undefined. */
const ANONYMOUS: readonly (readonly [RegExp, string])[] = [
  // The last 40 bytes of an upcall without packet are whatever was in memory.
  [/('00(?:01|02)[0-9a-f]{4}0{8}[0-9a-f]{64})[0-9a-f]{80}'/g, "$1...'"],
  [/(2c000500)[0-9a-f]{80}/g, '$1...'],
  // The age of an entry, in hundredths of a second.
  [/0c001700[0-9a-f]{4}0{12}/g, 'AGE'],
  [/Age \d+\.\d+/g, 'Age A'],
];

describe.skipIf(!can('root', 'ip', 'python3'))('IPv6 multicast routing as the real kernel', () => {
  test.each(SCENES)('%s', { timeout: 120_000 }, (name) => sameScene(here('../ipv6/mroute6_scenes.py'), name, ANONYMOUS));
});
