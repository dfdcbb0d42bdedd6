/** The rtnetlink of a kernel, typed and synchronous. */
import { type Kernel, Net } from '@linnet/kernel';
import { Task } from '@linnet/posix';
import type { NetlinkTransport } from '@linnet/uapi';
import { NetlinkClient } from '../netlink/client.ts';
import { NetTransport, TaskTransport } from '../netlink/transport.ts';
import { AddrApi } from './addr.ts';
import { LinkApi } from './link.ts';
import { type IpEvent, type IpMonitorOptions, monitorIp } from './monitor.ts';
import type { NetlinkMonitor } from '../netlink/client.ts';
import { NeighApi } from './neigh.ts';
import { NexthopApi } from './nexthop.ts';
import { RouteApi } from './route.ts';
import { RuleApi } from './rule.ts';

/**
 * What `ip link`, `ip addr`, `ip route`, `ip rule`, `ip nexthop`, `ip neigh` and `ip monitor` do, as calls: each is a request over AF_NETLINK, answered when the call returns.
 * @public
 */
export interface IpRoute {
  readonly link: LinkApi;
  readonly addr: AddrApi;
  readonly route: RouteApi;
  readonly rule: RuleApi;
  readonly nexthop: NexthopApi;
  readonly neigh: NeighApi;
  /** Any message of any netlink protocol. */
  readonly netlink: NetlinkClient;
  /** The namespace of a Linnet machine that it talks to; null where it is a task's, or another kernel's. */
  readonly net: Net | null;
  /** Tells of what changes, outside of any call, until it is closed. */
  monitor(event: (e: IpEvent) => void, opts?: IpMonitorOptions): NetlinkMonitor;
}

/**
 * Opens the rtnetlink of a namespace, of a machine's initial one, of the one a task is in (with the task's rights), or of a kernel behind a transport: `hostNetlink()` of `@linnet/host`
 * is the real one's.
 * @public
 */
export function ipRoute(where: Net | Kernel | Task | NetlinkTransport): IpRoute {
  const netlink = openNetlink(where);
  const link = new LinkApi(netlink);
  return {
    netlink, net: netlink.net, link, addr: new AddrApi(netlink, link), route: new RouteApi(netlink, link), rule: new RuleApi(netlink), nexthop: new NexthopApi(netlink, link),
    neigh: new NeighApi(netlink, link), monitor: (event, opts = {}) => monitorIp(netlink, event, opts),
  };
}

/** A client for messages of any netlink protocol; `where` as for {@link ipRoute}. @public */
export function openNetlink(where: Net | Kernel | Task | NetlinkTransport): NetlinkClient {
  return new NetlinkClient(transportOf(where));
}

function transportOf(where: Net | Kernel | Task | NetlinkTransport): NetlinkTransport {
  if (where instanceof Net) return new NetTransport(where);
  if (where instanceof Task) return new TaskTransport(where);
  return 'initNet' in where ? new NetTransport(where.initNet) : where;
}
