// Random rulesets of nft, from a seed: matches, sets, maps, jumps, changes of headers and marks, translation, in families ip, ip6 and inet.
import type { RngStream } from '@linnet/kernel';
import { DPORTS, may, one, type Side, V4, V6 } from './random-packets.ts';

const MATCHES: readonly string[] = [
  'tcp dport 80', 'tcp dport != 80', 'tcp dport 50-92', 'udp dport { 53, 55-80 }', 'udp sport 1000', 'tcp sport @ports', 'tcp flags syn', 'tcp flags & (syn | ack) == syn', 'tcp flags ! ack', 'th dport 53-80', 'tcp option maxseg size 1-1000', 'tcp option maxseg exists', 'meta l4proto { tcp, 200 }', 'meta l4proto != udp', 'ct state new', 'ct state established,related', 'ct state related', 'ct state invalid', 'ct state != new', 'ct direction reply', 'ct status seen-reply', 'ct status dnat', 'ct status snat',
  'ct mark 1', 'ct mark & 3 != 2', 'meta mark 1', 'meta mark & 1 == 1', 'meta mark > 1', 'meta length > 45', 'iifname "e0"', 'iifname != "e0"', 'iifname { "f0", "x" }', 'meta pkttype unicast', 'ether saddr 02:00:00:00:00:0b', 'limit rate 1/hour burst 4 packets', 'limit rate over 1/hour burst 3 packets', 'quota 300 bytes', 'quota over 200 bytes', 'numgen inc mod 3 1', '@th,16,16 80', 'ct state untracked', 'ct l3proto ipv4', 'tcp window 65535', 'tcp sequence 1', 'tcp doff 6', 'udp length > 20', 'udp checksum 0', 'tcp flags & (fin | rst) != 0', 'meta iiftype ether', 'meta priority none', 'th sport . th dport { 1000 . 80, 3000 . 53-92 }', 'meta mark . meta l4proto { 0-1 . tcp, 2 . udp }', 'rt classid 0', 
];
const MATCHES4: readonly string[] = [
  'icmp type { echo-request, timestamp-request }', 'icmp id 1', 'ip protocol icmp', 'ip ttl < 64', 'ip ttl { 1-63, 200 }', 'ip dscp 4', 'ip ecn ect0', 'ip length 40-60', 'ip length != 31', 'ip frag-off & 0x1fff == 0', 'ip saddr . tcp dport { 10.1.0.2 . 80, 10.1.0.3 . 53 }', 'ip saddr . udp dport @pairs', 'ip daddr . meta l4proto { 203.0.113.0/24 . tcp, 10.1.0.2 . udp }', 'jhash ip saddr . ip daddr mod 3 seed 0x7 1', 'ip saddr & 255.255.255.1 == 10.1.0.0', '@nh,64,8 63', 'fib daddr type local', 'fib saddr . iif oif exists',
];
const MATCHES6: readonly string[] = [
  'icmpv6 type { echo-request, echo-reply }', 'icmpv6 id 1', 'ip6 nexthdr icmpv6', 'ip6 hoplimit < 64', 'ip6 hoplimit { 1-63, 200 }', 'ip6 dscp 4', 'ip6 ecn ect0', 'ip6 length 20-40', 'ip6 version 6', 'exthdr hbh exists', 'ip6 saddr . tcp dport { 2001:db8:1::2 . 80, 2001:db8:1::3 . 53 }', 'ip6 saddr . udp dport @pairs6', 'ip6 daddr . meta l4proto { 2001:db8:2::/64 . tcp, 2001:db8:1::2 . udp }', 'jhash ip6 saddr . ip6 daddr mod 3 seed 0x7 1', 'ip6 saddr & ::1 == ::', 'fib daddr type local', 'fib saddr . iif oif exists',
];
const CHANGES: readonly string[] = ['meta mark set 1', 'meta mark set meta mark ^ 2', 'ct mark set 1', 'ct mark set meta mark', 'meta mark set ct mark', 'meta mark set 2', 'meta mark set tcp dport map { 80 : 1, 50-60 : 2 }', 'counter name "c"', 'tcp option maxseg size set 500', 'meta mark set numgen inc mod 4', 'ct mark set ct mark ^ 5', 'meta mark set ct mark and 3', 'meta mark set th dport map { 53 : 4, 80-92 : 5 }', 'meta priority set 1:2', 'notrack', 'tcp window set 1000'];
const CHANGES4: readonly string[] = ['meta mark set ip saddr map @marks', 'add @seen { ip saddr }', 'add @seen { ip daddr }', 'ip ttl set 9', 'ip dscp set 4', 'ip ecn set ce', 'ct mark set ip daddr map @marks', 'meta mark set jhash ip saddr mod 4 seed 1', 'delete @seen { ip daddr }'];
const CHANGES6: readonly string[] = ['ct mark set ip6 daddr map @marks6', 'meta mark set jhash ip6 saddr mod 4 seed 1', 'meta mark set ip6 saddr map @marks6', 'add @seen6 { ip6 saddr }', 'add @seen6 { ip6 daddr }'];
const NETS4: readonly string[] = ['10.1.0.0/24', '10.1.0.2/31', '203.0.113.0/25', '10.1.0.3', '10.1.0.2-10.1.0.3', '{ 10.1.0.2, 203.0.113.0/24 }', '{ 10.1.0.3, 203.0.113.3 }', '@hosts', '@nets'];
const NETS6: readonly string[] = ['2001:db8:1::/64', '2001:db8:1::2/127', '2001:db8:2::/96', '2001:db8:1::3', '2001:db8:1::2-2001:db8:1::3', '{ 2001:db8:1::2, 2001:db8:2::/64 }', '{ 2001:db8:1::3, 2001:db8:2::3 }', '@hosts6', '@nets6'];

