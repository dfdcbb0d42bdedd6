/** TCP's part in sock_diag: what `ss -t` shows, and `ss -K` (tcp_diag.c). */
// datapath-ok-file: requests
import { ENOENT, timerPending, type Net } from '@linnet/kernel';
import {
  EHASH_REQUEST, EHASH_SOCK, EHASH_TIMEWAIT, type EhashNode, type InetDiagFound, type InetDiagHandler, type InetDiagReq, inet6LookupListener, inetCskReqskQueueDrop, inetDiagAddr4, inetDiagIsV4,
  inetDiagSock, inetDiagWantsState, inetLookupListener, inetTwskKill, type InetTimewaitSock, type RequestSock,
} from '@linnet/inet';
import { INET_DIAG_CONG, INET_DIAG_INFO, INET_DIAG_VEGASINFO, IPPROTO_TCP, TCP_BOUND_INACTIVE, TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV } from '@linnet/uapi';
import { tcpAbort } from './tcp-close.ts';
import { ICSK_TIME_PROBE0 } from './tcp-const.ts';
import { tcpGetInfo } from './tcp-info.ts';
import { TCP } from './tcp-net.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Listeners, bound socks that do nothing, then connections with requests and TIME-WAITs (tcp_diag_dump). */
function forEach(net: Net, r: InetDiagReq, fn: (kind: number, owner: object) => void): void {
  const tn = net.get(TCP);
  // Nobody listens with a peer.
  if (inetDiagWantsState(r, TCP_LISTEN) && r.dport === 0) {
    for (const list of tn.hashinfo.lhash.values()) for (const sk of list) fn(EHASH_SOCK, sk);
  }
  if (inetDiagWantsState(r, TCP_BOUND_INACTIVE)) {
    for (const tp of tn.sockets) if (tp.state === TCP_CLOSE && tp.num !== 0) fn(EHASH_SOCK, tp);
  }
  tn.hashinfo.forEach((n) => {
    const state = n.kind === EHASH_SOCK ? (n.owner as TcpSock).state : n.kind === EHASH_TIMEWAIT ? (n.owner as InetTimewaitSock).substate : TCP_SYN_RECV;
    if (inetDiagWantsState(r, state)) fn(n.kind, n.owner);
  });
}

function lookup(net: Net, r: InetDiagReq): InetDiagFound | null {
  const h = net.get(TCP).hashinfo;
  let n: EhashNode | null;
  if (inetDiagIsV4(r)) {
    const local = inetDiagAddr4(r, r.src);
    const remote = inetDiagAddr4(r, r.dst);
    n = h.lookupEstablished(remote, r.dport, local, r.sport, r.ifindex);
    return n !== null ? { kind: n.kind, owner: n.owner } : inetDiagSock(inetLookupListener(h, remote, r.dport, local, r.sport, r.ifindex));
  }
  n = h.lookupEstablished6(r.dst, r.dport, r.src, r.sport, r.ifindex);
  return n !== null ? { kind: n.kind, owner: n.owner } : inetDiagSock(inet6LookupListener(h, r.dst, r.dport, r.src, r.sport, r.ifindex));
}

/** See the top of this file. */
export const TCP_DIAG_HANDLER: InetDiagHandler = {
  protocol: IPPROTO_TCP,
  badCookie: ENOENT,
  forEach,
  lookup,
  getInfo(sk, out) {
    const tp = sk as TcpSock;
    const now = tp.kernel.jiffies;
    if (tp.pending !== 0) {
      const probe = tp.pending === ICSK_TIME_PROBE0;
      out.timer = probe ? 4 : 1;
      out.retrans = probe ? tp.probesOut : tp.retransmits;
      out.expires = Math.max(0, (tp.timeout - now) | 0);
    } else if (timerPending(tp.keepaliveTimer)) {
      out.timer = 2;
      out.retrans = tp.probesOut;
      out.expires = Math.max(0, (tp.keepaliveTimer.expires - now) | 0);
    }
    if (tp.state === TCP_LISTEN) {
      out.rqueue = tp.ackBacklog;
      out.wqueue = tp.maxAckBacklog;
    } else {
      out.rqueue = Math.max(0, (tp.rcvNxt - tp.copiedSeq) | 0);
      out.wqueue = (tp.writeSeq - tp.sndUna) | 0;
    }
  },
  putInfo(w, sk, r) {
    const tp = sk as TcpSock;
    // A sock that never connected has nothing to say.
    if (tp.state === TCP_CLOSE && !r.destroyed) return;
    if ((r.ext & (1 << (INET_DIAG_INFO - 1))) !== 0) w.putBytes(INET_DIAG_INFO, tcpGetInfo(tp));
    if ((r.ext & (1 << (INET_DIAG_CONG - 1))) !== 0) {
      const name = tp.caOps?.name ?? tp.tn.congestionControl;
      w.putString(INET_DIAG_CONG, name);
    }
    // Asked for by one bit, whichever algorithm it is.
    if ((r.ext & (1 << (INET_DIAG_VEGASINFO - 1))) !== 0 && tp.caInitialized) {
      const info = tp.caOps!.info?.(tp);
      if (info !== undefined) w.putBytes(info.attr, info.bytes);
    }
  },
  destroy(found, err) {
    if (found.kind === EHASH_REQUEST) {
      const req = found.owner as RequestSock;
      inetCskReqskQueueDrop(req.listener.net.get(TCP).hashinfo, req);
      return 0;
    }
    if (found.kind === EHASH_TIMEWAIT) {
      inetTwskKill(found.owner as InetTimewaitSock);
      return 0;
    }
    return tcpAbort(found.owner as TcpSock, err);
  },
};
