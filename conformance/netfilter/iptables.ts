// What is done to both machines: commands whose output is compared, and packets whose way is.
import { fileURLToPath } from 'node:url';
import type { FilterScene } from './run.ts';

const LAB = fileURLToPath(new URL('lab.py', import.meta.url));

/** Packets into the machine: one argument each, in the words of lab.py. */
export function send(...packets: readonly string[]): string {
  return `python3 ${LAB} ${packets.map((p) => `'${p}'`).join(' ')}`;
}

/** A router of 10.1.0.0/24 and 203.0.113.0/24, and of the same in IPv6, with the far ends of both wires in reach of lab.py. What leaves is for somebody else
 * there, so that it does not come in again. */
export const ROUTER: readonly string[] = [
  'sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.dad_transmits=0 net.ipv6.conf.default.addr_gen_mode=1 net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.all.router_solicitations=0 net.ipv6.conf.default.router_solicitations=0',
  'ip link set lo up',
  'ip link add e0 address 02:00:00:00:00:0a type veth peer name e1 address 02:00:00:00:00:0b',
  'ip link add f0 address 02:00:00:00:00:0c type veth peer name f1 address 02:00:00:00:00:0d',
  'sysctl -qw net.ipv6.conf.e1.disable_ipv6=1 net.ipv6.conf.f1.disable_ipv6=1',
  'ip link set e1 up arp off; ip link set f1 up arp off; ip link set e0 up; ip link set f0 up',
  'ip addr add 10.1.0.1/24 brd + dev e0; ip addr add 203.0.113.1/24 brd + dev f0',
  'ip addr add 2001:db8:1::1/64 dev e0; ip addr add 2001:db8:2::1/64 dev f0',
  'for i in 2 3 4 5; do ip neigh add 10.1.0.$i lladdr 02:00:00:00:00:1b dev e0 nud permanent; ip neigh add 203.0.113.$i lladdr 02:00:00:00:00:1d dev f0 nud permanent; done',
  'for i in 2 3 4 5; do ip neigh add 2001:db8:1::$i lladdr 02:00:00:00:00:1b dev e0 nud permanent; ip neigh add 2001:db8:2::$i lladdr 02:00:00:00:00:1d dev f0 nud permanent; done',
  'ip route add default via 203.0.113.2; ip route add default via 2001:db8:2::2',
  'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
];

/** With IPv6 in view, the reports of group memberships are waited for: they come when they come, and would be counted. */
export const setupOf = (scene: FilterScene): readonly string[] => (scene.steps.some((s) => s.includes('ip6tables')) ? [...ROUTER, 'sleep 2.5'] : ROUTER);

const SHOW = ['iptables -L -v -n -x', 'iptables-save -c'];
const OUT = 'src=10.1.0.2 dst=203.0.113.2';
const IN = 'src=10.1.0.2 dst=10.1.0.1';
const BACK = 'src=203.0.113.2 dst=10.1.0.2';
const OUT6 = 'src=2001:db8:1::2 dst=2001:db8:2::2';
const IN6 = 'src=2001:db8:1::2 dst=2001:db8:1::1';

