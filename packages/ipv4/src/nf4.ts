/** What netfilter asks of IPv4 beyond routing: the way back to a source. */
import { type NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { IFF_LOOPBACK, iphDaddr, iphSaddr, iphTos, RTN_LOCAL, RTN_UNICAST } from '@linnet/uapi';
import { fibLookup } from './fib-lookup.ts';
import { fibInfoUsesDev } from './fib-types.ts';
import { IPV4 } from './ipv4-net.ts';

/** The kernel's name for «from this machine» in rules: the first device. */
const LOOPBACK_IFINDEX = 1;

/** Does the way back to the source of a packet lead over `dev`, or with `loose` anywhere (the match rpfilter of iptables-extensions(8))? @alpha */
export function ipReversePath(skb: Skb, dev: NetDevice, loose: boolean, validmark: boolean, acceptLocal: boolean): boolean {
  const n4 = dev.net.get(IPV4);
  const { view, networkHeader: nh } = skb;
  const fl = n4.flSrc;
  const res = n4.resSrc;
  fl.oif = 0;
  fl.iif = LOOPBACK_IFINDEX;
  fl.daddr = iphSaddr(view, nh);
  // A group cannot answer.
  const d = iphDaddr(view, nh);
  fl.saddr = d >>> 28 === 14 || d === -1 ? 0 : d;
  fl.tos = iphTos(view, nh) & 0x1c;
  fl.scope = 0;
  fl.mark = validmark ? skb.mark : 0;
  fl.l3mdev = 0;
  fl.proto = 0;
  fl.sport = 0;
  fl.dport = 0;
  if (fibLookup(n4, fl, res, 0) !== 0) return false;
  if (res.type !== RTN_UNICAST && (res.type !== RTN_LOCAL || !(acceptLocal || (dev.flags & IFF_LOOPBACK) !== 0))) return false;
  return loose || fibInfoUsesDev(res.fi!, dev) || res.type === RTN_LOCAL;
}
