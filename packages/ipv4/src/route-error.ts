/** What a router tells those whose packets it cannot or need not carry. */
import { EACCES, EHOSTUNREACH, ENETUNREACH, timeAfter } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { DROP, kfreeSkbReason } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, ICMP_NET_UNREACH, ICMP_PKT_FILTERED, ICMP_REDIR_HOST, ICMP_REDIRECT, IPV4_DEVCONF_LOG_MARTIANS, iphDaddr, iphSaddr, in4ToString } from '@linnet/uapi';
import { inDevGet } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import type { Rtable } from './rtable.ts';
import { IPSTATS_MIB_INADDRERRORS, IPSTATS_MIB_INNOROUTES } from './snmp.ts';

/** What is remembered about one that we sent redirects to. @alpha */
export class RoutePeer {
  redirects = 0;
}

const MAX_PEERS = 4096;

function peerOf(n4: Ipv4Net, addr: number): RoutePeer {
  const peers = n4.routePeers;
  let p = peers.get(addr);
  if (p === undefined) {
    if (peers.size >= MAX_PEERS) peers.delete(peers.keys().next().value!);
    p = new RoutePeer();
    peers.set(addr, p);
  }
  return p;
}

/**
 * May an error go to `addr`, when one each `error_cost` is the rule and `error_burst` the bucket? The tokens are those of ICMP's own limit,
 * which takes one more for the same message: a burst of five here is two errors on the wire, as on Linux.
 */
function allowed(n4: Ipv4Net, addr: number): boolean {
  const p = n4.peers.get(n4.net, addr);
  const now = n4.kernel.jiffies;
  p.rateTokens = Math.min(p.rateTokens + Math.max((now - p.rateLast) | 0, 0), n4.ipRtErrorBurst);
  p.rateLast = now;
  if (p.rateTokens < n4.ipRtErrorCost) return false;
  p.rateTokens -= n4.ipRtErrorCost;
  return true;
}

/** The `input` of routes that lead nowhere (`ip_error`): a router answers with the ICMP error of the route's errno, a host only counts. Consumes. @alpha */
export function ipError(skb: Skb): number {
  const rt = skb.dst as Rtable;
  const { net4: n4 } = rt;
  const dev = skb.dev as NetDevice | null;
  const indev = dev === null ? null : inDevGet(dev);
  const err = rt.error;
  if (indev === null) {
    kfreeSkbReason(skb, DROP.NETDEV_DOWN);
    return 0;
  }
  let code = -1;
  if (err === -EHOSTUNREACH) {
    code = ICMP_HOST_UNREACH;
    if (!indev.forward()) n4.mib[IPSTATS_MIB_INADDRERRORS]!++;
  } else if (err === -ENETUNREACH) {
    code = ICMP_NET_UNREACH;
    n4.mib[IPSTATS_MIB_INNOROUTES]!++;
  } else if (err === -EACCES) {
    code = ICMP_PKT_FILTERED;
  }
  if (code >= 0 && indev.forward() && allowed(n4, iphSaddr(skb.view, skb.networkHeader))) n4.icmpSend(skb, ICMP_DEST_UNREACH, code, 0);
  kfreeSkbReason(skb, !indev.forward() && err === -EHOSTUNREACH ? DROP.IP_INADDRERRORS : DROP.IP_INNOROUTES);
  return 0;
}

/**
 * The sender of a forwarded packet could have gone to the next hop itself: tells it, more and more rarely while it does not listen
 * (`ip_rt_send_redirect`, RFC 1812 5.2.7.2). Does not consume.
 * @alpha
 */
export function ipRtSendRedirect(skb: Skb): void {
  const rt = skb.dst as Rtable;
  const { net4: n4 } = rt;
  const indev = inDevGet(rt.dev);
  if (indev === null || !indev.txRedirects()) return;
  const { view, networkHeader: nh } = skb;
  const saddr = iphSaddr(view, nh);
  const p = peerOf(n4, saddr);
  // The time of the last word to a host is that of ICMP's limit too: a redirect delays errors.
  const bucket = n4.peers.get(n4.net, saddr);
  const now = n4.kernel.jiffies;
  if (timeAfter(now, (bucket.rateLast + n4.ipRtRedirectSilence) | 0)) p.redirects = 0;
  if (p.redirects >= n4.ipRtRedirectNumber) {
    bucket.rateLast = now;
    return;
  }
  if (p.redirects === 0 || timeAfter(now, (bucket.rateLast + (n4.ipRtRedirectLoad << p.redirects)) | 0)) {
    const gw = rt.rtGw !== 0 ? rt.rtGw : iphDaddr(view, nh);
    n4.icmpSend(skb, ICMP_REDIRECT, ICMP_REDIR_HOST, gw);
    bucket.rateLast = now;
    p.redirects++;
    if (indev.confOr(IPV4_DEVCONF_LOG_MARTIANS) !== 0 && p.redirects === n4.ipRtRedirectNumber) {
      n4.kernel.log.warn(`host ${in4ToString(saddr)}/if${skb.skbIif} ignores redirects for ${in4ToString(iphDaddr(view, nh))} to ${in4ToString(gw)}`); // datapath-ok: only when asked for
    }
  }
}
