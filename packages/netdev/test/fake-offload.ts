/**
 * A protocol for tests of GSO and GRO, EtherType 0x88b6: flow, flags, sequence number of the first payload byte (be16), length (be16), checksum
 * (be16, ones-complement over header and payload, 0 for none), then the payload. It is to these tests what TCP is to the world.
 */
import { csumFold, csumPartial, EINVAL } from '@linnet/kernel';
import { CHECKSUM_PARTIAL, pskbMayPull, type Skb, skbChecksum, skbPush, skbSegment } from '@linnet/skbuff';
import {
  clearGroSameFlow, groFlush, type GroList, groOffset, groSameFlow, groCount, NETIF_F_SG, type PacketOffload, setGroFlush, skbGroChecksumValidate, skbGroHeader,
  skbGroPull, skbGroReceive,
} from '../src/index.ts';
import { be16, bytes } from './helpers.ts';

export const FAKE_TYPE = 0x88b6;
export const FAKE_HLEN = 8;
export const FAKE_PUSH = 1;
/** The GSO type: a bit that has no meaning otherwise here. */
export const FAKE_GSO: number = 1 << 0;

export function fakePacket(flow: number, seq: number, payload: Uint8Array | readonly number[], flags = 0): Uint8Array {
  const p = bytes(flow, flags, be16(seq), be16(payload.length), 0, 0, payload);
  const c = csumFold(csumPartial(p, 0, p.length, 0));
  p[6] = c >> 8;
  p[7] = c & 255;
  return p;
}

export const fakeOffload: PacketOffload & { segmented: number; completed: number } = {
  type: FAKE_TYPE,
  segmented: 0,
  completed: 0,
  gsoSegment(skb: Skb, features: number): Skb | null | number {
    if (!pskbMayPull(skb, FAKE_HLEN)) return -EINVAL;
    this.segmented++;
    const seq = skb.view.getUint16(skb.data + 2);
    const mss = skb.gsoSize;
    const macLen = skbPush(skb, skb.data - skb.macHeader) - skb.data + (skb.networkHeader - skb.macHeader);
    const segs = skbSegment(skb, macLen + FAKE_HLEN, mss, (features & NETIF_F_SG) !== 0);
    if (segs === null) return -EINVAL;
    let at = seq;
    for (let s: Skb | null = segs; s !== null; s = s.next) {
      const nh = s.data + macLen;
      const n = s.len - macLen - FAKE_HLEN;
      s.view.setUint16(nh + 2, at);
      s.view.setUint16(nh + 4, n);
      s.view.setUint16(nh + 6, 0);
      s.view.setUint16(nh + 6, csumFold(skbChecksum(s, macLen, FAKE_HLEN + n, 0)));
      s.ipSummed = 0;
      at += n;
    }
    return segs;
  },
  groReceive(head: GroList, skb: Skb): Skb | null {
    const at = skbGroHeader(skb, FAKE_HLEN);
    if (at < 0) {
      setGroFlush(skb);
      return null;
    }
    if (!skbGroChecksumValidate(skb, 0)) {
      setGroFlush(skb);
      return null;
    }
    const { view } = skb;
    const flow = skb.u8[at]!;
    const flags = skb.u8[at + 1]!;
    const seq = view.getUint16(at + 2);
    const len = view.getUint16(at + 4);
    if (len !== skb.len - groOffset(skb) - FAKE_HLEN) {
      setGroFlush(skb);
      return null;
    }
    skbGroPull(skb, FAKE_HLEN);
    let held: Skb | null = null;
    for (let p = head.first; p !== null; p = p.next) {
      if (!groSameFlow(p)) continue;
      if (p.u8[p.data] !== flow) {
        clearGroSameFlow(p);
        continue;
      }
      held = p;
      break;
    }
    if (held === null) {
      if (flags !== 0 || len === 0) setGroFlush(skb);
      return null;
    }
    const expected = held.view.getUint16(held.data + 2) + (held.len - FAKE_HLEN);
    const mss = held.gsoSize;
    if (seq !== (expected & 0xffff) || len > mss || len === 0 || skbGroReceive(held, skb) !== 0) return held;
    if (flags !== 0) held.u8[held.data + 1]! |= flags;
    // A short one or a push is the last.
    return len < mss || flags !== 0 || groFlush(skb) ? held : null;
  },
  groComplete(skb: Skb, nhoff: number): number {
    this.completed++;
    const at = skb.data + nhoff;
    skb.view.setUint16(at + 4, (skb.len - nhoff - FAKE_HLEN) & 0xffff);
    skb.gsoType = FAKE_GSO;
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = at;
    skb.csumOffset = 6;
    return groCount(skb) > 1 ? 0 : -EINVAL;
  },
};
