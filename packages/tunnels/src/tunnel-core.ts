/** Putting an IPv4 header, or IPv4 and UDP headers, in front of a packet and sending it (iptunnel_xmit, udp_tunnel_xmit_skb). */
import { csumFold, csumTcpudpNofold, ELOOP, jhash3words, type Net } from '@linnet/kernel';
import { type Ipv4Net, ipcbClear, ipLocalOut, ipSelectIdentSegs, ip4DstHoplimit } from '@linnet/ipv4';
import type { DstEntry, NetDevice } from '@linnet/netdev';
import { llReservedSpace, skbGetHash, skbScrubPacket } from '@linnet/netdev';
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, type Skb, skbChecksum, skbChecksumHelp, skbCowHead, skbHeadroom, skbPush } from '@linnet/skbuff';
import type { LocalPorts } from '@linnet/inet';
import { ETH_ALEN, IP_DF, IPHDR_LEN, IPPROTO_UDP, udphSetCheck, udphSetDest, udphSetLen, udphSetSource } from '@linnet/uapi';

/** Bytes of a UDP header. */
export const UDP_HLEN = 8;

/** Sees to room for `n` bytes of headers and the link-layer header of `dst` in front of `data`, in a head of the packet's own. */
export function tunnelHeadroom(skb: Skb, dst: DstEntry, n: number): void {
  const need = llReservedSpace(dst.dev) + dst.headerLen + n;
  if (skbHeadroom(skb) < need || skb.head.refs > 1) skbCowHead(skb, need);
}

/** A checksum that is left to do is done: what stands in front of it soon knows nothing of it (in place of iptunnel_handle_offloads). */
export function tunnelFinishOffloads(skb: Skb): void {
  if (skb.ipSummed === CHECKSUM_PARTIAL) skbChecksumHelp(skb);
  skb.ipSummed = CHECKSUM_NONE;
  skb.encapsulation = false;
}

/**
 * Puts an IPv4 header in front and sends the packet over `dst` (iptunnel_xmit). `data` is at what the header carries; there is room. `xnet` when the tunnel
 * leads out of the namespace of its device. Consumes the skb; what `ipLocalOut` returns.
 */
export function ipTunnelXmit(
  net: Net, ip: Ipv4Net, skb: Skb, dst: DstEntry, saddr: number, daddr: number, proto: number, tos: number, ttl: number, df: number, xnet: boolean,
): number {
  skbScrubPacket(skb, xnet);
  skb.hash = 0;
  skb.dst = dst;
  skb.transportHeader = skb.data;
  ipcbClear(skb);
  const at = skbPush(skb, IPHDR_LEN);
  skb.networkHeader = at;
  const { view } = skb;
  view.setInt32(at, (0x45 << 24) | ((tos & 0xff) << 16));
  view.setInt32(at + 4, df & IP_DF);
  view.setInt32(at + 8, ((ttl !== 0 ? ttl : ip4DstHoplimit(ip, dst)) << 24) | (proto << 16));
  view.setInt32(at + 12, saddr);
  view.setInt32(at + 16, daddr);
  ipSelectIdentSegs(ip, skb, null, saddr, daddr, proto, 1);
  return ipLocalOut(net, null, skb);
}

/**
 * What is known of the checksum of a packet that came out of a tunnel: `data` is at it. `outer` says whether the header that went had a checksum of its own, which is
 * the one that a device vouched for first (skb_pull_rcsum and __skb_decr_checksum_unnecessary's part).
 */
export function tunnelDecapSum(skb: Skb, outer: boolean): void {
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    // One that is left to do inside is left to do still.
    if (skb.csumStart >= skb.data) return;
  } else if (skb.ipSummed === CHECKSUM_UNNECESSARY) {
    if (!outer) return;
    if (skb.csumLevel > 0) {
      skb.csumLevel--;
      return;
    }
  }
  skb.ipSummed = CHECKSUM_NONE;
  skb.csumLevel = 0;
}

/** Puts a UDP header in front of what stands at `data`; `csum` says whether it has a checksum (udp_tunnel_xmit_skb's part). */
export function udpTunnelPush(skb: Skb, saddr: number, daddr: number, sport: number, dport: number, csum: boolean): void {
  const at = skbPush(skb, UDP_HLEN);
  skb.transportHeader = at;
  const { view } = skb;
  udphSetSource(view, at, sport);
  udphSetDest(view, at, dport);
  udphSetLen(view, at, skb.len);
  udphSetCheck(view, at, 0);
  if (!csum) return;
  const sum = csumFold(skbChecksum(skb, 0, skb.len, csumTcpudpNofold(saddr, daddr, skb.len, IPPROTO_UDP, 0)));
  udphSetCheck(view, at, sum === 0 ? 0xffff : sum);
}

/** A source port that is the same for all packets of a flow (udp_flow_src_port). `data` is at an Ethernet header; `min` and `max` 0 take the range of local ports. */
export function udpFlowSrcPort(skb: Skb, min: number, max: number, ports: LocalPorts): number {
  if (min >= max) {
    min = ports.low;
    max = ports.high;
  }
  let hash = skbGetHash(skb);
  if (hash === 0) {
    // No flow that anybody knows: the addresses of the frame tell conversations apart.
    const { view, data } = skb;
    hash = jhash3words(view.getInt32(data), view.getInt32(data + 4), view.getInt32(data + 8), ETH_ALEN);
  }
  hash ^= hash << 16;
  return Math.floor(((hash >>> 0) * (max - min)) / 0x1_0000_0000) + min;
}

/** Counts what became of a packet of `len` bytes that a tunnel's device sent: bytes or a negative errno. */
export function tunnelCount(dev: NetDevice, len: number, rc: number): void {
  if (rc >= 0) {
    dev.stats.txPackets++;
    dev.stats.txBytes += len;
  } else {
    dev.stats.txErrors++;
    if (rc === -ELOOP) dev.stats.collisions++;
  }
}
