import { EACCES, EINVAL, ENOENT } from './errno.ts';
import { jiffiesToMsecs, msecsToJiffies } from './jiffies.ts';

/**
 * One sysctl. {@link sysctlInt} and its sisters make them.
 * @public
 */
export interface SysctlEntry {
  /** The value as the file shows it, without the final newline. */
  get(): string;
  /** Takes a new value; returns 0 or a negative error number. Absent: the entry is read-only. */
  set?(value: string): number;
  /** Permission bits where they are not 0644 (0444 without `set`): 0200 for `flush`, 0600 for a key. */
  readonly mode?: number;
}

/**
 * Settings by path. A path is written 'net/ipv4/ip_forward' or 'net.ipv4.ip_forward'; what separates is the character that comes first,
 * and in the dotted form a slash stands for a dot in a name ('net.ipv4.conf.eth0/100.forwarding'), as in sysctl(8).
 * @public
 */
export class SysctlTree {
  private readonly entries: Map<string, SysctlEntry>;
  private readonly parent: SysctlTree | null;

  /** With a parent, a path that is not here is looked up there. */
  constructor(parent: SysctlTree | null = null) {
    this.entries = new Map();
    this.parent = parent;
  }

  /** Adds an entry, or replaces it. */
  register(path: string, entry: SysctlEntry): void {
    this.entries.set(normalise(path), entry);
  }

  /** Removes an entry, or all below a directory ('net/ipv4/conf/eth0'). Nothing there: nothing happens. */
  unregister(path: string): void {
    const name = normalise(path);
    for (const key of this.entries.keys()) if (key === name || key.startsWith(`${name}/`)) this.entries.delete(key);
  }

  /** The value, without a newline; null if there is no such entry. */
  read(path: string): string | null {
    return this.find(normalise(path))?.get() ?? null;
  }

  /** Sets the value. Returns 0, -ENOENT, -EACCES if the entry is read-only, or the entry's own negative error number (-EINVAL). */
  write(path: string, value: string): number {
    const entry = this.find(normalise(path));
    if (entry === null) return -ENOENT;
    return entry.set === undefined ? -EACCES : entry.set(value);
  }

  /** Can the entry be written? Null if there is no such entry. */
  writable(path: string): boolean | null {
    const entry = this.find(normalise(path));
    return entry === null ? null : entry.set !== undefined;
  }

  /** The permission bits of the entry's file; 0 if there is no such entry. */
  mode(path: string): number {
    const entry = this.find(normalise(path));
    if (entry === null) return 0;
    return entry.mode ?? (entry.set === undefined ? 0o444 : 0o644);
  }

  /** Is the entry here, and not only in the parent? */
  owns(path: string): boolean {
    return this.entries.has(normalise(path));
  }

  /** The paths, with slashes, of all entries below a directory ('' for all), sorted, those of the parent too. */
  list(prefix = ''): string[] {
    const dir = normalise(prefix);
    const names = new Set(this.parent?.list(dir));
    for (const name of this.entries.keys()) if (dir === '' || name === dir || name.startsWith(`${dir}/`)) names.add(name);
    return [...names].sort();
  }

  private find(name: string): SysctlEntry | null {
    return this.entries.get(name) ?? this.parent?.find(name) ?? null;
  }
}

/** A path with slashes between names; dots are parts of names. */
function normalise(path: string): string {
  const trimmed = path.replace(/^\/+(proc\/+sys(\/+|$))?/, '').replace(/\/+$/, '');
  const separator = /[./]/.exec(trimmed)?.[0];
  if (separator !== '.') return trimmed;
  return trimmed.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'));
}

/**
 * Reads integers as the kernel's own parser of sysctls does: separated by white space; decimal, 0x hexadecimal or 0 octal, with a sign.
 * Null if something else is there, or no number at all. At most `count` are read; what follows them is left alone.
 */
function parseIntegers(text: string, count: number): number[] | null {
  const out: number[] = [];
  let rest = text.trimStart();
  while (rest !== '' && out.length < count) {
    const m = /^(-?)(0[xX][0-9a-fA-F]+|[0-9]+)(?=\s|\0|$)/.exec(rest);
    if (m === null) return null;
    const digits = m[2]!;
    const octal = /^0[0-7]+$/.test(digits);
    if (/^0[0-9]*[89]/.test(digits)) return null;
    const value = octal ? Number.parseInt(digits, 8) : Number(digits);
    out.push(m[1] === '-' ? 0 - value : value);
    rest = rest.slice(m[0].length).replace(/^[\s\0]+/, '');
  }
  return out.length === 0 ? null : out;
}

const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;

/**
 * The bounds of an integer entry; by default those of an int32.
 * @public
 */
export interface SysctlRange {
  readonly min?: number;
  readonly max?: number;
}

/**
 * An integer. What is no number or out of bounds is refused with -EINVAL. Source: proc_dointvec_minmax.
 * @public
 */
export function sysctlInt(get: () => number, set: ((value: number) => void) | null, range: SysctlRange = {}): SysctlEntry {
  return sysctlIntVec(() => [get()], set === null ? null : (values): void => set(values[0]!), range);
}

/**
 * Several integers, shown with tabs between them. Writing fewer leaves the rest as it is; `set` always gets all of them.
 * @public
 */
export function sysctlIntVec(get: () => readonly number[], set: ((values: number[]) => void) | null, range: SysctlRange = {}): SysctlEntry {
  const show = (): string => get().join('\t');
  if (set === null) return { get: show };
  const min = range.min ?? INT_MIN;
  const max = range.max ?? INT_MAX;
  return {
    get: show,
    set: (text): number => {
      const old = get();
      const values = parseIntegers(text, old.length);
      if (values === null || values.some((v) => v < min || v > max)) return -EINVAL;
      set([...values, ...old.slice(values.length)]);
      return 0;
    },
  };
}

/**
 * A flag, 0 or 1. Source: proc_dobool, proc_dou8vec_minmax with 0 and 1.
 * @public
 */
export function sysctlBool(get: () => boolean, set: ((value: boolean) => void) | null): SysctlEntry {
  return sysctlInt(() => (get() ? 1 : 0), set === null ? null : (v): void => set(v !== 0), { min: 0, max: 1 });
}

/**
 * A time that is kept in jiffies and shown in seconds. Source: proc_dointvec_jiffies.
 * @public
 */
export function sysctlSecondsJiffies(get: () => number, set: ((jiffies: number) => void) | null): SysctlEntry {
  return sysctlInt(
    () => Math.trunc(jiffiesToMsecs(get()) / 1000),
    set === null ? null : (v): void => set(msecsToJiffies(v * 1000)),
    { min: 0, max: Math.floor(INT_MAX / 1000) },
  );
}

/**
 * A time that is kept in jiffies and shown in milliseconds. Source: proc_dointvec_ms_jiffies.
 * @public
 */
export function sysctlMsJiffies(get: () => number, set: ((jiffies: number) => void) | null, range: SysctlRange = {}): SysctlEntry {
  return sysctlInt(
    () => jiffiesToMsecs(get()),
    set === null ? null : (v): void => set(msecsToJiffies(v)),
    { min: range.min ?? 0, max: range.max ?? INT_MAX },
  );
}

/**
 * A line of text of at most `maxLength` characters; what is longer is cut, and the value ends at the first newline. Source: proc_dostring.
 * @public
 */
export function sysctlString(get: () => string, set: ((value: string) => number | void) | null, maxLength = 255): SysctlEntry {
  if (set === null) return { get };
  return {
    get,
    set: (text): number => set(/^[^\n\0]*/.exec(text)![0].slice(0, maxLength)) ?? 0,
  };
}
