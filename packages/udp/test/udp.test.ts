import {
  EACCES, EADDRINUSE, EAFNOSUPPORT, EAGAIN, ECONNREFUSED, EDESTADDRREQ, EHOSTUNREACH, EINVAL, EMSGSIZE, ENETUNREACH, ENOENT, EOPNOTSUPP, EPIPE,
} from '@linnet/kernel';
import { SKB as SKB_KEY } from '@linnet/skbuff';
import { SEND_SHUTDOWN, SOCK_BROADCAST, sockSetFlag } from '@linnet/socket';
import {
  AF_INET, AF_INET6, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_PORT_UNREACH, ICMP_TIME_EXCEEDED, MSG_CONFIRM, MSG_MORE, MSG_OOB, MSG_PEEK, MSG_PROBE, MSG_TRUNC, SOL_UDP, UDP_CORK, UDP_SEGMENT,
} from '@linnet/uapi';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BROADCAST, FakeAf, GROUP, ip, ME, PEER, recvText, sendText, udpSum } from './fake-af.ts';

let f: FakeAf;
beforeEach(() => {
  f = new FakeAf();
});
afterEach(() => f.finish());

const to = { addr: PEER, port: 53 };
const text = (b: Uint8Array): string => String.fromCharCode(...b.subarray(8));
const int = (n: number): Uint8Array => new Uint8Array([n & 255, n >> 8, 0, 0]);

