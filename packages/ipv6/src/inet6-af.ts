/** IPv6's face to the transports: the `InetAf` record of AF_INET6. */
import { EHOSTUNREACH } from '@linnet/kernel';
import { flowi6InitOutput, INET, inetFlushPendingFrames, inetMapped } from '@linnet/inet';
import type { InetAf, InetSock } from '@linnet/inet';
import type { Skb } from '@linnet/skbuff';
import { putCmsg, skDstCheck } from '@linnet/socket';
import type { MsgHdr } from '@linnet/socket';
import {
  AF_INET, AF_INET6, ETH_P_IP, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, IPV6HDR_LEN, IPV6_PKTINFO, IPV6_RECVERR, IP_RECVERR, SOL_IP, SOL_IPV6, iphDaddr, iphSaddr,
  sockaddrIn6,
} from '@linnet/uapi';
import type { SockAddr, SockAddrIn } from '@linnet/uapi';
import { a6Any } from './addr6.ts';
import { ip6CmsgRecv, ip6CmsgSend, RXOPT_PKTINFO } from './cmsg6.ts';
import { confirmNeigh6 } from './confirm6.ts';
import { csum6Pseudo, csum6SkbPseudo } from './csum6.ts';
import { ipcm6Init, senderOf } from './datagram6.ts';
import { ipv6IcmpError, ipv6LocalError, ipv6RecvError } from './error-queue6.ts';
import { fl6FreeSocklist, fl6LabelOk } from './flowlabel.ts';
import { ip6FinalDst } from './exthdrs-core.ts';
import { icmp6ErrConvert } from './icmp6-errno.ts';
import { icmp6Send } from './icmp6-send.ts';
import { ip6AppendData, ip6FinishSkb, ip6MakeSkb, ip6SendSkb } from './ip6-append.ts';
import { ip6cbMember } from './ip6-cb.ts';
import { ip6BuildAndSendPkt, ip6QueueXmit, ip6SendUnicastReply } from './ip6-output.ts';
import { IPV6 } from './ipv6-net.ts';
import { inet6McCheck, ipv6DropMemberships } from './mcast-sk.ts';
import { ip6Defrag, ip6DeviceAddr, ip6MasqueradeAddr, ip6NextHop, ip6NfAddrType, ip6OnAddrGone, ip6ReversePath, ip6RouteMeHarder } from './nf6.ts';
import { inet6Sk, pinfoClone, pinfoInit } from './pinfo.ts';
import { ip6RouteOutputFlow } from './route6.ts';
import type { Rt6Info } from './rt6-info.ts';
import { skSetupCaps6 } from './sk-caps6.ts';
import { ipv6Getsockopt, ipv6Setsockopt } from './sockglue6.ts';
import type { Ipv6TxOptions } from './tx-options.ts';
import { firstDestination } from './tx-push.ts';

/** Sees to a valid `sk.dst` (inet6_sk_rebuild_header). 0 or a negative errno. */
function rebuildHeader(sk: InetSock): number {
  if (skDstCheck(sk) !== null) return 0;
  const np = inet6Sk(sk)!;
  const n6 = sk.net.get(IPV6);
  const fl = sk.fl;
  const oif = sk.boundDevIf !== 0 ? sk.boundDevIf : np.ucastOif;
  const daddr = sk.v6Daddr!;
  flowi6InitOutput(
    fl, oif, sk.mark, np.tclass, sk.protocol, 0, firstDestination(np.opt, daddr, n6.a6Tmp), a6Any(sk.v6Saddr!) ? null : sk.v6Saddr, sk.dport, sk.sport, sk.uid, np.flowLabel,
  );
  const rt = ip6RouteOutputFlow(sk.net, fl, sk);
  fl.daddr6 = daddr;
  if (rt !== null) {
    skSetupCaps6(sk, rt);
    return 0;
  }
  const err = fl.error !== 0 ? fl.error : -EHOSTUNREACH;
  sk.errSoft = -err;
  return err;
}

/** Control messages about a received packet: of an IPv4 packet what IPv4 says, and its addresses in mapped form. */
function cmsgRecv(sk: InetSock, msg: MsgHdr, skb: Skb): void {
  if (skb.protocol !== ETH_P_IP) {
    ip6CmsgRecv(sk, msg, skb);
    return;
  }
  if (sk.cmsgFlags !== 0) sk.kernel.get(INET).af(AF_INET)?.cmsgRecv(sk, msg, skb);
  if ((sk.pinet6!.rxopt & RXOPT_PKTINFO) === 0) return;
  const data = new Uint8Array(20); // datapath-ok: a control message that the socket asked for
  const view = new DataView(data.buffer); // datapath-ok: as above
  view.setUint16(10, 0xffff);
  view.setInt32(12, iphDaddr(skb.view, skb.networkHeader));
  view.setInt32(16, skb.skbIif, true);
  putCmsg(msg, SOL_IPV6, IPV6_PKTINFO, data);
}

