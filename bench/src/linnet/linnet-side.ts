/** Linnet's side of a row. */
import { parseMeasurement, type Measurement } from '../measurement.ts';
import { CHILD } from '../paths.ts';
import { runToEnd } from '../process.ts';
import type { Row, Run } from '../rows.ts';

/** One run in a process of its own, so that each compiles its code anew. */
export async function measureLinnet(row: Row, pin: readonly string[], run: Run): Promise<Measurement> {
  const flags = row.work === 'idle' ? ['--expose-gc'] : [];
  return parseMeasurement(await runToEnd([...pin, process.execPath, ...flags, CHILD, row.id, ...run.map(String)]), 'linnet');
}
