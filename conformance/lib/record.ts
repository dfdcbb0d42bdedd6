// A capture of a Linnet device for the judge: whole frames, and of long transfers as much as a judge reads in reasonable time.
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { captureDevice, captureEpoch, PcapngWriter } from '@linnet/host';
import type { PcapngOptions } from '@linnet/host';
import type { NetDevice } from '@linnet/netdev';

export interface RecordOptions {
  /** Write everything up to so many bytes of frames. Default: everything. */
  readonly first?: number;
  /** After them, write `window` bytes of frames out of every `every`. Default: nothing more. */
  readonly every?: number;
  readonly window?: number;
  /** Told of every frame, written or not; the bytes are good during the call only. */
  readonly onFrame?: (buf: Uint8Array, off: number, len: number, outbound: boolean) => void;
}

/** Frames and their bytes that the ring for failing tests keeps. */
const RING = 256;
const RING_SNAP = 160;
const OUTBOUND = 2;

class SelectiveWriter extends PcapngWriter {
  readonly ring: { ns: number; flags: number; len: number; bytes: Uint8Array }[] = [];
  seen = 0;
  written = 0;
  private readonly opts: RecordOptions;

  constructor(sink: (chunk: Uint8Array) => void, pcapng: PcapngOptions, opts: RecordOptions) {
    super(sink, pcapng);
    this.opts = opts;
  }

  override packet(...args: Parameters<PcapngWriter['packet']>): void {
    const [, ns, flags, buf, off, len] = args as [number, number, number, Uint8Array, number, number];
    const { first = Infinity, every = Infinity, window = 0, onFrame } = this.opts;
    onFrame?.(buf, off, len, flags === OUTBOUND);
    this.remember(ns, flags, buf, off, len);
    const at = this.seen;
    this.seen += len;
    // Windows at the end of each stretch: the last of them is never cut short by the file's own beginning.
    const inWindow = at >= first && (at - first) % every >= every - window;
    if (at >= first && !inWindow) return;
    this.written++;
    super.packet(...args);
  }

  private remember(ns: number, flags: number, buf: Uint8Array, off: number, len: number): void {
    const n = Math.min(len, RING_SNAP);
    const slot = this.ring.length < RING ? { ns, flags, len, bytes: new Uint8Array(RING_SNAP) } : this.ring.shift()!;
    slot.ns = ns;
    slot.flags = flags;
    slot.len = len;
    slot.bytes.set(buf.subarray(off, off + n));
    this.ring.push(slot);
  }
}

/** A capture under way. */
export class Recording {
  readonly file: string;
  readonly dev: NetDevice;
  private readonly writer: SelectiveWriter;
  private readonly capture: { readonly interfaceId: number; stop(): void };
  private fd: number;

  constructor(dev: NetDevice, file: string, options: RecordOptions = {}) {
    this.file = file;
    this.dev = dev;
    this.fd = openSync(file, 'w');
    this.writer = new SelectiveWriter((chunk) => {
      for (let off = 0; off < chunk.length; ) off += writeSync(this.fd, chunk, off, chunk.length - off);
    }, { epoch: captureEpoch(dev.kernel), application: 'linnet conformance' }, options);
    this.capture = captureDevice(dev, this.writer);
  }

  /** Bytes of frames that went by, and frames written. */
  get seen(): number {
    return this.writer.seen;
  }

  get written(): number {
    return this.writer.written;
  }

  close(): void {
    if (this.fd < 0) return;
    this.capture.stop();
    this.writer.end();
    closeSync(this.fd);
    this.fd = -1;
  }

  /** Write the headers of the last frames to a file of their own. */
  saveLast(file: string): void {
    const chunks: Uint8Array[] = [];
    const writer = new PcapngWriter((chunk) => chunks.push(Uint8Array.from(chunk)), { epoch: captureEpoch(this.dev.kernel) });
    const id = writer.addInterface({ name: this.dev.name, snapLen: RING_SNAP });
    for (const { ns, flags, len, bytes } of this.writer.ring) {
      const whole = new Uint8Array(len);
      whole.set(bytes.subarray(0, Math.min(len, RING_SNAP)));
      writer.packet(id, ns, flags, whole, 0, len);
    }
    writer.end();
    writeFileSync(file, Buffer.concat(chunks));
  }
}
