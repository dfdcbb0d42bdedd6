import { ipFastCsum } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import { NETIF_F_GSO_UDP_L4, NETIF_F_HW_CSUM, NETIF_F_SG } from '@linnet/netdev';
import {
  allocSkb, CHECKSUM_NONE, CHECKSUM_PARTIAL, consumeSkb, consumeSkbList, SKB_GSO_DODGY, SKB_GSO_TCPV4, SKB_GSO_UDP_L4, skbCopyBits, skbPullUnchecked, skbPut, skbReserve, type Skb,
} from '@linnet/skbuff';
import { IPPROTO_UDP, iphSetDaddr, iphSetSaddr } from '@linnet/uapi';
import { EINVAL } from '@linnet/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeAf, ME, PEER, udpSum } from './fake-af.ts';

let f: FakeAf;
beforeEach(() => {
  f = new FakeAf();
});
afterEach(() => f.finish());

/** An Ethernet frame with `payload` bytes of UDP, data at its UDP header as an offload gets it. */
function superDatagram(payload: number, gsoSize: number, gsoType: number = SKB_GSO_UDP_L4): Skb {
  const skb = allocSkb(f.dev.pool, 100 + payload);
  skbReserve(skb, 50);
  const mac = skbPut(skb, 42 + payload);
  const { view } = skb;
  view.setUint16(mac + 14, 0x4500);
  iphSetSaddr(view, mac + 14, ME);
  iphSetDaddr(view, mac + 14, PEER);
  view.setUint16(mac + 34, 4000);
  view.setUint16(mac + 36, 53);
  view.setUint16(mac + 38, 8 + payload);
  for (let i = 0; i < payload; i++) view.setUint8(mac + 42 + i, i % 251);
  skb.macHeader = mac;
  skb.networkHeader = mac + 14;
  skbPullUnchecked(skb, 34);
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.data;
  skb.csumOffset = 6;
  skb.gsoSize = gsoSize;
  skb.gsoType = gsoType;
  skb.dev = f.dev;
  return skb;
}

const cut = (skb: Skb, features: number): Skb | number | null => f.k.get(INET).offloads[IPPROTO_UDP]!.gsoSegment(skb, features);

describe('a message of many datagrams', () => {
  it.each([[0, CHECKSUM_NONE], [NETIF_F_SG, CHECKSUM_NONE], [NETIF_F_SG | NETIF_F_HW_CSUM, CHECKSUM_PARTIAL]])('becomes datagrams with lengths and checksums (features %i)', (features, summed) => {
    const skb = superDatagram(250, 100);
    const sizes: number[] = [];
    let pos = 0;
    const segs = cut(skb, features) as Skb;
    for (let s: Skb | null = segs; s !== null; s = s.next) {
      const bytes = new Uint8Array(s.len);
      skbCopyBits(s, 0, bytes, 0, s.len);
      const v = new DataView(bytes.buffer);
      const size = s.len - 42;
      sizes.push(size);
      expect([s.gsoSize, s.transportHeader - s.data, v.getUint16(34), v.getUint16(36), v.getUint16(38)]).toEqual([0, 34, 4000, 53, 8 + size]);
      for (let i = 0; i < size; i++) expect(bytes[42 + i]).toBe(pos++ % 251);
      expect(s.ipSummed).toBe(summed);
      const field = v.getUint16(40);
      v.setUint16(40, 0);
      // Left to the device, the field holds the pseudo header's sum, not complemented (RFC 1071).
      const pseudo = ~ipFastCsum(Uint8Array.from([10, 0, 0, 1, 10, 0, 0, 2, 0, 17, 0, 8 + size]), 0, 3) & 0xffff;
      expect(field).toBe(summed === CHECKSUM_PARTIAL ? pseudo : udpSum(bytes.subarray(34), ME, PEER));
    }
    expect(sizes).toEqual([100, 100, 50]);
    consumeSkbList(segs);
    consumeSkb(skb);
  });

  it('from outside goes as it is to a device that can cut it', () => {
    const skb = superDatagram(250, 100, SKB_GSO_UDP_L4 | SKB_GSO_DODGY);
    expect(cut(skb, NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4)).toBeNull();
    expect(skb.gsoSegs).toBe(3);
    consumeSkb(skb);
  });

  it.each([[100, 100, SKB_GSO_UDP_L4], [50, 0, SKB_GSO_UDP_L4], [250, 100, SKB_GSO_TCPV4]])('that is none is refused: %i bytes, size %i, type %i', (payload, size, type) => {
    const skb = superDatagram(payload, size, type);
    expect(cut(skb, NETIF_F_SG)).toBe(-EINVAL);
    consumeSkb(skb);
  });
});
