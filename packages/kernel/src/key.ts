/**
 * The name of a slot in a {@link Kernel} or a {@link Net}, typed by what lies in it. Compared by identity: two keys of one name are two slots.
 * @public
 */
export interface Key<T> {
  /** The module's name; it appears in the error of a slot that is empty. */
  readonly name: string;
  /** Only carries the type; never set. */
  readonly valueType?: T;
}

/**
 * Makes a key. By convention its name is that of the module that fills it.
 * @public
 */
export function defineKey<T>(name: string): Key<T> {
  return Object.freeze({ name });
}
