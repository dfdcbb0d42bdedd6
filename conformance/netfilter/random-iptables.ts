// Random tables of iptables, from a seed: matches, jumps, changes of headers and marks, translation.
import type { RngStream } from '@linnet/kernel';
import { DPORTS, may, one, type Side } from './random-packets.ts';

/** Not connlimit: how long a real kernel counts a connection that was refused is a matter of its clock's ticks. */
const BOTH: readonly string[] = [
  '-m length --length 40:60', '-m length ! --length 0:100', '-m tos --tos 0x10', '-m dscp --dscp 4', '-m conntrack --ctstate NEW', '-m conntrack --ctstate ESTABLISHED', '-m conntrack --ctstate RELATED', '-m conntrack --ctstate INVALID', '-m conntrack ! --ctstate NEW,ESTABLISHED', '-m conntrack --ctstate DNAT', '-m conntrack --ctstate SNAT', '-m conntrack --ctdir REPLY', '-m conntrack --ctstatus SEEN_REPLY', '-m conntrack --ctstatus ASSURED',
  '-m mark --mark 1/1', '-m mark ! --mark 2/3', '-m connmark --mark 1/1', '-m statistic --mode nth --every 2 --packet 0', '-m limit --limit 1/hour --limit-burst 4', '-m quota --quota 300', '-m pkttype --pkt-type unicast', '-m comment --comment x', '-m recent --name r --set', '-m recent --name r --rcheck --hitcount 3', '-m string --algo bm --string ab', '-m hashlimit --hashlimit-name h --hashlimit-upto 1/hour --hashlimit-burst 3 --hashlimit-mode srcip,dstport', '-m mac --mac-source 02:00:00:00:00:0b',
  '-m state --state NEW', '-m conntrack --ctorigdstport 80', '-m conntrack --ctreplsrcport 53:80', '-m conntrack --ctproto 17', '-m conntrack --ctstate UNTRACKED', '-m ecn --ecn-ip-ect 2', '-m statistic --mode nth --every 5 --packet 3', '-m limit --limit 1/hour --limit-burst 20', '-m recent --name r --update --hitcount 2 --rdest', '-m recent --name q --set --rdest', '-m string --algo kmp --string xxx --from 20 --to 60', '-m length --length 60:200', '-m hashlimit --hashlimit-name k --hashlimit-above 1/hour --hashlimit-burst 2 --hashlimit-mode dstip --hashlimit-dstmask 24', '-m quota ! --quota 1000', '-m connbytes --connbytes 2:4 --connbytes-dir both --connbytes-mode packets', '-m bpf --bytecode "4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0"',
];
const MATCHES4 = [...BOTH, '-m ttl --ttl-lt 64', '-m ttl --ttl-eq 63', '-f', '! -f', '-m u32 --u32 "4&0x1FFF=0"', '-m addrtype --dst-type LOCAL', '-m iprange --src-range 10.1.0.2-10.1.0.2', '-m iprange ! --dst-range 203.0.113.2-203.0.113.3', '-m conntrack --ctorigsrc 10.1.0.0/31', '-m conntrack --ctrepldst 203.0.113.1', '-m addrtype ! --src-type UNICAST', '-m u32 --u32 "0>>22&0x3C@ 0 >> 16 = 1000:1003"', '-m realm --realm 0'];
const MATCHES6 = [...BOTH, '-m hl --hl-lt 64', '-m hl --hl-eq 63', '-m frag --fragid 9', '-m ipv6header --header hop --soft', '-m hbh', '-m addrtype --dst-type LOCAL', '-m ipv6header --header frag --soft', '-m frag --fragid 9 --fragmore', '-m conntrack --ctorigsrc 2001:db8:1::2', '-m conntrack --ctrepldst 2001:db8:2::1', '-m iprange --src-range 2001:db8:1::-2001:db8:1::2', '-m rt', '-m hbh --hbh-opts 1'];
const MARKS = ['-j MARK --set-mark 1', '-j MARK --xor-mark 2', '-j MARK --set-xmark 0x50/0xf0', '-j MARK --or-mark 8', '-j MARK --and-mark 3', '-j CONNMARK --set-xmark 0x20/0x30', '-j CONNMARK --save-mark --nfmask 0xf0 --ctmask 0xff', '-j CONNMARK --save-mark', '-j CONNMARK --restore-mark', '-j CONNMARK --set-mark 3', '-p tcp --syn -j TCPMSS --set-mss 500'];
const LEAVING = ['-j CLASSIFY --set-class 1:2', '-p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu'];
const HEADERS = ['-j TOS --set-tos 0x10', '-j DSCP --set-dscp 4'];

