// Debian's arping asks, tells and looks for duplicates: between two real hosts, from a Linnet machine to a real one, and from a real one to a Linnet machine. It prints the same, ends the same, and leaves the same behind.
import { execFileSync } from 'node:child_process';
import { attachTap } from '@linnet/host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectOk, type Program } from '../lib/exec.ts';
import { can } from '../preload/lab.ts';
import { LinnetSide, RealSide, type Side } from '../tools/both.ts';

const DEV = 't0';
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
const bytes = (mac: string): Uint8Array => Uint8Array.from(mac.split(':'), (x) => Number.parseInt(x, 16));

/** Two hosts on a wire: 10.0.0.1 runs arping, 10.0.0.2 is there. */
class World {
  readonly #ends: () => void;
  readonly asker: Side;
  readonly peer: Side;
  #dump: Program | null = null;

  constructor(asker: Side, peer: Side, ends: () => void) {
    this.asker = asker;
    this.peer = peer;
    this.#ends = ends;
  }

  static async real(): Promise<World> {
    const a = new RealSide();
    const b = new RealSide();
    execFileSync('ip', ['-n', a.netns, 'link', 'add', DEV, 'type', 'veth', 'peer', 'name', DEV, 'netns', b.netns]);
    return new World(a, b, () => {}).setUp();
  }
  static async mixed(linnetAsks: boolean): Promise<World> {
    const real = new RealSide();
    const linnet = await new LinnetSide().open();
    const tap = attachTap(linnet.kernel.initNet, { name: DEV, netns: real.netns, device: DEV, mac: bytes(MACS[linnetAsks ? 0 : 1]) });
    return (linnetAsks ? new World(linnet, real, () => tap.close()) : new World(real, linnet, () => tap.close())).setUp();
  }

  private async setUp(): Promise<this> {
    for (const [i, side] of [this.asker, this.peer].entries()) {
      expectOk(await side.run('sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1'));
      expectOk(await side.run(`ip link set lo up && ip link set ${DEV} address ${MACS[i]} && ip addr add 10.0.0.${i + 1}/24 brd + dev ${DEV} && ip link set ${DEV} up`));
    }
    expectOk(await this.asker.run(`ip addr add 10.0.0.3/24 dev ${DEV}`));
    this.#dump = this.peer.start(`tcpdump -lnet -i ${DEV} arp`);
    await this.#dump.until(/listening on/);
    return this;
  }

  /** What arping says and how it ends, the frames that the other host saw, and what the two then know of each other. */
  async play(sc: Scene): Promise<string> {
    for (const side of [this.asker, this.peer]) expectOk(await side.run(`ip neigh flush nud all dev ${DEV}`));
    if (sc.peer !== undefined) expectOk(await this.peer.run(sc.peer));
    const from = this.#dump!.stdout.length;
    const r = await this.asker.run(sc.run);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const frames = this.#dump!.stdout.slice(from);
    const known = await Promise.all([this.asker, this.peer].map(async (s) => expectOk(await s.run(`ip neigh show dev ${DEV}`)).stdout.split('\n').sort().join('\n')));
    if (sc.after !== undefined) expectOk(await this.peer.run(sc.after));
    return [`code ${r.code}`, r.stdout, r.stderr, frames, ...known].join('\n').replace(/\d+\.\d+ms/g, 'T ms').replace(/ +\n/g, '\n');
  }

  async close(): Promise<void> {
    this.#dump?.kill();
    await this.#dump?.done.catch(() => undefined);
    this.#ends();
    await Promise.all([this.asker.close(), this.peer.close()]);
  }
}

interface Scene {
  readonly run: string;
  /** At the other host, before and after. */
  readonly peer?: string;
  readonly after?: string;
}

