// What netlink tells a program about router advertisements: a real kernel and a Linnet machine hear the same, of Debian's radvd and byte for byte.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ipv6 } from '@linnet/ipv6';
import { describe, expect, it } from 'vitest';
import type { TestNetns } from '../host/netns.ts';
import { eventually } from '../lib/exec.ts';
import type { Program } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import type { Scene } from '../lib/scene.ts';
import { have } from '../needs.mjs';
import { can, here as preload, Inside } from '../preload/lab.ts';

const ROUTER_MAC = '02:00:00:00:00:01';
const HOST_MAC = '02:00:00:00:00:02';
const PATIENCE = 20_000;
const SETTINGS = ['autoconf=1', 'accept_ra=1', 'accept_ra_rt_info_max_plen=64', 'router_solicitations=0', 'accept_dad=0'].map((s) => `net.ipv6.conf.eth0.${s}`).join(' ');
const here = (name: string): string => preload(`../ipv6/${name}`);

/** A host with a router behind its eth0: the router is a real kernel's namespace, the host too or a Linnet machine. */
interface Side {
  readonly router: TestNetns;
  /** Runs a command in the host. */
  readonly sh: (command: string) => Promise<string>;
  /** `ip monitor` and `heard.py` in the host. */
  readonly monitor: Program;
  readonly raw: Program;
}

async function sides(s: Scene): Promise<readonly [linnet: Side, linux: Side]> {
  const [ra, rb, h] = [s.netns(), s.netns(), s.netns()];
  for (const ns of [ra, rb, h]) ns.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.router_solicitations=0');
  for (const ns of [ra, rb]) ns.sh('sysctl -qw net.ipv6.conf.all.forwarding=1');
  rb.sh(`ip link add lan0 address ${ROUTER_MAC} type veth peer name eth0 address ${HOST_MAC} netns ${h.name} && ip link set lan0 up`);
  const m = s.machine({ modules: [ipv6] });
  s.tap(m, { netns: ra, name: 'lan0', address: '10.77.0.2/24', peer: '10.77.0.1/24', vnetHdr: false });
  ra.sh(`ip link set lan0 down && ip link set lan0 address ${ROUTER_MAC} && ip link set lan0 up`);
  m.sysctl('net/ipv4/conf/all/forwarding', 0);
  const inside = await Inside.open(m.kernel);
  s.defer(() => inside.close());
  const ready = async (router: TestNetns, sh: Side['sh'], start: (command: string) => Program): Promise<Side> => {
    await sh(`ip link set eth0 down && ip link set eth0 address ${HOST_MAC} && sysctl -qw ${SETTINGS} && ip link set eth0 up`);
    await eventually('both have their addresses', async () => {
      const said = (await sh('ip -6 addr show dev eth0')) + router.sh('ip -6 addr show dev lan0');
      return said.split('inet6 fe80:').length === 3 && !said.includes('tentative');
    }, PATIENCE);
    const monitor = start('exec ip monitor label all');
    const raw = start(`exec python3 ${here('heard.py')}`);
    await raw.until(/listening/);
    // `ip monitor` says nothing when it has begun to listen: a rule shows it.
    await eventually('ip monitor listens', async () => {
      await sh('ip -6 rule add pref 77 blackhole; ip -6 rule del pref 77');
      return monitor.stdout.includes('[RULE]');
    }, PATIENCE);
    return { router, sh, monitor, raw };
  };
  return Promise.all([ready(ra, (c) => inside.sh(null, c), (c) => inside.start(null, c)), ready(rb, (c) => s.sh(h, c), (c) => s.start(h, c))]);
}

/** Lines that belong to one event, without what time and the order of devices decide. */
function events(text: string): string[] {
  return text.replace('listening\n', '').replace(/\n(?=[ \t])/g, '\v').split('\n').filter((l) => l !== '' && !/^\[RULE\]|ff02::16 |^\[NETCONF\]/.test(l))
    .map((l) => l.replace(/\b\d+: eth0/, 'N: eth0').replace(/(valid_lft|preferred_lft|expires) (\d+)sec/g, (_all, what: string, n: string) => `${what} ${Math.ceil(Number(n) / 100)}00sec`));
}

/** What is told when an address has been made, in its own time; an interval says too how soon after. */
const ofAddress = (e: string): boolean => /^\[ADDR\]|^\[ROUTE\]local /.test(e);

function heard(side: Side): { told: string[]; addresses: string[] } {
  const all = events(side.monitor.stdout);
  return { told: all.filter((e) => !ofAddress(e)), addresses: [...new Set(all.filter(ofAddress))].sort() };
}

/** The events of the first and of the last advertisement, each up to the event that `end` knows: radvd sends one or two before the host is configured. */
function firstAndLast(all: readonly string[], end: (event: string) => boolean): string[][] {
  const blocks: string[][] = [[]];
  for (const e of all) {
    blocks.at(-1)!.push(e);
    if (end(e)) blocks.push([]);
  }
  return [blocks[0]!, blocks.at(-2) ?? []];
}

