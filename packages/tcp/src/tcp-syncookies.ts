/**
 * SYN cookies (RFC 4987 section 3.6, after D. J. Bernstein): when a listener's requests are too many, or always, nothing is kept of a SYN. What the ACK must bring back stands in our
 * initial sequence number: five bits of a slow clock, three for the MSS, and 24 of a keyed hash over addresses, ports, the peer's number and both. Window scale, SACK
 * and ECN have no room there; they ride in the low bits of the timestamp, when there is one.
 */
import type { SipHash } from '@linnet/kernel';
import type { SynCookieTuple } from '@linnet/inet';
import type { TcpNet } from './tcp-net.ts';
import type { TcpRequestSock } from './tcp-request-sock.ts';

/** Seconds of a tick of the cookie's clock; a cookie is good in its own and the next two. */
const TICK_NS = 64e9;
const MAX_AGE = 2;
/** The MSS that a cookie can stand for (observed). */
const MSS_V4: readonly number[] = [536, 1300, 1440, 1460];
const MSS_V6: readonly number[] = [1220, 1420, 1440, 8940];
/** Bits of a timestamp that hold options: four for the scale (15: none), one each for SACK and ECN. */
const TS_BITS = 6;
const TS_MASK = 63;

/** Hash over what the cookie is for; 24 bits. */
function secret(hash: SipHash, req: SynCookieTuple, clock: number, mss: number): number {
  const ports = (req.num << 16) | req.rmtPort;
  const { v6LocAddr: l, v6RmtAddr: r } = req;
  const a = l === null ? req.locAddr : hash.hash4(l[0]!, l[1]!, l[2]!, l[3]!);
  const b = r === null ? req.rmtAddr : hash.hash4(r[0]!, r[1]!, r[2]!, r[3]!);
  const inner = hash.hash4(a, b, ports, req.rcvIsn);
  return hash.hash3(inner, clock, mss) & 0xffffff;
}

function clockOf(ktime: number): number {
  return Math.floor(ktime / TICK_NS);
}

/** Our initial sequence number for a request that will not be kept. Sets `req.mss` to what the cookie says. */
export function cookieInitSequence(tn: TcpNet, req: SynCookieTuple, ktime: number): number {
  const table = req.v6RmtAddr === null ? MSS_V4 : MSS_V6;
  let i = table.length - 1;
  while (i > 0 && req.mss < table[i]!) i--;
  req.mss = table[i]!;
  const clock = clockOf(ktime);
  return ((clock & 31) << 27) | (i << 24) | secret(tn.cookieHash, req, clock, i);
}

/** Is `cookie` one of ours, for the four-tuple and the peer's number in `req`? Then `req.mss` is set. */
export function cookieCheck(tn: TcpNet, req: SynCookieTuple, cookie: number, ktime: number): boolean {
  const table = req.v6RmtAddr === null ? MSS_V4 : MSS_V6;
  const i = (cookie >>> 24) & 7;
  const mss = table[i];
  if (mss === undefined) return false;
  const now = clockOf(ktime);
  const age = (now - (cookie >>> 27)) & 31;
  if (age > MAX_AGE) return false;
  if (secret(tn.cookieHash, req, now - age, i) !== (cookie & 0xffffff)) return false;
  req.mss = mss;
  return true;
}

/** The timestamp of a cookie's SYN-ACK: never later than `now`, with the options in its low bits. */
export function cookieTimestamp(req: Pick<TcpRequestSock, 'wscaleOk' | 'sndWscale' | 'sackOk' | 'ecnOk'>, now: number): number {
  const bits = (req.wscaleOk ? req.sndWscale : 15) | (req.sackOk ? 16 : 0) | (req.ecnOk ? 32 : 0);
  let ts = (now & ~TS_MASK) | bits;
  if (((ts - now) | 0) > 0) ts -= 1 << TS_BITS;
  return ts | 0;
}

/** Reads them back from the echo of that timestamp. */
export function cookieOptions(tn: TcpNet, req: TcpRequestSock, echo: number): boolean {
  const scale = echo & 15;
  req.sackOk = (echo & 16) !== 0;
  req.ecnOk = (echo & 32) !== 0 && tn.ecn !== 0;
  req.wscaleOk = scale !== 15;
  req.sndWscale = scale === 15 ? 0 : scale;
  // What we do not do now we did not offer then.
  return (!req.sackOk || tn.sack !== 0) && (!req.wscaleOk || tn.windowScaling !== 0);
}
