/** npm run reliability: attacks on a Linnet server, with bounds on memory, time and what an honest client waits. */
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { RELIABILITY_PAGE, RELIABILITY_RESULTS } from '../paths.ts';
import { runToEnd } from '../process.ts';
import { machineFacts } from '../results.ts';
import type { Outcome } from './outcome.ts';
import { broken, table, type Reliability } from './report.ts';
import { SCENARIOS } from './scenarios.ts';

const HELP = `Attacks a Linnet server in virtual time, each attack in a process of its own, and holds it to bounds.

  npm run reliability -- [options]

  --only ATTACK  this one only; may be given again, or with commas: ${SCENARIOS.map((s) => s.id).join(', ')}
  --quick        few events: does it all work? Times mean nothing then, and are not held to bounds
  --write-docs   writes the results to bench/reliability.json and the table of docs/reliability.md; with --only, for those
  --help         this text

Ends with 1 when a bound was broken.`;

const flag = { type: 'boolean' } as const;
const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, quick: flag, 'write-docs': flag, help: flag } });
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}
const only = (values.only ?? []).flatMap((s) => s.split(','));
for (const id of only) if (!SCENARIOS.some((s) => s.id === id)) throw new Error(`--only ${id}: there is no such attack; there are ${SCENARIOS.map((s) => s.id).join(', ')}`);
const quick = values.quick === true;
if (quick && values['write-docs'] === true) throw new Error('--quick numbers are not for the page: leave --write-docs out');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

const child = fileURLToPath(new URL('child.js', import.meta.url));
const outcomes: Outcome[] = [];
for (const s of SCENARIOS) {
  if (only.length > 0 && !only.includes(s.id)) continue;
  const out = await runToEnd([process.execPath, '--expose-gc', child, s.id, String(quick ? s.quick : s.events)], process.env, 600_000);
  const o = JSON.parse(out) as Outcome;
  outcomes.push(o);
  const faults = broken(s, o, quick);
  console.log(`${s.id}: ${o.events} events, ${o.micros.toFixed(1)} us each, ${(o.heap / 2 ** 20).toFixed(1)} MiB, asked ${o.asked}, answered ${o.answered} within ${o.virtual.toFixed(0)} ms ${JSON.stringify(o.notes)}`);
  for (const f of faults) console.error(`${s.id}: ${f}`);
  if (faults.length > 0) process.exitCode = 1;
}

const fresh: Reliability = { machine: machineFacts(false), date: new Date().toISOString().slice(0, 10), outcomes };
if (values['write-docs'] === true) {
  const old = fs.existsSync(RELIABILITY_RESULTS) ? (JSON.parse(fs.readFileSync(RELIABILITY_RESULTS, 'utf8')) as Reliability) : null;
  const kept = old !== null && JSON.stringify(old.machine) === JSON.stringify(fresh.machine) ? old.outcomes : [];
  const merged = { ...fresh, outcomes: SCENARIOS.flatMap((s) => outcomes.find((o) => o.id === s.id) ?? kept.find((o) => o.id === s.id) ?? []) };
  fs.writeFileSync(RELIABILITY_RESULTS, `${JSON.stringify(merged, null, 2)}\n`);
  const page = fs.readFileSync(RELIABILITY_PAGE, 'utf8');
  const marked = /(<!-- table -->\n)[^]*?(<!-- \/table -->)/;
  if (!marked.test(page)) throw new Error('docs/reliability.md: the marks of the table are gone');
  fs.writeFileSync(RELIABILITY_PAGE, page.replace(marked, (_all, begin: string, end: string) => `${begin}${table(merged)}\n${end}`));
} else if (!quick) console.log(`\n${table(fresh)}`);
