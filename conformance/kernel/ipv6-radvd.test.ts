// Routers and hosts: Debian's radvd, on a real kernel, configures a Linnet host as it configures a real one; and a Linnet router with its own radvd a real host as another real router would.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ipv6 } from '@linnet/ipv6';
import { Task } from '@linnet/posix';
import { runTool } from '@linnet/tools';
import { describe, expect, it } from 'vitest';
import type { TestNetns } from '../host/netns.ts';
import { row } from '../lib/data.ts';
import { eventually } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import type { Scene } from '../lib/scene.ts';
import { have } from '../needs.mjs';
import { can, Inside } from '../preload/lab.ts';

const PATIENCE = 60_000;
const ROUTER_MAC = '02:00:00:00:00:01';
const HOST_MAC = '02:00:00:00:00:02';

/** Whoever is configured: a real namespace or a Linnet machine, whose commands print the same. */
interface Host {
  sh(command: string): Promise<string>;
}

const MODES: readonly (readonly [mode: string, secret: boolean])[] = [['eui64', false], ['none', false], ['stable_secret', true], ['random', false]];

const FIRST = `AdvDefaultLifetime 1000; AdvDefaultPreference high; AdvLinkMTU 1400; AdvCurHopLimit 33; AdvReachableTime 31000; AdvRetransTimer 1100; AdvOtherConfigFlag on;
  prefix 2001:db8:a::/64 { AdvValidLifetime 3600; AdvPreferredLifetime 1800; };
  prefix 2001:db8:b::/64 { AdvAutonomous off; AdvValidLifetime 5000; AdvPreferredLifetime 4000; };
  prefix 2001:db8:c::/64 { AdvOnLink off; AdvValidLifetime infinity; AdvPreferredLifetime infinity; };
  prefix 2001:db8:e::/64 { AdvValidLifetime 20000; AdvPreferredLifetime 10000; };
  route 2001:db8:d::/48 { AdvRoutePreference low; AdvRouteLifetime 900; };
  RDNSS 2001:db8:a::53 { };`;

/** Less of everything: what lives shorter is believed down to two hours (RFC 4862 5.5.3 e). */
const SECOND = `AdvDefaultLifetime 500; AdvDefaultPreference low; AdvLinkMTU 1300; AdvCurHopLimit 12; AdvReachableTime 20000; AdvRetransTimer 900;
  prefix 2001:db8:a::/64 { AdvValidLifetime 100; AdvPreferredLifetime 50; };
  prefix 2001:db8:b::/64 { AdvAutonomous off; AdvValidLifetime 100; AdvPreferredLifetime 50; };
  prefix 2001:db8:e::/64 { AdvValidLifetime 200; AdvPreferredLifetime 0; };
  route 2001:db8:d::/48 { AdvRoutePreference high; AdvRouteLifetime 300; };`;

const conf = (dev: string, what: string): string => `interface ${dev} {\n  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;\n  ${what}\n};\n`;

/** What a host was made of. */
const QUESTIONS = [
  'ip -6 addr show dev eth0', 'ip -6 route show', 'ip -6 route get 2001:4860::1 2>&1 || true', 'ip -6 route get 2001:db8:d::1 2>&1 || true', 'ip -6 maddr show dev eth0',
  'sysctl net.ipv6.conf.eth0.mtu net.ipv6.conf.eth0.hop_limit net.ipv6.neigh.eth0.retrans_time_ms net.ipv6.neigh.eth0.base_reachable_time_ms',
] as const;

/** A text without what cannot be the same, and its times. */
function plain(text: string): { text: string; times: number[] } {
  const times: number[] = [];
  const out = text
    .replace(/^\d+: eth0.*\n/gm, '').replace(/^\d+:(?=\s)/gm, '').replace(/users \d+/g, '')
    .replace(/(valid_lft|preferred_lft|expires) (\d+)sec/g, (_all, what: string, n: string) => {
      times.push(Number(n));
      return `${what} Nsec`;
    });
  return { text: out.split('\n').map((l) => l.trimEnd()).join('\n').trimEnd(), times };
}

/** Identifiers that chance made. */
const faceless = (text: string): string => text.replace(/(2001:db8:[a-f]:0:|fe80::|ff02::1:ff)(?!ff:fe00:1\b)[0-9a-f:]+(?=[/ ]|$)/gm, '$1IID').split('\n').sort().join('\n');

