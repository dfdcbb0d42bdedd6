// unix_diag and packet_diag. The expected bytes are what Linux 6.18 said of the same sockets, with other inode numbers (conformance/socket/diag.test.ts asks it anew).
import { createKernel, EINVAL, ENOENT, EOPNOTSUPP, ESTALE, type Kernel, VirtualClock } from '@linnet/kernel';
import { skbStats } from '@linnet/skbuff';
import { MsgHdr, sockCreate, type Socket, sockGenCookie, sockRelease, sockSetsockopt } from '@linnet/socket';
import {
  AF_PACKET, AF_UNIX, NETLINK_SOCK_DIAG, NLM_F_DUMP, NLMSG_DONE, NLMSG_ERROR, PACKET_ADD_MEMBERSHIP, PACKET_AUXDATA, PACKET_FANOUT, SO_ATTACH_FILTER, SOCK_DESTROY, SOCK_DGRAM, SOCK_DIAG_BY_FAMILY, SOCK_RAW,
  SOCK_STREAM, type SockAddr, SOL_PACKET,
} from '@linnet/uapi';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { netlink, packetDiag, unixDiag } from '../src/index.ts';
import { Client } from './helpers.ts';

let k: Kernel;
let client: Client;
beforeEach(() => {
  k = createKernel({ modules: [unixDiag, packetDiag], clock: new VirtualClock(), seed: 1, debug: true });
  client = new Client(k.initNet, { protocol: NETLINK_SOCK_DIAG });
});
afterEach(() => {
  client.close();
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
});

const hex = (u8: Uint8Array): string => Array.from(u8, (b) => b.toString(16).padStart(2, '0')).join('');
const le = (n: number): string => hex(new Uint8Array(Uint32Array.of(n).buffer));
const unhex = (s: string): Uint8Array => Uint8Array.from(s.replaceAll(' ', '').match(/../g)!, (b) => Number.parseInt(b, 16));
function open(family: number, type: number): Socket {
  const s = k.run(() => sockCreate(k.initNet, family, type, 0));
  if (typeof s === 'number') throw new Error(`socket: ${s}`);
  return s;
}
const run = (fn: () => number): void => expect(k.run(fn)).toBeGreaterThanOrEqual(0);
const un = (path: string): SockAddr => ({ family: AF_UNIX, path: new TextEncoder().encode(path) }) as SockAddr;
const unixReq = (states: number, ino: number, show: number, low: number = -1, high: number = -1): Uint8Array => unhex(`01000000${le(states)}${le(ino)}${le(show)}${le(low)}${le(high)}`);
const packetReq = (show: number, proto: number = 0): Uint8Array => unhex(`11${proto.toString(16).padStart(2, '0')}0000${le(0)}${le(show)}ffffffffffffffff`);
/** What an error says. */
const errno = (type: number, flags: number, req: Uint8Array): number => {
  const [m] = client.request(type, flags, req);
  expect(m!.type).toBe(NLMSG_ERROR);
  return new DataView(m!.payload.buffer, m!.payload.byteOffset).getInt32(0, true);
};

