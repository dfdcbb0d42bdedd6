// A neighbour on a wire who does as the test says, and two hosts that have to do with it: the real kernel behind a TAP, and a Linnet machine.
import { openTap, type TapFd } from '@linnet/host';
import type { NetDevice } from '@linnet/netdev';
import { createTap, tapReceive } from '@linnet/netdevs';
import { in6FromString } from '@linnet/uapi';
import { expectOk, type Program } from '../lib/exec.ts';
import { LinnetSide, RealSide, type Side } from '../tools/both.ts';

/** The host's device, addresses and hardware address. */
export const DEV = 't0';
const HOST_MAC = [2, 0, 0, 0, 0, 1];
const HOST4 = [10, 0, 0, 1];
const HOST6 = bytes6('fd00::1');
/** The neighbour's. */
export const PEER4 = '10.0.0.2';
export const PEER6 = 'fd00::2';
export const MAC_A = '02:00:00:00:00:0a';
export const MAC_B = '02:00:00:00:00:0b';

type Bytes = readonly number[];

function bytes6(text: string): Bytes {
  const words = in6FromString(text);
  if (words === null) throw new Error(`not an address: ${text}`);
  return Array.from(words).flatMap((w) => [w >>> 24, (w >>> 16) & 255, (w >>> 8) & 255, w & 255]);
}
const mac = (text: string): Bytes => text.split(':').map((x) => Number.parseInt(x, 16));
const PEER4_BYTES = PEER4.split('.').map(Number);
const PEER6_BYTES = bytes6(PEER6);

