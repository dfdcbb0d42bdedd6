/** The length of an IPv4 header. */

/** Bytes of the header at `off`, options included, as its first byte says (ip_hdrlen). @alpha */
export function ipHdrlen(view: DataView, off: number): number {
  return (view.getUint8(off) & 0xf) << 2;
}