const WRONG = `ip neigh add 10.0.0.1 lladdr 02:00:00:00:00:99 nud stale dev ${DEV} && ip neigh add 10.0.0.3 lladdr 02:00:00:00:00:99 nud reachable dev ${DEV}`;
// Who has just been told believes no other address for a second.
const NO_LOCK = `ip ntable change name arp_cache dev ${DEV} locktime 0`;
const SCENES: readonly Scene[] = [
  { run: `arping -c 2 -w 3 -I ${DEV} 10.0.0.2` },
  { run: `arping -f -w 3 -I ${DEV} 10.0.0.2` },
  { run: `arping -b -c 2 -w 3 -I ${DEV} 10.0.0.2` },
  { run: `arping -q -c 1 -I ${DEV} 10.0.0.2` },
  { run: `arping -c 1 -s 10.0.0.3 -I ${DEV} 10.0.0.2` },
  { run: `arping -c 1 -s 10.0.0.9 -I ${DEV} 10.0.0.2` },
  { run: `arping -c 1 -w 1 -I ${DEV} 10.0.0.77` },
  { run: `arping -c 1 -w 1 -I ${DEV} 10.0.0.2`, peer: 'sysctl -qw net.ipv4.conf.all.arp_ignore=8', after: 'sysctl -qw net.ipv4.conf.all.arp_ignore=0' },
  // Is the address free? The other host has it; nobody has it; it is ours.
  { run: `arping -D -c 2 -w 2 -I ${DEV} 10.0.0.2` },
  { run: `arping -D -q -c 1 -w 2 -I ${DEV} 10.0.0.2` },
  { run: `arping -D -c 2 -w 2 -I ${DEV} 10.0.0.77` },
  // It is told: those who know it believe it, those who accept it learn it.
  { run: `arping -U -c 1 -I ${DEV} 10.0.0.1`, peer: WRONG },
  { run: `arping -A -c 1 -I ${DEV} 10.0.0.3`, peer: `${NO_LOCK} && ${WRONG}` },
  { run: `arping -U -c 2 -s 10.0.0.3 -I ${DEV} 10.0.0.3`, peer: `sysctl -qw net.ipv4.conf.${DEV}.arp_accept=1`, after: `sysctl -qw net.ipv4.conf.${DEV}.arp_accept=0` },
  { run: `arping -A -c 1 -I ${DEV} 10.0.0.1`, peer: `sysctl -qw net.ipv4.conf.${DEV}.arp_accept=1`, after: `sysctl -qw net.ipv4.conf.${DEV}.arp_accept=0` },
  { run: `arping -U -c 1 -I ${DEV} 10.0.0.1`, peer: `${WRONG} && sysctl -qw net.ipv4.conf.${DEV}.drop_gratuitous_arp=1`, after: `sysctl -qw net.ipv4.conf.${DEV}.drop_gratuitous_arp=0` },
  { run: 'arping -c 1 -I nothing 10.0.0.2' },
  { run: 'arping -c 1 -I lo 10.0.0.2' },
  { run: 'arping -c 1 10.0.0.2' },
  { run: `ip link set ${DEV} arp off; arping -c 1 -w 1 -I ${DEV} 10.0.0.2; echo $?; ip link set ${DEV} arp on` },
];

describe.skipIf(!can('root', 'ip', 'sysctl', 'tcpdump', 'arping'))('arping', () => {
  const worlds: World[] = [];
  beforeAll(async () => { worlds.push(...await Promise.all([World.real(), World.mixed(true), World.mixed(false)])); });
  afterAll(async () => { await Promise.all(worlds.map((w) => w.close())); });

  test.each(SCENES)('$run', async (sc) => {
    const [real, asks, isAsked] = await Promise.all(worlds.map((w) => w.play(sc)));
    expect(real).toMatch(sc.run.includes('-q') ? /Request who-has/ : /ARPING|arping:|not ARPable/);
    expect(asks, 'a Linnet machine asks').toBe(real);
    expect(isAsked, 'a Linnet machine is asked').toBe(real);
  });
});
