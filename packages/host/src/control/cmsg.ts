/** Control messages as a 64-bit little-endian Linux lays them out (cmsg(3)): a header of u64 length, int level, int type; data; padding to eight bytes. */
import type { Cmsg } from '@linnet/socket';

const HEADER = 16;
const align = (n: number): number => (n + 7) & ~7;

/** The control messages in `u8`; null when they are malformed (EINVAL). */
export function cmsgDecode(u8: Uint8Array): Cmsg[] | null {
  const out: Cmsg[] = [];
  const view = new DataView(u8.buffer, u8.byteOffset, u8.length);
  let at = 0;
  while (u8.length - at >= HEADER) {
    const len = view.getUint32(at, true);
    if (view.getUint32(at + 4, true) !== 0 || len < HEADER || len > u8.length - at) return null;
    out.push({ level: view.getInt32(at + 8, true), type: view.getInt32(at + 12, true), data: u8.slice(at + HEADER, at + len) });
    at += align(len);
  }
  return out;
}

/** Writes control messages into at most `out.length` bytes (put_cmsg): how many it took, and whether something was cut off. */
export function cmsgEncode(list: readonly Cmsg[], out: Uint8Array): { readonly len: number; readonly cut: boolean } {
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  let at = 0;
  for (const c of list) {
    const left = out.length - at;
    if (left < HEADER) return { len: at, cut: true };
    const n = Math.min(HEADER + c.data.length, left);
    view.setUint32(at, n, true);
    view.setUint32(at + 4, 0, true);
    view.setInt32(at + 8, c.level, true);
    view.setInt32(at + 12, c.type, true);
    out.set(c.data.subarray(0, n - HEADER), at + HEADER);
    if (n < HEADER + c.data.length) return { len: at + n, cut: true };
    const next = Math.min(at + align(n), out.length);
    out.fill(0, at + n, next);
    at = next;
  }
  return { len: at, cut: false };
}