describe('sending', () => {
  it('writes ports, length and checksum', () => {
    const sk = f.socket(4000);
    expect(sendText(sk, 'hello', to)).toBe(5);
    const { bytes } = f.sent[0]!;
    const v = new DataView(bytes.buffer, bytes.byteOffset);
    expect([v.getUint16(0), v.getUint16(2), v.getUint16(4)]).toEqual([4000, 53, 13]);
    const sum = v.getUint16(6);
    v.setUint16(6, 0);
    expect(sum).toBe(udpSum(bytes, ME, PEER));
    expect(f.mib).toEqual({ OutDatagrams: 1 });
  });

  it('MSG_CONFIRM says that the peer answers, also of a datagram that is only tried', () => {
    const sk = f.socket(4000);
    sendText(sk, 'a', to);
    expect(f.confirmed).toEqual([]);
    sendText(sk, 'b', to, MSG_CONFIRM);
    sendText(sk, '', to, MSG_CONFIRM | MSG_PROBE);
    expect(f.confirmed).toEqual([PEER, PEER]);
    expect(f.sent.length).toBe(2);
  });

  it('chooses its port within IP_LOCAL_PORT_RANGE', () => {
    const localPortRange = (40001 << 16) | 40000;
    const ports = [1, 2].map(() => f.socket(0, { localPortRange }).num);
    expect(ports.sort()).toEqual([40000, 40001]);
    const sk = f.socket(undefined, { localPortRange });
    expect(sk.prot.getPort!(sk, 0)).toBe(-EADDRINUSE);
    expect(sk.prot.getPort!(sk, 40002)).toBe(0);
  });

  it('sends no checksum when SO_NO_CHECK says so', () => {
    const sk = f.socket(4000, { noCheckTx: true });
    sendText(sk, 'hello', to);
    expect([f.sent[0]!.bytes[6], f.sent[0]!.bytes[7]]).toEqual([0, 0]);
  });

  it('answers wrong arguments as Linux does', () => {
    const sk = f.socket(4000);
    expect(sendText(sk, 'x', null)).toBe(-EDESTADDRREQ);
    expect(sendText(sk, 'x', { addr: PEER, port: 0 })).toBe(-EINVAL);
    expect(sendText(sk, 'x', { ...to, family: AF_INET6 } as never)).toBe(-EAFNOSUPPORT);
    expect(sendText(sk, 'x', to, MSG_OOB)).toBe(-EOPNOTSUPP);
    expect(sendText(sk, 'x'.repeat(65536), to)).toBe(-EMSGSIZE);
    expect(sendText(sk, 'x', { addr: BROADCAST, port: 9 })).toBe(-EACCES);
    sockSetFlag(sk, SOCK_BROADCAST, true);
    expect(sendText(sk, 'x', { addr: BROADCAST, port: 9 })).toBe(1);
    f.noRoute = -ENETUNREACH;
    expect(sendText(sk, 'x', to)).toBe(-ENETUNREACH);
    f.noRoute = 0;
    sk.sndbuf = 10;
    sk.wmemAlloc = 20;
    expect(sendText(sk, 'x', to)).toBe(-EAGAIN);
    sk.wmemAlloc = 0;
    sk.shutdown = SEND_SHUTDOWN;
    expect(sendText(sk, 'x', to)).toBe(-EPIPE);
  });

  it('joins what MSG_MORE and UDP_CORK hold back into one datagram', () => {
    const sk = f.socket(4000);
    expect(sendText(sk, 'one ', to, MSG_MORE)).toBe(4);
    expect(sendText(sk, 'two', to)).toBe(3);
    expect(f.sent.map((s) => text(s.bytes))).toEqual(['one two']);
    sk.prot.setsockopt(sk, SOL_UDP, UDP_CORK, int(1));
    sendText(sk, 'a', to);
    sendText(sk, 'b', to);
    expect(f.sent.length).toBe(1);
    f.k.run(() => sk.prot.setsockopt(sk, SOL_UDP, UDP_CORK, int(0)));
    expect(text(f.sent[1]!.bytes)).toBe('ab');
  });

  it('leaves a message of many datagrams to segmentation', () => {
    const sk = f.socket(4000);
    expect(sk.prot.setsockopt(sk, SOL_UDP, UDP_SEGMENT, int(100))).toBe(0);
    expect(sendText(sk, 'x'.repeat(250), to)).toBe(250);
    expect(f.sent[0]!.gsoSize).toBe(100);
    expect(sendText(sk, 'x'.repeat(80), to)).toBe(80);
    expect(f.sent[1]!.gsoSize).toBe(0);
    // As Linux 6.18 answers: 128 datagrams at most, and each needs a checksum.
    expect(sendText(sk, 'x'.repeat(12_800), to)).toBe(12_800);
    expect(sendText(sk, 'x'.repeat(12_801), to)).toBe(-EINVAL);
    sk.noCheckTx = true;
    expect(sendText(sk, 'x'.repeat(80), to)).toBe(-EINVAL);
  });

  it('refuses datagrams of a message that do not fit the path', () => {
    const sk = f.socket(4000);
    f.mtu = 1500;
    sk.prot.setsockopt(sk, SOL_UDP, UDP_SEGMENT, int(1472));
    expect(sendText(sk, 'x'.repeat(5000), to)).toBe(5000);
    sk.prot.setsockopt(sk, SOL_UDP, UDP_SEGMENT, int(1473));
    expect(sendText(sk, 'x'.repeat(5000), to)).toBe(-EMSGSIZE);
    expect(sendText(sk, 'x'.repeat(1000), to)).toBe(1000);
  });

  it('forgets what it held back when more does not fit, and sends the next message where it belongs', () => {
    const sk = f.socket(4000);
    expect(sendText(sk, 'x'.repeat(65_530), to, MSG_MORE)).toBe(-EMSGSIZE);
    expect(sendText(sk, 'x'.repeat(60_000), to, MSG_MORE)).toBe(60_000);
    expect(sendText(sk, 'x'.repeat(6000), to, MSG_MORE)).toBe(-EMSGSIZE);
    expect(sendText(sk, 'hi', { addr: PEER, port: 99 })).toBe(2);
    expect(f.sent.map((s) => [new DataView(s.bytes.buffer).getUint16(2), text(s.bytes)])).toEqual([[99, 'hi']]);
  });
});

