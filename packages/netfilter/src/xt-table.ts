/** Tables: rules made from a checked blob, and their run for a packet. */
import { EINVAL, ENOENT, EPROTOTYPE, type Net } from '@linnet/kernel';
import { NF_DROP, NFPROTO_IPV4, type NetDevice, type NfState } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { nfIpv6SkipExthdrs } from './nf-conntrack-packet.ts';
import { xtBestRevision, xtFind, XT_CONTINUE, XT_ENTRY_LEN, XT_RETURN, XTABLES, type XtCheck, type XtKernel, type XtMatchDef, type XtMatchFn, XtParam, type XtTargetDef, type XtTargetFn, xtString, XT_EXTENSION_MAXNAMELEN } from './xt-core.ts';
import { type XtBlob, XT_ERROR_LEN, XT_STANDARD_LEN, xtStandardVerdict, xtTargetName, XT_V_RETURN } from './xt-blob.ts';

/** A standard target's verdict. */
const K_VERDICT = 0;
const K_RETURN = 1;
const K_JUMP = 2;
const K_GOTO = 3;
const K_TARGET = 4;

/** One rule. Addresses are host-order int32 words; IPv4 uses the first of each four. @alpha */
export class XtRule {
  pcnt = 0;
  bcnt = 0;
  kind: number = K_VERDICT;
  /** The verdict, or the number of the entry to go to. */
  arg = 0;
  target: XtTargetFn | null = null;
  readonly matches: XtMatchFn[] = [];
  inv = 0;
  proto = 0;
  /** IPv4: only later fragments. */
  fragment = false;
  inName = '';
  inPrefix = false;
  outName = '';
  outPrefix = false;
  /** No condition on addresses and devices. */
  plain = true;
  noSrc = true;
  noDst = true;
  s0 = 0;
  s1 = 0;
  s2 = 0;
  s3 = 0;
  d0 = 0;
  d1 = 0;
  d2 = 0;
  d3 = 0;
  sm0 = 0;
  sm1 = 0;
  sm2 = 0;
  sm3 = 0;
  dm0 = 0;
  dm1 = 0;
  dm2 = 0;
  dm3 = 0;
}

/** A table's rules at one time (struct xt_table_info). @alpha */
export class XtRules {
  readonly blob: XtBlob;
  readonly rules: XtRule[];
  readonly destroy: (() => void)[];
  constructor(blob: XtBlob, rules: XtRule[], destroy: (() => void)[]) {
    this.blob = blob;
    this.rules = rules;
    this.destroy = destroy;
  }
  /** Packets and bytes of entry `i`. */
  counters(i: number): readonly [number, number] {
    const r = this.rules[i]!;
    return [r.pcnt, r.bcnt];
  }
  add(i: number, packets: number, bytes: number): void {
    this.rules[i]!.pcnt += packets;
    this.rules[i]!.bcnt += bytes;
  }
  end(): void {
    for (const fn of this.destroy) fn();
  }
}

/** A table of a namespace (struct xt_table). @alpha */
export class XtTable {
  readonly net: Net;
  readonly family: number;
  readonly name: string;
  readonly validHooks: number;
  rules: XtRules;
  /** Places of nested runs, shared by all tables of the namespace. */
  readonly run: XtRun;
  /** Takes the table's hooks away. */
  unhook: () => void = () => undefined;
  constructor(net: Net, family: number, name: string, validHooks: number, rules: XtRules, run: XtRun) {
    this.net = net;
    this.family = family;
    this.name = name;
    this.validHooks = validHooks;
    this.rules = rules;
    this.run = run;
  }
}

/** What runs of tables use: a target may send packets, which run through tables themselves. @alpha */
export class XtRun {
  readonly params: XtParam[] = [];
  readonly stack: number[] = [];
  depth = 0;
  sp = 0;
}

function iface(u8: Uint8Array, name: number, mask: number): { name: string; prefix: boolean } {
  let n = 0;
  while (n < 16 && u8[mask + n] !== 0) n++;
  const s = xtString(u8, name, 16) ?? '';
  // A mask over the NUL too means the whole name; one without it means how the name begins.
  return { name: s.slice(0, n), prefix: n <= s.length }; // datapath-ok: once a rule
}

function readIp4(b: XtBlob, e: number, r: XtRule): void {
  const { view, u8 } = b;
  r.s0 = view.getInt32(e);
  r.d0 = view.getInt32(e + 4);
  r.sm0 = view.getInt32(e + 8);
  r.dm0 = view.getInt32(e + 12);
  r.fragment = (u8[e + 82]! & 1) !== 0;
}
function readIp6(b: XtBlob, e: number, r: XtRule): void {
  const { view } = b;
  const w = (o: number): number => view.getInt32(e + o);
  [r.s0, r.s1, r.s2, r.s3] = [w(0), w(4), w(8), w(12)];
  [r.d0, r.d1, r.d2, r.d3] = [w(16), w(20), w(24), w(28)];
  [r.sm0, r.sm1, r.sm2, r.sm3] = [w(32), w(36), w(40), w(44)];
  [r.dm0, r.dm1, r.dm2, r.dm3] = [w(48), w(52), w(56), w(60)];
}

