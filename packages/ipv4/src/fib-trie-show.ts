/**
 * /proc/net/fib_trie and /proc/net/fib_triestat: the routing tables as the level-compressed trie that Linux keeps them in (Nilsson and Karlsson, «IP-address lookup using
 * LC-tries», 1999). Our own tables are made otherwise; the trie is built for who reads the file, by the paper's rules with Linux's thresholds, from the routes
 * in the order in which they came. (Nodes do not shrink as soon as they could: where many routes were deleted, Linux may show a node that is a size larger.)
 */
// datapath-ok-file: files under /proc
import { in4ToString } from '@linnet/uapi';
import { fibTableWalk } from './fib-trie.ts';
import type { FibTable } from './fib-table.ts';
import type { FibAlias } from './fib-types.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** A route in a leaf. */
interface Entry {
  readonly plen: number;
  readonly fa: FibAlias;
}

/** All routes whose prefixes begin at one address. */
class Leaf {
  readonly key: number;
  readonly entries: readonly Entry[];
  constructor(key: number, entries: readonly Entry[]) {
    this.key = key;
    this.entries = entries;
  }
}

/** An inner node: `bits` bits of the address from bit `pos` on choose one of the children. */
class Tnode {
  readonly key: number;
  readonly pos: number;
  readonly bits: number;
  readonly children: (Tnode | Leaf | null)[];
  constructor(key: number, pos: number, bits: number) {
    this.pos = pos;
    this.bits = bits;
    const below = pos + bits;
    this.key = below >= 32 ? 0 : key & (-1 << below);
    this.children = new Array<Tnode | Leaf | null>(1 << bits).fill(null);
  }
  index(key: number): number {
    return (key >>> this.pos) & ((1 << this.bits) - 1);
  }
  get empty(): number {
    let n = 0;
    for (const c of this.children) if (c === null) n++;
    return n;
  }
  /** Children that go on right where this node ends. */
  get full(): number {
    let n = 0;
    for (const c of this.children) if (isFull(this, c)) n++;
    return n;
  }
}

type Node = Tnode | Leaf | null;

function isFull(parent: Tnode, n: Node): n is Tnode {
  return n instanceof Tnode && n.pos + n.bits === parent.pos;
}

/** A node doubles when this part of the doubled node would be in use, in percent; halves when less is. The root is more generous. */
const INFLATE = 50;
const INFLATE_ROOT = 30;
const HALVE = 25;
const HALVE_ROOT = 15;
/** A change resizes a node at most so often. */
const MAX_WORK = 10;

function shouldInflate(n: Tnode, root: boolean): boolean {
  const length = n.children.length;
  const weight = length - n.empty + n.full;
  return weight > 1 && n.pos > 0 && 50 * weight >= length * (root ? INFLATE_ROOT : INFLATE);
}

function shouldHalve(n: Tnode, root: boolean): boolean {
  const length = n.children.length;
  const used = length - n.empty;
  return used > 1 && n.bits > 1 && 100 * used < length * (root ? HALVE_ROOT : HALVE);
}

/** Twice as many children; those that are full give theirs up. */
function inflate(old: Tnode): Tnode {
  const n = new Tnode(old.key, old.pos - 1, old.bits + 1);
  for (let i = 0; i < old.children.length; i++) {
    const c = old.children[i]!;
    if (c === null) continue;
    if (!isFull(old, c)) {
      n.children[n.index(c.key)] = c;
    } else if (c.bits === 1) {
      n.children[2 * i] = c.children[0]!;
      n.children[2 * i + 1] = c.children[1]!;
    } else {
      const half = c.children.length / 2;
      for (let h = 0; h < 2; h++) {
        const part = new Tnode(c.key | (h << (c.pos + c.bits - 1)), c.pos, c.bits - 1);
        for (let k = 0; k < half; k++) part.children[k] = c.children[h * half + k]!;
        n.children[2 * i + h] = part;
      }
    }
  }
  resizeFull(n);
  return n;
}

