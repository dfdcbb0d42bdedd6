/**
 * Longest-prefix match over 32-bit addresses.
 *
 * A table of a few prefixes is one list of them, longer ones first (a namespace costs hundreds of bytes). A bigger one is a multibit trie: a root by the first 8 bits
 * (of a big table 16) of the address, below it pages of 256 slots. What a search in a big table costs is what it misses in the caches of the processor and of its
 * address translation, so pages are short: one bit for each slot whose content differs from that of the slot before, and a run of the contents alone, two bytes each.
 * The slot's place in the run is the number of bits up to it.
 *
 * The leaves of a page stand together in a block of the leaf arrays, so two bytes are enough to name one of them. A block moves when it grows: the number of a leaf
 * holds until the next insert or removal. Its first entry is the page's own. A prefix is in the page in which its last bits are; the leaf that covers a whole child
 * page is kept beside that page (its base), so a short prefix never has to be pushed into the pages below. The prefixes of one page that contain one another are
 * chained by `parent`: from the leaf in a slot all others of that page that contain the slot are found.
 */

/** Above this many prefixes the table builds its trie, below half of it the trie is dropped again. */
const TRIE_THRESHOLD = 16;
/** Above this many the root has 16 bits, below a quarter of it 8 again. */
const WIDE_THRESHOLD = 4096;

/** A page in `nodes`: 8 words with a bit for each slot that begins something new, 2 with the number of such bits before each word, these two, and the run. */
const RANKS = 8;
/** The leaf that covers the page, of the page above. */
const BASE = 10;
/** The page's block of leaves. */
const LEAVES = 11;
const RUN = 12;
/** In a run: this one of the block is a child page. */
const CHILD = 0x8000;

/** Blocks and pages have multiples of this many entries and words. */
const GRAIN = 4;
/** The longest free block that is kept in a list of its own. */
const MAX_BLOCK = 1024;
const MAX_PAGE = RUN + 128;

/** `plen` of an entry: free; a child page, whose place is its `value`; the page's own (prefix: first free entry of the block, parent: the entry or ~slot of the root that leads here, value: entries of the block). */
const FREE = -1;
const PAGE = -2;
const OWN = -3;

const EMPTY: Int32Array = new Int32Array(0);
const EMPTY8: Int8Array = new Int8Array(0);
const EMPTY16: Uint16Array = new Uint16Array(0);

