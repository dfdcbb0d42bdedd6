// AF_PACKET beside the real kernel: two ends of a veth pair in one namespace, the same calls, the same results.
import { describe, expect, it } from 'vitest';
import { createKernel, VirtualClock, type Kernel } from '@linnet/kernel';
import { devChangeFlags, devOpen, devSetMacAddress, NETDEV_NET } from '@linnet/netdev';
import { veth, vethNewlink } from '@linnet/netdevs';
import { skbStats } from '@linnet/skbuff';
import { packet } from '@linnet/socket';
import { IFF_NOARP } from '@linnet/uapi';
import { have } from '../needs.mjs';
import { plain, Player, playKernel, type Step } from './scenario.ts';

const [PACKET, RAW, DGRAM, SOL] = [17, 3, 2, 263];
const [A, B] = ['020000000001', '020000000002'];
const [VA, VB] = [12, 11];
const le = (n: number, bytes: number): string => Array.from({ length: bytes }, (_, i) => ((n >>> (8 * i)) & 255).toString(16).padStart(2, '0')).join('');
const be16 = (n: number): string => n.toString(16).padStart(4, '0');
/** htons, as socket(2) wants its protocol. */
const swab = (n: number): number => ((n & 255) << 8) | (n >> 8);
/** struct sockaddr_ll. */
const ll = (proto: number, ifindex: number, addr: string = ''): { raw: string } => ({
  raw: `1100${be16(proto)}${le(ifindex, 4)}000000${le(addr.length / 2, 1)}${addr.padEnd(16, '0')}`,
});
const eth = (dst: string, src: string, type: number, rest: string): string => dst + src + be16(type) + rest;
const PAD = '00'.repeat(46);
const IP = `45000020000100004011${'0000'}0a0000010a000002003500350000${'0000'}deadbeef`;
const ALL = 3;
const setup: Step = ['sh', [
  'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1',
  `ip link add va index ${VA} address 02:00:00:00:00:01 type veth peer name vb index ${VB} address 02:00:00:00:00:02`,
  'ip link set va arp off up', 'ip link set vb arp off up', 'ip link set lo up', 'sleep 0.1',
].join(' && ')];

const bound = (name: string, type: number, proto: number, ifindex: number): Step[] => [['socket', name, PACKET, type, 0], ['bind', name, ll(proto, ifindex)]];

