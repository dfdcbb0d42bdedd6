/** What kind of address is it, from its bits alone (RFC 6890, RFC 5771). Addresses are int32. */

/** 127.0.0.0/8. @alpha */
export function ipv4IsLoopback(a: number): boolean {
  return a >>> 24 === 127;
}
/** 224.0.0.0/4. @alpha */
export function ipv4IsMulticast(a: number): boolean {
  return a >>> 28 === 14;
}
/** 224.0.0.0/24: never forwarded. @alpha */
export function ipv4IsLocalMulticast(a: number): boolean {
  return a >>> 8 === 0xe00000;
}
/** 255.255.255.255. @alpha */
export function ipv4IsLbcast(a: number): boolean {
  return a === -1;
}
/** 0.0.0.0/8 without 0.0.0.0/32 being special: since Linux 5.3 only 0.0.0.0 itself is the zero net. @alpha */
export function ipv4IsZeronet(a: number): boolean {
  return a === 0;
}
/** 169.254.0.0/16. @alpha */
export function ipv4IsLinklocal169(a: number): boolean {
  return a >>> 16 === 0xa9fe;
}

/** Dotted decimal. For listings and messages. @alpha */
export function ipv4ToString(a: number): string { // datapath-ok: for people
  return `${a >>> 24}.${(a >>> 16) & 255}.${(a >>> 8) & 255}.${a & 255}`;
}
