// The same commands with the same tools, against the real kernel and against Linnet.
import { createKernel, type Kernel, type KernelModule } from '@linnet/kernel';
import { skbStats } from '@linnet/skbuff';
import { fullStack } from 'linnet';
import { TestNetns } from '../host/netns.ts';
import { type Finished, Program } from '../lib/exec.ts';
import { Inside } from '../preload/lab.ts';

/** One of the two. */
export interface Side {
  /** Runs a shell command to its end. */
  run(command: string): Promise<Finished>;
  /** Starts one that goes on. */
  start(command: string): Program;
  close(): Promise<void>;
}

/** A fresh namespace of the real kernel, with lo down. */
export class RealSide implements Side {
  readonly #ns: TestNetns = new TestNetns({ plain: true });
  readonly #programs: Program[] = [];

  /** Its name. */
  get netns(): string {
    return this.#ns.name;
  }
  start(command: string): Program {
    const p = new Program(this.#ns.name, command);
    this.#programs.push(p);
    return p;
  }
  run(command: string): Promise<Finished> {
    return this.start(command).done;
  }
  async close(): Promise<void> {
    for (const p of this.#programs) p.kill();
    await Promise.allSettled(this.#programs.map((p) => p.done));
    this.#ns.delete();
  }
}

/** A fresh Linnet machine, into which the programs are let by the preload library. */
export class LinnetSide implements Side {
  readonly kernel: Kernel;
  #inside: Inside | null = null;

  constructor(modules: readonly KernelModule[] = fullStack) {
    this.kernel = createKernel({ modules, hostname: 'box' });
  }
  async open(): Promise<this> {
    this.#inside = await Inside.open(this.kernel);
    return this;
  }
  start(command: string): Program {
    return this.#inside!.start(null, command);
  }
  run(command: string): Promise<Finished> {
    return this.#inside!.run(null, command);
  }
  async close(): Promise<void> {
    await this.#inside?.close();
    this.kernel.shutdown();
    if (skbStats(this.kernel).live !== 0) throw new Error(`${skbStats(this.kernel).live} packets are left`);
  }
}
