/** The options that name sources of groups, of ip(7) and of RFC 3678 5: IP_ADD_SOURCE_MEMBERSHIP, IP_MSFILTER, MCAST_JOIN_GROUP and their likes. */
// datapath-ok-file: socket options
import { EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOBUFS, ENOPROTOOPT } from '@linnet/kernel';
import type { InetSock } from '@linnet/inet';
import {
  AF_INET, IP_ADD_SOURCE_MEMBERSHIP, IP_BLOCK_SOURCE, IP_DROP_SOURCE_MEMBERSHIP, IP_MSFILTER, IP_UNBLOCK_SOURCE, MCAST_BLOCK_SOURCE, MCAST_EXCLUDE, MCAST_INCLUDE, MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_GROUP, MCAST_LEAVE_SOURCE_GROUP, MCAST_MSFILTER, MCAST_UNBLOCK_SOURCE,
} from '@linnet/uapi';
import { IPV4 } from './ipv4-net.ts';
import { ipMcGsfget, ipMcJoinGroup, ipMcLeaveGroup, ipMcMsfget, ipMcMsfilter, ipMcSource } from './mc-socket.ts';

/** Bytes of struct sockaddr_storage, and where the first one stands behind an interface number. */
const STORAGE = 128;
const FIRST = 8;
/** struct ip_msfilter and struct group_filter without sources, struct group_req, struct group_source_req. */
const MSFILTER = 16;
const GROUP_FILTER = FIRST + STORAGE + 8;
const GROUP_REQ = FIRST + STORAGE;
const GROUP_SOURCE_REQ = FIRST + 2 * STORAGE;

function viewOf(val: Uint8Array): DataView {
  return new DataView(val.buffer, val.byteOffset, val.byteLength);
}

/** One source more or less, with the join that goes with the first. */
function source(sk: InetSock, add: boolean, mode: number, group: number, addr: number, ifindex: number, from: number): number {
  if (add && mode === MCAST_INCLUDE) {
    const err = ipMcJoinGroup(sk, group, addr, ifindex, MCAST_INCLUDE);
    // In use: another source of a group that was joined before.
    if (err !== 0 && err !== -EADDRINUSE) return err;
  }
  return ipMcSource(sk, add, mode, group, addr, ifindex, from);
}

function setMsfilter(sk: InetSock, val: Uint8Array): number {
  if (val.length < MSFILTER) return -EINVAL;
  const v = viewOf(val);
  const count = v.getUint32(12, true);
  if (count > sk.net.get(IPV4).sysctlIgmpMaxMsf) return -ENOBUFS;
  if (val.length < MSFILTER + 4 * count) return -EINVAL;
  const sources: number[] = [];
  for (let i = 0; i < count; i++) sources.push(v.getInt32(MSFILTER + 4 * i));
  return ipMcMsfilter(sk, v.getInt32(0), v.getInt32(4), 0, v.getUint32(8, true), sources);
}

function setGroupFilter(sk: InetSock, val: Uint8Array): number {
  if (val.length < GROUP_FILTER) return -EINVAL;
  const v = viewOf(val);
  const count = v.getUint32(GROUP_FILTER - 4, true);
  if (count > sk.net.get(IPV4).sysctlIgmpMaxMsf) return -ENOBUFS;
  if (val.length < GROUP_FILTER + STORAGE * count) return -EINVAL;
  if (v.getUint16(FIRST, true) !== AF_INET) return -EADDRNOTAVAIL;
  const sources: number[] = [];
  for (let i = 0; i < count; i++) {
    const at = GROUP_FILTER + STORAGE * i;
    if (v.getUint16(at, true) !== AF_INET) return -EADDRNOTAVAIL;
    sources.push(v.getInt32(at + 4));
  }
  return ipMcMsfilter(sk, v.getInt32(FIRST + 4), 0, v.getInt32(0, true), v.getUint32(GROUP_FILTER - 8, true), sources);
}

