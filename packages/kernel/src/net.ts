import type { Kernel } from './kernel.ts';
import { NotifierChain } from './notifier.ts';
import { ProcTree } from './proc.ts';
import { Slots } from './slots.ts';
import { SysctlTree } from './sysctl.ts';

/**
 * A network namespace: what each module keeps for it, its sysctls and its files under /proc/net. Source: struct net.
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
  /** @internal How many modules have run their netInit. */
  initialised: number;
  /** @internal How many modules have run their netReady. */
  ready: number;

  /** @internal Use {@link Kernel.createNet}. */
  constructor(kernel: Kernel, inum: number) {
    super();
    this.kernel = kernel;
    this.inum = inum;
    this.sysctl = new SysctlTree(kernel.sysctl);
    this.proc = new ProcTree(kernel.proc);
    this.exitNotifiers = new NotifierChain<Net, null>();
    this.dead = false;
    this.initialised = 0;
    this.ready = 0;
  }

  /**
   * Ends the namespace: {@link Net.exitNotifiers}, the modules' netStop, then their netExit, in reverse order. Ending it twice is nothing. Throws for the initial namespace, which lasts as
   * long as its kernel. If a module throws, the others still run, and the first error is thrown at the end.
   */
  destroy(): void {
    this.kernel.destroyNet(this);
  }
}
