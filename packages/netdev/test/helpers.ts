import { createKernel, type Kernel, type KernelModule, type Net, VirtualClock } from '@linnet/kernel';
import { allocSkb, consumeSkb, SKB, type Skb, skbPut, skbReserve } from '@linnet/skbuff';
import { expect } from 'vitest';
import { devAddPack, type NetDevice, netdev, PacketType } from '../src/index.ts';

/** A machine whose packets are poisoned when they are freed, on virtual time. */
export function makeKernel(modules: readonly KernelModule[] = []): Kernel & { clock: VirtualClock } {
  return createKernel({ modules: [netdev, ...modules], clock: new VirtualClock(), seed: 1, debug: true }) as Kernel & { clock: VirtualClock };
}

/** Ends the machine and checks that no packet and no memory of one is left. */
export function finish(k: Kernel): void {
  k.shutdown();
  const pool = k.get(SKB);
  expect(pool.stats.live).toBe(0);
  expect(pool.headsLive).toBe(0);
}

export const drops = (k: Kernel): Record<string, number> => k.get(SKB).dropCounts();

export const MAC_A = new Uint8Array([2, 0, 0, 0, 0, 0xa]);
export const MAC_B = new Uint8Array([2, 0, 0, 0, 0, 0xb]);
export const BROADCAST = new Uint8Array(6).fill(255);

export function bytes(...parts: (number | readonly number[] | Uint8Array)[]): Uint8Array {
  return new Uint8Array(parts.flatMap((p) => (typeof p === 'number' ? [p] : [...p])));
}
export const be16 = (n: number): number[] => [(n >> 8) & 255, n & 255];

/** An Ethernet frame. */
export function eth(dst: Uint8Array, src: Uint8Array, type: number, payload: Uint8Array | readonly number[] = []): Uint8Array {
  return bytes(dst, src, be16(type), payload);
}

/** An skb for sending: `payload` behind room for headers, from `dev`. */
export function txSkb(dev: NetDevice, payload: Uint8Array, headroom = 64): Skb {
  const skb = allocSkb(dev.pool, headroom + payload.length);
  skbReserve(skb, headroom);
  skb.u8.set(payload, skbPut(skb, payload.length));
  skb.dev = dev;
  skb.networkHeader = skb.data;
  return skb;
}

export interface Received {
  readonly payload: number[];
  readonly dev: string;
  readonly origDev: string;
  readonly pktType: number;
  readonly skbIif: number;
  readonly gsoSize: number;
  readonly gsoSegs: number;
}

/** Registers a protocol that records what it gets. */
export function listen(k: Kernel, type: number, opts: { dev?: NetDevice; net?: Net } = {}): Received[] & { pt: PacketType } {
  const got = [] as unknown as Received[] & { pt: PacketType };
  got.pt = new PacketType({
    type,
    ...opts,
    func: (skb, dev, _pt, origDev) => {
      expect(skb.users).toBe(1);
      got.push({
        payload: payloadOf(skb), dev: dev.name, origDev: origDev.name, pktType: skb.pktType, skbIif: skb.skbIif, gsoSize: skb.gsoSize, gsoSegs: skb.gsoSegs,
      });
      consumeSkb(skb);
      return 0;
    },
  });
  devAddPack(k, got.pt);
  return got;
}

/** All bytes of an skb from `data` on. */
export function payloadOf(skb: Skb): number[] {
  const out = [...skb.u8.subarray(skb.data, skb.tail)];
  for (let i = 0; i < skb.nrFrags; i++) {
    const f = skb.frags[i]!;
    out.push(...f.head.u8.subarray(f.off, f.off + f.len));
  }
  for (let it = skb.fragList; it !== null; it = it.next) out.push(...payloadOf(it));
  return out;
}
