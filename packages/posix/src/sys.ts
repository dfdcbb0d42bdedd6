/** The system calls, never blocking: zero or positive, or a negative errno. */
import {
  capable, EAGAIN, EBADF, EFAULT, EINVAL, EMFILE, ENODEV, ENOENT, ENOTSOCK, ENOTTY, EOPNOTSUPP, EPERM, ESRCH, Net, ROOT_CRED, type Kernel,
} from '@linnet/kernel';
import { NETNS, netnsAttach, netnsDel } from '@linnet/netns';
import { intOpt, MsgHdr, msgCount, optInt, sockCreate, Socket, sockGetsockopt, sockIoctl, sockRelease, sockSetsockopt, UNIX, unixUnlink } from '@linnet/socket';
import {
  CAP_NET_ADMIN, CAP_SYS_ADMIN, EPOLL_CLOEXEC, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, FIOASYNC, FIOCLEX, FIOGETOWN, FIONBIO, FIONCLEX, FIOSETOWN, MSG_DONTWAIT, MSG_ERRQUEUE, O_ASYNC, O_CLOEXEC, O_NONBLOCK, POLLERR,
  POLLHUP, POLLNVAL, SHUT_RD, SHUT_RDWR, SIOCGPGRP, SIOCGSKNS, SIOCSPGRP, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_TYPE_MASK, SOL_SOCKET, type SockAddr, UIO_MAXIOV, utf8Encode,
} from '@linnet/uapi';
import { addrErrno } from './args.ts';
import { EpollFile, type EpollEvent } from './epoll.ts';
import { SocketFile, type OpenFile } from './file.ts';
import { scmInstall, scmLookUp } from './scm.ts';
import type { TaskState } from './task-state.ts';
import { openNs } from './task-ns.ts';
import type { Tasks } from './tasks.ts';
import { type Dirent, entriesOf, filesBelow, readNode, readNodeBytes, type Stat, statOf, walk, type Walked, writeNode, type VfsNs } from './vfs.ts';
import { vfsRoot } from './vfs-root.ts';

/**
 * A descriptor and what to wait for (struct pollfd).
 * @public
 */
export interface PollFd {
  /** Negative: left out. */
  fd: number;
  events: number;
  /** Filled in. */
  revents: number;
}

/**
 * One of several messages (struct mmsghdr).
 * @public
 */
export interface MMsgHdr {
  readonly hdr: MsgHdr;
  /** Filled in: bytes sent or received. */
  len: number;
}

/**
 * Where recvfrom puts the sender's address.
 * @public
 */
export interface NameOut {
  addr: SockAddr | null;
}

/** The argument of an ioctl that was given none. */
const NOTHING: Uint8Array = new Uint8Array(0);

/** getsockopt asks for at most this many bytes unless it is told. */
const OPTLEN = 256;

function isBytes(buf: unknown): buf is Uint8Array {
  return buf instanceof Uint8Array;
}

function ints(...values: readonly unknown[]): boolean {
  return values.every((n) => Number.isInteger(n));
}

/** Puts the message's cursor `done` bytes behind its start, wherever a call that took only some left it. */
export function msgSeek(msg: MsgHdr, done: number): void {
  let i = 0;
  let left = done;
  while (i < msg.iov.length && left >= msg.iov[i]!.length) left -= msg.iov[i++]!.length;
  msg.iovIndex = i;
  msg.iovOff = i < msg.iov.length ? left : 0;
}

/** An option's value as bytes: a number is an int. */
export function optionBytes(value: number | boolean | Uint8Array): Uint8Array | null {
  if (isBytes(value)) return value;
  if (typeof value === 'boolean') return new Uint8Array([value ? 1 : 0, 0, 0, 0]);
  if (typeof value !== 'number' || !Number.isInteger(value)) return null;
  return new Uint8Array([value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255]);
}

/**
 * The system calls of a task in their plain form: none ever waits, and each returns what Linux does, an error as a negative errno. Each is
 * a whole visit to the kernel: packets it sends have been through all stacks of the machine when it returns.
 * @public
 */
export class Sys {
  private readonly task: TaskState;
  private readonly kernel: Kernel;
  private readonly tasks: Tasks;
  /** For calls that bring only a buffer. */
  private readonly msg: MsgHdr = new MsgHdr();
  private readonly one: Uint8Array[] = [];

