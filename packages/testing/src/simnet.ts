/** Many machines in one virtual time, joined by links: a network in a test. */
import { createKernel, errnoName, sec, VirtualClock, type Kernel, type KernelModule } from '@linnet/kernel';
import { copyFrame, devAddTap, devOpen, frameLength, unregisterNetdevice, type NetDevice } from '@linnet/netdev';
import { createTap, netem, netemSet, tap, tapReceive, type NetemOptions } from '@linnet/netdevs';
import { skbStats } from '@linnet/skbuff';
import { Trace } from './trace.ts';

/** What a network is made from. @public */
export interface SimNetOptions {
  /** Modules of each machine; those of the links are added. */
  readonly modules: readonly KernelModule[];
  readonly seed?: number;
}

/** What a link is like: both ways unless `back` says otherwise. @public */
export interface LinkOptions extends NetemOptions {
  readonly mtu?: number;
  readonly back?: NetemOptions;
}

function impair(dev: NetDevice, opts: NetemOptions): void {
  const err = netemSet(dev, opts);
  if (err < 0) throw new RangeError(`link: ${dev.name}: ${JSON.stringify(opts)}: ${errnoName(err)}`);
}

/** Machines that share a clock; the same seed gives the same run. @public */
export class SimNet {
  readonly clock: VirtualClock = new VirtualClock();
  readonly machines: Kernel[] = [];
  /** What went over the links, for failing tests. */
  readonly trace: Trace = new Trace();
  private readonly modules: readonly KernelModule[];
  private readonly seed: number;

  constructor(opts: SimNetOptions) {
    this.modules = [...opts.modules, tap, netem];
    this.seed = opts.seed ?? 1;
  }

  /** A new machine; it traces what it sends. */
  machine(hostname: string): Kernel {
    const k = createKernel({ modules: this.modules, clock: this.clock, seed: `${this.seed}.${hostname}`, hostname, debug: true });
    devAddTap(k, {
      func: (skb, dev, outgoing) => {
        if (!outgoing) return;
        const bytes = new Uint8Array(frameLength(skb));
        copyFrame(skb, bytes);
        this.trace.add(k.ktime, `${hostname}:${dev.name}`, bytes);
      },
    });
    this.machines.push(k);
    return k;
  }

  /** Joins two machines with an Ethernet link; returns the two devices, up, with no addresses. Throws when a name is taken or a parameter is out of range. */
  link(a: Kernel, aName: string, b: Kernel, bName: string, opts: LinkOptions = {}): [NetDevice, NetDevice] {
    const { mtu, back, ...forth } = opts;
    const devs: NetDevice[] = [];
    for (const [k, name] of [[a, aName], [b, bName]] as const) {
      const peer = 1 - devs.length;
      const dev = createTap(k.initNet, {
        name,
        ...(mtu === undefined ? {} : { mtu }),
        port: {
          transmit(u8, off, len) {
            const to = devs[peer]!;
            to.kernel.enter();
            tapReceive(to, u8, off, len);
            to.kernel.exit();
            return true;
          },
        },
      });
      if (typeof dev === 'number') {
        for (const d of devs) unregisterNetdevice(d); // half a link would have nobody to send to
        throw new Error(`link: ${name} of ${k.hostname}: ${errnoName(dev)}`);
      }
      devs.push(dev);
    }
    const [da, db] = devs as [NetDevice, NetDevice];
    for (const d of devs) d.kernel.run(() => devOpen(d));
    if (Object.keys(forth).length > 0) impair(da, forth);
    const other = back ?? forth;
    if (Object.keys(other).length > 0) impair(db, other);
    return [da, db];
  }

  /** Lets time pass; with no argument until nothing is left to happen (an hour at most). */
  advance(ns?: number): void {
    if (ns === undefined) this.clock.runUntilIdle(sec(3600));
    else this.clock.advance(ns);
  }

  /** Runs a test over virtual time; when it fails, the last packets are in the message. */
  run<T>(fn: () => Promise<T> | T): Promise<T> {
    return this.trace.explain(() => this.clock.run(fn));
  }

  /** Ends all machines. Throws when one of them lost a packet's memory. */
  close(): void {
    for (const k of this.machines) {
      k.shutdown();
      const { live } = skbStats(k);
      if (live !== 0) throw new Error(`${k.hostname}: ${live} packets were never freed`);
    }
  }
}
