/**
 * The seam between the transports and the two Internet protocols: `tcp` and `udp` call an `InetAf` and never import `ipv4` or `ipv6`.
 */
import type { Net } from '@linnet/kernel';
import type { DstEntry, NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import type { MsgHdr, Sock } from '@linnet/socket';
import type { SockAddr } from '@linnet/uapi';
import type { Flowi, InetCork, IpcmCookie } from './flowi.ts';
import type { InetSock } from './inet-sock.ts';

/** What an Internet protocol does for its transports. One record a family, registered with `addAf`. @alpha */
export interface InetAf {
  readonly family: number;
  /** Bytes of the header without options: 20 or 40. */
  readonly netHeaderLen: number;

  /** Gives a new sock of the family its own part (`pinet6`). */
  initSock?(sk: InetSock): void;
  /** AF_INET only: makes an AF_INET6 sock whose packets are its own one of AF_INET (IPV6_ADDRFORM). 0, or -ENOPROTOOPT when it has no such sockets. */
  adopt?(sk: InetSock): number;
  /** Gives the child of a listener its own part, with the listener's settings. */
  cloneSock?(child: InetSock, parent: InetSock): void;

  /** Finds the way out and fills in `fl.saddr` when unset (ip_route_output_flow). Null: `fl.error` says why (-ENETUNREACH ...). */
  routeOutput(net: Net, fl: Flowi, sk: Sock | null): DstEntry | null;
  /** The type of the route, RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST or RTN_MULTICAST (rt_type). */
  dstType(dst: DstEntry): number;
  /** Sees to a valid `sk.dst`, routing anew when it is stale (inet_sk_rebuild_header). 0 or a negative errno. */
  rebuildHeader(sk: InetSock): number;
  /**
   * An answer from `daddr` (`daddr6` in IPv6) over `dst` shows that packets get through: its next hop needs no probe for a while (dst_confirm_neigh). For ACKs that
   * acknowledge new data and for MSG_CONFIRM; costs a comparison for all calls of one jiffy but the first.
   */
  confirmNeigh(dst: DstEntry, daddr: number, daddr6: Int32Array | null): void;
  /** Puts the header before a connected sock's transport packet and sends it (ip_queue_xmit). Consumes; 0, NET_XMIT_CN or a negative errno. */
  queueXmit(sk: InetSock, skb: Skb, fl: Flowi): number;
  /**
   * Sends a packet that belongs to no sock (RST, ACK of a request or of TIME-WAIT): `skb` is transport header and payload, `fl` has addresses, ports, oif, mark, tos
   * (ip_send_unicast_reply). Consumes.
   */
  sendUnicastReply(net: Net, skb: Skb, fl: Flowi): number;
  /** Sends a SYN-ACK over `dst` (ip_build_and_send_pkt). Consumes. */
  buildAndSendPkt(skb: Skb, sk: InetSock, dst: DstEntry, fl: Flowi, tos: number): number;

  /** AF_INET6 only, as the next two: sets `ipc` from the sock's options before control messages are read (ipcm6_init_sk). */
  ipcInit?(sk: InetSock, ipc: IpcmCookie): void;
  /** May the sock send with this flow label? 0, or -EINVAL while somebody has a label for himself and the sock does not hold this one (fl6_sock_lookup). */
  checkFlowlabel?(sk: InetSock, label: number): number;
  /** The member of a layer 3 master that a received packet came in by, 0: it was not handed to a master (inet_sdif, inet6_sdif). */
  memberIfindex(skb: Skb): number;
  /** AF_INET6 only: where a packet for `daddr` with the extension headers `opt` goes first (fl6_update_dst): `daddr`, or an array of the callee's that holds until the next call. */
  firstHop?(sk: InetSock, opt: object | null, daddr: Int32Array): Int32Array;
  /** AF_INET only: a datagram found no way out (IpOutNoRoutes). */
  countNoRoute?(net: Net): void;
  /** AF_INET only: the first hop of the source route in the options `opt`, or 0; `strict` says whether all hops are named (struct ip_options). */
  sourceRoute?(opt: object): { readonly srr: number; readonly faddr: number; readonly isStrictroute: boolean };
  /** Reads the control messages of a sendmsg into `ipc` (ip_cmsg_send). 0 or -EINVAL. */
  cmsgSend(sk: InetSock, msg: MsgHdr, ipc: IpcmCookie): number;
  /** Adds what the sock asked for (IP_PKTINFO, IP_RECVTTL ...) to a received message (ip_cmsg_recv). */
  cmsgRecv(sk: InetSock, msg: MsgHdr, skb: Skb): void;
  /**
   * Builds one datagram from the next `length - transhdrlen` bytes of `msg`, with room for the transport header, fragmenting as needed (ip_make_skb).
   * The transport header is at `transportHeader`, unwritten; ipSummed is PARTIAL when the device will sum. Null: `fl.error` says why.
   */
  makeSkb(sk: InetSock, fl: Flowi, msg: MsgHdr, length: number, transhdrlen: number, ipc: IpcmCookie, dst: DstEntry, flags: number): Skb | null;
  /** Sends what {@link InetAf.makeSkb} built, once the transport header is written (ip_send_skb). Consumes. */
  sendSkb(net: Net, skb: Skb): number;
  /**
   * Adds `length` bytes to a held-back datagram (ip_append_data): room for the transport header of `transhdrlen` bytes, which is 0 for all but the first call,
   * then bytes of `msg`. 0 or a negative errno; what was added before stays.
   */
  appendData(sk: InetSock, fl: Flowi, msg: MsgHdr, length: number, transhdrlen: number, ipc: IpcmCookie, dst: DstEntry, flags: number): number;
  /** Turns what was appended into a packet like {@link InetAf.makeSkb}'s (ip_finish_skb); null when there is nothing. */
  finishSkb(sk: InetSock, fl: Flowi, cork: InetCork): Skb | null;
  /** Throws away what was appended (ip_flush_pending_frames). */
  flushPendingFrames(sk: InetSock): void;

  /** The pseudo header's sum for `len` bytes of `proto`, to be folded with the transport's (csum_tcpudp_nofold); addresses as in `fl`. */
  pseudoSum(fl: Flowi, len: number, proto: number): number;
  /** The pseudo header's sum for the packet at hand: addresses from its network header, `len` bytes of `proto`. */
  skbPseudoSum(skb: Skb, len: number, proto: number): number;

  /** Answers a packet with «port unreachable». Does not consume. */
  icmpPortUnreach(skb: Skb): void;
  /** Reports an ICMP error to a sock with IP_RECVERR (ip_icmp_error): `payloadOff` is where the transport's payload stands in the quoted packet. */
  icmpError(sk: InetSock, skb: Skb, err: number, port: number, info: number, payloadOff: number): void;
  /** Reports an error found here (a datagram too long for the path) to a sock with IP_RECVERR (ip_local_error). */
  localError(sk: InetSock, err: number, fl: Flowi, port: number, info: number): void;
  /** recvmsg with MSG_ERRQUEUE (ip_recv_error). */
  recvError(sk: InetSock, msg: MsgHdr, len: number): number;
  /** The errno of an ICMP error and whether it is fatal: `err << 1 | fatal` (icmp_err_convert). */
  icmpErrConvert(type: number, code: number): number;
  /** IPv6: offset in `skb.u8` of the address where the packet at `networkHeader` goes in the end, which behind a source route is not its destination. */
  finalDst6?(skb: Skb): number;

  /**
   * Collects fragments before connection tracking (nf_defrag): the whole datagram, or null while it waits or when it was dropped. `data` is at the network header.
   */
  defrag?(net: Net, skb: Skb, user: number): Skb | null;
  /** Finds a new route for a packet of this machine whose header was rewritten (ip_route_me_harder). Does not consume; 0 or a negative errno. */
  rerouteOutput?(net: Net, sk: object | null, skb: Skb): number;
  /** The address that masquerading gives a packet that leaves by `dev` (inet_select_addr towards its next hop); 0 when the device has none. */
  masqueradeAddr?(skb: Skb, dev: NetDevice): number;
  /** The first address of a device; 0 when it has none. */
  deviceAddr?(dev: NetDevice): number;
  /** Tells of addresses that go: the device's number and the address. Returns what ends it. */
  onAddrGone?(net: Net, fn: (ifindex: number, addr: number) => void): () => void;

  /** As {@link InetAf.masqueradeAddr}, {@link InetAf.deviceAddr} and {@link InetAf.onAddrGone} with IPv6 addresses; null: none. */
  masqueradeAddr6?(skb: Skb, dev: NetDevice): Int32Array | null;
  deviceAddr6?(dev: NetDevice): Int32Array | null;
  onAddrGone6?(net: Net, fn: (ifindex: number, addr: Int32Array) => void): () => void;
  /** Where a packet goes next by the route that it has: the gateway, else its own destination. IPv6's holds until the next call. */
  nextHop?(skb: Skb): number;
  nextHop6?(skb: Skb): Int32Array;
  /** The realms of the route that a packet has: of the source in the high half, of the destination in the low one. */
  realms?(skb: Skb): number;
  /** Answers a packet with an ICMP error (icmp_send). Does not consume. */
  icmpSend?(skb: Skb, type: number, code: number, info: number): void;
  /** RTN_* of an address (`addr6` in IPv6), on `dev` when it is not null (inet_dev_addr_type). */
  addrType?(net: Net, dev: NetDevice | null, addr: number, addr6: Int32Array | null): number;
  /** Does the way back to the source of a received packet lead over `dev`, or with `loose` anywhere? `data` may be anywhere; nothing is changed. */
  reversePath?(skb: Skb, dev: NetDevice, loose: boolean, validmark: boolean, acceptLocal: boolean): boolean;

  /** May this sock have a multicast datagram from `saddr` to `daddr` that came in by `dif`? (ip_mc_sf_allow) */
  mcAllow(sk: InetSock, daddr: number, saddr: number, dif: number, sdif?: number): boolean;
  /** The same for IPv6 addresses (inet6_mc_check). */
  mcAllow6?(sk: InetSock, daddr: Int32Array, saddr: Int32Array, dif: number): boolean;
  /** Forgets the sock's memberships (ip_mc_drop_socket). */
  mcDropSocket(sk: InetSock): void;

  /** SOL_IP or SOL_IPV6. IPv6's record passes SOL_IP on to IPv4's: an AF_INET6 socket has both. */
  setsockopt(sk: InetSock, level: number, opt: number, val: Uint8Array): number;
  getsockopt(sk: InetSock, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number;

  /** The address of a received packet's sender with the given port, for recvmsg. IPv6's maps the senders of IPv4 packets. */
  sockaddrFrom(skb: Skb, port: number): SockAddr;
}