/** Sets one of these options; null when `opt` is another. @alpha */
export function mcSetsockopt(sk: InetSock, opt: number, val: Uint8Array): number | null {
  const v = viewOf(val);
  switch (opt) {
    case IP_ADD_SOURCE_MEMBERSHIP:
    case IP_DROP_SOURCE_MEMBERSHIP:
    case IP_BLOCK_SOURCE:
    case IP_UNBLOCK_SOURCE: {
      if (val.length !== 12) return -EINVAL;
      const mode = opt === IP_BLOCK_SOURCE || opt === IP_UNBLOCK_SOURCE ? MCAST_EXCLUDE : MCAST_INCLUDE;
      return source(sk, opt === IP_ADD_SOURCE_MEMBERSHIP || opt === IP_BLOCK_SOURCE, mode, v.getInt32(0), v.getInt32(4), 0, v.getInt32(8));
    }
    case MCAST_JOIN_GROUP:
    case MCAST_LEAVE_GROUP:
      if (val.length < GROUP_REQ || v.getUint16(FIRST, true) !== AF_INET) return -EINVAL;
      return (opt === MCAST_JOIN_GROUP ? ipMcJoinGroup : ipMcLeaveGroup)(sk, v.getInt32(FIRST + 4), 0, v.getInt32(0, true));
    case MCAST_JOIN_SOURCE_GROUP:
    case MCAST_LEAVE_SOURCE_GROUP:
    case MCAST_BLOCK_SOURCE:
    case MCAST_UNBLOCK_SOURCE: {
      if (val.length !== GROUP_SOURCE_REQ) return -EINVAL;
      if (v.getUint16(FIRST, true) !== AF_INET || v.getUint16(FIRST + STORAGE, true) !== AF_INET) return -EADDRNOTAVAIL;
      const mode = opt === MCAST_BLOCK_SOURCE || opt === MCAST_UNBLOCK_SOURCE ? MCAST_EXCLUDE : MCAST_INCLUDE;
      const add = opt === MCAST_JOIN_SOURCE_GROUP || opt === MCAST_BLOCK_SOURCE;
      return source(sk, add, mode, v.getInt32(FIRST + 4), 0, v.getInt32(0, true), v.getInt32(FIRST + STORAGE + 4));
    }
    case IP_MSFILTER:
      return setMsfilter(sk, val);
    case MCAST_MSFILTER:
      return setGroupFilter(sk, val);
    default:
      return null;
  }
}

/** The value of one of these options, asked for with what stands in `input`; null when `opt` is another. @alpha */
export function mcGetsockopt(sk: InetSock, opt: number, maxLen: number, input: Uint8Array | undefined): Uint8Array | number | null {
  if (opt !== IP_MSFILTER && opt !== MCAST_MSFILTER) return null;
  const v4 = opt === IP_MSFILTER;
  const head = v4 ? MSFILTER : GROUP_FILTER;
  if (maxLen < head) return -EINVAL;
  // Without the group that is asked for there is no answer.
  if (input === undefined || input.length < head) return -ENOPROTOOPT;
  const asked = viewOf(input);
  let m;
  if (v4) {
    m = ipMcMsfget(sk, asked.getInt32(0), asked.getInt32(4));
  } else {
    if (asked.getUint16(FIRST, true) !== AF_INET) return -EINVAL;
    m = ipMcGsfget(sk, asked.getInt32(FIRST + 4), asked.getUint32(0, true));
  }
  if (typeof m === 'number') return m;
  const { mode } = m;
  const sources = m.sources ?? [];
  const room = Math.min(sources.length, asked.getUint32(head - 4, true));
  const size = v4 ? 4 : STORAGE;
  const out = new Uint8Array(head + size * room);
  out.set(input.subarray(0, head));
  const v = viewOf(out);
  v.setUint32(head - 8, mode, true);
  v.setUint32(head - 4, sources.length, true);
  for (let i = 0; i < room; i++) {
    const at = head + size * i;
    if (!v4) v.setUint16(at, AF_INET, true);
    v.setInt32(v4 ? at : at + 4, sources[i]!);
  }
  return out;
}
