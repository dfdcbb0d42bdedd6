// Building attributes, for the tables of questions in these tests.

/** An attribute of a type (flags included) and a payload. */
export function attr(type: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const out = new Uint8Array((4 + payload.length + 3) & ~3);
  const view = new DataView(out.buffer);
  view.setUint16(0, 4 + payload.length, true);
  view.setUint16(2, type, true);
  out.set(payload, 4);
  return out;
}
export const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
export const nest = (type: number, ...parts: readonly Uint8Array[]): Uint8Array => attr(0x8000 | type, join(...parts));
export const words = (...v: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(v).buffer);
export const u32 = (type: number, v: number): Uint8Array => attr(type, words(v));
export const u8 = (type: number, v: number): Uint8Array => attr(type, Uint8Array.of(v));
export const u16 = (type: number, v: number): Uint8Array => attr(type, Uint8Array.of(v & 0xff, v >>> 8));
export const str = (type: number, text: string): Uint8Array => attr(type, Uint8Array.from(Buffer.from(`${text}\0`)));
