/** Protection against wrapped sequence numbers by timestamps (RFC 7323 section 5). */
import type { Skb } from '@linnet/skbuff';
import { after } from '@linnet/uapi';
import { tcpSeconds } from './tcp-clock.ts';
import { TCP_PAWS_24DAYS, TCP_PAWS_WINDOW } from './tcp-const.ts';
import type { TcpOptionsReceived } from './tcp-options.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Takes the timestamp of the segment in hand as TS.Recent. */
export function tcpStoreTsRecent(rx: TcpOptionsReceived, ktime: number): void {
  rx.tsRecent = rx.rcvTsval;
  rx.tsRecentStamp = tcpSeconds(ktime) + 1;
}

/** TS.Recent moves with segments that span the last ACK sent (RFC 7323 section 4.3, tcp_replace_ts_recent). */
export function tcpReplaceTsRecent(tp: TcpSock, seq: number): void {
  const rx = tp.rxOpt;
  if (!rx.sawTstamp || after(seq, tp.rcvWup)) return;
  if (tcpPawsCheck(rx, 0, tp.kernel.ktime)) tcpStoreTsRecent(rx, tp.kernel.ktime);
}

/** Is the timestamp of the segment in hand not older than TS.Recent, give or take `win`, or TS.Recent itself too old to say? (tcp_paws_check) */
export function tcpPawsCheck(rx: TcpOptionsReceived, win: number, ktime: number): boolean {
  if (((rx.tsRecent - rx.rcvTsval) | 0) <= win) return true;
  if (rx.tsRecentStamp === 0 || tcpSeconds(ktime) + 1 >= rx.tsRecentStamp + TCP_PAWS_24DAYS) return true;
  // A peer that starts with zero has no timestamps worth the name.
  return rx.tsRecent === 0;
}

/** Must a segment for a half-open connection or TIME-WAIT be rejected? A RST passes after a minute (tcp_paws_reject). */
export function tcpPawsReject(rx: TcpOptionsReceived, rst: boolean, ktime: number): boolean {
  if (tcpPawsCheck(rx, 0, ktime)) return false;
  if (rst && tcpSeconds(ktime) + 1 >= rx.tsRecentStamp + 60) return false;
  return true;
}

/** Is it an ACK that was merely overtaken on the way? (tcp_disordered_ack) */
function tcpDisorderedAck(tp: TcpSock, skb: Skb): boolean {
  const rx = tp.rxOpt;
  return (
    skb.cb0 === skb.cb1 &&
    skb.cb0 === tp.rcvNxt &&
    skb.cb4 === tp.sndUna &&
    ((rx.tsRecent - rx.rcvTsval) | 0) <= Math.min(tp.rto, 120000)
  );
}

/** Must a segment of a synchronized connection be dropped? (tcp_paws_discard) */
export function tcpPawsDiscard(tp: TcpSock, skb: Skb): boolean {
  return !tcpPawsCheck(tp.rxOpt, TCP_PAWS_WINDOW, tp.kernel.ktime) && !tcpDisorderedAck(tp, skb);
}
