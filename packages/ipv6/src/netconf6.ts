/** Settings of devices over rtnetlink: RTM_GETNETCONF, and the IPv6 part of link messages (IFLA_AF_SPEC), observed on Linux 6.18. */
// datapath-ok-file: messages
import { EAFNOSUPPORT, EINVAL, ENODATA, ENODEV, jiffiesToClockT, jiffiesToMsecs } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { devGetByIndex, forEachNetdev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  NLA_S32, NLA_U8, NLA_UNSPEC, NL_VALIDATE_LIBERAL, nlaParseNestedPolicy, nlDumpBegin, nlSetErrMsg, nlmsgParse, nlmsgReplyBegin, rtnlAfRegister, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import type { NlDump, NlRequest, NlaPolicyTable } from '@linnet/netlink';
import {
  AF_INET6, DEVCONF_ADDR_GEN_MODE, DEVCONF_FORWARDING, DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, DEVCONF_IOAM6_ID_WIDE, DEVCONF_MC_FORWARDING, DEVCONF_PROXY_NDP, DEVCONF_RTR_PROBE_INTERVAL, DEVCONF_RTR_SOLICIT_DELAY,
  DEVCONF_RTR_SOLICIT_INTERVAL, DEVCONF_RTR_SOLICIT_MAX_INTERVAL, DEVCONF_RTR_SOLICITS, IFA_F_OPTIMISTIC, IFA_F_TENTATIVE, IFF_LOOPBACK, IFF_NOARP, IFINFOMSG_LEN, IFLA_ADDRESS, IFLA_IFNAME, IFLA_INET6_ADDR_GEN_MODE, IFLA_INET6_CACHEINFO, IFLA_INET6_CONF,
  IFLA_INET6_FLAGS, IFLA_INET6_ICMP6STATS, IFLA_INET6_MAX, IFLA_INET6_RA_MTU, IFLA_INET6_STATS, IFLA_INET6_TOKEN, IFLA_LINK, IFLA_MTU, IFLA_OPERSTATE, IFLA_PROTINFO, NlWriter,
  RTEXT_FILTER_SKIP_STATS, RTM_GETLINK, RTM_GETNETCONF, RTM_NEWLINK, RTM_NEWNETCONF, RTNLGRP_IPV6_IFINFO, RTNLGRP_IPV6_NETCONF, ifinfomsgWrite, nlaGetIn6Addr, nlaGetS32, nlaGetU8,
  nlaParseNested,
} from '@linnet/uapi';
import { devGetFlags, devGetIflink, devGetOperstate } from '@linnet/netdev';
import { a6Any, a6Clone, IN6ADDR_ANY } from './addr6.ts';
import { ipv6GetLladdr } from './addr-find.ts';
import { ipv6AcceptRa, solicitRouters } from './addrconf.ts';
import { DEVCONF_SHOWN } from './devconf6.ts';
import type { Ipv6Devconf } from './devconf6.ts';
import { IF_READY, in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ICMP6_MIB_MAX, IPSTATS6_MIB_MAX } from './snmp6.ts';

const NETCONFMSG_LEN = 4;
const NETCONFA_IFINDEX = 1;
const NETCONFA_MAX = 8;

const ATTRS: readonly (readonly [attr: number, id: number])[] = [
  [2, DEVCONF_FORWARDING], [4, DEVCONF_MC_FORWARDING], [5, DEVCONF_PROXY_NDP], [6, DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN],
];

const POLICY: NlaPolicyTable = Object.freeze({ maxtype: NETCONFA_MAX, rules: { [NETCONFA_IFINDEX]: { type: NLA_S32 } } });

function fill(w: NlWriter, ifindex: number, cnf: Ipv6Devconf | null, only: number): number {
  w.view.setUint8(w.reserve(NETCONFMSG_LEN), AF_INET6);
  w.putS32(NETCONFA_IFINDEX, ifindex);
  if (cnf !== null) for (const [attr, id] of ATTRS) if (only === -1 || only === id) w.putS32(attr, cnf.data[id]!);
  return w.end();
}

/** Tells of a changed setting (`only`, DEVCONF_*); a new device's are told of all at once with an `only` of -1, and with `cnf` null that they went (inet6_netconf_notify_devconf). @alpha */
export function netconf6Notify(n6: Ipv6Net, type: number, ifindex: number, cnf: Ipv6Devconf | null, only: number): void {
  if (!rtnlNotifyNeeded(n6.net, RTNLGRP_IPV6_NETCONF)) return;
  const w = new NlWriter({ capacity: 128 });
  w.begin(type, 0, 0, 0);
  if (fill(w, ifindex, cnf, only) > 0) rtnlNotify(n6.net, w, RTNLGRP_IPV6_NETCONF);
}

function confOf(net: Net, ifindex: number): Ipv6Devconf | null {
  const n6 = net.get(IPV6);
  if (ifindex === -1) return n6.devconfAll;
  if (ifindex === -2) return n6.devconfDflt;
  const dev = devGetByIndex(net, ifindex);
  return dev === null ? null : (in6DevGet(dev)?.cnf ?? null);
}

function getNetconf(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(NETCONFA_MAX + 1);
  const bad = nlmsgParse(req, NETCONFMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  if (tb[NETCONFA_IFINDEX] === 0) return -EINVAL;
  const ifindex = nlaGetS32(req.view, tb[NETCONFA_IFINDEX]!);
  const cnf = confOf(net, ifindex);
  if (cnf === null) return ifindex > 0 && devGetByIndex(net, ifindex) !== null ? -EINVAL : -ENODEV;
  nlmsgReplyBegin(reply, req, RTM_NEWNETCONF);
  const ret = fill(reply, ifindex, cnf, -1);
  return ret < 0 ? ret : 0;
}

function dumpNetconf(net: Net, _req: NlRequest, w: NlWriter, cb: NlDump): number {
  const list: number[] = [];
  forEachNetdev(net, (dev) => {
    if (in6DevGet(dev) !== null) list.push(dev.ifindex);
  });
  list.sort((a, b) => a - b);
  list.push(-1, -2);
  return rtnlDump(list, w, cb, (ifindex) => {
    const cnf = confOf(net, ifindex);
    if (cnf === null) return 0;
    nlDumpBegin(w, cb, RTM_NEWNETCONF);
    return fill(w, ifindex, cnf, -1);
  });
}

/** Settings that are kept in jiffies and shown in milliseconds. */
const TIMES: ReadonlySet<number> = new Set([DEVCONF_RTR_SOLICIT_INTERVAL, DEVCONF_RTR_SOLICIT_DELAY, DEVCONF_RTR_PROBE_INTERVAL, DEVCONF_RTR_SOLICIT_MAX_INTERVAL]);

function putStats(w: NlWriter, attr: number, values: Float64Array, count: number): void {
  const at = w.reserveAttr(attr, count * 8);
  for (let i = 0; i < count; i++) {
    const v = i === 0 ? count : values[i]!;
    w.view.setUint32(at + 8 * i, v >>> 0, true);
    w.view.setUint32(at + 8 * i + 4, Math.floor(v / 0x1_0000_0000), true);
  }
}

/** Writes a device's IPv6 attributes (inet6_fill_ifla6_attrs). */
function fillIfla6(w: NlWriter, idev: Inet6Dev, extMask: number): void {
  w.putU32(IFLA_INET6_FLAGS, idev.ifFlags);
  const at = w.reserveAttr(IFLA_INET6_CACHEINFO, 16);
  w.view.setUint32(at, 65535, true);
  w.view.setUint32(at + 4, jiffiesToClockT(idev.tstamp >>> 0), true);
  w.view.setUint32(at + 8, jiffiesToMsecs(idev.ndParms.reachableTime), true);
  w.view.setUint32(at + 12, jiffiesToMsecs(idev.ndParms.retransTime), true);
  const c = w.reserveAttr(IFLA_INET6_CONF, DEVCONF_SHOWN * 4);
  for (let i = 0; i < DEVCONF_SHOWN; i++) {
    const v = idev.cnf.data[i]!;
    w.view.setInt32(c + 4 * i, TIMES.has(i) ? jiffiesToMsecs(v) : i === DEVCONF_IOAM6_ID_WIDE ? v | 0 : v, true);
  }
  if ((extMask & RTEXT_FILTER_SKIP_STATS) === 0) {
    putStats(w, IFLA_INET6_STATS, idev.mib.ip, IPSTATS6_MIB_MAX);
    putStats(w, IFLA_INET6_ICMP6STATS, idev.mib.icmp, ICMP6_MIB_MAX);
  }
  w.putIn6Addr(IFLA_INET6_TOKEN, idev.token);
  w.putU8(IFLA_INET6_ADDR_GEN_MODE, idev.conf(DEVCONF_ADDR_GEN_MODE));
  if (idev.raMtu !== 0) w.putU32(IFLA_INET6_RA_MTU, idev.raMtu);
}

/** Sets the token of a device (inet6_set_iftoken): its addresses from prefixes are made with it from now on. */
function setToken(idev: Inet6Dev, token: Int32Array, req: NlRequest): number {
  const { dev } = idev;
  const fail = (m: string, err: number): number => {
    nlSetErrMsg(req.extack, m);
    return err;
  };
  if ((dev.flags & IFF_LOOPBACK) !== 0) return fail('ipv6: Device is loopback', -EINVAL);
  if ((dev.flags & IFF_NOARP) !== 0) return fail('ipv6: Device does not do neighbour discovery', -EINVAL);
  if (!ipv6AcceptRa(idev)) return fail('ipv6: Router advertisement is disabled on device', -EINVAL);
  if (idev.conf(DEVCONF_RTR_SOLICITS) === 0) return fail('ipv6: Router solicitation is disabled on device', -EINVAL);
  const t = Int32Array.of(0, 0, token[2]!, token[3]!);
  idev.token = a6Any(t) ? IN6ADDR_ANY : a6Clone(t);
  const n6 = idev.net6;
  if (!idev.dead && (idev.ifFlags & IF_READY) !== 0 && !a6Any(t)) {
    const ll = ipv6GetLladdr(idev, IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
    if (ll !== null) solicitRouters(idev, ll);
  }
  for (const ifp of idev.ifas) {
    if (!ifp.tokenized) continue;
    ifp.validLft = 0;
    ifp.preferredLft = 0;
  }
  idev.tstamp = n6.kernel.jiffies;
  n6.fn.rtmsgIfinfo(idev);
  n6.addrVerify(n6);
  return 0;
}

const AF_POLICY: NlaPolicyTable = Object.freeze({ maxtype: IFLA_INET6_MAX, rules: { [IFLA_INET6_ADDR_GEN_MODE]: { type: NLA_U8 }, [IFLA_INET6_TOKEN]: { type: NLA_UNSPEC, len: 16 } } });

function checkAf(dev: NetDevice | null, nla: number, req: NlRequest): number {
  if (dev !== null && in6DevGet(dev) === null) return -EAFNOSUPPORT;
  const tb = new Int32Array(IFLA_INET6_MAX + 1);
  const bad = nlaParseNestedPolicy(req, nla, tb, AF_POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const token = tb[IFLA_INET6_TOKEN]!;
  const mode = tb[IFLA_INET6_ADDR_GEN_MODE]!;
  if (token === 0 && mode === 0) return -EINVAL;
  if (mode !== 0) {
    const v = nlaGetU8(req.view, mode);
    if (v > 3) return -EINVAL;
    if (dev !== null && v === 2) {
      const idev = in6DevGet(dev)!;
      if (idev.cnf.stableSecret === null && idev.net6.devconfDflt.stableSecret === null) return -EINVAL;
    }
  }
  return 0;
}

function setAf(dev: NetDevice, nla: number, req: NlRequest): number {
  const idev = in6DevGet(dev);
  if (idev === null) return -EAFNOSUPPORT;
  const tb = nlaParseNested(req.view, nla, IFLA_INET6_MAX);
  if (tb[IFLA_INET6_TOKEN] !== 0) {
    const err = setToken(idev, nlaGetIn6Addr(req.view, tb[IFLA_INET6_TOKEN]!), req);
    if (err !== 0) return err;
  }
  // The mode counts from the next time that the device goes up.
  if (tb[IFLA_INET6_ADDR_GEN_MODE] !== 0) idev.cnf.data[DEVCONF_ADDR_GEN_MODE] = nlaGetU8(req.view, tb[IFLA_INET6_ADDR_GEN_MODE]!);
  return 0;
}

/** A device as an AF_INET6 link message (inet6_fill_ifinfo). */
function fillIfinfo(w: NlWriter, idev: Inet6Dev): number {
  const { dev } = idev;
  ifinfomsgWrite(w.view, w.reserve(IFINFOMSG_LEN), { family: AF_INET6, type: dev.type, index: dev.ifindex, flags: devGetFlags(dev), change: 0 });
  w.putString(IFLA_IFNAME, dev.name);
  if (dev.addrLen > 0) w.putBytes(IFLA_ADDRESS, dev.devAddr.subarray(0, dev.addrLen));
  w.putU32(IFLA_MTU, dev.mtu);
  const link = devGetIflink(dev);
  if (link !== dev.ifindex) w.putU32(IFLA_LINK, link);
  w.putU8(IFLA_OPERSTATE, devGetOperstate(dev));
  w.nestStartNoflag(IFLA_PROTINFO);
  fillIfla6(w, idev, 0);
  w.nestEnd();
  return w.end();
}

/** Tells of a device (inet6_ifinfo_notify). @alpha */
export function rtmsgIfinfo6(idev: Inet6Dev): void {
  const { net } = idev.dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV6_IFINFO)) return;
  const w = new NlWriter({ capacity: 1024 });
  w.begin(RTM_NEWLINK, 0, 0, 0);
  if (fillIfinfo(w, idev) > 0) rtnlNotify(net, w, RTNLGRP_IPV6_IFINFO);
}

function dumpIfinfo(net: Net, _req: NlRequest, w: NlWriter, cb: NlDump): number {
  const list: Inet6Dev[] = [];
  forEachNetdev(net, (dev) => {
    const idev = in6DevGet(dev);
    if (idev !== null) list.push(idev);
  });
  list.sort((a, b) => a.dev.ifindex - b.dev.ifindex);
  return rtnlDump(list, w, cb, (idev) => {
    nlDumpBegin(w, cb, RTM_NEWLINK);
    return fillIfinfo(w, idev);
  });
}

/** Registers the handlers. @alpha */
export function netconf6Init(k: Kernel): void {
  rtnlRegister(k, AF_INET6, RTM_GETNETCONF, { doit: getNetconf, dumpit: dumpNetconf });
  rtnlRegister(k, AF_INET6, RTM_GETLINK, { dumpit: dumpIfinfo });
  rtnlAfRegister(k, {
    family: AF_INET6,
    fillLinkAf: (w, dev, extMask) => {
      const idev = in6DevGet(dev);
      if (idev === null) return -ENODATA;
      fillIfla6(w, idev, extMask);
      return 0;
    },
    validateLinkAf: checkAf,
    setLinkAf: setAf,
  });
}

