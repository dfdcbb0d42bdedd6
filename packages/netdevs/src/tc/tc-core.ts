/** Queues by handle, trees of queues, and the places where filters look at packets. */
// datapath-ok-file: trees of queues are built by requests; what runs per packet is in tc-hook.ts and cls-classify.ts
import { type Net } from '@linnet/kernel';
import { NOQUEUE_OPS, type NetDevice, type Qdisc, qdiscDestroy, qdiscReset } from '@linnet/netdev';
import { nlaParsePolicy, NL_VALIDATE_LIBERAL, type Extack, type NlaPolicyTable } from '@linnet/netlink';
import { NlWriter, TC_H_MAJ_MASK } from '@linnet/uapi';
import { TC, TcDev, type TcClass, type TcClassOps, type TcKernel, type TcQdiscOps } from './tc-types.ts';

/** The major part of a handle, unsigned. @alpha */
export function tcHMaj(h: number): number {
  return (h & TC_H_MAJ_MASK) >>> 0;
}
/** The minor part of a handle. @alpha */
export function tcHMin(h: number): number {
  return h & 0xffff;
}

/** What traffic control keeps of a device, made when first asked for. @alpha */
export function tcDev(dev: NetDevice): TcDev {
  let d = dev.tcDev as TcDev | null;
  if (d === null) dev.tcDev = d = new TcDev(dev);
  return d;
}

/** The traffic control of a device's machine. @alpha */
export function tcKernel(dev: NetDevice | Net): TcKernel {
  return dev.kernel.get(TC);
}

/** The class part of a queue's discipline; null for classless ones. @alpha */
export function classOps(q: Qdisc): TcClassOps | null {
  return (q.ops as TcQdiscOps).classOps ?? null;
}

/** The root queue, the ingress queue or one below them with that handle (qdisc_lookup). 0 finds nothing. @alpha */
export function qdiscLookup(dev: NetDevice, handle: number): Qdisc | null {
  if (handle === 0) return null;
  const root = dev.qdiscSleeping;
  if (root.handle === handle) return root;
  const tc = dev.tcDev as TcDev | null;
  if (tc === null) return null;
  for (const q of tc.qdiscs) if (q.handle === handle) return q;
  return tc.ingress !== null && tc.ingress.handle === handle ? tc.ingress : null;
}

/** Makes a queue below another one known by its handle; one that is only a default stays out of dumps (qdisc_hash_add). @alpha */
export function qdiscHashAdd(q: Qdisc, invisible: number): void {
  q.flags |= invisible;
  tcDev(q.dev).qdiscs.unshift(q);
}

/** Lets a queue go with all below it (qdisc_put). @alpha */
export function qdiscPut(q: Qdisc | null): void {
  if (q === null || q === q.dev.noopQdisc) return;
  const list = (q.dev.tcDev as TcDev | null)?.qdiscs;
  const i = list?.indexOf(q) ?? -1;
  if (i >= 0) list!.splice(i, 1);
  q.deactivated = true;
  qdiscDestroy(q);
}

/** Replaces the queue below a class, telling those above that the packets of the old one are gone (qdisc_replace). Returns the old one. @alpha */
export function qdiscReplace(sch: Qdisc, q: Qdisc, old: Qdisc | null): Qdisc {
  if (old !== null) qdiscPurgeQueue(old);
  return old ?? sch.dev.noopQdisc;
}

/** Drops what a queue holds, with the books of those above kept (qdisc_purge_queue). @alpha */
export function qdiscPurgeQueue(q: Qdisc): void {
  const { qlen, backlog } = q;
  qdiscReset(q);
  qdiscTreeReduceBacklog(q, qlen, backlog);
}

