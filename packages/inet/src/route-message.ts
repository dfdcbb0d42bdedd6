/** What messages about routes have in common in both families (rtnetlink(7); limits, errors and messages as Linux 6.18 gives them). */
// datapath-ok-file: messages
import { EINVAL, ENODEV } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { devGetByIndex } from '@linnet/netdev';
import { NL_VALIDATE_LIBERAL, NLA_NESTED, NLA_U16, NLA_U32, NLA_U8, NLA_UNSPEC, nlaParsePolicy, nlSetErrMsg, nlSetErrMsgAttr } from '@linnet/netlink';
import type { NlaPolicyTable, NlRequest } from '@linnet/netlink';
import {
  nlaForEachNested, nlaGetString, nlaGetU32, nlaLen, nlaType, RTA_DPORT, RTA_ENCAP, RTA_ENCAP_TYPE, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_MAX,
  RTA_METRICS, RTA_MULTIPATH, RTA_NH_ID, RTA_OIF, RTA_PRIORITY, RTA_SPORT, RTA_TABLE, RTA_UID, RTAX_ADVMSS, RTAX_CC_ALGO, RTAX_FEATURE_MASK, RTAX_FEATURES,
  RTAX_HOPLIMIT, RTAX_MAX, RTAX_MTU, rtmsgRead, RTMSG_LEN, RTNEXTHOP_LEN,
} from '@linnet/uapi';
import type { NlWriter } from '@linnet/uapi';

/** Highest metric values that a message may set; larger ones become these. */
const MAX_MTU = 65535 - 15;
const MAX_ADVMSS = 65535 - 40;
const MAX_HOPLIMIT = 255;
/** Characters of the name of a congestion control that count. */
const MAX_CC_NAME = 15;

/** Rules of the attributes of a route that have the same form in both families. @alpha */
export const ROUTE_RULES: NlaPolicyTable['rules'] = Object.freeze({
  [RTA_IIF]: { type: NLA_U32 },
  [RTA_OIF]: { type: NLA_U32 },
  [RTA_PRIORITY]: { type: NLA_U32 },
  [RTA_METRICS]: { type: NLA_NESTED },
  [RTA_MULTIPATH]: { type: NLA_UNSPEC, len: RTNEXTHOP_LEN },
  [RTA_ENCAP_TYPE]: { type: NLA_U16 },
  [RTA_ENCAP]: { type: NLA_NESTED },
  [RTA_UID]: { type: NLA_U32 },
  [RTA_MARK]: { type: NLA_U32 },
  [RTA_TABLE]: { type: NLA_U32 },
  [RTA_IP_PROTO]: { type: NLA_U8 },
  [RTA_SPORT]: { type: NLA_U16 },
  [RTA_DPORT]: { type: NLA_U16 },
  [RTA_NH_ID]: { type: NLA_U32 },
});

/** What RTA_METRICS says: values by RTAX_ number, and the name that goes with RTAX_CC_ALGO. @alpha */
export interface RouteMetrics {
  metrics: Int32Array | null;
  ccAlgo: string;
}

/** Refuses a request with a message for its sender. Returns `err`. @alpha */
export function refuseRequest(req: NlRequest, message: string, err: number): number {
  nlSetErrMsg(req.extack, message);
  return err;
}

/** Reads the name of a congestion control. @alpha */
export function routeCcName(req: NlRequest, nla: number): string {
  return nlaGetString(req.view, nla).slice(0, MAX_CC_NAME);
}

/** Does TCP know this congestion control? Asked of the list that TCP keeps in the sysctls; a stack without TCP knows none. @alpha */
export function routeCcKnown(net: Net, name: string): boolean {
  return name !== '' && (net.sysctl.read('net/ipv4/tcp_available_congestion_control') ?? '').split(' ').includes(name);
}

