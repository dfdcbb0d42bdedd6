/** Addresses, groups and anycast addresses over rtnetlink (rtnetlink(7); errors and messages as Linux 6.18 gives them). */
// datapath-ok-file: messages
import { EADDRNOTAVAIL, EAFNOSUPPORT, EEXIST, EINVAL, ENODEV, HZ, jiffiesToClockT } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { devGetByIndex, forEachNetdev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  NLA_U32, NLA_U8, NLA_UNSPEC, NL_VALIDATE_LIBERAL, nlDumpBegin, nlSetErrMsg, nlmsgParse, nlmsgReplyBegin, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import type { NlDump, NlRequest, NlaPolicyTable } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  AF_INET6, DEVCONF_FORWARDING, DEVCONF_OPTIMISTIC_DAD, IFADDRMSG_LEN, IFA_ADDRESS, IFA_ANYCAST, IFA_CACHEINFO, IFA_FLAGS, IFA_F_HOMEADDRESS, IFA_F_MANAGETEMPADDR, IFA_F_MCAUTOJOIN, IFA_F_NODAD,
  IFA_F_NOPREFIXROUTE, IFA_F_OPTIMISTIC, IFA_F_PERMANENT, IFA_LOCAL, IFA_MAX, IFA_MULTICAST, IFA_PROTO, IFA_RT_PRIORITY, NLM_F_DUMP_FILTERED, NLM_F_EXCL, NLM_F_REPLACE,
  NlWriter, PREFIXMSG_LEN, RTM_DELADDR, RTM_GETADDR, RTM_GETANYCAST, RTM_GETMULTICAST, RTM_NEWADDR, RTM_NEWPREFIX, RTNLGRP_IPV6_ACADDR, RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV6_MCADDR, RTNLGRP_IPV6_PREFIX, RT_SCOPE_SITE, RT_SCOPE_UNIVERSE, ifaddrmsgRead, ifaddrmsgWrite, nlaGetIn6Addr, nlaGetU32, nlaGetU8, prefixmsgWrite,
} from '@linnet/uapi';
import { a6Equal, a6Load, ipv6AddrScope, IPV6_ADDR_SCOPE_SITELOCAL, rtScope } from './addr6.ts';
import { inet6AddrAdd, inet6AddrDel, inet6AddrModify } from './addrconf.ts';
import type { Inet6Extack } from './addrconf.ts';
import { INFINITY_LIFE_TIME, in6DevGet, ifaHasPeer } from './inet6-dev.ts';
import type { Ifacaddr6, Inet6Dev, Inet6Ifaddr } from './inet6-dev.ts';
import type { Ifmcaddr6 } from './mld-state.ts';

const CACHEINFO_LEN = 16;

const POLICY: NlaPolicyTable = Object.freeze({
  maxtype: IFA_MAX,
  rules: {
    [IFA_ADDRESS]: { type: NLA_UNSPEC, len: 16 },
    [IFA_LOCAL]: { type: NLA_UNSPEC, len: 16 },
    [IFA_CACHEINFO]: { type: NLA_UNSPEC, len: CACHEINFO_LEN },
    [IFA_FLAGS]: { type: NLA_U32 },
    [IFA_RT_PRIORITY]: { type: NLA_U32 },
    [IFA_PROTO]: { type: NLA_U8 },
  },
});

function putCacheinfo(w: NlWriter, preferred: number, valid: number, cstamp: number, tstamp: number): void {
  const at = w.reserveAttr(IFA_CACHEINFO, CACHEINFO_LEN);
  w.view.setUint32(at, preferred, true);
  w.view.setUint32(at + 4, valid, true);
  w.view.setUint32(at + 8, jiffiesToClockT(cstamp >>> 0), true);
  w.view.setUint32(at + 12, jiffiesToClockT(tstamp >>> 0), true);
}

