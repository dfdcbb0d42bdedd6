/** Walking over extension headers (RFC 8200 4). */
import { skbCopyBits } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  IP6_OFFSET, IPV6HDR_LEN, NEXTHDR_AUTH, NEXTHDR_DEST, NEXTHDR_FRAGMENT, NEXTHDR_HOP, NEXTHDR_NONE, NEXTHDR_ROUTING, ip6Nexthdr,
} from '@linnet/uapi';

/** Where a walk ended. One object may serve many. @alpha */
export class ExtWalk {
  /** Type of the header at the end. */
  nexthdr = 0;
  /** Fragment offset and the «more» bit of a fragment header that was passed; 0: none, or it is the first. */
  fragOff = 0;
  /** Was a fragment header passed? */
  fragment = false;
  /** Offset of the byte that names the header at the end. */
  nhoff = 0;
  private readonly b: Uint8Array = new Uint8Array(8);

  /**
   * From the IPv6 header at `skb.u8[nh]` over all extension headers: the offset from `data` of what they carry, or -1 when the packet ends before. A fragment that
   * is not the first ends the walk at its payload (ipv6_skip_exthdr). May look into fragments of the skb.
   */
  walk(skb: Skb, nh: number): number {
    this.nexthdr = ip6Nexthdr(skb.view, nh);
    this.nhoff = nh - skb.data + 6;
    return this.from(skb, nh - skb.data + IPV6HDR_LEN);
  }

  /** The same from an extension header at `off` from `data`, whose type is in `nexthdr`. */
  from(skb: Skb, off: number): number {
    const { b } = this;
    let at = off;
    this.fragOff = 0;
    this.fragment = false;
    for (;;) {
      const type = this.nexthdr;
      if (type !== NEXTHDR_HOP && type !== NEXTHDR_ROUTING && type !== NEXTHDR_FRAGMENT && type !== NEXTHDR_DEST && type !== NEXTHDR_AUTH) {
        return type === NEXTHDR_NONE ? -1 : at;
      }
      if (skbCopyBits(skb, at, b, 0, type === NEXTHDR_FRAGMENT ? 4 : 2) !== 0) return -1;
      let len: number;
      if (type === NEXTHDR_FRAGMENT) {
        const field = (b[2]! << 8) | b[3]!;
        this.fragment = true;
        this.fragOff = field;
        len = 8;
        this.nexthdr = b[0]!;
        this.nhoff = at;
        at += len;
        if ((field & IP6_OFFSET) !== 0) return at;
        continue;
      }
      len = type === NEXTHDR_AUTH ? (b[1]! + 2) << 2 : (b[1]! + 1) << 3;
      this.nexthdr = b[0]!;
      this.nhoff = at;
      at += len;
    }
  }
}

/**
 * Where the packet whose header is at `networkHeader` goes in the end: the offset in `skb.u8` of the last segment of its segment routing header, or of its destination.
 * That is what a transport calls the destination of a packet that comes back in an error before it was there (RFC 8754 5.4).
 * @alpha
 */
export function ip6FinalDst(skb: Skb): number {
  const { u8, tail, networkHeader: nh } = skb;
  let type = u8[nh + 6]!;
  let at = nh + IPV6HDR_LEN;
  while (at + 24 <= tail && (type === NEXTHDR_HOP || type === NEXTHDR_DEST || type === NEXTHDR_ROUTING)) {
    if (type === NEXTHDR_ROUTING && u8[at + 2] === 4 && u8[at + 1]! >= 2) return at + 8;
    type = u8[at]!;
    at += (u8[at + 1]! + 1) << 3;
  }
  return nh + 24;
}

/** Is it an extension header that may come before a transport header? @alpha */
export function ipv6ExtHdr(nexthdr: number): boolean {
  return nexthdr === NEXTHDR_HOP || nexthdr === NEXTHDR_ROUTING || nexthdr === NEXTHDR_FRAGMENT || nexthdr === NEXTHDR_AUTH || nexthdr === NEXTHDR_NONE || nexthdr === NEXTHDR_DEST;
}

/** Offset from the network header of the first header that may be fragmented, and where its type stands: for fragmentation (ip6_find_1stfragopt). @alpha */
export function ip6FindFirstFragopt(skb: Skb): { len: number; nexthdr: number } {
  const nh = skb.networkHeader;
  const { u8 } = skb;
  const end = skb.tail;
  let off = IPV6HDR_LEN;
  let nexthdr = 6;
  let sawRouting = false;
  for (;;) {
    const type = u8[nh + nexthdr]!;
    if (type === NEXTHDR_ROUTING) {
      sawRouting = true;
    } else if (type === NEXTHDR_DEST) {
      if (sawRouting || !hasRouting(skb, off)) return { len: off, nexthdr };
    } else if (type !== NEXTHDR_HOP) {
      return { len: off, nexthdr };
    }
    if (nh + off + 2 > end) return { len: -1, nexthdr };
    nexthdr = off;
    off += (u8[nh + off + 1]! + 1) << 3;
    if (nh + off > end) return { len: -1, nexthdr };
  }
}

/** Does a routing header follow the destination options at `off`? Then they belong to every fragment. */
function hasRouting(skb: Skb, off: number): boolean {
  const nh = skb.networkHeader;
  return nh + off + 2 <= skb.tail && skb.u8[nh + off] === NEXTHDR_ROUTING;
}
