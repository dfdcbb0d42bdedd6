import type { Net } from '@linnet/kernel';
import { EINVAL, errnoName } from '@linnet/kernel';
import { netifCarrierOff, unregisterNetdevice } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { createTap, tapReceive } from '@linnet/netdevs';
import { HostError } from './errors.ts';
import { openTap } from './tap.ts';
import type { OpenTapOptions, TapFd } from './tap.ts';

/**
 * What `attachTap` takes beside the TAP's own options.
 *
 * @public
 */
export interface AttachTapOptions extends OpenTapOptions {
  /** The name of Linnet's device. Default 'tap%d', as Linux calls it. */
  readonly device?: string;
  /** Its address, six bytes. Default random. */
  readonly mac?: Uint8Array;
  /** Default 1500. Give the real interface the same one. */
  readonly mtu?: number;
  /** Frames read before the event loop gets its turn. Default 64. */
  readonly budget?: number;
  /** Told once when the TAP stops working; Linnet's device has then lost its carrier. Without it, that is an uncaught exception. */
  readonly onError?: (error: HostError) => void;
}

/**
 * A device of a Linnet namespace whose other side is an interface of the real kernel.
 *
 * @public
 */
export interface AttachedTap {
  /** Linnet's side; bring it up as any other. */
  readonly dev: NetDevice;
  /** The real kernel's side. */
  readonly tap: TapFd;
  /** Take the device out of its namespace and close the TAP. Does nothing the second time. */
  close(): void;
}

/**
 * Open a TAP (or TUN) of the real kernel and put a device into `net` whose frames go in and out through it, super-segments and
 * unfinished checksums included. Frames that the real interface does not take, as while it is down, count as `txDropped`.
 * Errors: those of `openTap`; `HostError` EEXIST or EINVAL when the namespace refuses the device.
 *
 * @public
 */
export function attachTap(net: Net, options: AttachTapOptions = {}): AttachedTap {
  const mac = options.mac;
  if (mac !== undefined && mac.length !== 6) throw new HostError(`mac: expected 6 bytes, got ${mac.length}`, 'EINVAL', -EINVAL);
  const tap = openTap(options);
  const port = {
    transmit(u8: Uint8Array, off: number, len: number): boolean {
      // The real kernel takes a frame at once or not at all; nothing would tell when to try again, so a refused one is lost, as on a cable.
      if (tap.fd < 0 || tap.write(u8, off, len) < 0) dev.stats.txDropped++;
      return true;
    },
  };
  const made = createTap(net, {
    name: options.device ?? 'tap%d', port, mode: tap.mode, vnetHdr: tap.vnetHdrSize !== 0, vnetHdrLen: tap.vnetHdrSize,
    ...(mac === undefined ? {} : { mac }), ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
  });
  if (typeof made === 'number') {
    tap.close();
    const code = errnoName(made);
    throw new HostError(`the namespace refuses the device ${options.device ?? 'tap%d'} (${code}): check its name${mac === undefined ? '' : ', mac'} and mtu`, code, made);
  }
  const dev = made;
  const kernel = net.kernel;
  const budget = options.budget ?? 64;
  const receive = (u8: Uint8Array, off: number, len: number): void => {
    // What it refuses it has counted.
    tapReceive(dev, u8, off, len);
  };
  tap.onReadable(() => {
    // One entry for the whole batch: the softirqs run once after it.
    kernel.enter();
    try {
      tap.drain(receive, budget);
    } finally {
      kernel.exit();
    }
  });
  tap.onError((error) => {
    kernel.run(() => netifCarrierOff(dev));
    if (options.onError === undefined) throw error;
    options.onError(error);
  });
  tap.start();
  return {
    dev,
    tap,
    close(): void {
      if (tap.fd < 0) return;
      // The device first, so that what it still has to say can leave.
      unregisterNetdevice(dev);
      tap.close();
    },
  };
}
