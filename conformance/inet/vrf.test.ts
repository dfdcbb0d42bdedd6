// VRFs and sockets, on Linnet alone: the kernels at hand have none, so what is expected is what Linux's documentation says (Documentation/networking/vrf.rst and ip-sysctl.rst).
import { describe, expect, it } from 'vitest';
import { LinnetSide } from '../tools/both.ts';
import { can, here } from '../preload/lab.ts';

/** Who answers when these listen: sockets without a device when they are told to, those of the VRF and of its member always, those of another device never. */
const expected = (v: 4 | 6, name: 'tcp' | 'udp'): string[] => {
  const by = (who: string, dev: string = who): string => (name === 'tcp' ? `${who}, child of ${dev}` : `${who}, heard by ${who}`);
  return [
    '0 any -> refused', `0 red -> ${by('red')}`, `0 v0 -> ${by('v0')}`, '0 lo -> refused', `0 any+red -> ${by('red')}`,
    `1 any -> ${name === 'tcp' ? by('any', 'red') : 'timeout, heard by any'}`, `1 v0 -> ${by('v0')}`, '1 any+red -> Address already in use',
  ].map((line) => `IPv${v} ${name} ${line}`);
};

describe.skipIf(!can('root', 'ip', 'python3'))('a VRF', () => {
  it('has sockets of its own', { timeout: 60_000 }, async () => {
    const side = await new LinnetSide().open();
    try {
      const r = await side.run(`python3 ${here('../inet/vrf.py')}`);
      expect(r.stderr).toBe('');
      expect(r.stdout.trimEnd().split('\n')).toEqual([...expected(4, 'tcp'), ...expected(4, 'udp'), ...expected(6, 'tcp'), ...expected(6, 'udp')]);
    } finally {
      await side.close();
    }
  });
});
