import { describe, expect, it } from 'vitest';
import * as uapi from '../src/index.ts';
import {
  IFLA_ADDRESS, IFLA_IFNAME, IFLA_INFO_KIND, IFLA_LINKINFO, IFLA_MTU, NLA_F_NESTED, NLM_F_CREATE, NLM_F_MULTI, NLM_F_REQUEST, NlWriter, RTM_NEWLINK,
  in6FromString, nlaAlign, nlaAttrSize, nlaFind, nlaFlags, nlaForEachNested, nlaGetBe16, nlaGetBe32, nlaGetBytes, nlaGetIn6Addr, nlaGetInAddr, nlaGetS32, nlaGetString,
  nlaGetU16, nlaGetU32, nlaGetU64, nlaGetU8, nlaLen, nlaOk, nlaParse, nlaParseInto, nlaParseNested, nlaTotalSize, nlaType, nlmsgFlags, nlmsgForEach, nlmsgLen, nlmsgOk,
  nlmsgPid, nlmsgSeq, nlmsgType,
} from '../src/index.ts';

const hex = (u8: Uint8Array): string => Buffer.from(u8).toString('hex');
const view = (u8: Uint8Array): DataView => new DataView(u8.buffer, u8.byteOffset, u8.byteLength);
const EMSGSIZE = 90;

