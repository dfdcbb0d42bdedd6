/**
 * The options of the IPv4 header (RFC 791, RFC 1122 3.2.1.8, RFC 1812 5.2.4 and 5.3.13): parsing with bounds,
 * recording routes and times while a packet passes, source routes, and turning options round for an answer.
 *
 * Offsets count from the first byte of the IP header, so that the first option has 20; 0 says «there is none».
 */
import { capable, EINVAL } from '@linnet/kernel';
import {
  CAP_NET_RAW, ICMP_PARAMETERPROB, IPHDR_LEN, IPOPT_CIPSO, IPOPT_COPY, IPOPT_END, IPOPT_LSRR, IPOPT_NOOP, IPOPT_RA, IPOPT_RR, IPOPT_SSRR, IPOPT_TIMESTAMP,
  IPOPT_TS_PRESPEC, IPOPT_TS_TSANDADDR, IPOPT_TS_TSONLY, MAX_IPOPTLEN, RTN_UNICAST, iphSaddr,
} from '@linnet/uapi';
import type { Skb } from '@linnet/skbuff';
import { ipHdrlen } from './ip-hdrlen.ts';
import { inetAddrType } from './fib-addr-type.ts';
import { fibComputeSpecDst } from './fib-frontend.ts';
import type { IpOptions } from './ip-options-types.ts';
import { ipOptionsClear } from './ip-options-types.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import type { Rtable } from './rtable.ts';
import { ipRtGetSource } from './route.ts';

const OPT_STRICT = 1 << 0;
const OPT_SRR_HIT = 1 << 1;
const OPT_CHANGED = 1 << 2;
const OPT_RR_NEEDADDR = 1 << 3;
const OPT_TS_NEEDTIME = 1 << 4;
const OPT_TS_NEEDADDR = 1 << 5;

/** Keeps a parse in the control block of the packet it was made from (words `cb3`..`cb5`). @alpha */
export function ipOptionsStore(skb: Skb, o: IpOptions): void {
  let flags = 0;
  if (o.isStrictroute) flags |= OPT_STRICT;
  if (o.srrIsHit) flags |= OPT_SRR_HIT;
  if (o.isChanged) flags |= OPT_CHANGED;
  if (o.rrNeedaddr) flags |= OPT_RR_NEEDADDR;
  if (o.tsNeedtime) flags |= OPT_TS_NEEDTIME;
  if (o.tsNeedaddr) flags |= OPT_TS_NEEDADDR;
  skb.cb3 = o.optlen | (o.srr << 8) | (o.rr << 16) | (o.ts << 24);
  skb.cb4 = flags | (o.routerAlert << 8) | (o.cipso << 16);
  skb.cb5 = o.nexthop;
}

/** Reads the parse of a packet's options back from its control block into `o`; the bytes stay in the header. @alpha */
export function ipOptionsLoad(o: IpOptions, skb: Skb): IpOptions {
  const flags = skb.cb4;
  o.faddr = 0;
  o.nexthop = skb.cb5;
  o.optlen = skb.cb3 & 0xff;
  o.srr = (skb.cb3 >>> 8) & 0xff;
  o.rr = (skb.cb3 >>> 16) & 0xff;
  o.ts = (skb.cb3 >>> 24) & 0xff;
  o.routerAlert = (flags >>> 8) & 0xff;
  o.cipso = (flags >>> 16) & 0xff;
  o.isStrictroute = (flags & OPT_STRICT) !== 0;
  o.srrIsHit = (flags & OPT_SRR_HIT) !== 0;
  o.isChanged = (flags & OPT_CHANGED) !== 0;
  o.rrNeedaddr = (flags & OPT_RR_NEEDADDR) !== 0;
  o.tsNeedtime = (flags & OPT_TS_NEEDTIME) !== 0;
  o.tsNeedaddr = (flags & OPT_TS_NEEDADDR) !== 0;
  return o;
}

/** Does the packet carry a source route? @alpha */
export function ipcbSrr(skb: Skb): number {
  return (skb.cb3 >>> 8) & 0xff;
}
/** Offset of the router alert option of a packet that asks for it; 0: none. @alpha */
export function ipcbRouterAlert(skb: Skb): number {
  return (skb.cb4 >>> 8) & 0xff;
}
/** Is the packet's source route a strict one? @alpha */
export function ipcbStrictRoute(skb: Skb): boolean {
  return (skb.cb4 & OPT_STRICT) !== 0;
}

