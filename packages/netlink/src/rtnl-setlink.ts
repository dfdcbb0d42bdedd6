/** Changing a link: RTM_SETLINK, and RTM_NEWLINK of a device that is there. */
import { EAFNOSUPPORT, EBUSY, EEXIST, EINVAL, ENODEV, EOPNOTSUPP, type Net } from '@linnet/kernel';
import {
  callNetdeviceNotifiers, devChangeFlags, devChangeName, devChangeNetNamespace, devChangeTxQueueLen, devGetByIndex, devGetByName, devGetFlags, devSetGroup, devSetMacAddress, devSetMtu,
  GSO_LEGACY_MAX_SIZE, NETDEV_CHANGEADDR, type NetDevice, netdevStateChange, setOperstate,
} from '@linnet/netdev';
import {
  IFINFOMSG_LEN, type Ifinfomsg, IFLA_ADDRESS, IFLA_AF_SPEC, IFLA_ALT_IFNAME, IFLA_BROADCAST, IFLA_CARRIER, IFLA_GRO_IPV4_MAX_SIZE, IFLA_GRO_MAX_SIZE, IFLA_GROUP, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GSO_MAX_SEGS, IFLA_GSO_MAX_SIZE,
  IFLA_IFALIAS, IFLA_IFNAME, IFLA_LINKMODE, IFLA_MAP, IFLA_MASTER, IFLA_MAX, IFLA_MTU, IFLA_NEW_IFINDEX, IFLA_OPERSTATE, IFLA_PROTO_DOWN, IFLA_TXQLEN, nlaGetBytes, nlaGetS32, nlaGetString,
  nlaGetU32, nlaGetU8, nlaLen, nlaNext, nlaOk, nlaType,
} from '@linnet/uapi';
import { type Extack, nlSetErrMsg } from './extack.ts';
import { NL_VALIDATE_LIBERAL, nlmsgParse } from './nla-policy.ts';
import { NETLINK } from './netlink-table.ts';
import type { NlRequest } from './request.ts';
import { ifinfomsg, rtnlDevByName } from './rtnl-link-req.ts';
import type { RtnlAfOps } from './rtnl-link-ops.ts';
import { IFLA_POLICY } from './rtnl-link-policy.ts';
import { rtnlEnsureUniqueNetns, rtnlLinkGetNet, rtnlNamesNetns } from './rtnl-netns.ts';

/** Something changed. */
const MODIFIED = 1;
/** Something changed that nobody has been told of. */
const NOTIFY = 3;

function afOps(net: Net, family: number): RtnlAfOps | null {
  return net.kernel.get(NETLINK).afOps.find((af) => af.family === family) ?? null;
}

/** Checks what the policy cannot know: lengths of addresses, families inside IFLA_AF_SPEC (validate_linkmsg). */
export function validateLinkmsg(net: Net, dev: NetDevice | null, req: NlRequest, tb: Int32Array): number {
  const { view } = req;
  if (dev !== null) {
    if (tb[IFLA_ADDRESS] !== 0 && nlaLen(view, tb[IFLA_ADDRESS]!) < dev.addrLen) return -EINVAL;
    if (tb[IFLA_BROADCAST] !== 0 && nlaLen(view, tb[IFLA_BROADCAST]!) < dev.addrLen) return -EINVAL;
    if (tb[IFLA_GSO_MAX_SIZE] !== 0 && nlaGetU32(view, tb[IFLA_GSO_MAX_SIZE]!) > dev.tsoMaxSize) return refuse(req.extack, 'too big gso_max_size');
    if (tb[IFLA_GSO_MAX_SEGS] !== 0) {
      const segs = nlaGetU32(view, tb[IFLA_GSO_MAX_SEGS]!);
      if (segs > 65535 || segs > dev.tsoMaxSegs) return refuse(req.extack, 'too big gso_max_segs');
    }
  }
  if (tb[IFLA_AF_SPEC] !== 0) {
    let err = 0;
    forEachInside(req, tb[IFLA_AF_SPEC]!, (nla) => {
      if (err !== 0) return;
      const ops = afOps(net, nlaType(view, nla));
      if (ops === null) err = -EAFNOSUPPORT;
      else if (ops.setLinkAf === undefined) err = -EOPNOTSUPP;
      else err = ops.validateLinkAf?.(dev, nla, req) ?? 0;
    });
    if (err !== 0) return err;
  }
  return 0;
}

function forEachInside(req: NlRequest, nla: number, fn: (nla: number) => void): void {
  const end = nla + 4 + nlaLen(req.view, nla);
  for (let at = nla + 4; nlaOk(req.view, at, end - at); at = nlaNext(req.view, at)) fn(at);
}

