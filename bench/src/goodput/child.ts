/** One run of one cell, in a process of its own: child.js MODE CELL SEED. Prints a line of JSON. */
import { CELLS, FAIRNESS } from './cells.ts';
import { runReal } from './real.ts';
import { runVirtual } from './virtual.ts';

const [mode, id, seed] = process.argv.slice(2);
const cell = [...CELLS, ...FAIRNESS].find((c) => c.id === id);
if (cell === undefined) throw new Error(`no cell ${id}`);
const got = mode === 'virtual' ? runVirtual(cell, Number(seed)) : await runReal(cell, Number(seed), mode === 'mixed');
console.log(JSON.stringify(got));
process.exit(0);
