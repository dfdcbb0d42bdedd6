import { closeSync, openSync, writeSync } from 'node:fs';
import { PcapngWriter } from './pcapng.ts';
import type { PcapngOptions } from './pcapng.ts';

/**
 * What `openPcapngFile` takes beside the capture's own options.
 *
 * @public
 */
export interface PcapngFileOptions extends PcapngOptions {
  /** Told once when writing fails (a full disk, a reader that went away); nothing more is written then. Without it, `close()` throws the error. */
  readonly onError?: (error: Error) => void;
}

/**
 * A capture that goes to a file.
 *
 * @public
 */
export interface PcapngFile {
  /** Packets go in here. Writing to it does not throw for a failing disk: see `error`. */
  readonly writer: PcapngWriter;
  /** Bytes written to the file so far; what the writer still gathers is not among them. */
  readonly bytesWritten: number;
  /** Why writing failed, or null. */
  readonly error: Error | null;
  /** Write the statistics and all that was gathered, and close the file. Does nothing the second time. */
  close(): void;
}

/**
 * Open a pcapng file for writing; what it held is gone. Packets are gathered in memory and written with `fs.writeSync` in
 * chunks of `chunkSize` bytes, and when `writer.flush()` or `close()` says so. `path` may be an open descriptor (1 for a pipe
 * into another program), which `close()` then leaves open.
 * Errors: those of `fs.openSync`, as ENOENT or EACCES.
 *
 * @public
 */
export function openPcapngFile(path: string | number, options: PcapngFileOptions = {}): PcapngFile {
  return new FileCapture(path, options);
}

class FileCapture implements PcapngFile {
  readonly writer: PcapngWriter;
  bytesWritten: number;
  error: Error | null;
  private fd: number;
  private readonly owned: boolean;
  private readonly onError: ((error: Error) => void) | undefined;

  constructor(path: string | number, options: PcapngFileOptions) {
    this.bytesWritten = 0;
    this.error = null;
    this.owned = typeof path === 'string';
    this.fd = typeof path === 'string' ? openSync(path, 'w') : path;
    this.onError = options.onError;
    this.writer = new PcapngWriter((chunk) => this.write(chunk), options);
  }

  close(): void {
    if (this.fd < 0) return;
    this.writer.end();
    const fd = this.fd;
    this.fd = -1;
    if (this.owned) closeSync(fd);
    if (this.error !== null && this.onError === undefined) throw this.error;
  }

  private write(chunk: Uint8Array): void {
    // A capture that fails must not take the datapath with it.
    if (this.error !== null) return;
    try {
      for (let off = 0; off < chunk.length; ) {
        const n = this.writeSome(chunk, off);
        off += n;
        this.bytesWritten += n;
      }
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
      this.onError?.(this.error);
    }
  }

  private writeSome(chunk: Uint8Array, off: number): number {
    try {
      return writeSync(this.fd, chunk, off, chunk.length - off);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // A pipe that Node made non-blocking is full: its reader needs a moment, and a capture has no other place to put the bytes.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      return 0;
    }
  }
}
