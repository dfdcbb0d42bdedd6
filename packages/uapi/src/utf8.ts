/**
 * UTF-8 (RFC 3629) without TextEncoder, which is no part of the language and whose
 * decoder swallows a byte order mark: names in netlink messages and AF_UNIX paths.
 */

/** The string as UTF-8; a lone surrogate becomes U+FFFD. @public */
export function utf8Encode(s: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(s.length * 3);
  let n = 0;
  for (let i = 0; i < s.length; i++) {
    let c = s.codePointAt(i)!;
    if (c > 0xffff) i++;
    else if (c >= 0xd800 && c <= 0xdfff) c = 0xfffd;
    if (c < 0x80) {
      out[n++] = c;
    } else if (c < 0x800) {
      out[n++] = 0xc0 | (c >> 6);
      out[n++] = 0x80 | (c & 0x3f);
    } else if (c < 0x10000) {
      out[n++] = 0xe0 | (c >> 12);
      out[n++] = 0x80 | ((c >> 6) & 0x3f);
      out[n++] = 0x80 | (c & 0x3f);
    } else {
      out[n++] = 0xf0 | (c >> 18);
      out[n++] = 0x80 | ((c >> 12) & 0x3f);
      out[n++] = 0x80 | ((c >> 6) & 0x3f);
      out[n++] = 0x80 | (c & 0x3f);
    }
  }
  return out.slice(0, n);
}

/** The UTF-8 in `len` bytes at `off` as a string; each byte that is no part of a good sequence becomes U+FFFD. @public */
export function utf8Decode(u8: Uint8Array, off: number = 0, len: number = u8.length - off): string {
  let s = '';
  const end = off + len;
  while (off < end) {
    const c = u8[off]!;
    const more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : -1;
    let point = more < 0 ? -1 : more === 0 ? c : c & (0x3f >> more);
    for (let i = 1; i <= more && point >= 0; i++) {
      const t = off + i < end ? u8[off + i]! : 0;
      point = (t & 0xc0) === 0x80 ? (point << 6) | (t & 0x3f) : -1;
    }
    // Too long a form, a surrogate, or beyond Unicode.
    const bad = point < 0 || (more === 2 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) || (more === 3 && (point < 0x10000 || point > 0x10ffff));
    s += String.fromCodePoint(bad ? 0xfffd : point);
    off += bad ? 1 : more + 1;
  }
  return s;
}
