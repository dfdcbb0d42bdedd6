/** One attack in a process of its own: child.js SCENARIO EVENTS. Prints a line of JSON. */
import { PATIENCE } from './world.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Outcome } from './outcome.ts';

function heap(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('run with --expose-gc');
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [id, events] = process.argv.slice(2);
const scenario = SCENARIOS.find((s) => s.id === id);
if (scenario === undefined) throw new Error(`no scenario ${id}`);
const w = scenario.setUp();
w.ask();
w.honest.length = 0;
const before = heap();
w.begin();
const notes = scenario.run(w, Number(events));
const cpu = w.cpu();
w.ask();
const grown = heap() - before;
const outcome: Outcome = {
  id: scenario.id,
  events: w.events,
  micros: cpu / w.events,
  slowest: w.slowest,
  heap: grown,
  skbs: w.peakSkbs,
  pages: w.peakPages,
  asked: w.honest.length,
  answered: w.honest.filter((h) => h.virtual <= PATIENCE).length,
  virtual: Math.max(0, ...w.honest.filter((h) => h.virtual <= PATIENCE).map((h) => h.virtual)),
  wall: Math.max(...w.honest.map((h) => h.wall)),
  notes,
};
console.log(JSON.stringify(outcome));
// Timers of the machines are of no more use.
process.exit(0);
