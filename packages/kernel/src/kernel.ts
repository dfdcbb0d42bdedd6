import type { Alarm, Clock } from './clock.ts';
import { type Cred, ROOT_CRED } from './cred.ts';
import { HostClock } from './host-clock.ts';
import { HrtimerQueue } from './hrtimer.ts';
import { INITIAL_JIFFIES, TICK_NSEC } from './jiffies.ts';
import { PrintkLog } from './log.ts';
import type { KernelModule } from './module.ts';
import { sortModules } from './module.ts';
import { Net } from './net.ts';
import { NotifierChain } from './notifier.ts';
import { ProcTree } from './proc.ts';
import { Rng } from './rng.ts';
import { Slots } from './slots.ts';
import { HI_SOFTIRQ, MAX_SOFTIRQ_RESTART, Softirq, TASKLET_SOFTIRQ, TaskletQueue, TIMER_SOFTIRQ } from './softirq.ts';
import { SysctlTree } from './sysctl.ts';
import { TimerWheel } from './timer.ts';
import { WokenList } from './wait.ts';
import { WorkQueue } from './workqueue.ts';

/** So many are told of a wake-up before the host gets its turn. */
const WAKE_BUDGET = 4096;

/** The number of the initial network namespace, as recent kernels show it. */
const INIT_NET_INUM = 0xf0000000;

/**
 * What a kernel is made of.
 * @public
 */
export interface KernelOptions {
  /** What these require comes with them. */
  readonly modules: readonly KernelModule[];
  /** Default: a {@link HostClock}. */
  readonly clock?: Clock;
  /** With a seed all random numbers repeat from run to run; without one they come from the host's entropy. 1, 1n and '1' are one seed. */
  readonly seed?: number | bigint | string;
  /** Default: 'linnet'. */
  readonly hostname?: string;
  /** Lets packages check themselves at a cost. Default: false. */
  readonly debug?: boolean;
}

/**
 * One machine. It is entered by {@link Kernel.enter} (a system call, a frame from a driver, a callback of the host), runs to the end
 * without waiting, and is left by {@link Kernel.exit}. It shares nothing with other kernels but, perhaps, the clock.
 * @public
 */
export class Kernel extends Slots {
  readonly clock: Clock;
  readonly rng: Rng;
  /**
   * Softirqs that are pending, and their actions.
   * @alpha
   */
  readonly softirq: Softirq;
  /**
   * Timers of tick precision.
   * @alpha
   */
  readonly timers: TimerWheel;
  /**
   * Timers of nanosecond precision.
   * @alpha
   */
  readonly hrtimers: HrtimerQueue;
  /** Sysctls of the whole machine; each {@link Net} has a tree over this one. */
  readonly sysctl: SysctlTree;
  /** Files of /proc of the whole machine. */
  readonly proc: ProcTree;
  readonly log: PrintkLog;
  /**
   * Called with SYS_DOWN before the kernel shuts down.
   * @alpha
   */
  readonly rebootNotifiers: NotifierChain<number, null>;
  /** The modules, in the order of their initialisation. */
  readonly modules: readonly KernelModule[];
  /** All namespaces that live, oldest first. */
  readonly nets: Set<Net>;
  readonly initNet: Net;
  readonly debug: boolean;
  hostname: string;
  /**
   * Who makes the system call that is under way; root when none is.
   * @alpha
   */
  cred: Cred;
  /** The tick of now: int32, 1,000 a second, from INITIAL_JIFFIES. Read from the clock on entering and once in each softirq run. */
  jiffies: number;
  /** Monotonic nanoseconds of now, a double, read when `jiffies` is. */
  ktime: number;
  /** The clock's time when the kernel was made. */
  readonly bootNs: number;
  /** How often {@link Kernel.enter} was called and not yet answered by exit: 0 is outside. */
  depth: number;
  /** Set by {@link Kernel.shutdown}. */
  dead: boolean;
  /** @internal */
  readonly works: WorkQueue;
  /** @internal */
  readonly tasklets: TaskletQueue;
  /** @internal */
  readonly hiTasklets: TaskletQueue;
  /** @internal */
  readonly woken: WokenList;
  /** Calls of {@link Kernel.hold} not yet taken back. */
  private holds: number;
  private readonly alarm: Alarm;
  /** When the alarm will fire; Infinity: it is not set. */
  private alarmAt: number;
  /** May the alarm have to be earlier than it is set? */
  private rearm: boolean;
  private delivering: boolean;
  private sliceAsked: boolean;
  private readonly slice: () => void;
  private readonly onOops: (error: unknown, where: string) => void;
  private readonly onWakeError: (error: unknown) => void;
  /** The first error of a run; thrown by the outermost exit. */
  private oops: { readonly error: unknown } | null;
  private nextInum: number;
  /** When the next jiffy begins, by the clock. */
  private nextTick: number;