/** The sender of a received packet; of an IPv4 packet its mapped address. */
function sockaddrFrom(skb: Skb, port: number): SockAddr {
  if (skb.protocol === ETH_P_IP) return sockaddrIn6(inetMapped(iphSaddr(skb.view, skb.networkHeader)), port);
  return senderOf(null, skb, port);
}

/** recvmsg with MSG_ERRQUEUE: an error of IPv4 comes in IPv6's form. */
function recvError(sk: InetSock, msg: MsgHdr, len: number): number {
  const head = sk.errorQueue.head;
  const af4 = sk.kernel.get(INET).af(AF_INET);
  if (head === null || af4 === null || head.u8[head.networkHeader]! >> 4 !== 4) return ipv6RecvError(sk, msg, len);
  const n = af4.recvError(sk, msg, len);
  if (n < 0) return n;
  // A time stamp is about nobody else's address.
  const from = msg.name as SockAddrIn | null;
  if (from !== null) msg.name = sockaddrIn6(inetMapped(from.addr), from.port);
  msg.control = msg.control.map((c) => {
    if (c.level !== SOL_IP || c.type !== IP_RECVERR) return c;
    const data = new Uint8Array(44); // datapath-ok: reading errors
    data.set(c.data.subarray(0, 16)); // datapath-ok: as above
    data[16] = AF_INET6;
    data[34] = 0xff;
    data[35] = 0xff;
    data.set(c.data.subarray(20, 24), 36); // datapath-ok: as above
    return { level: SOL_IPV6, type: IPV6_RECVERR, data };
  });
  return n;
}

/** The record. @alpha */
export const inetAf6: InetAf = {
  family: AF_INET6,
  netHeaderLen: IPV6HDR_LEN,
  initSock: pinfoInit,
  cloneSock: pinfoClone,
  routeOutput: ip6RouteOutputFlow,
  dstType: (dst) => (dst as Rt6Info).rtType,
  rebuildHeader,
  confirmNeigh: (dst, _daddr, daddr6) => confirmNeigh6(dst as Rt6Info, daddr6!),
  memberIfindex: ip6cbMember,
  queueXmit: ip6QueueXmit,
  sendUnicastReply: ip6SendUnicastReply,
  buildAndSendPkt: ip6BuildAndSendPkt,
  ipcInit: ipcm6Init,
  checkFlowlabel: fl6LabelOk,
  firstHop: (sk, opt, daddr) => firstDestination(opt as Ipv6TxOptions | null, daddr, sk.net.get(IPV6).a6Nexthop),
  cmsgSend: ip6CmsgSend,
  cmsgRecv,
  makeSkb: ip6MakeSkb,
  sendSkb: ip6SendSkb,
  appendData: ip6AppendData,
  finishSkb: ip6FinishSkb,
  flushPendingFrames: inetFlushPendingFrames,
  pseudoSum: (fl, len, proto) => csum6Pseudo(fl.saddr6!, fl.daddr6!, len, proto, 0),
  skbPseudoSum: csum6SkbPseudo,
  icmpPortUnreach: (skb) => icmp6Send(skb, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, 0),
  icmpError: ipv6IcmpError,
  localError: ipv6LocalError,
  recvError,
  icmpErrConvert: icmp6ErrConvert,
  finalDst6: ip6FinalDst,
  defrag: ip6Defrag,
  rerouteOutput: ip6RouteMeHarder,
  masqueradeAddr6: ip6MasqueradeAddr,
  nextHop6: ip6NextHop,
  deviceAddr6: ip6DeviceAddr,
  onAddrGone6: ip6OnAddrGone,
  icmpSend: icmp6Send,
  addrType: (net, dev, _addr, addr6) => ip6NfAddrType(net, dev, addr6!),
  reversePath: ip6ReversePath,
  mcAllow: (sk, daddr, saddr, dif) => sk.kernel.get(INET).af(AF_INET)?.mcAllow(sk, daddr, saddr, dif) ?? true,
  mcAllow6: inet6McCheck,
  mcDropSocket(sk) {
    ipv6DropMemberships(sk);
    fl6FreeSocklist(sk);
    sk.kernel.get(INET).af(AF_INET)?.mcDropSocket(sk);
  },
  setsockopt: ipv6Setsockopt,
  getsockopt: ipv6Getsockopt,
  sockaddrFrom,
};
