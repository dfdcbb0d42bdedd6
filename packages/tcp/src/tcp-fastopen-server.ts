/** The server's side of TCP Fast Open (RFC 7413 section 4.2): cookies are given and checked, and a SYN with a good one makes a connection at once. */
// datapath-ok-file: SYNs with the option
import { type Skb, skbClone, skbEat } from '@linnet/skbuff';
import { TCPHDR_FIN, TCPHDR_SYN, tcphWindow } from '@linnet/uapi';
import { ICSK_TIME_RETRANS, TCP_TIMEOUT_INIT } from './tcp-const.ts';
import { tcpQueueRcv } from './tcp-data.ts';
import {
  tfoCookie, tfoNetKeys, tfoParseOption, TFO_SERVER_COOKIE_NOT_REQD, TFO_SERVER_ENABLE, TFO_SERVER_WO_SOCKOPT,
} from './tcp-fastopen-option.ts';
import { tcpfo } from './tcp-fastopen-state.ts';
import {
  TcpExtTCPFastOpenCookieReqd, TcpExtTCPFastOpenListenOverflow, TcpExtTCPFastOpenPassive, TcpExtTCPFastOpenPassiveAltKey, TcpExtTCPFastOpenPassiveFail,
} from './tcp-mib.ts';
import { tcpCreateOpenreqChild } from './tcp-minisocks.ts';
import { netInc } from './tcp-net.ts';
import type { TcpRequestSock } from './tcp-request-sock.ts';
import { tcpInitTransfer } from './tcp-init-transfer.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpResetXmitTimer } from './tcp-xmit-timer.ts';

/** listen(2): with the sysctl's bit 0x400 every listener is ready, with as many connections as its backlog. */
export function tfoListen(tp: TcpSock, backlog: number): void {
  const want = TFO_SERVER_ENABLE | TFO_SERVER_WO_SOCKOPT;
  if ((tp.tn.fastopen & want) !== want) return;
  const tfo = tcpfo(tp);
  if (tfo.maxQlen === 0) tfo.maxQlen = backlog;
}

/** The addresses that a cookie is for: the client's, then the server's. */
function addresses(req: TcpRequestSock): Uint8Array {
  const v6 = req.v6RmtAddr !== null;
  const out = new Uint8Array(v6 ? 32 : 8);
  const v = new DataView(out.buffer);
  if (v6) {
    for (let i = 0; i < 4; i++) {
      v.setInt32(4 * i, req.v6RmtAddr![i]!);
      v.setInt32(16 + 4 * i, req.v6LocAddr![i]!);
    }
  } else {
    v.setInt32(0, req.rmtAddr);
    v.setInt32(4, req.locAddr);
  }
  return out;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/**
 * A SYN for a listener that does Fast Open. Returns the connection that it made, which is on the accept queue and holds the SYN's data; or null for an ordinary handshake, whose
 * SYN-ACK then carries a cookie if the client is to have one. The SYN's options are in the scratch record. Does not consume.
 */
export function tfoServer(listener: TcpSock, req: TcpRequestSock, skb: Skb): TcpSock | null {
  const { tn, tfo } = listener;
  if (tfo === null || tfo.maxQlen === 0 || (tn.fastopen & TFO_SERVER_ENABLE) === 0) return null;
  const opt = tfoParseOption(skb.view, skb.transportHeader, skb.cb11);
  const data = skb.len > skb.cb11;
  const free = (tn.fastopen & TFO_SERVER_COOKIE_NOT_REQD) !== 0 || tfo.noCookie;
  if (opt.cookie === null && !(data && free)) return null;
  if (opt.cookie !== null && opt.cookie.length === 0) netInc(tn, TcpExtTCPFastOpenCookieReqd);
  if (tfo.qlen >= tfo.maxQlen) {
    netInc(tn, TcpExtTCPFastOpenListenOverflow);
    return null;
  }
  const keys = tfo.keys ?? tfoNetKeys(tn);
  const who = addresses(req);
  const cookie = tfoCookie(keys.first, who, who.length);
  let ok = data && free;
  if (!ok && opt.cookie !== null && opt.cookie.length > 0) {
    ok = same(opt.cookie, cookie);
    if (!ok && keys.second !== null && same(opt.cookie, tfoCookie(keys.second, who, who.length))) {
      // Good, but of an old key: the client gets a new one.
      ok = true;
      netInc(tn, TcpExtTCPFastOpenPassiveAltKey);
      req.foCookie = cookie;
      req.foExp = opt.exp;
    }
    if (!ok) netInc(tn, TcpExtTCPFastOpenPassiveFail);
  }
  if (!ok) {
    if (opt.cookie !== null) {
      req.foCookie = cookie;
      req.foExp = opt.exp;
    }
    return null;
  }
  return makeChild(listener, req, skb);
}

function makeChild(listener: TcpSock, req: TcpRequestSock, skb: Skb): TcpSock {
  const tn = listener.tn;
  const tp = tcpCreateOpenreqChild(listener, req, skb, listener.tk.scratchRx);
  const tfo = tcpfo(tp);
  tfo.req = req;
  tfo.child = true;
  tcpfo(listener).qlen++;
  // No ACK has come yet, and a SYN's window is never scaled.
  tp.segsIn = 1;
  tp.delivered = 0;
  tp.sndWnd = tcphWindow(skb.view, skb.transportHeader);
  tp.maxWindow = tp.sndWnd;
  if (tp.rxOpt.tstampOk) tp.advmss -= 12;
  tcpInitTransfer(tp);
  if (skb.len > skb.cb11) {
    const d = skbClone(skb);
    d.sk = null;
    d.dst = null;
    d.cb0 = (d.cb0 + 1) | 0;
    // A FIN there would have to be taken with it; it will come again.
    if ((d.cb2 & TCPHDR_FIN) !== 0) d.cb1 = (d.cb1 - 1) | 0;
    d.cb2 &= ~(TCPHDR_SYN | TCPHDR_FIN);
    skbEat(d, d.cb11);
    tp.dataSegsIn = 1;
    tcpQueueRcv(tp, d);
    tfo.synData = true;
    req.rcvNxt = tp.rcvNxt;
  }
  // The window counts from what the SYN-ACK acknowledges, and that says no more than 65,535.
  tp.rcvWup = tp.rcvNxt;
  if (tp.rcvWnd > 65535) tp.rcvWnd = 65535;
  if (tp.rcvSsthresh > 65535) tp.rcvSsthresh = 65535;
  netInc(tn, TcpExtTCPFastOpenPassive);
  tp.rto = TCP_TIMEOUT_INIT;
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, tp.rto);
  return tp;
}

