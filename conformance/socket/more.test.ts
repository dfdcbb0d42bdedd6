// Options that few programs use, beside the real kernel: MSG_ZEROCOPY, SO_REUSEPORT with a program that chooses, busy polling. On the loopback device of a namespace, IPv4 and IPv6.
import { describe, expect, it } from 'vitest';
import { createKernel, ms, VirtualClock } from '@linnet/kernel';
import { devOpen, NETDEV_NET } from '@linnet/netdev';
import { ipv4 } from '@linnet/ipv4';
import { ipv6 } from '@linnet/ipv6';
import { skbStats } from '@linnet/skbuff';
import { unix } from '@linnet/socket';
import { tcp } from '@linnet/tcp';
import { udp } from '@linnet/udp';
import { have } from '../needs.mjs';
import { plain, Player, playKernel, text, type Step } from './scenario.ts';

const [STREAM, DGRAM] = [1, 2];
const [ZC, ERRQ, PEEK] = [0x4000000, 0x2000, 2];
const [REUSEPORT, ZEROCOPY, CBPF, DETACH] = [15, 60, 51, 68];
const TSTAMPING = 37;
const [TXSW, RXSW, SW, ID, SCHED, ACK, CMSG, TSONLY, TCPID] = [2, 8, 16, 128, 256, 512, 1024, 2048, 1 << 16];
const [MSG_MORE, MSG_TRUNC] = [0x8000, 0x20];
const le = (n: number, bytes: number): string => Array.from({ length: bytes }, (_, i) => ((n >>> (8 * i)) & 255).toString(16).padStart(2, '0')).join('');
const insn = (code: number, k: number, jt = 0, jf = 0): string => le(code, 2) + le(jt, 1) + le(jf, 1) + le(k, 4);
/** ret #k; ldb [off]; ret a */
const ret = (k: number): string => insn(6, k);
const byteAt = (off: number): string => insn(0x30, off) + insn(0x16, 0);

