/**
 * PACKET_RX_RING: frames in memory that the reader shares with the stack, in the layout of TPACKET_V1, V2 and V3 (packet(7), the kernel's packet_mmap document). The memory is what
 * mmap(2) of the socket gives: `PacketRing.memory`. A reader in the same thread needs no barriers; it gives a frame or a block back by writing TP_STATUS_KERNEL to its status.
 */
import { delTimer, EBUSY, EINVAL, ENOMEM, modTimer, msecsToJiffies, TimerList } from '@linnet/kernel';
import { type NetDevice, vnetHdrFromSkb } from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, type Skb, skbCopyBits } from '@linnet/skbuff';
import {
  AF_PACKET, SOCK_DGRAM, TP_FT_REQ_FILL_RXHASH, TP_STATUS_BLK_TMO, TP_STATUS_KERNEL, TP_STATUS_LOSING, TP_STATUS_TS_SOFTWARE, TP_STATUS_USER, TP_STATUS_VLAN_TPID_VALID, TP_STATUS_VLAN_VALID, TPACKET_V1, TPACKET_V2, TPACKET_V3,
} from '@linnet/uapi';
import { SOCK_DEAD, sockFlag } from '../sock.ts';
import { packetFilter, packetNote, packetPrepare, tpStatus } from './packet-rcv.ts';
import type { PacketSock } from './packet-sock.ts';

const PAGE = 4096;
const ALIGN = 16;
const SOCKADDR_LL = 20;
const BLOCK_HDR = 48;
/** The most memory that a ring gets. */
const MAX_RING: number = 1 << 28;
/** A block that fills slowly is handed over after so many milliseconds, unless the request says. */
const DEFAULT_RETIRE = 8;

/** Sizes of struct tpacket_hdr, tpacket2_hdr and tpacket3_hdr: what PACKET_HDRLEN answers. */
export function tpHdrLen(version: number): number {
  return version === TPACKET_V3 ? 48 : version === TPACKET_V1 || version === TPACKET_V2 ? 32 : -EINVAL;
}

