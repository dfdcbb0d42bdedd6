// Any bytes into every decoder: no throw, and what was decoded comes out again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADDR_ATTRS, CTRL_ATTRS, INET_DIAG_ATTRS, LINK_ATTRS, NEIGH_ATTRS, NlWriter, ROUTE_ATTRS, RULE_ATTRS, TC_ATTRS,
  in4FromString, in4ToString, in6FromString, in6ToString, macFromString, macToString, nlMessageDecode, nlMessageEncode,
  nlaForEach, nlaLen, nlaParse, nlaType, nlmsgForEach, nlmsgNext, nlmsgOk, sockaddrDecode, sockaddrEncode, utf8Decode, utf8Encode,
} from '../../src/index.ts';

const RUNS = { seed: 20250605, numRuns: 500 };
const tables = [ADDR_ATTRS, CTRL_ATTRS, INET_DIAG_ATTRS, LINK_ATTRS, NEIGH_ATTRS, ROUTE_ATTRS, RULE_ATTRS, TC_ATTRS];
const view = (u8: Uint8Array): DataView => new DataView(u8.buffer, u8.byteOffset, u8.byteLength);

/** Attributes with small types and plausible lengths, some of them cut or lying about their length. */
const attrBytes = fc
  .array(fc.record({ type: fc.integer({ min: 0, max: 70 }), flags: fc.constantFrom(0, 0, 0x8000, 0x4000, 0xc000), lie: fc.constantFrom(0, 0, 0, 0, 1, -1, 9), payload: fc.uint8Array({ maxLength: 40 }) }), { maxLength: 12 })
  .map((list) => {
    const out: number[] = [];
    for (const { type, flags, lie, payload } of list) {
      const len = Math.max(0, payload.length + 4 + lie);
      out.push(len & 0xff, len >> 8, type, flags >> 8, ...payload);
      while (out.length % 4 !== 0) out.push(lie === 9 ? 0x5a : 0);
    }
    return Uint8Array.from(out);
  });
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), attrBytes);

describe('attributes', () => {
  it('decode and encode to the same bytes, whatever they are', () => {
    fc.assert(fc.property(anyBytes, fc.constantFrom(...tables), (bytes, table) => {
      expect(table.encode(table.decode(bytes))).toEqual(bytes);
    }), RUNS);
  });

  it('are walked within their bounds', () => {
    fc.assert(fc.property(anyBytes, fc.integer({ min: 0, max: 80 }), (tail, maxtype) => {
      const bytes = Uint8Array.from([0xee, 0xee, 0xee, 0xee, ...tail]);
      const v = view(bytes);
      let end = 4;
      const rest = nlaForEach(v, 4, tail.length, (nla) => {
        expect(nla).toBe(end);
        expect(nla + 4 + nlaLen(v, nla)).toBeLessThanOrEqual(bytes.length);
        end = Math.min(bytes.length, nla + ((nlaLen(v, nla) + 7) & ~3));
      });
      expect(end + rest).toBe(bytes.length);
      const tb = nlaParse(v, 4, tail.length, maxtype);
      tb.forEach((nla, type) => {
        if (nla !== 0) expect(nlaType(v, nla)).toBe(type);
      });
    }), RUNS);
  });

  it('nested deeper than anyone means stay bytes', () => {
    let bytes: Uint8Array = new Uint8Array(0);
    // IFLA_AF_SPEC in itself, 4,000 levels: the length field is the limit.
    for (let i = 0; i < 4_000; i++) {
      const w = new NlWriter();
      w.putBytes(26, bytes);
      bytes = w.u8.slice(0, w.len);
    }
    expect(LINK_ATTRS.encode(LINK_ATTRS.decode(bytes))).toEqual(bytes);
  });
});

describe('messages', () => {
  it('decode and encode to the same bytes', () => {
    fc.assert(fc.property(anyBytes, fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 20 }), fc.constantFrom(...tables), (body, type, header, table) => {
      const bytes = new Uint8Array(16 + body.length);
      bytes.set(body, 16);
      view(bytes).setUint32(0, bytes.length, true);
      view(bytes).setUint16(4, type, true);
      const message = nlMessageDecode(bytes, 0, header, table);
      expect(message.type).toBe(type);
      expect(nlMessageEncode(message, table)).toEqual(bytes);
    }), RUNS);
  });

  it('are walked to the end and no further', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const v = view(bytes);
      let off = 0;
      const rest = nlmsgForEach(v, 0, bytes.length, (nlh, len) => {
        expect(nlh).toBe(off);
        expect(nlmsgOk(v, nlh, bytes.length - nlh)).toBe(true);
        expect(nlh + len).toBeLessThanOrEqual(bytes.length);
        off = Math.min(bytes.length, nlmsgNext(v, nlh));
      });
      expect(off + rest).toBe(bytes.length);
    }), RUNS);
  });
});

describe('addresses and text', () => {
  it('IPv4', () => {
    fc.assert(fc.property(fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }), (a) => {
      expect(in4FromString(in4ToString(a))).toBe(a);
    }), RUNS);
  });

  it('IPv6', () => {
    const word = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(fc.property(fc.tuple(word, word, word, word), (w) => {
      const text = in6ToString(Int32Array.from(w));
      expect(in6FromString(text)).toEqual(Int32Array.from(w));
      expect(text).toBe(text.toLowerCase());
      // A URL's host has the same form (WHATWG URL section 3.5), but for the dotted quad.
      if (!text.includes('.')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
    }), RUNS);
  });

  it('MAC addresses', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (mac) => {
      expect(macFromString(macToString(mac))).toEqual(mac);
    }), RUNS);
  });

  it('socket addresses: any bytes are refused or understood for good', () => {
    const family = fc.constantFrom(0, 1, 2, 10, 16, 17, 99);
    fc.assert(fc.property(family, fc.uint8Array({ maxLength: 128 }), (f, tail) => {
      const sa = sockaddrDecode(Uint8Array.from([f, 0, ...tail]));
      if (sa === null) return;
      expect(sockaddrDecode(sockaddrEncode(sa))).toEqual(sa);
    }), RUNS);
  });

  it('UTF-8 as the platform has it', () => {
    const point = fc.oneof(fc.integer({ min: 0, max: 0x10ffff }), fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd800, 0xdfff, 0xfeff, 0xffff, 0x10000));
    fc.assert(fc.property(fc.array(point, { maxLength: 12 }), (points) => {
      const s = String.fromCodePoint(...points);
      expect(utf8Encode(s)).toEqual(new Uint8Array(new TextEncoder().encode(s)));
      // A lone surrogate cannot be encoded; all else comes back.
      expect(utf8Decode(utf8Encode(s))).toBe(Buffer.from(s, 'utf8').toString('utf8'));
    }), RUNS);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      let text: string | undefined;
      try {
        text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        text = undefined;
      }
      if (text === undefined) expect(utf8Decode(bytes)).toContain('\ufffd');
      else expect(utf8Decode(bytes)).toBe(text);
    }), RUNS);
  });
});