/** Half as many children; two that are there share a node of one bit. */
function halve(old: Tnode): Tnode {
  const n = new Tnode(old.key, old.pos + 1, old.bits - 1);
  for (let i = 0; i < n.children.length; i++) {
    const a = old.children[2 * i]!;
    const b = old.children[2 * i + 1]!;
    if (a === null || b === null) {
      n.children[i] = a ?? b;
      continue;
    }
    const pair = new Tnode(a.key, old.pos, 1);
    pair.children[0] = a;
    pair.children[1] = b;
    n.children[i] = pair;
  }
  resizeFull(n);
  return n;
}

function resizeFull(n: Tnode): void {
  for (let i = 0; i < n.children.length; i++) {
    const c = n.children[i]!;
    if (isFull(n, c)) n.children[i] = resize(c, false);
  }
}

/** Brings a node to the size that its filling calls for; a node with one child is that child. */
function resize(node: Tnode, root: boolean): Node {
  let n = node;
  let work = MAX_WORK;
  while (work > 0 && shouldInflate(n, root)) {
    n = inflate(n);
    work--;
  }
  if (work !== MAX_WORK) return n;
  while (work > 0 && shouldHalve(n, root)) {
    n = halve(n);
    work--;
  }
  return n.children.length - n.empty > 1 ? n : n.children.find((c) => c !== null) ?? null;
}

/** A table's trie. */
class Trie {
  root: Node = null;

  /** Adds a leaf that is not there yet. */
  add(leaf: Leaf): void {
    const { key } = leaf;
    const path: Tnode[] = [];
    let n = this.root;
    while (n instanceof Tnode) {
      const below = n.pos + n.bits;
      if (below < 32 && ((n.key ^ key) & (-1 << below)) !== 0) break;
      path.push(n);
      n = n.children[n.index(key)]!;
    }
    let put: Tnode | Leaf = leaf;
    if (n !== null) {
      // They part at this bit.
      const pos = 31 - Math.clz32(n.key ^ key);
      put = new Tnode(key, pos, 1);
      put.children[put.index(key)] = leaf;
      put.children[put.index(n.key)] = n;
    }
    if (path.length === 0) this.root = put;
    else path[path.length - 1]!.children[path[path.length - 1]!.index(key)] = put;
    if (put instanceof Tnode) path.push(put);
    for (let i = path.length - 1; i >= 0; i--) {
      const made = resize(path[i]!, i === 0);
      if (i === 0) this.root = made;
      else path[i - 1]!.children[path[i - 1]!.index(key)] = made;
    }
  }
}

function build(tables: readonly FibTable[]): Trie {
  const byKey = new Map<number, Entry[]>();
  for (const tb of tables) {
    fibTableWalk(tb, (prefix, plen, fa) => {
      const list = byKey.get(prefix);
      if (list === undefined) byKey.set(prefix, [{ plen, fa }]);
      else list.push({ plen, fa });
    });
  }
  const leaves: { leaf: Leaf; serial: number }[] = [];
  for (const [key, entries] of byKey) {
    // Within a leaf longer prefixes come first; of one prefix those of local before those of main, else in their tables' order (the sort is stable).
    entries.sort((a, b) => b.plen - a.plen);
    leaves.push({ leaf: new Leaf(key, entries), serial: Math.min(...entries.map((e) => e.fa.serial)) });
  }
  // Sizes depend on the order in which routes came.
  leaves.sort((a, b) => a.serial - b.serial);
  const trie = new Trie();
  for (const { leaf } of leaves) trie.add(leaf);
  return trie;
}

/** The tables in Linux's order, with their tries: while there are no rules local and main are one, shown under both names. */
function tries(n4: Ipv4Net): { name: string; trie: Trie }[] {
  const merged = n4.fibHasCustomRules ? null : build([n4.fibLocal, n4.fibMain]);
  const tables = Array.from(n4.fibTables.values()).sort((a, b) => (a.id & 255) - (b.id & 255) || a.id - b.id);
  const out: { name: string; trie: Trie }[] = [];
  for (const tb of tables) {
    const main = tb === n4.fibMain;
    const local = tb === n4.fibLocal;
    // Linux makes the table «default» with its first route.
    if (tb === n4.fibDefault && tb.routes === 0) continue;
    out.push({ name: main ? 'Main' : local ? 'Local' : `Id ${tb.id}`, trie: merged !== null && (main || local) ? merged : build([tb]) });
  }
  return out;
}

