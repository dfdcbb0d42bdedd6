// Somebody else finds the neighbours (app_solicit): Debian's arpd, and a small program by netlink for both versions. The same story on the real kernel and on Linnet.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { can, here as besideLab } from '../preload/lab.ts';
import { DEV, MAC_A, MAC_B, PEER4, PEER6, Stage } from './lab.ts';

const PROGRAM = besideLab('../neigh/neigh.py');

/** Plays it at both hosts: what each made of it. */
async function both<T>(play: (s: Stage) => Promise<T>): Promise<[real: T, ours: T]> {
  return Promise.all([Stage.real, Stage.linnet].map(async (make) => {
    const s = await make.call(Stage);
    try {
      return await play(s);
    } finally {
      await s.close();
    }
  })) as Promise<[T, T]>;
}

/** The process that has this word on its command line: a daemon leaves the group of the shell that began it. */
function processWith(word: string): number | null {
  for (const id of readdirSync('/proc')) {
    if (!/^\d+$/.test(id)) continue;
    try {
      const argv = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
      if (argv[0]!.endsWith('arpd') && argv.includes(word)) return Number(id);
    } catch {
      // It has ended.
    }
  }
  return null;
}

describe.skipIf(!can('root', 'ip', 'python3', 'sysctl', 'arpd'))('a neighbour that a program finds', () => {
  test.each([['answers from its database, asks, and gives up', '-a 1 -k'], ['answers from its database, and the kernel asks too', '-a 1']])('arpd %s', { timeout: 60_000 }, async (_name, options) => {
    const [real, ours] = await both(async (s) => {
      const folder = mkdtempSync(join(tmpdir(), 'linnet-arpd-'));
      const db = join(folder, 'arpd.db');
      const settings = `sysctl net.ipv4.neigh.${DEV}.app_solicit net.ipv4.neigh.${DEV}.mcast_solicit`;
      const out: string[] = [];
      try {
        s.peer.answers = false;
        await s.sh(`ip ntable change name arp_cache dev ${DEV} retrans 1000`);
        out.push(await s.sh(settings));
        await s.sh(`arpd -b ${db} ${options} ${DEV}`);
        const pid = await eventually('arpd runs', () => processWith(db));
        await eventually('arpd has set what it wants', async () => (await s.sh(settings)).includes('app_solicit = 1'));
        out.push(await s.sh(settings));
        // It hears what neighbours tell, and knows it when the kernel asks.
        s.peer.gratuitous(1);
        await s.wait(300);
        await s.data(4);
        // It is asked to confirm that, and forgotten before it fails to: what follows is of another neighbour alone.
        await s.until(/10\.0\.0\.2 .*PROBE/, 3000);
        out.push(await s.entries());
        await s.sh(`ip neigh del ${PEER4} dev ${DEV}`);
        // Not known: the daemon asks, or the kernel; nobody answers for it.
        await s.sh("python3 -c \"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.0.0.77', 9))\"");
        await s.until(/10\.0\.0\.77 .*FAILED/, 6000);
        process.kill(pid, 'SIGTERM');
        await eventually('arpd ends', () => processWith(db) === null);
        // How often it was asked is a matter of time.
        out.push(await s.sh(settings), (await s.sh(`arpd -l -b ${db}`)).replace(/\d+sec/g, 'T sec').split('\n').sort().join('\n'), s.story(), s.peer.seen.filter((x, i, all) => x !== all[i - 1]).join(', '));
        return out;
      } finally {
        const left = processWith(db);
        if (left !== null) process.kill(left, 'SIGKILL');
        rmSync(folder, { recursive: true, force: true });
      }
    });
    expect(real!.at(-1)).toMatch(`data ${MAC_A}`);
    expect(real!.at(-2)).toMatch(/miss 10\.0\.0\.2/);
    expect(ours).toEqual(real);
  });

  test.each([[4, PEER4], [6, PEER6]] as const)('a program by netlink finds it, IPv%i', { timeout: 60_000 }, async (v, addr) => {
    const [real, ours] = await both(async (s) => {
      s.peer.answers = false;
      const other = v === 4 ? '10.0.0.77' : 'fd00::77';
      await s.sh(`ip ntable change name ${v === 4 ? 'arp_cache' : 'ndisc_cache'} dev ${DEV} app_probes 1 mcast_probes 0`);
      const daemon = s.start(`python3 ${PROGRAM} resolve ${DEV} ${addr}=${MAC_B}`);
      await daemon.until(/ready/);
      await s.data(v);
      await s.until(/REACHABLE/, 3000);
      await s.try(`ip neigh add ${other} dev ${DEV} use`);
      await s.until(/FAILED/, 3000);
      await s.wait(100);
      return [daemon.stdout, s.story(), await s.entries(), s.peer.seen.join(', ')];
    });
    expect(real![0]).toContain(`${addr} ok`);
    expect(real![3]).toBe(`data ${MAC_B}`);
    expect(ours).toEqual(real);
  });
});
