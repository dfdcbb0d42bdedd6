/** Does not care. @alpha */
export const NOTIFY_DONE = 0x0000;
/** Has heard, and approves. @alpha */
export const NOTIFY_OK = 0x0001;
/** Set in a value that ends the calls. @alpha */
export const NOTIFY_STOP_MASK = 0x8000;
/** Objects: the calls end, and the caller undoes what it was about to do. @alpha */
export const NOTIFY_BAD = 0x8002;
/** Approves, and no one else need be asked. @alpha */
export const NOTIFY_STOP = 0x8001;

/** Turns a negative error number into a value that ends the calls and carries it; 0 gives NOTIFY_OK. Source: notifier_from_errno. @alpha */
export function notifierFromErrno(err: number): number {
  return err === 0 ? NOTIFY_OK : NOTIFY_STOP_MASK | (NOTIFY_OK - err);
}

/** The error number in a chain's result: negative, or 0. Source: notifier_to_errno. @alpha */
export function notifierToErrno(ret: number): number {
  const value = ret & ~NOTIFY_STOP_MASK;
  return value > NOTIFY_OK ? NOTIFY_OK - value : 0;
}

interface Notifier<A, B> {
  readonly fn: (event: A, data: B) => number;
  readonly priority: number;
}

/**
 * Functions to be told of events, the highest priority first, then in the order of registering. Registering and unregistering during a
 * call count from the next call. Source: struct raw_notifier_head.
 * @alpha
 */
export class NotifierChain<A, B> {
  /** Replaced, never changed, so that a call goes through the chain as it was. */
  private chain: readonly Notifier<A, B>[];

  constructor() {
    this.chain = [];
  }

  /** Adds `fn`; it returns NOTIFY_DONE or another of these constants. The same function may be added once only: a second time is nothing. */
  register(fn: (event: A, data: B) => number, priority = 0): void {
    if (this.chain.some((n) => n.fn === fn)) return;
    const at = this.chain.findIndex((n) => n.priority < priority);
    this.chain = this.chain.toSpliced(at === -1 ? this.chain.length : at, 0, { fn, priority });
  }

  /** Removes `fn`; not there: nothing happens. */
  unregister(fn: (event: A, data: B) => number): void {
    this.chain = this.chain.filter((n) => n.fn !== fn);
  }

  /** Calls all, until one returns a value with NOTIFY_STOP_MASK. Returns the last value; NOTIFY_DONE from an empty chain. */
  call(event: A, data: B): number {
    let ret = NOTIFY_DONE;
    for (const n of this.chain) {
      ret = n.fn(event, data);
      if ((ret & NOTIFY_STOP_MASK) !== 0) break;
    }
    return ret;
  }
}
