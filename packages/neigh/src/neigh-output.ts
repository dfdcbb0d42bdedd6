/** Sending to a neighbour, by what is known about it. Every function consumes the skb. */
import { EINVAL, ENETDOWN } from '@linnet/kernel';
import { devQueueXmit, hhOutput } from '@linnet/netdev';
import { DROP, kfreeSkbReason, skbHeadroom } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { neighEventSend } from './neigh-event.ts';
import type { Neighbour } from './neighbour.ts';
import { NUD_CONNECTED } from './nud.ts';

/**
 * Sends a network-layer packet (`neigh_output`): to a connected neighbour with the cached header, else by the neighbour's own `output`.
 * @alpha
 */
export function neighOutput(n: Neighbour, skb: Skb): number {
  if ((n.nudState & NUD_CONNECTED) !== 0 && n.hh.len !== 0) return neighHhOutput(n, skb);
  return n.output(n, skb);
}

/** Puts the cached header in front and sends (`neigh_hh_output`). */
function neighHhOutput(n: Neighbour, skb: Skb): number {
  if (skbHeadroom(skb) < n.hh.len) {
    kfreeSkbReason(skb, DROP.NEIGH_HH_FILLFAIL);
    return -EINVAL;
  }
  hhOutput(n.hh, skb);
  return devQueueXmit(skb);
}

/** Writes the link-layer header and sends. */
function headerAndXmit(n: Neighbour, skb: Skb): number {
  const { dev } = n;
  const ops = dev.headerOps;
  if (ops !== null) {
    if (skbHeadroom(skb) < dev.hardHeaderLen || ops.create(skb, dev, skb.protocol, n.ha, null, skb.len) < 0) {
      kfreeSkbReason(skb, DROP.DEV_HDR);
      return -EINVAL;
    }
  }
  return devQueueXmit(skb);
}

/** Fills the cached header once the address is known. */
function hhInit(n: Neighbour): void {
  const ops = n.dev.headerOps;
  if (ops?.cache !== undefined && n.hh.len === 0) ops.cache(n.ha, n.dev, n.tbl.ops.protocol, n.hh);
}

/** `output` while the address must be found or confirmed (`neigh_resolve_output`): the packet goes out or waits. @alpha */
export function neighResolveOutput(n: Neighbour, skb: Skb): number {
  if (neighEventSend(n, skb)) return 0;
  hhInit(n);
  return headerAndXmit(n, skb);
}

/** `output` of a connected neighbour (`neigh_connected_output`). @alpha */
export function neighConnectedOutput(n: Neighbour, skb: Skb): number {
  hhInit(n);
  return headerAndXmit(n, skb);
}

/** `output` where no header is needed (`neigh_direct_output`). @alpha */
export function neighDirectOutput(_n: Neighbour, skb: Skb): number {
  return devQueueXmit(skb);
}

/** `output` of a neighbour that left its table (`neigh_blackhole`). @alpha */
export function neighBlackhole(_n: Neighbour, skb: Skb): number {
  kfreeSkbReason(skb, DROP.NEIGH_DEAD);
  return -ENETDOWN;
}
