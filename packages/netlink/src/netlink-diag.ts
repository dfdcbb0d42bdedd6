/** netlink_diag: sockets of AF_NETLINK, for `ss -f netlink` (sock_diag(7)). */
import { EINVAL, ENOENT, EOPNOTSUPP, type Kernel, type Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { sockCookieHigh, sockCookieLow, sockGenCookie, sockIno } from '@linnet/socket';
import {
  AF_NETLINK, MAX_LINKS, NDIAG_FLAG_BROADCAST_ERROR, NDIAG_FLAG_CAP_ACK, NDIAG_FLAG_CB_RUNNING, NDIAG_FLAG_LISTEN_ALL_NSID, NDIAG_FLAG_NO_ENOBUFS, NDIAG_FLAG_PKTINFO,
  NDIAG_PROTO_ALL, NDIAG_SHOW_FLAGS, NDIAG_SHOW_GROUPS, NDIAG_SHOW_MEMINFO, NETLINK_DIAG_FLAGS, NETLINK_DIAG_GROUPS, NETLINK_DIAG_MEMINFO, NLM_F_DUMP, type NlWriter,
  SOCK_DIAG_BY_FAMILY,
} from '@linnet/uapi';
import { netlinkDumpStart } from './netlink-dump.ts';
import {
  NETLINK_F_BROADCAST_SEND_ERROR, NETLINK_F_CAP_ACK, NETLINK_F_LISTEN_ALL_NSID, NETLINK_F_RECV_NO_ENOBUFS, NETLINK_F_RECV_PKTINFO, type NetlinkSock,
} from './netlink-sock.ts';
import { NETLINK_NET } from './netlink-table.ts';
import { type NlDump, nlDumpBegin, type NlRequest, nlreqLen } from './request.ts';
import { sockDiagPutMeminfo, sockDiagRegister } from './sock-diag.ts';

/** `struct netlink_diag_req` and `netlink_diag_msg`. */
const REQ_LEN = 20;
const MSG_LEN = 28;

function diagFlags(nlk: NetlinkSock): number {
  const f = nlk.nlFlags;
  return (nlk.cb !== null ? NDIAG_FLAG_CB_RUNNING : 0)
    | ((f & NETLINK_F_RECV_PKTINFO) !== 0 ? NDIAG_FLAG_PKTINFO : 0)
    | ((f & NETLINK_F_BROADCAST_SEND_ERROR) !== 0 ? NDIAG_FLAG_BROADCAST_ERROR : 0)
    | ((f & NETLINK_F_RECV_NO_ENOBUFS) !== 0 ? NDIAG_FLAG_NO_ENOBUFS : 0)
    | ((f & NETLINK_F_LISTEN_ALL_NSID) !== 0 ? NDIAG_FLAG_LISTEN_ALL_NSID : 0)
    | ((f & NETLINK_F_CAP_ACK) !== 0 ? NDIAG_FLAG_CAP_ACK : 0);
}

/** One socket (sk_diag_fill of netlink). */
function fill(w: NlWriter, cb: NlDump, nlk: NetlinkSock, show: number): number {
  nlDumpBegin(w, cb, SOCK_DIAG_BY_FAMILY);
  const off = w.reserve(MSG_LEN);
  const { view } = w;
  const cookie = sockGenCookie(nlk);
  view.setUint8(off, AF_NETLINK);
  view.setUint8(off + 1, nlk.type);
  view.setUint8(off + 2, nlk.protocol);
  view.setUint8(off + 3, nlk.state);
  view.setUint32(off + 4, nlk.portid, true);
  view.setUint32(off + 8, nlk.dstPortid, true);
  view.setUint32(off + 12, nlk.dstGroup, true);
  view.setUint32(off + 16, sockIno(nlk), true);
  view.setInt32(off + 20, sockCookieLow(cookie), true);
  view.setInt32(off + 24, sockCookieHigh(cookie), true);
  if ((show & NDIAG_SHOW_GROUPS) !== 0 && nlk.groups.length > 0) {
    const groups = w.reserveAttr(NETLINK_DIAG_GROUPS, nlk.groups.length * 4);
    for (let i = 0; i < nlk.groups.length; i++) w.view.setUint32(groups + i * 4, nlk.groups[i]!, true);
  }
  if ((show & NDIAG_SHOW_MEMINFO) !== 0) sockDiagPutMeminfo(w, nlk, NETLINK_DIAG_MEMINFO);
  if ((show & NDIAG_SHOW_FLAGS) !== 0) w.putU32(NETLINK_DIAG_FLAGS, diagFlags(nlk));
  return w.end();
}

/** All sockets that have a port, and then, again, those that are in a group: the kernel lists these twice. */
function sockets(net: Net, protocol: number): NetlinkSock[] {
  const { tables } = net.get(NETLINK_NET);
  const out: NetlinkSock[] = [];
  for (const p of Array.from(tables.keys()).sort((a, b) => a - b)) {
    if (protocol !== NDIAG_PROTO_ALL && p !== protocol) continue;
    const table = tables.get(p)!;
    if (table.kernelSock !== null) out.push(table.kernelSock);
    out.push(...table.ports.values(), ...table.multicast);
  }
  return out;
}

function dump(_net: Net, req: NlRequest, skb: Skb): number {
  if (nlreqLen(req) < REQ_LEN) return -EINVAL;
  if ((req.flags & NLM_F_DUMP) === 0) return -EOPNOTSUPP;
  const protocol = req.view.getUint8(req.data + 1);
  const show = req.view.getUint32(req.data + 8, true);
  return netlinkDumpStart(req, skb, {
    dump(r, w, cb): number {
      if (protocol !== NDIAG_PROTO_ALL && protocol >= MAX_LINKS) return -ENOENT;
      cb.data ??= sockets(r.net, protocol);
      const list = cb.data as NetlinkSock[];
      for (; cb.i < list.length; cb.i++) {
        const nlk = list[cb.i]!;
        // It may have closed since the dump began.
        if (nlk.gone) continue;
        const ret = fill(w, cb, nlk, show);
        if (ret < 0) return ret;
      }
      return 0;
    },
  });
}

/** Registers AF_NETLINK with sock_diag. */
export function netlinkDiagInit(k: Kernel): void {
  sockDiagRegister(k, { family: AF_NETLINK, dump });
}
