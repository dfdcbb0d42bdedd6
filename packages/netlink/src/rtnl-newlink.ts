/** RTM_NEWLINK: making links by kind, and changing those that are there. */
import { EEXIST, EINVAL, ENODEV, EOPNOTSUPP, type Net } from '@linnet/kernel';
import {
  allocNetdev, devChangeFlags, devGetByIndex, forEachNetdev, NET_ADDR_SET, type NetDevice, NETREG_REGISTERED, registerNetdevice, unregisterNetdevice,
} from '@linnet/netdev';
import {
  IFINFOMSG_LEN, type Ifinfomsg, ifinfomsgRead, IFLA_ADDRESS, IFLA_ALT_IFNAME, IFLA_BROADCAST, IFLA_GROUP, IFLA_IFNAME, IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_INFO_MAX,
  IFLA_INFO_SLAVE_DATA, IFLA_LINK_NETNSID,
  IFLA_LINKINFO, IFLA_LINKMODE, IFLA_MAP, IFLA_MASTER, IFLA_MAX, IFLA_MTU, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_OPERSTATE, IFLA_PROTINFO, IFLA_TXQLEN, NLM_F_CREATE, NLM_F_EXCL,
  NLM_F_REPLACE, nlaGetBytes, nlaGetS32, nlaGetString, nlaGetU32, nlaGetU8, nlaLen, RTM_NEWLINK,
} from '@linnet/uapi';
import { type Extack, nlSetErrMsg } from './extack.ts';
import { getNetNsById } from './net-ids.ts';
import { NL_VALIDATE_LIBERAL, nlaParseNestedPolicy, nlaParsePolicy, nlmsgParse } from './nla-policy.ts';
import type { NlRequest } from './request.ts';
import { rtnlDeleteLink } from './rtnl-dellink.ts';
import { rtmsgIfinfoSend } from './rtnl-events.ts';
import { ifinfomsg, rtnlDevByName } from './rtnl-link-req.ts';
import { type RtnlLinkOps, rtnlLinkOps, rtnlLinkOpsGet, type RtnlLinkParams } from './rtnl-link-ops.ts';
import { IFLA_INFO_POLICY, IFLA_POLICY } from './rtnl-link-policy.ts';
import { rtnlEnsureUniqueNetns, rtnlLinkGetNet } from './rtnl-netns.ts';
import { doSetlink, rtnlCheckMtu, rtnlCombineFlags, rtnlSetMaster, setGso, validateLinkmsg } from './rtnl-setlink.ts';

const MAX_QUEUES = 4096;
/** doSetlink's «something changed that nobody has been told of». */
const NOTIFY = 3;

/**
 * Makes a device of a kind, with the common attributes of `tb`, not yet registered (rtnl_create_link): for `newlink` of a kind that makes a second device (a veth's
 * peer). `name` may be a template, `tb` has IFLA_MAX + 1 elements. Register it, then call {@link rtnlConfigureLink}. Returns a negative errno when an attribute is wrong.
 * @alpha
 */
export function rtnlCreateLink(net: Net, name: string, ops: RtnlLinkOps, req: NlRequest, tb: Int32Array): NetDevice | number {
  const { view, extack } = req;
  const at = (type: number): number => tb[type]!;
  for (const [type, what] of [[IFLA_NUM_TX_QUEUES, 'transmit'], [IFLA_NUM_RX_QUEUES, 'receive']] as const) {
    if (at(type) === 0) continue;
    const n = nlaGetU32(view, at(type));
    if (n < 1 || n > MAX_QUEUES) return refuse(extack, `Invalid number of ${what} queues`);
  }
  const dev = allocNetdev(net, { name, priv: ops.alloc?.() ?? null, setup: (d) => ops.setup(d) });
  const err = validateLinkmsg(net, dev, req, tb);
  if (err < 0) return err;
  dev.rtnlLinkOps = ops;
  dev.rtnlLinkInitialized = false;
  if (at(IFLA_NUM_TX_QUEUES) !== 0) dev.numTxQueues = nlaGetU32(view, at(IFLA_NUM_TX_QUEUES));
  if (at(IFLA_NUM_RX_QUEUES) !== 0) dev.numRxQueues = nlaGetU32(view, at(IFLA_NUM_RX_QUEUES));
  if (at(IFLA_MTU) !== 0) {
    const mtu = nlaGetU32(view, at(IFLA_MTU));
    const bad = rtnlCheckMtu(dev, mtu, extack);
    if (bad < 0) return bad;
    dev.mtu = mtu;
  }
  if (at(IFLA_ADDRESS) !== 0) {
    if (nlaLen(view, at(IFLA_ADDRESS)) > dev.devAddr.length) return -EINVAL;
    dev.devAddr.set(nlaGetBytes(view, at(IFLA_ADDRESS)));
    dev.addrAssignType = NET_ADDR_SET;
  }
  if (at(IFLA_BROADCAST) !== 0) dev.broadcast.set(nlaGetBytes(view, at(IFLA_BROADCAST)).subarray(0, dev.broadcast.length));
  if (at(IFLA_TXQLEN) !== 0) dev.txQueueLen = nlaGetU32(view, at(IFLA_TXQLEN));
  if (at(IFLA_OPERSTATE) !== 0) dev.operstate = nlaGetU8(view, at(IFLA_OPERSTATE));
  if (at(IFLA_LINKMODE) !== 0) dev.linkMode = nlaGetU8(view, at(IFLA_LINKMODE));
  if (at(IFLA_GROUP) !== 0) dev.group = nlaGetU32(view, at(IFLA_GROUP));
  setGso(dev, req, tb);
  return dev;
}

