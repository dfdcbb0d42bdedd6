/** When handlers run: never inside somebody else's call, always in a turn of their own, as Node's do. */
import type { Clock } from '@linnet/kernel';

/** Who has something to do in the next turn. */
export interface IoTarget {
  /** Is it in the queue? */
  ioQueued: boolean;
  ioReady(): void;
}

/**
 * Collects what became ready and runs it in a later macrotask, in the order of becoming ready. A wake-up of the kernel may come in the
 * middle of anybody's system call; user code may not.
 */
export class IoLoop {
  private readonly clock: Clock;
  private readonly turn: () => void;
  private queue: IoTarget[] = [];
  private asked = false;

  constructor(clock: Clock) {
    this.clock = clock;
    this.turn = (): void => this.run();
  }

  /** Runs `target.ioReady` once, in the next turn. */
  post(target: IoTarget): void {
    if (target.ioQueued) return;
    target.ioQueued = true;
    this.queue.push(target);
    this.ask();
  }

  private ask(): void {
    if (this.asked) return;
    this.asked = true;
    this.clock.defer(this.turn);
  }

  private run(): void {
    const list = this.queue;
    this.queue = [];
    this.asked = false;
    let i = 0;
    try {
      while (i < list.length) {
        const target = list[i++]!;
        target.ioQueued = false;
        target.ioReady();
      }
    } finally {
      // A handler threw: that is for the host to report; the others still get their turn.
      if (i < list.length) {
        this.queue = [...list.slice(i), ...this.queue];
        this.ask();
      }
    }
  }
}
