/** Addresses over rtnetlink: RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR (rtnetlink(7); errors and messages as Linux 6.18 gives them). */
// datapath-ok-file: messages
import { EINVAL, ENODEV, HZ } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { devGetByIndex } from '@linnet/netdev';
import { NL_VALIDATE_LIBERAL, nlDumpBegin, nlSetErrMsg, nlmsgParse, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister } from '@linnet/netlink';
import type { NlDump, NlRequest } from '@linnet/netlink';
import {
  AF_INET, IFADDRMSG_LEN, IFA_ADDRESS, IFA_BROADCAST, IFA_CACHEINFO, IFA_FLAGS, IFA_F_DEPRECATED, IFA_F_MCAUTOJOIN, IFA_F_PERMANENT, IFA_LABEL, IFA_LOCAL, IFA_MAX,
  IFA_PROTO, IFA_RT_PRIORITY, IFA_TARGET_NETNSID, NLM_F_EXCL, NLM_F_REPLACE, NlWriter, RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR, RTNLGRP_IPV4_IFADDR,
  ifaddrmsgRead, ifaddrmsgWrite, nlaGetInAddr, nlaGetString, nlaGetU32, nlaGetU8,
  ipv4IsMulticast,
} from '@linnet/uapi';
import { ADDR_POLICY, addrDump } from './addr-dump.ts';
import { inetAddrAdd, inetAddrDel, ticksSinceBoot } from './devinet.ts';
import type { InetExtack } from './devinet.ts';
import { ipMcIncGroup } from './igmp.ts';
import { igmpRtnetlinkInit } from './igmp-netlink.ts';
import type { InIfaddr } from './in-device.ts';
import { INFINITY_LIFE_TIME, inDevGet } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** Ticks in one of USER_HZ. */
const TICKS_PER_CLOCK_T = HZ / 100;
const CACHEINFO_LEN = 16;

/** Writes the body of a message about an address (`inet_fill_ifaddr`). */
function fill(w: NlWriter, ifa: InIfaddr, nsid: number = -1): number {
  const { dev, net4 } = ifa.indev;
  const now = ticksSinceBoot(net4.kernel);
  ifaddrmsgWrite(w.view, w.reserve(IFADDRMSG_LEN), { family: AF_INET, prefixlen: ifa.prefixlen, flags: ifa.flags & 0xff, scope: ifa.scope, index: dev.ifindex });
  if (nsid >= 0) w.putS32(IFA_TARGET_NETNSID, nsid);
  if (ifa.address !== 0) w.putInAddr(IFA_ADDRESS, ifa.address);
  if (ifa.local !== 0) w.putInAddr(IFA_LOCAL, ifa.local);
  if (ifa.broadcast !== 0) w.putInAddr(IFA_BROADCAST, ifa.broadcast);
  if (ifa.label !== '') w.putString(IFA_LABEL, ifa.label);
  if (ifa.proto !== 0) w.putU8(IFA_PROTO, ifa.proto);
  w.putU32(IFA_FLAGS, ifa.flags);
  if (ifa.rtPriority !== 0) w.putU32(IFA_RT_PRIORITY, ifa.rtPriority);
  let preferred = ifa.preferredLft;
  let valid = ifa.validLft;
  if ((ifa.flags & IFA_F_PERMANENT) !== 0) {
    preferred = INFINITY_LIFE_TIME;
    valid = INFINITY_LIFE_TIME;
  } else {
    const age = Math.floor((now - ifa.tstamp) / HZ);
    if (preferred !== INFINITY_LIFE_TIME) preferred = Math.max(0, preferred - age);
    if (valid !== INFINITY_LIFE_TIME) valid = Math.max(0, valid - age);
    if ((ifa.flags & IFA_F_DEPRECATED) !== 0) preferred = 0;
  }
  const at = w.reserveAttr(IFA_CACHEINFO, CACHEINFO_LEN);
  w.view.setUint32(at, preferred, true);
  w.view.setUint32(at + 4, valid, true);
  w.view.setUint32(at + 8, Math.floor(ifa.cstamp / TICKS_PER_CLOCK_T), true);
  w.view.setUint32(at + 12, Math.floor(ifa.tstamp / TICKS_PER_CLOCK_T), true);
  return w.end();
}

/** Tells the group of addresses: the slot `Ipv4Net.rtmsgIfa` (`rtmsg_ifa`). @alpha */
export function rtmsgIfa(type: number, ifa: InIfaddr, req: NlRequest | null): void {
  const { net } = ifa.indev.dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV4_IFADDR, req)) return;
  const w = new NlWriter({ capacity: 128 });
  w.begin(type, 0, req?.seq ?? 0, req?.portid ?? 0);
  if (fill(w, ifa) > 0) rtnlNotify(net, w, RTNLGRP_IPV4_IFADDR, req);
}

function refuse(req: NlRequest, message: string, err: number): number {
  nlSetErrMsg(req.extack, message);
  return err;
}