describe('NlWriter', () => {
  it('writes the header, the struct and the attributes of a request', () => {
    const w = new NlWriter({ capacity: 4 });
    w.begin(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_CREATE, 7, 0);
    const o = w.reserve(uapi.IFINFOMSG_LEN);
    uapi.ifinfomsgWrite(w.view, o, { family: 0, type: 1, index: 2, flags: 1, change: 0xffffffff });
    w.putString(IFLA_IFNAME, 'v0');
    w.nestStart(IFLA_LINKINFO);
    w.putString(IFLA_INFO_KIND, 'veth');
    w.nestEnd();
    expect(w.end()).toBe(56);
    expect(hex(w.bytes())).toBe(
      '38000000' + '1000' + '0104' + '07000000' + '00000000' + // nlmsghdr
      '00000100' + '02000000' + '01000000' + 'ffffffff' + // ifinfomsg
      '0700' + '0300' + '76300000' + // IFLA_IFNAME, padded
      '1000' + '1280' + '0900' + '0100' + '7665746800000000', // IFLA_LINKINFO { IFLA_INFO_KIND }, padded
    );
  });

  it('writes every kind of payload', () => {
    const w = new NlWriter();
    w.begin(20, 0, 0, 0);
    w.putU8(1, 0x12);
    w.putU16(2, 0x1234);
    w.putU32(3, 0xfffffffe);
    w.putS32(4, -2);
    w.putU64(5, 0x1f_ffff_ffff_fffe);
    w.putBe16(6, 0x1234);
    w.putBe32(7, 0x12345678);
    w.putInAddr(8, -1);
    w.putIn6Addr(9, in6FromString('2001:db8::1')!);
    w.putFlag(10);
    w.putString(11, 'é');
    w.putBytes(12, Uint8Array.of(1, 2, 3));
    expect(w.end()).toBeGreaterThan(0);
    const u8 = w.bytes();
    const v = view(u8);
    const tb = nlaParse(v, 16, u8.length - 16, 12);
    expect(nlaGetU8(v, tb[1]!)).toBe(0x12);
    expect(nlaGetU16(v, tb[2]!)).toBe(0x1234);
    expect(nlaGetU32(v, tb[3]!)).toBe(0xfffffffe);
    expect(nlaGetS32(v, tb[4]!)).toBe(-2);
    expect(nlaGetU64(v, tb[5]!)).toBe(0x1f_ffff_ffff_fffe);
    expect(hex(nlaGetBytes(v, tb[5]!))).toBe('feffffffffff1f00');
    expect(hex(nlaGetBytes(v, tb[6]!))).toBe('1234');
    expect(nlaGetBe16(v, tb[6]!)).toBe(0x1234);
    expect(nlaGetBe32(v, tb[7]!)).toBe(0x12345678);
    expect(nlaGetInAddr(v, tb[8]!)).toBe(-1);
    expect(nlaGetIn6Addr(v, tb[9]!)).toEqual(in6FromString('2001:db8::1'));
    expect(nlaLen(v, tb[10]!)).toBe(0);
    expect(nlaGetString(v, tb[11]!)).toBe('é');
    expect(hex(nlaGetBytes(v, tb[11]!))).toBe('c3a900');
    expect(hex(nlaGetBytes(v, tb[12]!))).toBe('010203');
    expect(tb[0]).toBe(0);
  });

  it('does not count the padding behind an odd struct, but that behind an attribute', () => {
    const w = new NlWriter();
    w.begin(18, 0, 0, 0);
    w.reserve(1);
    expect(w.end()).toBe(17);
    w.begin(18, 0, 0, 0);
    w.reserve(1);
    w.putU8(1, 1);
    expect(w.end()).toBe(28);
    expect(w.bytes().length).toBe(20 + 28);
    const lens: number[] = [];
    expect(nlmsgForEach(view(w.bytes()), 0, 48, (_, len) => lens.push(len))).toBe(0);
    expect(lens).toEqual([17, 28]);
  });

  it('pads with zeroes, also where something else was before', () => {
    const w = new NlWriter();
    w.begin(20, 0, 0, 0);
    w.putBytes(1, new Uint8Array(40).fill(0xff));
    w.cancel();
    expect(w.bytes().length).toBe(0);
    w.begin(20, 0, 0, 0);
    w.putU8(1, 0xff);
    w.end();
    expect(hex(w.bytes().subarray(16))).toBe('05000100ff000000');
  });

  it('takes a message back that exceeds the limit, and goes on with the next', () => {
    const w = new NlWriter({ limit: 64 });
    const put = (n: number): number => {
      w.begin(16, NLM_F_MULTI, 1, 0);
      w.putBytes(1, new Uint8Array(n));
      return w.end();
    };
    expect(put(8)).toBe(28);
    expect(put(20)).toBe(-EMSGSIZE);
    expect(w.len).toBe(28);
    expect(put(16)).toBe(36);
    expect(w.len).toBe(64);
    expect(put(0)).toBe(-EMSGSIZE);
    expect(nlmsgForEach(view(w.bytes()), 0, w.len, () => {})).toBe(0);
    w.reset();
    expect(w.bytes().length).toBe(0);
    expect(put(8)).toBe(28);
  });

  it('takes a message back whose attribute or nest is longer than its length field can say', () => {
    const w = new NlWriter();
    w.begin(16, 0, 0, 0);
    w.putBytes(1, new Uint8Array(65531));
    expect(w.end()).toBe(16 + 65536);
    w.begin(16, 0, 0, 0);
    w.putBytes(1, new Uint8Array(65532));
    expect(w.end()).toBe(-EMSGSIZE);
    w.begin(16, 0, 0, 0);
    w.nestStart(1);
    w.putBytes(1, new Uint8Array(40000));
    w.putBytes(1, new Uint8Array(40000));
    w.nestEnd();
    expect(w.end()).toBe(-EMSGSIZE);
    w.begin(16, 0, 0, 0);
    expect(w.end()).toBe(16);
  });

  it('closes, cancels and counts nests', () => {
    const w = new NlWriter();
    w.begin(16, 0, 0, 0);
    expect(w.nestStart(5)).toBe(16);
    w.nestStartNoflag(6);
    w.putU32(1, 1);
    expect(w.nestEnd()).toBe(12);
    w.nestStart(7);
    w.putU32(1, 1);
    w.nestCancel();
    expect(w.nestEnd()).toBe(16);
    expect(w.nestEnd()).toBe(0);
    w.nestCancel();
    w.nestStart(8); // left open: end() closes it
    w.putFlag(1);
    expect(w.end()).toBe(16 + 16 + 8);
    expect(hex(w.bytes().subarray(16))).toBe('10000580' + '0c000600' + '0800010001000000' + '08000880' + '04000100');
  });

  it('gives complete messages only', () => {
    const w = new NlWriter();
    w.begin(16, 0, 0, 0);
    w.end();
    w.begin(17, 0, 0, 0);
    w.putU32(1, 1);
    expect(w.bytes().length).toBe(16);
    const copy = w.bytes();
    w.u8[0] = 0xff;
    expect(copy[0]).toBe(16);
  });
});

