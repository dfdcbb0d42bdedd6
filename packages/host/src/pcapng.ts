// The pcapng file format, written and nothing else: no clock, no file, no host name, so the same calls give the same bytes.
// Source: draft-ietf-opsawg-pcapng (PCAP Next Generation Capture File Format), link types of draft-ietf-opsawg-pcaplinktype.
import { utf8Encode } from '@linnet/uapi';

/** Block type: Section Header Block. @public */
export const PCAPNG_SHB = 0x0a0d0d0a;
/** Block type: Interface Description Block. @public */
export const PCAPNG_IDB = 1;
/** Block type: Interface Statistics Block. @public */
export const PCAPNG_ISB = 5;
/** Block type: Enhanced Packet Block. @public */
export const PCAPNG_EPB = 6;
/** What the byte-order magic of a section header reads as in the section's own byte order. @public */
export const PCAPNG_BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Link type of an interface: Ethernet frames. @public */
export const LINKTYPE_ETHERNET = 1;
/** Link type of an interface: packets that begin with an IPv4 or IPv6 header. @public */
export const LINKTYPE_RAW = 101;

/** Packet flag: received by the interface. @public */
export const PCAPNG_INBOUND = 1;
/** Packet flag: sent by the interface. @public */
export const PCAPNG_OUTBOUND = 2;

const OPT_ENDOFOPT = 0;
const OPT_COMMENT = 1;
const SHB_HARDWARE = 2;
const SHB_OS = 3;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_DESCRIPTION = 3;
const IF_MACADDR = 6;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const ISB_STARTTIME = 2;
const ISB_ENDTIME = 3;
const ISB_IFRECV = 4;
const ISB_IFDROP = 5;

/** Ten to the minus nine: timestamps count nanoseconds. */
const TSRESOL_NS = 9;
const DEFAULT_SNAPLEN = 262_144;
const DEFAULT_CHUNK = 131_072;
const TWO_32 = 4_294_967_296;
/** Block type and length, and the length again at the end. */
const BLOCK_OVERHEAD = 12;
const EPB_HEADER = 20;
/** An option's length is 16 bits, and its value is padded to 32. */
const MAX_OPTION = 65_532;

/**
 * What a capture says about itself; every field is optional and nothing is taken from the machine.
 *
 * @public
 */
export interface PcapngOptions {
  readonly comment?: string;
  readonly hardware?: string;
  readonly os?: string;
  /** The program that writes it. */
  readonly application?: string;
  /** Nanoseconds since 1970 at the moment that the timestamps call 0. Default 0n. */
  readonly epoch?: bigint;
  /** Bytes gathered before the sink gets them. Default 131,072. */
  readonly chunkSize?: number;
}

/**
 * One interface of a capture.
 *
 * @public
 */
export interface PcapngInterface {
  readonly name?: string;
  readonly description?: string;
  readonly comment?: string;
  /** A `LINKTYPE_*` number. Default Ethernet. */
  readonly linkType?: number;
  /** Longer packets are cut to this; 0 is no limit. Default 262,144. */
  readonly snapLen?: number;
  /** Six bytes. */
  readonly macAddress?: Uint8Array;
}

class InterfaceState {
  readonly snapLen: number;
  packets: number;
  dropped: number;
  firstNs: number;
  lastNs: number;

  constructor(snapLen: number) {
    this.snapLen = snapLen;
    this.packets = 0;
    this.dropped = 0;
    this.firstNs = 0;
    this.lastNs = 0;
  }
}

/**
 * Writes a capture in the pcapng format, little-endian, with nanosecond timestamps. The bytes go to `sink` in chunks of whole
 * blocks, which then belong to the sink. The same calls give the same bytes.
 *
 * Timestamps are nanoseconds after `options.epoch`, as a double, so `clock.now()` fits as it is.
 * Errors: RangeError or TypeError for wrong arguments, from the call that has them; what the sink throws goes through.
 * Source: draft-ietf-opsawg-pcapng sections 4.1 (SHB), 4.2 (IDB), 4.3 (EPB), 4.6 (ISB).
 *
 * @public
 */
