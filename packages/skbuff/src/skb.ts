/**
 * The socket buffer: offsets into a pooled head, fragments for payload, and what the layers know of the packet.
 *
 * ```
 *   u8: 0 ...... data ............ tail ...... end        frags[0..nrFrags)    fragList -> skb -> skb
 *       headroom  | linear part    |  tailroom             payload without copy  (reassembled datagrams)
 *                 |<- skbHeadlen ->|                      |<------------- dataLen --------------->|
 *                 |<------------------------------ len ------------------------------------------>|
 * ```
 */
import type { SkbHead, SkbPool } from './pool.ts';
import type { SkbQueue } from './queue.ts';

/** What skbuff knows of a device; `netdev` binds it. @alpha */
export interface SkbDev {
  readonly name: string;
  readonly ifindex: number;
}
/** What skbuff knows of a socket; `socket` binds it. @alpha */
export interface SkbSock {
  readonly family: number;
}
/** What skbuff knows of a route; `netdev` binds it. Not counted: the collector owns routes. @alpha */
export interface SkbDst {
  readonly obsolete: number;
}

/** Where a frame goes (linux/if_packet.h). @alpha */
export const PACKET_HOST = 0;
/** To everybody on the link. @alpha */
export const PACKET_BROADCAST = 1;
/** To a link-layer group. @alpha */
export const PACKET_MULTICAST = 2;
/** To another host. @alpha */
export const PACKET_OTHERHOST = 3;
/** Sent by this host. @alpha */
export const PACKET_OUTGOING = 4;
/** Looped back by this host. @alpha */
export const PACKET_LOOPBACK = 5;

/** Nothing is known of the checksum: verify it, or none is wanted. @alpha */
export const CHECKSUM_NONE = 0;
/** Somebody has verified the checksum. @alpha */
export const CHECKSUM_UNNECESSARY = 1;
/** `csum` is the sum of all bytes from the network header's payload on. @alpha */
export const CHECKSUM_COMPLETE = 2;
/** The checksum field holds the pseudo header's sum; sum from `csumStart` on and store at `csumStart + csumOffset`. @alpha */
export const CHECKSUM_PARTIAL = 3;

/** A super-segment of TCP over IPv4. @alpha */
export const SKB_GSO_TCPV4: number = 1 << 0;
/** Segment sizes come from outside and are not trusted. @alpha */
export const SKB_GSO_DODGY: number = 1 << 1;
/** CWR belongs on the first segment only. @alpha */
export const SKB_GSO_TCP_ECN: number = 1 << 2;
/** A super-segment of TCP over IPv6. @alpha */
export const SKB_GSO_TCPV6: number = 1 << 4;
/** A UDP datagram to be cut into UDP datagrams (UDP_SEGMENT). @alpha */
export const SKB_GSO_UDP_L4: number = 1 << 17;

/** Fragments an skb can hold: 64 KiB of 1,448-byte segments fit. @alpha */
export const MAX_SKB_FRAGS = 46;
/** What an skb object itself is charged with in socket accounting. @alpha */
export const SKB_OVERHEAD = 256;

/** A piece of payload: `len` bytes at `off` of a counted head. @alpha */
export class SkbFrag {
  head: SkbHead;
  off: number;
  len: number;
  constructor(head: SkbHead, off: number, len: number) {
    this.head = head;
    this.off = off;
    this.len = len;
  }
}

