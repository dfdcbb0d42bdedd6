/** Lists of modules that belong together. */
import type { KernelModule } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { ipv6 } from '@linnet/ipv6';
import { bond, bridge, dummy, ifb, macvlan, netem, tap, tc, veth, vlan, vrf } from '@linnet/netdevs';
import { packetDiag, unixDiag } from '@linnet/netlink';
import { ctnetlink, ipset, nfnetlinkLog, nfnetlinkQueue, nfTables, xtables } from '@linnet/netfilter';
import { netns } from '@linnet/netns';
import { packet, unix } from '@linnet/socket';
import { tcp } from '@linnet/tcp';
import { gre, ipip, sit, vxlan } from '@linnet/tunnels';
import { udp } from '@linnet/udp';

/** A host or router of the Internet: IPv4 with ARP and ICMP, UDP, TCP, namespaces, veth, TAP and netem, rtnetlink. @public */
export const inetStack: readonly KernelModule[] = [ipv4, udp, tcp, netns, veth, tap, netem];

/** {@link inetStack} with IPv6 beside IPv4: the sockets of either family, and those of AF_INET6 that speak both. @public */
export const inet6Stack: readonly KernelModule[] = [ipv4, ipv6, udp, tcp, netns, veth, tap, netem];

// No spread: a bundler would keep it, and with it every module, for whoever wants `inetStack` alone.
/** Everything that there is: {@link inet6Stack} and all other devices, families and protocols. @public */
export const fullStack: readonly KernelModule[] = [
  ipv4, ipv6, udp, tcp, netns, veth, tap, netem, bond, bridge, vlan, dummy, ifb, macvlan, vrf, tc, vxlan, ipip, gre, sit, unix, unixDiag, packet, packetDiag, xtables, ipset, nfnetlinkLog, nfnetlinkQueue, ctnetlink, nfTables,
];
