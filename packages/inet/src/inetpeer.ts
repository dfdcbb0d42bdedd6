/** What is remembered about addresses one talks to (struct inet_peer): token buckets that limit ICMP. */
import type { Net } from '@linnet/kernel';

/** One peer's bucket. @alpha */
export class InetPeer {
  /** Tokens in milliseconds and the jiffies of the last refill. */
  rateTokens = 0;
  rateLast: number;
  /** Fragments received from it, by which a reassembly queue sees that its id came round (ipfrag_max_dist). */
  rid = 0;
  constructor(now: number) {
    this.rateLast = now;
  }
}

/** Peers kept at most; the oldest go first. */
const MAX_PEERS = 4096;
/** Bursts of this many answers pass (XRLIM_BURST_FACTOR). */
const BURST = 6;

/** The peers of one namespace and family. @alpha */
export class InetPeerBase {
  private readonly peers: Map<number, InetPeer> = new Map();

  /** The record of an IPv4 address, made when there is none (inet_getpeer_v4). */
  get(net: Net, addr: number): InetPeer {
    let p = this.peers.get(addr);
    if (p === undefined) {
      if (this.peers.size >= MAX_PEERS) this.peers.delete(this.peers.keys().next().value!);
      p = new InetPeer((net.kernel.jiffies - 60000) | 0);
      this.peers.set(addr, p);
    }
    return p;
  }
}

/** May one more answer go to this peer, when one each `timeout` jiffies is the rule? Takes a token (inet_peer_xrlim_allow). @alpha */
export function inetPeerXrlimAllow(net: Net, peer: InetPeer, timeout: number): boolean {
  const now = net.kernel.jiffies;
  // Unsigned: a silence of 25 days and more must not count as negative.
  const passed = (now - peer.rateLast) >>> 0;
  let tokens = peer.rateTokens;
  // Within one tick the bucket is left alone: errors of routing fill it in their own way just before (ip-sysctl, error_burst).
  if (passed !== 0) {
    peer.rateLast = now;
    tokens = Math.min(tokens + passed, BURST * timeout);
  }
  const ok = tokens >= timeout;
  if (ok) tokens -= timeout;
  peer.rateTokens = tokens;
  return ok;
}