/** Writes the body of a message about an address (inet6_fill_ifaddr). */
function fill(w: NlWriter, ifp: Inet6Ifaddr): number {
  const { idev } = ifp;
  const now = idev.net6.kernel.jiffies;
  ifaddrmsgWrite(w.view, w.reserve(IFADDRMSG_LEN), { family: AF_INET6, prefixlen: ifp.prefixlen, flags: ifp.flags & 0xff, scope: rtScope(ifp.scope), index: idev.dev.ifindex });
  let preferred = INFINITY_LIFE_TIME;
  let valid = INFINITY_LIFE_TIME;
  if ((ifp.flags & IFA_F_PERMANENT) === 0 || ifp.preferredLft !== INFINITY_LIFE_TIME) {
    preferred = ifp.preferredLft;
    valid = ifp.validLft;
    if (preferred !== INFINITY_LIFE_TIME) {
      const age = Math.floor(((now - ifp.tstamp) >>> 0) / HZ);
      preferred = Math.max(0, preferred - age);
      if (valid !== INFINITY_LIFE_TIME) valid = Math.max(0, valid - age);
    }
  }
  if (ifaHasPeer(ifp)) {
    w.putIn6Addr(IFA_LOCAL, ifp.addr);
    w.putIn6Addr(IFA_ADDRESS, ifp.peer);
  } else {
    w.putIn6Addr(IFA_ADDRESS, ifp.addr);
  }
  if (ifp.rtPriority !== 0) w.putU32(IFA_RT_PRIORITY, ifp.rtPriority);
  putCacheinfo(w, preferred, valid, ifp.cstamp, ifp.tstamp);
  w.putU32(IFA_FLAGS, ifp.flags);
  if (ifp.proto !== 0) w.putU8(IFA_PROTO, ifp.proto);
  return w.end();
}

/** Tells the group of addresses (inet6_ifa_notify). @alpha */
export function rtmsgIfa6(type: number, ifp: Inet6Ifaddr, req: NlRequest | null): void {
  const { net } = ifp.idev.dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV6_IFADDR, req)) return;
  const w = new NlWriter({ capacity: 128 });
  w.begin(type, 0, 0, 0);
  if (fill(w, ifp) > 0) rtnlNotify(net, w, RTNLGRP_IPV6_IFADDR, req);
}

function scopeOf(a: Int32Array): number {
  return ipv6AddrScope(a) === IPV6_ADDR_SCOPE_SITELOCAL ? RT_SCOPE_SITE : RT_SCOPE_UNIVERSE;
}

function fillOther(w: NlWriter, idev: Inet6Dev, attr: number, addr: Int32Array, cstamp: number, tstamp: number): number {
  ifaddrmsgWrite(w.view, w.reserve(IFADDRMSG_LEN), { family: AF_INET6, prefixlen: 128, flags: IFA_F_PERMANENT, scope: scopeOf(addr), index: idev.dev.ifindex });
  w.putIn6Addr(attr, addr);
  putCacheinfo(w, INFINITY_LIFE_TIME, INFINITY_LIFE_TIME, cstamp, tstamp);
  return w.end();
}

/** Tells of a group (inet6_ifmcaddr_notify). @alpha */
export function rtmsgMc6(type: number, idev: Inet6Dev, mc: Ifmcaddr6): void {
  const { net } = idev.dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV6_MCADDR)) return;
  const w = new NlWriter({ capacity: 128 });
  w.begin(type, 0, 0, 0);
  if (fillOther(w, idev, IFA_MULTICAST, mc.addr, mc.cstamp, mc.tstamp) > 0) rtnlNotify(net, w, RTNLGRP_IPV6_MCADDR);
}

/** Tells of an anycast address (inet6_ifacaddr_notify). @alpha */
export function rtmsgAc6(type: number, idev: Inet6Dev, ac: Ifacaddr6): void {
  const { net } = idev.dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV6_ACADDR)) return;
  const w = new NlWriter({ capacity: 128 });
  w.begin(type, 0, 0, 0);
  if (fillOther(w, idev, IFA_ANYCAST, ac.addr, ac.cstamp, ac.tstamp) > 0) rtnlNotify(net, w, RTNLGRP_IPV6_ACADDR);
}

const PREFIX_ADDRESS = 1;
const PREFIX_CACHEINFO = 2;

/** Tells of a prefix that a router advertised: the option at `opt` (inet6_prefix_notify). @alpha */
export function rtmsgPrefix6(idev: Inet6Dev, skb: Skb, opt: number): void {
  const { net } = idev.dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV6_PREFIX)) return;
  const w = new NlWriter({ capacity: 128 });
  w.begin(RTM_NEWPREFIX, 0, 0, 0);
  const { view } = skb;
  // The option's flags as they came (RFC 4861 4.6.2), not as bits of their own.
  prefixmsgWrite(w.view, w.reserve(PREFIXMSG_LEN), { family: AF_INET6, ifindex: idev.dev.ifindex, type: view.getUint8(opt), len: view.getUint8(opt + 2), flags: view.getUint8(opt + 3) });
  const prefix = new Int32Array(4);
  a6Load(prefix, view, opt + 16);
  w.putIn6Addr(PREFIX_ADDRESS, prefix);
  const at = w.reserveAttr(PREFIX_CACHEINFO, 8);
  w.view.setUint32(at, view.getUint32(opt + 8), true);
  w.view.setUint32(at + 4, view.getUint32(opt + 4), true);
  if (w.end() > 0) rtnlNotify(net, w, RTNLGRP_IPV6_PREFIX);
}

