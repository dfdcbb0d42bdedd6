/** Packets through tunnels: what is on the cable, and what comes out. */
import { EAGAIN, EEXIST, EINVAL } from '@linnet/kernel';
import {
  ICMP_DEST_UNREACH, IFLA_GRE_IFLAGS, IFLA_GRE_IKEY, IFLA_GRE_LOCAL, IFLA_GRE_OFLAGS, IFLA_GRE_OKEY, IFLA_GRE_PMTUDISC, IFLA_GRE_REMOTE, IFLA_GRE_TOS, IFLA_GRE_TTL, IFLA_IPTUN_LOCAL,
  IFLA_IPTUN_PMTUDISC, IFLA_IPTUN_PROTO, IFLA_IPTUN_REMOTE, IFLA_IPTUN_TOS, IFLA_IPTUN_TTL, IFLA_VXLAN_AGEING, IFLA_VXLAN_DF, IFLA_VXLAN_GBP, IFLA_VXLAN_GROUP, IFLA_VXLAN_ID, IFLA_VXLAN_LEARNING,
  IFLA_VXLAN_LINK, IFLA_VXLAN_LOCAL, IFLA_VXLAN_PORT, IFLA_VXLAN_PORT_RANGE, IFLA_VXLAN_TOS, IFLA_VXLAN_TTL, IFLA_VXLAN_UDP_CSUM, IP_TOS, type NlWriter, SOL_IP,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type SeenFrame as Seen, watchFrames as watch } from '@linnet/netdev/testing';
import { type Host, ip, Lab } from './lab.ts';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const u16 = (b: Uint8Array, o: number): number => (b[o]! << 8) | b[o + 1]!;
/** Frames on the cable with this IP protocol. */
const ofProto = (seen: Seen[], proto: number): Uint8Array[] => seen.filter((s) => u16(s.bytes, 12) === 0x800 && s.bytes[23] === proto).map((s) => s.bytes);

/** A datagram from `from` to `to`, and what arrives. */
function talk(from: Host, to: Host, addr: string, bytes: Uint8Array, port: number = 7): string | number {
  const s = from.sock(0);
  const d = to.sock(port);
  const n = from.send(s, addr, port, bytes);
  if (n < 0) return n;
  lab.run(50);
  const r = to.recv(d);
  return typeof r === 'number' ? r : new TextDecoder().decode(r.bytes);
}

