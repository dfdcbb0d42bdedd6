/** Puts the IPv6 header before an ICMPv6 message that is not a socket's, and sends it. */
import { skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import type { Flowi } from '@linnet/inet';
import { IPPROTO_ICMPV6, IPV6HDR_LEN, ip6FlowHdr, ip6SetHopLimit, ip6SetNexthdr } from '@linnet/uapi';
import { a6Store } from './addr6.ts';
import { ip6cbClear } from './ip6-cb.ts';
import { ip6DstHoplimit, ip6LocalOut, ip6MakeFlowlabel } from './ip6-output.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import type { Rt6Info } from './rt6-info.ts';

/** Sends `skb`, whose `data` is at its ICMPv6 header, by `rt` between the addresses of `fl`. Consumes. @alpha */
export function ip6BuildIcmp(n6: Ipv6Net, skb: Skb, rt: Rt6Info, fl: Flowi): void {
  const nh = skbPush(skb, IPV6HDR_LEN);
  skb.networkHeader = nh;
  const { view } = skb;
  ip6FlowHdr(view, nh, 0, ip6MakeFlowlabel(n6, fl, null));
  ip6SetNexthdr(view, nh, IPPROTO_ICMPV6);
  ip6SetHopLimit(view, nh, ip6DstHoplimit(n6, rt));
  a6Store(view, nh + 8, fl.saddr6!);
  a6Store(view, nh + 24, fl.daddr6!);
  ip6cbClear(skb);
  skb.dst = rt;
  skb.mark = fl.mark;
  skb.ignoreDf = true;
  ip6LocalOut(n6.net, null, skb);
}
