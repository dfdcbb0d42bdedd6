/**
 * The name of a slot in a {@link Kernel} or a {@link Net}, typed by what lies in it. Compared by identity: two keys of one name are two slots.
 * @public
 */
export interface Key<T> {
  /** The module's name; it appears in the error of a slot that is empty. */
  readonly name: string;
  /** Its place in the slots of every kernel and net. */
  readonly index: number;
  /** Only carries the type; never set. */
  readonly valueType?: T;
}

// Only numbers the keys, alike for all kernels: a slot is then an array load, cheap enough for the packet path.
let keys = 0; // state-ok: numbers of keys, nothing of a kernel

/**
 * Makes a key. By convention its name is that of the module that fills it.
 * @public
 */
export function defineKey<T>(name: string): Key<T> {
  return Object.freeze({ name, index: keys++ });
}
