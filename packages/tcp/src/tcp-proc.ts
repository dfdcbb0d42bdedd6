/** /proc/net/tcp and the counters' text. */
// datapath-ok-file: files under /proc
import { EHASH_REQUEST, EHASH_SOCK, EHASH_TIMEWAIT, inetMapped } from '@linnet/inet';
import { timerPending } from '@linnet/kernel';
import { sockIno } from '@linnet/socket';
import { AF_INET, AF_INET6, TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV } from '@linnet/uapi';
import { ICSK_TIME_PROBE0 } from './tcp-const.ts';
import { TCP_MIB_NAMES, TCPEXT_MIB_NAMES } from './tcp-mib.ts';
import type { TcpTimewaitSock } from './tcp-minisocks.ts';
import type { TcpKernel } from './tcp-kernel.ts';
import { TCP, type TcpNet } from './tcp-net.ts';
import type { TcpSock } from './tcp-sock.ts';
import type { TcpRequestSock } from './tcp-request-sock.ts';

const hex = (n: number, width: number): string => (n >>> 0).toString(16).toUpperCase().padStart(width, '0');
/** TCP's line of /proc/net/sockstat: sockets of AF_INET in the namespace; those allocated and pages of the whole machine. @alpha */
export function showTcpSockstat(tn: TcpNet, tk: TcpKernel): string {
  let alloc = 0;
  for (const net of tn.net.kernel.nets) alloc += net.tryGet(TCP)?.sockets.size ?? 0;
  return `TCP: inuse ${tcpInuse(tn, AF_INET)} orphan ${tn.orphans} tw ${tn.hashinfo.twCount} alloc ${alloc} mem ${tk.memory.allocated}\n`;
}

/** Sockets of a family that are listening, connecting or connected. @alpha */
export function tcpInuse(tn: TcpNet, family: number): number {
  let n = 0;
  for (const tp of tn.sockets) if (tp.family === family && tp.state !== TCP_CLOSE) n++;
  return n;
}

/** Addresses stand there as the little-endian reading of their bytes. */
const addr4 = (a: number): string => hex(((a & 0xff) << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24), 8);
/** The IPv4 address, or the four words of an IPv6 one. */
const addr = (a: number, a6: Int32Array | null): string => (a6 === null ? addr4(a) : [...a6].map(addr4).join(''));
/** Ticks of USER_HZ. */
const clock = (jiffies: number): string => hex(Math.max(0, Math.round(jiffies / 10)), 8);

function line(
  i: number, laddr: string, lport: number, raddr: string, rport: number, state: number, txq: number, rxq: number, timer: number, when: number,
  retr: number, uid: number, probes: number, ino: number, tail: string,
): string {
  const s =
    `${String(i).padStart(4)}: ${laddr}:${hex(lport, 4)} ${raddr}:${hex(rport, 4)} ${hex(state, 2)} ${hex(txq, 8)}:${hex(rxq, 8)} ` +
    `${hex(timer, 2)}:${clock(when)} ${hex(retr, 8)} ${String(uid).padStart(5)} ${String(probes).padStart(8)} ${ino} ${tail}`;
  // IPv6's lines are longer than the width that IPv4's are filled up to.
  return `${s.padEnd(149)}\n`;
}