test('local sockets', () => {
  const l = open(AF_UNIX, SOCK_STREAM);
  run(() => l.ops.bind(l, un('\0srv\0x')));
  run(() => l.ops.listen(l, 5));
  const [c, d] = [open(AF_UNIX, SOCK_STREAM), open(AF_UNIX, SOCK_DGRAM)];
  run(() => c.ops.connect(c, un('\0srv\0x'), 0));
  run(() => c.ops.sendmsg(c, new MsgHdr([new Uint8Array(5)]), 5));
  run(() => d.ops.bind(d, un('zz.sock')));
  const cookie = (s: Socket): string => `${le(sockGenCookie(s.sk!))}00000000`;
  const mem = (sent: number): string => `28000500 00000000 00400300 ${le(sent)} 00400300 ${'00000000'.repeat(5)}`;
  const tail = '05000600 00000000 08000700 00000000';
  const got = client.request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, unixReq(-1, 0, 0x7f));
  expect(got.at(-1)!.type).toBe(NLMSG_DONE);
  // The listener with a connection that waits; who made it; a datagram socket with a name in the file system. The waiting end has no number and is not shown.
  expect(got.slice(0, -1).map((m) => hex(m.payload))).toEqual(
    [
      `01010a00 ${le(l.ino)} ${cookie(l)} 0a000000 0073727600780000 08000300 ${le(c.ino)} 0c000400 01000000 05000000 ${mem(0)} ${tail}`,
      `01010100 ${le(c.ino)} ${cookie(c)} 08000200 00000000 0c000400 00000000 00030000 ${mem(768)} ${tail}`,
      `01020700 ${le(d.ino)} ${cookie(d)} 0c000000 7a7a2e736f636b00 0c000100 02000000 1a000000 0c000400 00000000 00000000 ${mem(0)} ${tail}`,
    ].map((s) => s.replaceAll(' ', '')),
  );
  // Of one state, one socket, and what is wrong with questions.
  expect(client.request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, unixReq(1 << 10, 0, 1)).length).toBe(2);
  const [one] = client.request(SOCK_DIAG_BY_FAMILY, 0, unixReq(0, c.ino, 4, sockGenCookie(c.sk!), 0));
  expect(hex(one!.payload)).toBe(`01010100${le(c.ino)}${cookie(c)}08000200${le(0)}0500060000000000`);
  expect(errno(SOCK_DIAG_BY_FAMILY, 0, unixReq(0, c.ino, 4, 1, 2))).toBe(-ESTALE);
  expect(errno(SOCK_DIAG_BY_FAMILY, 0, unixReq(0, 9999, 4))).toBe(-ENOENT);
  expect(errno(SOCK_DIAG_BY_FAMILY, 0, unixReq(0, 0, 4))).toBe(-EINVAL);
  expect(errno(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, unixReq(-1, 0, 4).subarray(0, 20))).toBe(-EINVAL);
  expect(errno(SOCK_DESTROY, 0, unixReq(0, c.ino, 4))).toBe(-EOPNOTSUPP);
  k.run(() => [l, c, d].forEach(sockRelease));
});

test('packet sockets', () => {
  const s = open(AF_PACKET, SOCK_RAW);
  run(() => s.ops.bind(s, { family: AF_PACKET, protocol: 0x800, ifindex: 0, hatype: 0, pkttype: 0, addr: new Uint8Array(0) } as SockAddr));
  run(() => s.ops.setsockopt(s, SOL_PACKET, PACKET_AUXDATA, unhex('01000000')));
  run(() => s.ops.setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, unhex('01000000 0200 0000 0000000000000000')));
  run(() => s.ops.setsockopt(s, SOL_PACKET, PACKET_FANOUT, unhex('03000100')));
  run(() => sockSetsockopt(s, SO_ATTACH_FILTER, unhex('0600000064000000')));
  const head = `11030008${le(s.ino)}${le(sockGenCookie(s.sk!))}00000000`;
  const ask = (show: number): string => hex(client.request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, packetReq(show))[0]!.payload);
  expect(ask(0)).toBe(head);
  expect(ask(1)).toBe(`${head}1c000000${'00000000'.repeat(5)}030000000800050000000000`);
  expect(ask(2)).toBe(`${head}30000100010000000100000002000000${'00'.repeat(32)}`);
  expect(ask(4)).toBe(head);
  expect(ask(8)).toBe(`${head}0800040003000100`);
  expect(ask(16)).toBe(`${head}28000600000000000040030000000000004003000000000000000000${le(136)}0000000000000000`);
  expect(ask(32)).toBe(`${head}0c0007000600000064000000`);
  expect(errno(SOCK_DIAG_BY_FAMILY, 0, packetReq(1))).toBe(-EOPNOTSUPP);
  expect(errno(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, packetReq(1, 3))).toBe(-EINVAL);
  expect(errno(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, packetReq(1).subarray(0, 16))).toBe(-EINVAL);
  k.run(() => sockRelease(s));
});

test('without the modules there is nobody to ask', () => {
  const bare = createKernel({ modules: [netlink], clock: new VirtualClock(), seed: 1 });
  const c = new Client(bare.initNet, { protocol: NETLINK_SOCK_DIAG });
  const [m] = c.request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, unixReq(-1, 0, 0));
  expect(new DataView(m!.payload.buffer, m!.payload.byteOffset).getInt32(0, true)).toBe(-ENOENT);
  c.close();
  bare.shutdown();
});
