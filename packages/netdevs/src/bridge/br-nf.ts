/** Netfilter's hook points on bridges (linux/netfilter_bridge.h). */

/** A frame that came in by a port. @alpha */
export const NF_BR_PRE_ROUTING = 0;
/** A frame for this host. @alpha */
export const NF_BR_LOCAL_IN = 1;
/** A frame that is forwarded. @alpha */
export const NF_BR_FORWARD = 2;
/** A frame that this host sends. @alpha */
export const NF_BR_LOCAL_OUT = 3;
/** A frame that leaves by a port. @alpha */
export const NF_BR_POST_ROUTING = 4;
/** Hooks at a place where frames may be taken from the bridge to be routed. @alpha */
export const NF_BR_BROUTING = 5;
