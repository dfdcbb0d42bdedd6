/** The system calls that a control connection carries, each a frame and a reply. Hostile bytes get an errno. */
import { EAGAIN, EBADF, EFAULT, EINPROGRESS, EINVAL, EMSGSIZE, ENOTSOCK, EOPNOTSUPP, type Kernel } from '@linnet/kernel';
import { MsgHdr } from '@linnet/socket';
import { MSG_CTRUNC, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_NOSIGNAL, MSG_OOB, MSG_TRUNC, sockaddrDecode, sockaddrEncode, SO_DOMAIN, SO_ERROR, SO_PROTOCOL, SO_TYPE, SOL_SOCKET, type SockAddr } from '@linnet/uapi';
import type { Sys } from '@linnet/posix';
import type { Carried } from './carried.ts';
import { cmsgDecode, cmsgEncode } from './cmsg.ts';
import {
  type Frame, MAX_FRAME, OP_BIND, OP_CONNECT, OP_ENDED, OP_FORGET, OP_GETNAME, OP_GETSOCKOPT, OP_INFO, OP_IOCTL, OP_LISTEN, OP_PLUGGED, OP_POLL, OP_RECVMANY, OP_RECVMSG, OP_SENDMSG,
  OP_SETSOCKOPT, OP_SHUTDOWN, REPLY_LEN, type Reply,
} from './wire.ts';
import { TunFile } from './tun.ts';

/** The most that one recvmsg gives. */
const MAX_RECV: number = MAX_FRAME - (64 << 10);
/** The most control bytes and option bytes asked for. */
const MAX_SMALL: number = 64 << 10;
/** The most option bytes: a table of netfilter is one. */
const MAX_OPTION: number = MAX_FRAME - (64 << 10);
const MAX_MANY = 64;

/** The address in a payload; a negative errno for one that is none. */
function addressOf(u8: Uint8Array): SockAddr | number {
  return sockaddrDecode(u8) ?? -EINVAL;
}

/** An address for a reply. Whatever the stack gives has a form. */
function putAddress(reply: Reply, addr: SockAddr | null): number {
  if (addr === null) return 0;
  const bytes = sockaddrEncode(addr);
  reply.add(bytes);
  return bytes.length;
}

function intOf(value: Uint8Array | number): number {
  if (typeof value === 'number' || value.length < 4) return 0;
  return value[0]! | (value[1]! << 8) | (value[2]! << 16) | (value[3]! << 24);
}

function connect(s: Carried, sys: Sys, frame: Frame): number {
  const addr = addressOf(frame.payload);
  if (typeof addr === 'number') return addr;
  const err = sys.connect(s.fd, addr);
  if (err === -EINPROGRESS) s.connectBegan();
  // Away from its peer (AF_UNSPEC), a stream carries nothing.
  if (err === 0 && addr.family !== 0) s.connected();
  return err;
}

function sendmsg(s: Carried, sys: Sys, { a: flags, b: nameLen, c: controlLen, payload }: Frame): number {
  if (nameLen + controlLen > payload.length) return -EFAULT;
  const msg = new MsgHdr([payload.subarray(nameLen + controlLen)]);
  if (nameLen > 0) {
    const addr = addressOf(payload.subarray(0, nameLen));
    if (typeof addr === 'number') return addr;
    msg.name = addr;
  }
  if (controlLen > 0) {
    const control = cmsgDecode(payload.subarray(nameLen, nameLen + controlLen));
    if (control === null) return -EINVAL;
    msg.control = control;
  }
  const n = sys.sendmsg(s.fd, msg, (flags | MSG_DONTWAIT | MSG_NOSIGNAL) >>> 0);
  // Data with the SYN (MSG_FASTOPEN): a connection is under way.
  if (n === -EINPROGRESS) s.connectBegan();
  return n;
}

