// The setting of a test: namespaces of the real kernel, Linnet machines on their TAPs, captures. Everything is gone when the test is over,
// however it ends; every capture is judged; no machine may have lost a packet's memory.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attachTap } from '@linnet/host';
import type { AttachedTap } from '@linnet/host';
import { ipv4 } from '@linnet/ipv4';
import { createKernel, errnoName } from '@linnet/kernel';
import type { Kernel, KernelModule, Net } from '@linnet/kernel';
import { ipRoute, openNet } from '@linnet/net';
import type { IpRoute, NetStack } from '@linnet/net';
import type { NetDevice } from '@linnet/netdev';
import { createTap, tap as tapModule, tapReceive } from '@linnet/netdevs';
import { Task } from '@linnet/posix';
import { SKB, skbStats } from '@linnet/skbuff';
import { tcp } from '@linnet/tcp';
import { createWire } from '@linnet/testing';
import type { Wire, WireOptions } from '@linnet/testing';
import { udp } from '@linnet/udp';
import { openTap } from '@linnet/host';
import { TestNetns } from '../host/netns.ts';
import { Program, sh } from './exec.ts';
import type { ExecOptions } from './exec.ts';
import { Recording } from './record.ts';
import type { RecordOptions } from './record.ts';
import { judge, packets } from './tshark.ts';
import type { Verdict } from './tshark.ts';

/** An IPv4 address as Linnet keeps it. */
export function ip4(text: string): number {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((n) => !(n >= 0 && n <= 255))) throw new TypeError(`${text} is no IPv4 address`);
  return parts.reduce((sum, n) => (sum << 8) | n, 0) | 0;
}

function check(what: string, result: number): number {
  if (result < 0) throw new Error(`${what}: ${errnoName(result)}`);
  return result;
}

/** A Linnet machine with the stack that these tests are about. */
export class Machine {
  readonly kernel: Kernel;
  readonly net: Net;
  readonly task: Task;
  /** Its `ip` command. */
  readonly ip: IpRoute;
  /** Its sockets in the shape of node's. */
  readonly stack: NetStack;
  readonly recordings: { recording: Recording; address: string; both: boolean }[] = [];
  readonly closers: (() => void)[] = [];

  constructor(seed: number, extra: readonly KernelModule[] = []) {
    this.kernel = createKernel({ modules: [ipv4, tcp, udp, tapModule, ...extra], seed, debug: process.env['LINNET_DEBUG'] !== undefined });
    this.net = this.kernel.initNet;
    this.task = new Task(this.kernel);
    this.ip = ipRoute(this.net);
    this.stack = openNet(this.net);
    this.ip.link.set('lo', { up: true });
  }

  /** Write a sysctl of its namespace. */
  sysctl(name: string, value: string | number): void {
    check(`sysctl ${name}=${value}`, this.kernel.run(() => this.net.sysctl.write(name, String(value))));
  }

  /** A counter of /proc/net/snmp or /proc/net/netstat: 'Tcp.RetransSegs', 'TcpExt.TCPTimeouts', 'Icmp.OutErrors'. */
  counter(name: string): number {
    const [group, field] = name.split('.') as [string, string];
    for (const file of ['net/snmp', 'net/netstat']) {
      const lines = String(this.net.proc.read(file) ?? '').split('\n').filter((line) => line.startsWith(`${group}:`)).map((line) => line.split(' '));
      const at = lines[0]?.indexOf(field) ?? -1;
      if (at > 0) return Number(lines[1]![at]);
    }
    throw new Error(`no counter ${name}`);
  }

  /** All its counters that are not zero, and the drops by reason: for the message of a failing test. */
  counters(): string {
    const out: string[] = [];
    for (const file of ['net/snmp', 'net/netstat']) {
      const lines = String(this.net.proc.read(file) ?? '').trimEnd().split('\n');
      for (let i = 0; i + 1 < lines.length; i += 2) {
        const names = lines[i]!.split(' ');
        const values = lines[i + 1]!.split(' ');
        names.forEach((name, at) => { if (at > 0 && values[at] !== '0') out.push(`${names[0]!.slice(0, -1)}.${name}=${values[at]}`); });
      }
    }
    return `${out.join(' ')}\ndrops: ${JSON.stringify(this.drops())}`;
  }

  drops(): Record<string, number> {
    return this.kernel.get(SKB).dropCounts();
  }

  close(): void {
    this.task.exit();
    for (const close of this.closers.splice(0).reverse()) close();
    for (const { recording } of this.recordings) recording.close();
    this.kernel.shutdown();
  }
}

