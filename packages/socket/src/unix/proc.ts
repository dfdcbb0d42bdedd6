/** /proc/net/unix (proc_net(5), unix(7)). */
import { SS_CONNECTED, SS_CONNECTING, SS_DISCONNECTING, SS_UNCONNECTED } from '../socket.ts';
import { UNIX_ESTABLISHED, UNIX_LISTEN, type UnixNet, type UnixSock } from './unix-sock.ts';

/** A listening socket: the flag that the file shows. */
const SO_ACCEPTCON = 0x10000;

const hex = (n: number, width: number): string => n.toString(16).toUpperCase().padStart(width, '0');

/** As Linux counts: itself, its peer's hold, and the packets under way to and from it are not told apart here. */
function refs(sk: UnixSock): number {
  return 2 + (sk.peer !== null ? 1 : 0);
}

/** The name as it is shown: NULs of abstract names as '@'. */
function nameText(name: Uint8Array): string {
  let s = '';
  for (const c of name) s += c === 0 ? '@' : String.fromCharCode(c);
  return s;
}

function row(sk: UnixSock): string {
  const up = sk.state === UNIX_ESTABLISHED;
  const st = sk.socket !== null ? (up ? SS_CONNECTED : SS_UNCONNECTED) : up ? SS_CONNECTING : SS_DISCONNECTING;
  const flags = sk.state === UNIX_LISTEN ? SO_ACCEPTCON : 0;
  const ino = sk.socket === null ? 0 : sk.socket.ino;
  const name = sk.addr === null ? '' : ` ${nameText(sk.addr)}`;
  return `0000000000000000: ${hex(refs(sk), 8)} ${hex(0, 8)} ${hex(flags, 8)} ${hex(sk.type, 4)} ${hex(st, 2)} ${String(ino).padStart(5)}${name}\n`;
}

/** The text of the file. */
export function procNetUnix(un: UnixNet): string {
  let out = 'Num       RefCount Protocol Flags    Type St Inode Path\n';
  for (const sk of un.socks) out += row(sk);
  return out;
}