/** Puts a message behind what the reply has: data, address, control. Returns what recvmsg did. */
function recvInto(s: Carried, sys: Sys, reply: Reply, flags: number, size: number, controlSize: number): number {
  const room = reply.room(size);
  const msg = new MsgHdr([room]);
  const n = sys.recvmsg(s.fd, msg, (flags | MSG_DONTWAIT) >>> 0);
  reply.a = reply.b = reply.c = 0;
  if (n < 0) return n;
  reply.len += Math.min(n, size);
  reply.b = putAddress(reply, msg.name);
  const control = cmsgEncode(msg.control, reply.room(controlSize));
  reply.len += control.len;
  reply.c = control.len;
  reply.a = msg.flags | (control.cut ? MSG_CTRUNC : 0);
  return n;
}

function recvMany(s: Carried, sys: Sys, reply: Reply, frame: Frame): number {
  const count = Math.min(frame.a, MAX_MANY);
  const size = Math.min(frame.b, MAX_SMALL);
  let got = 0;
  while (got < count && reply.len + size + 4096 < MAX_RECV) {
    const head = reply.len;
    for (let i = 0; i < 4; i++) reply.addU32(0);
    const n = recvInto(s, sys, reply, MSG_TRUNC, size, 256);
    if (n < 0) {
      reply.len = head;
      if (got === 0) return n;
      break;
    }
    reply.setU32(head, Math.min(n, size));
    reply.setU32(head + 4, n);
    reply.setU32(head + 8, reply.b);
    reply.setU32(head + 12, reply.c);
    got++;
  }
  reply.a = got;
  reply.b = reply.c = 0;
  return got;
}

function setsockopt(s: Carried, sys: Sys, reply: Reply, { a: level, b: opt, c: more, payload }: Frame): number {
  if (more > MAX_OPTION) return -EMSGSIZE;
  // Behind the value there may be room that the stack writes to.
  const value = new Uint8Array(payload.length + more);
  value.set(payload);
  const rc = sys.setsockopt(s.fd, level | 0, opt | 0, value);
  if (rc === 0 && more > 0) reply.add(value.subarray(payload.length));
  return rc;
}

function getsockopt(s: Carried, sys: Sys, reply: Reply, { a: level, b: opt, c: maxLen, payload }: Frame): number {
  if ((level | 0) === SOL_SOCKET && opt === SO_ERROR) {
    const err = s.takeError();
    reply.addU32(-err);
    reply.len = Math.min(reply.len, maxLen);
    return 0;
  }
  const value = sys.getsockopt(s.fd, level | 0, opt | 0, Math.min(maxLen, MAX_OPTION), payload);
  if (typeof value === 'number') return value;
  reply.add(value);
  return 0;
}

function ioctl(s: Carried, sys: Sys, reply: Reply, { a: cmd, payload }: Frame): number {
  // The structure, and behind it what it points at. The frame's bytes are read into again: the stack gets its own.
  const bytes = new Uint8Array(Math.max(4, payload.length));
  bytes.set(payload);
  const rc = sys.ioctl(s.fd, cmd | 0, bytes);
  if (rc >= 0) reply.add(bytes.subarray(0, payload.length));
  return rc;
}

/** A call on /dev/net/tun: a negative errno or what Linux returns. */
function tunCall(file: TunFile, kernel: Kernel, frame: Frame, reply: Reply): number {
  switch (frame.op) {
    case OP_SENDMSG: {
      const skip = frame.b + frame.c;
      return skip > 0 ? -ENOTSOCK : kernel.run(() => file.write(frame.payload.slice()));
    }
    case OP_RECVMSG: {
      if (frame.b > MAX_RECV) return -EMSGSIZE;
      const n = kernel.run(() => file.read(reply.room(frame.b)));
      reply.len += Math.max(n, 0);
      return n;
    }
    case OP_IOCTL: {
      const bytes = new Uint8Array(Math.max(4, frame.payload.length));
      bytes.set(frame.payload);
      const rc = kernel.run(() => file.ioctl(frame.a, bytes));
      if (rc >= 0) reply.add(bytes.subarray(0, frame.payload.length));
      return rc;
    }
    default:
      return -ENOTSOCK;
  }
}

