import { createKernel, VirtualClock, type Kernel, type KernelModule } from '@linnet/kernel';
import { copyFrame, devAddTap, devOpen, devQueueXmit, frameLength, type NetDevice } from '@linnet/netdev';
import { allocSkb, skbPut, skbReserve, skbStats, skbResetMacHeader, skbResetNetworkHeader } from '@linnet/skbuff';
import { expect } from 'vitest';

/** An EtherType for local experiments (IEEE 802): nobody else handles it. */
export const ETH_P_TEST = 0x88b5;

export function newKernel(modules: KernelModule[], seed: number = 1): { k: Kernel; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { k: createKernel({ modules, clock, seed, debug: true }), clock };
}

/** Ends the kernel and looks for leaks. */
export function finish(k: Kernel): void {
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
}

export function open(...devs: NetDevice[]): void {
  for (const d of devs) d.kernel.run(() => expect(devOpen(d)).toBe(0));
}

/** An Ethernet frame with `payload` behind the header. */
export function frame(dst: Uint8Array, src: Uint8Array, payload: Uint8Array, type: number = ETH_P_TEST): Uint8Array {
  const f = new Uint8Array(14 + payload.length);
  f.set(dst.subarray(0, 6), 0);
  f.set(src.subarray(0, 6), 6);
  f[12] = type >> 8;
  f[13] = type & 255;
  f.set(payload, 14);
  return f;
}

/** Sends bytes out of a device as they are. */
export function send(dev: NetDevice, bytes: Uint8Array): number {
  return dev.kernel.run(() => {
    const skb = allocSkb(dev.pool, 64 + bytes.length);
    skbReserve(skb, 64);
    skb.u8.set(bytes, skbPut(skb, bytes.length));
    skb.dev = dev;
    skbResetMacHeader(skb);
    skbResetNetworkHeader(skb);
    skb.networkHeader += 14;
    skb.protocol = (bytes[12]! << 8) | bytes[13]!;
    return devQueueXmit(skb);
  });
}

export interface Seen {
  dev: string;
  out: boolean;
  bytes: Uint8Array;
  at: number;
}

/** Records what the devices of a kernel receive (or, with `outgoing`, also send). */
export function watch(k: Kernel, dev: NetDevice, outgoing: boolean = false): Seen[] {
  const seen: Seen[] = [];
  devAddTap(k, {
    dev,
    ignoreOutgoing: !outgoing,
    func: (skb, d, out) => {
      const bytes = new Uint8Array(frameLength(skb));
      copyFrame(skb, bytes);
      seen.push({ dev: d.name, out, bytes, at: k.ktime });
    },
  });
  return seen;
}
