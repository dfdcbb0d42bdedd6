// A conversation of two machines whose cable cuts, flips, repeats, swaps, fragments and invents frames: the bytes arrive as they were sent or the program
// is told, nothing is leaked, every drop has a name, and both machines still answer. FUZZ_RUNS and FUZZ_SEED as in stack.test.ts.
import { createKernel, sec, VirtualClock, type Kernel } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { createTap, tapReceive } from '@linnet/netdevs';
import { ipRoute } from '@linnet/net';
import { Task } from '@linnet/posix';
import { SKB, skbStats } from '@linnet/skbuff';
import { build, dissect, eth, ip, payload, summary, tcp, type Layer } from '@linnet/testing';
import { AF_INET, IPPROTO_ICMP, SHUT_WR, SO_RCVTIMEO_OLD, SOCK_DGRAM, SOCK_STREAM, sockaddrIn, SOL_SOCKET } from '@linnet/uapi';
import fc from 'fast-check';
import { inetStack } from 'linnet';
import { describe, expect, it } from 'vitest';

const runs = Number(process.env['FUZZ_RUNS'] ?? 3000);
const seed = Number(process.env['FUZZ_SEED'] ?? 20261123);

const SERVER = 0x0a000001;
const CLIENT = 0x0a000002;

/** What the cable does to a frame. */
const action = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ kind: 'pass' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'drop' as const }, { kind: 'twice' as const }, { kind: 'later' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fragment' as const), size: fc.integer({ min: 1, max: 100 }), backwards: fc.boolean(), lose: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('before' as const), bytes: fc.uint8Array({ maxLength: 200 }) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const isIp = (frame: Uint8Array): boolean => frame.length >= 34 && frame[12] === 8 && frame[13] === 0;

/** The fragments of a packet, whether or not it may be cut: a bad cable does not ask. */
function fragments(frame: Uint8Array, size: number): Uint8Array[] {
  const p = dissect(frame);
  if (p.eth === undefined || p.ip === undefined || p.bad.length > 0 || p.ip.mf || p.ip.offset !== 0 || p.ip.options.length > 0) return [frame];
  const body = frame.subarray(34, 14 + p.ip.totLen!);
  const { check: _check, totLen: _len, ...header } = p.ip;
  const out: Uint8Array[] = [];
  const step = size * 8;
  for (let offset = 0; offset < body.length; offset += step) {
    out.push(build(p.eth, { ...header, df: false, mf: offset + step < body.length, offset }, payload(body.slice(offset, offset + step))));
  }
  return out;
}

/** Two machines and the cable between them. */
class Pair {
  readonly clock: VirtualClock = new VirtualClock();
  readonly machines: Kernel[] = [];
  readonly tasks: Task[] = [];
  readonly trace: string[] = [];
  private readonly devs: NetDevice[] = [];
  private actions: readonly Action[] = [];
  private turn = 0;
  private held: { to: number; frame: Uint8Array } | null = null;

  constructor() {
    for (const [i, address] of [SERVER, CLIENT].entries()) {
      const k = createKernel({ modules: inetStack, clock: this.clock, seed: i + 1, debug: true });
      const dev = createTap(k.initNet, {
        name: 'eth0', vnetHdr: false, mac: Uint8Array.from([2, 0, 0, 0, 0, i + 1]),
        port: { transmit: (u8, off, len) => { this.cable(1 - i, u8.slice(off, off + len)); return true; } },
      }) as NetDevice;
      const route = ipRoute(k);
      for (const name of ['lo', 'eth0']) route.link.up(name);
      route.addr.add({ dev: 'eth0', address: `10.0.0.${address & 255}/24` });
      this.machines.push(k);
      this.devs.push(dev);
      this.tasks.push(new Task(k));
    }
  }

  /** From now on the cable does this, over and over. */
  spoil(actions: readonly Action[]): void {
    this.actions = actions;
    this.turn = 0;
  }

  private deliver(to: number, frame: Uint8Array): void {
    const k = this.machines[to]!;
    if (this.trace.push(`${(this.clock.now() / 1e6).toFixed(3)} ms to ${to}: ${summary(frame)}`) > 60) this.trace.shift();
    k.enter();
    tapReceive(this.devs[to]!, frame, 0, frame.length);
    k.exit();
  }

  private cable(to: number, frame: Uint8Array): void {
    const held = this.held;
    const a = this.actions.length === 0 ? undefined : this.actions[this.turn++ % this.actions.length];
    switch (a?.kind) {
      case 'drop':
        break;
      case 'twice':
        this.deliver(to, frame);
        this.deliver(to, frame);
        break;
      case 'later':
        if (held === null) {
          this.held = { to, frame };
          return;
        }
        this.deliver(to, frame);
        break;
      case 'flip':
        // One bit behind the Ethernet header, which every checksum notices. ARP has none: its frames stay whole.
        if (isIp(frame)) frame[14 + (a.at % (frame.length - 14))]! ^= 1 << a.bit;
        this.deliver(to, frame);
        break;
      case 'cut':
        this.deliver(to, isIp(frame) ? frame.slice(0, a.at % frame.length) : frame);
        break;
      case 'fragment': {
        const pieces = fragments(frame, a.size);
        if (a.backwards) pieces.reverse();
        if (a.lose && pieces.length > 1) pieces.pop();
        for (const piece of pieces) this.deliver(to, piece);
        break;
      }
      case 'before':
        this.deliver(to, a.bytes);
        this.deliver(to, frame);
        break;
      default:
        this.deliver(to, frame);
    }
    if (held !== null && this.held === held) {
      this.held = null;
      this.deliver(held.to, held.frame);
    }
  }

  /** Lets the frame that was held back go. */
  release(): void {
    const { held } = this;
    this.held = null;
    if (held !== null) this.deliver(held.to, held.frame);
  }

  close(): void {
    for (const k of this.machines) k.shutdown();
    for (const k of this.machines) {
      expect(skbStats(k).live).toBe(0);
      expect(k.get(SKB).headsLive).toBe(0);
    }
  }
}

const bytesOf = (n: number, salt: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7 + (i >> 8) * 13 + salt) & 255);
const seconds = (n: number): Uint8Array => {
  const out = new Uint8Array(16);
  out[0] = n;
  return out;
};
/** What a program may be told on a cable that loses everything. */
const TIMEOUTS = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'EAGAIN']);

