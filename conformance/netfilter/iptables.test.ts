// Commands of iptables and packets, on the real kernel and on Linnet: what the commands print and what becomes of the packets is the same, counters included.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { LinnetSide, RealSide } from '../tools/both.ts';
import { ROUTER, SCENES } from './iptables.ts';

/** The programs that speak the interface which is tested here, whatever `iptables` is on this machine. */
const legacy = (command: string): string => command.replace(/\b(ip6?tables)(-save|-restore)?(?![-\w.])/g, (_all, name: string, more: string | undefined) => `${name}-legacy${more ?? ''}`);
const normal = (text: string): string => text.replace(/^# (Generated|Completed) .*\n/gm, '');

describe.each(SCENES)('$name', ({ name, steps }) => {
  test.skipIf(!can('root', 'iptables', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 300_000 }, async () => {
    const real = new RealSide();
    const linnet = await new LinnetSide().open();
    const differences: string[] = [];
    const transcript: string[] = [];
    try {
      for (const command of ROUTER) {
        for (const side of [real, linnet]) {
          const r = await side.run(command);
          expect(r.code, `${command}: ${r.stderr}`).toBe(0);
        }
      }
      for (const step of steps) {
        const command = legacy(step);
        const [a, b] = await Promise.all([linnet.run(command), real.run(command)]);
        const [x, y] = [a, b].map((r) => `exit ${r.code}\n${normal(r.stdout)}${normal(r.stderr)}`);
        transcript.push(`$ ${command}\n${x}`);
        if (x !== y) differences.push(`$ ${command}\n--- Linnet\n${x}\n--- the kernel\n${y}`);
      }
    } finally {
      await Promise.all([real.close(), linnet.close()]);
    }
    const out = process.env['TOOLS_DIFF'];
    if (out !== undefined) {
      writeFileSync(`${out}/${name.replace(/\W+/g, '-')}.txt`, differences.join('\n\n'));
      writeFileSync(`${out}/${name.replace(/\W+/g, '-')}.all`, transcript.join('\n\n'));
    }
    expect(differences.join('\n\n')).toBe('');
  });
});
