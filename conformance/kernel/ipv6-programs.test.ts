// Unmodified programs that speak IPv6: in a Linnet machine, to a real kernel two hops away, and the other way round; over a wire that loses nothing and over one that does.
// And addresses that two machines want: whoever comes second must see that.
import { ipv6 } from '@linnet/ipv6';
import type { NetemOptions } from '@linnet/netdevs';
import { netns } from '@linnet/netns';
import { describe, expect, it } from 'vitest';
import type { TestNetns } from '../host/netns.ts';
import { row } from '../lib/data.ts';
import { eventually } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import type { Scene, WireLinked } from '../lib/scene.ts';
import { have } from '../needs.mjs';
import { can, Inside } from '../preload/lab.ts';

const PATIENCE = 30_000;
const LINNET = 'fd78::2';
const FAR = 'fd79::1';
const NEEDS = ['ip', 'ping', 'traceroute', 'tracepath', 'curl', 'python3', 'iperf3'] as const;

interface Lab {
  readonly s: Scene;
  readonly l: WireLinked;
  readonly inside: Inside;
  /** The namespace at the other end of the wire, a router, and the one behind it, whose link takes 1400 bytes. */
  readonly router: TestNetns;
  readonly far: TestNetns;
}

async function lab(s: Scene, netem: NetemOptions): Promise<Lab> {
  const [router, far] = [s.netns(), s.netns()];
  for (const n of [router, far]) n.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.icmp.ratelimit=0');
  router.sh('sysctl -qw net.ipv6.conf.all.forwarding=1');
  // Programs that send without a pause would fill the capture.
  const l = s.linnetOnWire({
    netns: router, address: '10.78.0.2/24', peer: '10.78.0.1/24', wire: { seed: 1, ab: netem }, modules: [ipv6, netns], record: { first: 10e6, every: 100e6, window: 2e6 },
  });
  router.sh(`ip address add fd78::1/64 dev tap0 nodad && ip link add v0 type veth peer name v1 netns ${far.name} && ip link set v0 mtu 1400 up && ip address add fd79::2/64 dev v0 nodad`);
  far.sh(`ip link set v1 mtu 1400 up && ip address add ${FAR}/64 dev v1 nodad && ip -6 route add default via fd79::2`);
  const inside = await Inside.open(l.machine.kernel);
  s.defer(() => inside.close());
  await inside.sh(null, `sysctl -qw net.ipv6.icmp.ratelimit=0 && ip addr add ${LINNET}/64 dev eth0 nodad && ip -6 route add default via fd78::1`);
  await eventually('there is a way', async () => (await inside.run(null, `ping -6 -c 1 -W 1 ${FAR}`)).code === 0, PATIENCE);
  return { s, l, inside, router, far };
}

/** Somebody who runs programs, and whom they are about. */
interface Side {
  readonly name: string;
  readonly other: string;
  readonly hops: readonly string[];
  run(command: string): Promise<string>;
  serve(command: string): Promise<void>;
}

function sides({ s, inside, far }: Lab): Side[] {
  const started = (ready: RegExp) => async (p: ReturnType<Scene['start']>): Promise<void> => { await p.until(ready, PATIENCE); };
  return [
    { name: 'from Linnet', other: FAR, hops: ['fd78::1', FAR], run: (c) => inside.sh(null, c), serve: (c) => started(/listening|Serving/)(s.start(far, c)) },
    { name: 'to Linnet', other: LINNET, hops: ['fd79::2', LINNET], run: (c) => s.sh(far, c), serve: (c) => started(/listening|Serving/)(inside.start(null, c)) },
  ];
}

const numbers = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);

const WIRES: readonly { readonly name: string; readonly netem: NetemOptions; readonly least: number }[] = [
  // The first tells what the path takes.
  { name: 'loses nothing', netem: {}, least: 99 },
  // Six frames, and each may be lost, make one large echo and its answer: 0.98 ^ 6.
  { name: 'loses 2 %', netem: { loss: 0.02 }, least: 70 },
];