export const SCENES: readonly FilterScene[] = [
  {
    name: 'policies, chains, addresses, devices, protocols',
    steps: [
      'iptables -L -v -n -x', 'iptables -S', 'iptables-save -c',
      'iptables -N web', 'iptables -N web', 'iptables -N log-it', 'iptables -A web -p tcp --dport 80 -j ACCEPT', 'iptables -A web -p tcp -m tcp --dport 8000:8080 --sport 1024: -j RETURN', 'iptables -A web -s 10.1.0.3 -j DROP',
      'iptables -A FORWARD -i e0 -o f0 -p tcp -j web', 'iptables -A FORWARD -i f+ -j ACCEPT', 'iptables -A FORWARD ! -i e0', 'iptables -A FORWARD -p udp -g log-it', 'iptables -A log-it -d 203.0.113.0/25 -p udp ! --dport 53',
      'iptables -A INPUT -s 10.1.0.0/24 -p icmp --icmp-type echo-request -j ACCEPT', 'iptables -A INPUT -p icmp ! --icmp-type 0/0', 'iptables -A INPUT ! -s 10.1.0.3', 'iptables -A INPUT -p 200', 'iptables -A OUTPUT -o e0 -p icmp', 'iptables -A OUTPUT ! -o lo',
      'iptables -P FORWARD DROP', 'iptables -A FORWARD -m comment --comment "the last one" -j ACCEPT', 'iptables -A FORWARD -f', 'iptables -I FORWARD ! -f -p udp',
      send(`tcp ${OUT} dport=80`, `tcp ${OUT} dport=8010`, `tcp src=10.1.0.3 dst=203.0.113.2 dport=22`, `udp ${OUT} dport=53`, `udp ${OUT} dport=54 len=100`, `f1 udp ${BACK}`, `icmp ${IN}`, `icmp src=10.1.0.3 dst=10.1.0.1`, `icmp ${IN} type=13`, `other ${IN} proto=200`, `udp ${OUT} len=200 frag=64`),
      ...SHOW, 'iptables -L FORWARD 2 -v -n -x', 'iptables -C FORWARD -i f+ -j ACCEPT', 'iptables -C FORWARD -i g+ -j ACCEPT', 'iptables -D FORWARD 2', 'iptables -R FORWARD 1 -p tcp -j DROP', 'iptables -Z FORWARD 3', 'iptables -E web net', 'iptables -X net', 'iptables -F net', 'iptables -X net', ...SHOW,
      'iptables -D FORWARD -i e0 -o f0 -p tcp -j net', 'iptables -X net', 'iptables -D FORWARD 99', 'iptables -A nochain', 'iptables -A FORWARD -j nochain', 'iptables -A log-it -j log-it', 'iptables -P log-it DROP', 'iptables -P FORWARD RETURN', 'iptables -Z', ...SHOW, 'iptables -F', 'iptables -X', ...SHOW,
    ],
  },
  {
    name: 'tcp, udp, multiport, length, ttl, tos, ecn, mss',
    steps: [
      ...['-p tcp --syn', '-p tcp ! --syn', '-p tcp --tcp-flags ALL SYN,ACK', '-p tcp --tcp-flags FIN,RST FIN', '-p tcp --tcp-option 2', '-p tcp ! --tcp-option 8', '-p tcp --sport 1000 --dport 80:90', '-p tcp ! --sport 1000', '-p udp --sport :1000', '-p udp ! --dport 53:60', '-p udp -m multiport --dports 53,60:70', '-p tcp -m multiport --sports 1000,1001', '-p tcp -m multiport --ports 80,81',
        '-p udp -m multiport ! --dports 53', '-m length --length 40', '-m length --length 41:100', '-m length ! --length 40:1500', '-m ttl --ttl-eq 63', '-m ttl --ttl-lt 64', '-m ttl --ttl-gt 63', '-m ttl ! --ttl-eq 63', '-m tos --tos 0x10', '-m tos ! --tos 0x10/0x1c', '-m dscp --dscp 4', '-m dscp --dscp-class EF', '-m ecn --ecn-ip-ect 1', '-p tcp -m ecn --ecn-tcp-ece', '-p tcp -m ecn ! --ecn-tcp-cwr', '-p tcp -m tcpmss --mss 1000:1460', '-p tcp -m tcpmss ! --mss 500',
        '-p esp -m esp --espspi 5:7', '-p ah -m ah --ahspi 5', '-p udplite'].map((r) => `iptables -A FORWARD ${r}`),
      send(`tcp ${OUT}`, `tcp ${OUT} flags=SA`, `tcp ${OUT} flags=F dport=85`, `tcp ${OUT} flags=FR`, `tcp ${OUT} opts=020405b4`, `tcp ${OUT} opts=02040258`, `tcp ${OUT} opts=080a0000000100000000 flags=A sport=1001`.replace('080a0000000100000000', '0101080a0000000100000000'), `udp ${OUT}`, `udp ${OUT} dport=65 sport=2000`, `udp ${OUT} len=60 ttl=2`, `udp ${OUT} ttl=200 tos=0x10`, `udp ${OUT} tos=0xb8`, `udp ${OUT} tos=1`, `tcp ${OUT} flags=SEC tos=0x13`, `other ${OUT} proto=50 hex=0000000600000001`, `other ${OUT} proto=51 hex=320400000000000500000001`, `other ${OUT} proto=136 hex=0001000200080000`, `tcp ${OUT} len=500 frag=64`, `udp ${OUT} len=3 ipopt=01010101`, `other ${OUT} proto=6 hex=0001`, `other ${OUT} proto=6 hex=00010002000000010000000060020000`, `other ${OUT} proto=17 hex=0001`),
      ...SHOW,
    ],
  },
  {
    name: 'states and marks',
    steps: [
      'iptables -A FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT', 'iptables -A FORWARD -m conntrack --ctstate NEW -p tcp --syn -j ACCEPT', 'iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP', 'iptables -A FORWARD -m conntrack --ctstate NEW -j ACCEPT', 'iptables -A FORWARD -j DROP',
      ...['-m conntrack --ctproto udp', '-m conntrack --ctorigsrc 10.1.0.0/24', '-m conntrack ! --ctorigdst 203.0.113.2', '-m conntrack --ctreplsrc 203.0.113.2', '-m conntrack --ctrepldst 10.1.0.2', '-m conntrack --ctorigdstport 50:60', '-m conntrack --ctorigsrcport 1000', '-m conntrack --ctreplsrcport 53', '-m conntrack --ctstatus SEEN_REPLY', '-m conntrack --ctstatus ASSURED', '-m conntrack --ctstatus NONE', '-m conntrack --ctexpire 1:40', '-m conntrack --ctdir ORIGINAL', '-m conntrack --ctdir REPLY', '-m conntrack --ctstate UNTRACKED', '-m state --state UNTRACKED', '-m conntrack --ctstate SNAT', '-m connbytes --connbytes 2:3 --connbytes-dir both --connbytes-mode packets', '-m connbytes --connbytes 60: --connbytes-dir original --connbytes-mode bytes', '-m connbytes ! --connbytes 10:40 --connbytes-dir reply --connbytes-mode avgpkt'].map((r) => `iptables -t mangle -A FORWARD ${r}`),
      'iptables -t mangle -A PREROUTING -p udp --dport 53 -j MARK --set-mark 0x11/0xff', 'iptables -t mangle -A PREROUTING -p udp --dport 53 -j CONNMARK --save-mark', 'iptables -t mangle -A PREROUTING -p udp --sport 53 -j CONNMARK --restore-mark', 'iptables -t mangle -A POSTROUTING -m mark --mark 0x11', 'iptables -t mangle -A POSTROUTING -m mark ! --mark 0x10/0x10', 'iptables -t mangle -A POSTROUTING -m connmark --mark 0x11/0xf1', 'iptables -t mangle -A POSTROUTING -p tcp -j CONNMARK --set-xmark 0xf0/0xf', 'iptables -t mangle -A POSTROUTING -p tcp -j MARK --or-mark 4', 'iptables -t mangle -A POSTROUTING -m connmark --mark 0xf0',
      'iptables -t raw -A PREROUTING -p udp --dport 99 -j NOTRACK', 'iptables -t raw -A PREROUTING -p udp --dport 98 -j CT --notrack', 'iptables -t raw -A PREROUTING -p udp --dport 97 -j CT --zone 7', 'iptables -t raw -A PREROUTING -i e1 -j CT --zone 9',
      send(`udp ${OUT}`, `f1 udp ${BACK} sport=53 dport=1000`, `udp ${OUT}`, `udp ${OUT} len=50`, `tcp ${OUT}`, `f1 tcp ${BACK} flags=SA sport=80 dport=1000 seq=100 ack=2`, `tcp ${OUT} flags=A seq=2 ack=101`, `tcp ${OUT} flags=PA seq=2 ack=101 len=10`, `tcp ${OUT} flags=R sport=3333`, `tcp ${OUT} flags=A sport=3334`, `icmp ${OUT}`, `f1 icmp ${BACK} type=0`, `f1 icmp ${BACK} type=0 id=9`, `udp ${OUT} dport=99`, `udp ${OUT} dport=98`, `udp ${OUT} dport=97`, `f1 icmp ${BACK} type=3 code=3 inner=udp,src=10.1.0.2,dst=203.0.113.2,ttl=63`, `udp ${OUT} badsum`),
      'iptables -L -v -n -x', 'iptables -t mangle -L -v -n -x', 'iptables-save -c -t mangle', 'iptables-save -c -t raw', 'iptables-save -c -t filter',
    ],
  },
  {
    name: 'REJECT of all kinds',
    steps: [
      ...['icmp-net-unreachable', 'icmp-host-unreachable', 'icmp-proto-unreachable', 'icmp-port-unreachable', 'icmp-net-prohibited', 'icmp-host-prohibited', 'icmp-admin-prohibited'].map((w, i) => `iptables -A FORWARD -p udp --dport ${200 + i} -j REJECT --reject-with ${w}`),
      'iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset', 'iptables -A INPUT -p udp -j REJECT', 'iptables -A INPUT -p tcp --tcp-flags RST RST -j ACCEPT', 'iptables -A INPUT -p tcp --dport 81 -j REJECT --reject-with tcp-reset', 'iptables -A INPUT -p tcp -j REJECT', 'iptables -A OUTPUT -p udp --dport 300 -j REJECT --reject-with icmp-host-prohibited', 'iptables -A OUTPUT -p tcp --dport 301 -j REJECT --reject-with tcp-reset', 'iptables -A OUTPUT -p udp --dport 302 -j DROP', 'iptables -A OUTPUT -p icmp', 'iptables -A FORWARD -p udp -j REJECT --reject-with tcp-reset', 'iptables -t mangle -A FORWARD -j REJECT', 'iptables -A OUTPUT -p icmp -m state --state RELATED', 'iptables -A OUTPUT -p icmp -m state --state INVALID', 'iptables -A OUTPUT -p tcp -m state --state RELATED', 'iptables -A OUTPUT -p tcp -m state --state INVALID', 'iptables -A OUTPUT -p tcp -m state --state ESTABLISHED',
      'sysctl -qw net.ipv4.icmp_ratelimit=0',
      send(...Array.from({ length: 7 }, (_, i) => `udp ${OUT} dport=${200 + i}`), `tcp ${OUT} seq=77`, `tcp ${OUT} flags=A seq=5 ack=99`, `tcp ${OUT} flags=R`, `tcp ${OUT} flags=PA ack=7 seq=5 len=20`, `tcp ${OUT} flags=FS len=9`, `udp ${IN}`, `tcp ${IN} dport=81`, `tcp ${IN} dport=82`, `udp ${OUT} dport=200 len=2000 frag=800`, `udp src=10.1.0.2 dst=10.1.0.255 bcast`, 'sock udp dst=203.0.113.3 dport=300 sport=78', 'sock udp dst=203.0.113.3 dport=302', 'sock connect dst=203.0.113.3 dport=301', 'sock udp dst=203.0.113.3 dport=303 sport=77', 'sock recv', `tcp ${IN} dport=81 badsum`),
      ...SHOW,
    ],
  },
  {
    name: 'REJECT of protocols with other sums or none',
    steps: [
      'iptables -A FORWARD -j REJECT', 'ip6tables -A FORWARD -j REJECT', 'sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0',
      send(...[1, 2, 4, 33, 41, 46, 47, 50, 51, 55, 58, 89, 94, 97, 98, 103, 108, 112, 115, 132, 136, 137, 139, 140, 200, 253].flatMap((n) => [`other ${OUT} proto=${n} hex=0102030405060708090a0b0c0d0e0f10 ipid=${n}`, `other ${OUT6} proto=${n} hex=0102030405060708090a0b0c0d0e0f10`]), `udp ${OUT} nosum`, `udp ${OUT6} nosum`),
      'iptables -L -v -n -x', 'ip6tables -L -v -n -x',
    ],
  },
  {
    name: 'fragments to this machine',
    steps: [
      'ip6tables -A INPUT -m state --state NEW', 'iptables -A INPUT -m state --state NEW', 'sysctl -qw net.ipv6.icmp.ratelimit=0',
      send('sock bound src=2001:db8:1::1 sport=77', 'sock bound src=10.1.0.1 sport=77', `udp ${IN6} dport=77 len=500 frag=128`, `udp ${IN6} dport=78 len=500 frag=128`, `udp ${IN} dport=77 len=500 frag=128`, `udp ${IN} dport=78 len=500 frag=128`, 'sock recv', `icmp6 ${IN6} len=300 frag=64`),
      'ip6tables -L -v -n -x', 'iptables -L -v -n -x',
    ],
  },
  {
    name: 'targets that change packets',
    steps: [
      'iptables -t mangle -A PREROUTING -p udp --dport 10 -j TOS --set-tos 0x10', 'iptables -t mangle -A PREROUTING -p udp --dport 11 -j TOS --set-tos 0x08/0x0c', 'iptables -t mangle -A PREROUTING -p udp --dport 12 -j DSCP --set-dscp 46', 'iptables -t mangle -A PREROUTING -p udp --dport 13 -j DSCP --set-dscp-class AF11', 'iptables -t mangle -A PREROUTING -p udp --dport 14 -j TTL --ttl-set 20', 'iptables -t mangle -A PREROUTING -p udp --dport 15 -j TTL --ttl-inc 5', 'iptables -t mangle -A PREROUTING -p udp --dport 16 -j TTL --ttl-dec 60', 'iptables -t mangle -A PREROUTING -p tcp --dport 17 -j ECN --ecn-tcp-remove',
      'iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN --dport 20 -j TCPMSS --set-mss 1000', 'iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN --dport 21 -j TCPMSS --clamp-mss-to-pmtu', 'iptables -t mangle -A FORWARD -p tcp --dport 21 -j TCPMSS --clamp-mss-to-pmtu', 'iptables -t mangle -A PREROUTING -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu', 'iptables -t mangle -A POSTROUTING -p udp --dport 22 -j CLASSIFY --set-class 1:2', 'iptables -t mangle -A POSTROUTING -p udp --dport 23 -j CHECKSUM --checksum-fill', 'iptables -t filter -A FORWARD -j TOS --set-tos 4', 'iptables -A FORWARD -p udp --dport 24 -j NFLOG --nflog-prefix hello --nflog-group 3', 'iptables -A FORWARD -p udp --dport 25 -j NFQUEUE --queue-num 3', 'iptables -A FORWARD -p udp --dport 26 -j NFQUEUE --queue-balance 1:4 --queue-bypass', 'iptables -t raw -A PREROUTING -p udp --dport 27 -j TRACE', 'iptables -A FORWARD -p udp --dport 28 -j LOG --log-prefix "x: " --log-level 5 --log-tcp-sequence', 'iptables -A FORWARD -p udp --dport 29 -j AUDIT --type drop',
      'ip link set f0 mtu 1400',
      send(...[10, 11, 12, 13, 14, 15, 22, 23, 24, 25, 26, 27, 28, 29].map((p) => `udp ${OUT} dport=${p} tos=0x05`), `udp ${OUT} dport=16 ttl=61`, `udp ${OUT} dport=16 ttl=200`, `udp ${OUT} dport=15 ttl=254`, `tcp ${OUT} dport=17 flags=SEC`, ...[20, 21].flatMap((p) => [`tcp ${OUT} dport=${p} opts=020405b4`, `tcp ${OUT} dport=${p} opts=02040100`, `tcp ${OUT} dport=${p}`, `tcp ${OUT} dport=${p} opts=01010101`, `tcp ${OUT} dport=${p} flags=SA opts=0101080a0000000100000000020405b4`, `tcp ${OUT} dport=${p} len=4`])),
      'iptables -t mangle -L -v -n -x', 'iptables-save -c',
    ],
  },
  {
    name: 'NAT: sources and destinations',
    steps: [
      'iptables -t nat -L -v -n -x', 'iptables -t nat -A POSTROUTING -o f0 -s 10.1.0.2 -j MASQUERADE', 'iptables -t nat -A POSTROUTING -o f0 -s 10.1.0.3 -j SNAT --to-source 203.0.113.9', 'iptables -t nat -A POSTROUTING -o f0 -s 10.1.0.4 -p udp -j SNAT --to-source 203.0.113.9:4000-4000', 'iptables -t nat -A POSTROUTING -s 10.1.0.5 -p tcp -j MASQUERADE --to-ports 5000-5000', 'iptables -t nat -A PREROUTING -i f0 -p tcp --dport 8080 -j DNAT --to-destination 10.1.0.2:80', 'iptables -t nat -A PREROUTING -i f0 -p udp --dport 7000:7010 -j DNAT --to-destination 10.1.0.3:100-110/7000', 'iptables -t nat -A PREROUTING -p udp --dport 6000 -j REDIRECT --to-ports 6001', 'iptables -t nat -A PREROUTING -d 198.51.100.0/24 -j NETMAP --to 203.0.113.0/24', 'iptables -t nat -A OUTPUT -d 198.51.100.9 -p udp -j DNAT --to-destination 203.0.113.4', 'iptables -t nat -A OUTPUT -p udp --dport 6100 -j REDIRECT --to-ports 6101', 'iptables -t nat -A FORWARD -j SNAT --to-source 1.2.3.4', 'iptables -t nat -A PREROUTING -j MASQUERADE', 'iptables -t nat -A POSTROUTING -j DNAT --to-destination 1.2.3.4', 'iptables -A FORWARD -j MASQUERADE', 'iptables -t nat -A POSTROUTING -j REJECT', 'iptables -t nat -A INPUT -s 10.1.0.5 -p udp -j SNAT --to-source 10.1.0.99', 'iptables -t nat -P POSTROUTING DROP',
      'iptables -A FORWARD -m conntrack --ctstatus SNAT,DNAT', 'iptables -A FORWARD -m conntrack --ctstate DNAT', 'iptables -A FORWARD -m conntrack --ctstate SNAT',
      send(`udp ${OUT}`, 'f1 udp src=203.0.113.2 dst=203.0.113.1 sport=53 dport=1000', `icmp ${OUT} id=9`, 'f1 icmp src=203.0.113.2 dst=203.0.113.1 type=0 id=9', `tcp ${OUT}`, 'f1 tcp src=203.0.113.2 dst=203.0.113.1 flags=SA sport=80 dport=1000 seq=9 ack=2', 'udp src=10.1.0.3 dst=203.0.113.2', 'f1 udp src=203.0.113.2 dst=203.0.113.9 sport=53 dport=1000', 'udp src=10.1.0.4 dst=203.0.113.2', 'f1 udp src=203.0.113.2 dst=203.0.113.9 sport=53 dport=4000', 'tcp src=10.1.0.5 dst=203.0.113.2', 'f1 tcp src=203.0.113.3 dst=203.0.113.1 dport=8080', 'e1 tcp src=10.1.0.2 dst=203.0.113.3 sport=80 dport=1000 flags=SA seq=7 ack=2', 'f1 udp src=203.0.113.3 dst=203.0.113.1 dport=7005', 'f1 icmp src=203.0.113.2 dst=203.0.113.1 type=3 code=1 inner=udp,src=203.0.113.1,dst=203.0.113.2,ttl=60', 'sock bound src=10.1.0.1 sport=6001', `udp ${IN} dport=6000`, 'udp src=10.1.0.2 dst=198.51.100.4 sport=77', 'sock udp dst=198.51.100.9 dport=44 sport=45', 'f1 udp src=203.0.113.4 dst=203.0.113.1 sport=44 dport=45', 'sock bound src=127.0.0.1 sport=6101', 'sock udp dst=203.0.113.5 dport=6100 sport=79', 'udp src=10.1.0.5 dst=10.1.0.1 dport=6001', 'sock recv', `udp ${OUT} ttl=1 sport=1001`, `udp ${OUT} sport=1002 len=2000 frag=800`),
      'iptables -t nat -L -v -n -x', 'iptables-save -c', 'cat /proc/net/nf_conntrack | sed "s/^\\(.*\\) [0-9]* \\(TIME\\|SYN\\|EST\\|src\\)/\\1 T \\2/; s/use=[0-9]*//" | sort', 'ip addr del 203.0.113.1/24 dev f0', 'grep -c 203.0.113.1 /proc/net/nf_conntrack',
    ],
  },
  {
    name: 'ip6tables',
    steps: [
      'ip6tables -L -v -n -x', 'ip6tables -P FORWARD DROP',
      ...['-p tcp --dport 80 -j ACCEPT', '-p udp -m multiport --dports 53,54 -j ACCEPT', '-p icmpv6 --icmpv6-type echo-request', '-p icmpv6 --icmpv6-type 129/0', '-s 2001:db8:1::/64 -d 2001:db8:2::2', '! -s 2001:db8:1::2', '-m hl --hl-eq 63', '-m hl --hl-lt 10', '-m tos --tos 0x10', '-m dscp --dscp 4', '-m length --length 40:60', '-m hbh', '-m frag --fragid 99', '-m frag --fragmore', '-m ipv6header --header hop --soft', '-m ipv6header --header prot', '-m iprange --src-range 2001:db8:1::1-2001:db8:1::2', '-m addrtype --dst-type UNICAST', '-m conntrack --ctstate NEW', '-m conntrack --ctorigsrc 2001:db8:1::/64', '-m state --state INVALID', '-p udp --dport 60 -j REJECT', '-p udp --dport 61 -j REJECT --reject-with icmp6-adm-prohibited', '-p udp --dport 62 -j REJECT --reject-with icmp6-no-route', '-p udp --dport 63 -j REJECT --reject-with icmp6-addr-unreachable', '-p udp --dport 64 -j REJECT --reject-with icmp6-policy-fail', '-p udp --dport 65 -j REJECT --reject-with icmp6-reject-route', '-p tcp --dport 66 -j REJECT --reject-with tcp-reset', '-j ACCEPT'].map((r) => `ip6tables -A FORWARD ${r}`),
      'ip6tables -t mangle -A PREROUTING -p udp --dport 70 -j HL --hl-set 5', 'ip6tables -t mangle -A PREROUTING -p udp --dport 71 -j TOS --set-tos 0x10', 'ip6tables -t mangle -A PREROUTING -p udp --dport 72 -j DSCP --set-dscp 10', 'ip6tables -t mangle -A FORWARD -p tcp --syn -j TCPMSS --set-mss 1000', 'ip6tables -t mangle -A PREROUTING -p udp --dport 73 -j MARK --set-mark 9', 'ip6tables -t raw -A PREROUTING -p udp --dport 74 -j NOTRACK', 'ip6tables -A INPUT -p udp -j REJECT', 'ip6tables -A INPUT -p icmpv6 --icmpv6-type 128 -m rpfilter',
      'sysctl -qw net.ipv6.icmp.ratelimit=0',
      send(`tcp ${OUT6}`, `udp ${OUT6}`, `icmp6 ${OUT6}`, `icmp6 ${OUT6} type=129`, `f1 icmp6 src=2001:db8:2::2 dst=2001:db8:1::2 type=129`, `tcp ${OUT6} dport=81 hbh`, `udp ${OUT6} dport=99 tos=0x10 ttl=5`, `udp ${OUT6} dport=99 len=300 frag=64`, ...[60, 61, 62, 63, 64, 65].map((p) => `udp ${OUT6} dport=${p}`), `tcp ${OUT6} dport=66`, `tcp ${OUT6} dport=66 flags=A ack=6`, ...[70, 71, 72, 73, 74].map((p) => `udp ${OUT6} dport=${p}`), `tcp ${OUT6} dport=80 opts=020405a0`, `tcp ${OUT6} dport=80 sport=5`, `udp ${IN6}`, `icmp6 ${IN6}`, `udp src=2001:db8:1::3 dst=2001:db8:2::2 dport=53`),
      'ip6tables -L -v -n -x', 'ip6tables-save -c',
    ],
  },
  {
    name: 'NAT of IPv6',
    steps: [
      'ip6tables -t nat -A POSTROUTING -o f0 -s 2001:db8:1::2 -j MASQUERADE', 'ip6tables -t nat -A POSTROUTING -o f0 -s 2001:db8:1::3 -p udp -j SNAT --to-source [2001:db8:2::9]:4000', 'ip6tables -t nat -A PREROUTING -i f0 -p tcp --dport 8080 -j DNAT --to-destination [2001:db8:1::2]:80', 'ip6tables -t nat -A PREROUTING -p udp --dport 6000 -j REDIRECT --to-ports 6001', 'ip6tables -t nat -A PREROUTING -d 2001:db8:99::/64 -j NETMAP --to 2001:db8:2::/64', 'ip6tables -t nat -A OUTPUT -d 2001:db8:98::1 -j DNAT --to-destination 2001:db8:2::4',
      send(`udp ${OUT6}`, 'f1 udp src=2001:db8:2::2 dst=2001:db8:2::1 sport=53 dport=1000', `tcp ${OUT6}`, `icmp6 ${OUT6} id=9`, 'f1 icmp6 src=2001:db8:2::2 dst=2001:db8:2::1 type=129 id=9', 'udp src=2001:db8:1::3 dst=2001:db8:2::2', 'f1 udp src=2001:db8:2::2 dst=2001:db8:2::9 sport=53 dport=4000', 'f1 tcp src=2001:db8:2::3 dst=2001:db8:2::1 dport=8080', 'e1 tcp src=2001:db8:1::2 dst=2001:db8:2::3 flags=SA sport=80 dport=1000 ack=2', 'sock bound src=2001:db8:1::1 sport=6001', `udp ${IN6} dport=6000`, 'udp src=2001:db8:1::2 dst=2001:db8:99::4', 'f1 icmp6 src=2001:db8:2::2 dst=2001:db8:2::1 type=1 code=4 inner=udp,src=2001:db8:2::1,dst=2001:db8:2::2,ttl=60', 'sock udp dst=2001:db8:98::1 dport=44 sport=45', 'f1 udp src=2001:db8:2::4 dst=2001:db8:2::1 sport=44 dport=45', 'sock recv', `udp ${OUT6} sport=1002 len=2000 frag=800`),
      'ip6tables -t nat -L -v -n -x', 'ip6tables-save -c', 'cat /proc/net/nf_conntrack | sed "s/^\\(.*\\) [0-9]* \\(TIME\\|SYN\\|EST\\|src\\)/\\1 T \\2/; s/use=[0-9]*//" | sort', 'ip addr del 2001:db8:2::1/64 dev f0', 'grep -c 2001:0db8:0002:0000:0000:0000:0000:0001 /proc/net/nf_conntrack',
    ],
  },
  {
    name: 'matches that look elsewhere',
    steps: [
      ...['-m iprange --src-range 10.1.0.2-10.1.0.3', '-m iprange ! --dst-range 203.0.113.0-203.0.113.9', '-m addrtype --src-type UNICAST', '-m addrtype --dst-type LOCAL', '-m addrtype ! --dst-type UNICAST', '-m addrtype --dst-type LOCAL --limit-iface-in', '-m mac --mac-source 02:00:00:00:00:0b', '-m mac ! --mac-source 02:00:00:00:00:0b', '-m pkttype --pkt-type unicast', '-m pkttype --pkt-type broadcast', '-m pkttype ! --pkt-type multicast', '-m u32 --u32 "6 & 0xFF = 17"', '-m u32 --u32 "0>>22&0x3C@ 0 >> 16 = 1000:1003"', '-m u32 ! --u32 "2&0xffff=0:60"', '-m string --algo bm --string hello', '-m string --algo kmp --string HELLO --icase', '-m string --algo bm --hex-string "|68656c|lo" --from 20 --to 30', '-m string --algo bm --string hello --from 28 --to 32', '-m string --algo bm --string hello --from 28 --to 33', '-m string --algo kmp --string hello --from 20 --to 34', '-m string --algo kmp --string hello --from 29', '-m string ! --algo bm --string nothing', '-m bpf --bytecode "4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0"', '-m time --timestart 00:00 --timestop 23:59', '-m time --datestop 2001-01-01', '-m time --weekdays Mon,Tue,Wed,Thu,Fri,Sat,Sun', '-m statistic --mode nth --every 3 --packet 0', '-m statistic --mode nth --every 3 --packet 2', '-m statistic --mode nth --every 3 --packet 1', '-m statistic --mode random --probability 1', '-m statistic ! --mode random --probability 1', '-m limit --limit 1/hour --limit-burst 3', '-m quota --quota 200', '-m quota ! --quota 100', '-m hashlimit --hashlimit-name a --hashlimit-above 1/hour --hashlimit-burst 2 --hashlimit-mode srcip', '-m hashlimit --hashlimit-name b --hashlimit-upto 1/hour --hashlimit-burst 1 --hashlimit-mode srcip,dstport --hashlimit-srcmask 24', '-m recent --name r1 --set', '-m recent --name r1 --rcheck --seconds 60 --hitcount 3', '-m recent --name r1 --update --hitcount 2', '-m recent --name r2 --rcheck', '-m recent ! --name r2 --rcheck', '-m connlimit --connlimit-above 2', '-m connlimit --connlimit-upto 2 --connlimit-mask 24', '-m devgroup --src-group 0', '-m cpu --cpu 0 -m comment --comment x', '-m physdev --physdev-in e0', '-m physdev ! --physdev-is-bridged', '-m helper --helper ftp', '-m socket'].filter((r) => !r.includes('cpu') && !r.includes('socket')).map((r) => `iptables -A INPUT ${r}`),
      'iptables -A OUTPUT -m owner --uid-owner 0', 'iptables -A OUTPUT -m owner ! --uid-owner 1-100', 'iptables -A OUTPUT -m owner --socket-exists', 'iptables -A OUTPUT -m owner ! --socket-exists', 'iptables -A INPUT -m owner --uid-owner 0', 'iptables -t raw -A PREROUTING -m rpfilter', 'iptables -t raw -A PREROUTING -m rpfilter --invert', 'iptables -t raw -A PREROUTING -m rpfilter --loose', 'iptables -A INPUT -m rpfilter', 'iptables -A OUTPUT -m mac --mac-source 02:00:00:00:00:0b',
      send(`udp ${IN}`, `udp ${IN} data=hello-world`, `udp ${IN} sport=1002 data=xxHeLLo`, `tcp ${IN} sport=5`, `tcp ${IN} sport=6`, `tcp ${IN} sport=7`, `udp src=10.1.0.3 dst=10.1.0.255 bcast`, `udp src=10.1.0.9 dst=10.1.0.1 mac=0200000000ff`, `udp src=203.0.113.7 dst=10.1.0.1`, 'sock udp dst=203.0.113.3 dport=300 sport=70', `icmp ${IN}`),
      'iptables -L -v -n -x', 'iptables-save -c -t raw', 'iptables -t raw -L -v -n -x', 'iptables-save -c -t filter',
    ],
  },
  {
    name: 'whole tables at once, and what is refused',
    steps: [
      'printf "*filter\\n:INPUT ACCEPT [5:600]\\n:FORWARD DROP [1:2]\\n:OUTPUT ACCEPT [0:0]\\n:mine - [0:0]\\n[3:4] -A INPUT -p tcp -j mine\\n-A mine -p tcp --dport 22 -j ACCEPT\\n[7:8] -A mine -j RETURN\\nCOMMIT\\n" | iptables-restore -c', 'iptables-save -c', 'printf "*filter\\n-A INPUT -p udp -j DROP\\nCOMMIT\\n" | iptables-restore -n', 'iptables-save -c', 'printf "*filter\\n-A INPUT -p udp -j NOSUCH\\nCOMMIT\\n" | iptables-restore', 'printf "*raw\\n:PREROUTING ACCEPT [0:0]\\n:OUTPUT ACCEPT [0:0]\\nCOMMIT\\n*security\\n:INPUT ACCEPT [0:0]\\n-A INPUT -j ACCEPT\\nCOMMIT\\n" | iptables-restore', 'iptables -t security -L -v -n -x', 'iptables -t nosuch -L', 'sort /proc/net/ip_tables_names',
      'iptables -N a; iptables -N b; iptables -A a -j b; iptables -A b -j a; iptables -A INPUT -j a', 'iptables -A b -g b', 'iptables -S', 'iptables -F b; iptables -A b -g a; iptables -A INPUT -j a; iptables -F', 'iptables -X', 'iptables -m nosuch', 'iptables -A INPUT -m conntrack', 'iptables -A INPUT -p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16', 'iptables -A INPUT -m multiport --dports 1', 'iptables -A OUTPUT -i e0', 'iptables -A INPUT -p tcp -m rpfilter', 'iptables -A INPUT -m limit --limit 1/s --limit-burst 0', 'iptables -A OUTPUT -m addrtype --dst-type LOCAL --limit-iface-in', 'iptables -A INPUT -m addrtype --dst-type LOCAL --limit-iface-out', 'for i in $(seq 1 300); do echo "-A INPUT -s 10.9.$((i/250)).$((i%250)) -p tcp --dport $i -j DROP"; done | (echo "*filter"; cat; echo COMMIT) | iptables-restore -n', 'iptables-save -c | grep -v "^#" | md5sum',
      send(`tcp ${IN} dport=44`, `udp ${IN}`), 'iptables -L INPUT -v -n -x | tail -3', 'iptables -nvxL INPUT | head -3',
    ],
  },
];
