/** A machine with addresses, routing and ARP, and a recording end in place of the rest of IPv4. */
import { VirtualClock, createKernel } from '@linnet/kernel';
import type { Kernel, KernelModule, Net } from '@linnet/kernel';
import { inet } from '@linnet/inet';
import type { NetDevice } from '@linnet/netdev';
import { consumeSkb, skbStats } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { NLM_F_CREATE, NLM_F_EXCL, RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RT_SCOPE_HOST, RTN_LOCAL, RTN_UNICAST, RTPROT_BOOT, in4ToString } from '@linnet/uapi';
import { fibAddRoute } from '../src/fib-frontend.ts';
import { FibConfig } from '../src/fib-semantics.ts';
import type { FibTable } from '../src/fib-table.ts';
import { fibTableWalk } from '../src/fib-trie.ts';
import { ipRtExit, ipRtInit, ipRtNetExit, ipRtNetInit } from '../src/ip-rt-init.ts';
import { IPV4 } from '../src/ipv4-net.ts';
import type { Ipv4Net } from '../src/ipv4-net.ts';

export interface IcmpSent {
  readonly type: number;
  readonly code: number;
  readonly info: number;
}

export class RtKernel {
  readonly clock: VirtualClock;
  readonly k: Kernel;
  readonly net: Net;
  readonly n4: Ipv4Net;
  /** ICMP errors that routing and ARP asked for. */
  readonly icmp: IcmpSent[] = [];

  constructor(seed = 1) {
    this.clock = new VirtualClock();
    const rt: KernelModule = { name: 'ipv4-rt', requires: [inet], init: ipRtInit, exit: ipRtExit, netInit: (n) => void ipRtNetInit(n), netExit: ipRtNetExit };
    this.k = createKernel({ modules: [rt], clock: this.clock, seed });
    this.net = this.k.initNet;
    this.n4 = this.net.get(IPV4);
    this.n4.icmpSend = (_skb: Skb, type, code, info): void => {
      this.icmp.push({ type, code, info });
    };
    // Two functions, so that a test can tell the ways apart.
    const swallow = (): ((skb: Skb) => number) => (skb) => {
      consumeSkb(skb);
      return 0;
    };
    this.n4.ipLocalDeliver = swallow();
    this.n4.ipForward = swallow();
  }

  live(): number {
    return skbStats(this.k).live;
  }
}

/** An address from its dotted form, as int32. */
export function ip(s: string): number {
  const [a, b, c, d] = s.split('.').map(Number) as [number, number, number, number];
  return (a << 24) | (b << 16) | (c << 8) | d;
}

export interface RouteSpec {
  readonly to: string;
  readonly via?: string;
  readonly dev?: NetDevice;
  readonly type?: number;
  readonly tos?: number;
  readonly metric?: number;
  readonly table?: number;
  readonly src?: string;
  readonly scope?: number;
  readonly nlflags?: number;
  readonly onlink?: boolean;
  readonly metrics?: Int32Array;
  readonly hops?: readonly { via?: string; dev?: NetDevice; weight?: number }[];
}

/** A route's configuration from words like those of ip-route(8); scope by default as `ip` chooses it. */
export function config(spec: RouteSpec): FibConfig {
  const cfg = new FibConfig();
  const [addr, len] = spec.to.split('/') as [string, string | undefined];
  cfg.dst = ip(addr);
  cfg.dstLen = len === undefined ? 32 : Number(len);
  cfg.type = spec.type ?? RTN_UNICAST;
  cfg.tos = spec.tos ?? 0;
  cfg.priority = spec.metric ?? 0;
  cfg.table = spec.table ?? 0;
  cfg.protocol = RTPROT_BOOT;
  cfg.prefsrc = spec.src === undefined ? 0 : ip(spec.src);
  cfg.oif = spec.dev?.ifindex ?? 0;
  cfg.gw = spec.via === undefined ? 0 : ip(spec.via);
  cfg.flags = spec.onlink === true ? 4 : 0;
  cfg.metrics = spec.metrics ?? null;
  cfg.nlflags = spec.nlflags ?? NLM_F_CREATE | NLM_F_EXCL;
  if (spec.hops !== undefined) cfg.multipath = spec.hops.map((h) => ({ oif: h.dev?.ifindex ?? 0, gw: h.via === undefined ? 0 : ip(h.via), flags: 0, weight: h.weight ?? 1 }));
  cfg.scope = spec.scope ?? (cfg.type === RTN_LOCAL ? RT_SCOPE_HOST : cfg.type === RTN_UNICAST && cfg.gw === 0 && spec.hops === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  return cfg;
}

/** Adds a route; returns `fibAddRoute`'s answer and the message. */
export function addRoute(net: Net, spec: RouteSpec): { err: number; message: string } {
  const cfg = config(spec);
  return { err: net.kernel.run(() => fibAddRoute(net, cfg)), message: cfg.error };
}

const TYPES = ['unspec', 'unicast', 'local', 'broadcast', 'anycast', 'multicast', 'blackhole', 'unreachable', 'prohibit', 'throw'];

/** A table in the words of `ip route show`, without what all routes of a test share. */
export function show(tb: FibTable): string[] {
  const out: string[] = [];
  fibTableWalk(tb, (prefix, plen, fa) => {
    const fi = fa.info;
    let s = fa.type === RTN_UNICAST ? '' : `${TYPES[fa.type]} `;
    s += plen === 0 ? 'default' : plen === 32 ? in4ToString(prefix) : `${in4ToString(prefix)}/${plen}`;
    if (fa.tos !== 0) s += ` tos ${fa.tos}`;
    if (fi.nhs.length === 1) {
      const nh = fi.nhs[0]!;
      if (nh.gw !== 0) s += ` via ${in4ToString(nh.gw)}`;
      if (nh.dev !== null) s += ` dev ${nh.dev.name}`;
    }
    if (fi.prefsrc !== 0) s += ` src ${in4ToString(fi.prefsrc)}`;
    if (fi.priority !== 0) s += ` metric ${fi.priority}`;
    if ((fi.flags & 0x10) !== 0) s += ' linkdown';
    out.push(s);
    if (fi.nhs.length > 1) for (const nh of fi.nhs) out.push(`  nexthop via ${in4ToString(nh.gw)} dev ${nh.dev!.name} weight ${nh.weight}`);
  });
  return out;
}
