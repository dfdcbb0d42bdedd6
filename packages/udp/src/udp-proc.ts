/** /proc/net/udp. */
// datapath-ok-file: a listing
import type { UdpNet } from './udp-net.ts';

const hex = (n: number, width: number): string => (n >>> 0).toString(16).toUpperCase().padStart(width, '0');
/** Addresses stand there as the little-endian reading of their bytes. */
const addr = (a: number): string => hex(((a & 0xff) << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24), 8);

/** The table of sockets as Linux prints it (udp4_seq_show). */
export function showUdp(u: UdpNet): string {
  let out = '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             \n';
  let i = 0;
  for (const sk of u) {
    const line =
      `${String(i++).padStart(5)}: ${addr(sk.rcvSaddr)}:${hex(sk.num, 4)} ${addr(sk.daddr)}:${hex(sk.dport, 4)} ${hex(sk.state, 2)} ` +
      `${hex(sk.wmemAlloc, 8)}:${hex(sk.rmemAlloc, 8)} 00:00000000 00000000 ${String(sk.uid).padStart(5)}        0 0 2 0000000000000000 ${sk.drops}`;
    out += `${line.padEnd(127)}\n`;
  }
  return out;
}
