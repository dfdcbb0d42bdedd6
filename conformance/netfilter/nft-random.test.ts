// Random rulesets of nft and random packets, from a seed: verdicts, rewritten headers and counters are those of the real kernel. NFT_SEEDS=n runs more of them.
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { ROUTER, send } from './iptables.ts';
import { compare, type FilterScene } from './run.ts';

/** Lehmer's generator: the same everywhere. */
class Random {
  private s: number;
  constructor(seed: number) {
    this.s = (seed * 2654435761) % 2147483647 || 1;
  }
  below(n: number): number {
    this.s = (this.s * 48271) % 2147483647;
    return this.s % n;
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  may(percent: number): boolean {
    return this.below(100) < percent;
  }
}

const HOSTS = ['10.1.0.2', '10.1.0.3', '203.0.113.2', '203.0.113.3', '10.1.0.1', '203.0.113.1'];
const NETS = ['10.1.0.0/24', '10.1.0.2/31', '203.0.113.0/25', '10.1.0.3', '10.1.0.2-10.1.0.3', '{ 10.1.0.2, 203.0.113.0/24 }', '{ 10.1.0.3, 203.0.113.3 }', '@hosts', '@nets'];
const MATCHES = [
  'tcp dport 80', 'tcp dport != 80', 'tcp dport 50-92', 'udp dport { 53, 55-80 }', 'udp sport 1000', 'tcp sport @ports', 'tcp flags syn', 'tcp flags & (syn | ack) == syn', 'tcp flags ! ack', 'th dport 53-80', 'tcp option maxseg size 1-1000', 'tcp option maxseg exists', 'icmp type { echo-request, timestamp-request }', 'icmp id 1',
  'meta l4proto { tcp, 200 }', 'meta l4proto != udp', 'ip protocol icmp', 'ip ttl < 64', 'ip ttl { 1-63, 200 }', 'ip dscp 4', 'ip ecn ect0', 'ip length 40-60', 'ip length != 31', 'ip frag-off & 0x1fff == 0', 'ct state new', 'ct state established,related', 'ct state invalid', 'ct state != new', 'ct direction reply', 'ct status seen-reply',
  'ct mark 1', 'ct mark & 3 != 2', 'meta mark 1', 'meta mark & 1 == 1', 'meta mark > 1', 'meta length > 45', 'iifname "e0"', 'iifname != "e0"', 'iifname { "f0", "x" }', 'meta pkttype unicast', 'ether saddr 02:00:00:00:00:0b', 'ip saddr . tcp dport { 10.1.0.2 . 80, 10.1.0.3 . 53 }', 'ip saddr . udp dport @pairs', 'ip daddr . meta l4proto { 203.0.113.0/24 . tcp, 10.1.0.2 . udp }',
  'limit rate 1/hour burst 4 packets', 'limit rate over 1/hour burst 3 packets', 'quota 300 bytes', 'quota over 200 bytes', 'numgen inc mod 3 1', 'jhash ip saddr . ip daddr mod 3 seed 0x7 1', 'ip saddr & 255.255.255.1 == 10.1.0.0', '@th,16,16 80', '@nh,64,8 63', 'fib daddr type local', 'fib saddr . iif oif exists',
];
const CHANGES = [
  'meta mark set 1', 'meta mark set meta mark ^ 2', 'ct mark set 1', 'ct mark set meta mark', 'meta mark set ct mark', 'meta mark set 2', 'meta mark set ip saddr map @marks', 'meta mark set tcp dport map { 80 : 1, 50-60 : 2 }', 'add @seen { ip saddr }', 'add @seen { ip daddr }', 'ip ttl set 9', 'ip dscp set 4', 'ip ecn set ce', 'tcp option maxseg size set 500', 'counter name "c"',
];

function rule(r: Random, verdicts: readonly string[], mangle: boolean): string {
  const out: string[] = [];
  if (r.may(25)) out.push(`ip ${r.of(['saddr', 'daddr'])} ${r.may(25) ? '!= ' : ''}${r.of(NETS)}`);
  if (r.may(70)) out.push(r.of(MATCHES));
  // nft takes no rule that names two protocols.
  const named = (text: string): boolean => /\b(tcp|udp|icmp|th|l4proto|protocol)\b|@th/.test(text);
  const free = (list: readonly string[]): readonly string[] => (out.some(named) ? list.filter((x) => !named(x)) : list);
  if (r.may(15)) out.push(r.of(free(MATCHES)));
  out.push('counter');
  if (r.may(mangle ? 60 : 15)) out.push(r.of(free(CHANGES.filter((c) => mangle || !/^ip |maxseg/.test(c)))));
  const v = r.of(free(verdicts));
  if (v !== '') out.push(v);
  return out.join(' ');
}

function ruleset(r: Random): string {
  const chain = (name: string, head: string, n: number, verdicts: readonly string[], mangle: boolean = false): string => `chain ${name} {\n${head}\n${Array.from({ length: n }, () => rule(r, verdicts, mangle)).join('\n')}\n}`;
  const v = ['', '', '', 'return', 'accept', 'drop'];
  return ['table ip t {', 'counter c { }', 'set hosts { type ipv4_addr; elements = { 10.1.0.2, 203.0.113.3 } }', 'set nets { type ipv4_addr; flags interval; elements = { 10.1.0.0/30, 203.0.113.0-203.0.113.2 } }', 'set ports { type inet_service; elements = { 1000, 2000 } }',
    'set pairs { type ipv4_addr . inet_service; flags interval; elements = { 10.1.0.0/24 . 50-60, 203.0.113.2 . 80 } }', 'set seen { type ipv4_addr; flags dynamic; size 3; counter; }', 'map marks { type ipv4_addr : mark; elements = { 10.1.0.2 : 1, 10.1.0.3 : 2 } }',
    chain('u3', '', 4, v), chain('u2', '', 4, [...v, 'jump u3', 'goto u3', 'tcp dport vmap { 80 : jump u3, 90-99 : drop }']), chain('u1', '', 4, [...v, 'jump u2', 'goto u2', 'ip saddr vmap { 10.1.0.2 : goto u3, * : continue }']),
    chain('pre', 'type filter hook prerouting priority mangle', 4, ['', '', 'return'], true), chain('in', 'type filter hook input priority 0', 6, ['', '', 'jump u1', 'goto u2', 'accept', 'drop', 'reject']), chain('f', `type filter hook forward priority 0; policy ${r.of(['accept', 'accept', 'drop'])};`, 10, ['', '', 'jump u1', 'goto u1', 'jump u2', 'accept', 'drop', 'reject with icmp host-unreachable']), '}', ''].join('\n');
}

function packet(r: Random): string {
  const from = r.below(2);
  const near = HOSTS.slice(from * 2, from * 2 + 2);
  const to = r.may(25) ? [HOSTS[4 + from]!] : HOSTS.slice(2 - from * 2, 4 - from * 2);
  const at = `src=${r.of(near)} dst=${r.of(to)}${r.may(30) ? ` tos=${r.of(['0x10', '0x12', '0'])}` : ''}${r.may(20) ? ` ttl=${r.of([2, 63, 65, 200])}` : ''}`;
  const dev = from === 1 ? 'f1 ' : '';
  const ports = `sport=${r.of([1000, 1001, 53, 80, 2000])} dport=${r.of([80, 53, 55, 92, 1000])}`;
  switch (r.of(['tcp', 'tcp', 'udp', 'udp', 'icmp', 'other'])) {
    case 'tcp':
      return `${dev}tcp ${at} ${ports} flags=${r.of(['S', 'S', 'SA', 'A', 'FA', 'R', 'PA'])} ${r.of(['', 'opts=020405b4', 'data=xabx', 'ack=7'])}`;
    case 'udp':
      return `${dev}udp ${at} ${ports} ${r.of(['', 'len=100', 'len=500 frag=128', 'data=abab', 'len=30'])}`;
    case 'icmp':
      return `${dev}icmp ${at} type=${r.of([8, 0, 13])} id=${r.below(3)}`;
    default:
      return `${dev}other ${at} proto=200`;
  }
}

function random(seed: number): FilterScene {
  const r = new Random(seed);
  return {
    name: `random rulesets ${seed}`,
    steps: [
      'sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000', `printf '%s' '${ruleset(r)}' | nft -f -`, 'nft list ruleset', send(...Array.from({ length: 60 }, () => packet(r))), 'nft -a list ruleset',
    ],
  };
}

const SEEDS = Number(process.env['NFT_SEEDS'] ?? 3);
const FIRST = Number(process.env['NFT_FIRST'] ?? 1);
describe.each(Array.from({ length: SEEDS }, (_, i) => random(FIRST + i)))('$name', (scene) => {
  test.skipIf(!can('root', 'nft', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 120_000 }, () => compare(ROUTER, scene));
});