/** Makes a call on a socket and fills in the reply. */
export function socketCall(s: Carried, frame: Frame, reply: Reply): void {
  const { sys } = s.owner.task;
  if (s.file instanceof TunFile && frame.op !== OP_POLL && frame.op !== OP_PLUGGED && frame.op !== OP_FORGET) {
    reply.rc = tunCall(s.file, s.owner.task.kernel, frame, reply);
    s.conclude(reply, false);
    return;
  }
  let wouldBlock = false;
  switch (frame.op) {
    case OP_BIND: {
      const addr = addressOf(frame.payload);
      reply.rc = typeof addr === 'number' ? addr : sys.bind(s.fd, addr);
      break;
    }
    case OP_CONNECT:
      reply.rc = connect(s, sys, frame);
      wouldBlock = reply.rc === -EINPROGRESS;
      break;
    case OP_LISTEN:
      reply.rc = sys.listen(s.fd, frame.a | 0);
      if (reply.rc === 0) s.listens();
      break;
    case OP_GETNAME: {
      const addr = frame.a === 0 ? sys.getsockname(s.fd) : sys.getpeername(s.fd);
      if (typeof addr === 'number') reply.rc = addr;
      else putAddress(reply, addr);
      break;
    }
    case OP_SHUTDOWN:
      reply.rc = s.shutdown(frame.a | 0);
      break;
    case OP_SETSOCKOPT:
      reply.rc = setsockopt(s, sys, reply, frame);
      break;
    case OP_GETSOCKOPT:
      reply.rc = getsockopt(s, sys, reply, frame);
      break;
    case OP_SENDMSG:
      // The caller did not know yet that it is connected; the reply says so.
      if (s.isRaw && (frame.a & MSG_OOB) === 0) {
        reply.rc = -EAGAIN;
        break;
      }
      reply.rc = sendmsg(s, sys, frame);
      wouldBlock = reply.rc === -EAGAIN || reply.rc === -EINPROGRESS;
      break;
    case OP_RECVMSG:
      if (s.isRaw && (frame.a & (MSG_OOB | MSG_ERRQUEUE)) === 0) reply.rc = -EAGAIN;
      else if (frame.b > MAX_RECV || frame.c > MAX_SMALL) reply.rc = -EMSGSIZE;
      else reply.rc = recvInto(s, sys, reply, frame.a, frame.b, frame.c);
      break;
    case OP_RECVMANY:
      reply.rc = recvMany(s, sys, reply, frame);
      break;
    case OP_IOCTL:
      reply.rc = ioctl(s, sys, reply, frame);
      break;
    case OP_PLUGGED:
      s.onPlugged(Math.min(frame.a, MAX_FRAME));
      break;
    case OP_POLL: {
      const fds = [{ fd: s.fd, events: 0xffff, revents: 0 }];
      sys.poll(fds);
      reply.rc = fds[0]!.revents;
      break;
    }
    case OP_ENDED:
      reply.rc = s.takeError();
      break;
    case OP_INFO:
      reply.a = intOf(sys.getsockopt(s.fd, SOL_SOCKET, SO_DOMAIN, 4));
      reply.b = intOf(sys.getsockopt(s.fd, SOL_SOCKET, SO_TYPE, 4));
      reply.c = intOf(sys.getsockopt(s.fd, SOL_SOCKET, SO_PROTOCOL, 4));
      break;
    case OP_FORGET:
      s.bury();
      return;
    default:
      reply.rc = -EOPNOTSUPP;
  }
  s.conclude(reply, wouldBlock);
}

/** The reply to a call on a socket that is not there. */
export function noSocket(reply: Reply): void {
  reply.rc = -EBADF;
}

/** What a reply's buffer should hold from the start. */
export const REPLY_ROOM: number = (256 << 10) - REPLY_LEN;
