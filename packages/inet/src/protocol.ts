/** The tables that the Internet protocols share: who gets packets of which protocol number, and which sockets there are. */
import { defineKey, ENOPROTOOPT, type Kernel, type KernelModule, type Key, type Net, NOTIFY_DONE } from '@linnet/kernel';
import { neigh } from '@linnet/neigh';
import { type NetdeviceNotifier, registerNetdeviceNotifier, unregisterNetdeviceNotifier } from '@linnet/netdev';
import { netlink } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import { socket, type Proto } from '@linnet/socket';
import { AF_INET6, SO_ORIGINAL_DST } from '@linnet/uapi';
import type { GroOffload } from './offload.ts';
import type { InetAf } from './af.ts';
import { FIB_RULES, fibRulesEvent } from './fib-rules.ts';
import { flushAllNexthops, nexthopNetdevEvent } from './nexthop.ts';
import { nexthopNetInit, nexthopNetlinkInit } from './nexthop-netlink.ts';
import { inetDiagInit, inetDiagRegister } from './inet-diag.ts';
import { RAW_DIAG, RAW_DIAG_HANDLER } from './raw-diag.ts';
import { fibRulesNetlinkInit } from './fib-rules-netlink.ts';
import { inetNetInit } from './inet-net.ts';
import type { InetSock } from './inet-sock.ts';

/** A transport's receiver (struct net_protocol). @alpha */
export interface InetProtocol {
  readonly protocol: number;
  /** Takes a packet: data at the transport header, networkHeader and dst set. Consumes it; 0, or a positive protocol number to try instead. */
  rcv(skb: Skb): number;
  /**
   * The connected sock of a packet that has no route yet: `networkHeader` and `transportHeader` are set, `data` is at the network header. Only a sock whose whole
   * four-tuple the packet has; null when there is none. Does not consume, may pull the transport header. The family keeps the packet's route in the sock
   * (`rxDst`) for the next ones and hands the sock to {@link InetProtocol.rcv} in `skb.sk` (tcp_v4_early_demux, udp_v4_early_demux).
   */
  earlyDemux?(skb: Skb): InetSock | null;
  /**
   * The sock that a packet is for, before it is known whether the packet is for this machine at all: `networkHeader` is set, the transport header is `thoff` behind data,
   * ports included. `to`: null asks for the sock connected to the packet's sender; else for one that waits at `to` (one word, or four) and `port`. Does not consume.
   */
  findSock?(net: Net, skb: Skb, thoff: number, to: Int32Array | null, port: number): InetSock | null;
  /**
   * An ICMP error quotes a packet of ours: `networkHeader` at the quoted IP header, data at the quoted transport header (at least 8 bytes are there);
   * `type`, `code` in the family's numbering, `info` the MTU or pointer. Does not consume. 0, or -ENOENT when no sock matches.
   */
  err?(skb: Skb, type: number, code: number, info: number): number;
  /** Needs no security policy check of its own here (it does that itself). */
  readonly noPolicy: boolean;
  /** Answers ICMP errors strictly per tag (icmp_strict_tag_validation). */
  readonly icmpStrictTagValidation?: boolean;
}

/** A kind of socket (struct inet_protosw). @alpha */
export interface InetProtosw {
  readonly type: number;
  /** IPPROTO_IP (0) is a wildcard, for raw sockets. */
  readonly protocol: number;
  readonly prot: Proto;
  /** Makes a sock of this kind for a namespace and family. */
  create(net: Net, af: InetAf, protocol: number): InetSock;
  /** Bits of INET_PROTOSW_*. */
  readonly flags: number;
}

/** Ports may be reused at once. @alpha */
export const INET_PROTOSW_REUSE = 1;
/** Registered for good. @alpha */
export const INET_PROTOSW_PERMANENT = 2;
/** A connection socket (struct inet_connection_sock). @alpha */
export const INET_PROTOSW_ICSK = 4;
/** Never the default of its type: only for those who name its protocol. @alpha */
export const INET_PROTOSW_NAMED = 8;

/** Takes options of SOL_IP and SOL_IPV6 that the families themselves do not know: -ENOPROTOOPT for those that it does not know either. @alpha */
export interface NfSockopt {
  set(net: Net, level: number, opt: number, val: Uint8Array): number;
  /** `input` is what stands in the caller's buffer. */
  get(net: Net, level: number, opt: number, maxLen: number, input: Uint8Array | undefined): Uint8Array | number;
}

/** Reads an option of SOL_IP or SOL_IPV6 that only netfilter may know (nf_getsockopt): a value, or -ENOPROTOOPT. @alpha */
export function nfGetsockopt(sk: InetSock, level: number, opt: number, maxLen: number, input: Uint8Array | undefined): Uint8Array | number {
  const { nfOriginalDst, nfSockopt } = sk.kernel.get(INET);
  if (opt === SO_ORIGINAL_DST && nfOriginalDst !== null) return nfOriginalDst(sk, level, maxLen, input);
  return nfSockopt === null ? -ENOPROTOOPT : nfSockopt.get(sk.net, level, opt, maxLen, input);
}

