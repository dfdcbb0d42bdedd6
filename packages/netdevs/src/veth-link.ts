/** Making pairs: by `ip link add ... type veth peer ...`, or by a call. */
import { EADDRNOTAVAIL, EINVAL, type Net } from '@linnet/kernel';
import { allocNetdev, ethHwAddrRandom, netifCarrierOff, registerNetdevice, unregisterNetdevice, type NetDevice } from '@linnet/netdev';
import {
  NLA_UNSPEC, rtnlConfigureLink, rtnlCreateLink, rtnlLinkGetNet, rtnlParseIfinfomsg, type Extack, type RtnlLinkOps, type RtnlLinkParams,
} from '@linnet/netlink';
import {
  ETH_ALEN, ETH_MIN_MTU, IFINFOMSG_LEN, IFLA_ADDRESS, IFLA_IFNAME, IFLA_MAX, IFLA_MTU, isValidEtherAddr, nlaGetBytes, nlaGetString, nlaGetU32, nlaLen, VETH_INFO_MAX, VETH_INFO_PEER,
  type Ifinfomsg,
} from '@linnet/uapi';
import { VETH_MAX_MTU, vethDellink, vethPeer, vethSetup, vethTie } from './veth.ts';

/** The kind `veth` (veth_link_ops). @alpha */
export const VETH_RTNL_OPS: RtnlLinkOps = Object.freeze({
  kind: 'veth',
  dellink: vethDellink,
  policy: { maxtype: VETH_INFO_MAX, rules: { [VETH_INFO_PEER]: { type: NLA_UNSPEC, min: IFINFOMSG_LEN } } },
  validate: vethValidate,
  setup: vethSetup,
  newlink: vethRtnlNewlink,
  getLinkNet: (dev: NetDevice): Net => vethPeer(dev)?.net ?? dev.net,
});

/** What is refused before anything else is looked at (veth_validate): -EINVAL, -EADDRNOTAVAIL. */
function vethValidate(tb: Int32Array, _data: Int32Array, { req }: RtnlLinkParams): number {
  if (tb[IFLA_ADDRESS] !== 0) {
    if (nlaLen(req.view, tb[IFLA_ADDRESS]!) !== ETH_ALEN) return -EINVAL;
    if (!isValidEtherAddr(nlaGetBytes(req.view, tb[IFLA_ADDRESS]!), 0)) return -EADDRNOTAVAIL;
  }
  if (tb[IFLA_MTU] !== 0) {
    const mtu = nlaGetU32(req.view, tb[IFLA_MTU]!);
    if (mtu < ETH_MIN_MTU || mtu > VETH_MAX_MTU) return -EINVAL;
  }
  return 0;
}

/** Makes the peer as VETH_INFO_PEER describes it (or like the device itself), then registers both and ties them (veth_newlink). */
function vethRtnlNewlink(_net: Net, dev: NetDevice, p: RtnlLinkParams, _extack: Extack): number {
  const { req } = p;
  let ptb = p.tb;
  let ifm: Ifinfomsg | null = null;
  let name = 'veth%d';
  if (p.data[VETH_INFO_PEER] !== 0) {
    ptb = new Int32Array(IFLA_MAX + 1);
    const parsed = rtnlParseIfinfomsg(req, p.data[VETH_INFO_PEER]!, ptb);
    if (typeof parsed === 'number') return parsed;
    ifm = parsed;
    if (ptb[IFLA_IFNAME] !== 0) name = nlaGetString(req.view, ptb[IFLA_IFNAME]!);
  }
  const peerNet = ifm === null ? dev.net : rtnlLinkGetNet(p.linkNet, req, ptb);
  if (typeof peerNet === 'number') return peerNet;
  const peer = rtnlCreateLink(peerNet, name, VETH_RTNL_OPS, req, ptb);
  if (typeof peer === 'number') return peer;
  // Without a description the peer is like the device, but for the address.
  if (ifm === null || ptb[IFLA_ADDRESS] === 0) ethHwAddrRandom(peer);
  if (ifm !== null) peer.ifindex = ifm.index;
  if (p.tb[IFLA_ADDRESS] === 0) ethHwAddrRandom(dev);
  let err = registerNetdevice(peer);
  if (err < 0) return err;
  netifCarrierOff(peer);
  // The peer is told of, and configured, before it has its partner: whoever asks for it to be up at once hears ENOTCONN, as on Linux.
  err = rtnlConfigureLink(peer, ifm);
  if (err === 0) err = registerNetdevice(dev);
  if (err < 0) {
    unregisterNetdevice(peer);
    return err;
  }
  vethTie(dev, peer);
  return 0;
}

/**
 * Makes a pair: `name` in `net` and `peerName` in `peerNet` (`ip link add NAME netns NET type veth peer name PEER netns PEERNET`), both down, with random addresses.
 * Returns the two devices, or a negative errno: -EEXIST for a name in use, -EINVAL for a bad one, or for namespaces of two machines.
 * @public
 */
export function vethNewlink(net: Net, name: string, peerNet: Net, peerName: string): [NetDevice, NetDevice] | number {
  if (net.kernel !== peerNet.kernel) return -EINVAL;
  const make = (n: Net, devName: string): NetDevice => {
    const dev = allocNetdev(n, { name: devName, setup: vethSetup });
    ethHwAddrRandom(dev);
    dev.rtnlLinkOps = VETH_RTNL_OPS;
    return dev;
  };
  net.kernel.enter();
  try {
    const peer = make(peerNet, peerName);
    const dev = make(net, name);
    let err = registerNetdevice(peer);
    if (err < 0) return err;
    err = registerNetdevice(dev);
    if (err < 0) {
      unregisterNetdevice(peer);
      return err;
    }
    vethTie(dev, peer);
    return [dev, peer];
  } finally {
    net.kernel.exit();
  }
}
