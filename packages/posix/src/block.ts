/** Waiting: how a call that would block becomes a promise. The only place where the kernel meets promises. */
import { hrtimerCancel, Hrtimer, hrtimerStart, ms, WaitEntry, type Kernel, type WaitQueueHead } from '@linnet/kernel';
import { POLLERR, POLLHUP, POLLNVAL } from '@linnet/uapi';
import { AbortError, type AbortSignalLike } from './abort.ts';
import type { FdSlot, FdWait } from './fd-table.ts';

/** A call that may have to wait. Its functions run inside the kernel; what they throw rejects the call. */
export interface BlockingCall<T> {
  readonly syscall: string;
  /** The descriptors it waits on: closing one calls `closed`. */
  readonly slots: readonly FdSlot[];
  /** The POLL* bits worth another try. */
  readonly mask: number;
  /** Milliseconds, or Infinity. */
  readonly timeout: number;
  readonly signal?: AbortSignalLike | undefined;
  /** Does it, and gives the result; undefined: not yet. */
  attempt(): T | undefined;
  /** Time is over. */
  expired(): T;
  /** One of the descriptors was closed; undefined: wait on. */
  closed(): T | undefined;
}

class Blocked<T> implements FdWait {
  private readonly kernel: Kernel;
  private readonly call: BlockingCall<T>;
  private readonly resolve: (value: T) => void;
  private readonly reject: (error: unknown) => void;
  private readonly onAbort: () => void;
  private readonly bits: number;
  private entries: { readonly queue: WaitQueueHead; readonly entry: WaitEntry }[] = [];
  private timer: Hrtimer<Blocked<T>> | null = null;
  private done = false;
  private waiting = false;

  constructor(kernel: Kernel, call: BlockingCall<T>, resolve: (value: T) => void, reject: (error: unknown) => void) {
    this.kernel = kernel;
    this.call = call;
    this.resolve = resolve;
    this.reject = reject;
    this.bits = call.mask | POLLERR | POLLHUP | POLLNVAL;
    this.onAbort = (): void => this.fail(new AbortError(call.syscall, call.signal?.reason));
  }

  start(): void {
    const { kernel, call } = this;
    if (call.signal?.aborted === true) return this.onAbort();
    kernel.enter();
    try {
      if (!this.settled(call.attempt)) {
        this.wait();
        // What became ready during the attempt itself woke nobody.
        if (call.slots.some((slot) => (slot.file.poll() & this.bits) !== 0)) this.settled(call.attempt);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      kernel.exit();
    }
  }

  fdClosed(): void {
    this.again(this.call.closed);
  }

  /** Still inside: what becomes ready while the kernel is left must find the entries in place. */
  private wait(): void {
    const { kernel, call } = this;
    const queues = new Set<WaitQueueHead>();
    for (const slot of call.slots) {
      slot.waits ??= new Set();
      slot.waits.add(this);
      queues.add(slot.file.queue);
    }
    for (const queue of queues) {
      const entry = new WaitEntry((mask) => {
        if ((mask & this.bits) !== 0) this.again(call.attempt);
      });
      this.entries.push({ queue, entry });
      queue.add(entry);
    }
    if (call.timeout !== Infinity) {
      this.timer = new Hrtimer<Blocked<T>>((b) => b.again(b.call.expired), this);
      hrtimerStart(kernel, this.timer, kernel.now() + ms(call.timeout));
    }
    call.signal?.addEventListener('abort', this.onAbort);
    this.waiting = true;
    kernel.hold();
  }

  private again(step: () => T | undefined): void {
    if (this.done) return;
    this.kernel.enter();
    try {
      this.settled(step);
    } catch (error) {
      this.fail(error);
    } finally {
      this.kernel.exit();
    }
  }

  private settled(step: () => T | undefined): boolean {
    const result = step.call(this.call);
    if (result === undefined) return false;
    this.finish();
    this.resolve(result);
    return true;
  }

  private fail(error: unknown): void {
    if (this.done) return;
    this.finish();
    this.reject(error);
  }

  private finish(): void {
    this.done = true;
    for (const { queue, entry } of this.entries) queue.remove(entry);
    this.entries = [];
    if (this.timer !== null) hrtimerCancel(this.kernel, this.timer);
    this.timer = null;
    for (const slot of this.call.slots) slot.waits?.delete(this);
    this.call.signal?.removeEventListener('abort', this.onAbort);
    if (this.waiting) this.kernel.release();
    this.waiting = false;
  }
}

/** Runs a call, waiting as often as it must. @internal */
export function block<T>(kernel: Kernel, call: BlockingCall<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => new Blocked(kernel, call, resolve, reject).start());
}