const SCOPES: Readonly<Record<number, string>> = { 0: 'universe', 200: 'site', 253: 'link', 254: 'host', 255: 'nowhere' };
const TYPES: readonly string[] = ['UNSPEC', 'UNICAST', 'LOCAL', 'BROADCAST', 'ANYCAST', 'MULTICAST', 'BLACKHOLE', 'UNREACHABLE', 'PROHIBIT', 'THROW', 'NAT', 'XRESOLVE'];

function show(n: Tnode | Leaf, depth: number, out: string[]): void {
  const pad = ' '.repeat(2 + depth * 3);
  if (n instanceof Leaf) {
    out.push(`${pad}|-- ${in4ToString(n.key)}\n`);
    for (const { plen, fa } of n.entries) {
      const { scope } = fa.info;
      out.push(`${pad}   /${plen} ${SCOPES[scope] ?? `scope=${scope}`} ${TYPES[fa.type] ?? `type ${fa.type}`}${fa.tos === 0 ? '' : ` tos=${fa.tos}`}\n`);
    }
    return;
  }
  out.push(`${pad}+-- ${in4ToString(n.key)}/${32 - n.pos - n.bits} ${n.bits} ${n.full} ${n.empty}\n`);
  for (const c of n.children) if (c !== null) show(c, depth + 1, out);
}

/** /proc/net/fib_trie. @alpha */
export function fibTrieShow(n4: Ipv4Net): string {
  const out: string[] = [];
  for (const { name, trie } of tries(n4)) {
    if (trie.root === null) continue;
    out.push(`${name}:\n`);
    show(trie.root, 0, out);
  }
  return out.join('');
}

/** Bytes of Linux's structures on a machine of 64 bits: leaves, inner nodes, routes. */
const LEAF_SIZE = 48;
const TNODE_SIZE = 40;
const ALIAS_SIZE = 56;

class Stat {
  leaves = 0;
  prefixes = 0;
  tnodes = 0;
  pointers = 0;
  nulls = 0;
  totDepth = 0;
  maxDepth = 0;
  readonly sizes: Map<number, number> = new Map();

  count(n: Tnode | Leaf, depth: number): void {
    if (n instanceof Leaf) {
      this.leaves++;
      this.prefixes += n.entries.length;
      this.totDepth += depth;
      this.maxDepth = Math.max(this.maxDepth, depth);
      return;
    }
    this.tnodes++;
    this.pointers += n.children.length;
    this.nulls += n.empty;
    this.sizes.set(n.bits, (this.sizes.get(n.bits) ?? 0) + 1);
    for (const c of n.children) if (c !== null) this.count(c, depth + 1);
  }
}

/** /proc/net/fib_triestat. @alpha */
export function fibTrieStatShow(n4: Ipv4Net): string {
  let out = `Basic info: size of leaf: ${LEAF_SIZE} bytes, size of tnode: ${TNODE_SIZE} bytes.\n`;
  for (const { name, trie } of tries(n4)) {
    const s = new Stat();
    if (trie.root !== null) s.count(trie.root, 0);
    const average = s.leaves === 0 ? 0 : Math.floor((s.totDepth * 100) / s.leaves);
    const bits = Array.from(s.sizes.keys()).sort((a, b) => a - b);
    const bytes = s.leaves * LEAF_SIZE + s.prefixes * ALIAS_SIZE + s.tnodes * TNODE_SIZE + s.pointers * 8;
    out += `${name}:\n\tAver depth:     ${Math.floor(average / 100)}.${String(average % 100).padStart(2, '0')}\n\tMax depth:      ${s.maxDepth}\n\tLeaves:         ${s.leaves}\n` +
      `\tPrefixes:       ${s.prefixes}\n\tInternal nodes: ${s.tnodes}\n\t${bits.map((b) => `  ${b}: ${s.sizes.get(b)!}`).join('')}\n\tPointers: ${s.pointers}\nNull ptrs: ${s.nulls}\n` +
      `Total size: ${Math.ceil(bytes / 1024)}  kB\n`;
  }
  return out;
}
