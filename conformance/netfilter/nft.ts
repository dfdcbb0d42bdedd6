// What nft does to both machines, and packets whose way is compared.
import { send } from './iptables.ts';
import type { FilterScene } from './run.ts';

const OUT = 'src=10.1.0.2 dst=203.0.113.2';
const IN = 'src=10.1.0.2 dst=10.1.0.1';
const BACK = 'src=203.0.113.2 dst=10.1.0.2';
const OUT6 = 'src=2001:db8:1::2 dst=2001:db8:2::2';
/** Without handles: which ones refused batches use up is not compared. */
const LIST = 'nft list ruleset';
const SHOW = ['nft -a list ruleset', 'nft -j list ruleset'];
const q = (command: string): string => `nft '${command}'`;
/** Rules in one batch, which must be taken. */
const rules = (chain: string, ...list: readonly string[]): string[] => [`printf '%s' '${list.map((r) => `add rule ${chain} ${r}\n`).join('')}' | nft -f -`];

const seq = (n: number, f: (i: number) => string): string => Array.from({ length: n }, (_, i) => f(i)).join('');
const MANY = `table ip t {\nset s { type ipv4_addr; elements = { ${seq(3000, (i) => `10.${i >> 8}.${i & 255}.1,`)} } }\nset r { type inet_service; flags interval; elements = { ${seq(2000, (i) => `${i * 20}-${i * 20 + 9},`)} } }\nchain f { type filter hook forward priority 0;\n${seq(600, (i) => `tcp dport ${i + 1} counter\n`)}ip saddr @s counter\nudp dport @r counter\nudp dport != @r counter\n}\n}\n`;

/** Packets while a program tells of traced ones: what it said. */
const trace = (program: string, ...packets: readonly string[]): string => `timeout 20 ${program} > /tmp/nft-trace-$$ & sleep 1; ${send(...packets)} > /dev/null; sleep 0.3; kill $!; wait $!; cat /tmp/nft-trace-$$; rm /tmp/nft-trace-$$`;
const TRACED = `table inet t {
chain pre { type filter hook prerouting priority -300; meta nftrace set 1; }
chain c { counter; }
chain f { type filter hook forward priority 0; ct state new jump c; udp dport 9 ct mark set 3; udp dport 55 return; tcp dport { 80, 81 } drop; udp dport vmap { 70 : jump c, 71 : accept, 72 : goto c }; udp dport 60 reject; udp dport 77 meta mark set 7; }
chain in { type filter hook input priority 0; policy drop; udp dport 91 accept; }
chain po { type filter hook postrouting priority 0; }
}
table netdev n {
chain i { type filter hook ingress device e0 priority 0; meta nftrace set 1; }
chain e { type filter hook egress device f0 priority 0; counter; }
}
table arp a {
chain i { type filter hook input priority 0; meta nftrace set 1; counter; }
}
`;

/** The elements of `s`, without what is left of their time. */
const ELEMENTS = "nft list set ip t s | grep -o '10[.0-9]*' | sort";