function align8(n: number): number {
  return (n + 7) & ~7;
}

class Compile {
  readonly xk: XtKernel;
  readonly net: Net;
  readonly table: string;
  readonly blob: XtBlob;
  readonly destroy: (() => void)[] = [];
  constructor(net: Net, table: string, blob: XtBlob) {
    this.xk = net.kernel.get(XTABLES);
    this.net = net;
    this.table = table;
    this.blob = blob;
  }

  /** A match or target at `at` with `size` bytes of data: its definition, after what holds for all of them; or a negative errno. */
  common<T extends XtMatchDef | XtTargetDef>(list: readonly T[], at: number, size: number, proto: number, inv: number, mask: number): T | number {
    const { u8, layout } = this.blob;
    const name = xtString(u8, at + 2, XT_EXTENSION_MAXNAMELEN);
    if (name === null) return -ENOENT;
    const d = xtFind(list, layout.family, name, u8[at + 31]!);
    // Of those for all families it is known that they are there, and only the revision is not.
    if (d === null) return xtBestRevision(list, 0, name) >= 0 ? -EPROTOTYPE : -ENOENT;
    if (align8(d.size) !== size) return -EINVAL;
    if (d.table !== undefined && d.table !== this.table) return -EINVAL;
    if (d.hooks !== undefined && (mask & ~d.hooks) !== 0) return -EINVAL;
    if (d.proto !== undefined && (d.proto !== proto || (inv & 0x40) !== 0)) return -EINVAL;
    return d;
  }

  check(off: number, size: number, proto: number, inv: number, hookMask: number, matches: { name: string; off: number }[]): XtCheck {
    const { u8, view, layout } = this.blob;
    return { net: this.net, family: layout.family, table: this.table, hookMask, proto, inv, u8, view, off, size, matches, onDestroy: (fn) => this.destroy.push(fn) };
  }

  rule(i: number): XtRule | number {
    const b = this.blob;
    const { u8, view, layout: l } = b;
    const e = b.at[i]!;
    const r = new XtRule();
    r.inv = u8[e + l.inv]!;
    r.proto = view.getUint16(e + l.proto, true);
    const six = l.family !== NFPROTO_IPV4;
    if (six) {
      readIp6(b, e, r);
      // Without the flag the protocol is not meant.
      if ((u8[e + l.flags]! & 1) === 0) r.proto = 0;
    } else {
      readIp4(b, e, r);
    }
    const ifs = six ? 64 : 16;
    const a = iface(u8, e + ifs, e + ifs + 32);
    const o = iface(u8, e + ifs + 16, e + ifs + 48);
    [r.inName, r.inPrefix, r.outName, r.outPrefix] = [a.name, a.prefix, o.name, o.prefix];
    r.noSrc = (r.sm0 | r.sm1 | r.sm2 | r.sm3 | r.s0 | r.s1 | r.s2 | r.s3) === 0 && (r.inv & 0x08) === 0;
    r.noDst = (r.dm0 | r.dm1 | r.dm2 | r.dm3 | r.d0 | r.d1 | r.d2 | r.d3) === 0 && (r.inv & 0x10) === 0;
    r.plain = r.noSrc && r.noDst && r.inName === '' && r.outName === '' && r.proto === 0 && !r.fragment && r.inv === 0;
    const proto = view.getUint16(e + l.proto, true);
    const mask = b.reach[i]!;
    const to = view.getUint16(e + l.targetOffset, true);
    const seen: { name: string; off: number }[] = [];
    for (let m = l.entry; m < to;) {
      const size = view.getUint16(e + m, true);
      const d = this.common(this.xk.matches, e + m, size - XT_ENTRY_LEN, proto, r.inv, mask);
      if (typeof d === 'number') return d;
      seen.push({ name: d.name, off: e + m + XT_ENTRY_LEN });
      const fn = d.check(this.check(e + m + XT_ENTRY_LEN, size - XT_ENTRY_LEN, proto, r.inv, mask, seen));
      if (typeof fn === 'number') return fn;
      r.matches.push(fn);
      m += size;
    }
    const t = e + to;
    const v = xtStandardVerdict(b, i);
    // Those that are built in have no other revision.
    if ((v !== null || xtTargetName(u8, t) === 'ERROR') && u8[t + 31] !== 0) return -ENOENT;
    if (v !== null && view.getUint16(t, true) !== XT_STANDARD_LEN) return -EINVAL;
    if (v === null && xtTargetName(u8, t) === 'ERROR' && view.getUint16(t, true) !== XT_ERROR_LEN) return -EINVAL;
    if (v !== null) {
      if (v >= 0) {
        r.kind = (u8[e + l.flags]! & l.goto) !== 0 ? K_GOTO : K_JUMP;
        r.arg = b.index.get(v) ?? -1;
        if (r.arg < 0) {
          // Nowhere: no packet comes here, or the walk from the hook points had found it.
          r.arg = NF_DROP;
          return r;
        }
        // To the very next entry: just go on.
        if (r.arg === i + 1) r.kind = K_GOTO;
      } else if (v === XT_V_RETURN) {
        r.kind = K_RETURN;
      } else {
        r.arg = -v - 1;
      }
      return r;
    }
    if (xtTargetName(u8, t) === 'ERROR') {
      r.kind = K_TARGET;
      r.target = dropIt;
      return r;
    }
    const size = view.getUint16(t, true);
    const d = this.common(this.xk.targets, t, size - XT_ENTRY_LEN, proto, r.inv, mask);
    if (typeof d === 'number') return d;
    const fn = d.check(this.check(t + XT_ENTRY_LEN, size - XT_ENTRY_LEN, proto, r.inv, mask, seen));
    if (typeof fn === 'number') return fn;
    r.kind = K_TARGET;
    r.target = fn;
    return r;
  }
}
const dropIt: XtTargetFn = () => NF_DROP;