/** Milliseconds since midnight UT, the time of RFC 791 options and RFC 792 timestamps (inet_current_timestamp). @alpha */
export function inetCurrentTimestamp(ip: Ipv4Net): number {
  return Math.floor(ip.kernel.clock.wallNow() / 1e6) % 86400000 | 0;
}

/**
 * Parses the options in `[base + 20, base + 20 + o.optlen)` of `u8` into `o`. With an skb they are those of a received
 * packet: routes and times are recorded in place (the head must be writable) and unknown options are passed over;
 * without one they come from a socket, which may only ask for what is known unless `privileged`.
 * Returns 0, or the offset of the offending byte for a parameter problem (ip_options_compile).
 * @alpha
 */
export function ipOptionsParse(ip: Ipv4Net, o: IpOptions, u8: Uint8Array, view: DataView, base: number, skb: Skb | null, privileged: boolean): number {
  const end = IPHDR_LEN + o.optlen;
  let at = IPHDR_LEN;
  while (at < end) {
    const kind = u8[base + at]!;
    if (kind === IPOPT_END) {
      // What follows the end must be zero: nobody shall read meaning into it.
      for (let i = at + 1; i < end; i++) {
        if (u8[base + i] !== IPOPT_END) {
          u8[base + i] = IPOPT_END;
          o.isChanged = true;
        }
      }
      return 0;
    }
    if (kind === IPOPT_NOOP) {
      at++;
      continue;
    }
    if (at + 1 >= end) return at;
    const len = u8[base + at + 1]!;
    if (len < 2 || at + len > end) return at;
    let bad = 0;
    switch (kind) {
      case IPOPT_SSRR:
      case IPOPT_LSRR:
        bad = parseSourceRoute(o, u8, view, base, at, len, skb === null);
        o.isStrictroute = kind === IPOPT_SSRR;
        break;
      case IPOPT_RR:
        bad = parseRecordRoute(o, u8, view, base, at, len, skb);
        break;
      case IPOPT_TIMESTAMP:
        bad = parseTimestamp(ip, o, u8, view, base, at, len, skb, privileged);
        break;
      case IPOPT_RA:
        if (len < 4) bad = at + 1;
        else if (u8[base + at + 2] === 0 && u8[base + at + 3] === 0) o.routerAlert = at;
        break;
      case IPOPT_CIPSO:
        if ((skb === null && !privileged) || o.cipso !== 0) bad = at;
        else {
          o.cipso = at;
          bad = checkCipso(u8, view, base, at, len);
        }
        break;
      default:
        if (skb === null && !privileged) bad = at;
    }
    if (bad !== 0) return bad;
    at += len;
  }
  return 0;
}

function parseSourceRoute(o: IpOptions, u8: Uint8Array, view: DataView, base: number, at: number, len: number, fromSocket: boolean): number {
  if (len < 3) return at + 1;
  if (u8[base + at + 2]! < 4) return at + 2;
  if (o.srr !== 0) return at;
  if (fromSocket) {
    // The user gives all hops; the first becomes the destination of the packet, the list moves up by one.
    if (u8[base + at + 2] !== 4 || len < 7 || ((len - 3) & 3) !== 0) return at + 1;
    o.faddr = view.getInt32(base + at + 3);
    if (len > 7) u8.copyWithin(base + at + 3, base + at + 7, base + at + len);
  }
  o.srr = at;
  return 0;
}

function parseRecordRoute(o: IpOptions, u8: Uint8Array, view: DataView, base: number, at: number, len: number, skb: Skb | null): number {
  if (o.rr !== 0) return at;
  if (len < 3) return at + 1;
  const ptr = u8[base + at + 2]!;
  if (ptr < 4) return at + 2;
  if (ptr <= len) {
    if (ptr + 3 > len) return at + 2;
    if (skb !== null && skb.dst !== null) {
      view.setInt32(base + at + ptr - 1, fibComputeSpecDst(skb));
      o.isChanged = true;
    }
    u8[base + at + 2] = ptr + 4;
    o.rrNeedaddr = true;
  }
  o.rr = at;
  return 0;
}

