// SOL_SOCKET, option by option, on each kind of socket: what Linnet and the real kernel say and take.
import fs from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { packet, unix } from '@linnet/socket';
import { inetStack } from 'linnet';
import { have } from '../needs.mjs';
import { plain, Player, playKernel, type Step } from './scenario.ts';

const kinds: Record<string, number[]> = {
  'a local stream': [1, 1], 'local datagrams': [1, 2], 'sequenced packets': [1, 5], 'TCP': [2, 1], 'UDP': [2, 2], 'raw IP': [2, 3, 1], 'packets': [17, 3, 0], 'cooked packets': [17, 2, 0], 'netlink': [16, 3, 0],
};
/** Cookies differ (57, 71); programs for groups of sockets are another matter (50, 51, 52, 68), as is the memory of devices (78 to 80). */
const LEFT_OUT = new Set([57, 71, 50, 51, 52, 68, 78, 79, 80]);
/** Of TCP: SO_RCVLOWAT has no upper bound here. */
const NOT_TCP = new Set([18]);
const int = (n: number): string => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255].map((b) => b.toString(16).padStart(2, '0')).join('');

function steps(args: number[]): Step[] {
  const out: Step[] = [];
  for (let opt = 1; opt < 92; opt++) {
    if (LEFT_OUT.has(opt) || (args[0] === 2 && args[1] === 1 && NOT_TCP.has(opt))) continue;
    out.push(['socket', 's', ...args], ['getopt', 's', opt, 64], ['getopt', 's', opt, 2], ['getopt', 's', opt, 8], ['getopt', 's', opt, 0]);
    for (const v of [0, 1, -1, 2, 1000, 70_000]) out.push(['setopt', 's', opt, v], ['getopt', 's', opt, 64]);
    out.push(['setopt', 's', opt, '01'], ['setopt', 's', opt, int(1) + int(5)], ['getopt', 's', opt, 64], ['setopt', 's', opt, int(2) + int(0) + int(500_000) + int(0)], ['getopt', 's', opt, 64]);
  }
  return out;
}

describe.skipIf(!have('root', 'python3'))('SOL_SOCKET and the real kernel', () => {
  const k = createKernel({ modules: [...inetStack, unix, packet], clock: new VirtualClock(), seed: 1 });
  // The limits of buffers are the administrator's.
  for (const f of ['net/core/rmem_max', 'net/core/wmem_max']) k.sysctl.write(f, fs.readFileSync(`/proc/sys/${f}`, 'utf8').trim());
  const names = Object.keys(kinds);
  const want = playKernel(Object.values(kinds).map(steps), true);
  afterAll(() => k.shutdown());

  it.each(names)('%s', (name) => {
    const all = steps(kinds[name]!);
    const got = plain(new Player(k).play(all)) as unknown[];
    const theirs = want[names.indexOf(name)]!;
    const differ = all.flatMap((s, i) => (JSON.stringify(got[i]) === JSON.stringify(theirs[i]) ? [] : [`${JSON.stringify(s)}: ${JSON.stringify(got[i])}, Linux: ${JSON.stringify(theirs[i])}`]));
    expect(differ).toEqual([]);
  });
});
