/** What came out of one attack. */
export interface Outcome {
  readonly id: string;
  readonly events: number;
  /** Microseconds of the processor for an event; and the slowest one, milliseconds by the clock. */
  readonly micros: number;
  readonly slowest: number;
  /** Growth of heap and array buffers, bytes, after a full collection at the attack's end. */
  readonly heap: number;
  /** Packet buffers of the server at most, and pages accounted to TCP. */
  readonly skbs: number;
  readonly pages: number;
  /** The honest client: how often it asked and was answered, and its slowest answered exchange in virtual and in this machine's milliseconds. */
  readonly asked: number;
  readonly answered: number;
  readonly virtual: number;
  readonly wall: number;
  readonly notes: Readonly<Record<string, number>>;
}
