import { createKernel, ms, sec, VirtualClock, type Kernel } from '@linnet/kernel';
import { devAddTap, devClose, devOpen, devSetMacAddress, frameLength, copyFrame, type NetDevice } from '@linnet/netdev';
import { skbStats } from '@linnet/skbuff';
import { BR_STATE_BLOCKING, BR_STATE_FORWARDING, BR_STATE_LEARNING, BR_STATE_LISTENING, IFLA_BR_STP_STATE, IFLA_BRPORT_GUARD, IFLA_BRPORT_PROTECT } from '@linnet/uapi';
import { afterEach, describe, expect, test } from 'vitest';
import { bridge, bridgeNewlink, bridgeSetPort, veth, vethNewlink } from '../../src/index.ts';
import { type Bridge, brGet, brPortGet } from '../../src/bridge/br.ts';
import { brStpSetBridgePriority, brStpSetEnabled } from '../../src/bridge/br-stp-if.ts';
import { send } from '../helpers.ts';
import { BROADCAST, bytes, frame, hex, Lab, macOf, setBridge, setPort, STP_GROUP } from './lab.ts';

let k: Kernel | null = null;
afterEach(() => {
  if (k === null) return;
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
  k = null;
});

/** The first words of a configuration message in a frame: from the version on. */
const config = (s: string): string => s.slice(34);

