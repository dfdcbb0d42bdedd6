/** What `ss -i`, `-m`, `-o` and `-e` add of a socket. */
import { INET_DIAG_BBRINFO, INET_DIAG_CONG, INET_DIAG_DCTCPINFO, INET_DIAG_INFO, INET_DIAG_SKMEMINFO } from '@linnet/uapi';
import { type Attrs, text } from './netlink.ts';

/** Nine counters of memory. */
export function skmem(b: Uint8Array): string {
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const n = (i: number): number => (i * 4 + 4 <= b.length ? v.getUint32(i * 4, true) : 0);
  return `skmem:(r${n(0)},rb${n(1)},t${n(2)},tb${n(3)},f${n(4)},w${n(5)},o${n(6)},bl${n(7)},d${n(8)})`;
}

/** As %g writes a number. */
const g = (n: number): string => `${Number(n.toPrecision(6))}`;

/** Bits a second. */
const bps = (n: number): string => `${n.toFixed(0)}bps`;

/** struct tcp_bbr_info. */
function bbrInfo(a: Attrs): string {
  const b = a.get(INET_DIAG_BBRINFO);
  if (b === undefined || b.length < 20) return '';
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const gain = (name: string, n: number): string => (n === 0 ? '' : `,${name}:${g(n / 256)}`);
  return `bbr:(bw:${bps(8 * Number(v.getBigUint64(0, true)))},mrtt:${g(v.getUint32(8, true) / 1000)}${gain('pacing_gain', v.getUint32(12, true))}${gain('cwnd_gain', v.getUint32(16, true))})`;
}

/** struct tcp_dctcp_info. */
function dctcpInfo(a: Attrs): string {
  const b = a.get(INET_DIAG_DCTCPINFO);
  if (b === undefined || b.length < 16) return '';
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  if (v.getUint16(0, true) === 0) return 'dctcp:fallback_mode';
  return `dctcp:(ce_state:${v.getUint16(2, true)},alpha:${v.getUint32(4, true)},ab_ecn:${v.getUint32(8, true)},ab_tot:${v.getUint32(12, true)})`;
}

