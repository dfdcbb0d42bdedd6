/**
 * Ids of network namespaces: RTM_*NSID.
 */

// Attributes

/** Namespace id attribute: nsid not assigned. @public */
export const NETNSA_NSID_NOT_ASSIGNED = -1;
/** Namespace id attribute: none. @public */
export const NETNSA_NONE = 0;
/** Namespace id attribute: nsid. @public */
export const NETNSA_NSID = 1;
/** Namespace id attribute: pid. @public */
export const NETNSA_PID = 2;
/** Namespace id attribute: fd. @public */
export const NETNSA_FD = 3;
/** Namespace id attribute: target nsid. @public */
export const NETNSA_TARGET_NSID = 4;
/** Namespace id attribute: current nsid. @public */
export const NETNSA_CURRENT_NSID = 5;
/** Namespace id attribute: max. @public */
export const NETNSA_MAX = 5;
