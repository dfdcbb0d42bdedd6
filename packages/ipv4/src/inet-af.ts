/** IPv4's face to the transports: the `InetAf` record of AF_INET. */
import { csumTcpudpNofold, EHOSTUNREACH, NOTIFY_DONE } from '@linnet/kernel';
import type { Flowi, InetAf, InetSock } from '@linnet/inet';
import { FLOWI_FLAG_ANYSRC, flowi4InitOutput, inetFlushPendingFrames } from '@linnet/inet';
import { llReservedSpace, NETDEV_DOWN } from '@linnet/netdev';
import type { DstEntry } from '@linnet/netdev';
import { ipcbSdif } from './ip-cb.ts';
import { skbCow, skbHeadroom } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { skDstCheck, SOCK_BINDADDR_LOCK } from '@linnet/socket';
import {
  AF_INET, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, IPHDR_LEN, RT_SCOPE_UNIVERSE, TCP_SYN_SENT, iphDaddr, iphSaddr, sockaddrIn,
} from '@linnet/uapi';
import { inetAdopt } from './adopt.ts';
import { inetSelectAddr } from './devinet-select.ts';
import { inetAddrType, inetDevAddrType } from './fib-addr-type.ts';
import { ipReversePath } from './nf4.ts';
import { ipDefrag } from './ip-fragment.ts';
import { inDevGet, type InIfaddr } from './in-device.ts';
import { ipRouteMeHarder } from './route-harder.ts';
import { ipAppendData, ipFinishSkb, ipMakeSkb, ipSendSkb } from './ip-append-data.ts';
import { icmpErrConvert } from './icmp-errno.ts';
import { icmpSend } from './icmp-send.ts';
import { ipCmsgRecv, ipCmsgSend } from './ip-cmsg.ts';
import { ipIcmpError, ipLocalError, ipRecvError } from './ip-error-queue.ts';
import type { IpOptions } from './ip-options-types.ts';
import { ipBuildAndSendPkt, ipQueueXmit, ipSendUnicastReply } from './ip-output.ts';
import { ipGetsockopt, ipSetsockopt } from './ip-sockglue.ts';
import { IPV4 } from './ipv4-net.ts';
import { ipMcDropSocket, ipMcSfAllow } from './mc-socket.ts';
import { ipv4ConfirmNeigh } from './route-ops.ts';
import { ipRouteOutputFlow } from './route-output.ts';
import type { Rtable } from './rtable.ts';
import { skSetupCaps } from './sk-caps.ts';
import { IPSTATS_MIB_OUTNOROUTES } from './snmp.ts';

/** Sees to a valid `sk.dst` (inet_sk_rebuild_header). 0 or a negative errno. */
function rebuildHeader(sk: InetSock): number {
  if (skDstCheck(sk) !== null) return 0;
  const opt = sk.inetOpt as IpOptions | null;
  const fl = sk.fl;
  flowi4InitOutput(
    fl, sk.boundDevIf, sk.mark, sk.tos, RT_SCOPE_UNIVERSE, sk.protocol, sk.transparent ? FLOWI_FLAG_ANYSRC : 0, opt !== null && opt.srr !== 0 ? opt.faddr : sk.daddr, sk.saddr, sk.dport, sk.sport, sk.uid,
  );
  const rt = ipRouteOutputFlow(sk.net, fl, sk);
  if (rt !== null) {
    skSetupCaps(sk, rt);
    return 0;
  }
  const err = fl.error !== 0 ? fl.error : -EHOSTUNREACH;
  // With a fixed address the connection can only wait for its route to come back.
  if (sk.net.get(IPV4).sysctlIpDynaddr === 0 || sk.state !== TCP_SYN_SENT || (sk.userlocks & SOCK_BINDADDR_LOCK) !== 0) sk.errSoft = -err;
  return err;
}

/** A SYN-ACK: sees to headroom for the header (ip_build_and_send_pkt). */
function buildAndSendPkt(skb: Skb, sk: InetSock, dst: DstEntry, fl: Flowi, tos: number): number {
  skb.dst = dst;
  const room = llReservedSpace(dst.dev) + IPHDR_LEN;
  if (skbHeadroom(skb) < room) skbCow(skb, room);
  return ipBuildAndSendPkt(skb, sk, fl.saddr, fl.daddr, sk.inetOpt as IpOptions | null, tos);
}

/** The record. @alpha */
export const inetAf4: InetAf = {
  family: AF_INET,
  netHeaderLen: IPHDR_LEN,
  adopt: inetAdopt,
  routeOutput: (net, fl, sk) => ipRouteOutputFlow(net, fl, sk),
  dstType: (dst) => (dst as Rtable).rtType,
  rebuildHeader,
  confirmNeigh: (dst, daddr) => ipv4ConfirmNeigh(dst as Rtable, daddr),
  memberIfindex: ipcbSdif,
  queueXmit: ipQueueXmit,
  sendUnicastReply: ipSendUnicastReply,
  buildAndSendPkt,
  cmsgSend: ipCmsgSend,
  cmsgRecv: ipCmsgRecv,
  makeSkb: ipMakeSkb,
  sendSkb: ipSendSkb,
  appendData: ipAppendData,
  finishSkb: ipFinishSkb,
  flushPendingFrames: inetFlushPendingFrames,
  pseudoSum: (fl, len, proto) => csumTcpudpNofold(fl.saddr, fl.daddr, len, proto, 0),
  skbPseudoSum: (skb, len, proto) => csumTcpudpNofold(iphSaddr(skb.view, skb.networkHeader), iphDaddr(skb.view, skb.networkHeader), len, proto, 0),
  icmpPortUnreach: (skb) => icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0),
  icmpError: ipIcmpError,
  localError: (sk, err, fl, port, info) => ipLocalError(sk, err, fl.daddr, port, info),
  recvError: ipRecvError,
  icmpErrConvert,
  defrag: ipDefrag,
  rerouteOutput: ipRouteMeHarder,
  masqueradeAddr: (skb, dev) => {
    const rt = skb.dst as Rtable;
    return inetSelectAddr(dev, rt.rtGw !== 0 ? rt.rtGw : iphDaddr(skb.view, skb.networkHeader), RT_SCOPE_UNIVERSE);
  },
  nextHop: (skb) => {
    const rt = skb.dst as Rtable;
    return rt.rtGw !== 0 ? rt.rtGw : iphDaddr(skb.view, skb.networkHeader);
  },
  realms: (skb) => (skb.dst as Rtable).tclassid,
  deviceAddr: (dev) => inDevGet(dev)?.ifas[0]?.local ?? 0,
  onAddrGone: (net, fn) => {
    const chain = net.get(IPV4).inetaddrChain;
    const told = (event: number, ifa: InIfaddr): number => {
      if (event === NETDEV_DOWN) fn(ifa.indev.dev.ifindex, ifa.local);
      return NOTIFY_DONE;
    };
    chain.register(told);
    return () => chain.unregister(told);
  },
  icmpSend,
  addrType: (net, dev, addr) => (dev === null ? inetAddrType(net, addr) : inetDevAddrType(net.get(IPV4), dev, addr)),
  reversePath: ipReversePath,
  mcAllow: ipMcSfAllow,
  sourceRoute: (opt) => opt as IpOptions,
  countNoRoute: (net) => {
    net.get(IPV4).mib[IPSTATS_MIB_OUTNOROUTES]!++;
  },
  mcDropSocket: ipMcDropSocket,
  setsockopt: ipSetsockopt,
  getsockopt: ipGetsockopt,
  sockaddrFrom: (skb, port) => sockaddrIn(iphSaddr(skb.view, skb.networkHeader), port),
};