/** Makes rules of a blob: each match and target is found and asked whether it can be so. The rules, or a negative errno, with nothing left behind. @alpha */
export function xtCompile(net: Net, table: string, blob: XtBlob): XtRules | number {
  const c = new Compile(net, table, blob);
  const rules: XtRule[] = []; // datapath-ok: a table is replaced
  for (let i = 0; i < blob.at.length; i++) {
    const r = c.rule(i);
    if (typeof r === 'number') {
      for (const fn of c.destroy) fn();
      return r;
    }
    rules.push(r); // datapath-ok: as above
  }
  return new XtRules(blob, rules, c.destroy);
}

function ifOk(dev: NetDevice | null, name: string, prefix: boolean): boolean {
  if (dev === null) return name === '';
  return prefix ? dev.name.startsWith(name) : dev.name === name; // datapath-ok: compares, makes none
}

function ip4Match(r: XtRule, src: number, dst: number, proto: number, fragoff: number, indev: NetDevice | null, outdev: NetDevice | null): boolean {
  const { inv } = r;
  if (!r.noSrc && ((src & r.sm0) === r.s0) === ((inv & 0x08) !== 0)) return false;
  if (!r.noDst && ((dst & r.dm0) === r.d0) === ((inv & 0x10) !== 0)) return false;
  if ((r.inName !== '' || (inv & 0x01) !== 0) && ifOk(indev, r.inName, r.inPrefix) === ((inv & 0x01) !== 0)) return false;
  if ((r.outName !== '' || (inv & 0x02) !== 0) && ifOk(outdev, r.outName, r.outPrefix) === ((inv & 0x02) !== 0)) return false;
  if (r.proto !== 0 && (r.proto === proto) === ((inv & 0x40) !== 0)) return false;
  return !(r.fragment && (fragoff !== 0) === ((inv & 0x20) !== 0));
}

/** The state of IPv6's search for the transport, for all rules of a run. */
function ip6Match(r: XtRule, skb: Skb, par: XtParam, indev: NetDevice | null, outdev: NetDevice | null): boolean {
  const { inv } = r;
  const { view, networkHeader: nh } = skb;
  if (!r.noSrc) {
    const same = (view.getInt32(nh + 8) & r.sm0) === r.s0 && (view.getInt32(nh + 12) & r.sm1) === r.s1 && (view.getInt32(nh + 16) & r.sm2) === r.s2 && (view.getInt32(nh + 20) & r.sm3) === r.s3;
    if (same === ((inv & 0x08) !== 0)) return false;
  }
  if (!r.noDst) {
    const same = (view.getInt32(nh + 24) & r.dm0) === r.d0 && (view.getInt32(nh + 28) & r.dm1) === r.d1 && (view.getInt32(nh + 32) & r.dm2) === r.d2 && (view.getInt32(nh + 36) & r.dm3) === r.d3;
    if (same === ((inv & 0x10) !== 0)) return false;
  }
  if ((r.inName !== '' || (inv & 0x01) !== 0) && ifOk(indev, r.inName, r.inPrefix) === ((inv & 0x01) !== 0)) return false;
  if ((r.outName !== '' || (inv & 0x02) !== 0) && ifOk(outdev, r.outName, r.outPrefix) === ((inv & 0x02) !== 0)) return false;
  if (r.proto === 0) return true;
  const proto = findTransport(skb, par);
  if (proto < 0) {
    // Its headers are broken; a later fragment only has none.
    if (par.fragoff === 0) par.hotdrop = true;
    return false;
  }
  return (r.proto === proto) !== ((inv & 0x40) !== 0);
}