async function same(a: Host, b: Host, name: string, mode: string): Promise<void> {
  for (const q of QUESTIONS) {
    const [x, y] = (await Promise.all([a.sh(q), b.sh(q)])).map(plain) as [ReturnType<typeof plain>, ReturnType<typeof plain>];
    const shape = mode === 'random' ? faceless : (t: string): string => t;
    expect(`${name}: ${q}\n${shape(x.text)}`, 'Linnet, then the real kernel').toBe(`${name}: ${q}\n${shape(y.text)}`);
    expect(x.times.length).toBe(y.times.length);
    // Advertisements come every three to four seconds, to each of the two at its own time.
    x.times.forEach((t, i) => expect(Math.abs(t - y.times[i]!), `${name}: ${q}: ${t} and ${y.times[i]}`).toBeLessThan(15));
  }
}

async function setUpHost(h: Host, mode: string, secret: boolean): Promise<void> {
  await h.sh(`ip link set eth0 down && ip link set eth0 address ${HOST_MAC}`);
  await h.sh('sysctl -qw net.ipv6.conf.eth0.accept_ra=1 net.ipv6.conf.eth0.accept_ra_rt_info_max_plen=64');
  if (secret) await h.sh('sysctl -qw net.ipv6.conf.eth0.stable_secret=2001:db8:1234::5678');
  await h.sh(`ip link set eth0 addrgenmode ${mode} && ip link set eth0 up`);
}

/** A namespace with a router's face `lan0`. */
function router(s: Scene): TestNetns {
  const ns = s.netns();
  ns.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.forwarding=1');
  return ns;
}

const settled = async (ns: TestNetns, dev: string): Promise<unknown> => eventually('the router has its address', () => {
  const said = ns.sh(`ip -6 addr show dev ${dev}`);
  return said.includes('fe80:') && !said.includes('tentative');
}, PATIENCE);