describe('one bridge on the wire', () => {
  test('sends what 802.1D-1998 says, each hello time', () => {
    const lab = new Lab(1);
    k = lab.k;
    setBridge(lab, (w) => w.putU32(IFLA_BR_STP_STATE, 1));
    lab.take();
    lab.clock.advance(sec(2));
    const out = lab.take();
    expect(out.length).toBeGreaterThan(0);
    const f = out.at(-1)![1];
    // Group, own address, length 38, LLC 42 42 03; protocol 0, version 0, type 0, flags 0;
    expect(f).toBe(
      '0180c2000000' + '0200000001f0' + '0026' + '424203' + '0000' + '00' + '00' + '00' +
      // root, cost, bridge, port, age, max age 20 s, hello 2 s, delay 15 s
      '80000200000001f0' + '00000000' + '80000200000001f0' + '8001' + '0000' + '1400' + '0200' + '0f00',
    );
    lab.clock.advance(sec(20));
    expect(lab.take().length).toBe(10);
  });
  test('listens, learns, forwards: fifteen seconds each', () => {
    const lab = new Lab(2);
    k = lab.k;
    lab.k.run(() => devClose(lab.br));
    setBridge(lab, (w) => w.putU32(IFLA_BR_STP_STATE, 1));
    lab.k.run(() => devOpen(lab.br));
    const state = (): number => brPortGet(lab.ports[0]!.dev)!.state;
    const data = (): number[] => lab.send(0, frame(macOf(7), macOf(1))).filter(([, f]) => f.startsWith(hex(macOf(7)))).map(([i]) => i);
    expect([state(), lab.br.carrier]).toEqual([BR_STATE_LISTENING, false]);
    expect(data()).toEqual([]);
    lab.clock.advance(ms(15_010));
    expect(state()).toBe(BR_STATE_LEARNING);
    expect(data()).toEqual([]);
    lab.clock.advance(ms(15_010));
    expect([state(), lab.br.carrier]).toEqual([BR_STATE_FORWARDING, true]);
    // Learned while learning.
    expect(lab.send(1, frame(macOf(1), macOf(2))).filter(([, f]) => f.startsWith(hex(macOf(1)))).map(([i]) => i)).toEqual([0]);
  });
  test('bows to a better bridge, and takes over when that is silent', () => {
    const lab = new Lab(2);
    k = lab.k;
    setBridge(lab, (w) => w.putU32(IFLA_BR_STP_STATE, 1));
    const br = brGet(lab.br)!;
    const root = '4242030000000000' + '1000020000000001' + '00000000' + '1000020000000001' + '8002' + '0000' + '1400' + '0200' + '0f00';
    const bpdu = Uint8Array.from([...STP_GROUP, ...macOf(9), 0, 38, ...bytes(root)]);
    lab.take();
    lab.ports[0]!.inject(bpdu);
    expect([br.rootPort, br.rootPathCost, hex(br.designatedRoot.addr)]).toEqual([1, 100, '020000000001']);
    // It passes the news on by its other port: the root, the cost to it, its age.
    const [[i, f]] = lab.take() as [[number, string]];
    expect([i, config(f).slice(10, 26), config(f).slice(26, 34), config(f).slice(50, 54)]).toEqual([1, '1000020000000001', '00000064', '8002']);
    // An inferior one at a designated port is answered.
    const inferior = Uint8Array.from([...STP_GROUP, ...macOf(8), 0, 38, ...bytes(root.replaceAll('1000020000000001', 'f000020000000009'))]);
    lab.clock.advance(sec(1.1));
    lab.take();
    lab.ports[1]!.inject(inferior);
    expect(lab.take().map(([p]) => p)).toEqual([1]);
    // The root's silence: after 20 s we are the root ourselves.
    lab.clock.advance(sec(21));
    expect([br.rootPort, hex(br.designatedRoot.addr)]).toEqual([0, '0200000001f0']);
    lab.take();
  });
  test('a change of topology is told to the root, until it says that it knows', () => {
    const lab = new Lab(2);
    k = lab.k;
    setBridge(lab, (w) => w.putU32(IFLA_BR_STP_STATE, 1));
    const msg = (flags: string): Uint8Array => Uint8Array.from([...STP_GROUP, ...macOf(9), 0, 38, ...bytes('42420300000000' + flags + '1000020000000001' + '00000000' + '1000020000000001' + '8002' + '0000' + '1400' + '0200' + '0f00')]);
    lab.ports[0]!.inject(msg('00'));
    lab.take();
    lab.k.run(() => devClose(lab.ports[1]!.dev));
    lab.k.run(() => devOpen(lab.ports[1]!.dev));
    // Keep the root alive while the port comes up.
    for (let t = 0; t < 32; t++) {
      lab.clock.advance(sec(1));
      lab.ports[0]!.inject(msg('00'));
    }
    const tcn = lab.take().filter(([, f]) => f.slice(24, 28) === '0007');
    expect(tcn.every(([i]) => i === 0)).toBe(true);
    expect(tcn[0]![1]).toBe('0180c2000000' + '0200000001f0' + '0007' + '424203' + '0000' + '00' + '80');
    // Acknowledged, and in force: addresses age with the forward delay.
    lab.ports[0]!.inject(msg('81'));
    const br = brGet(lab.br)!;
    expect([br.topologyChangeDetected, br.topologyChange]).toEqual([0, 1]);
    lab.clock.advance(ms(100));
    lab.take();
    for (let t = 0; t < 3; t++) {
      lab.clock.advance(sec(1));
      lab.ports[0]!.inject(msg('00'));
    }
    expect(lab.take().filter(([, f]) => f.slice(24, 28) === '0007')).toEqual([]);
    expect(br.topologyChange).toBe(0);
  });
  test('guards: no messages from a host, no root behind a port', () => {
    const lab = new Lab(2);
    k = lab.k;
    setBridge(lab, (w) => w.putU32(IFLA_BR_STP_STATE, 1));
    const msg = Uint8Array.from([...STP_GROUP, ...macOf(9), 0, 38, ...bytes('4242030000000000' + '1000020000000001' + '00000000' + '1000020000000001' + '8002' + '0000' + '1400' + '0200' + '0f00')]);
    setPort(lab, 0, (w) => w.putU8(IFLA_BRPORT_PROTECT, 1));
    lab.ports[0]!.inject(msg);
    expect([brGet(lab.br)!.rootPort, brPortGet(lab.ports[0]!.dev)!.state]).toEqual([0, BR_STATE_LISTENING]);
    setPort(lab, 1, (w) => w.putU8(IFLA_BRPORT_GUARD, 1));
    lab.ports[1]!.inject(msg);
    expect(brPortGet(lab.ports[1]!.dev)!.state).toBe(0);
    lab.take();
  });
  test('frames that are none: dropped, with a reason', () => {
    const lab = new Lab(1);
    k = lab.k;
    setBridge(lab, (w) => w.putU32(IFLA_BR_STP_STATE, 1));
    const llc = (s: string): Uint8Array => Uint8Array.from([...STP_GROUP, ...macOf(9), 0, s.length / 2, ...bytes(s)]);
    for (const s of ['42', '424203', '42420300000000', '4242030001000000', '424103000000000000', '4242030000000000aabb', '42420300000002']) lab.ports[0]!.inject(llc(s));
    expect(brGet(lab.br)!.rootPort).toBe(0);
    // Older than its own limit.
    lab.ports[0]!.inject(llc('4242030000000000' + '1000020000000001' + '00000000' + '1000020000000001' + '8002' + '1500' + '1400' + '0200' + '0f00'));
    expect(brGet(lab.br)!.rootPort).toBe(0);
    lab.take();
  });
});

