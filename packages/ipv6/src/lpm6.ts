/**
 * Longest-prefix match over 128-bit addresses: a binary trie without one-child chains, all of whose nodes are records of eight words in one Int32Array.
 *
 * A search follows the bits of the address without looking at the prefixes that it passes, down to the end, and then goes back up over the prefixes on its way
 * until one contains the address: the last one nearly always does. So a search reads one word of a record at each step.
 *
 * A big table has a shortcut as well: by the first bits of the address the record at which the search comes below those bits; or, where only a few prefixes are, a list of
 * them, so that all is found in one place of the memory. It is filled by searches, and a change makes unknown again what it concerns.
 */

const EMPTY_NODES = 8;
/** Words of a record: children for a bit of 0 and 1, parent, length with the mark of a leaf, four words of prefix. */
const WORDS = 8;
const PARENT = 2;
const LEN = 3;
const PREFIX = 4;
/** Bits of the shortcut, and from how many prefixes on (it goes below a quarter of that). */
const JUMPS: readonly { readonly bits: number; readonly from: number }[] = [{ bits: 16, from: 1024 }, { bits: 20, from: 50_000 }];
/** In the shortcut: not known. Else the first record of at least so many bits that begins with these (> 0), or the longest one of fewer that contains them, negative (0: none). */
const UNKNOWN = -0x80000000;
/** Or this and the place of a list: of each prefix two words, their masks and its leaf, longer ones first; at the end the leaf that contains them all, with a mask of 0. */
const LIST = 0x40000000;
const ENTRY = 5;
/** The longest list, without its end. */
const FEW = 8;
const EMPTY: Int32Array = new Int32Array(0);

/** Set in a record's length when its prefix is in the table, not only a fork. */
const LEAF = 256;

function bitOf(p0: number, p1: number, p2: number, p3: number, bit: number): number {
  const w = bit < 32 ? p0 : bit < 64 ? p1 : bit < 96 ? p2 : p3;
  return (w >>> (31 - (bit & 31))) & 1;
}

/**
 * Prefixes to leaf numbers: small positive integers, reused after removal; 0 means «none». Control operations may allocate, {@link Lpm6.find} and
 * {@link Lpm6.cover} never do.
 * @alpha
 */
export class Lpm6 {
  /** Number of prefixes. */
  count: number;
  private nodes: Int32Array;
  private root: number;
  private top: number;
  private free: number;
  private jump: Int32Array;
  private jumpBits: number;
  private lists: Int32Array;
  private listTop: number;

  constructor() {
    this.count = 0;
    this.nodes = new Int32Array(EMPTY_NODES * WORDS);
    this.root = 0;
    this.top = 1;
    this.free = 0;
    this.jump = EMPTY;
    this.jumpBits = 0;
    this.lists = EMPTY;
    this.listTop = 0;
  }

  /** Leaf of the longest prefix that contains the address, or 0. */
  find(a0: number, a1: number, a2: number, a3: number): number {
    const n = this.nodes;
    let at = this.root;
    let last = 0;
    let first = 0;
    if (this.jump.length !== 0) {
      first = this.jump[a0 >>> (32 - this.jumpBits)]!;
      if (first === UNKNOWN) first = this.learn(a0);
      if (first >= LIST) {
        const l = this.lists;
        let i = first - LIST;
        while ((((a0 ^ l[i]!) & l[i + 2]!) | ((a1 ^ l[i + 1]!) & l[i + 3]!)) !== 0) i += ENTRY;
        return l[i + 4]!;
      }
      // It contains the address.
      if (first === 0) return 0;
      if (first < 0) return n[(-first << 3) + LEN]! >= LEAF ? -first : this.cover(-first);
      at = first;
    }
    while (at !== 0) {
      const o = at << 3;
      const len = n[o + LEN]!;
      if (len >= LEAF) last = at;
      const bit = len & 255;
      if (bit === 128) break;
      const w = bit < 32 ? a0 : bit < 64 ? a1 : bit < 96 ? a2 : a3;
      at = n[o + ((w >>> (31 - (bit & 31))) & 1)]!;
    }
    if (last === 0 && first !== 0) last = this.cover(first);
    while (last !== 0 && !this.contains(last, a0, a1, a2, a3)) last = this.cover(last);
    return last;
  }

