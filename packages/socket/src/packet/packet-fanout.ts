/** Sharing frames among sockets: PACKET_FANOUT (packet(7)). */
import { EALREADY, EINVAL, ENOMEM, ENOSPC, EPERM } from '@linnet/kernel';
import {
  bpfCompile, bpfDecode, type BpfProg, bpfProgCreate, bpfRun, devAddPack, devGetByIndex, devRemovePack, type NetDevice, PacketType, skbGetHash,
} from '@linnet/netdev';
import { consumeSkb, type Skb } from '@linnet/skbuff';
import {
  PACKET_FANOUT_CBPF, PACKET_FANOUT_CPU, PACKET_FANOUT_EBPF, PACKET_FANOUT_FLAG_ROLLOVER, PACKET_FANOUT_FLAG_UNIQUEID, PACKET_FANOUT_HASH, PACKET_FANOUT_LB, PACKET_FANOUT_QM,
  PACKET_FANOUT_RND, PACKET_FANOUT_ROLLOVER,
} from '@linnet/uapi';
import { SOCK_FILTER_LOCKED, sockFlag } from '../sock.ts';
import { type PacketSock, packetHook, packetRunning, packetUnhook } from './packet-sock.ts';

const FANOUT_MAX = 65536;
const FANOUT_MAX_DEFAULT = 256;
const FLAG_IGNORE_OUTGOING = 0x4000;

/** What became of the frames that a member had no room for (PACKET_ROLLOVER_STATS). @alpha */
export class Overflow {
  /** The place in the group of who took the last. */
  to = 0;
  taken = 0;
  refused = 0;
}

/** A group of sockets, each frame of which one gets (struct packet_fanout). @alpha */
export class PacketFanout {
  readonly id: number;
  readonly type: number;
  /** PACKET_FANOUT_FLAG_*. */
  readonly flags: number;
  readonly max: number;
  /** EtherType and device that all members have. */
  readonly num: number;
  readonly ifindex: number;
  /** Those that receive, in the order in which frames are dealt. */
  readonly members: PacketSock[] = [];
  /** All that belong to it. */
  readonly owners: Set<PacketSock> = new Set();
  prog: BpfProg | null = null;
  private rr = 0;
  private hook: PacketType | null = null;

  constructor(po: PacketSock, id: number, type: number, flags: number, max: number) {
    this.id = id;
    this.type = type;
    this.flags = flags;
    this.max = max;
    this.num = po.num;
    this.ifindex = po.ifindex;
  }

  /** A member begins to receive. */
  join(po: PacketSock): void {
    this.members.push(po);
    if (this.members.length > 1) return;
    const dev = this.ifindex <= 0 ? null : devGetByIndex(po.net, this.ifindex);
    this.hook = new PacketType({
      type: this.num, dev, net: dev === null ? po.net : null, priv: this, ignoreOutgoing: (this.flags & FLAG_IGNORE_OUTGOING) !== 0,
      symbol: 'packet_rcv_fanout', idMatch: (sk) => this.owners.has(sk as PacketSock), func: (skb, d, _pt, orig) => this.rcv(skb, d, orig),
    });
    devAddPack(po.kernel, this.hook);
  }

  /** A member receives no more: the last one takes its place. */
  leave(po: PacketSock): void {
    const at = this.members.indexOf(po);
    if (at < 0) return;
    const last = this.members.pop()!;
    if (last !== po) this.members[at] = last;
    if (this.members.length > 0 || this.hook === null) return;
    devRemovePack(po.kernel, this.hook);
    this.hook = null;
  }

  private rcv(skb: Skb, dev: NetDevice, origDev: NetDevice): number {
    const n = this.members.length;
    if (n === 0 || dev.net !== this.members[0]!.net) {
      consumeSkb(skb);
      return 0;
    }
    let i = this.choose(skb, dev, n);
    if ((this.flags & PACKET_FANOUT_FLAG_ROLLOVER) !== 0 && !fits(this.members[i]!, skb)) i = this.overflow(skb, i, true, n);
    const po = this.members[i]!;
    return po.rcv(po, skb, dev, origDev);
  }

  private choose(skb: Skb, dev: NetDevice, n: number): number {
    switch (this.type) {
      case PACKET_FANOUT_HASH: {
        skb.dev = dev;
        // The hash's place in the range of hashes is the member's in the range of members.
        return Math.floor(((skbGetHash(skb) >>> 0) * n) / 0x1_0000_0000);
      }
      case PACKET_FANOUT_LB:
        return (this.rr = (this.rr + 1) >>> 0) % n;
      case PACKET_FANOUT_RND:
        return dev.kernel.rng.stream('packet.fanout').below(n);
      case PACKET_FANOUT_QM:
        return skb.queueMapping % n;
      case PACKET_FANOUT_CBPF:
      case PACKET_FANOUT_EBPF:
        return this.prog === null ? 0 : bpfRun(this.prog, skb) % n;
      case PACKET_FANOUT_ROLLOVER:
        return this.overflow(skb, 0, false, n);
      default: // PACKET_FANOUT_CPU: this machine has one
        return 0;
    }
  }