/** Reads RTA_METRICS at `nest` into `into`. 0 or a negative errno. @alpha */
export function readRouteMetrics(net: Net, req: NlRequest, nest: number, into: RouteMetrics): number {
  const { view } = req;
  const metrics = new Int32Array(RTAX_MAX + 1);
  let err = 0;
  let any = false;
  nlaForEachNested(view, nest, (nla) => {
    const type = nlaType(view, nla);
    if (err !== 0 || type === 0) return;
    any = true;
    if (type > RTAX_MAX) {
      err = refuseRequest(req, 'Invalid metric type', -EINVAL);
      return;
    }
    if (type === RTAX_CC_ALGO) {
      const name = routeCcName(req, nla);
      if (!routeCcKnown(net, name)) err = refuseRequest(req, 'Unknown tcp congestion algorithm', -EINVAL);
      into.ccAlgo = name;
      metrics[type] = 1;
      return;
    }
    if (nlaLen(view, nla) !== 4) {
      nlSetErrMsgAttr(req.extack, nla, 'Invalid attribute in metrics');
      err = -EINVAL;
      return;
    }
    let v = nlaGetU32(view, nla);
    if (type === RTAX_ADVMSS && v > MAX_ADVMSS) v = MAX_ADVMSS;
    if (type === RTAX_MTU && v > MAX_MTU) v = MAX_MTU;
    if (type === RTAX_HOPLIMIT && v > MAX_HOPLIMIT) v = MAX_HOPLIMIT;
    if (type === RTAX_FEATURES && (v & ~RTAX_FEATURE_MASK) !== 0) {
      err = refuseRequest(req, 'Unknown flag set in feature mask in metrics attribute', -EINVAL);
      return;
    }
    metrics[type] = v | 0;
  });
  if (any && err === 0) into.metrics = metrics;
  return err;
}

/** Writes RTA_METRICS, nothing when all are 0; a `pmtu` that was learned stands for RTAX_MTU. @alpha */
export function putRouteMetrics(w: NlWriter, metrics: Int32Array, ccAlgo: string, pmtu: number): void {
  w.nestStartNoflag(RTA_METRICS);
  let any = false;
  for (let i = 1; i <= RTAX_MAX; i++) {
    if (i === RTAX_CC_ALGO) {
      if (ccAlgo === '') continue;
      w.putString(i, ccAlgo);
    } else {
      const v = i === RTAX_MTU && pmtu !== 0 ? pmtu : metrics[i]!;
      if (v === 0) continue;
      w.putU32(i, i === RTAX_FEATURES ? v & RTAX_FEATURE_MASK : v);
    }
    any = true;
  }
  if (any) w.nestEnd();
  else w.nestCancel();
}

/** What a dump of routes is to hold; null and 0 match all. @alpha */
export interface RouteDumpFilter {
  table: number | null;
  protocol: number;
  type: number;
  oif: number;
}

/** Reads the filter of a strict request for a dump. 0 or a negative errno. @alpha */
export function readRouteDumpFilter(net: Net, req: NlRequest, policy: NlaPolicyTable, f: RouteDumpFilter): number {
  const rtm = rtmsgRead(req.view, req.data);
  if (rtm.dstLen !== 0 || rtm.srcLen !== 0 || rtm.tos !== 0 || rtm.scope !== 0) return refuseRequest(req, 'Invalid values in header for FIB dump request', -EINVAL);
  f.protocol = rtm.protocol;
  f.type = rtm.type;
  if (rtm.table !== 0) f.table = rtm.table;
  const tb = new Int32Array(RTA_MAX + 1);
  const at = req.data + RTMSG_LEN;
  const bad = nlaParsePolicy(req.view, at, req.end - at, tb, RTA_MAX, policy, NL_VALIDATE_LIBERAL, req.extack);
  if (bad !== 0) return bad;
  for (let i = 1; i <= RTA_MAX; i++) {
    if (tb[i] === 0) continue;
    if (i === RTA_TABLE) {
      f.table = nlaGetU32(req.view, tb[i]!);
    } else if (i === RTA_OIF) {
      f.oif = nlaGetU32(req.view, tb[i]!);
      if (devGetByIndex(net, f.oif) === null) return -ENODEV;
    } else {
      return refuseRequest(req, 'Unsupported attribute in dump request', -EINVAL);
    }
  }
  return 0;
}

/** Does it leave anything out? @alpha */
export function routeDumpFiltered(f: RouteDumpFilter): boolean {
  return f.table !== null || f.protocol !== 0 || f.type !== 0 || f.oif !== 0;
}
