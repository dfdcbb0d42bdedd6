/** What a packet costs in this package: `npx vitest bench packages/netdev` from the repository's root. */
import { createKernel, VirtualClock } from '@linnet/kernel';
import { allocSkb, consumeSkb, skbReserve, skbPut, type Skb } from '@linnet/skbuff';
import { bench, describe } from 'vitest';
import {
  allocNetdev, devAddPack, devAddTap, devForwardSkb, devOpen, devQueueXmit, ETH_HEADER_OPS, etherSetup, ethHwAddrRandom, NETDEV_TX_OK, netdev, type NetDevice, netLoopbackDev,
  PacketType, registerNetdevice,
} from '../src/index.ts';

const BATCH = 256;
const T = 0x88b5;

function sink(skb: Skb): number {
  consumeSkb(skb);
  return 0;
}

function send(dev: NetDevice, daddr: Uint8Array | null, size: number): void {
  const skb = allocSkb(dev.pool, 64 + size);
  skbReserve(skb, 64);
  skbPut(skb, size);
  skb.dev = dev;
  ETH_HEADER_OPS.create(skb, dev, T, daddr, null, size);
  devQueueXmit(skb);
}

function loopback(tap: boolean): () => void {
  const k = createKernel({ modules: [netdev], clock: new VirtualClock(), seed: 1 });
  const lo = netLoopbackDev(k.initNet);
  devOpen(lo);
  devAddPack(k, new PacketType({ type: T, func: sink }));
  if (tap) devAddTap(k, { func: () => undefined });
  return () => {
    k.enter();
    for (let i = 0; i < BATCH; i++) send(lo, null, 1000);
    k.exit();
  };
}

/** Two Ethernet devices joined as veth joins its ends. */
function wire(): () => void {
  const k = createKernel({ modules: [netdev], clock: new VirtualClock(), seed: 1 });
  const make = (): NetDevice => {
    const dev = allocNetdev(k.initNet, {
      name: 'w%d', setup: etherSetup, ops: { startXmit: (skb): number => (devForwardSkb(dev === a ? b : a, skb), NETDEV_TX_OK) },
    });
    ethHwAddrRandom(dev);
    registerNetdevice(dev);
    devOpen(dev);
    return dev;
  };
  const a: NetDevice = make();
  const b: NetDevice = make();
  devAddPack(k, new PacketType({ type: T, func: sink }));
  return () => {
    k.enter();
    for (let i = 0; i < BATCH; i++) send(a, b.devAddr, 1000);
    k.exit();
  };
}

describe(`${BATCH} packets, sent and received`, () => {
  bench('loopback', loopback(false));
  bench('loopback with a tap', loopback(true));
  bench('wire with pfifo_fast', wire());
});