export class PcapngWriter {
  private readonly sink: (chunk: Uint8Array) => void;
  private readonly chunkSize: number;
  private readonly epochHi: number;
  private readonly epochLo: number;
  private readonly interfaces: InterfaceState[];
  private u8: Uint8Array;
  private view: DataView;
  private pos: number;
  /** Where the block under way begins, or -1. */
  private block: number;
  /** Bytes that the packet under way still takes. */
  private room: number;
  private current: InterfaceState | null;
  private currentNs: number;
  private ended: boolean;

  constructor(sink: (chunk: Uint8Array) => void, options: PcapngOptions = {}) {
    const chunkSize = options.chunkSize ?? DEFAULT_CHUNK;
    if (!Number.isInteger(chunkSize) || chunkSize < 64) throw new RangeError(`chunkSize ${chunkSize}: expected a whole number of at least 64`);
    const epoch = options.epoch ?? 0n;
    if (epoch < 0n || epoch >= 1n << 63n) throw new RangeError(`epoch ${epoch}: expected nanoseconds since 1970`);
    this.sink = sink;
    this.chunkSize = chunkSize;
    this.epochHi = Number(epoch >> 32n);
    this.epochLo = Number(epoch & 0xffff_ffffn);
    this.interfaces = [];
    this.u8 = new Uint8Array(chunkSize);
    this.view = new DataView(this.u8.buffer);
    this.pos = 0;
    this.block = -1;
    this.room = 0;
    this.current = null;
    this.currentNs = 0;
    this.ended = false;
    this.writeHeader(options);
  }

  /** Describe an interface. Returns its number, to be given with each of its packets. */
  addInterface(options: PcapngInterface = {}): number {
    this.between('addInterface');
    const snapLen = options.snapLen ?? DEFAULT_SNAPLEN;
    if (!Number.isInteger(snapLen) || snapLen < 0 || snapLen >= TWO_32) throw new RangeError(`snapLen ${snapLen}: expected 0 or a number of bytes`);
    const linkType = options.linkType ?? LINKTYPE_ETHERNET;
    if (!Number.isInteger(linkType) || linkType < 0 || linkType > 0xffff) throw new RangeError(`linkType ${linkType}: expected a LINKTYPE number`);
    const mac = options.macAddress;
    if (mac !== undefined && mac.length !== 6) throw new TypeError(`macAddress: expected 6 bytes, got ${mac.length}`);
    this.beginBlock(PCAPNG_IDB, 8);
    this.view.setUint16(this.pos, linkType, true);
    this.view.setUint16(this.pos + 2, 0, true);
    this.view.setUint32(this.pos + 4, snapLen, true);
    this.pos += 8;
    this.stringOption(OPT_COMMENT, options.comment);
    this.stringOption(IF_NAME, options.name);
    this.stringOption(IF_DESCRIPTION, options.description);
    if (mac !== undefined) this.option(IF_MACADDR, mac);
    this.option(IF_TSRESOL, Uint8Array.of(TSRESOL_NS));
    this.endOptions();
    this.endBlock();
    return this.interfaces.push(new InterfaceState(snapLen)) - 1;
  }

  /**
   * Write one packet that lies in one piece: `data[off .. off + len - 1]`, link header first. `flags` is `PCAPNG_INBOUND`,
   * `PCAPNG_OUTBOUND` or 0. The bytes are copied.
   */
  packet(iface: number, timeNs: number, flags: number, data: Uint8Array, off = 0, len: number = data.length - off, comment?: string): void {
    if (off < 0 || len < 0 || off + len > data.length) throw new RangeError(`off ${off} and len ${len}: expected to lie inside the ${data.length} bytes`);
    this.beginPacket(iface, timeNs, len);
    this.append(data, off, len);
    this.endPacket(flags, comment);
  }