  /** Leaf of the longest prefix that contains that of `leaf` and is shorter, or 0. */
  cover(leaf: number): number {
    const n = this.nodes;
    let at = n[(leaf << 3) + PARENT]!;
    while (at !== 0 && n[(at << 3) + LEN]! < LEAF) at = n[(at << 3) + PARENT]!;
    return at;
  }

  /** Leaf of exactly this prefix (host bits zero), or 0. */
  exact(p: Int32Array, plen: number): number {
    const n = this.nodes;
    let at = this.root;
    while (at !== 0) {
      const o = at << 3;
      const len = n[o + LEN]! & 255;
      if (len >= plen) {
        if (len > plen || n[o + LEN]! < LEAF) return 0;
        return n[o + 4] === p[0] && n[o + 5] === p[1] && n[o + 6] === p[2] && n[o + 7] === p[3] ? at : 0;
      }
      at = n[o + bitOf(p[0]!, p[1]!, p[2]!, p[3]!, len)]!;
    }
    return 0;
  }

  /** The prefix length of a leaf. */
  plen(leaf: number): number {
    return this.nodes[(leaf << 3) + LEN]! & 255;
  }

  /** Adds a prefix that is not there yet (host bits must be zero); returns its leaf. */
  insert(p: Int32Array, plen: number): number {
    this.count++;
    this.resize();
    // Down to a node that contains the prefix no more: that is where it forks off.
    let parent = 0;
    let at = this.root;
    let common = 0;
    while (at !== 0) {
      const len = this.plen(at);
      common = this.commonBits(at, p, Math.min(len, plen));
      if (common < len) break;
      if (len === plen) {
        this.nodes[(at << 3) + LEN] = plen | LEAF;
        this.forget(p[0]!, plen);
        return at;
      }
      parent = at;
      at = this.nodes[(at << 3) + bitOf(p[0]!, p[1]!, p[2]!, p[3]!, len)]!;
    }
    const leaf = this.newNode(p, plen, true);
    this.forget(p[0]!, at === 0 ? plen : common);
    if (at === 0) {
      this.setChild(parent, leaf, p);
      return leaf;
    }
    if (common === plen) {
      // The node found lies inside of the new prefix.
      this.setChild(parent, leaf, p);
      this.hang(leaf, at);
      return leaf;
    }
    const q = this.prefixOf(at);
    for (let i = 0; i < 4; i++) q[i] = p[i]! & maskWord(common, i);
    const fork = this.newNode(q, common, false);
    this.setChild(parent, fork, q);
    this.hang(fork, at);
    this.hang(fork, leaf);
    return leaf;
  }

  /** Removes a leaf; its number may be reused by the next insert. */
  remove(leaf: number): void {
    this.count--;
    const n = this.nodes;
    const o = leaf << 3;
    n[o + LEN] = n[o + LEN]! & 255;
    this.forget(n[o + PREFIX]!, n[o + LEN]!);
    this.tidy(leaf);
    this.resize();
  }

  /** Calls `fn` for each leaf in the order in which Linux walks a table: what lies inside of a prefix before the prefix itself. `fn` may remove the leaf that it is given. */
  walk(fn: (leaf: number) => void): void {
    for (const leaf of this.list()) fn(leaf);
  }