/** One advertisement when it begins, one when it ends: intervals are longer than the test. */
const CONF = `interface lan0 {
  AdvSendAdvert on; MinRtrAdvInterval 600; MaxRtrAdvInterval 900; MinDelayBetweenRAs 0.03; AdvDefaultLifetime 1000; AdvDefaultPreference high; AdvLinkMTU 1400; AdvCurHopLimit 33; AdvReachableTime 31000; AdvRetransTimer 1100; AdvOtherConfigFlag on;
  prefix 2001:db8:a::/64 { AdvValidLifetime 3600; AdvPreferredLifetime 1800; };
  prefix 2001:db8:b::/64 { AdvAutonomous off; AdvValidLifetime 5000; AdvPreferredLifetime 4000; };
  prefix 2001:db8:c::/64 { AdvOnLink off; AdvValidLifetime infinity; AdvPreferredLifetime infinity; };
  prefix 2001:db8:e::/56 { AdvRouterAddr on; AdvAutonomous off; AdvValidLifetime infinity; AdvPreferredLifetime infinity; };
  route 2001:db8:d::/48 { AdvRoutePreference low; AdvRouteLifetime 900; };
  route 2001:db8:d:1::/64 { AdvRoutePreference high; AdvRouteLifetime infinity; };
  RDNSS 2001:db8:a::53 { };
  DNSSL linnet.example { };
};
`;

// Options of advertisements as hexadecimal digits (RFC 4861 4.6, RFC 4191 2.3, RFC 8106 5.1).
const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
const ra = (o: { flags?: number; life?: number; reach?: number; retrans?: number; hops?: number; opts?: string } = {}): string =>
  `86000000${hex(o.hops ?? 64, 2)}${hex(o.flags ?? 0, 2)}${hex(o.life ?? 1000, 4)}${hex(o.reach ?? 0, 8)}${hex(o.retrans ?? 0, 8)}${o.opts ?? ''}`;
const mtu = (n: number): string => `05010000${hex(n, 8)}`;
const pio = (o: { prefix?: string; plen?: number; flags?: number; valid?: number; preferred?: number } = {}): string =>
  `0304${hex(o.plen ?? 64, 2)}${hex(o.flags ?? 0xc0, 2)}${hex(o.valid ?? 3600, 8)}${hex(o.preferred ?? 1800, 8)}00000000${(o.prefix ?? '20010db80007').padEnd(32, '0')}`;
const rio = (o: { prefix?: string; plen?: number; pref?: number; life?: number } = {}): string =>
  `18${o.plen === 0 ? '01' : '02'}${hex(o.plen ?? 48, 2)}${hex((o.pref ?? 0) << 3, 2)}${hex(o.life ?? 900, 8)}${o.plen === 0 ? '' : (o.prefix ?? '20010db80008').padEnd(16, '0')}`;
const rdnss = `1903000000000384${'20010db8'.padEnd(30, '0')}53`;
const sll = (last: number): string => `010102${hex(last, 10)}`;
const other = (type: number): string => `${hex(type, 2)}01616263646566`;

/** Advertisements, one after the other. */
const ADVERTISEMENTS: readonly (readonly [name: string, ra: string])[] = [
  ['nothing but a router', ra()], ['again', ra()],
  ['an MTU', ra({ opts: mtu(1400) })], ['again', ra({ opts: mtu(1400) })], ['another', ra({ opts: mtu(1300) })], ['too small', ra({ opts: mtu(1000) })], ['too large', ra({ opts: mtu(9000) })], ['two', ra({ opts: mtu(1400) + mtu(1300) })], ['none', ra({ opts: mtu(0) })],
  ['a retransmission time', ra({ retrans: 1200 })], ['again', ra({ retrans: 1200 })], ['a reachable time', ra({ reach: 20000 })], ['again', ra({ reach: 20000 })],
  ['managed', ra({ flags: 0x80 })], ['again', ra({ flags: 0x80 })], ['other', ra({ flags: 0x40, retrans: 900, opts: mtu(1350) })], ['neither', ra()],
  ['a route', ra({ opts: rio() })], ['again', ra({ opts: rio() })], ['preferred', ra({ opts: rio({ pref: 1 }) })], ['a preferred router', ra({ flags: 8 })], ['again', ra({ flags: 8 })], ['as it was', ra()], ['no route', ra({ opts: rio({ life: 0 }) })],
  ['no router', ra({ life: 0 })], ['a default route', ra({ life: 0, opts: rio({ plen: 0 }) })], ['again', ra({ life: 0, opts: rio({ plen: 0, life: 800 }) })], ['and a router', ra({ opts: rio({ plen: 0, life: 700, pref: 1 }) })], ['a router', ra()],
  ['a prefix', ra({ opts: pio() })], ['of link-local addresses', ra({ opts: pio({ prefix: 'fe80' }) })], ['of groups', ra({ opts: pio({ prefix: 'ff02' }) })], ['preferred longer than valid', ra({ opts: pio({ valid: 1 }) })], ['too short for addresses', ra({ opts: pio({ plen: 48 }) })],
  ['too long', ra({ opts: pio({ plen: 129 }) })], ['only told of', ra({ opts: pio({ flags: 0 }) })], ['never heard of and over', ra({ opts: pio({ prefix: '20010db80077', valid: 0, preferred: 0 }) })], ['over', ra({ opts: pio({ valid: 0, preferred: 0 }) })],
  ['all kinds of options', ra({ retrans: 1100, opts: other(99) + rdnss + pio({ flags: 0xff }) + other(31) + mtu(1400) + rio() + sll(7) + other(37) + other(38) + rdnss + other(14) + other(15) + other(138) })],
];

