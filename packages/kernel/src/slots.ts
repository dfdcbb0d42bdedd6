import type { Key } from './key.ts';

/**
 * What modules keep in a kernel or in a net, by key. Looked up when something is set up, never per packet.
 * @public
 */
export class Slots {
  /** @internal */
  readonly slots: Map<Key<unknown>, unknown>;

  constructor() {
    this.slots = new Map();
  }

  /** The value under `key`. Throws «module "tcp" is not in this stack» if nothing was set. */
  get<T>(key: Key<T>): T {
    const value = this.slots.get(key);
    if (value === undefined) throw new Error(`module "${key.name}" is not in this stack`);
    return value as T;
  }

  /** The value under `key`, or null: for features that a stack may lack. */
  tryGet<T>(key: Key<T>): T | null {
    const value = this.slots.get(key);
    return value === undefined ? null : (value as T);
  }

  /** Fills a slot, or replaces what is in it. */
  set<T>(key: Key<T>, value: T): void {
    this.slots.set(key, value);
  }
}
