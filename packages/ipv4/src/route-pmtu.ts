/** ICMP errors about packets of ours, for transports that keep no route: datagram sockets and ICMP itself. */
import type { Net } from '@linnet/kernel';
import type { InetSock } from '@linnet/inet';
import type { Skb } from '@linnet/skbuff';
import { IPV4 } from './ipv4-net.ts';
import { learnPmtu, quotedFlow, takeRedirect } from './route-exception.ts';
import { ipRouteOutputKey } from './route-output.ts';

/** The packet that `skb` quotes was too long: the path takes `mtu` (`ipv4_update_pmtu`). Does not consume. @alpha */
export function ipv4UpdatePmtu(skb: Skb, net: Net, mtu: number, oif: number, protocol: number): void {
  const n4 = net.get(IPV4);
  const fl = quotedFlow(n4, skb, oif, protocol);
  const daddr = fl.daddr;
  const rt = ipRouteOutputKey(n4, fl);
  if (rt === null) return;
  fl.daddr = daddr;
  fl.oif = oif;
  learnPmtu(n4, rt, fl, mtu);
}

/** As {@link ipv4UpdatePmtu}, for a socket: its cached route looks again (`ipv4_sk_update_pmtu`). @alpha */
export function ipv4SkUpdatePmtu(skb: Skb, sk: InetSock, mtu: number): void {
  ipv4UpdatePmtu(skb, sk.net, mtu, sk.boundDevIf, sk.protocol);
}

/** A redirect about the packet that `skb` quotes (`ipv4_redirect`). Does not consume. @alpha */
export function ipv4Redirect(skb: Skb, net: Net, oif: number, protocol: number): void {
  const n4 = net.get(IPV4);
  const fl = quotedFlow(n4, skb, oif, protocol);
  const daddr = fl.daddr;
  const rt = ipRouteOutputKey(n4, fl);
  if (rt === null) return;
  fl.daddr = daddr;
  fl.oif = oif;
  takeRedirect(n4, rt, skb, fl, false);
}
