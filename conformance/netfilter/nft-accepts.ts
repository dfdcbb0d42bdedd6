// What nft(8) knows to say, one thing at a time: which of it is taken, and how it is listed.
import { ROUTER, send } from './iptables.ts';
import type { FilterScene } from './run.ts';

const LIST = 'nft list ruleset';
const q = (command: string): string => `nft '${command}'`;
const each = (before: string, ...list: readonly string[]): string[] => list.map((c) => q(`${before} ${c}`));

const OBJECTS = `table ip t {
ct timeout u { protocol udp; policy = { unreplied : 5, replied : 17 }; }
ct timeout six { protocol udp; l3proto ip6; policy = { unreplied : 45 }; }
ct timeout c { protocol tcp; policy = { syn_sent : 11 }; }
ct expectation e { protocol tcp; dport 9876; timeout 2m; size 1; }
ct expectation e2 { protocol tcp; dport 9875; timeout 2m; size 1; }
ct expectation d { protocol udp; dport 9877; timeout 1h; size 12; }
chain p { type filter hook prerouting priority 0;
udp dport 1001 ct timeout set "u" counter; udp dport 1002 ct timeout set "six" counter; udp dport 1003 ct timeout set "c" counter; tcp dport 1003 ct timeout set "c" counter; udp dport 1004 ct timeout set "u"; udp sport 1010 ct timeout set "u" counter; udp sport 1010 ct expectation set "e" counter;
udp dport 1005 ct expectation set "e" counter; udp dport 1005 ct expectation set "e2" counter; udp dport 1006 ct expectation set "d" counter; udp dport 1007 ct expectation set "d" counter;
ct state related counter; ct state new counter; ct state established counter;
}
chain raw { type filter hook prerouting priority -300; udp dport 1007 notrack; }
}`;
/** Connections and expectations; their times are looked at by tens of seconds. */
const TABLE = 'sort -k 3 /proc/net/nf_conntrack';
const EXPECTED = `awk '{ $1 = $1 > 1000000; print }' /proc/net/nf_conntrack_expect | sort`;

