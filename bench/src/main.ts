/** npm run bench. */
import { kernelRowMissing, measureKernel, prepareKernelSide } from './kernel/kernel-side.ts';
import { measureLinnet } from './linnet/linnet-side.ts';
import type { Measurement } from './measurement.ts';
import { readOptions, type Options } from './options.ts';
import { writePage } from './page.ts';
import { measurePart, plainPart, type PartResult } from './parts.ts';
import { pinning } from './pin.ts';
import { keep, machineFacts, publish, summarize, type RowResult } from './results.ts';
import type { Row } from './rows.ts';
import { plainTable } from './table.ts';

/** Shown while a measurement runs, on a terminal only. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function measureRow(row: Row, options: Options, pin: readonly string[], missing: string | null): Promise<RowResult> {
  const run = options.quick ? row.quick : row.run;
  const linnet: Measurement[] = [];
  const kernel = { pair: [] as Measurement[], solo: [] as Measurement[] };
  let why = missing ?? kernelRowMissing(row);
  for (let round = 1; round <= options.rounds; round++) {
    const say = (who: string): void => progress(`${row.title}: round ${round} of ${options.rounds}, ${who}`);
    say('Linnet');
    linnet.push(await measureLinnet(row, pin, run));
    for (const mode of row.modes) {
      if (why !== null) break;
      say(mode === 'pair' ? 'kernel' : 'kernel, one process');
      try {
        kernel[mode].push(await measureKernel(row, mode, pin, run));
      } catch (error) {
        // A kernel that can be measured in part is not measured: the rounds would not match.
        why = (error as Error).message;
        kernel.pair.length = kernel.solo.length = 0;
      }
    }
  }
  progress('');
  return summarize(row, linnet, kernel, why);
}

// The clean-up on exit deletes the namespaces.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
const options = readOptions(process.argv.slice(2));
const pin = pinning();
if (pin.length === 0) console.error('bench: there is no taskset: nothing is pinned to one core, and the numbers will jump');
// Parts have no kernel beside them.
const missing = options.rows.length === 0 ? null : prepareKernelSide();
const rows: RowResult[] = [];
for (const row of options.rows) rows.push(await measureRow(row, options, pin, missing));
const parts: PartResult[] = [];
for (const part of options.parts) {
  parts.push(await measurePart(part, pin, options.rounds, options.quick, (round) => progress(`${part.title}: round ${round} of ${options.rounds}`)));
  progress('');
}

if (rows.length > 0) console.log(plainTable(rows, options.quick));
for (const p of parts) console.log(`${plainPart(p)}\n`);
for (const r of rows) if (r.why !== null) console.log(`${r.id}: no kernel beside it: ${r.why}`);
if (options.quick) console.log('--quick: one short round shows that it all works; its numbers and ratios mean nothing. Leave --quick out to measure.');
const results = { machine: machineFacts(pin.length > 0), rows, parts };
if (!options.quick) keep(results, options.json);
if (options.writeDocs) writePage(publish(results));
