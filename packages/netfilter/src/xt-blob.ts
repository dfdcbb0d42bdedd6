/**
 * The rules of a table as programs pass them: entries one behind the other (struct ipt_entry and ip6t_entry with their matches and target), checked before anything
 * of them is believed. Numbers are little-endian, addresses big-endian, as on x86-64.
 */
// datapath-ok-file: rules are read when a table is replaced
import { EINVAL, ELOOP } from '@linnet/kernel';
import { NFPROTO_IPV4 } from '@linnet/netdev';
import { XT_ENTRY_LEN, XT_EXTENSION_MAXNAMELEN, xtString } from './xt-core.ts';

/** Hook points of a table. */
export const XT_HOOKS = 5;
/** Bytes of a standard target: header, verdict, padding. */
export const XT_STANDARD_LEN = 40;
/** Bytes of an error target: header and a name of 30, padded. */
export const XT_ERROR_LEN = 64;
/** Verdicts of standard targets below 0: what it is, less one, negative; this is RETURN. */
export const XT_V_RETURN = -5;

/** Where things are in an entry. @alpha */
export interface XtLayout {
  readonly family: number;
  /** Bytes of an entry without matches and target. */
  readonly entry: number;
  readonly targetOffset: number;
  readonly nextOffset: number;
  readonly comefrom: number;
  readonly counters: number;
  readonly proto: number;
  readonly flags: number;
  readonly inv: number;
  readonly flagMask: number;
  /** The flag that makes a jump a goto. */
  readonly goto: number;
  /** Bytes that say which packets are meant. */
  readonly ipLen: number;
}
/** struct ipt_entry. */
export const LAYOUT4: XtLayout = {
  family: NFPROTO_IPV4, entry: 112, targetOffset: 88, nextOffset: 90, comefrom: 92, counters: 96, proto: 80, flags: 82, inv: 83, flagMask: 3, goto: 2, ipLen: 84,
};
/** struct ip6t_entry. */
export const LAYOUT6: XtLayout = {
  family: 10, entry: 168, targetOffset: 140, nextOffset: 142, comefrom: 144, counters: 152, proto: 128, flags: 131, inv: 132, flagMask: 7, goto: 4, ipLen: 136,
};
const INV_MASK = 0x7f;

/** A table of rules whose form is right. @alpha */
export interface XtBlob {
  readonly layout: XtLayout;
  readonly u8: Uint8Array;
  readonly view: DataView;
  readonly size: number;
  /** Offset of each entry, and its number by offset. */
  readonly at: readonly number[];
  readonly index: ReadonlyMap<number, number>;
  readonly validHooks: number;
  /** Entry numbers; -1 for hooks that the table does not have. */
  readonly hookEntry: readonly number[];
  readonly underflow: readonly number[];
  /** Hook points that can reach each entry: bits. */
  readonly reach: Uint8Array;
  /** The deepest that jumps go. */
  readonly depth: number;
}

/** The name of the target at `t`. */
export function xtTargetName(u8: Uint8Array, t: number): string | null {
  return xtString(u8, t + 2, XT_EXTENSION_MAXNAMELEN);
}

/** Does the entry mean all packets, and has no match? */
export function xtUnconditional(b: { u8: Uint8Array; view: DataView; layout: XtLayout }, e: number): boolean {
  const { layout: l, u8, view } = b;
  if (view.getUint16(e + l.targetOffset, true) !== l.entry) return false;
  for (let i = 0; i < l.ipLen; i++) if (u8[e + i] !== 0) return false;
  return true;
}


/** Bytes of an error target's name. */
const ERROR_NAME_LEN = 30;

/** DROP, ACCEPT, QUEUE, RETURN, or the offset of a chain. */
function verdictOk(v: number): boolean {
  return v > 0 || v === -1 || v === -2 || v === -4 || v === XT_V_RETURN;
}

