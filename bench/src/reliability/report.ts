/** The verdict on an attack, and the table of docs/reliability.md. */
import type { MachineFacts } from '../results.ts';
import type { Outcome } from './outcome.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

export interface Reliability {
  readonly machine: MachineFacts;
  readonly date: string;
  readonly outcomes: readonly Outcome[];
}

const MIB = 1 << 20;
const mib = (n: number): string => (n / MIB).toFixed(1);

/** What was promised and not kept. `quick`: times of so few events mean nothing. */
export function broken(s: Scenario, o: Outcome, quick: boolean): string[] {
  const out: string[] = [];
  if (o.heap > s.bounds.heap) out.push(`memory grew by ${mib(o.heap)} MiB, the bound is ${mib(s.bounds.heap)}`);
  if (!quick && o.micros > s.bounds.micros) out.push(`${o.micros.toFixed(1)} us for an event, the bound is ${s.bounds.micros}`);
  if (s.bounds.honest === Infinity) return out;
  if (o.answered < o.asked) out.push(`the honest client was answered ${o.answered} times of ${o.asked}`);
  if (o.virtual > s.bounds.honest) out.push(`the honest client waited ${o.virtual} ms, the bound is ${s.bounds.honest}`);
  return out;
}

const count = (n: number): string => n.toLocaleString('en-US');

/** The table, in Markdown. */
export function table(r: Reliability): string {
  const { machine } = r;
  const rows = r.outcomes.flatMap((o) => {
    const s = SCENARIOS.find((x) => x.id === o.id);
    if (s === undefined) return [];
    const notes = Object.entries(o.notes).map(([k, v]) => `${k} ${count(v)}`).join(', ');
    const waited = o.answered === 0 ? '-' : o.virtual.toFixed(0);
    return `| ${s.title} | ${count(o.events)} | ${o.micros.toFixed(1)} (${s.bounds.micros}) | ${mib(o.heap)} (${mib(s.bounds.heap)}) | ${count(o.skbs)} | ${count(o.pages)} | ${o.answered} of ${o.asked} | ${waited} | ${o.wall.toFixed(1)} | ${notes} |`;
  });
  const abouts = SCENARIOS.filter((s) => r.outcomes.some((o) => o.id === s.id)).map((s) => `- **${s.title}** (\`--only ${s.id}\`): ${s.about}`);
  return `Measured ${r.date} on ${machine.cpu} (${machine.arch}, ${machine.cores} cores), ${machine.os}, Node ${machine.node}. In parentheses the bounds that the command holds it to.

| attack | events | us for an event | memory, MiB | packets at most | pages of tcp_mem at most | client answered | its longest wait, virtual ms | the same, ms of this machine | |
| --- | --: | --: | --: | --: | --: | --: | --: | --: | --- |
${rows.join('\n')}

${abouts.join('\n')}`;
}
