// Commands of ipset and iptables, and packets: what is done to both machines.
import { send } from './iptables.ts';
import type { FilterScene } from './run.ts';

/** Commands of ipset, each told before it is run: the programs print what went wrong, and nothing else. */
function sets(...commands: readonly string[]): string {
  return commands.map((c) => `echo '# ${c.replaceAll("'", '')}'; ipset ${c}; [ $? = 0 ] || echo failed`).join('; ');
}
const list = (name = ''): string => `list -sorted ${name}`;

const OUT = 'src=10.1.0.2 dst=203.0.113.2';
const OUT6 = 'src=2001:db8:1::2 dst=2001:db8:2::2';

export const IPSET_SCENES: readonly FilterScene[] = [
  {
    name: 'bitmaps',
    steps: [
      sets('create b bitmap:ip range 10.0.0.0/24 timeout 50 counters', 'add b 10.0.0.5', 'add b 10.0.0.5', 'add b 10.0.0.5 timeout 9 packets 5 -exist', 'add b 10.0.1.5', 'add b 10.0.0.8-10.0.0.11 timeout 0', 'add b 10.0.0.64/28', 'add b 10.0.0.255-10.0.1.2', 'del b 10.0.0.9', 'del b 10.0.0.9', 'del b 10.0.0.9 -exist', 'test b 10.0.0.8', 'test b 10.0.2.9', 'list b', 'save b'),
      sets('create b2 bitmap:ip range 10.0.0.0/16 netmask 24', 'add b2 10.0.5.7', 'add b2 10.0.5.9', 'add b2 10.0.6.0-10.0.8.0', 'test b2 10.0.7.77', 'list b2', 'create b2 bitmap:ip range 10.0.0.0/16 netmask 24 -exist', 'create b2 bitmap:ip range 10.0.0.0/17 netmask 24 -exist'),
      sets('create b3 bitmap:ip range 10.0.0.0/8', 'create b3 bitmap:ip range 10.0.0.0/15', 'create b4 bitmap:ip range 10.0.0.9-10.0.0.3', 'list b4', 'create b5 bitmap:ip range 10.0.0.0/24 netmask 33', 'create b5 bitmap:ip range 10.0.0.1-10.0.0.200 netmask 25', 'list b5', 'create b6 bitmap:ip range 10.0.0.0-10.0.255.255', 'create b7 bitmap:ip', 'create b8 bitmap:ip range 10.0.0.0/24 family inet6', 'flush b', 'list b', 'destroy b'),
      sets('create p bitmap:port range 10-30 comment', 'add p 15 comment "x y"', 'add p 17-19', 'add p 31', 'add p 5-12', 'add p 29-31', 'add p tcp:20', 'add p http', 'del p 17', 'test p 18', 'test p 17', 'test p 99', 'list p', 'add p 23-21', 'list p', 'create q bitmap:port range 1-5', 'create q bitmap:port range 1-5 -exist', 'create q bitmap:port range 1-6 -exist', 'create q bitmap:port range 1-5 timeout 4 -exist', 'create r bitmap:port range 100-50', 'list r'),
      sets('create m bitmap:ip,mac range 10.0.0.0/24 timeout 0', 'add m 10.0.0.1', 'add m 10.0.0.2,02:00:00:00:00:01', 'add m 10.0.0.1,02:00:00:00:00:05', 'add m 10.0.0.1,02:00:00:00:00:06 -exist', 'test m 10.0.0.2', 'test m 10.0.0.2,02:00:00:00:00:01', 'test m 10.0.0.2,02:00:00:00:00:02', 'test m 10.0.0.1,02:00:00:00:00:05', 'del m 10.0.0.2,02:00:00:00:00:09', 'del m 10.0.0.2', 'list m', 'add m 10.0.0.9-10.0.0.12', 'add m 10.0.0.20', 'test m 10.0.0.20,02:00:00:00:00:09', 'list m', 'save m'),
    ],
  },
  {
    name: 'hashes of addresses and ports',
    steps: [
      sets('create hi hash:ip netmask 24 maxelem 3 hashsize 100', 'add hi 1.2.3.4', 'add hi 1.2.3.9', 'add hi 1.2.4.9', 'add hi 1.2.5.9', 'add hi 1.2.6.9', 'add hi 0.0.0.0', 'test hi 1.2.3.200', list('hi'), 'create h6 hash:ip family inet6', 'add h6 2001:db8::1', 'add h6 ::', 'add h6 2001:db8::/126', 'add h6 1.2.3.4', list('h6'), 'create hx hash:ip family inet6 netmask 64', 'add hx 2001:db8::1234', list('hx')),
      sets('create hm hash:ip bitmask 255.255.0.255', 'add hm 1.2.3.4', 'add hm 1.2.9.4', list('hm'), 'create hmm hash:ip bitmask 255.255.0.255 netmask 24', 'create bs hash:ip bucketsize 5 initval 0x12', 'save bs', 'create bs hash:ip bucketsize 5', 'create bs hash:ip maxelem 5 -exist', 'create bs hash:ip bucketsize 7 -exist', 'create bs hash:net -exist', 'create y7 hash:ip timeout 5 family inet6 bitmask ffff::ffff', 'add y7 2001:db8::1', list('y7'), 'create y8 hash:ip maxelem 0', 'add y8 1.1.1.1', 'create y9 hash:ip hashsize 1', 'create ya hash:ip hashsize 65', 'create yb hash:ip bucketsize 1', 'create yc hash:ip bucketsize 255', 'create yh hash:ip netmask 32', 'create yi hash:ip forceadd counters', 'list -t'),
      sets('create ra hash:ip', 'add ra 10.0.0.0/29', 'add ra 10.0.0.3-10.0.0.9', 'add ra 10.0.0.3-10.0.0.9 -exist', 'del ra 10.0.0.0/30', 'del ra 10.0.0.2-10.0.0.4', 'del ra 10.0.0.0-10.0.0.6 -exist', list('ra'), 'del ra 0.0.0.0/1 -exist', list('ra'), 'add ra 1.2.3.4/0', 'add ra 10.0.0.9-10.0.0.7', list('ra')),
      sets('create z hash:ip timeout 1000 counters comment skbinfo', 'create z hash:ip timeout 1000 counters comment skbinfo -exist', 'create z hash:ip timeout 1001 counters comment skbinfo -exist', 'create z hash:ip timeout 1000 counters comment -exist', 'create z hash:ip timeout 1000 counters comment skbinfo hashsize 2048 -exist', 'create z hash:ip timeout 1000 counters comment skbinfo forceadd -exist', 'create z hash:ip timeout 1000 counters comment skbinfo netmask 24 -exist', 'create z hash:ip family inet6 timeout 1000 counters comment skbinfo -exist', 'add z 1.1.1.1 comment x skbmark 0x1/0x1 skbprio 1:1 skbqueue 3 packets 4 timeout 30', list('z'), 'add z 1.1.1.1 -exist', list('z'), 'add z 1.1.1.1 -exist comment "y" bytes 5', list('z'), 'add z 1.1.1.1 -exist skbqueue 5', 'add z 1.1.1.2 skbmark 0x0', 'add z 1.1.1.3 skbmark 0x0/0x0', 'add z 1.1.1.4 skbprio 0:0 skbqueue 0', 'add z 1.1.1.5 packets 9007199254740991 bytes 4294967296', list('z')),
      sets('create z2 hash:net', 'add z2 1.2.3.4 timeout 5', 'add z2 1.2.3.4 comment x', 'add z2 1.2.3.4 skbmark 0x1', 'add z2 1.2.3.4 packets 1', 'add z2 1.2.3.4/32', 'create hy hash:ip timeout 2147483', 'add hy 1.2.3.4 timeout 2147484', 'add hy 1.2.3.4 timeout 2147483', list('hy')),
      sets('create ip hash:ip,port timeout 100 counters', 'add ip 10.0.0.1,80', 'add ip 10.0.0.1,tcp:80', 'add ip 10.0.0.1,udp:80', 'add ip 10.0.0.1,icmp:echo-request', 'add ip 10.0.0.1,icmp:8/1', 'add ip 10.0.0.1,sctp:5', 'add ip 10.0.0.1,50:0', 'add ip 10.0.0.1,vrrp:0', 'add ip 10.0.0.4/30,90-92', 'add ip 10.0.0.1,udplite:8', 'add ip 10.0.0.1,80 -exist timeout 5 packets 3 bytes 4', list('ip'), 'add ip 10.0.0.1,80 -exist', 'add ip 10.0.0.1,80 -exist packets 9', 'del ip 10.0.0.5,90-91', 'test ip 10.0.0.5,90', 'add ip 10.0.0.1,0', 'add ip 10.0.0.1,tcp:0', 'add ip 10.0.0.1,95-93', list('ip'), 'del ip 10.0.0.0/30,80-95 -exist', list('ip')),
      sets('create ip6 hash:ip,port family inet6', 'add ip6 ::1,icmpv6:128/0', 'add ip6 ::1,tcp:1-3', 'add ip6 2001:db8::/120,80', 'del ip6 ::1,2', list('ip6'), 'create y hash:ip,port netmask 24', 'add y 1.2.3.4,80', list('y'), 'create y6 hash:ip,port bitmask 255.0.255.0', 'add y6 1.2.3.4,80', 'test y6 1.9.3.9,80', list('y6')),
      sets('create ipi hash:ip,port,ip', 'add ipi 1.1.1.1,80,2.2.2.2', 'add ipi 1.1.1.1-1.1.1.3,80-81,2.2.2.2', 'add ipi 1.1.1.1-1.1.1.3,80-81,2.2.2.2 -exist', 'add ipi 1.1.1.1,80,2.2.2.2-2.2.2.5', 'add ipi 1.1.1.1,80,0.0.0.0', 'add ipi 0.0.0.0,80,1.1.1.1', 'test ipi 1.1.1.2,81,2.2.2.2', 'test ipi 1.1.1.2,82,2.2.2.2', 'del ipi 1.1.1.0/24,80,2.2.2.2 -exist', list('ipi'), 'create ipi6 hash:ip,port,ip family inet6', 'add ipi6 ::1,80-82,::2', 'del ipi6 ::1,81,::2', list('ipi6')),
    ],
  },
  {
    name: 'hashes of networks',
    steps: [
      sets('create n hash:net', 'add n 0.0.0.0/0', 'add n 10.0.0.0/8', 'add n 10.1.2.3/16', 'add n 10.1.0.0/16 nomatch', 'add n 10.1.0.0/16 nomatch -exist', 'add n 10.1.2.0/24', 'add n 10.1.2.3', 'test n 10.2.3.4', 'test n 10.1.3.4', 'test n 10.1.2.9', 'test n 10.1.0.0/16', 'test n 10.1.0.0/16 nomatch', 'test n 10.1.3.4 nomatch', 'test n 10.2.0.0/16', 'test n 10.1.0.0/17', 'add n 1.2.3.4-1.2.3.9', 'add n 1.2.4.0-1.2.7.255', 'del n 1.2.3.5-1.2.3.6', 'del n 1.2.3.8/31', 'add n 1.2.3.9-1.2.3.4', 'add n 0.0.0.0/1', 'add n 128.0.0.0/1', list('n'), 'add n 3.0.0.1-3.0.0.254', 'del n 3.0.0.1-3.0.0.254', 'add n 5.0.0.3-5.0.1.4 -exist', list('n')),
      sets('create n6 hash:net family inet6', 'add n6 2001:db8::/32', 'add n6 ::/0', 'add n6 2001:db8:1::5/48 nomatch', 'test n6 2001:db8:1::9', 'test n6 2001:db8:2::9', 'add n6 2001:db8:2::5/127', list('n6'), 'save n6'),
      sets('create ipn hash:ip,port,net', 'add ipn 1.1.1.1,80,2.2.2.2/24', 'add ipn 1.1.1.1,80,2.2.2.128/25 nomatch', 'add ipn 1.1.1.4/31,udp:80,3.0.0.0-3.0.0.5', 'add ipn 1.1.1.1,80,0.0.0.0/0', 'test ipn 1.1.1.1,80,2.2.2.5', 'test ipn 1.1.1.1,80,2.2.2.200', 'test ipn 1.1.1.1,80,2.2.2.128/25', 'add ipn 9.9.9.9,1-3,9.0.0.0/8', 'del ipn 9.9.9.9,2,9.0.0.0/8', list('ipn'), 'create ipn6 hash:ip,port,net family inet6', 'add ipn6 ::1,80-81,2001:db8::9/64', list('ipn6')),
      sets('create np hash:net,port', 'add np 10.0.0.0/8,80', 'add np 10.0.0.5-10.0.0.7,81-82', 'add np 0.0.0.0/0,9', 'test np 10.4.0.0,80', 'test np 10.0.0.5,82', 'test np 10.0.0.6/31,82', list('np'), 'create np6 hash:net,port family inet6', 'add np6 2001:db8::/32,udp:5-6', list('np6')),
      sets('create ni hash:net,iface', 'add ni 10.0.0.0/8,eth0', 'add ni 0.0.0.0/0,eth1', 'add ni 10.0.0.0/8,physdev:eth0', 'add ni 10.0.0.0/9,eth0 nomatch', 'add ni 10.5.0.0/16,wl wildcard', 'add ni 10.5.0.0/16,wl', 'add ni 10.6.0.0/16,aaaaaaaaaaaaaaaa', 'add ni 10.6.0.0/16,aaaaaaaaaaaaaaa', 'test ni 10.0.0.1,eth0', 'test ni 10.200.0.1,eth0', 'test ni 10.5.0.1,wlan0', 'test ni 10.5.0.1,wl', list('ni'), 'del ni 10.5.0.0/16,wl', 'del ni 10.5.0.0/16,wl', 'add ni 1.1.1.1-1.1.1.2,e0', 'add ni 10.7.0.0/16,a+', 'test ni 9.9.9.9,eth1', list('ni'), 'create ni6 hash:net,iface family inet6', 'add ni6 ::/0,e0', list('ni6')),
      sets('create big hash:net', ...Array.from({ length: 33 }, (_, i) => `add big ${i * 7}.128.64.32/${32 - (i % 32)}`), list('big')),
    ],
  },
  {
    name: 'lists, names, and all sets at once',
    steps: [
      'for i in a b c d e f g h; do ipset create $i hash:ip; done; ipset create n6 hash:ip family inet6; ipset create l1 list:set',
      sets('create l list:set size 3 counters comment', 'create ls list:set size 0', 'create lx list:set size 100000', 'add l a', 'add l b', 'add l c before b', 'add l d', 'add l d after a', 'add l a', 'list l', 'add l a -exist comment hi packets 7', 'list l', 'add l e after c', 'add l e before zz', 'add l zz', 'add l a after b -exist', 'list l', 'test l a', 'test l a before b', 'test l c before b', 'test l b after c', 'test l b after a', 'del l a', 'del l a', 'del l c before b', 'del l b before a', 'add l l', 'add l l1', 'add l1 a', 'list l', 'save l'),
      sets('create m list:set size 4', 'add m a', 'add m b', 'add m c', 'add m d', 'add m e', 'add m f after b', 'add m h before a', 'list m', 'test m h before a', 'test m b after c', 'test m a after h', 'test m h after a', 'del m a after h', 'del m b before c', 'list m', 'flush m', 'list m'),
      sets('destroy a', 'destroy b', 'destroy l', 'list -t', 'create lt list:set timeout 100', 'add lt a', 'add lt n6 timeout 5', 'list lt', 'test lt n6', 'rename a aa', 'rename g gg', 'rename gg b', 'swap b n6', 'swap b d', 'swap zz b', 'swap b zz', 'rename zz y', 'rename b b', 'swap b b', 'destroy', 'destroy zz', 'flush zz', 'flush', 'list -n', 'test zz 1', 'add zz 1', 'list zz', 'save zz'),
      sets('create thisnameiswaytoolongforasetreallyitis hash:ip', 'create thisnameisexactlyaslongasitmay. hash:ip', 'create x hash:foo', 'add a 1.1.1.1', 'add d 2.2.2.2', 'swap a d', 'list a', 'list d', 'list -o xml d', 'destroy lt', 'destroy l1', 'destroy', 'list -n'),
      'for i in 1 2 3; do ipset create s$i hash:ip; done; printf "create r hash:ip\\nadd r 1.2.3.4\\nadd s1 1.2.3.4\\nflush r\\nadd r 1.1.1.1\\ndestroy s2\\nrename s3 s4\\nswap r s1\\ntest r 1.2.3.4\\ntest r 9.9.9.9\\n" | ipset restore; ipset save -sorted',
      'printf "add r 7.7.7.7\\nadd nope 1.1.1.1\\n" | ipset restore; printf "add r 7.7.7.8\\nadd r 7.7.7.9\\nadd r 7.7.7.8\\nadd r 7.7.7.10\\n" | ipset restore; printf "add r 7.7.7.7\\ncreate r hash:ip\\n" | ipset -exist restore; ipset save -sorted',
      'ipset create lots hash:ip hashsize 65536; seq 1 3000 | awk \'{printf "add lots 10.0.%d.%d\\n", $1/256, $1%256}\' | ipset -exist restore; ipset list lots | grep -c "^10"; ipset list lots | grep "^10" | sort | md5sum; ipset add lots 11.0.0.0/22 -exist; ipset list lots -t; ipset save lots | sort | ipset restore -exist 2>&1 | tail -1; ipset list lots | grep -c .',
    ],
  },
  {
    name: 'rules and their counters',
    steps: [
      sets('create a hash:ip counters', 'create n hash:net counters', 'create ip hash:ip,port counters', 'create ipi hash:ip,port,ip', 'create np hash:net,port', 'create ni hash:net,iface counters', 'create p bitmap:port range 0-100 counters', 'create m bitmap:ip,mac range 10.1.0.0/24 timeout 100', 'create l list:set counters', 'create b bitmap:ip range 10.1.0.0/24', 'add a 10.1.0.2', 'add n 10.1.0.0/24', 'add n 10.1.0.3 nomatch', 'add ip 203.0.113.2,udp:53', 'add ip 203.0.113.2,icmp:8/0', 'add ipi 10.1.0.2,udp:53,203.0.113.2', 'add np 203.0.113.0/24,tcp:80', 'add ni 10.1.0.0/16,e wildcard', 'add ni 0.0.0.0/0,f0', 'add p 53', 'add p 80', 'add m 10.1.0.2', 'add m 10.1.0.3,02:00:00:00:00:0b', 'add m 10.1.0.4,02:00:00:00:00:ff', 'add b 10.1.0.2-10.1.0.4', 'add l ip', 'add l a'),
      ...['a src', 'a dst', 'n src', 'n src --return-nomatch', 'ip dst,dst', 'ipi src,dst,dst', 'ipi src,dst', 'np dst,dst', 'ni src,src', 'ni dst,dst', 'p dst', 'p src', 'm src,src', 'm src', 'l dst,dst', 'l src', 'b src,dst', 'a src ! --update-counters', 'a src --packets-eq 3', 'a src --packets-gt 3 --bytes-lt 1000', 'a src ! --packets-eq 4', 'l src ! --update-subcounters', 'l src ! --update-counters'].map((r) => `iptables -A FORWARD -m set --match-set ${r}`),
      'iptables -A FORWARD -m set ! --match-set a src', 'iptables -A FORWARD -m set ! --match-set ipi src,dst', 'iptables -A FORWARD -m set --match-set nosuch src', 'iptables -A FORWARD -m set --match-set a src,dst,src,dst,src,dst,src', 'iptables -S', 'ipset list -t | grep Ref',
      send(`udp ${OUT}`, `udp ${OUT} dport=99`, `tcp ${OUT}`, `tcp ${OUT} sport=53`, `icmp ${OUT}`, `icmp ${OUT} type=13`, 'udp src=10.1.0.3 dst=203.0.113.2', 'udp src=10.1.0.4 dst=203.0.113.2', 'f1 udp src=203.0.113.2 dst=10.1.0.2 sport=53', `udp ${OUT} len=600 frag=128`, `other ${OUT} proto=50 hex=0000000600000001`, `tcp ${OUT} len=500 frag=64`),
      'iptables -L FORWARD -v -n -x', sets(...['a', 'n', 'ip', 'ni', 'p', 'm', 'l'].map(list)), 'iptables -F', 'ipset list -t | grep Ref', 'ipset destroy', 'ipset list -n',
    ],
  },
  {
    name: 'the target SET',
    steps: [
      sets('create a hash:ip timeout 500 counters', 'create n hash:net', 'create n24 hash:net', 'add n24 9.9.9.0/24', 'create ip hash:ip,port', 'create ipi hash:ip,port,ip', 'create ipn hash:ip,port,net', 'create ni hash:net,iface', 'create p bitmap:port range 0-60', 'create m bitmap:ip,mac range 10.1.0.0/24 timeout 300', 'create b bitmap:ip range 10.1.0.0/24', 'create gone hash:ip', 'add gone 10.1.0.2', 'add gone 10.1.0.3', 'create l list:set', 'create la hash:ip', 'create lp hash:ip,port', 'add l lp', 'add l la', 'create k hash:ip skbinfo', 'add k 10.1.0.2 skbmark 0x11/0xff skbprio 1:2 skbqueue 1', 'add k 10.1.0.3 skbmark 0x22', 'create full hash:ip maxelem 1'),
      ...['--add-set a src --timeout 60', '--add-set n src', '--add-set n24 src', '--add-set ip dst,dst', '--add-set ipi src,dst,dst', '--add-set ipn src,dst,dst', '--add-set ni src,src', '--add-set p dst', '--add-set m src,src', '--add-set b dst', '--add-set b src', '--del-set gone src', '--add-set l src', '--add-set full src', '--add-set a dst --exist', '--add-set a src,dst --del-set n24 dst'].map((r) => `iptables -A FORWARD -j SET ${r}`),
      'iptables -t mangle -A FORWARD -j SET --map-set k src --map-mark --map-prio', 'iptables -t mangle -A FORWARD -m mark --mark 0x11', 'iptables -t mangle -A FORWARD -m mark --mark 0x22', 'iptables -t mangle -A PREROUTING -j SET --map-set k src --map-prio', 'iptables -A FORWARD -j SET --map-set k src --map-mark', 'iptables -t mangle -A PREROUTING -j SET --map-set k src --map-mark', 'iptables-save -t filter | grep SET', 'iptables -t mangle -S',
      send(`udp ${OUT}`, `tcp ${OUT}`, `icmp ${OUT}`, 'udp src=10.1.0.3 dst=203.0.113.2 dport=99', 'udp src=10.1.0.2 dst=203.0.113.3', `tcp ${OUT} flags=A`, `udp ${OUT} len=600 frag=128`),
      'iptables -t mangle -L -v -n -x', 'iptables -L FORWARD -v -n -x', sets(list()),
    ],
  },
  {
    name: 'IPv6',
    steps: [
      sets('create a hash:ip family inet6 counters', 'create n hash:net family inet6', 'create ip hash:ip,port family inet6', 'create ipn hash:ip,port,net family inet6', 'create ni hash:net,iface family inet6', 'create p bitmap:port range 0-100', 'create a4 hash:ip', 'add a4 10.1.0.2', 'create l list:set', 'add l a4', 'add l a', 'create new hash:ip family inet6', 'create new64 hash:ip family inet6 netmask 64', 'add a 2001:db8:1::2', 'add n 2001:db8:1::/64', 'add n 2001:db8:1::3 nomatch', 'add ip 2001:db8:2::2,udp:53', 'add ip 2001:db8:2::2,icmpv6:128/0', 'add ipn 2001:db8:1::2,tcp:80,2001:db8:2::/48', 'add ni ::/0,e0', 'add p 53'),
      ...['a src', 'n src', 'ip dst,dst', 'ipn src,dst,dst', 'ni src,src', 'p dst', 'l src'].map((r) => `ip6tables -A FORWARD -m set --match-set ${r}`), 'ip6tables -A FORWARD -m set --match-set a4 src', 'iptables -A FORWARD -m set --match-set a src',
      'ip6tables -A FORWARD -j SET --add-set new src', 'ip6tables -A FORWARD -j SET --add-set new64 dst',
      send(`udp ${OUT6}`, `tcp ${OUT6}`, `icmp6 ${OUT6}`, 'udp src=2001:db8:1::3 dst=2001:db8:2::2', `udp ${OUT6} len=300 frag=64`, `tcp ${OUT6} hbh`, `other ${OUT6} proto=50 hex=0000000600000001`),
      'ip6tables -L FORWARD -v -n -x', 'ip6tables-save | grep set', sets(list()),
    ],
  },
];
