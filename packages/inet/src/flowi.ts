/** What a route is looked up by, and what a message asks of its packets. */

/** The key of a route lookup (struct flowi4/flowi6): addresses are host-order int32, ports host order. @alpha */
export class Flowi {
  oif = 0;
  iif = 0;
  /** The layer 3 master (VRF) of the device that the packet came in by or goes out by; 0 until a lookup by rules finds out. */
  l3mdev = 0;
  mark = 0;
  tos = 0;
  scope = 0;
  proto = 0;
  /** FLOWI_FLAG_*. */
  flags = 0;
  saddr = 0;
  daddr = 0;
  sport = 0;
  dport = 0;
  icmpType = 0;
  icmpCode = 0;
  uid = 0;
  /** Id of the tunnel that the packet came through, high and low word. */
  tunIdHigh = 0;
  tunIdLow = 0;
  /** Negative errno of the last failed lookup. */
  error = 0;
  /**
   * IPv6 only: addresses as four words, and the flow label (20 bits). A lookup never writes to the arrays; where the source was null or `::` it puts the array of
   * the address that it chose in place, a value like those of InetSock: it may be kept, and nobody writes to it.
   */
  saddr6: Int32Array | null = null;
  daddr6: Int32Array | null = null;
  flowlabel = 0;
}

/** The source address need not be local (IP_FREEBIND, IP_TRANSPARENT). @alpha */
export const FLOWI_FLAG_ANYSRC = 1;
/** The next hop must be a neighbour that is known (raw sockets with a header of their own). @alpha */
export const FLOWI_FLAG_KNOWN_NH = 2;

/** Forgets everything in a flow so that it can serve again. @alpha */
export function flowiReset(fl: Flowi): void {
  fl.oif = 0;
  fl.iif = 0;
  fl.l3mdev = 0;
  fl.mark = 0;
  fl.tos = 0;
  fl.scope = 0;
  fl.proto = 0;
  fl.flags = 0;
  fl.saddr = 0;
  fl.daddr = 0;
  fl.sport = 0;
  fl.dport = 0;
  fl.icmpType = 0;
  fl.icmpCode = 0;
  fl.uid = 0;
  fl.tunIdHigh = 0;
  fl.tunIdLow = 0;
  fl.error = 0;
  fl.saddr6 = null;
  fl.daddr6 = null;
  fl.flowlabel = 0;
}

/** Fills a flow for an IPv4 lookup, forgetting the rest (flowi4_init_output). @alpha */
export function flowi4InitOutput(
  fl: Flowi, oif: number, mark: number, tos: number, scope: number, proto: number, flags: number,
  daddr: number, saddr: number, dport: number, sport: number, uid: number,
): void {
  flowiReset(fl);
  fl.oif = oif;
  fl.mark = mark;
  fl.tos = tos;
  fl.scope = scope;
  fl.proto = proto;
  fl.flags = flags;
  fl.daddr = daddr;
  fl.saddr = saddr;
  fl.dport = dport;
  fl.sport = sport;
  fl.uid = uid;
}

/** Fills a flow for an IPv6 lookup, forgetting the rest (flowi6): `tclass` goes into `tos`, the addresses are kept by reference. @alpha */
export function flowi6InitOutput(
  fl: Flowi, oif: number, mark: number, tclass: number, proto: number, flags: number,
  daddr: Int32Array, saddr: Int32Array | null, dport: number, sport: number, uid: number, flowlabel: number,
): void {
  flowiReset(fl);
  fl.oif = oif;
  fl.mark = mark;
  fl.tos = tclass;
  fl.proto = proto;
  fl.flags = flags;
  fl.daddr6 = daddr;
  fl.saddr6 = saddr;
  fl.dport = dport;
  fl.sport = sport;
  fl.uid = uid;
  fl.flowlabel = flowlabel;
}

/** Copies a flow, the error aside. @alpha */
export function flowiCopy(to: Flowi, from: Flowi): void {
  to.oif = from.oif;
  to.iif = from.iif;
  to.l3mdev = from.l3mdev;
  to.mark = from.mark;
  to.tos = from.tos;
  to.scope = from.scope;
  to.proto = from.proto;
  to.flags = from.flags;
  to.saddr = from.saddr;
  to.daddr = from.daddr;
  to.sport = from.sport;
  to.dport = from.dport;
  to.icmpType = from.icmpType;
  to.icmpCode = from.icmpCode;
  to.uid = from.uid;
  to.tunIdHigh = from.tunIdHigh;
  to.tunIdLow = from.tunIdLow;
  to.error = 0;
  to.saddr6 = from.saddr6;
  to.daddr6 = from.daddr6;
  to.flowlabel = from.flowlabel;
}

/** What one message wants beyond its socket's options (struct ipcm_cookie): set from the sock, then from control messages. @alpha */
export class IpcmCookie {
  oif = 0;
  /** Source address (IP_PKTINFO) or 0. */
  addr = 0;
  addr6: Int32Array | null = null;
  mark = 0;
  priority = 0;
  /** -1: the socket's. */
  ttl = -1;
  tos = -1;
  /** Bytes of payload a datagram when one message is many (UDP_SEGMENT), else 0. */
  gsoSize = 0;
  protocol = 0;
  /** IP options to put into the header, in wire form, or null; the first destination of a source route. */
  opt: object | null = null;
  /** IPV6_FLOWINFO of a message: traffic class and flow label, 0: none. */
  flowinfo = 0;
  /** IPV6_DONTFRAG: 1 or 0; -1: the socket's. */
  dontfrag = -1;
}

/** Data gathered for one datagram while MSG_MORE or corking holds it back (struct inet_cork). @alpha */
export class InetCork {
  /** Is something held back? */
  active = false;
  /** Payload bytes so far, transport header included. */
  length = 0;
  fragsize = 0;
  dst: object | null = null;
  ttl = -1;
  tos = -1;
  priority = 0;
  mark = 0;
  gsoSize = 0;
  addr = 0;
  opt: object | null = null;
  /** IPv6: no fragments (IPV6_DONTFRAG). */
  dontfrag = false;
  readonly fl: Flowi = new Flowi();
}
