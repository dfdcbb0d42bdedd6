/** The table of EtherTypes: chosen by the low bits, as the common types differ there. */

/** Buckets of the table. */
export const PTYPE_HASH_SIZE = 16;
/** Mask of the bucket number. */
export const PTYPE_HASH_MASK: number = PTYPE_HASH_SIZE - 1;
