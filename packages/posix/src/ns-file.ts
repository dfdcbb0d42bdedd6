/** A namespace as a file: what open(2) of /proc/PID/ns/net or /run/netns/NAME gives. */
import { type Net, WaitQueueHead } from '@linnet/kernel';
import { type NsTarget, UtsNamespace } from '@linnet/netns';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '@linnet/uapi';
import { OpenFile } from './file.ts';

/** Holds its namespace as long as it is open. @alpha */
export class NsFile extends OpenFile {
  readonly target: NsTarget;
  readonly queue: WaitQueueHead = new WaitQueueHead();

  constructor(target: NsTarget) {
    super();
    this.target = target;
    this.net?.hold();
  }

  /** The network namespace, or null for one of another type. */
  get net(): Net | null {
    return this.target instanceof UtsNamespace ? null : this.target;
  }

  override get pollable(): boolean {
    return false;
  }

  /** Nothing ever happens to it: it is always ready, as other files are. */
  poll(): number {
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
  }

  protected release(): void {
    this.net?.put();
  }
}
