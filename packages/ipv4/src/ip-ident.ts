/** Identifications for packets that no connected socket sends (RFC 791, RFC 6864, RFC 7739 5.3). */
import { jhash3words } from '@linnet/kernel';
import type { RngStream } from '@linnet/kernel';

const IDENTS = 2048;

/**
 * Counters by a keyed hash of (destination, source, protocol), moved on by a random amount for the time that passed, so that
 * nobody can count our packets (ip_idents).
 * @alpha
 */
export class IpIdents {
  readonly ids: Uint16Array;
  readonly stamps: Int32Array;
  readonly key: number;
  readonly rng: RngStream;

  constructor(rng: RngStream) {
    this.ids = new Uint16Array(IDENTS);
    this.stamps = new Int32Array(IDENTS);
    this.key = rng.u32() | 0;
    this.rng = rng;
    for (let i = 0; i < IDENTS; i++) this.ids[i] = rng.u32();
  }
}

/** Takes `segs` identifications for a flow at `now`, in ticks of 4 ms as Debian's kernels have them, and returns the first (ip_idents_reserve). @alpha */
export function ipIdentsReserve(idents: IpIdents, now: number, saddr: number, daddr: number, protocol: number, segs: number): number {
  const slot = jhash3words(daddr, saddr, protocol, idents.key) & (IDENTS - 1);
  const passed = (now - idents.stamps[slot]!) | 0;
  idents.stamps[slot] = now;
  const step = passed > 0 ? idents.rng.below(passed) : 0;
  const id = (idents.ids[slot]! + step) & 0xffff;
  idents.ids[slot] = id + segs;
  return id;
}
