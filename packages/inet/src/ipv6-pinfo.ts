/** What an AF_INET6 socket has beyond an AF_INET one (struct ipv6_pinfo). */
import { IPV6_PMTUDISC_WANT } from '@linnet/uapi';

/**
 * The IPv6 settings of a socket, under the names of ipv6(7) and RFC 3542. Package `ipv6` sets them and keeps what only it understands in the fields typed `object`.
 * @alpha
 */
export class Ipv6Pinfo {
  /** IPV6_UNICAST_HOPS, -1: the route's. */
  hopLimit = -1;
  /** IPV6_MULTICAST_HOPS, -1: 1. */
  mcastHops = -1;
  mcLoop = true;
  mcAll = true;
  /** IPV6_MULTICAST_IF. */
  mcastOif = 0;
  /** IPV6_UNICAST_IF. */
  ucastOif = 0;
  /** IPV6_MTU_DISCOVER: IPV6_PMTUDISC_*. */
  pmtudisc: number = IPV6_PMTUDISC_WANT;
  recverr = false;
  recverrRfc4884 = false;
  tclass = 0;
  /** Of received packets, for IPV6_2292PKTOPTIONS and for answers. */
  rcvFlowinfo = 0;
  /** The flow label that a connected socket sends, host order. */
  flowLabel = 0;
  /** IPV6_FLOWINFO_SEND. */
  sndflow = false;
  /** IPV6_AUTOFLOWLABEL, -1: the sysctl's. */
  autoflowlabel = -1;
  dontfrag = false;
  /** IPV6_MTU, 0 for none. */
  fragSize = 0;
  minHopcount = 0;
  /** IPV6_ADDR_PREFERENCES. */
  srcprefs = 0;
  /** What recvmsg should report of IPv6 packets, in bits of package `ipv6`. */
  rxopt = 0;
  /** Source address and interface of IPV6_PKTINFO set as an option. */
  stickyPktinfo: object | null = null;
  /** Extension headers to send. */
  opt: object | null = null;
  /** Bytes that `opt` adds to every packet. */
  optFlen = 0;
  mcList: object | null = null;
  acList: object | null = null;
  flList: object | null = null;
  /** Whatever else the package needs. */
  ext: object | null = null;
}
