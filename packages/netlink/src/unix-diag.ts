/** unix_diag: local sockets, for `ss -x` (sock_diag(7)). */
import { EINVAL, ENOENT, type Kernel, type KernelModule, type Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { sockCheckCookie, sockCookieHigh, sockCookieLow, sockGenCookie, sockIno, unix, UNIX_NET, unixInqLen, type UnixSock } from '@linnet/socket';
import {
  AF_UNIX, NETLINK_SOCK_DIAG, NLM_F_DUMP, NlWriter, SOCK_DIAG_BY_FAMILY, UDIAG_SHOW_ICONS, UDIAG_SHOW_MEMINFO, UDIAG_SHOW_NAME, UDIAG_SHOW_PEER, UDIAG_SHOW_RQLEN, UDIAG_SHOW_UID,
  UDIAG_SHOW_VFS, UNIX_DIAG_ICONS, UNIX_DIAG_MEMINFO, UNIX_DIAG_NAME, UNIX_DIAG_PEER, UNIX_DIAG_RQLEN, UNIX_DIAG_SHUTDOWN, UNIX_DIAG_UID, UNIX_DIAG_VFS,
} from '@linnet/uapi';
import { netlink } from './module.ts';
import { netlinkUnicast } from './netlink-deliver.ts';
import { netlinkDumpStart } from './netlink-dump.ts';
import { nlDumpBegin, nlmsgReplyBegin, type NlRequest, nlreqLen } from './request.ts';
import { sockDiagPutMeminfo, sockDiagRegister } from './sock-diag.ts';

/** `struct unix_diag_req` and `unix_diag_msg`. */
const REQ_LEN = 24;
const MSG_LEN = 16;
const TCP_LISTEN = 10;
/** The device that names in the file system lie on: one of a file system without a disk, as the kernel numbers them. */
const VFS_DEV = 26;

/** Lengths of the queues: of a listener, connections that wait and the most that may; of others, bytes to read and bytes sent that the other side has not read. */
function putRqlen(w: NlWriter, sk: UnixSock): void {
  const off = w.reserveAttr(UNIX_DIAG_RQLEN, 8);
  const listens = sk.state === TCP_LISTEN;
  w.view.setUint32(off, listens ? sk.acceptQueue.length : unixInqLen(sk), true);
  w.view.setUint32(off + 4, listens ? sk.maxAckBacklog : sk.wmemAlloc, true);
}

/** The sockets that wait to be accepted: the numbers of those that connected. */
function putIcons(w: NlWriter, sk: UnixSock): void {
  if (sk.state !== TCP_LISTEN) return;
  const off = w.reserveAttr(UNIX_DIAG_ICONS, sk.acceptQueue.length * 4);
  sk.acceptQueue.forEach((child, i) => w.view.setUint32(off + i * 4, child.peer === null ? 0 : sockIno(child.peer), true));
}

function putName(w: NlWriter, name: Uint8Array): void {
  // A path has its NUL.
  const nul = name[0] === 0 ? 0 : 1;
  const off = w.reserveAttr(UNIX_DIAG_NAME, name.length + nul);
  w.u8.set(name, off);
  if (nul === 1) w.u8[off + name.length] = 0;
}

/** Behind the header of a message: the socket, with what the request wants shown (sk_diag_fill of unix). */
function fill(w: NlWriter, sk: UnixSock, show: number): void {
  const off = w.reserve(MSG_LEN);
  const { view } = w;
  const cookie = sockGenCookie(sk);
  view.setUint8(off, AF_UNIX);
  view.setUint8(off + 1, sk.type);
  view.setUint8(off + 2, sk.state);
  view.setUint32(off + 4, sockIno(sk), true);
  view.setInt32(off + 8, sockCookieLow(cookie), true);
  view.setInt32(off + 12, sockCookieHigh(cookie), true);
  if ((show & UDIAG_SHOW_NAME) !== 0 && sk.addr !== null) putName(w, sk.addr);
  if ((show & UDIAG_SHOW_VFS) !== 0 && sk.path !== null) {
    const vfs = w.reserveAttr(UNIX_DIAG_VFS, 8);
    w.view.setUint32(vfs, sk.path.ino, true);
    w.view.setUint32(vfs + 4, VFS_DEV, true);
  }
  if ((show & UDIAG_SHOW_PEER) !== 0 && sk.peer !== null) w.putU32(UNIX_DIAG_PEER, sockIno(sk.peer));
  if ((show & UDIAG_SHOW_ICONS) !== 0) putIcons(w, sk);
  if ((show & UDIAG_SHOW_RQLEN) !== 0) putRqlen(w, sk);
  if ((show & UDIAG_SHOW_MEMINFO) !== 0) sockDiagPutMeminfo(w, sk, UNIX_DIAG_MEMINFO);
  w.putU8(UNIX_DIAG_SHUTDOWN, sk.shutdown);
  if ((show & UDIAG_SHOW_UID) !== 0) w.putU32(UNIX_DIAG_UID, sk.uid);
}

/** One socket, by its number and cookie. */
function getOne(net: Net, req: NlRequest): number {
  const ino = req.view.getUint32(req.data + 8, true);
  const show = req.view.getUint32(req.data + 12, true);
  if (ino === 0) return -EINVAL;
  for (const sk of net.get(UNIX_NET).socks) {
    if (sockIno(sk) !== ino) continue;
    const err = sockCheckCookie(sk, req.view.getInt32(req.data + 16, true), req.view.getInt32(req.data + 20, true));
    if (err !== 0) return err;
    const w = new NlWriter();
    nlmsgReplyBegin(w, req, SOCK_DIAG_BY_FAMILY);
    fill(w, sk, show);
    w.end();
    const sent = netlinkUnicast(net, NETLINK_SOCK_DIAG, w, req.portid);
    return sent < 0 ? sent : 0;
  }
  return -ENOENT;
}

function dump(net: Net, req: NlRequest, skb: Skb): number {
  if (nlreqLen(req) < REQ_LEN) return -EINVAL;
  if ((req.flags & NLM_F_DUMP) === 0) return getOne(net, req);
  const states = req.view.getUint32(req.data + 4, true);
  const show = req.view.getUint32(req.data + 12, true);
  return netlinkDumpStart(req, skb, {
    dump(r, w, cb): number {
      cb.data ??= Array.from(r.net.get(UNIX_NET).socks);
      const list = cb.data as UnixSock[];
      for (; cb.i < list.length; cb.i++) {
        const sk = list[cb.i]!;
        // Those that are not accepted yet have no number, and neither have those that closed since the dump began.
        if (sk.socket === null || (states & (1 << sk.state)) === 0) continue;
        nlDumpBegin(w, cb, SOCK_DIAG_BY_FAMILY);
        fill(w, sk, show);
        const ret = w.end();
        if (ret < 0) return ret;
      }
      return 0;
    },
  });
}

/** The module: answers to `ss -x`. @public */
export const unixDiag: KernelModule = {
  name: 'unix_diag',
  requires: [unix, netlink],
  init(k: Kernel): void {
    sockDiagRegister(k, { family: AF_UNIX, dump });
  },
};
