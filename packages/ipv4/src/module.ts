/** IPv4 as a module of a kernel. */
// datapath-ok-file: starting and ending
import type { Kernel, KernelModule, Key, Net } from '@linnet/kernel';
import { defineKey } from '@linnet/kernel';
import { fragDirExit, INET, inet, INET_PROTOSW_NAMED, INET_PROTOSW_PERMANENT, INET_PROTOSW_REUSE, InetSock, PingSock, PingTable, rawDiagAdd, RawTable } from '@linnet/inet';
import { neigh } from '@linnet/neigh';
import { netlink } from '@linnet/netlink';
import { devAddOffload, devAddPack, devRemovePack, NETDEV, NETDEV_NET, PacketType, registerNetdeviceNotifier, unregisterNetdeviceNotifier } from '@linnet/netdev';
import { SOCKET, sockDestruct, sockRegister } from '@linnet/socket';
import type { Proto } from '@linnet/socket';
import { ETH_P_IP, IPPROTO_ICMP, IPPROTO_IGMP, IPPROTO_IP, IPPROTO_PIM, IP_PMTUDISC_DONT, RT_SCOPE_LINK, SOCK_DGRAM, SOCK_RAW } from '@linnet/uapi';
import { inetFamily } from './af-inet.ts';
import { inetGifconf } from './devinet-ioctl.ts';
import { icmpErr, icmpRcv } from './icmp.ts';
import { icmpSend } from './icmp-send.ts';
import { igmpRcv } from './igmp-query.ts';
import { ipMrNetExit, ipMrNetInit, mrNotifier } from './ipmr.ts';
import { mrNetlinkInit } from './ipmr-netlink.ts';
import { pimRcv } from './ipmr-register.ts';
import { ipMcDecGroup, ipMcIncGroup } from './igmp.ts';
import { inDevGet } from './in-device.ts';
import { inetAf4 } from './inet-af.ts';
import { inetSelectAddr } from './devinet-select.ts';
import { inetIoctl } from './inet-ioctl.ts';
import { ipForward } from './ip-forward.ts';
import { ipLocalDeliver, ipRcv } from './ip-input.ts';
import { makeIpOffload } from './ip-offload.ts';
import { ipMcOutput, ipOutput } from './ip-output.ts';
import { ipRtExit, ipRtInit, ipRtNetExit, ipRtNetInit } from './ip-rt-init.ts';
import { IPV4 } from './ipv4-net.ts';
import { makePingProt } from './ping.ts';
import { ipProcInit } from './proc.ts';
import { makeRawProt } from './raw.ts';
import { RawSock } from './raw-table.ts';
import { linkAfInit } from './link-af.ts';
import { ipv4SysctlInit } from './sysctl-net-ipv4.ts';

/** What IPv4 keeps for a machine. */
class Ipv4Kernel {
  readonly packetType: PacketType;
  readonly rawProt: Proto;
  readonly pingProt: Proto;
  constructor() {
    this.packetType = new PacketType({ type: ETH_P_IP, func: ipRcv });
    this.rawProt = makeRawProt();
    this.pingProt = makePingProt();
  }
}

const IPV4_KERNEL: Key<Ipv4Kernel> = defineKey<Ipv4Kernel>('ipv4 per kernel');

/** Bytes that answers of ICMP may have under way: a few datagrams of the greatest length. */
const ICMP_SNDBUF = 512 * 1024;

/** The module: IPv4 with ARP, routing, ICMP, raw and ping sockets, and the family AF_INET (RFC 791, 792, 826, 1122, 1812). @public */
export const ipv4: KernelModule = {
  name: 'ipv4',
  requires: [inet, netlink, neigh],
  init(k: Kernel): void {
    const ik = k.get(INET);
    const own = new Ipv4Kernel();
    k.set(IPV4_KERNEL, own);
    ipRtInit(k);
    linkAfInit(k);
    registerNetdeviceNotifier(k, mrNotifier);
    mrNetlinkInit(k);
    k.get(NETDEV).inetSelectAddr = (dev) => inetSelectAddr(dev, 0, RT_SCOPE_LINK);
    k.get(NETDEV).inetMcGroup = (dev, group, join): void => {
      const indev = inDevGet(dev);
      if (indev === null) return;
      if (join) ipMcIncGroup(indev, group);
      else ipMcDecGroup(indev, group);
    };
    ik.addProtocol({ protocol: IPPROTO_ICMP, rcv: icmpRcv, err: icmpErr, noPolicy: true });
    ik.addProtocol({ protocol: IPPROTO_IGMP, rcv: igmpRcv, noPolicy: true });
    ik.addProtocol({ protocol: IPPROTO_PIM, rcv: pimRcv, noPolicy: true });
    ik.registerProtosw({
      type: SOCK_RAW, protocol: IPPROTO_IP, prot: own.rawProt, flags: INET_PROTOSW_REUSE,
      create: (net, af, protocol) => new RawSock(net, af, protocol, own.rawProt),
    });
    ik.registerProtosw({
      type: SOCK_DGRAM, protocol: IPPROTO_ICMP, prot: own.pingProt, flags: INET_PROTOSW_REUSE | INET_PROTOSW_PERMANENT | INET_PROTOSW_NAMED,
      create: (net, af) => new PingSock(net, af, IPPROTO_ICMP, own.pingProt),
    });
    ik.addAf(inetAf4);
    sockRegister(k, inetFamily);
    k.get(SOCKET).inetIoctl = inetIoctl;
    k.get(NETDEV).gifconf = (net) => inetGifconf(net.get(NETDEV_NET).devs);
    devAddOffload(k, makeIpOffload(ik));
    devAddPack(k, own.packetType);
  },
  exit(k: Kernel): void {
    devRemovePack(k, k.get(IPV4_KERNEL).packetType);
    unregisterNetdeviceNotifier(k, mrNotifier);
    ipRtExit(k);
  },
  netInit(net: Net): void {
    const ip = ipRtNetInit(net);
    ipMrNetInit(ip);
    ip.icmpSend = icmpSend;
    ip.ipLocalDeliver = ipLocalDeliver;
    ip.ipForward = ipForward;
    ip.ipOutput = ipOutput;
    ip.ipMcOutput = ipMcOutput;
    ip.raw = new RawTable();
    rawDiagAdd(net, () => ip.raw!.all());
    ip.ping = new PingTable(net.kernel.rng.stream('ipv4.ping'));
    const sk = new InetSock(net, inetAf4, SOCK_RAW, IPPROTO_ICMP, net.kernel.get(IPV4_KERNEL).rawProt);
    sk.sndbuf = ICMP_SNDBUF;
    // Whatever the MTU, an answer of ICMP must get out.
    sk.pmtudisc = IP_PMTUDISC_DONT;
    ip.icmpSk = sk;
    ipv4SysctlInit(ip);
    ipProcInit(ip);
  },
  netExit(net: Net): void {
    const ip = net.get(IPV4);
    for (const sk of ip.raw!.all()) sk.prot.close(sk, 0);
    for (const sk of [...ip.ping!.byIdent.values()].flat()) sk.prot.close(sk, 0);
    fragDirExit(ip.frags);
    ipMrNetExit(net);
    sockDestruct(ip.icmpSk!);
    ipRtNetExit(net);
  },
};
