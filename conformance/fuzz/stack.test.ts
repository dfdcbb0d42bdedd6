// Any frame, truncated or hostile: dropped by name, never an exception, never a leak, and the machine still answers.
// FUZZ_RUNS=200000 for a long run (npm run fuzz); the seed is FUZZ_SEED.
import { createKernel, VirtualClock, type Kernel } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { createTap, tapReceive } from '@linnet/netdevs';
import { ipRoute, openNet } from '@linnet/net';
import { SKB, skbStats } from '@linnet/skbuff';
import { arp, build, dissect, eth, icmp, ip, payload, summary, tcp, udp, type Layer } from '@linnet/testing';
import fc from 'fast-check';
import { inetStack } from 'linnet';
import { describe, expect, it } from 'vitest';

const runs = Number(process.env['FUZZ_RUNS'] ?? 3000);
const seed = Number(process.env['FUZZ_SEED'] ?? 20261123);

const ME = { mac: '02:00:00:00:00:01', ip: '10.0.0.1' };
const PEER = { mac: '02:00:00:00:00:02', ip: '10.0.0.2' };

/** A machine with listeners and an established connection, whose cable a test holds in its hand. */
class Victim {
  readonly k: Kernel;
  readonly clock: VirtualClock = new VirtualClock();
  readonly sent: Uint8Array[] = [];
  private readonly dev: NetDevice;
  /** Our side of the connection: what the machine sent, and what it expects. */
  ours = 1000;
  theirs = 0;
  port = 0;

  constructor(vnetHdr: boolean) {
    this.k = createKernel({ modules: inetStack, clock: this.clock, seed: 1, debug: true });
    this.dev = createTap(this.k.initNet, {
      name: 'eth0', vnetHdr, mac: Uint8Array.from([2, 0, 0, 0, 0, 1]),
      port: { transmit: (u8, off, len) => this.sent.push(u8.slice(off + (vnetHdr ? 10 : 0), off + len)) > 0 },
    }) as NetDevice;
    this.hdr = vnetHdr;
    const route = ipRoute(this.k);
    for (const dev of ['lo', 'eth0']) route.link.up(dev);
    route.addr.add({ dev: 'eth0', address: `${ME.ip}/24` });
    this.k.initNet.sysctl.write('net.ipv4.ip_forward', '1');
  }
  private readonly hdr: boolean;

  /** Opens its sockets and shakes hands. */
  async open(): Promise<void> {
    await this.clock.run(async () => {
      const stack = openNet(this.k);
      const server = stack.createServer((s) => s.on('error', () => {}).resume());
      await new Promise<void>((resolve) => server.listen(80, resolve));
      const sock = stack.createSocket('udp4', () => {});
      await new Promise<void>((resolve) => sock.bind(53, resolve));
    });
    this.give(build(eth({ dst: ME.mac, src: PEER.mac }), arp({ op: 1, sha: PEER.mac, spa: PEER.ip, tpa: ME.ip })));
    this.give(this.frame(tcp({ sport: 40000, dport: 80, seq: 999, flags: 'S', options: Uint8Array.from([2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7]) })));
    const synAck = this.sent.map((f) => dissect(f)).find((p) => p.tcp?.flags === 'SA');
    if (synAck === undefined) throw new Error('no SYN-ACK');
    this.theirs = synAck.tcp!.seq + 1;
    this.give(this.frame(tcp({ sport: 40000, dport: 80, seq: 1000, ack: this.theirs, flags: 'A' })));
  }

  frame(...layers: Layer[]): Uint8Array {
    return build(eth({ dst: ME.mac, src: PEER.mac }), ip({ src: PEER.ip, dst: ME.ip }), ...layers);
  }

  /** A frame arrives. */
  give(bytes: Uint8Array): void {
    const whole = this.hdr ? Uint8Array.from([...new Array<number>(10).fill(0), ...bytes]) : bytes;
    this.raw(whole);
  }

  raw(whole: Uint8Array): void {
    this.k.enter();
    tapReceive(this.dev, whole, 0, whole.length);
    this.k.exit();
  }

