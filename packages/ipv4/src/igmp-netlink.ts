/** Groups over rtnetlink: RTM_NEWMULTICAST, RTM_DELMULTICAST, RTM_GETMULTICAST. */
// datapath-ok-file: messages
import { HZ } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { nlDumpBegin, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister } from '@linnet/netlink';
import type { NlDump, NlRequest } from '@linnet/netlink';
import { AF_INET, IFADDRMSG_LEN, IFA_CACHEINFO, IFA_CACHEINFO_LEN, IFA_F_PERMANENT, IFA_MULTICAST, IFA_TARGET_NETNSID, ifaddrmsgWrite, NlWriter, RTM_GETMULTICAST, RTNLGRP_IPV4_MCADDR } from '@linnet/uapi';
import { addrDump } from './addr-dump.ts';
import type { IgmpGroup } from './igmp-state.ts';
import { inDevGet, INFINITY_LIFE_TIME } from './in-device.ts';

/** Writes the body of a message about a group (inet_fill_ifmcaddr). */
function fill(w: NlWriter, g: IgmpGroup, nsid: number = -1): number {
  ifaddrmsgWrite(w.view, w.reserve(IFADDRMSG_LEN), { family: AF_INET, prefixlen: 32, flags: IFA_F_PERMANENT, scope: 0, index: g.indev.dev.ifindex });
  if (nsid >= 0) w.putS32(IFA_TARGET_NETNSID, nsid);
  w.putInAddr(IFA_MULTICAST, g.group);
  const at = w.reserveAttr(IFA_CACHEINFO, IFA_CACHEINFO_LEN);
  w.view.setUint32(at, INFINITY_LIFE_TIME, true);
  w.view.setUint32(at + 4, INFINITY_LIFE_TIME, true);
  const since = Math.floor((g.since * 100) / HZ);
  w.view.setUint32(at + 8, since, true);
  w.view.setUint32(at + 12, since, true);
  return w.end();
}

/** A device has a group anew, or no longer (inet_ifmcaddr_notify). @alpha */
export function igmpMcaddrNotify(type: number, g: IgmpGroup): void {
  const { net } = g.indev.dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV4_MCADDR, null)) return;
  const w = new NlWriter({ capacity: 64 });
  w.begin(type, 0, 0, 0);
  if (fill(w, g) > 0) rtnlNotify(net, w, RTNLGRP_IPV4_MCADDR, null);
}

/** RTM_GETMULTICAST for all, or in a strict request for one device (inet_dump_ifmcaddr). */
function dumpGroups(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const asked = addrDump(net, req, cb);
  if (typeof asked === 'number') return asked;
  return rtnlDump(asked.devs.flatMap((dev) => inDevGet(dev)?.mc.list ?? []), w, cb, (g) => {
    nlDumpBegin(w, cb, RTM_GETMULTICAST);
    return fill(w, g, asked.nsid);
  });
}

/** Registers the handler. @alpha */
export function igmpRtnetlinkInit(k: Kernel): void {
  rtnlRegister(k, AF_INET, RTM_GETMULTICAST, { dumpit: dumpGroups });
}