function bitCount(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function grain(n: number): number {
  return (n + GRAIN - 1) & -GRAIN;
}

/**
 * Prefixes to leaf numbers: small positive integers, which hold until the next insert or removal; 0 means «none». What belongs to a prefix is in `value`.
 * Control operations may allocate, {@link Lpm4.find} and {@link Lpm4.cover} never do.
 * @alpha
 */
export class Lpm4 {
  /** Number of prefixes. */
  count: number;
  /** Leaf to prefix (int32, host bits zero). */
  prefix: Int32Array;
  /** Leaf to prefix length; negative where there is no leaf. */
  plen: Int8Array;
  /** Leaf to what its owner keeps there; 0 at first. */
  value: Int32Array;
  /** Leaf to the next shorter prefix that contains it and is in the same page, 0: none. */
  private parent: Int32Array;
  private leafTop: number;
  /** Free blocks by size, each chained by `prefix` of its first entry. */
  private freeBlocks: Int32Array;
  private freeEntries: number;
  /** The root's block and the leaf of prefix length 0. */
  private leaves: number;
  private dflt: number;
  private root: Int32Array;
  /** Without a trie: of each prefix itself, its mask and its leaf, longer ones first. */
  private few: Int32Array;
  /** Bits of an address below the root: 24 or 16. */
  private rootShift: number;
  private nodes: Int32Array;
  private runs: Uint16Array;
  private nodeTop: number;
  /** Free pages by size, each chained by its first word. */
  private freePages: Int32Array;
  private freeWords: number;
  private pagesUsed: number;
  /** The greatest block and page so far: what a change may need at most. */
  private maxBlock: number;
  private maxPage: number;
  /** A page with all its slots, while it is changed. */
  private wide: Uint16Array;

  constructor() {
    this.count = 0;
    this.prefix = EMPTY;
    this.plen = EMPTY8;
    this.value = EMPTY;
    this.parent = EMPTY;
    this.leafTop = 0;
    this.freeBlocks = EMPTY;
    this.freeEntries = 0;
    this.leaves = 0;
    this.dflt = 0;
    this.root = EMPTY;
    this.few = EMPTY;
    this.rootShift = 24;
    this.nodes = EMPTY;
    this.runs = EMPTY16;
    this.nodeTop = 0;
    this.freePages = EMPTY;
    this.freeWords = 0;
    this.pagesUsed = 0;
    this.maxBlock = 0;
    this.maxPage = 0;
    this.wide = EMPTY16;
    this.clear(8);
  }

  /** Leaf of the longest prefix that contains `addr`, or 0. */
  find(addr: number): number {
    const root = this.root;
    if (root.length === 0) {
      const few = this.few;
      for (let i = 0; i < few.length; i += 3) if (((addr ^ few[i]!) & few[i + 1]!) === 0) return few[i + 2]!;
      return 0;
    }
    const best = this.dflt;
    const v = root[addr >>> this.rootShift]!;
    // The longer one that is there, without a branch that nobody could foresee.
    return v < 0 ? this.below(addr, -v, best) : v | (best & ((v - 1) >> 31));
  }

  /** The same below the root. */
  private below(addr: number, page: number, dflt: number): number {
    const nodes = this.nodes;
    const runs = this.runs;
    let o = page;
    let best = dflt;
    let shift = this.rootShift;
    for (;;) {
      shift -= 8;
      const slot = (addr >>> shift) & 255;
      const w = slot >>> 5;
      const rank = (nodes[o + RANKS + (w >>> 2)]! >>> ((w & 3) << 3)) & 255;
      const r = runs[(o << 1) + 2 * RUN - 1 + rank + bitCount(nodes[o + w]! & ((2 << (slot & 31)) - 1))]!;
      const base = nodes[o + BASE]!;
      best = base | (best & ((base - 1) >> 31));
      const leaf = nodes[o + LEAVES]! + r;
      if (r < CHILD) {
        const none = (r - 1) >> 31;
        return (leaf & ~none) | (best & none);
      }
      o = this.value[leaf - CHILD]!;
    }
  }

  /** Leaf of the longest prefix that contains the prefix of `leaf` and is shorter than it, or 0. */
  cover(leaf: number): number {
    const addr = this.prefix[leaf]!;
    const plen = this.plen[leaf]!;
    if (this.root.length === 0) return this.scan(addr, plen);
    if (plen === 0) return 0;
    const near = this.parent[leaf]!;
    if (near !== 0) return near;
    // Then those that cover the pages on the way to it.
    let best = this.dflt;
    let shift = this.rootShift;
    let o = 0;
    while (plen > 32 - shift) {
      o = this.child(o, (addr >>> shift) & (o === 0 ? -1 : 255));
      const base = this.nodes[o + BASE]!;
      if (base !== 0) best = base;
      shift -= 8;
    }
    return best;
  }

  /** Leaf of exactly this prefix, or 0. */
  exact(prefix: number, plen: number): number {
    const { plen: plens, parent } = this;
    if (this.root.length === 0) {
      for (let i = 1; i < this.leafTop; i++) {
        if (plens[i] === plen && this.prefix[i] === prefix) return i;
      }
      return 0;
    }
    if (plen === 0) return this.dflt;
    let shift = this.rootShift;
    let o = 0;
    let at = prefix >>> shift;
    while (plen > 32 - shift) {
      o = this.child(o, at);
      if (o === 0) return 0;
      shift -= 8;
      at = (prefix >>> shift) & 255;
    }
    let leaf = this.leafAt(o, at);
    while (leaf !== 0 && plens[leaf]! > plen) leaf = parent[leaf]!;
    return leaf !== 0 && plens[leaf] === plen ? leaf : 0;
  }

  /** Adds a prefix that is not there yet (host bits must be zero) with what belongs to it; returns its leaf. Other leaves may have other numbers then. */
  insert(prefix: number, plen: number, value: number = 0): number {
    this.count++;
    if (this.root.length === 0 && this.count > TRIE_THRESHOLD) this.rebuild(24);
    else if (this.root.length !== 0 && this.rootShift === 24 && this.count > WIDE_THRESHOLD) this.rebuild(16);
    return this.add(prefix, plen, value);
  }

  /** Removes a leaf. Other leaves may have other numbers then. */
  remove(leaf: number): void {
    const prefix = this.prefix[leaf]!;
    const plen = this.plen[leaf]!;
    this.count--;
    if (this.root.length === 0) {
      this.freeEntry(this.leaves, leaf);
      this.listFew();
      return;
    }
    this.trieDel(prefix, plen);
    if (this.count < TRIE_THRESHOLD / 2) this.rebuild(0);
    else if (this.rootShift === 16 && this.count < WIDE_THRESHOLD / 4) this.rebuild(24);
  }

  /** The leaves, or those that `wanted` says, in the order in which Linux walks a table: by address, longer prefixes first. */
  sorted(wanted: ((leaf: number) => boolean) | null = null): number[] {
    const keys = new Float64Array(this.count);
    let n = 0;
    for (let i = 1; i < this.leafTop; i++) {
      if (this.plen[i]! >= 0 && (wanted === null || wanted(i))) keys[n++] = (this.prefix[i]! >>> 0) * 64 + 32 - this.plen[i]!;
    }
    const out = new Array<number>(n);
    keys.fill(Infinity, n).sort();
    for (let i = 0; i < n; i++) out[i] = this.exact(Math.floor(keys[i]! / 64) | 0, 32 - (keys[i]! % 64));
    return out;
  }

  /** Bytes held by the arrays (for the bench and tests). */
  bytes(): number {
    const { prefix, plen, value, parent, root, few, nodes, freeBlocks, freePages, wide } = this;
    return (
      prefix.byteLength + plen.byteLength + value.byteLength + parent.byteLength + root.byteLength + few.byteLength + nodes.byteLength + freeBlocks.byteLength + freePages.byteLength + wide.byteLength
    );
  }

  /** Number of trie pages in use, the root among them. */
  pages(): number {
    return this.root.length === 0 ? 0 : this.pagesUsed + 1;
  }

  /** Longest prefix shorter than `below` bits that contains `addr`, by looking at every leaf. */
  private scan(addr: number, below: number): number {
    const prefix = this.prefix;
    const plens = this.plen;
    const top = this.leafTop;
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

  /** Writes down the prefixes of a table without a trie. */
  private listFew(): void {
    const { prefix, plen: plens, leafTop } = this;
    const leaves: number[] = [];
    for (let i = 1; i < leafTop; i++) if (plens[i]! >= 0) leaves.push(i);
    leaves.sort((a, b) => plens[b]! - plens[a]!);
    const few = new Int32Array(3 * leaves.length);
    leaves.forEach((leaf, i) => few.set([prefix[leaf]!, plens[leaf] === 0 ? 0 : -1 << (32 - plens[leaf]!), leaf], 3 * i));
    this.few = few;
  }

  /** What is in a slot of a page: an entry of its block, with CHILD when that is a page. */
  private slot(o: number, slot: number): number {
    const { nodes } = this;
    const w = slot >>> 5;
    const rank = (nodes[o + RANKS + (w >>> 2)]! >>> ((w & 3) << 3)) & 255;
    return this.runs[(o << 1) + 2 * RUN - 1 + rank + bitCount(nodes[o + w]! & ((2 << (slot & 31)) - 1))]!;
  }

  /** The page below a slot of a page (0: of the root), 0: none. */
  private child(o: number, slot: number): number {
    if (o === 0) return Math.max(-this.root[slot]!, 0);
    const r = this.slot(o, slot);
    return r < CHILD ? 0 : this.value[this.nodes[o + LEAVES]! + r - CHILD]!;
  }

  /** The leaf of a slot: that which covers the page below, where there is one. */
  private leafAt(o: number, slot: number): number {
    const page = this.child(o, slot);
    if (page !== 0) return this.nodes[page + BASE]!;
    if (o === 0) return this.root[slot]!;
    const r = this.slot(o, slot);
    return r === 0 ? 0 : this.nodes[o + LEAVES]! + r;
  }

  /** Begins anew with nothing but a block for the root. */
  private clear(entries: number): void {
    this.prefix = new Int32Array(entries);
    this.plen = new Int8Array(entries).fill(FREE);
    this.value = new Int32Array(entries);
    this.parent = new Int32Array(entries);
    this.leafTop = 0;
    this.freeBlocks = EMPTY;
    this.freeEntries = 0;
    this.dflt = 0;
    this.root = EMPTY;
    this.few = EMPTY;
    this.nodes = EMPTY;
    this.runs = EMPTY16;
    // A page at 0 would be none.
    this.nodeTop = GRAIN;
    this.freePages = EMPTY;
    this.freeWords = 0;
    this.pagesUsed = 0;
    this.maxBlock = GRAIN;
    this.maxPage = RUN + GRAIN;
    this.wide = EMPTY16;
    this.leaves = this.newBlock(entries, 0);
  }

  /** Makes the table again with a root of another size; 0: without a trie. */
  private rebuild(shift: number): void {
    const { prefix, plen, value, leafTop } = this;
    this.clear(8);
    if (shift !== 0) {
      this.root = new Int32Array(1 << (32 - shift));
      this.rootShift = shift;
      this.wide = new Uint16Array(256);
      this.freeBlocks = new Int32Array(MAX_BLOCK / GRAIN + 1);
      this.freePages = new Int32Array(MAX_PAGE / GRAIN + 1);
    }
    for (let i = 0; i < leafTop; i++) if (plen[i]! >= 0) this.add(prefix[i]!, plen[i]!, value[i]!);
  }

  // Blocks of leaves.

  /** A block of `size` entries that `up` leads to. There must be room. */
  private newBlock(size: number, up: number): number {
    const { prefix, plen, parent, value, freeBlocks } = this;
    let b = 0;
    const list = size / GRAIN;
    // Without a trie nothing is kept for others.
    if (list < freeBlocks.length && freeBlocks[list] !== 0) {
      b = freeBlocks[list]! - 1;
      freeBlocks[list] = prefix[b]!;
      this.freeEntries -= size;
    } else {
      b = this.leafTop;
      this.leafTop += size;
    }
    plen[b] = OWN;
    parent[b] = up;
    value[b] = size;
    this.chain(b, 1, size);
    prefix[b] = 1;
    return b;
  }

  /** Puts the entries of a block from `from` on into its list of free ones, which has no others. */
  private chain(b: number, from: number, size: number): void {
    const { prefix, plen } = this;
    for (let i = from; i < size; i++) {
      plen[b + i] = FREE;
      prefix[b + i] = i + 1 < size ? i + 1 : 0;
    }
  }

  private freeBlock(b: number, size: number): void {
    const { prefix, plen, freeBlocks } = this;
    plen.fill(FREE, b, b + size);
    this.freeEntries += size;
    if (freeBlocks.length === 0) return;
    for (let at = b, left = size; left > 0; ) {
      const part = Math.min(left, MAX_BLOCK);
      // A block may begin at 0, which ends the chain.
      prefix[at] = freeBlocks[part / GRAIN]!;
      freeBlocks[part / GRAIN] = at + 1;
      at += part;
      left -= part;
    }
  }

  /** A free entry of a page's block (0: of the root's), which may move to have one. */
  private newEntry(o: number): number {
    let b = o === 0 ? this.leaves : this.nodes[o + LEAVES]!;
    let free = this.prefix[b]!;
    if (free === 0) {
      const size = this.value[b]!;
      const bigger = grain(size + Math.max(GRAIN, o === 0 ? size >> 1 : size >> 2));
      if (o !== 0 && bigger > this.maxBlock) this.maxBlock = bigger;
      b = this.moveBlock(o, b, size, bigger);
      free = size;
    }
    this.prefix[b] = this.prefix[b + free]!;
    return b + free;
  }

  private freeEntry(b: number, entry: number): void {
    this.plen[entry] = FREE;
    this.prefix[entry] = this.prefix[b]!;
    this.prefix[b] = entry - b;
  }

  /** Moves the block of a page to a bigger one and tells all who know its leaves. */
  private moveBlock(o: number, from: number, size: number, bigger: number): number {
    const { prefix, plen, parent, value, nodes, root } = this;
    const to = this.newBlock(bigger, parent[from]!);
    const by = to - from;
    for (let i = 1; i < size; i++) {
      const kind = plen[from + i]!;
      prefix[to + i] = prefix[from + i]!;
      plen[to + i] = kind;
      value[to + i] = value[from + i]!;
      if (kind >= 0) {
        parent[to + i] = parent[from + i] === 0 ? 0 : parent[from + i]! + by;
      } else if (kind === PAGE) {
        const child = value[from + i]!;
        if (nodes[child + BASE] !== 0) nodes[child + BASE]! += by;
        parent[nodes[child + LEAVES]!] = to + i;
      }
    }
    prefix[to] = size;
    if (o !== 0) {
      nodes[o + LEAVES] = to;
    } else {
      this.leaves = to;
      if (this.dflt !== 0) this.dflt += by;
      for (let i = 0; i < root.length; i++) {
        const v = root[i]!;
        if (v > 0) root[i] = v + by;
        else if (v < 0 && nodes[BASE - v] !== 0) nodes[BASE - v]! += by;
      }
    }
    this.freeBlock(from, size);
    return to;
  }

  // Pages.

  private newPage(words: number): number {
    const { freePages } = this;
    const o = freePages[words / GRAIN]!;
    if (o !== 0) {
      freePages[words / GRAIN] = this.nodes[o]!;
      this.freeWords -= words;
      return o;
    }
    this.nodeTop += words;
    return this.nodeTop - words;
  }

  private freePage(o: number, words: number): void {
    this.nodes[o] = this.freePages[words / GRAIN]!;
    this.freePages[words / GRAIN] = o;
    this.freeWords += words;
  }

  /** Words of a page. */
  private wordsOf(o: number): number {
    const { nodes } = this;
    return RUN + grain(((nodes[o + RANKS + 1]! >>> 24) + bitCount(nodes[o + 7]!) + 1) >> 1);
  }

  /** Writes the slots of a page into `wide`. */
  private expand(o: number): void {
    const { nodes, runs, wide } = this;
    let at = (o << 1) + 2 * RUN - 1;
    for (let w = 0; w < 8; w++) {
      let bits = nodes[o + w]!;
      for (let i = w << 5, end = i + 32; i < end; i++) {
        at += bits & 1;
        bits >>>= 1;
        wide[i] = runs[at]!;
      }
    }
  }

  /** Makes a page of what is in `wide`; it may move. */
  private pack(old: number): number {
    const { nodes, wide } = this;
    let n = 1;
    for (let i = 1; i < 256; i++) if (wide[i] !== wide[i - 1]) n++;
    const words = RUN + grain((n + 1) >> 1);
    const before = this.wordsOf(old);
    let o = old;
    if (words !== before) {
      if (words > this.maxPage) this.maxPage = words;
      o = this.newPage(words);
      const b = nodes[old + LEAVES]!;
      nodes[o + BASE] = nodes[old + BASE]!;
      nodes[o + LEAVES] = b;
      const up = this.parent[b]!;
      if (up < 0) this.root[~up] = -o;
      else this.value[up] = o;
      this.freePage(old, before);
    }
    this.fill(o);
    return o;
  }

  /** Writes the bits and the run of a page. */
  private fill(o: number): void {
    const { nodes, runs, wide } = this;
    let n = 0;
    let ranks = 0;
    const run = (o << 1) + 2 * RUN;
    for (let w = 0; w < 8; w++) {
      ranks |= n << ((w & 3) << 3);
      if ((w & 3) === 3) {
        nodes[o + RANKS + (w >>> 2)] = ranks;
        ranks = 0;
      }
      let bits = 0;
      for (let b = 0; b < 32; b++) {
        const i = (w << 5) | b;
        if (i !== 0 && wide[i] === wide[i - 1]) continue;
        bits |= 1 << b;
        runs[run + n++] = wide[i]!;
      }
      nodes[o + w] = bits;
    }
  }

  /** An empty page below a slot. */
  private addPage(o: number, slot: number): number {
    const base = this.leafAt(o, slot);
    const words = RUN + GRAIN;
    const page = this.newPage(words);
    const { nodes } = this;
    nodes.fill(0, page, page + words);
    nodes[page] = 1;
    nodes[page + RANKS] = 0x01010100;
    nodes[page + RANKS + 1] = 0x01010101;
    nodes[page + BASE] = base;
    this.pagesUsed++;
    if (o === 0) {
      this.root[slot] = -page;
      nodes[page + LEAVES] = this.newBlock(GRAIN, ~slot);
      return page;
    }
    // The block may move, and what covers the page with it.
    const before = nodes[o + LEAVES]!;
    const entry = this.newEntry(o);
    if (base !== 0) nodes[page + BASE]! += nodes[o + LEAVES]! - before;
    this.plen[entry] = PAGE;
    this.value[entry] = page;
    nodes[page + LEAVES] = this.newBlock(GRAIN, entry);
    this.expand(o);
    this.wide[slot] = (entry - nodes[o + LEAVES]!) | CHILD;
    this.pack(o);
    return page;
  }

  /** Makes sure that a change finds room, as nothing may move in the midst of it. */
  private reserve(): void {
    const root = this.prefix[this.leaves] === 0 ? 2 * this.value[this.leaves]! + GRAIN : 0;
    const trie = this.root.length !== 0;
    const entries = root + (trie ? 6 * (this.maxBlock + (this.maxBlock >> 2) + GRAIN) : 0);
    const words = trie ? 8 * (this.maxPage + 2 * GRAIN) : 0;
    if (this.leafTop + entries <= this.prefix.length && this.nodeTop + words <= this.nodes.length) return;
    this.compact(entries, words);
  }

  /** Copies everything together, in the order of the addresses, into new arrays with room for more. */
  private compact(entries: number, words: number): void {
    const old: Old = { prefix: this.prefix, plen: this.plen, value: this.value, parent: this.parent, nodes: this.nodes };
    const leafSize = this.leafTop - this.freeEntries;
    const nodeSize = this.nodeTop - this.freeWords;
    const size = grain(leafSize + (leafSize >> 3) + entries);
    this.prefix = new Int32Array(size);
    this.plen = new Int8Array(size).fill(FREE);
    this.value = new Int32Array(size);
    this.parent = new Int32Array(size);
    this.nodes = new Int32Array(words === 0 ? 0 : grain(nodeSize + (nodeSize >> 3) + words));
    this.runs = new Uint16Array(this.nodes.buffer);
    this.leafTop = 0;
    this.freeBlocks.fill(0);
    this.freeEntries = 0;
    this.nodeTop = GRAIN;
    this.freePages.fill(0);
    this.freeWords = 0;
    const { root } = this;
    const by = this.leafTop - this.leaves;
    this.leaves = this.copyBlock(old, this.leaves);
    if (this.dflt !== 0) this.dflt += by;
    for (let i = 0; i < root.length; i++) {
      const v = root[i]!;
      if (v > 0) root[i] = v + by;
      else if (v < 0) root[i] = -this.copyPage(old, -v, by);
    }
  }

  /** Copies a block to the top of the new arrays. */
  private copyBlock(old: Old, from: number): number {
    const { prefix, plen, value, parent } = this;
    const to = this.leafTop;
    const by = to - from;
    const size = old.value[from]!;
    this.leafTop += size;
    for (let i = 0; i < size; i++) {
      const kind = old.plen[from + i]!;
      prefix[to + i] = old.prefix[from + i]!;
      plen[to + i] = kind;
      value[to + i] = old.value[from + i]!;
      const p = old.parent[from + i]!;
      parent[to + i] = kind >= 0 && p !== 0 ? p + by : p;
    }
    return to;
  }

  /** Copies a page, its block and the pages below it; `above` is by how much the leaves above moved. */
  private copyPage(old: Old, from: number, above: number): number {
    const { nodes } = this;
    const o = this.nodeTop;
    const words = RUN + grain(((old.nodes[from + RANKS + 1]! >>> 24) + bitCount(old.nodes[from + 7]!) + 1) >> 1);
    this.nodeTop += words;
    for (let i = 0; i < words; i++) nodes[o + i] = old.nodes[from + i]!;
    if (nodes[o + BASE] !== 0) nodes[o + BASE]! += above;
    const was = nodes[o + LEAVES]!;
    const b = this.copyBlock(old, was);
    nodes[o + LEAVES] = b;
    for (let i = b + 1, end = b + this.value[b]!; i < end; i++) {
      if (this.plen[i] !== PAGE) continue;
      const child = this.copyPage(old, this.value[i]!, b - was);
      this.value[i] = child;
      this.parent[nodes[child + LEAVES]!] = i;
    }
    return o;
  }

  // Prefixes.

  private add(prefix: number, plen: number, value: number): number {
    this.reserve();
    let shift = this.rootShift;
    let o = 0;
    let at = prefix >>> shift;
    if (this.root.length !== 0) {
      while (plen > 32 - shift) {
        o = this.child(o, at) || this.addPage(o, at);
        shift -= 8;
        at = (prefix >>> shift) & 255;
      }
    }
    const leaf = this.newEntry(o);
    this.prefix[leaf] = prefix;
    this.plen[leaf] = plen;
    this.value[leaf] = value;
    this.parent[leaf] = 0;
    if (this.root.length === 0) {
      this.listFew();
      return leaf;
    }
    if (plen === 0) this.dflt = leaf;
    else this.put(o, at, at + (1 << (32 - shift - plen)), leaf, plen);
    return leaf;
  }

  /** Puts a leaf into the slots that no longer prefix has, and into the chains of those that one has. */
  private put(o: number, from: number, to: number, leaf: number, plen: number): void {
    const { nodes, parent, plen: plens, root, wide, value } = this;
    const b = o === 0 ? 0 : nodes[o + LEAVES]!;
    let above = 0;
    let done = 0;
    if (o !== 0) this.expand(o);
    for (let i = from; i < to; i++) {
      const page = o === 0 ? Math.max(-root[i]!, 0) : wide[i]! < CHILD ? 0 : value[b + wide[i]! - CHILD]!;
      const old = page !== 0 ? nodes[page + BASE]! : o === 0 ? root[i]! : wide[i] === 0 ? 0 : b + wide[i]!;
      if (old === 0 || plens[old]! < plen) {
        above = old;
        if (page !== 0) nodes[page + BASE] = leaf;
        else if (o === 0) root[i] = leaf;
        else wide[i] = leaf - b;
        continue;
      }
      if (old === done) continue;
      done = old;
      let child = old;
      let p = parent[child]!;
      while (p !== 0 && plens[p]! > plen) {
        child = p;
        p = parent[child]!;
      }
      parent[child] = leaf;
      if (p !== leaf) above = p;
    }
    parent[leaf] = above;
    if (o !== 0) this.pack(o);
  }

  private trieDel(prefix: number, plen: number): void {
    this.reserve();
    let shift = this.rootShift;
    let o = 0;
    let at = prefix >>> shift;
    while (plen > 32 - shift) {
      o = this.child(o, at);
      shift -= 8;
      at = (prefix >>> shift) & 255;
    }
    const leaf = this.exact(prefix, plen);
    if (plen === 0) this.dflt = 0;
    else o = this.take(o, at, at + (1 << (32 - shift - plen)), leaf, plen);
    this.freeEntry(o === 0 ? this.leaves : this.nodes[o + LEAVES]!, leaf);
    while (o !== 0) o = this.prune(o, prefix);
  }

  /** Takes a leaf out of slots and chains; returns where the page is now. */
  private take(o: number, from: number, to: number, leaf: number, plen: number): number {
    const { nodes, parent, plen: plens, root, wide, value } = this;
    const b = o === 0 ? 0 : nodes[o + LEAVES]!;
    const above = parent[leaf]!;
    let done = 0;
    if (o !== 0) this.expand(o);
    for (let i = from; i < to; i++) {
      const page = o === 0 ? Math.max(-root[i]!, 0) : wide[i]! < CHILD ? 0 : value[b + wide[i]! - CHILD]!;
      const old = page !== 0 ? nodes[page + BASE]! : o === 0 ? root[i]! : b + wide[i]!;
      if (old === leaf) {
        if (page !== 0) nodes[page + BASE] = above;
        else if (o === 0) root[i] = above;
        else wide[i] = above === 0 ? 0 : above - b;
        continue;
      }
      if (old === done) continue;
      done = old;
      let child = old;
      let p = parent[child]!;
      while (p !== 0 && plens[p]! > plen) {
        child = p;
        p = parent[child]!;
      }
      if (p === leaf) parent[child] = above;
    }
    return o === 0 ? 0 : this.pack(o);
  }

  /** Gives a page back when it is empty: the slot above shows the leaf that covered it. Returns the page above to be looked at then, else 0. */
  private prune(o: number, prefix: number): number {
    const { nodes, plen, value, parent } = this;
    const b = nodes[o + LEAVES]!;
    const size = value[b]!;
    for (let i = 1; i < size; i++) if (plen[b + i] !== FREE) return 0;
    const up = parent[b]!;
    const base = nodes[o + BASE]!;
    this.pagesUsed--;
    this.freeBlock(b, size);
    this.freePage(o, this.wordsOf(o));
    if (up < 0) {
      this.root[~up] = base;
      return 0;
    }
    // The page above is on the way to the prefix.
    let above = 0;
    let shift = this.rootShift;
    for (let next = this.child(0, prefix >>> shift); next !== o; next = this.child(above, (prefix >>> shift) & 255)) {
      above = next;
      shift -= 8;
    }
    const ab = nodes[above + LEAVES]!;
    this.expand(above);
    this.wide[(prefix >>> shift) & 255] = base === 0 ? 0 : base - ab;
    this.freeEntry(ab, up);
    return this.pack(above);
  }
}

/** The arrays before {@link Lpm4} copies them together. */
interface Old {
  readonly prefix: Int32Array;
  readonly plen: Int8Array;
  readonly value: Int32Array;
  readonly parent: Int32Array;
  readonly nodes: Int32Array;
}
