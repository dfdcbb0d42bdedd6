/** The scratch fields of an skb while it is in GRO (struct napi_gro_cb), and the bucket of held packets. */
import type { Skb } from '@linnet/skbuff';
import { pskbMayPull } from '@linnet/skbuff';

// cb0 dataOffset   cb1 flush   cb2 sameFlow   cb3 count   cb4 age   cb5 flags   cb6 csumCnt   cb7 csum
// cb8 flushId      cb9 networkOffset   cb10 innerNetworkOffset   cb11 recursion   cbObj last skb of fragList

const CB_CSUM_VALID = 1;
const CB_ENCAP_MARK = 2;
const CB_IS_ATOMIC = 4;
const CB_IP_FIXEDID = 8;
const CB_FREE = 16;

/** Held packets of one bucket, newest first, linked by `next` and `prev` (struct gro_list). @alpha */
export class GroList {
  first: Skb | null;
  last: Skb | null;
  count: number;
  constructor() {
    this.first = null;
    this.last = null;
    this.count = 0;
  }
}

/** Offset from `data` of the next header that nobody has read (skb_gro_offset). @alpha */
export function groOffset(skb: Skb): number {
  return skb.cb0;
}
/** Bytes from there to the packet's end (skb_gro_len). @alpha */
export function groLen(skb: Skb): number {
  return skb.len - skb.cb0;
}
/** Moves past a header that was read (skb_gro_pull). @alpha */
export function skbGroPull(skb: Skb, n: number): void {
  skb.cb0 += n;
}
/** Makes the next `hlen` bytes linear and returns where they begin in `skb.u8`, or -1 when the packet is shorter (skb_gro_header). @alpha */
export function skbGroHeader(skb: Skb, hlen: number): number {
  return pskbMayPull(skb, skb.cb0 + hlen) ? skb.data + skb.cb0 : -1;
}

/** Must this packet be delivered now? @alpha */
export function groFlush(skb: Skb): boolean {
  return skb.cb1 !== 0;
}
/** Says that this packet must not be held. @alpha */
export function setGroFlush(skb: Skb): void {
  skb.cb1 = 1;
}
/** May this held packet be of the flow of the packet that is being received? @alpha */
export function groSameFlow(skb: Skb): boolean {
  return skb.cb2 !== 0;
}
/** Says that it is not. @alpha */
export function clearGroSameFlow(skb: Skb): void {
  skb.cb2 = 0;
}
/** Segments that were merged into this packet, itself included. @alpha */
export function groCount(skb: Skb): number {
  return skb.cb3;
}
/** The network layer's wish to flush, joined by the transport layer to its own: 0 is none. @alpha */
export function groFlushId(skb: Skb): number {
  return skb.cb8;
}
/** Sets {@link groFlushId}. @alpha */
export function setGroFlushId(skb: Skb, v: number): void {
  skb.cb8 = v;
}
/** Offset from `data` of the outermost network header. @alpha */
export function groNetworkOffset(skb: Skb): number {
  return skb.cb9;
}
/** Sets {@link groNetworkOffset}. @alpha */
export function setGroNetworkOffset(skb: Skb, off: number): void {
  skb.cb9 = off;
}
/** Offset from `data` of the network header inside a tunnel. @alpha */
export function groInnerNetworkOffset(skb: Skb): number {
  return skb.cb10;
}
/** Sets {@link groInnerNetworkOffset}. @alpha */
export function setGroInnerNetworkOffset(skb: Skb, off: number): void {
  skb.cb10 = off;
}
/** Is the packet inside a tunnel that GRO has entered? @alpha */
export function groEncapMark(skb: Skb): boolean {
  return (skb.cb5 & CB_ENCAP_MARK) !== 0;
}
/** Marks it as such. @alpha */
export function setGroEncapMark(skb: Skb): void {
  skb.cb5 |= CB_ENCAP_MARK;
}
/** Is the datagram atomic (RFC 6864: DF set, no fragment), so that its identification means nothing? @alpha */
export function groIsAtomic(skb: Skb): boolean {
  return (skb.cb5 & CB_IS_ATOMIC) !== 0;
}
/** Sets {@link groIsAtomic}. @alpha */
export function setGroIsAtomic(skb: Skb, on: boolean): void {
  skb.cb5 = on ? skb.cb5 | CB_IS_ATOMIC : skb.cb5 & ~CB_IS_ATOMIC;
}
/** Do all segments of a held packet carry the same IPv4 identification? @alpha */
export function groIpFixedid(skb: Skb): boolean {
  return (skb.cb5 & CB_IP_FIXEDID) !== 0;
}
/** Sets {@link groIpFixedid}. @alpha */
export function setGroIpFixedid(skb: Skb, on: boolean): void {
  skb.cb5 = on ? skb.cb5 | CB_IP_FIXEDID : skb.cb5 & ~CB_IP_FIXEDID;
}
/** Is `groCsum` the sum of all bytes from `groOffset` on? @alpha */
export function groCsumValid(skb: Skb): boolean {
  return (skb.cb5 & CB_CSUM_VALID) !== 0;
}
/** The sum of the bytes from `groOffset` on, if {@link groCsumValid}. @alpha */
export function groCsum(skb: Skb): number {
  return skb.cb7;
}
/** Sets it. @alpha */
export function setGroCsum(skb: Skb, csum: number): void {
  skb.cb7 = csum | 0;
  skb.cb5 |= CB_CSUM_VALID;
}
/** Forgets it. @alpha */
export function clearGroCsum(skb: Skb): void {
  skb.cb5 &= ~CB_CSUM_VALID;
}

/** Makes an skb ready for GRO with `count` segments. */
export function groCbInit(skb: Skb, count: number, jiffies: number): void {
  skb.cb0 = 0;
  skb.cb1 = 0;
  skb.cb2 = 0;
  skb.cb3 = count;
  skb.cb4 = jiffies;
  skb.cb5 = 0;
  skb.cb6 = 0;
  skb.cb7 = 0;
  skb.cb8 = 0;
  skb.cb9 = 0;
  skb.cb10 = 0;
  skb.cb11 = 0;
  skb.cbObj = null;
}
/** Says that a held packet may be of the flow, or not. */
export function setGroSameFlow(skb: Skb, on: boolean): void {
  skb.cb2 = on ? 1 : 0;
}
/** Adds segments to a held packet. */
export function addGroCount(skb: Skb, n: number): void {
  skb.cb3 += n;
}
/** Jiffies at which the packet was held. */
export function groAge(skb: Skb): number {
  return skb.cb4;
}
/** So many checksums, from the outermost on, that the device has verified. */
export function groCsumCnt(skb: Skb): number {
  return skb.cb6;
}
/** Sets {@link groCsumCnt}. */
export function setGroCsumCnt(skb: Skb, n: number): void {
  skb.cb6 = n;
}
/** The payload went into another packet: the engine frees the rest of this one. */
export function groFree(skb: Skb): boolean {
  return (skb.cb5 & CB_FREE) !== 0;
}
/** Sets {@link groFree}. */
export function setGroFree(skb: Skb): void {
  skb.cb5 |= CB_FREE;
}