describe('vxlan', () => {
  const vx = (local: string, remote: string, more: (w: NlWriter) => void = () => undefined) => (w: NlWriter): void => {
    w.putU32(IFLA_VXLAN_ID, 42);
    w.putInAddr(IFLA_VXLAN_LOCAL, ip(local));
    if (remote !== '') w.putInAddr(IFLA_VXLAN_GROUP, ip(remote));
    w.putBe16(IFLA_VXLAN_PORT, 4789);
    more(w);
  };
  function pair(more: (w: NlWriter) => void = () => undefined): void {
    expect(lab.a.link('vx', 'vxlan', vx('10.0.0.1', '10.0.0.2', more))).toBe(0);
    expect(lab.b.link('vx', 'vxlan', vx('10.0.0.2', '10.0.0.1', more))).toBe(0);
    for (const [h, addr] of [[lab.a, '192.168.1.1'], [lab.b, '192.168.1.2']] as const) {
      h.addr('vx', addr);
      h.up('vx');
    }
  }

  test('frames travel in UDP; the header as in RFC 7348', () => {
    pair();
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    expect(talk(lab.a, lab.b, '192.168.1.2', text('hello'))).toBe('hello');
    const last = ofProto(seen.filter((s) => s.out), 17).at(-1)!;
    expect(u16(last, 36)).toBe(4789);
    expect(u16(last, 34)).toBeGreaterThanOrEqual(32768);
    expect([...last.subarray(42, 50)]).toEqual([8, 0, 0, 0, 0, 0, 42, 0]);
    expect(new TextDecoder().decode(last.subarray(50 + 14 + 28))).toBe('hello');
    // The UDP checksum is there.
    expect(u16(last, 40)).not.toBe(0);
    expect(lab.a.dev('vx').stats.txPackets).toBeGreaterThan(0);
    expect(lab.b.dev('vx').stats.rxPackets).toBeGreaterThan(0);
  });

  test('no checksum where none is wanted, and a flow keeps its source port within its range', () => {
    pair((w) => {
      w.putU8(IFLA_VXLAN_UDP_CSUM, 0);
      const o = w.reserveAttr(IFLA_VXLAN_PORT_RANGE, 4);
      w.view.setUint16(o, 1000);
      w.view.setUint16(o + 2, 1010);
    });
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    expect(talk(lab.a, lab.b, '192.168.1.2', text('one'))).toBe('one');
    expect(talk(lab.a, lab.b, '192.168.1.2', text('two'), 8)).toBe('two');
    for (const f of ofProto(seen.filter((s) => s.out), 17)) {
      expect(u16(f, 40)).toBe(0);
      expect(u16(f, 34)).toBeGreaterThanOrEqual(1000);
      expect(u16(f, 34)).toBeLessThan(1010);
    }
  });

  test('learns where an address is, and forgets it again', () => {
    expect(lab.a.link('vx', 'vxlan', vx('10.0.0.1', '10.0.0.2'))).toBe(0);
    // b knows nobody: what it learns is all that it has.
    expect(lab.b.link('vx', 'vxlan', vx('10.0.0.2', '', (w) => w.putU32(IFLA_VXLAN_AGEING, 10)))).toBe(0);
    lab.a.addr('vx', '192.168.1.1');
    lab.b.addr('vx', '192.168.1.2');
    lab.a.up('vx');
    lab.b.up('vx');
    expect(talk(lab.a, lab.b, '192.168.1.2', text('x'))).toBe('x');
    expect(talk(lab.b, lab.a, '192.168.1.1', text('y'), 8)).toBe('y');
    lab.run(60_000);
    const before = lab.b.dev('vx').stats.txDropped;
    // The neighbour is confirmed by a request to everybody, which nobody can be found for.
    talk(lab.b, lab.a, '192.168.1.1', text('z'), 9);
    expect(lab.b.dev('vx').stats.txDropped).toBeGreaterThan(before);
  });

  test('entries of user space; without learning nothing is learned', () => {
    const off = (w: NlWriter): void => w.putU8(IFLA_VXLAN_LEARNING, 0);
    expect(lab.a.link('vx', 'vxlan', vx('10.0.0.1', '', off))).toBe(0);
    expect(lab.b.link('vx', 'vxlan', vx('10.0.0.2', '', off))).toBe(0);
    lab.a.addr('vx', '192.168.1.1');
    lab.b.addr('vx', '192.168.1.2');
    lab.a.up('vx');
    lab.b.up('vx');
    expect(talk(lab.a, lab.b, '192.168.1.2', text('x'))).toBe(-EAGAIN);
    expect(lab.a.fdb('vx', [0, 0, 0, 0, 0, 0], '10.0.0.2')).toBe(0);
    expect(lab.b.fdb('vx', [...lab.a.dev('vx').devAddr.subarray(0, 6)], '10.0.0.1')).toBe(0);
    lab.run(5000);
    expect(talk(lab.a, lab.b, '192.168.1.2', text('x'), 8)).toBe('x');
  });

  test('floods to a group', () => {
    const group = (h: Host): number => h.link('vx', 'vxlan', (w) => {
      w.putU32(IFLA_VXLAN_ID, 7);
      w.putInAddr(IFLA_VXLAN_GROUP, ip('239.1.1.1'));
      w.putU32(IFLA_VXLAN_LINK, h.dev('eth0').ifindex);
      w.putBe16(IFLA_VXLAN_PORT, 4789);
    });
    expect(group(lab.a)).toBe(0);
    expect(group(lab.b)).toBe(0);
    lab.a.addr('vx', '192.168.1.1');
    lab.b.addr('vx', '192.168.1.2');
    lab.a.up('vx');
    lab.b.up('vx');
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    expect(talk(lab.a, lab.b, '192.168.1.2', text('all'))).toBe('all');
    const groups = ofProto(seen.filter((s) => s.out), 17).filter((f) => f[30] === 239);
    expect(groups.length).toBeGreaterThan(0);
    expect([...groups[0]!.subarray(0, 6)]).toEqual([1, 0, 0x5e, 1, 1, 1]);
    // A TTL of its own: not beyond the link.
    expect(groups[0]![22]).toBe(1);
  });

  test('TTL, TOS and DF', () => {
    pair((w) => {
      w.putU8(IFLA_VXLAN_TTL, 9);
      w.putU8(IFLA_VXLAN_TOS, 1);
      w.putU8(IFLA_VXLAN_DF, 1);
    });
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    const s = lab.a.sock(0);
    const d = lab.b.sock(7);
    expect(s.ops.setsockopt(s, SOL_IP, IP_TOS, new Uint8Array([0xb8, 0, 0, 0]))).toBe(0);
    lab.a.send(s, '192.168.1.2', 7, text('q'));
    lab.run();
    expect(lab.b.recv(d)).not.toBe(-EAGAIN);
    const f = ofProto(seen.filter((x) => x.out), 17).at(-1)!;
    expect([f[15], f[22], f[20]! & 0x40]).toEqual([0xb8, 9, 0x40]);
  });

  test('the policy of a group travels in the header', () => {
    pair((w) => w.putFlag(IFLA_VXLAN_GBP));
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    const s = lab.a.sock(0);
    lab.b.sock(7);
    expect(talk(lab.a, lab.b, '192.168.1.2', text('arp'), 9)).toBe('arp');
    s.sk!.mark = 0x1234;
    lab.a.send(s, '192.168.1.2', 7, text('m'));
    lab.run();
    const f = ofProto(seen.filter((x) => x.out), 17).at(-1)!;
    expect([...f.subarray(42, 50)]).toEqual([0x88, 0, 0x12, 0x34, 0, 0, 42, 0]);
  });

  test('another VNI, a broken header, and a short packet come out nowhere', () => {
    pair();
    expect(talk(lab.a, lab.b, '192.168.1.2', text('1'))).toBe('1');
    const before = lab.b.dev('vx').stats.rxPackets;
    const raw = lab.a.sock(0);
    for (const bytes of [[8, 0, 0, 0, 0, 0, 43, 0], [0, 0, 0, 0, 0, 0, 42, 0], [8, 0, 0, 0, 0, 0, 42], [8, 0, 0, 0, 0, 0, 42, 0, 1, 2, 3], [0x0c, 0, 0, 0, 0, 0, 42, 0, ...new Uint8Array(60)], []]) {
      lab.a.send(raw, '10.0.0.2', 4789, new Uint8Array(bytes));
    }
    lab.run();
    expect(lab.b.dev('vx').stats.rxPackets).toBe(before);
  });

  test('what is too long is cut before it goes in; a datagram of many fragments comes out whole', () => {
    pair();
    expect(lab.a.dev('vx').mtu).toBe(1500);
    const big = 'x'.repeat(20_000);
    expect(talk(lab.a, lab.b, '192.168.1.2', text('arp'), 9)).toBe('arp');
    expect(talk(lab.a, lab.b, '192.168.1.2', text(big))).toBe(big);
  });

  test('two devices of one machine hand frames to each other', () => {
    expect(lab.a.link('v1', 'vxlan', (w) => {
      w.putU32(IFLA_VXLAN_ID, 1);
      w.putInAddr(IFLA_VXLAN_GROUP, ip('10.0.0.1'));
      w.putBe16(IFLA_VXLAN_PORT, 4789);
    })).toBe(0);
    lab.a.addr('v1', '192.168.1.1');
    lab.a.up('v1');
    const seen = watch(lab.k, lab.a.dev('v1'));
    lab.b.sock(7);
    lab.a.send(lab.a.sock(0), '192.168.1.9', 7, text('who'));
    lab.run();
    // Its own request comes back to it.
    expect(seen.length).toBeGreaterThan(0);
  });

  test('a link that goes takes its devices along', () => {
    expect(lab.a.link('vx', 'vxlan', (w) => {
      w.putU32(IFLA_VXLAN_ID, 7);
      w.putU32(IFLA_VXLAN_LINK, lab.a.dev('eth0').ifindex);
      w.putInAddr(IFLA_VXLAN_GROUP, ip('239.1.1.1'));
    })).toBe(0);
    lab.a.up('vx');
    lab.a.del('eth0');
    expect(() => lab.a.dev('vx')).toThrow();
  });
});