export interface TapLink {
  readonly netns: TestNetns;
  /** The interface's name in the namespace. Default tap0. */
  readonly name?: string;
  /** Linnet's address with its prefix, '10.9.0.2/24'. */
  readonly address: string;
  /** The real kernel's. */
  readonly peer: string;
  readonly mtu?: number;
  /** The MTU of the real interface, where it is to be another one. */
  readonly peerMtu?: number;
  readonly vnetHdr?: boolean;
  /** What the capture keeps; false for none. Default: everything. */
  readonly record?: RecordOptions | false;
  /** Judge the real kernel's frames too. Default true. */
  readonly both?: boolean;
}

export interface WireLink extends Omit<TapLink, 'vnetHdr'> {
  /** The way to Linnet and back; the same both ways unless `ba`. `a` is the real kernel's end. */
  readonly wire: Omit<WireOptions, 'mtu' | 'clock'>;
  /** Modules of the machine beside IPv4, TCP, UDP and TAP. */
  readonly modules?: readonly KernelModule[];
}

/** A Linnet machine on one TAP. */
export interface Linked {
  readonly machine: Machine;
  readonly dev: NetDevice;
  readonly netns: TestNetns;
  /** Linnet's address and the real kernel's, without prefixes. */
  readonly address: string;
  readonly peer: string;
}

export interface WireLinked extends Linked {
  readonly wire: Wire;
}

const bare = (address: string): string => address.split('/')[0]!;
const keep = fileURLToPath(new URL('../temp/', import.meta.url));
/** The largest capture that a failing test leaves behind, as a number of bytes that a CI's artefact may have. */
const KEEP_AT_MOST = 100e6;

