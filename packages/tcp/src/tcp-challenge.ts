/** Answers to segments that do not fit, within limits (RFC 5961 sections 3.2 and 7). */
import { netInc, type TcpNet } from './tcp-net.ts';
import { TcpExtTCPACKSkippedChallenge, TcpExtTCPChallengeACK } from './tcp-mib.ts';
import { tcpSendAck } from './tcp-send.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Has an answer to a strange segment gone out just now? Then this one is not answered (tcp_oow_rate_limited). `last` is in jiffies. */
export function tcpOowRateLimited(tn: TcpNet, now: number, last: number, mib: number): boolean {
  if (last !== 0) {
    const elapsed = (now - last) | 0;
    if (elapsed >= 0 && elapsed < tn.invalidRatelimit) {
      netInc(tn, mib);
      return true;
    }
  }
  return false;
}

/** A challenge ACK (RFC 5961 section 3.2), at most one in half a second for a connection, and within the host's budget (tcp_send_challenge_ack). */
export function tcpSendChallengeAck(tp: TcpSock): void {
  const tn = tp.tn;
  const now = tp.kernel.jiffies;
  if (tcpOowRateLimited(tn, now, tp.lastOowAckTime, TcpExtTCPACKSkippedChallenge)) return;
  tp.lastOowAckTime = now === 0 ? 1 : now;
  const limit = tn.challengeAckLimit;
  if (limit !== 0x7fffffff) {
    // The budget is drawn anew each second, at random around the limit, so that it cannot be measured from outside (RFC 5961 section 7).
    const second = Math.floor(tp.kernel.ktime / 1e9);
    if (second !== tn.challengeTimestamp) {
      const half = (limit + 1) >> 1;
      tn.challengeTimestamp = second;
      tn.challengeCount = half + tn.rng.below(Math.max(limit, 1));
    }
    if (tn.challengeCount <= 0) return;
    tn.challengeCount--;
  }
  netInc(tn, TcpExtTCPChallengeACK);
  tcpSendAck(tp);
}