/** The scenarios of one family. */
function scenariosOf(v6: boolean): Record<string, Step[]> {
  const fam = v6 ? 10 : 2;
  const port = (p: number): string => p.toString(16).padStart(4, '0');
  const at = (p: number): { raw: string } => ({ raw: v6 ? `0a00${port(p)}00000000${'00'.repeat(15)}0100000000` : `0200${port(p)}7f000001${'00'.repeat(8)}` });
  const any = (p: number): { raw: string } => ({ raw: v6 ? `0a00${port(p)}00000000${'00'.repeat(16)}00000000` : `0200${port(p)}00000000${'00'.repeat(8)}` });
  const udpPair = (p: number): Step[] => [['socket', 'r', fam, DGRAM], ['bind', 'r', at(p)], ['socket', 'a', fam, DGRAM], ['bind', 'a', at(p + 500)], ['connect', 'a', at(p)]];
  const connection = (p: number): Step[] => [['socket', 'l', fam, STREAM], ['bind', 'l', at(p)], ['listen', 'l', 5], ['socket', 'a', fam, STREAM], ['connect', 'a', at(p)], ['pause'], ['accept', 'l', 'b']];
  const errq = (s: string, n = 20): Step[] => [['poll', s], ['recv', s, n, ERRQ], ['recv', s, n, ERRQ], ['poll', s], ['getopt', s, 4]];
  // The link header is shown, and that an IP header follows: what is in that differs (its number, a flow label).
  const stamps = (s: string, n: number): Step[] => [['poll', s], ...Array.from({ length: n }, (): Step => ['recv', s, 15, ERRQ | MSG_TRUNC]), ['getopt', s, 4]];
  const members = (p: number, names: string[], addr = at(p)): Step[] => names.flatMap((s): Step[] => [['socket', s, fam, DGRAM], ['setopt', s, REUSEPORT, 1], ['bind', s, addr]]);
  const first = (s: string, names: string[]): Step[] => [...['00', '01', '02', '03', '04', 'ff'].map((b): Step => ['send', s, b + text('abc')]), ...names.flatMap((n): Step[] => [['recv', n, 9], ['recv', n, 9], ['recv', n, 9]])];
  const server = (p: number, names: string[]): Step[] => names.flatMap((s): Step[] => [['socket', s, fam, STREAM], ['setopt', s, REUSEPORT, 1], ['bind', s, at(p)], ['listen', s, 5]]);
  const call = (p: number, names: string[]): Step[] => [['socket', 'c', fam, STREAM], ['connect', 'c', at(p)], ['pause'], ...names.map((s): Step => ['accept', s, `from ${s}`]), ['close', 'c']];
  return {
    'UDP: sends without copying': [
      ...udpPair(6001), ['getopt', 'a', ZEROCOPY], ['send', 'a', '61', ZC], ...errq('a'), ['setopt', 'a', ZEROCOPY, 2], ['setopt', 'a', ZEROCOPY, 1], ['getopt', 'a', ZEROCOPY],
      ['send', 'a', '61', ZC], ['send', 'a', 900, ZC], ...errq('a'), ['send', 'a', '61'], ...errq('a'), ['send', 'a', '', ZC], ['send', 'a', '62', ZC], ['send', 'a', '63', ZC], ...errq('a', 0),
      ['send', 'a', '61', ZC, at(6099)], ['send', 'a', '61', ZC | 1], ...errq('a'), ['setopt', 'a', ZEROCOPY, 0], ['send', 'a', '61', ZC], ...errq('a'), ['setopt', 'a', ZEROCOPY, 1], ['send', 'a', '61', ZC], ...errq('a'),
      ['send', 'a', '61', ZC], ['close', 'a'],
    ],
    'TCP: sends without copying': [
      ...connection(6002), ['setopt', 'a', ZEROCOPY, 1], ['send', 'a', 3000, ZC], ['pause'], ['send', 'a', 10, ZC], ['pause'], ['recv', 'b', 9000], ['pause'], ...errq('a'), ['send', 'a', 10], ['pause'], ...errq('a'), ['send', 'a', 10, ZC], ['recv', 'b', 10], ['pause'], ['recv', 'b', 100], ['pause'], ...errq('a'),
    ],
    'UDP: when a packet left': [
      ...[SW | TXSW, SW | TXSW | SCHED | ID, SW | TXSW | ID | TSONLY, TXSW | ID, SW | TXSW | ID | CMSG, SW | TXSW | SCHED | ACK | ID | TSONLY, SW | TXSW | RXSW | ID, SCHED, SW | RXSW].flatMap((flags): Step[] => [
        ...udpPair(6040), ['setopt', 'a', TSTAMPING, flags], ['send', 'a', '616263'], ['pause', 5], ['send', 'a', 400], ['pause', 5], ...stamps('a', 5),
      ]),
      // With one message; then the numbers go on, and begin again when they are asked for anew.
      ...udpPair(6041), ['setopt', 'a', TSTAMPING, SW | ID], ['send', 'a', '61', 0, undefined, [{ type: TSTAMPING, data: le(TXSW, 4) }]], ['send', 'a', '62'], ['pause', 5], ...stamps('a', 2), ['setopt', 'a', TSTAMPING, SW | ID | TXSW], ['send', 'a', '61'], ['pause', 5], ...stamps('a', 2),
      ['setopt', 'a', TSTAMPING, 0], ['setopt', 'a', TSTAMPING, SW | ID | TXSW], ['send', 'a', '61'], ['pause', 5], ...stamps('a', 2), ['send', 'a', '61', 0, undefined, [{ type: TSTAMPING, data: le(0, 4) }]], ['pause', 5], ...stamps('a', 1),
      ['send', 'a', '61', 0, undefined, [{ type: TSTAMPING, data: le(SW, 4) }]], ['send', 'a', '61', 0, undefined, [{ type: TSTAMPING, data: le(TXSW, 2) }]], ['send', 'a', '61', 0, undefined, [{ type: 65, data: le(TXSW, 4) }]], ['pause', 5], ...stamps('a', 2),
      ['send', 'a', '61', MSG_MORE], ['send', 'a', '62'], ['pause', 5], ...stamps('a', 3), ['setopt', 'a', 65, SW | ID | TXSW], ['send', 'a', '61'], ['pause', 5], ...stamps('a', 2), ['setopt', 'a', v6 ? 25 : 11, 1, v6 ? 41 : 0], ['setopt', 'a', ZEROCOPY, 1], ['send', 'a', '61', ZC], ['pause', 5], ...stamps('a', 3),
      ['send', 'a', '61'], ['pause', 5], ['close', 'a'],
    ],
    'TCP: when bytes left, and came to the other side': [SW | TXSW, SW | TXSW | SCHED | ACK | ID | TSONLY, SW | ACK | ID, SW | ACK | TXSW | ID | TCPID, SW | ID].flatMap((flags): Step[] => [
      ...connection(6060), ['setopt', 'a', TSTAMPING, flags & ~TCPID], ['send', 'a', '616263'], ['pause'], ['setopt', 'a', TSTAMPING, 0], ...stamps('a', 4), ['setopt', 'a', TSTAMPING, flags], ['send', 'a', '616263'], ['pause'], ...stamps('a', 4), ['send', 'a', 3000], ['pause'], ...stamps('a', 4),
      ['send', 'a', '61', 0, undefined, [{ type: TSTAMPING, data: le(ACK, 4) }]], ['pause'], ...stamps('a', 2), ['send', 'a', '61'], ['pause'], ['close', 'a'], ['close', 'b'], ['close', 'l'], ['pause', 300],
    ]),
    'other sockets do not': [['socket', 'u', 1, STREAM], ['setopt', 'u', ZEROCOPY, 1], ['socket', 'w', fam, 3, 17], ['setopt', 'w', ZEROCOPY, 1]],
    'UDP: a program chooses of a group': [
      ...members(6010, ['x', 'y', 'z']), ['socket', 'a', fam, DGRAM], ['bind', 'a', at(6510)], ['connect', 'a', at(6010)], ['setopt', 'x', CBPF, byteAt(0)], ...first('a', ['x', 'y', 'z']).filter(([op, , b]) => op !== 'send' || !/^(03|04|ff)/.test(b as string)),
      // Set again on another one; a member that comes later has it; the last takes the place of one that goes.
      ['setopt', 'z', CBPF, ret(1)], ['send', 'a', '61'], ['recv', 'x', 9], ['recv', 'y', 9], ['recv', 'z', 9], ['setopt', 'y', CBPF, byteAt(0)], ...members(6010, ['w']), ['send', 'a', '0361'], ['recv', 'w', 9], ['close', 'x'], ['send', 'a', '0062'], ['recv', 'w', 9],
      ['send', 'a', '0163'], ['recv', 'y', 9], ['send', 'a', '0264'], ['recv', 'z', 9], ['setopt', 'y', DETACH, 0], ['setopt', 'y', DETACH, 0], ['setopt', 'y', CBPF, byteAt(9)], ['setopt', 'y', CBPF, insn(0, 0)], ['setopt', 'y', CBPF, '01'],
    ],
    'UDP: who may have such a program': [
      ['socket', 'n', fam, DGRAM], ['setopt', 'n', CBPF, ret(0)], ['setopt', 'n', DETACH, 0], ['setopt', 'n', REUSEPORT, 1], ['setopt', 'n', CBPF, ret(1)], ['bind', 'n', at(6011)], ['setopt', 'n', DETACH, 0], ...members(6011, ['m']),
      ['socket', 'a', fam, DGRAM], ['bind', 'a', at(6511)], ['connect', 'a', at(6011)], ['setopt', 'n', CBPF, ret(1)], ['send', 'a', '61'], ['recv', 'n', 9], ['recv', 'm', 9], ['setopt', 'm', CBPF, ret(0)], ['send', 'a', '61'], ['recv', 'n', 9], ['recv', 'm', 9],
      // Without the option no group; another address, another group.
      ['socket', 'p', fam, DGRAM], ['bind', 'p', at(6012)], ['setopt', 'p', CBPF, ret(0)], ['setopt', 'p', REUSEPORT, 1], ['setopt', 'p', CBPF, ret(0)],
      ...members(6013, ['i'], any(6013)), ...members(6013, ['j', 'k']), ['setopt', 'i', CBPF, ret(0)], ['setopt', 'j', CBPF, ret(1)], ['socket', 'b', fam, DGRAM], ['bind', 'b', at(6513)], ['connect', 'b', at(6013)], ['send', 'b', '61'], ['recv', 'i', 9], ['recv', 'j', 9], ['recv', 'k', 9],
      ['socket', 'u', 1, DGRAM], ['setopt', 'u', CBPF, ret(0)], ['socket', 'q', fam, DGRAM], ['setopt', 'q', REUSEPORT, 1], ['setopt', 'q', DETACH, 0], ['setopt', 'q', 44, 1], ['setopt', 'q', CBPF, ret(0)],
    ],
    'UDP: a program before the group': [['socket', 'n', fam, DGRAM], ['setopt', 'n', REUSEPORT, 1], ['setopt', 'n', CBPF, ret(1)], ['bind', 'n', at(6014)], ...members(6014, ['m']), ['socket', 'a', fam, DGRAM], ['bind', 'a', at(6514)], ['connect', 'a', at(6014)], ['send', 'a', '61'], ['recv', 'n', 9], ['recv', 'm', 9]],
    'TCP: a program chooses of the listeners': [
      ...server(6020, ['x', 'y', 'z']), ['setopt', 'x', CBPF, ret(2)], ...call(6020, ['x', 'y', 'z']), ['setopt', 'y', CBPF, ret(0)], ...call(6020, ['x', 'y', 'z']), ['close', 'x'], ...call(6020, ['y', 'z']), ['setopt', 'z', CBPF, ret(1)], ...call(6020, ['y', 'z']), ['setopt', 'z', DETACH, 0],
    ],
    'many messages in one call': [
      ...udpPair(6050), ['sendmany', 'a', ['61', '6262', '', '6363']], ['recvmany', 'r', [5, 1, 5, 5, 5]], ['recvmany', 'r', [5]], ['recvmany', 'r', []], ['sendmany', 'a', []], ['sendmany', 'nobody', []], ['sendmany', 'nobody', ['61']], ['recvmany', 'nobody', []], ['recvmany', 'nobody', [1]],
      ['sendmany', 'a', ['61', 70_000, '62']], ['sendmany', 'a', [70_000, '62']], ['recvmany', 'r', [5, 5], PEEK], ['recvmany', 'r', [0, 5], MSG_TRUNC], ['sendmany', 'a', ['61', '62', '63']], ['recvmany', 'r', [5, 5], 0x10000], ['recvmany', 'r', [5, 5]],
      // An error that comes up behind the first: told by the next call.
      ['close', 'r'], ['sendmany', 'a', ['61', '62', '63']], ['sendmany', 'a', ['61']], ['recvmany', 'a', [5, 5]], ['getopt', 'a', 4], ['sendmany', 'a', ['61']], ['recvmany', 'a', [5, 5]], ['recvmany', 'a', [5, 5]],
      ...connection(6051), ['sendmany', 'a', ['6161', '6262']], ['pause'], ['recvmany', 'b', [1, 1, 5]], ['recvmany', 'b', [1]], ['sendmany', 'a', ['63'], 1], ['pause'], ['recvmany', 'b', [1, 1], 1], ['shutdown', 'a', 1], ['pause'], ['recvmany', 'b', [1, 1]], ['sendmany', 'a', ['61']],
      ['pair', 'p', 'q', 1, 5], ['sendmany', 'p', ['61', '62']], ['recvmany', 'q', [3, 3, 3]], ['sendmany', 'p', ['61']], ['close', 'p'], ['recvmany', 'q', [3, 3, 3]], ['recvmany', 'q', [3, 3, 3]],
    ],
    'busy polling': [
      ['socket', 'a', fam, DGRAM], ...[46, 69, 70].flatMap((o): Step[] => [['getopt', 'a', o], ['setopt', 'a', o, 7], ['getopt', 'a', o], ['setopt', 'a', o, -1], ['setopt', 'a', o, 0x10000], ['getopt', 'a', o]]), ['getopt', 'a', 56], ['send', 'a', '61'], ['recv', 'a', 1],
      ...udpPair(6030), ['setopt', 'r', 46, 50], ['send', 'a', '61'], ['recv', 'r', 9], ['getopt', 'r', 56],
    ],
    'what was lost, and marks': [
      ...udpPair(6031), ['setopt', 'r', 40, 1], ['setopt', 'r', 75, 1], ['setopt', 'r', 8, 1], ['setopt', 'a', 36, 9], ['send', 'a', 1000], ['send', 'a', 1000], ['send', 'a', 1000], ['send', 'a', 1000], ['recv', 'r', 1], ['send', 'a', 500], ['recv', 'r', 1, PEEK], ['recv', 'r', 1], ['recv', 'r', 1], ['recv', 'r', 1], ['recv', 'r', 1],
    ],
  };
}

