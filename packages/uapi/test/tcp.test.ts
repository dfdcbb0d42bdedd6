import { describe, expect, it } from 'vitest';
import * as uapi from '../src/index.ts';
import { after, before, between, tcphAe, tcphDoff, tcphFlags, tcphRes1, tcphSetAe, tcphSetDoff } from '../src/index.ts';

describe('the TCP header', () => {
  // Ports 443 and 50000, SYN+ACK+ECE, 10 words.
  const HEADER = Uint8Array.from(Buffer.from('01bbc350fffffff00000000aa0527fff12340001', 'hex'));

  it('has accessors for every field', () => {
    const view = new DataView(HEADER.slice().buffer);
    const fields: [(v: DataView, o: number) => number, (v: DataView, o: number, x: number) => void, number][] = [
      [uapi.tcphSource, uapi.tcphSetSource, 443],
      [uapi.tcphDest, uapi.tcphSetDest, 50000],
      [uapi.tcphSeq, uapi.tcphSetSeq, -16],
      [uapi.tcphAckSeq, uapi.tcphSetAckSeq, 10],
      [uapi.tcphFlags, uapi.tcphSetFlags, uapi.TCPHDR_SYN | uapi.TCPHDR_ACK | uapi.TCPHDR_ECE],
      [uapi.tcphWindow, uapi.tcphSetWindow, 0x7fff],
      [uapi.tcphCheck, uapi.tcphSetCheck, 0x1234],
      [uapi.tcphUrgPtr, uapi.tcphSetUrgPtr, 1],
    ];
    for (const [get, , value] of fields) expect(get(view, 0), get.name).toBe(value);
    // Written into a header of zeroes with the data offset, the same header comes out.
    const out = new DataView(new ArrayBuffer(20));
    for (const [, set, value] of fields) set(out, 0, value);
    tcphSetDoff(out, 0, 10);
    expect(new Uint8Array(out.buffer)).toEqual(HEADER);
  });

  it('keeps data offset, reserved bits and AE apart', () => {
    const view = new DataView(HEADER.slice().buffer);
    expect([tcphDoff(view, 0), tcphRes1(view, 0), tcphAe(view, 0)]).toEqual([10, 0, 0]);
    view.setUint8(12, 0x5b);
    expect([tcphDoff(view, 0), tcphRes1(view, 0), tcphAe(view, 0)]).toEqual([5, 5, 1]);
    tcphSetAe(view, 0, 0);
    expect(view.getUint8(12)).toBe(0x5a);
    tcphSetAe(view, 0, 1);
    expect(view.getUint8(12)).toBe(0x5b);
    tcphSetDoff(view, 0, 15);
    expect(view.getUint8(12)).toBe(0xf0);
    expect(tcphFlags(view, 0)).toBe(0x52);
  });
});

describe('sequence arithmetic', () => {
  const M = 0x1_0000_0000;
  /** The definition: the shorter way round the circle leads forward. */
  const plainBefore = (a: number, b: number): boolean => {
    const d = (((b - a) % M) + M) % M;
    return d !== 0 && d <= 0x8000_0000;
  };

  it('goes round the wrap', () => {
    expect(before(-1, 0)).toBe(true);
    expect(after(0, -1)).toBe(true);
    expect(before(0x7fffffff, -0x80000000)).toBe(true);
    expect(before(5, 5)).toBe(false);
    expect(after(5, 5)).toBe(false);
    expect(between(0, -5, 5)).toBe(true);
    expect(between(6, -5, 5)).toBe(false);
    expect(between(-5, -5, 5)).toBe(true);
    expect(between(5, -5, 5)).toBe(true);
    expect(between(-6, -5, 5)).toBe(false);
  });

  it('agrees with the definition at every interesting distance', () => {
    for (const a of [0, 1, -1, 0x7fffffff, -0x80000000, 123456789]) {
      for (const d of [0, 1, 2, 65535, 0x3fffffff, 0x7fffffff, 0x80000001, 0xffffffff]) {
        const b = (a + d) | 0;
        expect(before(a, b), `${a} ${b}`).toBe(plainBefore(a >>> 0, b >>> 0));
        expect(after(b, a), `${a} ${b}`).toBe(plainBefore(a >>> 0, b >>> 0));
      }
    }
  });

  it('takes unsigned numbers too', () => {
    expect(before(0xffffffff, 0)).toBe(true);
    expect(after(0x10, 0xfffffff0)).toBe(true);
  });
});
