import type { Kernel } from './kernel.ts';

/**
 * One who waits. `func` runs outside of the kernel, after the outermost {@link Kernel.exit}, with the OR of all masks since it last ran;
 * it may call into the kernel. What it throws is logged and thrown again in a macrotask, where the host reports it as uncaught.
 * Source: struct wait_queue_entry.
 * @alpha
 */
export class WaitEntry {
  func: (mask: number) => void;
  /**
   * Of those who have this, one wake-up tells only so many until one answers true: it takes the event alone (EPOLLEXCLUSIVE). Asked inside of the kernel.
   * Null, as at first: always told. Source: WQ_FLAG_EXCLUSIVE.
   */
  exclusive: ((mask: number) => boolean) | null;
  /** @internal The queue it waits in. */
  queue: WaitQueueHead | null;
  /** @internal */
  next: WaitEntry | null;
  /** @internal */
  prev: WaitEntry | null;
  /** @internal Masks to tell it. */
  mask: number;
  /** @internal Was it woken, and not told yet? */
  woken: boolean;
  /** @internal Is it in the kernel's list of those to be told? */
  listed: boolean;
  /** @internal */
  nextWoken: WaitEntry | null;

  constructor(func: (mask: number) => void) {
    this.func = func;
    this.exclusive = null;
    this.queue = null;
    this.next = null;
    this.prev = null;
    this.mask = 0;
    this.woken = false;
    this.listed = false;
    this.nextWoken = null;
  }
}

/**
 * Those who wait for one thing, in the order of coming. Source: struct wait_queue_head.
 * @alpha
 */
export class WaitQueueHead {
  /** @internal */
  head: WaitEntry | null;
  private tail: WaitEntry | null;

  constructor() {
    this.head = null;
    this.tail = null;
  }

  /** Does anybody wait? Source: waitqueue_active. */
  get active(): boolean {
    return this.head !== null;
  }

  /** Lets `e` wait here, until it is removed: being woken does not remove it. An entry waits in one queue at a time; it leaves another. */
  add(e: WaitEntry): void {
    if (e.queue !== null) e.queue.remove(e);
    e.queue = this;
    e.prev = this.tail;
    if (this.tail === null) this.head = e;
    else this.tail.next = e;
    this.tail = e;
  }

  /** `e` waits no more. If it was woken and not told yet, it will not be told. Not here: nothing happens. */
  remove(e: WaitEntry): void {
    if (e.queue !== this) return;
    if (e.prev === null) this.head = e.next;
    else e.prev.next = e.next;
    if (e.next === null) this.tail = e.prev;
    else e.next.prev = e.prev;
    e.next = null;
    e.prev = null;
    e.queue = null;
    e.mask = 0;
    e.woken = false;
  }
}

/**
 * Wakes all who wait in `wq`: each is told `mask` (EPOLLIN and so on) once the kernel has been left. Allocates nothing. Source: wake_up_poll.
 * @alpha
 */
export function wakeUpPoll(k: Kernel, wq: WaitQueueHead, mask: number): void {
  if (wq.head === null) return;
  if (k.depth === 0) {
    k.enter();
    wakeAll(k, wq, mask);
    k.exit();
    return;
  }
  wakeAll(k, wq, mask);
}

function wakeAll(k: Kernel, wq: WaitQueueHead, mask: number): void {
  let taken = false;
  for (let e: WaitEntry | null = wq.head; e !== null; e = e.next) {
    if (e.exclusive !== null) {
      if (taken) continue;
      // Asked first: one that is woken already has an event to see to.
      taken = !e.woken && e.exclusive(mask);
    }
    k.woken.mark(e, mask);
  }
}

/**
 * Those who were woken and are to be told, in the order of waking.
 * @alpha
 */
export class WokenList {
  /** @internal */
  head: WaitEntry | null;
  private tail: WaitEntry | null;

  constructor() {
    this.head = null;
    this.tail = null;
  }

  /** Adds `mask` to what `e` will be told. */
  mark(e: WaitEntry, mask: number): void {
    e.mask |= mask;
    e.woken = true;
    if (e.listed) return;
    e.listed = true;
    if (this.tail === null) this.head = e;
    else this.tail.nextWoken = e;
    this.tail = e;
  }

  /** Tells at most `budget` of them. What they throw goes to `failed`. */
  deliver(budget: number, failed: (error: unknown) => void): void {
    for (let left = budget; left > 0; left--) {
      const e: WaitEntry | null = this.head;
      if (e === null) return;
      this.head = e.nextWoken;
      if (this.head === null) this.tail = null;
      e.nextWoken = null;
      e.listed = false;
      if (!e.woken) continue;
      const mask = e.mask;
      e.mask = 0;
      e.woken = false;
      try {
        e.func(mask);
      } catch (error) {
        failed(error);
      }
    }
  }
}