function selectors(r: RngStream, { six, nets }: Side, chain: string): string {
  const out: string[] = [];
  if (may(r, 25)) out.push(`${may(r, 25) ? '! ' : ''}-s ${one(r, nets)}`);
  if (may(r, 25)) out.push(`${may(r, 25) ? '! ' : ''}-d ${one(r, nets)}`);
  if (['PREROUTING', 'INPUT', 'FORWARD'].includes(chain) && may(r, 20)) out.push(`${may(r, 25) ? '! ' : ''}-i ${one(r, ['e0', 'f0', 'e+', '+'])}`);
  if (['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(chain) && may(r, 20)) out.push(`-o ${one(r, ['e0', 'f0', 'f+'])}`);
  const icmp = six ? 'icmpv6' : 'icmp';
  const p = one(r, ['', '', 'tcp', 'udp', icmp, '200']);
  if (p !== '') out.push(`-p ${p}`);
  if ((p === 'tcp' || p === 'udp') && may(r, 60)) out.push(one(r, ['--dport 80', '--dport 50:60', '--sport 1000', '! --dport 53', '--sport :1001', '-m multiport --dports 53,80,90:95', '-m multiport ! --ports 1000']));
  if (p === 'tcp' && may(r, 40)) out.push(one(r, ['--syn', '! --syn', '--tcp-flags ALL SYN,ACK', '--tcp-option 2']));
  if (p === icmp && may(r, 50)) out.push(six ? '--icmpv6-type 128' : '--icmp-type 8');
  return out.join(' ');
}

function filter(r: RngStream, side: Side): string[] {
  const matches = side.six ? MATCHES6 : MATCHES4;
  const rule = (chain: string, verdicts: readonly string[]): string => `-A ${chain} ${selectors(r, side, chain)} ${may(r, 75) ? one(r, matches.filter((m) => !m.includes('--mac') || chain === 'INPUT' || chain === 'FORWARD')) : ''} ${one(r, verdicts)}`;
  const some = (chain: string, n: number, verdicts: readonly string[]): string[] => Array.from({ length: n }, () => rule(chain, verdicts));
  const user = ['', '', '', '-j RETURN', '-j RETURN', '-j ACCEPT', '-j ACCEPT', '-j DROP'];
  const base = ['', '', '', '-j u1', '-j u2', '-g u1', '-j ACCEPT', '-j ACCEPT', '-j DROP', '-j REJECT'];
  return [
    '*filter', ':INPUT ACCEPT', `:FORWARD ${one(r, ['ACCEPT', 'ACCEPT', 'ACCEPT', 'DROP'])}`, ':OUTPUT ACCEPT', ':u1 -', ':u2 -', ':u3 -',
    ...some('u3', 4, user), ...some('u2', 4, [...user, '-j u3', '-g u3']), ...some('u1', 4, [...user, '-j u2', '-g u3', '-j u3']), ...some('INPUT', 6, base), ...some('FORWARD', 10, [...base, '-p tcp -j REJECT --reject-with tcp-reset', '-j NFQUEUE --queue-num 7 --queue-bypass', ...(side.six ? ['-j REJECT --reject-with icmp6-adm-prohibited', '-j REJECT --reject-with icmp6-addr-unreachable'] : ['-j REJECT --reject-with icmp-host-prohibited', '-j REJECT --reject-with icmp-proto-unreachable'])]), ...some('OUTPUT', 4, ['', '', '-j u1', '-j ACCEPT', '-j DROP']), 'COMMIT',
  ].map((line) => (/-p .* -p /.test(line) ? line.replace('-p tcp -j REJECT --reject-with tcp-reset', '-j REJECT') : line));
}

function mangle(r: RngStream, side: Side): string[] {
  const out = ['*mangle'];
  for (const chain of ['PREROUTING', 'FORWARD', 'POSTROUTING', 'INPUT', 'OUTPUT']) {
    // A real kernel takes larger IPv6 packets for itself for damaged when their header was rewritten before they are delivered: the sum that it keeps is not kept up.
    const headers = side.six ? (chain === 'INPUT' || chain === 'PREROUTING' ? [] : ['-j HL --hl-set 9', '-j HL --hl-inc 1', ...HEADERS]) : ['-j TTL --ttl-set 9', '-j TTL --ttl-inc 1', ...HEADERS];
    for (let i = 0; i < 3; i++) {
      const target = one(r, [...headers, ...MARKS, ...(chain === 'FORWARD' || chain === 'POSTROUTING' ? LEAVING : [])]);
      out.push(`-A ${chain} ${target.startsWith('-p') ? '' : selectors(r, side, chain)} ${target}`);
    }
  }
  return [...out, 'COMMIT'];
}

/** Where each connection may go, and as whom: never two to the same addresses and ports. */
function nat(r: RngStream, { six, hosts, hidden }: Side): string[] {
  const to = (host: string, port: number): string => (six ? `[${host}]:${port}` : `${host}:${port}`);
  const icmp = six ? 'icmpv6' : 'icmp';
  const pre = [
    `-d ${hosts[5]!} -p tcp --dport ${one(r, DPORTS)} -j DNAT --to-destination ${to(hidden[0]!, 8000)}`, `-d ${hosts[5]!} -p udp --dport ${one(r, DPORTS)} -j DNAT --to-destination ${to(hidden[0]!, 8001)}`, `-d ${hosts[2]!} -p tcp --dport 80 -j DNAT --to-destination ${to(hidden[2]!, 8002)}`, `-d ${hosts[3]!} -j DNAT --to-destination ${hidden[3]!}`,
    `-d ${hosts[0]!} -p ${icmp} -j DNAT --to-destination ${hidden[1]!}`, `-d ${hosts[3]!} -p udp --dport ${one(r, DPORTS)} -j REDIRECT --to-ports 6001`, `-d ${hosts[4]!} -p tcp --dport ${one(r, DPORTS)} -j REDIRECT --to-ports 6002`, `-d ${hosts[1]!} -j ACCEPT`,
  ];
  const out = six ? '2001:db8:2::' : '203.0.113.';
  const post = [
    '-o f0 -j MASQUERADE', `-o f0 -s ${hosts[0]!} -j SNAT --to-source ${out}9`, `-o f0 -s ${hosts[1]!} -p udp -j SNAT --to-source ${out}8`, `-o f0 -s ${hosts[0]!} -p tcp --sport 1000 -j SNAT --to-source ${to(`${out}7`, 4000)}`, '-o e0 -j MASQUERADE', `-o f0 -s ${hosts[0]!}/${six ? 127 : 31} -j NETMAP --to ${out}${six ? '40/127' : '64/31'}`, `-o f0 -p tcp -j MASQUERADE`,
  ];
  const some = (chain: string, list: readonly string[], n: number): string[] => Array.from({ length: n }, () => `-A ${chain} ${one(r, list)}`);
  return ['*nat', ...some('PREROUTING', pre, 3), ...some('POSTROUTING', post, 2), 'COMMIT'];
}

/** Input of iptables-restore, or ip6tables-restore. */
export function tables(r: RngStream, side: Side, translated: boolean): string {
  const raw = ['*raw', `-A PREROUTING ${selectors(r, side, 'PREROUTING')} ${one(r, ['-j NOTRACK', '-j ACCEPT', ''])}`, 'COMMIT'];
  return [...raw, ...mangle(r, side), ...(translated ? nat(r, side) : []), ...filter(r, side), ''].join('\n');
}
