/** The Internet checksum as RFC 1071 explains it: slow, obvious, and not the code under test. */

/** The checksum of some bytes (an odd one is padded with a zero), after adding `start`. @public */
export function checksum(bytes: Uint8Array, start: number = 0): number {
  let sum = start;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

/** The sum of the IPv4 pseudo header, to be given to {@link checksum} as `start`. @public */
export function pseudoHeader(src: Uint8Array, dst: Uint8Array, protocol: number, length: number): number {
  const word = (b: Uint8Array, i: number): number => (b[i]! << 8) | b[i + 1]!;
  return word(src, 0) + word(src, 2) + word(dst, 0) + word(dst, 2) + protocol + length;
}