/** Does a text name a protocol? nft takes no rule that names two. */
const named = (text: string): boolean => /\b(tcp|udp|icmp|icmpv6|th|l4proto|protocol|nexthdr)\b|@th/.test(text);
const six = (text: string): boolean => /\bip6|icmpv6|6\b.*@|exthdr/.test(text);

export type NftFamily = 'ip' | 'ip6' | 'inet';
/** The Internet protocols of a family. */
export const sidesOf = (family: NftFamily): readonly Side[] => (family === 'ip' ? [V4] : family === 'ip6' ? [V6] : [V4, V6]);

class Rules {
  readonly r: RngStream;
  readonly family: NftFamily;

  constructor(r: RngStream, family: NftFamily) {
    this.r = r;
    this.family = family;
  }
  /** One rule is about one of the family's protocols. */
  one(verdicts: readonly string[], change: boolean): string {
    const { r } = this;
    const side = one(r, sidesOf(this.family));
    const matches = [...MATCHES, ...(side.six ? MATCHES6 : MATCHES4)];
    const changes = [...CHANGES, ...(side.six ? CHANGES6 : CHANGES4)].filter((c) => change || !/^ip |maxseg|notrack|window set/.test(c));
    const out: string[] = [];
    const free = (list: readonly string[]): readonly string[] => (out.some(named) ? list.filter((x) => !named(x)) : list);
    if (may(r, 25)) out.push(`${side.six ? 'ip6' : 'ip'} ${one(r, ['saddr', 'daddr'])} ${may(r, 25) ? '!= ' : ''}${one(r, side.six ? NETS6 : NETS4)}`);
    if (may(r, change ? 50 : 90)) out.push(one(r, matches));
    if (may(r, 15)) out.push(one(r, free(matches)));
    out.push('counter');
    if (may(r, change ? 80 : 25)) out.push(one(r, free(changes)));
    const v = one(r, free(verdicts).filter((x) => this.family !== 'inet' || six(x) === side.six || !/\bip6? /.test(x)));
    return [...out, v].join(' ');
  }
  chain(name: string, head: string, n: number, verdicts: readonly string[], change: boolean = false): string {
    return `chain ${name} {\n${head}\n${Array.from({ length: n }, () => this.one(verdicts, change)).join('\n')}\n}`;
  }
}

/** Where each connection may go, and as whom: never two to the same addresses and ports. */
function nat(r: RngStream, family: NftFamily): string[] {
  const pre: string[] = [];
  const post: string[] = [];
  for (const { six, hosts, hidden } of sidesOf(family)) {
    const ip = six ? 'ip6' : 'ip';
    const to = family === 'inet' ? `${ip} to` : 'to';
    const all = family === 'inet' ? `meta nfproto ${six ? 'ipv6' : 'ipv4'} ` : '';
    const at = (host: string, port: number): string => (six ? `[${host}]:${port}` : `${host}:${port}`);
    const out = six ? '2001:db8:2::' : '203.0.113.';
    const pres = [
      `${ip} daddr ${hosts[5]!} tcp dport ${one(r, DPORTS)} dnat ${to} ${at(hidden[0]!, 8000)}`, `${ip} daddr ${hosts[5]!} udp dport ${one(r, DPORTS)} dnat ${to} ${at(hidden[0]!, 8001)}`, `${ip} daddr ${hosts[3]!} dnat ${to} ${hidden[3]!}`, `${ip} daddr ${hosts[0]!} dnat ${to} ${hidden[1]!}`, `${ip} daddr ${hosts[3]!} udp dport ${one(r, DPORTS)} redirect to :6001`, `${ip} daddr ${hosts[4]!} tcp dport ${one(r, DPORTS)} redirect to :6002`, `${ip} daddr ${hosts[1]!} accept`,
      `${ip} daddr ${hosts[2]!} dnat ${to} ${ip} daddr map { ${hosts[2]!} : ${hidden[2]!} }`,
    ];
    const posts = [`${all}oifname "f0" masquerade`, `oifname "f0" ${ip} saddr ${hosts[0]!} snat ${to} ${out}9`, `oifname "f0" ${ip} saddr ${hosts[1]!} meta l4proto udp snat ${to} ${out}8`, `oifname "f0" ${ip} saddr ${hosts[0]!} tcp sport 1000 snat ${to} ${at(`${out}7`, 4000)}`, `${all}oifname "e0" masquerade`];
    for (let i = 0; i < 3; i++) pre.push(one(r, pres));
    for (let i = 0; i < 2; i++) post.push(one(r, posts));
  }
  const counted = (list: readonly string[]): string => list.map((x) => x.replace(/ (dnat|snat|masquerade|redirect|accept)/, ' counter $1')).join('\n');
  return [`chain dn { type nat hook prerouting priority dstnat;\n${counted(pre)}\n}`, `chain sn { type nat hook postrouting priority srcnat;\n${counted(post)}\n}`];
}