describe('three bridges in a circle', () => {
  interface Ring { clock: VirtualClock; brs: NetDevice[]; ports: NetDevice[][] }
  function ring(): Ring {
    const clock = new VirtualClock();
    k = createKernel({ modules: [bridge, veth], clock, seed: 2, debug: true });
    const brs = [0, 1, 2].map((i) => bridgeNewlink(k!.initNet, `br${i}`) as NetDevice);
    const ports: NetDevice[][] = [[], [], []];
    for (const [a, b] of [[0, 1], [1, 2], [2, 0]] as const) {
      const pair = vethNewlink(k.initNet, `v${a}${b}`, k.initNet, `v${b}${a}`);
      if (typeof pair === 'number') throw new Error(`${pair}`);
      [a, b].forEach((n, i) => {
        const d = pair[i]!;
        k!.run(() => devSetMacAddress(d, macOf(16 * (n + 1) + ports[n]!.length)));
        expect(bridgeSetPort(d, brs[n]!)).toBe(0);
        ports[n]!.push(d);
        k!.run(() => devOpen(d));
      });
    }
    for (const br of brs) {
      k.run(() => brStpSetEnabled(brGet(br)!, true));
      k.run(() => devOpen(br));
    }
    return { clock, brs, ports };
  }
  const states = (r: Ring): number[][] => r.ports.map((list) => list.map((d) => brPortGet(d)!.state));
  const of = (r: Ring, i: number): Bridge => brGet(r.brs[i]!)!;

  test('one port is blocked, so that nothing goes round', () => {
    const r = ring();
    r.clock.advance(sec(40));
    expect([0, 1, 2].map((i) => hex(of(r, i).designatedRoot.addr))).toEqual(['020000000110', '020000000110', '020000000110']);
    expect(states(r).flat().filter((s) => s === BR_STATE_BLOCKING).length).toBe(1);
    expect(states(r).flat().filter((s) => s === BR_STATE_FORWARDING).length).toBe(5);
    let frames = 0;
    for (const list of r.ports) for (const d of list) {
      devAddTap(k!, { dev: d, ignoreOutgoing: true, func: (skb) => {
        const b = new Uint8Array(frameLength(skb));
        copyFrame(skb, b);
        if (hex(b).startsWith('ffffffffffff')) frames++;
      } });
    }
    send(r.brs[1]!, frame(BROADCAST, r.brs[1]!.devAddr));
    expect(frames).toBe(3); // by two links to the other bridges, and once more at the blocked end
  });
  test('a broken link opens the blocked one', () => {
    const r = ring();
    r.clock.advance(sec(40));
    k!.run(() => devClose(r.ports[0]![0]!)); // br0 - br1
    r.clock.advance(sec(55));
    expect(states(r).flat().filter((s) => s === BR_STATE_BLOCKING)).toEqual([]);
    expect(of(r, 1).rootPathCost).toBe(4);
    k!.run(() => devOpen(r.ports[0]![0]!));
    r.clock.advance(sec(55));
    expect(states(r).flat().filter((s) => s === BR_STATE_BLOCKING).length).toBe(1);
    expect(of(r, 1).rootPathCost).toBe(2);
  });
  test('priority chooses the root', () => {
    const r = ring();
    r.clock.advance(sec(40));
    k!.run(() => brStpSetBridgePriority(of(r, 2), 0x1000));
    r.clock.advance(sec(60));
    expect([0, 1, 2].map((i) => of(r, i).designatedRoot.prio)).toEqual([0x1000, 0x1000, 0x1000]);
    expect(of(r, 2).rootPort).toBe(0);
  });
});