function parseTimestamp(
  ip: Ipv4Net, o: IpOptions, u8: Uint8Array, view: DataView, base: number, at: number, len: number, skb: Skb | null, privileged: boolean,
): number {
  if (o.ts !== 0) return at;
  if (len < 4) return at + 1;
  const ptr = u8[base + at + 2]!;
  if (ptr < 5) return at + 2;
  if (ptr <= len) {
    if (ptr + 3 > len) return at + 2;
    const mine = skb !== null && skb.dst !== null;
    let timeAt = -1;
    switch (u8[base + at + 3]! & 0xf) {
      case IPOPT_TS_TSONLY:
        if (mine) timeAt = at + ptr - 1;
        o.tsNeedtime = true;
        u8[base + at + 2] = ptr + 4;
        break;
      case IPOPT_TS_TSANDADDR:
        if (ptr + 7 > len) return at + 2;
        if (mine) {
          view.setInt32(base + at + ptr - 1, fibComputeSpecDst(skb));
          timeAt = at + ptr + 3;
        }
        o.tsNeedaddr = true;
        o.tsNeedtime = true;
        u8[base + at + 2] = ptr + 8;
        break;
      case IPOPT_TS_PRESPEC:
        if (ptr + 7 > len) return at + 2;
        // Only a listed address that is one of ours (or nobody's in particular) gets its time.
        if (inetAddrType(ip.net, view.getInt32(base + at + ptr - 1)) !== RTN_UNICAST) {
          if (skb !== null) timeAt = at + ptr + 3;
          o.tsNeedtime = true;
          u8[base + at + 2] = ptr + 8;
        }
        break;
      default:
        if (skb === null && !privileged) return at + 3;
    }
    if (timeAt >= 0) {
      view.setInt32(base + timeAt, inetCurrentTimestamp(ip));
      o.isChanged = true;
    }
  } else if ((u8[base + at + 3]! & 0xf) !== IPOPT_TS_PRESPEC) {
    // The list is full: count the machines that could not write (a list of given machines is full when these have written).
    const over = u8[base + at + 3]! >> 4;
    if (over === 15) return at + 3;
    if (skb !== null) {
      u8[base + at + 3] = (u8[base + at + 3]! & 0xf) | ((over + 1) << 4);
      o.isChanged = true;
    }
  }
  o.ts = at;
  return 0;
}

/** The form of a CIPSO option (FIPS 188, cipso_v4_validate): a domain of interpretation, then tags. 0, or where it is wrong. */
function checkCipso(u8: Uint8Array, view: DataView, base: number, at: number, len: number): number {
  if (len < 8) return at + 1;
  if (view.getInt32(base + at + 2) === 0) return at + 2;
  for (let tag = 6; tag < len;) {
    if (tag + 1 === len) return at + tag;
    const n = u8[base + at + tag + 1]!;
    if (n === 0 || n > len - tag) return at + tag + 1;
    tag += n;
  }
  return 0;
}

/**
 * Parses the options of a received packet (its head must be writable) and keeps the result in its control block.
 * Returns 0, or -EINVAL after a parameter problem was sent to its source; the skb stays the caller's (ip_options_compile).
 * @alpha
 */
export function ipOptionsCompile(ip: Ipv4Net, skb: Skb): number {
  const o = ip.optScratch;
  ipOptionsClear(o);
  const nh = skb.networkHeader;
  o.optlen = ipHdrlen(skb.view, nh) - IPHDR_LEN;
  const bad = ipOptionsParse(ip, o, skb.u8, skb.view, nh, skb, false);
  ipOptionsStore(skb, o);
  if (bad === 0) return 0;
  ip.icmpSend(skb, ICMP_PARAMETERPROB, 0, bad << 24);
  return -EINVAL;
}

/**
 * Takes the options a user gives (IP_OPTIONS, IP_RETOPTS): pads them to a multiple of 4 and parses them into `o`.
 * Returns 0 or -EINVAL (ip_options_get).
 * @alpha
 */
export function ipOptionsGet(ip: Ipv4Net, o: IpOptions, data: Uint8Array): number {
  if (data.length > MAX_IPOPTLEN) return -EINVAL;
  ipOptionsClear(o);
  o.data.fill(IPOPT_END);
  o.data.set(data);
  o.optlen = (data.length + 3) & ~3;
  if (o.optlen !== 0 && ipOptionsParse(ip, o, o.data, o.view, -IPHDR_LEN, null, capable(ip.kernel, CAP_NET_RAW)) !== 0) return -EINVAL;
  return 0;
}

