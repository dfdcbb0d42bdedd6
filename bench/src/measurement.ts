/** What one run of one side says, and what many say together. */

/** One run: `value` is the row's number of it. */
export interface Measurement {
  /** What was done: bytes, exchanges, connections, datagrams; for memory the bytes of one connection. */
  readonly units: number;
  /** Wall-clock seconds. */
  readonly wall: number;
  /** CPU-seconds of both ends. */
  readonly cpu: number;
  /** Datagrams that did not arrive. */
  readonly lost: number;
}

/** Median, and the least and greatest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Reads the line of JSON that a run prints; throws when it is none. */
export function parseMeasurement(text: string, who: string): Measurement {
  const m = JSON.parse(text) as Measurement;
  for (const key of ['units', 'wall', 'cpu', 'lost'] as const) if (!Number.isFinite(m[key])) throw new Error(`${who}: no ${key} in ${text.trim()}`);
  return m;
}
