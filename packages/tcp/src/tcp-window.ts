/** The receive window: how much is offered (RFC 9293 sections 3.8.6.2.2 and 3.8.6.3, RFC 7323 section 2). */
import { SOCK_RCVBUF_LOCK } from '@linnet/socket';
import { TCP_MAX_WSCALE } from '@linnet/uapi';
import { MAX_TCP_WINDOW } from './tcp-const.ts';
import { TcpExtTCPFromZeroWindowAdv, TcpExtTCPToZeroWindowAdv, TcpExtTCPWantZeroWindowAdv } from './tcp-mib.ts';
import { netInc, type TcpNet } from './tcp-net.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Bytes of window that `space` bytes of buffer carry, given how much of a packet's memory is payload (tcp_win_from_space). */
export function tcpWinFromSpace(tp: TcpSock, space: number): number {
  return Math.floor((space * tp.scalingRatio) / 256);
}
/** Bytes of buffer that a window needs (tcp_space_from_win). */
export function tcpSpaceFromWin(tp: TcpSock, win: number): number {
  return Math.floor((win * 256) / tp.scalingRatio);
}
/** Window that the free receive buffer carries. Can be negative (tcp_space). */
export function tcpSpace(tp: TcpSock): number {
  return tcpWinFromSpace(tp, tp.rcvbuf - tp.rmemAlloc);
}
/** Window that the whole receive buffer carries (tcp_full_space). */
export function tcpFullSpace(tp: TcpSock): number {
  return tcpWinFromSpace(tp, tp.rcvbuf);
}
/** What the window of a new connection may ever be, 0 for anything: a buffer whose size the user has fixed (SO_RCVBUF) will not grow. */
export function tcpInitialClamp(tp: TcpSock): number {
  if ((tp.userlocks & SOCK_RCVBUF_LOCK) === 0) return tp.windowClamp;
  const full = tcpFullSpace(tp);
  return tp.windowClamp === 0 ? full : Math.min(tp.windowClamp, full);
}
/** What is left of the window last offered (tcp_receive_window). */
export function tcpReceiveWindow(tp: TcpSock): number {
  const win = (tp.rcvWup + tp.rcvWnd - tp.rcvNxt) | 0;
  return win < 0 ? 0 : win;
}
/** Sequence number after the last that the peer lets us send (tcp_wnd_end). */
export function tcpWndEnd(tp: TcpSock): number {
  return (tp.sndUna + tp.sndWnd) | 0;
}

/** The result of {@link tcpSelectInitialWindow}. */
export class InitialWindow {
  rcvWnd = 0;
  windowClamp = 0;
  rcvWscale = 0;
}

/**
 * Chooses window, clamp and scale for a SYN or SYN-ACK from the buffer space that there is and may come (tcp_select_initial_window).
 * `clamp` 0: none. The window is a multiple of `mss`.
 */
export function tcpSelectInitialWindow(tn: TcpNet, out: InitialWindow, space: number, mss: number, clamp: number, wscaleOk: boolean): void {
  if (space < 0) space = 0;
  if (clamp === 0) clamp = 65535 << TCP_MAX_WSCALE;
  if (space > clamp) space = clamp;
  if (space > mss) space -= space % mss;
  let shift = 0;
  if (wscaleOk) {
    let most = Math.max(space, tn.rmemMax);
    if (most > clamp) most = clamp;
    while (shift < TCP_MAX_WSCALE && most > (65535 << shift)) shift++;
  }
  // A buffer of more than 64 KiB is offered at once where the window can be scaled: the SYN itself says 65,535 then.
  const limit = tn.workaroundSignedWindows !== 0 ? MAX_TCP_WINDOW : wscaleOk ? 65535 << shift : 65535;
  out.rcvWnd = Math.min(space, limit);
  out.rcvWscale = shift;
  out.windowClamp = Math.min(65535 << shift, clamp);
}

/** The window that should be offered now, unscaled, without regard to the one offered before (__tcp_select_window). */
export function tcpCalcWindow(tp: TcpSock): number {
  let mss = tp.ackRcvMss;
  let free = tcpSpace(tp);
  const allowed = tcpFullSpace(tp);
  const full = Math.min(tp.windowClamp, allowed);
  if (mss > full) {
    mss = full;
    if (mss <= 0) return 0;
  }
  const shift = tp.rxOpt.rcvWscale;
  if (free < full >> 1) {
    // Little room: no quick ACKs, and no crumbs (silly window avoidance, RFC 9293 section 3.8.6.2.2).
    tp.ackQuick = 0;
    if (free < allowed >> 4 || free < mss) return 0;
    free -= free % (1 << shift);
  }
  if (free > tp.rcvSsthresh) free = tp.rcvSsthresh;
  if (shift > 0) {
    // Rounding down would make the window creep to zero in small steps.
    const unit = 1 << shift;
    return Math.ceil(free / unit) * unit;
  }
  const offered = tp.rcvWnd;
  if (offered <= free - mss || offered > free) return free - (free % mss);
  if (mss === full && free > offered + (full >> 1)) return free;
  return offered;
}

/** Chooses the window for a segment that leaves now, notes it as offered and returns the value for the header (tcp_select_window). */
export function tcpSelectWindow(tp: TcpSock): number {
  const old = tp.rcvWnd;
  const current = tcpReceiveWindow(tp);
  const shift = tp.rxOpt.rcvWscale;
  let win = tcpCalcWindow(tp);
  if (win < current) {
    // Never take back what was offered (RFC 9293 section 3.8.6).
    if (win === 0) netInc(tp.tn, TcpExtTCPWantZeroWindowAdv);
    const unit = 1 << shift;
    win = Math.ceil(current / unit) * unit;
  }
  if (shift === 0 && tp.tn.workaroundSignedWindows !== 0) {
    if (win > MAX_TCP_WINDOW) win = MAX_TCP_WINDOW;
  } else if (win > (65535 << shift)) {
    win = 65535 << shift;
  }
  tp.rcvWnd = win;
  tp.rcvWup = tp.rcvNxt;
  const value = win >> shift;
  if (value === 0) {
    tp.predFlags = 0;
    if (old !== 0) netInc(tp.tn, TcpExtTCPToZeroWindowAdv);
  } else if (old === 0) {
    netInc(tp.tn, TcpExtTCPFromZeroWindowAdv);
  }
  return value;
}
