// Every command of the table prints the same on the real kernel and on Linnet. Differences that must be are in `explained.ts` and docs/netlink.md.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { LinnetSide, RealSide } from './both.ts';
import { normal } from './explained.ts';
import { SCENES } from './scenes.ts';

const answer = (r: { code: number; stdout: string; stderr: string }, command: string): string => `exit ${r.code}\n${normal(command, r.stdout)}${normal(command, r.stderr)}`;

describe.each(SCENES)('$name', ({ name, needs, setup, programs, ask }) => {
  test.skipIf(!can('root', 'sysctl', ...needs))('as the real kernel', { timeout: 120_000 }, async () => {
    const real = new RealSide();
    const linnet = await new LinnetSide().open();
    const differences: string[] = [];
    try {
      for (const command of setup) {
        for (const side of [real, linnet]) {
          const r = await side.run(command);
          expect(r.code, `${command}: ${r.stderr}`).toBe(0);
        }
      }
      for (const program of programs ?? []) await Promise.all([real, linnet].map((side) => side.start(program).until(/ready/)));
      // The link watch of a real kernel acts once a second.
      const settle = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1100));
      await settle();
      for (const command of ask) {
        const [a, b] = await Promise.all([linnet.run(command), real.run(command)]);
        const [x, y] = [answer(a, command), answer(b, command)];
        if (x !== y) differences.push(`$ ${command}\n--- Linnet\n${x}\n--- the kernel\n${y}`);
        if (/ (up|down)\b|carrier/.test(command)) await settle();
      }
    } finally {
      await Promise.all([real.close(), linnet.close()]);
    }
    const out = process.env['TOOLS_DIFF'];
    if (out !== undefined) writeFileSync(`${out}/${name.replaceAll(' ', '-')}.txt`, differences.join('\n\n'));
    expect(differences.join('\n\n')).toBe('');
  });
});