export const NFT_SCENES: readonly FilterScene[] = [
  {
    name: 'tables, chains, rules, counters',
    steps: [
      ...SHOW, 'nft list tables', q('add table ip t'), q('add table ip t'), q('create table ip t'), q('add table inet f { comment "all of it"; }'), q('add chain ip t forward { type filter hook forward priority 0; policy drop; }'), q('add chain ip t web'), q('create chain ip t web'), q('add chain ip nothing c'), q('add rule ip t nochain accept'),
      q('add rule ip t forward ip saddr 10.1.0.2 tcp dport 80 counter accept comment "web"'), q('add rule ip t forward ip saddr 10.1.0.0/24 udp dport 53 counter accept'), q('insert rule ip t forward ip protocol icmp counter jump web'), q('add rule ip t web icmp type echo-request counter return'), q('add rule ip t web counter accept'), q('add rule ip t forward counter'),
      q('add rule ip t forward goto nowhere'), q('add chain inet f in { type filter hook input priority filter + 5; }'), q('add rule inet f in meta l4proto { tcp, udp } th dport 1-100 counter'), q('add rule inet f in ct state new counter'), q('add rule inet f in iifname "e0" ip ttl 64 counter'), q('add rule inet f in meta length > 30 counter'),
      send(`tcp ${OUT} dport=80`, `tcp ${OUT} dport=81`, `tcp src=10.1.0.3 dst=203.0.113.2 dport=80`, `udp ${OUT} dport=53`, `icmp ${OUT}`, `icmp ${OUT} type=13`, `udp ${IN} dport=53`, `tcp ${IN} dport=200`, `udp ${OUT} len=200 frag=64`),
      ...SHOW, 'nft list chain ip t forward', 'nft list table ip nothing', 'nft list chain ip t nochain', q('delete chain ip t web'), q('add rule ip t forward handle 4 counter drop'), q('add rule ip t forward position 5 counter drop'), q('insert rule ip t forward position 5 tcp flags syn counter'), q('replace rule ip t forward handle 5 udp dport { 53, 54 } counter accept'), q('delete rule ip t forward handle 99'), q('delete rule ip t forward handle 6'), q('add rule ip t web counter'),
      ...SHOW, q('flush chain ip t forward'), q('delete chain ip t web'), q('rename chain ip t forward onward'), q('add chain ip t onward { policy accept; }'), ...SHOW, q('delete chain ip t onward'), q('flush table ip t'), q('delete table ip t'), q('delete table ip t'), q('flush ruleset'), ...SHOW,
    ],
  },
  {
    name: 'what is refused, jumps and all or nothing',
    steps: [
      q('add table ip t'), q('add chain ip t a'), q('add chain ip t b'), q('add chain ip t c { type filter hook input priority 0; }'), q('add rule ip t a jump b'), q('add rule ip t c jump a'), q('add rule ip t b jump a'), q('add rule ip t b jump b'), q('add rule ip t b goto c'), q('add rule ip t c masquerade'), q('add rule ip t a masquerade'),
      q('add chain ip t d { type filter hook nowhere priority 0; }'), q('add chain ip t d { type nat hook forward priority 0; }'), q('add chain ip t d { type route hook input priority 0; }'), q('add chain ip t d { type nat hook prerouting priority -300; }'), q('add chain arp t d { type filter hook input priority 0; }'), q('add chain ip t c { type filter hook input priority 5; }'), q('add chain ip t c { type filter hook input priority 0; policy drop; }'), q('add chain ip t a { policy drop; }'),
      q('delete chain ip t a'), q('delete chain ip t c'), q('delete chain ip t c'),
      q('add chain ip t x; add rule ip t x accept; add rule ip t nochain accept'), q('delete table ip t; add table ip u; add chain ip none c'), q('add table ip t { flags dormant; }'), LIST, q('add table ip t'), LIST,
      q('add rule ip t a ip daddr 10.0.0.1 counter jump { tcp dport 1 counter; udp dport 2 drop; }'), LIST, q('flush chain ip t a'), LIST, q('add rule ip t a bogus'), q('add rule ip t a ip saddr @nothing'), q('add rule ip t a counter name "x"'), q('create table ip t'), q('delete table ip6 t'), q('delete set ip t x'),
      ...Array.from({ length: 18 }, (_, i) => `nft 'add chain ip t j${i}'`), `nft '${Array.from({ length: 17 }, (_, i) => `add rule ip t j${i} jump j${i + 1}`).join('; ')}'`, q('add chain ip t deep { type filter hook output priority 0; }'), q('add rule ip t deep jump j0'), q('add rule ip t deep jump j2'), q('add rule ip t deep jump j3'), q('add rule ip t deep goto j2'), LIST,
    ],
  },
  {
    name: 'elements that rules take away keep their place until it is cleaned',
    steps: [
      q('add table ip t'), q('add set ip t s { type ipv4_addr; size 3; flags dynamic,timeout; timeout 1h; gc-interval 6s; }'), q('add chain ip t f { type filter hook forward priority 0; }'),
      q('add rule ip t f ip dscp 8 delete @s { ip saddr } counter return'), q('add rule ip t f add @s { ip saddr } counter'),
      send(...[2, 3, 4].map((n) => `udp src=10.1.0.${n} dst=203.0.113.2`), 'udp src=10.1.0.3 dst=203.0.113.2 tos=32', 'udp src=10.1.0.5 dst=203.0.113.2', 'udp src=10.1.0.3 dst=203.0.113.2'),
      ELEMENTS, 'nft list chain ip t f', q('add element ip t s { 10.1.0.6 }'), 'sleep 6.5', send('udp src=10.1.0.5 dst=203.0.113.2', 'udp src=10.1.0.3 dst=203.0.113.2'), ELEMENTS, 'nft list chain ip t f',
    ],
  },
  {
    name: "options of TCP without TCP, the packet's own device",
    steps: [
      q('add table inet t'), ...['output', 'postrouting', 'forward'].flatMap((h) => [`nft 'add chain inet t ${h} { type filter hook ${h} priority 0; }'`,
        ...['udp', 'tcp', 'icmp'].flatMap((l4) => ['tcp option maxseg size set 500', 'reset tcp option maxseg', 'meta iiftype ether', 'meta oiftype ether', 'iif 0'].map((what) => `nft 'add rule inet t ${h} meta l4proto ${l4} ${what} counter'`))]),
      send(`udp ${OUT}`, `tcp ${OUT}`, `tcp ${OUT} opts=020405b4`, `icmp ${OUT}`, 'udp src=10.1.0.2 dst=10.1.0.1 dport=9', 'tcp src=10.1.0.2 dst=10.1.0.1 dport=9', 'icmp src=10.1.0.2 dst=10.1.0.1 type=8'), 'nft list table inet t',
    ],
  },
  {
    name: 'payload, meta and their packets',
    steps: [
      q('add table ip t'), q('add chain ip t f { type filter hook forward priority 0; }'), q('add chain ip t m { type filter hook prerouting priority mangle; }'),
      ...rules('ip t f', ...['ip saddr 10.1.0.2', 'ip saddr != 10.1.0.2', 'ip saddr 10.1.0.0/31', 'ip daddr 203.0.113.2-203.0.113.9', 'ip length 41-100', 'ip id 0', 'ip ttl < 63', 'ip dscp 4', 'ip dscp ef', 'ip ecn ect0', 'ip version 4', 'ip hdrlength 5', 'ip protocol { tcp, 200 }', 'ip frag-off & 0x1fff != 0', 'tcp flags & (fin|syn|rst|ack) == syn', 'tcp flags syn,ack', 'tcp flags != syn', 'tcp sport 1000 tcp dport 80-90', 'tcp option maxseg size 500-1460', 'tcp option sack-perm exists', 'tcp option timestamp missing', 'tcp doff 6', 'tcp window 65535', 'udp dport != 53', 'udp length > 20', 'udp checksum 0', 'icmp type echo-request icmp id 7', 'icmp code 3', 'esp spi 6', 'ah spi 5', 'th dport 80', 'meta l4proto 200', 'meta mark 0x11', 'meta mark and 0xf0 == 0x10', 'meta iifname "e*"', 'meta oifname "f0"', 'meta iif "e0" meta oif "f0"', 'meta protocol ip', 'meta pkttype unicast', 'meta length 28-40', 'meta iiftype ether', 'th dport 30840', '@th,16,8 0x78', '@th,8,16 0x7878', '@th,0,64 0x7878787878787878', '@th,0,24 0x787878', '@th,0,32 0x78787878', 'meta iifkind "veth"', 'meta skuid 0', '@th,16,16 80', '@nh,64,8 63', '@ll,0,48 0x02000000000a', 'ip option rr exists', 'ether saddr 02:00:00:00:00:0b', 'ip saddr . tcp dport { 10.1.0.2 . 80, 10.1.0.3 . 81 }', 'ip saddr and 255.255.255.1 == 10.1.0.0', 'meta random >= 0', 'ip ttl 2 drop'].map((r) => (r.endsWith('drop') ? `${r.slice(0, -5)} counter drop` : `${r} counter`))),
      ...rules('ip t m', 'udp dport 53 meta mark set 0x11', 'udp dport 54 meta mark set meta mark or 0xf0', 'udp dport 55 ip ttl set 9', 'udp dport 56 ip dscp set ef', 'udp dport 57 udp dport set 99', 'udp dport 58 ip daddr set 203.0.113.3', 'udp dport 59 meta priority set "1:2" meta priority "1:2" counter', 'tcp dport 82 tcp option maxseg size set 500', 'tcp dport 83 tcp dport set 84', 'tcp dport 85 meta mark set 7 meta mark set meta mark << 2', 'udp dport 60 udp sport set udp dport', 'udp dport 61 ip id set 7', 'udp dport 62 ip ecn set ce'),
      send(`tcp ${OUT}`, `tcp ${OUT} flags=SA`, `tcp ${OUT} flags=F dport=85`, `tcp ${OUT} opts=020405b4 dport=82`, `tcp ${OUT} opts=02040258 dport=83`, `tcp ${OUT} opts=0101080a0000000100000000 flags=A sport=1001`, `udp ${OUT}`, ...[54, 55, 56, 57, 58, 59, 60, 61, 62].flatMap((p) => [`udp ${OUT} dport=${p}`, `udp ${OUT} dport=${p} nosum`]), `udp ${OUT} len=60 ttl=2`, `udp ${OUT} ttl=200 tos=0x10`, `udp ${OUT} tos=0xb8`, `udp ${OUT} tos=2`, `other ${OUT} proto=50 hex=0000000600000001`, `other ${OUT} proto=51 hex=320400000000000500000001`, `other ${OUT} proto=200`, `tcp ${OUT} len=500 frag=64`, `icmp ${OUT}`, `icmp ${OUT} type=3 code=3 inner=udp,src=10.1.0.2,dst=203.0.113.2,ttl=63`, `other ${OUT} proto=6 hex=0001`, `other ${OUT} proto=17 hex=0001`, 'sock udp dst=203.0.113.3 dport=80 sport=77'),
      ...SHOW,
    ],
  },
  {
    name: 'sets and maps',
    steps: [
      q('add table ip t'), q('add set ip t hosts { type ipv4_addr; comment "some"; }'), q('add set ip t nets { type ipv4_addr; flags interval; }'), q('add set ip t merged { type ipv4_addr; flags interval; auto-merge; }'), q('add set ip t timed { type ipv4_addr; flags timeout; timeout 1h; }'), q('add set ip t pairs { type ipv4_addr . inet_service; }'), q('add set ip t ranges { type ipv4_addr . inet_service; flags interval; }'), q('add set ip t counted { type ipv4_addr; counter; }'), q('add set ip t seen { type ipv4_addr; flags dynamic; size 2; counter; }'), q('add set ip t ports { typeof tcp dport; }'), q('add set ip t small { type inet_service; size 3; }'),
      q('add map ip t m { type ipv4_addr : mark; }'), q('add map ip t v { type inet_service : verdict; }'), q('add map ip t portmap { type inet_service : ipv4_addr . inet_service; }'), q('add counter ip t c1'), q('add counter ip t c2 { packets 5 bytes 50 }'), q('add quota ip t q1 { over 100 bytes }'), q('add limit ip t l1 { rate 2/hour burst 2 packets; }'), q('add map ip t objs { type ipv4_addr : counter; }'),
      q('add element ip t hosts { 10.1.0.2, 10.1.0.3 comment "three" }'), q('create element ip t hosts { 10.1.0.2 }'), q('add element ip t hosts { 10.1.0.2 }'), q('add element ip t nets { 10.1.0.0/24, 192.168.0.0-192.168.5.5, 203.0.113.2 }'), q('add element ip t nets { 10.1.0.128/25 }'), q('add element ip t merged { 10.0.0.0/24, 10.0.1.0/24, 10.0.0.5 }'), q('add element ip t timed { 10.1.0.2 timeout 2h, 10.1.0.4 }'), q('add element ip t pairs { 10.1.0.2 . 80 }'), q('add element ip t ranges { 10.1.0.0/24 . 80-90, 10.2.0.1-10.2.0.9 . 53 }'), q('add element ip t ranges { 10.1.0.0/25 . 85-95 }'), q('add element ip t counted { 10.1.0.2, 10.1.0.3 counter packets 3 bytes 30 }'), q('add element ip t ports { 80, 443 }'), q('add element ip t small { 1, 2, 3 }'), q('add element ip t small { 4 }'),
      q('add element ip t m { 10.1.0.2 : 7, * : 9 }'), q('add element ip t m { 10.1.0.2 : 8 }'), q('add chain ip t c'), q('add chain ip t d'), q('add element ip t v { 80 : jump c, 81 : goto d, 82 : drop, 83 : return }'), q('add element ip t v { 84 : jump nowhere }'), q('add element ip t objs { 10.1.0.2 : "c1", 10.1.0.3 : "c2" }'), q('delete chain ip t d'),
      q('add chain ip t f { type filter hook forward priority 0; }'), q('add chain ip t p { type filter hook prerouting priority -150; }'),
      ...rules('ip t p', 'meta mark set ip saddr map @m', 'counter name ip saddr map @objs', 'counter name "c1"'),
      ...rules('ip t f', 'ip saddr @hosts counter', 'ip saddr != @hosts counter', 'ip daddr @nets counter', 'ip saddr @merged counter', 'ip saddr @timed counter', 'ip saddr . tcp dport @pairs counter', 'ip saddr . tcp dport @ranges counter', 'ip saddr @counted', 'add @seen { ip saddr } counter', 'update @timed { ip daddr timeout 1h } counter', 'tcp dport @ports counter', 'ip saddr { 10.1.0.0/30, 10.1.0.9 } counter', 'tcp dport { 80-82, 90 } counter', 'ip saddr . ip daddr { 10.1.0.2 . 203.0.113.2 } counter', 'ip saddr . tcp dport { 10.1.0.0/31 . 0-85, 10.1.0.2 . 80-81 } counter', 'meta mark { 7, 9 } counter', 'meta mark 9 counter', 'quota name "q1" counter', 'limit name "l1" counter', 'tcp dport vmap @v', 'counter', 'tcp dport vmap { 85 : drop, 86-88 : accept }', 'meta mark set tcp dport map { 80 : 1, 90-99 : 2 } counter', 'ip saddr vmap { 10.1.0.2 : continue, * : drop } counter', 'delete @hosts { ip daddr } counter', 'delete @counted { ip daddr } counter', 'ct state vmap { established : accept, new : continue } counter', 'iifname { "e0", "f0" } counter', 'meta l4proto . th dport { tcp . 80, udp . 53 } counter'),
      ...rules('ip t c', 'counter'), ...rules('ip t d', 'counter'),
      send(...[80, 81, 82, 83, 85, 86, 90].flatMap((p) => [`tcp ${OUT} dport=${p}`, `tcp src=10.1.0.3 dst=203.0.113.3 dport=${p}`]), `udp ${OUT}`, `icmp ${OUT}`, `f1 udp ${BACK}`, `tcp src=10.1.0.4 dst=203.0.113.2 dport=80`, `tcp src=10.1.0.5 dst=203.0.113.2 dport=80`),
      'nft -a list ruleset | sed "s/expires [0-9hms]*/expires #/g"', 'nft -j list ruleset | sed "s/\\"expires\\": [0-9]*/expires/g"', 'nft list set ip t hosts', 'nft list counters', 'nft list quotas', 'nft reset counters', 'nft list counters', 'nft reset counter ip t c1', 'nft list limits', 'nft list maps | sed "s/expires [0-9hms]*/expires #/g"',
      q('get element ip t hosts { 10.1.0.2 }'), q('get element ip t hosts { 10.1.0.99 }'), q('get element ip t nets { 10.1.0.77 }'), q('get element ip t nets { 192.168.2.2-192.168.3.3 }'), q('get element ip t ranges { 10.1.0.7 . 85 }'), q('get element ip t m { 10.1.0.2 }'),
      q('delete element ip t hosts { 10.1.0.3 }'), q('delete element ip t hosts { 10.1.0.3 }'), q('delete element ip t nets { 10.1.0.0/24 }'), q('delete element ip t nets { 192.168.0.0/24 }'), q('delete element ip t ranges { 10.1.0.0/24 . 80-90 }'), q('delete element ip t v { 80 }'), q('delete element ip t merged { 10.0.0.7 }'), q('delete set ip t hosts'), q('delete counter ip t c1'), q('flush set ip t counted'), q('flush map ip t v'), q('delete chain ip t c'), q('flush chain ip t f'), q('delete set ip t hosts'), q('delete map ip t m'),
      'nft list ruleset | sed "s/expires [0-9hms]*/expires #/g"', q('add set ip t hosts { type ipv4_addr; elements = { 1.1.1.1, 2.2.2.2 } }'), 'nft list set ip t hosts', 'nft list set ip t nothing', q('delete table ip t'), LIST,
    ],
  },
  {
    name: 'many elements and many rules',
    steps: [
      `printf '%s' '${MANY}' | nft -f -`,
      send(`tcp ${OUT} dport=80`, `tcp ${OUT} dport=600`, `udp src=10.1.0.2 dst=203.0.113.2 dport=39990`, `udp src=10.1.0.2 dst=203.0.113.2 dport=39980`, `udp src=10.1.0.2 dst=203.0.113.2 dport=40009`, `udp src=10.1.0.2 dst=203.0.113.2 dport=40010`), 'nft list ruleset | md5sum', 'nft -a list chain ip t f | tail -20', 'nft list set ip t s | wc', q('flush set ip t s'), 'nft list set ip t s',
    ],
  },
  {
    name: 'address translation',
    steps: [
      'sleep 2.5', q('add table ip n'), q('add chain ip n pre { type nat hook prerouting priority dstnat; }'), q('add chain ip n post { type nat hook postrouting priority srcnat; }'), q('add chain ip n out { type nat hook output priority -100; }'),
      ...rules('ip n pre', 'udp dport 53 counter dnat to 203.0.113.3', 'udp dport 54 counter dnat to 203.0.113.3:99', 'tcp dport 80 counter redirect', 'tcp dport 81 counter redirect to :8080', 'udp dport 55 counter dnat to 203.0.113.4-203.0.113.4:100-100', 'udp dport 56 counter dnat to udp dport map { 56 : 203.0.113.5 }', 'udp dport 57 counter dnat ip to udp dport map { 57 : 203.0.113.5 . 570 }', 'counter'), ...rules('ip n post', 'udp dport 60 counter masquerade', 'udp dport 61 counter snat to 203.0.113.9', 'udp dport 62 counter snat to 203.0.113.9:2000', 'udp dport 63 counter masquerade to :3000-3000', 'icmp type echo-request counter masquerade', 'ip saddr 10.1.0.3 counter snat ip prefix to ip saddr map { 10.1.0.0/24 : 203.0.113.0/24 }', 'counter'), ...rules('ip n out', 'udp dport 70 counter dnat to 203.0.113.4:71', 'counter'),
      q('add rule ip n pre snat to 1.1.1.1'), q('add rule ip n post dnat to 1.1.1.1'), q('add rule ip n post redirect'), q('add rule ip n pre masquerade'), q('add table inet n'), q('add chain inet n post { type nat hook postrouting priority 110; }'), q('add rule inet n post meta nfproto ipv6 udp dport 60 counter masquerade'), q('add rule inet n post udp dport 64 counter snat ip to 203.0.113.8'), q('add rule inet n post udp dport 65 snat to 1.1.1.1'),
      send(...[53, 54, 55, 56, 57, 60, 61, 62, 63, 64].flatMap((p) => [`udp ${OUT} dport=${p}`, `udp ${OUT} dport=${p}`]), 'f1 udp src=203.0.113.3 dst=10.1.0.2 sport=99 dport=1000', 'f1 udp src=203.0.113.2 dst=203.0.113.1 sport=60 dport=1000', `tcp ${OUT} dport=80`, `tcp ${OUT} dport=81`, `icmp ${OUT}`, 'f1 icmp src=203.0.113.2 dst=203.0.113.1 type=0', 'udp src=10.1.0.3 dst=203.0.113.2 dport=66', 'sock udp dst=203.0.113.2 dport=70 sport=700', `udp ${OUT6} dport=60`, 'f1 udp src=2001:db8:2::2 dst=2001:db8:2::1 sport=60 dport=1000'),
      ...SHOW, q('flush ruleset'), LIST,
    ],
  },
  {
    name: 'connections, marks, limits, reject, log, numbers',
    steps: [
      'sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0', 'sleep 2.5', q('add table inet t'), q('add chain inet t raw { type filter hook prerouting priority raw; }'), q('add chain inet t pre { type filter hook prerouting priority mangle; }'), q('add chain inet t f { type filter hook forward priority 0; }'), q('add chain inet t in { type filter hook input priority 0; }'), q('add chain inet t out { type route hook output priority 0; }'),
      ...rules('inet t raw', 'udp dport 99 notrack', 'udp dport 97 ct zone set 7'), ...rules('inet t pre', 'udp dport 53 ct mark set 0x11', 'udp dport 54 meta mark set 5 ct mark set meta mark', 'udp sport 53 meta mark set ct mark', 'fib daddr type local counter', 'fib saddr type unicast counter', 'fib saddr . iif oif exists counter', 'fib saddr . iif oif missing counter', 'fib daddr oif "f0" counter', 'fib daddr oifname "f0" counter'),
      ...rules('inet t f', ...['ct state established', 'ct state new,related', 'ct state invalid', 'ct state untracked', 'ct direction reply', 'ct mark 0x11', 'ct mark & 0xf0 == 0x10', 'meta mark 0x11', 'ct status seen-reply', 'ct status & assured != 0', 'ct original ip saddr 10.1.0.2', 'ct original ip daddr 203.0.113.2', 'ct reply ip saddr 203.0.113.2', 'meta l4proto udp ct original proto-dst 53', 'meta l4proto udp ct reply proto-src 50-60', 'ct protocol udp', 'ct l3proto ipv4', 'ct expiration > 10s', 'ct expiration 20s-40s', 'ct zone 7', 'ct original packets 2', 'ct bytes > 60', 'ct avgpkt < 35', 'limit rate 3/hour burst 2 packets', 'limit rate over 3/hour burst 4 packets', 'limit rate 100 bytes/hour burst 50 bytes', 'limit rate over 100 bytes/hour', 'quota 100 bytes', 'quota over 100 bytes', 'numgen inc mod 2 0', 'numgen inc mod 3 offset 5 6', 'jhash ip saddr . ip daddr mod 4 seed 0x1234 1', 'jhash ip saddr mod 10 seed 7 < 5', 'ct count 100', 'ct count over 100', 'meta nfproto ipv6', 'ip6 nexthdr udp', 'ip6 hoplimit 63', 'ip6 saddr 2001:db8:1::/64', 'ip6 daddr 2001:db8:2::2', 'exthdr hbh exists', 'exthdr frag exists', 'frag id 99', 'frag more-fragments 1', 'ip6 dscp 0', 'ip6 flowlabel 0', 'ip6 length 11', 'icmpv6 type echo-request', 'icmpv6 id 7', 'meta l4proto ipv6-icmp'].map((r) => `${r} counter`), 'udp dport 200 counter reject', 'udp dport 201 counter reject with icmp host-unreachable', 'udp dport 202 counter reject with icmpx admin-prohibited', 'tcp dport 203 counter reject with tcp reset', 'tcp dport 204 counter reject', 'udp dport 205 counter reject with icmpv6 addr-unreachable', 'udp dport 206 counter reject with icmpx no-route', 'udp dport 207 counter log prefix "hello " level info', 'udp dport 208 counter log group 3 snaplen 20', 'ct mark set 9 counter', 'udp dport 98 return', 'counter'),
      ...rules('inet t in', 'tcp dport 81 reject with tcp reset', 'udp dport 82 counter reject', 'ct state new counter'), ...rules('inet t out', 'udp dport 300 counter drop', 'udp dport 301 counter reject', 'meta skuid 0 counter', 'oifname "f0" udp dport 302 ip dscp set 4'), q('add rule inet t out ct state bogus'), q('add chain inet t post { type filter hook postrouting priority 0; }'), q('add rule inet t post reject'), q('add rule inet t f limit rate 0/second'),
      send(`udp ${OUT}`, `f1 udp ${BACK} sport=53 dport=1000`, `udp ${OUT}`, `udp ${OUT} len=50`, `tcp ${OUT}`, `f1 tcp ${BACK} flags=SA sport=80 dport=1000 seq=100 ack=2`, `tcp ${OUT} flags=A seq=2 ack=101`, `tcp ${OUT} flags=A sport=3334 seq=9 ack=0`, `tcp ${OUT} flags=R sport=3333`, `icmp ${OUT}`, `f1 icmp ${BACK} type=0`, `f1 icmp ${BACK} type=0 id=9`, `udp ${OUT} dport=54`, `udp ${OUT} dport=99`, `udp ${OUT} dport=97`, `udp ${OUT} dport=98`, ...[200, 201, 202, 205, 206, 207, 208].flatMap((p) => [`udp ${OUT} dport=${p}`, `udp ${OUT6} dport=${p}`]), `tcp ${OUT} dport=203 seq=77`, `tcp ${OUT6} dport=203 seq=77`, `tcp ${OUT} dport=204`, `tcp ${OUT} dport=203 flags=A seq=5 ack=99 sport=5`, `tcp ${IN} dport=81`, `udp ${IN} dport=82`, `udp ${IN} dport=83`, `udp ${OUT6} hbh`, `udp ${OUT6} len=500 frag=128`, `icmp6 ${OUT6}`, 'sock udp dst=203.0.113.3 dport=300', 'sock udp dst=203.0.113.3 dport=301', 'sock udp dst=203.0.113.3 dport=302 sport=77'),
      ...SHOW,
    ],
  },
  {
    name: 'families below IP',
    steps: [
      'sleep 2.5', q('add table netdev t'), q('add chain netdev t i { type filter hook ingress device e0 priority 0; }'), q('add chain netdev t two { type filter hook ingress devices = { e0, f0 } priority 10; }'), q('add chain netdev t none { type filter hook ingress device nothere priority 0; }'), q('add chain netdev t e { type filter hook egress device f0 priority 0; policy accept; }'), ...rules('netdev t i', 'ip saddr 10.1.0.2 counter', 'ip saddr 10.1.0.3 counter drop', 'udp dport 53 counter', 'meta protocol ip counter', 'ether type arp counter', 'ether saddr 02:00:00:00:00:0b counter', 'ip6 saddr 2001:db8:1::2 counter', 'meta iifname "e0" counter', 'ip saddr 10.1.0.2 ip daddr set 203.0.113.4'), ...rules('netdev t e', 'udp dport 53 counter', 'meta oifname "f0" ip daddr 203.0.113.4 counter'), ...rules('netdev t two', 'ip protocol udp counter'),
      q('add table arp a'), q('add chain arp a in { type filter hook input priority 0; }'), ...rules('arp a in', 'arp operation request counter', 'counter'), q('add table bridge b'), q('add chain bridge b f { type filter hook forward priority 0; policy drop; }'), ...rules('bridge b f', 'ip saddr 10.0.0.1 counter', 'ether type ip counter'), q('add table inet i'), q('add chain inet i in { type filter hook ingress device e0 priority 5; }'), ...rules('inet i in', 'udp dport 53 counter', 'meta nfproto ipv4 counter'),
      send(`udp ${OUT}`, `udp src=10.1.0.3 dst=203.0.113.2`, `tcp ${OUT}`, `udp ${OUT6}`), 'nft list ruleset', 'nft -j list ruleset', q('add chain netdev t late { type filter hook egress device g0 priority 0; }'), ...rules('netdev t late', 'udp dport 77 counter'), 'ip link add g0 type veth peer name g1; ip link set g0 up; ip link set g1 up; ip addr add 10.9.0.1/24 dev g0; ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:77 dev g0 nud permanent', send('sock udp dst=10.9.0.2 dport=77 sport=7'), 'nft list chain netdev t late', 'ip link del g0', 'nft list chain netdev t late', q('delete chain netdev t i'), 'nft list table netdev t', q('delete table netdev t'), 'nft list tables',
    ],
  },
  {
    name: 'traced packets',
    steps: [
      'sleep 2.5', `printf '%s' '${TRACED}' | nft -f -`,
      trace('nft monitor trace', `udp ${OUT} dport=53 len=100`, `udp ${OUT} dport=53`, `f1 udp ${BACK} sport=53 dport=1000`, ...[55, 70, 71, 72, 9].map((p) => `udp ${OUT} dport=${p}`), `tcp ${OUT}`, `tcp ${OUT6} dport=80 hbh len=50`, `udp ${OUT6} dport=77`, `udp ${OUT} vlan=0`, `udp ${OUT} vlan=0x2005`, `icmp ${OUT}`, 'arp spa=10.1.0.2 tpa=10.1.0.1', `udp ${IN} dport=90`, `udp ${OUT} dport=60`),
      'nft list ruleset', 'nft flush ruleset', 'iptables-nft -t raw -A PREROUTING -p udp -j TRACE', 'iptables-nft -A FORWARD -p udp --dport 53 -m comment --comment "some" -j ACCEPT', 'iptables-nft -P FORWARD DROP', 'ip6tables-nft -t raw -A PREROUTING -p tcp -j TRACE', 'ip6tables-nft -A FORWARD -p tcp -j DROP',
      trace('xtables-monitor --trace', `udp ${OUT}`, `udp ${OUT} dport=54`, `tcp ${OUT6}`), 'nft add rule ip raw PREROUTING meta nftrace 1', 'nft add rule ip raw PREROUTING udp dport 1 meta nftrace set 0', trace('nft monitor trace', `udp ${OUT} dport=1`),
    ],
  },
  {
    name: 'routes, copies, other ways, options taken away',
    steps: [
      'sleep 2.5', 'ip route add 198.51.100.0/24 via 203.0.113.4 mtu 1300 realm 5; ip route add 2001:db8:9::/64 via 2001:db8:2::4', 'ip link add g0 type veth peer name g1; ip link set g0 up; ip link set g1 up', q('add table ip t'), q('add chain ip t p { type filter hook prerouting priority 0; }'), q('add chain ip t f { type filter hook forward priority 0; }'), q('add chain ip t o { type filter hook output priority 0; }'), q('add table ip6 s'), q('add chain ip6 s f { type filter hook forward priority 0; }'), q('add table netdev n'), q('add chain netdev n i { type filter hook ingress device e0 priority 0; }'), q('add chain netdev n e { type filter hook egress device f0 priority 0; }'),
      ...rules('ip t f', 'rt nexthop 203.0.113.4 counter', 'rt nexthop 203.0.113.2 counter', 'rt mtu > 1259 counter', 'rt mtu 1260 counter', 'rt classid 5 counter', 'meta rtclassid 5 counter', 'rt ipsec missing counter', 'udp dport 20 dup to 203.0.113.3 counter', 'udp dport 21 dup to 203.0.113.5 device "f0" counter', 'tcp flags syn tcp option maxseg size set rt mtu', 'tcp dport 90 reset tcp option sack-perm', 'tcp dport 91 reset tcp option timestamp', 'sctp chunk init exists counter', 'sctp chunk data stream 7 counter', 'sctp dport 9 counter'), ...rules('ip t p', 'rt nexthop 203.0.113.2 counter', 'udp dport 22 dup to 203.0.113.3'), ...rules('ip t o', 'udp dport 23 dup to 203.0.113.5 counter', 'rt nexthop 203.0.113.3 counter'), ...rules('ip6 s f', 'rt nexthop 2001:db8:2::4 counter', 'rt nexthop 2001:db8:2::2 counter', 'rt mtu 1440 counter', 'udp dport 20 dup to 2001:db8:2::3'),
      ...rules('netdev n i', 'udp dport 30 counter dup to "f0"', 'udp dport 31 counter fwd to "f0"', 'udp dport 32 counter dup to "g0"'), ...rules('netdev n e', 'udp dport 33 counter dup to "e0"', 'udp dport 34 counter fwd to "e0"'), q('add rule ip t p rt mtu 5'), q('add rule netdev n e fib saddr . iif oif 0'), q('add rule netdev n i ct state new'), q('add rule ip t f fwd to "e0"'), q('add rule inet t f dup to 1.1.1.1'),
      send(`udp ${OUT}`, 'udp src=10.1.0.2 dst=198.51.100.7', 'tcp src=10.1.0.2 dst=198.51.100.7 opts=020405b4', `tcp ${OUT} opts=020405b4`, ...[20, 21, 22, 30, 31, 32, 33, 34].map((p) => `udp ${OUT} dport=${p}`), 'sock udp dst=203.0.113.3 dport=23 sport=77', 'sock udp dst=203.0.113.3 dport=24 sport=78', `tcp ${OUT} dport=90 opts=04020101`, `tcp ${OUT} dport=90 opts=01040201`, `tcp ${OUT} dport=91 opts=0101080a0000000100000000`, `other ${OUT} proto=132 hex=03e80009000000000000000001000014${'00'.repeat(16)}`, `other ${OUT} proto=132 hex=03e80009000000000000000003000005aa00000000030014${'00'.repeat(4)}0007${'00'.repeat(10)}`, `other ${OUT} proto=132 hex=03e800090000000000000000ff`, `udp ${OUT6}`, `udp src=2001:db8:1::2 dst=2001:db8:9::7`, `udp ${OUT6} dport=20`),
      'ip neigh replace 203.0.113.5 lladdr 02:00:00:00:00:55 dev f0 nud permanent; ip neigh replace 203.0.113.3 lladdr 02:00:00:00:00:53 dev f0 nud permanent; ip neigh replace 2001:db8:2::3 lladdr 02:00:00:00:00:63 dev f0 nud permanent',
      `FRAMES=1 ${send(...[20, 21, 22].map((p) => `udp ${OUT} dport=${p}`), `udp ${OUT6} dport=20`, `udp ${OUT6} dport=19`, `udp ${OUT} dport=31`)}`,
      'nft list ruleset',
    ],
  },
  {
    name: 'who listens hears of changes',
    steps: [
      `timeout 3 nft monitor > /tmp/nft-monitor-$PPID-$$ & sleep 0.7; nft add table ip t; nft 'add chain ip t c { type filter hook input priority 0; }; add rule ip t c counter'; nft 'add set ip t s { type ipv4_addr; }'; nft 'add element ip t s { 1.1.1.1 }'; nft 'insert rule ip t c ip saddr @s tcp dport { 1, 2 } drop'; nft 'delete element ip t s { 1.1.1.1 }'; nft 'add counter ip t k'; nft 'add table ip t; add chain ip nothere x' 2> /dev/null; nft flush chain ip t c; nft delete set ip t s; nft delete table ip t; wait; sed "s/process.*//" /tmp/nft-monitor-$PPID-$$; rm /tmp/nft-monitor-$PPID-$$`,
      `nft --echo --handle 'add table ip t'`, `nft --echo 'add chain ip t c'`, `nft --echo --handle 'add rule ip t c counter accept'`, `printf '%s' 'table ip t {\nchain z {\ntcp dport 1 accept\n}\nset s { type ipv4_addr; elements = { 1.1.1.1 } }\n}\n' | nft -f -`, `printf '%s' 'flush ruleset\ntable ip u {\nchain c { type filter hook input priority 0; policy drop;\ncounter\n}\n}\n' | nft -f -`, ...SHOW,
      `nft -c 'add table ip checked'`, LIST,
      q('add table ip gone { flags owner; }'), `(echo 'add table ip mine { flags owner; }; add chain ip mine c { type filter hook input priority 0; }; add rule ip mine c ct state new counter'; sleep 1.5) | nft -i & sleep 0.8; nft list ruleset | sed 's/^# progname.*//'; nft add chain ip mine d; nft delete table ip mine; nft flush ruleset; nft list tables; wait; nft list tables`,
    ],
  },
];
