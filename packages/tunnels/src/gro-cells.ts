/** Packets that came out of a tunnel go through GRO before they go up (struct gro_cells). */
import {
  napiCompleteDone, napiDisable, napiEnable, napiGroReceive, napiSchedule, type NapiStruct, type NetDevice, netifNapiAdd,
} from '@linnet/netdev';
import { DROP, kfreeSkbReason, type Skb, skbDequeue, SkbQueue, skbQueuePurge, skbQueueTail } from '@linnet/skbuff';

/** Packets that wait at most. */
const LIMIT = 1000;

/** The queue of one tunnel device. */
export class GroCells {
  readonly queue: SkbQueue = new SkbQueue();
  readonly napi: NapiStruct;
  constructor(dev: NetDevice) {
    this.napi = netifNapiAdd(dev, (napi, budget) => poll(this, napi, budget));
  }
}

function poll(cells: GroCells, napi: NapiStruct, budget: number): number {
  let n = 0;
  while (n < budget) {
    const skb = skbDequeue(cells.queue);
    if (skb === null) break;
    napiGroReceive(napi, skb);
    n++;
  }
  if (n < budget) napiCompleteDone(napi, n);
  return n;
}

/** The device goes up. */
export function groCellsEnable(cells: GroCells): void {
  napiEnable(cells.napi);
}

/** The device goes down: what waits is dropped. */
export function groCellsDisable(cells: GroCells): void {
  napiDisable(cells.napi);
  skbQueuePurge(cells.queue, DROP.DEV_READY);
}

/** Hands a packet up (gro_cells_receive). Consumes it: `dev`, `protocol` and headers are set, `data` at the network header. False when the queue is full. */
export function groCellsReceive(cells: GroCells, skb: Skb, dev: NetDevice): boolean {
  if (!dev.running || cells.queue.qlen >= LIMIT) {
    dev.stats.rxDropped++;
    kfreeSkbReason(skb, dev.running ? DROP.CPU_BACKLOG : DROP.DEV_READY);
    return false;
  }
  skbQueueTail(cells.queue, skb);
  napiSchedule(cells.napi);
  return true;
}
