/** The state of input, output, fragments and ICMP in one namespace: the base of `Ipv4Net`. */
import type { Kernel, Net } from '@linnet/kernel';
import { Flowi, INET, INET_NET, InetCork, InetPeerBase, IpcmCookie, MsgSource } from '@linnet/inet';
import type { IcmpGlobal, InetKernel, InetSock, PingTable } from '@linnet/inet';
import { dstDiscard, dstDiscardOut } from '@linnet/netdev';
import type { DstInput, DstOutput } from '@linnet/netdev';
import { SkbQueue } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { HeadedSkbSource } from './append-source.ts';
import { IpFragDir } from './frag-dir.ts';
import { IpIdents } from './ip-ident.ts';
import { IpOptions } from './ip-options-types.ts';
import { ICMP_MIB_COUNT, IPSTATS_MIB_COUNT } from './snmp.ts';
import type { Raw4Table } from './raw-table.ts';

/**
 * Sends an ICMP error about `skb`, which stays the caller's (icmp_send). A slot, since every layer of IP must be able to call ICMP,
 * which itself sends by IP.
 * @alpha
 */
export type IcmpSendFn = (skb: Skb, type: number, code: number, info: number) => void;

/** See the top of this file. @alpha */
export class Ipv4Core {
  readonly net: Net;
  readonly kernel: Kernel;
  readonly inet: InetKernel;
  /** IPSTATS_MIB_* counters. */
  readonly mib: Float64Array;
  /** ICMP_MIB_* counters. */
  readonly icmpMib: Float64Array;
  /** ICMP messages by type: in at 0, out at 256. */
  readonly icmpMsgMib: Float64Array;
  readonly frags: IpFragDir;
  readonly idents: IpIdents;
  readonly peers: InetPeerBase;
  icmpSend: IcmpSendFn;
  // What routes get as their `input` and `output`: slots for the same reason.
  ipLocalDeliver: DstInput;
  ipForward: DstInput;
  ipOutput: DstOutput;
  ipMcOutput: DstOutput;
  /** The `input` of routes to groups that a daemon routes. */
  ipMrInput: DstInput;

  // Scratch objects: nothing may keep them over a call.
  readonly optScratch: IpOptions;
  readonly optScratch2: IpOptions;
  readonly corkScratch: InetCork;
  readonly queueScratch: SkbQueue;
  readonly msgSource: MsgSource;
  readonly skbSource: HeadedSkbSource;
  readonly outFlow: Flowi;

  // ICMP
  /** The sock that ICMP sends by; set when the namespace starts. */
  icmpSk: InetSock | null;
  readonly icmpFlow: Flowi;
  readonly icmpIpc: IpcmCookie;
  readonly icmpOptions: IpOptions;
  readonly icmpGlobal: IcmpGlobal;
  readonly icmpByte: Uint8Array;

  // Sockets; set when the namespace starts.
  raw: Raw4Table | null;
  ping: PingTable | null;

  // Sysctls
  sysctlIcmpRatelimit: number;
  sysctlIcmpRatemask: number;
  /** `icmp_echo_enable_probe`: answer extended echo requests (RFC 8335). */
  sysctlIcmpEchoEnableProbe: number;
  /** The code of the answer to a probe, besides what `icmpBuildProbe` returns. */
  probeCode: number;
  /** Scratch for an address of IPv6. */
  readonly probeAddr: Int32Array;
  sysctlIcmpEchoIgnoreAll: number;
  sysctlIcmpEchoIgnoreBroadcasts: number;
  sysctlIcmpIgnoreBogusErrorResponses: number;
  sysctlIcmpErrorsUseInboundIfaddr: number;
  sysctlFwmarkReflect: number;
  /** `raw_l3mdev_accept`: raw sockets without a device hear of packets in VRFs. */
  sysctlRawL3mdevAccept: number;
  sysctlPingGroupLow: number;
  sysctlPingGroupHigh: number;
  sysctlIgmpMaxMemberships: number;
  sysctlIgmpMaxMsf: number;
  /** How often IGMP tells a change, unless a router says. */
  sysctlIgmpQrv: number;
  /** Are groups of the link alone (224.0.0.0/24) told? */
  sysctlIgmpLlmReports: number;

  constructor(net: Net) {
    const k = net.kernel;
    this.net = net;
    this.kernel = k;
    this.inet = k.get(INET);
    this.mib = new Float64Array(IPSTATS_MIB_COUNT);
    this.icmpMib = new Float64Array(ICMP_MIB_COUNT);
    this.icmpMsgMib = new Float64Array(512);
    this.frags = new IpFragDir(net, k.rng.stream('ipv4.frag').u32());
    this.idents = new IpIdents(k.rng.stream('ipv4.id'));
    this.peers = new InetPeerBase();
    this.icmpSend = noIcmp;
    this.ipLocalDeliver = dstDiscard;
    this.ipForward = dstDiscard;
    this.ipOutput = dstDiscardOut;
    this.ipMcOutput = dstDiscardOut;
    this.ipMrInput = dstDiscard;
    this.optScratch = new IpOptions();
    this.optScratch2 = new IpOptions();
    this.corkScratch = new InetCork();
    this.queueScratch = new SkbQueue();
    this.msgSource = new MsgSource();
    this.skbSource = new HeadedSkbSource();
    this.outFlow = new Flowi();
    this.icmpSk = null;
    this.icmpFlow = new Flowi();
    this.icmpIpc = new IpcmCookie();
    this.icmpOptions = new IpOptions();
    this.icmpGlobal = net.get(INET_NET).icmpGlobal;
    this.icmpByte = new Uint8Array(1);
    this.raw = null;
    this.ping = null;
    this.sysctlIcmpRatelimit = 1000;
    this.sysctlIcmpRatemask = 0x1818;
    this.sysctlIcmpEchoEnableProbe = 0;
    this.probeCode = 0;
    this.probeAddr = new Int32Array(4);
    this.sysctlIcmpEchoIgnoreAll = 0;
    this.sysctlIcmpEchoIgnoreBroadcasts = 1;
    this.sysctlIcmpIgnoreBogusErrorResponses = 1;
    this.sysctlIcmpErrorsUseInboundIfaddr = 0;
    this.sysctlFwmarkReflect = 0;
    this.sysctlRawL3mdevAccept = 1;
    this.sysctlPingGroupLow = 1;
    this.sysctlPingGroupHigh = 0;
    this.sysctlIgmpMaxMemberships = 20;
    this.sysctlIgmpMaxMsf = 10;
    this.sysctlIgmpQrv = 2;
    this.sysctlIgmpLlmReports = 1;
  }
}

function noIcmp(): void {}
