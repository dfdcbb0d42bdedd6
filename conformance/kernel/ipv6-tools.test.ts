// The same commands of iproute2 inside a Linnet machine and in a namespace of the real kernel: what they print must be the same.
import { createKernel } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { ipv6 } from '@linnet/ipv6';
import { veth } from '@linnet/netdevs';
import { netns } from '@linnet/netns';
import { tcp } from '@linnet/tcp';
import { udp } from '@linnet/udp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { can, Inside } from '../preload/lab.ts';
import { have } from '../needs.mjs';

const SETUP = [
  'ip link set lo up',
  'ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02',
  'ip link set v0 up',
  'ip link set v1 up',
];

/** What the clock and the machine decide. */
function plain(text: string): string {
  return text
    .replace(/valid_lft \d+sec/g, 'valid_lft Nsec').replace(/preferred_lft \d+sec/g, 'preferred_lft Nsec').replace(/expires (\d+)sec/g, (_all, n: string) => `expires ${Math.ceil(Number(n) / 100)}00sec`)
    .replace(/ (?:cached|users|used|age) [\d/]+(?:sec)?/g, '').replace(/qlen \d+/g, 'qlen N').replace(/link-netnsid \d+/g, '').trimEnd();
}

/** Changes of addresses, each prefix of its own, and the routes after each. */
function shared(scenes: readonly (readonly string[])[]): string[] {
  return scenes.flatMap((scene, i) => [
    ...scene.flatMap((change) => [`ip -6 addr ${change.replace(/ (\S+)/, ' 2001:db8:$1/64')} dev v0`, `ip -6 route show root 2001:db8:${i + 1}::/64`]), `ip -6 addr show dev v0 to 2001:db8:${i + 1}::/64`,
    `ip -6 addr flush dev v0 to 2001:db8:${i + 1}::/64`, `ip -6 route flush root 2001:db8:${i + 1}::/64`,
  ]);
}

