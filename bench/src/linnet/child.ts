/** One run of one row on Linnet, in a process of its own: child.js ROW WARM-UP AMOUNT COUNT. Prints a line of JSON, as netbench does. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Measurement } from '../measurement.ts';
import { ROWS } from '../rows.ts';
import { Machine } from './machine.ts';
import { WORK, type Unit } from './work.ts';

/** The event loop gets a turn after this many milliseconds, as a program's would. */
const SLICE_MS = 5;
/** The clock is read after so many units at most. */
const UNITS = 32;

/** Works until `done(units)` says so, and returns the units. */
async function work(unit: Unit, done: (units: number) => boolean): Promise<number> {
  let sum = 0;
  for (;;) {
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end) {
      for (let i = 0; i < UNITS; i++) {
        const n = unit();
        sum += n;
        if (n === 0) break;
      }
      if (done(sum)) return sum;
    }
    await turn();
  }
}

/** Works for some seconds, or for some units where the row counts those. */
function amountOf(unit: Unit, byCount: boolean, amount: number): Promise<number> {
  if (byCount) return work(unit, (units) => units >= amount);
  const end = performance.now() + amount * 1000;
  return work(unit, () => performance.now() >= end);
}

function heap(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('run with --expose-gc');
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [id, warm, amount, count] = process.argv.slice(2);
const row = ROWS.find((r) => r.id === id);
if (row === undefined) throw new Error(`no row ${id}`);
const machine = new Machine(row, Number(count));
const { unit, tried = (): number => 0 } = await WORK[row.work](machine, row.size, Number(count));
const byCount = row.work === 'conn' || row.work === 'idle';
await amountOf(unit, byCount, Number(warm));

let result: Measurement;
if (row.work === 'idle') {
  const before = heap();
  const units = await amountOf(unit, true, Number(amount));
  result = { units: (heap() - before) / units, wall: 1, cpu: 0, lost: 0 };
} else {
  const tried0 = tried();
  const cpu0 = process.cpuUsage();
  const wall0 = performance.now();
  const units = await amountOf(unit, byCount, Number(amount));
  const wall = (performance.now() - wall0) / 1000;
  const { user, system } = process.cpuUsage(cpu0);
  result = { units, wall, cpu: (user + system) / 1e6, lost: Math.max(tried() - tried0 - units, 0) };
}
console.log(JSON.stringify(result));
// Connections and timers of the machine are of no more use.
process.exit(0);
