// Which ARP packets a host answers, and what it learns of them, by each of its settings: the same frames go to the real kernel and to a Linnet machine.
import { openTap, type TapFd } from '@linnet/host';
import type { NetDevice } from '@linnet/netdev';
import { createTap, tapReceive } from '@linnet/netdevs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, expectOk } from '../lib/exec.ts';
import { can } from '../preload/lab.ts';
import { LinnetSide, RealSide, type Side } from '../tools/both.ts';

type Bytes = readonly number[];
const NONE: Bytes = [0, 0, 0, 0, 0, 0];
const ALL: Bytes = [255, 255, 255, 255, 255, 255];
const ip = (text: string): Bytes => text.split('.').map(Number);
const hex = (b: ArrayLike<number>): string => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
/** The host's own hardware address on the wire 0 or 1, and that of the neighbour with this number. */
const own = (wire: number): Bytes => [2, 0, 0, 0, 0, 1 + wire];
const of = (n: number): Bytes => [2, 0, 0, 0, 1, n];

/** Proxies for all devices outlive their namespace in a real kernel, and turn up in one that is made at the same place in memory. */
const GHOST = / 0xc .* \*$/;

/** Sends a frame on a wire of the host. */
type Send = (frame: Uint8Array) => void;

/** A host with two wires, 10.0.0.1/24 on t0 and 10.1.0.1/24 on t1. */
class Host {
  readonly side: Side;
  readonly #send: Send[] = [];
  readonly #seen: string[] = [];
  readonly #taps: TapFd[] = [];
  /** Its hardware addresses. */
  readonly #own: Bytes[] = [own(0), own(1)];
  #echo = 0;

  private constructor(side: Side) {
    this.side = side;
  }

  static async real(): Promise<Host> {
    const side = new RealSide();
    const h = new Host(side);
    for (const wire of [0, 1]) {
      const tap = openTap({ name: `t${wire}`, netns: side.netns, vnetHdr: false, offload: false });
      tap.onReadable(() => void tap.drain((u8, off, len) => h.receive(wire, u8.subarray(off, off + len))));
      tap.start();
      h.#taps.push(tap);
      h.#send.push((f) => void tap.write(f));
    }
    return h.setUp();
  }
  static async linnet(): Promise<Host> {
    const side = await new LinnetSide().open();
    const h = new Host(side);
    for (const wire of [0, 1]) {
      const port = { transmit: (u8: Uint8Array, off: number, len: number): boolean => { h.receive(wire, u8.slice(off, off + len)); return true; } };
      const dev = createTap(side.kernel.initNet, { name: `t${wire}`, vnetHdr: false, port }) as NetDevice;
      h.#send.push((f) => void side.kernel.run(() => tapReceive(dev, f, 0, f.length)));
    }
    return h.setUp();
  }

  private async setUp(): Promise<this> {
    const commands = ['sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.t0.rp_filter=0 net.ipv4.conf.t1.rp_filter=0', 'ip link set lo up'];
    for (const wire of [0, 1]) {
      const dev = `t${wire}`;
      commands.push(
        `ip link set ${dev} address 02:00:00:00:00:0${1 + wire} up`, `ip addr add 10.${wire}.0.1/24 brd + dev ${dev}`, `ip ntable change name arp_cache dev ${dev} locktime 0 proxy_delay 0`,
        // Who sends the marks.
        `ip neigh add 10.${wire}.0.250 lladdr 02:00:00:00:01:fa dev ${dev}`,
      );
    }
    for (const c of commands) await this.sh(c);
    return this;
  }

  async sh(command: string): Promise<string> {
    for (const [, wire, mac] of command.matchAll(/set t(\d) address (\S+)/g)) this.#own[Number(wire)] = mac!.replace(';', '').split(':').map((x) => Number.parseInt(x, 16));
    return expectOk(await this.side.run(command)).stdout;
  }