/** struct tcp_info as words, each with a blank in front. */
export function tcpInfo(a: Attrs, options: boolean): string {
  const b = a.get(INET_DIAG_INFO);
  let out = '';
  const put = (s: string): void => {
    out += ` ${s}`;
  };
  const cong = text(a, INET_DIAG_CONG);
  if (b === undefined) {
    if (cong !== undefined) put(cong);
    return out;
  }
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const n = (off: number): number => (off + 4 <= b.length ? v.getUint32(off, true) : 0);
  const n64 = (off: number): bigint => (off + 8 <= b.length ? v.getBigUint64(off, true) : 0n);
  const state = b[0]!;
  const opts = b[5]!;
  const some = (key: string, value: number | bigint, show: string | number | bigint = value): void => {
    if (value !== 0 && value !== 0n) put(`${key}:${show}`);
  };
  if (options) {
    for (const [bit, word] of [[1, 'ts'], [2, 'sack'], [8, 'ecn'], [16, 'ecnseen'], [32, 'fastopen']] as const) if ((opts & bit) !== 0) put(word);
  }
  if (cong !== undefined) put(cong);
  if ((opts & 4) !== 0) put(`wscale:${b[6]! & 15},${b[6]! >> 4}`);
  const rto = n(8);
  if (rto !== 0 && rto !== 3000000) put(`rto:${g(rto / 1000)}`);
  some('backoff', b[4]!);
  const rtt = n(68);
  if (rtt !== 0) put(`rtt:${g(rtt / 1000)}/${g(n(72) / 1000)}`);
  const ato = n(12);
  if (ato !== 0) put(`ato:${g(ato / 1000)}`);
  const mss = n(16);
  const cwnd = n(80);
  if (state !== 10) {
    some('mss', mss);
    some('pmtu', n(60));
    some('rcvmss', n(20));
    some('advmss', n(84));
  }
  some('cwnd', cwnd);
  if (n(76) < 0xffff) some('ssthresh', n(76));
  some('bytes_sent', n64(200));
  some('bytes_retrans', n64(208));
  some('bytes_acked', n64(120));
  some('bytes_received', n64(128));
  some('segs_out', n(136));
  some('segs_in', n(140));
  some('data_segs_out', n(156));
  some('data_segs_in', n(152));
  for (const own of [dctcpInfo(a), bbrInfo(a)]) if (own !== '') put(own);
  if (rtt !== 0 && mss !== 0 && cwnd !== 0) put(`send ${bps((cwnd * mss * 8 * 1000000) / rtt)}`);
  some('lastsnd', n(44));
  some('lastrcv', n(52));
  some('lastack', n(56));
  const pacing = n64(104);
  const maxPacing = n64(112);
  if (pacing !== 0n && pacing !== 0xffffffffffffffffn) {
    put(`pacing_rate ${bps(Number(pacing) * 8)}`);
    if (maxPacing !== 0n && maxPacing !== 0xffffffffffffffffn) out += `/${bps(Number(maxPacing) * 8)}`;
  }
  const delivery = n64(160);
  if (delivery !== 0n) put(`delivery_rate ${bps(Number(delivery) * 8)}`);
  some('delivered', n(192));
  some('delivered_ce', n(196));
  if ((b[7]! & 1) !== 0) put('app_limited');
  const busy = n64(168);
  if (busy !== 0n) {
    put(`busy:${busy / 1000n}ms`);
    for (const [key, off] of [['rwnd_limited', 176], ['sndbuf_limited', 184]] as const) {
      const x = n64(off);
      if (x !== 0n) put(`${key}:${x / 1000n}ms(${((100 * Number(x)) / Number(busy)).toFixed(1)}%)`);
    }
  }
  some('unacked', n(24));
  if (n(36) !== 0 || n(100) !== 0) put(`retrans:${n(36)}/${n(100)}`);
  some('lost', n(32));
  if (state !== 10) some('sacked', n(28));
  some('dsack_dups', n(216));
  some('fackets', n(40));
  if (n(88) !== 3) some('reordering', n(88));
  some('reord_seen', n(220));
  if (n(92) !== 0) put(`rcv_rtt:${g(n(92) / 1000)}`);
  some('rcv_space', n(96));
  some('rcv_ssthresh', n(64));
  some('notsent', n(144));
  if (n(148) !== 0 && n(148) !== 0xffffffff) put(`minrtt:${g(n(148) / 1000)}`);
  some('rcv_ooopack', n(224));
  some('snd_wnd', n(228));
  return out;
}

/** Memory of a socket, or empty. */
export const memory = (a: Attrs, type: number = INET_DIAG_SKMEMINFO): string => {
  const b = a.get(type);
  return b === undefined ? '' : ` ${skmem(b)}`;
};

const TIMERS: readonly string[] = ['off', 'on', 'keepalive', 'timewait', 'persist', 'unknown'];

/** `timer:(keepalive,119min,0)`. */
export function timerText(timer: number, expires: number, retrans: number): string {
  if (timer === 0) return '';
  let ms = expires;
  const minutes = Math.trunc(ms / 60000);
  ms -= minutes * 60000;
  const seconds = Math.trunc(ms / 1000);
  ms -= seconds * 1000;
  let t = minutes > 0 ? `${minutes}min` : '';
  if (seconds > 0) t += minutes > 9 ? '' : minutes > 0 ? `${seconds}sec` : seconds > 9 ? `${seconds}sec` : `${seconds}.${`${ms}`.padStart(3, '0')}sec`;
  else if (minutes === 0) t = `${`${ms}`.padStart(3, '0')}ms`;
  return ` timer:(${TIMERS[Math.min(timer, 5)]!},${t},${retrans})`;
}