/** The socket buffer (struct sk_buff). Make one with `allocSkb`; every one ends in `kfreeSkbReason` or `consumeSkb`. @alpha */
export class Skb {
  readonly pool: SkbPool;
  head: SkbHead;
  /** Mirrors of `head`: one load less for each header field. */
  u8: Uint8Array;
  view: DataView;
  data: number;
  tail: number;
  end: number;
  len: number;
  dataLen: number;
  /** Offsets into `u8`; -1 while unset. */
  macHeader: number;
  networkHeader: number;
  transportHeader: number;
  macLen: number;
  innerMacHeader: number;
  innerNetworkHeader: number;
  innerTransportHeader: number;
  /** Fragments; only the first `nrFrags` count, the rest wait for use. */
  readonly frags: SkbFrag[];
  nrFrags: number;
  fragList: Skb | null;
  next: Skb | null;
  prev: Skb | null;
  list: SkbQueue | null;
  dev: SkbDev | null;
  sk: SkbSock | null;
  dst: SkbDst | null;
  /** Called once when the skb leaves its socket's accounting (freed or orphaned). */
  destructor: ((skb: Skb) => void) | null;
  /** EtherType in host order. */
  protocol: number;
  pktType: number;
  ipSummed: number;
  csum: number;
  csumStart: number;
  csumOffset: number;
  csumLevel: number;
  gsoSize: number;
  gsoSegs: number;
  gsoType: number;
  priority: number;
  mark: number;
  hash: number;
  skbIif: number;
  queueMapping: number;
  vlanTci: number;
  vlanProto: number;
  /** Traffic control: SKB_TC_* flags, and the class it was given (tc_index) in the upper half. */
  tcState: number;
  /** Nanoseconds; 0 when not stamped. */
  tstamp: number;
  truesize: number;
  users: number;
  /** This skb only needs the payload of its head: others may write headers (skb_header_release). */
  nohdr: boolean;
  encapsulation: boolean;
  peeked: boolean;
  ignoreDf: boolean;
  /** Slots of optional packages: conntrack entry, bridge or security path, and so on. */
  nfct: object | null;
  /** How the packet relates to `nfct` (ip_conntrack_info); without an entry 7 says that it is not to be tracked. */
  nfctInfo: number;
  /** Not 0: netfilter tells of this packet's way, under this number. */
  nfTrace: number;
  ext: object | null;
  /** Scratch of the layer that holds the skb (sk_buff.cb); each layer names the fields in its own `*-cb.ts`. */
  cb0: number;
  cb1: number;
  cb2: number;
  cb3: number;
  cb4: number;
  cb5: number;
  cb6: number;
  cb7: number;
  cb8: number;
  cb9: number;
  cb10: number;
  cb11: number;
  cbTime: number;
  cbObj: object | null;

  constructor(pool: SkbPool) {
    this.pool = pool;
    this.head = pool.emptyHead;
    this.u8 = pool.emptyHead.u8;
    this.view = pool.emptyHead.view;
    this.data = 0;
    this.tail = 0;
    this.end = 0;
    this.len = 0;
    this.dataLen = 0;
    this.macHeader = -1;
    this.networkHeader = -1;
    this.transportHeader = -1;
    this.macLen = 0;
    this.innerMacHeader = -1;
    this.innerNetworkHeader = -1;
    this.innerTransportHeader = -1;
    this.frags = [];
    this.nrFrags = 0;
    this.fragList = null;
    this.next = null;
    this.prev = null;
    this.list = null;
    this.dev = null;
    this.sk = null;
    this.dst = null;
    this.destructor = null;
    this.protocol = 0;
    this.pktType = PACKET_HOST;
    this.ipSummed = CHECKSUM_NONE;
    this.csum = 0;
    this.csumStart = 0;
    this.csumOffset = 0;
    this.csumLevel = 0;
    this.gsoSize = 0;
    this.gsoSegs = 0;
    this.gsoType = 0;
    this.priority = 0;
    this.mark = 0;
    this.hash = 0;
    this.skbIif = 0;
    this.queueMapping = 0;
    this.vlanTci = 0;
    this.vlanProto = 0;
    this.tcState = 0;
    this.tstamp = 0;
    this.truesize = 0;
    this.users = 0;
    this.nohdr = false;
    this.encapsulation = false;
    this.peeked = false;
    this.ignoreDf = false;
    this.nfct = null;
    this.nfctInfo = 0;
    this.nfTrace = 0;
    this.ext = null;
    this.cb0 = 0;
    this.cb1 = 0;
    this.cb2 = 0;
    this.cb3 = 0;
    this.cb4 = 0;
    this.cb5 = 0;
    this.cb6 = 0;
    this.cb7 = 0;
    this.cb8 = 0;
    this.cb9 = 0;
    this.cb10 = 0;
    this.cb11 = 0;
    this.cbTime = 0;
    this.cbObj = null;
  }
}
