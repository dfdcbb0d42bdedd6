/**
 * Network namespaces: making, naming, holding and ending them, moving devices, ids over rtnetlink; UTS namespaces; the namespaces of a task.
 *
 * @packageDocumentation
 */
export { createNetns, NETNS, netnsAdd, netnsAttach, netnsDel, netnsGet, NetnsKernel, netnsList, netnsNames } from './netns.ts';
export { netnsMoveDevice, type MoveOptions } from './move.ts';
export { NsProxy, NSPROXY, nsproxyGet, nsproxyOf, nsproxyPut, nsproxySetns, nsproxyUnshare, type InitNamespaces, type NsTarget } from './nsproxy.ts';
export { getHostname, setDomainname, setHostname, uname, UTS_LEN, UTS_SYSCTLS, UtsNamespace, type Utsname, utsSysctl } from './uts.ts';
export { netns, netnsSetTasks } from './module.ts';
export type { NetlinkHost } from '@linnet/netlink';