/** The options as the user gave them: the first hop of a source route goes back in front of the list (ip_options_undo). @alpha */
export function ipOptionsUndo(o: IpOptions, out: Uint8Array): void {
  out.set(o.data.subarray(0, o.optlen)); // datapath-ok: a socket call
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength); // datapath-ok: a socket call
  if (o.srr !== 0) {
    const at = o.srr - IPHDR_LEN;
    const len = out[at + 1]!;
    if (len > 7) out.copyWithin(at + 7, at + 3, at + len - 4);
    view.setInt32(at + 3, o.faddr);
  }
  if (o.rrNeedaddr) {
    const at = o.rr - IPHDR_LEN;
    out[at + 2] = out[at + 2]! - 4;
  }
  if (o.ts !== 0) {
    const at = o.ts - IPHDR_LEN;
    // A given address stays, and its time with it.
    if ((out[at + 3]! & 0xf) === IPOPT_TS_PRESPEC) {
      if (o.tsNeedtime) out[at + 2] = out[at + 2]! - 8;
    } else {
      if (o.tsNeedtime) out[at + 2] = out[at + 2]! - 4;
      if (o.tsNeedaddr) out[at + 2] = out[at + 2]! - 4;
    }
  }
}

/**
 * Writes options into the header of an outgoing packet whose `networkHeader` is set and has room for `o.optlen` bytes,
 * filling in what the sender of the packet records (ip_options_build). `daddr` is the packet's true destination, the last
 * hop of a source route. The parse goes into the control block.
 * @alpha
 */
export function ipOptionsBuild(skb: Skb, o: IpOptions, daddr: number, rt: Rtable, ip: Ipv4Net): void {
  const nh = skb.networkHeader;
  const u8 = skb.u8;
  const view = skb.view;
  for (let i = 0; i < o.optlen; i++) u8[nh + IPHDR_LEN + i] = o.data[i]!;
  ipOptionsStore(skb, o);
  if (o.srr !== 0) view.setInt32(nh + o.srr + u8[nh + o.srr + 1]! - 4, daddr);
  if (o.rrNeedaddr) view.setInt32(nh + o.rr + u8[nh + o.rr + 2]! - 5, ipRtGetSource(skb, rt));
  if (o.tsNeedaddr) view.setInt32(nh + o.ts + u8[nh + o.ts + 2]! - 9, ipRtGetSource(skb, rt));
  if (o.tsNeedtime) view.setInt32(nh + o.ts + u8[nh + o.ts + 2]! - 5, inetCurrentTimestamp(ip));
}

/**
 * Turns the options of a received packet round for an answer: records go on, a source route is walked backwards.
 * Fills `d` (bytes included); returns 0 or -EINVAL (ip_options_echo, RFC 1122 3.2.2.6).
 * @alpha
 */
export function ipOptionsEcho(ip: Ipv4Net, d: IpOptions, skb: Skb): number {
  ipOptionsClear(d);
  const s = ipOptionsLoad(ip.optScratch2, skb);
  if (s.optlen === 0) return 0;
  const u8 = skb.u8;
  const nh = skb.networkHeader;
  const out = d.data;
  let n = 0;

  if (s.rr !== 0) {
    const len = u8[nh + s.rr + 1]!;
    const ptr = u8[nh + s.rr + 2]!;
    for (let i = 0; i < len; i++) out[n + i] = u8[nh + s.rr + i]!;
    d.rr = n + IPHDR_LEN;
    if (s.rrNeedaddr && ptr <= len) {
      if (ptr + 3 > len) return -EINVAL;
      out[n + 2] = ptr + 4;
      d.rrNeedaddr = true;
    }
    n += len;
  }

  if (s.ts !== 0) {
    const len = u8[nh + s.ts + 1]!;
    let ptr = u8[nh + s.ts + 2]!;
    for (let i = 0; i < len; i++) out[n + i] = u8[nh + s.ts + i]!;
    d.ts = n + IPHDR_LEN;
    if (ptr <= len) {
      if (s.tsNeedaddr) {
        if (ptr + 3 > len) return -EINVAL;
        d.tsNeedaddr = true;
        ptr += 4;
      }
      if (s.tsNeedtime) {
        if (ptr + 3 > len) return -EINVAL;
        if ((out[n + 3]! & 0xf) !== IPOPT_TS_PRESPEC) {
          d.tsNeedtime = true;
          ptr += 4;
        } else if (ptr + 7 <= len && inetAddrType(ip.net, d.view.getInt32(n + ptr - 1)) !== RTN_UNICAST) {
          d.tsNeedtime = true;
          ptr += 8;
        }
      }
      out[n + 2] = ptr;
    }
    n += len;
  }

  if (s.srr !== 0) {
    const len = u8[nh + s.srr + 1]!;
    const ptr = Math.min(u8[nh + s.srr + 2]!, len + 1);
    // Hops passed so far: the addresses before the pointer, in the order of travel.
    const hops = (ptr - 4) >> 2;
    if (hops > 0) {
      const first = nh + s.srr + 3;
      d.faddr = skb.view.getInt32(first + 4 * (hops - 1));
      let k = 0;
      for (let i = hops - 2; i >= 0; i--) d.view.setInt32(n + 3 + 4 * k++, skb.view.getInt32(first + 4 * i));
      // Some senders put themselves first: RFC 1812 5.3.13.4 wants that repaired, the answer's last hop is the sender anyway.
      if (k > 0 && d.view.getInt32(n + 3 + 4 * (k - 1)) === iphSaddr(skb.view, nh)) k--;
      // The last slot is the final destination, which ipOptionsBuild writes.
      const outLen = 3 + 4 * (k + 1);
      out[n] = u8[nh + s.srr]!;
      out[n + 1] = outLen;
      out[n + 2] = 4;
      d.view.setInt32(n + outLen - 4, 0);
      d.srr = n + IPHDR_LEN;
      d.isStrictroute = s.isStrictroute;
      n += outLen;
    }
  }

  if (s.cipso !== 0) {
    const len = u8[nh + s.cipso + 1]!;
    for (let i = 0; i < len; i++) out[n + i] = u8[nh + s.cipso + i]!;
    d.cipso = n + IPHDR_LEN;
    n += len;
  }

  while ((n & 3) !== 0) out[n++] = IPOPT_END;
  d.optlen = n;
  return 0;
}

