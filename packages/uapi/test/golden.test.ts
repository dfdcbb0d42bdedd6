// What real tools and a real Linux 6.18 said to each other must go through the codec unchanged.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ADDR_ATTRS, CTRL_ATTRS, INET_DIAG_ATTRS, LINK_ATTRS, NEIGH_ATTRS, NETLINK_GENERIC, NETLINK_NETFILTER,
  NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_XFRM, NLMSG_MIN_TYPE, NSID_ATTRS, ROUTE_ATTRS, RULE_ATTRS, TC_ATTRS,
  NlWriter, defineAttrs, nlAttrValue, nlMessageDecode, nlMessageEncode, nlaData, nlaFlags, nlaForEach,
  nlaLen, nlaType, nlmsgAlign, nlmsgData, nlmsgFlags, nlmsgForEach, nlmsgPid, nlmsgSeq, nlmsgType,
} from '../src/index.ts';
import type { NlAttr, NlAttrTable } from '../src/index.ts';

interface Exchange { dir: string; proto: number; bytes: Uint8Array; line: number }

const exchanges: Exchange[] = readFileSync(new URL('./golden/netlink-6.18.jsonl', import.meta.url), 'utf8')
  .trim().split('\n')
  .map((text, i) => ({ record: JSON.parse(text) as { dir: string; proto: number; hex: string }, line: i + 1 }))
  .filter(({ record }) => record.dir === 'in' || record.dir === 'out')
  .map(({ record, line }) => ({ dir: record.dir, proto: record.proto, line, bytes: Uint8Array.from(Buffer.from(record.hex, 'hex')) }));

const UNKNOWN = defineAttrs({});
// rtnetlink message types come in fours: NEW, DEL, GET, SET of one object.
const ROUTE: Record<number, readonly [number, NlAttrTable]> = {
  16: [16, LINK_ATTRS], 20: [8, ADDR_ATTRS], 24: [12, ROUTE_ATTRS], 28: [12, NEIGH_ATTRS], 32: [12, RULE_ATTRS],
  36: [20, TC_ATTRS], 40: [20, TC_ATTRS], 44: [20, TC_ATTRS], 84: [4, UNKNOWN], 88: [4, NSID_ATTRS], 104: [8, UNKNOWN],
};

function shape(proto: number, type: number, dir: string): readonly [number, NlAttrTable] {
  if (type < NLMSG_MIN_TYPE) return [4, UNKNOWN]; // the error number; the request's header reads as attributes or as a rest
  if (proto === NETLINK_ROUTE) return ROUTE[type & ~3] ?? [0, UNKNOWN];
  if (proto === NETLINK_GENERIC) return [4, type === 16 ? CTRL_ATTRS : UNKNOWN];
  if (proto === NETLINK_NETFILTER) return [4, UNKNOWN];
  if (proto === NETLINK_SOCK_DIAG) return [dir === 'out' ? 56 : 72, INET_DIAG_ATTRS];
  expect(proto).toBe(NETLINK_XFRM);
  return [4, UNKNOWN];
}

const view = (u8: Uint8Array): DataView => new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
const hex = (u8: Uint8Array): string => Buffer.from(u8).toString('hex');

/** Copies what is inside [off, off + len) with the writer, attribute by attribute, going into nests that say that they are. */
function rewrite(w: NlWriter, u8: Uint8Array, off: number, len: number): void {
  const v = view(u8);
  const rest = nlaForEach(v, off, len, (nla) => {
    const type = nlaType(v, nla) | nlaFlags(v, nla);
    const inside = u8.subarray(nlaData(nla), nlaData(nla) + nlaLen(v, nla));
    const nested = (nlaFlags(v, nla) & 0x8000) !== 0 && nlaForEach(v, nlaData(nla), nlaLen(v, nla), () => {}) === 0;
    if (nested) {
      w.nestStart(type);
      rewrite(w, u8, nlaData(nla), nlaLen(v, nla));
      w.nestEnd();
    } else {
      w.putBytes(type, inside);
    }
  });
  expect(rest).toBe(0);
}

const hasPad = (attrs: readonly NlAttr[]): boolean => attrs.some((a) => a.pad !== undefined);

/** The same for what is inside nests. */
function hasDirtyNest(u8: Uint8Array, off: number, len: number): boolean {
  const v = view(u8);
  let dirty = false;
  nlaForEach(v, off, len, (nla) => {
    if ((nlaFlags(v, nla) & 0x8000) === 0) return;
    const inside = UNKNOWN.decode(u8, nlaData(nla), nlaLen(v, nla));
    dirty ||= hasPad(inside) || hasDirtyNest(u8, nlaData(nla), nlaLen(v, nla));
  });
  return dirty;
}

