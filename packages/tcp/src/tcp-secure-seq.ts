/** Numbers that a stranger must not guess: initial sequence numbers (RFC 6528) and timestamp offsets (RFC 7323 section 7.1). */
import type { TcpNet } from './tcp-net.ts';

/** The initial sequence number of a connection: a keyed hash of its four-tuple plus a clock of 64 ns (secure_tcp_seq). Never 0. */
export function tcpSecureSeq(tn: TcpNet, ktime: number, saddr: number, daddr: number, sport: number, dport: number): number {
  const hash = tn.isnHash.hash3(saddr, daddr, (sport << 16) | dport);
  const seq = (hash + (ktime / 64)) | 0;
  return seq === 0 ? 1 : seq;
}

/** The offset of a connection's timestamp clock: its own, but the same whenever it is opened again, so that its timestamps go on (RFC 7323 section 5.4; secure_tcp_ts_off). */
export function tcpSecureTsOff(tn: TcpNet, saddr: number, daddr: number, sport: number, dport: number): number {
  if (tn.timestamps !== 1) return 0;
  return tn.tsHash.hash3(saddr, daddr, (sport << 16) | dport);
}

/** {@link tcpSecureSeq} for IPv6 (secure_tcpv6_seq). */
export function tcpV6SecureSeq(tn: TcpNet, ktime: number, saddr: Int32Array, daddr: Int32Array, sport: number, dport: number): number {
  const h = tn.isnHash;
  return tcpSecureSeq(tn, ktime, h.hash4(saddr[0]!, saddr[1]!, saddr[2]!, saddr[3]!), h.hash4(daddr[0]!, daddr[1]!, daddr[2]!, daddr[3]!), sport, dport);
}

/** {@link tcpSecureTsOff} for IPv6 (secure_tcpv6_ts_off). */
export function tcpV6SecureTsOff(tn: TcpNet, saddr: Int32Array, daddr: Int32Array, sport: number, dport: number): number {
  const h = tn.tsHash;
  return tcpSecureTsOff(tn, h.hash4(saddr[0]!, saddr[1]!, saddr[2]!, saddr[3]!), h.hash4(daddr[0]!, daddr[1]!, daddr[2]!, daddr[3]!), sport, dport);
}