/** Packets left a queue without being asked for: the counts of those above follow (qdisc_tree_reduce_backlog). @alpha */
export function qdiscTreeReduceBacklog(q: Qdisc, n: number, len: number): void {
  if (n === 0 && len === 0) return;
  let parentid = q.parent;
  const { dev } = q;
  let child = q;
  while (parentid !== 0 && tcHMaj(parentid) !== 0xffff0000) {
    const sch = qdiscLookup(dev, tcHMaj(parentid));
    if (sch === null) return;
    const cops = classOps(sch);
    if (cops?.qlenNotify !== undefined && child.qlen === 0 && n > 0) {
      const cl = cops.find(sch, parentid);
      if (cl !== 0) cops.qlenNotify(sch, cl);
    }
    sch.qlen -= n;
    sch.backlog -= len;
    if (n > 0) sch.drops += n;
    child = sch;
    parentid = sch.parent;
  }
}

/** A queue whose packets go straight to the device. @alpha */
export function qdiscIsNoqueue(q: Qdisc): boolean {
  return q.ops === NOQUEUE_OPS;
}

/** Attributes taken apart: offsets in `view` by type, 0 where there is none. @alpha */
export interface Attrs {
  readonly view: DataView;
  readonly u8: Uint8Array;
  readonly tb: Int32Array;
}

/** Takes the attributes of a payload apart; a negative errno when one breaks its rule. @alpha */
export function parseOpt(opt: Uint8Array, policy: NlaPolicyTable, extack: object | null, validate: number = NL_VALIDATE_LIBERAL): Attrs | number {
  const u8 = new Uint8Array(opt.buffer);
  const view = new DataView(opt.buffer);
  const tb = new Int32Array(policy.maxtype + 1);
  const err = nlaParsePolicy(view, opt.byteOffset, opt.length, tb, policy.maxtype, policy, validate, extack as Extack | null);
  return err < 0 ? err : { view, u8, tb };
}

/** Says why, where somebody listens (NL_SET_ERR_MSG). @alpha */
export function say(extack: { msg: string } | null | undefined, msg: string): void {
  if (extack !== null && extack !== undefined) extack.msg = msg;
}

/** The payload of an attribute that `fill` writes. @alpha */
export function payload(fill: (w: NlWriter) => void): Uint8Array {
  const w = new NlWriter({ capacity: 256 });
  w.begin(0, 0, 0, 0);
  fill(w);
  w.end();
  return w.bytes().subarray(16);
}

/** Ids to classes, listed in the order of Linux's hash of classes: its buckets, the newest first in each (struct Qdisc_class_hash). @alpha */
export class ClassHash<T extends { readonly classid: number }> {
  private buckets: T[][] = [[], [], [], []];
  private readonly byId: Map<number, T> = new Map();

  private static bucket(id: number, mask: number): number {
    id ^= id >>> 8;
    id ^= id >>> 4;
    return id & mask;
  }
  find(classid: number): T | null {
    return this.byId.get(classid) ?? null;
  }
  insert(cl: T): void {
    this.byId.set(cl.classid, cl);
    this.buckets[ClassHash.bucket(cl.classid, this.buckets.length - 1)]!.unshift(cl);
  }
  remove(cl: T): void {
    this.byId.delete(cl.classid);
    const b = this.buckets[ClassHash.bucket(cl.classid, this.buckets.length - 1)]!;
    b.splice(b.indexOf(cl), 1);
  }
  /** Doubles the table once it is three quarters full (qdisc_class_hash_grow). */
  grow(): void {
    if (this.byId.size * 4 <= this.buckets.length * 3) return;
    const old = this.buckets;
    const next: T[][] = Array.from({ length: old.length * 2 }, () => []);
    for (const b of old) for (const cl of b) next[ClassHash.bucket(cl.classid, next.length - 1)]!.unshift(cl);
    this.buckets = next;
  }
  /** Calls `fn` for each until it returns false. */
  walk(fn: (cl: T) => boolean): void {
    for (const b of this.buckets) for (const cl of b) if (!fn(cl)) return;
  }
  all(): T[] {
    return this.buckets.flat();
  }
}

/** What `find` returns for disciplines whose classes are numbers. @alpha */
export function clNumber(cl: TcClass): number {
  return typeof cl === 'number' ? cl : 0;
}
