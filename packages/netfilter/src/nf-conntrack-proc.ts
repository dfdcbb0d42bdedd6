/** /proc/net/nf_conntrack, its statistics, and the settings net.netfilter.nf_conntrack_* (kernel documentation nf_conntrack-sysctl.rst; layout read from Linux 6.18). */
// datapath-ok-file: files and settings
import { sysctlInt, type Net, type SysctlEntry } from '@linnet/kernel';
import { AF_INET, in4ToString, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { IPS_ASSURED, IPS_SEEN_REPLY } from './nf-conntrack-common.ts';
import { nfConntrackForEach, type NfConntrackNet, nfConntrackResize, nfCtIsExpired } from './nf-conntrack-net.ts';
import { nfHasPorts } from './nf-conntrack-packet.ts';
import { TCP_CONNTRACK_NAMES } from './nf-conntrack-tcp.ts';
import type { NfTuple } from './nf-conntrack-tuple.ts';

const NAMES: Readonly<Record<number, string>> = { [IPPROTO_ICMP]: 'icmp', [IPPROTO_TCP]: 'tcp', [IPPROTO_UDP]: 'udp', [IPPROTO_ICMPV6]: 'icmpv6' };

/** An IPv6 address with all of its digits, as files of the kernel have it. */
export function nfIn6Text(a: number, b: number, c: number, d: number): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  [a, b, c, d].forEach((w, i) => view.setInt32(i * 4, w));
  return Array.from({ length: 8 }, (_, i) => view.getUint16(i * 2).toString(16).padStart(4, '0')).join(':');
}

function tupleText(t: NfTuple): string {
  const [src, dst] = t.l3num === AF_INET ? [in4ToString(t.src0), in4ToString(t.dst0)] : [nfIn6Text(t.src0, t.src1, t.src2, t.src3), nfIn6Text(t.dst0, t.dst1, t.dst2, t.dst3)];
  let text = `src=${src} dst=${dst} `;
  if (t.protonum === IPPROTO_ICMP || t.protonum === IPPROTO_ICMPV6) text += `type=${t.dport >> 8} code=${t.dport & 0xff} id=${t.sport} `;
  else if (nfHasPorts(t.protonum)) text += `sport=${t.sport} dport=${t.dport} `;
  return text;
}

/** One line, with its newline (ct_seq_show). @alpha */
export function nfConntrackLine(ct: NfConn): string {
  const k = ct.cnet.net.kernel;
  const { orig, reply, acct } = ct;
  const left = Math.max(0, Math.floor(((ct.timeout - k.jiffies) | 0) / 1000));
  let s = `${orig.l3num === AF_INET ? 'ipv4' : 'ipv6'}     ${orig.l3num} ${(NAMES[orig.protonum] ?? 'unknown').padEnd(8)} ${orig.protonum} ${left} `;
  if (ct.tcp !== null) s += `${TCP_CONNTRACK_NAMES[ct.tcp.state]} `;
  s += tupleText(orig);
  if (acct !== null) s += `packets=${acct.packets0} bytes=${acct.bytes0} `;
  if ((ct.status & IPS_SEEN_REPLY) === 0) s += '[UNREPLIED] ';
  s += tupleText(reply);
  if (acct !== null) s += `packets=${acct.packets1} bytes=${acct.bytes1} `;
  if ((ct.status & IPS_ASSURED) !== 0) s += '[ASSURED] ';
  s += `mark=${ct.mark >>> 0} zone=${ct.zone} `;
  if (ct.start >= 0) s += `delta-time=${Math.floor((k.clock.now() - ct.start) / 1e9)} `;
  return `${s}use=${2 + ct.children}\n`;
}

function hex(n: number): string {
  return (n >>> 0).toString(16).padStart(8, '0');
}

