// The smallest other ends that a kernel will talk to: written for these tests, so that no package of the stack is needed to judge the TAP.
import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4,
} from '@linnet/uapi';
import type { TapFd } from '@linnet/host';

export const MAC: readonly number[] = [2, 0, 0, 0, 0, 0x99];
export const HOST_ADDRESS = '10.88.0.1';
export const ADDRESS = '10.88.0.2';
const ADDRESS_BYTES: readonly number[] = [10, 88, 0, 2];

export function internetSum(u8: Uint8Array, off: number, len: number, sum = 0): number {
  for (let i = 0; i < len; i++) sum += (u8[off + i] ?? 0) << ((i & 1) === 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** Turn an ARP request or an ICMP echo request at `off` into its reply, in place. Returns false for anything else. */
export function answer(u8: Uint8Array, off: number, ethernet = true): boolean {
  const net = ethernet ? off + 14 : off;
  if (ethernet && u8[off + 12] === 8 && u8[off + 13] === 6) {
    if (u8[net + 7] !== 1 || ADDRESS_BYTES.some((byte, i) => u8[net + 24 + i] !== byte)) return false;
    u8.copyWithin(off, off + 6, off + 12);
    u8.copyWithin(net + 18, net + 8, net + 18);
    u8.set(MAC, off + 6);
    u8.set(MAC, net + 8);
    u8.set(ADDRESS_BYTES, net + 14);
    u8[net + 7] = 2;
    return true;
  }
  if (ethernet && (u8[off + 12] !== 8 || u8[off + 13] !== 0)) return false;
  if (u8[net] !== 0x45 || u8[net + 9] !== 1 || u8[net + 20] !== 8) return false;
  if (ethernet) {
    u8.copyWithin(off, off + 6, off + 12);
    u8.set(MAC, off + 6);
  }
  u8.copyWithin(net + 16, net + 12, net + 16);
  u8.set(ADDRESS_BYTES, net + 12);
  // The address written over the destination was the source; the other way round the header sums up to the same.
  u8[net + 20] = 0;
  const length = ((u8[net + 2] ?? 0) << 8) | (u8[net + 3] ?? 0);
  u8[net + 22] = 0;
  u8[net + 23] = 0;
  const sum = ~internetSum(u8, net + 20, length - 20) & 0xffff;
  u8[net + 22] = sum >>> 8;
  u8[net + 23] = sum & 0xff;
  return true;
}

export interface Segment {
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly sport: number;
  readonly dport: number;
  readonly window: number;
  /** Offset and length of the payload in the frame. */
  readonly off: number;
  readonly len: number;
}

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

/** The TCP segment in a frame, or null. */
export function parseTcp(tap: TapFd, u8: Uint8Array, n: number): Segment | null {
  const view = new DataView(u8.buffer, u8.byteOffset, n);
  const ip = tap.vnetHdrSize + 14;
  if (n < ip + 40 || view.getUint16(ip - 2) !== 0x0800 || view.getUint8(ip) !== 0x45 || view.getUint8(ip + 9) !== 6) return null;
  const tcp = ip + 20;
  const off = tcp + (view.getUint8(tcp + 12) >>> 4) * 4;
  return {
    flags: view.getUint8(tcp + 13), seq: view.getUint32(tcp + 4), ack: view.getUint32(tcp + 8), sport: view.getUint16(tcp), dport: view.getUint16(tcp + 2),
    window: view.getUint16(tcp + 14), off, len: ip + view.getUint16(ip + 2) - off,
  };
}

/** Write a TCP segment from the test's address to the host's, its checksum left to the kernel; with `gsoSize`, a super-segment. */
export function sendTcp(tap: TapFd, to: Uint8Array, segment: { flags: number; seq: number; ack: number; sport: number; dport: number; window?: number }, options: readonly number[] = [], payload: Uint8Array = new Uint8Array(0), gsoSize = 0): number {
  const eth = tap.vnetHdrSize;
  const ip = eth + 14;
  const tcp = ip + 20;
  const headers = 20 + options.length;
  const frame = new Uint8Array(tcp + headers + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, VIRTIO_NET_HDR_F_NEEDS_CSUM);
  view.setUint8(1, gsoSize === 0 ? VIRTIO_NET_HDR_GSO_NONE : VIRTIO_NET_HDR_GSO_TCPV4);
  view.setUint16(2, 34 + headers, true);
  view.setUint16(4, gsoSize, true);
  view.setUint16(6, 34, true);
  view.setUint16(8, 16, true);
  frame.set(to, eth);
  frame.set(MAC, eth + 6);
  view.setUint16(eth + 12, 0x0800);
  view.setUint16(ip, 0x4500);
  view.setUint16(ip + 2, 20 + headers + payload.length);
  view.setUint32(ip + 4, 0x4000);
  view.setUint16(ip + 8, 0x4006);
  frame.set(ADDRESS_BYTES, ip + 12);
  frame.set([10, 88, 0, 1], ip + 16);
  view.setUint16(ip + 10, ~internetSum(frame, ip, 20) & 0xffff);
  view.setUint16(tcp, segment.sport);
  view.setUint16(tcp + 2, segment.dport);
  view.setUint32(tcp + 4, segment.seq);
  view.setUint32(tcp + 8, segment.ack);
  view.setUint8(tcp + 12, (headers / 4) << 4);
  view.setUint8(tcp + 13, segment.flags);
  view.setUint16(tcp + 14, segment.window ?? 65_535);
  frame.set(options, tcp + 20);
  frame.set(payload, tcp + headers);
  // Pseudo-header only: the kernel adds the rest.
  view.setUint16(tcp + 16, internetSum(frame, ip + 12, 8, 6 + headers + payload.length));
  return tap.write(frame);
}
