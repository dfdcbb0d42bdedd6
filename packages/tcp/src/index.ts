/**
 * TCP: connections, congestion control, recovery, GSO and GRO
 * (RFC 9293, 1122, 1321, 2018, 2385, 2883, 3168, 4821, 5681, 5682, 5961, 6191, 6298, 6528, 6582, 6675, 6928, 6937, 7323, 8257, 8985, 9438).
 *
 * @packageDocumentation
 */
export { tcp } from './module.ts';
export { TCP, TcpNet } from './tcp-net.ts';
export { TCPK, TcpKernel } from './tcp-kernel.ts';
export { TcpSock } from './tcp-sock.ts';
export { TcpOptionsReceived } from './tcp-options.ts';
export { TcpTimewaitSock } from './tcp-minisocks.ts';
export { TcpRequestSock } from './tcp-request-sock.ts';
export { type TcpCcInfo, type TcpCongestionOps, tcpCongAvoidAi, tcpInSlowStart, tcpRegisterCongestionControl, tcpSlowStart } from './tcp-cong.ts';
export { tcpIsCwndLimited } from './tcp-cwnd.ts';
export { reno } from './cong/reno.ts';
export { bbr } from './cong/bbr.ts';
export { cubic } from './cong/cubic.ts';
export { vegas } from './cong/vegas.ts';
export { dctcp } from './cong/dctcp.ts';
export { TCP_MIB_NAMES, TCPEXT_MIB_NAMES } from './tcp-mib.ts';
export type { TcpPacer } from './tcp-pacing.ts';
export type { RateSample } from './tcp-rate-sample.ts';
export type { TcpFastopen } from './tcp-fastopen-state.ts';
export type { TfoKeys, TfoPeer } from './tcp-fastopen-option.ts';
export type { TcpExtra } from './tcp-extra.ts';
export type { TcpMetrics } from './tcp-metrics.ts';
export type { SeqIndex } from './tcp-seek.ts';
export type { TcpMd5Key } from './tcp-md5.ts';
export type { TcpMtuProbe } from './tcp-mtu-probe.ts';
export type { TcpRepair } from './tcp-repair.ts';
export type { Md5 } from './md5.ts';
