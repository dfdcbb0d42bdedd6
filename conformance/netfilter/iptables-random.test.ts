// Random rules and packets, from a seed: verdicts, rewritten headers and counters are those of the real kernel. IPTABLES_SEEDS=n runs more of them.
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { send, setupOf } from './iptables.ts';
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

interface Family {
  readonly cmd: string;
  readonly hosts: readonly string[];
  readonly nets: readonly string[];
  readonly icmp: string;
  readonly echo: string;
  readonly matches: readonly string[];
  readonly mangle: readonly string[];
}
/** Not connlimit: how long a real kernel counts a connection that was refused is a matter of its clock's ticks. */
const BOTH = [
  '-m length --length 40:60', '-m length ! --length 0:100', '-m tos --tos 0x10', '-m dscp --dscp 4', '-m conntrack --ctstate NEW', '-m conntrack --ctstate ESTABLISHED', '-m conntrack --ctstate INVALID', '-m conntrack ! --ctstate NEW,ESTABLISHED', '-m conntrack --ctdir REPLY', '-m conntrack --ctstatus SEEN_REPLY',
  '-m mark --mark 1/1', '-m mark ! --mark 2/3', '-m connmark --mark 1/1', '-m statistic --mode nth --every 2 --packet 0', '-m limit --limit 1/hour --limit-burst 4', '-m quota --quota 300', '-m pkttype --pkt-type unicast', '-m comment --comment x', '-m recent --name r --set', '-m recent --name r --rcheck --hitcount 3', '-m string --algo bm --string ab', '-m hashlimit --hashlimit-name h --hashlimit-upto 1/hour --hashlimit-burst 3 --hashlimit-mode srcip,dstport', '-m mac --mac-source 02:00:00:00:00:0b',
];
const V4: Family = {
  cmd: 'iptables', hosts: ['10.1.0.2', '10.1.0.3', '203.0.113.2', '203.0.113.3', '10.1.0.1', '203.0.113.1'], nets: ['10.1.0.0/24', '10.1.0.2/31', '203.0.113.0/25', '0.0.0.0/1', '10.1.0.3'], icmp: 'icmp', echo: '8',
  matches: [...BOTH, '-m ttl --ttl-lt 64', '-m ttl --ttl-eq 63', '-f', '! -f', '-m u32 --u32 "4&0x1FFF=0"', '-m addrtype --dst-type LOCAL', '-m iprange --src-range 10.1.0.2-10.1.0.2'],
  mangle: ['-j TTL --ttl-set 9', '-j TTL --ttl-inc 1', '-j TOS --set-tos 0x10', '-j DSCP --set-dscp 4', '-j MARK --set-mark 1', '-j MARK --xor-mark 2', '-j CONNMARK --save-mark', '-j CONNMARK --restore-mark', '-j CONNMARK --set-mark 3', '-p tcp --syn -j TCPMSS --set-mss 500'],
};
const V6: Family = {
  cmd: 'ip6tables', hosts: ['2001:db8:1::2', '2001:db8:1::3', '2001:db8:2::2', '2001:db8:2::3', '2001:db8:1::1', '2001:db8:2::1'], nets: ['2001:db8:1::/64', '2001:db8:1::2/127', '2001:db8:2::/96', '2000::/3'], icmp: 'icmpv6', echo: '128',
  matches: [...BOTH, '-m hl --hl-lt 64', '-m hl --hl-eq 63', '-m frag --fragid 99', '-m ipv6header --header hop --soft', '-m hbh', '-m addrtype --dst-type LOCAL'],
  mangle: ['-j HL --hl-set 9', '-j HL --hl-inc 1', '-j TOS --set-tos 0x10', '-j DSCP --set-dscp 4', '-j MARK --set-mark 1', '-j CONNMARK --save-mark', '-j CONNMARK --restore-mark', '-p tcp --syn -j TCPMSS --set-mss 500'],
};

function selectors(r: Random, f: Family, chain: string, proto: { tcpudp: boolean } = { tcpudp: false }): string {
  const out: string[] = [];
  if (r.may(25)) out.push(`${r.may(25) ? '! ' : ''}-s ${r.of(f.nets)}`);
  if (r.may(25)) out.push(`${r.may(25) ? '! ' : ''}-d ${r.of(f.nets)}`);
  if (chain !== 'OUTPUT' && chain !== 'POSTROUTING' && !chain.startsWith('u') && r.may(20)) out.push(`${r.may(25) ? '! ' : ''}-i ${r.of(['e0', 'f0', 'e+', '+'])}`);
  if ((chain === 'FORWARD' || chain === 'OUTPUT' || chain === 'POSTROUTING') && r.may(20)) out.push(`-o ${r.of(['e0', 'f0', 'f+'])}`);
  const p = proto.tcpudp ? r.of(['tcp', 'udp']) : r.of(['', '', 'tcp', 'udp', f.icmp, '200']);
  if (p !== '') out.push(`-p ${p}`);
  if ((p === 'tcp' || p === 'udp') && r.may(60)) out.push(r.of(['--dport 80', '--dport 50:60', '--sport 1000', '! --dport 53', '--sport :1001', '-m multiport --dports 53,80,90:95', '-m multiport ! --ports 1000']));
  if (p === 'tcp' && r.may(40)) out.push(r.of(['--syn', '! --syn', '--tcp-flags ALL SYN,ACK', '--tcp-option 2']));
  if (p === f.icmp && r.may(50)) out.push(f.icmp === 'icmp' ? '--icmp-type 8' : '--icmpv6-type 128');
  return out.join(' ');
}

