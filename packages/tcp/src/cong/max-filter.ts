/** The largest value of the last rounds. */

/** A windowed maximum (BBR's max filter): one slot for the best value of each of the last `length` rounds. Rounds are counted up from 0. */
export class MaxFilter {
  /** The largest value now; 0 before the first. */
  max = 0;
  private readonly slots: Float64Array;
  private round = 0;

  constructor(length: number) {
    this.slots = new Float64Array(length);
  }

  /** Takes a value of a round, which is not before that of the last call. */
  update(value: number, round: number): void {
    const { slots } = this;
    const n = slots.length;
    const passed = round - this.round;
    if (passed > 0) {
      // What the new rounds' slots held has left the window.
      for (let i = 1; i <= passed && i <= n; i++) slots[(this.round + i) % n] = 0;
      this.round = round;
    }
    const at = round % n;
    if (value > slots[at]!) slots[at] = value;
    if (value >= this.max) {
      this.max = value;
      return;
    }
    if (passed === 0) return;
    this.max = 0;
    for (let i = 0; i < n; i++) if (slots[i]! > this.max) this.max = slots[i]!;
  }
}
