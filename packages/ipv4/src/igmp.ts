/** Which groups a device listens to (RFC 1112): membership counts and the device's filter. What routers are told is in `igmp-report.ts`. */
import { EADDRNOTAVAIL } from '@linnet/kernel';
import { devMcAdd, devMcDel, forEachNetdev } from '@linnet/netdev';
import { ARPHRD_ETHER, IFF_UP, INADDR_ALLHOSTS_GROUP, IPPROTO_IGMP, ipv4IsMulticast } from '@linnet/uapi';
import type { Net } from '@linnet/kernel';
import { igmpVersion } from './igmp-state.ts';
import type { InDevice } from './in-device.ts';
import { inDevGet } from './in-device.ts';

/** The Ethernet address of a group (RFC 1112 6.4), written to the start of `ha`. @alpha */
export function ipEthMcMap(addr: number, ha: Uint8Array): void {
  ha[0] = 0x01;
  ha[1] = 0x00;
  ha[2] = 0x5e;
  ha[3] = (addr >>> 16) & 0x7f;
  ha[4] = addr >>> 8;
  ha[5] = addr;
}

function filter(indev: InDevice, group: number, add: boolean): void {
  const { dev } = indev;
  if (dev.type !== ARPHRD_ETHER) return;
  const ha = new Uint8Array(dev.devAddr.length);
  ipEthMcMap(group, ha);
  if (add) devMcAdd(dev, ha);
  else devMcDel(dev, ha);
}

/** One more user of a group on a device (`ip_mc_inc_group`). @alpha */
export function ipMcIncGroup(indev: InDevice, group: number): void {
  const { groups } = indev.mc;
  const n = groups.get(group) ?? 0;
  groups.set(group, n + 1);
  if (n === 0) joined(indev, group);
}

/** One user less (`ip_mc_dec_group`). 0, or -EADDRNOTAVAIL when nobody was in the group. @alpha */
export function ipMcDecGroup(indev: InDevice, group: number): number {
  const { groups } = indev.mc;
  const n = groups.get(group);
  if (n === undefined) return -EADDRNOTAVAIL;
  if (n > 1) {
    groups.set(group, n - 1);
    return 0;
  }
  groups.delete(group);
  if ((indev.dev.flags & IFF_UP) !== 0) {
    filter(indev, group, false);
    indev.net4.igmpChange(indev, group, false);
  }
  return 0;
}

/** A group has its first user: a device that is up listens and tells. */
function joined(indev: InDevice, group: number): void {
  if ((indev.dev.flags & IFF_UP) === 0) return;
  filter(indev, group, true);
  indev.net4.igmpChange(indev, group, true);
}

/** The device goes up: every host listens to 224.0.0.1 (`ip_mc_up`). @alpha */
export function ipMcUp(indev: InDevice): void {
  const { groups } = indev.mc;
  groups.set(INADDR_ALLHOSTS_GROUP, (groups.get(INADDR_ALLHOSTS_GROUP) ?? 0) + 1);
  for (const group of groups.keys()) joined(indev, group);
}

/** The device goes down: the memberships stay, the filter goes (`ip_mc_down`). @alpha */
export function ipMcDown(indev: InDevice): void {
  const { groups } = indev.mc;
  for (const group of groups.keys()) filter(indev, group, false);
  indev.net4.igmpDown(indev);
  // The host's own membership of 224.0.0.1 ends, not that of its users.
  const users = groups.get(INADDR_ALLHOSTS_GROUP) ?? 1;
  if (users > 1) groups.set(INADDR_ALLHOSTS_GROUP, users - 1);
  else groups.delete(INADDR_ALLHOSTS_GROUP);
}

/** Does this machine listen to the group on this device? (`ip_check_mc_rcu`) IGMP itself always is for us. @alpha */
export function ipCheckMc(indev: InDevice, group: number, _source: number, proto: number): boolean {
  if (proto === IPPROTO_IGMP) return ipv4IsMulticast(group);
  return indev.mc.groups.has(group);
}

/** The text of /proc/net/igmp. @alpha */
export function igmpShow(net: Net): string { // datapath-ok: a file under /proc
  let out = 'Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n';
  forEachNetdev(net, (dev) => {
    const indev = inDevGet(dev);
    if (indev === null || indev.mc.groups.size === 0) return;
    out += `${dev.ifindex}\t${dev.name.padEnd(10)}: ${String(indev.mc.groups.size).padStart(5)} ${`V${igmpVersion(indev)}`.padStart(7)}\n`;
    for (const [group, users] of indev.mc.groups) {
      const le = (((group & 255) << 24) | ((group & 0xff00) << 8) | ((group >>> 8) & 0xff00) | (group >>> 24)) >>> 0;
      out += `\t\t\t\t${le.toString(16).toUpperCase().padStart(8, '0')} ${String(users).padStart(5)} 0:00000000\t\t0\n`;
    }
  });
  return out;
}
