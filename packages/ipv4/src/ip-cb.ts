/**
 * The control block of the IP layer (`IPCB`, struct inet_skb_parm): names for the scratch words `cb0`..`cb5` of an skb
 * while IP holds it. Sockets that hand the packet's origin to the user (UDP, raw, ping) keep these words untouched and
 * use `cb8` and up for their own; TCP overwrites them.
 */
import type { Skb } from '@linnet/skbuff';

/** The packet left this machine by forwarding. @alpha */
export const IPSKB_FORWARDED: number = 1 << 0;
/** The packet was sent again after its route changed: the post-routing hook is not asked twice. @alpha */
export const IPSKB_REROUTED: number = 1 << 4;
/** A redirect for the packet's sender is due. @alpha */
export const IPSKB_DOREDIRECT: number = 1 << 5;
/** The packet is a piece that output fragmentation made: it is complete, not too far from its peers. @alpha */
export const IPSKB_FRAG_COMPLETE: number = 1 << 3;
/** The packet is a reassembled one whose largest fragment carried DF: keep the pieces that small. @alpha */
export const IPSKB_FRAG_PMTU: number = 1 << 6;
/** The packet came in over a layer 3 master device. @alpha */
export const IPSKB_L3SLAVE: number = 1 << 7;

/** Clears the whole block, as `memset(IPCB(skb), 0)`. @alpha */
export function ipcbClear(skb: Skb): void {
  skb.cb0 = 0;
  skb.cb1 = 0;
  skb.cb2 = 0;
  skb.cb3 = 0;
  skb.cb4 = 0;
  skb.cb5 = 0;
}

/** Copies the block from one skb to another. @alpha */
export function ipcbCopy(to: Skb, from: Skb): void {
  to.cb0 = from.cb0;
  to.cb1 = from.cb1;
  to.cb2 = from.cb2;
  to.cb3 = from.cb3;
  to.cb4 = from.cb4;
  to.cb5 = from.cb5;
}

/** The interface the packet came in by, `IPCB(skb)->iif`. @alpha */
export function ipcbIif(skb: Skb): number {
  return skb.cb0;
}
/** Sets {@link ipcbIif}. @alpha */
export function ipcbSetIif(skb: Skb, iif: number): void {
  skb.cb0 = iif | 0;
}
/** The member of a layer 3 master that the packet came in by, 0: it has no master (inet_sdif). @alpha */
export function ipcbSdif(skb: Skb): number {
  return (skb.cb1 & IPSKB_L3SLAVE) === 0 ? 0 : skb.cb0;
}
/** The `IPSKB_*` flags. @alpha */
export function ipcbFlags(skb: Skb): number {
  return skb.cb1;
}
/** Sets flags in addition to those there. @alpha */
export function ipcbAddFlags(skb: Skb, flags: number): void {
  skb.cb1 |= flags;
}
/** Clears flags. @alpha */
export function ipcbClearFlags(skb: Skb, flags: number): void {
  skb.cb1 &= ~flags;
}
/** Size of the largest fragment the packet was put together from, header included; 0: it came whole. @alpha */
export function ipcbFragMaxSize(skb: Skb): number {
  return skb.cb2;
}
/** Sets {@link ipcbFragMaxSize}. @alpha */
export function ipcbSetFragMaxSize(skb: Skb, size: number): void {
  skb.cb2 = size | 0;
}
/** Length of the options in the header as parsed; 0: none. @alpha */
export function ipcbOptlen(skb: Skb): number {
  return skb.cb3 & 0xff;
}