interface Kind {
  readonly kind: string;
  readonly proto: number;
  /** Bytes between the IP header and the packet. */
  readonly hlen: number;
  make(h: Host, local: string, remote: string): number;
}
const greData = (local: string, remote: string, flags: number, key: number, more: (w: NlWriter) => void = () => undefined) => (w: NlWriter): void => {
  w.putInAddr(IFLA_GRE_LOCAL, ip(local));
  w.putInAddr(IFLA_GRE_REMOTE, ip(remote));
  w.putBe16(IFLA_GRE_IFLAGS, flags);
  w.putBe16(IFLA_GRE_OFLAGS, flags);
  w.putBe32(IFLA_GRE_IKEY, key);
  w.putBe32(IFLA_GRE_OKEY, key);
  more(w);
};
const ipData = (local: string, remote: string, more: (w: NlWriter) => void = () => undefined) => (w: NlWriter): void => {
  w.putInAddr(IFLA_IPTUN_LOCAL, ip(local));
  w.putInAddr(IFLA_IPTUN_REMOTE, ip(remote));
  more(w);
};
const KINDS: readonly Kind[] = [
  { kind: 'ipip', proto: 4, hlen: 0, make: (h, l, r) => h.link('t', 'ipip', ipData(l, r)) },
  { kind: 'sit (any)', proto: 4, hlen: 0, make: (h, l, r) => h.link('t', 'sit', ipData(l, r, (w) => w.putU8(IFLA_IPTUN_PROTO, 0))) },
  { kind: 'gre', proto: 47, hlen: 4, make: (h, l, r) => h.link('t', 'gre', greData(l, r, 0, 0)) },
  { kind: 'gre with key', proto: 47, hlen: 8, make: (h, l, r) => h.link('t', 'gre', greData(l, r, 0x2000, 77)) },
  { kind: 'gre with key, checksum and numbers', proto: 47, hlen: 16, make: (h, l, r) => h.link('t', 'gre', greData(l, r, 0xb000, 77)) },
  { kind: 'gretap', proto: 47, hlen: 4, make: (h, l, r) => h.link('t', 'gretap', greData(l, r, 0, 0)) },
];