/**
 * Completes a registered device: the flags that the request asks for, then the news to all (rtnl_configure_link). `req` null when no request made it.
 * Returns 0 or a negative errno.
 * @alpha
 */
export function rtnlConfigureLink(dev: NetDevice, ifm: Ifinfomsg | null, req: NlRequest | null = null): number {
  if (ifm !== null && (ifm.flags !== 0 || ifm.change !== 0)) {
    const err = devChangeFlags(dev, rtnlCombineFlags(dev, ifm));
    if (err < 0) return err;
  }
  if (dev.rtnlLinkInitialized) return 0;
  dev.rtnlLinkInitialized = true;
  rtmsgIfinfoSend(RTM_NEWLINK, dev, { change: 0xffffffff }, req);
  return 0;
}

/**
 * Reads an ifinfomsg with attributes inside another attribute's payload (rtnl_nla_parse_ifinfomsg): the peer of a veth. `tb` has IFLA_MAX + 1 elements.
 * @alpha
 */
export function rtnlParseIfinfomsg(req: NlRequest, nla: number, tb: Int32Array): Ifinfomsg | number {
  const len = nlaLen(req.view, nla);
  if (len < IFINFOMSG_LEN) {
    nlSetErrMsg(req.extack, 'Invalid header length');
    return -EINVAL;
  }
  const ifm = ifinfomsgRead(req.view, nla + 4);
  if (ifm.index < 0) return refuse(req.extack, "ifindex can't be negative");
  const err = nlaParsePolicy(req.view, nla + 4 + IFINFOMSG_LEN, len - IFINFOMSG_LEN, tb, IFLA_MAX, IFLA_POLICY, NL_VALIDATE_LIBERAL, req.extack);
  return err < 0 ? err : ifm;
}

function refuse(extack: Extack, msg: string, errno: number = EINVAL): number {
  nlSetErrMsg(extack, msg);
  return -errno;
}

/** The kind's attributes of a request. */
function parseData(req: NlRequest, ops: RtnlLinkOps | null, nla: number): Int32Array | number {
  if (ops?.policy === undefined) return new Int32Array(1);
  const data = new Int32Array(ops.policy.maxtype + 1);
  if (nla === 0) return data;
  const err = nlaParseNestedPolicy(req, nla, data, ops.policy, NL_VALIDATE_LIBERAL);
  return err < 0 ? err : data;
}

/** What IFLA_INFO_SLAVE_DATA says of a slave, to its master's kind. */
function changeSlave(dev: NetDevice, nla: number, p: RtnlLinkParams): number {
  const { req } = p;
  const ops = dev.master === null ? null : rtnlLinkOps(dev.master);
  if (ops?.slaveChangelink === undefined) return -EOPNOTSUPP;
  const data = new Int32Array((ops.slavePolicy?.maxtype ?? 0) + 1);
  if (ops.slavePolicy !== undefined) {
    const err = nlaParseNestedPolicy(req, nla, data, ops.slavePolicy, NL_VALIDATE_LIBERAL);
    if (err < 0) return err;
  }
  return ops.slaveChangelink(dev.master!, dev, { ...p, data }, req.extack);
}

function changeExisting(
  net: Net, dev: NetDevice, ifm: Ifinfomsg, ops: RtnlLinkOps | null, hasData: boolean, slaveData: number, p: RtnlLinkParams,
): number {
  const { req, tb } = p;
  if ((req.flags & NLM_F_EXCL) !== 0) return -EEXIST;
  if ((req.flags & NLM_F_REPLACE) !== 0) return -EOPNOTSUPP;
  let status = 0;
  if (hasData) {
    if (ops === null || ops !== rtnlLinkOps(dev) || ops.changelink === undefined) return -EOPNOTSUPP;
    const err = ops.changelink(dev, p, req.extack);
    if (err < 0) return err;
    status = NOTIFY;
  }
  if (slaveData !== 0) {
    const err = changeSlave(dev, slaveData, p);
    if (err < 0) return err;
    status = NOTIFY;
  }
  return doSetlink(net, dev, ifm, req, tb, status);
}