  /** Begin a packet of `len` bytes whose pieces follow with `append`, then `endPacket`. */
  beginPacket(iface: number, timeNs: number, len: number): void {
    this.between('beginPacket');
    const state = this.interfaces[iface];
    if (state === undefined) throw new RangeError(`interface ${iface}: ${this.interfaces.length} were added`);
    if (!(timeNs >= 0)) throw new RangeError(`timeNs ${timeNs}: expected nanoseconds from 0`);
    const captured = state.snapLen !== 0 && len > state.snapLen ? state.snapLen : len;
    this.beginBlock(PCAPNG_EPB, EPB_HEADER + captured + 4);
    const view = this.view;
    const pos = this.pos;
    view.setUint32(pos, iface, true);
    this.timestamp(pos + 4, timeNs);
    view.setUint32(pos + 12, captured, true);
    view.setUint32(pos + 16, len, true);
    this.pos = pos + EPB_HEADER;
    this.room = captured;
    this.current = state;
    this.currentNs = timeNs;
  }

  /** Add bytes to the packet under way; what goes beyond the interface's `snapLen` is left out. */
  append(data: Uint8Array, off = 0, len: number = data.length - off): void {
    if (this.current === null) throw new Error('append: no packet was begun');
    const n = len < this.room ? len : this.room;
    this.u8.set(off === 0 && n === data.length ? data : data.subarray(off, off + n), this.pos);
    this.pos += n;
    this.room -= n;
  }

  /** End the packet under way. Errors: RangeError when fewer bytes came than `beginPacket` was told; the packet is then not in the capture. */
  endPacket(flags: number, comment?: string): void {
    const state = this.current;
    if (state === null) throw new Error('endPacket: no packet was begun');
    this.current = null;
    if (this.room > 0) {
      const missing = this.room;
      this.room = 0;
      this.pos = this.block;
      this.block = -1;
      throw new RangeError(`endPacket: ${missing} bytes of the packet are missing`);
    }
    this.pad();
    if (flags !== 0 || comment !== undefined) {
      this.stringOption(OPT_COMMENT, comment);
      if (flags !== 0) this.intOption(EPB_FLAGS, flags);
      this.endOptions();
    }
    this.endBlock();
    if (state.packets === 0) state.firstNs = this.currentNs;
    state.packets++;
    state.lastNs = this.currentNs;
  }

  /** Count packets of an interface that the capture could not take: the statistics at the end show them. */
  drop(iface: number, count = 1): void {
    const state = this.interfaces[iface];
    if (state === undefined) throw new RangeError(`interface ${iface}: ${this.interfaces.length} were added`);
    state.dropped += count;
  }

  /** Hand everything written so far to the sink. */
  flush(): void {
    this.between('flush');
    if (this.pos === 0) return;
    const chunk = this.u8.subarray(0, this.pos);
    // The sink keeps the old buffer.
    this.allocate(this.chunkSize);
    this.sink(chunk);
  }

  /** Write the statistics of each interface and flush. Nothing can be written after it; a second call does nothing. */
  end(): void {
    if (this.ended) return;
    this.between('end');
    for (let i = 0; i < this.interfaces.length; i++) {
      const state = this.interfaces[i];
      if (state !== undefined) this.statistics(i, state);
    }
    this.flush();
    this.ended = true;
  }

  private writeHeader(options: PcapngOptions): void {
    this.beginBlock(PCAPNG_SHB, 16);
    this.view.setUint32(this.pos, PCAPNG_BYTE_ORDER_MAGIC, true);
    this.view.setUint16(this.pos + 4, 1, true);
    this.view.setUint16(this.pos + 6, 0, true);
    // Section length -1: not known while writing.
    this.view.setUint32(this.pos + 8, 0xffff_ffff, true);
    this.view.setUint32(this.pos + 12, 0xffff_ffff, true);
    this.pos += 16;
    this.stringOption(OPT_COMMENT, options.comment);
    this.stringOption(SHB_HARDWARE, options.hardware);
    this.stringOption(SHB_OS, options.os);
    this.stringOption(SHB_USERAPPL, options.application);
    this.endOptions();
    this.endBlock();
  }

