import { csumFold, csumPartial, ms } from '@linnet/kernel';
import { CHECKSUM_PARTIAL, skbAddFrag, type Skb } from '@linnet/skbuff';
import { expect, test } from 'vitest';
import { copyFrame, devAddTap, devOpen, devQueueXmit, ETH_HEADER_OPS, frameLength, NETDEV, netLoopbackDev } from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { bytes, eth, finish, listen, MAC_A, MAC_B, makeKernel, txSkb } from './helpers.ts';

const T = 0x88b5;
const grab = (skb: Skb): Uint8Array => {
  const out = new Uint8Array(frameLength(skb));
  expect(copyFrame(skb, out)).toBe(out.length);
  return out;
};

test('both directions, in wire format, with the time, for a machine, a namespace and a device', () => {
  const k = makeKernel();
  const b = k.createNet();
  const one = new FakeDevice(k.initNet, { mac: MAC_A, name: 'one' });
  const two = new FakeDevice(b, { mac: MAC_A, name: 'two' });
  listen(k, T);
  const logs = { machine: [] as string[], net: [] as string[], dev: [] as string[], in: [] as string[] };
  const into = (log: string[]) => (skb: Skb, dev: { name: string }, outgoing: boolean, tstamp: number): void => {
    expect(tstamp).toBe(k.wallNow());
    log.push(`${dev.name} ${outgoing ? 'out' : 'in'} ${grab(skb).join()}`);
  };
  const taps = [
    devAddTap(k, { func: into(logs.machine) }), devAddTap(b, { func: into(logs.net) }), devAddTap(k, { dev: one.dev, func: into(logs.dev) }),
    devAddTap(k, { ignoreOutgoing: true, func: into(logs.in) }),
  ];
  const rx = eth(MAC_A, MAC_B, T, [1, 2, 3]);
  const tx = eth(MAC_B, MAC_A, T, [4]);
  k.clock.advance(ms(3));
  one.inject(rx);
  two.inject(rx);
  k.run(() => devQueueXmit(txSkb(one.dev, tx)));
  expect(logs.machine).toEqual([`one in ${rx.join()}`, `two in ${rx.join()}`, `one out ${tx.join()}`]);
  expect(logs.net).toEqual([`two in ${rx.join()}`]);
  expect(logs.dev).toEqual([`one in ${rx.join()}`, `one out ${tx.join()}`]);
  expect(logs.in).toEqual([`one in ${rx.join()}`, `two in ${rx.join()}`]);
  for (const t of taps) {
    t.remove();
    t.remove();
  }
  expect(k.get(NETDEV).nrTaps).toBe(0);
  one.inject(rx);
  expect(logs.machine).toHaveLength(3);
  finish(k);
});

test('on loopback every frame is seen twice', () => {
  const k = makeKernel();
  const lo = netLoopbackDev(k.initNet);
  devOpen(lo);
  const got = listen(k, T);
  const seen: string[] = [];
  devAddTap(k, { func: (skb, _d, outgoing) => seen.push(`${outgoing} ${grab(skb).length}`) });
  const skb = txSkb(lo, bytes(1, 2));
  ETH_HEADER_OPS.create(skb, lo, T, null, null, 2);
  k.run(() => devQueueXmit(skb));
  expect(seen).toEqual(['true 16', 'false 16']);
  expect(got).toHaveLength(1);
  finish(k);
});

test('a checksum that was left to the device is filled in, also over fragments and in a cut capture; the packet is not touched', () => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet, { features: -1 & ~(1 << 31) });
  const payload = Uint8Array.from({ length: 61 }, (_, i) => i);
  const skb = txSkb(fake.dev, eth(MAC_B, MAC_A, 0x800, payload));
  const head = fake.dev.pool.allocHead(33);
  head.u8.fill(7, 0, 33);
  skbAddFrag(skb, head, 0, 33, 33);
  skb.protocol = 0x800;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.data + 34;
  skb.csumOffset = 6;
  skb.view.setUint16(skb.csumStart + 6, 0x1234);
  const shown: Uint8Array[] = [];
  devAddTap(k, { func: (s) => {
    shown.push(grab(s));
    const cut = new Uint8Array(44);
    expect(copyFrame(s, cut, 0, 44)).toBe(44);
    expect(cut).toEqual(shown[0]!.subarray(0, 44));
    const tiny = new Uint8Array(20);
    expect(copyFrame(s, tiny, 0, 20)).toBe(20);
    expect(copyFrame(s, new Uint8Array(50))).toBe(0);
    expect(copyFrame(s, new Uint8Array(50), 40, 20)).toBe(0);
    expect(s.view.getUint16(s.csumStart + 6)).toBe(0x1234);
  } });
  k.run(() => devQueueXmit(skb));
  const [f] = shown;
  expect(f).toHaveLength(14 + 61 + 33);
  expect(csumFold(csumPartial(f!, 34, f!.length - 34, 0x1234))).toBe(0);
  finish(k);
});

test('a checksum field that lies outside of the frame is left alone', () => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet, { features: -1 & ~(1 << 31) });
  const skb = txSkb(fake.dev, eth(MAC_B, MAC_A, 0x800, [1, 2, 3]));
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = 5;
  skb.csumOffset = 60000;
  k.run(() => devQueueXmit(skb));
  expect(fake.take()[0]!.bytes).toEqual(eth(MAC_B, MAC_A, 0x800, [1, 2, 3]));
  finish(k);
});

test.each([[6, 0xff], [16, 0]])('a sum of zero is written as ffff where UDP has its checksum, as zero elsewhere (%i bytes in)', (csumOffset, byte) => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet, { features: -1 & ~(1 << 31) });
  const header = new Array<number>(18).fill(0);
  header[0] = 0xff;
  header[1] = 0xff;
  const skb = txSkb(fake.dev, eth(MAC_B, MAC_A, 0x800, header));
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.data + 14;
  skb.csumOffset = csumOffset;
  k.run(() => devQueueXmit(skb));
  const sent = fake.take()[0]!.bytes.subarray(14);
  expect([...sent.subarray(csumOffset, csumOffset + 2)]).toEqual([byte, byte]);
  finish(k);
});
