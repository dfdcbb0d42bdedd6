// No node import: this part runs in browsers too.
import type { Kernel } from '@linnet/kernel';
import { copyFrame, devAddTap, frameLength } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { ARPHRD_ETHER, ARPHRD_LOOPBACK } from '@linnet/uapi';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW, PCAPNG_INBOUND, PCAPNG_OUTBOUND } from './pcapng.ts';
import type { PcapngWriter } from './pcapng.ts';

/** A super-segment of 64 KiB and its link header. */
const FIRST_BUFFER = 66_560;

/**
 * What `captureDevice` takes.
 *
 * @public
 */
export interface CaptureDeviceOptions {
  /** The name in the capture. Default the device's. */
  readonly name?: string;
  readonly description?: string;
  /** Longer frames are cut to this; 0 is no limit. Default 262,144. */
  readonly snapLen?: number;
}

/**
 * A capture under way.
 *
 * @public
 */
export interface DeviceCapture {
  /** The interface's number in the capture. */
  readonly interfaceId: number;
  /** No more frames. Does nothing the second time. */
  stop(): void;
}

/**
 * Write every frame that a Linnet device sends and receives to a capture, until `stop()`. Nothing in the stack changes by it.
 * A super-segment is one packet. A checksum that the stack left to the device is finished in the captured bytes, so that a
 * reader of the capture finds it right. Timestamps are the kernel's monotonic clock: make the writer with `epoch: captureEpoch(kernel)`
 * for the time of day, without it for a capture that begins at the clock's 0.
 * Source: packet(7), ETH_P_ALL.
 *
 * @public
 */
export function captureDevice(dev: NetDevice, writer: PcapngWriter, options: CaptureDeviceOptions = {}): DeviceCapture {
  const ethernet = dev.type === ARPHRD_ETHER || dev.type === ARPHRD_LOOPBACK;
  const interfaceId = writer.addInterface({
    name: options.name ?? dev.name,
    linkType: ethernet ? LINKTYPE_ETHERNET : LINKTYPE_RAW,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.snapLen === undefined ? {} : { snapLen: options.snapLen }),
    ...(dev.type === ARPHRD_ETHER ? { macAddress: dev.devAddr.subarray(0, 6) } : {}),
  });
  const kernel = dev.kernel;
  let buffer = new Uint8Array(FIRST_BUFFER);
  const look = (skb: Skb, _dev: NetDevice, outgoing: boolean): void => {
    const len = frameLength(skb);
    if (len > buffer.length) buffer = new Uint8Array(len);
    if (copyFrame(skb, buffer) !== len) return;
    writer.packet(interfaceId, kernel.clock.now(), outgoing ? PCAPNG_OUTBOUND : PCAPNG_INBOUND, buffer, 0, len);
  };
  const tap = devAddTap(kernel, { dev, func: look });
  return { interfaceId, stop: () => tap.remove() };
}

/**
 * Nanoseconds since 1970 at the 0 of a kernel's monotonic clock, as `PcapngOptions.epoch` wants it.
 *
 * @public
 */
export function captureEpoch(kernel: Kernel): bigint {
  return BigInt(Math.round(kernel.clock.wallNow() - kernel.clock.now()));
}
