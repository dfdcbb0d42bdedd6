/** netlink as part of a stack. */
import { capable, type Kernel, type KernelModule, type Net } from '@linnet/kernel';
import { netdev } from '@linnet/netdev';
import { socket } from '@linnet/socket';
import { NETLINK_GENERIC, NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_USERSOCK, RTNLGRP_MAX, SKNLGRP_MAX } from '@linnet/uapi';
import { netlinkKernelSocks, netlinkNetGone, netlinkProtoInit } from './af-netlink.ts';
import { ethtoolInit } from './ethtool-nl.ts';
import { genlCtrlInit } from './genl-ctrl.ts';
import { genlGroupCount } from './genl-kernel.ts';
import { genlBind, genlRcv } from './genl-rcv.ts';
import { netIdsForget } from './net-ids.ts';
import { netlinkDiagInit } from './netlink-diag.ts';
import { netlinkSlotsInit } from './netlink-slots.ts';
import { NETLINK, NETLINK_NET, NetlinkKernel, netlinkKernelCreate, NetlinkNet } from './netlink-table.ts';
import { procNetNetlink } from './proc.ts';
import { rtnlBridgeInit } from './rtnl-bridge.ts';
import { rtnlEventsInit } from './rtnl-events.ts';
import { rtnlFdbInit } from './rtnl-fdb.ts';
import { rtnlLinkInit } from './rtnl-link.ts';
import { rtnetlinkRcv } from './rtnetlink.ts';
import { sockDiagRcv } from './sock-diag.ts';
import { ueventInit } from './uevent.ts';

/** The module: the family AF_NETLINK, rtnetlink and its link messages. @public */
export const netlink: KernelModule = {
  name: 'netlink',
  requires: [netdev, socket],
  init(k: Kernel): void {
    const nk = new NetlinkKernel();
    k.set(NETLINK, nk);
    netlinkProtoInit(k);
    netlinkKernelCreate(k, NETLINK_ROUTE, { groups: RTNLGRP_MAX, input: rtnetlinkRcv, nonrootRecv: true });
    netlinkKernelCreate(k, NETLINK_USERSOCK, { groups: 32, input: null, nonrootSend: true });
    netlinkKernelCreate(k, NETLINK_GENERIC, {
      get groups(): number {
        return genlGroupCount(nk.genl);
      },
      input: genlRcv,
      bind: (net, group) => genlBind(net, group, (cap) => capable(k, cap)),
      nonrootRecv: true,
    });
    netlinkKernelCreate(k, NETLINK_SOCK_DIAG, { groups: SKNLGRP_MAX, input: sockDiagRcv, nonrootRecv: true });
    genlCtrlInit(k);
    netlinkSlotsInit(k);
    ueventInit(k);
    netlinkDiagInit(k);
    ethtoolInit(k);
    rtnlLinkInit(k);
    rtnlFdbInit(k);
    rtnlBridgeInit(k);
    rtnlEventsInit(k);
  },
  netInit(net: Net): void {
    net.set(NETLINK_NET, new NetlinkNet(net));
    netlinkKernelSocks(net);
    net.proc.create('net/netlink', () => procNetNetlink(net));
  },
  netExit(net: Net): void {
    netIdsForget(net);
    for (const table of net.get(NETLINK_NET).tables.values()) {
      for (const nlk of Array.from(table.socks)) netlinkNetGone(nlk);
    }
  },
};