describe.skipIf(!have('root', 'ip', 'radvd', 'sysctl', 'python3', 'tshark') || !can('ip', 'sysctl'))('router advertisements', () => {
  it('of radvd are told of by netlink as the real kernel does', { timeout: 60_000 }, scene(async (s) => {
    const [linnet, linux] = await Promise.all((await sides(s)).map(async (side) => {
      const { router, sh, monitor, raw } = side;
      const file = join(s.folder, `${router.name}.conf`);
      writeFileSync(file, CONF);
      const radvd = s.start(router, `exec radvd -n -m stderr -d 1 -C ${file} -p ${file}.pid`);
      // The search list is the last that programs hear of.
      const lists = (): number => raw.stdout.split('066c696e6e6574').length - 1;
      await eventually('the host is configured', async () => lists() >= 1 && (await sh('ip -6 addr show dev eth0')).includes('2001:db8:c:'), PATIENCE);
      const before = lists();
      radvd.kill('SIGTERM');
      await radvd.done;
      await eventually('the router has gone', () => /Deleted 2001:db8:d:1:[^]*PREFIX.*db8:e::/.test(monitor.stdout) && lists() > before && /066c696e6e6574.*\nifinfo.*\n$/.test(raw.stdout), PATIENCE);
      const { told, addresses } = heard(side);
      return {
        told: firstAndLast(told, (e) => e.includes('prefix 2001:db8:e::')), addresses, raw: firstAndLast(events(raw.stdout), (e) => e.startsWith('ifinfo')),
        routes: events(await sh('ip -6 route show dev eth0')),
      };
    }));
    expect(linux!.raw.flat().join('\n')).toContain('prefix 10 3 64 0xc0');
    expect(linux!.told[1]).toContainEqual(expect.stringMatching(/Deleted default/));
    expect(linnet).toEqual(linux);
  }));

  it('of every kind are told of by netlink as the real kernel does', { timeout: 60_000 }, scene(async (s) => {
    const [linnet, linux] = await Promise.all((await sides(s)).map(async (side) => {
      const { router, sh, monitor, raw } = side;
      const pipe = join(s.folder, router.name);
      execFileSync('mkfifo', [pipe]);
      const sender = s.start(router, `exec python3 ${here('advertise.py')} lan0 < ${pipe}`);
      const fd = openSync(pipe, 'r+');
      await sender.until(/ready/);
      for (const [i, [name, bytes]] of ADVERTISEMENTS.entries()) {
        // A prefix that is for nothing is told of behind everything else.
        const end = hex(i + 1, 4);
        writeSync(fd, `${bytes}${pio({ prefix: `20010db8ffff${end}`, flags: 0 })}\n`);
        await eventually(`${name} has been heard`, () => monitor.stdout.includes(`prefix 2001:db8:ffff:${(i + 1).toString(16)}::`) && raw.stdout.includes(`20010db8ffff${end}0000000000000000 1:`), PATIENCE);
      }
      closeSync(fd);
      await eventually('the device has been told of', () => raw.stdout.endsWith('mtu 1400\n'), PATIENCE);
      const { told, addresses } = heard(side);
      const byName = (all: readonly string[], end: RegExp): string[] => all.map((e) => (end.test(e) ? `--- ${ADVERTISEMENTS[Number.parseInt(end.exec(e)![1]!, 16) - 1]![0]}` : e));
      return {
        told: byName(told, /prefix 2001:db8:ffff:(\w+)::/), raw: byName(events(raw.stdout), /useropt.*20010db8ffff(\w{4})0{16} 1:/), addresses,
        after: (await sh('ip -6 route show dev eth0; ip -6 neigh show dev eth0')).replace(/expires \d+sec/g, 'expires Nsec'),
      };
    }));
    expect(linux!.told.length).toBeGreaterThan(ADVERTISEMENTS.length + 10);
    expect(linnet).toEqual(linux);
  }));
});