describe.skipIf(!have('root', 'tshark', ...NEEDS) || !can(...NEEDS))('programs over a wire that', () => {
  for (const wire of WIRES) {
    it(wire.name, { timeout: 240_000 }, scene(async (s) => {
      const here = await lab(s, wire.netem);
      for (const side of sides(here)) {
        const { other, hops } = side;
        const echoes = numbers(await side.run(`ping -6 -c 100 -i 0.02 -W 2 -s 3000 ${other}; true`), /, (\d+) received/);
        expect(echoes, side.name).toBeGreaterThanOrEqual(wire.least);

        for (const flag of ['', '-I', '-T -p 9']) {
          const said = await side.run(`traceroute -6 -n -q 6 -w 1 ${flag} ${other}`);
          hops.forEach((hop, i) => expect(said, `${side.name} ${flag}`).toMatch(new RegExp(`^ ?${i + 1} .*\\b${hop}\\b`, 'm')));
          expect(said.trimEnd().split('\n')).toHaveLength(3);
        }
        const path = await side.run(`tracepath -6 -n ${other}`);
        expect(path, side.name).toMatch(/Resume: pmtu 1400 hops 2/);

        await side.serve(`cd ${s.folder} && head -c 5000000 /dev/urandom > page.bin && exec python3 -u -m http.server --bind ${other} 8080 2>&1`);
        const sum = await side.run(`sha256sum < ${s.folder}/page.bin`);
        expect(await side.run(`curl -6 -sS --max-time 60 'http://[${other}]:8080/page.bin' | sha256sum`), side.name).toBe(sum);

        const report = async (flags: string): Promise<{ bytes: number; lost_percent?: number }> => {
          await side.serve('exec iperf3 -s -1 --forceflush');
          const json = JSON.parse(await side.run(`iperf3 -6 -c ${other} -J ${flags}`)) as { error?: string; end: { sum_received?: { bytes: number }; sum?: { bytes: number; lost_percent: number } } };
          expect(json.error, `${side.name} ${flags}`).toBeUndefined();
          return json.end.sum ?? json.end.sum_received!;
        };
        const [out, back] = [await report('-t 2'), await report('-t 2 -R')];
        expect(Math.min(out.bytes, back.bytes), side.name).toBeGreaterThan(1e6);
        // Datagrams of four fragments.
        const udp = await report('-u -l 4500 -b 10M -t 2');
        expect(udp.bytes).toBeGreaterThan(1e6);
        expect(udp.lost_percent).toBeLessThan(wire.least === 99 ? 1 : 25);
        row(`${wire.name}, ${side.name}`, `ping ${echoes} of 100`, `iperf3 ${(out.bytes / 2e6).toFixed(1)} and ${(back.bytes / 2e6).toFixed(1)} MB/s`, `iperf3 -u lost ${udp.lost_percent?.toFixed(1)} %`);
      }
      const { dropped } = here.l.wire.stats();
      if (wire.netem.loss === undefined) expect(dropped).toBe(0);
      else expect(dropped).toBeGreaterThan(100);
    }));
  }
});

describe.skipIf(!have('root', 'tshark', 'ip') || !can('ip'))('an address that two machines want', () => {
  const said = (text: string, address: string): string => text.split('\n').find((line) => line.includes(` ${address}/`)) ?? '';

  it('is not taken by Linnet when a real kernel has it, nor the other way round', scene(async (s) => {
    const { inside, router } = await lab(s, {});
    router.sh('ip address add fd78::9/64 dev tap0 nodad');
    await inside.sh(null, 'ip address add fd78::9/64 dev eth0');
    await eventually('Linnet sees it', async () => said(await inside.sh(null, 'ip -6 address show dev eth0'), 'fd78::9').includes('dadfailed tentative'), PATIENCE);

    await inside.sh(null, 'ip address add fd78::a/64 dev eth0 nodad');
    router.sh('ip address add fd78::a/64 dev tap0');
    await eventually('the real kernel sees it', () => said(router.sh('ip -6 address show dev tap0'), 'fd78::a').includes('dadfailed tentative'), PATIENCE);

    // Whose it is has it still.
    expect(said(await inside.sh(null, 'ip -6 address show dev eth0'), 'fd78::a')).not.toMatch(/tentative|dadfailed/);
    expect(said(router.sh('ip -6 address show dev tap0'), 'fd78::9')).not.toMatch(/tentative|dadfailed/);
    // Whoever lost it does not believe advertisements of it: neither reaches the other there.
    expect((await inside.run(null, 'ping -6 -c 1 -W 2 fd78::9')).code).toBe(1);
    expect((await router.run('ping', '-6', '-c', '1', '-W', '2', 'fd78::a')).code).toBe(1);
  }));

  it('is taken by neither when both ask at once', scene(async (s) => {
    const { inside, router } = await lab(s, {});
    // So slow that their questions meet; nonces tell them from their own coming back (RFC 7527).
    for (let i = 1; i <= 5; i++) {
      await Promise.all([inside.sh(null, `ip address add fd78::b${i}/64 dev eth0`), s.sh(router, `ip address add fd78::b${i}/64 dev tap0`)]);
    }
    await eventually('all is decided', async () => ![await inside.sh(null, 'ip -6 address show dev eth0'), router.sh('ip -6 address show dev tap0')].some((t) => /fd78::b.* tentative/.test(t.replace(/dadfailed tentative/g, ''))), PATIENCE);
    const [ours, theirs] = [await inside.sh(null, 'ip -6 address show dev eth0'), router.sh('ip -6 address show dev tap0')];
    for (let i = 1; i <= 5; i++) {
      const [a, b] = [said(ours, `fd78::b${i}`), said(theirs, `fd78::b${i}`)].map((line) => line.includes('dadfailed'));
      // Who was there before the other asked may keep it; both never.
      expect([a, b], `fd78::b${i}\n${ours}\n${theirs}`).toContain(true);
    }
  }));

  it('is noticed for link-local addresses of the same hardware address too', scene(async (s) => {
    const { inside, router } = await lab(s, {});
    const mac = /link\/ether (\S+)/.exec(router.sh('ip link show dev tap0'))![1]!;
    await inside.sh(null, `ip link set eth0 down && ip link set eth0 address ${mac} && ip link set eth0 up`);
    await eventually('Linnet sees it', async () => /fe80:.* dadfailed tentative/.test(await inside.sh(null, 'ip -6 address show dev eth0')), PATIENCE);
  }));
});
