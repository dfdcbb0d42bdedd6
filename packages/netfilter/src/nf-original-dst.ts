/** SO_ORIGINAL_DST (linux/netfilter_ipv4.h, IP6T_SO_ORIGINAL_DST of linux/netfilter_ipv6/ip6_tables.h): where a peer meant to connect to before its destination was rewritten. */
// datapath-ok-file: a system call
import { EINVAL, ENOENT, ENOPROTOOPT } from '@linnet/kernel';
import { type InetSock } from '@linnet/inet';
import { AF_INET, AF_INET6, IPPROTO_TCP, SOL_IP } from '@linnet/uapi';
import { NF_CONNTRACK, nfConntrackFind } from './nf-conntrack-net.ts';
import { NfTuple } from './nf-conntrack-tuple.ts';

const IPPROTO_SCTP = 132;
const SOCKADDR_IN_LEN = 16;
const SOCKADDR_IN6_LEN = 28;

/**
 * The original destination of a sock's connection, as `struct sockaddr_in` or `sockaddr_in6`. -ENOPROTOOPT for other transports than TCP and SCTP, -EINVAL when there
 * is no room for it, -ENOENT when the connection is not tracked. @alpha
 */
export function nfOriginalDst(sk: InetSock, level: number, maxLen: number, input: Uint8Array | undefined): Uint8Array | number {
  if (sk.protocol !== IPPROTO_TCP && sk.protocol !== IPPROTO_SCTP) return -ENOPROTOOPT;
  const v4 = level === SOL_IP;
  const need = v4 ? SOCKADDR_IN_LEN : SOCKADDR_IN6_LEN;
  if (maxLen < need) return -EINVAL;
  const t = new NfTuple();
  t.l3num = v4 ? AF_INET : AF_INET6;
  t.protonum = sk.protocol;
  t.sport = sk.num;
  t.dport = sk.dport;
  if (v4) {
    t.src0 = sk.rcvSaddr;
    t.dst0 = sk.daddr;
  } else {
    const { v6RcvSaddr: s, v6Daddr: d } = sk;
    if (s === null || d === null) return -ENOENT;
    [t.src0, t.src1, t.src2, t.src3] = [s[0]!, s[1]!, s[2]!, s[3]!];
    [t.dst0, t.dst1, t.dst2, t.dst3] = [d[0]!, d[1]!, d[2]!, d[3]!];
  }
  const found = nfConntrackFind(sk.net.get(NF_CONNTRACK), 0, t);
  if (found === null) return -ENOENT;
  const to = found.ct!.orig;
  // The length stays what the caller said, and so does the rest of its buffer.
  const out = input !== undefined && input.length > need ? input.slice() : new Uint8Array(need);
  const view = new DataView(out.buffer);
  view.setUint16(0, t.l3num, true);
  view.setUint16(2, to.dport);
  if (v4) view.setInt32(4, to.dst0);
  else [to.dst0, to.dst1, to.dst2, to.dst3].forEach((w, i) => view.setInt32(8 + 4 * i, w));
  return out;
}