describe('netlink-6.18.jsonl', () => {
  it('is there', () => {
    expect(exchanges.length).toBe(349);
  });

  it('is walked message by message to the end', () => {
    let messages = 0;
    for (const { bytes, dir, line } of exchanges) {
      const v = view(bytes);
      let next = 0;
      const rest = nlmsgForEach(v, 0, bytes.length, (nlh, len) => {
        expect(nlh, `line ${line}`).toBe(next);
        next = nlh + nlmsgAlign(len);
        messages++;
      });
      // `ip` hands over a whole request buffer of which nlmsg_len covers the beginning; what follows is zero.
      if (rest > 0) {
        expect(dir, `line ${line}`).toBe('out');
        expect(bytes.subarray(next, next + 4).every((b) => b === 0), `line ${line}`).toBe(true);
      }
      expect(next + rest, `line ${line}`).toBeGreaterThanOrEqual(bytes.length);
    }
    expect(messages).toBe(469);
  });

  it('goes through the attribute tables byte for byte', () => {
    let attributes = 0;
    const count = (attrs: readonly NlAttr[]): void => {
      for (const a of attrs) {
        attributes++;
        if (Array.isArray(a.value)) count(a.value as readonly NlAttr[]);
      }
    };
    for (const { bytes, dir, proto, line } of exchanges) {
      const v = view(bytes);
      nlmsgForEach(v, 0, bytes.length, (nlh, len) => {
        const [header, table] = shape(proto, nlmsgType(v, nlh), dir);
        const message = nlMessageDecode(bytes, nlh, header, table);
        count(message.attrs);
        expect(hex(nlMessageEncode(message, table)), `line ${line}`).toBe(hex(bytes.subarray(nlh, nlh + len)));
      });
    }
    expect(attributes).toBeGreaterThan(4000);
  });

  it('is written again by NlWriter byte for byte', () => {
    let compared = 0;
    let dirty = 0;
    for (const { bytes, dir, proto, line } of exchanges) {
      const v = view(bytes);
      nlmsgForEach(v, 0, bytes.length, (nlh, len) => {
        const type = nlmsgType(v, nlh);
        if (type < NLMSG_MIN_TYPE) return; // their payload is not attributes
        const [header] = shape(proto, type, dir);
        const body = Math.min(nlmsgData(nlh) + nlmsgAlign(header), nlh + len);
        if (nlaForEach(v, body, nlh + len - body, () => {}) !== 0) return;
        const w = new NlWriter({ capacity: 16 });
        w.begin(type, nlmsgFlags(v, nlh), nlmsgSeq(v, nlh), nlmsgPid(v, nlh));
        // nft leaves whatever was in its memory behind an attribute; the writer pads with zeroes.
        if (hasPad(nlMessageDecode(bytes, nlh, header, UNKNOWN).attrs) || hasDirtyNest(bytes, body, nlh + len - body)) {
          expect(`${proto} ${dir}`, `line ${line}`).toBe(`${NETLINK_NETFILTER} out`);
          dirty++;
          return;
        }
        w.append(bytes.subarray(nlmsgData(nlh), body));
        rewrite(w, bytes, body, nlh + len - body);
        expect(w.end(), `line ${line}`).toBe(len);
        expect(hex(w.bytes()), `line ${line}`).toBe(hex(bytes.subarray(nlh, nlh + len)));
        compared++;
      });
    }
    expect(compared).toBeGreaterThan(300);
    expect(dirty).toBeLessThan(40);
  });

  it('knows every attribute of the links, addresses, routes and neighbours in it', () => {
    const known = new Set<number>([16, 20, 24, 28]);
    const unknown = new Set<string>();
    for (const { bytes, dir, proto } of exchanges) {
      if (proto !== NETLINK_ROUTE) continue;
      const v = view(bytes);
      nlmsgForEach(v, 0, bytes.length, (nlh) => {
        const type = nlmsgType(v, nlh);
        if (type < NLMSG_MIN_TYPE || !known.has(type & ~3)) return;
        const [header, table] = shape(proto, type, dir);
        for (const a of nlMessageDecode(bytes, nlh, header, table).attrs) if (a.name.startsWith('#')) unknown.add(`${type}: ${a.name}`);
      });
    }
    expect([...unknown]).toEqual([]);
  });

  it('tells of the bridge that was made', () => {
    const names = new Set<unknown>();
    for (const { bytes, proto, dir } of exchanges) {
      if (proto !== NETLINK_ROUTE || dir !== 'in') continue;
      const v = view(bytes);
      nlmsgForEach(v, 0, bytes.length, (nlh) => {
        if (nlmsgType(v, nlh) !== 16) return;
        const { attrs } = nlMessageDecode(bytes, nlh, 16, LINK_ATTRS);
        const info = nlAttrValue(attrs, 'IFLA_LINKINFO') as readonly NlAttr[] | undefined;
        if (info !== undefined && nlAttrValue(info, 'IFLA_INFO_KIND') === 'bridge') {
          names.add(nlAttrValue(attrs, 'IFLA_IFNAME'));
          const data = nlAttrValue(info, 'IFLA_INFO_DATA') as readonly NlAttr[];
          expect(nlAttrValue(data, 'IFLA_BR_PRIORITY')).toBe(32768);
          expect(nlAttrValue(data, 'IFLA_BR_GROUP_ADDR')).toBe('01:80:c2:00:00:00');
        }
      });
    }
    expect([...names]).toEqual(['br0']);
  });
});