function changeGroup(net: Net, group: number, ifm: Ifinfomsg, req: NlRequest, tb: Int32Array): number {
  let err = 0;
  forEachNetdev(net, (dev) => {
    if (err >= 0 && dev.group === group) err = doSetlink(net, dev, ifm, req, tb);
  });
  return err;
}

function create(net: Net, ifm: Ifinfomsg, ops: RtnlLinkOps, p: RtnlLinkParams): number {
  const { req, tb } = p;
  const to = rtnlLinkGetNet(net, req, tb);
  if (typeof to === 'number') return to;
  const ifname = tb[IFLA_IFNAME] === 0 ? '' : nlaGetString(req.view, tb[IFLA_IFNAME]!);
  // A name that is there but empty is a mistake; none at all leaves it to us.
  if (tb[IFLA_IFNAME] !== 0 && ifname === '') return -EINVAL;
  const dev = rtnlCreateLink(to, ifname === '' ? (ops.nameTemplate ?? `${ops.kind}%d`) : ifname, ops, req, tb);
  if (typeof dev === 'number') return dev;
  dev.ifindex = ifm.index;
  let err = ops.newlink === undefined ? registerNetdevice(dev) : ops.newlink(to, dev, p, req.extack);
  if (err < 0) return err;
  err = rtnlConfigureLink(dev, ifm, req);
  if (err >= 0 && tb[IFLA_MASTER] !== 0) err = rtnlSetMaster(dev, nlaGetU32(req.view, tb[IFLA_MASTER]!) | 0, req.extack);
  if (err < 0 && dev.regState === NETREG_REGISTERED && rtnlDeleteLink(dev) < 0) unregisterNetdevice(dev);
  return err;
}

/** RTM_NEWLINK (rtnl_newlink). */
export function rtnlNewlink(net: Net, req: NlRequest): number {
  const { view, extack } = req;
  const tb = new Int32Array(IFLA_MAX + 1);
  let err = nlmsgParse(req, IFINFOMSG_LEN, tb, IFLA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  err = rtnlEnsureUniqueNetns(req, tb, false);
  if (err < 0) return err;
  const info = new Int32Array(IFLA_INFO_MAX + 1);
  if (tb[IFLA_LINKINFO] !== 0) {
    err = nlaParseNestedPolicy(req, tb[IFLA_LINKINFO]!, info, IFLA_INFO_POLICY, NL_VALIDATE_LIBERAL);
    if (err < 0) return err;
  }
  const ops = info[IFLA_INFO_KIND] === 0 ? null : rtnlLinkOpsGet(net.kernel, nlaGetString(view, info[IFLA_INFO_KIND]!));
  const data = parseData(req, ops, info[IFLA_INFO_DATA]!);
  if (typeof data === 'number') return data;
  let linkNet = net;
  if (tb[IFLA_LINK_NETNSID] !== 0) {
    const found = getNetNsById(net, nlaGetS32(view, tb[IFLA_LINK_NETNSID]!));
    if (found === null) return refuse(extack, 'Unknown network namespace id');
    linkNet = found;
  }
  const p: RtnlLinkParams = { req, linkNet, tb, data };
  if (ops?.validate !== undefined) {
    err = ops.validate(tb, data, p);
    if (err < 0) return err;
  }
  const ifm = ifinfomsg(req);
  if (ifm.index < 0) return refuse(extack, "ifindex can't be negative");
  const named = tb[IFLA_IFNAME] !== 0 || tb[IFLA_ALT_IFNAME] !== 0;
  const dev = ifm.index > 0 ? devGetByIndex(net, ifm.index) : named ? rtnlDevByName(net, req, tb) : null;
  if (dev !== null) return changeExisting(net, dev, ifm, ops, info[IFLA_INFO_DATA] !== 0, info[IFLA_INFO_SLAVE_DATA]!, p);
  if ((req.flags & NLM_F_CREATE) === 0) {
    if (ifm.index === 0 && !named && tb[IFLA_GROUP] !== 0) return changeGroup(net, nlaGetU32(view, tb[IFLA_GROUP]!), ifm, req, tb);
    return -ENODEV;
  }
  if (tb[IFLA_MAP] !== 0 || tb[IFLA_PROTINFO] !== 0) return -EOPNOTSUPP;
  if (ops === null) return refuse(extack, 'Unknown device type', EOPNOTSUPP);
  return create(net, ifm, ops, p);
}
