/** Queues and classes as messages (tc_fill_qdisc, tc_fill_tclass). */
// datapath-ok-file: messages
import type { Qdisc } from '@linnet/netdev';
import {
  type NlWriter, TCA_EGRESS_BLOCK, TCA_HW_OFFLOAD, TCA_INGRESS_BLOCK, TCA_KIND, TCA_OPTIONS, TCA_STAB, TCA_STAB_BASE, TCMSG_LEN, type Tcmsg, tcmsgWrite,
} from '@linnet/uapi';
import type { GenEstimator } from './gen-estimator.ts';
import { StatsDump } from './gen-stats.ts';
import { classOps } from './tc-core.ts';
import type { TcClass, TcQdiscOps } from './tc-types.ts';

/** Writes the header and attributes of a queue into the message begun in `w`; `clid` is the parent that the message tells. @alpha */
export function tcFillQdisc(w: NlWriter, q: Qdisc, clid: number): void {
  const { dev } = q;
  const ops = q.ops as TcQdiscOps;
  const head = w.reserve(TCMSG_LEN);
  // A root queue is held by the device's transmit queue, too.
  const info = q === dev.qdiscSleeping ? 2 : 1;
  tcmsgWrite(w.view, head, { family: 0, ifindex: dev.ifindex, handle: q.handle, parent: clid, info });
  w.putString(TCA_KIND, ops.id);
  const ingress = ops.ingressBlock?.(q) ?? 0;
  if (ingress !== 0) w.putU32(TCA_INGRESS_BLOCK, ingress);
  const egress = ops.egressBlock?.(q) ?? 0;
  if (egress !== 0) w.putU32(TCA_EGRESS_BLOCK, egress);
  const opt = ops.dump?.(q) ?? null;
  if (opt !== null) w.putBytes(TCA_OPTIONS, opt);
  w.putU8(TCA_HW_OFFLOAD, 0);
  if (q.stab !== null) {
    const { stab } = q;
    w.nestStartNoflag(TCA_STAB);
    const o = w.reserveAttr(TCA_STAB_BASE, 24);
    const { view } = w;
    view.setUint8(o, stab.cellLog);
    view.setUint8(o + 1, stab.sizeLog);
    view.setInt16(o + 2, stab.cellAlign, true);
    view.setInt32(o + 4, stab.overhead, true);
    view.setUint32(o + 8, stab.linklayer, true);
    view.setUint32(o + 12, stab.mpu, true);
    view.setUint32(o + 16, stab.mtu, true);
    view.setUint32(o + 20, stab.data.length, true);
    w.nestEnd();
  }
  const d = new StatsDump(w);
  const app = ops.dumpStats?.(q) ?? null;
  if (app !== null) d.app(app);
  d.basic(q.bytes, q.packets);
  d.rateEst(q.rateEst as GenEstimator | null);
  d.queue(q);
  d.finish();
}

/** Writes the header and attributes of a class. @alpha */
export function tcFillTclass(w: NlWriter, q: Qdisc, cl: TcClass): void {
  const cops = classOps(q)!;
  const t: Tcmsg = { family: 0, ifindex: q.dev.ifindex, handle: q.handle, parent: q.handle, info: 0 };
  const head = w.reserve(TCMSG_LEN);
  w.putString(TCA_KIND, q.ops.id);
  cops.dump?.(q, cl, t, w);
  tcmsgWrite(w.view, head, t);
  const d = new StatsDump(w);
  cops.dumpStats?.(q, cl, d);
  d.finish();
}
