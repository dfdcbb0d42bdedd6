/** How many sockets there are, for `ss -s`. */
import type { Task } from '@linnet/posix';
import type { ToolIo } from './tool.ts';

/** Tells it, from /proc/net/sockstat and the like. */
export function summary(task: Task, io: ToolIo): void {
  const read = (path: string): Map<string, number> => {
    const s = task.sys.readFile(path);
    const out = new Map<string, number>();
    if (typeof s !== 'string') return out;
    for (const line of s.split('\n')) {
      const [head = '', ...rest] = line.split(/\s+/);
      for (let i = 0; i + 1 < rest.length; i += 2) out.set(`${head}${rest[i]!}`, Number(rest[i + 1]));
    }
    return out;
  };
  const four = read('/proc/net/sockstat');
  const six = read('/proc/net/sockstat6');
  const n = (m: ReadonlyMap<string, number>, k: string): number => m.get(k) ?? 0;
  const snmp = task.sys.readFile('/proc/net/snmp');
  let estab = 0;
  if (typeof snmp === 'string') {
    const [names, values] = snmp.split('\n').filter((l) => l.startsWith('Tcp:')).map((l) => l.split(/\s+/));
    estab = Number(values?.[names?.indexOf('CurrEstab') ?? -1] ?? 0);
  }
  const tcp4 = n(four, 'TCP:inuse');
  const tcp6 = n(six, 'TCP6:inuse');
  const tw = n(four, 'TCP:tw');
  const closed = n(four, 'TCP:alloc') - tcp4 - tcp6 + tw;
  io.out(`Total: ${n(four, 'sockets:used')}\nTCP:   ${tcp4 + tcp6 + closed} (estab ${estab}, closed ${closed}, orphaned ${n(four, 'TCP:orphan')}, timewait ${tw})\n\nTransport Total     IP        IPv6\n`);
  const line = (name: string, a: number, b: number): string => `${name}\t  ${`${a + b}`.padEnd(9)} ${`${a}`.padEnd(9)} ${`${b}`.padEnd(9)}\n`;
  const raw: [number, number] = [n(four, 'RAW:inuse'), n(six, 'RAW6:inuse')];
  const udp: [number, number] = [n(four, 'UDP:inuse'), n(six, 'UDP6:inuse')];
  io.out(line('RAW', ...raw) + line('UDP', ...udp) + line('TCP', tcp4, tcp6) + line('INET', raw[0] + udp[0] + tcp4, raw[1] + udp[1] + tcp6) + line('FRAG', n(four, 'FRAG:inuse'), n(six, 'FRAG6:inuse')));
  io.out('\n');
}
