/** A namespace as a file: what open(2) of /proc/PID/ns/net or /run/netns/NAME gives. */
import { type Net, WaitQueueHead } from '@linnet/kernel';
import { NETNS_NET, netnsHold, netnsPut, type NsTarget, UtsNamespace } from '@linnet/netns';
import { OpenFile } from './file.ts';

/** Nobody holds a namespace that came straight from `Kernel.createNet`: its maker ends it. So that our coming and going does not, the maker gets a hold. */
export function holdForMaker(net: Net): void {
  if (net !== net.kernel.initNet && net.get(NETNS_NET).refs === 0) netnsHold(net);
}

/** Holds its namespace as long as it is open. @alpha */
export class NsFile extends OpenFile {
  readonly target: NsTarget;
  readonly queue: WaitQueueHead = new WaitQueueHead();

  constructor(target: NsTarget) {
    super();
    this.target = target;
    if (target instanceof UtsNamespace) return;
    holdForMaker(target);
    netnsHold(target);
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
