/** Source routes of RPL networks, routing headers of type 3 (RFC 6554): addresses without the prefix that they share with the destination. */
// datapath-ok-file: low-power networks only, and nothing comes here unless rpl_seg_enabled says so
import { skbCow, skbHeadroom, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { a6Load } from './addr6.ts';
import { ipv6ChkAddr } from './addr-find.ts';
import type { Ipv6Net } from './ipv6-net.ts';

/** The addresses that follow the fixed part of a header, in full. */
export interface RplRoute {
  /** 16 bytes each. */
  readonly addrs: Uint8Array;
  readonly n: number;
}

/** Reads the header at `at`, `extlen` bytes long, of a packet to `dst`. Null when its lengths do not agree. @alpha */
export function rplRead(u8: Uint8Array, at: number, extlen: number, dst: number): RplRoute | null {
  const ci = u8[at + 4]! >> 4;
  const ce = u8[at + 4]! & 15;
  const pad = u8[at + 5]! >> 4;
  const room = extlen - 8 - pad - (16 - ce);
  if (room < 0 || room % (16 - ci) !== 0) return null;
  const n = room / (16 - ci) + 1;
  const addrs = new Uint8Array(16 * n);
  let from = at + 8;
  for (let i = 0; i < n; i++) {
    const skip = i < n - 1 ? ci : ce;
    for (let j = 0; j < skip; j++) addrs[16 * i + j] = u8[dst + j]!;
    for (let j = skip; j < 16; j++) addrs[16 * i + j] = u8[from++]!;
  }
  return { addrs, n };
}

/** Bytes that the addresses from `a` up to `b` share with the 16 at `dst`, 15 at most. */
function shared(addrs: Uint8Array, a: number, b: number, u8: Uint8Array, dst: number): number {
  let k = 15;
  for (let i = a; i < b; i++) {
    let j = 0;
    while (j < k && addrs[16 * i + j] === u8[dst + j]) j++;
    k = j;
  }
  return k;
}

/** Writes a header for a packet whose destination stands at `dst` of `u8`, as short as can be. @alpha */
export function rplWrite(route: RplRoute, next: number, left: number, u8: Uint8Array, dst: number): Uint8Array {
  const { addrs, n } = route;
  const ci = shared(addrs, 0, n - 1, u8, dst);
  const ce = shared(addrs, n - 1, n, u8, dst);
  const len = (n - 1) * (16 - ci) + 16 - ce;
  const pad = -len & 7;
  const out = new Uint8Array(8 + len + pad);
  out[0] = next;
  out[1] = (len + pad) >> 3;
  out[2] = 3;
  out[3] = left;
  out[4] = (ci << 4) | ce;
  out[5] = pad << 4;
  let at = 8;
  for (let i = 0; i < n; i++) for (let j = i < n - 1 ? ci : ce; j < 16; j++) out[at++] = addrs[16 * i + j]!;
  return out;
}

/** Does the route come back to this machine after it has been elsewhere? (RFC 6554 4.2) @alpha */
export function rplLoops(n6: Ipv6Net, route: RplRoute): boolean {
  const view = new DataView(route.addrs.buffer);
  const a = new Int32Array(4);
  let last = -1;
  for (let i = 0; i < route.n; i++) {
    a6Load(a, view, 16 * i);
    if (!ipv6ChkAddr(n6, a, null, false)) continue;
    if (last >= 0 && last !== i - 1) return true;
    last = i;
  }
  return false;
}

/** Puts `header` in the place of the one of `extlen` bytes at `data`; what stands before it, the link's header too, moves along. @alpha */
export function rplReplace(skb: Skb, extlen: number, header: Uint8Array): void {
  const nh = skb.networkHeader;
  const link = skb.macHeader < 0 ? 0 : nh - skb.macHeader;
  const before = skb.u8.slice(nh - link, skb.data);
  skbPullUnchecked(skb, extlen);
  skbCow(skb, Math.max(skbHeadroom(skb), before.length + header.length + 16));
  skb.u8.set(header, skbPush(skb, header.length));
  skb.transportHeader = skb.data;
  const at = skb.data - before.length;
  skb.u8.set(before, at);
  if (skb.macHeader >= 0) skb.macHeader = at;
  skb.networkHeader = at + link;
  skb.view.setUint16(at + link + 4, skb.view.getUint16(at + link + 4) + header.length - extlen);
}