  /** The leaves in the order of {@link Lpm6.walk}. */
  list(): number[] {
    const out: number[] = [];
    const n = this.nodes;
    // Children first: an explicit stack, each node entered twice.
    const stack: number[] = this.root === 0 ? [] : [this.root];
    while (stack.length > 0) {
      const at = stack.pop()!;
      if (at < 0) {
        if (n[(-at << 3) + LEN]! >= LEAF) out.push(-at);
        continue;
      }
      stack.push(-at);
      const right = n[(at << 3) + 1]!;
      const left = n[at << 3]!;
      if (right !== 0) stack.push(right);
      if (left !== 0) stack.push(left);
    }
    return out;
  }

  /** Bytes held by the nodes. */
  bytes(): number {
    return this.nodes.byteLength + this.jump.byteLength + this.lists.byteLength;
  }

  /** Gives the shortcut the size that the table calls for. */
  private resize(): void {
    let bits = 0;
    for (const j of JUMPS) if (this.count > (this.jumpBits >= j.bits ? j.from >> 2 : j.from)) bits = j.bits;
    if (bits === this.jumpBits) return;
    this.jumpBits = bits;
    this.jump = bits === 0 ? EMPTY : new Int32Array(1 << bits).fill(UNKNOWN);
    this.lists = EMPTY;
    this.listTop = 0;
  }

  /** Forgets the shortcuts of the addresses that begin with the first `bits` of a word. */
  private forget(word: number, bits: number): void {
    const { jump, jumpBits } = this;
    if (jump.length === 0) return;
    const below = Math.max(jumpBits - bits, 0);
    const from = ((word >>> (32 - jumpBits)) >>> below) << below;
    jump.fill(UNKNOWN, from, from + (1 << below));
  }

  /** Finds a shortcut. */
  private learn(a0: number): number {
    const n = this.nodes;
    const bits = this.jumpBits;
    let found = 0;
    for (let at = this.root; at !== 0; ) {
      const o = at << 3;
      const len = n[o + LEN]! & 255;
      const same = Math.min(len, bits);
      if (same !== 0 && (a0 ^ n[o + PREFIX]!) >>> (32 - same) !== 0) break;
      if (len >= bits) {
        found = at;
        break;
      }
      found = -at;
      at = n[o + ((a0 >>> (31 - len)) & 1)]!;
    }
    if (found > 0) found = this.listOf(found) || found;
    this.jump[a0 >>> (32 - bits)] = found;
    return found;
  }

  /** Makes the list of the leaves from a record on, if they are few and none is longer than 64 bits; else 0. */
  private listOf(first: number): number {
    const n = this.nodes;
    const leaves: number[] = []; // datapath-ok: once until the next change
    const stack = [first]; // datapath-ok: once until the next change
    while (stack.length > 0) {
      const at = stack.pop()!;
      const len = n[(at << 3) + LEN]!;
      if (len >= LEAF && (leaves.push(at) > FEW || (len & 255) > 64)) return 0;
      for (let side = 0; side < 2; side++) if (n[(at << 3) + side] !== 0) stack.push(n[(at << 3) + side]!);
    }
    leaves.sort((a, b) => this.plen(b) - this.plen(a)); // datapath-ok: once until the next change
    const place = this.listRoom(ENTRY * (leaves.length + 1));
    const l = this.lists;
    let i = place;
    for (const leaf of leaves) {
      const len = this.plen(leaf);
      l[i] = n[(leaf << 3) + PREFIX]!;
      l[i + 1] = n[(leaf << 3) + PREFIX + 1]!;
      l[i + 2] = maskWord(len, 0);
      l[i + 3] = maskWord(len, 1);
      l[i + 4] = leaf;
      i += ENTRY;
    }
    l.fill(0, i, i + 4);
    l[i + 4] = this.cover(first);
    return LIST + place;
  }

  /** Room for a list. What changes have made unknown is never given back: when too much is, all lists are begun anew. */
  private listRoom(words: number): number {
    if (this.listTop + words > this.lists.length) {
      // No leaf is in two lists, and each list has one: all of them have not more words than this.
      if (this.lists.length >= 4 * ENTRY * this.count) {
        this.jump.fill(UNKNOWN);
        this.listTop = 0;
      } else {
        const bigger = new Int32Array(Math.max(1024, 2 * this.lists.length));
        bigger.set(this.lists);
        this.lists = bigger;
      }
    }
    this.listTop += words;
    return this.listTop - words;
  }

