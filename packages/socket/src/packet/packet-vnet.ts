/** The virtio_net_hdr before frames of sockets with PACKET_VNET_HDR: what the stack knows of an unfinished frame, in the form that virtual machines use. */
import { EINVAL } from '@linnet/kernel';
import {
  CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, type Skb, SKB_GSO_DODGY, SKB_GSO_TCP_ECN, SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_GSO_UDP_L4, skbHeadlen, skbPartialCsumSet,
} from '@linnet/skbuff';
import {
  VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_ECN, VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP_L4, virtioNetHdrCsumOffset, virtioNetHdrCsumStart, virtioNetHdrFlags, virtioNetHdrGsoSize, virtioNetHdrGsoType, virtioNetHdrHdrLen, virtioNetHdrWrite,
} from '@linnet/uapi';

/** Describes a frame whose bytes begin at `skb.data` (virtio_net_hdr_from_skb): 0, or -EINVAL for a super-segment that has no name there. */
export function vnetHdrFromSkb(view: DataView, skb: Skb): number {
  let gso = VIRTIO_NET_HDR_GSO_NONE;
  let hdrLen = 0;
  if (skb.gsoSize > 0) {
    hdrLen = skbHeadlen(skb);
    if ((skb.gsoType & SKB_GSO_TCPV4) !== 0) gso = VIRTIO_NET_HDR_GSO_TCPV4;
    else if ((skb.gsoType & SKB_GSO_TCPV6) !== 0) gso = VIRTIO_NET_HDR_GSO_TCPV6;
    else if ((skb.gsoType & SKB_GSO_UDP_L4) !== 0) gso = VIRTIO_NET_HDR_GSO_UDP_L4;
    else return -EINVAL;
    if ((skb.gsoType & SKB_GSO_TCP_ECN) !== 0) gso |= VIRTIO_NET_HDR_GSO_ECN;
  }
  const partial = skb.ipSummed === CHECKSUM_PARTIAL;
  const flags = partial ? VIRTIO_NET_HDR_F_NEEDS_CSUM : skb.ipSummed === CHECKSUM_UNNECESSARY ? VIRTIO_NET_HDR_F_DATA_VALID : 0;
  virtioNetHdrWrite(view, 0, flags, gso, hdrLen, skb.gsoSize, partial ? skb.csumStart - skb.data : 0, partial ? skb.csumOffset : 0);
  return 0;
}

/** Does the header make sense before a frame of `len` bytes? (packet_snd_vnet_parse) 0 or -EINVAL. */
export function vnetHdrCheck(view: DataView, len: number): number {
  let hdrLen = virtioNetHdrHdrLen(view, 0);
  if ((virtioNetHdrFlags(view, 0) & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) hdrLen = Math.max(hdrLen, virtioNetHdrCsumStart(view, 0) + virtioNetHdrCsumOffset(view, 0) + 2);
  return hdrLen > len ? -EINVAL : 0;
}

/** Does to a frame what its header says (virtio_net_hdr_to_skb): 0 or -EINVAL. */
export function vnetHdrToSkb(view: DataView, skb: Skb): number {
  const gso = virtioNetHdrGsoType(view, 0);
  if ((virtioNetHdrFlags(view, 0) & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) {
    if (!skbPartialCsumSet(skb, virtioNetHdrCsumStart(view, 0), virtioNetHdrCsumOffset(view, 0))) return -EINVAL;
  }
  if (gso === VIRTIO_NET_HDR_GSO_NONE) return 0;
  let type = 0;
  switch (gso & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
      type = SKB_GSO_TCPV4;
      break;
    case VIRTIO_NET_HDR_GSO_TCPV6:
      type = SKB_GSO_TCPV6;
      break;
    case VIRTIO_NET_HDR_GSO_UDP_L4:
      type = SKB_GSO_UDP_L4;
      break;
    default:
      return -EINVAL;
  }
  const size = virtioNetHdrGsoSize(view, 0);
  // A super-segment needs its checksum to be made for each piece.
  if (size === 0 || skb.ipSummed !== CHECKSUM_PARTIAL) return -EINVAL;
  skb.gsoType = type | SKB_GSO_DODGY | ((gso & VIRTIO_NET_HDR_GSO_ECN) !== 0 ? SKB_GSO_TCP_ECN : 0);
  skb.gsoSize = size;
  skb.gsoSegs = Math.ceil(skb.len / size);
  return 0;
}
