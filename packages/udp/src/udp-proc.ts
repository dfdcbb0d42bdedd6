/** /proc/net/udp. */
// datapath-ok-file: a listing
import { sockIno } from '@linnet/socket';
import { AF_INET, AF_INET6 } from '@linnet/uapi';
import type { UdpNet } from './udp-net.ts';

const hex = (n: number, width: number): string => (n >>> 0).toString(16).toUpperCase().padStart(width, '0');
/** Addresses stand there as the little-endian reading of their bytes. */
const addr4 = (a: number): string => hex(((a & 0xff) << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24), 8);

/** How many sockets of a family have a port. */
export function udpInuse(u: UdpNet, family: number): number {
  let n = 0;
  for (const sk of u) if (sk.family === family) n++;
  return n;
}

/** The IPv4 address, or the four words of an IPv6 one. */
const addr = (a: number, a6: Int32Array | null): string => (a6 === null ? addr4(a) : [...a6].map(addr4).join(''));

/** The table of the sockets of AF_INET, or with `six` of AF_INET6, as Linux prints it (udp4_seq_show, udp6_seq_show). */
export function showUdp(u: UdpNet, six: boolean): string {
  let out = six
    ? '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n'
    : '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            \n';
  const family = six ? AF_INET6 : AF_INET;
  let i = 0;
  for (const sk of u) {
    if (sk.family !== family) continue;
    const line =
      `${String(i++).padStart(5)}: ${addr(sk.rcvSaddr, sk.v6RcvSaddr)}:${hex(sk.num, 4)} ${addr(sk.daddr, sk.v6Daddr)}:${hex(sk.dport, 4)} ${hex(sk.state, 2)} ` +
      `${hex(sk.wmemAlloc, 8)}:${hex(sk.rmemAlloc, 8)} 00:00000000 00000000 ${String(sk.uid).padStart(5)}        0 ${sockIno(sk)} 2 0000000000000000 ${sk.drops}`;
    out += `${six ? line : line.padEnd(127)}\n`;
  }
  return out;
}
