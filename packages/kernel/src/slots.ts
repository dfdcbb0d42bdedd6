import type { Key } from './key.ts';

/**
 * What modules keep in a kernel or in a net, by key. A look-up is an array load.
 * @public
 */
export class Slots {
  /** @internal */
  readonly slots: unknown[];

  constructor() {
    this.slots = [];
  }

  /** The value under `key`. Throws «module "tcp" is not in this stack» if nothing was set. */
  get<T>(key: Key<T>): T {
    const value = this.slots[key.index];
    if (value === undefined) throw new Error(`module "${key.name}" is not in this stack`);
    return value as T;
  }

  /** The value under `key`, or null: for features that a stack may lack. */
  tryGet<T>(key: Key<T>): T | null {
    const value = this.slots[key.index];
    return value === undefined ? null : (value as T);
  }

  /** Fills a slot, or replaces what is in it. */
  set<T>(key: Key<T>, value: T): void {
    while (this.slots.length <= key.index) this.slots.push(undefined); // no holes: they make every load slower
    this.slots[key.index] = value;
  }
}
