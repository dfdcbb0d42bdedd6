import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as uapi from '../src/index.ts';
import { after, before, between, tcpOptLen, tcphAe, tcphDoff, tcphFlags, tcphRes1, tcphSetAe, tcphSetDoff } from '../src/index.ts';

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

describe('options', () => {
  /** Kind and length of each option in `hex`, of a header that ends `beyond` bytes before it. */
  const walk = (hex: string, beyond: number = 0): string => {
    const view = new DataView(Uint8Array.from(Buffer.from(hex, 'hex')).buffer);
    const end = view.byteLength - beyond;
    let s = '';
    for (let p = 0, n; (n = tcpOptLen(view, p, end)) !== 0; p += n) s += `${view.getUint8(p)}:${n} `;
    return s.trimEnd();
  };

  it('are visited in their order, padding too', () => {
    expect(walk('020405b4' + '0402' + '080a0000000100000002' + '01' + '030307')).toBe('2:4 4:2 8:10 1:1 3:3');
    expect(walk('')).toBe('');
  });

  it('end where an EOL says so, or the header does', () => {
    expect(walk('01' + '00' + '020405b4')).toBe('1:1');
    expect(walk('0402' + '020405b4', 4)).toBe('4:2');
  });

  it.each([
    ['below two: 0', '0402' + '0300' + '0402'],
    ['below two: 1', '0402' + '0301' + '0402'],
    ['beyond the header', '0402' + '0305' + '0402'],
    ['that is not there any more', '0402' + '03'],
  ])('end before a length %s', (_, hex) => {
    expect(walk(hex)).toBe('4:2');
  });

  it('never leave the header, nor stand still, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 44 }), fc.nat(4), (u8, beyond) => {
      const view = new DataView(Uint8Array.from(u8).buffer);
      const end = Math.max(0, u8.length - beyond);
      let at = 0;
      for (let n; (n = tcpOptLen(view, at, end)) !== 0; at += n) expect(n).toBeGreaterThan(0);
      expect(at).toBeLessThanOrEqual(end);
    }), { seed: 5 });
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
