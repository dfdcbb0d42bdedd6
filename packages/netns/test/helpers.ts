import { createKernel, type Kernel, type Net, VirtualClock } from '@linnet/kernel';
import { allocNetdev, etherSetup, ethHwAddrRandom, IFF_NO_QUEUE, type NetDevice, type NetdevLinkOps, registerNetdevice, unregisterNetdevice } from '@linnet/netdev';
import { expect } from 'vitest';
import { netns } from '../src/index.ts';

export function makeKernel(hostname = 'linnet'): Kernel {
  return createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1, debug: true, hostname });
}

/** Ends the machine. What packets there were is the concern of who made them. */
export function finish(k: Kernel): void {
  k.shutdown();
  expect(k.nets.size).toBe(0);
}

export const deleted: string[] = [];
const VIRTUAL: NetdevLinkOps = {
  kind: 'virtual',
  dellink(dev): void {
    deleted.push(dev.name);
    unregisterNetdevice(dev);
  },
};

/** A device: hardware, or one that user space could have made. */
export function device(net: Net, name: string, virtual: boolean): NetDevice {
  const dev = allocNetdev(net, {
    name,
    setup: (d) => {
      etherSetup(d);
      ethHwAddrRandom(d);
      d.privFlags |= IFF_NO_QUEUE;
      if (virtual) d.rtnlLinkOps = VIRTUAL;
    },
  });
  expect(registerNetdevice(dev)).toBe(0);
  return dev;
}
