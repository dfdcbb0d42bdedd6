/** Which groups a device listens to (RFC 1112): membership counts and the device's filter. What routers are told is in `igmp-report.ts`. */
// datapath-ok-file: socket options and devices that come and go
import { EADDRNOTAVAIL } from '@linnet/kernel';
import { devMcAdd, devMcDel } from '@linnet/netdev';
import { ARPHRD_ETHER, INADDR_ALLHOSTS_GROUP, MCAST_EXCLUDE, RTM_DELMULTICAST, RTM_NEWMULTICAST } from '@linnet/uapi';
import { ticksSinceBoot } from './devinet.ts';
import { ipMcAddSrc } from './igmp-filter.ts';
import { igmpMcaddrNotify } from './igmp-netlink.ts';
import { igmpForget, igmpHalt, igmpJoined, igmpLeft, igmpRevive, igmpTimer } from './igmp-report.ts';
import { IgmpGroup, igmpReset, ipEthMcMap } from './igmp-state.ts';
import type { InDevice } from './in-device.ts';
import { rtCacheFlush } from './rtable.ts';

function filter(indev: InDevice, group: number, add: boolean): void {
  const { dev } = indev;
  if (dev.type !== ARPHRD_ETHER) return;
  const ha = new Uint8Array(dev.devAddr.length);
  ipEthMcMap(group, ha);
  if (add) devMcAdd(dev, ha);
  else devMcDel(dev, ha);
}

/** The device listens, and tells (igmp_group_added). */
function added(g: IgmpGroup): void {
  if (!g.loaded) {
    g.loaded = true;
    filter(g.indev, g.group, true);
  }
  igmpJoined(g);
}

/** The device no longer listens, and tells (igmp_group_dropped). */
function dropped(g: IgmpGroup): void {
  if (g.loaded) {
    g.loaded = false;
    filter(g.indev, g.group, false);
  }
  igmpLeft(g);
}

/** One more user of a group on a device, with a filter of `mode` that names no source (`ip_mc_inc_group`). @alpha */
export function ipMcIncGroup(indev: InDevice, group: number, mode: number = MCAST_EXCLUDE): void {
  const { mc } = indev;
  const known = mc.groups.get(group);
  if (known !== undefined) {
    known.users++;
    ipMcAddSrc(indev, group, mode, [], false);
    return;
  }
  const g = new IgmpGroup(indev, group, mode, ticksSinceBoot(indev.net4.kernel), igmpTimer);
  mc.groups.set(group, g);
  mc.list.unshift(g);
  igmpRevive(g);
  added(g);
  igmpMcaddrNotify(RTM_NEWMULTICAST, g);
  if (!indev.dead) rtCacheFlush(indev.net4);
}

/** One user less (`ip_mc_dec_group`). 0, or -EADDRNOTAVAIL when nobody was in the group. @alpha */
export function ipMcDecGroup(indev: InDevice, group: number): number {
  const { mc } = indev;
  const g = mc.groups.get(group);
  if (g === undefined) return -EADDRNOTAVAIL;
  if (--g.users !== 0) return 0;
  mc.groups.delete(group);
  mc.list = mc.list.filter((o) => o !== g);
  dropped(g);
  igmpMcaddrNotify(RTM_DELMULTICAST, g);
  if (!indev.dead) rtCacheFlush(indev.net4);
  return 0;
}

/** The device goes up: every host listens to 224.0.0.1 (`ip_mc_up`). @alpha */
export function ipMcUp(indev: InDevice): void {
  igmpReset(indev);
  ipMcIncGroup(indev, INADDR_ALLHOSTS_GROUP);
  for (const g of indev.mc.list) {
    igmpRevive(g);
    added(g);
  }
}

/** The device goes down: the memberships stay, the filter goes (`ip_mc_down`). @alpha */
export function ipMcDown(indev: InDevice): void {
  for (const g of indev.mc.list) dropped(g);
  igmpHalt(indev);
  // The host's own membership of 224.0.0.1 ends, not that of its users.
  ipMcDecGroup(indev, INADDR_ALLHOSTS_GROUP);
}

/** IPv4 ends on the device (`ip_mc_destroy_dev`). @alpha */
export function ipMcDestroy(indev: InDevice): void {
  ipMcDown(indev);
  igmpForget(indev);
  indev.mc.groups.clear();
  indev.mc.list = [];
}

/** The device's type changes, and with it what its filter holds (`ip_mc_unmap`, `ip_mc_remap`). @alpha */
export function ipMcRemap(indev: InDevice, after: boolean): void {
  for (const g of indev.mc.list) {
    if (after) {
      igmpRevive(g);
      added(g);
    } else {
      dropped(g);
    }
  }
}
