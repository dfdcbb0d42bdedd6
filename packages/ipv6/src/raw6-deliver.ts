/** Giving packets to raw IPv6 sockets (raw6_local_deliver, ip6_call_ra_chain). */
import { consumeSkb, DROP, kfreeSkbReason, skbChecksum, skbClone } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { sockQueueRcvSkb } from '@linnet/socket';
import { IPPROTO_ICMPV6 } from '@linnet/uapi';
import { csumFold } from '@linnet/kernel';
import { a6Any, a6Equal, a6LoadDaddr, a6LoadSaddr, a6Multicast } from './addr6.ts';
import { csum6SkbPseudo } from './csum6.ts';
import { l3mdevMasterIfindex, skbDev } from '@linnet/netdev';
import { ip6cbIif } from './ip6-cb.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { inet6McCheck } from './mcast-sk.ts';
import type { Raw6Sock } from './raw6-table.ts';

/** Does a packet between these addresses, in by `dif` and the VRF `master` (0: none), belong to the socket? Who is bound to neither hears of VRFs too. (raw_v6_match) @alpha */
export function raw6Match(sk: Raw6Sock, saddr: Int32Array, daddr: Int32Array, dif: number, master: number = 0): boolean {
  if (!a6Any(sk.v6Daddr!) && !a6Equal(sk.v6Daddr!, saddr)) return false;
  if (sk.boundDevIf !== 0 && sk.boundDevIf !== dif && sk.boundDevIf !== master) return false;
  // A socket that is bound hears its groups all the same.
  return a6Any(sk.v6RcvSaddr!) || a6Equal(sk.v6RcvSaddr!, daddr) || (a6Multicast(daddr) && inet6McCheck(sk, daddr, saddr, dif));
}

/** Does ICMPV6_FILTER keep this message away? */
function filtered(sk: Raw6Sock, skb: Skb): boolean {
  if (skb.len < 1 || skb.data >= skb.tail) return true;
  const type = skb.u8[skb.data]!;
  return (sk.icmp6Filter[type >> 5]! & (1 << (type & 31))) !== 0;
}

/** Queues a packet for a raw socket, unless its checksum is wrong where the socket wants it checked (rawv6_rcv). Consumes. */
function rcv(sk: Raw6Sock, skb: Skb): void {
  if (sk.checksumOffset >= 0 && csumFold(skbChecksum(skb, 0, skb.len, csum6SkbPseudo(skb, skb.len, sk.num))) !== 0) {
    sk.drops++;
    kfreeSkbReason(skb, DROP.SKB_CSUM);
    return;
  }
  skb.transportHeader = skb.data;
  sockQueueRcvSkb(sk, skb);
}

/** Gives copies of a packet, `data` at its transport header, to the raw sockets of its protocol. Does not consume; true when some socket matched. @alpha */
export function raw6LocalDeliver(n6: Ipv6Net, skb: Skb, protocol: number): boolean {
  const raw = n6.raw;
  if (raw === null || raw.count === 0) return false;
  const head = raw.heads[protocol] ?? null;
  if (head === null) return false;
  let delivered = false;
  a6LoadSaddr(n6.a6InSrc, skb.view, skb.networkHeader);
  a6LoadDaddr(n6.a6In, skb.view, skb.networkHeader);
  const dif = ip6cbIif(skb);
  const master = l3mdevMasterIfindex(skbDev(skb)!);
  for (let sk: Raw6Sock | null = head; sk !== null; sk = sk.next) {
    if (!raw6Match(sk, n6.a6InSrc, n6.a6In, dif, master)) continue;
    if (sk.rmemAlloc >= sk.rcvbuf) {
      delivered = true;
      sk.drops++;
      continue;
    }
    if (a6Multicast(n6.a6In) && !inet6McCheck(sk, n6.a6In, n6.a6InSrc, dif)) continue;
    delivered = true;
    if (protocol === IPPROTO_ICMPV6 && filtered(sk, skb)) continue;
    rcv(sk, skbClone(skb));
  }
  return delivered;
}

/** Gives a router alert packet to the sockets that asked for its value. True when one took it; the skb is gone then (ip6_call_ra_chain). @alpha */
export function raw6CallRaChain(n6: Ipv6Net, skb: Skb, value: number): boolean {
  const { raw } = n6;
  if (raw === null || raw.raChain.length === 0) return false;
  let last: Raw6Sock | null = null;
  for (const sk of raw.raChain) {
    if (sk.routerAlert !== value || (sk.boundDevIf !== 0 && sk.boundDevIf !== (skb.dev === null ? 0 : skb.dev.ifindex))) continue;
    if (last !== null) rcv(last, skbClone(skb));
    last = sk;
  }
  if (last === null) return false;
  rcv(last, skbClone(skb));
  consumeSkb(skb);
  return true;
}
