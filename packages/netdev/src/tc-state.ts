/** What traffic control notes on a packet: bits of `skb.tcState`. The class that it was given stands in the upper half (skb.tc_index). */

/** Classifiers stand at a device's ingress now: the link-layer header is in front of `data` (tc_at_ingress). @alpha */
export const SKB_TC_AT_INGRESS = 1;
/** The next classification passes: the packet has had its turn (tc_skip_classify). @alpha */
export const SKB_TC_SKIP_CLASSIFY = 2;
/** An action sent it to another device (redirected). @alpha */
export const SKB_TC_REDIRECTED = 4;
/** It was taken from a device's ingress, and goes back there (from_ingress). @alpha */
export const SKB_TC_FROM_INGRESS = 8;
