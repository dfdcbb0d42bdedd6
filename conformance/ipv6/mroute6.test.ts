// IPv6 multicast routing as its daemons and tools see it: the same program asks the real kernel and, through the preload library, a Linnet machine; what it prints is the same.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { can, here } from '../preload/lab.ts';
import { LinnetSide, RealSide } from '../tools/both.ts';

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
const plain = (text: string): string => ANONYMOUS.reduce((t, [from, to]) => t.replace(from, to), text);

describe.skipIf(!can('root', 'ip', 'python3'))('IPv6 multicast routing as the real kernel', () => {
  test.each(SCENES)('%s', { timeout: 120_000 }, async (name) => {
    const real = new RealSide();
    const linnet = await new LinnetSide().open();
    try {
      const command = `python3 ${here('../ipv6/mroute6_scenes.py')} ${name}`;
      const [a, b] = await Promise.all([linnet.run(command), real.run(command)]);
      const out = process.env['MROUTE_OUT'];
      if (out !== undefined) {
        writeFileSync(`${out}/${name}.linnet`, plain(a.stdout + a.stderr));
        writeFileSync(`${out}/${name}.real`, plain(b.stdout + b.stderr));
      }
      expect(b.code, b.stderr).toBe(0);
      expect(plain(a.stdout + a.stderr)).toBe(plain(b.stdout + b.stderr));
    } finally {
      await Promise.all([real.close(), linnet.close()]);
    }
  });
});
