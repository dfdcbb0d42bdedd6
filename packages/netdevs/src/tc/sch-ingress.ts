/** The queues that hold nothing: ingress and clsact, where filters look at what a device receives and sends (tc-ingress(8), tc-bpf(8)). */
// datapath-ok-file: set-up; packets pass through tc-hook.ts
import { EOPNOTSUPP } from '@linnet/kernel';
import type { NetDevice, Qdisc, QdiscExtack } from '@linnet/netdev';
import { consumeSkb, type Skb } from '@linnet/skbuff';
import { TC_H_INGRESS, TC_H_MIN_EGRESS, TC_H_MIN_INGRESS, type Tcmsg } from '@linnet/uapi';
import { tcfBlockGet, tcfBlockPut } from './cls-block.ts';
import { payload, tcDev, tcHMin } from './tc-core.ts';
import { tcEgressHook, tcIngressHook } from './tc-hook.ts';
import type { TcClass, TcClassOps, TcfBlock, TcQdiscOps } from './tc-types.ts';

/** The filters of an ingress or clsact queue. */
export class ClsactPriv {
  ingress: TcfBlock | null = null;
  egress: TcfBlock | null = null;
  /** Numbers of shared blocks, 0 for none. */
  ingressIndex = 0;
  egressIndex = 0;
}

function priv(sch: Qdisc): ClsactPriv {
  if (sch.priv === null) sch.priv = new ClsactPriv();
  return sch.priv as ClsactPriv;
}

/** Puts an ingress queue at a device, or takes it away with null. The former one is no more run. */
export function tcIngressGraft(dev: NetDevice, q: Qdisc | null): void {
  tcDev(dev).ingress = q ?? dev.noopQdisc;
  const p = q === null ? null : priv(q);
  dev.tcIngress = p !== null && p.ingress !== null ? tcIngressHook : null;
  dev.tcEgress = p !== null && p.egress !== null ? tcEgressHook : null;
}

const nothing = {
  enqueue(skb: Skb): number {
    consumeSkb(skb);
    return 0;
  },
  dequeue: (): null => null,
  dump: (): Uint8Array => payload(() => undefined),
  ingress: true,
  ingressBlock: (sch: Qdisc): number => priv(sch).ingressIndex,
  setIngressBlock(sch: Qdisc, index: number): void {
    priv(sch).ingressIndex = index;
  },
  destroy(sch: Qdisc): void {
    const p = priv(sch);
    if (p.ingress !== null) tcfBlockPut(p.ingress);
    if (p.egress !== null) tcfBlockPut(p.egress);
    p.ingress = p.egress = null;
  },
} as const;

function initBlock(sch: Qdisc, index: number, extack: QdiscExtack | null | undefined): TcfBlock | number {
  return tcfBlockGet(sch, index, extack ?? null);
}

const INGRESS_CLASS_OPS: TcClassOps = {
  leaf: () => null,
  find: (_sch: Qdisc, classid: number): TcClass => tcHMin(classid) + 1,
  walk: () => undefined,
  tcfBlock: (sch: Qdisc): TcfBlock | null => priv(sch).ingress,
  bindTcf: (_sch: Qdisc, _parent: TcClass, classid: number): TcClass => tcHMin(classid) + 1,
};

/** Filters for what a device receives (ingress_qdisc_ops). @alpha */
export const INGRESS_OPS: TcQdiscOps = Object.freeze({
  id: 'ingress',
  ...nothing,
  classOps: INGRESS_CLASS_OPS,
  init(sch: Qdisc, _opt: Uint8Array | null, extack?: QdiscExtack | null): number {
    if (sch.parent !== TC_H_INGRESS) return -EOPNOTSUPP;
    const p = priv(sch);
    const block = initBlock(sch, p.ingressIndex, extack);
    if (typeof block === 'number') return block;
    p.ingress = block;
    return 0;
  },
});

const isSide = (cl: TcClass): boolean => cl === TC_H_MIN_INGRESS + 1 || cl === TC_H_MIN_EGRESS + 1;

const CLSACT_CLASS_OPS: TcClassOps = {
  leaf: () => null,
  find(_sch: Qdisc, classid: number): TcClass {
    const cl = tcHMin(classid) + 1;
    return isSide(cl) ? cl : 0;
  },
  walk: () => undefined,
  tcfBlock(sch: Qdisc, cl: TcClass): TcfBlock | null {
    if (cl === TC_H_MIN_INGRESS + 1) return priv(sch).ingress;
    return cl === TC_H_MIN_EGRESS + 1 ? priv(sch).egress : null;
  },
  bindTcf: (_sch: Qdisc, _parent: TcClass, classid: number): TcClass => tcHMin(classid) + 1,
  dump(_sch: Qdisc, _cl: TcClass, _t: Tcmsg): void {
    // Nothing of its own.
  },
};

/** Filters for what a device receives and sends (clsact_qdisc_ops). @alpha */
export const CLSACT_OPS: TcQdiscOps = Object.freeze({
  id: 'clsact',
  ...nothing,
  classOps: CLSACT_CLASS_OPS,
  egressBlock: (sch: Qdisc): number => priv(sch).egressIndex,
  setEgressBlock(sch: Qdisc, index: number): void {
    priv(sch).egressIndex = index;
  },
  init(sch: Qdisc, _opt: Uint8Array | null, extack?: QdiscExtack | null): number {
    if (sch.parent !== TC_H_INGRESS) return -EOPNOTSUPP;
    const p = priv(sch);
    const ingress = initBlock(sch, p.ingressIndex, extack);
    if (typeof ingress === 'number') return ingress;
    p.ingress = ingress;
    const egress = initBlock(sch, p.egressIndex, extack);
    if (typeof egress === 'number') return egress;
    p.egress = egress;
    return 0;
  },
});