function refuse(req: NlRequest, message: string, err: number): number {
  nlSetErrMsg(req.extack, message);
  return err;
}

/** The address and its peer that a message names (extract_addr): the local one, and the other end if both are given and differ. */
function extract(req: NlRequest, tb: Int32Array): { addr: Int32Array; peer: Int32Array | null } | null {
  const { view } = req;
  const address = tb[IFA_ADDRESS] === 0 ? null : nlaGetIn6Addr(view, tb[IFA_ADDRESS]!);
  if (tb[IFA_LOCAL] === 0) return address === null ? null : { addr: address, peer: null };
  const local = nlaGetIn6Addr(view, tb[IFA_LOCAL]!);
  return { addr: local, peer: address !== null && !a6Equal(address, local) ? address : null };
}

/** `RTM_NEWADDR` (inet6_rtm_newaddr). */
function newAddr(net: Net, req: NlRequest): number {
  const tb = new Int32Array(IFA_MAX + 1);
  const bad = nlmsgParse(req, IFADDRMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { view } = req;
  const ifm = ifaddrmsgRead(view, req.data);
  const named = extract(req, tb);
  if (named === null) return -EINVAL;
  let preferred = INFINITY_LIFE_TIME;
  let valid = INFINITY_LIFE_TIME;
  const ci = tb[IFA_CACHEINFO]!;
  if (ci !== 0) {
    preferred = view.getUint32(ci + 4, true);
    valid = view.getUint32(ci + 8, true);
  }
  if (valid === 0 || preferred > valid) return refuse(req, 'ipv6: address lifetime invalid', -EINVAL);
  const dev = devGetByIndex(net, ifm.index);
  if (dev === null) return refuse(req, 'ipv6: Unable to find the interface', -ENODEV);
  let flags = tb[IFA_FLAGS] === 0 ? ifm.flags : nlaGetU32(view, tb[IFA_FLAGS]!);
  flags &= IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN | IFA_F_OPTIMISTIC;
  const idev = in6DevGet(dev);
  if (idev === null) return refuse(req, 'ipv6: Invalid device', -ENODEV);
  if (ifm.prefixlen > 128) return refuse(req, 'ipv6: Invalid prefix length', -EINVAL);
  if ((flags & IFA_F_MANAGETEMPADDR) !== 0 && ifm.prefixlen !== 64) return refuse(req, 'ipv6: address with "mngtmpaddr" flag must have a prefix length of 64', -EINVAL);
  if ((flags & IFA_F_OPTIMISTIC) !== 0) {
    const optimistic = idev.confOr(DEVCONF_OPTIMISTIC_DAD) && idev.net6.devconfAll.data[DEVCONF_FORWARDING] === 0;
    if (!optimistic) flags &= ~IFA_F_OPTIMISTIC;
    if ((flags & IFA_F_NODAD) !== 0) return refuse(req, 'IFA_F_NODAD and IFA_F_OPTIMISTIC are mutually exclusive', -EINVAL);
  }
  const cfg = {
    addr: named.addr, peer: named.peer, plen: ifm.prefixlen, flags, validLft: valid, preferredLft: preferred,
    metric: tb[IFA_RT_PRIORITY] === 0 ? 0 : nlaGetU32(view, tb[IFA_RT_PRIORITY]!), proto: tb[IFA_PROTO] === 0 ? 0 : nlaGetU8(view, tb[IFA_PROTO]!),
  };
  const old = idev.ifas.find((i) => a6Equal(i.addr, named.addr));
  const x: Inet6Extack = { message: '' };
  if (old === undefined) {
    const err = inet6AddrAdd(idev, cfg, x, req);
    if (x.message !== '') nlSetErrMsg(req.extack, x.message);
    return err;
  }
  if ((req.flags & NLM_F_EXCL) !== 0 || (req.flags & NLM_F_REPLACE) === 0) return refuse(req, 'ipv6: address already assigned', -EEXIST);
  return inet6AddrModify(old, cfg, req);
}

/** `RTM_DELADDR` (inet6_rtm_deladdr). */
function delAddr(net: Net, req: NlRequest): number {
  const tb = new Int32Array(IFA_MAX + 1);
  const bad = nlmsgParse(req, IFADDRMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const ifm = ifaddrmsgRead(req.view, req.data);
  const named = extract(req, tb);
  if (named === null) return -EINVAL;
  if (ifm.prefixlen > 128) return refuse(req, 'ipv6: Invalid prefix length', -EINVAL);
  const dev = devGetByIndex(net, ifm.index);
  if (dev === null) return refuse(req, 'ipv6: Unable to find the interface', -ENODEV);
  const idev = in6DevGet(dev);
  if (idev === null) return refuse(req, 'ipv6: IPv6 is disabled on this device', -EAFNOSUPPORT);
  const x: Inet6Extack = { message: '' };
  const err = inet6AddrDel(idev, named.addr, ifm.prefixlen, x, req);
  if (x.message !== '') nlSetErrMsg(req.extack, `ipv6: ${x.message}`);
  return err;
}

/** `RTM_GETADDR` for one address (inet6_rtm_getaddr). */
function getAddr(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(IFA_MAX + 1);
  const bad = nlmsgParse(req, IFADDRMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const ifm = ifaddrmsgRead(req.view, req.data);
  const named = extract(req, tb);
  if (named === null) return -EINVAL;
  let found: Inet6Ifaddr | null = null;
  forEachNetdev(net, (dev) => {
    if (ifm.index !== 0 && dev.ifindex !== ifm.index) return;
    found ??= in6DevGet(dev)?.ifas.find((i) => a6Equal(i.addr, named.addr)) ?? null;
  });
  if (found === null) return -EADDRNOTAVAIL;
  nlmsgReplyBegin(reply, req, RTM_NEWADDR);
  const ret = fill(reply, found);
  return ret < 0 ? ret : 0;
}

/** The devices that a dump means: all, or in a strict request one. */
function devices(net: Net, req: NlRequest, cb: NlDump): NetDevice[] | number {
  const devs: NetDevice[] = [];
  if (req.strict) {
    if (req.end - req.data < IFADDRMSG_LEN) return refuse(req, 'ipv6: Invalid header for address dump request', -EINVAL);
    const ifm = ifaddrmsgRead(req.view, req.data);
    if (ifm.prefixlen !== 0 || ifm.flags !== 0 || ifm.scope !== 0) return refuse(req, 'ipv6: Invalid values in header for address dump request', -EINVAL);
    if (ifm.index !== 0) {
      const dev = devGetByIndex(net, ifm.index);
      if (dev === null) return -ENODEV;
      cb.answerFlags = NLM_F_DUMP_FILTERED;
      return [dev];
    }
  }
  forEachNetdev(net, (dev) => {
    devs.push(dev);
  });
  return devs.sort((a, b) => a.ifindex - b.ifindex);
}

function dumpAddr(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const devs = devices(net, req, cb);
  if (typeof devs === 'number') return devs;
  return rtnlDump(devs.flatMap((dev) => in6DevGet(dev)?.ifas ?? []), w, cb, (ifp) => {
    nlDumpBegin(w, cb, RTM_NEWADDR);
    return fill(w, ifp);
  });
}

function dumpMc(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const devs = devices(net, req, cb);
  if (typeof devs === 'number') return devs;
  const list = devs.flatMap((dev) => {
    const idev = in6DevGet(dev);
    return idev === null ? [] : idev.mld.mcs.map((mc) => ({ idev, mc }));
  });
  return rtnlDump(list, w, cb, ({ idev, mc }) => {
    nlDumpBegin(w, cb, RTM_GETMULTICAST);
    return fillOther(w, idev, IFA_MULTICAST, mc.addr, mc.cstamp, mc.tstamp);
  });
}

function dumpAc(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const devs = devices(net, req, cb);
  if (typeof devs === 'number') return devs;
  const list = devs.flatMap((dev) => {
    const idev = in6DevGet(dev);
    return idev === null ? [] : idev.acs.map((ac) => ({ idev, ac }));
  });
  return rtnlDump(list, w, cb, ({ idev, ac }) => {
    nlDumpBegin(w, cb, RTM_GETANYCAST);
    return fillOther(w, idev, IFA_ANYCAST, ac.addr, ac.cstamp, ac.tstamp);
  });
}

/** Registers the handlers. @alpha */
export function addrconfRtnetlinkInit(k: Kernel): void {
  rtnlRegister(k, AF_INET6, RTM_NEWADDR, { doit: newAddr });
  rtnlRegister(k, AF_INET6, RTM_DELADDR, { doit: delAddr });
  rtnlRegister(k, AF_INET6, RTM_GETADDR, { doit: getAddr, dumpit: dumpAddr });
  rtnlRegister(k, AF_INET6, RTM_GETMULTICAST, { dumpit: dumpMc });
  rtnlRegister(k, AF_INET6, RTM_GETANYCAST, { dumpit: dumpAc });
}