describe('walking messages', () => {
  it('reads the header', () => {
    const w = new NlWriter();
    w.begin(0xfff0, 0xf00f, 0xdeadbeef, 0xcafebabe);
    w.end();
    const v = view(w.bytes());
    expect([nlmsgLen(v, 0), nlmsgType(v, 0), nlmsgFlags(v, 0), nlmsgSeq(v, 0), nlmsgPid(v, 0)]).toEqual([16, 0xfff0, 0xf00f, 0xdeadbeef, 0xcafebabe]);
  });

  it('stops at a length that lies', () => {
    for (const len of [0, 15, 17, 0xffffffff]) {
      const v = new DataView(new ArrayBuffer(16));
      v.setUint32(0, len, true);
      expect(nlmsgOk(v, 0, 16), `length ${len}`).toBe(false);
      expect(nlmsgForEach(v, 0, 16, () => expect.unreachable())).toBe(16);
    }
  });

  it('needs no padding behind the last message', () => {
    const v = new DataView(new ArrayBuffer(17));
    v.setUint32(0, 17, true);
    let n = 0;
    expect(nlmsgForEach(v, 0, 17, () => n++)).toBe(0);
    expect(n).toBe(1);
  });
});

describe('attributes in place', () => {
  it('have the sizes of netlink(7)', () => {
    expect([0, 1, 4, 5].map(nlaAlign)).toEqual([0, 4, 4, 8]);
    expect([0, 1, 4, 5].map(nlaAttrSize)).toEqual([4, 5, 8, 9]);
    expect([0, 1, 4, 5].map(nlaTotalSize)).toEqual([4, 8, 8, 12]);
  });

  const sample = (): Uint8Array => {
    const w = new NlWriter();
    w.begin(16, 0, 0, 0);
    w.putU32(IFLA_MTU, 1400);
    w.putBytes(IFLA_ADDRESS, Uint8Array.of(2, 0, 0, 0, 0, 1));
    w.nestStart(IFLA_LINKINFO);
    w.putString(IFLA_INFO_KIND, 'vlan');
    w.nestEnd();
    w.putU32(IFLA_MTU, 1500);
    w.putU32(99, 1);
    w.end();
    return w.bytes();
  };

  it('are found by type: the first, and in a table the last', () => {
    const u8 = sample();
    const v = view(u8);
    expect(nlaGetU32(v, nlaFind(v, 16, u8.length - 16, IFLA_MTU))).toBe(1400);
    expect(nlaFind(v, 16, u8.length - 16, 98)).toBe(0);
    const tb = nlaParse(v, 16, u8.length - 16, IFLA_LINKINFO);
    expect(nlaGetU32(v, tb[IFLA_MTU]!)).toBe(1500);
    expect(tb.length).toBe(IFLA_LINKINFO + 1);
    expect(nlaType(v, tb[IFLA_LINKINFO]!)).toBe(IFLA_LINKINFO);
    expect(nlaFlags(v, tb[IFLA_LINKINFO]!)).toBe(NLA_F_NESTED);
    expect(nlaGetString(v, nlaParseNested(v, tb[IFLA_LINKINFO]!, 5)[IFLA_INFO_KIND]!)).toBe('vlan');
    const inner: number[] = [];
    expect(nlaForEachNested(v, tb[IFLA_LINKINFO]!, (nla) => inner.push(nlaType(v, nla)))).toBe(0);
    expect(inner).toEqual([IFLA_INFO_KIND]);
  });

  it('a table of the caller is cleared and told what is left over', () => {
    const u8 = sample();
    const tb = new Int32Array(5).fill(77);
    expect(nlaParseInto(view(u8), 16, u8.length - 16 - 2, tb)).toBe(6);
    expect([...tb.subarray(0, 4)].filter((x) => x === 77)).toEqual([]);
    expect(nlaGetU32(view(u8), tb[IFLA_MTU]!)).toBe(1500);
  });

  it('end where a length lies', () => {
    const v = new DataView(new ArrayBuffer(12));
    for (const [len, ok] of [[0, false], [3, false], [4, true], [12, true], [13, false]] as const) {
      v.setUint16(0, len, true);
      expect(nlaOk(v, 0, 12), `length ${len}`).toBe(ok);
    }
    expect(nlaOk(v, 0, 3)).toBe(false);
  });

  it('give strings up to the first NUL or the end', () => {
    const w = new NlWriter();
    w.begin(16, 0, 0, 0);
    w.putBytes(1, Uint8Array.from(Buffer.from('ab\0cd')));
    w.putBytes(2, Uint8Array.from(Buffer.from('abc')));
    w.putFlag(3);
    w.end();
    const v = view(w.bytes());
    const tb = nlaParse(v, 16, w.len - 16, 3);
    expect([1, 2, 3].map((t) => nlaGetString(v, tb[t]!))).toEqual(['ab', 'abc', '']);
  });
});

