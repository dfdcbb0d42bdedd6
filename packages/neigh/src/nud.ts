/** The states of a neighbour in groups, and the flags of an update. */
import { NUD_DELAY, NUD_INCOMPLETE, NUD_NOARP, NUD_PERMANENT, NUD_PROBE, NUD_REACHABLE, NUD_STALE } from '@linnet/uapi';

/** States in which packets go out at once, by the cached header. @alpha */
export const NUD_CONNECTED: number = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE;
/** States that end by the neighbour's timer. @alpha */
export const NUD_IN_TIMER: number = NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE;
/** States in which the link-layer address is known. @alpha */
export const NUD_VALID: number = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY;

/** {@link neighUpdate}: a different address replaces the known one. @alpha */
export const NEIGH_UPDATE_F_OVERRIDE = 1;
/** A different address makes a connected neighbour only suspect (STALE), the known address stays. @alpha */
export const NEIGH_UPDATE_F_WEAK_OVERRIDE = 2;
/** Take the router flag from the update. @alpha */
export const NEIGH_UPDATE_F_OVERRIDE_ISROUTER = 4;
/** The neighbour is a router. @alpha */
export const NEIGH_UPDATE_F_ISROUTER = 8;
/** The entry is learned outside (NTF_EXT_LEARNED). @alpha */
export const NEIGH_UPDATE_F_EXT_LEARNED = 16;
/** The administrator asks: permanent and NOARP entries may change. @alpha */
export const NEIGH_UPDATE_F_ADMIN = 32;
/** The machine keeps it resolved (NTF_EXT_MANAGED). @alpha */
export const NEIGH_UPDATE_F_MANAGED = 64;
/** Somebody outside vouches for it (NTF_EXT_EXT_VALIDATED). @alpha */
export const NEIGH_UPDATE_F_EXT_VALIDATED = 128;