const scenarios: Record<string, Step[]> = {
  'making and binding': [
    ['socket', 's', PACKET, RAW, swab(ALL)], ['sockname', 's'], ['getopt', 's', 38], ['bind', 's', ll(0, VA)], ['sockname', 's'], ['bind', 's', ll(0x800, 99)], ['sockname', 's'], ['bind', 's', ll(0x800, 0)], ['sockname', 's'],
    ['peername', 's'], ['socket', 't', PACKET, 5, 0], ['socket', 't', PACKET, 1, 0], ['connect', 's', ll(0x800, VA)], ['listen', 's', 1], ['shutdown', 's', 1], ['poll', 's'], ['recv', 's', 10], ['recv', 's', 10, 1], ['bind', 's', { raw: '02000000000000000000000000000000' }],
    ['ioctl', 's', 0x541b], ['ioctl', 's', 0x5411], ['recv', 's', 10, 0x2000], ['setopt', 's', 1, 1, 1], ['getopt', 's', 1, 4, 1],
  ],
  'frames, raw and cooked': [
    ...bound('a', RAW, ALL, VA), ...bound('b', RAW, ALL, VB), ...bound('c', DGRAM, ALL, VB), ...bound('d', RAW, 0x1234, VB), ...bound('e', DGRAM, 0x1234, 0), ...bound('f', RAW, ALL, 0),
    ['send', 'a', eth(B, A, 0x1234, '01020304' + PAD)], ...['a', 'b', 'c', 'd', 'e', 'f', 'f'].map((s): Step => ['recv', s, 200]), ['poll', 'b'],
    ['send', 'a', eth('ffffffffffff', A, 0x1234, PAD)], ['recv', 'c', 5], ['recv', 'e', 5, 0x20], ['recv', 'b', 20], ['recv', 'd', 20, 0x22], ['recv', 'd', 20, 0x20],
    ['send', 'a', eth('01005e000001', A, 0x800, IP)], ['recv', 'c', 50], ['recv', 'f', 50], ['recv', 'f', 50], ['send', 'a', eth('020000000099', A, 0x1234, PAD)], ['recv', 'c', 5], ['recv', 'e', 5],
    ['send', 'c', 'aabbcc', 0, ll(0x4321, VB, A)], ['recv', 'a', 50], ['recv', 'b', 50], ['recv', 'b', 50], ['send', 'c', 'aabbcc', 0, ll(0x4321, VB, 'ff')], ['send', 'c', 'aabbcc'], ['send', 'f', 'aabbcc'], ['send', 'f', 'aa', 0, ll(0x4321, 99, A)],
    ['send', 'a', eth(B, A, 0x88b5, '')], ['recv', 'b', 50], ['send', 'a', 'aabbccddeeff'], ['send', 'a', ''], ['send', 'a', 1514], ['send', 'a', 1515], ['send', 'a', 1519], ['send', 'a', eth(B, A, 0x8100, `0005${be16(0x800)}`) + '00'.repeat(1500)], ['send', 'c', 1500, 0, ll(0x4321, VB, A)], ['send', 'c', 1501, 0, ll(0x4321, VB, A)],
    ['ioctl', 'b', 0x541b], ['getopt', 'b', 6, 64, SOL], ['getopt', 'b', 6, 64, SOL], ['send', 'a', eth(B, A, 0x10, '010203')], ['recv', 'd', 50], ['send', 'a', eth(B, A, 0x1234, PAD), 0, ll(0x5555, VA)], ['recv', 'd', 80],
  ],
  'addresses of another length than they say': [
    ...bound('a', DGRAM, 0, VA), ...bound('r', RAW, 0, VA), ...bound('b', RAW, 0x4321, VB),
    // sll_halen, and the bytes: the address is what stands there, if it is whole.
    ...[[0, ''], [0, B], [5, B], [7, B], [8, B], [9, `${B}000000`], [9, B], [32, B], [32, B.padEnd(64, '0')], [255, B]].flatMap(([halen, addr]): Step[] => [
      ['send', 'a', 'aabbcc', 0, { raw: ll(0x4321, VA).raw.slice(0, 22) + le(halen as number, 1) + (addr as string).padEnd(16, '0') }], ['recv', 'b', 50],
    ]),
    ...[12, 16, 18, 19].flatMap((n): Step[] => [['send', 'a', 'aabbcc', 0, { raw: ll(0x4321, VA, B).raw.slice(0, 2 * n) }], ['send', 'r', eth(B, A, 0x4321, '01'), 0, { raw: ll(0x4321, VA).raw.slice(0, 2 * n) }], ['bind', 'a', { raw: ll(0, VA).raw.slice(0, 2 * n) }]]),
    ['recv', 'b', 50],
  ],
  'auxiliary data, tags': [
    ...bound('a', RAW, ALL, VA), ...bound('b', RAW, ALL, VB), ...bound('c', DGRAM, ALL, VB), ...['a', 'b', 'c'].map((s): Step => ['setopt', s, 8, 1, SOL]), ['getopt', 'b', 8, 64, SOL],
    ['send', 'a', eth(B, A, 0x1234, PAD)], ['recv', 'b', 20], ['recv', 'c', 20], ['send', 'a', eth(B, A, 0x8100, `2005${be16(0x800)}${IP}`)], ['recv', 'b', 200], ['recv', 'c', 200], ['send', 'a', eth(B, A, 0x88a8, `0007${be16(0x8100)}0008${be16(0x800)}${IP}`)],
    ['recv', 'b', 200], ['recv', 'c', 200], ['setopt', 'b', 29, 1], ['setopt', 'b', 40, 1], ['setopt', 'b', 36, 7], ['setopt', 'b', 75, 1], ['send', 'a', eth(B, A, 0x1234, PAD)], ['recv', 'b', 20], ['recv', 'b', 20, 0, 30],
  ],
  'outgoing frames, and none': [
    ...bound('a', RAW, ALL, VA), ...bound('b', RAW, ALL, VA), ...bound('c', DGRAM, ALL, VA), ['send', 'b', eth(B, A, 0x1234, '0102' + PAD)], ['recv', 'b', 50], ['recv', 'a', 50], ['recv', 'c', 50], ['setopt', 'a', 23, 1, SOL], ['getopt', 'a', 23, 64, SOL], ['setopt', 'a', 23, 2, SOL],
    ['send', 'b', eth(B, A, 0x1234, '0102' + PAD)], ['recv', 'a', 50], ['recv', 'c', 50], ['setopt', 'b', 20, 1, SOL], ['getopt', 'b', 20, 64, SOL], ['send', 'b', eth(B, A, 0x1234, '0304' + PAD)], ['recv', 'c', 50], ['setopt', 'b', 20, 0, SOL], ['setopt', 'c', 8, 1, SOL], ['setopt', 'a', 23, 0, SOL], ['setopt', 'a', 8, 1, SOL], ['send', 'b', eth(B, A, 0x8100, `0305${be16(0x800)}${IP}`)], ['recv', 'c', 100], ['recv', 'a', 100],
  ],
  'filters': [
    ...bound('a', RAW, ALL, VA), ...bound('b', RAW, ALL, VB), ...bound('c', DGRAM, ALL, VB),
    // ldh [12]; jeq #0x800, keep 20 bytes, else drop
    ['setopt', 'b', 26, `280000000c000000${'1500000100080000'}${'0600000014000000'}${'0600000000000000'}`], ['send', 'a', eth(B, A, 0x1234, PAD)], ['send', 'a', eth(B, A, 0x800, IP)], ['recv', 'b', 100, 0x20], ['recv', 'b', 100],
    // ld [protocol]; jeq #0x800 (of a cooked socket), keep all
    ['setopt', 'c', 26, `2800000000f0ffff${'1500000100080000'}${'06000000ffff0000'}${'0600000000000000'}`], ['recv', 'c', 100], ['recv', 'c', 100], ['recv', 'c', 100], ['send', 'a', eth(B, A, 0x1234, PAD)], ['send', 'a', eth(B, A, 0x800, IP)], ['recv', 'c', 100], ['recv', 'c', 100],
    ['getopt', 'b', 6, 8, SOL], ['setopt', 'b', 27, 0], ['recv', 'b', 200], ['send', 'a', eth(B, A, 0x1234, PAD)], ['recv', 'b', 100],
  ],
  'memberships': [
    ...bound('a', RAW, ALL, VA), ['setopt', 'a', 1, `${le(VA, 4)}0100000000000000${'0000'}0000`, SOL], ['setopt', 'a', 1, `${le(VA, 4)}01000000000000000000${'0000'}`, SOL], ['setopt', 'a', 2, `${le(VA, 4)}0100000000000000${'0000'}0000`, SOL],
    ['setopt', 'a', 1, `${le(99, 4)}0100000000000000${'0000'}0000`, SOL], ['setopt', 'a', 1, `${le(VA, 4)}00000600010203040506${'0000'}`, SOL], ['setopt', 'a', 1, `${le(VA, 4)}00000500010203040506${'0000'}`, SOL], ['setopt', 'a', 1, `${le(VA, 4)}00000700010203040506${'0700'}`, SOL],
    ['setopt', 'a', 1, `${le(VA, 4)}0000`, SOL], ['setopt', 'a', 2, `${le(VA, 4)}0300000000000000${'0000'}0000`, SOL], ['setopt', 'a', 1, `${le(VA, 4)}0900000000000000${'0000'}0000`, SOL], ['setopt', 'a', 1, `${le(VA, 4)}0200000000000000${'0000'}0000`, SOL],
  ],
  'options': [
    ['socket', 'a', PACKET, RAW, 0], ['socket', 'c', PACKET, DGRAM, 0],
    ...[1, 3, 5, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 30].flatMap((o): Step[] => [
      ['getopt', 'a', o, 64, SOL], ['getopt', 'a', o, 2, SOL], ...[0, 1, 2, 10, 12, -1].flatMap((v): Step[] => [['setopt', 'a', o, v, SOL], ['getopt', 'a', o, 64, SOL]]), ['setopt', 'a', o, '01', SOL], ['setopt', 'c', o, 1, SOL],
    ]),
    ['setopt', 'a', 10, 1, SOL], ['setopt', 'a', 15, 0, SOL], ['setopt', 'a', 5, le(4096, 4) + le(2, 4) + le(1024, 4) + le(8, 4), SOL], ['setopt', 'a', 10, 2, SOL], ['setopt', 'a', 15, 1, SOL], ['setopt', 'a', 12, 4, SOL], ['setopt', 'a', 5, le(0, 4).repeat(4), SOL], ['setopt', 'a', 10, 2, SOL],
    ...[[4096, 2, 1024, 7], [4095, 2, 1024, 8], [4096, 2, 1020, 8], [4096, 2, 48, 170], [4096, 2, 8192, 0], [4096, 0, 1024, 1]].map((r): Step => ['setopt', 'c', 5, r.map((n) => le(n, 4)).join(''), SOL]),
    ['getopt', 'c', 6, 64, SOL], ['getopt', 'a', 6, 64, SOL],
  ],
  'buffers': [
    ...bound('a', RAW, ALL, VA), ...bound('b', RAW, 0x1234, VB), ['fill', 'a', 0], ['setopt', 'b', 8, 0], ['getopt', 'b', 8], ...Array.from({ length: 10 }, (): Step => ['send', 'a', eth(B, A, 0x1234, '00'.repeat(1000))]), ['poll', 'b'],
    ['recv', 'b', 1], ['recv', 'b', 1], ['recv', 'b', 1, 0x40],
  ],
  'fanout': [
    ...bound('a', RAW, ALL, VA), ...bound('b', RAW, 0x1234, VB), ...bound('c', RAW, 0x1234, VB), ...bound('d', RAW, 0x1235, VB), ['setopt', 'b', 18, 7 | (1 << 16), SOL], ['getopt', 'b', 18, 64, SOL], ['setopt', 'b', 18, 7 | (1 << 16), SOL], ['setopt', 'c', 18, 7, SOL], ['setopt', 'c', 18, 7 | (1 << 16), SOL],
    ['setopt', 'd', 18, 7 | (1 << 16), SOL], ...[1, 2, 3, 4, 5].map((i): Step => ['send', 'a', eth(B, A, 0x1234, le(i, 1) + PAD)]), ...['b', 'c', 'b', 'c', 'b', 'c'].map((s): Step => ['recv', s, 15]), ['bind', 'b', ll(0, VA)], ['close', 'b'], ['send', 'a', eth(B, A, 0x1234, '09' + PAD)], ['recv', 'c', 15],
    ['setopt', 'd', 18, (0x2000 << 16) | 5, SOL], ['setopt', 'd', 18, 0x2000 << 16, SOL], ['socket', 'e', PACKET, RAW, 0], ['setopt', 'e', 18, 9, SOL], ...bound('e', RAW, 0x1236, VB), ...bound('f', RAW, 0x1236, VB), ['setopt', 'e', 18, 40_008 | (6 << 16), SOL], ['setopt', 'f', 18, 40_008 | (6 << 16), SOL],
    ['send', 'a', eth(B, A, 0x1236, PAD)], ['recv', 'e', 15], ['recv', 'f', 15], ['setopt', 'd', 18, 0x10001003, SOL], ['setopt', 'e', 18, (9 << 16) | 3, SOL], ['setopt', 'e', 22, 1, SOL], ['setopt', 'd', 22, 1, SOL],
  ],
  'fanout: what a member has no room for': [3 << 16, 0x1001 << 16].flatMap((mode): Step[] => {
    // Both kernels charge a frame differently; this buffer has room for four, and is full with seven, on both.
    const frames = (n: number): Step[] => Array.from({ length: n }, (_, i): Step => ['send', 'a', eth(B, A, 0x1234, le(i, 1) + PAD)]);
    const held = ['b', 'c', 'd'].map((s): Step => ['getopt', s, 21, 24, SOL]);
    const read = (s: string, n: number): Step[] => Array.from({ length: n }, (): Step => ['recv', s, 15]);
    return [
      ...bound('a', RAW, ALL, VA), ...['b', 'c', 'd'].flatMap((s): Step[] => [...bound(s, RAW, 0x1234, VB), ['setopt', s, 8, 2500], ['setopt', s, 18, 7 | mode, SOL]]),
      ...[3, 3, 4, 4, 9].flatMap((n): Step[] => [...frames(n), ...held]), ...read('b', 11), ...frames(4), ...held, ...read('c', 11), ...frames(4), ...held, ...read('d', 11), ...frames(4), ...held,
      ...['b', 'c', 'd'].flatMap((s): Step[] => read(s, 11)), ...frames(15), ...held, ...['b', 'c', 'd', 'a'].map((s): Step => ['close', s]),
    ];
  }),
  'a virtio header': [
    ...bound('a', RAW, ALL, VA), ...bound('b', RAW, ALL, VB), ['setopt', 'a', 15, 1, SOL], ['getopt', 'a', 24, 64, SOL], ['send', 'a', '00'.repeat(10) + eth(B, A, 0x1234, PAD)], ['recv', 'b', 100], ['setopt', 'b', 15, 1, SOL], ['send', 'a', '00'.repeat(10) + eth(B, A, 0x1234, PAD)], ['recv', 'b', 100], ['send', 'a', '00'.repeat(9)],
    ['send', 'a', '00'.repeat(10) + eth(B, A, 0x1234, PAD)], ['recv', 'b', 9], ['recv', 'b', 100], ['send', 'a', '0100000000002200' + '0600' + eth(B, A, 0x800, IP)], ['recv', 'b', 100], ['setopt', 'b', 24, 12, SOL], ['send', 'a', '0100000000002200' + '0600' + eth(B, A, 0x800, IP)], ['recv', 'b', 100, 0x20],
    ['send', 'a', '01000000000022000c00' + eth(B, A, 0x800, IP)], ['send', 'a', '0107000000002200' + '0600' + eth(B, A, 0x800, IP)], ['setopt', 'b', 24, 5, SOL], ['send', 'a', '0000000064000000' + '0000' + eth(B, A, 0x800, IP)],
  ],
  ...Object.fromEntries([0, 1].map((v): [string, Step[]] => [`a ring of TPACKET_V${v + 1}`, [
    // Whether frames are stamped as they come in depends on all programs of a machine: here one of ours wants it.
    ...bound('a', RAW, ALL, VA), ['setopt', 'a', 29, 1], ['pause', 100], ['socket', 'b', PACKET, RAW, 0], ['setopt', 'b', 10, v, SOL], ['setopt', 'b', 12, 16, SOL], ['setopt', 'b', 5, [4096, 2, 256, 32].map((n) => le(n, 4)).join(''), SOL], ['bind', 'b', ll(ALL, VB)],
    ['socket', 'c', PACKET, DGRAM, 0], ['setopt', 'c', 10, v, SOL], ['setopt', 'c', 5, [4096, 2, 2048, 4].map((n) => le(n, 4)).join(''), SOL], ['bind', 'c', ll(ALL, VB)], ['poll', 'b'], ['send', 'a', eth(B, A, 0x1234, '0102' + PAD)], ['poll', 'b'], ['recv', 'b', 100],
    ['send', 'a', eth(B, A, 0x8100, `0305${be16(0x800)}${IP}`)], ['send', 'a', eth(B, A, 0x1234, '05'.repeat(1000))], ['send', 'a', eth(B, A, 0x1234, '06'.repeat(10))], ['send', 'a', eth(B, A, 0x1234, '07'.repeat(10))],
    ['ring', 'b', [0, 256, 512].flatMap((at) => (v === 0 ? [[at, 20], [at + 32, 224]] : [[at, 16], [at + 24, 232]]))], ['ring', 'c', [0, 2048, 4096, 6144].flatMap((at) => (v === 0 ? [[at, 20], [at + 32, 80]] : [[at, 16], [at + 24, 80]]))], ['getopt', 'c', 6, 8, SOL], ['ringset', 'c', 0, 0],
    ['poll', 'c'], ['send', 'a', eth(B, A, 0x1234, '08'.repeat(10))], ['ring', 'c', [[0, 16]]], ['socket', 'd', PACKET, DGRAM, 0], ['setopt', 'd', 5, [4096, 2, 2048, 4].map((n) => le(n, 4)).join(''), SOL], ['setopt', 'd', 5, [4096, 1, 256, 16].map((n) => le(n, 4)).join(''), SOL], ['setopt', 'd', 5, '00'.repeat(16), SOL], ['setopt', 'd', 10, 2, SOL],
  ]])),
  'a ring of TPACKET_V3': [
    // Whether frames are stamped as they come in depends on all programs of a machine: here one of ours wants it.
    ...bound('a', RAW, ALL, VA), ['setopt', 'a', 29, 1], ['pause', 100], ['socket', 'b', PACKET, RAW, 0], ['setopt', 'b', 10, 2, SOL], ['setopt', 'b', 5, [4096, 2, 2048, 4, 40, 16, 0].map((n) => le(n, 4)).join(''), SOL], ['bind', 'b', ll(ALL, VB)], ['poll', 'b'],
    ['send', 'a', eth(B, A, 0x1234, '0102' + PAD)], ['send', 'a', eth(B, A, 0x8100, `0305${be16(0x800)}${IP}`)], ['ring', 'b', [[0, 12]]], ['pause', 100], ['poll', 'b'], ['ring', 'b', [[0, 32], [64, 4], [76, 136], [240, 4], [252, 140]]],
    ...Array.from({ length: 4 }, (_, i): Step => ['send', 'a', eth(B, A, 0x1234, le(i, 1).repeat(1300))]), ['ring', 'b', [[4096, 32], [4160, 4], [4172, 30]]], ['getopt', 'b', 6, 64, SOL], ['ringset', 'b', 8, 0], ['pause', 100], ['send', 'a', eth(B, A, 0x1234, '09'.repeat(100))], ['pause', 100],
    ['ring', 'b', [[0, 32], [64, 4]]], ['getopt', 'b', 6, 64, SOL],
  ],
  'rings that just fit': [[2, 4000, 80], [2, 3980, 0], [2, 3984, 0], [2, 0, 3976], [2, 0, 3980], [2, 16, 3960], [2, 16, 3968], [1, 12, 0], [1, 16, 0], [0, 12, 0], [0, 16, 0]].flatMap(([v, reserve, priv]): Step[] => [
    ['socket', 'b', PACKET, RAW, 0], ['setopt', 'b', 10, v, SOL], ['setopt', 'b', 12, reserve, SOL],
    ['setopt', 'b', 5, (v === 2 ? [4096, 2, 4096, 2, 10, priv!, 0] : [4096, 2, 64, 128]).map((n) => le(n, 4)).join(''), SOL],
  ]),
  'loopback': [
    ['socket', 'a', PACKET, RAW, swab(ALL)], ['bind', 'a', ll(ALL, 1)], ['socket', 'b', PACKET, DGRAM, swab(0x1234)], ['send', 'a', eth('000000000000', '000000000000', 0x1234, PAD)], ['recv', 'a', 20], ['recv', 'a', 20], ['recv', 'b', 20], ['sockname', 'a'],
  ],
};

