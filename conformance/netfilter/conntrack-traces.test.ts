// TCP connections segment by segment through a router: what connection tracking makes of each is what the real kernel makes of it. After each segment `conntrack -L` says state,
// timeout, UNREPLIED and ASSURED, and a mark on the segment which state the rules saw, or that it was invalid. CT_SEEDS=from-to for more random traces.
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { ROUTER } from './iptables.ts';
import { compare } from './run.ts';
import { randomTrace, type Trace, TRACES } from './tcp-traces.ts';

const SCRIPT = fileURLToPath(new URL('tcp_trace.py', import.meta.url));
/** What a segment was for the rules is written on it; what is invalid goes no further. The script's marks are no connection's. */
const RULES = ['iptables', 'ip6tables'].flatMap((cmd) => [
  `${cmd} -t raw -A PREROUTING -p 253 -j CT --notrack`,
  ...['NEW', 'ESTABLISHED', 'RELATED', 'UNTRACKED'].map((state, i) => `${cmd} -t mangle -A FORWARD -p tcp -m conntrack --ctstate ${state} -j DSCP --set-dscp ${i + 1}`),
  `${cmd} -A FORWARD -p tcp -m conntrack --ctstate INVALID -j DROP`,
]);
/** Traces of one run of the script: what is asked is an argument. */
const AT_ONCE = 20;

function ask(traces: readonly Trace[]): string[] {
  const runs: string[] = [];
  for (let i = 0; i < traces.length; i += AT_ONCE) runs.push(`python3 ${SCRIPT} ${traces.slice(i, i + AT_ONCE).map((t) => `'${JSON.stringify(t)}'`).join(' ')}`);
  return runs;
}

function seeds(): number[] {
  const [from, to] = (process.env['CT_SEEDS'] ?? '1-30').split('-').map(Number);
  return Array.from({ length: to! - from! + 1 }, (_v, i) => from! + i);
}

describe('TCP in connection tracking, segment by segment', () => {
  const needs = can('root', 'iptables', 'conntrack', 'ip', 'sysctl', 'python3');
  test.skipIf(!needs)('scripted', { timeout: 120_000 }, () => compare(ROUTER, { name: 'scripted TCP', steps: [...RULES, ...ask(TRACES)] }));
  test.skipIf(!needs)('random', { timeout: 600_000 }, () => compare(ROUTER, { name: 'random TCP', steps: [...RULES, ...ask(seeds().map(randomTrace))] }));
});
