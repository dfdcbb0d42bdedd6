// A scene on the real kernel and on Linnet: the same commands, one after the other, must print the same.
import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { LinnetSide, RealSide } from '../tools/both.ts';

/** Rules, then packets, then the same commands that show counters. */
export interface FilterScene {
  readonly name: string;
  readonly steps: readonly string[];
}

/** The programs that speak the interface which is tested here, whatever `iptables` is on this machine. */
const legacy = (command: string): string => command.replace(/\b(ip6?tables)(-save|-restore)?(?![-\w.])/g, (_all, name: string, more: string | undefined) => `${name}-legacy${more ?? ''}`);

/** Numbers of traced packets, by the order in which they were first told of. */
function traced(text: string): string {
  const seen = new Map<string, number>();
  return text.replace(/^(trace id |(?:PACKET|TRACE|\s+TRACE): \d+ )([0-9a-f]+)/gm, (_all, before: string, id: string) => {
    if (!seen.has(id)) seen.set(id, seen.size);
    return `${before}#${seen.get(id)}`;
  });
}

/** Ids, ports of sockets and seconds are each kernel's own; a time is rounded up to where it began. */
function normal(text: string): string {
  return traced(text)
    .replace(/^# (Generated|Completed) .*\n/gm, '')
    .replace(/\b(tcp|udp|udplite|icmp|icmpv6|unknown) +(\d+) (\d+) /g, (_all, name: string, num: string, left: string) => `${name} ${num} ${Math.ceil(Number(left) / 10) * 10} `)
    .replace(/ portid=\d+( progname=\S+)?/g, ' portid=#')
    .replace(/delta-time=\d+/g, 'delta-time=#')
    .replace(/ by process \d+ \(\S*\)/g, ' by process #')
    .replace(/^(conntrack v)[\d.]+/gm, '$1');
}

/** Runs a scene on both, after `setup`, and expects no difference. `more` takes out what else is each kernel's own. TOOLS_DIFF names a folder for the differences and the whole of Linnet's answers. */
export async function compare(setup: readonly string[], { name, steps }: FilterScene, more: (text: string) => string = (t) => t): Promise<void> {
  const real = new RealSide();
  const linnet = await new LinnetSide().open();
  const differences: string[] = [];
  const transcript: string[] = [];
  try {
    for (const command of setup) {
      for (const side of [real, linnet]) {
        const r = await side.run(command);
        expect(r.code, `${command}: ${r.stderr}`).toBe(0);
      }
    }
    for (const step of steps) {
      const command = legacy(step);
      const [a, b] = await Promise.all([linnet.run(command), real.run(command)]);
      const [x, y] = [a, b].map((r) => `exit ${r.code}\n${more(normal(r.stdout))}${more(normal(r.stderr))}`);
      transcript.push(`$ ${command}\n${x}`);
      // A script of ours that fails on both asks nothing.
      if (/^(python3|printf '%s') /.test(step)) expect(b.code, `${command.slice(0, 200)}: ${b.stderr}`).toBe(0);
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
}
