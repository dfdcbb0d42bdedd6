/** What a socket learns from its route's device (sk_setup_caps). */
import type { DstEntry } from '@linnet/netdev';
import type { Sock } from '@linnet/socket';

/** Keeps the route for the socket and takes over the device's features and limits for super-segments. @alpha */
export function skSetupCaps6(sk: Sock, dst: DstEntry): void {
  const { dev } = dst;
  sk.dst = dst;
  sk.routeCaps = dev.features;
  sk.gsoMaxSize = dev.gsoMaxSize;
  sk.gsoMaxSegs = dev.gsoMaxSegs;
}
