/** x_tables: what matches and targets are, and their register (iptables(8), linux/netfilter/x_tables.h). */
import { defineKey, type Kernel, type Key, type Net } from '@linnet/kernel';
import type { NetDevice, NfState } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';

/** A target's answer: go on with the next rule. @alpha */
export const XT_CONTINUE = -1;
/** A target's answer: back to the calling chain. @alpha */
export const XT_RETURN = -5;
/** Bytes of a name with its NUL in `struct xt_entry_match` and `struct xt_entry_target`. @alpha */
export const XT_EXTENSION_MAXNAMELEN = 29;
/** Bytes of `struct xt_entry_match` and `struct xt_entry_target` before their data. @alpha */
export const XT_ENTRY_LEN = 32;

/** A packet's place in a table (struct xt_action_param). One for each depth of nesting; reused. @alpha */
export class XtParam {
  net!: Net;
  state!: NfState;
  hook = 0;
  inDev: NetDevice | null = null;
  outDev: NetDevice | null = null;
  /** NFPROTO_IPV4 or NFPROTO_IPV6. */
  family = 0;
  /** The transport header behind `skb.data`; IPv6: of the protocol that the rule names. */
  thoff = 0;
  /** Not 0: a later fragment, which has no transport header. */
  fragoff = 0;
  /** A match found the packet broken: it is dropped at once. */
  hotdrop = false;
}

/** Does the packet match? May pull; must not write. @alpha */
export type XtMatchFn = (skb: Skb, par: XtParam) => boolean;
/** Does what the target does: a verdict (NF_*), {@link XT_CONTINUE} or {@link XT_RETURN}. May write the packet. @alpha */
export type XtTargetFn = (skb: Skb, par: XtParam) => number;

/** What a check sees of the rule that it is in (struct xt_mtchk_param). @alpha */
export interface XtCheck {
  readonly net: Net;
  readonly family: number;
  readonly table: string;
  /** Bits of the hook points from which the rule can be reached. */
  readonly hookMask: number;
  /** The rule's protocol and its flags: `inv` has XT_INV_PROTO. */
  readonly proto: number;
  readonly inv: number;
  /** The match's or target's data: `size` bytes at `off`, in little-endian but for what the UAPI calls big. It stays as it is while the rule exists. */
  readonly u8: Uint8Array;
  readonly view: DataView;
  readonly off: number;
  readonly size: number;
  /** The rule's matches: name, and offset of its data. */
  readonly matches: readonly { readonly name: string; readonly off: number }[];
  /** The rule is one of nf_tables: what else it asks for is not seen. */
  readonly nft?: boolean;
  /** Called when the rule goes. */
  onDestroy(fn: () => void): void;
}

/** What matches and targets have in common. @alpha */
export interface XtCommon {
  readonly name: string;
  readonly revision: number;
  /** NFPROTO_*; 0: any. */
  readonly family: number;
  /** Bytes of its data, not rounded. */
  readonly size: number;
  /** Bytes of its data that are shown to programs; the rest reads as 0. */
  readonly usersize?: number;
  /** Only in this table. */
  readonly table?: string;
  /** Only where these hook points lead: bits. */
  readonly hooks?: number;
  /** Only in rules for this protocol. */
  readonly proto?: number;
}
/** A match (struct xt_match). `check` returns what runs for each packet, or a negative errno. @alpha */
export interface XtMatchDef extends XtCommon {
  readonly check: (c: XtCheck) => XtMatchFn | number;
}
/** A target (struct xt_target). @alpha */
export interface XtTargetDef extends XtCommon {
  readonly check: (c: XtCheck) => XtTargetFn | number;
}

/** A kernel's register. @alpha */
export class XtKernel {
  readonly matches: XtMatchDef[] = [];
  readonly targets: XtTargetDef[] = [];
}
/** Where a kernel keeps it. @alpha */
export const XTABLES: Key<XtKernel> = defineKey<XtKernel>('x_tables');

/** Registers matches, for a module's `init` (xt_register_matches). @alpha */
export function xtRegisterMatches(k: Kernel, list: readonly XtMatchDef[]): void {
  for (const d of list) k.get(XTABLES).matches.push(d);
}
/** Registers targets (xt_register_targets). @alpha */
export function xtRegisterTargets(k: Kernel, list: readonly XtTargetDef[]): void {
  for (const d of list) k.get(XTABLES).targets.push(d);
}

/** The definition for a family; one for the family itself goes before one for all. Null: none. @alpha */
export function xtFind<T extends XtCommon>(list: readonly T[], family: number, name: string, revision: number): T | null {
  let any: T | null = null;
  for (const d of list) {
    if (d.name !== name || d.revision !== revision) continue;
    if (d.family === family) return d;
    if (d.family === 0) any = d;
  }
  return any;
}

/** The highest revision of a name in a family; -1: none. @alpha */
export function xtBestRevision(list: readonly XtCommon[], family: number, name: string): number {
  let best = -1;
  for (const d of list) if (d.name === name && (d.family === family || d.family === 0) && d.revision > best) best = d.revision;
  return best;
}

/** Reads text of at most `max` bytes up to its NUL; null when there is none. @alpha */
export function xtString(u8: Uint8Array, off: number, max: number): string | null {
  let s = '';
  for (let i = 0; i < max; i++) {
    const c = u8[off + i] ?? 0;
    if (c === 0) return s;
    s += String.fromCharCode(c);
  }
  return null;
}

/** What matches with names keep in a namespace. @alpha */
export class XtMemory {
  readonly hash: Map<string, object> = new Map();
  readonly recent: Map<string, object> = new Map();
}
/** Where a namespace keeps it. @alpha */
export const XT_MEMORY: Key<XtMemory> = defineKey<XtMemory>('x_tables memory');