function refuse(extack: Extack, msg: string, errno: number = EINVAL): number {
  nlSetErrMsg(extack, msg);
  return -errno;
}

/** The flags that a request asks for (rtnl_dev_combine_flags): a mask of 0 means all. */
export function rtnlCombineFlags(dev: NetDevice, ifm: Ifinfomsg): number {
  return ifm.change === 0 ? ifm.flags | 0 : (ifm.flags & ifm.change) | (devGetFlags(dev) & ~ifm.change);
}

/** Gives a device another master, or none with ifindex 0 (do_set_master). Returns 0, -EINVAL for an ifindex of no device, -EOPNOTSUPP, or what the master said. @alpha */
export function rtnlSetMaster(dev: NetDevice, ifindex: number, extack: Extack | null = null): number {
  const old = dev.master;
  if (old !== null) {
    if (old.ifindex === ifindex) return 0;
    if (old.netdevOps.delSlave === undefined) return -EOPNOTSUPP;
    const err = old.netdevOps.delSlave(old, dev);
    if (err !== 0) return err;
  }
  if (ifindex === 0) return 0;
  const master = devGetByIndex(dev.net, ifindex);
  if (master === null) return -EINVAL;
  return master.netdevOps.addSlave?.(master, dev, extack) ?? -EOPNOTSUPP;
}

function moveNetns(net: Net, dev: NetDevice, req: NlRequest, tb: Int32Array, ifname: string): number {
  const { extack } = req;
  const to = rtnlLinkGetNet(net, req, tb);
  if (typeof to === 'number') return to;
  const newIfindex = tb[IFLA_NEW_IFINDEX] !== 0 ? nlaGetS32(req.view, tb[IFLA_NEW_IFINDEX]!) : 0;
  if (to === dev.net) return 0;
  if (dev.netnsImmutable) return refuse(extack, 'The interface netns is immutable');
  if (ifname === '' && devGetByName(to, dev.name) !== null) return refuse(extack, 'An interface with the same name exists in the target netns', EEXIST);
  for (const alt of dev.altNames) {
    if (devGetByName(to, alt) !== null) return refuse(extack, `An interface with the altname ${alt} exists in the target netns`, EEXIST);
  }
  if (newIfindex !== 0 && devGetByIndex(to, newIfindex) !== null) return refuse(extack, 'The ifindex is already in use in the target netns', EBUSY);
  return devChangeNetNamespace(dev, to, ifname === '' ? null : ifname, newIfindex);
}

/** The MTU, with the reason when it is refused (dev_set_mtu_ext). */
export function rtnlCheckMtu(dev: NetDevice, mtu: number, extack: Extack): number {
  if ((mtu | 0) < 0 || mtu < dev.minMtu) return refuse(extack, 'mtu less than device minimum');
  if (dev.maxMtu > 0 && mtu > dev.maxMtu) return refuse(extack, 'mtu greater than device maximum');
  return 0;
}

