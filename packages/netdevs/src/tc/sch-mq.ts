/** mq and mqprio: a queue for each of a device's transmit queues. Devices here have one, so both refuse, as Linux does then. */
import { EOPNOTSUPP } from '@linnet/kernel';
import type { QdiscOps } from '@linnet/netdev';

function onlyMultiqueue(id: string): QdiscOps {
  return Object.freeze({ id, init: (): number => -EOPNOTSUPP, enqueue: null, dequeue: (): null => null });
}

/** The discipline `mq`. @alpha */
export const MQ_OPS: QdiscOps = onlyMultiqueue('mq');
/** The discipline `mqprio`. @alpha */
export const MQPRIO_OPS: QdiscOps = onlyMultiqueue('mqprio');
