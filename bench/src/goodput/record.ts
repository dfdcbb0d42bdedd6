/** What the goodput runs found out, as it is kept in JSON. */
import type { MachineFacts } from '../results.ts';

/** virtual: Linnet at both ends, virtual time. kernel: the real kernel at both ends. mixed: Linnet sends to the real kernel. */
export const MODES = ['virtual', 'kernel', 'mixed'] as const;
export type Mode = (typeof MODES)[number];

export interface Run {
  readonly cell: string;
  readonly mode: Mode;
  readonly seed: number;
  readonly date: string;
  /** Bytes of each flow, and those of the last two thirds of the time. */
  readonly flows: readonly number[];
  readonly late: readonly number[];
  /** In real time: frames that the wire lost, that a TAP refused, the share of a core that the wire took. */
  readonly dropped?: number;
  readonly refused?: number;
  readonly busy?: number;
  /** The longest that the wire's event loop was late, milliseconds. */
  readonly stall?: number;
}

export interface Results {
  readonly machine: MachineFacts;
  readonly runs: readonly Run[];
}
