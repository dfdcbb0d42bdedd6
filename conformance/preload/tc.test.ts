// The unmodified `tc` and `ip` administer queues, filters and devices of a Linnet machine and of the real kernel: the same commands, the same output. What that kernel
// lacks (it has neither netem nor fq_codel, say) is looked at here only.
import { ipv4 } from '@linnet/ipv4';
import { createKernel, type Kernel } from '@linnet/kernel';
import { dummy, ifb, macvlan, netem, tc, veth, vrf } from '@linnet/netdevs';
import { gre, ipip, sit, vxlan } from '@linnet/tunnels';
import { udp } from '@linnet/udp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { can, Inside } from './lab.ts';

let k: Kernel;
let inside: Inside;
let real: TestNetns;

beforeAll(async () => {
  if (!can('root', 'ip', 'tc')) return;
  k = createKernel({ modules: [ipv4, udp, veth, dummy, ifb, macvlan, vrf, tc, netem, vxlan, ipip, gre, sit], seed: 4 });
  inside = await Inside.open(k);
  real = new TestNetns();
});
afterAll(async () => {
  if (!can('root', 'ip', 'tc')) return;
  await inside.close();
  k.shutdown();
  real.delete();
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
async function here(command: string): Promise<Said> {
  const r = await inside.run(null, command);
  return { code: r.code, out: r.stdout, err: r.stderr };
}
async function there(command: string): Promise<Said> {
  const r = await real.run('sh', '-c', command);
  return { code: r.code, out: r.stdout, err: r.stderr };
}

/** Members whose values a run decides: counters of time, and what only one of the two kernels has. */
const OTHER = new Set([
  'inet6_addr_gen_mode', 'num_tx_queues', 'num_rx_queues', 'gso_max_size', 'gso_max_segs', 'gro_max_size', 'gso_ipv4_max_size', 'gro_ipv4_max_size', 'tso_max_size', 'tso_max_segs', 'last_used',
  'first_used', 'used', 'installed',
]);
function clean(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(clean);
  if (v === null || typeof v !== 'object') return v;
  return Object.fromEntries(Object.entries(v).filter(([n]) => !OTHER.has(n)).map(([n, x]) => [n, clean(x)]));
}
/** Handles that the kernel chose are counted for all namespaces of one, and only the real kernel of these has IPv6. */
const plain = (text: string): string => text.replace(/\b[89a-f][0-9a-f]{3}:/g, '8xxx:').replace(/installed \d+ sec used \d+ sec/g, 'TIMES').replace(/ addrgenmode \w+/g, '').replace(/ (num[tr]xqueues|[gt]so_max_\w+|gr?o_\w+|gso_\w+) \d+/g, '');
/** `tc` prints some JSON that is none. */
function json(said: Said): unknown {
  try {
    return clean(JSON.parse(plain(said.out)));
  } catch {
    return plain(said.out);
  }
}

const SETUP: readonly string[] = [
  'ip link set lo up', 'ip link add va address 02:00:00:00:00:01 txqueuelen 1000 numtxqueues 1 numrxqueues 1 type veth peer name vb address 02:00:00:00:00:02 txqueuelen 1000 numtxqueues 1 numrxqueues 1',
  'ip link add i0 txqueuelen 32 address 02:00:00:00:00:03 numtxqueues 1 numrxqueues 1 type ifb', 'ip link set va up', 'ip link set vb up', 'ip link set i0 up',
];

const TC_COMMANDS: readonly string[] = [
  'tc qdisc add dev va root handle 1: htb default 30 r2q 5',
  'tc class add dev va parent 1: classid 1:1 htb rate 10mbit ceil 20mbit burst 15k',
  'tc class add dev va parent 1:1 classid 1:10 htb rate 2mbit ceil 10mbit prio 1 quantum 3000',
  'tc class add dev va parent 1:1 classid 1:30 htb rate 1mbit',
  'tc class add dev va parent 1:10 classid 1:31 htb rate 500kbit mpu 64 overhead 24',
  'tc class add dev va parent 1:99 classid 1:32 htb rate 500kbit',
  'tc class change dev va parent 1:1 classid 1:30 htb rate 3mbit ceil 5mbit',
  'tc qdisc add dev va parent 1:30 handle 30: pfifo limit 17',
  'tc qdisc add dev va parent 1:31 handle 31: tbf rate 1mbit burst 10kb latency 50ms',
  'tc qdisc add dev va parent 1:77 pfifo',
  'tc filter add dev va parent 1: protocol ip prio 5 u32 match ip dst 10.1.2.3/32 match ip dport 80 0xffff flowid 1:10',
  'tc filter add dev va parent 1: protocol ip prio 5 u32 match ip src 10.9.0.0/16 flowid 1:30',
  'tc filter add dev va parent 1: handle 2: prio 6 protocol ip u32 divisor 16',
  'tc filter add dev va parent 1: prio 6 protocol ip u32 ht 2:7: match u8 0x10 0xf0 at 1 classid 1:10',
  'tc filter add dev va parent 1: prio 7 protocol all bpf bytecode \'1,6 0 0 65535\' classid 1:30',
  'tc filter add dev va parent 1: prio 8 protocol all nosuch',
  'tc filter del dev va parent 1: prio 5 protocol ip handle 800::800 u32',
  'tc filter del dev va parent 1: prio 5', 'tc filter del dev va parent 1: prio 55',
  'tc class del dev va classid 1:1', 'tc class del dev va classid 1:31', 'tc class del dev va classid 1:31',
  'tc qdisc change dev va handle 1: htb default 31',
  'tc qdisc replace dev va root handle 2: tbf rate 8mbit burst 32k limit 100k peakrate 16mbit mtu 2000',
  'tc qdisc change dev va root handle 2: tbf rate 4mbit burst 32k limit 100k', 'tc qdisc add dev va root tbf rate 4mbit burst 32k limit 10k', 'tc qdisc add dev va parent 2:1 handle 22: bfifo limit 30000',
  'tc qdisc add dev vb clsact', 'tc qdisc add dev vb clsact', 'tc qdisc add dev vb ingress',
  'tc filter add dev vb ingress protocol ip prio 1 u32 match u32 0 0 action mirred egress redirect dev i0',
  'tc filter add dev vb egress protocol all prio 9 u32 match u32 0 0 action mirred egress mirror dev va pipe action mirred ingress redirect dev i0 index 7',
  'tc actions add action mirred egress mirror dev i0 index 99', 'tc actions add action mirred egress mirror dev i0 index 99', 'tc actions add action mirred egress mirror dev nosuch', 'tc actions add action nosuch',
  'tc actions get action mirred index 7', 'tc actions get action mirred index 100', 'tc actions del action mirred index 7', 'tc actions del action mirred index 99', 'tc actions flush action mirred',
  'tc filter replace dev vb ingress protocol ip prio 1 u32 match u32 1 1 flowid 1:4',
  'tc chain add dev vb ingress chain 5', 'tc chain add dev vb ingress chain 5', 'tc filter add dev vb ingress chain 6 protocol ip prio 3 u32 match ip tos 8 0xff flowid 1:2', 'tc chain del dev vb ingress chain 5',
  'tc filter del dev vb ingress', 'tc qdisc del dev vb clsact', 'tc qdisc del dev vb clsact', 'tc qdisc add dev vb ingress', 'tc qdisc del dev vb ingress',
  'tc qdisc replace dev i0 root pfifo_fast', 'tc qdisc add dev i0 root handle 5: pfifo', 'tc qdisc replace dev i0 root handle 5: pfifo limit 9', 'tc qdisc change dev i0 handle 5: pfifo limit 10',
  'tc qdisc add dev i0 root nosuch', 'tc qdisc del dev i0 root', 'tc qdisc del dev i0 root', 'tc qdisc del dev va root', 'tc qdisc add dev nosuch root pfifo',
  'tc qdisc add dev va root handle 3: tbf rate 1mbit burst 10k limit 10k linklayer atm overhead 10 mpu 64', 'tc qdisc del dev va root', 'tc qdisc add dev va root handle 4: htb',
  'tc class add dev va parent 4: classid 4:1 htb rate 1mbit linklayer atm overhead 10', 'tc class add dev va parent 4: classid 4:2 estimator 1sec 8sec htb rate 10gbit ceil 50gbit', 'tc qdisc del dev va root',
  'tc qdisc add dev va root handle 1: stab overhead 20 linklayer atm mpu 100 htb',
];
const TC_LOOKS: readonly string[] = [
  'tc -s -j qdisc show', 'tc -d -j qdisc show', 'tc qdisc show', 'tc -s -d -j class show dev va', 'tc class show dev va', 'tc -s -j filter show dev va', 'tc filter show dev va', 'tc -j filter show dev vb ingress', 'tc filter show dev vb egress',
  'tc -j chain show dev vb ingress', 'tc -j actions list action mirred', 'tc -s actions list action mirred',
];

const LINK_COMMANDS: readonly string[] = [
  'ip link add m0 address 02:00:00:00:01:01 link va type macvlan mode bridge', 'ip link add m1 address 02:00:00:00:01:02 link va type macvlan mode vepa bcqueuelen 500', 'ip link add m2 address 02:00:00:00:01:03 link va type macvlan mode passthru',
  'ip link add m3 address 02:00:00:00:01:04 link va type macvlan mode source macaddr add 02:00:00:00:09:09', 'ip link set m3 type macvlan macaddr add 02:00:00:00:09:0a', 'ip link set m3 type macvlan macaddr del 02:00:00:00:09:09',
  'ip link set m3 type macvlan macaddr flush', 'ip link set m1 type macvlan mode private', 'ip link set m1 type macvlan mode source', 'ip link set m0 up', 'ip link set m0 mtu 1600', 'ip link set m0 mtu 1400', 'ip link set m0 address 02:00:00:00:01:0f',
  'ip link set m0 address 02:00:00:00:01:02', 'ip link add m5 link m0 address 02:00:00:00:01:05 type macvlan mode bridge', 'ip link set m0 promisc on', 'ip link del m0', 'ip link del m1', 'ip link del m3',
  'ip link add m6 address 02:00:00:00:01:06 link vb type macvlan mode passthru nopromisc', 'ip link add m7 link vb type macvlan', 'ip link set m6 type macvlan mode bridge', 'ip link del m6',
  'ip link add i1 address 02:00:00:00:02:01 numtxqueues 1 numrxqueues 1 type ifb', 'ip link del i1',
  'ip addr add 10.5.5.1/24 dev va',
  'ip link add x0 address 02:00:00:00:03:01 type vxlan id 42 group 239.1.1.1 dev va dstport 4789 ttl 4 tos inherit', 'ip link add x1 address 02:00:00:00:03:02 type vxlan id 43 remote 10.5.5.2 local 10.5.5.1 dstport 4789 srcport 1000 2000 nolearning df set',
  'ip link add x2 type vxlan id 42 dstport 4789', 'ip link add x2 type vxlan id 99999999 dstport 4789', 'ip link add x2 address 02:00:00:00:03:03 type vxlan external dstport 4790 gbp', 'ip link set x0 type vxlan id 77', 'ip link set x0 type vxlan ageing 30 dev va',
  'ip link set x1 type vxlan id 43 remote 10.5.5.9', 'ip link set x0 up', 'bridge fdb append 02:00:00:00:04:04 dev x0 dst 10.5.5.7', 'bridge fdb append 00:00:00:00:00:00 dev x1 dst 10.5.5.6 port 4000 vni 9 via va',
  'bridge fdb replace 02:00:00:00:04:05 dev x1 dst 10.5.5.8', 'bridge fdb get 02:00:00:00:04:04 dev x0', 'bridge fdb del 02:00:00:00:04:04 dev x0', 'bridge fdb del 02:00:00:00:04:04 dev x0', 'ip link set x0 mtu 1600', 'ip link set va mtu 1400', 'ip link del x1', 'ip link del x0',
  'ip link del x2',
];
const LINK_LOOKS: readonly string[] = ['ip -d -j link show', 'ip -d link show type macvlan', 'ip -d -j link show type vxlan', 'ip -j addr show', 'bridge -d -j fdb show dev x0', 'bridge -j fdb show dev x1', 'ip -d -j -s link show type ifb'];

async function both(command: string): Promise<void> {
  const [a, b] = [await here(command), await there(command)];
  expect({ code: a.code, err: a.err, out: a.out }).toEqual({ code: b.code, err: b.err, out: b.out });
}
async function looks(commands: readonly string[], after: string): Promise<void> {
  for (const look of commands) {
    const [a, b] = [await here(look), await there(look)];
    if (/ -j /.test(look)) expect({ err: a.err, code: a.code, out: json(a) }, `${after}; ${look}`).toEqual({ err: b.err, code: b.code, out: json(b) });
    else expect({ err: a.err, code: a.code, out: plain(a.out) }, `${after}; ${look}`).toEqual({ err: b.err, code: b.code, out: plain(b.out) });
  }
}

describe.skipIf(!can('root', 'ip', 'tc'))('the same commands in both', () => {
  test('make the machines', async () => {
    for (const c of SETUP) expect(await here(c), c).toEqual(await there(c));
    await new Promise((done) => setTimeout(done, 1500)); // carriers
  });
  test.each(['', ...TC_COMMANDS])('%s', async (command) => {
    if (command !== '') await both(command);
    await looks(TC_LOOKS, command);
  }, 30_000);
  test.each(['', ...LINK_COMMANDS])('%s', async (command) => {
    if (command !== '') await both(command);
    await looks(LINK_LOOKS, command);
  }, 30_000);
});

/** Kinds that the real kernel here lacks: what iproute2 makes of our answers, as its manual pages and users show it. */
const HERE: readonly (readonly [command: string, look: string, says: readonly string[]])[] = [
  ['ip link add d0 type dummy && ip link set d0 up', 'ip -d link show d0', ['<BROADCAST,NOARP,UP,LOWER_UP>', 'qdisc noqueue', 'state UNKNOWN', 'dummy']],
  ['tc qdisc add dev d0 root handle 1: prio bands 4 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1', 'tc qdisc show dev d0', ['qdisc prio 1: root refcnt 2 bands 4 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1']],
  ['tc qdisc add dev d0 parent 1:1 handle 10: netem delay 100ms 10ms 25% loss 1% duplicate 2% reorder 5% gap 3 limit 500', 'tc qdisc show dev d0', ['qdisc netem 10: parent 1:1 limit 500 delay 100ms  10ms 25% loss 1% duplicate 2% reorder 5% gap 3']],
  ['tc qdisc change dev d0 parent 1:1 handle 10: netem loss gemodel 1% 10% 70% 0.1% rate 1mbit corrupt 1%', 'tc qdisc show dev d0', ['loss gemodel p 1% r 10% 1-h 70% 1-k 0.1%', 'corrupt 1%', 'rate 1Mbit']],
  ['tc qdisc add dev d0 parent 1:2 handle 20: fq_codel', 'tc qdisc show dev d0', ['qdisc fq_codel 20: parent 1:2 limit 10240p flows 1024 quantum 1514 target 5ms interval 100ms memory_limit 32Mb ecn drop_batch 64']],
  ['tc qdisc add dev d0 parent 1:3 handle 30: sfq perturb 10 quantum 2000', 'tc qdisc show dev d0', ['qdisc sfq 30: parent 1:3 limit 127p quantum 2000b depth 127 divisor 1024 perturb 10sec']],
  ['tc qdisc add dev d0 parent 1:4 handle 40: codel limit 100 target 2ms ecn', 'tc qdisc show dev d0', ['qdisc codel 40: parent 1:4 limit 100p target 2ms interval 100ms ecn']],
  ['tc qdisc replace dev d0 parent 1:4 handle 41: fq pacing', 'tc qdisc show dev d0', ['qdisc fq 41: parent 1:4 limit 10000p flow_limit 100p buckets 1024 orphan_mask 1023', 'quantum 3028b initial_quantum 15140b']],
  ['true', 'tc -s qdisc show dev d0', ['maxpacket 0 drop_overlimit 0 new_flow_count 0 ecn_mark 0', 'flows 0 (inactive 0 throttled 0)']],
  ['tc filter add dev d0 parent 1: protocol ip prio 1 flower ip_proto tcp dst_ip 10.0.0.0/8 dst_port 80 classid 1:3', 'tc filter show dev d0', ['flower', 'eth_type ipv4', 'ip_proto tcp', 'dst_ip 10.0.0.0/8', 'dst_port 80', 'not_in_hw', 'classid 1:3']],
  ['tc filter add dev d0 parent 1: protocol ip prio 2 handle 6 fw classid 1:2', 'tc filter show dev d0', ['fw chain 0 handle 0x6 classid 1:2']],
  ["tc filter add dev d0 parent 1: protocol ip prio 3 basic match 'cmp(u8 at 8 layer network gt 5)' classid 1:1", 'tc filter show dev d0', ['basic', 'cmp(u8 at 8 layer 1 gt 5)']],
  ['tc qdisc add dev d0 clsact', 'tc qdisc show dev d0', ['qdisc clsact ffff: parent ffff:fff1']],
  ['tc filter add dev d0 egress matchall action police rate 1mbit burst 10k drop', 'tc filter show dev d0 egress', ['matchall chain 0', 'police 0x1 rate 1Mbit burst 10Kb mtu 2Kb action drop overhead 0b']],
  ['tc filter add dev d0 ingress matchall action skbedit priority 1:2 mark 7', 'tc filter show dev d0 ingress', ['skbedit  priority 1:2 mark 7 pipe']],
  ['tc filter add dev d0 ingress matchall action pedit ex munge ip ttl set 5 pipe action csum ip', 'tc filter show dev d0 ingress', ['pedit action pipe keys 1', 'ipv4+8: val 05000000 mask 00ffffff', 'csum (iph) action pass']],
  ['tc filter add dev d0 egress matchall action vlan push id 5 priority 3', 'tc filter show dev d0 egress', ['vlan  push id 5 protocol 802.1Q priority 3 pipe']],
  ['tc filter add dev d0 egress matchall action nat egress 10.0.0.0/8 192.168.1.1', 'tc filter show dev d0 egress', ['nat egress 10.0.0.0/', ' 192.168.1.1 pass']],
  ['tc filter add dev d0 egress matchall action gact drop random determ ok 5', 'tc filter show dev d0 egress', ['gact action drop', 'random type determ pass val 5']],
  ['ip link add vrf1 type vrf table 77 && ip link set d0 master vrf1', 'ip -d link show vrf1', ['vrf table 77', '<NOARP,MASTER']],
  ['true', 'ip vrf show', ['vrf1', '77']],
  ['true', 'ip -d link show d0', ['master vrf1', 'vrf_slave table 77']],
  ['ip link add t1 type ipip remote 10.5.5.2 local 10.5.5.1 ttl 9', 'ip -d link show t1', ['mtu 1380', 'qlen 1000', 'link/ipip 10.5.5.1 peer 10.5.5.2', 'ipip any remote 10.5.5.2 local 10.5.5.1 ttl 9 pmtudisc']],
  ['ip link add g1 type gre remote 10.5.5.2 local 10.5.5.1 key 5 csum seq', 'ip -d link show g1', ['mtu 1364', 'link/gre 10.5.5.1 peer 10.5.5.2', 'gre remote 10.5.5.2 local 10.5.5.1', 'ikey 0.0.0.5 okey 0.0.0.5', 'iseq oseq', 'icsum ocsum']],
  ['ip link add gt1 type gretap remote 10.5.5.3 nopmtudisc', 'ip -d link show gt1', ['mtu 1362', 'link/ether', 'gretap remote 10.5.5.3 local any ttl inherit nopmtudisc']],
  ['ip link add s1 type sit remote 10.5.5.2', 'ip -d link show s1', ['link/sit 0.0.0.0 peer 10.5.5.2', 'sit any remote 10.5.5.2 local any ttl inherit pmtudisc 6rd-prefix 2002::/16']],
  ['ip link set t1 type ipip remote 10.5.5.4 local 10.5.5.1 ttl 12', 'ip -d -j link show t1', ['"remote":"10.5.5.4"', '"ttl":12']],
  ['true', 'ip rule show', ['1000:\tfrom all lookup [l3mdev-table]']],
];
describe.skipIf(!can('root', 'ip', 'tc'))('kinds that only we have', () => {
  test.each(HERE)('%s', async (command, look, says) => {
    const a = await here(command);
    expect([a.code, a.err]).toEqual([0, '']);
    const b = await here(look);
    expect(b.err).toBe('');
    for (const s of says) expect(b.out).toContain(s);
  });
});