  private contains(at: number, a0: number, a1: number, a2: number, a3: number): boolean {
    const n = this.nodes;
    const o = at << 3;
    const plen = n[o + LEN]! & 255;
    if (plen === 0) return true;
    let x = a0 ^ n[o + 4]!;
    if (plen <= 32) return x >>> (32 - plen) === 0;
    if (x !== 0) return false;
    x = a1 ^ n[o + 5]!;
    if (plen <= 64) return x >>> (64 - plen) === 0;
    if (x !== 0) return false;
    x = a2 ^ n[o + 6]!;
    if (plen <= 96) return x >>> (96 - plen) === 0;
    if (x !== 0) return false;
    return (a3 ^ n[o + 7]!) >>> (128 - plen) === 0;
  }

  private commonBits(at: number, p: Int32Array, max: number): number {
    const o = at << 3;
    for (let i = 0; i < 4; i++) {
      const x = this.nodes[o + PREFIX + i]! ^ p[i]!;
      if (x !== 0) return Math.min((i << 5) + Math.clz32(x), max);
    }
    return max;
  }

  private prefixOf(at: number): Int32Array {
    return this.nodes.slice((at << 3) + PREFIX, (at << 3) + PREFIX + 4); // datapath-ok: configuration
  }

  private newNode(p: Int32Array, plen: number, leaf: boolean): number {
    let at = this.free;
    if (at !== 0) {
      this.free = this.nodes[at << 3]!;
    } else {
      at = this.top++;
      if ((at + 1) * WORDS > this.nodes.length) {
        const bigger = new Int32Array(this.nodes.length * 2);
        bigger.set(this.nodes);
        this.nodes = bigger;
      }
    }
    const o = at << 3;
    const n = this.nodes;
    n[o] = 0;
    n[o + 1] = 0;
    n[o + PARENT] = 0;
    n[o + LEN] = leaf ? plen | LEAF : plen;
    for (let i = 0; i < 4; i++) n[o + PREFIX + i] = p[i]!;
    return at;
  }

  /** Puts `child` below `parent` (0: at the root), on the side that `p` says. */
  private setChild(parent: number, child: number, p: Int32Array): void {
    if (parent === 0) this.root = child;
    else this.nodes[(parent << 3) + bitOf(p[0]!, p[1]!, p[2]!, p[3]!, this.plen(parent))] = child;
    this.nodes[(child << 3) + PARENT] = parent;
  }

  /** Puts a node below another, on the side of its own prefix. */
  private hang(parent: number, child: number): void {
    this.setChild(parent, child, this.prefixOf(child));
  }

  /** Takes a node out that is no leaf and no fork any more; then perhaps the fork above it. */
  private tidy(at: number): void {
    const n = this.nodes;
    const o = at << 3;
    if (n[o + LEN]! >= LEAF) return;
    const left = n[o]!;
    const right = n[o + 1]!;
    if (left !== 0 && right !== 0) return;
    this.forget(n[o + PREFIX]!, n[o + LEN]! & 255);
    const child = left !== 0 ? left : right;
    const parent = n[o + PARENT]!;
    if (parent === 0) this.root = child;
    else n[(parent << 3) + (n[parent << 3] === at ? 0 : 1)] = child;
    if (child !== 0) n[(child << 3) + PARENT] = parent;
    n[o] = this.free;
    this.free = at;
    if (child === 0 && parent !== 0) this.tidy(parent);
  }
}

function maskWord(plen: number, i: number): number {
  const n = plen - (i << 5);
  return n <= 0 ? 0 : n >= 32 ? -1 : -1 << (32 - n);
}
