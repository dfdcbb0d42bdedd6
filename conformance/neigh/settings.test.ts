// The settings of a device's neighbours, by files and by netlink, take and show on Linnet what they do on the real kernel.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { LinnetSide, RealSide, type Side } from '../tools/both.ts';

const PROGRAM = fileURLToPath(new URL('settings.py', import.meta.url));

async function both(run: (side: Side) => Promise<string>): Promise<string[]> {
  const real = new RealSide();
  const linnet = await new LinnetSide().open();
  try {
    return await Promise.all([real, linnet].map(run));
  } finally {
    await Promise.all([real.close(), linnet.close()]);
  }
}

describe.skipIf(!can('root', 'ip', 'python3'))('settings of neighbours', () => {
  test.each(['ipv4', 'ipv6'])('as files of %s', async (family) => {
    const [real, ours] = await both(async (side) => {
      const r = await side.run(`ip link add v0 type veth peer name v1; python3 ${PROGRAM} ${family} v0`);
      return r.stdout + r.stderr;
    });
    expect(real).toContain(' ok ');
    expect(ours!.split('\n')).toEqual(real!.split('\n'));
  });
});