export class Scene {
  readonly folder: string;
  readonly verdicts: Verdict[] = [];
  private readonly machines: Machine[] = [];
  private readonly namespaces: TestNetns[] = [];
  private readonly programs: Program[] = [];
  private readonly closers: (() => void | Promise<void>)[] = [];
  private captures = 0;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'linnet-conformance-'));
  }

  netns(): TestNetns {
    const made = new TestNetns();
    this.namespaces.push(made);
    return made;
  }

  machine(options: { readonly seed?: number; readonly modules?: readonly KernelModule[] } = {}): Machine {
    const made = new Machine(options.seed ?? 1, options.modules);
    this.machines.push(made);
    return made;
  }

  /** Something to do before the machines go. */
  defer(fn: () => void | Promise<void>): void {
    this.closers.push(fn);
  }

  /** A machine whose only link is a TAP into a namespace. */
  linnetOnTap(link: TapLink): Linked {
    return this.tap(this.machine(), link);
  }

  /** One more TAP for a machine. */
  tap(machine: Machine, link: TapLink): Linked {
    const name = link.name ?? 'tap0';
    const attached: AttachedTap = attachTap(machine.net, {
      name, netns: link.netns.name, device: `eth${machine.closers.length}`,
      ...(link.mtu === undefined ? {} : { mtu: link.mtu }), ...(link.vnetHdr === undefined ? {} : { vnetHdr: link.vnetHdr }),
    });
    machine.closers.push(() => attached.close());
    return this.plug(machine, attached.dev, name, link);
  }

  /** A machine whose only link is an impairing wire to a TAP in a namespace. */
  linnetOnWire(link: WireLink): WireLinked {
    const machine = this.machine(link.modules === undefined ? {} : { modules: link.modules });
    const name = link.name ?? 'tap0';
    const wire = createWire({ ...link.wire, mtu: 9000 });
    const tap = openTap({ name, netns: link.netns.name, vnetHdr: false });
    const made = createTap(machine.net, {
      name: 'eth0', vnetHdr: false, ...(link.mtu === undefined ? {} : { mtu: link.mtu }),
      port: { transmit(u8, off, len) { wire.b.send(u8, off, len); return true; } },
    });
    if (typeof made === 'number') throw new Error(`no device: ${errnoName(made)}`);
    const dev = made;
    wire.b.onFrame = (u8, off, len) => {
      machine.kernel.enter();
      tapReceive(dev, u8, off, len);
      machine.kernel.exit();
      return true;
    };
    // A frame that the interface does not take, as while it is down, is lost as on a cable.
    wire.a.onFrame = (u8, off, len) => { if (tap.fd >= 0) tap.write(u8, off, len); return true; };
    tap.onReadable(() => {
      wire.kernel.enter();
      machine.kernel.enter();
      tap.drain((u8, off, len) => wire.a.send(u8, off, len));
      wire.kernel.exit();
      machine.kernel.exit();
    });
    tap.onError(() => undefined);
    tap.start();
    machine.closers.push(() => {
      tap.close();
      wire.close();
    });
    return { ...this.plug(machine, dev, name, link), wire };
  }

  private plug(machine: Machine, dev: NetDevice, name: string, link: Omit<TapLink, 'vnetHdr'>): Linked {
    if (link.record !== false) {
      const recording = new Recording(dev, join(this.folder, `${this.captures++}-${dev.name}.pcapng`), link.record ?? {});
      machine.recordings.push({ recording, address: bare(link.address), both: link.both ?? true });
    }
    machine.ip.link.set(dev.name, { up: true });
    machine.ip.addr.add({ dev: dev.name, address: link.address, broadcast: '+' });
    link.netns.sh(`ip address add ${link.peer} dev ${name} && ip link set ${name} mtu ${link.peerMtu ?? link.mtu ?? 1500} up`);
    return { machine, dev, netns: link.netns, address: bare(link.address), peer: bare(link.peer) };
  }

  /** Start a program in a namespace; it is ended with the scene. */
  start(netns: TestNetns, command: string, options: ExecOptions = {}): Program {
    const program = new Program(netns.name, command, { timeout: 300_000, ...options });
    this.programs.push(program);
    return program;
  }

  /** Run a command in a namespace that must succeed: what it printed. */
  sh(netns: TestNetns, command: string, options: ExecOptions = {}): Promise<string> {
    return sh(netns.name, command, options);
  }

  private async close(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close();
    for (const program of this.programs) program.kill();
    for (const machine of this.machines) machine.close();
    for (const ns of this.namespaces) ns.delete();
  }

  private leaks(): void {
    for (const machine of this.machines) {
      const { live } = skbStats(machine.kernel);
      if (live !== 0) throw new Error(`${live} packets were never freed\n${machine.counters()}`);
    }
  }

  private async judge(): Promise<void> {
    for (const machine of this.machines) {
      // A device that nothing passed has nothing to judge, but some device must have something.
      const used = machine.recordings.filter(({ recording }) => recording.seen > 0);
      if (used.length === 0 && machine.recordings.length > 0) throw new Error('nothing was captured');
      for (const { recording, address, both } of used) this.verdicts.push(await judge(recording.file, { linnet: address, both }));
    }
  }

  private async explain(): Promise<string> {
    const parts: string[] = [];
    for (const machine of this.machines) {
      parts.push(machine.counters());
      for (const { recording } of machine.recordings) {
        const last = join(this.folder, `last-${basename(recording.file)}`);
        recording.saveLast(last);
        parts.push(`The last packets of ${recording.dev.name}:\n${await packets(last)}`);
        mkdirSync(keep, { recursive: true });
        const kept = join(keep, `failed-${process.pid}-${basename(recording.file)}`);
        copyFileSync(recording.seen <= KEEP_AT_MOST ? recording.file : last, kept);
        parts.push(`The capture is kept in ${kept}`);
      }
    }
    return parts.join('\n\n');
  }

  /** Set up, run, clean up, judge. What a test throws gets the packets added to its message. */
  static async run(fn: (scene: Scene) => Promise<void>): Promise<Verdict[]> {
    const scene = new Scene();
    let failure: unknown;
    try {
      try {
        await fn(scene);
      } catch (error) {
        failure = error ?? new Error('nothing was thrown');
        // Before the machines are gone: their counters are part of the story.
        for (const { recordings } of scene.machines) for (const { recording } of recordings) recording.close();
        if (error instanceof Error) error.message += `\n\n${await scene.explain().catch((why: unknown) => String(why))}`;
      }
      await scene.close().catch((error: unknown) => { failure ??= error; });
      if (failure !== undefined) throw failure;
      scene.leaks();
      try {
        await scene.judge();
      } catch (error) {
        if (error instanceof Error) error.message += `\n\n${await scene.explain().catch((why: unknown) => String(why))}`;
        throw error;
      }
      return scene.verdicts;
    } finally {
      rmSync(scene.folder, { recursive: true, force: true });
    }
  }
}

/** `it('...', scene(async (s) => { ... }))`. */
export function scene(fn: (scene: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    await Scene.run(fn);
  };
}

/** What `ip` says of a namespace, as JSON. */
export function ipJson<T>(netns: TestNetns, args: string): T {
  return JSON.parse(execFileSync('ip', ['-n', netns.name, '-j', ...args.split(' ')], { encoding: 'utf8' })) as T;
}
