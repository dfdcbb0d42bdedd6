/** Lists of modules that belong together. */
import type { KernelModule } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { netem, tap, veth } from '@linnet/netdevs';
import { netns } from '@linnet/netns';
import { tcp } from '@linnet/tcp';
import { udp } from '@linnet/udp';

/** A host or router of the Internet: IPv4 with ARP and ICMP, UDP, TCP, namespaces, veth, TAP and netem, rtnetlink. @public */
export const inetStack: readonly KernelModule[] = [ipv4, udp, tcp, netns, veth, tap, netem];
