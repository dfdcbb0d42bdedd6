// ethtool of bridges, macvlan, ifb and TUN, against the real kernel: drivers, links, features, strings, time stamps.
import { createKernel, VirtualClock } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import * as netdevs from '@linnet/netdevs';
import { createTap } from '@linnet/netdevs';
import { IFF_UP, NETLINK_ROUTE, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLMSG_ERROR, RTM_NEWLINK } from '@linnet/uapi';
import { devChangeFlags, devGetByName } from '@linnet/netdev';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { have } from '../needs.mjs';
import { attr, join, nest, str, u32, words } from './attrs.ts';
import { LinnetKernel, RealKernel, request } from './probe.ts';

const ifi = (): Uint8Array => new Uint8Array(16);
const queues = (): Uint8Array => join(u32(31, 1), u32(32, 1));
const MAKE: readonly Uint8Array[] = [
  join(ifi(), str(3, 'v0'), queues(), nest(18, str(1, 'veth'), nest(2, attr(1, join(ifi(), str(3, 'v1'), queues()))))), join(ifi(), str(3, 'br0'), nest(18, str(1, 'bridge'))),
  join(ifi(), str(3, 'ifb0'), queues(), nest(18, str(1, 'ifb'))), join(ifi(), str(3, 'mv0'), u32(5, 3), nest(18, str(1, 'macvlan'))),
];

/** Calls: name, words, bytes behind them. */
const CALLS: readonly (readonly [string, readonly number[], number])[] = [
  ['driver', [3], 192], ['link', [0xa], 4], ['settings', [1], 40], ['link settings', [0x4c, 0, 0, 4 << 24, 0, 0, 0, 0, 0, 0, 0, 0], 48], ['features', [0x3a, 2], 64], ['strings', [0x1b, 1, 0], 4096], ['counters', [0x1d, 4], 80], ['time stamps', [0x41], 40],
  ['address', [0x20, 32], 32], ['message level', [7], 4], ['channels', [0x3c], 32], ['coalescing', [0xe], 88],
];

describe.skipIf(!have('root', 'ip', 'python3'))('ethtool of devices without hardware, as the real kernel answers', () => {
  let ns: TestNetns;
  let k: Kernel;
  let real: RealKernel;
  let ours: LinnetKernel;

  beforeAll(async () => {
    ns = new TestNetns();
    real = new RealKernel(ns.name);
    const { bridge, ifb, macvlan, tap, veth } = netdevs;
    k = createKernel({ modules: [veth, tap, bridge, ifb, macvlan], clock: new VirtualClock(), seed: 1 });
    ours = new LinnetKernel(k.initNet);
    for (const who of [real, ours]) {
      for (const payload of MAKE) {
        const [answer] = await who.send('rt', NETLINK_ROUTE, request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, payload));
        const view = new DataView(answer!.buffer, answer!.byteOffset);
        expect([view.getUint16(4, true), view.getInt32(16, true)]).toEqual([NLMSG_ERROR, 0]);
      }
    }
    ns.sh('ip tuntap add dev tun0 mode tun && ip link set v1 master br0 && ip link set v0 up && ip link set v1 up && ip link set br0 up');
    createTap(k.initNet, { name: 'tun0', mode: 'tun', port: { transmit: () => true }, vnetHdr: false });
    const [br0, v1] = [devGetByName(k.initNet, 'br0')!, devGetByName(k.initNet, 'v1')!];
    expect(k.run(() => br0.netdevOps.addSlave!(br0, v1))).toBe(0);
    for (const name of ['v0', 'v1', 'br0']) {
      const dev = devGetByName(k.initNet, name)!;
      k.run(() => devChangeFlags(dev, dev.flags | IFF_UP));
    }
  });
  afterAll(async () => {
    await real.close();
    ours.close();
    k.shutdown();
    ns.delete();
  });

  for (const dev of ['br0', 'ifb0', 'mv0', 'tun0', 'v0']) {
    it(dev, async () => {
      const differ: object[] = [];
      for (const [name, head, more] of CALLS) {
        // A TUN has a carrier and queues while somebody is behind it: there is nobody behind the real one.
        if (dev === 'tun0' && (name === 'link' || name === 'channels')) continue;
        // What these have follows from the devices below them, in ways of the bridge's and macvlan's own.
        if (name === 'features' && (dev === 'br0' || dev === 'mv0')) continue;
        const buf = join(words(...head), new Uint8Array(more));
        const [theirs, mine] = [await real.ethtool(dev, buf), await ours.ethtool(dev, buf)];
        // ifb gives the kernel's release as its version.
        if (name === 'driver' && dev === 'ifb0') for (const a of [theirs, mine]) a.buf.fill(0, 36, 68);
        // What follows the NUL of a text is the kernel's affair.
        if (name === 'driver') for (const a of [theirs, mine]) clean(a.buf);
        const same = theirs.rc === mine.rc && (theirs.rc < 0 || Buffer.compare(theirs.buf, mine.buf) === 0);
        if (!same) differ.push({ name, theirs: [theirs.rc, Buffer.from(theirs.buf).toString('hex')], mine: [mine.rc, Buffer.from(mine.buf).toString('hex')] });
      }
      expect(differ).toEqual([]);
    });
  }
});

function clean(buf: Uint8Array): void {
  for (const off of [4, 36, 68, 100, 132]) {
    const nul = buf.indexOf(0, off);
    buf.fill(0, nul, off + 32);
  }
}