  /** Use {@link createKernel}. Throws what {@link sortModules} throws, and what a module throws (after undoing the others). */
  constructor(opts: KernelOptions) {
    super();
    this.modules = sortModules(opts.modules);
    this.clock = opts.clock ?? new HostClock();
    this.rng = new Rng(opts.seed);
    this.debug = opts.debug ?? false;
    this.hostname = opts.hostname ?? 'linnet';
    this.cred = ROOT_CRED;
    this.bootNs = Math.floor(this.clock.now());
    this.ktime = this.bootNs;
    this.jiffies = INITIAL_JIFFIES;
    this.nextTick = this.bootNs + TICK_NSEC;
    this.depth = 0;
    this.dead = false;
    this.softirq = new Softirq();
    this.timers = new TimerWheel(INITIAL_JIFFIES);
    this.hrtimers = new HrtimerQueue();
    this.works = new WorkQueue();
    this.tasklets = new TaskletQueue();
    this.hiTasklets = new TaskletQueue();
    this.woken = new WokenList();
    this.sysctl = new SysctlTree();
    this.proc = new ProcTree();
    this.log = new PrintkLog(this);
    this.rebootNotifiers = new NotifierChain<number, null>();
    this.nets = new Set();
    this.alarmAt = Infinity;
    this.holds = 0;
    this.rearm = false;
    this.delivering = false;
    this.sliceAsked = false;
    this.oops = null;
    this.nextInum = INIT_NET_INUM;
    this.onOops = (error, where): void => {
      this.log.err(`${where}: ${describe(error)}`);
      this.oops ??= { error };
    };
    this.onWakeError = (error): void => {
      this.log.err(`wake-up: ${describe(error)}`);
      this.clock.defer(() => {
        throw error;
      });
    };
    this.slice = (): void => {
      this.sliceAsked = false;
      if (this.dead) return;
      this.enter();
      this.exit();
    };
    this.alarm = this.clock.createAlarm(
      () => {
        this.alarmAt = Infinity;
        if (this.dead) return;
        this.enter();
        this.rearm = true;
        this.exit();
      },
      () => (this.alarmAt = this.dead ? Infinity : this.nextTimer()),
    );
    this.softirq.actions[TIMER_SOFTIRQ] = (): void => this.runTimers();
    this.softirq.actions[HI_SOFTIRQ] = (): void => this.hiTasklets.run(this.onOops);
    this.softirq.actions[TASKLET_SOFTIRQ] = (): void => this.tasklets.run(this.onOops);

    this.initNet = new Net(this, this.nextInum++);
    this.enter();
    let done = 0;
    try {
      for (const m of this.modules) {
        m.init?.(this);
        done++;
      }
      this.enterNet(this.initNet);
    } catch (error) {
      // What the undoing throws as well is a consequence; the cause is what the caller must see.
      this.exitModules(done);
      this.dead = true;
      this.alarm.cancel();
      this.depth = 0;
      throw error;
    }
    this.exit();
  }

  /** The cached monotonic time in nanoseconds; outside of the kernel the clock is read. */
  now(): number {
    if (this.depth === 0) this.refresh();
    return this.ktime;
  }

  /** Nanoseconds since 1970, from the clock. Source: ktime_get_real. */
  wallNow(): number {
    return this.clock.wallNow();
  }

  /**
   * Goes inside, as local_bh_disable: softirqs wait until the matching exit. Every system call, frame from a driver and host callback is
   * bracketed by enter and exit; they nest. Allocates nothing.
   */
  enter(): void {
    if (this.depth++ === 0) this.refresh();
  }

  /**
   * Between two steps of one call: what the first raised is done before the second, as when each were a call of its own. The clock is not read again but
   * between passes, and queued work runs as well. Nested in another call it is left to that one. Source: local_bh_enable.
   */
  bhEnable(): void {
    if (this.depth === 1 && this.softirq.pending !== 0) this.drain();
  }