  /** Does it still answer an echo request? The address of the asker may have been poisoned by an ARP frame: say it again first. */
  answers(): boolean {
    this.give(build(eth({ dst: ME.mac, src: PEER.mac }), arp({ op: 2, sha: PEER.mac, spa: PEER.ip, tha: ME.mac, tpa: ME.ip })));
    this.sent.length = 0;
    this.give(this.frame(icmp({ echoId: 7, seq: 7 }), payload('are you there?')));
    this.clock.advance(1e9);
    return this.sent.some((f) => dissect(f).icmp?.type === 0);
  }

  /** Ends it; whatever is left was leaked. */
  close(): void {
    this.k.shutdown();
    expect(skbStats(this.k).live).toBe(0);
    expect(this.k.get(SKB).headsLive).toBe(0);
  }
}

/** Right frames of every kind that the machine knows, as a start for mutations. */
function corpus(v: Victim): Uint8Array[] {
  const data = payload('some bytes of payload, long enough to be cut');
  const big = payload(new Uint8Array(1000).fill(7));
  return [
    v.frame(icmp({ echoId: 1, seq: 1 }), data),
    v.frame(udp({ sport: 5, dport: 53 }), data),
    v.frame(udp({ sport: 5, dport: 54 }), data),
    v.frame(tcp({ sport: 40000, dport: 80, seq: v.ours, ack: v.theirs, flags: 'PA' }), data),
    v.frame(tcp({ sport: 40000, dport: 80, seq: v.ours + 500, ack: v.theirs, flags: 'A' }), big),
    v.frame(tcp({ sport: 40000, dport: 80, seq: v.ours, ack: v.theirs, flags: 'FA' })),
    v.frame(tcp({ sport: 40001, dport: 80, seq: 5, flags: 'S', options: Uint8Array.from([2, 4, 5, 180, 1, 3, 3, 7]) })),
    v.frame(tcp({ sport: 40002, dport: 81, seq: 5, flags: 'S' })),
    v.frame(tcp({ sport: 40000, dport: 80, seq: v.ours, ack: v.theirs, flags: 'A', options: Uint8Array.from([1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 1, 0]) })),
    build(eth({ dst: ME.mac, src: PEER.mac }), arp({ op: 1, sha: PEER.mac, spa: PEER.ip, tpa: ME.ip })),
    build(eth({ dst: 'ff:ff:ff:ff:ff:ff', src: PEER.mac }), ip({ src: PEER.ip, dst: '10.0.0.255' }), udp({ sport: 1, dport: 53 }), data),
    build(eth({ dst: '01:00:5e:00:00:01', src: PEER.mac }), ip({ src: PEER.ip, dst: '224.0.0.1', ttl: 1, protocol: 2 }), payload(Uint8Array.from([0x11, 100, 0xee, 0x9b, 0, 0, 0, 0]))),
    build(eth({ dst: ME.mac, src: PEER.mac }), ip({ src: PEER.ip, dst: '10.0.0.77', ttl: 1 }), udp({ sport: 1, dport: 2 }), data),
    build(eth({ dst: ME.mac, src: PEER.mac }), ip({ src: PEER.ip, dst: ME.ip, mf: true, id: 9, protocol: 17 }), payload(new Uint8Array(64).fill(1))),
    build(eth({ dst: ME.mac, src: PEER.mac }), ip({ src: PEER.ip, dst: ME.ip, offset: 64, id: 9, protocol: 17 }), payload(new Uint8Array(40).fill(2))),
    build(eth({ dst: ME.mac, src: PEER.mac }), ip({ src: PEER.ip, dst: ME.ip, options: Uint8Array.from([7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]) }), icmp(), data),
    v.frame(icmp({ type: 3, code: 4, rest: 600 }), payload(build(ip({ src: ME.ip, dst: PEER.ip, protocol: 6 }), tcp({ sport: 80, dport: 40000, seq: v.theirs })))),
  ];
}

