import type { Kernel } from './kernel.ts';
import { NotifierChain } from './notifier.ts';
import { ProcTree } from './proc.ts';
import { Slots } from './slots.ts';
import { SysctlTree } from './sysctl.ts';
import { scheduleWork, WorkStruct } from './workqueue.ts';

/**
 * A network namespace: what each module keeps for it, its sysctls and its files under /proc/net. Source: struct net.
 *
 * It lives until nobody holds it any more: who made it does ({@link Kernel.createNet}), and so do names, tasks, open sockets and handles. {@link Net.destroy} ends it regardless.
 * @public
 */
export class Net extends Slots {
  readonly kernel: Kernel;
  /** The number that `/proc/PID/ns/net` shows. */
  readonly inum: number;
  /** Paths that are not here are looked up in the kernel's own tree. */
  readonly sysctl: SysctlTree;
  /** Likewise. Paths are relative to /proc: 'net/snmp'. */
  readonly proc: ProcTree;
  /**
   * Called with the namespace before it ends, while all its modules still work: who holds its sockets closes them.
   * @alpha
   */
  readonly exitNotifiers: NotifierChain<Net, null>;
  /** Set when the namespace has ended; timers and packets that come late look at it. */
  dead: boolean;
  /** How many hold it; its maker is the first. */
  refs: number;
  /** @internal How many modules have run their netInit. */
  initialised: number;
  /** @internal How many modules have run their netReady. */
  ready: number;
  private readonly cleanup: WorkStruct<Net>;

  /** @internal Use {@link Kernel.createNet}. */
  constructor(kernel: Kernel, inum: number) {
    super();
    this.kernel = kernel;
    this.inum = inum;
    this.sysctl = new SysctlTree(kernel.sysctl);
    this.proc = new ProcTree(kernel.proc);
    this.exitNotifiers = new NotifierChain<Net, null>();
    this.dead = false;
    this.refs = 1;
    this.initialised = 0;
    this.ready = 0;
    this.cleanup = new WorkStruct<Net>(cleanupNet, this);
  }

  /** Holds the namespace, so that it does not end. Balance it with {@link Net.put}. Source: get_net. */
  hold(): this {
    this.refs++;
    return this;
  }

  /**
   * Lets go of the namespace. With the last one it ends: when the kernel is left, as this may be called from the midst of a protocol. The initial one stays.
   * Throws when nobody held it. Source: put_net.
   */
  put(): void {
    if (this.refs <= 0) throw new Error('Net.put without hold');
    if (--this.refs > 0 || this.dead || this.kernel.dead || this === this.kernel.initNet) return;
    this.kernel.run(() => scheduleWork(this.kernel, this.cleanup));
  }

  /**
   * Ends the namespace, whoever holds it: {@link Net.exitNotifiers}, the modules' netStop, then their netExit, in reverse order. Ending it twice is nothing. Throws for the initial namespace,
   * which lasts as long as its kernel. If a module throws, the others still run, and the first error is thrown at the end.
   */
  destroy(): void {
    this.kernel.destroyNet(this);
  }
}

/** The last one let go (cleanup_net). */
function cleanupNet(net: Net): void {
  if (net.refs === 0 && !net.dead) net.destroy();
}