  /**
   * Goes outside. The outermost exit runs the pending softirqs and work (with a budget: if work remains, the clock is
   * asked for another turn), sets the alarm, and then, outside, delivers the wake-ups.
   *
   * Errors: an exception in a softirq, timer or work is a bug of a module. The others still run; it is logged, and the first
   * is thrown from the outermost exit when all is done. An exception in a {@link WaitEntry} belongs to the one who waits, not to this
   * caller: it is logged and thrown again in a macrotask.
   */
  exit(): void {
    if (this.depth > 1) {
      this.depth--;
      return;
    }
    if (this.depth === 0) throw new Error('Kernel.exit without enter');
    if (this.softirq.pending !== 0 || this.works.head !== null) this.drain();
    if (this.rearm) this.setAlarm();
    this.depth = 0;
    if (this.woken.head !== null && !this.delivering) this.deliver();
    if (this.oops !== null) {
      const { error } = this.oops;
      this.oops = null;
      throw error;
    }
  }

  /** Runs `fn` inside and returns its result. For set-up and tools; the packet path brackets by hand. */
  run<T>(fn: () => T): T {
    this.enter();
    try {
      return fn();
    } finally {
      this.exit();
    }
  }

  /**
   * Makes a namespace: the netInit of all modules, in order, then their netReady. If one throws, those before are undone, and the error is thrown. The caller holds it
   * ({@link Net.put}).
   */
  createNet(): Net {
    if (this.dead) throw new Error('createNet: the kernel has been shut down');
    const net = new Net(this, this.nextInum++);
    this.enter();
    try {
      this.enterNet(net);
    } finally {
      this.exit();
    }
    return net;
  }

  /** The next number for a namespace of any kind (ns_alloc_inum). @alpha */
  allocInum(): number {
    return this.nextInum++;
  }

  /** When this kernel next has something to do, in monotonic nanoseconds: exact; Infinity if it only waits for the outside. */
  nextEvent(): number {
    if (this.dead) return Infinity;
    if (this.softirq.pending !== 0 || this.works.head !== null || this.woken.head !== null) return this.ktime;
    return this.nextTimer();
  }

  /** Keeps the host's process alive, until {@link Kernel.release}: something waits for this kernel, if only for a packet. Calls count. */
  hold(): void {
    if (this.dead) return;
    this.holds++;
    this.clock.hold?.();
  }

  /** Takes one {@link Kernel.hold} back. A kernel that was shut down holds nothing any more. */
  release(): void {
    if (this.dead) return;
    if (this.holds === 0) throw new Error('Kernel.release without hold');
    this.holds--;
    this.clock.release?.();
  }

  /**
   * Ends all namespaces, the youngest first, then the modules in reverse order, and cancels the alarm. Doing it twice is nothing. If a
   * module throws, the others still run, and the first error is thrown at the end.
   */
  shutdown(): void {
    if (this.dead) return;
    const errors: unknown[] = [];
    this.enter();
    this.rebootNotifiers.call(SYS_DOWN, null);
    for (const net of [...this.nets].reverse()) net.exitNotifiers.call(net, null);
    for (const net of [...this.nets].reverse()) {
      net.dead = true;
      this.nets.delete(net);
      errors.push(...this.exitNet(net));
    }
    errors.push(...this.exitModules(this.modules.length));
    for (; this.holds > 0; this.holds--) this.clock.release?.();
    this.dead = true;
    this.alarm.cancel();
    this.exit();
    if (errors.length > 0) throw errors[0];
  }

  /** @internal {@link Net.destroy}. */
  destroyNet(net: Net): void {
    if (net.dead) return;
    if (net === this.initNet) throw new Error('the initial namespace ends with its kernel: use Kernel.shutdown');
    // From outside, so that the last packets of its sockets still get out.
    net.exitNotifiers.call(net, null);
    this.enter();
    net.dead = true;
    this.nets.delete(net);
    const errors = this.exitNet(net);
    this.exit();
    if (errors.length > 0) throw errors[0];
  }

  /** @internal A timer was armed before all others: the alarm may have to be set. */
  noteEarlier(): void {
    if (this.depth === 0) this.setAlarm();
    else this.rearm = true;
  }

  /** @internal Asks the host for a turn of this kernel. */
  deferSlice(): void {
    if (this.sliceAsked || this.dead) return;
    this.sliceAsked = true;
    this.clock.defer(this.slice);
  }

  /** @internal Reads the clock and raises the timer softirq if something is due. */
  refresh(): void {
    const now = this.clock.now();
    this.ktime = now;
    if (now >= this.nextTick) this.tick(now);
    if (now >= this.hrtimers.next) this.softirq.pending |= 1 << TIMER_SOFTIRQ;
  }