function sockLine(i: number, tp: TcpSock): string {
  const now = tp.kernel.jiffies;
  let timer = 0;
  let when = 0;
  if (tp.pending === ICSK_TIME_PROBE0) {
    timer = 4;
    when = (tp.timeout - now) | 0;
  } else if (tp.pending !== 0) {
    timer = 1;
    when = (tp.timeout - now) | 0;
  } else if (timerPending(tp.keepaliveTimer)) {
    timer = 2;
    when = (tp.keepaliveTimer.expires - now) | 0;
  }
  const listening = tp.state === TCP_LISTEN;
  const rxq = listening ? tp.ackBacklog : Math.max(0, (tp.rcvNxt - tp.copiedSeq) | 0);
  const txq = listening ? 0 : (tp.writeSeq - tp.sndUna) | 0;
  const ssthresh = tp.sndCwnd >= tp.sndSsthresh ? tp.sndSsthresh : -1;
  const tail = `1 0000000000000000 ${Math.round(tp.rto / 10)} ${Math.round(tp.ackAto / 10)} ${(tp.ackQuick << 1) | (tp.ackPingpong > 0 ? 1 : 0)} ${tp.sndCwnd} ${listening ? 0 : ssthresh >= 0x7fffffff ? -1 : ssthresh}`;
  return line(i, addr(tp.rcvSaddr, tp.v6RcvSaddr), tp.num, addr(tp.daddr, tp.v6Daddr), tp.dport, tp.state, txq, rxq, timer, when, tp.retransmits, tp.uid, tp.probesOut, sockIno(tp), tail);
}

/** The table of the TCP sockets of AF_INET, or with `six` of AF_INET6, as Linux prints it (proc(5), tcp4_seq_show, tcp6_seq_show): listeners first. */
export function showTcp(tn: TcpNet, six: boolean): string {
  let out = six
    ? '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
    : `${'  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'.padEnd(149)}\n`;
  const family = six ? AF_INET6 : AF_INET;
  let i = 0;
  for (const list of tn.hashinfo.lhash.values()) for (const sk of list) if (sk.family === family) out += sockLine(i++, sk as TcpSock);
  const now = tn.net.kernel.jiffies;
  tn.hashinfo.forEach((n) => {
    if (n.kind === EHASH_SOCK) {
      const tp = n.owner as TcpSock;
      if (tp.family === family) out += sockLine(i++, tp);
    } else if (n.kind === EHASH_REQUEST) {
      const r = n.owner as TcpRequestSock;
      if (r.listener.family !== family) return;
      const l = six ? (r.v6LocAddr ?? inetMapped(r.locAddr)) : null;
      const f = six ? (r.v6RmtAddr ?? inetMapped(r.rmtAddr)) : null;
      const left = (r.timer.expires - now) | 0;
      out += line(i++, addr(r.locAddr, l), r.num, addr(r.rmtAddr, f), r.rmtPort, TCP_SYN_RECV, 0, 0, 1, left, r.numTimeout, r.listener.uid, 0, 0, '0 0000000000000000');
    } else if (n.kind === EHASH_TIMEWAIT) {
      const tw = n.owner as TcpTimewaitSock;
      if (tw.family !== family) return;
      const left = (tw.timer.expires - now) | 0;
      out += line(i++, addr(tw.rcvSaddr, tw.v6RcvSaddr), tw.num, addr(tw.daddr, tw.v6Daddr), tw.dport, tw.substate, 0, 0, 3, left, 0, 0, 0, 0, '0 0000000000000000');
    }
  });
  return out;
}

function group(name: string, names: readonly string[], values: (i: number) => number): string {
  let a = `${name}:`;
  let b = `${name}:`;
  for (let i = 0; i < names.length; i++) {
    a += ` ${names[i]!}`;
    b += ` ${values(i)}`;
  }
  return `${a}\n${b}\n`;
}

/** The `Tcp:` lines of /proc/net/snmp. */
export function showTcpSnmp(tn: TcpNet): string {
  return group('Tcp', TCP_MIB_NAMES, (i) => {
    // The first four are settings (RFC 4022): algorithm 1 (other), bounds, no limit.
    if (i === 0) return 1;
    if (i === 1) return Math.ceil(tn.rtoMinUs / 1000);
    if (i === 2) return tn.rtoMaxMs;
    if (i === 3) return -1;
    return tn.mib[i]!;
  });
}

/** The `TcpExt:` lines of /proc/net/netstat. */
export function showTcpExt(tn: TcpNet): string {
  return group('TcpExt', TCPEXT_MIB_NAMES, (i) => tn.mibExt[i]!);
}