  /**
   * Who takes a frame that is member `i`'s when that has no room for it: the member that took the last one or, when that is full too, the next behind it in the circle. Nobody has room: `i`
   * after all, which drops it. `i` itself is only asked where it was not yet (`asked`).
   */
  private overflow(skb: Skb, i: number, asked: boolean, n: number): number {
    const o = (this.members[i]!.overflow ??= new Overflow());
    for (let step = 0; step < n; step++) {
      const j = (o.to + step) % n;
      if ((asked && j === i) || !hasRoom(this.members[j]!, skb)) continue;
      o.to = j;
      o.taken++;
      return j;
    }
    o.refused++;
    return i;
  }
}

/** Does a member take its own frame? As long as it fits. */
function fits(po: PacketSock, skb: Skb): boolean {
  if (po.rxRing !== null) return po.rxRing.hasRoom();
  return po.rmemAlloc + skb.truesize < po.rcvbuf;
}

/** Does it take those of others? While more than a quarter of its buffer stays free. */
function hasRoom(po: PacketSock, skb: Skb): boolean {
  if (po.rxRing !== null) return po.rxRing.hasRoom();
  return po.rcvbuf - po.rmemAlloc - skb.truesize > po.rcvbuf >> 2;
}

const TYPES: ReadonlySet<number> = new Set([
  PACKET_FANOUT_HASH, PACKET_FANOUT_LB, PACKET_FANOUT_CPU, PACKET_FANOUT_ROLLOVER, PACKET_FANOUT_RND, PACKET_FANOUT_QM, PACKET_FANOUT_CBPF, PACKET_FANOUT_EBPF,
]);

/** Makes the socket a member of the group `id`, which comes into being with its first (fanout_add): 0, or -EINVAL, -EALREADY, -ENOSPC, -ENOMEM. */
export function fanoutAdd(po: PacketSock, id: number, typeFlags: number, maxMembers: number): number {
  const type = typeFlags & 0xff;
  let flags = typeFlags & 0xff00;
  if (!TYPES.has(type) || (type === PACKET_FANOUT_ROLLOVER && (flags & PACKET_FANOUT_FLAG_ROLLOVER) !== 0)) return -EINVAL;
  if (po.fanout !== null) return -EALREADY;
  const { fanouts } = po.pn;
  if ((flags & PACKET_FANOUT_FLAG_UNIQUEID) !== 0) {
    if (id !== 0) return -EINVAL;
    const used = new Set(Array.from(fanouts, (f) => f.id));
    if (used.size > 0xffff) return -ENOMEM;
    for (id = po.pn.nextFanout; used.has(id); ) id = (id + 1) & 0xffff;
    po.pn.nextFanout = (id + 1) & 0xffff;
    flags &= ~PACKET_FANOUT_FLAG_UNIQUEID;
  }
  let group: PacketFanout | null = null;
  for (const f of fanouts) if (f.id === id) group = f;
  if (group !== null && (group.flags !== flags || (maxMembers !== 0 && group.max !== maxMembers))) return -EINVAL;
  if (group === null && maxMembers > FANOUT_MAX) return -EINVAL;
  const found = group ?? new PacketFanout(po, id, type, flags, maxMembers === 0 ? FANOUT_MAX_DEFAULT : maxMembers);
  if (po.num === 0 || found.type !== type || found.num !== po.num || found.ifindex !== po.ifindex) return -EINVAL;
  if (found.owners.size >= found.max) return -ENOSPC;
  fanouts.add(found);
  const running = packetRunning(po);
  packetUnhook(po);
  found.owners.add(po);
  po.fanout = found;
  if (running) packetHook(po);
  return 0;
}

/** The socket leaves its group, which ends with its last (fanout_release). */
export function fanoutRelease(po: PacketSock): void {
  const f = po.fanout;
  if (f === null) return;
  packetUnhook(po);
  po.fanout = null;
  f.owners.delete(po);
  po.overflow = null;
  if (f.owners.size === 0) po.pn.fanouts.delete(f);
}

/** PACKET_FANOUT_DATA: the program that chooses the member, as its instructions: 0, -EINVAL, -EPERM. */
export function fanoutSetData(po: PacketSock, bytes: Uint8Array): number {
  const f = po.fanout;
  if (f === null || f.type !== PACKET_FANOUT_CBPF) return -EINVAL;
  if (sockFlag(po, SOCK_FILTER_LOCKED)) return -EPERM;
  const insns = bpfDecode(bytes);
  if (typeof insns === 'number') return insns;
  const prog = bpfProgCreate(po.kernel, insns);
  if (typeof prog === 'number') return prog;
  bpfCompile(prog);
  f.prog = prog;
  return 0;
}

/** PACKET_FANOUT as getsockopt shows it. */
export function fanoutInfo(po: PacketSock): number {
  const f = po.fanout;
  return f === null ? 0 : f.id | (f.type << 16) | ((f.flags >> 8) << 24);
}

/** PACKET_ROLLOVER_STATS: three 64-bit counters, or -EINVAL without a group. */
export function fanoutRolloverStats(po: PacketSock): Uint8Array | number {
  if (po.fanout === null) return -EINVAL;
  const o = po.overflow;
  const out = new Uint8Array(24);
  const view = new DataView(out.buffer);
  // The second would count those of large flows, which are not told apart here.
  [o?.taken ?? 0, 0, o?.refused ?? 0].forEach((n, i) => {
    view.setUint32(i * 8, n, true);
    view.setUint32(i * 8 + 4, Math.floor(n / 0x1_0000_0000), true);
  });
  return out;
}