describe.each(KINDS)('$kind', ({ kind, proto, hlen, make }) => {
  const tap = kind === 'gretap';
  beforeEach(() => {
    expect(make(lab.a, '10.0.0.1', '10.0.0.2')).toBe(0);
    expect(make(lab.b, '10.0.0.2', '10.0.0.1')).toBe(0);
    lab.a.addr('t', '172.16.0.1');
    lab.b.addr('t', '172.16.0.2');
    lab.a.up('t');
    lab.b.up('t');
  });

  test('carries packets both ways', () => {
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    expect(talk(lab.a, lab.b, '172.16.0.2', text('there'))).toBe('there');
    expect(talk(lab.b, lab.a, '172.16.0.1', text('back'), 8)).toBe('back');
    const out = ofProto(seen.filter((s) => s.out), proto).at(-1)!;
    expect(out.length).toBeGreaterThanOrEqual(14 + 20 + hlen + (tap ? 14 : 0) + 28);
    if (proto === 47) expect(u16(out, 36)).toBe(tap ? 0x6558 : 0x800);
    expect(lab.a.dev('t').mtu).toBe(1500 - 20 - hlen - (tap ? 14 : 0));
    expect(lab.a.dev('t').stats.rxErrors).toBe(0);
    // The inner packet's TTL, if none of its own was asked for; DF by default.
    expect([out[22], out[20]! & 0x40]).toEqual([64, 0x40]);
  });

  test('a large datagram comes out whole', () => {
    const big = 'y'.repeat(30_000);
    if (tap) expect(talk(lab.a, lab.b, '172.16.0.2', text('arp'), 9)).toBe('arp');
    expect(talk(lab.a, lab.b, '172.16.0.2', text(big))).toBe(big);
  });

  test('a packet that is of no tunnel is answered: unreachable', () => {
    lab.b.down('t');
    const seen = watch(lab.k, lab.a.dev('eth0'));
    talk(lab.a, lab.b, '172.16.0.2', text('lost'));
    const icmp = ofProto(seen, 1).at(-1);
    expect([icmp?.[34], icmp?.[35]]).toEqual([ICMP_DEST_UNREACH, 3]);
  });

  test('the same tunnel twice is refused; it goes and comes again', () => {
    expect(make(lab.a, '10.0.0.1', '10.0.0.2')).toBe(-EEXIST);
    lab.a.del('t');
    expect(make(lab.a, '10.0.0.1', '10.0.0.2')).toBe(0);
  });

  test('ECN goes in and comes out (RFC 6040)', () => {
    if (tap) expect(talk(lab.a, lab.b, '172.16.0.2', text('arp'), 9)).toBe('arp');
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    const s = lab.a.sock(0);
    const d = lab.b.sock(7);
    expect(s.ops.setsockopt(s, SOL_IP, IP_TOS, new Uint8Array([3, 0, 0, 0]))).toBe(0);
    lab.a.send(s, '172.16.0.2', 7, text('ce'));
    lab.run();
    expect(lab.b.recv(d)).not.toBe(-EAGAIN);
    // CE stays inside.
    expect(ofProto(seen.filter((x) => x.out), proto).at(-1)![15]).toBe(2);
  });
});

