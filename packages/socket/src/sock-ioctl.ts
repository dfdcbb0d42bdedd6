/** ioctl(2) on a socket: what the socket layer answers, what the family does, and what is about interfaces (sock_ioctl). */
import { EFAULT, ENOENT, ENOIOCTLCMD, ENOTTY } from '@linnet/kernel';
import { devIoctl, NETDEV } from '@linnet/netdev';
import {
  AF_NETLINK, AF_UNIX, SIOCBRADDBR, SIOCBRDELBR, SIOCDEVPRIVATE, SIOCGIFBR, SIOCGIFCONF, SIOCGIFVLAN, SIOCGSTAMP_NEW, SIOCGSTAMP_OLD, SIOCGSTAMPNS_NEW, SIOCGSTAMPNS_OLD, SIOCSIFBR, SIOCSIFVLAN,
} from '@linnet/uapi';
import { sockTimestamping } from './sock.ts';
import type { Socket } from './socket.ts';

/** Asked before the family: the same on every socket. */
const FIRST: ReadonlySet<number> = new Set([SIOCGIFBR, SIOCSIFBR, SIOCBRADDBR, SIOCBRDELBR, SIOCGIFVLAN, SIOCSIFVLAN, SIOCGIFCONF]);

/** The time of the last packet read, as struct timeval or timespec (sock_gettstamp). The first question switches stamps on: -ENOENT until a packet has one. */
function getTimestamp(sock: Socket, nanoseconds: boolean, arg: Uint8Array): number {
  const { sk } = sock;
  // These two families have no such question.
  if (sk === null || sk.family === AF_UNIX || sk.family === AF_NETLINK) return -ENOTTY;
  if (arg.length < 16) return -EFAULT;
  sockTimestamping(sk, true);
  if (sk.stamp === 0) return -ENOENT;
  const view = new DataView(arg.buffer, arg.byteOffset, arg.byteLength);
  view.setBigInt64(0, BigInt(Math.floor(sk.stamp / 1e9)), true);
  const rest = sk.stamp % 1e9;
  view.setBigInt64(8, BigInt(Math.floor(nanoseconds ? rest : rest / 1000)), true);
  return 0;
}

/**
 * Does an ioctl on a socket (sock_ioctl), as the caller that `kernel.cred` says. `arg` are the bytes of the command's structure, read and written; what a pointer in it leads to
 * follows behind it (see `devIoctl`). Returns 0, a positive answer, or a negative errno; -ENOTTY for what nobody knows.
 * @alpha
 */
export function sockIoctl(sock: Socket, cmd: number, arg: Uint8Array): number {
  const { net } = sock;
  if (FIRST.has(cmd) || (cmd >= SIOCDEVPRIVATE && cmd < SIOCDEVPRIVATE + 16)) return devIoctl(net, cmd, arg);
  switch (cmd) {
    case SIOCGSTAMP_OLD:
    case SIOCGSTAMP_NEW:
      return getTimestamp(sock, false, arg);
    case SIOCGSTAMPNS_OLD:
    case SIOCGSTAMPNS_NEW:
      return getTimestamp(sock, true, arg);
    default: {
      if (arg.length < 4) return -EFAULT;
      const { ioctl } = sock.ops;
      const ret = ioctl === undefined ? -ENOIOCTLCMD : ioctl.call(sock.ops, sock, cmd, arg);
      if (ret !== -ENOIOCTLCMD) return ret;
      return net.kernel.tryGet(NETDEV) === null ? -ENOTTY : devIoctl(net, cmd, arg);
    }
  }
}
