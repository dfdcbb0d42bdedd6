/** RTM_DELLINK. */
import { EINVAL, ENODEV, EOPNOTSUPP, EPERM, type Net } from '@linnet/kernel';
import { devGetByIndex, forEachNetdev, type NetDevice, unregisterNetdevice } from '@linnet/netdev';
import { IFINFOMSG_LEN, IFLA_ALT_IFNAME, IFLA_GROUP, IFLA_IFNAME, IFLA_MAX, IFLA_TARGET_NETNSID, nlaGetS32, nlaGetU32 } from '@linnet/uapi';
import { getNetNsById } from './net-ids.ts';
import { NETLINK } from './netlink-table.ts';
import { NL_VALIDATE_LIBERAL, nlmsgParse } from './nla-policy.ts';
import { type NlRequest, nlmsgReport } from './request.ts';
import { ifinfomsg, rtnlDevByName } from './rtnl-link-req.ts';
import { rtnlLinkOps } from './rtnl-link-ops.ts';
import { IFLA_POLICY } from './rtnl-link-policy.ts';
import { rtnlEnsureUniqueNetns } from './rtnl-netns.ts';

/**
 * Deletes a device of a kind with what belongs to it (rtnl_delete_link). Returns 0, or -EOPNOTSUPP for a device that no kind made.
 * `req`, if it wants an echo, gets the messages of what goes.
 * @alpha
 */
export function rtnlDeleteLink(dev: NetDevice, req: NlRequest | null = null): number {
  const ops = rtnlLinkOps(dev);
  if (ops === null) return -EOPNOTSUPP;
  const nk = dev.kernel.get(NETLINK);
  nk.delRequest = nlmsgReport(req) ? req : null;
  if (ops.dellink !== undefined) ops.dellink(dev);
  else unregisterNetdevice(dev);
  nk.delRequest = null;
  return 0;
}

/** All devices of a group: all or none. The default group is not one to delete. */
function deleteGroup(net: Net, group: number): number {
  if (group === 0) return -EPERM;
  const devs: NetDevice[] = [];
  forEachNetdev(net, (dev) => {
    if (dev.group === group) devs.push(dev);
  });
  if (devs.length === 0) return -ENODEV;
  if (devs.some((dev) => dev.rtnlLinkOps === null)) return -EOPNOTSUPP;
  // A veth takes its other end along: that one is done when its turn comes.
  for (const dev of devs) rtnlDeleteLink(dev);
  return 0;
}

/** RTM_DELLINK (rtnl_dellink). */
export function rtnlDellink(net: Net, req: NlRequest): number {
  const tb = new Int32Array(IFLA_MAX + 1);
  let err = nlmsgParse(req, IFINFOMSG_LEN, tb, IFLA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  err = rtnlEnsureUniqueNetns(req, tb, true);
  if (err < 0) return err;
  let tgt = net;
  if (tb[IFLA_TARGET_NETNSID] !== 0) {
    const found = getNetNsById(net, nlaGetS32(req.view, tb[IFLA_TARGET_NETNSID]!));
    if (found === null) return -EINVAL;
    tgt = found;
  }
  const { index } = ifinfomsg(req);
  let dev: NetDevice | null;
  if (index > 0) dev = devGetByIndex(tgt, index);
  else if (tb[IFLA_IFNAME] !== 0 || tb[IFLA_ALT_IFNAME] !== 0) dev = rtnlDevByName(tgt, req, tb);
  else if (tb[IFLA_GROUP] !== 0) return deleteGroup(tgt, nlaGetU32(req.view, tb[IFLA_GROUP]!));
  else return -EINVAL;
  return dev === null ? -ENODEV : rtnlDeleteLink(dev, req);
}
