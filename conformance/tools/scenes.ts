// What is set up, and what is asked then. The commands are those that an administrator types.

export interface Scene {
  readonly name: string;
  /** Programs that must be there. */
  readonly needs: readonly string[];
  /** Run first, one after the other, and all must succeed. */
  readonly setup: readonly string[];
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
    // Without VLANs: neither VLAN devices nor VLAN filtering of bridges is in every kernel. What they print is compared with recorded answers in packages/netdevs/test.
    name: 'ip link of other kinds', needs: ['ip'], setup: PAIR,
    ask: [
      'ip link add br0 address 02:00:00:00:01:00 type bridge', 'ip link set e0 master br0', 'ip link set br0 up', 'ip -d -j link show br0', 'ip -d -j link show e0', 'ip link set br0 type bridge stp_state 1 forward_delay 400',
      'ip link set br0 type bridge forward_delay 1', 'ip -d -j link show br0', 'ip link set e0 type bridge_slave cost 10 guard on', 'ip -d -j link show e0', 'bridge -j -d link',
      'bridge -j fdb', 'bridge fdb add 02:00:00:00:00:33 dev e0 master static', 'bridge fdb add 02:00:00:00:00:33 dev e0 master static', 'bridge fdb del 02:00:00:00:00:33 dev e0 master', 'bridge fdb del 02:00:00:00:00:33 dev e0 master', 'ip link set e0 nomaster', 'ip link del br0',
      'ip link add m0 link e1 address 02:00:00:00:02:00 type macvlan mode bridge', 'ip -d -j link show m0', 'ip link set m0 type macvlan mode private', 'ip link add m1 link e1 type macvlan mode passthru', 'ip link set m0 up', 'ip -d -j link show m0', 'ip link del m0',
      'ip link add vx0 address 02:00:00:00:03:00 type vxlan id 7 remote 10.0.0.9 dstport 4789 dev e0', 'ip -d -j link show vx0', 'ip link add vx1 type vxlan id 7 dstport 4789', 'ip link set vx0 up', 'bridge -j fdb show dev vx0', 'ip link del vx0',
      'ip link add ifb0 address 02:00:00:00:04:00 type ifb', 'ip -d -j link show ifb0', 'ip link del ifb0', 'ip link',
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
      'ip route get 8.8.8.8 oif lo', 'ip route get 8.8.8.8 ipproto udp sport 5 dport 6', 'ip route get 8.8.8.8 uid 5', 'ip route del 10.7.0.0/16 via 10.0.0.99', 'ip route del 10.7.0.0/16', 'ip route show 10.7.0.0/16', 'ip route del 10.99.0.0/16', 'ip route flush table 100', 'ip route flush table 100', 'ip route save table 100 > /dev/null', 'ip link set e1 down', 'ip route', 'ip link set e0 down', 'ip route show table all', 'ip link set e0 up', 'ip route show table all',
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
      'ip neigh change 10.0.0.78 lladdr 02:00:00:00:00:32 dev e0', 'ip neigh show 10.0.0.2', 'ip neigh del 10.0.0.3 dev e0', 'ip neigh del 10.0.0.3 dev e0', 'ip neigh show 10.0.0.3', 'ip neigh flush dev e0', 'ip neigh', 'ip ntable show name arp_cache dev e0', 'ip link set e0 down', 'ip neigh', 'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:22 dev lo', 'ip neigh',
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
    // With what is in most kernels: prio, fq_codel, sfq, fq and the other filters are compared with recorded answers in packages/netdevs/test.
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
