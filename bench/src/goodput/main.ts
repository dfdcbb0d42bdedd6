/** npm run goodput: what comes through impaired paths, Linnet beside the real kernel and theory. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { GOODPUT, GOODPUT_C, GOODPUT_PAGE, GOODPUT_RESULTS, TEMP } from '../paths.ts';
import { runToEnd } from '../process.ts';
import { machineFacts } from '../results.ts';
import { CELLS, FAIRNESS, type Cell } from './cells.ts';
import { MODES, type Mode, type Results, type Run } from './record.ts';
import { tables } from './table.ts';

const HELP = `Measures TCP's goodput over a wire with delay, loss and a rate: Linnet at both ends in virtual time, the real kernel at both ends of the same wire
(two TAPs in two namespaces), and a Linnet sender at the kernel's receiver.

  npm run goodput -- [options]

  --only CELL   cells whose name contains this, as cubic-100-50-0.1% (algorithm, Mbit/s, ms, loss) or -100-; may be given again, or with commas
  --mode MODE   ${MODES.join(', ')}; may be given again, or with commas (default all)
  --seeds LIST  seeds of the wire's losses, with commas (default 1,2,3 for cells with loss, else 1)
  --jobs N      so many at the same time (default 1); those of 1 Gbit/s run alone
  --write-docs  writes the results to bench/goodput.json and the tables of docs/tcp.md; others stay as they are
  --list        the cells and no more
  --help        this text

All but mode virtual needs root, ip and a C compiler; it makes namespaces of its own, and deletes them. A real run takes as long as it says (10 to 30 s).`;

function compile(): void {
  if (fs.existsSync(GOODPUT) && fs.statSync(GOODPUT).mtimeMs > fs.statSync(GOODPUT_C).mtimeMs) return;
  fs.mkdirSync(TEMP, { recursive: true });
  const { status, stderr } = spawnSync('cc', ['-O2', '-o', GOODPUT, GOODPUT_C], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cc: ${stderr}`);
}

const many = { type: 'string', multiple: true } as const;
const { values } = parseArgs({
  options: { only: many, mode: many, seeds: { type: 'string' }, jobs: { type: 'string' }, 'write-docs': { type: 'boolean' }, list: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}
const split = (list: readonly string[] | undefined): string[] => (list ?? []).flatMap((s) => s.split(','));
const only = split(values.only);
const all = [...CELLS, ...FAIRNESS];
const cells = all.filter((c) => only.length === 0 || only.some((o) => c.id.includes(o)));
if (cells.length === 0) throw new Error(`--only ${only.join(',')}: no cell is called so`);
if (values.list === true) {
  for (const c of cells) console.log(c.id);
  process.exit(0);
}
const modes = (values.mode === undefined ? [...MODES] : split(values.mode)) as Mode[];
for (const m of modes) if (!MODES.includes(m)) throw new Error(`--mode ${m}: there are ${MODES.join(', ')}`);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
if (modes.some((m) => m !== 'virtual')) compile();

/** A wire that waits for a processor is a worse path than it says it is: real runs are real-time processes where that is allowed, the kernel's ends with them. */
const urgent = spawnSync('chrt', ['-r', '1', 'true']).status === 0 ? ['chrt', '-r', '1'] : [];

interface Job {
  readonly cell: Cell;
  readonly mode: Mode;
  readonly seed: number;
}
const queue: Job[] = cells.flatMap((cell) => {
  const seeds = values.seeds === undefined ? (cell.loss > 0 ? [1, 2, 3] : [1]) : values.seeds.split(',').map(Number);
  return modes.flatMap((mode) => seeds.map((seed) => ({ cell, mode, seed })));
});

const runs: Run[] = [];
const child = fileURLToPath(new URL('child.js', import.meta.url));
async function work(): Promise<void> {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    const { cell, mode, seed } = job;
    try {
      const out = await runToEnd([...(mode === 'virtual' ? [] : urgent), process.execPath, child, mode, cell.id, String(seed)], process.env, 180_000);
      const got = JSON.parse(out) as Omit<Run, 'cell' | 'mode' | 'seed' | 'date'>;
      runs.push({ cell: cell.id, mode, seed, date: new Date().toISOString().slice(0, 10), ...got });
      const sum = got.flows.reduce((a, b) => a + b, 0);
      console.log(`${cell.id} ${mode} seed ${seed}: ${((sum * 8) / cell.seconds / 1e6).toFixed(2)} Mbit/s${got.stall === undefined ? '' : `, dropped ${got.dropped}, refused ${got.refused}, busy ${(got.busy ?? 0).toFixed(2)}, stall ${got.stall} ms`}`);
    } catch (error) {
      console.log(`${cell.id} ${mode} seed ${seed}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
}
await Promise.all(Array.from({ length: Number(values.jobs ?? 1) }, work));

const results: Results = { machine: machineFacts(false), runs };
if (values['write-docs'] === true) {
  const old = fs.existsSync(GOODPUT_RESULTS) ? (JSON.parse(fs.readFileSync(GOODPUT_RESULTS, 'utf8')) as Results) : null;
  const key = (r: Run): string => `${r.cell} ${r.mode} ${r.seed}`;
  const fresh = new Set(runs.map(key));
  const kept = old !== null && JSON.stringify(old.machine) === JSON.stringify(results.machine) ? old.runs.filter((r) => !fresh.has(key(r))) : [];
  const merged = { machine: results.machine, runs: [...kept, ...runs].sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
  // A run a line: it can be read, and a difference is one.
  fs.writeFileSync(GOODPUT_RESULTS, `{ "machine": ${JSON.stringify(merged.machine)}, "runs": [\n${merged.runs.map((r) => JSON.stringify(r)).join(',\n')}\n] }\n`);
  const page = fs.readFileSync(GOODPUT_PAGE, 'utf8');
  const marked = /(<!-- goodput -->\n)[^]*?(<!-- \/goodput -->)/;
  if (!marked.test(page)) throw new Error('docs/tcp.md: the marks of the tables are gone');
  fs.writeFileSync(GOODPUT_PAGE, page.replace(marked, (_all, begin: string, end: string) => `${begin}${tables(merged)}\n${end}`));
} else {
  console.log(`\n${tables(results)}`);
}