/** `RTM_NEWADDR` (`inet_rtm_newaddr`). */
function newAddr(net: Net, req: NlRequest): number {
  const tb = new Int32Array(IFA_MAX + 1);
  const bad = nlmsgParse(req, IFADDRMSG_LEN, tb, ADDR_POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { view } = req;
  const ifm = ifaddrmsgRead(view, req.data);
  if (ifm.prefixlen > 32) return refuse(req, 'ipv4: Invalid prefix length', -EINVAL);
  if (tb[IFA_LOCAL] === 0) return refuse(req, 'ipv4: Local address is not supplied', -EINVAL);
  const dev = devGetByIndex(net, ifm.index);
  if (dev === null) return refuse(req, 'ipv4: Device not found', -ENODEV);
  const local = nlaGetInAddr(view, tb[IFA_LOCAL]!);
  const flags = tb[IFA_FLAGS] === 0 ? ifm.flags : nlaGetU32(view, tb[IFA_FLAGS]!);
  if ((flags & IFA_F_MCAUTOJOIN) !== 0) {
    const indev = inDevGet(dev);
    if (indev === null || !ipv4IsMulticast(local)) return refuse(req, 'ipv4: Multicast auto join failed', -EINVAL);
    ipMcIncGroup(indev, local);
  }
  const x: InetExtack = { message: '' };
  const ci = tb[IFA_CACHEINFO]!;
  const replace = (req.flags & NLM_F_EXCL) === 0 && (req.flags & NLM_F_REPLACE) !== 0;
  const err = inetAddrAdd(
    net,
    dev,
    {
      local,
      prefixlen: ifm.prefixlen,
      scope: ifm.scope,
      flags,
      address: tb[IFA_ADDRESS] === 0 ? local : nlaGetInAddr(view, tb[IFA_ADDRESS]!),
      broadcast: tb[IFA_BROADCAST] === 0 ? 0 : nlaGetInAddr(view, tb[IFA_BROADCAST]!),
      label: tb[IFA_LABEL] === 0 ? dev.name : nlaGetString(view, tb[IFA_LABEL]!),
      metric: tb[IFA_RT_PRIORITY] === 0 ? 0 : nlaGetU32(view, tb[IFA_RT_PRIORITY]!),
      proto: tb[IFA_PROTO] === 0 ? 0 : nlaGetU8(view, tb[IFA_PROTO]!),
      preferredLft: ci === 0 ? INFINITY_LIFE_TIME : view.getUint32(ci + 4, true),
      validLft: ci === 0 ? INFINITY_LIFE_TIME : view.getUint32(ci + 8, true),
    },
    x,
    req,
    replace,
  );
  if (x.message !== '') nlSetErrMsg(req.extack, x.message);
  return err;
}

/** `RTM_DELADDR` (`inet_rtm_deladdr`). */
function delAddr(net: Net, req: NlRequest): number {
  const tb = new Int32Array(IFA_MAX + 1);
  const bad = nlmsgParse(req, IFADDRMSG_LEN, tb, ADDR_POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { view } = req;
  const ifm = ifaddrmsgRead(view, req.data);
  const dev = devGetByIndex(net, ifm.index);
  if (dev === null) return refuse(req, 'ipv4: Device not found', -ENODEV);
  const x: InetExtack = { message: '' };
  const err = inetAddrDel(
    net,
    dev,
    {
      ...(tb[IFA_LOCAL] === 0 ? {} : { local: nlaGetInAddr(view, tb[IFA_LOCAL]!) }),
      ...(tb[IFA_LABEL] === 0 ? {} : { label: nlaGetString(view, tb[IFA_LABEL]!) }),
      ...(tb[IFA_ADDRESS] === 0 ? {} : { address: nlaGetInAddr(view, tb[IFA_ADDRESS]!), prefixlen: ifm.prefixlen }),
    },
    x,
    req,
  );
  if (x.message !== '') nlSetErrMsg(req.extack, x.message);
  return err;
}

/** `RTM_GETADDR` for all, or in a strict request for one device (`inet_dump_ifaddr`). */
function dumpAddr(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const asked = addrDump(net, req, cb);
  if (typeof asked === 'number') return asked;
  return rtnlDump(asked.devs.flatMap((dev) => inDevGet(dev)?.ifas ?? []), w, cb, (ifa) => {
    nlDumpBegin(w, cb, RTM_NEWADDR);
    return fill(w, ifa, asked.nsid);
  });
}

/** Registers the handlers of addresses. @alpha */
export function devinetRtnetlinkInit(k: Kernel): void {
  rtnlRegister(k, AF_INET, RTM_NEWADDR, { doit: newAddr });
  rtnlRegister(k, AF_INET, RTM_DELADDR, { doit: delAddr });
  rtnlRegister(k, AF_INET, RTM_GETADDR, { dumpit: dumpAddr });
  igmpRtnetlinkInit(k);
}

/** Lets a namespace announce its addresses. @alpha */
export function devinetRtnetlinkNetInit(n4: Ipv4Net): void {
  n4.rtmsgIfa = rtmsgIfa;
}
