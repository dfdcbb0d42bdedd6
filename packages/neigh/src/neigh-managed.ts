/** Neighbours that the machine keeps resolved on its own (NTF_EXT_MANAGED, ip-neighbour(8) `managed`). */
import { delTimer, type Kernel, modTimer, TimerList, timerPending } from '@linnet/kernel';
import { neighEventSend } from './neigh-event.ts';
import type { Neighbour } from './neighbour.ts';

/** The managed entries of one table, asked about every `interval_probe_time_ms`. @alpha */
export class ManagedNeighbours {
  private readonly kernel: Kernel;
  /** Jiffies between two rounds. */
  private readonly interval: () => number;
  private readonly entries: Set<Neighbour> = new Set();
  private readonly timer: TimerList<ManagedNeighbours>;

  constructor(k: Kernel, interval: () => number) {
    this.kernel = k;
    this.interval = interval;
    this.timer = new TimerList<ManagedNeighbours>((m) => m.round(), this as ManagedNeighbours);
  }

  has(n: Neighbour): boolean {
    return this.entries.has(n);
  }

  /** From now on the machine sees to this one, or no more. */
  set(n: Neighbour, on: boolean): void {
    if (!on) {
      this.entries.delete(n);
      return;
    }
    this.entries.add(n);
    if (!timerPending(this.timer)) this.arm();
  }

  destroy(): void {
    delTimer(this.kernel, this.timer);
    this.entries.clear();
  }

  /** Each one is looked for as if there were something to send. */
  private round(): void {
    for (const n of Array.from(this.entries)) neighEventSend(n, null);
    if (this.entries.size > 0) this.arm();
  }

  private arm(): void {
    modTimer(this.kernel, this.timer, (this.kernel.jiffies + Math.max(1, this.interval())) | 0);
  }
}