describe('gre', () => {
  test('another key is another tunnel', () => {
    expect(lab.a.link('t', 'gre', greData('10.0.0.1', '10.0.0.2', 0x2000, 1))).toBe(0);
    expect(lab.b.link('t', 'gre', greData('10.0.0.2', '10.0.0.1', 0x2000, 2))).toBe(0);
    expect(lab.b.link('u', 'gre', greData('10.0.0.2', '10.0.0.1', 0x2000, 1))).toBe(0);
    lab.a.addr('t', '172.16.0.1');
    lab.b.addr('u', '172.16.0.2');
    for (const d of ['t', 'u']) lab.b.up(d);
    lab.a.up('t');
    expect(talk(lab.a, lab.b, '172.16.0.2', text('k'))).toBe('k');
    expect([lab.b.dev('t').stats.rxPackets, lab.b.dev('u').stats.rxPackets]).toEqual([0, 1]);
  });

  test('a checksum that one end only has, and numbers that go back, are errors', () => {
    expect(lab.a.link('t', 'gre', greData('10.0.0.1', '10.0.0.2', 0x1000, 0))).toBe(0);
    expect(lab.b.link('t', 'gre', greData('10.0.0.2', '10.0.0.1', 0x9000, 0))).toBe(0);
    lab.a.addr('t', '172.16.0.1');
    lab.b.addr('t', '172.16.0.2');
    lab.a.up('t');
    lab.b.up('t');
    expect(talk(lab.a, lab.b, '172.16.0.2', text('k'))).toBe(-EAGAIN);
    expect(lab.b.dev('t').stats.rxCrcErrors).toBe(1);
    expect(lab.b.change('t', 'gre', greData('10.0.0.2', '10.0.0.1', 0x1000, 0))).toBe(0);
    expect(talk(lab.a, lab.b, '172.16.0.2', text('k'), 8)).toBe('k');
    // The sender starts anew: its numbers are old ones.
    lab.a.del('t');
    expect(lab.a.link('t', 'gre', greData('10.0.0.1', '10.0.0.2', 0x1000, 0))).toBe(0);
    lab.a.addr('t', '172.16.0.1');
    lab.a.up('t');
    expect(talk(lab.a, lab.b, '172.16.0.2', text('old'), 9)).toBe(-EAGAIN);
    expect(lab.b.dev('t').stats.rxFifoErrors).toBe(1);
  });

  test('TTL and TOS; path MTU discovery off', () => {
    const data = greData('10.0.0.1', '10.0.0.2', 0, 0, (w) => {
      w.putU8(IFLA_GRE_TTL, 33);
      w.putU8(IFLA_GRE_TOS, 0x20);
      w.putU8(IFLA_GRE_PMTUDISC, 0);
    });
    expect(lab.a.link('t', 'gre', data)).toBe(0);
    lab.a.addr('t', '172.16.0.1');
    lab.a.up('t');
    const seen = watch(lab.k, lab.a.dev('eth0'), true);
    lab.a.send(lab.a.sock(0), '172.16.0.2', 9, text('t'));
    lab.run();
    const f = ofProto(seen, 47)[0]!;
    expect([f[22], f[15]! & 0xfc]).toEqual([33, 0x20]);
  });

  test('routing headers and later versions are refused, on the wire too', () => {
    expect(lab.a.link('t', 'gre', greData('10.0.0.1', '10.0.0.2', 0x4000, 0))).toBe(-EINVAL);
    expect(lab.a.link('t', 'gre', greData('10.0.0.1', '10.0.0.2', 1, 0))).toBe(-EINVAL);
    expect(lab.a.link('t', 'gre', greData('0.0.0.0', '239.1.1.1', 0, 0))).toBe(-EINVAL);
    expect(lab.a.link('t', 'gretap', greData('10.0.0.1', '0.0.0.0', 0, 0))).toBe(-EINVAL);
  });
});

