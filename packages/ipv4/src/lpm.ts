/**
 * Longest-prefix match over 32-bit addresses.
 *
 * A table of a few prefixes is one linear scan over dense arrays (a namespace costs hundreds of
 * bytes); a bigger one becomes a multibit trie of stride 8, whose nodes are pages of one Int32Array.
 * A slot holds a leaf (> 0), nothing (0) or a child page (< 0); the leaf that covers a whole child
 * page is kept beside the page (`base`), so a short prefix never has to be pushed into the pages below.
 */

/** Above this many prefixes the table builds its trie, below half of it the trie is dropped again. */
const TRIE_THRESHOLD = 16;

const EMPTY: Int32Array = new Int32Array(0);

function grow32(a: Int32Array, size: number): Int32Array {
  const b = new Int32Array(size);
  b.set(a);
  return b;
}

/**
 * Prefixes to leaf numbers. Leaves are small positive integers, reused after removal; 0 means «none».
 * Control operations may allocate, {@link Lpm4.find} and {@link Lpm4.cover} never do.
 * @alpha
 */
export class Lpm4 {
  /** Number of prefixes. */
  count: number;
  /** Leaf to prefix (int32, host bits zero). */
  prefix: Int32Array;
  /** Leaf to prefix length; -1 on a free leaf. */
  plen: Int8Array;
  private top: number;
  private freeLeaf: number;
  private readonly lens: Int32Array;
  /** Exact match: open addressing by (prefix, plen); 0 empty, -1 deleted. Only beside the trie. */
  private hash: Int32Array;
  private hashUsed: number;
  private slots: Int32Array;
  private base: Int32Array;
  private refs: Int32Array;
  private nodeTop: number;
  private freeNode: number;

  constructor() {
    this.count = 0;
    this.prefix = new Int32Array(8);
    this.plen = new Int8Array(8).fill(-1);
    this.top = 1;
    this.freeLeaf = 0;
    this.lens = new Int32Array(33);
    this.hash = EMPTY;
    this.hashUsed = 0;
    this.slots = EMPTY;
    this.base = EMPTY;
    this.refs = EMPTY;
    this.nodeTop = 0;
    this.freeNode = 0;
  }

  /** Leaf of the longest prefix that contains `addr`, or 0. */
  find(addr: number): number {
    const slots = this.slots;
    if (slots.length === 0) return this.scan(addr, 33);
    const base = this.base;
    let best = base[0]!;
    let v = slots[addr >>> 24]!;
    if (v < 0) {
      let b = base[-v]!;
      if (b !== 0) best = b;
      v = slots[(-v << 8) | ((addr >>> 16) & 255)]!;
      if (v < 0) {
        b = base[-v]!;
        if (b !== 0) best = b;
        v = slots[(-v << 8) | ((addr >>> 8) & 255)]!;
        if (v < 0) {
          b = base[-v]!;
          if (b !== 0) best = b;
          v = slots[(-v << 8) | (addr & 255)]!;
        }
      }
    }
    return v > 0 ? v : best;
  }

  /** Leaf of the longest prefix that contains the prefix of `leaf` and is shorter than it, or 0. */
  cover(leaf: number): number {
    const addr = this.prefix[leaf]!;
    const plen = this.plen[leaf]!;
    if (this.slots.length === 0) return this.scan(addr, plen);
    return this.shorter(addr, plen, 0);
  }

  /** Leaf of exactly this prefix, or 0. */
  exact(prefix: number, plen: number): number {
    if (this.slots.length === 0) {
      for (let i = 1; i < this.top; i++) {
        if (this.plen[i] === plen && this.prefix[i] === prefix) return i;
      }
      return 0;
    }
    const h = this.hash;
    const mask = h.length - 1;
    for (let i = hash2(prefix, plen) & mask; ; i = (i + 1) & mask) {
      const leaf = h[i]!;
      if (leaf === 0) return 0;
      if (leaf > 0 && this.prefix[leaf] === prefix && this.plen[leaf] === plen) return leaf;
    }
  }

