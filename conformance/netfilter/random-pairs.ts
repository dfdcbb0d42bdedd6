// A random ruleset and random packets on the real kernel and on Linnet: what comes out after each packet, byte for byte, and the marks of each packet at the end of its way.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rng } from '@linnet/kernel';
import { expect } from 'vitest';
import { LinnetSide, RealSide, type Side as Machine } from '../tools/both.ts';
import { ROUTER } from './iptables.ts';
import { tables } from './random-iptables.ts';
import { type NftFamily, ruleset, sidesOf } from './random-nft.ts';
import { one, packet, type Side, V4, V6 } from './random-packets.ts';

const DRIVE = fileURLToPath(new URL('random-drive.py', import.meta.url));

/** What is asked with one seed. */
export interface Scene {
  readonly name: string;
  /** A line each. */
  readonly packets: readonly string[];
  readonly rules: string;
  /** Takes the rules from a file, and shows them and their counters. */
  readonly load: (file: string) => string;
  readonly list: string;
  readonly sides: readonly Side[];
}

/** In turn iptables, ip6tables and nft in its three families, half of them with translation. */
export function sceneOf(seed: number, count: number): Scene {
  const r = new Rng(seed).stream('netfilter.random');
  const kind = (['iptables', 'ip', 'ip6tables', 'ip6', 'inet'] as const)[seed % 5]!;
  const translated = r.below(2) === 1;
  const old = kind.endsWith('tables');
  const sides = old ? [kind === 'iptables' ? V4 : V6] : sidesOf(kind as NftFamily);
  const rules = old ? tables(r, sides[0]!, translated) : ruleset(r, kind as NftFamily, translated);
  return {
    name: `seed ${seed}: ${old ? kind : `nft ${kind}`}${translated ? ' with NAT' : ''}`,
    packets: Array.from({ length: count }, (_, i) => packet(r, one(r, sides), i + 1)),
    rules,
    load: (file) => (old ? `${kind}-legacy-restore < ${file}` : `nft -f ${file}`),
    list: old ? `${kind}-legacy-save -c` : 'nft list table ' + kind + ' t',
    sides,
  };
}

/** Keeps, for each packet by its number, the marks with which it was delivered, forwarded and sent, and those of the machine's own packets by their protocol and length. Reports of
 * groups come when they come: no rule sees them. */
function watcher({ sides }: Scene): string {
  return sides.map(({ six }) => {
    const id = six ? 'ip6 flowlabel' : 'ip id';
    // Packets that the machine makes itself have numbers of its choice. All after the last rule that may change something, before a sender's address is translated.
    const hooks: readonly (readonly [hook: string, priority: number, which: string, key: string])[] = [
      ['input', 1000, '', id], ['forward', 1000, '', id], ['postrouting', 99, 'fib saddr type != local ', id], ['output', 1000, '', 'meta l4proto . meta length'],
    ];
    const quiet = six ? 'chain quiet { type filter hook output priority -500; icmpv6 type { mld-listener-report, mld-listener-done, mld2-listener-report } drop; }\n' : '';
    const marks = (hook: string, key: string, mark: string): string => `set ${hook}-${mark} { typeof ${key} . ${mark} mark; size 65535; flags dynamic; counter; }\n`;
    const watch = ([hook, priority, which, key]: (typeof hooks)[number]): string => `${marks(hook, key, 'meta')}${marks(hook, key, 'ct')}chain ${hook} { type filter hook ${hook} priority ${priority};\n${['meta', 'ct'].map((m) => `${which}add @${hook}-${m} { ${key} . ${m} mark }\n`).join('')}}\n`;
    return `table ${six ? 'ip6' : 'ip'} watch {\n${quiet}${hooks.map(watch).join('')}}\n`;
  }).join('');
}

/** Elements of the watcher's sets, in the order of packets. */
function marks(text: string): string[] {
  const out: string[] = [];
  let table = '';
  let set = '';
  for (const line of text.split('\n')) {
    table = /^table (\w+)/.exec(line)?.[1] ?? table;
    set = /^\tset (\S+) \{/.exec(line)?.[1] ?? set;
    for (const e of line.matchAll(/(\w+(?: \. \d+)?) \. (0x[0-9a-f]+) counter packets (\d+) bytes (\d+)/g)) out.push(`${e[1]!.padStart(5)} ${table} ${set} ${e[2]!} packets ${e[3]!} bytes ${e[4]!}`);
  }
  return out.sort();
}

/** Each side's answer: a line for each packet, then marks, then the rules with their counters. */
interface Answer {
  readonly ways: string[];
  readonly marks: string[];
  readonly list: string[];
}

const CUT = '-- next --';

async function ask(machine: Machine, scene: Scene, folder: string): Promise<Answer> {
  const file = (name: string): string => join(folder, name);
  const setup = [
    `nft -f ${file('watch')}`, ...ROUTER,
    'sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.e0.send_redirects=0 net.ipv4.conf.f0.send_redirects=0 net.ipv6.auto_flowlabels=0',
    scene.load(file('rules')),
  ];
  const r = await machine.run(`set -e; ${setup.join('; ')}; python3 ${DRIVE} ${file('packets')}; echo '${CUT}'; nft list ruleset | sed -n '/^table ip6\\? watch/,/^}/p'; echo '${CUT}'; ${scene.list}`);
  expect(r.code, `${scene.name}: ${r.stderr.slice(0, 2000)}`).toBe(0);
  const [ways = '', watched = '', list = ''] = r.stdout.split(`${CUT}\n`);
  return { ways: ways.trimEnd().split('\n'), marks: marks(watched), list: list.split('\n').filter((l) => !l.startsWith('#')) };
}

/** What two lists of the same lines in the same places do not agree on. */
function differ(linnet: readonly string[], real: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < Math.max(linnet.length, real.length); i++) if (linnet[i] !== real[i]) out.push(`Linnet:     ${linnet[i] ?? 'nothing'}\nthe kernel: ${real[i] ?? 'nothing'}`);
  return out;
}

/** Marks that only one of them saw. */
function only(linnet: readonly string[], real: readonly string[]): string[] {
  return [...linnet.filter((m) => !real.includes(m)).map((m) => `Linnet:     ${m}`), ...real.filter((m) => !linnet.includes(m)).map((m) => `the kernel: ${m}`)];
}

/** What a run came to. */
export interface Outcome {
  /** Pairs whose packet, or what came of it, or its marks, differ; empty when all are the same. */
  readonly differences: readonly string[];
  /** Packets after which something came out, and marks seen that are not 0: how much was asked. */
  readonly passed: number;
  readonly marked: number;
}

export async function runScene(scene: Scene): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'linnet-random-'));
  const real = new RealSide();
  const linnet = await new LinnetSide().open();
  try {
    writeFileSync(join(folder, 'packets'), `${scene.packets.join('\n')}\n`);
    writeFileSync(join(folder, 'rules'), scene.rules);
    writeFileSync(join(folder, 'watch'), watcher(scene));
    const [a, b] = await Promise.all([ask(linnet, scene, folder), ask(real, scene, folder)]);
    expect(b.ways.length).toBe(scene.packets.length);
    const differences = [...differ(a.ways, b.ways), ...only(a.marks, b.marks), ...differ(a.list, b.list)];
    return { differences, passed: b.ways.filter((w) => !w.endsWith('=>')).length, marked: b.marks.filter((m) => !m.includes(' 0x00000000 ')).length };
  } finally {
    await Promise.all([real.close(), linnet.close()]);
    rmSync(folder, { recursive: true });
  }
}