function sum16(b: Bytes): number {
  let sum = 0;
  for (let i = 0; i < b.length; i += 2) sum += (b[i]! << 8) | (b[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An ICMPv6 message in a frame. */
function icmp6(to: Bytes, from: Bytes, src: Bytes, dst: Bytes, body: number[]): Bytes {
  const sum = sum16([...src, ...dst, 0, 0, 0, body.length, 0, 0, 0, 58, ...body]);
  body[2] = sum >> 8;
  body[3] = sum & 255;
  return [...to, ...from, 0x86, 0xdd, 0x60, 0, 0, 0, 0, body.length, 58, 255, ...src, ...dst, ...body];
}

export interface Advertisement {
  readonly mac?: string;
  readonly solicited?: boolean;
  readonly override?: boolean;
  readonly router?: boolean;
  /** To all nodes instead of to the host alone. */
  readonly all?: boolean;
  /** Without its hardware address. */
  readonly bare?: boolean;
}

/** The neighbour. It answers those who ask for its addresses while `answers`, and writes down who asked, and how. */
export class Peer {
  answers = true;
  mac: string = MAC_A;
  /** What the host sent about this neighbour: 'all' to everybody who might be it, 'one' to its hardware address ('to' another), 'data' a datagram. */
  readonly seen: string[] = [];
  /** Sends a frame to the host. */
  send: (frame: Uint8Array) => void = () => {};

  /** A frame from the host. */
  receive(f: Uint8Array): void {
    const type = (f[12]! << 8) | f[13]!;
    const to = Array.from(f.subarray(0, 6), (x) => x.toString(16).padStart(2, '0')).join(':');
    const how = (f[0]! & 1) !== 0 ? 'all' : to === this.mac ? 'one' : `to ${to}`;
    if (type === 0x0806) {
      if (f[21] === 2) this.seen.push(`answer ${f.subarray(28, 32).join('.')}`);
      if (f[21] !== 1 || !PEER4_BYTES.every((x, i) => f[38 + i] === x)) return;
      // The host asks for itself: it tells its address.
      if (PEER4_BYTES.every((x, i) => f[28 + i] === x)) return;
      this.seen.push(how);
      if (this.answers) this.arpReply();
    } else if (type === 0x86dd && f[20] === 58 && f[54] === 136) {
      this.seen.push(`answer ${Array.from(f.subarray(62, 78), (x) => x.toString(16).padStart(2, '0')).join('')} ${f[58]!.toString(16)} ${how}`);
    } else if (type === 0x86dd && f[20] === 58 && f[54] === 135) {
      if (!PEER6_BYTES.every((x, i) => f[62 + i] === x)) return;
      this.seen.push(how);
      if (this.answers) this.advertise({ solicited: true, override: true });
    } else if ((type === 0x0800 && f[23] === 17) || (type === 0x86dd && f[20] === 17)) {
      this.seen.push(`data ${to}`);
    }
  }

  private out(b: Bytes): void {
    const frame = new Uint8Array(Math.max(b.length, 60));
    frame.set(b);
    this.send(frame);
  }
  private arp(op: number, to: Bytes, sender: Bytes, spa: Bytes, target: Bytes, tpa: Bytes): void {
    this.out([...to, ...sender, 8, 6, 0, 1, 8, 0, 6, 4, 0, op, ...sender, ...spa, ...target, ...tpa]);
  }
  /** An ARP reply to the host. */
  arpReply(): void {
    this.arp(2, HOST_MAC, mac(this.mac), PEER4_BYTES, HOST_MAC, HOST4);
  }
  /** The neighbour asks for the host, or for somebody else. */
  arpRequest(target?: string): void {
    this.arp(1, [255, 255, 255, 255, 255, 255], mac(this.mac), PEER4_BYTES, [0, 0, 0, 0, 0, 0], target?.split('.').map(Number) ?? HOST4);
  }
  /** It tells everybody its address (RFC 5227 section 3), as a request or a reply. */
  gratuitous(op: 1 | 2): void {
    this.arp(op, [255, 255, 255, 255, 255, 255], mac(this.mac), PEER4_BYTES, [0, 0, 0, 0, 0, 0], PEER4_BYTES);
  }
  /** A neighbour advertisement. */
  advertise(a: Advertisement = {}): void {
    const sender = mac(a.mac ?? this.mac);
    const flags = (a.router === true ? 0x80 : 0) | (a.solicited === true ? 0x40 : 0) | (a.override === true ? 0x20 : 0);
    const option = a.bare === true ? [] : [2, 1, ...sender];
    const dst = a.all === true ? bytes6('ff02::1') : HOST6;
    this.out(icmp6(a.all === true ? [0x33, 0x33, 0, 0, 0, 1] : HOST_MAC, sender, PEER6_BYTES, dst, [136, 0, 0, 0, flags, 0, 0, 0, ...PEER6_BYTES, ...option]));
  }
  /** It solicits the host, or somebody else. */
  solicit(target?: string): void {
    const of = target === undefined ? HOST6 : bytes6(target);
    const group = [...bytes6('ff02::1:ff00:0').slice(0, 13), ...of.slice(13)];
    this.out(icmp6([0x33, 0x33, 0xff, ...of.slice(13)], mac(this.mac), PEER6_BYTES, group, [135, 0, 0, 0, 0, 0, 0, 0, ...of, 1, 1, ...mac(this.mac)]));
  }
}

/** One host with its neighbour. */
export class Stage {
  readonly peer: Peer;
  private readonly side: Side;
  private readonly end: () => void;
  private monitor: Program | null = null;

  private constructor(side: Side, peer: Peer, end: () => void) {
    this.side = side;
    this.peer = peer;
    this.end = end;
  }

  static async real(): Promise<Stage> {
    const side = new RealSide();
    const peer = new Peer();
    const tap: TapFd = openTap({ name: DEV, netns: side.netns, vnetHdr: false, offload: false });
    tap.onReadable(() => void tap.drain((u8, off, len) => peer.receive(u8.subarray(off, off + len))));
    tap.start();
    peer.send = (f): void => void tap.write(f);
    return new Stage(side, peer, () => tap.close()).setUp();
  }

  static async linnet(): Promise<Stage> {
    const side = await new LinnetSide().open();
    const peer = new Peer();
    const { kernel } = side;
    const dev = createTap(kernel.initNet, {
      name: DEV, vnetHdr: false, port: {
        transmit(u8, off, len) {
          const copy = u8.slice(off, off + len);
          setImmediate(() => peer.receive(copy));
          return true;
        },
      },
    }) as NetDevice;
    peer.send = (f): void => void kernel.run(() => tapReceive(dev, f, 0, f.length));
    return new Stage(side, peer, () => {}).setUp();
  }

  private async setUp(): Promise<this> {
    await this.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.router_solicitations=0 net.ipv6.conf.default.addr_gen_mode=1');
    await this.sh(`ip link set ${DEV} address 02:00:00:00:00:01 && ip link set lo up && ip link set ${DEV} up`);
    await this.sh(`ip addr add 10.0.0.1/24 dev ${DEV} && ip addr add fd00::1/64 dev ${DEV} nodad`);
    // Quick, and with little left to chance.
    for (const table of ['arp_cache', 'ndisc_cache']) await this.sh(`ip ntable change name ${table} dev ${DEV} base_reachable 60000 retrans 200 delay_probe 300 locktime 0`);
    // The link watch of a real kernel acts once a second.
    await this.wait(1100);
    const monitor = this.side.start(`stdbuf -oL ip -ts monitor neigh dev ${DEV}`);
    this.monitor = monitor;
    // It says nothing when it is ready: an entry that comes and goes does.
    for (let i = 0; i < 50 && !monitor.stdout.includes('10.0.0.99'); i++) {
      await this.sh(`ip neigh replace 10.0.0.99 lladdr 02:00:00:00:00:63 dev ${DEV} nud permanent; ip neigh del 10.0.0.99 dev ${DEV}`);
      await this.wait(50);
    }
    this.peer.seen.length = 0;
    return this;
  }

  /** A shell command at the host. */
  async sh(command: string): Promise<string> {
    return expectOk(await this.side.run(command)).stdout;
  }
  /** A command that may fail: how it ended, and what it said. */
  async try(command: string): Promise<string> {
    const r = await this.side.run(command);
    return `${r.code} ${r.stdout}${r.stderr}`.trimEnd();
  }
  /** Starts a program at the host, which ends with the stage. */
  start(command: string): Program {
    return this.side.start(command);
  }
  /** The host sends a datagram to the neighbour: nothing answers it, nothing is confirmed by it. */
  async data(version: 4 | 6, flags: number = 0): Promise<void> {
    await this.side.run(`python3 -c "import socket; s=socket.socket(socket.AF_INET${version === 6 ? '6' : ''}, socket.SOCK_DGRAM); s.sendto(b'x', ${flags}, ('${version === 6 ? PEER6 : PEER4}', 9))"`);
  }
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
  /** Waits until the monitor has shown something (of this version's neighbour). */
  async until(pattern: RegExp, ms: number = 8000): Promise<void> {
    const end = performance.now() + ms;
    while (!pattern.test(this.story())) {
      if (performance.now() > end) return;
      await this.wait(10);
    }
    // What comes within the same tick of the kernel as the last change is not believed.
    await this.wait(50);
  }

  private lines(): { at: number; text: string }[] {
    const out: { at: number; text: string }[] = [];
    for (const line of this.monitor!.stdout.split('\n')) {
      const found = /^\[(.*?)\] (.*?) *$/.exec(line);
      if (found === null || found[2]!.includes('10.0.0.99') || found[2]!.includes('ff02:')) continue;
      out.push({ at: Date.parse(found[1]!.replace(/(\.\d{3})\d*/, '$1')), text: found[2]! });
    }
    return out;
  }
  /** What `ip monitor neigh` has shown so far, a line each. Entries that go together do so in the order of a hash with a random key: theirs is sorted. */
  story(): string {
    const lines = this.lines().map((l) => l.text);
    for (let from = 0, to = 0; from < lines.length; from = to) {
      for (to = from + 1; to < lines.length && lines[from]!.startsWith('Deleted') && lines[to]!.startsWith('Deleted');) to++;
      lines.splice(from, to - from, ...lines.slice(from, to).sort());
    }
    return lines.join('\n');
  }
  /** Milliseconds from each line of the story to the next. */
  intervals(): number[] {
    const at = this.lines().map((l) => l.at);
    return at.slice(1).map((t, i) => t - at[i]!);
  }
  /** The entries in the end. */
  async entries(): Promise<string> {
    const text = await this.sh(`ip neigh show dev ${DEV}; ip -s neigh show proxy dev ${DEV}`);
    return text.split('\n').map((l) => l.trimEnd()).filter((l) => !l.startsWith('ff02:')).sort().join('\n');
  }

  async close(): Promise<void> {
    await this.side.close();
    this.end();
  }
}
