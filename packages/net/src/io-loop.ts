/** When handlers run: never inside somebody else's call, always in a turn of their own, as Node's do. */
import type { Clock } from '@linnet/kernel';

/**
 * Runs a function in a later macrotask, once however often it is asked to. A wake-up of the kernel may come in the middle of anybody's
 * system call; user code may not. Each has a macrotask to itself, so that promises settle in between, as between the callbacks of Node's loop.
 */
export class IoTurn {
  private readonly clock: Clock;
  private readonly turn: () => void;
  private asked = false;

  constructor(clock: Clock, fn: () => void) {
    this.clock = clock;
    this.turn = (): void => {
      this.asked = false;
      fn();
    };
  }

  /** Asks for a turn. */
  post(): void {
    if (this.asked) return;
    this.asked = true;
    this.clock.defer(this.turn);
  }
}