  /** @internal */
  constructor(task: TaskState, tasks: Tasks) {
    this.task = task;
    this.tasks = tasks;
    this.kernel = task.kernel;
  }

  /** @internal The socket behind a descriptor, or a negative errno. */
  sock(fd: number): Socket | number {
    const slot = this.task.fds.get(fd);
    if (slot === null) return -EBADF;
    return slot.file instanceof SocketFile ? slot.file.socket : -ENOTSOCK;
  }

  /** socket(2): a new descriptor. `type` may carry SOCK_NONBLOCK and SOCK_CLOEXEC. */
  socket(family: number, type: number, protocol: number = 0): number {
    if (!ints(family, type, protocol) || (type & ~(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) return -EINVAL;
    if (this.task.fds.full) return -EMFILE;
    this.enter();
    try {
      const sock = sockCreate(this.task.net, family, type & SOCK_TYPE_MASK, protocol);
      return typeof sock === 'number' ? sock : this.installSocket(sock, type);
    } finally {
      this.leave();
    }
  }

  /** socketpair(2): puts two connected descriptors into `sv`. */
  socketpair(family: number, type: number, protocol: number, sv: number[]): number {
    if (!Array.isArray(sv)) return -EFAULT;
    if (!ints(family, type, protocol) || (type & ~(SOCK_TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) return -EINVAL;
    this.enter();
    try {
      const { net } = this.task;
      const a = sockCreate(net, family, type & SOCK_TYPE_MASK, protocol);
      if (typeof a === 'number') return a;
      const b = sockCreate(net, family, type & SOCK_TYPE_MASK, protocol);
      if (typeof b === 'number') {
        sockRelease(a);
        return b;
      }
      const err = a.ops.socketpair === undefined ? -EOPNOTSUPP : a.ops.socketpair(a, b);
      if (err < 0) {
        sockRelease(a);
        sockRelease(b);
        return err;
      }
      const fd0 = this.installSocket(a, type);
      if (fd0 < 0) {
        sockRelease(b);
        return fd0;
      }
      const fd1 = this.installSocket(b, type);
      if (fd1 < 0) {
        this.task.fds.close(fd0);
        return fd1;
      }
      sv[0] = fd0;
      sv[1] = fd1;
      return 0;
    } finally {
      this.leave();
    }
  }

  /** bind(2). */
  bind(fd: number, addr: SockAddr): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    const err = addrErrno(addr);
    return err !== 0 ? err : this.asTask(() => sock.ops.bind(sock, addr));
  }

  /** listen(2). */
  listen(fd: number, backlog: number): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    if (!Number.isInteger(backlog)) return -EINVAL;
    return this.asTask(() => sock.ops.listen(sock, backlog));
  }

  /** accept(2): accept4 without flags. */
  accept(fd: number): number {
    return this.accept4(fd, 0);
  }

  /** accept4(2): a descriptor for the next connection; -EAGAIN when there is none. The peer's address: getpeername. */
  accept4(fd: number, flags: number): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    if (!ints(flags) || (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0) return -EINVAL;
    if (this.task.fds.full) return -EMFILE;
    this.enter();
    try {
      const conn = new Socket(sock.net, sock.type, sock.ops);
      const err = sock.ops.accept(sock, conn, 0);
      return err < 0 ? err : this.installSocket(conn, flags);
    } finally {
      this.leave();
    }
  }

  /** connect(2): -EINPROGRESS while it is under way; then wait for POLLOUT and read SO_ERROR, or ask again (0, -EALREADY or what went wrong). */
  connect(fd: number, addr: SockAddr): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    const err = addrErrno(addr);
    if (err !== 0) return err;
    return this.asTask(() => sock.ops.connect(sock, addr, O_NONBLOCK));
  }

  /** send(2). */
  send(fd: number, buf: Uint8Array, flags: number = 0): number {
    return this.sendto(fd, buf, flags, null);
  }

  /** sendto(2). */
  sendto(fd: number, buf: Uint8Array, flags: number, addr: SockAddr | null): number {
    if (!isBytes(buf)) return -EFAULT;
    if (addr !== null && addr !== undefined && addrErrno(addr) !== 0) return addrErrno(addr);
    const { msg, one } = this;
    one[0] = buf;
    msg.iov = one;
    msg.name = addr ?? null;
    if (msg.control.length > 0) msg.control = [];
    return this.sendmsg(fd, msg, flags);
  }

  /** sendmsg(2): sends from the message's first byte; may take fewer than there are. */
  sendmsg(fd: number, msg: MsgHdr, flags: number = 0): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    this.enter();
    try {
      return this.sendNext(sock, msg, flags);
    } finally {
      this.leave();
    }
  }