describe('ipip', () => {
  test('a path that takes less: the sender hears of it', () => {
    expect(lab.a.link('t', 'ipip', ipData('10.0.0.1', '10.0.0.2'))).toBe(0);
    lab.a.addr('t', '172.16.0.1');
    lab.a.up('t');
    expect(lab.a.mtu('eth0', 1000)).toBe(0);
    const s = lab.a.sock(0);
    // IP_MTU_DISCOVER, IP_PMTUDISC_DO: the datagram may not be cut, and the tunnel tells its sender 980.
    expect(s.ops.setsockopt(s, SOL_IP, 10, new Uint8Array([2, 0, 0, 0]))).toBe(0);
    lab.a.send(s, '172.16.0.2', 9, new Uint8Array(1200));
    lab.run();
    expect(lab.a.dev('t').stats.txErrors).toBe(1);
    expect(lab.a.send(s, '172.16.0.2', 9, new Uint8Array(1200))).toBeLessThan(0);
    lab.run();
    expect(lab.a.send(s, '172.16.0.2', 9, new Uint8Array(900))).toBe(900);
  });

  test('a tunnel to anybody sends to the gateway of the route', () => {
    expect(lab.a.link('t', 'ipip', (w) => {
      w.putInAddr(IFLA_IPTUN_LOCAL, ip('10.0.0.1'));
      w.putU8(IFLA_IPTUN_TTL, 5);
      w.putU8(IFLA_IPTUN_TOS, 1);
      w.putU8(IFLA_IPTUN_PMTUDISC, 1);
    })).toBe(0);
    lab.a.addr('t', '10.0.0.77', 32);
    lab.a.up('t');
    expect(lab.a.change('t', 'ipip', ipData('10.0.0.1', '10.0.0.2'))).toBe(-EINVAL);
    expect(lab.a.change('t', 'ipip', (w) => w.putInAddr(IFLA_IPTUN_LOCAL, ip('10.0.0.1')))).toBe(0);
  });

  test('what it cannot carry is refused', () => {
    expect(lab.a.link('t', 'ipip', ipData('10.0.0.1', '10.0.0.2', (w) => w.putU8(IFLA_IPTUN_PROTO, 41)))).toBe(-EINVAL);
    expect(lab.a.link('t', 'sit', ipData('10.0.0.1', '10.0.0.2', (w) => w.putU8(IFLA_IPTUN_PROTO, 47)))).toBe(-EINVAL);
  });

  test('without a tunnel the protocol is unknown, as on a machine that never had one', () => {
    expect(lab.b.link('x', 'gre', greData('10.0.0.2', '10.0.0.9', 0, 0))).toBe(0);
    expect(lab.a.link('t', 'ipip', ipData('10.0.0.1', '10.0.0.2'))).toBe(0);
    lab.a.addr('t', '172.16.0.1');
    lab.a.up('t');
    const seen = watch(lab.k, lab.a.dev('eth0'));
    lab.a.send(lab.a.sock(0), '172.16.0.2', 9, text('?'));
    lab.run();
    expect(ofProto(seen, 1).length).toBe(1);
  });
});
