/** Who receives frames: protocols by EtherType, and taps that see everything. */
import type { Kernel, Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { ETH_P_ALL } from '@linnet/uapi';
import type { NetDevice } from './netdevice.ts';
import { NETDEV_NET } from './netdev-net.ts';
import { PTYPE_HASH_MASK } from './ptype-table.ts';
import { NETDEV } from './softnet.ts';

/**
 * A protocol's entry (packet_type.func): consumes the skb, whose `data` is at the network header, and returns NET_RX_*.
 * `dev` is the device that the packet is delivered on, `origDev` the one that it came in by.
 * The skb is the callee's alone; its head may be shared, so `skbCow` before writing.
 * @alpha
 */
export type PacketTypeFunc = (skb: Skb, dev: NetDevice, pt: PacketType, origDev: NetDevice) => number;

/**
 * A tap that only looks: it gets the skb itself (no clone), which it must neither change, keep nor free.
 * The frame begins at `skb.macHeader`. `outgoing` says that this host sends it; `tstamp` is wall time in nanoseconds.
 * @public
 */
export type TapFunc = (skb: Skb, dev: NetDevice, outgoing: boolean, tstamp: number) => void;

/**
 * A receiver of frames (struct packet_type). `type` is an EtherType in host order; ETH_P_ALL is a tap that also sees what is sent,
 * with `skb.pktType` PACKET_OUTGOING and `data` at the link-layer header.
 * `dev` null is every device, `net` null every namespace.
 * @alpha
 */
export class PacketType {
  readonly type: number;
  readonly dev: NetDevice | null;
  readonly net: Net | null;
  readonly func: PacketTypeFunc;
  /** Set for a tap that only looks; `func` is not called then. */
  readonly tap: TapFunc | null;
  /** Do not show what this host sends (PACKET_IGNORE_OUTGOING). */
  ignoreOutgoing: boolean;
  /** What the owner wants to find again (af_packet_priv). */
  priv: object | null;
  /** A tap's own socket: packets that it sent are not shown to it. */
  sk: object | null;
  /** The same for a tap that stands for several sockets (id_match): is the packet's socket one of them? */
  idMatch: ((sk: object) => boolean) | null;
  /** The name of `func` in /proc/net/ptype. */
  readonly symbol: string;

  constructor(opts: {
    type: number;
    func: PacketTypeFunc;
    dev?: NetDevice | null;
    net?: Net | null;
    tap?: TapFunc | null;
    ignoreOutgoing?: boolean;
    priv?: object | null;
    sk?: object | null;
    idMatch?: ((sk: object) => boolean) | null;
    symbol?: string;
  }) {
    this.type = opts.type;
    this.dev = opts.dev ?? null;
    this.net = opts.net ?? null;
    this.func = opts.func;
    this.tap = opts.tap ?? null;
    this.ignoreOutgoing = opts.ignoreOutgoing ?? false;
    this.priv = opts.priv ?? null;
    this.sk = opts.sk ?? null;
    this.idMatch = opts.idMatch ?? null;
    this.symbol = opts.symbol ?? opts.func.name;
  }
}

// Lists are replaced, never changed: a handler may remove itself while a packet is being delivered.
function without(list: PacketType[], pt: PacketType): PacketType[] {
  return list.filter((p) => p !== pt);
}
function withIt(list: PacketType[], pt: PacketType): PacketType[] {
  return list.concat(pt);
}

/**
 * Begins to deliver frames of `pt.type` to `pt.func` (dev_add_pack). A type bound to a device goes with the device, one bound to a
 * namespace must be removed before the namespace ends.
 * @alpha
 */
export function devAddPack(k: Kernel, pt: PacketType): void {
  const sd = k.get(NETDEV);
  if (pt.type === ETH_P_ALL) {
    if (pt.dev !== null) pt.dev.ptypeAll = withIt(pt.dev.ptypeAll, pt);
    else if (pt.net !== null) {
      const nn = pt.net.get(NETDEV_NET);
      nn.ptypeAll = withIt(nn.ptypeAll, pt);
    } else sd.ptypeAll = withIt(sd.ptypeAll, pt);
    sd.nrTaps++;
    return;
  }
  if (pt.dev !== null) {
    pt.dev.ptypeSpecific = withIt(pt.dev.ptypeSpecific, pt);
    return;
  }
  const b = pt.type & PTYPE_HASH_MASK;
  sd.ptypeBase[b] = withIt(sd.ptypeBase[b]!, pt);
}

/** Ends what {@link devAddPack} began; does nothing when `pt` is not there (dev_remove_pack). @alpha */
export function devRemovePack(k: Kernel, pt: PacketType): void {
  const sd = k.get(NETDEV);
  if (pt.type === ETH_P_ALL) {
    const holder = pt.dev ?? (pt.net !== null ? pt.net.get(NETDEV_NET) : sd);
    const n = holder.ptypeAll.length;
    holder.ptypeAll = without(holder.ptypeAll, pt);
    sd.nrTaps -= n - holder.ptypeAll.length;
    return;
  }
  if (pt.dev !== null) {
    pt.dev.ptypeSpecific = without(pt.dev.ptypeSpecific, pt);
    return;
  }
  const b = pt.type & PTYPE_HASH_MASK;
  sd.ptypeBase[b] = without(sd.ptypeBase[b]!, pt);
}