  private statistics(iface: number, state: InterfaceState): void {
    this.beginBlock(PCAPNG_ISB, 12);
    this.view.setUint32(this.pos, iface, true);
    this.timestamp(this.pos + 4, state.lastNs);
    this.pos += 12;
    if (state.packets > 0) {
      this.timeOption(ISB_STARTTIME, state.firstNs);
      this.timeOption(ISB_ENDTIME, state.lastNs);
    }
    this.countOption(ISB_IFRECV, state.packets + state.dropped);
    this.countOption(ISB_IFDROP, state.dropped);
    this.endOptions();
    this.endBlock();
  }

  private between(call: string): void {
    if (this.ended) throw new Error(`${call}: the capture has ended`);
    if (this.block >= 0) throw new Error(`${call}: a packet is under way, end it first`);
  }

  /** Begin a block with room for `need` bytes of body; options make their own room. */
  private beginBlock(type: number, need: number): void {
    if (this.pos > 0 && this.pos + need + BLOCK_OVERHEAD + 64 > this.u8.length) this.flush();
    this.block = this.pos;
    this.ensure(need + BLOCK_OVERHEAD);
    this.view.setUint32(this.pos, type, true);
    this.pos += 8;
  }

  private endBlock(): void {
    this.ensure(4);
    const length = this.pos + 4 - this.block;
    this.view.setUint32(this.block + 4, length, true);
    this.view.setUint32(this.pos, length, true);
    this.pos += 4;
    this.block = -1;
    if (this.pos >= this.chunkSize) this.flush();
  }

  private ensure(more: number): void {
    if (this.pos + more <= this.u8.length) return;
    const old = this.u8;
    const used = this.pos;
    let size = old.length * 2;
    while (size < used + more) size *= 2;
    this.allocate(size);
    this.u8.set(old.subarray(0, used));
    this.pos = used;
  }

  private allocate(size: number): void {
    this.u8 = new Uint8Array(size);
    this.view = new DataView(this.u8.buffer);
    this.pos = 0;
  }

  /** Write epoch + timeNs as two 32-bit halves, high first: a double cannot hold nanoseconds since 1970. */
  private timestamp(pos: number, timeNs: number): void {
    const ns = Math.floor(timeNs);
    const hi = Math.floor(ns / TWO_32);
    const lo = this.epochLo + (ns - hi * TWO_32);
    const carry = lo >= TWO_32 ? 1 : 0;
    this.view.setUint32(pos, (this.epochHi + hi + carry) >>> 0, true);
    this.view.setUint32(pos + 4, lo >>> 0, true);
  }

  /** Zeros up to a multiple of four. The buffer is new, but a packet that was given up may have left bytes. */
  private pad(): void {
    const end = (this.pos + 3) & ~3;
    this.ensure(end - this.pos);
    while (this.pos < end) this.u8[this.pos++] = 0;
  }

  private optionHeader(code: number, length: number): void {
    this.ensure(length + 8);
    this.view.setUint16(this.pos, code, true);
    this.view.setUint16(this.pos + 2, length, true);
    this.pos += 4;
  }

  private option(code: number, value: Uint8Array): void {
    this.optionHeader(code, value.length);
    this.u8.set(value, this.pos);
    this.pos += value.length;
    this.pad();
  }

  private stringOption(code: number, value: string | undefined): void {
    if (value === undefined) return;
    const bytes = utf8Encode(value);
    this.option(code, bytes.length <= MAX_OPTION ? bytes : bytes.subarray(0, cutUtf8(bytes, MAX_OPTION)));
  }

  private intOption(code: number, value: number): void {
    this.optionHeader(code, 4);
    this.view.setUint32(this.pos, value >>> 0, true);
    this.pos += 4;
  }

  private countOption(code: number, value: number): void {
    this.optionHeader(code, 8);
    this.view.setUint32(this.pos, value >>> 0, true);
    this.view.setUint32(this.pos + 4, Math.floor(value / TWO_32), true);
    this.pos += 8;
  }

  private timeOption(code: number, timeNs: number): void {
    this.optionHeader(code, 8);
    this.timestamp(this.pos, timeNs);
    this.pos += 8;
  }

  private endOptions(): void {
    this.optionHeader(OPT_ENDOFOPT, 0);
  }
}

/** The most bytes up to `max` that do not end inside a character. */
function cutUtf8(bytes: Uint8Array, max: number): number {
  let end = max;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}
