/** What TCP remembers of hosts, for `ip tcp_metrics`: the generic netlink family "tcp_metrics". */
// datapath-ok-file: requests
import { EAFNOSUPPORT, ESRCH, type Kernel, type Net } from '@linnet/kernel';
import {
  genlDumpPut, genlFamilyByName, genlmsgPut, GENL_DONT_VALIDATE_DUMP, GENL_DONT_VALIDATE_STRICT, genlRegisterFamily, NLA_BINARY, NLA_U32, type NlaPolicyTable, type NlDump, type NlRequest,
} from '@linnet/netlink';
import {
  GENL_ADMIN_PERM, type NlWriter, TCP_METRIC_CWND, TCP_METRIC_REORDERING, TCP_METRIC_RTT, TCP_METRIC_RTT_US, TCP_METRIC_RTTVAR, TCP_METRIC_RTTVAR_US, TCP_METRIC_SSTHRESH,
  TCP_METRICS_ATTR_ADDR_IPV4, TCP_METRICS_ATTR_ADDR_IPV6, TCP_METRICS_ATTR_AGE, TCP_METRICS_ATTR_FOPEN_COOKIE, TCP_METRICS_ATTR_FOPEN_MSS, TCP_METRICS_ATTR_MAX,
  TCP_METRICS_ATTR_SADDR_IPV4, TCP_METRICS_ATTR_SADDR_IPV6, TCP_METRICS_ATTR_VALS, TCP_METRICS_CMD_DEL, TCP_METRICS_CMD_GET, TCP_METRICS_GENL_VERSION,
} from '@linnet/uapi';
import { type TcpMetrics, tcpMetricsForget } from './tcp-metrics.ts';
import { TCP } from './tcp-net.ts';

const NAME = 'tcp_metrics';
const POLICY: NlaPolicyTable = {
  maxtype: TCP_METRICS_ATTR_MAX,
  rules: { [TCP_METRICS_ATTR_ADDR_IPV4]: { type: NLA_U32 }, [TCP_METRICS_ATTR_ADDR_IPV6]: { type: NLA_BINARY, len: 16, exact: true } },
};

function putVal(w: NlWriter, metric: number, value: number): void {
  if (value !== 0) w.putU32(metric + 1, value);
}

function putMetrics(w: NlWriter, net: Net, m: TcpMetrics): void {
  if (m.daddr6 !== null) {
    w.putIn6Addr(TCP_METRICS_ATTR_ADDR_IPV6, m.daddr6);
    w.putIn6Addr(TCP_METRICS_ATTR_SADDR_IPV6, m.saddr6!);
  } else {
    w.putInAddr(TCP_METRICS_ATTR_ADDR_IPV4, m.daddr);
    w.putInAddr(TCP_METRICS_ATTR_SADDR_IPV4, m.saddr);
  }
  w.putU64(TCP_METRICS_ATTR_AGE, (net.kernel.jiffies - m.stamp) >>> 0);
  if (m.rtt !== 0 || m.ssthresh !== 0 || m.cwnd !== 0 || m.reordering !== 0) {
    w.nestStartNoflag(TCP_METRICS_ATTR_VALS);
    putVal(w, TCP_METRIC_RTT_US, m.rtt);
    putVal(w, TCP_METRIC_RTT, Math.trunc(m.rtt / 1000));
    putVal(w, TCP_METRIC_RTTVAR_US, m.rttvar);
    putVal(w, TCP_METRIC_RTTVAR, Math.trunc(m.rttvar / 1000));
    putVal(w, TCP_METRIC_SSTHRESH, m.ssthresh);
    putVal(w, TCP_METRIC_CWND, m.cwnd);
    putVal(w, TCP_METRIC_REORDERING, m.reordering);
    w.nestEnd();
  }
  const { mss, cookie } = m.fastopen;
  if (mss !== 0) w.putU16(TCP_METRICS_ATTR_FOPEN_MSS, mss);
  if (cookie !== null) w.putBytes(TCP_METRICS_ATTR_FOPEN_COOKIE, cookie);
}

const is6 = (own: Int32Array | null, view: DataView, nla: number): boolean => own !== null && own.every((word, i) => word === view.getInt32(nla + 4 + 4 * i));

/** Which records a request names: those of a destination and, if given, of a source; null when it names no destination. */
function named(req: NlRequest, tb: Int32Array): ((m: TcpMetrics) => boolean) | null {
  const { view } = req;
  const [v4, v6, s4, s6] = [TCP_METRICS_ATTR_ADDR_IPV4, TCP_METRICS_ATTR_ADDR_IPV6, TCP_METRICS_ATTR_SADDR_IPV4, TCP_METRICS_ATTR_SADDR_IPV6].map((t) => tb[t]!) as [number, number, number, number];
  if (v4 === 0 && v6 === 0) return null;
  const from = (m: TcpMetrics): boolean => (s4 === 0 ? s6 === 0 || is6(m.saddr6, view, s6) : m.saddr6 === null && m.saddr === view.getInt32(s4 + 4));
  if (v4 !== 0) return (m) => m.daddr6 === null && m.daddr === view.getInt32(v4 + 4) && from(m);
  return (m) => is6(m.daddr6, view, v6) && from(m);
}

function get(net: Net, req: NlRequest, reply: NlWriter, tb: Int32Array): number {
  const which = named(req, tb);
  if (which === null) return -EAFNOSUPPORT;
  for (const m of net.get(TCP).metrics.values()) {
    if (!which(m)) continue;
    genlmsgPut(reply, req, genlFamilyByName(net.kernel, NAME)!, TCP_METRICS_CMD_GET);
    putMetrics(reply, net, m);
    reply.end();
    return 0;
  }
  return -ESRCH;
}

/** Of a host, or without a destination of all (tcp_metrics flush). */
function del(net: Net, req: NlRequest, _reply: NlWriter, tb: Int32Array): number {
  const which = named(req, tb);
  const n = tcpMetricsForget(net.get(TCP), which ?? (() => true));
  return n === 0 && which !== null ? -ESRCH : 0;
}

function dump(net: Net, _req: NlRequest, w: NlWriter, cb: NlDump): number {
  const family = genlFamilyByName(net.kernel, NAME)!;
  let i = 0;
  for (const m of net.get(TCP).metrics.values()) {
    if (i++ < cb.i) continue;
    genlDumpPut(w, cb, family, TCP_METRICS_CMD_GET);
    putMetrics(w, net, m);
    const err = w.end();
    if (err < 0) return err;
    cb.i = i;
  }
  return 0;
}

/** Registers the family. */
export function tcpMetricsInit(k: Kernel): void {
  const validate = GENL_DONT_VALIDATE_STRICT | GENL_DONT_VALIDATE_DUMP;
  genlRegisterFamily(k, {
    name: NAME, version: TCP_METRICS_GENL_VERSION, maxattr: TCP_METRICS_ATTR_MAX, policy: POLICY,
    ops: [
      { cmd: TCP_METRICS_CMD_GET, validate, doit: get, dumpit: dump },
      { cmd: TCP_METRICS_CMD_DEL, validate, flags: GENL_ADMIN_PERM, doit: del },
    ],
  });
}