describe.skipIf(!have('root', 'ip') || !can('ip'))('iproute2 on IPv6', () => {
  let real: TestNetns;
  let k: Kernel;
  let inside: Inside;

  beforeAll(async () => {
    real = new TestNetns({ plain: true });
    k = createKernel({ modules: [ipv4, ipv6, udp, tcp, netns, veth], seed: 1 });
    inside = await Inside.open(k);
    for (const command of SETUP) {
      real.sh(command);
      await inside.sh(null, command);
    }
    await new Promise((resolve) => { setTimeout(resolve, 4000); });
  });
  afterAll(async () => {
    await inside.close();
    k.shutdown();
    real.delete();
  });

  async function both(command: string): Promise<[linnet: string, linux: string]> {
    const [a, b] = await Promise.all([inside.run(null, command), real.run('sh', '-c', command)]);
    const text = (f: { code: number; stdout: string; stderr: string }): string => plain(`${f.stdout}${f.stderr}${f.code === 0 ? '' : `exit ${f.code}`}`);
    return [text(a), text(b)];
  }

  const CASES: readonly (readonly [name: string, commands: readonly string[]])[] = [
    ['a fresh namespace', ['ip -6 addr', 'ip -6 route show table all', 'ip -6 maddr', 'ip -6 rule', 'ip addrlabel', 'ip -6 netconf show dev v0', 'ip -6 token', 'ip -6 neigh']],
    ['addresses', [
      'ip addr add 2001:db8::1/64 dev v0', 'ip addr add 2001:db8::1/64 dev v0', 'ip addr add fd00::5/64 dev v0 nodad valid_lft 1000 preferred_lft 500', 'ip addr add 2001:db8:1::1 peer 2001:db8:1::2 dev v0',
      'ip addr add ff02::5/64 dev v0', 'ip addr add ::/64 dev v0', 'ip addr add ::1/64 dev v0', 'ip addr del 2001:db8::9/64 dev v0', 'sleep 3', 'ip -6 addr', 'ip -6 route show table all', 'ip -6 maddr',
      'ip addr change 2001:db8::1/64 dev v0 preferred_lft 0', 'ip addr change 2001:db8::1/64 dev v0 metric 77', 'ip -6 addr show dev v0', 'ip -6 route',
    ]],
    ['routes of prefixes that addresses share', shared([
      // For ever and for a while; of two that end, the last that was heard counts; what was for ever and goes.
      ['add 1::2 nodad', 'add 1::8 valid_lft 1000 preferred_lft 0', 'change 1::8 valid_lft 900 preferred_lft 2', 'del 1::2', 'del 1::8'],
      ['add 2::2 valid_lft 1000 preferred_lft 50 nodad', 'add 2::3 nodad', 'change 2::2 valid_lft 900 preferred_lft 50', 'add 2::4 valid_lft 300 preferred_lft 5 nodad', 'del 2::3', 'del 2::2', 'del 2::4'],
      ['add 3::2 valid_lft 1000 preferred_lft 50 nodad', 'add 3::3 valid_lft 2000 preferred_lft 50 nodad', 'change 3::2 valid_lft 200 preferred_lft 5', 'change 3::3 valid_lft 3000 preferred_lft 5', 'change 3::2 valid_lft 200 preferred_lft 5 noprefixroute', 'change 3::3 valid_lft 300 preferred_lft 5 noprefixroute'],
      ['add 4::2 valid_lft 500 preferred_lft 50 nodad', 'change 4::2 valid_lft forever preferred_lft forever', 'add 4::3 valid_lft 400 preferred_lft 50 nodad', 'change 4::2 noprefixroute', 'change 4::2'],
      // Metrics: one that is not named stays; who is for ever takes the route along.
      ['add 5::2 valid_lft 1000 preferred_lft 5 metric 300 nodad', 'change 5::2 valid_lft 800 preferred_lft 5', 'change 5::2 valid_lft 700 preferred_lft 5 metric 256', 'change 5::2 valid_lft 600 preferred_lft 5 metric 200', 'del 5::2'],
      ['add 6::2 nodad metric 300', 'change 6::2', 'change 6::2 metric 500', 'add 6::3 valid_lft 900 preferred_lft 5 metric 500 nodad', 'change 6::2 metric 400', 'change 6::3 valid_lft 700 preferred_lft 5 metric 400', 'change 6::3 valid_lft 600 preferred_lft 5 metric 600', 'change 6::2 metric 150 valid_lft 500 preferred_lft 5'],
      ['add 7::2 nodad noprefixroute', 'change 7::2 metric 500', 'change 7::2 metric 600 noprefixroute', 'change 7::2', 'del 7::2'],
    ])],
    ['routes', [
      'ip -6 route add 2001:db8:10::/48 via 2001:db8::99', 'ip -6 route add 2001:db8:10::/48 via 2001:db8::99', 'ip -6 route add 2001:db8:10::/48 via 2001:db8::98 metric 512',
      'ip -6 route append 2001:db8:10::/48 via 2001:db8::97', 'ip -6 route replace 2001:db8:11::/48 dev v0 mtu 1400 hoplimit 9', 'ip -6 route change 2001:db8:11::/48 dev v0 advmss 1000',
      'ip -6 route add unreachable 2001:db8:12::/48', 'ip -6 route add blackhole 2001:db8:13::/48', 'ip -6 route add prohibit 2001:db8:14::/48 table 100',
      'ip -6 route add default via fe80::1 dev v0 pref high', 'ip -6 route add default via fe80::2 dev v0 metric 2000 expires 500',
      'ip -6 route add 2001:db8:20::/48 nexthop via 2001:db8::a dev v0 weight 2 nexthop via 2001:db8::b dev v0', 'ip -6 route add 2001:db8:21::/48 via fe80::5', 'ip -6 route add 2001:db8:22::/48 via 2001:db8::1',
      'ip -6 route add 2001:db8:23::/48 via ff02::1 dev v0', 'ip -6 route add 2001:db8:24::1/48 dev v0', 'ip -6 route add 2001:db8:25::/48 dev v0 src fd00::5', 'ip -6 route add 2001:db8:26::/48 dev v0 src fd00::77',
      'ip -6 route add 2001:db8:27::/48 from 2001:db8::/64 dev v0', 'ip -6 route show table all', 'ip -6 route get 2001:db8:10::1', 'ip -6 route get 2001:db8:12::1', 'ip -6 route get 2001:db8:11::7',
      'ip -6 route get 2a00::1', 'ip -6 route get fe80::7 dev v0', 'ip -6 route get ff02::7', 'ip -6 route get ff02::7 dev v1', 'ip -6 route get ::1', 'ip -6 route get 2001:db8::1', 'ip -6 route get fibmatch 2001:db8:10::1',
      'ip -6 route del 2001:db8:20::/48 nexthop via 2001:db8::a dev v0 weight 2', 'ip -6 route del 2001:db8:99::/48', 'ip -6 route flush 2001:db8:10::/48', 'ip -6 route',
    ]],
    ['metrics, refusals and ways for some sources', [
      'ip addr add 2001:db8:50::1/64 dev v0 nodad', 'ip addr add 2001:db8:51::1/64 dev v0 nodad',
      ...['mtu 65530', 'mtu 65510', 'mtu lock 1400', 'advmss 65530', 'congctl nothing', 'congctl cubic', 'congctl a_name_that_is_far_too_long', 'features ecn', 'hoplimit 255'].flatMap((m) => [
        `ip -6 route add 2001:db8:40::/48 dev v0 ${m}`, 'ip -6 route show 2001:db8:40::/48', 'ip -6 route flush 2001:db8:40::/48',
      ]),
      'ip -6 route add prohibit 2001:db8:41::/48 pref high', 'ip -6 route append 2001:db8:41::/48 via fe80::9 dev v0', 'ip -6 route show 2001:db8:41::/48', 'ip -6 route get 2001:db8:41::1', 'ip -6 route get 2001:db8:41::1 oif v0',
      'ip -6 route add 2001:db8:42::/48 dev lo', 'ip -6 route add 2001:db8:43::/48 via 2001:db8:42::1', 'ip -6 route add 2001:db8:43::/48 via 2001:db8:42::1 dev v0 onlink', 'ip -6 route get 2001:db8:42::1',
      "grep ' lo$' /proc/net/ipv6_route | grep ^20010db8004 | cut -c1-107,126-",
      'ip -6 route add 2001:db8:44::/48 dev v0', 'ip -6 route add 2001:db8:44::/48 from 2001:db8:50::/64 dev v1', 'ip -6 route get 2001:db8:44::1', 'ip -6 route get 2001:db8:44::1 from 2001:db8:51::1',
      'ip -6 route get 2001:db8:44::1 from 2001:db8:50::1', 'ip -6 route get fibmatch 2001:db8:44::1 from 2001:db8:50::1 iif v0', 'ip -6 route get ff0e::1 iif v0', 'ip -6 route get ff0e::1 iif lo',
      'ip -6 route add 2001:db8:45::/48 dev v0 src 2001:db8:51::1', 'ip -6 route get 2001:db8:45::1', 'ip -6 route get :: oif v0',
      ...['prohibit', 'blackhole', 'unreachable'].flatMap((kind) => [
        `ip -6 rule add ${kind} iif v0 pref 10`, 'ip -6 route get 2001:db8:44::1 from 2001:db8:50::1 iif v0', 'ip -6 rule del pref 10',
      ]),
      ...['41', '42', '43', '44', '45'].flatMap((n) => [`ip -6 route flush 2001:db8:${n}::/48`, `ip -6 route del prohibit 2001:db8:${n}::/48`]), 'ip addr del 2001:db8:50::1/64 dev v0', 'ip addr del 2001:db8:51::1/64 dev v0', 'ip -6 route',
    ]],
    ['rules', [
      'ip -6 rule add from 2001:db8::/64 table 100', 'ip -6 rule add to fd00::/8 lookup main suppress_prefixlength 0 pref 50', 'ip -6 rule add fwmark 7 unreachable', 'ip -6 rule', 'ip -6 route get 2001:db8:14::1 from 2001:db8::1',
      'ip -6 route get 2001:db8:13::1 mark 7', 'ip -6 rule del from 2001:db8::/64 table 100', 'ip -6 rule del pref 50', 'ip -6 rule del fwmark 7', 'ip -6 rule',
    ]],
    ['labels', ['ip addrlabel add prefix 2001:db8::/32 label 99', 'ip addrlabel add prefix 2001:db8::/32 label 98', 'ip addrlabel add prefix fd00::/8 dev v0 label 97', 'ip addrlabel', 'ip addrlabel get prefix 2001:db8::7', 'ip addrlabel del prefix 2001:db8::/32 label 99',
      'ip addrlabel add prefix 2002::/16 label 23', 'ip addrlabel add prefix 2002::/16 label 24', 'ip addrlabel add prefix 3ffe::/16 label 25', 'ip addrlabel add prefix ::ffff:0:0/96 label 26', 'ip addrlabel add prefix fc00::/7 label 27', 'ip addrlabel add prefix 2002::/16 dev v0 label 28', 'ip addrlabel add prefix 2002::/16 dev v1 label 29', 'ip addrlabel add prefix 2002::/16 dev v0 label 30', 'ip addrlabel']],
    ['neighbours', ['ip -6 neigh add 2001:db8::50 lladdr 02:00:00:00:00:50 dev v0', 'ip -6 neigh add proxy 2001:db8::51 dev v0', 'ip -6 neigh show nud permanent', 'ip -6 neigh show proxy', 'ip -6 maddr show dev v0', 'ip -6 neigh get 2001:db8::50 dev v0', 'ip -6 neigh del 2001:db8::50 dev v0']],
    ['nexthop objects', [
      'ip addr add 10.0.0.1/24 dev v0', 'ip -6 route flush proto boot', 'ip -6 nexthop add id 1 via 2001:db8::99 dev v0', 'ip -6 nexthop add id 2 via 2001:db8::98 dev v0',
      'ip -6 nexthop add id 3 dev v0', 'ip -6 nexthop add id 4 blackhole', 'ip nexthop add id 5 via 10.0.0.9 dev v0', 'ip nexthop add id 6 group 1/2,3', 'ip nexthop add id 7 group 1/5',
      'ip -6 nexthop add id 8 via fe80::9 dev v0', 'ip -6 nexthop add id 9 via 2001:db8:95::9 dev v0', 'ip -6 nexthop add id 9 via 2001:db8:95::9 dev v0 onlink',
      'ip -6 nexthop add id 10 via 2001:db8::1 dev v0', 'ip -6 nexthop add id 10 via ff02::1 dev v0', 'ip -6 nexthop add id 10 via ::1 dev lo', 'ip -6 nexthop add id 10 via 2001:db8::5 fdb',
      'ip -6 nexthop add id 11 via 2001:db8::97 dev v1', 'ip -6 nexthop add id 12 dev lo', 'ip nexthop add id 13 group 4', 'ip nexthop', 'ip -6 nexthop',
      'ip -6 route add 2001:db8:10::/48 nhid 1', 'ip -6 route add 2001:db8:11::/48 nhid 6', 'ip -6 route add 2001:db8:12::/48 nhid 4', 'ip -6 route add 2001:db8:13::/48 nhid 5',
      'ip -6 route add 2001:db8:13::/48 nhid 7', 'ip -6 route add 2001:db8:13::/48 nhid 10', 'ip -6 route add 2001:db8:13::/48 nhid 99',
      'ip -6 route add 2001:db8:14::/48 from 2001:db8::/64 nhid 1', 'ip -6 route add 2001:db8:15::/48 nhid 1 via 2001:db8::3', 'ip -6 route add blackhole 2001:db8:16::/48 nhid 1',
      'ip -6 route add unreachable 2001:db8:17::/48 nhid 1', 'ip -6 route add 2001:db8:18::/48 nhid 3 src 2001:db8::1', 'ip -6 route add 2001:db8:18::/48 nhid 3 src 2001:db8::55',
      'ip -6 route add 2001:db8:19::/48 nhid 13', 'ip -6 route add 2001:db8:1a::/48 nhid 9 mtu 1400 metric 7', 'ip -6 route add 2001:db8:10::/48 nhid 1',
      'ip -6 route append 2001:db8:10::/48 nhid 2', 'ip -6 route append 2001:db8:10::/48 via 2001:db8::42', 'ip -6 route show', 'ip -d -6 route show 2001:db8:11::/48',
      'ip -6 route get 2001:db8:10::1', 'ip -6 route get 2001:db8:12::1', 'ip -6 route get 2001:db8:19::1', 'ip -6 route get 2001:db8:1a::1', 'ip -6 route get fibmatch 2001:db8:11::1',
      'ip -6 route get fibmatch 2001:db8:12::1', 'ip nexthop replace id 1 via 2001:db8::77 dev v0', 'ip nexthop replace id 1 via 10.0.0.7 dev v0', 'ip nexthop replace id 6 group 2/8',
      'ip nexthop replace id 6 group 5/8', 'ip nexthop replace id 3 blackhole', 'ip -6 nexthop replace id 3 blackhole', 'ip -6 nexthop replace id 4 dev v0', 'ip -6 route',
      'ip -6 route replace 2001:db8:10::/48 nhid 8', 'ip -6 route change 2001:db8:1a::/48 nhid 2 metric 7', 'ip -6 route change 2001:db8:1b::/48 nhid 2', 'ip -6 route',
      'ip -6 route del 2001:db8:10::/48 nhid 2', 'ip -6 route del 2001:db8:1a::/48 via 2001:db8::98', 'ip -6 route del 2001:db8:12::/48 nhid 3', 'ip -6 route del 2001:db8:12::/48', 'ip -6 route',
      'sysctl -w net.ipv4.nexthop_compat_mode=0', 'ip -6 route', 'ip nexthop replace id 2 via 2001:db8::66 dev v0', 'ip nexthop del id 8', 'ip -6 route',
      'sysctl -w net.ipv4.nexthop_compat_mode=1', 'ip nexthop del id 2', 'ip -6 route', 'ip nexthop', 'ip -6 nexthop add id 20 via 2001:db8::99 dev v1 onlink', 'ip -6 nexthop add id 20 via 2001:db8:96::99 dev v1 onlink', 'ip -6 route get 2001:db8:20::1',
      'ip -6 route add 2001:db8:20::/48 nhid 20', 'ip link set v1 down', 'ip nexthop', 'ip -6 route', 'ip link set v1 up', 'ip nexthop flush', 'ip -6 route flush proto boot',
      'ip addr del 10.0.0.1/24 dev v0', 'sleep 2',
    ]],
    ['settings', [
      'ip link set v1 addrgenmode none', 'ip link set v1 down', 'ip link set v1 up', 'ip -6 addr show dev v1', 'ip -6 token set ::7 dev v0', 'ip -6 token', 'ip -6 addr flush dev v0 scope global', 'ip -6 addr show dev v0', 'ip -6 route',
      'ip link set v0 mtu 1200', 'ip -6 addr show dev v0', 'ip link set v0 mtu 1500', 'sleep 2', 'ip -6 addr show dev v0', 'ip link set v0 down', 'ip -6 addr', 'ip -6 route show table all',
    ]],
  ];
  for (const [name, commands] of CASES) {
    it(name, async () => {
      const mine: string[] = [];
      const theirs: string[] = [];
      for (const command of commands) {
        const [a, b] = await both(command);
        mine.push(`$ ${command}`, ...a.split('\n'));
        theirs.push(`$ ${command}`, ...b.split('\n'));
      }
      expect(mine).toEqual(theirs);
    }, 60_000);
  }
});