const SETS4: readonly string[] = [
  'set hosts { type ipv4_addr; elements = { 10.1.0.2, 203.0.113.3 } }', 'set nets { type ipv4_addr; flags interval; elements = { 10.1.0.0/30, 203.0.113.0-203.0.113.2 } }', 'set pairs { type ipv4_addr . inet_service; flags interval; elements = { 10.1.0.0/24 . 50-60, 203.0.113.2 . 80 } }', 'set seen { type ipv4_addr; flags dynamic; size 3; counter; }', 'map marks { type ipv4_addr : mark; elements = { 10.1.0.2 : 1, 10.1.0.3 : 2 } }',
];
const SETS6: readonly string[] = [
  'set hosts6 { type ipv6_addr; elements = { 2001:db8:1::2, 2001:db8:2::3 } }', 'set nets6 { type ipv6_addr; flags interval; elements = { 2001:db8:1::/126, 2001:db8:2::-2001:db8:2::2 } }', 'set pairs6 { type ipv6_addr . inet_service; flags interval; elements = { 2001:db8:1::/64 . 50-60, 2001:db8:2::2 . 80 } }', 'set seen6 { type ipv6_addr; flags dynamic; size 3; counter; }', 'map marks6 { type ipv6_addr : mark; elements = { 2001:db8:1::2 : 1, 2001:db8:1::3 : 2 } }',
];

/** Input of nft -f. */
export function ruleset(r: RngStream, family: NftFamily, translated: boolean): string {
  const rules = new Rules(r, family);
  const v = ['', '', '', 'return', 'accept', 'accept', 'drop'];
  const sides = sidesOf(family);
  const vmaps = sides.map((s) => (s.six ? 'ip6 saddr vmap { 2001:db8:1::2 : goto u3, * : continue }' : 'ip saddr vmap { 10.1.0.2 : goto u3, * : continue }'));
  const rejects = family === 'ip' ? ['reject with icmp host-unreachable'] : family === 'ip6' ? ['reject with icmpv6 admin-prohibited'] : ['reject with icmpx admin-prohibited'];
  const text = [
    `table ${family} t {`, 'counter c { }', 'set ports { type inet_service; elements = { 1000, 2000 } }', ...sides.flatMap((s) => (s.six ? SETS6 : SETS4)),
    rules.chain('u3', '', 4, v), rules.chain('u2', '', 4, [...v, 'jump u3', 'goto u3', 'tcp dport vmap { 80 : jump u3, 90-99 : drop }']), rules.chain('u1', '', 4, [...v, 'jump u2', 'goto u2', ...vmaps]),
    rules.chain('pre', 'type filter hook prerouting priority mangle', 4, ['', '', 'return'], true), rules.chain('in', 'type filter hook input priority 0', 6, ['', '', '', 'jump u1', 'goto u2', 'accept', 'accept', 'drop', 'reject']), rules.chain('f', `type filter hook forward priority 0; policy ${one(r, ['accept', 'accept', 'accept', 'drop'])};`, 10, ['', '', '', 'jump u1', 'goto u1', 'jump u2', 'accept', 'accept', 'drop', ...rejects]),
    rules.chain('po', 'type filter hook postrouting priority mangle', 2, ['', '', 'return'], true),
    ...(translated ? nat(r, family) : []), '}', '',
  ].join('\n');
  // What a rule takes away keeps its place for up to a second: then what finds room is not the packets' doing.
  return text.includes('delete @seen') ? text.replaceAll('size 3;', 'size 64;') : text;
}
