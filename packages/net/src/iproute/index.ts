/** The rtnetlink of a namespace, typed and synchronous. */
import { type Kernel, Net } from '@linnet/kernel';
import type { Task } from '@linnet/posix';
import { AddrApi } from './addr.ts';
import { RtnlClient } from './client.ts';
import { LinkApi } from './link.ts';
import { NeighApi } from './neigh.ts';
import { RouteApi } from './route.ts';

/**
 * What `ip link`, `ip addr`, `ip route` and `ip neigh` do, as calls: each is a request over AF_NETLINK, answered when the call returns.
 * @public
 */
export interface IpRoute {
  readonly net: Net;
  readonly link: LinkApi;
  readonly addr: AddrApi;
  readonly route: RouteApi;
  readonly neigh: NeighApi;
}

/**
 * Opens the rtnetlink of a namespace, of a machine's initial one, or of the one a task is in.
 * @public
 */
export function ipRoute(where: Net | Kernel | Task): IpRoute {
  const net = where instanceof Net ? where : 'initNet' in where ? where.initNet : where.net;
  const rtnl = new RtnlClient(net);
  const link = new LinkApi(rtnl);
  return { net, link, addr: new AddrApi(rtnl, link), route: new RouteApi(rtnl, link), neigh: new NeighApi(rtnl, link) };
}
