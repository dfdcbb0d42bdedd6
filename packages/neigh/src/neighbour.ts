/** One neighbour: an address on a link, what is known about it and the packets that wait for it (struct neighbour). */
import { TimerList } from '@linnet/kernel';
import { HhCache } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { SkbQueue } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { MAX_ADDR_LEN, NUD_NONE } from '@linnet/uapi';
import type { NeighParms } from './neigh-parms.ts';
import type { NeighTable } from './neigh-table.ts';

/**
 * What the protocol of a table does for one kind of neighbour (struct neigh_ops).
 * @alpha
 */
export interface NeighOps {
  readonly family: number;
  /** Asks for the neighbour's address; `skb` is the packet that waits first, or null. Does not consume it. */
  solicit(n: Neighbour, skb: Skb | null): void;
  /** The neighbour did not answer: tells the sender of `skb` and frees it. */
  errorReport(n: Neighbour, skb: Skb): void;
  /** Sends while the address must be resolved or confirmed. Consumes the skb. */
  output(n: Neighbour, skb: Skb): number;
  /** Sends while the neighbour is connected. Consumes the skb. */
  connectedOutput(n: Neighbour, skb: Skb): number;
}

/** A neighbour of a table. The key is one word for IPv4, four for IPv6 (int32). @alpha */
export class Neighbour {
  readonly tbl: NeighTable;
  readonly dev: NetDevice;
  parms: NeighParms;
  readonly key0: number;
  readonly key1: number;
  readonly key2: number;
  readonly key3: number;
  /** @internal Chain of the hash bucket. */
  next: Neighbour | null;
  /** NUD_* state. */
  nudState: number;
  /** RTN_* type of the address. */
  type: number;
  /** NTF_* flags. */
  flags: number;
  /** Somebody outside vouches for it (NTF_EXT_EXT_VALIDATED): probes may end without an answer, and collection and a lost carrier leave it alone. */
  extValidated: boolean;
  /** RTPROT_* of who made the entry. */
  protocol: number;
  /** Out of the table: whoever kept a pointer must look again. */
  dead: boolean;
  /** Is it counted by the garbage collector? */
  gcCounted: boolean;
  /** The link-layer address, `dev.addrLen` bytes. */
  readonly ha: Uint8Array;
  /** The header of packets to it. */
  readonly hh: HhCache;
  /** Jiffies of the last confirmation, the last change, the last use. */
  confirmed: number;
  updated: number;
  used: number;
  /** Probes sent since the state began. */
  probes: number;
  readonly timer: TimerList<Neighbour>;
  /** Packets that wait for the address, oldest first. */
  readonly arpQueue: SkbQueue;
  arpQueueLenBytes: number;
  output: (n: Neighbour, skb: Skb) => number;
  ops: NeighOps;

  constructor(tbl: NeighTable, dev: NetDevice, parms: NeighParms, ops: NeighOps, timer: (n: Neighbour) => void, k0: number, k1: number, k2: number, k3: number) {
    const now = tbl.kernel.jiffies;
    this.tbl = tbl;
    this.dev = dev;
    this.parms = parms;
    this.key0 = k0;
    this.key1 = k1;
    this.key2 = k2;
    this.key3 = k3;
    this.next = null;
    this.nudState = NUD_NONE;
    this.type = 0;
    this.flags = 0;
    this.extValidated = false;
    this.protocol = 0;
    this.dead = false;
    this.gcCounted = false;
    this.ha = new Uint8Array(MAX_ADDR_LEN);
    this.hh = new HhCache();
    this.confirmed = now;
    this.updated = now;
    this.used = now;
    this.probes = 0;
    this.timer = new TimerList<Neighbour>(timer, this as Neighbour);
    this.arpQueue = new SkbQueue();
    this.arpQueueLenBytes = 0;
    this.output = ops.output;
    this.ops = ops;
  }
}
