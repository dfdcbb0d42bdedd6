// What is set up, and what is asked then. The commands are those that an administrator types.
import { fileURLToPath } from 'node:url';

export interface Scene {
  readonly name: string;
  /** Programs that must be there. */
  readonly needs: readonly string[];
  /** Run first, one after the other, and all must succeed. */
  readonly setup: readonly string[];
  /** Programs that run while the commands are asked; they print `ready`. */
  readonly programs?: readonly string[];
  /** Commands whose exit code, output and errors are compared. */
  readonly ask: readonly string[];
}

/** Two ends of a veth with known addresses, and no IPv6: its router solicitations would be seen in counters. */
const PAIR = [
  // A machine without IPv6 has nothing to switch off.
  'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2> /dev/null || true',
  'ip link set lo up',
  'ip link add e0 address 02:00:00:00:00:0a type veth peer name e1 address 02:00:00:00:00:0b',
  'ip link set e0 up; ip link set e1 up',
  'ip addr add 10.0.0.1/24 brd + dev e0',
];

/** The same with IPv6, and no waiting for addresses to prove themselves unique. */
const PAIR6 = [
  'sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.dad_transmits=0',
  'ip link set lo up',
  'ip link add e0 address 02:00:00:00:00:0a type veth peer name e1 address 02:00:00:00:00:0b',
  'ip link set e0 up; ip link set e1 up',
  'ip addr add 2001:db8::1/64 dev e0',
];

/** Sockets of every kind that `ss` lists, with nothing queued: how much memory a packet takes is each kernel's own. They stay until the scene ends. */
const SOCKETS = `python3 -c "
import socket as s, time
t = s.socket(); t.setsockopt(1, 2, 1); t.bind(('127.0.0.1', 5000)); t.listen(7)
c = s.socket(); c.bind(('127.0.0.1', 40000)); c.connect(('127.0.0.1', 5000)); a = t.accept()
t6 = s.socket(s.AF_INET6); t6.bind(('::1', 5001)); t6.listen(3)
any6 = s.socket(s.AF_INET6); any6.bind(('::', 5002)); any6.listen(3)
u = s.socket(s.AF_INET, s.SOCK_DGRAM); u.bind(('127.0.0.1', 6000))
v = s.socket(s.AF_INET, s.SOCK_DGRAM); v.bind(('127.0.0.1', 6001)); v.connect(('127.0.0.1', 6000))
w = s.socket(s.AF_INET6, s.SOCK_DGRAM); w.setsockopt(41, 26, 1); w.bind(('::', 6002))
r = s.socket(s.AF_INET, s.SOCK_RAW, 89); p = s.socket(s.AF_PACKET, s.SOCK_RAW, s.htons(0x88cc)); p.bind(('e0', 0x88cc)); d = s.socket(s.AF_PACKET, s.SOCK_DGRAM, s.htons(0x88cd))
print('ready', flush=True)
time.sleep(60)
"`;

/** One congestion control on both: that of the real kernel may be any, and it says how large a send buffer it wants (bbr: three windows). One largest buffer, too: the scale of windows fits it. */
const RENO = 'sysctl -qw net.ipv4.tcp_congestion_control=reno net.ipv4.tcp_rmem="4096 131072 6291456"';

/** Sockets of all kinds, in all the states that a program can bring them to. */
const ALL_SOCKETS = `LINNET_UNIX=1 python3 ${fileURLToPath(new URL('sockets.py', import.meta.url))}`;

