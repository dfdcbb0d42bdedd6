import { createKernel, EADDRNOTAVAIL, EBUSY, EINVAL, type Kernel, type KernelModule, type Net, VirtualClock } from '@linnet/kernel';
import {
  ethHwAddrRandom, ethMacAddr, etherSetup, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, type NetDevice, type NetDeviceOps, netdevMasterUpperDevLink, netdevUpperDevUnlink, netifCarrierOff,
  netifCarrierOn, NETDEV_TX_OK, registerNetdevice, TSO_MAX_SIZE, unregisterNetdevice, NET_NAME_USER,
} from '@linnet/netdev';
import { consumeSkb, SKB, type Skb } from '@linnet/skbuff';
import { IFF_UP, IFLA_ADDRESS, IFLA_IFNAME, IFLA_MAX, IFLA_MTU, isValidEtherAddr, nlaGetString, nlaGetU32, nlaLen } from '@linnet/uapi';
import { expect } from 'vitest';
import {
  netlink, NLA_UNSPEC, rtnlConfigureLink, rtnlCreateLink, rtnlLinkGetNet, rtnlLinkRegister, rtnlParseIfinfomsg, type RtnlLinkOps,
} from '../src/index.ts';

export {
  nlAck as ack, nlAddr as nl, nlAttrs as attrs, nlIfinfo as ifi, nlKind as kind, nlMessage as message, nlS32 as s32, nlSplit as split, nlStr as str, NlTestClient as Client,
  type NlTestAck as Ack, type NlTestMessage as Msg, nlU32 as u32,
} from '../src/testing.ts';

export type TestKernel = Kernel & { clock: VirtualClock };

/** A machine whose packets are poisoned when they are freed, on virtual time, with the kinds of links below. */
export function makeKernel(modules: readonly KernelModule[] = []): TestKernel {
  const kinds: KernelModule = {
    name: 'kinds',
    requires: [netlink],
    init(k): void {
      rtnlLinkRegister(k, PAIR);
      rtnlLinkRegister(k, BRIDGE);
    },
  };
  return createKernel({ modules: [kinds, ...modules], clock: new VirtualClock(), seed: 1, debug: true }) as TestKernel;
}

/** Ends the machine and checks that no packet and no memory of one is left. */
export function finish(k: Kernel): void {
  k.shutdown();
  const pool = k.get(SKB);
  expect(pool.stats.live).toBe(0);
  expect(pool.headsLive).toBe(0);
}

const peers = new WeakMap<NetDevice, NetDevice>();

const PAIR_OPS: NetDeviceOps = {
  startXmit(skb: Skb): number {
    consumeSkb(skb);
    return NETDEV_TX_OK;
  },
  open(dev): number {
    const peer = peers.get(dev);
    if (peer !== undefined && (peer.flags & IFF_UP) !== 0) {
      netifCarrierOn(dev);
      netifCarrierOn(peer);
    }
    return 0;
  },
  stop(dev): number {
    netifCarrierOff(dev);
    const peer = peers.get(dev);
    if (peer !== undefined) netifCarrierOff(peer);
    return 0;
  },
  setMacAddress: ethMacAddr,
  getIflink: (dev) => peers.get(dev)?.ifindex ?? 0,
};

/** Two devices at a time, named as veth is, so that what a real kernel says of veth can be compared. */
export const PAIR: RtnlLinkOps = {
  kind: 'veth',
  policy: { maxtype: 1, rules: { 1: { type: NLA_UNSPEC, len: 16 } } },
  setup(dev): void {
    etherSetup(dev);
    dev.tsoMaxSize = TSO_MAX_SIZE;
    dev.netdevOps = PAIR_OPS;
    dev.maxMtu = 65535;
    dev.privFlags |= IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
    ethHwAddrRandom(dev);
  },
  validate(tb, _data, p): number {
    const { view } = p.req;
    if (tb[IFLA_ADDRESS] !== 0) {
      if (nlaLen(view, tb[IFLA_ADDRESS]!) !== 6) return -EINVAL;
      if (!isValidEtherAddr(p.req.u8, tb[IFLA_ADDRESS]! + 4)) return -EADDRNOTAVAIL;
    }
    if (tb[IFLA_MTU] !== 0) {
      const mtu = nlaGetU32(view, tb[IFLA_MTU]!);
      if (mtu < 68 || mtu > 65535) return -EINVAL;
    }
    return 0;
  },
  newlink(net, dev, p): number {
    let peerNet: Net | number = net;
    let ifm = null;
    const tb = new Int32Array(IFLA_MAX + 1);
    if (p.data[1] !== 0) {
      const got = rtnlParseIfinfomsg(p.req, p.data[1]!, tb);
      if (typeof got === 'number') return got;
      ifm = got;
      const err = PAIR.validate!(tb, p.data, p);
      if (err < 0) return err;
      peerNet = rtnlLinkGetNet(p.linkNet, p.req, tb);
      if (typeof peerNet === 'number') return peerNet;
    }
    const name = tb[IFLA_IFNAME] === 0 ? 'veth%d' : nlaGetString(p.req.view, tb[IFLA_IFNAME]!);
    const peer = rtnlCreateLink(peerNet, name, PAIR, p.req, tb);
    if (typeof peer === 'number') return peer;
    if (ifm !== null) peer.ifindex = ifm.index;
    let err = registerNetdevice(peer);
    if (err < 0) return err;
    netifCarrierOff(peer);
    err = rtnlConfigureLink(peer, ifm);
    if (err < 0) return err;
    dev.nameAssignType = NET_NAME_USER;
    err = registerNetdevice(dev);
    if (err < 0) {
      unregisterNetdevice(peer);
      return err;
    }
    netifCarrierOff(dev);
    peers.set(dev, peer);
    peers.set(peer, dev);
    return 0;
  },
  dellink(dev): void {
    const peer = peers.get(dev);
    peers.delete(dev);
    unregisterNetdevice(dev);
    if (peer === undefined) return;
    peers.delete(peer);
    unregisterNetdevice(peer);
  },
  getLinkNet: (dev) => peers.get(dev)?.net ?? dev.net,
};

/** A master without ports' traffic. */
export const BRIDGE: RtnlLinkOps = {
  kind: 'bridge',
  policy: { maxtype: 48, rules: {} },
  setup(dev): void {
    etherSetup(dev);
    dev.maxMtu = 65535;
    dev.netnsImmutable = true;
    dev.privFlags |= IFF_NO_QUEUE;
    ethHwAddrRandom(dev);
    dev.netdevOps = {
      startXmit: PAIR_OPS.startXmit,
      setMacAddress: ethMacAddr,
      addSlave: (br, slave) => {
        if (br === slave || slave.type === 772) return -EINVAL;
        if (slave.master !== null) return -EBUSY;
        return netdevMasterUpperDevLink(slave, br);
      },
      delSlave: (br, slave) => {
        netdevUpperDevUnlink(slave, br);
        return 0;
      },
    };
  },
};
