/**
 * The socket options by which programs read and replace tables (linux/netfilter_ipv4/ip_tables.h, linux/netfilter_ipv6/ip6_tables.h): IPT_SO_* at SOL_IP, IP6T_SO_* at
 * SOL_IPV6. In `struct ipt_replace` the pointer to the old counters is an offset into the value itself: a program's own pointer is the preload library's matter.
 */
// datapath-ok-file: control
import { EAGAIN, EINVAL, ENOENT, ENOMEM, ENOPROTOOPT, EPERM, EPROTONOSUPPORT, capable, type Net } from '@linnet/kernel';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { CAP_NET_ADMIN, SOL_IP } from '@linnet/uapi';
import { XT_ENTRY_LEN, xtBestRevision, xtFind, XTABLES, xtString } from './xt-core.ts';
import { LAYOUT4, LAYOUT6, XT_HOOKS, xtReadBlob, xtTargetName, type XtLayout } from './xt-blob.ts';
import { xtCompile, type XtTable } from './xt-table.ts';
import { xtTable } from './xt-tables.ts';

const SO_SET_REPLACE = 64;
const SO_SET_ADD_COUNTERS = 65;
const SO_GET_INFO = 64;
const SO_GET_ENTRIES = 65;
const SO4_GET_REVISION_MATCH = 66;
const SO4_GET_REVISION_TARGET = 67;
const SO6_GET_REVISION_MATCH = 68;
const SO6_GET_REVISION_TARGET = 69;

/** Bytes of a table's name (XT_TABLE_MAXNAMELEN). */
const NAME_LEN = 32;
const REPLACE_LEN = 96;
const GETINFO_LEN = 84;
const GET_ENTRIES_LEN = 40;
const COUNTERS_INFO_LEN = 40;
const REVISION_LEN = 30;
const COUNTER_LEN = 16;
/** More entries than this are refused before anything is looked at. */
const MOST_ENTRIES = 0x7ffffff;

function viewOf(u8: Uint8Array): DataView {
  return new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
}

function nameOf(u8: Uint8Array): string {
  // One byte is the NUL's, whatever is there.
  return xtString(u8, 0, NAME_LEN - 1) ?? String.fromCharCode(...u8.subarray(0, NAME_LEN - 1));
}

function putU64(view: DataView, at: number, v: number): void {
  view.setUint32(at, v >>> 0, true);
  view.setUint32(at + 4, Math.floor(v / 0x1_0000_0000) >>> 0, true);
}
function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

function replace(net: Net, layout: XtLayout, val: Uint8Array): number {
  if (val.length < REPLACE_LEN) return -EINVAL;
  const view = viewOf(val);
  const num = view.getUint32(36, true);
  const size = view.getUint32(40, true);
  const numCounters = view.getUint32(84, true);
  const counters = getU64(view, 88);
  if (numCounters >= MOST_ENTRIES) return -ENOMEM;
  if (numCounters === 0 || val.length < REPLACE_LEN + size) return -EINVAL;
  if (num > MOST_ENTRIES) return -ENOMEM;
  const name = nameOf(val);
  const u8 = val.slice(REPLACE_LEN, REPLACE_LEN + size);
  const hooks: number[] = [];
  const unders: number[] = [];
  for (let h = 0; h < XT_HOOKS; h++) {
    hooks.push(view.getUint32(44 + 4 * h, true));
    unders.push(view.getUint32(64 + 4 * h, true));
  }
  const valid = view.getUint32(32, true);
  const blob = xtReadBlob(layout, u8, size, num, valid, hooks, unders);
  if (typeof blob === 'number') return blob;
  const rules = xtCompile(net, name, blob);
  if (typeof rules === 'number') return rules;
  const t = xtTable(net, layout.family, name);
  const err = t === null ? -ENOENT : valid !== t.validHooks ? -EINVAL : numCounters !== t.rules.rules.length ? -EAGAIN : 0;
  if (err !== 0) {
    rules.end();
    return err;
  }
  const old = t!.rules;
  t!.rules = rules;
  old.end();
  // The old counters, where the caller has room for them.
  for (let i = 0; i < old.rules.length; i++) {
    const at = counters + i * COUNTER_LEN;
    if (at + COUNTER_LEN > val.length) break;
    const [p, b] = old.counters(i);
    putU64(view, at, p);
    putU64(view, at + 8, b);
  }
  return 0;
}

function addCounters(net: Net, layout: XtLayout, val: Uint8Array): number {
  if (val.length <= COUNTERS_INFO_LEN) return -EINVAL;
  const view = viewOf(val);
  const n = view.getUint32(NAME_LEN, true);
  if (val.length !== COUNTERS_INFO_LEN + n * COUNTER_LEN) return -EINVAL;
  const t = xtTable(net, layout.family, nameOf(val));
  if (t === null) return -ENOENT;
  if (t.rules.rules.length !== n) return -EINVAL;
  for (let i = 0; i < n; i++) t.rules.add(i, getU64(view, COUNTERS_INFO_LEN + i * COUNTER_LEN), getU64(view, COUNTERS_INFO_LEN + i * COUNTER_LEN + 8));
  return 0;
}