describe('receiving', () => {
  it('gives the payload, the sender, and says when it was cut', () => {
    const sk = f.socket(53);
    f.deliver({ sport: 999, dport: 53 });
    f.deliver({ sport: 999, dport: 53, payload: 'longer than that' });
    expect(recvText(sk, 100, MSG_PEEK).text).toBe('hello');
    expect(recvText(sk)).toEqual({ rc: 5, text: 'hello', from: { family: AF_INET, addr: PEER, port: 999 }, flags: 0 });
    expect(recvText(sk, 6, MSG_TRUNC)).toMatchObject({ rc: 16, flags: MSG_TRUNC });
    expect(recvText(sk).rc).toBe(-EAGAIN);
    expect(f.mib).toEqual({ InDatagrams: 2 });
  });

  it('drops what is malformed, by name', () => {
    f.socket(53);
    f.deliver({ sport: 1, dport: 53, csum: 'bad' });
    f.deliver({ sport: 1, dport: 53, len: 7 });
    f.deliver({ sport: 1, dport: 53, len: 14 });
    f.deliver({ sport: 1, dport: 53, cut: 6 });
    f.deliver({ sport: 1, dport: 54 });
    expect(f.k.get(SKB_KEY).dropCounts()).toEqual({ UDP_CSUM: 1, PKT_TOO_SMALL: 3, NO_SOCKET: 1 });
    expect(f.mib).toEqual({ InErrors: 4, InCsumErrors: 1, NoPorts: 1 });
    expect(f.portUnreach.length).toBe(1);
  });

  it('takes a datagram without a checksum, and only the bytes that the length names', () => {
    const sk = f.socket(53);
    f.deliver({ sport: 1, dport: 53, csum: 'none', payload: 'hello trailing', len: 13 });
    expect(recvText(sk).text).toBe('hello');
  });

  it('early demux finds a connected socket by its whole four-tuple, and only that', () => {
    const any = f.socket(53, { reuse: true });
    const sk = f.socket(53, { rcvSaddr: ME, daddr: PEER, dport: 999, state: 1, reuse: true, saddr: ME });
    f.deliver({ sport: 999, dport: 53, payload: 'mine', early: true });
    f.deliver({ sport: 998, dport: 53, payload: 'other', early: true });
    f.deliver({ sport: 999, dport: 53, daddr: BROADCAST, payload: 'all', early: true });
    expect(f.earlySocks).toEqual([sk, null, null]);
    expect(recvText(sk).text).toBe('mine');
    expect([recvText(any).text, recvText(any).text]).toEqual(['other', 'all']);
    // What it found is checked as anything else.
    f.deliver({ sport: 999, dport: 53, csum: 'bad', early: true });
    expect(recvText(sk).rc).toBe(-EAGAIN);
    expect(f.k.get(SKB_KEY).dropCounts()).toEqual({ UDP_CSUM: 1 });
    expect(f.net.sysctl.write('net/ipv4/udp_early_demux', '0')).toBe(0);
    f.deliver({ sport: 999, dport: 53, payload: 'late', early: true });
    expect(f.earlySocks.at(-1)).toBeNull();
    expect(recvText(sk).text).toBe('late');
  });

  it('prefers the socket that fits most closely', () => {
    const any = f.socket(53, { reuse: true });
    const addr = f.socket(53, { rcvSaddr: ME, reuse: true });
    const conn = f.socket(53, { rcvSaddr: ME, daddr: PEER, dport: 7, reuse: true });
    f.deliver({ sport: 7, dport: 53, payload: 'conn' });
    f.deliver({ sport: 8, dport: 53, payload: 'addr' });
    f.deliver({ sport: 8, daddr: ip('10.0.0.9'), dport: 53, payload: 'any' });
    expect([recvText(conn).text, recvText(addr).text, recvText(any).text]).toEqual(['conn', 'addr', 'any']);
  });

  it('gives a multicast to every socket, and a flow always to the same of a group', () => {
    const socks = [1, 2, 3].map(() => f.socket(53, { reuseport: true }));
    f.deliver({ sport: 7, dport: 53, daddr: GROUP });
    expect(socks.map((s) => recvText(s).text)).toEqual(['hello', 'hello', 'hello']);
    const hits = new Set<number>();
    for (let sport = 1; sport < 60; sport++) {
      f.deliver({ sport, dport: 53 });
      f.deliver({ sport, dport: 53 });
      const got = socks.map((s) => [recvText(s).rc, recvText(s).rc].filter((rc) => rc === 5).length);
      expect([...got].sort()).toEqual([0, 0, 2]);
      hits.add(got.indexOf(2));
    }
    expect(hits.size).toBe(3);
  });

  it('takes a message of many datagrams apart', () => {
    const sk = f.socket(53);
    f.deliver({ sport: 7, dport: 53, payload: 'abcdefghij'.repeat(25), gsoSize: 100 });
    expect([0, 1, 2].map(() => recvText(sk, 200).text)).toEqual(['abcdefghij'.repeat(10), 'abcdefghij'.repeat(10), 'abcdefghij'.repeat(5)]);
    f.deliver({ sport: 7, dport: 53, payload: 'small', gsoSize: 100 });
    expect(recvText(sk).text).toBe('small');
    expect(recvText(sk).rc).toBe(-EAGAIN);
    expect(f.mib).toEqual({ InDatagrams: 4 });
  });

  it('drops what does not fit the receive buffer', () => {
    const sk = f.socket(53);
    sk.rcvbuf = 2500;
    for (let i = 0; i < 20; i++) f.deliver({ sport: 1, dport: 53 });
    expect(f.mib['RcvbufErrors']).toBe(20 - f.mib['InDatagrams']!);
    expect(f.mib['RcvbufErrors']).toBeGreaterThan(0);
    expect(sk.drops).toBe(f.mib['RcvbufErrors']);
    while (recvText(sk).rc > 0);
    expect(sk.rmemAlloc).toBe(0);
  });
});

