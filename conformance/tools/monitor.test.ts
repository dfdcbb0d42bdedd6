// `ip monitor` hears the same on the real kernel and on Linnet while the same changes are made.
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { LinnetSide, RealSide, type Side } from './both.ts';

/** A namespace beside those of both sides: a name of the real system, for which Linnet has a namespace of its own. */
const OTHER = `linnet-${process.pid}-other`;

const MONITORS: readonly string[] = [
  'ip monitor', 'ip monitor all', 'ip monitor label', 'ip monitor link', 'ip -d monitor link', 'ip -o monitor link', 'ip monitor link dev e1', 'ip monitor address', 'ip monitor route', 'ip monitor neigh', 'ip monitor rule', 'ip monitor nexthop', 'ip monitor nsid', 'ip monitor netconf', 'ip -4 monitor all', 'ip -6 monitor all',
  'ip -ts monitor all', 'ip -t monitor link', 'ip monitor link address label', 'ip monitor nothing',
];

/** `-`: let what is deferred (carriers, at most once a second) come to pass. */
const CHANGES: readonly string[] = [
  'sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.dad_transmits=0 net.ipv6.conf.default.router_solicitations=0',
  'ip link set lo up', '-', 'ip link add e0 address 02:00:00:00:00:0a type veth peer name e1 address 02:00:00:00:00:0b', 'ip link set e0 up', '-', 'ip link set e1 up', '-',
  'ip addr add 10.0.0.1/24 brd + dev e0', 'ip addr add 10.0.0.2/24 dev e0 label e0:x', 'ip addr change 10.0.0.2/24 dev e0 valid_lft 1000 preferred_lft 500', 'ip addr add 2001:db8::1/64 dev e0', 'ip addr add 2001:db8::2/64 dev e0 nodad',
  'ip link set e0 mtu 1400', 'ip link set e0 alias "an alias"', 'ip link set e0 txqueuelen 50', 'ip link set e0 promisc on', 'ip link set e0 promisc off', 'ip link set e1 address 02:00:00:00:00:1b', 'ip link property add dev e0 altname another-name', 'ip link property del dev e0 altname another-name', 'ip link set e0 group 7',
  'ip route add 10.7.0.0/16 via 10.0.0.9', 'ip route replace 10.7.0.0/16 via 10.0.0.8 metric 5', 'ip route append 10.7.0.0/16 via 10.0.0.7', 'ip route change 10.7.0.0/16 via 10.0.0.6', 'ip route add blackhole 10.8.0.0/16', 'ip route add 10.9.0.0/16 nexthop via 10.0.0.9 nexthop via 10.0.0.8 weight 3', 'ip route add 10.66.0.0/16 via 10.0.0.9 table 100', 'ip route del 10.8.0.0/16',
  'ip -6 route add 2001:db8:7::/48 via 2001:db8::9', 'ip -6 route append 2001:db8:7::/48 via 2001:db8::8', 'ip -6 route replace 2001:db8:8::/48 via fe80::9 dev e0', 'ip -6 route del 2001:db8:8::/48', 'ip -6 route add unreachable 2001:db8:9::/48',
  'ip neigh add 10.0.0.22 lladdr 02:00:00:00:00:22 dev e0', 'ip neigh change 10.0.0.22 lladdr 02:00:00:00:00:23 nud permanent dev e0', 'ip neigh del 10.0.0.22 dev e0', 'ip neigh add 10.0.0.24 lladdr 02:00:00:00:00:24 nud noarp dev e0', 'ip -6 neigh add 2001:db8::22 lladdr 02:00:00:00:00:22 dev e0', 'ip -6 neigh del 2001:db8::22 dev e0', 'ip neigh add proxy 10.0.0.30 dev e0',
  'ip rule add pref 5 from 10.1.0.0/16 table 7', 'ip -6 rule add pref 6 to 2001:db8::/64 fwmark 1 blackhole', 'ip rule del pref 5', 'ip -6 rule del pref 6',
  'ip nexthop add id 1 via 10.0.0.9 dev e0', 'ip nexthop add id 2 blackhole', 'ip nexthop add id 3 group 1', 'ip route add 10.10.0.0/16 nhid 3', 'ip nexthop replace id 1 via 10.0.0.8 dev e0', 'ip nexthop del id 2', 'ip nexthop del id 1',
  `ip netns set ${OTHER} 5`, 'ip link add br0 address 02:00:00:00:01:00 type bridge', 'ip link set e1 master br0', 'ip link set br0 up', '-', 'ip link set e1 nomaster', 'ip link del br0', '-',
  'ip link add e2 address 02:00:00:00:00:2a type ifb', '-', `ip link set e2 netns ${OTHER}`, 'ip link set e1 name e9', 'ip link set e9 down', '-', 'ip link set e9 up', '-', "sh -c 'echo 1 > /proc/sys/net/ipv4/conf/e0/forwarding'", 'sysctl -qw net.ipv4.ip_forward=1', "sh -c 'echo 1 > /proc/sys/net/ipv6/conf/e0/forwarding'", "sh -c 'echo 1 > /proc/sys/net/ipv4/conf/e0/rp_filter'",
  'ip addr del 10.0.0.2/24 dev e0', 'ip addr del 10.0.0.1/24 dev e0', 'ip -6 addr flush dev e0 scope global', 'ip link set e0 down', '-', 'ip link del e0', '-',
];

