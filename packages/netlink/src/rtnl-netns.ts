/** Namespaces in link requests: which one a request names. */
import { EBADF, EINVAL, ESRCH, type Net } from '@linnet/kernel';
import { IFLA_NET_NS_FD, IFLA_NET_NS_PID, IFLA_TARGET_NETNSID, nlaGetS32, nlaGetU32 } from '@linnet/uapi';
import { nlSetErrMsg } from './extack.ts';
import { getNetNsById } from './net-ids.ts';
import { NETLINK } from './netlink-table.ts';
import type { NlRequest } from './request.ts';

/** Refuses a request that names namespaces in more than one way (rtnl_ensure_unique_netns). With `nsidOnly` only by id. */
export function rtnlEnsureUniqueNetns(req: NlRequest, tb: Int32Array, nsidOnly: boolean): number {
  const pid = tb[IFLA_NET_NS_PID] !== 0 ? 1 : 0;
  const fd = tb[IFLA_NET_NS_FD] !== 0 ? 1 : 0;
  const id = tb[IFLA_TARGET_NETNSID] !== 0 ? 1 : 0;
  if (nsidOnly && pid + fd > 0) {
    nlSetErrMsg(req.extack, 'specified netns attribute not supported');
    return -EINVAL;
  }
  if (pid + fd + id > 1) {
    nlSetErrMsg(req.extack, 'multiple netns identifying attributes specified');
    return -EINVAL;
  }
  return 0;
}

/** The namespace of a descriptor of the current task (get_net_ns_by_fd), or -EBADF. @alpha */
export function getNetNsByFd(net: Net, fd: number): Net | number {
  return net.kernel.get(NETLINK).host?.netByFd(fd) ?? -EBADF;
}

/** The namespace of a task (get_net_ns_by_pid), or -ESRCH. @alpha */
export function getNetNsByPid(net: Net, pid: number): Net | number {
  return net.kernel.get(NETLINK).host?.netByPid(pid) ?? -ESRCH;
}

/** Does the request name a namespace for the device? */
export function rtnlNamesNetns(tb: Int32Array): boolean {
  return tb[IFLA_NET_NS_PID] !== 0 || tb[IFLA_NET_NS_FD] !== 0 || tb[IFLA_TARGET_NETNSID] !== 0;
}

/**
 * The namespace that IFLA_NET_NS_PID, IFLA_NET_NS_FD or IFLA_TARGET_NETNSID name; `net` when none is there (rtnl_link_get_net_capable).
 * Returns -ESRCH, -EBADF or -EINVAL when there is no such namespace.
 * @alpha
 */
export function rtnlLinkGetNet(net: Net, req: NlRequest, tb: Int32Array): Net | number {
  if (tb[IFLA_NET_NS_PID] !== 0) return getNetNsByPid(net, nlaGetU32(req.view, tb[IFLA_NET_NS_PID]!));
  if (tb[IFLA_NET_NS_FD] !== 0) return getNetNsByFd(net, nlaGetU32(req.view, tb[IFLA_NET_NS_FD]!));
  if (tb[IFLA_TARGET_NETNSID] !== 0) return getNetNsById(net, nlaGetS32(req.view, tb[IFLA_TARGET_NETNSID]!)) ?? -EINVAL;
  return net;
}
