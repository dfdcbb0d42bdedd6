/** The label table of source selection (RFC 6724 2.1; ip-addrlabel(8)). */
// datapath-ok-file: configuration
import { EEXIST, EINVAL, ESRCH } from '@linnet/kernel';
import { a6Equal, a6Prefix, a6PrefixEqual } from './addr6.ts';

/** One entry (struct ip6addrlbl_entry). @alpha */
export class AddrlabelEntry {
  readonly prefix: Int32Array;
  readonly plen: number;
  readonly ifindex: number;
  label: number;
  constructor(prefix: Int32Array, plen: number, ifindex: number, label: number) {
    this.prefix = prefix;
    this.plen = plen;
    this.ifindex = ifindex;
    this.label = label;
  }
}

/** The entries that every namespace begins with, read from Linux 6.18: RFC 6724's, and RFC 5156's blocks; last the one that is asked first. */
const DEFAULTS: readonly (readonly [a0: number, a1: number, a2: number, a3: number, plen: number, label: number])[] = [
  [0, 0, 0, 0, 0, 1], [0xfc000000 | 0, 0, 0, 0, 7, 5], [0xfec00000 | 0, 0, 0, 0, 10, 11], [0x20020000, 0, 0, 0, 16, 2], [0x3ffe0000, 0, 0, 0, 16, 12],
  [0x20010010, 0, 0, 0, 28, 7], [0x20010000, 0, 0, 0, 32, 6], [0, 0, 0xffff, 0, 96, 4], [0, 0, 0, 0, 96, 3], [0, 0, 0, 1, 128, 0],
];

/** The table of one namespace, longer prefixes first. @alpha */
export class AddrlabelTable {
  readonly entries: AddrlabelEntry[];
  /** Counts changes, as each message says. */
  seq: number;

  constructor() {
    this.entries = [];
    this.seq = 0;
    for (const [a0, a1, a2, a3, plen, label] of DEFAULTS) this.add(Int32Array.of(a0, a1, a2, a3), plen, 0, label, true, false);
  }

  /** The label of an address on an interface (ipv6_addr_label); 0xffffffff without any entry. */
  label(a: Int32Array, ifindex: number): number {
    const { entries } = this;
    for (let i = 0; i < entries.length; i++) {
      const e = entries[i]!;
      if ((e.ifindex === 0 || e.ifindex === ifindex) && a6PrefixEqual(a, e.prefix, e.plen)) return e.label;
    }
    return 0xffffffff;
  }

  /** The entry by which {@link AddrlabelTable.label} answers, or null. */
  find(a: Int32Array, ifindex: number): AddrlabelEntry | null {
    return this.entries.find((e) => (e.ifindex === 0 || e.ifindex === ifindex) && a6PrefixEqual(a, e.prefix, e.plen)) ?? null;
  }

  /** Adds an entry: -EEXIST when it is there and may not be replaced, -EINVAL for what makes no sense. */
  add(prefix: Int32Array, plen: number, ifindex: number, label: number, create: boolean, replace: boolean): number {
    if (plen > 128 || label >>> 0 === 0xffffffff) return -EINVAL;
    const p = new Int32Array(4);
    a6Prefix(p, prefix, plen);
    // Longer prefixes are found first; of one length those of a device come before those of all, and newer before older.
    let at = this.entries.findIndex((e) => (e.plen === plen && e.ifindex === 0) || e.plen < plen);
    if (at < 0) at = this.entries.length;
    // One that stands behind the new one's place is not looked for, and hidden by it (observed: Linux 6.18 takes 2002::/16 once more, but no second time).
    const old = this.entries.findIndex((e, i) => i <= at && e.plen === plen && e.ifindex === ifindex && a6Equal(e.prefix, p));
    if (old >= 0) {
      if (!replace) return -EEXIST;
      this.entries[old] = new AddrlabelEntry(p, plen, ifindex, label);
      this.seq++;
      return 0;
    }
    if (!create) return -ESRCH;
    this.entries.splice(at, 0, new AddrlabelEntry(p, plen, ifindex, label));
    this.seq++;
    return 0;
  }

  /** Removes an entry. 0 or -ESRCH. */
  del(prefix: Int32Array, plen: number, ifindex: number): number {
    const p = new Int32Array(4);
    a6Prefix(p, prefix, plen);
    const i = this.entries.findIndex((e) => e.plen === plen && e.ifindex === ifindex && a6Equal(e.prefix, p));
    if (i < 0) return -ESRCH;
    this.entries.splice(i, 1);
    return 0;
  }
}
