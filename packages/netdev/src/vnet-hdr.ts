/** The virtio_net_hdr of the VIRTIO specification (5.1.6) before a frame: what the stack knows of an unfinished one, in the form that virtual machines, TAP devices and packet sockets use. */
import { EINVAL } from '@linnet/kernel';
import {
  CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, type Skb, SKB_GSO_DODGY, SKB_GSO_TCP_ECN, SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_GSO_UDP_L4, skbHeadlen, skbPartialCsumSet,
} from '@linnet/skbuff';
import {
  VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_ECN, VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP_L4, virtioNetHdrCsumOffset, virtioNetHdrCsumStart, virtioNetHdrFlags, virtioNetHdrGsoSize, virtioNetHdrGsoType, virtioNetHdrWrite,
} from '@linnet/uapi';

/** Writes what a reader of the frame at `skb.data` must know of it: 0, or -EINVAL (nothing written) for a super-segment that has no name there. @alpha */
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

/** Does to the frame at `skb.data` what the header at `off` says: 0, or -EINVAL when it contradicts the frame. @alpha */
export function vnetHdrToSkb(view: DataView, off: number, skb: Skb): number {
  const gso = virtioNetHdrGsoType(view, off);
  if ((virtioNetHdrFlags(view, off) & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) {
    if (!skbPartialCsumSet(skb, virtioNetHdrCsumStart(view, off), virtioNetHdrCsumOffset(view, off))) return -EINVAL;
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
  const size = virtioNetHdrGsoSize(view, off);
  // A super-segment needs its checksum to be made for each piece.
  if (size === 0 || skb.ipSummed !== CHECKSUM_PARTIAL) return -EINVAL;
  skb.gsoType = type | SKB_GSO_DODGY | ((gso & VIRTIO_NET_HDR_GSO_ECN) !== 0 ? SKB_GSO_TCP_ECN : 0);
  skb.gsoSize = size;
  skb.gsoSegs = Math.ceil(skb.len / size);
  return 0;
}
