/** Who asks: privileges of a netlink request (netlink_capable). */
import { capable } from '@linnet/kernel';
import { CAP_NET_ADMIN } from '@linnet/uapi';
import type { NetlinkSock } from './netlink-sock.ts';
import type { NlRequest } from './request.ts';

/**
 * Had the one who opened the socket the capability, and has the one who sends the request it (netlink_net_capable)? Both count, so that a privileged program
 * cannot be tricked into writing to a socket that it was given.
 * @alpha
 */
export function netlinkNetCapable(req: NlRequest, cap: number): boolean {
  return req.sk.opener.has(cap) && capable(req.net.kernel, cap);
}

/** {@link netlinkNetCapable} by its other name: a machine has one user namespace (netlink_capable). @alpha */
export function netlinkCapable(req: NlRequest, cap: number): boolean {
  return netlinkNetCapable(req, cap);
}

function allowed(nlk: NetlinkSock): boolean {
  return capable(nlk.kernel, CAP_NET_ADMIN);
}

/** May the caller join groups of the socket's protocol? (netlink_allowed with NL_CFG_F_NONROOT_RECV) */
export function netlinkMayRecv(nlk: NetlinkSock): boolean {
  return nlk.table.cfg.nonrootRecv === true || allowed(nlk);
}

/** May the caller send to groups and other sockets? (netlink_allowed with NL_CFG_F_NONROOT_SEND) */
export function netlinkMaySend(nlk: NetlinkSock): boolean {
  return nlk.table.cfg.nonrootSend === true || allowed(nlk);
}
