import { utf8Decode } from '@linnet/uapi';
import { PCAPNG_BYTE_ORDER_MAGIC, PCAPNG_EPB, PCAPNG_IDB, PCAPNG_ISB, PCAPNG_SHB } from './pcapng.ts';

/**
 * One interface as a capture describes it, with its statistics when the capture has them.
 *
 * @public
 */
export interface PcapngInterfaceRecord {
  readonly linkType: number;
  readonly snapLen: number;
  readonly name: string;
  readonly description: string;
  readonly comments: readonly string[];
  /** Timestamp units in a second: 10^9 for nanoseconds. */
  readonly unitsPerSecond: bigint;
  /** Packets seen, and of those the ones that the capture lost (isb_ifrecv, isb_ifdrop); -1 without statistics. */
  received: number;
  dropped: number;
}

/**
 * One packet of a capture.
 *
 * @public
 */
export interface PcapngPacketRecord {
  readonly interfaceId: number;
  /** Nanoseconds since 1970, or since whatever the writer called 0. */
  readonly timeNs: bigint;
  /** Length on the wire. */
  readonly originalLength: number;
  /** epb_flags, 0 without: bits 0-1 are the direction. */
  readonly flags: number;
  readonly comments: readonly string[];
  /** The captured bytes, a view of the file's. */
  readonly data: Uint8Array;
}

/**
 * What `readPcapng` returns.
 *
 * @public
 */
export interface PcapngCapture {
  readonly comments: readonly string[];
  readonly application: string;
  readonly os: string;
  readonly hardware: string;
  readonly interfaces: readonly PcapngInterfaceRecord[];
  readonly packets: readonly PcapngPacketRecord[];
}

interface Option {
  readonly code: number;
  readonly value: Uint8Array;
}

const EMPTY_SHB = 28;

/**
 * Read a whole pcapng file of one section, of either byte order. Blocks of other kinds are passed over.
 * Errors: TypeError with the offset for what is not a well-formed capture.
 * Source: draft-ietf-opsawg-pcapng sections 3.1 (blocks), 3.5 (options), 4.1 to 4.6.
 *
 * @public
 */
export function readPcapng(file: Uint8Array): PcapngCapture {
  return new Reader(file).read();
}

class Reader {
  private readonly u8: Uint8Array;
  private readonly view: DataView;
  private little: boolean;

  constructor(file: Uint8Array) {
    this.u8 = file;
    this.view = new DataView(file.buffer, file.byteOffset, file.length);
    this.little = true;
  }

  read(): PcapngCapture {
    if (this.u8.length < EMPTY_SHB || this.view.getUint32(0) !== PCAPNG_SHB) throw bad(0, 'no section header');
    this.little = this.view.getUint32(8, true) === PCAPNG_BYTE_ORDER_MAGIC;
    if (this.u32(8) !== PCAPNG_BYTE_ORDER_MAGIC) throw bad(8, 'no byte-order magic');
    if (this.u16(12) !== 1) throw bad(12, `version ${this.u16(12)}`);
    let header: Option[] = [];
    const interfaces: PcapngInterfaceRecord[] = [];
    const packets: PcapngPacketRecord[] = [];
    for (let at = 0; at < this.u8.length; ) {
      const end = this.blockEnd(at);
      const type = this.u32(at);
      if (type === PCAPNG_SHB) {
        if (at !== 0) throw bad(at, 'a second section');
        header = this.options(at + 24, end);
      } else if (type === PCAPNG_IDB) {
        interfaces.push(this.iface(at, end));
      } else if (type === PCAPNG_EPB) {
        packets.push(this.packet(at, end, interfaces));
      } else if (type === PCAPNG_ISB) {
        this.statistics(at, end, interfaces);
      }
      at = end + 4;
    }
    return { comments: this.strings(header, 1), application: this.string(header, 4), os: this.string(header, 3), hardware: this.string(header, 2), interfaces, packets };
  }