/** What is done to a frame. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(), value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('pad' as const), at: fc.nat(300) }),
  fc.record({ kind: fc.constant('copy' as const), at: fc.nat(), from: fc.nat() }),
);

function mutate(frame: Uint8Array, list: readonly (typeof mutation extends fc.Arbitrary<infer T> ? T : never)[]): Uint8Array {
  let f = Uint8Array.from(frame);
  for (const m of list) {
    if (f.length === 0) break;
    if (m.kind === 'flip') f[m.at % f.length]! ^= 1 << m.bit;
    else if (m.kind === 'set') f[m.at % f.length] = m.value;
    else if (m.kind === 'cut') f = f.slice(0, m.at % f.length);
    else if (m.kind === 'pad') f = Uint8Array.from([...f, ...new Array<number>(m.at).fill(0x5a)]);
    else f.copyWithin(m.at % f.length, m.from % f.length);
  }
  return f;
}

/** Makes the checksums right again, so that mutations get past them. */
function mend(f: Uint8Array): Uint8Array {
  const p = dissect(f);
  if (p.ip === undefined || p.bad.some((b) => b.endsWith('truncated'))) return f;
  const { check: _ip, totLen: _len, ...ipRest } = p.ip;
  const l4: Layer[] = [];
  for (const layer of [p.tcp, p.udp, p.icmp]) {
    if (layer === undefined) continue;
    const { check: _check, ...rest } = layer;
    l4.push(rest as Layer);
  }
  return build(p.eth!, ipRest, ...l4, payload(p.payload));
}

/** Gives frames one after the other; when something breaks, the last ones are named. */
function feed(v: Victim, frames: readonly Uint8Array[], give: (f: Uint8Array) => void): void {
  for (const f of frames) {
    try {
      give(f);
    } catch (error) {
      throw new Error(`a frame was an exception: ${summary(f)}\n${Array.from(f, (b) => b.toString(16).padStart(2, '0')).join(' ')}`, { cause: error });
    }
  }
  v.sent.length = 0;
}

describe.each([['with the header of virtio', true], ['without', false]])('a machine on a TAP %s', (_, vnetHdr) => {
  it('survives random bytes', async () => {
    const v = new Victim(vnetHdr);
    await v.open();
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { minLength: 1, maxLength: 8 }), (frames) => {
      feed(v, frames, (f) => v.raw(f));
    }), { seed, numRuns: runs });
    expect(v.answers()).toBe(true);
    v.close();
  });

  it('survives mutations of right frames, checksums mended or not', async () => {
    const v = new Victim(vnetHdr);
    await v.open();
    const right = corpus(v);
    const step = fc.record({ which: fc.nat(right.length - 1), list: fc.array(mutation, { maxLength: 4 }), mended: fc.boolean(), wait: fc.constantFrom(0, 0, 0, 1e6, 4e8) });
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
      for (const s of steps) {
        const mutated = mutate(right[s.which]!, s.list);
        feed(v, [s.mended ? mend(mutated) : mutated], (f) => v.give(f));
        if (s.wait > 0) v.clock.advance(s.wait);
      }
    }), { seed, numRuns: runs });
    expect(v.answers()).toBe(true);
    // Fragments wait 30 s, neighbours and requests some more: then nothing of all this is left but queued data of the connection.
    v.clock.advance(400e9);
    const counts = v.k.get(SKB).dropCounts();
    const { live, allocated, freed } = skbStats(v.k);
    expect(allocated - freed).toBe(live);
    expect(Object.keys(counts).length).toBeGreaterThan(8);
    expect(counts).not.toHaveProperty('NOT_SPECIFIED');
    v.close();
  });

  it('survives a connection gone mad', async () => {
    const v = new Victim(vnetHdr);
    await v.open();
    const segment = fc.record({
      seq: fc.integer({ min: -70_000, max: 70_000 }), ack: fc.integer({ min: -70_000, max: 70_000 }), flags: fc.subarray([...'FSRPAUEC']), len: fc.nat(1400), win: fc.nat(65535),
      sport: fc.constantFrom(40000, 40000, 40000, 40001, 40002), options: fc.uint8Array({ maxLength: 10 }), wait: fc.constantFrom(0, 0, 1e6, 3e8),
    });
    fc.assert(fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (segments) => {
      for (const s of segments) {
        const options = Uint8Array.from([...s.options, ...new Array<number>((4 - (s.options.length % 4)) % 4).fill(0)]);
        feed(v, [v.frame(
          tcp({ sport: s.sport, dport: 80, seq: (v.ours + s.seq) >>> 0, ack: (v.theirs + s.ack) >>> 0, flags: s.flags.join(''), win: s.win, options }), payload(new Uint8Array(s.len)),
        )], (f) => v.give(f));
        if (s.wait > 0) v.clock.advance(s.wait);
      }
    }), { seed, numRuns: runs });
    expect(v.answers()).toBe(true);
    v.close();
  });
});
