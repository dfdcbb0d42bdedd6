/** Pinning what is measured to one core: a wake-up of another core costs more than what many rows measure. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

/** The last core that this process may use: the first has most of a machine's own work. -1: cannot tell. */
function lastCpu(): number {
  try {
    const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return Number(/(\d+)\s*$/.exec(list)?.[1] ?? -1);
  } catch {
    return -1;
  }
}

/** What to put before a command so that it runs on one core: `taskset -c N`, or nothing where that is not possible. */
export function pinning(): readonly string[] {
  const cpu = lastCpu();
  if (cpu < 0 || spawnSync('taskset', ['-c', String(cpu), 'true']).status !== 0) return [];
  return ['taskset', '-c', String(cpu)];
}