/** A machine with the same devices. */
function machine(): Kernel {
  const k = createKernel({ modules: [veth, packet], clock: new VirtualClock(), seed: 1 });
  const net = k.initNet;
  const nn = net.get(NETDEV_NET);
  nn.lastIfindex = VB - 1;
  const pair = k.run(() => vethNewlink(net, 'va', net, 'vb'));
  if (typeof pair === 'number') throw new Error(`veth: ${pair}`);
  for (const dev of pair) devSetMacAddress(dev, Uint8Array.from((dev.name === 'va' ? A : B).match(/../g)!, (b) => Number.parseInt(b, 16)));
  expect(pair.map((d) => d.ifindex)).toEqual([VA, VB]);
  for (const dev of pair) devChangeFlags(dev, dev.flags | IFF_NOARP);
  for (const dev of nn.devs) devOpen(dev);
  return k;
}

describe.skipIf(!have('root', 'python3', 'ip'))('AF_PACKET and the real kernel', () => {
  const names = Object.keys(scenarios);
  const want = playKernel([[setup], ...Object.values(scenarios)], true).slice(1);

  it.each(names)('%s', (name) => {
    const k = machine();
    const got = plain(new Player(k).play(scenarios[name]!)) as unknown[];
    const theirs = want[names.indexOf(name)]!;
    const differ = scenarios[name]!.flatMap((s, i) => (JSON.stringify(got[i]) === JSON.stringify(theirs[i]) ? [] : [`${i} ${JSON.stringify(s)}:\n  Linnet ${JSON.stringify(got[i])}\n  Linux  ${JSON.stringify(theirs[i])}`]));
    expect(differ.join('\n')).toBe('');
    expect(skbStats(k).live).toBe(0);
    k.shutdown();
  });
});