  /** Another jiffy began. */
  private tick(now: number): void {
    const ticks = Math.floor((now - this.bootNs) / TICK_NSEC);
    this.nextTick = this.bootNs + (ticks + 1) * TICK_NSEC;
    this.jiffies = (INITIAL_JIFFIES + ticks) | 0;
    if (this.timers.count !== 0 && ((this.jiffies - this.timers.earliest) | 0) >= 0) this.softirq.pending |= 1 << TIMER_SOFTIRQ;
  }

  /**
   * The loop of softirqs and work. Softirqs go first; when the budget is spent, work gets one batch, so that no flood starves it. The clock is read between passes, and not
   * after the last: what is due by then has its alarm.
   */
  private drain(): void {
    if (this.dead) return;
    let budget = MAX_SOFTIRQ_RESTART;
    for (;;) {
      if (this.softirq.pending !== 0) this.softirq.run(this.onOops);
      else this.works.run(this.onOops);
      if (this.softirq.pending === 0 && this.works.head === null) return;
      if (--budget === 0) break;
      this.refresh();
    }
    if (this.works.head !== null) this.works.run(this.onOops);
    if (this.softirq.pending !== 0 || this.works.head !== null) this.deferSlice();
  }

  private runTimers(): void {
    try {
      this.hrtimers.run(this.ktime);
      this.timers.run(this.jiffies);
    } catch (error) {
      // The timers behind the one that threw are still due.
      this.softirq.pending |= 1 << TIMER_SOFTIRQ;
      this.onOops(error, 'timer');
    }
  }

  private deliver(): void {
    this.delivering = true;
    this.woken.deliver(WAKE_BUDGET, this.onWakeError);
    this.delivering = false;
    if (this.woken.head !== null) this.deferSlice();
  }

  /** When the earliest timer is due. */
  private nextTimer(): number {
    let at = this.hrtimers.next;
    if (this.timers.count !== 0) at = Math.min(at, this.tickTime(this.timers.nextExpiry()));
    return at;
  }

  /** When a tick begins. */
  private tickTime(tick: number): number {
    const ticks = Math.floor((this.ktime - this.bootNs) / TICK_NSEC);
    return this.bootNs + (ticks + ((tick - this.jiffies) | 0)) * TICK_NSEC;
  }

  /** Sets the alarm if a timer may be due before it fires. It is never put off: firing once in vain is cheaper. */
  private setAlarm(): void {
    this.rearm = false;
    if (this.dead) return;
    let at = this.hrtimers.next;
    if (this.timers.count !== 0) at = Math.min(at, this.tickTime(this.timers.earliest));
    if (at >= this.alarmAt) return;
    this.alarmAt = at;
    this.alarm.set(at);
  }

  /** Runs the netInit of all modules, then their netReady; or none of it. */
  private enterNet(net: Net): void {
    try {
      for (const m of this.modules) {
        m.netInit?.(net);
        net.initialised++;
      }
      this.nets.add(net);
      for (const m of this.modules) {
        m.netReady?.(net);
        net.ready++;
      }
    } catch (error) {
      net.dead = true;
      this.nets.delete(net);
      this.exitNet(net);
      throw error;
    }
  }

  /** Runs the exit of the first `count` modules, in reverse order. */
  private exitModules(count: number): unknown[] {
    const errors: unknown[] = [];
    for (let i = count - 1; i >= 0; i--) {
      try {
        this.modules[i]!.exit?.(this);
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }

  /** Runs the netStop of those modules that ran their netReady, then the netExit of those that ran their netInit. */
  private exitNet(net: Net): unknown[] {
    const errors: unknown[] = [];
    while (net.ready > 0) {
      try {
        this.modules[--net.ready]!.netStop?.(net);
      } catch (error) {
        errors.push(error);
      }
    }
    while (net.initialised > 0) {
      try {
        this.modules[--net.initialised]!.netExit?.(net);
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}

/** The machine goes down; an event of {@link Kernel.rebootNotifiers}. @alpha */
export const SYS_DOWN = 1;

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}

/**
 * Makes a machine: sorts the modules, initialises them, and makes the initial namespace.
 *
 * Throws an Error that names a missing module, a circle, or a name used twice; a TypeError for options that cannot be; and what a
 * module's `init` throws.
 * @public
 */
export function createKernel(opts: KernelOptions): Kernel {
  if (!Array.isArray(opts.modules)) throw new TypeError(`createKernel: EINVAL: modules must be an array of kernel modules, not ${String(opts.modules)}`);
  const { hostname = '' } = opts;
  if (hostname.length > 64) throw new TypeError(`createKernel: ENAMETOOLONG: hostname has ${hostname.length} characters; 64 are allowed`);
  return new Kernel(opts);
}