function align(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

/** A ring of frames, or of blocks of them. @alpha */
export class PacketRing {
  readonly memory: Uint8Array;
  private readonly view: DataView;
  private readonly po: PacketSock;
  private readonly version: number;
  readonly blockSize: number;
  readonly blockNr: number;
  readonly frameSize: number;
  readonly frameNr: number;
  private head = 0;
  // TPACKET_V3: when a block is handed over at the latest (ms), and the block that is being filled
  /** Bytes of each block that are the reader's own, as asked for and as kept free. */
  readonly privLen: number;
  private readonly privRoom: number;
  readonly retire: number;
  /** TP_FT_REQ_*. */
  readonly features: number;
  private readonly rxhash: boolean;
  private readonly timer: TimerList<PacketRing>;
  private seq = 1;
  private open = false;
  private fill = 0;
  private last = 0;
  private count = 0;
  /** Times that the reader kept all blocks to himself. */
  freezes = 0;
  private frozen = false;
  private readonly vnet: DataView = new DataView(new ArrayBuffer(12));

  constructor(po: PacketSock, req: DataView) {
    this.po = po;
    this.version = po.tpVersion;
    this.blockSize = req.getUint32(0, true);
    this.blockNr = req.getUint32(4, true);
    this.frameSize = req.getUint32(8, true);
    this.frameNr = req.getUint32(12, true);
    const v3 = this.version === TPACKET_V3;
    this.retire = v3 ? req.getUint32(16, true) || DEFAULT_RETIRE : 0;
    this.privLen = v3 ? req.getUint32(20, true) : 0;
    this.privRoom = align(this.privLen, 8);
    this.features = v3 ? req.getUint32(24, true) : 0;
    this.rxhash = (this.features & TP_FT_REQ_FILL_RXHASH) !== 0;
    this.memory = new Uint8Array(this.blockSize * this.blockNr);
    this.view = new DataView(this.memory.buffer);
    this.timer = new TimerList<PacketRing>((ring) => ring.expired(), this);
    if (v3) this.openBlock();
  }

  /** The ring goes. */
  destroy(): void {
    delTimer(this.po.kernel, this.timer);
  }

  /** Is there a frame, or a block, for the reader? */
  readable(): boolean {
    if (this.version === TPACKET_V3) return (this.view.getUint32(((this.head + this.blockNr - 1) % this.blockNr) * this.blockSize + 8, true) & TP_STATUS_USER) !== 0;
    const before = (this.head + this.frameNr - 1) % this.frameNr;
    return this.status(this.frameAt(before)) !== TP_STATUS_KERNEL;
  }

  /** Is there room for another frame? */
  hasRoom(): boolean {
    if (this.version === TPACKET_V3) return this.open || this.blockStatus() === TP_STATUS_KERNEL;
    return this.status(this.frameAt(this.head)) === TP_STATUS_KERNEL;
  }

  private frameAt(i: number): number {
    const perBlock = Math.floor(this.blockSize / this.frameSize);
    return Math.floor(i / perBlock) * this.blockSize + (i % perBlock) * this.frameSize;
  }

  private status(at: number): number {
    return this.view.getUint32(at, true); // V1's is a long, of which the low half counts
  }

  private blockStatus(): number {
    return this.view.getUint32(this.head * this.blockSize + 8, true);
  }

  /** Takes a frame, whose bytes begin at `skb.data`; `keep` of them are wanted. False when there is no room. */
  put(skb: Skb, keep: number): boolean {
    const { po } = this;
    const hdr = align(tpHdrLen(this.version), ALIGN) + SOCKADDR_LL;
    const mac = po.type === SOCK_DGRAM ? 0 : skb.networkHeader - skb.data;
    const net = align(hdr + Math.max(16, mac), ALIGN) + po.tpReserve + po.vnetHdrSz;
    const macoff = po.type === SOCK_DGRAM ? align(hdr, ALIGN) + 16 + po.tpReserve + po.vnetHdrSz : net - mac;
    const netoff = po.type === SOCK_DGRAM ? macoff : net;
    return this.version === TPACKET_V3 ? this.putV3(skb, keep, macoff, netoff) : this.putFrame(skb, keep, macoff, netoff);
  }

  private putFrame(skb: Skb, keep: number, mac: number, net: number): boolean {
    const { view, po } = this;
    const at = this.frameAt(this.head);
    if (this.status(at) !== TP_STATUS_KERNEL) return false;
    // What was set aside may leave no room for bytes, and none for where they would begin.
    const begins = mac <= this.frameSize;
    if (!begins) mac = this.frameSize;
    const snap = Math.min(keep, this.frameSize - mac);
    this.copy(skb, at, mac, snap, begins);
    const now = this.time(skb);
    const sec = Math.floor(now / 1e9);
    const v1 = this.version === TPACKET_V1;
    let status = TP_STATUS_USER | tpStatus(skb) | this.stamped(skb);
    if (v1) status &= ~(TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID); // it has no place for a tag
    if (po.tpDrops > 0) status |= TP_STATUS_LOSING;
    const base = v1 ? at + 8 : at + 4;
    view.setUint32(base, skb.cb5, true);
    view.setUint32(base + 4, snap, true);
    view.setUint16(base + 8, mac, true);
    view.setUint16(base + 10, net, true);
    view.setUint32(base + 12, sec, true);
    view.setUint32(base + 16, v1 ? Math.floor((now - sec * 1e9) / 1000) : now - sec * 1e9, true);
    if (!v1) {
      view.setUint16(base + 20, skb.vlanProto !== 0 ? skb.vlanTci : 0, true);
      view.setUint16(base + 22, skb.vlanProto, true);
      view.setUint32(base + 24, 0, true);
    } else view.setUint32(at + 4, 0, true);
    this.sender(skb, at + align(tpHdrLen(this.version), ALIGN));
    view.setUint32(at, status >>> 0, true);
    this.head = (this.head + 1) % this.frameNr;
    return true;
  }

  private putV3(skb: Skb, keep: number, mac: number, net: number): boolean {
    if (!this.open && !this.openBlock()) return false;
    const most = this.blockSize - BLOCK_HDR - this.privRoom;
    const begins = mac <= most;
    if (!begins) mac = most;
    const snap = Math.min(keep, most - mac);
    const len = align(mac + snap, 8);
    if (this.fill + len > this.blockSize) {
      this.close(0);
      if (!this.openBlock()) return false;
    }
    const { view } = this;
    const block = this.head * this.blockSize;
    const at = block + this.fill;
    this.copy(skb, at, mac, snap, begins);
    const now = this.time(skb);
    const sec = Math.floor(now / 1e9);
    view.setUint32(at, len, true); // where the next one would be
    view.setUint32(at + 4, sec, true);
    view.setUint32(at + 8, now - sec * 1e9, true);
    view.setUint32(at + 12, snap, true);
    view.setUint32(at + 16, skb.cb5, true);
    view.setUint32(at + 20, (TP_STATUS_USER | tpStatus(skb) | this.stamped(skb)) >>> 0, true);
    view.setUint16(at + 24, mac, true);
    view.setUint16(at + 26, net, true);
    view.setUint32(at + 28, this.rxhash ? skb.hash : 0, true);
    view.setUint32(at + 32, skb.vlanProto !== 0 ? skb.vlanTci : 0, true);
    view.setUint16(at + 36, skb.vlanProto, true);
    this.sender(skb, at + align(tpHdrLen(TPACKET_V3), ALIGN));
    this.last = at;
    this.count++;
    if (this.count === 1) {
      view.setUint32(block + 32, sec, true);
      view.setUint32(block + 36, now - sec * 1e9, true);
    }
    view.setUint32(block + 40, sec, true);
    view.setUint32(block + 44, now - sec * 1e9, true);
    this.fill += len;
    view.setUint32(block + 12, this.count, true);
    view.setUint32(block + 20, this.fill, true);
    return true;
  }

  /** Begins with the block at the head; false while the reader has it. */
  private openBlock(): boolean {
    if (this.blockStatus() !== TP_STATUS_KERNEL) {
      if (!this.frozen) this.freezes++;
      this.frozen = true;
      return false;
    }
    this.frozen = false;
    const { view } = this;
    const block = this.head * this.blockSize;
    const first = BLOCK_HDR + this.privRoom;
    view.setUint32(block, TPACKET_V3, true); // version
    view.setUint32(block + 4, BLOCK_HDR, true);
    view.setUint32(block + 12, 0, true);
    view.setUint32(block + 16, first, true);
    view.setUint32(block + 20, first, true);
    view.setUint32(block + 24, this.seq, true);
    view.setUint32(block + 28, 0, true);
    this.seq++;
    this.fill = first;
    this.count = 0;
    this.open = true;
    modTimer(this.po.kernel, this.timer, (this.po.kernel.jiffies + msecsToJiffies(this.retire)) | 0);
    return true;
  }

  /** Hands the block to the reader. */
  private close(status: number): void {
    this.view.setUint32(this.last, 0, true); // no next one
    this.view.setUint32(this.head * this.blockSize + 8, TP_STATUS_USER | status, true);
    this.head = (this.head + 1) % this.blockNr;
    this.open = false;
    this.po.dataReady(this.po);
  }

  /** Time is up: what is in the block goes to the reader, and the next one is begun. */
  private expired(): void {
    if (this.open && this.count > 0) this.close(TP_STATUS_BLK_TMO);
    if (!this.open) this.openBlock();
    modTimer(this.po.kernel, this.timer, (this.po.kernel.jiffies + msecsToJiffies(this.retire)) | 0);
  }

  private copy(skb: Skb, at: number, mac: number, snap: number, begins: boolean): void {
    const { po } = this;
    if (po.vnetHdrSz > 0 && begins) {
      vnetHdrFromSkb(this.vnet, skb);
      for (let i = 0; i < po.vnetHdrSz; i++) this.memory[at + mac - po.vnetHdrSz + i] = this.vnet.getUint8(i);
    }
    skbCopyBits(skb, 0, this.memory, at + mac, snap);
  }

  private time(skb: Skb): number {
    return skb.tstamp > 0 ? skb.tstamp : this.po.kernel.wallNow();
  }

  /** Was the frame stamped as it came in? Otherwise its time is that of now. */
  private stamped(skb: Skb): number {
    return skb.tstamp > 0 && (skb.dev as NetDevice).sd.netstampNeeded !== 0 ? TP_STATUS_TS_SOFTWARE : 0;
  }

  /** struct sockaddr_ll. */
  private sender(skb: Skb, at: number): void {
    const { view } = this;
    view.setUint16(at, AF_PACKET, true);
    view.setUint16(at + 2, skb.cb6);
    view.setInt32(at + 4, skb.cb0, true);
    view.setUint16(at + 8, skb.cb1, true);
    view.setUint8(at + 10, skb.pktType);
    view.setUint8(at + 11, skb.cb2);
    view.setInt32(at + 12, skb.cb3, true);
    view.setInt32(at + 16, skb.cb4, true);
  }
}

/** Takes a frame for the ring: contract of PacketType.func (tpacket_rcv). */
export function tpacketRcv(po: PacketSock, skb: Skb, dev: NetDevice, origDev: NetDevice): number {
  const ring = po.rxRing;
  if (ring === null || !packetPrepare(po, skb, dev)) {
    consumeSkb(skb);
    return 0;
  }
  const keep = packetFilter(po, skb);
  if (keep === 0 && skb.len !== 0) {
    consumeSkb(skb);
    return 0;
  }
  packetNote(po, skb, dev, origDev);
  if (!ring.put(skb, keep)) {
    po.tpDrops++;
    po.drops++;
    kfreeSkbReason(skb, DROP.PACKET_SOCK_ERROR);
    return 0;
  }
  po.tpPackets++;
  consumeSkb(skb);
  if (po.tpVersion !== TPACKET_V3 && !sockFlag(po, SOCK_DEAD)) po.dataReady(po);
  return 0;
}

/** PACKET_RX_RING with a struct tpacket_req (or, for TPACKET_V3, tpacket_req3): the ring, null for none, or -EINVAL, -EBUSY, -ENOMEM. */
export function packetRingFrom(po: PacketSock, val: Uint8Array, old: PacketRing | null): PacketRing | null | number {
  const v3 = po.tpVersion === TPACKET_V3;
  if (val.length < (v3 ? 28 : 16)) return -EINVAL;
  const req = new DataView(val.buffer, val.byteOffset, val.byteLength);
  const blockSize = req.getInt32(0, true);
  const blockNr = req.getUint32(4, true);
  const frameSize = req.getUint32(8, true);
  const frameNr = req.getUint32(12, true);
  if (blockNr === 0) return frameNr === 0 ? null : -EINVAL;
  if (old !== null) return -EBUSY;
  const hdr = align(tpHdrLen(po.tpVersion), ALIGN) + SOCKADDR_LL;
  if (blockSize <= 0 || blockSize % PAGE !== 0) return -EINVAL;
  if (frameSize < hdr + po.tpReserve || frameSize % ALIGN !== 0) return -EINVAL;
  if (v3 && blockSize < BLOCK_HDR + align(req.getUint32(20, true), 8) + hdr + po.tpReserve) return -EINVAL;
  const perBlock = Math.floor(blockSize / frameSize);
  if (perBlock === 0 || perBlock * blockNr !== frameNr) return -EINVAL;
  if (blockSize * blockNr > MAX_RING) return -ENOMEM;
  return new PacketRing(po, req);
}
