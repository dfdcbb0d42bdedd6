/** sock_diag(7): asking for sockets, by family. */
import { EINVAL, ENOENT, EOPNOTSUPP, EPERM, type Kernel, type Net } from '@linnet/kernel';
import { bpfEncode } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { skOptmem, type Sock } from '@linnet/socket';
import {
  AF_INET, AF_INET6, AF_MAX, CAP_NET_ADMIN, DCCPDIAG_GETSOCK, IPPROTO_TCP, IPPROTO_UDP, NETLINK_SOCK_DIAG, NlWriter, SK_MEMINFO_VARS, SKNLGRP_INET6_TCP_DESTROY, SKNLGRP_INET6_UDP_DESTROY,
  SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET_UDP_DESTROY, SKNLGRP_NONE, SOCK_DESTROY, SOCK_DIAG_BY_FAMILY, SOCK_RAW, TCPDIAG_GETSOCK,
} from '@linnet/uapi';
import { netlinkNetCapable } from './netlink-capable.ts';
import { netlinkBroadcast, netlinkHasListeners } from './netlink-deliver.ts';
import { netlinkRcvSkb } from './netlink-rcv.ts';
import type { NetlinkSock } from './netlink-sock.ts';
import { NETLINK } from './netlink-table.ts';
import { type NlRequest, nlreqLen } from './request.ts';

/** A family's answers (struct sock_diag_handler). @alpha */
export interface SockDiagHandler {
  /** AF_*. */
  readonly family: number;
  /**
   * Answers SOCK_DIAG_BY_FAMILY, whose payload is at least `struct sock_diag_req`: with NLM_F_DUMP by `netlinkDumpStart(req, skb, ...)`, else by a reply to one socket.
   * Returns what `netlinkDumpStart` does, 0, or a negative errno.
   */
  dump(net: Net, req: NlRequest, skb: Skb): number;
  /** Answers SOCK_DESTROY. */
  destroy?(net: Net, req: NlRequest, skb: Skb): number;
  /** Writes a whole message about a socket that ends, for the groups of {@link sockDiagBroadcastDestroy}. Returns 0 or a negative errno. */
  getInfo?(w: NlWriter, sk: Sock): number;
  /** Answers TCPDIAG_GETSOCK and DCCPDIAG_GETSOCK, the requests of before sock_diag. Of AF_INET only. */
  compat?(net: Net, req: NlRequest, skb: Skb): number;
}

/** Registers a family (sock_diag_register). Throws when it is taken. @alpha */
export function sockDiagRegister(k: Kernel, h: SockDiagHandler): void {
  const { sockDiag } = k.get(NETLINK);
  if (sockDiag.has(h.family)) throw new Error(`sock_diag: family ${h.family} is registered twice`);
  sockDiag.set(h.family, h);
}

/** A datagram for NETLINK_SOCK_DIAG (sock_diag_rcv). */
export function sockDiagRcv(net: Net, sk: NetlinkSock, skb: Skb): void {
  netlinkRcvSkb(net, sk, skb, sockDiagRcvMsg);
}

/** Length of `struct sock_diag_req`. */
const REQ_LEN = 2;

function sockDiagRcvMsg(req: NlRequest, skb: Skb): number {
  const { net } = req;
  const { sockDiag } = net.kernel.get(NETLINK);
  if (req.type === TCPDIAG_GETSOCK || req.type === DCCPDIAG_GETSOCK) {
    const h = sockDiag.get(AF_INET);
    return h?.compat === undefined ? -EOPNOTSUPP : h.compat(net, req, skb);
  }
  if (req.type !== SOCK_DIAG_BY_FAMILY && req.type !== SOCK_DESTROY) return -EINVAL;
  if (nlreqLen(req) < REQ_LEN || req.family >= AF_MAX) return -EINVAL;
  const h = sockDiag.get(req.family);
  if (h === undefined) return -ENOENT;
  if (req.type === SOCK_DIAG_BY_FAMILY) return h.dump(net, req, skb);
  return h.destroy === undefined ? -EOPNOTSUPP : h.destroy(net, req, skb);
}

/**
 * Ends a socket for who may (sock_diag_destroy): for a family's `destroy`. `abort` is the protocol's way to do it, undefined when it has none.
 * Returns -EPERM, -EOPNOTSUPP or what `abort` did.
 * @alpha
 */
export function sockDiagDestroy(req: NlRequest, sk: Sock, err: number, abort: ((sk: Sock, err: number) => number) | undefined): number {
  if (!netlinkNetCapable(req, CAP_NET_ADMIN)) return -EPERM;
  return abort === undefined ? -EOPNOTSUPP : abort(sk, err);
}

/** The group that hears of the end of a socket of this kind; SKNLGRP_NONE for most (sock_diag_destroy_group). */
function destroyGroup(sk: Sock): number {
  if (sk.type === SOCK_RAW) return SKNLGRP_NONE;
  if (sk.family === AF_INET) {
    return sk.protocol === IPPROTO_TCP ? SKNLGRP_INET_TCP_DESTROY : sk.protocol === IPPROTO_UDP ? SKNLGRP_INET_UDP_DESTROY : SKNLGRP_NONE;
  }
  if (sk.family === AF_INET6) {
    return sk.protocol === IPPROTO_TCP ? SKNLGRP_INET6_TCP_DESTROY : sk.protocol === IPPROTO_UDP ? SKNLGRP_INET6_UDP_DESTROY : SKNLGRP_NONE;
  }
  return SKNLGRP_NONE;
}

/** Does anybody want to hear of the end of this socket? (sock_diag_has_destroy_listeners) @alpha */
export function sockDiagHasDestroyListeners(sk: Sock): boolean {
  const group = destroyGroup(sk);
  return group !== SKNLGRP_NONE && netlinkHasListeners(sk.net, NETLINK_SOCK_DIAG, group);
}

/** Tells the listeners of a socket's group that it ends, with what `getInfo` of its family says (sock_diag_broadcast_destroy). @alpha */
export function sockDiagBroadcastDestroy(sk: Sock): void {
  const group = destroyGroup(sk);
  if (group === SKNLGRP_NONE) return;
  const h = sk.kernel.get(NETLINK).sockDiag.get(sk.family);
  if (h?.getInfo === undefined) return;
  const w = new NlWriter();
  if (h.getInfo(w, sk) < 0 || w.len === 0) return;
  netlinkBroadcast(sk.net, NETLINK_SOCK_DIAG, w, 0, group);
}

/** Writes SK_MEMINFO_* of a socket as attribute `attrtype` (sock_diag_put_meminfo). @alpha */
export function sockDiagPutMeminfo(w: NlWriter, sk: Sock, attrtype: number): void {
  const off = w.reserveAttr(attrtype, SK_MEMINFO_VARS * 4);
  const values = [sk.rmemAlloc, sk.rcvbuf, sk.wmemAlloc, sk.sndbuf, sk.forwardAlloc, sk.wmemQueued, skOptmem(sk), 0, sk.drops];
  for (let i = 0; i < values.length; i++) w.view.setUint32(off + i * 4, values[i]!, true);
}

/**
 * Writes the filter program of a socket as attribute `attrtype` (sock_diag_put_filterinfo): its instructions, for who may see them (`mayReport`), else an empty attribute. A
 * socket without a program has none.
 * @alpha
 */
export function sockDiagPutFilterinfo(w: NlWriter, sk: Sock, mayReport: boolean, attrtype: number): void {
  if (!mayReport) {
    w.reserveAttr(attrtype, 0);
    return;
  }
  if (sk.filter !== null) w.putBytes(attrtype, bpfEncode(sk.filter));
}
