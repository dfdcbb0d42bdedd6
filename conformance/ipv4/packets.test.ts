// What is done with packets: options, errors, redirects, fragments. The same frames go to the real kernel and to a Linnet machine; what comes out, byte for byte, and what is counted is the same.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { can, here } from '../preload/lab.ts';
import { LinnetSide, RealSide } from '../tools/both.ts';

const SCENES = ['to_host', 'through', 'source_routes', 'errors_sent', 'host_unreachable', 'settings', 'errors_heard', 'redirects', 'fragments', 'flood', 'sending', 'via_ipv6'] as const;

describe.skipIf(!can('root', 'ip', 'python3'))('packets as the real kernel', () => {
  test.each(SCENES)('%s', { timeout: 180_000 }, async (name) => {
    const real = new RealSide();
    const linnet = await new LinnetSide().open();
    try {
      const command = `python3 ${here('../ipv4/packets_scenes.py')} ${name}`;
      const [a, b] = await Promise.all([linnet.run(command), real.run(command)]);
      const out = process.env['PACKETS_OUT'];
      if (out !== undefined) {
        writeFileSync(`${out}/${name}.linnet`, a.stdout + a.stderr);
        writeFileSync(`${out}/${name}.real`, b.stdout + b.stderr);
      }
      expect(b.code, b.stderr).toBe(0);
      expect(a.stdout + a.stderr).toBe(b.stdout + b.stderr);
    } finally {
      await Promise.all([real.close(), linnet.close()]);
    }
  });
});