/** Runs `fn`; an error that is a lost connection is `null`, as the cable may be that bad. */
async function orTimeout<T>(fn: () => Promise<T>, also: readonly string[] = []): Promise<T | null> {
  try {
    return await fn();
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (TIMEOUTS.has(code) || also.includes(code)) return null;
    throw error;
  }
}

/** TCP bytes there and back: the client gets what it sent (true), or is told that it does not. */
async function echo(p: Pair, listener: number, size: number): Promise<boolean> {
  const [server, client] = p.tasks as [Task, Task];
  const data = bytesOf(size, size);
  const back = new Uint8Array(size + 1);
  let accepted = -1;
  const serving = orTimeout(async () => {
    const fd = await server.accept(listener);
    accepted = fd;
    server.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, seconds(200));
    const buf = new Uint8Array(4096);
    for (;;) {
      const n = await server.recv(fd, buf);
      if (n === 0) break;
      await server.send(fd, buf.subarray(0, n));
    }
    server.shutdown(fd, SHUT_WR);
  });
  const fd = client.socket(AF_INET, SOCK_STREAM);
  client.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, seconds(200));
  let got = 0;
  let sending: Promise<unknown> = Promise.resolve();
  const whole = await orTimeout(async () => {
    await client.connect(fd, sockaddrIn(SERVER, 7));
    // The receiver may give up and close first.
    sending = orTimeout(async () => {
      await client.send(fd, data);
      client.shutdown(fd, SHUT_WR);
    }, ['EBADF']);
    for (;;) {
      const n = await client.recv(fd, back.subarray(got));
      if (n === 0) break;
      got += n;
    }
    return true;
  });
  // What came is right, whether or not it is all.
  expect(back.subarray(0, got)).toEqual(data.subarray(0, got));
  if (whole !== null) expect(got).toBe(size);
  client.close(fd);
  await sending;
  if (accepted < 0) {
    // Nobody came: somebody does, so that the server goes on.
    p.spoil([]);
    p.release();
    const knock = client.socket(AF_INET, SOCK_STREAM);
    await client.connect(knock, sockaddrIn(SERVER, 7));
    client.close(knock);
  }
  await serving;
  if (accepted >= 0) server.close(accepted);
  return whole !== null;
}

