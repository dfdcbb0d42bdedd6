/** netlink as part of a stack. */
import type { Kernel, KernelModule, Net } from '@linnet/kernel';
import { netdev } from '@linnet/netdev';
import { socket } from '@linnet/socket';
import { NETLINK_ROUTE, NETLINK_USERSOCK, RTNLGRP_MAX } from '@linnet/uapi';
import { netlinkNetGone, netlinkProtoInit } from './af-netlink.ts';
import { netIdsForget } from './net-ids.ts';
import { NETLINK, NETLINK_NET, NetlinkKernel, netlinkKernelCreate, NetlinkNet } from './netlink-table.ts';
import { procNetNetlink } from './proc.ts';
import { rtnlEventsInit } from './rtnl-events.ts';
import { rtnlLinkInit } from './rtnl-link.ts';
import { rtnetlinkRcv } from './rtnetlink.ts';

/** The module: the family AF_NETLINK, rtnetlink and its link messages. @public */
export const netlink: KernelModule = {
  name: 'netlink',
  requires: [netdev, socket],
  init(k: Kernel): void {
    k.set(NETLINK, new NetlinkKernel());
    netlinkProtoInit(k);
    netlinkKernelCreate(k, NETLINK_ROUTE, { groups: RTNLGRP_MAX, input: rtnetlinkRcv });
    netlinkKernelCreate(k, NETLINK_USERSOCK, { groups: 32, input: null });
    rtnlLinkInit(k);
    rtnlEventsInit(k);
  },
  netInit(net: Net): void {
    net.set(NETLINK_NET, new NetlinkNet(net));
    net.proc.create('net/netlink', () => procNetNetlink(net));
  },
  netExit(net: Net): void {
    netIdsForget(net);
    for (const table of net.get(NETLINK_NET).tables.values()) {
      for (const nlk of Array.from(table.socks)) netlinkNetGone(nlk);
    }
  },
};
