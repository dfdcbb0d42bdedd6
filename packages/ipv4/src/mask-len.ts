/** The prefix length of a netmask (int32), -1 when its ones are not together at the left (bad_mask, inet_mask_len). @alpha */
export function maskLen(mask: number): number {
  const inverse = ~mask;
  if ((inverse & (inverse + 1)) !== 0) return -1;
  return 32 - (32 - Math.clz32(inverse));
}