/** Lines that belong to one event. */
function events(text: string): string[] {
  return text.replace(/\n(?=[ \t])/g, '\v').split('\n').filter((l) => l !== '');
}

/** Which kind of event: without a label, what its shape says. */
const kindOf = (line: string): string => /^(\[ROUTE\])?local fe80/.test(line) ? 'ADDR' : /\[(\w+)\]/.exec(line)?.[1] ?? (/^(\[T\])?(Deleted )?\d+: \S+:? +inet/.test(line) ? 'ADDR' : /^(\[T\])?(Deleted )?\d+: /.test(line) ? 'LINK' : 'other');

/** What of events is not compared, and why. */
function heard(text: string): string {
  const out = text
    // Times.
    .replace(/^Timestamp: .*\n/gm, '').replace(/^\[\d{4}-[^\]]*\] ?/gm, '').replace(/(valid_lft|preferred_lft) \d+sec/g, '$1 Tsec').replace(/(_timer) +[\d.]+/g, '$1 T')
    // Linnet has one processor.
    .replace(/\b(numtxqueues|numrxqueues) \d+/g, '$1 N')
    // 31.25 s are not a whole number of ticks of every kernel; not every kernel's bridge knows VLANs (CONFIG_BRIDGE_VLAN_FILTERING).
    .replace(/(mcast_startup_query_interval) 312[45]/g, '$1 N').replace(/ vlan_(filtering|protocol|default_pvid|stats_enabled|stats_per_port) \S+/g, '');
  const all = events(out)
    // The same for the forwarding entries of a bridge and of its ports: one for each VLAN.
    .filter((l) => !/^(\[NEIGH\])?(Deleted )?dev (br0|e1) lladdr \S+ (PERMANENT|REACHABLE)/.test(l))
    // Reports of groups are sent after a random time, and then the group's neighbour entry is made.
    .filter((l) => !/^(\[NEIGH\])?(Deleted )?(224\.0\.0\.22|ff02::16) dev \w+ lladdr \S+ NOARP/.test(l))
    .map((l, i) => ({ l, i, kind: kindOf(l) }));
  // The order within a kind is compared; that between kinds is of several threads of the real kernel: an IPv6 address waits its turn, a carrier its second.
  return all.sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.i - b.i)).map((e) => e.l.replaceAll('\v', '\n')).join('\n');
}

async function play(side: Side): Promise<Map<string, string>> {
  const monitors = MONITORS.map((m) => [m, side.start(m)] as const);
  // They say nothing when they have begun to listen.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  for (const change of CHANGES) {
    if (change === '-') await new Promise((resolve) => setTimeout(resolve, 1300));
    else {
      const r = await side.run(change);
      expect(r.code, `${change}: ${r.stderr}`).toBe(0);
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  return new Map(monitors.map(([m, p]) => [m, `${heard(p.stdout)}\n--- stderr\n${p.stderr}`]));
}

describe.skipIf(!can('root', 'ip', 'sysctl'))('ip monitor', () => {
  afterAll(() => void execFileSync('ip', ['netns', 'delete', OTHER]));

  test('hears what it hears of the real kernel', { timeout: 180_000 }, async () => {
    execFileSync('ip', ['netns', 'add', OTHER]);
    const real = new RealSide();
    const linnet = await new LinnetSide().open();
    try {
      const [theirs, ours] = await Promise.all([play(real), play(linnet)]);
      for (const m of ['ip monitor all', 'ip monitor rule', 'ip monitor nsid']) expect(theirs.get(m)).toMatch(/\n.*\n/);
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
    } finally {
      await Promise.all([real.close(), linnet.close()]);
    }
  });
});