describe.skipIf(!have('root', 'python3', 'ip')).each([['IPv4', false], ['IPv6', true]] as const)('rarer options and the real kernel: %s', (_family, v6) => {
  const scenarios = scenariosOf(v6);
  const names = Object.keys(scenarios);
  const want = playKernel([[['sh', 'ip link set lo up']], ...Object.values(scenarios)], true).slice(1);

  it.each(names)('%s', (name) => {
    const clock = new VirtualClock();
    const k = createKernel({ modules: [unix, ipv4, ipv6, udp, tcp], clock, seed: 1 });
    for (const dev of k.initNet.get(NETDEV_NET).devs) devOpen(dev);
    clock.advance(ms(3000));
    const got = plain(new Player(k).play(scenarios[name]!)) as unknown[];
    const theirs = want[names.indexOf(name)]!;
    const differ = scenarios[name]!.flatMap((s, i) => (JSON.stringify(got[i]) === JSON.stringify(theirs[i]) ? [] : [`${i} ${JSON.stringify(s)}:\n  Linnet ${JSON.stringify(got[i])}\n  Linux  ${JSON.stringify(theirs[i])}`]));
    expect(differ.join('\n')).toBe('');
    k.shutdown();
    expect(skbStats(k).live).toBe(0);
  });
});
