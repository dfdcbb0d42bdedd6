/** `linnet capture`: everything that the real side sends into a TAP, as pcapng. */
import { captureEpoch, LINKTYPE_ETHERNET, openPcapngFile, openTap, PCAPNG_INBOUND } from '@linnet/host';
import { createKernel } from '@linnet/kernel';
import { bytesText } from './format.ts';
import { Progress } from './progress.ts';

/** What a capture can be told. */
export interface CaptureOptions {
  readonly tap: string;
  readonly netns?: string;
  readonly write: string;
  readonly snaplen: number;
  /** Stop after so many packets; Infinity for no limit. */
  readonly count: number;
  readonly print: (line: string) => void;
  readonly stopped: Promise<void>;
}

/** Captures until `stopped` or until `count` packets have come. Rejects when the TAP or the file cannot be had. */
export async function capture(opts: CaptureOptions): Promise<void> {
  const k = createKernel({ modules: [] });
  // Without offloads frames come as a wire would carry them.
  const tap = openTap({ name: opts.tap, vnetHdr: false, ...(opts.netns === undefined ? {} : { netns: opts.netns }) });
  try {
    // '-' is standard output, for a pipe into tshark.
    const file = openPcapngFile(opts.write === '-' ? 1 : opts.write, { epoch: captureEpoch(k) });
    const id = file.writer.addInterface({ name: tap.name, linkType: LINKTYPE_ETHERNET, snapLen: opts.snaplen });
    const progress = new Progress();
    let packets = 0;
    let bytes = 0;
    const full = new Promise<void>((resolve, reject) => {
      tap.onError(reject);
      tap.onReadable(() => {
        tap.drain((u8, off, len) => {
          if (packets >= opts.count) return;
          file.writer.packet(id, k.clock.now(), PCAPNG_INBOUND, u8, off, len);
          packets++;
          bytes += len;
        });
        progress.update(() => `${packets} packets, ${bytesText(bytes)}`);
        if (packets >= opts.count || file.error !== null) resolve();
      });
      tap.start();
    });
    const inside = opts.netns === undefined ? '' : `ip netns exec ${opts.netns} `;
    opts.print(`listening on ${tap.name} (${inside}ip link set ${tap.name} up); Ctrl-C ends it`);
    try {
      await Promise.race([full, opts.stopped]);
    } finally {
      progress.done();
      file.close();
    }
    opts.print(`${packets} packets, ${bytesText(bytes)}${opts.write === '-' ? '' : ` in ${opts.write}`}`);
  } finally {
    tap.close();
    k.shutdown();
  }
}