/** Sets where the transport is; its number, which is known of later fragments too; -1: broken. */
function findTransport(skb: Skb, par: XtParam): number {
  const off = skb.networkHeader - skb.data;
  const found = nfIpv6SkipExthdrs(skb, off);
  if (found >= 0) {
    par.thoff = found >> 8;
    par.fragoff = 0;
    return found & 0xff;
  }
  // A later fragment: what it is part of is in its fragment header.
  let next = skb.u8[skb.networkHeader + 6]!;
  let at = off + 40;
  while (next === 0 || next === 43 || next === 60) {
    if (at + 8 > skb.len - skb.dataLen) return -1;
    next = skb.u8[skb.data + at]!;
    at += (skb.u8[skb.data + at + 1]! + 1) << 3;
  }
  if (next !== 44 || at + 8 > skb.len - skb.dataLen) return -1;
  par.fragoff = skb.view.getUint16(skb.data + at + 2) >> 3;
  par.thoff = at + 8;
  return par.fragoff !== 0 ? skb.u8[skb.data + at]! : -1;
}

function matchAll(fns: readonly XtMatchFn[], skb: Skb, par: XtParam): boolean {
  for (let i = 0; i < fns.length; i++) if (!fns[i]!(skb, par)) return false;
  return true;
}

/** Runs a table for a packet: its verdict (ipt_do_table). @alpha */
export function xtDoTable(table: XtTable, skb: Skb, state: NfState): number {
  const { run } = table;
  const { rules, blob } = table.rules;
  const hook = state.hook;
  const depth = run.depth++;
  let par = run.params[depth];
  if (par === undefined) {
    par = new XtParam();
    run.params[depth] = par;
  }
  const base = run.sp;
  const { inDev, outDev } = state;
  par.net = table.net;
  par.state = state;
  par.hook = hook;
  par.inDev = inDev;
  par.outDev = outDev;
  par.family = table.family;
  par.hotdrop = false;
  par.fragoff = 0;
  par.thoff = 0;
  const four = table.family === NFPROTO_IPV4;
  let nh = skb.networkHeader;
  let src = 0;
  let dst = 0;
  let proto = 0;
  if (four) {
    src = skb.view.getInt32(nh + 12);
    dst = skb.view.getInt32(nh + 16);
    proto = skb.u8[nh + 9]!;
    par.fragoff = skb.view.getUint16(nh + 6) & 0x1fff;
    par.thoff = nh - skb.data + ((skb.u8[nh]! & 15) << 2);
  }
  let len = skb.len - (nh - skb.data);
  const { stack } = run;
  let verdict: number = NF_DROP;
  let i = blob.hookEntry[hook]!;
  for (;;) {
    const r = rules[i];
    if (r === undefined) break;
    if (
      !(r.plain || (four ? ip4Match(r, src, dst, proto, par.fragoff, inDev, outDev) : ip6Match(r, skb, par, inDev, outDev))) ||
      (r.matches.length !== 0 && !matchAll(r.matches, skb, par))
    ) {
      if (par.hotdrop) break;
      i++;
      continue;
    }
    r.pcnt++;
    r.bcnt += len;
    if (r.kind === K_VERDICT) {
      verdict = r.arg;
      break;
    }
    if (r.kind === K_JUMP) {
      stack[run.sp++] = i + 1;
      i = r.arg;
      continue;
    }
    if (r.kind === K_GOTO) {
      i = r.arg;
      continue;
    }
    if (r.kind === K_TARGET) {
      const v = r.target!(skb, par);
      if (v !== XT_CONTINUE && v !== XT_RETURN) {
        verdict = v;
        break;
      }
      // It may have written the headers, or moved them.
      nh = skb.networkHeader;
      len = skb.len - (nh - skb.data);
      if (four) {
        src = skb.view.getInt32(nh + 12);
        dst = skb.view.getInt32(nh + 16);
      }
      if (v === XT_CONTINUE) {
        i++;
        continue;
      }
    }
    // RETURN: to the caller, or to the policy.
    i = run.sp > base ? stack[--run.sp]! : blob.underflow[hook]!;
  }
  run.sp = base;
  run.depth = depth;
  return verdict;
}
