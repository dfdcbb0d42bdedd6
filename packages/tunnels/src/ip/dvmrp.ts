/** Tunnels of multicast routing (VIFF_TUNNEL of linux/mroute.h): devices of the kind `ipip` that carry groups between two daemons. */
// datapath-ok-file: a daemon's requests
import type { Net } from '@linnet/kernel';
import type { MrTunnels } from '@linnet/ipv4';
import { allocNetdev, devSetMtu, type NetDevice } from '@linnet/netdev';
import { IFF_MULTICAST, IPPROTO_IPIP } from '@linnet/uapi';
import { IpTunnelParms } from './ip-tunnel.ts';
import { ipTunnelDellink, ipTunnelListen, ipTunnelRegister, newIpTunnel } from './ip-tunnel-link.ts';
import { IPIP, IPIP_PROTOCOL, IPIP_RTNL_OPS } from './ipip.ts';

/**
 * Makes and ends such devices. The outer header has the TTL and the TOS of the packet (the threshold of the interface was asked before, RFC 1075 section 4), and DF only with it.
 * @alpha
 */
export const DVMRP_TUNNELS: MrTunnels = Object.freeze({
  add(net: Net, name: string, local: number, remote: number): NetDevice | number {
    const parms = new IpTunnelParms();
    parms.protocol = IPPROTO_IPIP;
    parms.saddr = local;
    parms.daddr = remote;
    const dev = allocNetdev(net, { name, priv: newIpTunnel(), setup: (d) => IPIP_RTNL_OPS.setup(d) });
    dev.rtnlLinkOps = IPIP_RTNL_OPS;
    dev.flags |= IFF_MULTICAST;
    ipTunnelListen(net.kernel, IPIP_PROTOCOL);
    const mtu = ipTunnelRegister(dev, net, IPIP, parms, 0);
    if (mtu < 0) return mtu;
    devSetMtu(dev, mtu);
    return dev;
  },
  del: (dev: NetDevice): void => ipTunnelDellink(dev, IPIP),
});
