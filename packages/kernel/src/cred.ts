import type { Kernel } from './kernel.ts';

/** The highest capability number of Linux 6.18. */
const CAP_LAST = 40;

/**
 * Who makes a system call: user, groups, and the capabilities in force (struct cred, credentials(7), capabilities(7)). Never changes: to become
 * somebody else is to take another one.
 * @public
 */
export class Cred {
  /** Effective user id. */
  readonly uid: number;
  /** Effective group id. */
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  private readonly capLo: number;
  private readonly capHi: number;

  /** `caps` are numbers as `CAP_NET_ADMIN`; by default user 0 has all of them and others none. */
  constructor(uid: number = 0, gid: number = uid, groups: readonly number[] = [], caps: Iterable<number> | null = null) {
    this.uid = uid;
    this.gid = gid;
    this.groups = Object.freeze([...groups]);
    let lo = 0;
    let hi = 0;
    const all = Array.from({ length: CAP_LAST + 1 }, (_, i) => i);
    for (const cap of caps ?? (uid === 0 ? all : [])) {
      if (cap < 32) lo |= 1 << cap;
      else hi |= 1 << (cap - 32);
    }
    this.capLo = lo;
    this.capHi = hi;
  }

  /** Has it this capability? */
  has(cap: number): boolean {
    return cap < 32 ? (this.capLo & (1 << cap)) !== 0 : (this.capHi & (1 << (cap - 32))) !== 0;
  }

  /** Is it a member of this group, by its own or a supplementary one? (in_egroup_p) */
  inGroup(gid: number): boolean {
    return this.gid === gid || this.groups.includes(gid);
  }

  /** All capabilities that it has, lowest first. */
  capabilities(): number[] {
    const out: number[] = [];
    for (let cap = 0; cap <= CAP_LAST; cap++) if (this.has(cap)) out.push(cap);
    return out;
  }
}

/** The almighty: who calls when no task does. @alpha */
export const ROOT_CRED: Cred = new Cred();

/**
 * May who is calling now use this capability? (capable, ns_capable: there is one user namespace). Outside of the system calls of a task the caller is
 * the machine's own program, which may do everything.
 * @alpha
 */
export function capable(k: Kernel, cap: number): boolean {
  return k.cred.has(cap);
}
