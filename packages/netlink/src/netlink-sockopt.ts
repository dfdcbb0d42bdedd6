/** Options at level SOL_NETLINK (netlink(7)). */
import { capable, EINVAL, ENOPROTOOPT, EPERM } from '@linnet/kernel';
import { intOpt, optInt, type Socket } from '@linnet/socket';
import {
  CAP_NET_BROADCAST, NETLINK_ADD_MEMBERSHIP, NETLINK_BROADCAST_ERROR, NETLINK_CAP_ACK, NETLINK_DROP_MEMBERSHIP, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK,
  NETLINK_LIST_MEMBERSHIPS, NETLINK_LISTEN_ALL_NSID, NETLINK_NO_ENOBUFS, NETLINK_PKTINFO, SOL_NETLINK,
} from '@linnet/uapi';
import { netlinkSetGroup } from './netlink-bind.ts';
import { netlinkMayRecv } from './netlink-capable.ts';
import {
  NETLINK_F_BROADCAST_SEND_ERROR, NETLINK_F_CAP_ACK, NETLINK_F_EXT_ACK, NETLINK_F_LISTEN_ALL_NSID, NETLINK_F_RECV_NO_ENOBUFS,
  NETLINK_F_RECV_PKTINFO, NETLINK_F_STRICT_CHK, type NetlinkSock,
} from './netlink-sock.ts';
import { NETLINK } from './netlink-table.ts';

/** Options that are a flag. */
const FLAGS: ReadonlyMap<number, number> = new Map([
  [NETLINK_PKTINFO, NETLINK_F_RECV_PKTINFO], [NETLINK_BROADCAST_ERROR, NETLINK_F_BROADCAST_SEND_ERROR],
  [NETLINK_NO_ENOBUFS, NETLINK_F_RECV_NO_ENOBUFS], [NETLINK_LISTEN_ALL_NSID, NETLINK_F_LISTEN_ALL_NSID], [NETLINK_CAP_ACK, NETLINK_F_CAP_ACK],
  [NETLINK_EXT_ACK, NETLINK_F_EXT_ACK], [NETLINK_GET_STRICT_CHK, NETLINK_F_STRICT_CHK],
]);

/** netlink_setsockopt. */
export function netlinkSetsockopt(sock: Socket, level: number, opt: number, val: Uint8Array): number {
  if (level !== SOL_NETLINK) return -ENOPROTOOPT;
  const nlk = sock.sk as NetlinkSock;
  // A value of fewer than four bytes counts as 0.
  const n = val.length >= 4 ? optInt(val) : 0;
  const flag = FLAGS.get(opt);
  if (flag !== undefined) {
    if (flag === NETLINK_F_LISTEN_ALL_NSID && !capable(nlk.kernel, CAP_NET_BROADCAST)) return -EPERM;
    if (n !== 0) nlk.nlFlags |= flag;
    else nlk.nlFlags &= ~flag;
    if (flag === NETLINK_F_RECV_NO_ENOBUFS && n !== 0) nlk.congested = false;
    if (flag === NETLINK_F_LISTEN_ALL_NSID) {
      const { allNsid } = nlk.kernel.get(NETLINK);
      if (n !== 0) allNsid.add(nlk);
      else allNsid.delete(nlk);
    }
    return 0;
  }
  if (opt === NETLINK_ADD_MEMBERSHIP || opt === NETLINK_DROP_MEMBERSHIP) {
    if (!netlinkMayRecv(nlk)) return -EPERM;
    return netlinkSetGroup(nlk, n, opt === NETLINK_ADD_MEMBERSHIP);
  }
  return -ENOPROTOOPT;
}

/** netlink_getsockopt. */
export function netlinkGetsockopt(sock: Socket, level: number, opt: number, maxLen: number): Uint8Array | number {
  if (level !== SOL_NETLINK) return -ENOPROTOOPT;
  const nlk = sock.sk as NetlinkSock;
  if (maxLen < 0) return -EINVAL;
  const flag = FLAGS.get(opt);
  if (flag !== undefined) return maxLen < 4 ? -EINVAL : intOpt((nlk.nlFlags & flag) !== 0 ? 1 : 0);
  if (opt === NETLINK_LIST_MEMBERSHIPS) {
    // Whole words, as many as fit.
    const words = Math.min((nlk.table.groups + 31) >>> 5, maxLen >>> 2);
    const out = new Uint8Array(words * 4);
    for (let i = 0; i < words; i++) out.set(intOpt(nlk.groups[i] ?? 0), i * 4);
    return out;
  }
  return -ENOPROTOOPT;
}
