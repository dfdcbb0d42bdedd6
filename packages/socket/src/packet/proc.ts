/** /proc/net/packet (packet(7)). */
import { packetRunning, type PacketNet, type PacketSock } from './packet-sock.ts';

function row(po: PacketSock): string {
  const col = (n: number | string, w: number): string => String(n).padEnd(w);
  const running = packetRunning(po);
  const ino = po.socket === null ? 0 : po.socket.ino;
  return (
    `0000000000000000 ${col(running ? 3 : 2, 6)} ${col(po.type, 4)} ${po.num.toString(16).padStart(4, '0')}   ${col(po.ifindex, 5)} ${running ? 1 : 0} ${col(po.rmemAlloc, 6)} ` +
    `${col(po.uid, 6)} ${col(ino, 6)}\n`
  );
}

/** The text of the file. */
export function procNetPacket(pn: PacketNet): string {
  let out = 'sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n';
  for (const po of pn.socks) out += row(po);
  return out;
}