/** Whom a SYN cookie is for: `rmt` is the peer, addresses of IPv6 are null for IPv4. @alpha */
export interface SynCookieTuple {
  num: number;
  rmtPort: number;
  locAddr: number;
  rmtAddr: number;
  v6LocAddr: Int32Array | null;
  v6RmtAddr: Int32Array | null;
  /** The first number of the peer's SYN. */
  rcvIsn: number;
  /** The peer's largest segment; of a cookie, what it can say of that. */
  mss: number;
}
/** SYN cookies (RFC 4987 3.6) for who answers SYNs in another's name. @alpha */
export interface SynCookies {
  /** The initial sequence number. Sets `t.mss` to what it says. */
  init(net: Net, t: SynCookieTuple): number;
  /** Is the number one of ours, for that peer? Then `t.mss` is set. */
  check(net: Net, t: SynCookieTuple, cookie: number): boolean;
  /** The timestamp that goes with one: the peer's window scale (-1: none) and whether it may have SACK are in its low six bits: 0-3 (15: none) and 4. */
  timestamp(net: Net, wscale: number, sack: boolean): number;
}

/** What the Internet families of one kernel share. @alpha */
export class InetKernel {
  /** Receivers by protocol number, for IPv4 and IPv6. */
  readonly protos: (InetProtocol | null)[] = new Array<InetProtocol | null>(256).fill(null);
  readonly protos6: (InetProtocol | null)[] = new Array<InetProtocol | null>(256).fill(null);
  readonly offloads: (GroOffload | null)[] = new Array<GroOffload | null>(256).fill(null);
  readonly offloads6: (GroOffload | null)[] = new Array<GroOffload | null>(256).fill(null);
  /** Kinds of AF_INET sockets, the newest first. */
  readonly protosw: InetProtosw[] = [];
  /** Likewise for AF_INET6. */
  readonly protosw6: InetProtosw[] = [];
  /** Tells rules and nexthop objects of what happens to devices. */
  notifier: NetdeviceNotifier | null = null;
  /** Options of SOL_IP and SOL_IPV6 that are netfilter's (nf_setsockopt); null without it. */
  nfSockopt: NfSockopt | null = null;
  /** Null in a stack without TCP. */
  synCookies: SynCookies | null = null;
  /** SO_ORIGINAL_DST of a sock: a socket address, or a negative errno; null without connection tracking. */
  nfOriginalDst: ((sk: InetSock, level: number, maxLen: number, input: Uint8Array | undefined) => Uint8Array | number) | null = null;
  /** Called when a family has come, with those that are there already. */
  private readonly onAf: ((af: InetAf) => void)[] = [];
  private readonly afs: InetAf[] = [];

  /** Registers a receiver for IPv4 packets (inet_add_protocol). Throws when the number is taken. */
  addProtocol(p: InetProtocol): void {
    if (this.protos[p.protocol] !== null) throw new Error(`IP protocol ${p.protocol} is registered twice`);
    this.protos[p.protocol] = p;
  }

  /** Registers a receiver for IPv6 packets (inet6_add_protocol). Throws when the number is taken. */
  addProtocol6(p: InetProtocol): void {
    if (this.protos6[p.protocol] !== null) throw new Error(`IPv6 protocol ${p.protocol} is registered twice`);
    this.protos6[p.protocol] = p;
  }

  /** Registers segmentation and merging for a protocol over IPv6 (inet6_add_offload). */
  addOffload6(protocol: number, o: GroOffload): void {
    this.offloads6[protocol] = o;
  }

  /** Registers a kind of AF_INET6 socket (inet6_register_protosw). */
  registerProtosw6(p: InetProtosw): void {
    this.protosw6.unshift(p);
  }

  /** Registers segmentation and merging for a protocol over IPv4 (inet_add_offload). */
  addOffload(protocol: number, o: GroOffload): void {
    this.offloads[protocol] = o;
  }

  /** Registers a kind of socket (inet_register_protosw). */
  registerProtosw(p: InetProtosw): void {
    this.protosw.unshift(p);
  }

  /** Registers a family's services. */
  addAf(af: InetAf): void {
    this.afs.push(af);
    for (const fn of this.onAf) fn(af);
  }

  /** The services of a family, or null when its module is not in the stack. */
  af(family: number): InetAf | null {
    // Asked for datagrams to IPv4-mapped addresses: no closure.
    for (let i = 0; i < this.afs.length; i++) if (this.afs[i]!.family === family) return this.afs[i]!;
    return null;
  }

  /** Calls `fn` for each family that is there or will come. */
  forEachAf(fn: (af: InetAf) => void): void {
    this.onAf.push(fn);
    for (const af of this.afs) fn(af);
  }
}

/** Where a kernel keeps what its Internet families share. @alpha */
export const INET: Key<InetKernel> = defineKey<InetKernel>('inet');

/** The module: the common ground of IPv4, IPv6 and the transports. @public */
export const inet: KernelModule = {
  name: 'inet',
  requires: [socket, netlink, neigh],
  init(k: Kernel): void {
    const ik = new InetKernel();
    k.set(INET, ik);
    fibRulesNetlinkInit(k);
    nexthopNetlinkInit(k);
    inetDiagInit(k);
    inetDiagRegister(k, RAW_DIAG_HANDLER);
    ik.notifier = (event, dev): number => {
      fibRulesEvent(event, dev);
      nexthopNetdevEvent(event, dev);
      return NOTIFY_DONE;
    };
    registerNetdeviceNotifier(k, ik.notifier);
  },
  exit(k: Kernel): void {
    const { notifier } = k.get(INET);
    if (notifier !== null) unregisterNetdeviceNotifier(k, notifier);
  },
  netInit(net: Net): void {
    inetNetInit(net, net.kernel.get(INET).af(AF_INET6) !== null);
    net.set(FIB_RULES, []);
    net.set(RAW_DIAG, []);
    nexthopNetInit(net);
  },
  netExit: flushAllNexthops,
};
