import { hostRandom } from './host-env.ts';
import { SipHash } from './siphash.ts';

const BUFFER = 64;

/**
 * A stream of random numbers: with a seed sfc32 (Chris Doty-Humphrey's small fast counting generator), without one the host's own
 * generator, which cannot be foretold.
 * @public
 */
export class RngStream {
  private readonly buffer: Uint32Array;
  private at: number;
  private readonly seeded: boolean;
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  /** @internal Made by {@link Rng.stream}. Four words of seed, or null. */
  constructor(seed: Int32Array | null) {
    this.buffer = new Uint32Array(BUFFER);
    this.at = BUFFER;
    this.seeded = seed !== null;
    this.a = seed?.[0] ?? 0;
    this.b = seed?.[1] ?? 0;
    this.c = seed?.[2] ?? 0;
    this.counter = seed?.[3] ?? 0;
    // So that streams of similar seeds have nothing in common.
    if (this.seeded) for (let i = 0; i < 16; i++) this.next();
  }

  /** 32 random bits, as a number from 0 to 2^32 - 1. */
  u32(): number {
    if (this.at === BUFFER) this.refill();
    return this.buffer[this.at++]!;
  }

  /** A whole number from 0 to n - 1, each as likely; n from 1 to 2^32. Source: get_random_u32_below. */
  below(n: number): number {
    if (!(n >= 1 && n <= 0x100000000)) throw new RangeError(`RngStream.below: ${n} is not from 1 to 2^32`);
    // The last, incomplete run of n numbers below 2^32 is thrown away.
    const limit = 0x100000000 - (0x100000000 % n);
    let x = this.u32();
    while (x >= limit) x = this.u32();
    return x % n;
  }

  /** A number from 0 up to, but not including, 1: 53 random bits. */
  float(): number {
    return ((this.u32() >>> 5) * 0x4000000 + (this.u32() >>> 6)) / 0x20000000000000;
  }

  /** Fills `u8` with random bytes. Source: get_random_bytes. */
  fill(u8: Uint8Array): void {
    for (let i = 0; i < u8.length; i += 4) {
      let x = this.u32();
      const end = Math.min(i + 4, u8.length);
      for (let j = i; j < end; j++) {
        u8[j] = x & 255;
        x >>>= 8;
      }
    }
  }

  private refill(): void {
    if (this.seeded) for (let i = 0; i < BUFFER; i++) this.buffer[i] = this.next();
    else hostRandom(this.buffer);
    this.at = 0;
  }

  private next(): number {
    const t = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t;
  }
}

/**
 * The randomness of a kernel. Each consumer has a stream of its own, seeded from (seed, name), so a new consumer never shifts another.
 * @public
 */
export class Rng {
  /** Does it repeat from run to run? */
  readonly seeded: boolean;
  private readonly seed: string;
  private readonly streams: Map<string, RngStream>;
  private readonly secrets: Map<string, Uint8Array>;

  /** Without a seed everything comes from the host's entropy. */
  constructor(seed?: number | bigint | string) {
    this.seeded = seed !== undefined;
    this.seed = String(seed);
    this.streams = new Map();
    this.secrets = new Map();
  }

  /** The stream of that name; asked again, the same one, as far as it has got. By convention 'package.use': 'tcp.isn'. */
  stream(name: string): RngStream {
    let stream = this.streams.get(name);
    if (stream === undefined) {
      stream = new RngStream(this.seeded ? new Int32Array(this.derive('stream', name).buffer) : null);
      this.streams.set(name, stream);
    }
    return stream;
  }

  /** Sixteen secret bytes, the key of a {@link SipHash}: the same at every call for a name. */
  secret(name: string): Uint8Array {
    let secret = this.secrets.get(name);
    if (secret === undefined) {
      if (this.seeded) {
        secret = this.derive('secret', name);
      } else {
        secret = new Uint8Array(16);
        hostRandom(secret);
      }
      this.secrets.set(name, secret);
    }
    return secret.slice();
  }

  /** Sixteen bytes out of the seed, what they are for, and the name. */
  private derive(use: string, name: string): Uint8Array<ArrayBuffer> {
    // A length in front keeps ('1', '2x') and ('12', 'x') apart.
    const text = utf16(`${this.seed.length}:${this.seed}/${use}/${name}`);
    const out = new Uint8Array(16);
    const view = new DataView(out.buffer);
    const key = new Uint8Array(16);
    for (let half = 0; half < 2; half++) {
      key[0] = half;
      const hash = new SipHash(key);
      hash.hash(text, 0, text.length);
      view.setInt32(half * 8, hash.lo, true);
      view.setInt32(half * 8 + 4, hash.hi, true);
    }
    return out;
  }
}

function utf16(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    out[2 * i] = unit & 255;
    out[2 * i + 1] = unit >>> 8;
  }
  return out;
}