/** Registers files and settings of a namespace. @alpha */
export function nfConntrackProcInit(net: Net, cn: NfConntrackNet): void {
  net.proc.create('net/nf_conntrack', () => {
    let text = '';
    // As a system call, or the tick may be old.
    net.kernel.run(() => {
      nfConntrackForEach(cn, (ct) => {
        if (!nfCtIsExpired(ct)) text += nfConntrackLine(ct);
      });
    });
    return text;
  });
  net.proc.create('net/stat/nf_conntrack', () => {
    const t = cn.stat;
    const row = [
      cn.count, t.clashResolve, t.found, 0, t.invalid, 0, 0, t.chaintoolong, t.insert, t.insertFailed, t.drop, t.earlyDrop, t.error, t.expectNew, t.expectCreate, t.expectDelete, 0,
    ].map(hex);
    const head = 'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n';
    return `${head}${row.slice(0, 13).join(' ')}  ${row.slice(13).join(' ')}\n`;
  });
  net.proc.create('net/nf_conntrack_expect', () => {
    let text = '';
    net.kernel.run(() => {
      for (const list of cn.expects.values()) {
        for (const e of list) {
          const left = Math.max(0, Math.floor(((e.timer.expires - net.kernel.jiffies) | 0) / 1000));
          text += `${left} l3proto = ${e.tuple.l3num} proto=${e.tuple.protonum} ${tupleText(e.tuple)}${(e.flags & 1) !== 0 ? 'PERMANENT ' : ''}${e.master.help === null ? '' : e.master.help.name}\n`;
        }
      }
    });
    return text;
  });

  const reg = (name: string, entry: SysctlEntry): void => net.sysctl.register(`net/netfilter/nf_conntrack_${name}`, entry);
  const int = (name: string, get: () => number, set: (v: number) => void, max = 0x7fffffff): void => reg(name, sysctlInt(get, set, { min: 0, max }));
  // Longer times than half the range of jiffies cannot be compared.
  const MOST = 0x3fffffff;
  const secs = (name: string, get: () => number, set: (v: number) => void): void => int(name, () => Math.floor(get() / 1000), (v) => set(Math.min(MOST, v * 1000)));
  reg('count', sysctlInt(() => cn.count, null));
  int('max', () => cn.max, (v) => { cn.max = v; });
  int('buckets', () => cn.mask + 1, (v) => { if (v > 0) nfConntrackResize(cn, Math.min(v, 1 << 24)); });
  int('expect_max', () => cn.expectMax, (v) => { cn.expectMax = v; });
  int('acct', () => cn.acctOn, (v) => { cn.acctOn = v; }, 1);
  int('timestamp', () => cn.tstampOn, (v) => { cn.tstampOn = v; }, 1);
  int('checksum', () => cn.checksum, (v) => { cn.checksum = v; }, 1);
  int('events', () => cn.events, (v) => { cn.events = v; }, 2);
  int('log_invalid', () => cn.logInvalid, (v) => { cn.logInvalid = v; }, 255);
  secs('generic_timeout', () => cn.genericTimeout, (v) => { cn.genericTimeout = v; });
  secs('icmp_timeout', () => cn.icmpTimeout, (v) => { cn.icmpTimeout = v; });
  secs('icmpv6_timeout', () => cn.icmpv6Timeout, (v) => { cn.icmpv6Timeout = v; });
  secs('udp_timeout', () => cn.udpTimeout, (v) => { cn.udpTimeout = v; });
  secs('udp_timeout_stream', () => cn.udpStreamTimeout, (v) => { cn.udpStreamTimeout = v; });
  ['', 'syn_sent', 'syn_recv', 'established', 'fin_wait', 'close_wait', 'last_ack', 'time_wait', 'close', '', 'max_retrans', 'unacknowledged'].forEach((name, i) => {
    if (name === '') return;
    secs(`tcp_timeout_${name}`, () => cn.tcpTimeouts[i]!, (v) => { cn.tcpTimeouts[i] = v; });
  });
  int('tcp_loose', () => cn.tcpLoose, (v) => { cn.tcpLoose = v; }, 1);
  int('tcp_be_liberal', () => cn.tcpBeLiberal, (v) => { cn.tcpBeLiberal = v; }, 1);
  int('tcp_max_retrans', () => cn.tcpMaxRetrans, (v) => { cn.tcpMaxRetrans = v; }, 255);
  int('tcp_ignore_invalid_rst', () => cn.tcpIgnoreInvalidRst, (v) => { cn.tcpIgnoreInvalidRst = v; }, 1);
}