describe('fixed structs', () => {
  const pairs: [string, number, (v: DataView, o: number) => object, (v: DataView, o: number, m: never) => void][] = [
    ['rtgenmsg', uapi.RTGENMSG_LEN, uapi.rtgenmsgRead, uapi.rtgenmsgWrite],
    ['ifinfomsg', uapi.IFINFOMSG_LEN, uapi.ifinfomsgRead, uapi.ifinfomsgWrite],
    ['ifaddrmsg', uapi.IFADDRMSG_LEN, uapi.ifaddrmsgRead, uapi.ifaddrmsgWrite],
    ['rtmsg', uapi.RTMSG_LEN, uapi.rtmsgRead, uapi.rtmsgWrite],
    ['ndmsg', uapi.NDMSG_LEN, uapi.ndmsgRead, uapi.ndmsgWrite],
    ['ndtmsg', uapi.NDTMSG_LEN, uapi.ndtmsgRead, uapi.ndtmsgWrite],
    ['tcmsg', uapi.TCMSG_LEN, uapi.tcmsgRead, uapi.tcmsgWrite],
    ['fib_rule_hdr', uapi.FIB_RULE_HDR_LEN, uapi.fibRuleHdrRead, uapi.fibRuleHdrWrite],
    ['nhmsg', uapi.NHMSG_LEN, uapi.nhmsgRead, uapi.nhmsgWrite],
    ['netconfmsg', uapi.NETCONFMSG_LEN, uapi.netconfmsgRead, uapi.netconfmsgWrite],
    ['if_stats_msg', uapi.IF_STATS_MSG_LEN, uapi.ifStatsMsgRead, uapi.ifStatsMsgWrite],
    ['prefixmsg', uapi.PREFIXMSG_LEN, uapi.prefixmsgRead, uapi.prefixmsgWrite],
    ['rtnexthop', uapi.RTNEXTHOP_LEN, uapi.rtnexthopRead, uapi.rtnexthopWrite],
    ['ifa_cacheinfo', uapi.IFA_CACHEINFO_LEN, uapi.ifaCacheinfoRead, uapi.ifaCacheinfoWrite],
    ['rta_cacheinfo', uapi.RTA_CACHEINFO_LEN, uapi.rtaCacheinfoRead, uapi.rtaCacheinfoWrite],
    ['nda_cacheinfo', uapi.NDA_CACHEINFO_LEN, uapi.ndaCacheinfoRead, uapi.ndaCacheinfoWrite],
    ['nlmsgerr', uapi.NLMSGERR_LEN, uapi.nlmsgerrRead, uapi.nlmsgerrWrite],
    ['genlmsghdr', uapi.GENLMSGHDR_LEN, uapi.genlmsghdrRead, uapi.genlmsghdrWrite],
    ['nfgenmsg', uapi.NFGENMSG_LEN, uapi.nfgenmsgRead, uapi.nfgenmsgWrite],
  ];
  it.each(pairs)('%s: writes what it read, and zeroes what no field owns', (_name, len, read, write) => {
    const u8 = Uint8Array.from({ length: len + 2 }, (_, i) => 0x81 + i);
    const fields = read(view(u8), 1);
    const out = new Uint8Array(len + 2).fill(0xee);
    write(view(out), 1, fields as never);
    expect([out[0], out[len + 1]]).toEqual([0xee, 0xee]);
    for (let i = 1; i <= len; i++) if (out[i] !== 0) expect(out[i]).toBe(u8[i]);
    expect(read(view(out), 1)).toEqual(fields);
    expect(new Set(Object.values(fields)).size).toBe(Object.keys(fields).length); // no two fields share bytes
  });

  it('reads the ifinfomsg that Linux sent', () => {
    const u8 = Uint8Array.from(Buffer.from('00000100040000004310010000000000', 'hex'));
    expect(uapi.ifinfomsgRead(view(u8), 0)).toEqual({ family: 0, type: 1, index: 4, flags: 0x11043, change: 0 });
  });

  it('has 25 link counters', () => {
    expect(uapi.RTNL_LINK_STATS64_FIELDS.length * 8).toBe(uapi.RTNL_LINK_STATS64_LEN);
    expect(new Set(uapi.RTNL_LINK_STATS64_FIELDS).size).toBe(25);
  });
});
