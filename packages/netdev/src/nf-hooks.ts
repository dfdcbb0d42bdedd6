/** Netfilter's hook points: the classes. Calling and registering them is in netfilter.ts. */
import type { Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import type { NetDevice } from './netdevice.ts';

/** Hook points of a protocol family. @alpha */
export const NF_MAX_HOOKS = 8;
/** Protocol families (NFPROTO_NUMPROTO). @alpha */
export const NFPROTO_NUMPROTO = 11;

/**
 * What follows a hook point when the packet is accepted: consumes the skb (the okfn).
 * @alpha
 */
export type NfOkfn = (net: Net, sk: object | null, skb: Skb) => number;

/** Where a packet stands (struct nf_hook_state). Belongs to the caller: a hook that keeps the packet copies what it needs. @alpha */
export class NfState {
  hook: number;
  pf: number;
  inDev: NetDevice | null;
  outDev: NetDevice | null;
  sk: object | null;
  net: Net | null;
  okfn: NfOkfn | null;
  /** Which hook of the point runs: where a queued packet goes on. */
  index: number;
  entries: NfHookEntries | null;
  constructor() {
    this.hook = 0;
    this.pf = 0;
    this.inDev = null;
    this.outDev = null;
    this.sk = null;
    this.net = null;
    this.okfn = null;
    this.index = 0;
    this.entries = null;
  }
}

/**
 * A hook (nf_hookfn). Returns NF_ACCEPT, NF_DROP (optionally with an errno, see `nfDropErr`), NF_STOLEN (it owns the skb now), NF_REPEAT or
 * NF_QUEUE with a queue number (`nfQueueNr`). It may write the packet as long as the skb stays the same object.
 * @alpha
 */
export type NfHookFn = (priv: object | null, skb: Skb, state: NfState) => number;

/** A hook with its place (struct nf_hook_ops). @alpha */
export interface NfHookOps {
  readonly pf: number;
  readonly hooknum: number;
  /** Lower runs first. */
  readonly priority: number;
  readonly hook: NfHookFn;
  readonly priv?: object | null;
  /** For NFPROTO_NETDEV: the device. */
  readonly dev?: NetDevice | null;
}

/** The hooks of one point in order; replaced as a whole when one comes or goes. @alpha */
export class NfHookEntries {
  readonly ops: readonly NfHookOps[];
  readonly fns: readonly NfHookFn[];
  readonly privs: readonly (object | null)[];
  constructor(ops: readonly NfHookOps[]) {
    this.ops = ops;
    this.fns = ops.map((o) => o.hook);
    this.privs = ops.map((o) => o.priv ?? null);
  }
}

/** The hook points of a namespace: entry `pf * NF_MAX_HOOKS + hooknum`, null while nobody listens. @alpha */
export class NfHooks {
  readonly entries: (NfHookEntries | null)[];
  constructor() {
    this.entries = [];
    for (let i = 0; i < NFPROTO_NUMPROTO * NF_MAX_HOOKS; i++) this.entries.push(null);
  }
}