  private receive(wire: number, f: Uint8Array): void {
    const type = (f[12]! << 8) | f[13]!;
    if (type === 0x0806) this.#seen.push(`t${wire} ${hex(f.subarray(0, 14))} ${hex(f.subarray(14, 42))}`);
    else if (type === 0x0800 && f[23] === 1 && f[34] === 0) this.#seen.push(`mark ${wire} ${(f[40]! << 8) | f[41]!}`);
  }

  /** What was seen since the last look, once all that was sent before has been worked off: each wire's echo comes back behind it. */
  async look(): Promise<string[]> {
    const n = ++this.#echo;
    for (const wire of [0, 1]) {
      const f = new Uint8Array(60);
      f.set([...this.#own[wire]!, ...of(250), 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 10, wire, 0, 250, 10, wire, 0, 1, 8, 0, 0, 0, 0, 7, n >> 8, n & 255]);
      checksum(f, 14, 20, 24);
      checksum(f, 34, 8, 36);
      this.#send[wire]!(f);
    }
    await eventually('the marks come back', () => this.#seen.includes(`mark 0 ${n}`) && this.#seen.includes(`mark 1 ${n}`));
    return this.#seen.splice(0).filter((l) => !l.startsWith('mark'));
  }

  send(wire: number, frame: Bytes): void {
    this.#send[wire]!(Uint8Array.from(frame));
  }

  async close(): Promise<void> {
    await this.side.close();
    for (const tap of this.#taps) tap.close();
  }
}

function checksum(f: Uint8Array, at: number, len: number, to: number): void {
  let sum = 0;
  for (let i = 0; i < len; i += 2) sum += (f[at + i]! << 8) | f[at + i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  f[to] = (~sum >> 8) & 255;
  f[to + 1] = ~sum & 255;
}

interface Arp {
  readonly op?: number;
  readonly to?: Bytes;
  readonly sha?: Bytes;
  readonly spa: string;
  readonly tha?: Bytes;
  readonly tpa: string;
  /** Hardware type, protocol, lengths of both. */
  readonly kind?: Bytes;
  readonly cut?: number;
}

function frame(a: Arp): Bytes {
  const sha = a.sha ?? of(9);
  const b = [...(a.to ?? ALL), ...sha, 8, 6, ...(a.kind ?? [0, 1, 8, 0, 6, 4]), 0, a.op ?? 1, ...sha, ...ip(a.spa), ...(a.tha ?? NONE), ...ip(a.tpa)];
  return b.slice(0, a.cut ?? b.length);
}

/** What is sent to t0 under each setting. */
const PROBES: readonly (readonly [name: string, arp: Arp])[] = [
  ['it is asked for', { spa: '10.0.0.9', tpa: '10.0.0.1' }],
  ['by unicast', { spa: '10.0.0.9', tpa: '10.0.0.1', to: own(0) }],
  ['by a frame for another host', { spa: '10.0.0.10', tpa: '10.0.0.1', to: [2, 0, 0, 0, 9, 9] }],
  ['by somebody of another network', { spa: '10.7.0.9', tpa: '10.0.0.1' }],
  ['by somebody of the network on the other wire', { spa: '10.1.0.9', tpa: '10.0.0.1' }],
  ['for its address on the other wire', { spa: '10.0.0.9', tpa: '10.1.0.1' }],
  ['for its address that is for this host only', { spa: '10.0.0.9', tpa: '10.0.5.1' }],
  ['for an address of lo', { spa: '10.0.0.9', tpa: '10.9.9.9' }],
  ['for 127.0.0.1', { spa: '10.0.0.9', tpa: '127.0.0.1' }],
  ['for a group', { spa: '10.0.0.9', tpa: '224.0.0.1' }],
  ['for the broadcast address', { spa: '10.0.0.9', tpa: '10.0.0.255' }],
  ['for a host on the other wire', { spa: '10.0.0.9', tpa: '10.1.0.9' }],
  ['for another host on the other wire, by unicast', { spa: '10.0.0.9', tpa: '10.1.0.10', to: own(0) }],
  ['for a neighbour on the same wire', { spa: '10.0.0.9', tpa: '10.0.0.10' }],
  ['for a host to which there is no route', { spa: '10.0.0.9', tpa: '10.77.0.1' }],
  ['is it free?', { spa: '0.0.0.0', tpa: '10.0.0.1' }],
  ['is that of the other wire free?', { spa: '0.0.0.0', tpa: '10.1.0.1' }],
  ['is that of a host on the other wire free?', { spa: '0.0.0.0', tpa: '10.1.0.9' }],
  ['somebody tells, as a question', { spa: '10.0.0.20', tpa: '10.0.0.20' }],
  ['somebody of the other wire tells', { spa: '10.1.0.77', tpa: '10.1.0.77' }],
  ['somebody tells, as an answer', { op: 2, spa: '10.0.0.21', tpa: '10.0.0.21', tha: of(9) }],
  ['as an answer for nobody', { op: 2, spa: '10.0.0.22', tpa: '10.0.0.22' }],
  ['somebody known tells of another hardware address', { spa: '10.0.0.9', tpa: '10.0.0.9', sha: of(19) }],
  ['somebody of another network tells', { op: 2, spa: '10.7.0.23', tpa: '10.7.0.23', tha: of(9) }],
  ['an answer that nobody asked for', { op: 2, spa: '10.0.0.24', tpa: '10.0.0.1', tha: own(0), to: own(0) }],
  ['an answer to all', { op: 2, spa: '10.0.0.25', tpa: '10.0.0.1', tha: own(0) }],
  ['an answer of another network', { op: 2, spa: '10.7.0.26', tpa: '10.0.0.1', tha: own(0), to: own(0) }],
  ['an answer of somebody known, to all', { op: 2, spa: '10.0.0.9', tpa: '10.0.0.1', tha: own(0), sha: of(29) }],
  ['an answer of somebody known', { op: 2, spa: '10.0.0.9', tpa: '10.0.0.1', tha: own(0), to: own(0) }],
  ['somebody has the same address', { spa: '10.0.0.1', tpa: '10.0.0.1' }],
  ['somebody with the same address asks', { spa: '10.0.0.1', tpa: '10.0.0.9' }],
  ['somebody with the same address answers', { op: 2, spa: '10.0.0.1', tpa: '10.0.0.1', tha: of(9) }],
  ['by a group', { spa: '224.0.0.5', tpa: '10.0.0.1' }],
  ['by the broadcast address', { spa: '255.255.255.255', tpa: '10.0.0.1' }],
  ['by 127.0.0.9', { spa: '127.0.0.9', tpa: '10.0.0.1' }],
  ['by a hardware address of a group', { spa: '10.0.0.31', tpa: '10.0.0.1', sha: [3, 0, 0, 0, 0, 1] }],
  ['by a hardware address of zeros', { spa: '10.0.0.32', tpa: '10.0.0.1', sha: NONE }],
  ['as IEEE 802', { spa: '10.0.0.33', tpa: '10.0.0.1', kind: [0, 6, 8, 0, 6, 4] }],
  ['as Frame Relay', { spa: '10.0.0.34', tpa: '10.0.0.1', kind: [0, 15, 8, 0, 6, 4] }],
  ['for another protocol', { spa: '10.0.0.34', tpa: '10.0.0.1', kind: [0, 1, 0x86, 0xdd, 6, 4] }],
  ['with wrong lengths', { spa: '10.0.0.34', tpa: '10.0.0.1', kind: [0, 1, 8, 0, 6, 16] }],
  ['cut off', { spa: '10.0.0.34', tpa: '10.0.0.1', cut: 40 }],
  ['RARP', { op: 3, spa: '10.0.0.34', tpa: '10.0.0.1' }],
];

const conf = (what: string): string => `sysctl -qw ${what.split(' ').map((w) => `net.ipv4.conf.${w}`).join(' ')}`;
/** Settings, and how they are taken back. */
const SETTINGS: readonly (readonly [on: string, off: string])[] = [
  ['', ''],
  ...[1, 2, 3, 8].map((n) => [conf(`all.arp_ignore=${n}`), conf('all.arp_ignore=0')] as const),
  [conf('t0.arp_ignore=1'), conf('t0.arp_ignore=0')],
  [conf('all.arp_filter=1'), conf('all.arp_filter=0')],
  [`${conf('t0.arp_filter=1')}; ip route add 10.7.0.0/16 dev t1`, `${conf('t0.arp_filter=0')}; ip route del 10.7.0.0/16`],
  [conf('t0.arp_accept=1'), conf('t0.arp_accept=0')],
  [conf('all.arp_accept=2'), conf('all.arp_accept=0')],
  [conf('t0.drop_gratuitous_arp=1'), conf('t0.drop_gratuitous_arp=0')],
  [conf('t0.route_localnet=1'), conf('t0.route_localnet=0')],
  ['sysctl -qw net.ipv4.ip_forward=1', ''],
  [conf('t0.proxy_arp=1'), conf('t0.proxy_arp=0')],
  [conf('all.proxy_arp=1 t0.medium_id=3 t1.medium_id=3'), conf('all.proxy_arp=0')],
  [conf('t0.proxy_arp=1 t1.medium_id=4'), conf('t0.proxy_arp=0')],
  [conf('t0.proxy_arp=1 t0.medium_id=-1'), conf('t0.proxy_arp=0 t0.medium_id=0 t1.medium_id=0')],
  [conf('t0.proxy_arp_pvlan=1'), conf('t0.proxy_arp_pvlan=0')],
  ['ip neigh add proxy 10.1.0.9 dev t0; ip neigh add proxy 10.1.0.10 dev t1; ip neigh add proxy 10.0.0.10 dev t0; ip neigh add proxy 10.77.0.1 dev t0', 'for i in 10.1.0.9 10.0.0.10 10.77.0.1; do ip neigh del proxy $i dev t0; done'],
  [`${conf('t0.forwarding=0')}; ip neigh add proxy 10.1.0.9 dev t0`, `${conf('t0.forwarding=1')}; ip neigh del proxy 10.1.0.9 dev t0; sysctl -qw net.ipv4.ip_forward=0`],
  [conf('all.rp_filter=1'), conf('all.rp_filter=0')],
  ['ip link set t0 arp off', 'ip link set t0 arp on'],
];

/** What the host asks on its own: from which of its addresses (arp_announce), and what it tells (arp_notify). */
const ASKING: readonly string[] = [
  ...[0, 1, 2].flatMap((n) => [['10.0.0.1', '10.0.0.77'], ['10.1.0.1', '10.0.0.77'], ['10.0.5.1', '10.0.0.77'], ['10.0.8.1', '10.0.8.77'], ['10.9.9.9', '10.0.0.77']]
    .map(([from, to]) => `${conf(`t0.arp_announce=${n}`)}; python3 -c "import socket; s=socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('${from}', 0)); s.sendto(b'x', ('${to}', 9))"`)),
  'ip neigh add 10.0.0.78 dev t0 use',
  'ip neigh add 10.0.8.78 dev t0 use',
  'ip neigh add 10.66.0.78 dev t0 use',
  `${conf('t0.arp_notify=1')}; ip link set t0 down; ip link set t0 up`,
  'ip link set t0 down; ip link set t0 address 02:00:00:00:00:11; ip link set t0 up',
  'ip link set t0 address 02:00:00:00:00:01',
  `ip addr add 10.0.0.40/24 dev t0; ip addr del 10.0.0.40/24 dev t0; ${conf('t0.arp_notify=0')}`,
  'ip link set t0 address 02:00:00:00:00:12; ip link set t0 address 02:00:00:00:00:01',
];

describe.skipIf(!can('root', 'ip', 'sysctl', 'python3'))('ARP', () => {
  const hosts: Host[] = [];
  beforeAll(async () => {
    hosts.push(...await Promise.all([Host.real(), Host.linnet()]));
    for (const h of hosts) await h.sh('ip addr add 10.0.5.1/32 dev t0 scope host; ip addr add 10.9.9.9/32 dev lo; ip addr add 10.0.8.1/24 dev t0');
  });
  afterAll(async () => { await Promise.all(hosts.map((h) => h.close())); });

  async function known(h: Host): Promise<string[]> {
    return [await h.sh('ip neigh show'), await h.sh('cat /proc/net/arp')].flatMap((t) => t.trimEnd().split('\n').map((l) => l.trimEnd()).filter((l) => !l.includes('.250 ') && !GHOST.test(l)).sort());
  }

  test.each(SETTINGS)('which questions are answered: %s', async (on, off) => {
    const [real, ours] = await Promise.all(hosts.map(async (h) => {
      if (on !== '') await h.sh(on);
      await h.look();
      const out: string[] = [];
      for (const [name, arp] of PROBES) {
        // More than a tick after the last change: in the same tick another address is not believed.
        if (arp.op === 2 || arp.spa === arp.tpa) await new Promise((resolve) => setTimeout(resolve, 12));
        h.send(0, frame(arp));
        out.push(`${name}: ${(await h.look()).join(', ')}`);
      }
      out.push(...await known(h));
      if (off !== '') await h.sh(off);
      await h.sh('ip neigh flush nud all dev t1; ip neigh flush nud all dev t0');
      for (const wire of [0, 1]) await h.sh(`ip neigh add 10.${wire}.0.250 lladdr 02:00:00:00:01:fa dev t${wire}`);
      return out;
    }));
    expect(ours).toEqual(real);
  });

  test('answers for others wait, as many on each device as may (proxy_delay, proxy_qlen)', async () => {
    const [real, ours] = await Promise.all(hosts.map(async (h) => {
      await h.sh('sysctl -qw net.ipv4.ip_forward=1; ip neigh add proxy 10.1.0.9 dev t0; ip neigh add proxy 10.0.0.200 dev t1');
      for (const wire of [0, 1]) await h.sh(`ip ntable change name arp_cache dev t${wire} proxy_delay 1000 proxy_queue ${wire + 2}`);
      await h.look();
      for (let i = 101; i <= 108; i++) for (const wire of [0, 1]) h.send(wire, frame({ spa: `10.${wire}.0.${i}`, tpa: wire === 0 ? '10.1.0.9' : '10.0.0.200', sha: of(i) }));
      // Each waits for less than a second: when two seconds bring nothing more, all are there.
      const soon = await h.look();
      const all = [...soon];
      for (let quiet = 0; quiet < 8; quiet++) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        const more = await h.look();
        if (more.length > 0) quiet = 0;
        all.push(...more);
      }
      for (const wire of [0, 1]) await h.sh(`ip ntable change name arp_cache dev t${wire} proxy_delay 0`);
      await h.sh('sysctl -qw net.ipv4.ip_forward=0; ip neigh del proxy 10.1.0.9 dev t0; ip neigh del proxy 10.0.0.200 dev t1');
      return { waited: soon.length < all.length, all: all.sort(), known: await known(h) };
    }));
    expect(real!.waited).toBe(true);
    expect(ours).toEqual(real);
  });

  test('what is asked, and told', async () => {
    const [real, ours] = await Promise.all(hosts.map(async (h) => {
      await h.sh('ip ntable change name arp_cache dev t0 mcast_probes 1 retrans 50; ip ntable change name arp_cache dev t1 mcast_probes 1 retrans 50');
      const out: string[] = [];
      for (const command of ASKING) {
        await h.sh(command);
        await new Promise((resolve) => setTimeout(resolve, 80));
        await h.sh('ip neigh replace 10.0.0.250 lladdr 02:00:00:00:01:fa dev t0');
        out.push(`${command}: ${(await h.look()).join(', ')}`);
      }
      return out;
    }));
    expect(real!.filter((l) => l.includes(' 0001080006040001'))).not.toEqual([]);
    expect(ours).toEqual(real);
  });
});
