// AF_UNIX beside the real kernel: the same calls, the same results.
import { afterAll, describe, expect, it } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { skbStats } from '@linnet/skbuff';
import { unix } from '@linnet/socket';
import { have } from '../needs.mjs';
import { abs, file, plain, Player, playKernel, text, type Step } from './scenario.ts';

const [U, STREAM, DGRAM, SEQ] = [1, 1, 2, 5];
const [PEEK, TRUNC, OOB] = [2, 0x20, 1];
const [INQ, OUTQ, ATMARK] = [0x541b, 0x5411, 0x8905];
const PASSCRED = 16;

const scenarios: Record<string, Step[]> = {
  'making sockets': [
    ['socket', 'a', U, STREAM, 0], ['socket', 'b', U, 3, 0], ['getopt', 'b', 3], ['socket', 'c', U, 4, 0], ['socket', 'd', U, STREAM, 1], ['socket', 'e', U, STREAM, 6], ['sockname', 'a'],
    ['peername', 'a'], ['poll', 'a'], ['poll', 'b'], ['recv', 'a', 10], ['recv', 'b', 10], ['send', 'a', '61'], ['send', 'b', '61'], ['socket', 's', U, SEQ, 0], ['poll', 's'], ['recv', 's', 1],
    ['send', 's', '61'], ['shutdown', 'a', 0], ['poll', 'a'], ['shutdown', 'b', 2], ['poll', 'b'], ['recv', 'b', 1], ['listen', 'a', 1], ['listen', 'b', 1], ['accept', 'a', 'x'], ['accept', 'b', 'x'],
    ['setopt', 'a', 1, 1, 1], ['getopt', 'a', 17], ['ioctl', 'a', INQ], ['ioctl', 'a', OUTQ], ['ioctl', 'a', 0x1234],
  ],
  'names': [
    ['socket', 'a', U, STREAM], ['socket', 'b', U, DGRAM], ['socket', 'c', U, STREAM], ['socket', 'd', U, SEQ],
    ['bind', 'a', abs('x')], ['bind', 'b', abs('x')], ['bind', 'c', abs('x')], ['bind', 'd', abs('x')], ['bind', 'a', abs('y')], ['sockname', 'a'], ['bind', 'c', { un: '' }], ['sockname', 'c'],
    ['bind', 'c', { un: '' }], ['close', 'a'], ['socket', 'a', U, STREAM], ['bind', 'a', abs('x')], ['socket', 'e', U, STREAM], ['bind', 'e', file('path')], ['sockname', 'e'],
    ['socket', 'f', U, DGRAM], ['bind', 'f', file('path')], ['connect', 'f', file('path')], ['connect', 'f', file('none')], ['connect', 'f', abs('none')], ['connect', 'f', abs('x')],
    ['close', 'e'], ['socket', 'e', U, STREAM], ['connect', 'e', file('path')], ['bind', 'e', file('path')], ['unlink', text('path')], ['unlink', text('path')], ['bind', 'e', file('path')],
    ['bind', 'f', { un: `00${'61'.repeat(107)}` }], ['sockname', 'f'], ['connect', 'f', { un: '' }], ['socket', 'g', U, DGRAM], ['bind', 'g', { un: '61620063' }], ['sockname', 'g'],
    ['socket', 'h', U, DGRAM], ['connect', 'h', { un: '6162' }], ['peername', 'h'], ['bind', 'h', { raw: '020000007f0000010000000000000000' }], ['connect', 'h', { raw: '020000007f0000010000000000000000' }],
  ],
  'stream: connecting': [
    ['socket', 'l', U, STREAM], ['listen', 'l', 1], ['bind', 'l', abs('srv')], ['socket', 'c', U, STREAM], ['connect', 'c', abs('srv')], ['listen', 'l', 1], ['poll', 'l'], ['connect', 'c', abs('srv')],
    ['connect', 'c', abs('srv')], ['poll', 'l'], ['poll', 'c'], ['peername', 'c'], ['sockname', 'c'], ['send', 'c', text('early')], ['ioctl', 'l', INQ], ['accept', 'l', 's'], ['accept', 'l', 't'], ['poll', 's'],
    ['sockname', 's'], ['peername', 's'], ['getopt', 's', 17], ['getopt', 'c', 17], ['getopt', 'l', 17], ['recv', 's', 10], ['recv', 's', 10], ['send', 's', text('reply')], ['recv', 'c', 10],
    ['connect', 'l', abs('srv')], ['connect', 's', abs('srv')], ['send', 'c', '61', 0, abs('srv')], ['send', 'l', '61', 0, abs('srv')], ['send', 'l', '61'], ['recv', 'l', 1], ['getopt', 'l', 30], ['getopt', 's', 30],
    ['listen', 's', 1], ['bind', 's', abs('z')], ['shutdown', 'l', 0], ['poll', 'l'], ['socket', 'd', U, STREAM], ['connect', 'd', abs('srv')], ['accept', 'l', 'y'], ['close', 'l'], ['connect', 'd', abs('srv')],
    ['connect', 'd', null], ['socket', 'q', U, SEQ], ['connect', 'q', abs('srv')],
  ],
  'stream: the backlog': [
    ['socket', 'l', U, STREAM], ['bind', 'l', abs('b')], ['listen', 'l', 1], ...['c', 'd', 'e', 'f'].flatMap((c): Step[] => [['socket', c, U, STREAM], ['connect', c, abs('b')], ['poll', c]]),
    ['accept', 'l', 's'], ['connect', 'e', abs('b')], ['listen', 'l', 3], ['connect', 'f', abs('b')], ['close', 'd'], ['accept', 'l', 't'], ['poll', 't'], ['recv', 't', 1], ['accept', 'l', 'u'], ['close', 'l'], ['poll', 'f'],
    ['recv', 'f', 1], ['recv', 'f', 1], ['getopt', 'f', 4], ['poll', 'f'], ['send', 'f', '61'], ['listen', 's', 0],
    ['socket', 'm', U, STREAM], ['bind', 'm', abs('m')], ['listen', 'm', 0], ['socket', 'n', U, STREAM], ['connect', 'n', abs('m')], ['socket', 'o', U, STREAM], ['connect', 'o', abs('m')],
    ['listen', 'm', -1], ['connect', 'o', abs('m')],
  ],
  'stream: bytes': [
    ['pair', 'a', 'b', U, STREAM], ['send', 'a', text('abc')], ['send', 'a', text('defg')], ['ioctl', 'b', INQ], ['ioctl', 'a', OUTQ], ['recv', 'b', 5, PEEK], ['recv', 'b', 5], ['recv', 'b', 5], ['recv', 'b', 5], ['send', 'a', ''],
    ['recv', 'b', 5], ['send', 'a', text('x')], ['recv', 'b', 0], ['recv', 'b', 5, TRUNC], ['shutdown', 'a', 1], ['send', 'a', '61'], ['recv', 'b', 5], ['poll', 'b'], ['poll', 'a'], ['send', 'b', text('back')], ['recv', 'a', 10],
    ['shutdown', 'a', 0], ['poll', 'a'], ['poll', 'b'], ['send', 'b', '61'], ['recv', 'a', 1], ['close', 'a'], ['poll', 'b'], ['getopt', 'b', 4], ['recv', 'b', 1], ['send', 'b', '61'], ['peername', 'b'], ['shutdown', 'b', 2],
  ],
  'stream: closing with bytes unread': [
    ['pair', 'a', 'b', U, STREAM], ['send', 'a', text('abc')], ['send', 'b', text('xyz')], ['close', 'b'], ['poll', 'a'], ['recv', 'a', 10], ['recv', 'a', 10], ['recv', 'a', 10], ['send', 'a', '61'],
    ['pair', 'c', 'd', U, STREAM], ['send', 'c', text('abc')], ['close', 'd'], ['send', 'c', '61'], ['send', 'c', '61'], ['recv', 'c', 1],
    ['pair', 'e', 'f', U, SEQ], ['send', 'e', text('abc')], ['close', 'f'], ['poll', 'e'], ['send', 'e', '61'], ['send', 'e', '61'], ['recv', 'e', 1], ['recv', 'e', 1],
    ['pair', 'g', 'h', U, DGRAM], ['send', 'g', text('abc')], ['close', 'h'], ['poll', 'g'], ['send', 'g', '61'], ['send', 'g', '61'], ['recv', 'g', 1], ['peername', 'g'],
  ],
  'what messages cost, at the edges': [
    ...[STREAM, DGRAM, SEQ].flatMap((type): Step[] => [
      ['pair', 'a', 'b', U, type], ['setopt', 'a', 32, 1 << 22],
      ...[0, 1, 192, 193, 704, 705, 1728, 1729, 3776, 3777, 4288, 4289, 7872, 7873, 11968, 11969, 16064, 16065, 20160, 20161, 36544, 36545, 36736, 36737, 73088, 73089, 85696, 85697, 102080, 102081, 150000].flatMap((n): Step[] => [['send', 'a', n], ['ioctl', 'a', OUTQ], ['recv', 'b', 200_000]]),
    ]),
    ...[4608, 10_000, 40_000, 80_000].flatMap((size): Step[] => [['pair', 'a', 'b', U, STREAM], ['setopt', 'a', 7, size / 2], ['send', 'a', 200_000], ['ioctl', 'a', OUTQ], ['recv', 'b', 2300], ['ioctl', 'a', OUTQ]]),
  ],
  'buffers': [
    ['pair', 'a', 'b', U, STREAM], ['fill', 'a', 1], ['ioctl', 'a', OUTQ], ['ioctl', 'b', INQ], ['poll', 'a'], ['recv', 'b', 10], ['poll', 'a'], ['recv', 'b', 200], ['poll', 'a'], ['getopt', 'a', 55], ['getopt', 'b', 55],
    ['pair', 'c', 'd', U, STREAM], ['fill', 'c', 100_000], ['ioctl', 'c', OUTQ], ['recv', 'd', 100_000], ['poll', 'c'], ['recv', 'd', 100_000], ['poll', 'c'], ['ioctl', 'c', OUTQ],
    ['pair', 'e', 'f', U, DGRAM], ['fill', 'e', 1], ['ioctl', 'e', OUTQ], ['poll', 'e'], ['pair', 'g', 'h', U, DGRAM], ['fill', 'g', 50_000], ['poll', 'g'], ['send', 'g', 212_960], ['send', 'g', 212_961],
    ['pair', 'i', 'j', U, SEQ], ['fill', 'i', 3000], ['ioctl', 'i', OUTQ], ['ioctl', 'j', INQ], ['setopt', 'i', 7, 4000], ['getopt', 'i', 7], ['recv', 'j', 10], ['send', 'i', 7968], ['send', 'i', 7969],
    ['pair', 'k', 'l', U, STREAM], ['setopt', 'k', 7, 3000], ['fill', 'k', 10_000], ['ioctl', 'k', OUTQ],
    ...[1, 192, 193, 704, 705, 3776, 3777, 8000, 16_000, 16_064, 16_065, 32_000, 36_545, 60_000, 90_000].flatMap((n): Step[] => [
      ['pair', 'x', 'y', U, STREAM], ['send', 'x', n], ['ioctl', 'x', OUTQ], ['pair', 'x', 'y', U, DGRAM], ['send', 'x', n], ['ioctl', 'x', OUTQ],
    ]),
  ],
  'dgram: addresses and peers': [
    ['socket', 'a', U, DGRAM], ['bind', 'a', abs('a')], ['socket', 'b', U, DGRAM], ['bind', 'b', abs('b')], ['socket', 'c', U, DGRAM], ['send', 'c', text('anon'), 0, abs('a')], ['recv', 'a', 10], ['send', 'b', text('named'), 0, abs('a')],
    ['send', 'b', text('two'), 0, abs('a')], ['ioctl', 'a', INQ], ['recv', 'a', 2], ['recv', 'a', 2, TRUNC], ['recv', 'a', 2], ['connect', 'a', abs('b')], ['peername', 'a'], ['send', 'c', '61', 0, abs('a')], ['connect', 'c', abs('a')],
    ['connect', 'b', abs('a')], ['send', 'b', text('q')], ['recv', 'a', 5], ['send', 'a', '62', 0, abs('c')], ['send', 'b', text('r')], ['connect', 'a', null], ['recv', 'a', 5], ['poll', 'b'], ['getopt', 'b', 4], ['peername', 'a'], ['send', 'a', '61'],
    ['send', 'a', '61', OOB], ['recv', 'a', 1, OOB], ['close', 'a'], ['send', 'b', '61'], ['send', 'b', '61'], ['send', 'b', '61', 0, abs('a')], ['send', 'b', '', 0, abs('b')], ['recv', 'b', 1], ['listen', 'b', 1], ['shutdown', 'b', 0],
    ['send', 'c', '61', 0, abs('b')], ['shutdown', 'c', 1], ['send', 'c', '61', 0, abs('b')], ['recv', 'b', 1], ['send', 'b', '61', 0, { un: '' }],
  ],
  'dgram: a full queue': [
    ['socket', 'a', U, DGRAM], ['bind', 'a', abs('a')], ['socket', 'b', U, DGRAM], ['fill', 'b', 1, abs('a')], ['poll', 'b'], ['connect', 'b', abs('a')], ['poll', 'b'], ['send', 'b', '61'], ['recv', 'a', 1], ['poll', 'b'], ['send', 'b', '61'], ['poll', 'b'],
    ['connect', 'a', null], ['bind', 'b', abs('b')], ['connect', 'a', abs('b')], ['poll', 'b'], ['fill', 'b', 1], ['poll', 'b'], ['send', 'a', '61', 0, abs('a')], ['send', 'a', '61', 0, abs('b')],
  ],
  'seqpacket': [
    ['pair', 'a', 'b', U, SEQ], ['send', 'a', text('one')], ['send', 'a', ''], ['send', 'a', text('three')], ['ioctl', 'b', INQ], ['recv', 'b', 10], ['recv', 'b', 10], ['recv', 'b', 2], ['recv', 'b', 10], ['send', 'a', text('n'), 0, abs('x')],
    ['recv', 'b', 10, PEEK], ['recv', 'b', 10], ['shutdown', 'a', 1], ['poll', 'b'], ['recv', 'b', 1], ['send', 'a', '61'], ['close', 'a'], ['send', 'b', '61'], ['poll', 'b'], ['recv', 'b', 1],
    ['socket', 'l', U, SEQ], ['bind', 'l', abs('l')], ['listen', 'l', 5], ['socket', 'c', U, SEQ], ['connect', 'c', abs('l')], ['accept', 'l', 's'], ['send', 'c', text('hi')], ['recv', 's', 9], ['peername', 'c'], ['getopt', 's', 3],
  ],
  'peeking at an offset': [STREAM, DGRAM, SEQ].flatMap((type): Step[] => [
    ['pair', 'a', 'b', U, type], ['send', 'a', text('abcdefgh')], ['send', 'a', text('ijklmnop')], ['setopt', 'b', 42, 0],
    ...[[3, PEEK], [3, PEEK], [3, PEEK], [3, PEEK], [3, PEEK | TRUNC], [30, PEEK], [30, PEEK], [2, 0], [3, PEEK], [30, 0], [3, PEEK]].flatMap(([n, f]): Step[] => [['recv', 'b', n, f], ['getopt', 'b', 42]]),
    ['send', 'a', ''], ['send', 'a', text('xy')], ...[1, 2, 3, 4].map((): Step => ['recv', 'b', 3, PEEK]), ['setopt', 'b', 42, 1], ['recv', 'b', 3, PEEK], ['recv', 'b', 3], ['recv', 'b', 3, PEEK], ['setopt', 'b', 42, -1], ['recv', 'b', 3, PEEK], ['getopt', 'b', 42],
  ]),
  'urgent bytes': [
    ['pair', 'a', 'b', U, STREAM], ['recv', 'b', 1, OOB], ['send', 'a', text('abX'), OOB], ['poll', 'b'], ['ioctl', 'b', ATMARK], ['ioctl', 'b', INQ], ['recv', 'b', 10, PEEK], ['recv', 'b', 10], ['ioctl', 'b', ATMARK], ['recv', 'b', 1, OOB | PEEK],
    ['recv', 'b', 1, OOB], ['recv', 'b', 1, OOB], ['poll', 'b'], ['send', 'a', text('cd')], ['ioctl', 'b', ATMARK], ['recv', 'b', 10], ['ioctl', 'b', ATMARK], ['send', 'a', text('Y'), OOB], ['send', 'a', text('Z'), OOB], ['recv', 'b', 10], ['recv', 'b', 1, OOB],
    ['recv', 'b', 10], ['send', 'a', text('eW'), OOB], ['send', 'a', text('f')], ['recv', 'b', 10], ['recv', 'b', 10], ['recv', 'b', 1, OOB], ['setopt', 'b', 10, 1], ['send', 'a', text('gV'), OOB], ['send', 'a', text('h')], ['recv', 'b', 10], ['ioctl', 'b', ATMARK],
    ['recv', 'b', 10], ['recv', 'b', 1, OOB], ['send', 'a', '', OOB], ['setopt', 'b', 10, 0], ['send', 'a', text('Q'), OOB], ['recv', 'b', 1, OOB], ['close', 'b'], ['recv', 'a', 1],
  ],
  'credentials': [
    ['pair', 'a', 'b', U, STREAM], ['getopt', 'a', 17], ['send', 'a', text('1')], ['setopt', 'b', PASSCRED, 1], ['send', 'a', text('2')], ['recv', 'b', 10], ['recv', 'b', 10], ['send', 'a', text('3'), 0, undefined, [{ cred: 'self' }]], ['recv', 'b', 10],
    ['setopt', 'b', PASSCRED, 0], ['send', 'a', text('4'), 0, undefined, [{ cred: 'self' }]], ['send', 'a', text('5')], ['recv', 'b', 10], ['setopt', 'a', PASSCRED, 1], ['send', 'a', text('6')], ['setopt', 'b', PASSCRED, 1], ['recv', 'b', 10],
    ['recv', 'b', 10], ['sockname', 'a'], ['recv', 'b', 10, 0, 20], ['send', 'a', text('7')], ['recv', 'b', 10, 0, 20], ['send', 'a', text('8')], ['recv', 'b', 10, 0, 8],
    ['send', 'a', text('9'), 0, undefined, [{ type: 2, data: '00' }]], ['send', 'a', text('9'), 0, undefined, [{ type: 77, data: '00000000' }]],
    ['socket', 'd', U, DGRAM], ['bind', 'd', abs('d')], ['setopt', 'd', PASSCRED, 1], ['socket', 'e', U, DGRAM], ['send', 'e', text('x'), 0, abs('d')], ['recv', 'd', 9], ['setopt', 'e', PASSCRED, 1], ['send', 'e', text('x'), 0, abs('d')], ['recv', 'd', 9],
    ['socket', 'l', U, STREAM], ['bind', 'l', abs('l')], ['setopt', 'l', PASSCRED, 1], ['listen', 'l', 5], ['socket', 'c', U, STREAM], ['connect', 'c', abs('l')], ['sockname', 'c'], ['send', 'c', text('early')], ['accept', 'l', 's'], ['getopt', 's', PASSCRED],
    ['recv', 's', 9], ['setopt', 'c', PASSCRED, 1], ['connect', 'c', abs('l')], ['sockname', 'c'],
  ],
  'descriptors': [
    ['pair', 'a', 'b', U, STREAM], ['pair', 'p', 'q', U, STREAM], ['send', 'a', text('x'), 0, undefined, [{ fds: ['p'] }]], ['send', 'a', text('y')], ['close', 'p'], ['recv', 'b', 10, 0, 1024, ['r']], ['recv', 'b', 10], ['send', 'r', text('over')], ['recv', 'q', 9],
    ['send', 'a', text('x'), 0, undefined, [{ fds: ['q', 'r', 'a'] }]], ['recv', 'b', 10, PEEK, 1024, ['u', 'v']], ['recv', 'b', 10, 0, 24, ['w']], ['recv', 'b', 10], ['send', 'a', text('x'), 0, undefined, [{ fds: ['none'] }]],
    ['send', 'a', '', 0, undefined, [{ fds: ['q'] }]], ['recv', 'b', 1], ['send', 'a', text('xyz'), 0, undefined, [{ fds: ['q'] }]], ['recv', 'b', 1, 0, 0], ['recv', 'b', 10], ['send', 'a', text('xyz'), 0, undefined, [{ fds: ['q'] }]], ['recv', 'b', 1], ['recv', 'b', 10],
    ['send', 'a', text('m'), 0, undefined, [{ fds: ['q'] }, { fds: ['r'] }]], ['recv', 'b', 10, 0, 1024, ['g', 'h']], ['setopt', 'b', 83, 0], ['send', 'a', text('no'), 0, undefined, [{ fds: ['q'] }]], ['send', 'a', text('yes')], ['recv', 'b', 10], ['setopt', 'b', 83, 1],
    ['pair', 'c', 'd', U, DGRAM], ['send', 'c', '', 0, undefined, [{ fds: ['q', 'r'] }]], ['recv', 'd', 1, 0, 1024, ['i', 'j']], ['send', 'j', text('z')], ['recv', 'i', 5], ['send', 'c', '', 0, undefined, [{ fds: Array.from({ length: 253 }, () => 'q') }]], ['recv', 'd', 1, 0, 2000],
    ['send', 'c', '', 0, undefined, [{ fds: Array.from({ length: 254 }, () => 'q') }]], ['send', 'a', text('ab'), OOB, undefined, [{ fds: ['q'] }]], ['recv', 'b', 5], ['recv', 'b', 1, OOB],
  ],
  'descriptors in circles': [
    ['pair', 'a', 'b', U, STREAM], ['pair', 'p', 'q', U, STREAM], ['send', 'a', text('x'), 0, undefined, [{ fds: ['p'] }]], ['send', 'p', text('x'), 0, undefined, [{ fds: ['b'] }]], ['send', 'a', text('y'), 0, undefined, [{ fds: ['b'] }]], ['close', 'b'],
    ['close', 'p'], ['recv', 'q', 5, PEEK, 1024, ['n']], ['recv', 'n', 5, PEEK], ['close', 'n'], ['poll', 'q'], ['close', 'q'], ['pause'], ['poll', 'a'], ['send', 'a', text('z')],
  ],
  'filters': [
    ['pair', 'a', 'b', U, DGRAM], ['setopt', 'b', 26, '0600000003000000'], ['send', 'a', text('abcdef')], ['recv', 'b', 10], ['setopt', 'b', 26, '0600000000000000'], ['send', 'a', text('abcdef')], ['recv', 'b', 10],
    ['setopt', 'b', 44, 1], ['setopt', 'b', 26, '0600000003000000'], ['setopt', 'b', 27, 0], ['setopt', 'b', 44, 0], ['getopt', 'b', 44], ['setopt', 'a', 27, 0], ['setopt', 'a', 26, '0e00000000000000'],
  ],
};

describe.skipIf(!have('python3'))('AF_UNIX and the real kernel', () => {
  const k = createKernel({ modules: [unix], clock: new VirtualClock(), seed: 1 });
  const names = Object.keys(scenarios);
  const want = playKernel(Object.values(scenarios));
  afterAll(() => k.shutdown());

  it.each(names)('%s', (name) => {
    const got = plain(new Player(k).play(scenarios[name]!)) as unknown[];
    const theirs = want[names.indexOf(name)]!;
    scenarios[name]!.forEach((step, i) => {
      expect([i, ...step, got[i]], `step ${i}: ${JSON.stringify(step).slice(0, 200)}`).toEqual([i, ...step, theirs[i]]);
    });
    expect(skbStats(k).live).toBe(0);
    for (const s of ['path', 'ab']) k.run(() => new Player(k).play([['unlink', text(s)]]));
  });
});
