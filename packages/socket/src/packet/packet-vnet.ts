/** Frames of sockets with PACKET_VNET_HDR begin with a virtio_net_hdr. */
import { EINVAL } from '@linnet/kernel';
import { VIRTIO_NET_HDR_F_NEEDS_CSUM, virtioNetHdrCsumOffset, virtioNetHdrCsumStart, virtioNetHdrFlags, virtioNetHdrHdrLen } from '@linnet/uapi';

/** Does the header make sense before a frame of `len` bytes? 0 or -EINVAL. */
export function vnetHdrCheck(view: DataView, len: number): number {
  let hdrLen = virtioNetHdrHdrLen(view, 0);
  if ((virtioNetHdrFlags(view, 0) & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) hdrLen = Math.max(hdrLen, virtioNetHdrCsumStart(view, 0) + virtioNetHdrCsumOffset(view, 0) + 2);
  return hdrLen > len ? -EINVAL : 0;
}
