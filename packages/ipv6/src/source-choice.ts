/** The state of a choice of a source address. */
import type { Inet6Ifaddr } from './inet6-dev.ts';

/** What is compared: one a namespace, set for each choice, so that a choice allocates nothing. @alpha */
export class SourceChoice {
  daddr: Int32Array | null = null;
  /** The interface that packets leave by, 0: unknown. */
  ifindex = 0;
  /** Scope and label of the destination. */
  scope = 0;
  label = 0;
  /** IPV6_PREFER_SRC_* bits. */
  prefs = 0;
  best: Inet6Ifaddr | null = null;
}
