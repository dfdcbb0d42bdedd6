/** What all sockets of the Internet families have (struct inet_sock). */
import type { Net } from '@linnet/kernel';
import type { DstEntry } from '@linnet/netdev';
import { Sock, type Proto } from '@linnet/socket';
import type { InetAf } from './af.ts';
import { Flowi, type InetCork } from './flowi.ts';

/** IP_PMTUDISC_WANT: let the path's MTU be found, fragment locally when needed. */
const IP_PMTUDISC_WANT = 1;

/** A sock with addresses and ports (struct inet_sock). IPv4 addresses are host-order int32, ports host order. @alpha */
export class InetSock extends Sock {
  readonly af: InetAf;
  /** The local address that incoming packets must have, 0 for any. */
  rcvSaddr = 0;
  /** The source of outgoing packets, 0 to let routing choose. */
  saddr = 0;
  daddr = 0;
  /** Local port as bound; `sport` is what goes out (differs only for raw sockets). */
  num = 0;
  sport = 0;
  dport = 0;
  v6RcvSaddr: Int32Array | null = null;
  v6Saddr: Int32Array | null = null;
  v6Daddr: Int32Array | null = null;
  /** -1: the route's or the sysctl's. */
  ucTtl = -1;
  mcTtl = 1;
  minTtl = 0;
  tos = 0;
  rcvTos = 0;
  pmtudisc: number = IP_PMTUDISC_WANT;
  recverr = false;
  recverrRfc4884 = false;
  freebind = false;
  transparent = false;
  hdrincl = false;
  mcLoop = true;
  mcAll = true;
  bindAddressNoPort = false;
  deferConnect = false;
  nodefrag = false;
  mcIndex = 0;
  mcAddr = 0;
  ucIndex = 0;
  /** IP_CMSG_*: what recvmsg should report. */
  cmsgFlags = 0;
  /** Counter for the identification field. */
  inetId = 0;
  /** Input route of the last packets, good while it is valid and they come in by `rxDstIfindex`; null until one is known. */
  rxDst: DstEntry | null = null;
  /** Interface of the last packet in. */
  rxDstIfindex = 0;
  /** IP_LOCAL_PORT_RANGE: the lowest port in the low 16 bits, the highest above, 0 for either: the namespace's. */
  localPortRange = 0;
  /** Options for outgoing packets in wire form, or null. */
  inetOpt: object | null = null;
  /** Multicast memberships (struct ip_mc_socklist), or null. */
  mcList: object | null = null;
  cork: InetCork | null = null;
  /** The flow of a connected sock, kept so that sending needs no new object. */
  readonly fl: Flowi = new Flowi();

  constructor(net: Net, af: InetAf, type: number, protocol: number, prot: Proto) {
    super(net, af.family, type, protocol, prot);
    this.af = af;
  }
}
