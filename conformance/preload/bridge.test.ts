// The unmodified `ip` and `bridge` administer a Linnet bridge and one of the real kernel: the same commands, the same output. That kernel knows no VLANs, so these are
// looked at here only.
import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { ipv4 } from '@linnet/ipv4';
import { createKernel, type Kernel } from '@linnet/kernel';
import { bridge, veth, vlan } from '@linnet/netdevs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { can, Inside } from './lab.ts';

let k: Kernel;
let inside: Inside;
let real: TestNetns;

beforeAll(async () => {
  if (!can('root', 'ip')) return;
  k = createKernel({ modules: [ipv4, veth, bridge, vlan], seed: 4 });
  inside = await Inside.open(k);
  real = new TestNetns();
});
afterAll(async () => {
  if (!can('root', 'ip')) return;
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

/** Members whose values a run decides: timers, counters, and what only one of the two kernels has. */
const OTHER = new Set([
  'gc_timer', 'forward_delay_timer', 'hello_timer', 'tcn_timer', 'topology_change_timer', 'hold_timer', 'message_age_timer', 'inet6_addr_gen_mode', 'num_tx_queues', 'num_rx_queues', 'tso_max_size',
  'mcast_startup_query_intvl', 'vlan_protocol', 'vlan_default_pvid', 'vlan_stats_enabled', 'vlan_stats_per_port', 'updated', 'used', 'timer', 'operstate', 'gso_max_size', 'tso_max_segs', 'gro_max_size', 'gso_max_segs',
]);
function clean(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(clean).filter((x) => !isNoise(x));
  if (v === null || typeof v !== 'object') return v;
  return Object.fromEntries(Object.entries(v).filter(([n]) => !OTHER.has(n)).map(([n, x]) => [n, clean(x)]));
}
/** Groups that IPv4 of the real kernel joins by itself, and what we have for VLANs. */
function isNoise(x: unknown): boolean {
  if (x === null || typeof x !== 'object') return false;
  const o = x as { mac?: string; vlan?: number; flags?: unknown[] };
  return (o.mac !== undefined && /^(33:33|01:00:5e:00:00)/.test(o.mac)) || (o.mac !== undefined && o.vlan !== undefined);
}
const json = (said: Said): unknown => (said.out.trim() === '' ? said.out : clean(JSON.parse(said.out)));

const SETUP: readonly string[] = [
  'ip link add va address 02:00:00:00:00:03 type veth peer name vb address 02:00:00:00:00:02',
  'ip link add vc address 02:00:00:00:00:05 type veth peer name vd address 02:00:00:00:00:04',
  'ip link add br0 address 02:00:00:00:00:10 type bridge forward_delay 400 hello_time 300 ageing_time 20000 priority 4096',
  'ip link set lo up', 'ip link set va master br0', 'ip link set vc master br0',
  'for d in va vb vc vd br0; do ip link set $d up; done',
];
const COMMANDS: readonly string[] = [
  'ip link set br0 type bridge group_fwd_mask 8 mcast_querier 1 mcast_igmp_version 3 no_linklocal_learn 1',
  'ip link set br0 type bridge hello_time 50',
  'ip link set br0 type bridge priority 8192 max_age 1500 mcast_hash_max 512 mcast_last_member_count 3',
  'bridge link set dev va cost 30 priority 5 hairpin on isolated on',
  'bridge link set dev vc guard on root_block on fastleave on learning off flood off',
  'bridge link set dev vc mcast_flood off bcast_flood off mcast_to_unicast on neigh_suppress on',
  'bridge link set dev vc mcast_router 2',
  'ip link set vc type bridge_slave backup_port va',
  'bridge link set dev vb cost 5',
  'bridge fdb add 02:00:00:00:01:01 dev va master static',
  'bridge fdb add 02:00:00:00:01:02 dev va master',
  'bridge fdb add 02:00:00:00:01:03 dev vc master dynamic',
  'bridge fdb append 02:00:00:00:01:03 dev vc master dynamic',
  'bridge fdb add 02:00:00:00:01:03 dev vc master dynamic',
  'bridge fdb replace 02:00:00:00:01:03 dev va master static sticky',
  'bridge fdb add 02:00:00:00:01:04 dev br0 self',
  'bridge fdb add 02:00:00:00:01:05 dev vb self permanent',
  'bridge fdb get 02:00:00:00:01:01 br br0',
  'bridge fdb get 02:00:00:00:01:09 br br0',
  'bridge fdb del 02:00:00:00:01:02 dev va master',
  'bridge fdb del 02:00:00:00:01:02 dev va master',
  'bridge mdb add dev br0 port va grp 239.1.1.1 permanent',
  'bridge mdb add dev br0 port va grp 239.1.1.1 permanent',
  'bridge mdb add dev br0 port vc grp 239.1.1.2 temp',
  'bridge mdb add dev br0 port br0 grp 239.1.1.3 temp',
  'bridge mdb add dev br0 port va grp ff0e::5 permanent',
  'bridge mdb add dev br0 port va grp 01:02:03:04:05:06 permanent',
  'bridge mdb add dev br0 port va grp 239.1.1.1 src 10.0.0.1 permanent',
  'bridge mdb add dev br0 port va grp 10.1.1.1',
  'bridge mdb del dev br0 port va grp ff0e::5',
  'ip link set va nomaster', 'ip link set va master br0',
  'ip link set br0 mtu 1400', 'ip link set br0 address 02:00:00:00:00:20', 'ip link set br0 down', 'ip link set br0 up',
  'ip link del vc', 'ip link set br0 type bridge fdb_flush', 'ip link add br0 type bridge', 'ip link del br0', 'ip link del br0',
];
const LOOKS: readonly string[] = [
  'ip -d -j link show', 'ip -d -j link show type bridge', 'ip -d -j link show master br0', 'bridge -d -j link show', 'bridge -j link show', 'bridge -j fdb show', 'bridge -j fdb show br br0', 'bridge -j fdb show dev va',
  'bridge -j fdb show brport va', 'bridge -d -j mdb show',
];

/** The order of `bridge mdb` and of flags is not the commands' business. */
function sorted(v: unknown): unknown {
  if (!Array.isArray(v)) return v;
  return v.map((x) => (x !== null && typeof x === 'object' && 'mdb' in x ? { ...x, mdb: [...(x as { mdb: unknown[] }).mdb].map((e) => JSON.stringify(e)).sort() } : x));
}

describe.skipIf(!can('root', 'ip'))('the same commands in both', () => {
  test('make the machines', async () => {
    for (const c of SETUP) expect(await here(c), c).toEqual(await there(c));
    await new Promise((done) => setTimeout(done, 1500)); // carriers
  });
  test.each(['', ...COMMANDS])('%s', async (command) => {
    if (command !== '') {
      const [a, b] = [await here(command), await there(command)];
      expect({ code: a.code, err: a.err, out: a.out }).toEqual({ code: b.code, err: b.err, out: b.out });
    }
    for (const look of LOOKS) {
      // Carriers come with linkwatch, in each kernel at its own time.
      await expect.poll(async () => {
        const [a, b] = [sorted(json(await here(look))), sorted(json(await there(look)))];
        return isDeepStrictEqual(a, b) ? 'equal' : { here: a, there: b };
      }, { timeout: 4000, interval: 300, message: `${command}; ${look}` }).toBe('equal');
    }
  }, 30_000);
});

/** Prints each file of a directory, but for timers, and what one of the kernels has not. */
const files = (dir: string): string => `for f in $(ls /sys/class/net/${dir}); do case $f in *timer|vlan_*|default_pvid|brforward|*startup_query_interval|bridge) ;; *) printf '%s ' $f; cat /sys/class/net/${dir}/$f 2>&1;; esac; done; true`;
const WRITES: readonly string[] = [
  'br0/bridge/ageing_time 10000', 'br0/bridge/forward_delay 600', 'br0/bridge/hello_time 400', 'br0/bridge/hello_time 5000', 'br0/bridge/max_age 1200', 'br0/bridge/priority 100',
  'br0/bridge/group_addr 01:80:c2:00:00:05', 'br0/bridge/group_addr 01:80:c2:00:00:01', 'br0/bridge/group_fwd_mask 0x4000', 'br0/bridge/group_fwd_mask 7', 'br0/bridge/stp_state 1', 'br0/bridge/stp_state 0', 'br0/bridge/flush 1',
  'br0/bridge/hash_max 1000', 'br0/bridge/hash_max 512', 'br0/bridge/multicast_igmp_version 3', 'br0/bridge/multicast_igmp_version 4', 'br0/bridge/multicast_mld_version 2', 'br0/bridge/multicast_router 2',
  'br0/bridge/multicast_router 9', 'br0/bridge/multicast_querier 1', 'br0/bridge/multicast_query_interval 50', 'br0/bridge/multicast_query_interval 5000', 'br0/bridge/multicast_snooping 0',
  'br0/bridge/multicast_stats_enabled 1', 'br0/bridge/multicast_last_member_count 4', 'br0/bridge/nf_call_iptables 1', 'br0/bridge/no_linklocal_learn 1', 'br0/bridge/priority x', 'br0/bridge/root_id 1',
  'va/brport/path_cost 77', 'va/brport/path_cost 0', 'va/brport/priority 9', 'va/brport/priority 99', 'va/brport/hairpin_mode 1', 'va/brport/learning 0', 'va/brport/unicast_flood 0', 'va/brport/group_fwd_mask 0x10',
  'va/brport/group_fwd_mask 0x1', 'va/brport/multicast_router 2', 'va/brport/isolated 1', 'va/brport/flush 1', 'va/brport/state 1', 'va/brport/neigh_suppress 1', 'va/brport/bpdu_guard 1',
];
describe.skipIf(!can('root', 'ip'))('/sys of a bridge', () => {
  const setup = 'ip link add br0 address 02:00:00:00:00:10 type bridge && ip link add wa address 02:00:00:00:00:33 type veth peer name wb && ip link set va master br0; ip link set wa master br0; ip link set br0 up';
  const same = async (command: string): Promise<void> => expect(await here(command), command).toEqual(await there(command));
  test('make one', () => same(setup));
  test.each(['', ...WRITES])('%s', async (write) => {
    const [file, value] = write.split(' ');
    // bash would hear of errors only when it closes the file.
    if (write !== '') await same(`echo ${value} | tee /sys/class/net/${file}`);
    for (const dir of ['br0/bridge', 'va/brport']) await same(files(dir));
  });
  test('ports and links', async () => {
    await same('ls /sys/class/net/br0/brif; readlink /sys/class/net/va/brport/bridge /sys/class/net/va/master');
    await same('ip link del br0; ip link del va; ip link del wa');
  });
});

describe.skipIf(!can('root', 'ip'))('VLANs, by ip and bridge', () => {
  test('devices', async () => {
    expect((await here('ip link add b1 type veth peer name b2 && ip link add link b1 name b1.5 type vlan id 5 protocol 802.1ad egress 1:2 3:4 ingress 5:6 loose_binding on')).err).toBe('');
    const [v] = JSON.parse((await here('ip -d -j link show b1.5')).out) as [{ link: string; linkinfo: { info_kind: string; info_data: object } }];
    expect([v.link, v.linkinfo.info_kind]).toEqual(['b1', 'vlan']);
    expect(v.linkinfo.info_data).toEqual({ protocol: '802.1ad', id: 5, flags: ['REORDER_HDR', 'LOOSE_BINDING'], ingress_qos: [{ from: 5, to: 6 }], egress_qos: [{ from: 1, to: 2 }, { from: 3, to: 4 }] });
    expect((await here('ip link add link b1 name x type vlan id 5 protocol 802.1ad')).err).toContain('8021q: VLAN device already exists.');
    expect((await here('cat /proc/net/vlan/config')).out).toContain('b1.5           | 5  | b1');
  });
  test('of bridges', async () => {
    expect((await here('ip link add vb0 type bridge vlan_filtering 1 vlan_default_pvid 7 && ip link set b2 master vb0 && ip link set vb0 up && ip link set b2 up')).err).toBe('');
    expect((await here('bridge vlan add dev b2 vid 10-14 && bridge vlan add dev b2 vid 20 pvid untagged && bridge vlan add dev vb0 vid 10 self && bridge vlan del dev b2 vid 12')).err).toBe('');
    expect(JSON.parse((await here('bridge -compressvlans -j vlan show')).out)).toEqual([
      { ifname: 'vb0', vlans: [{ vlan: 7, flags: ['PVID', 'Egress Untagged'] }, { vlan: 10 }] },
      { ifname: 'b2', vlans: [{ vlan: 7, flags: ['Egress Untagged'] }, { vlan: 10, vlanEnd: 11, flags: [] }, { vlan: 13, vlanEnd: 14, flags: [] }, { vlan: 20, flags: ['PVID', 'Egress Untagged'] }] },
    ].sort((a, b) => (a.ifname === 'b2' ? -1 : b.ifname === 'b2' ? 1 : 0)));
    expect((await here('bridge vlan set dev b2 vid 13 state blocking')).err).toBe('');
    expect((await here('bridge -d vlan show dev b2')).out).toContain('state blocking');
    expect((await here('bridge vlan add dev b2 vid 5000')).code).not.toBe(0);
    expect((await here('bridge fdb add 02:00:00:00:02:02 dev b2 master static vlan 10 && bridge fdb show dev b2')).out).toContain('02:00:00:00:02:02 vlan 10 master vb0 static');
    expect((await here('bridge fdb add 02:00:00:00:02:03 dev b2 master static vlan 99')).err).toContain('Invalid argument');
    expect((await here('bridge vlan global show dev vb0')).out).toContain('mcast_snooping 1');
    expect((await here('bridge vlan global set dev vb0 vid 10 mcast_querier 1')).err).toBe('');
    expect((await here('bridge mdb add dev vb0 port b2 grp 239.9.9.9 permanent vid 10 && bridge -d mdb show dev vb0')).out).toContain('grp 239.9.9.9 permanent proto static  vid 10');
  });
});

test.skipIf(!can('root', 'ip'))('nothing is left in the real kernel', () => {
  expect(execFileSync('ip', ['-o', 'link', 'show'], { encoding: 'utf8' })).not.toContain('b1.5');
});