/** Datagrams of several sizes: what comes back is what was sent, if it comes. */
async function datagrams(p: Pair, sizes: readonly number[]): Promise<void> {
  const [server, client] = p.tasks as [Task, Task];
  const sfd = server.socket(AF_INET, SOCK_DGRAM);
  server.bind(sfd, sockaddrIn(0, 53));
  const fd = client.socket(AF_INET, SOCK_DGRAM);
  await client.connect(fd, sockaddrIn(SERVER, 53));
  const buf = new Uint8Array(65_536);
  for (const size of sizes) {
    const data = bytesOf(size, 1);
    await orTimeout(() => client.send(fd, data));
    p.clock.advance(1e6);
    for (;;) {
      const n = server.sys.recv(sfd, buf, 0);
      if (n < 0) break;
      expect(sizes).toContain(n);
      expect(buf.slice(0, n)).toEqual(bytesOf(n, 1));
    }
  }
  server.close(sfd);
  client.close(fd);
}

/** Is an echo request answered, both ways? */
async function answers(p: Pair): Promise<boolean> {
  for (const [task, to] of [[p.tasks[0]!, CLIENT], [p.tasks[1]!, SERVER]] as const) {
    task.writeFile('/proc/sys/net/ipv4/ping_group_range', '0 1000');
    const fd = task.socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
    task.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, seconds(10));
    await task.connect(fd, sockaddrIn(to, 0));
    await task.send(fd, Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 1, 42));
    const buf = new Uint8Array(100);
    const n = await orTimeout(() => task.recv(fd, buf));
    task.close(fd);
    if (n !== 9 || buf[0] !== 0 || buf[8] !== 42) return false;
  }
  return true;
}

describe('a conversation over a cable that spoils frames', () => {
  it('brings the bytes or says that it cannot, and leaves nothing behind', { timeout: 60_000 + runs * 20 }, async () => {
    const p = new Pair();
    const reasons = new Set<string>();
    const listener = await p.clock.run(async () => {
      const fd = p.tasks[0]!.socket(AF_INET, SOCK_STREAM);
      p.tasks[0]!.bind(fd, sockaddrIn(0, 7));
      p.tasks[0]!.listen(fd, 16);
      await answers(p);
      return fd;
    });
    let whole = 0;
    let lost = 0;
    const before = p.machines.map((k) => skbStats(k).live);
    await fc.assert(fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 50 }), fc.constantFrom(1, 1000, 20_000, 60_000), async (actions, size) => {
      try {
        await p.clock.run(async () => {
          p.spoil(actions);
          if (await echo(p, listener, size)) whole++;
          else lost++;
          p.spoil(actions);
          await datagrams(p, [0, 1, 500, 1472, 1473, 4000]);
          p.spoil([]);
          p.release();
        });
        // The last packets of a connection, fragments (30 s) and TIME-WAIT (60 s) take their time.
        p.clock.advance(sec(400));
        expect(p.machines.map((k) => skbStats(k).live)).toEqual(before);
        expect(await p.clock.run(() => answers(p))).toBe(true);
      } catch (error) {
        if (error instanceof Error) error.message += `\n\nThe last frames:\n${p.trace.join('\n')}`;
        throw error;
      }
    }), { seed, numRuns: Math.ceil(runs / 50) });
    // Most cables are bad, not dead.
    expect(whole).toBeGreaterThan(4 * lost);
    for (const k of p.machines) for (const reason of Object.keys(k.get(SKB).dropCounts())) reasons.add(reason);
    expect(reasons).not.toContain('NOT_SPECIFIED');
    expect([...reasons]).toEqual(expect.arrayContaining(['TCP_CSUM', 'UDP_CSUM', 'IP_CSUM', 'PKT_TOO_SMALL', 'FRAG_REASM_TIMEOUT']));
    p.close();
  });
});

