// What the socket layer does for UDP, TCP and raw sockets, beside the real kernel: filters, SO_PEEK_OFF, what comes with a message. On the loopback device of a namespace.
import { describe, expect, it } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { devOpen, NETDEV_NET } from '@linnet/netdev';
import { ipv4 } from '@linnet/ipv4';
import { tcp } from '@linnet/tcp';
import { udp } from '@linnet/udp';
import { have } from '../needs.mjs';
import { plain, Player, playKernel, text, type Step } from './scenario.ts';

const [INET, STREAM, DGRAM, RAW] = [2, 1, 2, 3];
const [PEEK, TRUNC] = [2, 0x20];
const at = (port: number): { raw: string } => ({ raw: `0200${port.toString(16).padStart(4, '0')}7f000001${'00'.repeat(8)}` });
const connection = (port: number): Step[] => [
  ['socket', 'l', INET, STREAM], ['bind', 'l', at(port)], ['listen', 'l', 5], ['socket', 'a', INET, STREAM], ['connect', 'a', at(port)], ['pause'], ['accept', 'l', 'b'],
];
/** ret #k */
const keep = (k: number): string => `06000000${[k & 255, (k >> 8) & 255, 0, 0].map((b) => b.toString(16).padStart(2, '0')).join('')}`;
const peeks: Step[] = [
  ['send', 'a', text('abcdefgh')], ['send', 'a', text('ijklmnop')], ['pause'], ['setopt', 'b', 42, 0],
  ...[[3, PEEK], [3, PEEK], [3, PEEK], [3, PEEK], [3, PEEK | TRUNC], [30, PEEK], [30, PEEK], [2, 0], [3, PEEK], [30, 0], [3, PEEK]].flatMap(([n, f]): Step[] => [['recv', 'b', n, f], ['getopt', 'b', 42]]),
  ['send', 'a', text('xy')], ['pause'], ...[1, 2].map((): Step => ['recv', 'b', 3, PEEK]), ['setopt', 'b', 42, 1], ['recv', 'b', 3, PEEK], ['recv', 'b', 3], ['recv', 'b', 3, PEEK], ['setopt', 'b', 42, -1], ['recv', 'b', 3, PEEK], ['getopt', 'b', 42],
];

const scenarios: Record<string, Step[]> = {
  'UDP: filters see the header, and do not cut into it': [
    ['socket', 'a', INET, DGRAM], ['bind', 'a', at(5001)], ['connect', 'a', at(5002)], ['socket', 'b', INET, DGRAM], ['bind', 'b', at(5002)], ['setopt', 'b', 26, keep(11)], ['send', 'a', text('abcdef')], ['recv', 'b', 20], ['setopt', 'b', 26, keep(1)], ['send', 'a', text('abcdef')], ['recv', 'b', 20],
    // ldh [2]: the port; jeq #5002
    ['setopt', 'b', 26, `2800000002000000${'150000018a130000'}${keep(0xffff)}${keep(0)}`], ['send', 'a', text('yes')], ['recv', 'b', 20], ['setopt', 'b', 26, `2800000000000000${'150000018a130000'}${keep(0xffff)}${keep(0)}`], ['send', 'a', text('no')], ['recv', 'b', 20], ['getopt', 'b', 55, 24],
    ['setopt', 'b', 27, 0], ['send', 'a', text('again')], ['recv', 'b', 20],
  ],
  'UDP: looking at an offset': [['socket', 'a', INET, DGRAM], ['bind', 'a', at(5003)], ['connect', 'a', at(5004)], ['socket', 'b', INET, DGRAM], ['bind', 'b', at(5004)], ...peeks],
  'UDP: what comes with a message': [
    ['socket', 'a', INET, DGRAM], ['bind', 'a', at(5005)], ['connect', 'a', at(5006)], ['socket', 'b', INET, DGRAM], ['bind', 'b', at(5006)], ['setopt', 'a', 36, 5], ['setopt', 'b', 75, 1], ['setopt', 'b', 82, 1], ['setopt', 'b', 40, 1], ['setopt', 'b', 29, 1], ['send', 'a', text('x')], ['recv', 'b', 9], ['recv', 'b', 9],
    ['setopt', 'b', 63, 1], ['send', 'a', text('x')], ['recv', 'b', 9], ['setopt', 'b', 35, 1], ['send', 'a', text('x')], ['recv', 'b', 9], ['setopt', 'b', 35, 0], ['setopt', 'b', 37, 0x18], ['pause'], ['send', 'a', text('x')], ['recv', 'b', 9, 0, 40], ['setopt', 'b', 37, 0], ['send', 'a', text('x')], ['recv', 'b', 9],
  ],
  'UDP: shut down': [['socket', 'b', INET, DGRAM], ['connect', 'b', at(5008)], ['shutdown', 'b', 0], ['recv', 'b', 1], ['poll', 'b'], ['shutdown', 'b', 1], ['poll', 'b'], ['send', 'b', '61']],
  'TCP: looking at an offset': [...connection(5010), ...peeks],
  'TCP: filters drop segments, and connections have their listener’s': [
    ...connection(5011), ['send', 'a', text('one')], ['pause'], ['recv', 'b', 9], ['setopt', 'b', 26, keep(0)], ['send', 'a', text('lost')], ['pause', 10], ['recv', 'b', 9], ['setopt', 'b', 27, 0], ['pause', 1500], ['recv', 'b', 9],
    ['setopt', 'l', 26, keep(0xffff)], ['setopt', 'l', 44, 1], ['socket', 'c', INET, STREAM], ['connect', 'c', at(5011)], ['pause'], ['accept', 'l', 'd'], ['getopt', 'd', 26, 64], ['getopt', 'd', 44], ['setopt', 'd', 27, 0],
  ],
  'raw IP: filters see the IP header': [
    ['socket', 'r', INET, RAW, 17], ['setopt', 'r', 26, `3000000009000000${'1500000111000000'}${keep(22)}${keep(0)}`], ['socket', 'a', INET, DGRAM], ['send', 'a', text('abcdef'), 0, at(5020)], ['recv', 'r', 4],
  ],
};

describe.skipIf(!have('root', 'python3', 'ip'))('the socket layer below UDP and TCP, and the real kernel', () => {
  const names = Object.keys(scenarios);
  const want = playKernel([[['sh', 'ip link set lo up']], ...Object.values(scenarios)], true).slice(1);

  it.each(names)('%s', (name) => {
    const k = createKernel({ modules: [ipv4, udp, tcp], clock: new VirtualClock(), seed: 1 });
    for (const dev of k.initNet.get(NETDEV_NET).devs) devOpen(dev);
    const got = plain(new Player(k).play(scenarios[name]!)) as unknown[];
    const theirs = want[names.indexOf(name)]!;
    const differ = scenarios[name]!.flatMap((s, i) => (JSON.stringify(got[i]) === JSON.stringify(theirs[i]) ? [] : [`${i} ${JSON.stringify(s)}:\n  Linnet ${JSON.stringify(got[i])}\n  Linux  ${JSON.stringify(theirs[i])}`]));
    expect(differ.join('\n')).toBe('');
    k.shutdown();
  });
});
