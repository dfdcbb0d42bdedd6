// Hosts on both sides of the router, and packets between them, from a seed.
import type { RngStream } from '@linnet/kernel';

export const one = <T>(r: RngStream, list: readonly T[]): T => list[r.below(list.length)]!;
export const may = (r: RngStream, percent: number): boolean => r.below(100) < percent;

/** One of the two Internet protocols around the router: hosts at e1, hosts at f1, the router's own addresses there. */
export interface Side {
  readonly six: boolean;
  readonly hosts: readonly string[];
  /** Hosts which only translated packets go to. */
  readonly hidden: readonly string[];
  readonly nets: readonly string[];
}
export const V4: Side = { six: false, hosts: ['10.1.0.2', '10.1.0.3', '203.0.113.2', '203.0.113.3', '10.1.0.1', '203.0.113.1'], hidden: ['10.1.0.4', '10.1.0.5', '203.0.113.4', '203.0.113.5'], nets: ['10.1.0.0/24', '10.1.0.2/31', '203.0.113.0/25', '0.0.0.0/1', '10.1.0.3'] };
export const V6: Side = {
  six: true, hosts: ['2001:db8:1::2', '2001:db8:1::3', '2001:db8:2::2', '2001:db8:2::3', '2001:db8:1::1', '2001:db8:2::1'], hidden: ['2001:db8:1::4', '2001:db8:1::5', '2001:db8:2::4', '2001:db8:2::5'], nets: ['2001:db8:1::/64', '2001:db8:1::2/127', '2001:db8:2::/96', '2000::/3', '2001:db8:1::3'],
};

/** Each host's own source ports, so that no two connections are ever translated to the same addresses and ports: which port a kernel takes then is a matter of luck. */
const SPORTS = [[1000, 53], [1001, 2000], [3000, 3002], [3001, 3003]] as const;
export const DPORTS: readonly number[] = [80, 53, 55, 92, 1000];

/** Packet number `n` in the words of packet_words.py: its number is its id in IPv4, its flow label in IPv6. */
export function packet(r: RngStream, { six, hosts }: Side, n: number): string {
  const from = r.below(4);
  const far = from >> 1;
  const to = may(r, 25) ? hosts[4 + far]! : one(r, far === 1 ? hosts.slice(0, 2) : hosts.slice(2, 4));
  const at = `src=${hosts[from]!} dst=${to} ${six ? 'flow' : 'ipid'}=${n}${may(r, 30) ? ` tos=${one(r, ['0x10', '0x12', '0'])}` : ''}${may(r, 20) ? ` ttl=${one(r, [1, 2, 63, 65, 200])}` : ''}`;
  const dev = `${['', '', '', '', 'answer ', 'answer ', 'answer ', 'quote '][r.below(8)]!}${far === 1 ? 'f1' : 'e1'}`;
  const ports = `sport=${one(r, SPORTS[from]!)} dport=${one(r, DPORTS)}`;
  switch (one(r, ['tcp', 'tcp', 'udp', 'udp', 'icmp', 'other'])) {
    case 'tcp':
      return `${dev} tcp ${at} ${ports} flags=${one(r, ['S', 'S', 'S', 'SA', 'A', 'FA', 'R', 'PA'])} ${one(r, ['', 'opts=020405b4', 'data=xabx', 'ack=7'])}`;
    case 'udp':
      return `${dev} udp ${at} ${ports} ${one(r, ['', 'len=100', 'len=500 frag=128 fid=9', 'data=abab', 'len=30', six ? '' : 'nosum'])}`;
    case 'icmp':
      return `${dev} ${six ? 'icmp6' : 'icmp'} ${at} type=${one(r, six ? [128, 128, 129] : [8, 8, 0, 13])} id=${from * 2 + r.below(2)}`;
    default:
      return `${dev} other ${at} proto=200 ${six ? one(r, ['', 'hbh']) : ''}`;
  }
}
