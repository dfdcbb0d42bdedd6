/** How many ICMP messages a namespace sends in all, over both versions of IP (ip-sysctl: icmp_msgs_per_sec, icmp_msgs_burst). */
import { HZ, type RngStream } from '@linnet/kernel';

/** Jiffies between two refills at least, and what a refill counts at most. */
const REFILL_MIN: number = HZ / 50;
const REFILL_MAX = HZ;

/** Tokens for the limited ICMP messages of a namespace. @alpha */
export class IcmpGlobal {
  /** `icmp_msgs_per_sec` and `icmp_msgs_burst`. */
  perSec = 1000;
  burst = 50;
  private credit = 0;
  private stamp: number;
  constructor(now: number) {
    this.stamp = (now - REFILL_MAX) | 0;
  }

  /** Is there a token at `now` jiffies? It is taken by {@link IcmpGlobal.consume} (icmp_global_allow). */
  allow(now: number): boolean {
    // Only an empty bucket is filled again.
    if (this.credit > 0) return true;
    const passed = Math.min((now - this.stamp) >>> 0, REFILL_MAX);
    if (passed >= REFILL_MIN) {
      const more = Math.floor((this.perSec * passed) / HZ);
      if (more > 0) {
        this.credit = Math.min(this.credit + more, this.burst);
        this.stamp = now;
      }
    }
    return this.credit > 0;
  }

  /** A random number of tokens goes, so that nobody can read our traffic off the limit (icmp_global_consume). */
  consume(rng: RngStream): void {
    this.credit = Math.max(0, this.credit - rng.below(3));
  }
}
