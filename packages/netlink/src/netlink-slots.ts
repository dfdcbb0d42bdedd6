/** Protocols of packages that may not be part of the stack: they can be opened, and know no request, until such a package takes the place. */
import { EINVAL, type Kernel } from '@linnet/kernel';
import { NETLINK_AUDIT, NETLINK_NETFILTER, NETLINK_RDMA, NETLINK_XFRM } from '@linnet/uapi';
import { netlinkRcvSkb } from './netlink-rcv.ts';
import { netlinkKernelCreate, type NetlinkKernelCfg } from './netlink-table.ts';

/** Who audits and who manages RDMA may listen unprivileged; netfilter's and xfrm's groups are for the privileged. */
const SLOTS: readonly (readonly [protocol: number, groups: number, nonrootRecv: boolean])[] = [
  [NETLINK_XFRM, 8, false], [NETLINK_AUDIT, 1, true], [NETLINK_NETFILTER, 9, false], [NETLINK_RDMA, 4, true],
];

/** Registers the places: `netlinkKernelCreate` of a module may take each over. */
export function netlinkSlotsInit(k: Kernel): void {
  for (const [protocol, groups, nonrootRecv] of SLOTS) {
    const cfg: NetlinkKernelCfg = { groups, nonrootRecv, slot: true, input: (net, sk, skb) => netlinkRcvSkb(net, sk, skb, () => -EINVAL) };
    netlinkKernelCreate(k, protocol, cfg);
  }
}