  /** @internal Sends from the message's cursor; `rest` when the bytes before were sent. */
  sendOn(sock: Socket, msg: MsgHdr, size: number, flags: number, rest: boolean = false): number {
    this.enter();
    try {
      msg.flags = flags | MSG_DONTWAIT;
      return this.sendIn(sock, msg, size, rest);
    } finally {
      this.leave();
    }
  }

  private sendIn(sock: Socket, msg: MsgHdr, size: number, rest: boolean): number {
    return msg.control.length === 0 ? sock.ops.sendmsg(sock, msg, size) : this.sendControl(sock, msg, size, rest);
  }

  /** Control messages go with the first bytes. */
  private sendControl(sock: Socket, msg: MsgHdr, size: number, rest: boolean): number {
    const { control } = msg;
    if (rest) msg.control = [];
    const err = scmLookUp(this.task.fds, msg, sock.ops.family);
    const n = err !== 0 ? err : sock.ops.sendmsg(sock, msg, size);
    msg.control = control;
    msg.files = null;
    return n;
  }

  /** sendmmsg(2): how many messages went, at most UIO_MAXIOV, or the error of the first. */
  sendmmsg(fd: number, msgs: readonly MMsgHdr[], flags: number = 0): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    this.enter();
    try {
      const count = Math.min(msgs.length, UIO_MAXIOV);
      for (let i = 0; i < count; i++) {
        if (i > 0) this.bhEnable();
        const m = msgs[i]!;
        const n = this.sendNext(sock, m.hdr, flags);
        if (n < 0) return i > 0 ? i : n;
        m.len = n;
      }
      return count;
    } finally {
      this.leave();
    }
  }

  /** Sends a message from its first byte, inside the kernel. */
  private sendNext(sock: Socket, msg: MsgHdr, flags: number): number {
    const err = this.checkMsg(msg, flags);
    if (err !== 0) return err;
    msg.iovIndex = 0;
    msg.iovOff = 0;
    msg.flags = flags | MSG_DONTWAIT;
    return this.sendIn(sock, msg, msgCount(msg), false);
  }

  /** recv(2): bytes received, 0 at the end of a stream. */
  recv(fd: number, buf: Uint8Array, flags: number = 0): number {
    return this.recvfrom(fd, buf, flags, null);
  }

  /** recvfrom(2): the sender's address goes into `from`. */
  recvfrom(fd: number, buf: Uint8Array, flags: number, from: NameOut | null): number {
    if (!isBytes(buf)) return -EFAULT;
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    if (!Number.isInteger(flags)) return -EINVAL;
    if (from !== null && typeof from !== 'object') return -EFAULT;
    const { msg, one } = this;
    one[0] = buf;
    msg.iov = one;
    this.enter();
    try {
      const n = this.recvOn(sock, msg, flags);
      // Before the kernel is left: who is woken then may use the same message.
      if (from !== null) from.addr = msg.name;
      return n;
    } finally {
      this.leave();
    }
  }

  /** recvmsg(2): fills the message's buffers from the first byte, its name, control and flags. */
  recvmsg(fd: number, msg: MsgHdr, flags: number = 0): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    const err = this.checkMsg(msg, flags);
    if (err !== 0) return err;
    this.enter();
    try {
      return this.recvOn(sock, msg, flags);
    } finally {
      this.leave();
    }
  }

  /** @internal Called inside the kernel. */
  recvOn(sock: Socket, msg: MsgHdr, flags: number): number {
    msg.iovIndex = 0;
    msg.iovOff = 0;
    msg.name = null;
    msg.flags = 0;
    if (msg.control.length > 0) msg.control = [];
    const n = sock.ops.recvmsg(sock, msg, msgCount(msg), flags | MSG_DONTWAIT);
    if (msg.files !== null) scmInstall(this.task.fds, msg, flags);
    return n;
  }

  /** recvmmsg(2): how many messages came, or the error of the first; that of a later one is for the next call. */
  recvmmsg(fd: number, msgs: readonly MMsgHdr[], flags: number = 0): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    this.enter();
    try {
      for (let i = 0; i < msgs.length; i++) {
        if (i > 0) this.bhEnable();
        const m = msgs[i]!;
        const err = this.checkMsg(m.hdr, flags);
        const n = err !== 0 ? err : this.recvOn(sock, m.hdr, flags);
        if (n < 0) {
          if (i === 0) return n;
          this.keepError(fd, n);
          return i;
        }
        m.len = n;
      }
      return msgs.length;
    } finally {
      this.leave();
    }
  }

  /** @internal The error of a message behind those that came: the next call gets it (recvmmsg(2)). */
  keepError(fd: number, err: number): void {
    const sock = this.sock(fd);
    if (err !== -EAGAIN && typeof sock !== 'number' && sock.sk !== null) sock.sk.err = -err;
  }

  /** shutdown(2). */
  shutdown(fd: number, how: number): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    if (!ints(how) || how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
    return this.asTask(() => sock.ops.shutdown(sock, how));
  }

  /** getsockname(2): the own address, or a negative errno. */
  getsockname(fd: number): SockAddr | number {
    const sock = this.sock(fd);
    return typeof sock === 'number' ? sock : this.asTask(() => sock.ops.getname(sock, false));
  }

  /** getpeername(2): the other side's address, or a negative errno. */
  getpeername(fd: number): SockAddr | number {
    const sock = this.sock(fd);
    return typeof sock === 'number' ? sock : this.asTask(() => sock.ops.getname(sock, true));
  }

  /** setsockopt(2): a number is written as an int. */
  setsockopt(fd: number, level: number, opt: number, value: number | boolean | Uint8Array): number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    if (!ints(level, opt)) return -EINVAL;
    const bytes = optionBytes(value);
    if (bytes === null) return -EFAULT;
    return this.asTask(() => (level === SOL_SOCKET && sock.sk !== null ? sockSetsockopt(sock, opt, bytes) : sock.ops.setsockopt(sock, level, opt, bytes)));
  }

  /** getsockopt(2): the value's bytes, at most `maxLen`, or a negative errno. A few options are asked with something in the buffer: `input` (PACKET_HDRLEN, MCAST_MSFILTER). */
  getsockopt(fd: number, level: number, opt: number, maxLen: number = OPTLEN, input?: Uint8Array): Uint8Array | number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    if (!ints(level, opt, maxLen) || maxLen < 0) return -EINVAL;
    return this.asTask(() => (level === SOL_SOCKET && sock.sk !== null ? sockGetsockopt(sock, opt, maxLen) : sock.ops.getsockopt(sock, level, opt, maxLen, input)));
  }

  /** mmap(2) of a socket: the memory that it shares with its reader (PACKET_RX_RING), or a negative errno, -ENODEV when it has none. */
  mmap(fd: number): Uint8Array | number {
    const sock = this.sock(fd);
    if (typeof sock === 'number') return sock;
    return this.asTask(() => sock.ops.mmap?.(sock) ?? -ENODEV);
  }

  /** close(2). Calls that wait on the descriptor end with EBADF. */
  close(fd: number): number {
    this.enter();
    try {
      return this.task.fds.close(fd);
    } finally {
      this.leave();
    }
  }

  /** unlink(2) of a local socket's name: 0 or -ENOENT. */
  unlink(path: string | Uint8Array): number {
    if (typeof path !== 'string' && !isBytes(path)) return -EFAULT;
    if (this.kernel.tryGet(UNIX) === null) return -ENOENT;
    return this.asTask(() => unixUnlink(this.kernel, typeof path === 'string' ? utf8Encode(path) : path));
  }

  /** dup(2). */
  dup(fd: number): number {
    const slot = this.task.fds.get(fd);
    return slot === null ? -EBADF : this.task.fds.install(slot.file, false);
  }

  /** dup2(2): like dup3 without flags, but the same number twice is no error. */
  dup2(oldfd: number, newfd: number): number {
    if (oldfd === newfd) return this.task.fds.get(oldfd) === null ? -EBADF : newfd;
    return this.dup3(oldfd, newfd, 0);
  }

  /** dup3(2): what had the new number is closed. */
  dup3(oldfd: number, newfd: number, flags: number): number {
    const { fds } = this.task;
    const slot = fds.get(oldfd);
    if (oldfd === newfd || !ints(flags) || (flags & ~O_CLOEXEC) !== 0) return -EINVAL;
    if (slot === null || !Number.isInteger(newfd) || newfd < 0 || newfd >= fds.limit) return -EBADF;
    this.asTask(() => fds.replace(newfd, slot.file, flags !== 0));
    return newfd;
  }

  /** fcntl(2): F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL (of which O_NONBLOCK counts); others -EINVAL. */
  fcntl(fd: number, cmd: number, arg: number = 0): number {
    const slot = this.task.fds.get(fd);
    if (slot === null) return -EBADF;
    if (!ints(arg)) return -EINVAL;
    switch (cmd) {
      case F_DUPFD:
      case F_DUPFD_CLOEXEC:
        return Number.isInteger(arg) && arg >= 0 ? this.task.fds.install(slot.file, cmd === F_DUPFD_CLOEXEC, arg) : -EINVAL;
      case F_GETFD:
        return slot.cloexec ? FD_CLOEXEC : 0;
      case F_SETFD:
        slot.cloexec = (arg & FD_CLOEXEC) !== 0;
        return 0;
      case F_GETFL:
        return slot.file.flags;
      case F_SETFL:
        slot.file.flags = (slot.file.flags & ~O_NONBLOCK) | (arg & O_NONBLOCK);
        return 0;
      default:
        return -EINVAL;
    }
  }

  /**
   * open(2) of a namespace, `/proc/PID/ns/net` or `/run/netns/NAME`: a descriptor for setns. What has contents is read and written whole
   * ({@link Sys.readFile}): for it and for directories -EOPNOTSUPP.
   */
  open(path: string): number {
    const at = this.walk(path, true);
    if (typeof at === 'number') return at;
    return at.node.kind === 'ns' ? this.asTask(() => openNs(this.task.fds, (at.node as VfsNs).ns)) : -EOPNOTSUPP;
  }

  /** The text of a file under /proc, /sys/class/net or /run: or -ENOENT, -EACCES, -EISDIR, -EINVAL (where the device does not know now). */
  readFile(path: string): string | number {
    const at = this.walk(path, true);
    return typeof at === 'number' ? at : this.asTask(() => readNode(this.task, at.node));
  }

  /** As {@link Sys.readFile}, but the bytes: some files, such as /proc/net/rt_acct, are no text. */
  readFileBytes(path: string): Uint8Array | number {
    const at = this.walk(path, true);
    return typeof at === 'number' ? at : this.asTask(() => readNodeBytes(this.task, at.node));
  }

  /** Writes a file whole: 0, or -ENOENT, -EACCES, -EISDIR, or what the file says of the text (-EINVAL, -EPERM ...). */
  writeFile(path: string, text: string): number {
    const at = this.walk(path, true);
    return typeof at === 'number' ? at : this.asTask(() => writeNode(this.task, at.node, text));
  }

  /** The entries of a directory but '.' and '..', or -ENOENT, -ENOTDIR (getdents(2)). */
  readdir(path: string): Dirent[] | number {
    const at = this.walk(path, true);
    return typeof at === 'number' ? at : entriesOf(at);
  }

  /** stat(2), with `follow` false lstat(2). */
  stat(path: string, follow: boolean = true): Stat | number {
    const at = this.walk(path, follow);
    return typeof at === 'number' ? at : statOf(at);
  }

  /** readlink(2): where a link leads, or -ENOENT, -EINVAL for what is no link. */
  readlink(path: string): string | number {
    const at = this.walk(path, false);
    if (typeof at === 'number') return at;
    return at.node.kind === 'link' ? at.node.target : -EINVAL;
  }

  /**
   * Names a network namespace: what mount(2) with MS_BIND of its file (`source`: `/proc/self/ns/net`, `/proc/PID/ns/net`, another name) on a file made for it (`target`: `/run/netns/NAME`)
   * does on Linux. The name holds it. Returns 0, or -EPERM (without CAP_SYS_ADMIN), -ENOENT, -EINVAL for a source that is none or a target that is no name there, -EEXIST, -ENAMETOOLONG.
   */
  mountNetns(source: string, target: string): number {
    if (!this.task.cred.has(CAP_SYS_ADMIN)) return -EPERM;
    const at = this.walk(source, true);
    if (typeof at === 'number') return at;
    const name = this.netnsName(target);
    if (typeof name === 'number') return name;
    const ns = at.node.kind === 'ns' ? at.node.ns : null;
    return ns instanceof Net ? this.asTask(() => netnsAttach(this.kernel, name, ns)) : -EINVAL;
  }

  /** Takes a namespace's name away, as umount2(2) and unlink(2) of `/run/netns/NAME` do: it ends unless something else holds it. Returns 0, -EPERM, -ENOENT, or -EINVAL for what is no name. */
  umountNetns(target: string): number {
    if (!this.task.cred.has(CAP_SYS_ADMIN)) return -EPERM;
    const name = this.netnsName(target);
    return typeof name === 'number' ? name : this.asTask(() => netnsDel(this.kernel, name));
  }

  /** The last part of a path in the folder of the names, or a negative errno. */
  private netnsName(path: string): string | number {
    if (typeof path !== 'string') return -EFAULT;
    const slash = path.lastIndexOf('/');
    const dir = this.walk(path.slice(0, slash + 1), true);
    if (typeof dir === 'number') return dir;
    return dir.path === '/run/netns' && this.kernel.tryGet(NETNS) !== null ? path.slice(slash + 1) : -EINVAL;
  }

  /** The paths of all files below a directory, sorted. Links are followed, but not those behind a link. */
  listFiles(path: string): string[] {
    return filesBelow(vfsRoot(this.task, this.tasks), path);
  }

  private walk(path: string, follow: boolean): Walked | number {
    return typeof path === 'string' ? walk(vfsRoot(this.task, this.tasks), path, follow) : -EFAULT;
  }

  /**
   * ioctl(2): what every descriptor knows (FIONBIO, FIOCLEX, FIONCLEX, FIOASYNC; FIOSETOWN and its like, though no signal ever comes), what the socket's family knows (FIONREAD,
   * SIOCOUTQ, SIOCGARP, SIOCADDRT ...), and the interface requests of netdevice(7). `arg` are the bytes of the request's structure, as on x86-64, read and written. What a
   * pointer in it leads to follows directly behind the structure, and any other number than 0 in the pointer's place says that it is there: the buffer of SIOCGIFCONF behind 16 bytes, the
   * request of SIOCETHTOOL behind 40, the device's name of SIOCADDRT behind 120. Returns 0, for SIOCGSKNS a descriptor, or a negative errno: -ENOTTY for what nobody knows.
   */
  ioctl(fd: number, cmd: number, arg: Uint8Array | null = null): number {
    const slot = this.task.fds.get(fd);
    if (slot === null) return -EBADF;
    if (arg !== null && !isBytes(arg)) return -EFAULT;
    const { file } = slot;
    const on = (): number => (arg === null || arg.length < 4 ? -EFAULT : arg[0]! | arg[1]! | arg[2]! | arg[3]! ? 1 : 0);
    switch (cmd) {
      case FIOCLEX:
      case FIONCLEX:
        slot.cloexec = cmd === FIOCLEX;
        return 0;
      case FIONBIO: {
        const want = on();
        if (want >= 0) file.flags = (file.flags & ~O_NONBLOCK) | (want !== 0 ? O_NONBLOCK : 0);
        return Math.min(want, 0);
      }
      case FIOASYNC: {
        if (!(file instanceof SocketFile)) return -ENOTTY;
        const want = on();
        if (want >= 0) file.flags = (file.flags & ~O_ASYNC) | (want !== 0 ? O_ASYNC : 0);
        return Math.min(want, 0);
      }
      default:
        if (!(file instanceof SocketFile)) return -ENOTTY;
        return this.asTask(() => this.sockIoctl(file, cmd, arg ?? NOTHING));
    }
  }

  private sockIoctl(file: SocketFile, cmd: number, arg: Uint8Array): number {
    const { socket } = file;
    switch (cmd) {
      case FIOSETOWN:
      case SIOCSPGRP: {
        if (arg.length < 4) return -EFAULT;
        const pid = optInt(arg);
        if (pid !== 0 && this.tasks.find(Math.abs(pid)) === null) return -ESRCH;
        file.owner = pid;
        return 0;
      }
      case FIOGETOWN:
      case SIOCGPGRP:
        if (arg.length < 4) return -EFAULT;
        arg.set(intOpt(file.owner));
        return 0;
      case SIOCGSKNS:
        return capable(this.kernel, CAP_NET_ADMIN) ? openNs(this.task.fds, socket.net) : -EPERM;
      default:
        return sockIoctl(socket, cmd, arg);
    }
  }

  /** poll(2) with no time to wait: fills in `revents` and returns how many descriptors have any. */
  poll(fds: readonly PollFd[]): number {
    if (!Array.isArray(fds) || !fds.every((p) => typeof p === 'object' && p !== null && ints(p.fd, p.events))) return -EFAULT;
    this.enter();
    try {
      return this.pollOnce(fds);
    } finally {
      this.leave();
    }
  }

  /** @internal Called inside the kernel. */
  pollOnce(fds: readonly PollFd[]): number {
    let n = 0;
    for (const p of fds) {
      p.revents = 0;
      if (p.fd < 0) continue;
      const slot = this.task.fds.get(p.fd);
      p.revents = slot === null ? POLLNVAL : slot.file.poll() & (p.events | POLLERR | POLLHUP);
      if (p.revents !== 0) n++;
    }
    return n;
  }

  /** epoll_create1(2): `flags` is 0 or EPOLL_CLOEXEC. */
  epollCreate1(flags: number = 0): number {
    if (!ints(flags) || (flags & ~EPOLL_CLOEXEC) !== 0) return -EINVAL;
    return this.task.fds.install(new EpollFile(this.kernel), flags !== 0);
  }

  /** epoll_ctl(2). An epoll may watch another: not itself (-EINVAL), nor in a circle or more than five in a row (-ELOOP). */
  epollCtl(epfd: number, op: number, fd: number, event: EpollEvent | null): number {
    const epoll = this.epoll(epfd);
    const slot = this.task.fds.get(fd);
    if (slot === null) return -EBADF;
    if (typeof epoll === 'number') return epoll;
    if (slot.file === epoll) return -EINVAL;
    this.enter();
    try {
      return epoll.ctl(op, fd, slot.file, event);
    } finally {
      this.leave();
    }
  }

  /** epoll_wait(2) with no time to wait: at most `max` events into `events`; returns how many. */
  epollWait(epfd: number, events: EpollEvent[], max: number): number {
    const epoll = this.epoll(epfd);
    if (typeof epoll === 'number') return epoll;
    if (!Array.isArray(events)) return -EFAULT;
    if (!Number.isInteger(max) || max <= 0) return -EINVAL;
    this.enter();
    try {
      return epoll.collect(events, max);
    } finally {
      this.leave();
    }
  }

  /** @internal */
  epoll(fd: number): EpollFile | number {
    const slot = this.task.fds.get(fd);
    if (slot === null) return -EBADF;
    return slot.file instanceof EpollFile ? slot.file : -EINVAL;
  }

  /** @internal May this call wait? Not with O_NONBLOCK or MSG_DONTWAIT, and never for the error queue. */
  mayBlock(file: OpenFile, flags: number): boolean {
    return (file.flags & O_NONBLOCK) === 0 && (flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) === 0;
  }

  /** @internal Goes into the kernel as this task: the kernel may ask who calls. */
  enter(): void {
    this.kernel.enter();
    this.tasks.current = this.task;
    this.kernel.cred = this.task.cred;
  }

  /** @internal Leaves it. What runs then, softirqs and those who are woken, is nobody's call. */
  leave(): void {
    this.tasks.current = null;
    this.kernel.cred = ROOT_CRED;
    this.kernel.exit();
  }

  /** Between two messages of one call: what the first set going is done before the second. */
  private bhEnable(): void {
    if (this.kernel.softirq.pending === 0) return;
    this.tasks.current = null;
    this.kernel.cred = ROOT_CRED;
    this.kernel.bhEnable();
    this.tasks.current = this.task;
    this.kernel.cred = this.task.cred;
  }

  /** @internal A call between the two. */
  asTask<T>(fn: () => T): T {
    this.enter();
    try {
      return fn();
    } finally {
      this.leave();
    }
  }

  private checkMsg(msg: MsgHdr, flags: number): number {
    if (!(msg instanceof MsgHdr) || !msg.iov.every(isBytes) || !msg.control.every((c) => isBytes(c?.data))) return -EFAULT;
    return Number.isInteger(flags) ? 0 : -EINVAL;
  }

  /** Takes the socket over: it is released when there is no number left. */
  private installSocket(sock: Socket, type: number): number {
    const file = new SocketFile(sock);
    if ((type & SOCK_NONBLOCK) !== 0) file.flags |= O_NONBLOCK;
    const fd = this.task.fds.install(file, (type & SOCK_CLOEXEC) !== 0);
    if (fd < 0) sockRelease(sock);
    return fd;
  }
}
