/** Checksums of whole packets: filling in what was left to the device, and verifying what arrived. */
import { csumFold, EINVAL } from '@linnet/kernel';
import { pskbMayPull, skbCloned, pskbExpandHead } from './data.ts';
import { skbChecksum } from './copy-bits.ts';
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, type Skb } from './skb.ts';

/** Where UDP's checksum is in its header: there zero would mean «none», and its other form 0xffff is sent (RFC 768). */
const UDP_CHECK = 6;

/**
 * Computes a checksum that was left to the device and stores it (skb_checksum_help). May unclone the head.
 * Returns 0, or -EINVAL when the field lies outside the packet.
 * @alpha
 */
export function skbChecksumHelp(skb: Skb): number {
  if (skb.ipSummed !== CHECKSUM_PARTIAL) return 0;
  const start = skb.csumStart - skb.data;
  const field = start + skb.csumOffset;
  if (start < 0 || field + 2 > skb.len || !pskbMayPull(skb, field + 2)) return -EINVAL;
  const sum = skbChecksum(skb, start, skb.len - start, 0);
  if (skbCloned(skb)) pskbExpandHead(skb, 0, 0);
  const folded = csumFold(sum);
  skb.view.setUint16(skb.data + field, folded === 0 && skb.csumOffset === UDP_CHECK ? 0xffff : folded);
  skb.ipSummed = CHECKSUM_NONE;
  return 0;
}

/** Is the checksum already vouched for, by the device or because the packet never left this machine? (skb_csum_unnecessary) @alpha */
export function skbCsumUnnecessary(skb: Skb): boolean {
  return skb.ipSummed === CHECKSUM_UNNECESSARY || skb.ipSummed === CHECKSUM_PARTIAL;
}

/**
 * Verifies the transport checksum of all bytes from `data` on, given the pseudo header's sum (skb_checksum_init + complete).
 * Marks the packet and returns true when it holds.
 * @alpha
 */
export function skbChecksumValid(skb: Skb, pseudo: number): boolean {
  if (skbCsumUnnecessary(skb)) return true;
  if (skb.ipSummed === CHECKSUM_COMPLETE) {
    skb.ipSummed = CHECKSUM_NONE; // trust the bytes, not a sum that pulls may have left behind
  }
  if (csumFold(skbChecksum(skb, 0, skb.len, pseudo)) !== 0) return false;
  skb.ipSummed = CHECKSUM_UNNECESSARY;
  return true;
}

/**
 * Notes that the checksum from `start` (relative to data) on is to be stored at `start + off` (skb_partial_csum_set).
 * Returns false when that lies outside the linear part.
 * @alpha
 */
export function skbPartialCsumSet(skb: Skb, start: number, off: number): boolean {
  if (start < 0 || start + off + 2 > skb.len - skb.dataLen) return false;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.data + start;
  skb.csumOffset = off;
  skb.transportHeader = skb.csumStart;
  return true;
}