  /** Adds a prefix that is not there yet (host bits must be zero); returns its leaf. */
  insert(prefix: number, plen: number): number {
    let leaf = this.freeLeaf;
    if (leaf !== 0) {
      this.freeLeaf = this.prefix[leaf]!;
    } else {
      leaf = this.top++;
      if (leaf >= this.prefix.length) {
        this.prefix = grow32(this.prefix, leaf * 2);
        const p = new Int8Array(leaf * 2).fill(-1);
        p.set(this.plen);
        this.plen = p;
      }
    }
    this.prefix[leaf] = prefix;
    this.plen[leaf] = plen;
    this.lens[plen]!++;
    this.count++;
    if (this.slots.length !== 0) {
      this.hashAdd(leaf);
      this.trieAdd(leaf);
    } else if (this.count > TRIE_THRESHOLD) {
      this.build();
    }
    return leaf;
  }

  /** Removes a leaf; its number may be reused by the next insert. */
  remove(leaf: number): void {
    const prefix = this.prefix[leaf]!;
    const plen = this.plen[leaf]!;
    this.lens[plen]!--;
    this.count--;
    if (this.slots.length !== 0) {
      this.hashDel(leaf);
      this.trieDel(leaf, prefix, plen);
    }
    this.plen[leaf] = -1;
    this.prefix[leaf] = this.freeLeaf;
    this.freeLeaf = leaf;
    if (this.slots.length !== 0 && this.count < TRIE_THRESHOLD / 2) this.drop();
  }

  /** The leaves, or those that `wanted` says, in the order in which Linux walks a table: by address, longer prefixes first. */
  sorted(wanted: ((leaf: number) => boolean) | null = null): number[] {
    const out: number[] = [];
    for (let i = 1; i < this.top; i++) if (this.plen[i]! >= 0 && (wanted === null || wanted(i))) out.push(i);
    return out.sort((a, b) => (this.prefix[a]! >>> 0) - (this.prefix[b]! >>> 0) || this.plen[b]! - this.plen[a]!);
  }

  /** Bytes held by the arrays (for /proc/net/fib_triestat and tests). */
  bytes(): number {
    return (
      this.prefix.byteLength +
      this.plen.byteLength +
      this.lens.byteLength +
      this.hash.byteLength +
      this.slots.byteLength +
      this.base.byteLength +
      this.refs.byteLength
    );
  }

  /** Number of trie pages in use. */
  pages(): number {
    return this.nodeTop;
  }

  /** Longest prefix shorter than `below` bits that contains `addr`, by looking at every leaf. */
  private scan(addr: number, below: number): number {
    const prefix = this.prefix;
    const plens = this.plen;
    const top = this.top;
    let best = 0;
    let bestLen = -1;
    for (let i = 1; i < top; i++) {
      const l = plens[i]!;
      if (l <= bestLen || l >= below) continue;
      if (l === 0 || (addr ^ prefix[i]!) >>> (32 - l) === 0) {
        best = i;
        bestLen = l;
      }
    }
    return best;
  }

  /** Longest prefix of a length in [floor, below) that contains `addr`, by exact probes. */
  private shorter(addr: number, below: number, floor: number): number {
    for (let l = below - 1; l >= floor; l--) {
      if (this.lens[l] === 0) continue;
      const leaf = this.exact(l === 0 ? 0 : addr & (-1 << (32 - l)), l);
      if (leaf !== 0) return leaf;
    }
    return 0;
  }

  private build(): void {
    this.slots = new Int32Array(4 * 256);
    this.base = new Int32Array(4);
    this.refs = new Int32Array(4);
    this.nodeTop = 1;
    this.freeNode = 0;
    this.hash = new Int32Array(64);
    this.hashUsed = 0;
    for (let i = 1; i < this.top; i++) {
      if (this.plen[i]! < 0) continue;
      this.hashAdd(i);
      this.trieAdd(i);
    }
  }

  private drop(): void {
    this.slots = EMPTY;
    this.base = EMPTY;
    this.refs = EMPTY;
    this.hash = EMPTY;
    this.nodeTop = 0;
  }

  private newNode(): number {
    let n = this.freeNode;
    if (n !== 0) {
      this.freeNode = this.base[n]!;
    } else {
      n = this.nodeTop++;
      if (n >= this.base.length) {
        const size = n * 2;
        this.base = grow32(this.base, size);
        this.refs = grow32(this.refs, size);
        this.slots = grow32(this.slots, size * 256);
      }
    }
    this.base[n] = 0;
    this.refs[n] = 0;
    return n;
  }