describe('super-segments with any virtio header', () => {
  it('are taken, cut or dropped by name', async () => {
    const clock = new VirtualClock();
    const k = createKernel({ modules: inetStack, clock, seed: 1, debug: true });
    const devs = ['eth0', 'eth1'].map((name, i) => createTap(k.initNet, {
      name, vnetHdr: i === 0, mac: Uint8Array.from([2, 0, 0, 0, i, 1]), port: { transmit: () => true },
    }) as NetDevice);
    const route = ipRoute(k);
    for (const name of ['lo', 'eth0', 'eth1']) route.link.up(name);
    route.addr.add({ dev: 'eth0', address: '10.0.0.1/24' });
    route.addr.add({ dev: 'eth1', address: '10.1.0.1/24' });
    route.neigh.add({ dev: 'eth1', dst: '10.1.0.2', lladdr: '02:00:00:00:01:02', state: 'permanent' });
    k.initNet.sysctl.write('net.ipv4.ip_forward', '1');
    const before = skbStats(k).live;
    const header = fc.record({
      flags: fc.constantFrom(0, 1, 1, 1, 2, 3, 255), gso: fc.constantFrom(0, 1, 1, 1, 3, 4, 5, 0x81, 77), hdrLen: fc.constantFrom(0, 54, 66, 1000, 65535),
      size: fc.oneof(fc.constantFrom(0, 1, 536, 1448, 1460, 65535), fc.nat(65535)), start: fc.oneof(fc.constantFrom(34, 34, 0, 14, 65535), fc.nat(2000)),
      offset: fc.oneof(fc.constantFrom(16, 16, 6, 65535), fc.nat(100)),
    });
    const frame = fc.record({ header, len: fc.oneof(fc.constantFrom(0, 1, 1448, 1460, 2896, 60_000), fc.nat(65_400)), to: fc.constantFrom('10.0.0.1', '10.1.0.2', '10.1.0.2'), flags: fc.constantFrom('A', 'PA', 'FA', 'S', 'AUC'), cut: fc.boolean(), at: fc.nat() });
    fc.assert(fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), (frames) => {
      for (const f of frames) {
        const layers: Layer[] = [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ip({ src: '10.0.0.2', dst: f.to, df: true }), tcp({ sport: 1, dport: 80, flags: f.flags, seq: 5 }), payload(new Uint8Array(f.len))];
        const bytes = build(...layers);
        const whole = new Uint8Array(10 + bytes.length);
        const view = new DataView(whole.buffer);
        view.setUint8(0, f.header.flags);
        view.setUint8(1, f.header.gso);
        view.setUint16(2, f.header.hdrLen, true);
        view.setUint16(4, f.header.size, true);
        view.setUint16(6, f.header.start, true);
        view.setUint16(8, f.header.offset, true);
        whole.set(bytes, 10);
        k.enter();
        tapReceive(devs[0]!, whole, 0, f.cut ? f.at % whole.length : whole.length);
        k.exit();
      }
      clock.advance(sec(1));
    }), { seed, numRuns: Math.ceil(runs / 4) });
    clock.advance(sec(400));
    expect(skbStats(k).live).toBe(before);
    const reasons = Object.keys(k.get(SKB).dropCounts());
    expect(reasons).not.toContain('NOT_SPECIFIED');
    // Some of them did pass, cut to what the second link carries.
    expect(devs[1]!.stats.txPackets).toBeGreaterThan(100);
    k.shutdown();
    expect(skbStats(k).live).toBe(0);
    expect(k.get(SKB).headsLive).toBe(0);
  });
});
