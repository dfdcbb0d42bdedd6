// The unmodified `ss` on a Linnet machine and on the real kernel, with the same sockets: it must say the same.
import { fileURLToPath } from 'node:url';
import { createKernel } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { tcp } from '@linnet/tcp';
import { udp } from '@linnet/udp';
import { describe, expect, it } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { expectOk, exec } from '../lib/exec.ts';
import { have } from '../needs.mjs';
import { Inside } from '../preload/lab.ts';

const COMMANDS: readonly string[] = [
  'ss -tan', 'ss -tano', 'ss -tln', 'ss -uan', 'ss -an -f inet -t -u', 'ss -tan state established', 'ss -tan state time-wait', 'ss -tan state syn-sent', 'ss -tan exclude listening',
  'ss -Htan bound-inactive', "ss -tan '( sport = :5000 )'", 'ss -tan dst 127.0.0.1', 'ss -tan dst 127.0.0.0/8', 'ss -tan src 10.77.0.0/16', 'ss -tan dst 127.0.0.1:5000',
  "ss -tan 'sport > :5000 and dport = :5000'", "ss -tan 'sport != :5000 or dport < :40001'", "ss -tan 'not src 127.0.0.1:5000'", "ss -uan 'dev = lo'", "ss -uan 'dev != lo'",
  'ss -tan autobound', "ss -tan 'fwmark = 0x15'", "ss -tan 'fwmark = 0x10/0x10'", "ss -tan 'fwmark = 0'", 'ss -6tan',
];
/** What ends sockets, and what is left. */
const KILLS: readonly string[] = ['ss -HK -t dst 127.0.0.1 dport = 5000 sport = 40000', 'ss -HK -u sport = 6000', 'ss -HK -t state listening', 'ss -Htan', 'ss -Huan'];

/** The answers by command: lines in no order, as the order of the hash tables is nobody's business; times and padding differ. */
function answers(text: string): Map<string, string[]> {
  const out = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('### ')) out.set(line.slice(4), (lines = []));
    else if (line.trim() !== '') lines.push(line.replace(/\s+/g, ' ').replace(/(timer:\((?:keepalive|timewait|on),)[^,]*,/, '$1T,').trim());
  }
  for (const l of out.values()) l.sort();
  return out;
}

describe.skipIf(!have('root', 'ip', 'ss', 'python3'))('ss', () => {
  it('lists, filters and kills what the real kernel lists, filters and kills', { timeout: 120_000 }, async () => {
    const script = fileURLToPath(new URL('sockets.py', import.meta.url));
    const command = `ip link set lo up && ip addr add 10.77.0.1/24 dev lo && python3 ${script} ${[...COMMANDS, ...KILLS].map((c) => `'${c.replaceAll("'", `'\\''`)}'`).join(' ')}`;
    const ns = new TestNetns();
    const kernel = createKernel({ modules: [ipv4, tcp, udp] });
    const inside = await Inside.open(kernel);
    try {
      const want = answers(expectOk(await exec(ns.name, command)).stdout);
      const got = answers(await inside.sh(null, command));
      expect(want.get('ss -tan')!.length).toBeGreaterThan(5);
      expect(want.get('after')).toContain('client [Errno 103] Software caused connection abort');
      expect(Object.fromEntries(got)).toEqual(Object.fromEntries(want));
    } finally {
      await inside.close();
      kernel.shutdown();
      ns.remove();
    }
  });
});