function getInfo(net: Net, layout: XtLayout, len: number, input: Uint8Array): Uint8Array | number {
  if (len !== GETINFO_LEN) return -EINVAL;
  const t = xtTable(net, layout.family, nameOf(input));
  if (t === null) return -ENOENT;
  const out = new Uint8Array(GETINFO_LEN);
  const v = viewOf(out);
  out.set(input.subarray(0, NAME_LEN));
  out[NAME_LEN - 1] = 0;
  const b = t.rules.blob;
  v.setUint32(32, t.validHooks, true);
  // Hooks that the table does not have are as they were given.
  for (let h = 0; h < XT_HOOKS; h++) {
    v.setInt32(36 + 4 * h, b.hookEntry[h]! < 0 ? -1 : b.at[b.hookEntry[h]!]!, true);
    v.setInt32(56 + 4 * h, b.underflow[h]! < 0 ? -1 : b.at[b.underflow[h]!]!, true);
  }
  v.setUint32(76, b.at.length, true);
  v.setUint32(80, b.size, true);
  return out;
}

/** The entries as programs see them: with counters, without what is the kernel's own. */
function entriesOf(t: XtTable, out: Uint8Array, at: number): void {
  const b = t.rules.blob;
  const { layout: l } = b;
  const xk = t.net.kernel.get(XTABLES);
  out.set(b.u8.subarray(0, b.size), at);
  const v = viewOf(out);
  const hide = (list: typeof xk.matches | typeof xk.targets, o: number, size: number): void => {
    const name = xtString(b.u8, o + 2, 29);
    const d = name === null ? null : xtFind<(typeof xk.matches)[number] | (typeof xk.targets)[number]>(list, l.family, name, b.u8[o + 31]!);
    const shown = d === null ? size - XT_ENTRY_LEN : (d.usersize ?? d.size);
    if (d !== null) out.fill(0, at + o + XT_ENTRY_LEN + shown, at + o + size);
  };
  b.at.forEach((e, i) => {
    const [p, n] = t.rules.counters(i);
    putU64(v, at + e + l.counters, p);
    putU64(v, at + e + l.counters + 8, n);
    const to = b.view.getUint16(e + l.targetOffset, true);
    for (let m = l.entry; m < to; m += b.view.getUint16(e + m, true)) hide(xk.matches, e + m, b.view.getUint16(e + m, true));
    const name = xtTargetName(b.u8, e + to);
    if (name !== '' && name !== 'ERROR') hide(xk.targets, e + to, b.view.getUint16(e + to, true));
  });
}

function getEntries(net: Net, layout: XtLayout, len: number, input: Uint8Array): Uint8Array | number {
  if (len < GET_ENTRIES_LEN || input.length < GET_ENTRIES_LEN) return -EINVAL;
  const size = viewOf(input).getUint32(NAME_LEN, true);
  if (len !== GET_ENTRIES_LEN + size) return -EINVAL;
  const t = xtTable(net, layout.family, nameOf(input));
  if (t === null) return -ENOENT;
  if (t.rules.blob.size !== size) return -EAGAIN;
  const out = new Uint8Array(len);
  out.set(input.subarray(0, GET_ENTRIES_LEN));
  entriesOf(t, out, GET_ENTRIES_LEN);
  return out;
}

function getRevision(net: Net, layout: XtLayout, len: number, input: Uint8Array, target: boolean): Uint8Array | number {
  if (len !== REVISION_LEN) return -EINVAL;
  const xk = net.kernel.get(XTABLES);
  const list = target ? xk.targets : xk.matches;
  const name = xtString(input, 0, 28) ?? String.fromCharCode(...input.subarray(0, 28));
  const revision = input[29]!;
  const best = xtBestRevision(list, layout.family, name);
  if (best < 0) return -ENOENT;
  if (xtFind<(typeof xk.matches)[number] | (typeof xk.targets)[number]>(list, layout.family, name, revision) === null) return -EPROTONOSUPPORT;
  // That there is an answer is the answer.
  return input.slice(0, REVISION_LEN);
}

function layoutOf(net: Net, level: number): XtLayout | null {
  const family = level === SOL_IP ? NFPROTO_IPV4 : NFPROTO_IPV6;
  void net;
  return family === NFPROTO_IPV4 ? LAYOUT4 : LAYOUT6;
}

/** Sets an option of x_tables: 0, a negative errno; -ENOPROTOOPT: it is none. @alpha */
export function xtSetsockopt(net: Net, level: number, opt: number, val: Uint8Array): number {
  const layout = layoutOf(net, level);
  if (layout === null || (opt !== SO_SET_REPLACE && opt !== SO_SET_ADD_COUNTERS)) return -ENOPROTOOPT;
  if (!capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  return opt === SO_SET_REPLACE ? replace(net, layout, val) : addCounters(net, layout, val);
}

/** Reads an option of x_tables: its bytes or a negative errno. `input` is what the caller's buffer of `maxLen` bytes holds. @alpha */
export function xtGetsockopt(net: Net, level: number, opt: number, maxLen: number, input: Uint8Array | undefined): Uint8Array | number {
  const layout = layoutOf(net, level);
  if (layout === null) return -ENOPROTOOPT;
  const six = layout.family !== NFPROTO_IPV4;
  const match = opt === (six ? SO6_GET_REVISION_MATCH : SO4_GET_REVISION_MATCH);
  const target = opt === (six ? SO6_GET_REVISION_TARGET : SO4_GET_REVISION_TARGET);
  if (opt !== SO_GET_INFO && opt !== SO_GET_ENTRIES && !match && !target) return -ENOPROTOOPT;
  if (!capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  // What the caller did not send reads as 0.
  const buf = new Uint8Array(Math.max(GETINFO_LEN, input?.length ?? 0));
  if (input !== undefined) buf.set(input);
  if (opt === SO_GET_INFO) return getInfo(net, layout, maxLen, buf);
  if (opt === SO_GET_ENTRIES) return getEntries(net, layout, maxLen, buf);
  return getRevision(net, layout, maxLen, buf, target);
}