/**
 * Makes the options fit for fragments after the first: those without the copied flag become no-operations (RFC 791 3.1;
 * ip_options_fragment). The parse in the control block forgets them too.
 * @alpha
 */
export function ipOptionsFragment(skb: Skb): void {
  const u8 = skb.u8;
  const nh = skb.networkHeader;
  const end = nh + IPHDR_LEN + (skb.cb3 & 0xff);
  let at = nh + IPHDR_LEN;
  while (at < end) {
    const kind = u8[at]!;
    if (kind === IPOPT_END) break;
    if (kind === IPOPT_NOOP) {
      at++;
      continue;
    }
    const len = at + 1 < end ? u8[at + 1]! : 0;
    if (len < 2 || at + len > end) break;
    if ((kind & IPOPT_COPY) === 0) u8.fill(IPOPT_NOOP, at, at + len);
    at += len;
  }
  skb.cb3 &= 0x0000ffff; // no record route, no timestamp
  skb.cb4 &= ~(OPT_RR_NEEDADDR | OPT_TS_NEEDADDR | OPT_TS_NEEDTIME);
}

/**
 * Completes the options of a packet that is being forwarded: the address it leaves by, its next hop and the time
 * (ip_forward_options, RFC 1812 5.3.13). The head must be writable.
 * Returns false when the header changed: its checksum is then the caller's to make again.
 * @alpha
 */
export function ipForwardOptions(ip: Ipv4Net, skb: Skb, rt: Rtable): boolean {
  const nh = skb.networkHeader;
  const u8 = skb.u8;
  const view = skb.view;
  const o = ipOptionsLoad(ip.optScratch, skb);
  if (o.rrNeedaddr) {
    view.setInt32(nh + o.rr + u8[nh + o.rr + 2]! - 5, ipRtGetSource(skb, rt));
    o.isChanged = true;
  }
  if (o.srrIsHit) {
    const at = nh + o.srr;
    const len = u8[at + 1]!;
    let ptr = u8[at + 2]!;
    for (; ptr <= len; ptr += 4) {
      if (ptr + 3 > len) break;
      if (view.getInt32(at + ptr - 1) === o.nexthop) break;
    }
    if (ptr + 3 <= len) {
      view.setInt32(nh + 16, o.nexthop);
      view.setInt32(at + ptr - 1, ipRtGetSource(skb, rt));
      u8[at + 2] = ptr + 4;
    }
    // The address beside a time is the one that the packet was received by, but under a source route the one that it leaves by (so on Linux 6.18).
    if (o.tsNeedaddr) view.setInt32(nh + o.ts + u8[nh + o.ts + 2]! - 9, ipRtGetSource(skb, rt));
    o.isChanged = true;
  }
  const changed = o.isChanged;
  o.isChanged = false;
  ipOptionsStore(skb, o);
  return !changed;
}
