/** A namespace as a file: what open(2) of /proc/PID/ns/net or /run/netns/NAME gives. */
import { type Net, WaitQueueHead } from '@linnet/kernel';
import { netnsHold, netnsPut, type NsTarget, UtsNamespace } from '@linnet/netns';
import { OpenFile } from './file.ts';

/** Holds its namespace as long as it is open. @alpha */
export class NsFile extends OpenFile {
  readonly target: NsTarget;
  readonly queue: WaitQueueHead = new WaitQueueHead();

  constructor(target: NsTarget) {
    super();
    this.target = target;
    if (!(target instanceof UtsNamespace)) netnsHold(target);
  }

  /** The network namespace, or null for one of another type. */
  get net(): Net | null {
    return this.target instanceof UtsNamespace ? null : this.target;
  }

  /** Nothing ever happens to it. */
  poll(): number {
    return 0;
  }

  protected release(): void {
    const { net } = this;
    if (net !== null && !net.dead) netnsPut(net);
  }
}
