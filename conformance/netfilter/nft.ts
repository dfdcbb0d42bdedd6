// What nft does to both machines, and packets whose way is compared.
import { send } from './iptables.ts';
import type { FilterScene } from './run.ts';

const OUT = 'src=10.1.0.2 dst=203.0.113.2';
const IN = 'src=10.1.0.2 dst=10.1.0.1';
const BACK = 'src=203.0.113.2 dst=10.1.0.2';
const OUT6 = 'src=2001:db8:1::2 dst=2001:db8:2::2';
const SHOW = ['nft -a list ruleset', 'nft -j list ruleset'];
const q = (command: string): string => `nft '${command}'`;
const rules = (chain: string, ...list: readonly string[]): string[] => list.map((r) => q(`add rule ${chain} ${r}`));

export const NFT_SCENES: readonly FilterScene[] = [
  { name: 'zz', steps: ['add table ip t', 'add chain ip t a','add chain ip t b','add chain ip t c { type filter hook input priority 0; }','add rule ip t a jump b', 'add rule ip t c jump a', 'add rule ip t b jump a', 'add rule ip t b jump b', 'add rule ip t b goto c', 'add rule ip t c masquerade', 'add rule ip t a masquerade', 'delete chain ip t c', 'delete chain ip t a', 'add chain ip t x; add rule ip t x accept; add rule ip t nochain accept', 'add rule ip t a ip daddr 10.0.0.1 counter jump { tcp dport 1 counter; udp dport 2 drop; }'].flatMap((c, i) => [q(c), q(`add counter ip t k${i}`), 'nft -a list ruleset']) },
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
      q('add chain ip t x; add rule ip t x accept; add rule ip t nochain accept'), q('delete table ip t; add table ip u; add chain ip none c'), q('add table ip t { flags dormant; }'), ...SHOW, q('add table ip t'), ...SHOW,
      q('add rule ip t a ip daddr 10.0.0.1 counter jump { tcp dport 1 counter; udp dport 2 drop; }'), ...SHOW, q('flush chain ip t a'), ...SHOW, q('add rule ip t a bogus'), q('add rule ip t a ip saddr @nothing'), q('add rule ip t a counter name "x"'), q('create table ip t'), q('delete table ip6 t'), q('delete set ip t x'),
      ...Array.from({ length: 18 }, (_, i) => `nft 'add chain ip t j${i}'`), `nft '${Array.from({ length: 17 }, (_, i) => `add rule ip t j${i} jump j${i + 1}`).join('; ')}'`, q('add chain ip t deep { type filter hook output priority 0; }'), q('add rule ip t deep jump j0'), q('add rule ip t deep jump j2'), q('add rule ip t deep jump j3'), q('add rule ip t deep goto j2'), ...SHOW,
    ],
  },
  {
    name: 'payload, meta and their packets',
    steps: [
      q('add table ip t'), q('add chain ip t f { type filter hook forward priority 0; }'), q('add chain ip t m { type filter hook prerouting priority mangle; }'),
      ...rules('ip t f', ...['ip saddr 10.1.0.2', 'ip saddr != 10.1.0.2', 'ip saddr 10.1.0.0/31', 'ip daddr 203.0.113.2-203.0.113.9', 'ip length 41-100', 'ip id 0', 'ip ttl < 63', 'ip dscp 4', 'ip dscp ef', 'ip ecn ect0', 'ip version 4', 'ip hdrlength 5', 'ip protocol { tcp, 200 }', 'ip frag-off & 0x1fff != 0', 'tcp flags & (fin|syn|rst|ack) == syn', 'tcp flags syn,ack', 'tcp flags != syn', 'tcp sport 1000 tcp dport 80-90', 'tcp option maxseg size 500-1460', 'tcp option sack-perm exists', 'tcp option timestamp missing', 'tcp doff 6', 'tcp window 65535', 'udp dport != 53', 'udp length > 20', 'udp checksum 0', 'icmp type echo-request icmp id 7', 'icmp code 3', 'esp spi 6', 'ah spi 5', 'th dport 80', 'meta l4proto 200', 'meta mark 0x11', 'meta mark and 0xf0 == 0x10', 'meta iifname "e*"', 'meta oifname "f0"', 'meta iif "e0" meta oif "f0"', 'meta protocol ip', 'meta nfproto ipv4', 'meta pkttype unicast', 'meta length 28-40', 'meta iiftype ether', 'th dport 30840', '@th,16,8 0x78', '@th,8,16 0x7878', '@th,0,64 0x7878787878787878', '@th,0,24 0x787878', '@th,0,32 0x78787878', 'meta iifkind "veth"', 'meta skuid 0', 'meta priority 1:2', '@th,16,16 80', '@nh,64,8 63', '@ll,0,48 0x02000000000a', 'ip option rr exists', 'ether saddr 02:00:00:00:00:0b', 'ip saddr . tcp dport { 10.1.0.2 . 80, 10.1.0.3 . 81 }', 'ip saddr and 255.255.255.1 == 10.1.0.0', 'meta random >= 0', 'ip ttl 2 drop'].map((r) => (r.endsWith('drop') ? `${r.slice(0, -5)} counter drop` : `${r} counter`))),
      ...rules('ip t m', 'udp dport 53 meta mark set 0x11', 'udp dport 54 meta mark set meta mark or 0xf0', 'udp dport 55 ip ttl set 9', 'udp dport 56 ip dscp set ef', 'udp dport 57 udp dport set 99', 'udp dport 58 ip daddr set 203.0.113.3', 'udp dport 59 meta priority set 1:2', 'tcp dport 82 tcp option maxseg size set 500', 'tcp dport 83 tcp dport set 84', 'tcp dport 85 meta mark set ip ttl', 'udp dport 60 udp sport set udp dport', 'udp dport 61 ip id set 7', 'udp dport 62 ip ecn set ce'),
      send(`tcp ${OUT}`, `tcp ${OUT} flags=SA`, `tcp ${OUT} flags=F dport=85`, `tcp ${OUT} opts=020405b4 dport=82`, `tcp ${OUT} opts=02040258 dport=83`, `tcp ${OUT} opts=0101080a0000000100000000 flags=A sport=1001`, `udp ${OUT}`, ...[54, 55, 56, 57, 58, 59, 60, 61, 62].flatMap((p) => [`udp ${OUT} dport=${p}`, `udp ${OUT} dport=${p} nosum`]), `udp ${OUT} len=60 ttl=2`, `udp ${OUT} ttl=200 tos=0x10`, `udp ${OUT} tos=0xb8`, `udp ${OUT} tos=2`, `other ${OUT} proto=50 hex=0000000600000001`, `other ${OUT} proto=51 hex=320400000000000500000001`, `other ${OUT} proto=200`, `tcp ${OUT} len=500 frag=64`, `icmp ${OUT}`, `icmp ${OUT} type=3 code=3 inner=udp,src=10.1.0.2,dst=203.0.113.2,ttl=63`, `other ${OUT} proto=6 hex=0001`, `other ${OUT} proto=17 hex=0001`, 'sock udp dst=203.0.113.3 dport=80'),
      ...SHOW,
    ],
  },
];
void BACK;
void OUT6;
