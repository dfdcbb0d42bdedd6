/** vrf: a device whose slaves have a routing table of their own (drivers/net/vrf.c, Documentation of VRF). */
import { defineKey, EINVAL, EOPNOTSUPP, type Kernel, type KernelModule, type Key, type Net } from '@linnet/kernel';
import {
  devChangeFlags, devGetFlags, ETH_HEADER_OPS, ethHwAddrRandom, ethMacAddr, etherSetup, ethTypeTrans, ethValidateAddr, IFF_L3MDEV_MASTER, IFF_L3MDEV_SLAVE, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE,
  type L3mdevOps, NET_RX_SUCCESS, NETDEV_TX_OK, type NetDevice, type NetDeviceOps, netdevMasterUpperDevLink, netdevUpperDevUnlink, netifRx, NETIF_F_FRAGLIST, NETIF_F_GSO_SOFTWARE,
  NETIF_F_HW_CSUM, NETIF_F_RXCSUM, NETIF_F_SG, netdev, netLoopbackDev, registerNetdevice, unregisterNetdevice,
  NETIF_FX_SOFT_DEVICE,
} from '@linnet/netdev';
import { type Extack, netlink, type NetlinkSock, NLA_U32, NlRequest, nlSetErrMsg, rtnlGetLink, type RtnlLinkOps, type RtnlLinkParams, rtnlLinkRegister } from '@linnet/netlink';
import { PACKET_HOST, PACKET_LOOPBACK, type Skb, skbOrphan } from '@linnet/skbuff';
import {
  AF_INET, AF_INET6, AF_UNSPEC, FIB_RULE_HDR_LEN, fibRuleHdrWrite, FR_ACT_TO_TBL, FRA_L3MDEV, FRA_PRIORITY, FRA_PROTOCOL, IF_OPER_UP, IFF_MASTER, IFF_NOARP, IFF_UP, IFLA_VRF_MAX,
  IFLA_VRF_PORT_TABLE, IFLA_VRF_TABLE, nlaGetU32, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NlWriter, RT_TABLE_UNSPEC, RTM_NEWRULE, RTPROT_KERNEL,
} from '@linnet/uapi';
import { etherValidate } from './ether-link.ts';
import { VRF_ETHTOOL_OPS } from './soft-ethtool.ts';

/** Packets up to what IP can carry, and the link-layer header of 64 KiB of IPv6. */
const VRF_MTU = 65575;
const IPV6_MIN_MTU = 1280;
/** Where the rule that asks masters for their tables stands. */
const RULE_PREF = 1000;

class Vrf {
  table = 0;
}

function table(dev: NetDevice): number {
  return (dev.priv as Vrf).table;
}

/** A slave's packet becomes one of the VRF; what went round by a loopback stays what it is (vrf_ip_rcv). */
function l3Rcv(dev: NetDevice, skb: Skb): void {
  if (skb.pktType === PACKET_LOOPBACK) return;
  skb.dev = dev;
  skb.skbIif = dev.ifindex;
  dev.stats.rxPackets++;
  dev.stats.rxBytes += skb.len;
}

const VRF_L3MDEV_OPS: L3mdevOps = Object.freeze({ fibTable: table, l3Rcv });

/** Closed and opened again, so that its addresses and routes go to the table that is right now (cycle_netdev). */
function cycle(dev: NetDevice): void {
  if (!dev.running) return;
  const flags = devGetFlags(dev);
  devChangeFlags(dev, flags & ~IFF_UP);
  devChangeFlags(dev, flags);
}

function addSlave(dev: NetDevice, port: NetDevice): number {
  if (port === netLoopbackDev(dev.net)) return -EOPNOTSUPP;
  if ((port.privFlags & (IFF_L3MDEV_MASTER | IFF_L3MDEV_SLAVE)) !== 0 || port.master !== null) return -EINVAL;
  port.privFlags |= IFF_L3MDEV_SLAVE;
  const err = netdevMasterUpperDevLink(port, dev);
  if (err < 0) {
    port.privFlags &= ~IFF_L3MDEV_SLAVE;
    return err;
  }
  cycle(port);
  return 0;
}

function delSlave(dev: NetDevice, port: NetDevice): number {
  netdevUpperDevUnlink(port, dev);
  port.privFlags &= ~IFF_L3MDEV_SLAVE;
  cycle(port);
  return 0;
}