export const NFT_ACCEPTS: readonly FilterScene[] = [
  {
    name: 'expressions',
    steps: [
      q('add table inet t'), q('add chain inet t p { type filter hook prerouting priority 0; }'), q('add chain inet t f { type filter hook forward priority 0; }'), q('add chain inet t o { type filter hook output priority 0; }'), q('add chain inet t c'),
      ...each('add rule inet t c',
        'tcp option sack-perm exists', 'reset tcp option sack-perm', 'reset tcp option 99', 'reset tcp option mss', 'tcp option maxseg size set 1000', 'tcp option window count 3', 'tcp option sack0 left 1', 'tcp option fastopen exists', 'tcp option mptcp subtype 0', 'tcp option @34,16,16 5', 'ip option lsrr type 1', 'ip option rr exists', 'ip option ra value 0', 'rt0 addr[1] 2001:db8::1', 'srh last-entry 1', 'mh type 1', 'dst nexthdr 6', 'exthdr mh exists', 'dccp type request', 'sctp chunk init-ack init-tag 5',
        'socket transparent 1', 'socket mark 3', 'socket wildcard 1',
        'fib saddr . iif oif missing', 'fib daddr type local', 'fib daddr . iif type local', 'fib saddr . mark . iif oif lo', 'fib daddr oifname "eth0"', 'fib saddr . iif oif exists',
        'meta mark set numgen random mod 4 offset 2', 'meta mark set jhash ip saddr . tcp dport mod 7 seed 0x3', 'meta mark set symhash mod 3', 'symhash mod 4 offset 7 8', 'jhash ip6 saddr mod 9 3',
        'meta cpu 0', 'meta cgroup 5', 'meta iifgroup 3', 'meta oifgroup default', 'meta iifkind "veth"', 'meta sdif 3', 'meta sdifname "vrf0"', 'meta hour "10:00"-"12:00"', 'meta day "Monday"', 'meta time > "2020-01-01 00:00:00"', 'meta random <= 2147483647', 'meta ipsec exists', 'meta skuid 0', 'meta rtclassid 3', 'meta ibrname "br0"', 'meta nftrace set 1', 'meta priority set 1:2', 'meta pkttype set host', 'meta cgroup set 3',
        'ct helper "ftp"', 'ct label 3', 'ct label set 3', 'ct event set new,destroy', 'ct event new', 'ct zone set 3', 'ct original zone set 3', 'ct id 5', 'ct original ip saddr 1.1.1.1', 'ct mark set meta mark and 3', 'ct state set new', 'ct count over 3', 'ct direction reply', 'ct status dnat', 'ct expiration 10s', 'ct avgpkt 3', 'ct packets 9',
        'rt ipsec exists', 'rt ip nexthop 1.1.1.1', 'log level audit', 'log flags all prefix "x"', 'log group 3 queue-threshold 5', 'notrack', 'synproxy mss 1460 wscale 7 timestamp sack-perm', 'synproxy', 'tproxy to :5', 'tproxy ip to 1.1.1.1:5', 'quota over 5 mbytes used 3 bytes', 'limit rate over 5 mbytes/second burst 10 kbytes', 'counter packets 5 bytes 6',
        '@ih,0,8 5', '@th,16,16 5', '@nh,0,4 4', '@ll,0,48 5', '@nh,8,8 set 3', 'ip dscp set cs1', 'ip ecn set ce', 'ip6 flowlabel set 3', 'tcp flags & (syn|ack) == syn', 'tcp flags syn / syn,ack', 'ah spi 3', 'esp spi 3', 'comp cpi 3', 'igmp type 0x11', 'igmp group 224.0.0.1', 'udplite dport 3', 'vlan id 3', 'icmp gateway 3', 'meta l4proto . th dport { tcp . 3 }', 'ip saddr . tcp dport vmap { 1.1.1.1 . 3 : accept }', 'meta mark set ip dscp map { 0 : 3 } comment "a map"', 'ip saddr & 0.0.0.255 == 5', 'meta mark set meta mark | 0x10', 'ct mark set meta mark << 3', 'meta mark set ct mark ^ 3', 'ether saddr set 02:00:00:00:00:01', 'arp operation request', 'flow add @nothing'),
      ...each('add rule inet t p', 'ct original zone set 3', 'notrack', 'tproxy ip to :5', 'socket transparent 1', 'synproxy', 'fib saddr . iif oif missing', 'ct helper set "nothing"', 'reject'), ...each('add rule inet t f', 'synproxy mss 1460', 'tcp dport 5 synproxy mss 1460 wscale 7 timestamp sack-perm'), ...each('add rule inet t o', 'synproxy', 'meta skgid 0', 'socket cgroupv2 level 1 "x"'), LIST, 'nft -j list ruleset',
    ],
  },
  {
    name: 'objects',
    steps: [
      q('add table ip t { comment "a table"; }'), q('add table inet i'), q('add chain ip t c { comment "a chain"; }'), q('add chain ip t f { type filter hook forward priority 0; }'), q('add chain ip t p { type filter hook prerouting priority 0; }'), q('add chain inet i c'),
      ...each('add',
        'counter ip t k', 'counter ip t k2 { packets 5 bytes 6; }', 'counter ip t k3 { comment "of k"; }', 'quota ip t q { over 5 mbytes used 3 kbytes; }', 'quota ip t q2 { 5 bytes; comment "q"; }', 'limit ip t l { rate 5/second burst 3 packets; }', 'limit ip t l2 { rate over 5 kbytes/second; comment "l"; }',
        'ct timeout ip t to { protocol tcp; policy = { established: 100, close: 5 }; }', 'ct timeout ip t to2 { protocol udp; l3proto ip; policy = { unreplied: 60, replied: 119 }; comment "short"; }', 'ct timeout inet i to3 { protocol tcp; l3proto ip6; policy = { established: 3600 }; }', 'ct timeout inet i to4 { protocol udp; policy = { replied: 7 }; }', 'ct timeout ip t to5 { protocol tcp; l3proto ip6; policy = { established: 5 }; }', 'ct timeout ip t to { protocol tcp; policy = { established: 100 }; }',
        'ct expectation ip t e { protocol tcp; dport 9876; timeout 2m; size 12; }', 'ct expectation ip t e2 { protocol udp; dport 9876; timeout 1s; size 12; l3proto ip; comment "e"; }', 'ct expectation inet i e3 { protocol udp; dport 1; timeout 5s; size 1; l3proto ip6; }', 'ct expectation inet i e4 { protocol udp; dport 1; timeout 5s; size 1; }', 'ct expectation ip t e5 { protocol tcp; dport 9876; timeout 2m; size 255; l3proto ip6; }', 'ct helper ip t h { type "ftp" protocol tcp; }',
        'synproxy ip t y { mss 1460; wscale 7; timestamp sack-perm; }', 'synproxy inet i y { mss 1000; wscale 2; }', 'synproxy ip t y2 { mss 1460; wscale 15; comment "y"; }'),
      ...each('add rule ip t c', 'counter name k', 'counter name "nothing"', 'quota name q', 'limit name l', 'ct timeout set "to"', 'ct timeout set "nothing"', 'ct expectation set "e"', 'ct helper set "h"', 'synproxy name y', 'counter name tcp dport map { 80 : "k", 81 : "k2" }', 'ct timeout set tcp dport map { 80 : "to" }', 'ct expectation set tcp dport map { 80 : "e" }', 'ct helper set tcp dport map { 21 : "h" }', 'synproxy name tcp dport map { 80 : "y" }', 'synproxy name ip saddr map { 192.168.1.0/24 : "y", 192.168.2.0/24 : "y2" }', 'limit name tcp dport map { 80 : "l" }', 'quota name tcp dport map { 80 : "q" }'),
      ...each('add rule ip t f', 'ct timeout set "to"', 'ct expectation set "e"', 'synproxy name y', 'synproxy name "y2" comment "proxied"'), ...each('add rule ip t p', 'ct timeout set "to2"', 'ct expectation set "e2"', 'synproxy name y'), ...each('add rule inet i c', 'ct timeout set "to3"', 'ct timeout set "to4"', 'ct expectation set "e3"', 'synproxy name y'),
      LIST, 'nft -j list ruleset', ...['counters', 'quotas', 'limits', 'synproxys', 'ct timeout table ip t', 'ct timeout ip t to', 'ct expectation ip t e', 'ct helper ip t h', 'synproxy ip t y', 'secmarks', 'flowtables', 'ct timeout ip t none', 'synproxys table ip t'].map((x) => q(`list ${x}`)),
      ...['counters', 'counter ip t k2', 'quotas', 'quota ip t q', 'counters table ip t', 'counter ip t none'].map((x) => q(`reset ${x}`)), LIST,
      ...each('delete', 'ct timeout ip t to', 'ct timeout inet i to4', 'ct expectation ip t e', 'ct expectation inet i e4', 'synproxy ip t y', 'synproxy ip t y2', 'counter ip t k3', 'quota ip t q2', 'limit ip t l2'), q('flush chain ip t c'), ...each('delete', 'ct timeout ip t to2', 'ct expectation ip t e2', 'synproxy ip t y2'), LIST, q('flush ruleset'), LIST,
    ],
  },
  {
    name: 'sets, chains of devices',
    steps: [
      'ip link add d0 type veth peer name d1', q('add table ip t'), q('add table netdev n'), q('add table bridge b'), q('add table arp a'),
      ...each('add set ip t', 'a { typeof ip saddr; }', 'b { typeof ip saddr . tcp dport; flags interval; }', 'c { typeof meta iifname . ct mark; comment "both"; }', 'd { typeof ip saddr; counter; flags dynamic; }', 'e { type ipv4_addr; counter; size 5; timeout 1h; flags dynamic,timeout; gc-interval 5s; }', 'f { type ipv4_addr; flags interval; auto-merge; policy memory; }', 'g { typeof tcp option maxseg size; }', 'h { typeof vlan id; }', 'i { typeof numgen inc mod 2; }', 'j { type ipv4_addr; flags constant; }', 'k { typeof ip saddr; counter; quota 5 mbytes; limit rate 5/second; }', 'k { typeof ip saddr; counter; quota 5 mbytes; }', 'l { type ipv4_addr; flags dynamic; ct count over 3; }', 'm { typeof tcp flags; }'),
      ...each('add map ip t', 'ma { typeof ip saddr : meta mark; }', 'mb { type ipv4_addr : verdict; flags interval; }', 'mc { type inet_service : counter; }', 'md { type inet_service : quota; }', 'me { type inet_service : limit; }', 'mi { typeof ip saddr . tcp dport : ip daddr . tcp dport; flags interval; }', 'mj { type ipv4_addr : interval ipv4_addr; }'),
      ...each('add element ip t', 'a { 1.1.1.1 comment "one", 1.1.1.2 }', 'd { 1.1.1.3 }', 'k { 1.1.1.4 }', 'f { 1.0.0.0/24, 1.0.1.0/24 }', 'ma { 1.1.1.1 : 5, 1.1.1.2 : 6 }', 'mj { 1.1.1.1 : 2.2.2.1-2.2.2.5 }'),
      q('add chain ip t c'), ...each('add rule ip t c', 'add @d { ip saddr }', 'update @e { ip saddr timeout 5s limit rate 5/second }', 'add @l { ip saddr ct count over 5 }', 'delete @d { ip saddr }', 'update @d { ip saddr }', 'add @ma { ip saddr : 5 }', ...['a', 'd', 'k'].flatMap((set) => ['', 'counter', 'limit rate 1/second', 'counter quota 5 bytes', 'counter quota 5 bytes limit rate 1/second'].flatMap((e) => ['add', 'update', 'delete'].map((v) => `${v} @${set} { ip saddr ${e} }`)))),
      ...each('add chain netdev n', 'c { type filter hook ingress devices = { d0, d1 } priority 0; policy drop; }', 'd { type filter hook egress device "d0" priority filter; }', 'e { type filter hook ingress devices = { "d*" } priority 0; }', 'f { type filter hook ingress priority 0; }', 'g { type filter hook ingress device d0 priority 0; comment "g"; }', 'h { }'), q('add chain netdev n c { type filter hook ingress devices = { d1 } priority 0; }'),
      ...each('add rule netdev n h', 'fwd to d1', 'dup to d1', 'synproxy', 'vlan id 5', 'ether type vlan vlan type ip ip saddr 1.1.1.1', 'ct state new', 'fib daddr type local', 'meta mark set 3', 'log', 'socket mark 3', 'meta l4proto tcp tcp option mss size 5', 'ip ttl set 4'),
      ...each('add chain bridge b', 'c { type filter hook forward priority 0; }', 'p { type filter hook prerouting priority dstnat; }', 'n { type nat hook prerouting priority 0; }'), ...each('add rule bridge b c', 'ct state new', 'log', 'vlan id 5', 'ether type arp arp operation request', 'meta pkttype set unicast', 'masquerade'), ...each('add rule bridge b p', 'ct state new', 'meta pkttype set host'),
      ...['prerouting', 'input', 'output'].flatMap((h) => [q(`add chain ip t ${h} { type filter hook ${h} priority 0; }`), q(`add rule ip t ${h} meta pkttype set host`)]), q('add rule netdev n c meta pkttype set host'), q('add rule netdev n d meta pkttype set host'), q('add chain arp a c'), q('add chain arp a i { type filter hook input priority 0; }'), q('add rule arp a i meta pkttype set host'), q('add rule arp a i notrack'), ...each('add rule arp a c', 'arp saddr ip 1.1.1.1', 'ct state new', 'log', 'reject', 'meta mark set 5', 'counter', 'arp daddr ether set 02:00:00:00:00:01'),
      LIST, 'nft -j list ruleset', q('get element ip t a { 1.1.1.1 }'), q('get element ip t a { 1.1.1.7 }'), 'nft list hooks > /dev/null', q('list maps'), q('list sets'), q('list chains'), 'nft -t list ruleset', 'nft -s list ruleset', 'nft -nn list ruleset', q('delete element ip t a { 1.1.1.9 }'), 'ip link del d0', LIST,
    ],
  },
  {
    name: 'what objects do to connections',
    steps: [
      ...ROUTER, `printf '%s' '${OBJECTS}' | nft -f -`,
      send('udp dport=1001', 'udp dport=1002', 'udp dport=1003', 'tcp dport=1001', 'tcp dport=1003', 'udp dport=1004', 'udp sport=7 dport=1010', 'f1 udp src=203.0.113.2 dst=10.1.0.2 sport=1010 dport=7', 'udp src=10.1.0.4 dport=1005', 'udp src=10.1.0.4 dport=1005', 'udp src=10.1.0.4 sport=9 dport=1005', 'udp src=10.1.0.5 dport=1006', 'udp dport=1007').replaceAll(/udp(?= [sd]port)|tcp/g, (p) => `${p} src=10.1.0.2`).replaceAll(/(src=10\.1\.0\.\d)/g, '$1 dst=203.0.113.2'),
      TABLE, EXPECTED, 'nft list ruleset',
      // Who was announced comes: for its connection it is related.
      send('f1 tcp src=203.0.113.2 dst=10.1.0.4 sport=3 dport=9876', 'f1 tcp src=203.0.113.3 dst=10.1.0.4 sport=3 dport=9876', 'f1 udp src=203.0.113.2 dst=10.1.0.5 sport=3 dport=9877', 'f1 udp src=203.0.113.2 dst=10.1.0.5 sport=4 dport=9877', 'udp src=10.1.0.5 dst=203.0.113.2 dport=1006', 'f1 udp src=203.0.113.2 dst=10.1.0.5 sport=4 dport=9877', 'udp src=10.1.0.5 dst=203.0.113.2 dport=1006'),
      EXPECTED, 'nft list ruleset', 'nft delete ct timeout ip t u', 'nft flush ruleset', EXPECTED,
    ],
  },
];
