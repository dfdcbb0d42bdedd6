/** The protocol-independent options of multicast (RFC 3678 5): MCAST_JOIN_GROUP and its like on IPv6 sockets. */
// datapath-ok-file: socket options
import { EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENOPROTOOPT } from '@linnet/kernel';
import type { InetSock } from '@linnet/inet';
import {
  AF_INET6, MCAST_BLOCK_SOURCE, MCAST_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_GROUP, MCAST_LEAVE_SOURCE_GROUP, MCAST_MSFILTER, MCAST_UNBLOCK_SOURCE, SOCK_STREAM, in6At,
} from '@linnet/uapi';
import { a6Equal, a6Multicast, a6Store } from './addr6.ts';
import { ipv6McMsfilter, ipv6McSource, ipv6SockMcDrop, ipv6SockMcJoin } from './mcast-sk.ts';
import { MCAST_EXCLUDE, MCAST_INCLUDE } from './mld-state.ts';
import { inet6Sk } from './pinfo.ts';


/** Bytes of struct sockaddr_storage, and where the first one stands behind an interface number. */
const STORAGE = 128;
const FIRST = 8;
/** Bytes of struct group_filter in front of its sources. */
const GROUP_FILTER: number = FIRST + STORAGE + 8;

/** The address of a sockaddr_in6 in `val`, or null when it is of another family. */
function memberAt(val: Uint8Array, off: number): Int32Array | null {
  const v = new DataView(val.buffer, val.byteOffset, val.byteLength);
  if (v.getUint16(off, true) !== AF_INET6) return null;
  return in6At(v, off + 8);
}

/** Is it one of these options? @alpha */
export function isGroupOption6(opt: number): boolean {
  return opt >= MCAST_JOIN_GROUP && opt <= MCAST_MSFILTER;
}

/** Sets one (do_ipv6_setsockopt). @alpha */
export function groupOption6(sk: InetSock, opt: number, val: Uint8Array): number {
  if (val.length < FIRST + STORAGE) return -EINVAL;
  if (sk.type === SOCK_STREAM) return -ENOPROTOOPT;
  const v = new DataView(val.buffer, val.byteOffset, val.byteLength);
  const ifindex = v.getUint32(0, true);
  const group = memberAt(val, FIRST);
  if (group === null) return -EADDRNOTAVAIL;
  if (opt === MCAST_JOIN_GROUP) return ipv6SockMcJoin(sk, ifindex, group);
  if (opt === MCAST_LEAVE_GROUP) return ipv6SockMcDrop(sk, ifindex, group);
  if (opt === MCAST_MSFILTER) {
    if (val.length < FIRST + STORAGE + 8) return -EINVAL;
    const mode = v.getUint32(FIRST + STORAGE, true);
    const count = v.getUint32(FIRST + STORAGE + 4, true);
    if (val.length < FIRST + STORAGE + 8 + count * STORAGE) return -EINVAL;
    const sources: Int32Array[] = [];
    for (let i = 0; i < count; i++) {
      const s = memberAt(val, FIRST + STORAGE + 8 + i * STORAGE);
      if (s === null) return -EINVAL;
      sources.push(s);
    }
    return ipv6McMsfilter(sk, group, ifindex, mode === 1 ? MCAST_INCLUDE : mode === 0 ? MCAST_EXCLUDE : -1, sources);
  }
  if (val.length < FIRST + 2 * STORAGE) return -EINVAL;
  const source = memberAt(val, FIRST + STORAGE);
  if (source === null) return -EADDRNOTAVAIL;
  switch (opt) {
    case MCAST_BLOCK_SOURCE:
      return ipv6McSource(sk, true, MCAST_EXCLUDE, group, ifindex, source);
    case MCAST_UNBLOCK_SOURCE:
      return ipv6McSource(sk, false, MCAST_EXCLUDE, group, ifindex, source);
    case MCAST_LEAVE_SOURCE_GROUP:
      return ipv6McSource(sk, false, MCAST_INCLUDE, group, ifindex, source);
    case MCAST_JOIN_SOURCE_GROUP: {
      const err = ipv6SockMcJoin(sk, ifindex, group, MCAST_INCLUDE);
      // In use: another source of a group that was joined before.
      if (err !== 0 && err !== -EADDRINUSE) return err;
      return ipv6McSource(sk, true, MCAST_INCLUDE, group, ifindex, source);
    }
    default:
      return -ENOPROTOOPT;
  }
}

/**
 * The source filter of a membership (ip6_mc_msfget): struct group_filter, for the group, the interface and with as many sources as `input`, the buffer before the call, names; `maxLen` need only
 * have room for what is in front of the sources, as on Linux. -EINVAL, -EADDRNOTAVAIL for what is not joined; null when it is another option.
 * @alpha
 */
export function getMsfilter6(sk: InetSock, opt: number, maxLen: number, input: Uint8Array | undefined): Uint8Array | number | null {
  if (opt !== MCAST_MSFILTER) return null;
  if (maxLen < GROUP_FILTER) return -EINVAL;
  // Without the group that is asked for there is no answer.
  if (input === undefined || input.length < GROUP_FILTER) return -ENOPROTOOPT;
  const asked = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const group = memberAt(input, FIRST);
  if (group === null) return -EADDRNOTAVAIL;
  if (!a6Multicast(group)) return -EINVAL;
  const ifindex = asked.getUint32(0, true);
  const m = inet6Sk(sk)!.mcList.find((one) => one.ifindex === ifindex && a6Equal(one.group, group));
  if (m === undefined) return -EADDRNOTAVAIL;
  const count = Math.min(m.sources.length, asked.getUint32(GROUP_FILTER - 4, true));
  const out = new Uint8Array(GROUP_FILTER + count * STORAGE);
  out.set(input.subarray(0, GROUP_FILTER));
  const v = new DataView(out.buffer);
  v.setUint32(GROUP_FILTER - 8, m.mode === MCAST_INCLUDE ? 1 : 0, true);
  v.setUint32(GROUP_FILTER - 4, m.sources.length, true);
  for (let i = 0; i < count; i++) {
    const at = GROUP_FILTER + i * STORAGE;
    v.setUint16(at, AF_INET6, true);
    a6Store(v, at + 8, m.sources[i]!);
  }
  return out;
}