describe('connections and ports', () => {
  it('sends to and hears only its peer', () => {
    const sk = f.socket(4000);
    expect(f.k.run(() => sk.prot.connect(sk, { family: AF_INET, ...to } as never))).toBe(0);
    expect([sk.saddr, sk.daddr, sk.dport]).toEqual([ME, PEER, 53]);
    expect(sendText(sk, 'x', null)).toBe(1);
    f.deliver({ sport: 54, dport: 4000 });
    expect(recvText(sk).rc).toBe(-EAGAIN);
    f.deliver({ sport: 53, dport: 4000 });
    expect(recvText(sk).text).toBe('hello');
    expect(f.k.run(() => sk.prot.disconnect(sk, 0))).toBe(0);
    expect(sendText(sk, 'x', null)).toBe(-EDESTADDRREQ);
    expect([sk.num, sk.sport]).toEqual([0, 0]);
  });

  it('chooses among the ports of others that let it, when no port is free (as Linux 6.18)', () => {
    f.net.sysctl.write('net/ipv4/ip_local_port_range', '5000 5001');
    const nums = Array.from({ length: 8 }, () => f.socket(0, { reuse: true }).num);
    expect(new Set(nums)).toEqual(new Set([5000, 5001]));
    const sk = f.socket();
    expect(sk.prot.getPort!(sk, 0)).toBe(-EADDRINUSE);
  });

  it('does not share a port without leave', () => {
    f.socket(53);
    const sk = f.socket();
    expect(sk.prot.getPort!(sk, 53)).toBe(-EADDRINUSE);
    expect(sk.prot.getPort!(sk, 0)).toBe(0);
    expect(sk.num).toBeGreaterThanOrEqual(32768);
  });

  it('hears of a port that nobody listens on when connected, or with IP_RECVERR', () => {
    const sk = f.socket(4000);
    expect(f.icmp(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 4000, 53)).toBe(0);
    expect(recvText(sk).rc).toBe(-EAGAIN);
    f.k.run(() => sk.prot.connect(sk, { family: AF_INET, ...to } as never));
    f.icmp(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 4000, 53);
    expect(recvText(sk).rc).toBe(-ECONNREFUSED);
    expect(recvText(sk).rc).toBe(-EAGAIN);
    f.icmp(ICMP_TIME_EXCEEDED, 0, 4000, 53);
    expect(recvText(sk).rc).toBe(-EAGAIN);
    sk.recverr = true;
    f.icmp(ICMP_TIME_EXCEEDED, 0, 4000, 53);
    f.icmp(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 4000, 53, 1400);
    expect(f.icmpErrors).toEqual([{ err: EHOSTUNREACH, port: 53 }, { err: EMSGSIZE, port: 53 }]);
    expect(recvText(sk).rc).toBe(-EMSGSIZE);
    expect(f.icmp(ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 4999, 53)).toBe(-ENOENT);
  });

  it('gives everything back on close', () => {
    const sk = f.socket(53);
    f.deliver({ sport: 1, dport: 53 });
    sendText(sk, 'held', to, MSG_MORE);
    f.k.run(() => sk.prot.close(sk, 0));
    expect(sk.rmemAlloc).toBe(0);
    f.deliver({ sport: 1, dport: 53 });
    expect(f.mib['NoPorts']).toBe(1);
  });

  it('shows itself in /proc/net/udp and /proc/net/snmp', () => {
    f.socket(53, { rcvSaddr: ME });
    f.deliver({ sport: 1, dport: 53 });
    const [head, line] = f.net.proc.read('net/udp')!.split('\n');
    expect(head).toContain('local_address rem_address');
    expect(line!.trim().split(/\s+/).slice(0, 4)).toEqual(['0:', '0100000A:0035', '00000000:0000', '07']);
    expect(f.net.proc.read('net/snmp')).toMatch(/^Udp: InDatagrams .*\nUdp: 1 /m);
  });
});

it('survives any datagram', () => {
  f.socket(53);
  fc.assert(fc.property(fc.nat(65535), fc.nat(65535), fc.nat(65535), fc.nat(40), fc.string({ maxLength: 30 }), (sport, dport, len, cut, payload) => {
    f.deliver({ sport, dport: dport % 3 === 0 ? 53 : dport, len, payload, ...(cut < 8 + payload.length ? { cut } : {}) });
  }), { seed: 5, numRuns: 500 });
});
