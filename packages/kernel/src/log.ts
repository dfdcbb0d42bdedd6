import type { Kernel } from './kernel.ts';
import { NSEC_PER_SEC } from './clock.ts';
import { WaitEntry, WaitQueueHead, wakeUpPoll } from './wait.ts';

/** The system is unusable. Levels are those of syslog(2). @alpha */
export const KERN_EMERG = 0;
/** Action must be taken at once. @alpha */
export const KERN_ALERT = 1;
/** Critical conditions. @alpha */
export const KERN_CRIT = 2;
/** Errors. @alpha */
export const KERN_ERR = 3;
/** Warnings. @alpha */
export const KERN_WARNING = 4;
/** Normal, but significant. @alpha */
export const KERN_NOTICE = 5;
/** Information. @alpha */
export const KERN_INFO = 6;
/** For those who look for faults. @alpha */
export const KERN_DEBUG = 7;

/**
 * One message of the kernel.
 * @public
 */
export interface LogRecord {
  /** Counts from 0 without gaps. */
  readonly seq: number;
  /** 0 (emergency) to 7 (debug). */
  readonly level: number;
  /** Nanoseconds since the kernel was made. */
  readonly time: number;
  readonly text: string;
}

/** Messages that packets cause: so many in so long a time (net.core.message_burst, net.core.message_cost). */
const NET_BURST = 10;
const NET_INTERVAL: number = 5 * NSEC_PER_SEC;

/** So many messages are kept. */
const CAPACITY = 1024;

/**
 * The ring of the kernel's messages. Source: printk, dmesg(1).
 * @public
 */
export class PrintkLog {
  private readonly kernel: Kernel;
  private readonly ring: LogRecord[];
  private readonly readers: WaitQueueHead;
  private seq: number;
  private netSince: number;
  private netLeft: number;

  /** @internal Each kernel has its own. */
  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.ring = [];
    this.readers = new WaitQueueHead();
    this.seq = 0;
    this.netSince = 0;
    this.netLeft = NET_BURST;
  }

  /**
   * May another message that a packet causes be written? Ten in five seconds, of the whole kernel: ask before its text is made.
   * Source: net_ratelimit.
   * @alpha
   */
  netRatelimit(): boolean {
    const now = this.kernel.now();
    if (now - this.netSince >= NET_INTERVAL) {
      this.netSince = now;
      this.netLeft = NET_BURST;
    }
    if (this.netLeft === 0) return false;
    this.netLeft--;
    return true;
  }

  /** Adds a message of a level from 0 to 7. */
  printk(level: number, text: string): void {
    const k = this.kernel;
    const record = { seq: this.seq, level, time: k.now() - k.bootNs, text };
    this.ring[this.seq++ % CAPACITY] = record;
    wakeUpPoll(k, this.readers, 1);
  }

  /** Adds an error. */
  err(text: string): void {
    this.printk(KERN_ERR, text);
  }

  /** Adds a warning. */
  warn(text: string): void {
    this.printk(KERN_WARNING, text);
  }

  /** Adds a notice. */
  notice(text: string): void {
    this.printk(KERN_NOTICE, text);
  }

  /** Adds information. */
  info(text: string): void {
    this.printk(KERN_INFO, text);
  }

  /** Adds a message for those who look for faults. */
  debug(text: string): void {
    this.printk(KERN_DEBUG, text);
  }

  /** The messages that are still kept, oldest first, from number `since` on. */
  records(since = 0): LogRecord[] {
    const out: LogRecord[] = [];
    for (let i = Math.max(since, this.seq - CAPACITY, 0); i < this.seq; i++) out.push(this.ring[i % CAPACITY]!);
    return out;
  }

  /** The messages as lines of dmesg(1): '[    1.234567] text'. */
  dmesg(): string {
    return this.records()
      .map((r) => `[${(r.time / NSEC_PER_SEC).toFixed(6).padStart(12)}] ${r.text}\n`)
      .join('');
  }

  /**
   * Tells `fn` every later message, in order, outside of the kernel (as a wake-up, so also those of several calls at once). Returns a
   * function that ends it. A subscriber that throws is told no more.
   */
  subscribe(fn: (record: LogRecord) => void): () => void {
    let next = this.seq;
    const entry = new WaitEntry(() => {
      try {
        // Messages may come while fn runs.
        while (entry.queue !== null && next < this.seq) {
          next = Math.max(next, this.seq - CAPACITY);
          fn(this.ring[next++ % CAPACITY]!);
        }
      } catch (error) {
        this.readers.remove(entry);
        throw error;
      }
    });
    this.readers.add(entry);
    return () => this.readers.remove(entry);
  }
}