  /** Check a block's two lengths; returns the offset of the second. */
  private blockEnd(at: number): number {
    if (at + 12 > this.u8.length) throw bad(at, 'a cut block');
    const length = this.u32(at + 4);
    if (length < 12 || length % 4 !== 0 || at + length > this.u8.length) throw bad(at + 4, `block length ${length}`);
    const end = at + length - 4;
    if (this.u32(end) !== length) throw bad(end, `the two lengths of a block differ (${length} and ${this.u32(end)})`);
    return end;
  }

  private iface(at: number, end: number): PcapngInterfaceRecord {
    if (at + 16 > end) throw bad(at, 'a short interface block');
    const options = this.options(at + 16, end);
    const resol = options.find((option) => option.code === 9)?.value[0] ?? 6;
    const unitsPerSecond = resol & 0x80 ? 1n << BigInt(resol & 0x7f) : 10n ** BigInt(resol);
    return {
      linkType: this.u16(at + 8), snapLen: this.u32(at + 12), name: this.string(options, 2), description: this.string(options, 3),
      comments: this.strings(options, 1), unitsPerSecond, received: -1, dropped: -1,
    };
  }

  private packet(at: number, end: number, interfaces: readonly PcapngInterfaceRecord[]): PcapngPacketRecord {
    if (at + 28 > end) throw bad(at, 'a short packet block');
    const interfaceId = this.u32(at + 8);
    const iface = interfaces[interfaceId];
    if (iface === undefined) throw bad(at + 8, `interface ${interfaceId} was not described`);
    const captured = this.u32(at + 20);
    const dataEnd = at + 28 + captured;
    const optionsAt = at + 28 + Math.ceil(captured / 4) * 4;
    if (optionsAt > end) throw bad(at + 20, `captured length ${captured}`);
    const options = this.options(optionsAt, end);
    const flags = options.find((option) => option.code === 2)?.value;
    const units = (BigInt(this.u32(at + 12)) << 32n) | BigInt(this.u32(at + 16));
    return {
      interfaceId,
      timeNs: (units * 1_000_000_000n) / iface.unitsPerSecond,
      originalLength: this.u32(at + 24),
      flags: flags === undefined ? 0 : this.u32(flags.byteOffset - this.u8.byteOffset),
      comments: this.strings(options, 1),
      data: this.u8.subarray(at + 28, dataEnd),
    };
  }

  private statistics(at: number, end: number, interfaces: readonly PcapngInterfaceRecord[]): void {
    if (at + 20 > end) throw bad(at, 'a short statistics block');
    const iface = interfaces[this.u32(at + 8)];
    if (iface === undefined) throw bad(at + 8, `interface ${this.u32(at + 8)} was not described`);
    for (const option of this.options(at + 20, end)) {
      if (option.code === 4) iface.received = this.u64(option.value);
      if (option.code === 5) iface.dropped = this.u64(option.value);
    }
  }

  private options(from: number, end: number): Option[] {
    const options: Option[] = [];
    for (let at = from; at < end; ) {
      if (at + 4 > end) throw bad(at, 'a cut option');
      const code = this.u16(at);
      const length = this.u16(at + 2);
      const next = at + 4 + Math.ceil(length / 4) * 4;
      if (next > end) throw bad(at + 2, `option length ${length}`);
      if (code === 0) break;
      options.push({ code, value: this.u8.subarray(at + 4, at + 4 + length) });
      at = next;
    }
    return options;
  }

  private strings(options: readonly Option[], code: number): string[] {
    return options.filter((option) => option.code === code).map((option) => utf8Decode(option.value));
  }

  private string(options: readonly Option[], code: number): string {
    return this.strings(options, code)[0] ?? '';
  }

  private u16(at: number): number {
    return this.view.getUint16(at, this.little);
  }

  private u32(at: number): number {
    return this.view.getUint32(at, this.little);
  }

  private u64(value: Uint8Array): number {
    if (value.length !== 8) throw bad(value.byteOffset - this.u8.byteOffset, `a count of ${value.length} bytes`);
    return Number(this.view.getBigUint64(value.byteOffset - this.u8.byteOffset, this.little));
  }
}

function bad(offset: number, what: string): TypeError {
  return new TypeError(`not a well-formed pcapng file: ${what} at offset ${offset}`);
}
