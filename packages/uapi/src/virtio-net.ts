/**
 * The virtio-net header of TAP and AF_PACKET (VIRTIO 1.2 section 5.1.6), little-endian.
 */

// Header flags

/** Header flag: the checksum from csumStart on is to be computed and stored at csumOffset. @public */
export const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
/** Header flag: the checksum has been verified. @public */
export const VIRTIO_NET_HDR_F_DATA_VALID = 2;
/** Header flag: rsc info (VIRTIO 1.2, 5.1.6). @public */
export const VIRTIO_NET_HDR_F_RSC_INFO = 4;
/** Header flag: udp tunnel csum (VIRTIO 1.2, 5.1.6). @public */
export const VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM = 8;

// Segmentation types

/** Segmentation type: not a super-segment. @public */
export const VIRTIO_NET_HDR_GSO_NONE = 0;
/** Segmentation type: TCP over IPv4. @public */
export const VIRTIO_NET_HDR_GSO_TCPV4 = 1;
/** Segmentation type: UDP to be fragmented (UFO). @public */
export const VIRTIO_NET_HDR_GSO_UDP = 3;
/** Segmentation type: TCP over IPv6. @public */
export const VIRTIO_NET_HDR_GSO_TCPV6 = 4;
/** Segmentation type: UDP datagrams of equal size (USO). @public */
export const VIRTIO_NET_HDR_GSO_UDP_L4 = 5;
/** Segmentation type: udp tunnel ipv4 (VIRTIO 1.2, 5.1.6). @public */
export const VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 = 32;
/** Segmentation type: udp tunnel ipv6 (VIRTIO 1.2, 5.1.6). @public */
export const VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 = 64;
/** Bit of the segmentation type: TCP with CWR in its first segment only. @public */
export const VIRTIO_NET_HDR_GSO_ECN = 128;

// Sizes

/** Size of the virtio-net header. @public */
export const VIRTIO_NET_HDR_LEN = 10;
/** Size of the virtio-net header with its number of buffers. @public */
export const VIRTIO_NET_HDR_MRG_RXBUF_LEN = 12;

// Header accessors: little-endian, as VIRTIO 1.x and TUNSETVNETLE have it.

/** Header flags (VIRTIO_NET_HDR_F_*). @public */
export function virtioNetHdrFlags(view: DataView, off: number): number {
  return view.getUint8(off);
}

/** Sets: header flags (VIRTIO_NET_HDR_F_*). @public */
export function virtioNetHdrSetFlags(view: DataView, off: number, value: number): void {
  view.setUint8(off, value);
}

/** Segmentation type (VIRTIO_NET_HDR_GSO_*). @public */
export function virtioNetHdrGsoType(view: DataView, off: number): number {
  return view.getUint8(off + 1);
}

/** Sets: segmentation type (VIRTIO_NET_HDR_GSO_*). @public */
export function virtioNetHdrSetGsoType(view: DataView, off: number, value: number): void {
  view.setUint8(off + 1, value);
}

/** Length of the headers before the payload. @public */
export function virtioNetHdrHdrLen(view: DataView, off: number): number {
  return view.getUint16(off + 2, true);
}

/** Sets: length of the headers before the payload. @public */
export function virtioNetHdrSetHdrLen(view: DataView, off: number, value: number): void {
  view.setUint16(off + 2, value, true);
}

/** Payload bytes of one segment. @public */
export function virtioNetHdrGsoSize(view: DataView, off: number): number {
  return view.getUint16(off + 4, true);
}

/** Sets: payload bytes of one segment. @public */
export function virtioNetHdrSetGsoSize(view: DataView, off: number, value: number): void {
  view.setUint16(off + 4, value, true);
}

/** Offset where checksumming starts. @public */
export function virtioNetHdrCsumStart(view: DataView, off: number): number {
  return view.getUint16(off + 6, true);
}

/** Sets: offset where checksumming starts. @public */
export function virtioNetHdrSetCsumStart(view: DataView, off: number, value: number): void {
  view.setUint16(off + 6, value, true);
}

/** Offset of the checksum field after `csumStart`. @public */
export function virtioNetHdrCsumOffset(view: DataView, off: number): number {
  return view.getUint16(off + 8, true);
}

/** Sets: offset of the checksum field after `csumStart`. @public */
export function virtioNetHdrSetCsumOffset(view: DataView, off: number, value: number): void {
  view.setUint16(off + 8, value, true);
}

/** Number of merged receive buffers (12-byte header only). @public */
export function virtioNetHdrNumBuffers(view: DataView, off: number): number {
  return view.getUint16(off + 10, true);
}

/** Sets: number of merged receive buffers (12-byte header only). @public */
export function virtioNetHdrSetNumBuffers(view: DataView, off: number, value: number): void {
  view.setUint16(off + 10, value, true);
}

/** Writes the 10 bytes of a virtio-net header at `off`. @public */
export function virtioNetHdrWrite(view: DataView, off: number, flags: number, gsoType: number, hdrLen: number, gsoSize: number, csumStart: number, csumOffset: number): void {
  view.setUint8(off, flags);
  view.setUint8(off + 1, gsoType);
  view.setUint16(off + 2, hdrLen, true);
  view.setUint16(off + 4, gsoSize, true);
  view.setUint16(off + 6, csumStart, true);
  view.setUint16(off + 8, csumOffset, true);
}
