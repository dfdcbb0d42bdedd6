import { EEXIST, EINVAL } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { skbStats } from '@linnet/skbuff';
import { VIRTIO_NET_HDR_GSO_TCPV4 } from '@linnet/uapi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTap, tap, tapReceive, tapWake, type TapOptions } from '../src/index.ts';
import { finish, frame, newKernel, open, send, watch } from './helpers.ts';

const MAC = new Uint8Array([2, 0, 0, 0, 0, 1]);
const PEER = new Uint8Array([2, 0, 0, 0, 0, 2]);

function setup(over: Partial<TapOptions> = {}): { k: ReturnType<typeof newKernel>['k']; dev: NetDevice; sent: Uint8Array[]; gate: { open: boolean } } {
  const { k } = newKernel([tap]);
  const sent: Uint8Array[] = [];
  const gate = { open: true };
  const dev = createTap(k.initNet, {
    name: 'tap0',
    mac: MAC,
    port: {
      transmit(u8, off, len) {
        if (!gate.open) return false;
        sent.push(u8.slice(off, off + len));
        return true;
      },
    },
    ...over,
  }) as NetDevice;
  open(dev);
  return { k, dev, sent, gate };
}

const withHdr = (f: Uint8Array, hdr: number[] = new Array<number>(10).fill(0)): Uint8Array => Uint8Array.from([...hdr, ...f]);
const receive = (dev: NetDevice, bytes: Uint8Array): number => dev.kernel.run(() => tapReceive(dev, bytes, 0, bytes.length));

describe('a TAP', () => {
  it('shows what the machine sends, with the header of virtio', () => {
    const { k, dev, sent } = setup();
    const f = frame(PEER, MAC, new Uint8Array(60).fill(7));
    send(dev, f);
    expect(sent.map((s) => [...s])).toEqual([[...withHdr(f)]]);
    finish(k);
  });

  it('gives the machine what the program hands over', () => {
    const { k, dev } = setup();
    const seen = watch(k, dev);
    const f = frame(MAC, PEER, new Uint8Array(80).fill(9));
    expect(receive(dev, withHdr(f))).toBe(0);
    expect(seen.map((s) => [...s.bytes])).toEqual([[...f]]);
    expect([dev.stats.rxPackets, dev.stats.rxBytes]).toEqual([1, 94]);
    finish(k);
  });

  it('finishes a checksum that the other side left undone', () => {
    const { k, dev } = setup();
    const seen = watch(k, dev);
    const f = frame(MAC, PEER, new Uint8Array(40));
    f.set([1, 2, 3, 4], 30);
    // NEEDS_CSUM from byte 30 on, to be stored 6 bytes further.
    expect(receive(dev, withHdr(f, [1, 0, 0, 0, 0, 0, 30, 0, 6, 0]))).toBe(0);
    const want = 0xffff - (0x0102 + 0x0304);
    expect([seen[0]!.bytes[36], seen[0]!.bytes[37]]).toEqual([want >> 8, want & 255]);
    finish(k);
  });

  it.each([
    ['a checksum behind the end', [1, 0, 0, 0, 0, 0, 200, 0, 6, 0]],
    ['segments without a size', [1, VIRTIO_NET_HDR_GSO_TCPV4, 0, 0, 0, 0, 14, 0, 6, 0]],
    ['segments without a checksum to make', [0, VIRTIO_NET_HDR_GSO_TCPV4, 0, 0, 100, 0, 0, 0, 0, 0]],
    ['segments of a kind that nobody knows', [1, 77, 0, 0, 100, 0, 14, 0, 6, 0]],
  ])('refuses %s', (_, hdr) => {
    const { k, dev } = setup();
    expect(receive(dev, withHdr(frame(MAC, PEER, new Uint8Array(60)), hdr))).toBe(-EINVAL);
    expect([dev.stats.rxErrors, dev.stats.rxFrameErrors]).toEqual([1, 1]);
    finish(k);
  });

  it('waits while the program is full, and loses nothing', () => {
    const { k, dev, sent, gate } = setup({ vnetHdr: false });
    gate.open = false;
    for (let i = 0; i < 5; i++) send(dev, frame(PEER, MAC, new Uint8Array(50).fill(i)));
    expect(sent.length).toBe(0);
    gate.open = true;
    tapWake(dev);
    expect(sent.map((s) => s[14])).toEqual([0, 1, 2, 3, 4]);
    finish(k);
  });

  it('refuses a frame that is not inside its buffer', () => {
    const { k, dev } = setup();
    const f = withHdr(frame(MAC, PEER, new Uint8Array(60)));
    for (const [off, len] of [[-1, f.length], [1, f.length], [0, f.length + 1], [0, NaN], [0.5, 50]] as const) {
      expect(k.run(() => tapReceive(dev, f, off, len))).toBe(-EINVAL);
    }
    expect([skbStats(k).live, dev.stats.rxPackets]).toEqual([0, 0]);
    finish(k);
  });

  it('checks its arguments', () => {
    const { k } = setup();
    const port = { transmit: (): boolean => true };
    const make = (o: Partial<TapOptions>): unknown => createTap(k.initNet, { name: 'tap1', port, ...o });
    expect(make({ name: 'tap0' })).toBe(-EEXIST);
    for (const mtu of [10, 70_000, NaN, 1500.5]) expect(make({ mtu })).toBe(-EINVAL);
    for (const vnetHdrLen of [0, 9, 11, 20]) expect(make({ vnetHdrLen })).toBe(-EINVAL);
    expect(make({ vnetHdr: false, vnetHdrLen: 0 })).toMatchObject({ name: 'tap1' });
    expect(make({ mac: new Uint8Array(5) })).toBe(-EINVAL);
    expect(make({ mac: new Uint8Array(6) })).toBe(-EINVAL);
    expect(make({ mac: new Uint8Array([1, 0, 0, 0, 0, 1]) })).toBe(-EINVAL);
    expect(make({ name: 'a name with spaces' })).toBe(-EINVAL);
    finish(k);
  });

  it('carries bare packets as a TUN', () => {
    const { k, dev, sent } = setup({ mode: 'tun', name: 'tun0', vnetHdr: false });
    const seen = watch(k, dev);
    const packet = Uint8Array.from([0x45, ...new Array<number>(27).fill(1)]);
    expect(receive(dev, packet)).toBe(0);
    expect(receive(dev, new Uint8Array(20))).toBe(-EINVAL);
    expect(seen.map((s) => [...s.bytes])).toEqual([[...packet]]);
    expect(sent).toEqual([]);
    finish(k);
  });

  it('survives any bytes, with and without the header', () => {
    for (const vnetHdr of [true, false]) {
      const { k, dev } = setup({ vnetHdr });
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const rc = receive(dev, bytes);
        expect(rc === 0 || rc === -EINVAL).toBe(true);
        expect(skbStats(k).live).toBe(0);
      }), { seed: 11, numRuns: 2000 });
      finish(k);
    }
  });
});
