/** Memory to read into: one block serves many small reads, a big read gets it whole. */

const BLOCK = 65536;
/** A rest smaller than this is not worth a read. */
const REST = 8192;

interface NodeBuffer {
  allocUnsafeSlow(size: number): Uint8Array;
}

/** Bytes of their own: a Buffer where the host has such, as its users expect. */
function copyOf(bytes: Uint8Array): Uint8Array {
  const { Buffer } = globalThis as { Buffer?: NodeBuffer };
  const out = Buffer === undefined ? new Uint8Array(bytes.length) : Buffer.allocUnsafeSlow(bytes.length);
  out.set(bytes);
  return out;
}

/** The blocks of a stack. A reader asks for room, reads, and takes what it read, before anybody else asks. */
export class ReadMemory {
  private block: Uint8Array = new Uint8Array(0);
  private off = 0;
  private datagram: Uint8Array = new Uint8Array(0);

  /** At least 8 KiB, at most 64. */
  room(): Uint8Array {
    if (this.block.length - this.off < REST) {
      // Where the host has memory that need not be zeroed, that is faster.
      const { Buffer } = globalThis as { Buffer?: NodeBuffer };
      this.block = Buffer === undefined ? new Uint8Array(BLOCK) : Buffer.allocUnsafeSlow(BLOCK);
      this.off = 0;
    }
    return this.off === 0 ? this.block : this.block.subarray(this.off);
  }

  /** The first `n` bytes of the room, for the reader to keep. */
  take(n: number): Uint8Array {
    const from = this.off;
    this.off += n;
    return this.block.subarray(from, this.off);
  }

  /** Room for the biggest datagram, the same each time. */
  scratch(): Uint8Array {
    if (this.datagram.length === 0) this.datagram = new Uint8Array(BLOCK);
    return this.datagram;
  }

  /** A copy of the first `n` bytes of the scratch room, for the reader to keep. */
  takeScratch(n: number): Uint8Array {
    const bytes = this.datagram.subarray(0, n);
    if (n > REST) return copyOf(bytes);
    this.room().set(bytes);
    return this.take(n);
  }
}
