/** What the classifiers share. */
// datapath-ok-file: requests
import { EINVAL } from '@linnet/kernel';
import { devGetByIndex, devGetByName, type Qdisc } from '@linnet/netdev';
import { nlSetErrMsgAttr } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import { nlaGetString, TCA_CLS_FLAGS_SKIP_HW, TCA_CLS_FLAGS_SKIP_SW, TCA_CLS_FLAGS_VERBOSE } from '@linnet/uapi';
import { classOps } from './tc-core.ts';
import { TcfExts, type TcClass, type TcfProto, type TcRequest } from './tc-types.ts';

/** No hardware runs the filter: what every software filter says. */
export const CLS_NOT_IN_HW = 8;

/** What every filter has: its handle, where it leads, its actions. */
export class Filter {
  readonly handle: number;
  classid = 0;
  /** The class itself, while it is bound to one. */
  cls: TcClass = 0;
  readonly exts: TcfExts = new TcfExts();
  flags = 0;
  /** Number of the device that the packet must have come in by; 0 for any. */
  indev = 0;
  indevName = '';
  constructor(handle: number) {
    this.handle = handle;
  }
}

/** Are these flags that a request may set? (tc_flags_valid) */
export function tcFlagsValid(flags: number): boolean {
  if ((flags & ~(TCA_CLS_FLAGS_SKIP_HW | TCA_CLS_FLAGS_SKIP_SW | TCA_CLS_FLAGS_VERBOSE)) !== 0) return false;
  const both = TCA_CLS_FLAGS_SKIP_HW | TCA_CLS_FLAGS_SKIP_SW;
  return (flags & both) !== both;
}

/** Leads a filter to a class (tcf_bind_filter). */
export function bindFilter(tp: TcfProto, f: Filter, classid: number, base: TcClass): void {
  unbindFilter(tp, f);
  f.classid = classid;
  const { q } = tp.chain.block;
  f.cls = classOps(q)?.bindTcf?.(q, base, classid) ?? 0;
}

/** A filter leads nowhere any more (tcf_unbind_filter). */
export function unbindFilter(tp: TcfProto, f: Filter): void {
  const { q } = tp.chain.block;
  if (f.cls !== 0) classOps(q)?.unbindTcf?.(q, f.cls);
  f.cls = 0;
}

/** A class came or went: the filter for it holds on to it, or lets go (tc_cls_bind_class). */
export function bindClass(tp: TcfProto, fh: object, classid: number, cl: TcClass, q: Qdisc, base: TcClass): void {
  const f = fh as Filter;
  if (f.classid !== classid) return;
  if (cl === 0) f.cls = 0;
  else if (f.cls === 0) f.cls = classOps(q)?.bindTcf?.(q, base, classid) ?? 0;
  void tp;
}

/** Reads an attribute with the name of a device; -EINVAL when there is none of that name (tcf_change_indev). */
export function changeIndev(p: TcRequest, nla: number, f: Filter): number {
  const name = nlaGetString(p.req.view, nla);
  const dev = devGetByName(p.net, name);
  if (dev === null) {
    nlSetErrMsgAttr(p.extack, nla, 'Network device not found');
    return -EINVAL;
  }
  f.indev = dev.ifindex;
  f.indevName = name;
  return 0;
}

/** Did the packet come in by the device that the filter wants? (tcf_match_indev) */
export function matchIndev(skb: Skb, indev: number): boolean {
  return indev === 0 || (skb.skbIif !== 0 && skb.skbIif === indev);
}

/** The name of the device of {@link changeIndev} today. */
export function indevName(tp: TcfProto, f: Filter): string {
  return devGetByIndex(tp.chain.block.q.dev.net, f.indev)?.name ?? f.indevName;
}

/** The lowest number from 1 on that `used` does not have. */
export function lowestFree(used: (n: number) => boolean): number {
  let n = 1;
  while (used(n)) n++;
  return n;
}
