/**
 * The control block of IPv6 (`IP6CB`, struct inet6_skb_parm): names for the scratch words `cb0`..`cb5` of an skb while IPv6 holds it. Offsets count from the
 * network header, 0 means «none»; raw and ping sockets and UDP keep these words and use `cb8` and up for their own.
 */
import type { Skb } from '@linnet/skbuff';

/** The packet left this machine by forwarding. @alpha */
export const IP6SKB_FORWARDED = 2;
/** It was sent again after its route changed. @alpha */
export const IP6SKB_REROUTED = 4;
/** It has a router alert option. @alpha */
export const IP6SKB_ROUTERALERT = 8;
/** It is one of the pieces that output fragmentation made, or was put together. @alpha */
export const IP6SKB_FRAGMENTED = 16;
/** It has hop-by-hop options that were looked at. @alpha */
export const IP6SKB_HOPBYHOP = 32;
/** It came in over a layer 3 master device. @alpha */
export const IP6SKB_L3SLAVE = 64;
/** It is a jumbogram. @alpha */
export const IP6SKB_JUMBOGRAM = 128;

/** Clears the whole block. @alpha */
export function ip6cbClear(skb: Skb): void {
  skb.cb0 = 0;
  skb.cb1 = 0;
  skb.cb2 = 0;
  skb.cb3 = 0;
  skb.cb4 = 0;
  skb.cb5 = 0;
}

/** Copies the block. @alpha */
export function ip6cbCopy(to: Skb, from: Skb): void {
  to.cb0 = from.cb0;
  to.cb1 = from.cb1;
  to.cb2 = from.cb2;
  to.cb3 = from.cb3;
  to.cb4 = from.cb4;
  to.cb5 = from.cb5;
}

/** The interface that it came in by. @alpha */
export function ip6cbIif(skb: Skb): number {
  return skb.cb0;
}
/** Sets {@link ip6cbIif}. @alpha */
export function ip6cbSetIif(skb: Skb, iif: number): void {
  skb.cb0 = iif | 0;
}
/** The member of a layer 3 master that took the packet, 0: none did (inet6_sdif). @alpha */
export function ip6cbMember(skb: Skb): number {
  return (skb.cb1 & IP6SKB_L3SLAVE) === 0 ? 0 : skb.cb0;
}
/** IP6SKB_* flags. @alpha */
export function ip6cbFlags(skb: Skb): number {
  return skb.cb1 & 0xffff;
}
/** Sets flags. @alpha */
export function ip6cbAddFlags(skb: Skb, flags: number): void {
  skb.cb1 |= flags;
}
/** The value of the router alert option. @alpha */
export function ip6cbRa(skb: Skb): number {
  return skb.cb1 >>> 16;
}
/** Sets it. @alpha */
export function ip6cbSetRa(skb: Skb, ra: number): void {
  skb.cb1 = (skb.cb1 & 0xffff) | (ra << 16);
}
/** Size of the largest fragment that it was put together from; 0: it came whole. @alpha */
export function ip6cbFragMaxSize(skb: Skb): number {
  return skb.cb2;
}
/** Sets it. @alpha */
export function ip6cbSetFragMaxSize(skb: Skb, size: number): void {
  skb.cb2 = size | 0;
}
/** Where the field stands that names the transport header (IP6CB(skb)->nhoff). @alpha */
export function ip6cbNhoff(skb: Skb): number {
  return skb.cb3;
}
/** Sets it. @alpha */
export function ip6cbSetNhoff(skb: Skb, off: number): void {
  skb.cb3 = off | 0;
}
/** Where the last routing header begins, and the destination options before it. @alpha */
export function ip6cbSrcrt(skb: Skb): number {
  return skb.cb4 & 0xffff;
}
/** Sets it. @alpha */
export function ip6cbSetSrcrt(skb: Skb, off: number): void {
  skb.cb4 = (skb.cb4 & ~0xffff) | off;
}
/** Where the first destination options begin (before a routing header). @alpha */
export function ip6cbDst0(skb: Skb): number {
  return skb.cb4 >>> 16;
}
/** Sets it. @alpha */
export function ip6cbSetDst0(skb: Skb, off: number): void {
  skb.cb4 = (skb.cb4 & 0xffff) | (off << 16);
}
/** Where the last destination options begin. @alpha */
export function ip6cbDst1(skb: Skb): number {
  return skb.cb5 & 0xffff;
}
/** Sets it. @alpha */
export function ip6cbSetDst1(skb: Skb, off: number): void {
  skb.cb5 = (skb.cb5 & ~0xffff) | off;
}
/** Where the last extension header that was read begins (lastopt). @alpha */
export function ip6cbLastopt(skb: Skb): number {
  return skb.cb5 >>> 16;
}
/** Sets it. @alpha */
export function ip6cbSetLastopt(skb: Skb, off: number): void {
  skb.cb5 = (skb.cb5 & 0xffff) | (off << 16);
}
