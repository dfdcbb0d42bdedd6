/** What IPv6 keeps for a socket, with the types of this package (struct ipv6_pinfo). */
// datapath-ok-file: made once a socket
import type { InetSock, Ipv6Pinfo as InetPinfo } from '@linnet/inet';
import type { Ipv6TxOptions } from './tx-options.ts';
import type { FlSocklist } from './flowlabel.ts';
import type { Mc6Membership } from './mcast-sk.ts';

/** Settings that the transports do not know. @alpha */
export class Ipv6SockExt {
  /** A stream answers with the flow label that it hears. */
  repflow = false;
  rtalertIsolate = false;
  /** Path MTU of the last «too big», for IPV6_RECVPATHMTU: 0 none waits. */
  rxpmtu = 0;
  rxpmtuAddr: Int32Array | null = null;
}

/** `InetSock.pinet6` with the types of this package. @alpha */
export interface Ipv6Pinfo extends Omit<InetPinfo, 'opt' | 'stickyPktinfo' | 'mcList' | 'acList' | 'flList' | 'ext'> {
  /** Extension headers of outgoing packets, or null. */
  opt: Ipv6TxOptions | null;
  /** IPV6_PKTINFO as a sticky option. */
  stickyPktinfo: { readonly addr: Int32Array; readonly ifindex: number } | null;
  mcList: Mc6Membership[];
  acList: { addr: Int32Array; ifindex: number }[];
  flList: FlSocklist[];
  ext: Ipv6SockExt;
}

/** IPv6's part of a socket, null on sockets of other families (inet6_sk). @alpha */
export function inet6Sk(sk: object | null): Ipv6Pinfo | null {
  return sk === null ? null : ((sk as InetSock).pinet6 as Ipv6Pinfo | null | undefined) ?? null;
}

/** Gives a new socket its part: `InetAf.initSock`. @alpha */
export function pinfoInit(sk: InetSock): void {
  const np = sk.pinet6!;
  np.mcList = [];
  np.acList = [];
  np.flList = [];
  np.ext = new Ipv6SockExt();
}

/** The child of a listener has the listener's settings, but none of its memberships: `InetAf.cloneSock`. @alpha */
export function pinfoClone(child: InetSock, parent: InetSock): void {
  const to = inet6Sk(child)!;
  const from = inet6Sk(parent)!;
  to.hopLimit = from.hopLimit;
  to.mcastHops = from.mcastHops;
  to.mcLoop = from.mcLoop;
  to.mcAll = from.mcAll;
  to.mcastOif = from.mcastOif;
  to.ucastOif = from.ucastOif;
  to.pmtudisc = from.pmtudisc;
  to.recverr = from.recverr;
  to.recverrRfc4884 = from.recverrRfc4884;
  to.tclass = from.tclass;
  to.sndflow = from.sndflow;
  to.autoflowlabel = from.autoflowlabel;
  to.dontfrag = from.dontfrag;
  to.fragSize = from.fragSize;
  to.minHopcount = from.minHopcount;
  to.srcprefs = from.srcprefs;
  to.rxopt = from.rxopt;
  to.stickyPktinfo = from.stickyPktinfo;
  to.opt = from.opt;
  to.optFlen = from.optFlen;
  to.ext.repflow = from.ext.repflow;
}
