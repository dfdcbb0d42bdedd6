// Bytes to send: the same in every run, different everywhere, with their SHA-256 known.
import { createCipheriv, createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

/** `length` bytes that no compression and no repeated block can hide an error in. */
export class TestData {
  readonly bytes: Buffer;
  readonly sha256: string;

  constructor(length: number) {
    const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
    this.bytes = cipher.update(Buffer.alloc(length));
    this.sha256 = createHash('sha256').update(this.bytes).digest('hex');
  }
}

/** A receiver: how many bytes came, and their SHA-256. */
export class Digest {
  length = 0;
  private readonly hash: Hash = createHash('sha256');

  add(chunk: Uint8Array): void {
    this.length += chunk.length;
    this.hash.update(chunk);
  }

  end(): string {
    return this.hash.digest('hex');
  }
}

/** Megabytes a second, for the report of a row. */
export function rate(bytes: number, ms: number): string {
  return `${(bytes / 1e3 / ms).toFixed(1)} MB/s`;
}

/** One line of the report that a run leaves: what was measured, not what is asserted. */
export function row(name: string, ...facts: (string | number)[]): void {
  process.stdout.write(`    ${name}: ${facts.join(', ')}\n`);
}
