/** A new route for a packet of this machine, after somebody rewrote its addresses or its mark. */
import { Flowi, flowi4InitOutput, FLOWI_FLAG_ANYSRC, type InetSock } from '@linnet/inet';
import { llReservedSpace } from '@linnet/netdev';
import { skbCow, skbHeadroom, type Skb } from '@linnet/skbuff';
import type { Net } from '@linnet/kernel';
import { iphDaddr, iphProtocol, iphSaddr, iphTos, RT_SCOPE_UNIVERSE, RTN_LOCAL } from '@linnet/uapi';
import { inetAddrType } from './fib-addr-type.ts';
import { IPV4 } from './ipv4-net.ts';
import { ipRouteOutputKey } from './route-output.ts';

/** Routes by what the header says now (ip_route_me_harder). Does not consume; 0 or a negative errno. @alpha */
export function ipRouteMeHarder(net: Net, sk: object | null, skb: Skb): number {
  const ip = net.get(IPV4);
  const { view, networkHeader: nh } = skb;
  const saddr = iphSaddr(view, nh);
  const type = inetAddrType(net, saddr);
  const fl = new Flowi(); // datapath-ok: lookups inside use the namespace's own
  const isk = sk as InetSock | null;
  flowi4InitOutput(
    fl, isk === null ? 0 : isk.boundDevIf, skb.mark, iphTos(view, nh), RT_SCOPE_UNIVERSE, iphProtocol(view, nh), FLOWI_FLAG_ANYSRC, iphDaddr(view, nh),
    type === RTN_LOCAL ? saddr : 0, 0, 0, isk === null ? 0 : isk.uid,
  );
  // A source that is not ours is kept in the packet, but cannot choose the way.
  const rt = ipRouteOutputKey(ip, fl);
  if (rt === null) return fl.error;
  skb.dst = rt;
  const room = llReservedSpace(rt.dev);
  if (skbHeadroom(skb) < room) skbCow(skb, room);
  return 0;
}
