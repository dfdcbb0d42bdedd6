/** netns as part of a stack. */
import type { Kernel, KernelModule, Net } from '@linnet/kernel';
import { NETDEV, netdev } from '@linnet/netdev';
import { netlink, type NetlinkHost, netlinkSetHost } from '@linnet/netlink';
import { NETNS, netnsForget, NetnsKernel } from './netns.ts';
import { NSPROXY } from './nsproxy.ts';
import { nsidInit } from './nsid.ts';
import { registerUtsSysctls, uname, UtsNamespace } from './uts.ts';

/** The module: named namespaces, their ids over rtnetlink, UTS namespaces. @public */
export const netns: KernelModule = {
  name: 'netns',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    const uts = new UtsNamespace(k, true, k.hostname, '(none)');
    k.set(NETNS, new NetnsKernel());
    k.set(NSPROXY, { uts });
    registerUtsSysctls(k, uts);
    k.get(NETDEV).utsRelease = uname(uts).release;
    nsidInit(k);
  },
  netExit(net: Net): void {
    netnsForget(net);
  },
};

/** Tells the machine of tasks and descriptors, so that requests can name a namespace by them (IFLA_NET_NS_FD, NETNSA_PID): for `posix`. @alpha */
export function netnsSetTasks(k: Kernel, tasks: NetlinkHost): void {
  netlinkSetHost(k, tasks);
}
