/** The record of parsed IPv4 options (RFC 791). */
// datapath-ok-file: made once a namespace or socket
import { MAX_IPOPTLEN } from '@linnet/uapi';

/**
 * Parsed options (struct ip_options), with room for the bytes themselves.
 * A received packet keeps its options in the header and the parse in its control block: see `ipOptionsLoad`.
 * @alpha
 */
export class IpOptions {
  /** First hop of a source route that a socket or an answer asks for. */
  faddr: number;
  /** Next hop of a source route found in a received packet. */
  nexthop: number;
  /** Length of the options, a multiple of 4. */
  optlen: number;
  srr: number;
  rr: number;
  ts: number;
  routerAlert: number;
  cipso: number;
  isStrictroute: boolean;
  srrIsHit: boolean;
  /** Something in the header was changed: its checksum must be made again. */
  isChanged: boolean;
  rrNeedaddr: boolean;
  tsNeedtime: boolean;
  tsNeedaddr: boolean;
  /** The bytes of the options, used by sockets and answers. */
  readonly data: Uint8Array;
  readonly view: DataView;

  constructor() {
    this.faddr = 0;
    this.nexthop = 0;
    this.optlen = 0;
    this.srr = 0;
    this.rr = 0;
    this.ts = 0;
    this.routerAlert = 0;
    this.cipso = 0;
    this.isStrictroute = false;
    this.srrIsHit = false;
    this.isChanged = false;
    this.rrNeedaddr = false;
    this.tsNeedtime = false;
    this.tsNeedaddr = false;
    this.data = new Uint8Array(MAX_IPOPTLEN);
    this.view = new DataView(this.data.buffer);
  }
}

/** Empties an option record. @alpha */
export function ipOptionsClear(o: IpOptions): void {
  o.faddr = 0;
  o.nexthop = 0;
  o.optlen = 0;
  o.srr = 0;
  o.rr = 0;
  o.ts = 0;
  o.routerAlert = 0;
  o.cipso = 0;
  o.isStrictroute = false;
  o.srrIsHit = false;
  o.isChanged = false;
  o.rrNeedaddr = false;
  o.tsNeedtime = false;
  o.tsNeedaddr = false;
}

/** Copies a record with its bytes, as a cork does with the options of its socket. @alpha */
export function ipOptionsCopy(to: IpOptions, from: IpOptions): void {
  to.faddr = from.faddr;
  to.nexthop = from.nexthop;
  to.optlen = from.optlen;
  to.srr = from.srr;
  to.rr = from.rr;
  to.ts = from.ts;
  to.routerAlert = from.routerAlert;
  to.cipso = from.cipso;
  to.isStrictroute = from.isStrictroute;
  to.srrIsHit = from.srrIsHit;
  to.isChanged = from.isChanged;
  to.rrNeedaddr = from.rrNeedaddr;
  to.tsNeedtime = from.tsNeedtime;
  to.tsNeedaddr = from.tsNeedaddr;
  to.data.set(from.data);
}
