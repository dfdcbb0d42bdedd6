import { describe, expect, it } from 'vitest';
import { PCAPNG_INBOUND, PCAPNG_OUTBOUND, PcapngWriter, readPcapng } from '@linnet/host';
import type { PcapngOptions } from '@linnet/host';

function capture(options: PcapngOptions, write: (w: PcapngWriter) => void): { bytes: Uint8Array; chunks: Uint8Array[] } {
  const chunks: Uint8Array[] = [];
  const writer = new PcapngWriter((chunk) => chunks.push(chunk), options);
  write(writer);
  writer.end();
  return { bytes: concat(chunks), chunks };
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\/\/.*|\s/g, '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

describe('PcapngWriter', () => {
  it('writes the blocks that the draft describes, byte for byte', () => {
    const { bytes } = capture({ application: 'linnet' }, (w) => {
      const eth0 = w.addInterface({ name: 'eth0', snapLen: 65_535 });
      w.packet(eth0, 2 ** 32 + 5, PCAPNG_OUTBOUND, Uint8Array.of(1, 2, 3, 4, 5), 0, 5, 'hello');
    });
    expect(bytes).toEqual(hex(`
      0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff // section header
      0400 0600 6c696e6e65740000                            // shb_userappl "linnet"
      0000 0000 2c000000
      01000000 28000000 0100 0000 ffff0000                  // interface: Ethernet, snaplen 65535
      0200 0400 65746830                                    // if_name "eth0"
      0900 0100 09000000                                    // if_tsresol 10^-9
      0000 0000 28000000
      06000000 40000000 00000000 01000000 05000000          // packet: interface 0, 2^32 + 5 ns
      05000000 05000000 0102030405000000
      0100 0500 68656c6c6f000000                            // opt_comment "hello"
      0200 0400 02000000                                    // epb_flags outbound
      0000 0000 40000000
      05000000 4c000000 00000000 01000000 05000000          // statistics of interface 0
      0200 0800 01000000 05000000                           // isb_starttime
      0300 0800 01000000 05000000                           // isb_endtime
      0400 0800 0100000000000000                            // isb_ifrecv 1
      0500 0800 0000000000000000                            // isb_ifdrop 0
      0000 0000 4c000000
    `));
  });

  it('gives the same bytes however it is chunked, and chunks of whole blocks', () => {
    const write = (w: PcapngWriter): void => {
      const a = w.addInterface({ name: 'a' });
      const b = w.addInterface({ name: 'b' });
      for (let i = 0; i < 300; i++) w.packet(i % 2 === 0 ? a : b, i * 1_000, PCAPNG_INBOUND, new Uint8Array(i * 7).fill(i));
    };
    const whole = capture({ chunkSize: 1 << 22 }, write);
    const small = capture({ chunkSize: 64 }, write);
    expect(whole.chunks).toHaveLength(1);
    expect(small.chunks.length).toBeGreaterThan(300);
    expect(Buffer.compare(small.bytes, whole.bytes)).toBe(0);
    for (const chunk of small.chunks) {
      const length = new DataView(chunk.buffer, chunk.byteOffset).getUint32(chunk.length - 4, true);
      expect(new DataView(chunk.buffer, chunk.byteOffset).getUint32(chunk.length - length + 4, true)).toBe(length);
    }
  });

  it('hands chunks over for good: later packets do not touch them', () => {
    const chunks: Uint8Array[] = [];
    const w = new PcapngWriter((chunk) => chunks.push(chunk), {});
    const id = w.addInterface();
    w.packet(id, 1, 0, new Uint8Array(100).fill(1));
    w.flush();
    const before = Uint8Array.from(chunks[0]!);
    w.packet(id, 2, 0, new Uint8Array(100).fill(2));
    w.end();
    expect(chunks).toHaveLength(2);
    expect(chunks[0]).toEqual(before);
  });

  it('keeps nanoseconds exact above 2^53 with an epoch', () => {
    const epoch = 1_795_000_000_123_456_789n;
    const { bytes } = capture({ epoch }, (w) => {
      const id = w.addInterface();
      for (const t of [0, 1, 999, 4_294_967_295, 4_294_967_296, 86_400e9 + 1]) w.packet(id, t, 0, new Uint8Array(4));
      w.packet(id, 10.75, 0, new Uint8Array(4));
    });
    expect(readPcapng(bytes).packets.map((p) => p.timeNs - epoch)).toEqual([0n, 1n, 999n, 4_294_967_295n, 4_294_967_296n, 86_400_000_000_001n, 10n]);
  });

  it('cuts a packet at the snap length and keeps its length on the wire', () => {
    const { bytes } = capture({}, (w) => {
      const cut = w.addInterface({ snapLen: 10 });
      const all = w.addInterface({ snapLen: 0 });
      const data = Uint8Array.from({ length: 300_000 }, (_, i) => i);
      w.packet(cut, 0, 0, data);
      w.packet(all, 0, 0, data);
      w.packet(cut, 0, 0, data, 256, 3);
    });
    const { packets } = readPcapng(bytes);
    expect(packets.map((p) => [p.data.length, p.originalLength])).toEqual([[10, 300_000], [300_000, 300_000], [3, 3]]);
    expect([...packets[0]!.data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...packets[2]!.data]).toEqual([0, 1, 2]);
  });

  it('takes a packet in pieces: a super-segment from its fragments', () => {
    const data = Uint8Array.from({ length: 65_549 }, (_, i) => i * 31);
    const one = capture({}, (w) => w.packet(w.addInterface(), 7, PCAPNG_INBOUND, data));
    const pieces = capture({}, (w) => {
      w.beginPacket(w.addInterface(), 7, data.length);
      w.append(data, 0, 54);
      w.append(data, 54, 32_768);
      w.append(data, 32_822);
      w.endPacket(PCAPNG_INBOUND);
    });
    expect(Buffer.compare(pieces.bytes, one.bytes)).toBe(0);
    expect(Buffer.compare(readPcapng(one.bytes).packets[0]!.data, data)).toBe(0);
  });

  it('leaves a packet out whose pieces do not add up, and goes on', () => {
    const clean = capture({}, (w) => w.packet(w.addInterface(), 2, 0, Uint8Array.of(9)));
    const { bytes } = capture({}, (w) => {
      const id = w.addInterface();
      w.beginPacket(id, 1, 100);
      w.append(new Uint8Array(40).fill(0xff));
      expect(() => w.endPacket(0)).toThrow(/60 bytes of the packet are missing/);
      w.packet(id, 2, 0, Uint8Array.of(9));
    });
    expect(bytes).toEqual(clean.bytes);
  });

  it('says what it knows of interfaces, comments and losses', () => {
    const { bytes } = capture({ comment: 'Prüfung', hardware: 'hw', os: 'os', application: 'app' }, (w) => {
      const id = w.addInterface({ name: 'veth0', description: 'left', comment: 'first', linkType: 101, snapLen: 1_000, macAddress: Uint8Array.of(2, 0, 0, 0, 0, 1) });
      w.packet(id, 1, PCAPNG_INBOUND, Uint8Array.of(0x45), 0, 1, 'lost → later');
      w.drop(id);
      w.drop(id, 4);
    });
    const read = readPcapng(bytes);
    expect(read).toMatchObject({ comments: ['Prüfung'], hardware: 'hw', os: 'os', application: 'app' });
    expect(read.interfaces).toEqual([{ name: 'veth0', description: 'left', comments: ['first'], linkType: 101, snapLen: 1_000, unitsPerSecond: 1_000_000_000n, received: 6, dropped: 5 }]);
    expect(read.packets).toMatchObject([{ interfaceId: 0, flags: PCAPNG_INBOUND, comments: ['lost → later'] }]);
  });

  it('cuts an option that is longer than its length field, between characters', () => {
    const { bytes } = capture({ comment: '€'.repeat(30_000) }, () => undefined);
    const [comment] = readPcapng(bytes).comments;
    expect(comment).toBe('€'.repeat(21_844));
  });

  it('refuses wrong arguments with the argument in the message', () => {
    const w = new PcapngWriter(() => undefined);
    expect(() => w.packet(0, 0, 0, new Uint8Array(1))).toThrow(/interface 0: 0 were added/);
    const id = w.addInterface();
    expect(() => w.packet(id, -1, 0, new Uint8Array(1))).toThrow(/timeNs -1/);
    expect(() => w.packet(id, Number.NaN, 0, new Uint8Array(1))).toThrow(/timeNs NaN/);
    expect(() => w.packet(id, 0, 0, new Uint8Array(4), 2, 3)).toThrow(RangeError);
    expect(() => w.addInterface({ linkType: 70_000 })).toThrow(/linkType 70000/);
    expect(() => w.addInterface({ macAddress: new Uint8Array(5) })).toThrow(/macAddress: expected 6 bytes, got 5/);
    expect(() => new PcapngWriter(() => undefined, { chunkSize: 1 })).toThrow(/chunkSize 1/);
    expect(() => new PcapngWriter(() => undefined, { epoch: -1n })).toThrow(/epoch -1/);
    w.beginPacket(id, 0, 4);
    expect(() => w.addInterface()).toThrow(/a packet is under way/);
    w.append(new Uint8Array(4));
    w.endPacket(0);
    expect(() => w.append(new Uint8Array(1))).toThrow(/no packet was begun/);
    w.end();
    w.end();
    expect(() => w.addInterface()).toThrow(/the capture has ended/);
  });
});

describe('readPcapng', () => {
  it('reads big-endian files, microseconds by default and binary resolutions', () => {
    const read = readPcapng(hex(`
      0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
      00000001 00000014 0001 0000 00000040 00000014
      00000001 00000020 0001 0000 00000040 0009 0001 8a000000 0000 0000 00000020
      00000bad 00000010 12345678 00000010                       // a block of an unknown kind
      00000006 00000024 00000000 00000000 00000003 00000002 00000009 aabb0000 00000024
      00000006 00000020 00000001 00000000 00000400 00000000 00000000 00000020
    `));
    expect(read.interfaces.map((i) => i.unitsPerSecond)).toEqual([1_000_000n, 1_024n]);
    expect(read.packets.map((p) => p.timeNs)).toEqual([3_000n, 1_000_000_000n]);
    expect(read.packets[0]).toMatchObject({ originalLength: 9, flags: 0, data: Uint8Array.of(0xaa, 0xbb) });
  });

  it('reads from a view that does not begin at 0', () => {
    const { bytes } = capture({}, (w) => w.packet(w.addInterface(), 1, PCAPNG_OUTBOUND, Uint8Array.of(1, 2, 3)));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readPcapng(shifted.subarray(3)).packets).toMatchObject([{ flags: PCAPNG_OUTBOUND, data: Uint8Array.of(1, 2, 3) }]);
  });

  it('names the offset of what is wrong', () => {
    const { bytes } = capture({}, (w) => w.packet(w.addInterface(), 1, 0, Uint8Array.of(1, 2, 3)));
    expect(() => readPcapng(new Uint8Array(0))).toThrow(/no section header at offset 0/);
    expect(() => readPcapng(bytes.subarray(0, bytes.length - 1))).toThrow(/block length \d+ at offset \d+/);
    const broken = Uint8Array.from(bytes);
    broken[broken.length - 4]! ^= 4;
    expect(() => readPcapng(broken)).toThrow(/the two lengths of a block differ/);
  });
});
