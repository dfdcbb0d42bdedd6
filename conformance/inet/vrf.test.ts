// VRFs and sockets, on Linnet alone: the kernels at hand have none, so what is expected is what Linux's documentation says (Documentation/networking/vrf.rst and ip-sysctl.rst).
import { describe, expect, it } from 'vitest';
import { LinnetSide } from '../tools/both.ts';
import { can, here } from '../preload/lab.ts';

/** Who answers when these listen: sockets without a device when they are told to, those of the VRF and of its member always, those of another device never. */
const expected = (v: 4 | 6, name: 'tcp' | 'udp'): string[] => [0, 1].flatMap((on) => {
  const child = (who: string, dev: string): string => (name === 'tcp' ? `${who}, child of ${dev}` : `${who}, heard by ${who}`);
  const both = on === 0 ? child('red', 'red') : 'Address already in use';
  return [
    `any -> ${on === 0 ? 'refused' : name === 'tcp' ? child('any', 'red') : 'timeout, heard by any'}`, `red -> ${child('red', 'red')}`, `v0 -> ${child('v0', 'v0')}`, 'lo -> refused', `any+red -> ${both}`, `red+any -> ${both}`,
  ].map((line) => `IPv${v} ${name} ${on} ${line}`);
});

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