const VRF_OPS: NetDeviceOps = Object.freeze({
  init(dev: NetDevice): number {
    dev.flags = IFF_MASTER | IFF_NOARP;
    // It has no link that could be down.
    dev.operstate = IF_OPER_UP;
    return 0;
  },
  uninit(dev: NetDevice): void {
    for (const port of Array.from(dev.lowerDevs)) delSlave(dev, port);
  },
  /** Packets to the machine's own addresses in this table: received again, like those of loopback (vrf_local_xmit). */
  startXmit(skb: Skb, dev: NetDevice): number {
    skb.tstamp = 0;
    skbOrphan(skb);
    skb.protocol = ethTypeTrans(skb, dev);
    skb.pktType = PACKET_HOST;
    const { len } = skb;
    if (netifRx(skb) === NET_RX_SUCCESS) {
      dev.stats.rxPackets++;
      dev.stats.txPackets++;
      dev.stats.rxBytes += len;
      dev.stats.txBytes += len;
    } else dev.stats.txDropped++;
    return NETDEV_TX_OK;
  },
  setMacAddress: ethMacAddr,
  validateAddr: ethValidateAddr,
  addSlave,
  delSlave,
});

function setup(dev: NetDevice): void {
  etherSetup(dev);
  dev.netdevOps = VRF_OPS;
  dev.headerOps = ETH_HEADER_OPS;
  dev.l3mdevOps = VRF_L3MDEV_OPS;
  dev.priv = new Vrf();
  ethHwAddrRandom(dev);
  dev.features = NETIF_F_FRAGLIST | NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_GSO_SOFTWARE;
  dev.hwFeatures = dev.features;
  dev.featuresExt = NETIF_FX_SOFT_DEVICE;
  dev.hwFeaturesExt = NETIF_FX_SOFT_DEVICE;
  dev.ethtoolOps = VRF_ETHTOOL_OPS;
  dev.netnsImmutable = true;
  dev.privFlags |= IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
  dev.minMtu = IPV6_MIN_MTU;
  dev.maxMtu = VRF_MTU;
  dev.mtu = VRF_MTU;
}

/** Asks a family for the rule by which masters are asked for their tables; it is there already after the first VRF (vrf_fib_rule). */
function addRule(net: Net, family: number): void {
  const handler = rtnlGetLink(net.kernel, family, RTM_NEWRULE) ?? rtnlGetLink(net.kernel, AF_UNSPEC, RTM_NEWRULE);
  if (handler?.doit === undefined) return;
  const w = new NlWriter({ capacity: 128 });
  const nlh = w.begin(RTM_NEWRULE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL, 0, 0);
  fibRuleHdrWrite(w.view, w.reserve(FIB_RULE_HDR_LEN), { family, dstLen: 0, srcLen: 0, tos: 0, table: 0, action: FR_ACT_TO_TBL, flags: 0 });
  w.putU8(FRA_PROTOCOL, RTPROT_KERNEL);
  w.putU8(FRA_L3MDEV, 1);
  w.putU32(FRA_PRIORITY, RULE_PREF);
  w.end();
  // The kernel itself asks: there is no socket behind the request.
  handler.doit(net, new NlRequest(net, null as unknown as NetlinkSock, w.u8, w.view, nlh, false, 0), new NlWriter());
}

function newlink(net: Net, dev: NetDevice, p: RtnlLinkParams, extack: Extack): number {
  const { data } = p;
  if (data[IFLA_VRF_TABLE] === 0) {
    nlSetErrMsg(extack, 'VRF table id is missing');
    return -EINVAL;
  }
  const id = nlaGetU32(p.req.view, data[IFLA_VRF_TABLE]!);
  if (id === RT_TABLE_UNSPEC) {
    nlSetErrMsg(extack, 'Invalid VRF table id');
    return -EINVAL;
  }
  (dev.priv as Vrf).table = id;
  dev.privFlags |= IFF_L3MDEV_MASTER;
  const err = registerNetdevice(dev);
  if (err < 0) return err;
  const state = net.get(VRF);
  if (!state.rules) {
    state.rules = true;
    for (const family of [AF_INET, AF_INET6]) addRule(net, family);
  }
  return 0;
}

/** What a namespace remembers: that its rules are there. */
class VrfNet {
  rules = false;
}
const VRF: Key<VrfNet> = defineKey<VrfNet>('vrf');

const VRF_RTNL_OPS: RtnlLinkOps = Object.freeze({
  kind: 'vrf',
  policy: { maxtype: IFLA_VRF_MAX, rules: { [IFLA_VRF_TABLE]: { type: NLA_U32 } } },
  setup,
  validate: etherValidate,
  newlink,
  dellink(dev: NetDevice): void {
    for (const port of Array.from(dev.lowerDevs)) delSlave(dev, port);
    unregisterNetdevice(dev);
  },
  fillInfo(w: NlWriter, dev: NetDevice): number {
    w.putU32(IFLA_VRF_TABLE, table(dev));
    return 0;
  },
  fillSlaveInfo(w: NlWriter, dev: NetDevice): number {
    w.putU32(IFLA_VRF_PORT_TABLE, table(dev));
    return 0;
  },
});

/** VRF devices. @public */
export const vrf: KernelModule = {
  name: 'vrf',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    rtnlLinkRegister(k, VRF_RTNL_OPS);
  },
  netInit(net: Net): void {
    net.set(VRF, new VrfNet());
  },
};
