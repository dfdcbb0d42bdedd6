/** Addresses as bytes: 4 or 16. */

/** `192.0.2.1` or `2001:db8::1` as bytes; null for what is neither. */
export function parseAddress(text: string): Uint8Array | null {
  if (/^\d+(\.\d+){3}$/.test(text)) {
    const parts = text.split('.').map(Number);
    return parts.every((p) => p < 256) ? Uint8Array.from(parts) : null;
  }
  const mapped = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (mapped !== null) {
    const v4 = parseAddress(mapped[2]!);
    if (v4 === null) return null;
    return parseAddress(`${mapped[1]!}${((v4[0]! << 8) | v4[1]!).toString(16)}:${((v4[2]! << 8) | v4[3]!).toString(16)}`);
  }
  if (!/^[0-9a-fA-F:]+$/.test(text)) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const words = (s: string | undefined): number[] => (s === undefined || s === '' ? [] : s.split(':').map((w) => Number.parseInt(w, 16)));
  const [a, b] = [words(halves[0]), words(halves[1])];
  const fill = halves.length === 2 ? 8 - a.length - b.length : 0;
  const all = [...a, ...new Array<number>(Math.max(fill, 0)).fill(0), ...b];
  if (all.length !== 8 || !all.every((w) => w >= 0 && w <= 0xffff)) return null;
  return Uint8Array.from(all.flatMap((w) => [w >> 8, w & 255]));
}

/** The bytes as 32-bit words, host order. */
export function addressWords(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Int32Array.from({ length: bytes.length >> 2 }, (_, i) => view.getInt32(4 * i));
}

/** Are they the same? */
export function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
