// unix_diag and packet_diag beside the real kernel: the bytes of every answer, with the numbers of sockets as their names.
import { describe, expect, it } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { devOpen, NETDEV_NET } from '@linnet/netdev';
import { packetDiag, unixDiag } from '@linnet/netlink';
import { have } from '../needs.mjs';
import { abs, file, plain, Player, playKernel, text, type Step } from './scenario.ts';

const le = (n: number, bytes: number = 4): string => Array.from({ length: bytes }, (_, i) => ((n >>> (8 * i)) & 255).toString(16).padStart(2, '0')).join('');
const unixReq = (states: number, show: number, ino: number = 0): string => `01000000${le(states)}${le(ino)}${le(show)}${'ff'.repeat(8)}`;
const packetReq = (show: number, proto: number = 0): string => `11${le(proto, 1)}0000${le(0)}${le(show)}${'ff'.repeat(8)}`;
const [U, STREAM, DGRAM, SEQ, PACKET, RAW, SOL] = [1, 1, 2, 5, 17, 3, 263];

interface Diag {
  answers: (string | number)[];
  inos: Record<string, number>;
}

/** Answers with inode numbers as names and without cookies, by name. The file's own numbers (UNIX_DIAG_VFS) are the file system's. */
function readable({ answers, inos }: Diag): string[] {
  const names = new Map(Object.entries(inos).map(([name, ino]) => [le(ino), `<${name}>`]));
  const name = (h: string): string => names.get(h) ?? h;
  const one = (h: string): string => {
    let out = `${h.slice(0, 8)} ${name(h.slice(8, 16))}`;
    for (let at = 32; at < h.length; ) {
      const len = Number.parseInt(h.slice(at + 2, at + 4) + h.slice(at, at + 2), 16);
      const type = Number.parseInt(h.slice(at + 4, at + 6), 16);
      const value = h.slice(at + 8, at + len * 2);
      const unix = h.startsWith('01');
      const shown = unix && type === 1 ? `${value.length} digits` : unix && (type === 2 || type === 3) ? value.replace(/.{8}/g, name) : value;
      out += ` ${type}:${shown}`;
      at += ((len + 3) & ~3) * 2;
    }
    return out;
  };
  return answers.map((a) => (typeof a === 'number' ? String(a) : one(a))).sort();
}

const sockets: Step[] = [
  ['socket', 'l', U, STREAM], ['bind', 'l', abs('srv\0x')], ['listen', 'l', 5], ['socket', 'c', U, STREAM], ['connect', 'c', abs('srv\0x')], ['send', 'c', text('hello')], ['socket', 'c2', U, STREAM], ['connect', 'c2', abs('srv\0x')], ['accept', 'l', 'a'],
  ['socket', 'd', U, DGRAM], ['bind', 'd', file('zz.sock')], ['socket', 'e', U, DGRAM], ['connect', 'e', file('zz.sock')], ['send', 'e', text('abc')], ['send', 'e', text('de')], ['socket', 'u', U, SEQ], ['socket', 'v', U, STREAM], ['bind', 'v', { un: '61'.repeat(100) }],
  ['pair', 'p', 'q', U, SEQ], ['shutdown', 'p', 1], ['pair', 'x', 'y', U, STREAM], ['send', 'x', 1000], ['close', 'x'],
];
const scenarios: Record<string, Step[]> = {
  'local sockets': [
    ...sockets, ...[0x7f, 0, 1, 2, 4, 8, 16, 32, 64].map((show): Step => ['diag', unixReq(0xffffffff, show)]), ...[1, 7, 10].map((st): Step => ['diag', unixReq(1 << st, 5)]), ['diag', unixReq(0, 0x7f)], ['diag', unixReq(0xffffffff, 1).slice(0, 40)],
    ['diag', unixReq(0, 0x7f, 0), 1], ['diag', unixReq(0, 0x7f, 1), 1],
  ],
  'packet sockets': [
    ['socket', 'a', PACKET, RAW, 0x300], ['bind', 'a', { raw: `11000003${le(1)}${'00'.repeat(12)}` }], ['setopt', 'a', 8, 1, SOL], ['setopt', 'a', 9, 1, SOL], ['setopt', 'a', 1, `${le(1)}0100000000000000${'0000'}0000`, SOL], ['setopt', 'a', 1, `${le(1)}0200000000000000${'0000'}0000`, SOL],
    ['socket', 'b', PACKET, DGRAM, 0], ['setopt', 'b', 10, 2, SOL], ['setopt', 'b', 12, 8, SOL], ['setopt', 'b', 5, [4096, 2, 2048, 4, 40, 13, 1].map((n) => le(n)).join(''), SOL], ['socket', 'c', PACKET, RAW, 8], ['setopt', 'c', 18, 3 | (1 << 16), SOL], ['setopt', 'c', 15, 1, SOL], ['setopt', 'c', 14, 1, SOL],
    ['setopt', 'c', 7, 9, SOL], ['setopt', 'c', 17, 5, SOL], ...[0x2f, 0, 1, 2, 4, 8, 16, 32].map((show): Step => ['diag', packetReq(show)]), ['setopt', 'c', 26, '0600000064000000'], ['diag', packetReq(0x3f)], ['diag', packetReq(1, 3)], ['diag', packetReq(1), 1], ['diag', packetReq(1).slice(0, 32)],
  ],
};

describe.skipIf(!have('root', 'python3', 'ip'))('sock_diag and the real kernel', () => {
  const names = Object.keys(scenarios);
  const want = playKernel([[['sh', 'ip link set lo up']], ...Object.values(scenarios)], true).slice(1);

  it.each(names)('%s', (name) => {
    const k = createKernel({ modules: [unixDiag, packetDiag], clock: new VirtualClock(), seed: 1 });
    for (const dev of k.initNet.get(NETDEV_NET).devs) devOpen(dev);
    const got = plain(new Player(k).play(scenarios[name]!)) as unknown[];
    scenarios[name]!.forEach((s, i) => {
      const theirs = want[names.indexOf(name)]![i];
      const [mine, linux] = s[0] === 'diag' ? [readable(got[i] as Diag), readable(theirs as Diag)] : [got[i], theirs];
      expect([i, ...s, mine]).toEqual([i, ...s, linux]);
    });
    k.shutdown();
  });
});
