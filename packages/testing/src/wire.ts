/**
 * A seeded, impairing wire between two ends that speak Ethernet frames: real TAPs, Linnet devices, or a test.
 *
 * The wire is a small Linnet machine: two TAP devices, frames of one handed to the other, a netem queue before each way out.
 */
import { createKernel, errnoName, type Clock, type Kernel, type KernelModule } from '@linnet/kernel';
import { devOpen, devQueueXmit, netdevRxHandlerRegister, RX_HANDLER_CONSUMED, type NetDevice } from '@linnet/netdev';
import { createTap, netem, netemSet, tap, tapReceive, tapWake, type NetemOptions } from '@linnet/netdevs';
import { skbPush, type Skb } from '@linnet/skbuff';

/** One end of a wire. @public */
export interface WireEnd {
  /** A frame enters the wire here; the bytes are copied. */
  send(u8: Uint8Array, off?: number, len?: number): void;
  /** A frame comes out here: `len` bytes at `off`, good during the call only. False holds it back until `wake`. */
  onFrame: (u8: Uint8Array, off: number, len: number) => boolean;
  wake(): void;
}

/** What a wire is made from. @public */
export interface WireOptions {
  readonly clock?: Clock;
  readonly seed?: number | string;
  /** What happens to frames from `a` to `b`; and from `b` to `a`, the same by default. */
  readonly ab?: NetemOptions;
  readonly ba?: NetemOptions;
  readonly mtu?: number;
  /** A virtio_net_hdr of 10 bytes stands before each frame at both ends, and super-segments go in. Default false. */
  readonly vnetHdr?: boolean;
  /** Modules beside TAP and netem: super-segments are cut for netem by those of their protocols. */
  readonly modules?: readonly KernelModule[];
}

/** A wire with its two ends. @public */
export interface Wire {
  readonly a: WireEnd;
  readonly b: WireEnd;
  readonly kernel: Kernel;
  /** Frames that went in and came out, and what netem and full queues dropped. */
  stats(): { in: number; out: number; dropped: number };
  close(): void;
}

/** Makes a wire; both ends drop what comes out until `onFrame` is set. Throws for impossible parameters. @public */
export function createWire(opts: WireOptions = {}): Wire {
  const k = createKernel({ modules: [tap, netem, ...(opts.modules ?? [])], ...(opts.clock === undefined ? {} : { clock: opts.clock }), ...(opts.seed === undefined ? {} : { seed: opts.seed }) });
  const ends: WireEnd[] = [];
  const devs: NetDevice[] = [];
  for (const name of ['a', 'b']) {
    const i = ends.length;
    const end: WireEnd = {
      send(u8, off = 0, len = u8.length - off) {
        k.enter();
        tapReceive(devs[i]!, u8, off, len);
        k.exit();
      },
      onFrame: () => true,
      wake: () => tapWake(devs[i]!),
    };
    const dev = createTap(k.initNet, { name, vnetHdr: opts.vnetHdr ?? false, mtu: opts.mtu ?? 9000, port: { transmit: (u8, off, len) => end.onFrame(u8, off, len) } });
    if (typeof dev === 'number') throw new Error(`createWire: mtu ${opts.mtu}: ${errnoName(dev)}`);
    ends.push(end);
    devs.push(dev);
  }
  k.run(() => {
    devs.forEach((dev, i) => {
      netdevRxHandlerRegister(dev, forward, devs[1 - i]!);
      devOpen(dev);
    });
  });
  // A queue in front of a device shapes what comes out of it: the way from a to b is b's.
  const impair = (dev: NetDevice, o: NetemOptions): void => {
    if (netemSet(dev, { limit: 100_000, ...o }) < 0) throw new RangeError(`createWire: ${JSON.stringify(o)} is out of range`);
  };
  if (opts.ab !== undefined) impair(devs[1]!, opts.ab);
  const ba = opts.ba ?? opts.ab;
  if (ba !== undefined) impair(devs[0]!, ba);
  return {
    a: ends[0]!,
    b: ends[1]!,
    kernel: k,
    stats: () => ({
      in: devs.reduce((n, d) => n + d.stats.rxPackets, 0),
      out: devs.reduce((n, d) => n + d.stats.txPackets, 0),
      dropped: devs.reduce((n, d) => n + d.stats.rxDropped + d.stats.txDropped + d.qdiscSleeping.drops, 0),
    }),
    close: () => k.shutdown(),
  };
}

/** Everything that one end receives goes out of the other. */
function forward(skb: Skb, data: object | null): number {
  skb.dev = data as NetDevice;
  skbPush(skb, 14); // the Ethernet header, which was pulled
  devQueueXmit(skb);
  return RX_HANDLER_CONSUMED;
}
