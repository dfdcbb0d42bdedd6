import type { Alarm, Clock } from './clock.ts';
import { NSEC_PER_MSEC } from './clock.ts';
import type { HostPerformance, HostTimer } from './host-env.ts';
import { hostClearTimeout, hostMacrotasks, hostPerformance, hostSetTimeout } from './host-env.ts';

/** The host's timers take an int32 of milliseconds; anything more fires at once. */
const MAX_TIMEOUT = 0x7fffffff;

/**
 * What the clock shows when the process or page starts. Were it 0, times would be small integers to the engine for the first two seconds, and then no more: everything that was
 * compiled till then would be thrown away.
 */
const START_NS = 2 ** 32;

/**
 * How a {@link HostClock} behaves.
 * @public
 */
export interface HostClockOptions {
  /**
   * Does an armed timer of a protocol keep the Node process alive? Default: false. Such a timer (a neighbour's timeout, a keepalive, a
   * garbage collection that repeats for ever) is no reason to go on: a server on a TAP is kept alive by the TAP's handle, and a blocking
   * call by {@link Clock.hold}. Without meaning in browsers.
   */
  readonly ref?: boolean;
  /**
   * Spend the last part of a millisecond before an alarm in turns of the event loop rather than be up to a millisecond late: for pacing and
   * for links with delays, at the price of a busy processor during that part. Default: false.
   */
  readonly precise?: boolean;
}

/**
 * The time and the turns of the process or page: performance.now, setTimeout, and setImmediate or a MessageChannel.
 * @public
 */
export class HostClock implements Clock {
  private readonly always: boolean;
  private readonly precise: boolean;
  private readonly performance: HostPerformance;
  private readonly macrotask: (fn: () => void) => void;
  private holds: number;
  /** While something holds the process, a timer of its own keeps it alive even when no alarm is set. */
  private holder: HostTimer | null;

  constructor(opts: HostClockOptions = {}) {
    this.always = opts.ref ?? false;
    this.precise = opts.precise ?? false;
    this.performance = hostPerformance();
    this.macrotask = hostMacrotasks();
    this.holds = 0;
    this.holder = null;
  }

  now(): number {
    return START_NS + Math.round(this.performance.now() * NSEC_PER_MSEC);
  }

  wallNow(): number {
    return (this.performance.timeOrigin + this.performance.now()) * NSEC_PER_MSEC;
  }

  createAlarm(fire: () => void): Alarm {
    return new HostAlarm(this, fire, this.always, this.precise ? this.macrotask : null);
  }

  defer(fn: () => void): void {
    this.macrotask(fn);
  }

  hold(): void {
    if (this.holds++ === 0) this.keepAlive();
  }

  release(): void {
    if (this.holds === 0) throw new Error('HostClock.release without hold');
    if (--this.holds > 0 || this.holder === null) return;
    hostClearTimeout(this.holder);
    this.holder = null;
  }

  private keepAlive(): void {
    this.holder = hostSetTimeout(() => this.keepAlive(), MAX_TIMEOUT);
  }
}

class HostAlarm implements Alarm {
  private readonly clock: HostClock;
  private readonly fire: () => void;
  private readonly ref: boolean;
  private readonly spin: ((fn: () => void) => void) | null;
  private readonly onTimeout: () => void;
  private readonly onTurn: () => void;
  private timer: HostTimer | null;
  private at: number;
  private spinning: boolean;

  constructor(clock: HostClock, fire: () => void, ref: boolean, spin: ((fn: () => void) => void) | null) {
    this.clock = clock;
    this.fire = fire;
    this.ref = ref;
    this.spin = spin;
    this.timer = null;
    this.at = Infinity;
    this.spinning = false;
    this.onTimeout = (): void => {
      this.timer = null;
      this.check();
    };
    this.onTurn = (): void => {
      this.spinning = false;
      if (this.timer === null) this.check();
    };
  }

  set(atNs: number): void {
    this.at = atNs;
    this.wait();
  }

  cancel(): void {
    this.at = Infinity;
    if (this.timer !== null) hostClearTimeout(this.timer);
    this.timer = null;
  }

  /** Fires if it is time. The host's timers may come a little early, and the longest waits are made in pieces. */
  private check(): void {
    if (this.at === Infinity) return;
    if (this.clock.now() < this.at) {
      this.wait();
      return;
    }
    this.at = Infinity;
    this.fire();
  }

  private wait(): void {
    if (this.timer !== null) hostClearTimeout(this.timer);
    this.timer = null;
    if (this.at === Infinity) return;
    const left = (this.at - this.clock.now()) / NSEC_PER_MSEC;
    if (this.spin !== null && left < 1) {
      // One turn at a time, however often the alarm is set meanwhile.
      if (!this.spinning) {
        this.spinning = true;
        this.spin(this.onTurn);
      }
      return;
    }
    const delay = this.spin === null ? Math.ceil(left) : Math.floor(left);
    this.timer = hostSetTimeout(this.onTimeout, Math.min(Math.max(delay, 0), MAX_TIMEOUT));
    if (!this.ref) this.timer.unref?.();
  }
}
