/** The transport protocol and the ports of a received packet: for rules that name them, and for the choice among the hops of a multipath route. */
import type { Flowi } from '@linnet/inet';
import type { Skb } from '@linnet/skbuff';
import { IP6_OFFSET, IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '@linnet/uapi';
import type { Ipv6Net } from './ipv6-net.ts';

/** Protocols whose headers begin with the two ports. */
function hasPorts(proto: number): boolean {
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_UDPLITE || proto === IPPROTO_SCTP || proto === IPPROTO_DCCP;
}

/** Puts them into the flow of the packet whose IPv6 header is at `nh`; ports that are not there to see are 0. Allocates nothing. @alpha */
export function ip6FlowPorts(n6: Ipv6Net, fl: Flowi, skb: Skb, nh: number): void {
  const w = n6.extWalk;
  const off = w.walk(skb, nh);
  fl.proto = w.nexthdr;
  fl.sport = 0;
  fl.dport = 0;
  const at = skb.data + off;
  if (off < 0 || !hasPorts(w.nexthdr) || (w.fragOff & IP6_OFFSET) !== 0 || at + 4 > skb.tail) return;
  fl.sport = skb.view.getUint16(at);
  fl.dport = skb.view.getUint16(at + 2);
}
