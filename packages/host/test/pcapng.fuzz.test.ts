import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PcapngWriter, readPcapng } from '@linnet/host';

const SEED = 20_260_101;

function written(run: (w: PcapngWriter) => void, chunkSize: number): Uint8Array {
  const chunks: number[] = [];
  const w = new PcapngWriter((chunk) => { for (const byte of chunk) chunks.push(byte); }, { chunkSize });
  run(w);
  w.end();
  return Uint8Array.from(chunks);
}

it('what is written is read back', () => {
  const packet = fc.record({
    iface: fc.nat(2), time: fc.nat(Number.MAX_SAFE_INTEGER), flags: fc.nat(2), data: fc.uint8Array({ maxLength: 200 }),
    comment: fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }), { nil: undefined }),
  });
  fc.assert(fc.property(fc.array(packet, { maxLength: 20 }), fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { minLength: 3, maxLength: 3 }), fc.integer({ min: 64, max: 5_000 }), (packets, names, chunkSize) => {
    const read = readPcapng(written((w) => {
      for (const name of names) w.addInterface({ name, snapLen: 100 });
      for (const p of packets) w.packet(p.iface, p.time, p.flags, p.data, 0, p.data.length, p.comment);
    }, chunkSize));
    expect(read.interfaces.map((i) => i.name)).toEqual(names);
    expect(read.interfaces.map((i) => i.received)).toEqual([0, 1, 2].map((i) => packets.filter((p) => p.iface === i).length));
    expect(read.packets).toEqual(packets.map((p) => ({
      interfaceId: p.iface, timeNs: BigInt(p.time), flags: p.flags, comments: p.comment === undefined ? [] : [p.comment],
      originalLength: p.data.length, data: p.data.subarray(0, 100),
    })));
  }), { seed: SEED, numRuns: 200 });
});

it('a damaged file is a TypeError or still a capture', () => {
  const good = written((w) => {
    const id = w.addInterface({ name: 'eth0' });
    for (let i = 0; i < 5; i++) w.packet(id, i, 1, new Uint8Array(20 + i), 0, 20 + i, 'comment');
  }, 4_096);
  const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(damage, fc.nat(good.length), (bytes, length) => {
    const file = Uint8Array.from(good);
    for (const [at, value] of bytes) file[at] = value;
    try {
      expect(readPcapng(file.subarray(0, length)).packets.length).toBeLessThanOrEqual(5);
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
    }
  }), { seed: SEED, numRuns: 2_000 });
});