/** Applies a request to a device, in the kernel's order; what went before a failure stays (do_setlink). `status` is what was done already. */
export function doSetlink(net: Net, dev: NetDevice, ifm: Ifinfomsg, req: NlRequest, tb: Int32Array, status: number = 0): number {
  let done = status;
  const err = apply();
  if (done === NOTIFY) netdevStateChange(dev);
  return err;

  function apply(): number {
    const { view, extack } = req;
    const at = (type: number): number => tb[type]!;
    const ifname = at(IFLA_IFNAME) === 0 ? '' : nlaGetString(view, at(IFLA_IFNAME));
    let e = validateLinkmsg(net, dev, req, tb);
    if (e < 0) return e;
    if (rtnlNamesNetns(tb)) {
      e = moveNetns(net, dev, req, tb, ifname);
      if (e < 0) return e;
      done |= MODIFIED;
    }
    if (at(IFLA_MAP) !== 0) return -EOPNOTSUPP;
    if (at(IFLA_ADDRESS) !== 0) {
      e = devSetMacAddress(dev, nlaGetBytes(view, at(IFLA_ADDRESS)));
      if (e < 0) return e;
      done |= MODIFIED;
    }
    if (at(IFLA_MTU) !== 0) {
      const mtu = nlaGetU32(view, at(IFLA_MTU));
      e = mtu === dev.mtu ? 0 : rtnlCheckMtu(dev, mtu, extack);
      if (e === 0) e = devSetMtu(dev, mtu);
      if (e < 0) return e;
      done |= MODIFIED;
    }
    if (at(IFLA_GROUP) !== 0) {
      devSetGroup(dev, nlaGetU32(view, at(IFLA_GROUP)));
      done |= NOTIFY;
    }
    // Named by its number, a name is a wish; else it only says which device is meant.
    if (ifm.index > 0 && ifname !== '') {
      e = devChangeName(dev, ifname);
      if (e < 0) return e;
      done |= MODIFIED;
    }
    if (at(IFLA_IFALIAS) !== 0) {
      dev.ifalias = nlaGetString(view, at(IFLA_IFALIAS));
      done |= NOTIFY;
    }
    if (at(IFLA_BROADCAST) !== 0) {
      dev.broadcast.set(nlaGetBytes(view, at(IFLA_BROADCAST)).subarray(0, dev.addrLen));
      callNetdeviceNotifiers(NETDEV_CHANGEADDR, dev);
    }
    if (ifm.flags !== 0 || ifm.change !== 0) {
      e = devChangeFlags(dev, rtnlCombineFlags(dev, ifm));
      if (e < 0) return e;
    }
    if (at(IFLA_MASTER) !== 0) {
      e = rtnlSetMaster(dev, nlaGetU32(view, at(IFLA_MASTER)) | 0, extack);
      if (e < 0) return e;
      done |= MODIFIED;
    }
    if (at(IFLA_CARRIER) !== 0) {
      e = dev.netdevOps.changeCarrier?.(dev, nlaGetU8(view, at(IFLA_CARRIER)) !== 0) ?? -EOPNOTSUPP;
      if (e < 0) return e;
      done |= MODIFIED;
    }
    if (at(IFLA_TXQLEN) !== 0) {
      e = devChangeTxQueueLen(dev, nlaGetU32(view, at(IFLA_TXQLEN)));
      if (e < 0) return e;
      done |= MODIFIED;
    }
    setGso(dev, req, tb);
    if (at(IFLA_OPERSTATE) !== 0) setOperstate(dev, nlaGetU8(view, at(IFLA_OPERSTATE)));
    if (at(IFLA_LINKMODE) !== 0) {
      const mode = nlaGetU8(view, at(IFLA_LINKMODE));
      if (mode !== dev.linkMode) done |= NOTIFY;
      dev.linkMode = mode;
    }
    if (at(IFLA_AF_SPEC) !== 0) {
      forEachInside(req, at(IFLA_AF_SPEC), (nla) => {
        if (e >= 0) e = afOps(net, nlaType(view, nla))?.setLinkAf?.(dev, nla, req) ?? 0;
      });
      if (e < 0) return e;
      done |= NOTIFY;
    }
    if (at(IFLA_PROTO_DOWN) !== 0) return refuse(extack, 'Protodown not supported by device', EOPNOTSUPP);
    return 0;
  }
}

/** IFLA_GSO_MAX_SIZE and its like; the bounds were checked before. Super-segments stay within 64 KiB, whatever a request allows. */
export function setGso(dev: NetDevice, req: NlRequest, tb: Int32Array): void {
  const size = (type: number): number => Math.min(nlaGetU32(req.view, tb[type]!), GSO_LEGACY_MAX_SIZE);
  if (tb[IFLA_GSO_MAX_SIZE] !== 0) dev.gsoMaxSize = size(IFLA_GSO_MAX_SIZE);
  if (tb[IFLA_GSO_IPV4_MAX_SIZE] !== 0) dev.gsoMaxSize = size(IFLA_GSO_IPV4_MAX_SIZE);
  if (tb[IFLA_GSO_MAX_SEGS] !== 0) dev.gsoMaxSegs = nlaGetU32(req.view, tb[IFLA_GSO_MAX_SEGS]!);
  if (tb[IFLA_GRO_MAX_SIZE] !== 0) dev.groMaxSize = size(IFLA_GRO_MAX_SIZE);
  if (tb[IFLA_GRO_IPV4_MAX_SIZE] !== 0) dev.groMaxSize = size(IFLA_GRO_IPV4_MAX_SIZE);
}

/** RTM_SETLINK (rtnl_setlink). */
export function rtnlSetlink(net: Net, req: NlRequest): number {
  const tb = new Int32Array(IFLA_MAX + 1);
  let err = nlmsgParse(req, IFINFOMSG_LEN, tb, IFLA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  err = rtnlEnsureUniqueNetns(req, tb, false);
  if (err < 0) return err;
  const ifm = ifinfomsg(req);
  let dev: NetDevice | null;
  if (ifm.index > 0) dev = devGetByIndex(net, ifm.index);
  else if (tb[IFLA_IFNAME] !== 0 || tb[IFLA_ALT_IFNAME] !== 0) dev = rtnlDevByName(net, req, tb);
  else return -EINVAL;
  if (dev === null) return -ENODEV;
  return doSetlink(net, dev, ifm, req, tb);
}