export const SCENES: readonly Scene[] = [
  {
    name: 'ip link', needs: ['ip'], setup: PAIR,
    ask: [
      'ip link', 'ip -d link', 'ip -j -d link', 'ip -br link', 'ip -o link', 'ip link show e0', 'ip link show nothing', 'ip link show type veth', 'ip link show up', 'ip -d -j link show dev lo',
      'ip link set e0 mtu 1400', 'ip link set e0 mtu 20', 'ip link set e0 mtu 70000', 'ip link set e0 txqueuelen 50', 'ip link set e0 alias "the first"', 'ip link set e0 address 02:00:00:00:00:1a', 'ip link set e0 address 03:00:00:00:00:01',
      'ip link property add dev e0 altname another-name', 'ip link show another-name', 'ip link property add dev e1 altname another-name', 'ip link property del dev e0 altname another-name', 'ip link property del dev e0 altname nothing',
      'ip link set e0 name lo', 'ip link set e0 name e2', 'ip link set e2 promisc on', 'ip link set e2 allmulticast on', 'ip link set e2 arp off', 'ip link set e2 multicast off', 'ip -j -d link show e2',
      'ip link set e2 arp on multicast on promisc off allmulticast off name e0', 'ip link set e0 group 7', 'ip link show group 7', 'ip link set group 7 down', 'ip -br link', 'ip link set e0 netns nothing',
      'ip link set lo name e4', 'ip link del lo', 'ip link set e0 master lo', 'ip link set e0 nomaster', 'ip link add e0 type veth peer name e3', 'ip link add e4 type nothing', 'ip link add e4 link nothing type macvlan',
      'ip link set e0 carrier off', 'ip link set e0 carrier on', 'ip link set e0 protodown on', 'ip link set e0 gso_max_size 1000 gso_max_segs 5', 'ip -j -d link show e0', 'ip link set e0 operstate dormant', 'ip link set e0 mode dormant', 'ip -d link show e0',
      'ip link del e0', 'ip link del e0', 'ip link', 'ip -s -j link show lo',
    ],
  },
  {
    // Without VLANs: neither VLAN devices nor VLAN filtering of bridges is in every kernel.
    name: 'ip link of other kinds', needs: ['ip'], setup: PAIR,
    ask: [
      'ip link add br0 address 02:00:00:00:01:00 type bridge', 'ip link set e0 master br0', 'ip link set br0 up', 'ip -d -j link show br0', 'ip -d -j link show e0', 'ip link set br0 type bridge stp_state 1 forward_delay 400',
      'ip link set br0 type bridge forward_delay 1', 'ip -d -j link show br0', 'ip link set e0 type bridge_slave cost 10 guard on', 'ip -d -j link show e0', 'bridge -j -d link',
      'bridge -j fdb', 'bridge fdb add 02:00:00:00:00:33 dev e0 master static', 'bridge fdb add 02:00:00:00:00:33 dev e0 master static', 'bridge fdb del 02:00:00:00:00:33 dev e0 master', 'bridge fdb del 02:00:00:00:00:33 dev e0 master', 'ip link set e0 nomaster', 'ip link del br0',
      'ip link add m0 link e1 address 02:00:00:00:02:00 type macvlan mode bridge', 'ip -d -j link show m0', 'ip link set m0 type macvlan mode private', 'ip link add m1 link e1 type macvlan mode passthru', 'ip link set m0 up', 'ip -d -j link show m0', 'ip link del m0',
      'ip link add m1 link e1 address 02:00:00:00:02:01 type macvlan mode passthru', 'ip link set m1 address 02:00:00:00:02:02', 'ip -j link show dev e1', 'ip -j link show dev m1', 'ip link set m1 address 03:00:00:00:02:02', 'ip link set m1 up', 'ip link set m1 address 02:00:00:00:02:03', 'ip -j link show dev e1', 'ip link del m1', 'ip -j link show dev e1',
      'ip link add vx0 address 02:00:00:00:03:00 type vxlan id 7 remote 10.0.0.9 dstport 4789 dev e0', 'ip -d -j link show vx0', 'ip link add vx1 type vxlan id 7 dstport 4789', 'ip link set vx0 up', 'bridge -j fdb show dev vx0', 'ip link del vx0',
      'ip link add ifb0 address 02:00:00:00:04:00 type ifb', 'ip -d -j link show ifb0', 'ip link set ifb0 address 02:00:00:00:04:01', 'ip link add m2 link ifb0 type macvlan mode passthru', 'ip link set m2 address 02:00:00:00:04:02', 'ip link del m2', 'ip link del ifb0', 'ip link',
    ],
  },
  {
    name: 'ip addr', needs: ['ip'], setup: PAIR,
    ask: [
      'ip addr', 'ip -j addr', 'ip -br addr', 'ip -4 addr show e0', 'ip -d addr show lo', 'ip addr add 10.0.0.1/24 dev e0', 'ip addr add 10.0.0.2/24 dev e0', 'ip addr add 10.1.0.1 peer 10.1.0.2 dev e0', 'ip addr add 10.0.0.3/24 dev e0 label e0:x scope link',
      'ip addr add 10.0.0.3/24 dev e0 label e4', 'ip addr add 10.2.0.1/33 dev e0', 'ip addr add 10.2.0.1/24 dev nothing', 'ip addr add 224.0.0.5/24 dev e0', 'ip addr add 255.255.255.255 dev e0', 'ip addr add 10.9.0.1/24 dev e0 valid_lft 1000 preferred_lft 500 metric 7 noprefixroute',
      'ip addr add 10.9.0.2/24 dev e0 valid_lft 10 preferred_lft 500', 'ip -j addr show e0', 'ip addr change 10.0.0.2/24 dev e0 valid_lft forever preferred_lft forever', 'ip addr replace 10.0.0.2/24 dev e0 metric 9', 'ip -j addr show e0', 'ip route show table all', 'ip addr del 10.0.0.1/24 dev e0', 'ip addr show e0', 'ip addr del 10.0.0.77/24 dev e0',
      'ip addr flush dev e0 scope link', 'ip addr show label "e0*"', 'ip addr show to 10.1.0.0/16', 'ip addr show permanent', 'ip addr flush dev e0', 'ip addr', 'ip maddress show dev e0', 'ip -j maddr show dev lo', 'ip maddr add 33:33:00:00:00:05 dev e0', 'ip maddr show dev e0',
    ],
  },
  {
    name: 'ip route', needs: ['ip'], setup: PAIR,
    ask: [
      'ip route', 'ip route show table all', 'ip -j route show table all', 'ip -d route show table all', 'ip route add 10.7.0.0/16 via 10.0.0.2', 'ip route add 10.7.0.0/16 via 10.0.0.2', 'ip route add 10.7.0.0/16 via 10.0.0.2 metric 5', 'ip route append 10.7.0.0/16 via 10.0.0.3', 'ip route replace 10.7.0.0/16 via 10.0.0.4',
      'ip route change 10.8.0.0/16 via 10.0.0.4', 'ip route add 10.8.0.0/16 via 10.77.0.1', 'ip route add 10.8.0.0/16 via 10.77.0.1 dev e0 onlink', 'ip route add 10.9.0.1/16 dev e0', 'ip route add blackhole 10.10.0.0/16', 'ip route add unreachable 10.11.0.0/16', 'ip route add prohibit 10.12.0.0/16', 'ip route add throw 10.13.0.0/16 table 100',
      'ip route add 10.14.0.0/16 dev e0 src 10.0.0.1 mtu 1300 advmss 1000 initcwnd 20 rto_min 300ms quickack 1 hoplimit 9', 'ip route add 10.14.0.0/16 dev e0 src 10.0.0.99 metric 3', 'ip route add 10.15.0.0/16 nexthop via 10.0.0.2 weight 2 nexthop via 10.0.0.3', 'ip route add 10.16.0.0/16 dev e0 mtu lock 1200 proto static tos 8 scope link', 'ip route add default via 10.0.0.254 proto dhcp metric 100',
      'ip -j route', 'ip -d -j route show table all', 'ip route show table 100', 'ip route show proto static', 'ip route show root 10.8.0.0/13', 'ip route show match 10.14.1.1', 'ip route show exact 10.15.0.0/16', 'ip route show type blackhole', 'ip route show scope link', 'ip route show dev e0', 'ip route show via 10.0.0.3', 'ip route show tos 8', 'ip route show nothing',
      'ip route get 10.0.0.2', 'ip route get 10.7.1.1', 'ip -j route get 10.15.1.1 oif e0', 'ip route get 10.10.0.1', 'ip route get 10.11.0.1', 'ip route get 10.12.0.1', 'ip route get 127.0.0.1', 'ip route get 10.0.0.1', 'ip route get 8.8.8.8 mark 3', 'ip route get fibmatch 10.14.1.1', 'ip route get 8.8.8.8 from 10.0.0.1', 'ip route get 10.0.0.1 from 10.0.0.2 iif e0', 'ip route get 8.8.8.8 from 10.0.0.2 iif e1', 'ip route get 224.0.0.1', 'ip route get 255.255.255.255',
      'ip route get 8.8.8.8 oif lo', 'ip route get 8.8.8.8 ipproto udp sport 5 dport 6', 'ip route get 8.8.8.8 uid 5', 'ip route del 10.7.0.0/16 via 10.0.0.99', 'ip route del 10.7.0.0/16', 'ip route show 10.7.0.0/16', 'ip route del 10.99.0.0/16', 'ip route flush table 100', 'ip route flush table 100', 'ip route show cache', 'ip route flush cache', 'ip -s route flush cache', 'ip -4 -s route flush cache', 'ip -6 -s route flush cache', 'ip route save table 100 > /dev/null', 'ip link set e1 down', 'ip route', 'ip link set e0 down', 'ip route show table all', 'ip link set e0 up', 'ip route show table all',
    ],
  },
  {
    name: 'ip rule', needs: ['ip'], setup: PAIR,
    ask: [
      'ip rule', 'ip -j rule', 'ip -d -j rule', 'ip rule add from 10.0.0.0/24 table 100', 'ip rule add from 10.0.0.0/24 table 100', 'ip rule add pref 50 to 10.1.0.0/16 fwmark 3/7 iif e0 oif e1 tos 8 table 200', 'ip rule add pref 60 ipproto tcp sport 80 dport 100-200 blackhole', 'ip rule add pref 61 not from 10.3.0.0/16 prohibit', 'ip rule add pref 62 uidrange 5-10 unreachable',
      'ip rule add pref 63 goto 100', 'ip rule add pref 100 lookup main suppress_prefixlength 8', 'ip rule add pref 64 goto 20', 'ip rule add pref 65 iif nothing lookup 7', 'ip rule add pref 66 l3mdev', 'ip rule add pref 67 from 10.0.0.0/24 fwmark 0x1 protocol static lookup main suppress_ifgroup 3', 'ip rule add pref 68 tun_id 9 lookup 5', 'ip rule', 'ip -d -j rule', 'ip rule list table 100', 'ip rule list pref 60', 'ip rule list from 10.0.0.0/24',
      'ip route add 10.66.0.0/16 via 10.0.0.2 table 100', 'ip route get 10.66.0.1', 'ip route get 10.66.0.1 from 10.0.0.1', 'ip rule del pref 50', 'ip rule del pref 50', 'ip rule del from 10.0.0.0/24', 'ip rule del pref 0', 'ip rule', 'ip rule flush', 'ip rule',
    ],
  },
  {
    name: 'ip neigh', needs: ['ip'], setup: PAIR,
    ask: [
      'ip neigh', 'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:22 dev e0', 'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:22 dev e0', 'ip neigh add 10.0.0.3 lladdr 02:00:00:00:00:23 nud noarp dev e0', 'ip neigh add 10.0.0.4 lladdr 02:00:00:00:00:24 nud stale dev e0', 'ip neigh add 10.0.0.5 dev e0', 'ip neigh add 10.0.0.6 lladdr 02:00 dev e0', 'ip neigh add 10.0.0.6 lladdr 02:00:00:00:00:26 dev nothing',
      'ip neigh add 10.0.0.7 lladdr 02:00:00:00:00:27 dev e0 router extern_learn', 'ip neigh add proxy 10.0.0.8 dev e0', 'ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:29 dev e0 protocol static', 'ip neigh', 'ip -j neigh', 'ip neigh show nud permanent', 'ip neigh show proxy', 'ip neigh show dev e1', 'ip neigh get 10.0.0.2 dev e0', 'ip neigh get 10.0.0.77 dev e0', 'ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:32 dev e0',
      'ip neigh change 10.0.0.78 lladdr 02:00:00:00:00:32 dev e0', 'ip neigh show 10.0.0.2', 'ip neigh del 10.0.0.3 dev e0', 'ip neigh del 10.0.0.3 dev e0', 'ip neigh show 10.0.0.3', 'ip neigh flush dev e0', 'ip neigh', 'ip ntable show name arp_cache dev e0', 'ip ntable change name arp_cache dev e0 queue 5 base_reachable 1000 gc_stale 2000 delay_probe 3000 app_probes 1 ucast_probes 4 mcast_probes 5 retrans 700 anycast_delay 12 proxy_delay 20 proxy_queue 13 locktime 16',
      'ip ntable show name arp_cache dev e0', 'ip ntable change name nothing dev e0 queue 5', 'ip ntable change name arp_cache dev e0', 'ip ntable change name arp_cache dev lo retrans 0', 'ip ntable show name arp_cache dev lo', 'ip link set e0 down', 'ip neigh', 'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:22 dev lo', 'ip neigh',
    ],
  },
  {
    name: 'ip nexthop', needs: ['ip'], setup: PAIR,
    ask: [
      'ip nexthop', 'ip nexthop add id 1 via 10.0.0.2 dev e0', 'ip nexthop add id 1 via 10.0.0.2 dev e0', 'ip nexthop add id 2 via 10.0.0.3 dev e0', 'ip nexthop add id 3 blackhole', 'ip nexthop add id 4 dev e0', 'ip nexthop add id 5 via 10.77.0.1 dev e0', 'ip nexthop add id 5 via 10.77.0.1 dev e0 onlink', 'ip nexthop add id 10 group 1/2', 'ip nexthop add id 11 group 1,3/2,5', 'ip nexthop add id 12 group 1/3', 'ip nexthop add id 13 group 1/99',
      'ip nexthop add id 14 group 10', 'ip nexthop add id 15 group 1/2 type resilient buckets 8', 'ip nexthop', 'ip -j nexthop', 'ip -d -j nexthop show id 15', 'ip nexthop get id 1', 'ip nexthop get id 99', 'ip nexthop bucket show id 15 | wc -l', 'ip route add 10.20.0.0/16 nhid 10', 'ip route add 10.21.0.0/16 nhid 3', 'ip route add 10.22.0.0/16 nhid 99', 'ip route add 10.23.0.0/16 nhid 1', 'ip route', 'ip -j route', 'ip route get 10.23.0.1',
      'ip nexthop replace id 1 via 10.0.0.9 dev e0', 'ip route show 10.23.0.0/16', 'ip nexthop del id 1', 'ip nexthop', 'ip route', 'ip nexthop del id 1', 'ip nexthop show group', 'ip nexthop show dev e0', 'ip link set e0 down', 'ip nexthop', 'ip nexthop flush', 'ip nexthop',
    ],
  },
  {
    name: 'sources of routes, and objects that they use', needs: ['ip'], setup: PAIR,
    ask: [
      'sysctl -w net.ipv4.conf.e0.promote_secondaries=1', 'ip addr add 10.0.0.98/24 dev e0', 'ip addr add 10.0.0.99/24 dev e0', 'ip route add 20.0.0.0/24 dev e0 src 10.0.0.99', 'ip route add 20.0.1.0/24 dev e0 src 10.0.0.98', 'ip route add throw 21.0.0.0/24 src 10.0.0.99',
      'ip addr del 10.0.0.1/24 dev e0', 'ip -4 addr show e0', 'ip route', 'ip addr del 10.0.0.99/24 dev e0', 'ip route', 'ip route add local 5.0.0.0/8 dev e0 table main', 'ip route add 22.0.0.0/24 dev e0 src 5.5.5.5', 'ip rule add prio 100 to 9.9.9.9 lookup 100',
      'ip route add 22.0.1.0/24 dev e0 src 5.5.5.5', 'ip route add local 6.0.0.0/8 dev e0 table 100', 'ip route add 22.0.2.0/24 dev e0 src 6.5.5.5 table 100', 'ip route add 22.0.2.0/24 dev e0 src 6.5.5.5 table 101', 'ip -4 route show table all | grep ^22',
      'ip nexthop add id 1 via 10.0.0.2 dev e0', 'ip nexthop add id 2 via 10.0.0.3 dev e0', 'ip nexthop add id 23 group 1/2', 'ip nexthop replace id 1 via 10.0.0.2 fdb', 'ip route add 30.0.0.0/8 nhid 23', 'ip nexthop replace id 1 via 10.0.0.2 fdb', 'ip route del 30.0.0.0/8',
      'ip route add 30.0.0.0/8 nhid 1', 'ip nexthop replace id 1 via 10.0.0.2 fdb', 'ip nexthop',
    ],
  },
  {
    name: 'users of rules', needs: ['ip'], setup: PAIR6,
    ask: [
      'ip route add 20.0.0.0/8 dev e0', 'ip -6 addr add fd00::1/64 dev e0 nodad', 'ip -6 route add 2001::/16 dev e0', 'sysctl -w net.ipv4.ip_forward=1', 'sysctl -w net.ipv6.conf.all.forwarding=1',
      ...['0-0', '5-5'].flatMap((range) => ['-4', '-6'].flatMap((v) => {
        const [to, from] = v === '-4' ? ['20.0.0.1', '10.0.0.9'] : ['2001::1', 'fd00::9'];
        const get = (more: string): string => `ip ${v} route get ${to} ${more}`;
        return [`ip ${v} rule add pref 40 uidrange ${range} prohibit`, get(''), get('uid 5'), get(`from ${from} iif e0`), get(`from ${from} iif e0 uid 0`), get(`from ${from} iif e0 uid 5`), `ip ${v} rule del pref 40`];
      })),
      // Only the way back has no way.
      'sysctl -w net.ipv4.conf.all.rp_filter=1', 'ip rule add pref 40 to 10.0.0.9 uidrange 0-0 prohibit', 'ip route get 20.0.0.1 from 10.0.0.9 iif e0', 'ip rule del pref 40', 'ip rule add pref 40 to 10.0.0.9 uidrange 5-5 prohibit', 'ip route get 20.0.0.1 from 10.0.0.9 iif e0 uid 5',
    ],
  },
  {
    // With what nearly every kernel has: not prio, fq_codel, sfq, fq and the other filters.
    name: 'tc', needs: ['tc', 'ip'], setup: PAIR,
    ask: [
      'tc qdisc show', 'tc -j qdisc show', 'tc qdisc show dev lo', 'tc qdisc replace dev e0 root tbf rate 1mbit burst 10k latency 50ms', 'tc qdisc show dev e0', 'tc -j -s qdisc show dev e0', 'tc -j class show dev e0', 'tc qdisc add dev e0 root tbf rate 1mbit burst 10k latency 50ms', 'tc qdisc del dev e0 root', 'tc qdisc del dev e0 root',
      'tc qdisc add dev e0 root handle 1: htb default 20 r2q 100', 'tc qdisc show dev e0', 'tc class add dev e0 parent 1: classid 1:1 htb rate 10mbit ceil 20mbit', 'tc class add dev e0 parent 1:1 classid 1:10 htb rate 1mbit prio 2', 'tc class add dev e0 parent 1:1 classid 1:10 htb rate 1mbit', 'tc class add dev e0 parent 1:77 classid 1:20 htb rate 1mbit', 'tc class change dev e0 parent 1:1 classid 1:10 htb rate 2mbit burst 20k',
      'tc class show dev e0', 'tc -j -s class show dev e0', 'tc qdisc add dev e0 parent 1:10 handle 10: pfifo limit 9', 'tc qdisc show dev e0', 'tc filter add dev e0 parent 1: protocol ip prio 5 u32 match ip dst 10.0.0.0/24 match ip protocol 6 0xff flowid 1:10', 'tc filter show dev e0 parent 1:', 'tc -j filter show dev e0 parent 1:', 'tc filter add dev e0 parent 2: protocol ip u32 match u32 0 0 flowid 1:10', 'tc filter del dev e0 parent 1: prio 6', 'tc filter del dev e0 parent 1: prio 5', 'tc filter show dev e0 parent 1:',
      'tc class del dev e0 classid 1:1', 'tc class del dev e0 classid 1:10', 'tc class show dev e0', 'tc qdisc del dev e0 root', 'tc qdisc add dev e0 clsact', 'tc qdisc show dev e0', 'tc qdisc add dev e0 ingress', 'tc qdisc del dev e0 clsact', 'tc qdisc add dev e0 ingress', 'tc -j qdisc show dev e0', 'tc qdisc del dev e0 ingress', 'tc qdisc add dev e0 root pfifo limit 7', 'tc qdisc show dev e0', 'tc qdisc add dev e0 root bfifo limit 7', 'tc qdisc replace dev e0 root bfifo limit 700', 'tc qdisc show dev e0',
      'tc qdisc show dev nothing', 'tc qdisc add dev e0 root nothing', 'tc qdisc add dev e0 root tbf rate 1mbit', 'tc qdisc add dev e0 parent 7:1 pfifo', 'tc qdisc add dev e0 root handle 1:5 pfifo', 'tc qdisc del dev e0 root handle 77:',
    ],
  },
  {
    // No home addresses: only a kernel with CONFIG_IPV6_MIP6 prefers them.
    name: 'ip of IPv6', needs: ['ip'], setup: PAIR6,
    ask: [
      'ip -6 addr', 'ip -6 -j addr', 'ip -6 -d addr show dev e0', 'ip -6 route show table all', 'ip -6 -j -d route show table all', 'ip -6 rule', 'ip -6 -d -j rule', 'ip -6 neigh', 'ip -6 maddr', 'ip -6 -j maddr show dev e0', 'ip token', 'ip -6 addrlabel', 'ip -6 netconf show dev e0', 'ip -d -j link show e0',
      'ip addr add 2001:db8::1/64 dev e0', 'ip addr add 2001:db8:0:1::1/64 dev e0 valid_lft 1000 preferred_lft 500', 'ip addr add 2001:db8:0:1::2/64 dev e0 preferred_lft 0', 'ip addr add 2001:db8:0:1::3/64 dev e0 preferred_lft 900 valid_lft 800', 'ip addr add 2001:db8:0:2::1 peer 2001:db8:0:2::2 dev e0', 'ip addr add 2001:db8:0:3::1/64 dev e0 noprefixroute metric 7 nodad', 'ip addr add ff02::9/64 dev e0', 'ip addr add ff02::9/64 dev e0 autojoin', 'ip addr add ::1/128 dev e0', 'ip addr add fe80::77/64 dev nothing', 'ip addr add 2001:db8::5/129 dev e0',
      'ip addr change 2001:db8:0:1::1/64 dev e0 valid_lft forever preferred_lft forever', 'ip addr replace 2001:db8:0:1::1/64 dev e0 metric 9', 'ip addr del 2001:db8:0:7::1/64 dev e0', 'ip -6 -j addr show dev e0', 'ip -6 addr show scope link', 'ip -6 addr show to 2001:db8:0:1::/64', 'ip -6 addr show deprecated', 'ip -6 route show table all', 'ip -6 maddr show dev e0',
      'ip -6 route add 2001:db8:7::/48 via 2001:db8::2', 'ip -6 route add 2001:db8:7::/48 via 2001:db8::2', 'ip -6 route append 2001:db8:7::/48 via 2001:db8::3', 'ip -6 route add 2001:db8:8::/48 via fe80::9 dev e0 metric 5 mtu 1300 hoplimit 9', 'ip -6 route add 2001:db8:8::/48 via fe80::9', 'ip -6 route add 2001:db8:9::/48 via 2001:db8:77::1', 'ip -6 route add 2001:db8:9::/48 via 2001:db8:77::1 dev e0 onlink', 'ip -6 route add blackhole 2001:db8:10::/48', 'ip -6 route add unreachable 2001:db8:11::/48', 'ip -6 route add prohibit 2001:db8:12::/48 metric 3', 'ip -6 route add throw 2001:db8:13::/48 table 100',
      'ip -6 route add 2001:db8:14::/48 nexthop via 2001:db8::2 weight 2 nexthop via 2001:db8::3', 'ip -6 route replace 2001:db8:14::/48 via 2001:db8::4', 'ip -6 route change 2001:db8:99::/48 via 2001:db8::4', 'ip -6 route add default via fe80::1 dev e0 proto static pref high', 'ip -6 route add 2001:db8:15::/48 dev e0 src 2001:db8::1', 'ip -6 route add 2001:db8:16::/48 dev e0 src 2001:db8::99', 'ip -6 route add 2001:db8:17::1/48 dev e0', 'ip -6 route', 'ip -6 -j -d route show table all', 'ip -6 route show table 100', 'ip -6 route show type blackhole', 'ip -6 route show root 2001:db8::/32', 'ip -6 route show proto static',
      'ip -6 route get 2001:db8::2', 'ip -6 route get 2001:db8:14::1', 'ip -6 route get 2001:db8:10::1', 'ip -6 route get 2001:db8:11::1', 'ip -6 route get 2001:db8:12::1', 'ip -6 route get ::1', 'ip -6 route get 2001:db8::1', 'ip -6 route get fe80::5', 'ip -6 route get fe80::5 oif e1', 'ip -6 route get ff02::1 oif e0', 'ip -6 -j route get 2001:db8:8::1 from 2001:db8::1', 'ip -6 route get fibmatch 2001:db8:15::9', 'ip -6 route get 2001:db8:8::1 oif lo',
      'ip -6 route del 2001:db8:7::/48 via 2001:db8::3', 'ip -6 route del 2001:db8:7::/48', 'ip -6 route del 2001:db8:7::/48', 'ip -6 route flush table 100', 'ip -6 rule add from 2001:db8::/64 table 100', 'ip -6 rule add from 2001:db8::/64 table 100', 'ip -6 rule add pref 50 to 2001:db8:1::/48 fwmark 3/7 iif e0 table 200', 'ip -6 rule add pref 60 ipproto tcp sport 80 prohibit', 'ip -6 rule', 'ip -6 -j rule', 'ip -6 rule del pref 50', 'ip -6 rule del pref 50', 'ip -6 rule flush', 'ip -6 rule',
      'ip -6 neigh add 2001:db8::22 lladdr 02:00:00:00:00:22 dev e0', 'ip -6 neigh add 2001:db8::22 lladdr 02:00:00:00:00:22 dev e0', 'ip -6 neigh add 2001:db8::23 lladdr 02:00:00:00:00:23 nud stale router dev e0', 'ip -6 neigh add proxy 2001:db8::24 dev e0', 'ip -6 neigh add ff02::5 lladdr 33:33:00:00:00:05 dev e0', 'ip -6 neigh', 'ip -6 -j neigh', 'ip -6 neigh show proxy', 'ip -6 neigh get 2001:db8::22 dev e0', 'ip -6 neigh del 2001:db8::22 dev e0', 'ip -6 neigh del 2001:db8::22 dev e0', 'ip -6 neigh',
      'ip nexthop add id 1 via 2001:db8::2 dev e0', 'ip nexthop add id 2 via fe80::7 dev e0', 'ip nexthop add id 3 group 1/2', 'ip nexthop add id 4 via fe80::7', 'ip -6 nexthop add id 5 blackhole', 'ip nexthop add id 6 via 2001:db8:66::1 dev e0', 'ip -j nexthop', 'ip -6 route add 2001:db8:20::/48 nhid 3', 'ip -6 route add 2001:db8:21::/48 nhid 5', 'ip -6 route add 2001:db8:22::/48 nhid 99', 'ip route add 10.9.0.0/16 nhid 1', 'ip -6 route', 'ip nexthop del id 1', 'ip nexthop', 'ip -6 route', 'ip nexthop flush',
      'ip addrlabel add prefix 2001:db8::/32 label 77', 'ip addrlabel', 'ip addrlabel del prefix 2001:db8::/32', 'ip addrlabel del prefix 2001:db8::/32', 'ip -6 addr del 2001:db8:0:1::1/64 dev e0', 'ip -6 addr flush dev e0 scope global', 'ip -6 addr', 'ip -6 route', 'ip link set e1 down', 'ip -6 route show table all', 'ip -6 addr', 'ip link set e0 down', 'ip -6 addr', 'ip -6 route show table all', 'ip -6 maddr show dev e0', 'ip link set e0 up', 'ip -6 addr show dev e0',
    ],
  },
  {
    name: 'ss', needs: ['ss', 'ip', 'python3'], setup: [...PAIR6, RENO], programs: [SOCKETS],
    ask: [
      'ss -tan', 'ss -tano', 'ss -tanm', 'ss -tane', 'ss -uan', 'ss -uanm', 'ss -uane', 'ss -wan', 'ss -0an', 'ss -0ane', 'ss -4tln', 'ss -6tln', 'ss -6uan', "ss -tan 'sport = :5000'", 'ss -tan state established', 'ss -tan dst 127.0.0.1', 'ss -tan state listening', 'ss -HO -tan', 'ss -Htanp state connected', 'ss -K dst 127.0.0.1 dport = 5000', 'ss -tan state established',
    ],
  },
  {
    name: 'ss of all sockets', needs: ['ss', 'ip', 'python3'], setup: [...PAIR6, 'ip addr add 10.0.0.1/24 dev e0', 'ip neigh add 10.0.0.50 lladdr 02:00:00:00:00:0b dev e0', RENO], programs: [ALL_SOCKETS],
    ask: [
      'ss -tuanpieom', 'ss -tuanpieomO', 'ss -tanpie state big', 'ss -tanpie state bucket', 'ss -tan state synchronized', 'ss -tan', 'ss -tn', 'ss -tano', 'ss -H -O -tuan', 'ss -tanZ', 'ss -tani --tos', 'ss -tuanbT', 'ss -tan --inet-sockopt', 'ss -tan --cgroup', 'ss -tuan --inet-sockopt', 'ss -tuanO --inet-sockopt', 'ss -tuaneioO --tos --cgroup --inet-sockopt', 'ss -uan --tos', 'ss -xan --tos', 'ss -0anbO', 'ss -tanz', 'ss -xE',
      'ss -xan', 'ss -xanepm', 'ss -xanO', 'ss -xl', 'ss -x', 'ss -x state connected', 'ss -xa src @linnet-ss-stream', 'ss -xa "src @linnet*"', 'ss -A unix_dgram -a', 'ss -A unix_seqpacket,unix_dgram -ae', 'ss -wanepm', 'ss -wa', 'ss -4wan', 'ss -6wan', 'ss -wan dst 127.0.0.1', 'ss -0anepm', 'ss -0a', 'ss -0ab', 'ss -A packet_raw -ane', 'ss -f netlink -anepm', 'ss -A netlink -a', 'ss -f link -an', 'ss -f unix -an', 'ss -f inet -an', 'ss -f inet6 -an', 'ss -an', 'ss -l', 'ss -s', 'ss -a -A tcp,raw,packet -n',
      "ss -tan 'sport >= :40003 and sport <= :40006'", "ss -tan '( dport = :5000 or sport = :5020 ) and not dst 127.0.0.1:40000'", "ss -tan 'src 10.0.0.0/24'", "ss -tan 'dst 10.0.0.50 and dport > :7003'", "ss -tuan 'dev = e0'", "ss -tuan 'fwmark = 0x15'", "ss -tan autobound", "ss -6tan 'src [::1]'", "ss -tan 'src [::ffff:127.0.0.1]'", "ss -uan 'dport = :6003'", 'ss -tan dst 127.0.0.1:5000', 'ss -tan "dst = 127.0.0.1"', "ss -tan 'sport neq :5000 dport lt :6000'", 'ss -tan exclude established exclude listening', 'ss -ltn sport = :5001', 'ss -tan src :5000', 'ss -tan "src *:5000"', 'ss -tan "sport = tcp:5000"', 'ss -tan "sport = :nothing"', 'ss -tan "("', 'ss -tan dst nothing', 'ss -A nothing', 'ss -f nothing', 'ss --nothing',
      'ss -HK -t sport = :5020', 'ss -tan sport = :5020', 'ss -HK -x', 'ss -s',
    ],
  },
  {
    name: 'generic netlink', needs: ['genl', 'ip'], setup: PAIR,
    ask: ['genl ctrl get name nlctrl', 'genl ctrl get name ethtool', 'genl ctrl get name nothing', 'genl ctrl get id 0x10', 'genl -d ctrl policy name ethtool', 'genl ctrl policy name nlctrl'],
  },
  {
    name: 'ethtool', needs: ['ethtool', 'ip'], setup: PAIR,
    ask: [
      'ethtool e0', 'ethtool lo', 'ethtool -k e0', 'ethtool -k lo', 'ethtool -i e0', 'ethtool -i lo', 'ethtool -S lo', 'ethtool -g e0', 'ethtool -g lo', 'ethtool -l e0', 'ethtool -c e0', 'ethtool -a e0', 'ethtool -P e0', 'ethtool -T e0', 'ethtool -T lo', 'ethtool -n e0', 'ethtool -x e0', 'ethtool -K e0 tso off', 'ethtool -k e0', 'ethtool -K e0 sg off', 'ethtool -k e0',
      'ethtool -K e0 tx on', 'ethtool -K lo tso off', 'ethtool nothing', 'ethtool -s e0 speed 100', 'ethtool -r e0', 'ethtool -p e0', 'ethtool --show-eee e0', 'ethtool --show-fec e0', 'ethtool --show-priv-flags e0', 'ethtool -m e0', 'ethtool --json -k e0',
    ],
  },
  {
    name: 'namespaces', needs: ['ip'], setup: PAIR,
    ask: ['ip netns list-id', 'ip -o link show type veth'],
  },
];
