/** The settings of devices over rtnetlink: RTM_GETNETCONF and the announcements of changes (`inet_netconf_*`, observed on Linux 6.18). */
// datapath-ok-file: messages
import { EINVAL, ENODEV } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { devGetByIndex, forEachNetdev } from '@linnet/netdev';
import { NLA_S32, NL_VALIDATE_LIBERAL, nlDumpBegin, nlmsgParse, nlmsgReplyBegin, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister } from '@linnet/netlink';
import type { NlDump, NlRequest, NlaPolicyTable } from '@linnet/netlink';
import {
  AF_INET, IPV4_DEVCONF_BC_FORWARDING, IPV4_DEVCONF_FORWARDING, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, IPV4_DEVCONF_MC_FORWARDING, IPV4_DEVCONF_PROXY_ARP,
  IPV4_DEVCONF_RP_FILTER, NlWriter, RTM_GETNETCONF, RTM_NEWNETCONF, RTNLGRP_IPV4_NETCONF, nlaGetS32,
} from '@linnet/uapi';
import type { Ipv4Devconf } from './devconf.ts';
import { inDevGet } from './in-device.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';

const NETCONFMSG_LEN = 4;
const NETCONFA_IFINDEX = 1;
const NETCONFA_MAX = 8;
/** `ifindex` that means the settings of all devices. @alpha */
export const NETCONFA_IFINDEX_ALL = -1;
/** `ifindex` that means the settings of new devices. @alpha */
export const NETCONFA_IFINDEX_DEFAULT = -2;

/** Attribute of each setting, in the order of Linux's messages. */
const ATTRS: readonly (readonly [number, number])[] = Object.freeze([
  [2, IPV4_DEVCONF_FORWARDING],
  [3, IPV4_DEVCONF_RP_FILTER],
  [4, IPV4_DEVCONF_MC_FORWARDING],
  [8, IPV4_DEVCONF_BC_FORWARDING],
  [5, IPV4_DEVCONF_PROXY_ARP],
  [6, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN],
] as const);

const POLICY: NlaPolicyTable = Object.freeze({ maxtype: NETCONFA_MAX, rules: { [NETCONFA_IFINDEX]: { type: NLA_S32 } } });

/** Writes the body of a message; `cnf` null: only whose settings went. `only` is one IPV4_DEVCONF_*, or 0 for all. */
function fill(w: NlWriter, ifindex: number, cnf: Ipv4Devconf | null, only: number): number {
  w.view.setUint8(w.reserve(NETCONFMSG_LEN), AF_INET);
  w.putS32(NETCONFA_IFINDEX, ifindex);
  if (cnf !== null) for (const [attr, id] of ATTRS) if (only === 0 || only === id) w.putS32(attr, cnf.data[id]!);
  return w.end();
}

/** Tells of a changed setting (`only`), of new settings (0), or with `cnf` null of settings that went: the slot `Ipv4Net.netconf`. @alpha */
export function netconfNotify(n4: Ipv4Net, type: number, ifindex: number, cnf: Ipv4Devconf | null, only: number): void {
  if (only !== 0 && only !== IPV4_DEVCONF_BC_FORWARDING && !ATTRS.some(([, id]) => id === only)) return;
  // Linux keeps changes of bc_forwarding to itself.
  if (only === IPV4_DEVCONF_BC_FORWARDING || !rtnlNotifyNeeded(n4.net, RTNLGRP_IPV4_NETCONF)) return;
  const w = new NlWriter({ capacity: 128 });
  w.begin(type, 0, 0, 0);
  if (fill(w, ifindex, cnf, only) > 0) rtnlNotify(n4.net, w, RTNLGRP_IPV4_NETCONF);
}

function confOf(net: Net, ifindex: number): Ipv4Devconf | null {
  const n4 = net.get(IPV4);
  if (ifindex === NETCONFA_IFINDEX_ALL) return n4.devconfAll;
  if (ifindex === NETCONFA_IFINDEX_DEFAULT) return n4.devconfDflt;
  const dev = devGetByIndex(net, ifindex);
  return dev === null ? null : (inDevGet(dev)?.cnf ?? null);
}

function getNetconf(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(NETCONFA_MAX + 1);
  const bad = nlmsgParse(req, NETCONFMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  if (tb[NETCONFA_IFINDEX] === 0) return -EINVAL;
  const ifindex = nlaGetS32(req.view, tb[NETCONFA_IFINDEX]!);
  const cnf = confOf(net, ifindex);
  if (cnf === null) return -ENODEV;
  nlmsgReplyBegin(reply, req, RTM_NEWNETCONF);
  const ret = fill(reply, ifindex, cnf, 0);
  return ret < 0 ? ret : 0;
}

function dumpNetconf(net: Net, _req: NlRequest, w: NlWriter, cb: NlDump): number {
  const list: number[] = [];
  forEachNetdev(net, (dev) => {
    if (inDevGet(dev) !== null) list.push(dev.ifindex);
  });
  list.sort((a, b) => a - b);
  list.push(NETCONFA_IFINDEX_ALL, NETCONFA_IFINDEX_DEFAULT);
  return rtnlDump(list, w, cb, (ifindex) => {
    const cnf = confOf(net, ifindex);
    if (cnf === null) return 0;
    nlDumpBegin(w, cb, RTM_NEWNETCONF);
    return fill(w, ifindex, cnf, 0);
  });
}

/** Registers the handlers. @alpha */
export function netconfInit(k: Kernel): void {
  rtnlRegister(k, AF_INET, RTM_GETNETCONF, { doit: getNetconf, dumpit: dumpNetconf });
}

/** Lets a namespace announce its settings. @alpha */
export function netconfNetInit(n4: Ipv4Net): void {
  n4.netconf = netconfNotify;
}
