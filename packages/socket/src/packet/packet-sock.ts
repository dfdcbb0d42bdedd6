/** A packet socket (struct packet_sock), and what a namespace holds of them. */
import { defineKey, type Key, type Net } from '@linnet/kernel';
import { devAddPack, devGetByIndex, devRemovePack, type NetDevice, PacketType } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { AF_PACKET, TPACKET_V1 } from '@linnet/uapi';
import type { Proto } from '../proto.ts';
import { Sock } from '../sock.ts';
import type { Overflow, PacketFanout } from './packet-fanout.ts';
import type { PacketRing } from './packet-ring.ts';

/** A membership of PACKET_ADD_MEMBERSHIP (struct packet_mclist). @alpha */
export interface PacketMc {
  readonly ifindex: number;
  readonly type: number;
  readonly addr: Uint8Array;
  count: number;
}

/** A namespace's packet sockets. @alpha */
export class PacketNet {
  readonly socks: Set<PacketSock> = new Set();
  readonly fanouts: Set<PacketFanout> = new Set();
  /** The number that the next group gets which asks for one of its own. */
  nextFanout = 0;
}

/** Where a namespace keeps its {@link PacketNet}. @alpha */
export const PACKET_NET: Key<PacketNet> = defineKey<PacketNet>('packet');

/** Gives a received frame to a socket: consumes it. @alpha */
export type PacketRcv = (po: PacketSock, skb: Skb, dev: NetDevice, origDev: NetDevice) => number;

/** A packet socket. @alpha */
export class PacketSock extends Sock {
  readonly pn: PacketNet;
  /** What is done with a frame: queue it, or put it into the ring. */
  rcv: PacketRcv;
  /** EtherType in host order; 0 receives nothing. */
  num: number;
  /** The device that it is bound to; 0: all, -1: one that is gone. */
  ifindex = 0;
  /** Its place in the stack's lists; null while it is not there. */
  hook: PacketType | null = null;
  readonly mclist: PacketMc[] = [];
  fanout: PacketFanout | null = null;
  /** As a member of a group that hands on what it has no room for. */
  overflow: Overflow | null = null;
  /** PACKET_STATISTICS since it was last read. */
  tpPackets = 0;
  tpDrops = 0;
  auxdata = false;
  origdev = false;
  loss = false;
  txHasOff = false;
  qdiscBypass = false;
  ignoreOutgoing = false;
  /** Bytes of a virtio_net_hdr before each frame, or 0. */
  vnetHdrSz = 0;
  tpVersion: number = TPACKET_V1;
  tpReserve = 0;
  tpTstamp = 0;
  copyThresh = 0;
  /** Frames are put here instead of into the queue. */
  rxRing: PacketRing | null = null;
  txRing: PacketRing | null = null;
  /** A sender's address, while a frame is received. */
  readonly haddr: Uint8Array = new Uint8Array(32);

  constructor(net: Net, type: number, num: number, proto: Proto, rcv: PacketRcv) {
    super(net, AF_PACKET, type, 0, proto);
    this.pn = net.get(PACKET_NET);
    this.num = num;
    this.rcv = rcv;
    this.pn.socks.add(this);
  }

  /** Does it receive? */
  get running(): boolean {
    return packetRunning(this);
  }
}

/** Does the socket receive? */
export function packetRunning(po: PacketSock): boolean {
  return po.hook !== null || (po.fanout !== null && po.fanout.members.includes(po));
}

/** Begins to receive (register_prot_hook). */
export function packetHook(po: PacketSock): void {
  if (packetRunning(po) || po.num === 0 || po.ifindex < 0) return;
  if (po.fanout !== null) {
    po.fanout.join(po);
    return;
  }
  const dev = po.ifindex === 0 ? null : devGetByIndex(po.net, po.ifindex);
  po.hook = new PacketType({
    type: po.num, dev, net: dev === null ? po.net : null, sk: po, priv: po, symbol: po.rxRing === null ? 'packet_rcv' : 'tpacket_rcv', ignoreOutgoing: po.ignoreOutgoing, func: (skb, d, _pt, orig) => po.rcv(po, skb, d, orig),
  });
  devAddPack(po.kernel, po.hook);
}

/** Ends it (unregister_prot_hook). */
export function packetUnhook(po: PacketSock): void {
  if (po.fanout !== null) po.fanout.leave(po);
  if (po.hook === null) return;
  devRemovePack(po.kernel, po.hook);
  po.hook = null;
}