/** An entry by itself: 0 or -EINVAL. */
function checkEntry(l: XtLayout, u8: Uint8Array, view: DataView, e: number, size: number): number {
  if ((e & 7) !== 0 || e + l.entry >= size) return -EINVAL;
  const next = view.getUint16(e + l.nextOffset, true);
  if (e + next > size || next < l.entry + XT_ENTRY_LEN) return -EINVAL;
  if ((u8[e + l.flags]! & ~l.flagMask) !== 0 || (u8[e + l.inv]! & ~INV_MASK) !== 0) return -EINVAL;
  const to = view.getUint16(e + l.targetOffset, true);
  if (to < l.entry || to + XT_ENTRY_LEN > next) return -EINVAL;
  const tsize = view.getUint16(e + to, true);
  if (tsize < XT_ENTRY_LEN || to + tsize > next) return -EINVAL;
  const name = xtTargetName(u8, e + to);
  if (name === '') {
    if (to + XT_STANDARD_LEN !== next || !verdictOk(view.getInt32(e + to + XT_ENTRY_LEN, true))) return -EINVAL;
  } else if (name === 'ERROR') {
    if (to + XT_ERROR_LEN !== next || xtString(u8, e + to + XT_ENTRY_LEN, ERROR_NAME_LEN) === null) return -EINVAL;
  }
  let m = l.entry;
  while (m < to) {
    if (to - m < XT_ENTRY_LEN) return -EINVAL;
    const msize = view.getUint16(e + m, true);
    if (msize < XT_ENTRY_LEN || msize > to - m || ((e + m) & 7) !== 0) return -EINVAL;
    m += msize;
  }
  return (next & 7) === 0 ? 0 : -EINVAL;
}

/** Chains end in policies: all packets, ACCEPT or DROP. */
function checkUnderflow(b: { u8: Uint8Array; view: DataView; layout: XtLayout }, e: number): boolean {
  if (!xtUnconditional(b, e)) return false;
  const t = e + b.layout.entry;
  if (xtTargetName(b.u8, t) !== '') return false;
  const v = -b.view.getInt32(t + XT_ENTRY_LEN, true) - 1;
  return v === 0 || v === 1;
}

/** Reads and checks the form of `size` bytes of entries at the start of `u8`: the table, or a negative errno. Makes counters 0. */
export function xtReadBlob(layout: XtLayout, u8: Uint8Array, size: number, num: number, validHooks: number, hooks: readonly number[], unders: readonly number[]): XtBlob | number {
  const view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
  const at: number[] = [];
  const index = new Map<number, number>();
  const hookEntry = new Array<number>(XT_HOOKS).fill(-1);
  const underflow = new Array<number>(XT_HOOKS).fill(-1);
  const part = { u8, view, layout };
  let e = 0;
  while (e < size) {
    const err = checkEntry(layout, u8, view, e, size);
    if (err !== 0) return err;
    for (let h = 0; h < XT_HOOKS; h++) {
      if ((validHooks & (1 << h)) === 0) continue;
      if (hooks[h] === e) hookEntry[h] = at.length;
      if (unders[h] === e) {
        if (!checkUnderflow(part, e)) return -EINVAL;
        underflow[h] = at.length;
      }
    }
    u8.fill(0, e + layout.counters, e + layout.counters + 16);
    view.setUint32(e + layout.comefrom, 0, true);
    index.set(e, at.length);
    at.push(e);
    e += view.getUint16(e + layout.nextOffset, true);
  }
  if (e !== size || at.length !== num) return -EINVAL;
  for (let h = 0; h < XT_HOOKS; h++) if ((validHooks & (1 << h)) !== 0 && (hookEntry[h]! < 0 || underflow[h]! < 0)) return -EINVAL;
  // The chains of the hook points stand in their order.
  for (const list of [hookEntry, underflow]) {
    let last = -1;
    for (let h = 0; h < XT_HOOKS; h++) {
      if ((validHooks & (1 << h)) === 0) continue;
      if (list[h]! <= last) return -EINVAL;
      last = list[h]!;
    }
  }
  const reach = new Uint8Array(at.length);
  const b = { layout, u8, view, size, at, index, validHooks, hookEntry, underflow, reach, depth: 0 };
  const depth = walk(b);
  if (depth < 0) return -ELOOP;
  b.depth = depth;
  return b;
}

