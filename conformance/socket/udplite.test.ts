// UDP-Lite (RFC 3828): the same program on the real kernel and on Linnet, line by line.
import { describe, expect, test } from 'vitest';
import { expectOk } from '../lib/exec.ts';
import { can, here } from '../preload/lab.ts';
import { LinnetSide, RealSide } from '../tools/both.ts';

describe.skipIf(!can('root', 'ip', 'python3'))('UDP-Lite', () => {
  test('sends, takes and counts as the real kernel', async () => {
    const real = new RealSide();
    const linnet = await new LinnetSide().open();
    try {
      const program = `ip link set lo up && python3 ${here('../socket/udplite.py')}`;
      const [theirs, ours] = (await Promise.all([real, linnet].map((side) => side.run(program)))).map((r) => expectOk(r).stdout.split('\n'));
      expect(ours).toEqual(theirs);
    } finally {
      await Promise.all([real.close(), linnet.close()]);
    }
  });
});
