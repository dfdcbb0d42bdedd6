/** Frames for tests: made, sent out of a device as they are, and seen at a device. */
import type { Kernel } from '@linnet/kernel';
import { allocSkb, skbPut, skbReserve, skbResetMacHeader, skbResetNetworkHeader, skbStats } from '@linnet/skbuff';
import { copyFrame, devAddTap, frameLength } from './capture.ts';
import { devQueueXmit } from './dev-tx.ts';
import type { NetDevice } from './netdevice.ts';

/** An EtherType for local experiments (IEEE 802): nobody else handles it. @public */
export const ETH_P_TEST = 0x88b5;

/** An Ethernet frame with `payload` behind the header. @public */
export function testFrame(dst: Uint8Array, src: Uint8Array, payload: Uint8Array, type: number = ETH_P_TEST): Uint8Array {
  const f = new Uint8Array(14 + payload.length);
  f.set(dst.subarray(0, 6), 0); // datapath-ok: tests only
  f.set(src.subarray(0, 6), 6); // datapath-ok: tests only
  f[12] = type >> 8;
  f[13] = type & 255;
  f.set(payload, 14);
  return f;
}

/** Sends bytes out of a device as they are, from the Ethernet header on; returns what devQueueXmit did. @public */
export function sendFrame(dev: NetDevice, bytes: Uint8Array): number {
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

/** A frame that {@link watchFrames} saw. @public */
export interface SeenFrame {
  readonly dev: string;
  /** Was it on its way out? */
  readonly out: boolean;
  readonly bytes: Uint8Array;
  /** Nanoseconds of the kernel's clock. */
  readonly at: number;
}

/** Records what a device receives (or, with `outgoing`, also sends), oldest first, for as long as the kernel lives. @public */
export function watchFrames(k: Kernel, dev: NetDevice, outgoing: boolean = false): SeenFrame[] {
  const seen: SeenFrame[] = [];
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

/** Ends a kernel; throws when packets are left. @public */
export function endKernel(k: Kernel): void {
  k.shutdown();
  const { live } = skbStats(k);
  if (live !== 0) throw new Error(`${live} packets are left`);
}