/** The verdict of a standard target; null: it is another target. */
export function xtStandardVerdict(b: XtBlob, i: number): number | null {
  const e = b.at[i]!;
  const t = e + b.view.getUint16(e + b.layout.targetOffset, true);
  return xtTargetName(b.u8, t) === '' ? b.view.getInt32(t + XT_ENTRY_LEN, true) : null;
}

/** Marks what each hook point reaches. The depth of jumps, -1: they go round, or nowhere. */
function walk(b: XtBlob): number {
  const DONE = 2;
  const BUSY = 1;
  let deepest = 0;
  for (let h = 0; h < XT_HOOKS; h++) {
    const start = b.hookEntry[h]!;
    if (start < 0) continue;
    const bit = 1 << h;
    const state = new Map<number, number>();
    const depthOf = new Map<number, number>();
    // A chain under way: where it began, where it stands, how deep what it calls goes.
    const stack: { chain: number; at: number; depth: number }[] = [{ chain: start, at: start, depth: 0 }];
    state.set(start, BUSY);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const i = top.at;
      // A chain ends with what all packets get, not with the table.
      if (i >= b.at.length) return -1;
      let over = false;
      b.reach[i]! |= bit;
      const v = xtStandardVerdict(b, i);
      if (v !== null && v >= 0) {
        const to = b.index.get(v);
        if (to === undefined) return -1;
        if (to !== i + 1) {
          const s = state.get(to);
          if (s === BUSY) return -1;
          if (s === undefined) {
            state.set(to, BUSY);
            stack.push({ chain: to, at: to, depth: 0 });
            continue;
          }
          top.depth = Math.max(top.depth, 1 + depthOf.get(to)!);
        }
      } else if (v !== null) {
        over = xtUnconditional(b, b.at[i]!);
      }
      if (!over) {
        top.at++;
        continue;
      }
      stack.pop();
      state.set(top.chain, DONE);
      depthOf.set(top.chain, top.depth);
      deepest = Math.max(deepest, top.depth);
    }
  }
  return deepest;
}

/** The table that a new namespace has: a policy ACCEPT for each hook point, and the error entry at its end. */
export function xtInitialBlob(layout: XtLayout, validHooks: number): XtBlob {
  const hooks: number[] = [];
  let n = 0;
  const step = layout.entry + XT_STANDARD_LEN;
  for (let h = 0; h < XT_HOOKS; h++) hooks.push((validHooks & (1 << h)) !== 0 ? step * n++ : -1);
  const size = step * n + layout.entry + XT_ERROR_LEN;
  const u8 = new Uint8Array(size);
  const view = new DataView(u8.buffer);
  for (let i = 0; i <= n; i++) {
    const e = i * step;
    const last = i === n;
    const tlen = last ? XT_ERROR_LEN : XT_STANDARD_LEN;
    view.setUint16(e + layout.targetOffset, layout.entry, true);
    view.setUint16(e + layout.nextOffset, layout.entry + tlen, true);
    view.setUint16(e + layout.entry, tlen, true);
    if (last) for (const o of [2, XT_ENTRY_LEN]) for (let c = 0; c < 5; c++) u8[e + layout.entry + o + c] = 'ERROR'.charCodeAt(c);
    else view.setInt32(e + layout.entry + XT_ENTRY_LEN, -2, true);
  }
  const b = xtReadBlob(layout, u8, size, n + 1, validHooks, hooks, hooks);
  if (typeof b === 'number') throw new Error('x_tables: the initial table is wrong');
  return b;
}