  private trieAdd(leaf: number): void {
    const addr = this.prefix[leaf]!;
    const plen = this.plen[leaf]!;
    if (plen === 0) {
      this.base[0] = leaf;
      return;
    }
    const level = (plen - 1) >> 3;
    let node = 0;
    for (let l = 0; l < level; l++) {
      const i = (node << 8) | ((addr >>> (24 - 8 * l)) & 255);
      const v = this.slots[i]!;
      if (v < 0) {
        node = -v;
      } else {
        const child = this.newNode();
        this.base[child] = v;
        this.slots[i] = -child;
        this.refs[node]!++;
        node = child;
      }
    }
    this.refs[node]!++;
    const from = (node << 8) | ((addr >>> (24 - 8 * level)) & 255);
    const to = from + (1 << (8 * (level + 1) - plen));
    const { slots, base, plen: plens } = this;
    for (let i = from; i < to; i++) {
      const v = slots[i]!;
      const old = v < 0 ? base[-v]! : v;
      if (old !== 0 && plens[old]! > plen) continue;
      if (v < 0) base[-v] = leaf;
      else slots[i] = leaf;
    }
  }

  private trieDel(leaf: number, addr: number, plen: number): void {
    if (plen === 0) {
      this.base[0] = 0;
      return;
    }
    const level = (plen - 1) >> 3;
    const { slots, base, refs } = this;
    let n1 = 0;
    let n2 = 0;
    let n3 = 0;
    if (level > 0) n1 = -slots[addr >>> 24]!;
    if (level > 1) n2 = -slots[(n1 << 8) | ((addr >>> 16) & 255)]!;
    if (level > 2) n3 = -slots[(n2 << 8) | ((addr >>> 8) & 255)]!;
    const node = level === 0 ? 0 : level === 1 ? n1 : level === 2 ? n2 : n3;
    // What covers the removed prefix within this page; longer strides above are in the page's base.
    const repl = this.shorter(addr, plen, 8 * level + 1);
    const from = (node << 8) | ((addr >>> (24 - 8 * level)) & 255);
    const to = from + (1 << (8 * (level + 1) - plen));
    for (let i = from; i < to; i++) {
      const v = slots[i]!;
      if (v < 0) {
        if (base[-v] === leaf) base[-v] = repl;
      } else if (v === leaf) {
        slots[i] = repl;
      }
    }
    refs[node]!--;
    if (n3 !== 0 && refs[n3] === 0) this.collapse(n2, (addr >>> 8) & 255, n3);
    if (n2 !== 0 && refs[n2] === 0) this.collapse(n1, (addr >>> 16) & 255, n2);
    if (n1 !== 0 && refs[n1] === 0) this.collapse(0, addr >>> 24, n1);
  }

  /** Gives an empty page back; its parent's slot shows the leaf that covered it. */
  private collapse(parent: number, byte: number, node: number): void {
    this.slots[(parent << 8) | byte] = this.base[node]!;
    this.refs[parent]!--;
    this.base[node] = this.freeNode;
    this.freeNode = node;
  }

  private hashAdd(leaf: number): void {
    if ((this.hashUsed + 1) * 2 > this.hash.length) this.rehash();
    const h = this.hash;
    const mask = h.length - 1;
    let i = hash2(this.prefix[leaf]!, this.plen[leaf]!) & mask;
    while (h[i]! > 0) i = (i + 1) & mask;
    if (h[i] === 0) this.hashUsed++;
    h[i] = leaf;
  }

  private hashDel(leaf: number): void {
    const h = this.hash;
    const mask = h.length - 1;
    let i = hash2(this.prefix[leaf]!, this.plen[leaf]!) & mask;
    while (h[i] !== leaf) i = (i + 1) & mask;
    h[i] = -1;
  }

  private rehash(): void {
    const old = this.hash;
    let size = 64;
    while (size < this.count * 4) size *= 2;
    const h = new Int32Array(size);
    this.hash = h;
    this.hashUsed = 0;
    const mask = size - 1;
    for (let k = 0; k < old.length; k++) {
      const leaf = old[k]!;
      if (leaf <= 0) continue;
      let i = hash2(this.prefix[leaf]!, this.plen[leaf]!) & mask;
      while (h[i] !== 0) i = (i + 1) & mask;
      h[i] = leaf;
      this.hashUsed++;
    }
  }
}

function hash2(prefix: number, plen: number): number {
  let h = Math.imul(prefix ^ Math.imul(plen, 0x9e3779b1), 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 13);
}
