/** The machine that a script runs against: a kernel with virtual time and one TUN, on whose far side the script stands. */
import { createKernel, type Kernel, type KernelModule, ms, type Net, VirtualClock } from '@linnet/kernel';
import { devGetByName, type NetDevice, NETIF_F_GRO, NETIF_F_GSO, NETIF_F_SG, NETIF_F_TSO, NETIF_F_TSO6, netdevUpdateFeatures } from '@linnet/netdev';
import { createTap, tapReceive } from '@linnet/netdevs';
import { Task } from '@linnet/posix';
import { parseAddress } from './address.ts';
import { setRootQdisc } from './qdisc.ts';
import type { ShellHost } from './shell.ts';
import { forTun, readPacket, type Seen } from './wire.ts';

/** A program of the machine, as `runTool` of `@linnet/tools`. @public */
export type ToolRunner = (task: Task, argv: readonly string[], io: { out(text: string): void; err(text: string): void }) => number | Promise<number>;

/** What it is made from. */
export interface MachineOptions {
  readonly modules: readonly KernelModule[];
  readonly tool: ToolRunner;
  readonly seed: number;
  readonly mtu: number;
  readonly local: string;
  readonly prefix: number;
  readonly remote: string;
  readonly flushMetrics: (net: Net) => void;
  /** Text of a file beside the script, or null. */
  readonly readScript: (path: string) => string | null;
}

const DEV = 'tun0';
const KINDS: ReadonlySet<string> = new Set(['pfifo', 'bfifo', 'pfifo_fast', 'fq', 'fq_codel', 'codel', 'noqueue']);
const FEATURES: Readonly<Record<string, number>> = {
  tso: NETIF_F_TSO | NETIF_F_TSO6, gso: NETIF_F_GSO, gro: NETIF_F_GRO, sg: NETIF_F_SG,
};

/** One machine. */
export class Machine implements ShellHost {
  readonly kernel: Kernel;
  readonly clock: VirtualClock;
  readonly task: Task;
  /** Packets that it sent and nobody has looked at. */
  readonly sent: Seen[] = [];
  readonly files: Map<string, number> = new Map();
  /** Called for each packet that it sends. */
  onSent: ((p: Seen) => void) | null = null;
  private readonly opts: MachineOptions;
  private readonly dev: NetDevice;

  constructor(opts: MachineOptions) {
    this.opts = opts;
    this.clock = new VirtualClock();
    this.kernel = createKernel({ modules: opts.modules, clock: this.clock, seed: opts.seed });
    const port = {
      transmit: (u8: Uint8Array, off: number, len: number): boolean => {
        const p = readPacket(u8.slice(off, off + len), this.clock.now());
        if (p !== null) {
          this.sent.push(p);
          this.onSent?.(p);
        }
        return true;
      },
    };
    const dev = createTap(this.net, { name: DEV, mode: 'tun', port, mtu: opts.mtu });
    if (typeof dev === 'number') throw new Error(`cannot make ${DEV}: ${dev}`);
    this.dev = dev;
    this.task = new Task(this.kernel, { comm: 'packetdrill' });
  }

  get net(): Net {
    return this.kernel.initNet;
  }

  /** Gives it its addresses and routes. */
  async configure(): Promise<void> {
    const { local, prefix, remote, mtu } = this.opts;
    const v6 = local.includes(':');
    const full = v6 ? 128 : 32;
    const family = v6 ? ['-6'] : [];
    const commands = [
      ['ip', 'link', 'set', 'lo', 'up'],
      ['ip', 'link', 'set', DEV, 'up', 'mtu', String(mtu)],
      ['ip', ...family, 'addr', 'add', `${local}/${prefix}`, 'dev', DEV, ...(v6 ? ['nodad'] : [])],
      ['ip', ...family, 'route', 'add', `${remote}/${full}`, 'dev', DEV],
    ];
    for (const argv of commands) {
      let said = '';
      const io = { out: (t: string): void => void (said += t), err: (t: string): void => void (said += t) };
      const status = await this.opts.tool(this.task, argv, io);
      if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}: ${said.trim()}`);
    }
    // What the device says when it comes up is not the script's.
    this.clock.advance(ms(1));
    this.sent.length = 0;
  }

  /** A packet of the script's; `gso` > 0: as a train of segments. 0 or a negative errno. */
  inject(packet: Uint8Array, gso: number): number {
    const frame = forTun(packet, gso);
    this.kernel.enter();
    const err = tapReceive(this.dev, frame, 0, frame.length);
    this.kernel.exit();
    return err;
  }

  tool(argv: readonly string[], out: (text: string) => void, err: (text: string) => void): Promise<number> | number {
    return this.opts.tool(this.task, argv, { out, err });
  }

  readFile(path: string): string | null {
    const text = this.task.sys.readFile(path);
    return typeof text === 'string' ? text : null;
  }

  writeFile(path: string, text: string): number {
    // Parameters of the real kernel's modules, which a script sets to what they are by default.
    if (path.startsWith('/sys/module/')) return 0;
    return this.task.sys.writeFile(path, text);
  }

  features(name: string, changes: ReadonlyMap<string, boolean>): number {
    const dev = devGetByName(this.net, name);
    if (dev === null) return 1;
    this.kernel.enter();
    for (const [key, on] of changes) {
      const bits = FEATURES[key] ?? 0;
      dev.wantedFeatures = on ? dev.wantedFeatures | bits : dev.wantedFeatures & ~bits;
    }
    netdevUpdateFeatures(dev);
    this.kernel.exit();
    return 0;
  }

  qdisc(args: readonly string[]): number {
    const dev = devGetByName(this.net, args[args.indexOf('dev') + 1] ?? '');
    const kind = args.find((a) => KINDS.has(a));
    const gone = args[0] === 'delete' || args[0] === 'del';
    if (dev === null || (!gone && kind === undefined)) return 1;
    const limit = args.includes('limit') ? Number(args[args.indexOf('limit') + 1]) : null;
    const err = setRootQdisc(this.task, dev.ifindex, gone ? null : kind!, limit);
    // There may be none that could be deleted.
    return err === 0 || gone ? 0 : 2;
  }

  script(path: string): string | null {
    return this.opts.readScript(path);
  }

  flushMetrics(): void {
    this.opts.flushMetrics(this.net);
  }

  makeFile(path: string, size: number): void {
    this.files.set(path, size);
  }

  close(): void {
    this.task.exit();
    this.kernel.shutdown();
  }
}

/** The bytes of an address that must be one. */
export function address(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === null) throw new Error(`${text} is no IP address`);
  return bytes;
}
