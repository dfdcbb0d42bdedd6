/** Telling RTNLGRP_LINK of every device that comes, changes or goes. */
import { type Kernel, type Net, NOTIFY_DONE } from '@linnet/kernel';
import {
  NETDEV, NETDEV_BONDING_FAILOVER, NETDEV_CHANGE_TX_QUEUE_LEN, NETDEV_CHANGEADDR, NETDEV_CHANGEINFODATA, NETDEV_CHANGELOWERSTATE, NETDEV_CHANGEMTU,
  NETDEV_CHANGENAME, NETDEV_CHANGEUPPER, NETDEV_FEAT_CHANGE, NETDEV_NOTIFY_PEERS, NETDEV_POST_TYPE_CHANGE, NETDEV_REBOOT, NETDEV_RESEND_IGMP, type NetDevice,
  NETREG_REGISTERED, registerNetdeviceNotifier,
} from '@linnet/netdev';
import {
  IFLA_EVENT_BONDING_FAILOVER, IFLA_EVENT_FEATURES, IFLA_EVENT_IGMP_RESEND, IFLA_EVENT_NONE, IFLA_EVENT_NOTIFY_PEERS, IFLA_EVENT_REBOOT, NlWriter, RTM_DELLINK,
  RTM_NEWLINK, RTNLGRP_LINK,
} from '@linnet/uapi';
import { peernet2idAlloc } from './net-ids.ts';
import { NETLINK } from './netlink-table.ts';
import { type NlRequest, nlmsgReport } from './request.ts';
import { type LinkFill, rtnlFillIfinfo } from './rtnl-fill.ts';
import { rtnlNotify, rtnlNotifyNeeded } from './rtnetlink.ts';

/** Events that user space hears of, with what IFLA_EVENT says of each. Others have their own messages, or are no news. */
const EVENTS: ReadonlyMap<number, number> = new Map([
  [NETDEV_REBOOT, IFLA_EVENT_REBOOT], [NETDEV_FEAT_CHANGE, IFLA_EVENT_FEATURES], [NETDEV_BONDING_FAILOVER, IFLA_EVENT_BONDING_FAILOVER],
  [NETDEV_NOTIFY_PEERS, IFLA_EVENT_NOTIFY_PEERS], [NETDEV_RESEND_IGMP, IFLA_EVENT_IGMP_RESEND], [NETDEV_CHANGEMTU, IFLA_EVENT_NONE],
  [NETDEV_CHANGEADDR, IFLA_EVENT_NONE], [NETDEV_CHANGENAME, IFLA_EVENT_NONE], [NETDEV_POST_TYPE_CHANGE, IFLA_EVENT_NONE], [NETDEV_CHANGEUPPER, IFLA_EVENT_NONE],
  [NETDEV_CHANGEINFODATA, IFLA_EVENT_NONE], [NETDEV_CHANGELOWERSTATE, IFLA_EVENT_NONE], [NETDEV_CHANGE_TX_QUEUE_LEN, IFLA_EVENT_NONE],
]);

/** Sends a link message to the group; `req` is the request behind it, which gets an echo if it wants one (rtmsg_ifinfo_send). */
export function rtmsgIfinfoSend(type: number, dev: NetDevice, fill: Omit<LinkFill, 'srcNet'>, req: NlRequest | null): void {
  const { net } = dev;
  const echo = nlmsgReport(req);
  if (!rtnlNotifyNeeded(net, RTNLGRP_LINK, req)) return;
  const w = new NlWriter({ capacity: 2048 });
  // Only who asked for an echo can tell from the numbers that it was he.
  w.begin(type, 0, echo ? req!.seq : 0, echo ? req!.portid : 0);
  rtnlFillIfinfo(w, dev, { srcNet: net, ...fill });
  w.end();
  rtnlNotify(net, w, RTNLGRP_LINK, req);
}

/** What netdev says of its links. */
function linkMessage(type: number, dev: NetDevice, change: number, newNet: Net | null, newIfindex: number): void {
  // A device that a request is just making is announced when it is complete; what happens to it before is nobody's business.
  if (!dev.rtnlLinkInitialized || dev.net.dead) return;
  const fill: Omit<LinkFill, 'srcNet'> =
    newNet === null ? { change: change >>> 0 } : { change: change >>> 0, newNsid: peernet2idAlloc(dev.net, newNet), newIfindex };
  const req = type === RTM_DELLINK ? dev.kernel.get(NETLINK).delRequest : null;
  rtmsgIfinfoSend(type, dev, fill, req);
}

function rtnetlinkEvent(event: number, dev: NetDevice): number {
  const said = EVENTS.get(event);
  if (said !== undefined && dev.regState === NETREG_REGISTERED && dev.rtnlLinkInitialized && !dev.net.dead) {
    rtmsgIfinfoSend(RTM_NEWLINK, dev, { event: said }, null);
  }
  return NOTIFY_DONE;
}

/** Listens to the devices of a kernel. */
export function rtnlEventsInit(k: Kernel): void {
  k.get(NETDEV).linkMessage = linkMessage;
  registerNetdeviceNotifier(k, rtnetlinkEvent);
}