describe.skipIf(!have('root', 'ip', 'radvd', 'sysctl', 'tshark') || !can('ip', 'sysctl'))('radvd', () => {
  it('of Debian configures a Linnet host as a real one, in each mode of addresses', { timeout: 240_000 }, scene(async (s) => {
    const one = async (mode: string, secret: boolean): Promise<void> => {
      const [ra, rb, h] = [router(s), router(s), s.netns()];
      h.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0');
      rb.sh(`ip link add lan0 address ${ROUTER_MAC} type veth peer name eth0 netns ${h.name} && ip link set lan0 up`);
      h.sh('ip link set eth0 up');
      const m = s.machine({ modules: [ipv6] });
      s.tap(m, { netns: ra, name: 'lan0', address: '10.77.0.2/24', peer: '10.77.0.1/24', vnetHdr: false });
      ra.sh(`ip link set lan0 down && ip link set lan0 address ${ROUTER_MAC} && ip link set lan0 up`);
      m.sysctl('net/ipv4/conf/all/forwarding', 0);
      const inside = await Inside.open(m.kernel);
      s.defer(() => inside.close());
      const linnet: Host = { sh: (command) => inside.sh(null, command) };
      const real: Host = { sh: (command) => s.sh(h, command) };
      await Promise.all([setUpHost(linnet, mode, secret), setUpHost(real, mode, secret)]);
      await Promise.all([settled(ra, 'lan0'), settled(rb, 'lan0')]);
      const start = async (what: string, n: number): Promise<{ stop: () => Promise<void> }> => {
        const programs = [ra, rb].map((ns) => {
          const file = join(s.folder, `${ns.name}-${n}.conf`);
          writeFileSync(file, conf('lan0', what));
          return s.start(ns, `exec radvd -n -m stderr -d 1 -C ${file} -p ${file}.pid`);
        });
        await Promise.all(programs.map((p) => p.until(/syntax ok/)));
        return { stop: async () => { for (const p of programs) p.kill('SIGTERM'); await Promise.all(programs.map((p) => p.done)); } };
      };
      const until = async (what: RegExp, not: RegExp | null = null): Promise<void> => {
        for (const host of [real, linnet]) {
          await eventually(`${mode}: ${String(what)}`, async () => {
            const text = await host.sh('ip -6 addr show dev eth0; ip -6 route show');
            if (what.test(text) && !(not?.test(text) ?? false)) return true;
            await new Promise((resolve) => { setTimeout(resolve, 500); });
            return false;
          }, PATIENCE);
        }
      };
      const first = await start(FIRST, 1);
      await until(/default.* pref high/, /tentative/);
      await until(mode === 'none' ? /^default/m : /inet6 2001:db8:e:[^ ]*\/64/, /tentative/);
      await same(linnet, real, `${mode}, configured`, mode);
      if (mode === 'random') expect(await linnet.sh('ip -6 addr show dev eth0')).not.toContain('ff:fe00:2');
      await first.stop();
      await until(/2001:db8:b::\/64/, /^default/m);
      await same(linnet, real, `${mode}, without its router`, mode);
      // The same router again: what it says is no news.
      const again = await start(FIRST, 3);
      await until(/default.* pref high/);
      await same(linnet, real, `${mode}, with its router again`, mode);
      await again.stop();
      const second = await start(SECOND, 2);
      await until(/default.* pref low/);
      await same(linnet, real, `${mode}, with less of everything`, mode);
      await second.stop();
    };
    await Promise.all(MODES.map(([mode, secret]) => one(mode, secret)));
    row('radvd', MODES.map(([mode]) => mode).join(', '));
  }));

  it('of Linnet configures a real host as Debian\'s does', { timeout: 240_000 }, scene(async (s) => {
    const [rb, hb, ha] = [router(s), s.netns(), s.netns()];
    for (const h of [ha, hb]) h.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0');
    rb.sh(`ip link add lan0 address ${ROUTER_MAC} type veth peer name eth0 netns ${hb.name} && ip link set lan0 up`);
    hb.sh('ip link set eth0 up');
    const m = s.machine({ modules: [ipv6] });
    const { dev } = s.tap(m, { netns: ha, name: 'eth0', address: '10.77.0.1/24', peer: '10.77.0.2/24', vnetHdr: false });
    m.ip.link.set(dev.name, { up: false });
    m.ip.link.set(dev.name, { address: ROUTER_MAC });
    m.sysctl('net/ipv6/conf/all/forwarding', 1);
    m.ip.link.set(dev.name, { up: true });
    const [linnet, debian] = [ha, hb].map((ns): Host => ({ sh: (command) => s.sh(ns, command) })) as [Host, Host];
    await Promise.all([setUpHost(linnet, 'eui64', false), setUpHost(debian, 'eui64', false)]);
    await settled(rb, 'lan0');
    const until = async (what: RegExp, not: RegExp | null = null): Promise<void> => {
      for (const host of [debian, linnet]) {
        await eventually(String(what), async () => {
          const text = await host.sh('ip -6 addr show dev eth0; ip -6 route show');
          if (what.test(text) && !(not?.test(text) ?? false)) return true;
          await new Promise((resolve) => { setTimeout(resolve, 500); });
          return false;
        }, PATIENCE);
      }
    };
    let said = '';
    for (const [n, what, pref] of [[1, FIRST, 'high'], [2, SECOND, 'low']] as const) {
      const file = join(s.folder, `${n}.conf`);
      writeFileSync(file, conf('lan0', what));
      const theirs = s.start(rb, `exec radvd -n -m stderr -d 1 -C ${file} -p ${file}.pid`);
      await theirs.until(/syntax ok/);
      const stop = new AbortController();
      const task = new Task(m.kernel);
      const ours = runTool(task, ['radvd', '-C', 'conf'], { out: (t) => void (said += t), err: (t) => void (said += t), readFile: () => conf(dev.name, what), signal: stop.signal });
      await until(new RegExp(`^default.* pref ${pref}`, 'm'), /tentative/);
      await until(/inet6 2001:db8:e:[^ ]*\/64/, /tentative/);
      await same(linnet, debian, `configured by ${n}`, 'eui64');
      theirs.kill('SIGTERM');
      stop.abort();
      expect(await ours, said).toBe(0);
      task.exit();
      await theirs.done;
      await until(/2001:db8:b::\/64/, /^default/m);
      await same(linnet, debian, `left by ${n}`, 'eui64');
    }
    expect(said).toBe('');
  }));
});
