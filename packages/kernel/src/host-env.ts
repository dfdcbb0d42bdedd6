/**
 * What Node, browsers and workers have in common and this package needs, reached through globalThis: the package is compiled without the types of
 * any of them. Nothing is kept here.
 */

interface HostPort {
  onmessage: (() => void) | null;
  postMessage(message: null): void;
}

/** A timer of the host: an object in Node, a number in browsers. */
export interface HostTimer {
  ref?(): unknown;
  unref?(): unknown;
}

interface HostGlobals {
  readonly performance: HostPerformance;
  readonly crypto?: { getRandomValues(array: Uint8Array | Uint32Array): unknown };
  readonly setTimeout: (fn: () => void, ms: number) => HostTimer;
  readonly clearTimeout: (timer: HostTimer) => void;
  readonly setImmediate?: (fn: () => void) => unknown;
  readonly MessageChannel?: new () => { readonly port1: HostPort; readonly port2: HostPort };
}

function globals(): HostGlobals {
  return globalThis as unknown as HostGlobals;
}

/** The host's clock: `now` in milliseconds, with a fraction, that only grow, and the milliseconds since 1970 at which it was 0. */
export interface HostPerformance {
  now(): number;
  readonly timeOrigin: number;
}

/** The clock itself, to be kept by who asks it for each packet: `globalThis.performance` is looked up at a price. */
export function hostPerformance(): HostPerformance {
  return globals().performance;
}

/** Starts a timer of the host. */
export function hostSetTimeout(fn: () => void, milliseconds: number): HostTimer {
  return globals().setTimeout(fn, milliseconds);
}

/** Stops a timer of the host. */
export function hostClearTimeout(timer: HostTimer): void {
  globals().clearTimeout(timer);
}

/** Fills an array of at most 65,536 bytes from the host's entropy. Throws where the host has none. */
export function hostRandom(array: Uint8Array | Uint32Array): void {
  const { crypto } = globals();
  if (crypto === undefined) throw new Error('this host has no globalThis.crypto: give the kernel a seed');
  crypto.getRandomValues(array);
}

/** Makes a function that calls what it is given in a later macrotask, in order: setImmediate, else a MessageChannel, else setTimeout. */
export function hostMacrotasks(): (fn: () => void) => void {
  const { setImmediate, MessageChannel } = globals();
  if (setImmediate !== undefined) return (fn) => void setImmediate(fn);
  if (MessageChannel === undefined) return (fn) => void globals().setTimeout(fn, 0);
  const { port1, port2 } = new MessageChannel();
  const queue: (() => void)[] = [];
  port1.onmessage = (): void => queue.shift()?.();
  return (fn) => {
    queue.push(fn);
    port2.postMessage(null);
  };
}
