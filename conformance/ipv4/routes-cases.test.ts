// What random requests found, each as a few commands for the real `ip`, on both machines: the same output.
import { describe, expect, it } from 'vitest';
import { have } from '../needs.mjs';
import { LinnetSide, RealSide, type Side } from '../tools/both.ts';

const NEWS = 'timeout 2 ip monitor route address rule nexthop > $M & sleep 0.7;';

/** Each begins with v0, v2 (with carriers) and v4 (without) and their addresses. */
const CASES: readonly (readonly [string, string])[] = [
  ['hops of a route come back with the address of their device', `
    ip route add 20.0.0.0/8 nexthop via 10.0.0.4 dev v0 nexthop dev v4 weight 2 nexthop via 10.2.0.4 dev v4
    ip addr del 10.2.0.1/24 dev v4; ip route; ip addr add 10.2.0.1/24 dev v4; ip route`],
  ['and with the device', `
    ip route add 20.0.0.0/8 nexthop via 10.0.0.4 dev v0 nexthop via 10.1.0.4 dev v2
    ip link set v0 down; ip route; ip link set v0 up; ip route; ip link set v2 down; ip route show 20.0.0.0/8`],
  ['who made a group stays', `
    ip nexthop add id 2 via 10.0.0.2 dev v0; ip nexthop add id 3 via 10.0.0.3 dev v0; ip nexthop add id 25 proto boot group 2; ip nexthop add id 24 proto boot group 2 type resilient buckets 8
    ip nexthop replace id 25 proto zebra group 2/3; ip nexthop replace id 24 proto zebra group 2/3 type resilient; ip nexthop replace id 3 proto zebra via 10.0.0.4 dev v0; ip nexthop`],
  ['a route of a nexthop object without metrics takes those made last', `
    ip nexthop add id 1 via 10.0.0.5 dev v0; ip route add 20.0.0.0/24 nhid 1 mtu 1400; ip route add 20.0.1.0/24 nhid 1 mtu 1300; ip route add 20.0.2.0/24 nhid 1
    ip route add 20.0.3.0/24 nhid 1 metric 5; ip route add 20.0.4.0/24 nhid 1 metric 5 mtu 1200; ip route add 20.0.5.0/24 nhid 1 metric 5; ip route add 20.0.6.0/24 nhid 1 table 100; ip route add 20.0.7.0/24 nhid 1 src 10.0.0.1
    ip route show table all | grep nhid`],
  ['gateways that are broadcast addresses, with and without a carrier that counts', `
    ip rule add from 1.2.3.4 table 7 pref 99
    for ig in 0 1; do sysctl -qw net.ipv4.conf.v4.ignore_routes_with_linkdown=$ig; ip route add broadcast 10.5.0.0/16 dev v4 table local
    for d in v0 v4; do ip route add 50.0.0.0/24 via 10.5.5.5 dev $d onlink; echo $ig $d $?; ip route del 50.0.0.0/24; done; ip route del broadcast 10.5.0.0/16 table local; done 2>&1`],
  ['local and main are one table while there are no rules', `
    ip route add broadcast 10.5.0.0/16 dev v0; ip route add 50.0.0.0/24 via 10.5.5.5 dev v2 onlink; echo $?; ip route add local 10.0.0.0/17 dev v2; ip route get 10.6.0.1 from 10.0.0.99; echo $?
    ip rule add from 1.2.3.4 table 7; ip route add 50.0.0.0/24 via 10.5.5.5 dev v2 onlink; echo $?; ip route get 10.1.0.9 from 10.0.0.99; echo $?`],
  ['realms: of the hop, of the rule, of the source', `
    ip route add 20.0.0.0/8 via 10.0.0.5 realm 3; ip route add 30.0.0.0/8 via 10.1.0.5 realm 7; ip route add 40.0.0.0/8 via 10.1.0.6
    sysctl -qw net.ipv4.ip_forward=1; ip route get 20.0.0.1 from 30.0.0.1 iif v2; ip route get 40.0.0.1 from 20.0.0.1 iif v0; ip route get 40.0.0.1; ip route get 10.0.0.1 from 30.0.0.1 iif v2
    ip route add 60.0.0.0/8 realm 5 nexthop via 10.0.0.5 nexthop via 10.1.0.5; ip rule add to 40.0.0.0/8 table main realms 9/8 pref 50; ip route get 40.0.0.1; ip route get 40.0.0.1 from 20.0.0.1 iif v0; ip route get 20.0.0.1 from 40.0.0.1 iif v2`],
  ['metrics of a broadcast route', `
    ip route add broadcast 10.9.0.0/16 dev v0 mtu lock 1400; ip route get 10.9.1.1; ip route add 255.255.255.255 dev v0 mtu 1350; ip route get 255.255.255.255`],
  ['what goes with a source, and what is told', `
    ip addr add 10.7.0.1/24 dev v2; ip route add 20.0.0.0/8 via 10.0.0.5 src 10.7.0.1; ip route add throw 30.0.0.0/8 src 10.7.0.1; ip route add 10.2.1.0/24 dev v4 src 10.7.0.1; ip route add 20.0.0.0/9 via 10.0.0.5 src 10.7.0.1 metric 7
    ${NEWS} ip addr del 10.7.0.1/24 dev v2; ip route show table all | grep -v :; wait; cat $M`],
  ['what is told when a secondary address takes over', `
    sysctl -qw net.ipv4.conf.all.promote_secondaries=1; ip addr add 10.7.0.1/24 brd + dev v2; ip addr add 10.7.0.2/24 brd + dev v2; ip addr add 10.7.0.3/24 brd + dev v2
    ${NEWS} ip addr del 10.7.0.1/24 dev v2; wait; cat $M`],
  ['replace, append, prepend and change, and what is told', `
    ip route add 20.0.0.0/8 via 10.0.0.5; ${NEWS} ip route append 20.0.0.0/8 via 10.0.0.6; ip route prepend 20.0.0.0/8 via 10.0.0.7; ip route replace 20.0.0.0/8 via 10.0.0.8; ip route change 20.0.0.0/8 via 10.1.0.8 mtu 1300
    ip route replace 20.0.0.0/8 via 10.0.0.5; ip route change 21.0.0.0/8 via 10.0.0.5; ip route append 21.0.0.0/8 via 10.0.0.5; ip route append 21.0.0.0/8 via 10.0.0.5; ip route del 20.0.0.0/8; ip route flush 20.0.0.0/8; ip route; wait; cat $M`],
  ['save and restore', `
    ip route add 20.0.0.0/8 tos 8 via 10.0.0.5 mtu 1300; ip route add 30.0.0.0/8 nexthop via 10.0.0.4 weight 3 nexthop via 10.1.0.4; ip route add blackhole 40.0.0.0/8
    ip route save > $M; ip route flush table main; ip route; ip route restore < $M; ip route`],
];

async function outputs(side: Side, commands: string): Promise<string> {
  const start = 'for i in 0 2 4; do ip link add v$i type veth peer name v$((i+1)); done; for d in lo v0 v1 v2 v3 v4; do ip link set $d up; done; sysctl -qw net.ipv6.conf.all.disable_ipv6=1; '
    + 'ip addr add 10.0.0.1/24 dev v0; ip addr add 10.1.0.1/24 dev v2; ip addr add 10.2.0.1/24 dev v4; sleep 1.3; ';
  const r = await side.run(`M=$(mktemp); ${start} ${commands}\nrm -f $M`);
  return `${r.stdout}\n${r.stderr}`;
}

describe.skipIf(!have('root', 'ip', 'sysctl', 'cc'))('routes, case by case', () => {
  it.each(CASES)('%s', { timeout: 60_000 }, async (_what, commands) => {
    const real = new RealSide();
    const ours = await new LinnetSide().open();
    try {
      const [want, got] = await Promise.all([outputs(real, commands), outputs(ours, commands)]);
      expect(got).toBe(want);
      expect(want.length).toBeGreaterThan(20);
    } finally {
      await real.close();
      await ours.close();
    }
  });
});