function rules(r: Random, f: Family): string {
  const filter: string[] = ['*filter', ':INPUT ACCEPT', `:FORWARD ${r.of(['ACCEPT', 'ACCEPT', 'DROP'])}`, ':OUTPUT ACCEPT', ':u1 -', ':u2 -', ':u3 -'];
  const match = (chain: string): string => (r.may(60) ? r.of(f.matches.filter((m) => !m.includes('--mac') || chain === 'INPUT' || chain === 'FORWARD')) : '');
  const rule = (chain: string, verdicts: readonly string[]): string => `-A ${chain} ${selectors(r, f, chain)} ${match(chain)} ${r.of(verdicts)}`;
  const more = { u1: ['-j u2', '-g u3', '-j u3'], u2: ['-j u3', '-g u3'], u3: [] as string[] } as const;
  for (const u of ['u3', 'u2', 'u1'] as const) for (let i = 0; i < 4; i++) filter.push(rule(u, ['', '', '-j RETURN', '-j RETURN', '-j ACCEPT', '-j DROP', ...more[u]]));
  for (const [chain, n] of [['INPUT', 6], ['FORWARD', 10], ['OUTPUT', 4]] as const) for (let i = 0; i < n; i++) filter.push(rule(chain, ['', '', '-j u1', '-j u2', '-g u1', '-j ACCEPT', '-j DROP', '-j REJECT']));
  filter.push('COMMIT');
  const mangle = ['*mangle'];
  for (const chain of ['PREROUTING', 'FORWARD', 'POSTROUTING', 'INPUT', 'OUTPUT']) {
    for (let i = 0; i < 2; i++) {
      // A real kernel takes larger IPv6 packets for itself for damaged when their header was rewritten before they are delivered: the sum that it keeps is not kept up.
      const target = r.of(f === V6 && (chain === 'INPUT' || chain === 'PREROUTING') ? f.mangle.filter((m) => !/HL|TOS|DSCP/.test(m)) : f.mangle);
      mangle.push(`-A ${chain} ${target.startsWith('-p') ? '' : selectors(r, f, chain)} ${target}`);
    }
  }
  mangle.push('COMMIT');
  const raw = ['*raw', `-A PREROUTING ${selectors(r, f, 'PREROUTING')} ${r.of(['-j NOTRACK', '-j ACCEPT', ''])}`, 'COMMIT'];
  return [...raw, ...mangle, ...filter, ''].join('\n');
}

function packet(r: Random, f: Family): string {
  const from = r.below(2);
  const near = f.hosts.slice(from * 2, from * 2 + 2);
  const to = r.may(25) ? [f.hosts[4 + from]!] : f.hosts.slice(2 - from * 2, 4 - from * 2);
  const at = `src=${r.of(near)} dst=${r.of(to)}${r.may(30) ? ` tos=${r.of(['0x10', '0x12', '0'])}` : ''}${r.may(20) ? ` ttl=${r.of([2, 63, 65, 200])}` : ''}`;
  const dev = from === 1 ? 'f1 ' : '';
  const p = r.of(['tcp', 'tcp', 'udp', 'udp', 'icmp', 'other']);
  const ports = `sport=${r.of([1000, 1001, 53, 80, 2000])} dport=${r.of([80, 53, 55, 92, 1000])}`;
  if (p === 'tcp') return `${dev}tcp ${at} ${ports} flags=${r.of(['S', 'S', 'SA', 'A', 'FA', 'R', 'PA'])} ${r.of(['', 'opts=020405b4', 'data=xabx', 'ack=7'])}`;
  if (p === 'udp') return `${dev}udp ${at} ${ports} ${r.of(['', 'len=100', 'len=500 frag=128', 'data=abab', 'len=30'])}`;
  if (p === 'icmp') return `${dev}${f.icmp === 'icmp' ? 'icmp' : 'icmp6'} ${at} type=${r.of(f.icmp === 'icmp' ? [8, 0, 13] : [128, 129])} id=${r.below(3)}`;
  return `${dev}other ${at} proto=200 ${f.icmp === 'icmp' ? '' : r.of(['', 'hbh'])}`;
}

function random(seed: number): FilterScene {
  const r = new Random(seed);
  const f = seed % 3 === 0 ? V6 : V4;
  const table = rules(r, f).replaceAll('"', '\\"');
  return {
    name: `random rules ${seed}`,
    steps: [
      'sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000',
      `printf '%s' "${table}" | ${f.cmd}-restore`, `${f.cmd}-save -c`, send(...Array.from({ length: 60 }, () => packet(r, f))), `${f.cmd}-save -c`, `${f.cmd} -L -v -n -x`,
    ],
  };
}

const SEEDS = Number(process.env['IPTABLES_SEEDS'] ?? 6);
const FIRST = Number(process.env['IPTABLES_FIRST'] ?? 1);
describe.each(Array.from({ length: SEEDS }, (_, i) => random(FIRST + i)))('$name', (scene) => {
  test.skipIf(!can('root', 'iptables', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 120_000 }, () => compare(setupOf(scene), scene));
});
