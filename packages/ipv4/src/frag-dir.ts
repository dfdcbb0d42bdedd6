/** The IPv4 datagrams of a namespace that are being put together. */
import type { Net } from '@linnet/kernel';
import { FragDir } from '@linnet/inet';

/** A directory of `inet` with the limit that only IPv4's short identifiers need. @alpha */
export class IpFragDir extends FragDir {
  /** net.ipv4.ipfrag_max_dist: how many fragments of the same source may come between two of one queue; 0: any number. */
  maxDist: number;

  constructor(net: Net, secret: number) {
    super(net, secret, 30 * 1000);
    this.maxDist = 64;
  }
}
