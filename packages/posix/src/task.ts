/** A task: a namespace, descriptors, and the system calls that may wait. */
import { Cred, EAGAIN, EALREADY, EBADF, ECONNABORTED, EFAULT, EINPROGRESS, EINVAL, EISCONN, ENETDOWN, ENOSYS, ENOTSOCK, EPERM, Net, ROOT_CRED, SystemError, type Kernel } from '@linnet/kernel';
import type { Utsname, UtsNamespace } from '@linnet/netns';
import { MsgHdr, msgCount, RCV_SHUTDOWN, sockError, SS_CONNECTING } from '@linnet/socket';
import {
  AF_UNIX, CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, MSG_FASTOPEN, MSG_PEEK, MSG_WAITALL, MSG_WAITFORONE, O_NONBLOCK, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM, SHUT_RD, SHUT_RDWR, SOCK_STREAM, type SockAddr, TCP_CLOSE, TCP_SYN_RECV, TCP_SYN_SENT, UIO_MAXIOV,
} from '@linnet/uapi';
import { AbortError, type BlockOptions } from './abort.ts';
import { addrDetail, addrErrno, sockaddrText, sysError } from './args.ts';
import { block } from './block.ts';
import type { EpollEvent } from './epoll.ts';
import { FdTable, type FdSlot } from './fd-table.ts';
import { SocketFile } from './file.ts';
import { msgSeek, Sys, type MMsgHdr, type PollFd } from './sys.ts';
import { TaskNamespaces } from './task-ns.ts';
import type { TaskOutside } from './task-state.ts';
import { type Tasks, tasksOf } from './tasks.ts';
import type { Dirent, Stat } from './vfs.ts';

/**
 * How a task is made.
 * @public
 */
export interface TaskOptions {
  /** RLIMIT_NOFILE: how many descriptors it may have. Default: 1024. */
  readonly maxFds?: number;
  /** Who it is: user, groups, capabilities. Default: root with all of them. */
  readonly cred?: Cred;
  /** Its name in /proc, of at most 15 characters. Default: 'task'. */
  readonly comm?: string;
  /** Its number among the machine's tasks, if that is free: for one behind which a real process stands. Default: the next. */
  readonly pid?: number;
}

/**
 * What recvfrom gives.
 * @public
 */
export interface Received {
  /** Bytes received. */
  readonly size: number;
  /** Who sent them; null where the transport does not say. */
  readonly addr: SockAddr | null;
}

const OPTIONS: Readonly<Record<keyof TaskOptions, true>> = { maxFds: true, cred: true, comm: true, pid: true };

const READABLE: number = POLLIN | POLLRDNORM | POLLRDHUP;
const WRITABLE: number = POLLOUT | POLLWRNORM | POLLWRBAND;

/**
 * A task of a machine: what a process is to its network. `task.sys` holds the system calls in their plain form, which never wait and return
 * negative errnos. The methods here throw a `SystemError` (with `code`, `errno` and `syscall`) instead, and those that may wait return a
 * promise: they honour O_NONBLOCK, MSG_DONTWAIT, SO_RCVTIMEO, SO_SNDTIMEO and an AbortSignal, and reject with EBADF when the descriptor
 * is closed meanwhile, with ENETDOWN when the socket's namespace ends.
 * @public
 */
export class Task {
  /** Its number among the machine's tasks. */
  readonly pid: number;
  readonly kernel: Kernel;
  /** Its descriptors. @alpha */
  readonly fds: FdTable;
  /** The system calls that never wait. */
  readonly sys: Sys;
  /** Its name in /proc. */
  readonly comm: string;
  /** Who knows what process ids and descriptors in its netlink messages mean, when a real process stands behind it. @alpha */
  outside: TaskOutside | null = null;
  readonly #tasks: Tasks;
  readonly #ns: TaskNamespaces;
  #cred: Cred;

  /** A task in the namespace `net`, or in the initial one of a kernel. Throws EINVAL for an option that is none, ENETDOWN for a namespace that has ended. */
  constructor(where: Net | Kernel, opts: TaskOptions = {}) {
    const net = where instanceof Net ? where : where.initNet;
    for (const key of Object.keys(opts)) if (!Object.hasOwn(OPTIONS, key)) throw sysError(-EINVAL, 'Task', -1, `${key}: unknown, there are ${Object.keys(OPTIONS).join(', ')}`);
    this.kernel = net.kernel;
    if (net.dead) throw sysError(-ENETDOWN, 'Task', -1, 'the namespace has ended');
    this.comm = (opts.comm ?? 'task').slice(0, 15);
    this.#cred = opts.cred ?? ROOT_CRED;
    this.#ns = new TaskNamespaces(net);
    this.#tasks = tasksOf(net.kernel);
    this.pid = this.#tasks.enter(this, opts.pid);
    this.#tasks.watch(net);
    this.fds = new FdTable(opts.maxFds ?? 1024);
    this.sys = new Sys(this, this.#tasks);
  }

  /** The network namespace it is in: where its new sockets belong. */
  get net(): Net {
    return this.#ns.net;
  }

  /** Its UTS namespace; null where the machine has none. @alpha */
  get uts(): UtsNamespace | null {
    return this.#ns.uts;
  }

  /** Who it is. */
  get cred(): Cred {
    return this.#cred;
  }

  /**
   * Becomes another user, with that user's groups (setgroups(2), setgid(2), setuid(2)): whoever leaves user 0 keeps no capability.
   * Throws EPERM without CAP_SETUID and CAP_SETGID, unless it is only to be the user that it is.
   */
  setuid(uid: number, gid: number = uid, groups: readonly number[] = []): void {
    const old = this.#cred;
    if (![uid, gid, ...groups].every((id) => Number.isInteger(id) && id >= 0 && id < 0xffffffff)) throw sysError(-EINVAL, 'setuid', -1, `uid ${uid} gid ${gid}`);
    const same = uid === old.uid && gid === old.gid && groups.every((g) => old.groups.includes(g));
    if (!same && !(old.has(CAP_SETUID) && old.has(CAP_SETGID))) throw sysError(-EPERM, 'setuid', -1, `uid ${uid} gid ${gid}`);
    this.#cred = new Cred(uid, gid, groups, old.uid === 0 && uid !== 0 ? [] : old.capabilities());
  }

  /** Keeps only these of its capabilities (capset(2)). Throws EPERM for one that it has not. */
  capset(caps: Iterable<number>): void {
    const old = this.#cred;
    const list = [...caps];
    const extra = list.find((cap) => !old.has(cap));
    if (extra !== undefined) throw sysError(-EPERM, 'capset', -1, `capability ${extra}`);
    this.#cred = new Cred(old.uid, old.gid, old.groups, list);
  }

  /** fork(2): another task with the same namespaces, user and name, and the same files under the same numbers. It is to {@link Task.exit}, as every task. */
  fork(): Task {
    const child = new Task(this.net, { maxFds: this.fds.limit, cred: this.#cred, comm: this.comm });
    child.#ns.share(this.#ns);
    this.fds.copyTo(child.fds);
    return child;
  }

  /** Closes all descriptors, leaves the namespaces that it entered and gives its number back (exit(2)). */
  exit(): void {
    this.kernel.enter();
    try {
      for (const fd of this.fds.list()) this.fds.close(fd);
      this.#ns.exit();
      this.#tasks.leave(this.pid);
    } finally {
      this.kernel.exit();
    }
  }

  /** unshare(2): new namespaces of its own for those that `flags` name, CLONE_NEWNET or CLONE_NEWUTS. Its open sockets stay where they are. */
  unshare(flags: number): void {
    this.check(this.#admin(() => this.#ns.unshare(flags)), 'unshare', -1, () => `flags 0x${flags.toString(16)}`);
    this.#tasks.watch(this.net);
  }

  /** setns(2): enters the namespace behind a descriptor; `nstype` is CLONE_NEWNET, CLONE_NEWUTS, or 0 for either. */
  setns(fd: number, nstype: number = 0): void {
    this.check(this.#admin(() => this.#ns.setns(this.fds, fd, nstype)), 'setns', fd, () => `fd ${fd} nstype 0x${nstype.toString(16)}`);
    this.#tasks.watch(this.net);
  }

  /** A descriptor for a namespace, as open(2) of /run/netns/NAME or /proc/self/ns/net gives: by its name, itself, or (null) the task's own. */
  openNetns(what: string | Net | null = null): number {
    return this.check(this.#ns.open(this.fds, what), 'open', -1, () => (typeof what === 'string' ? `/run/netns/${what}` : '/proc/self/ns/net'));
  }

  /** A descriptor for the task's UTS namespace, as open(2) of /proc/self/ns/uts gives. */
  openUtsns(): number {
    return this.check(this.#ns.open(this.fds, this.#ns.uts), 'open', -1, () => '/proc/self/ns/uts');
  }

  /**
   * Names a network namespace, as mount(2) with MS_BIND of its file under /run/netns does: `mountNetns('/proc/self/ns/net', '/run/netns/red')`. The name holds it.
   * Throws EEXIST for a name in use.
   */
  mountNetns(source: string, target: string): void {
    this.check(this.sys.mountNetns(source, target), 'mount', -1, () => `${source} ${target}`);
  }

  /** Takes the name of a network namespace away: umount2(2) of `/run/netns/NAME`. The namespace ends with it unless something else holds it. */
  umountNetns(target: string): void {
    this.check(this.sys.umountNetns(target), 'umount', -1, () => target);
  }

  /** gethostname(2). */
  gethostname(): string {
    return this.#ns.hostname();
  }

  /** sethostname(2). */
  sethostname(name: string): void {
    this.check(this.#admin(() => this.#ns.setHostname(name)), 'sethostname', -1, () => `"${name}"`);
  }

  /** setdomainname(2). */
  setdomainname(name: string): void {
    this.check(this.#admin(() => this.#ns.setDomainname(name)), 'setdomainname', -1, () => `"${name}"`);
  }

  /** uname(2). */
  uname(): Utsname {
    const names = this.#ns.uname();
    if (names === null) throw sysError(-ENOSYS, 'uname', -1);
    return names;
  }

  /** socket(2). */
  socket(family: number, type: number, protocol: number = 0): number {
    return this.check(this.sys.socket(family, type, protocol), 'socket', -1, () => `family ${family} type ${type} protocol ${protocol}`);
  }

  /** socketpair(2). */
  socketpair(family: number, type: number, protocol: number = 0): [number, number] {
    const sv: [number, number] = [-1, -1];
    this.check(this.sys.socketpair(family, type, protocol, sv), 'socketpair', -1, () => `family ${family} type ${type} protocol ${protocol}`);
    return sv;
  }

  /** bind(2). */
  bind(fd: number, addr: SockAddr): void {
    this.check(this.sys.bind(fd, addr), 'bind', fd, () => addrDetail(addr));
  }

  /** listen(2). */
  listen(fd: number, backlog: number = 4096): void {
    this.check(this.sys.listen(fd, backlog), 'listen', fd, () => `backlog ${backlog}`);
  }

  /** accept(2): a descriptor for the next connection. */
  accept(fd: number, opts: BlockOptions = {}): Promise<number> {
    return this.accept4(fd, 0, opts);
  }

  /** accept4(2). */
  accept4(fd: number, flags: number = 0, opts: BlockOptions = {}): Promise<number> {
    return this.retry(fd, 'accept', READABLE, this.timeoOf(fd, false), 0, opts, () => this.sys.accept4(fd, flags));
  }

  /** connect(2). */
  connect(fd: number, addr: SockAddr, opts: BlockOptions = {}): Promise<void> {
    const { sys } = this;
    const slot = this.fds.get(fd);
    const sock = sys.sock(fd);
    if (slot === null || typeof sock === 'number') return Promise.reject(sysError(slot === null ? -EBADF : -ENOTSOCK, 'connect', fd));
    const fault = addrErrno(addr);
    if (fault !== 0) return Promise.reject(sysError(fault, 'connect', fd, addrDetail(addr)));
    const fail = (err: number): Error => sysError(err, 'connect', fd, sockaddrText(addr));
    const wait = sys.mayBlock(slot.file, 0);
    let first = true;
    return block(this.kernel, {
      syscall: 'connect',
      slots: [slot],
      mask: WRITABLE,
      timeout: this.timeoOf(fd, true),
      signal: opts.signal,
      attempt: (): true | undefined => {
        const err = sys.asTask(() => sock.ops.connect(sock, addr, O_NONBLOCK));
        // A local socket's listener may have no room now: it is asked again, from the start.
        const full = err === -EAGAIN && sock.ops.family === AF_UNIX;
        const under = full || err === -EINPROGRESS || (err === -EALREADY && !first);
        if (err >= 0 || (err === -EISCONN && !first)) return true;
        if (!under || !wait) throw fail(err);
        if (!full) first = false;
        return undefined;
      },
      expired: () => {
        throw fail(first ? -EAGAIN : -EINPROGRESS);
      },
      closed: () => {
        throw sysError(-EBADF, 'connect', fd);
      },
    }).then(() => undefined);
  }

  /** send(2): on a blocking stream all of `buf`. */
  send(fd: number, buf: Uint8Array, flags: number = 0, opts: BlockOptions = {}): Promise<number> {
    return this.sendto(fd, buf, flags, null, opts);
  }

  /** write(2) on a socket: send without flags. */
  write(fd: number, buf: Uint8Array, opts: BlockOptions = {}): Promise<number> {
    return this.sendto(fd, buf, 0, null, opts);
  }

  /** sendto(2). */
  sendto(fd: number, buf: Uint8Array, flags: number, addr: SockAddr | null, opts: BlockOptions = {}): Promise<number> {
    if (!(buf instanceof Uint8Array)) return Promise.reject(sysError(-EFAULT, 'sendto', fd, 'buf'));
    return this.sending('sendto', fd, new MsgHdr([buf], addr), flags, opts);
  }

  /** sendmsg(2): on a blocking stream all of the message; fewer bytes when the time of SO_SNDTIMEO is over. */
  sendmsg(fd: number, msg: MsgHdr, flags: number = 0, opts: BlockOptions = {}): Promise<number> {
    return this.sending('sendmsg', fd, msg, flags, opts);
  }

  /** sendmmsg(2): how many messages went, at most UIO_MAXIOV. */
  async sendmmsg(fd: number, msgs: readonly MMsgHdr[], flags: number = 0, opts: BlockOptions = {}): Promise<number> {
    const count = Math.min(msgs.length, UIO_MAXIOV);
    for (let i = 0; i < count; i++) {
      try {
        msgs[i]!.len = await this.sending('sendmmsg', fd, msgs[i]!.hdr, flags, opts);
      } catch (error) {
        if (i === 0 || error instanceof AbortError) throw error;
        return i;
      }
    }
    return count;
  }

  /** recv(2): bytes received; 0 at the end of a stream. */
  recv(fd: number, buf: Uint8Array, flags: number = 0, opts: BlockOptions = {}): Promise<number> {
    if (!(buf instanceof Uint8Array)) return Promise.reject(sysError(-EFAULT, 'recv', fd, 'buf'));
    return this.receiving('recv', fd, new MsgHdr([buf]), flags, opts);
  }

  /** read(2) on a socket: recv without flags. */
  read(fd: number, buf: Uint8Array, opts: BlockOptions = {}): Promise<number> {
    return this.recv(fd, buf, 0, opts);
  }

  /** recvfrom(2). */
  async recvfrom(fd: number, buf: Uint8Array, flags: number = 0, opts: BlockOptions = {}): Promise<Received> {
    if (!(buf instanceof Uint8Array)) throw sysError(-EFAULT, 'recvfrom', fd, 'buf');
    const msg = new MsgHdr([buf]);
    const size = await this.receiving('recvfrom', fd, msg, flags, opts);
    return { size, addr: msg.name };
  }

  /** recvmsg(2): fills in the message; bytes received. */
  recvmsg(fd: number, msg: MsgHdr, flags: number = 0, opts: BlockOptions = {}): Promise<number> {
    return this.receiving('recvmsg', fd, msg, flags, opts);
  }

  /** recvmmsg(2): waits for all messages, or with MSG_WAITFORONE for the first; how many came. The error of a later one is for the next call. */
  async recvmmsg(fd: number, msgs: readonly MMsgHdr[], flags: number = 0, opts: BlockOptions = {}): Promise<number> {
    for (let i = 0; i < msgs.length; i++) {
      const m = msgs[i]!;
      const f = flags & ~MSG_WAITFORONE;
      if (i > 0 && (flags & MSG_WAITFORONE) !== 0) {
        const n = this.sys.recvmsg(fd, m.hdr, f);
        if (n < 0) {
          this.sys.keepError(fd, n);
          return i;
        }
        m.len = n;
        continue;
      }
      try {
        m.len = await this.receiving('recvmmsg', fd, m.hdr, f, opts);
      } catch (error) {
        if (i === 0 || error instanceof AbortError) throw error;
        if (error instanceof SystemError) this.sys.keepError(fd, error.errno);
        return i;
      }
    }
    return msgs.length;
  }

  /** shutdown(2). */
  shutdown(fd: number, how: number): void {
    this.check(this.sys.shutdown(fd, how), 'shutdown', fd, () => (how >= SHUT_RD && how <= SHUT_RDWR ? '' : `how ${how}`));
  }

  /** getsockname(2). */
  getsockname(fd: number): SockAddr {
    const addr = this.sys.getsockname(fd);
    if (typeof addr === 'number') throw sysError(addr, 'getsockname', fd);
    return addr;
  }

  /** getpeername(2). */
  getpeername(fd: number): SockAddr {
    const addr = this.sys.getpeername(fd);
    if (typeof addr === 'number') throw sysError(addr, 'getpeername', fd);
    return addr;
  }

  /** setsockopt(2): a number is written as an int. */
  setsockopt(fd: number, level: number, opt: number, value: number | boolean | Uint8Array): void {
    this.check(this.sys.setsockopt(fd, level, opt, value), 'setsockopt', fd, () => `level ${level} option ${opt}`);
  }

  /** getsockopt(2): the value's bytes. `input` is what stands in the buffer before, for the few options that are asked so (MCAST_MSFILTER). */
  getsockopt(fd: number, level: number, opt: number, maxLen: number = 256, input?: Uint8Array): Uint8Array {
    const value = this.sys.getsockopt(fd, level, opt, maxLen, input);
    if (typeof value === 'number') throw sysError(value, 'getsockopt', fd, `level ${level} option ${opt}`);
    return value;
  }

  /** getsockopt(2) of an option that is an int. */
  getsockoptInt(fd: number, level: number, opt: number): number {
    const v = this.getsockopt(fd, level, opt, 4);
    return (v[0] ?? 0) | ((v[1] ?? 0) << 8) | ((v[2] ?? 0) << 16) | ((v[3] ?? 0) << 24);
  }

  /** close(2). */
  close(fd: number): void {
    this.check(this.sys.close(fd), 'close', fd, () => '');
  }

  /** unlink(2) of a local socket's name. */
  unlink(path: string | Uint8Array): void {
    this.check(this.sys.unlink(path), 'unlink', -1, () => (typeof path === 'string' ? path : ''));
  }

  /** dup(2). */
  dup(fd: number): number {
    return this.check(this.sys.dup(fd), 'dup', fd, () => '');
  }

  /** dup2(2). */
  dup2(oldfd: number, newfd: number): number {
    const wrong = this.fds.get(oldfd) === null ? oldfd : newfd;
    return this.check(this.sys.dup2(oldfd, newfd), 'dup2', wrong, () => '');
  }

  /** dup3(2). */
  dup3(oldfd: number, newfd: number, flags: number): number {
    const wrong = this.fds.get(oldfd) === null ? oldfd : newfd;
    return this.check(this.sys.dup3(oldfd, newfd, flags), 'dup3', wrong, () => `newfd ${newfd} flags ${flags}`);
  }

  /** fcntl(2). */
  fcntl(fd: number, cmd: number, arg: number = 0): number {
    return this.check(this.sys.fcntl(fd, cmd, arg), 'fcntl', fd, () => `cmd ${cmd} arg ${arg}`);
  }

  /** ioctl(2). Without `arg`, the int that the call gives is returned (FIONREAD, SIOCOUTQ). */
  ioctl(fd: number, cmd: number, arg?: Uint8Array): number {
    const buf = arg ?? new Uint8Array(4);
    const r = this.check(this.sys.ioctl(fd, cmd, buf), 'ioctl', fd, () => `cmd 0x${cmd.toString(16)}`);
    return arg === undefined ? buf[0]! | (buf[1]! << 8) | (buf[2]! << 16) | (buf[3]! << 24) : r;
  }

  /** poll(2): waits up to `timeout` milliseconds (negative: for ever), fills in `revents`, and gives how many descriptors have any. */
  poll(fds: readonly PollFd[], timeout: number = -1, opts: BlockOptions = {}): Promise<number> {
    if (!Array.isArray(fds)) return Promise.reject(sysError(-EFAULT, 'poll', -1, 'fds'));
    const slots = new Set<FdSlot>();
    let mask = 0;
    for (const p of fds as readonly PollFd[]) {
      const slot = this.fds.get(p.fd);
      if (slot !== null) slots.add(slot);
      mask |= p.events;
    }
    const attempt = (): number | undefined => this.sys.pollOnce(fds) || (timeout === 0 ? 0 : undefined);
    return block(this.kernel, {
      syscall: 'poll', slots: [...slots], mask, timeout: timeout < 0 ? Infinity : timeout, signal: opts.signal, attempt, expired: () => 0, closed: attempt,
    });
  }

  /** epoll_create1(2). */
  epollCreate1(flags: number = 0): number {
    return this.check(this.sys.epollCreate1(flags), 'epoll_create1', -1, () => `flags ${flags}`);
  }

  /** epoll_ctl(2). */
  epollCtl(epfd: number, op: number, fd: number, event: EpollEvent | null = null): void {
    const wrong = this.fds.get(epfd) === null ? epfd : fd;
    this.check(this.sys.epollCtl(epfd, op, fd, event), 'epoll_ctl', wrong, () => `epfd ${epfd} op ${op} fd ${fd}`);
  }

  /** epoll_wait(2): waits up to `timeout` milliseconds (negative: for ever) for at most `max` events, which go into `events`. */
  epollWait(epfd: number, events: EpollEvent[], max: number, timeout: number = -1, opts: BlockOptions = {}): Promise<number> {
    const slot = this.fds.get(epfd);
    const epoll = this.sys.epoll(epfd);
    if (slot === null || typeof epoll === 'number') return Promise.reject(sysError(slot === null ? -EBADF : -EINVAL, 'epoll_wait', epfd, `epfd ${epfd}`));
    if (!Number.isInteger(max) || max <= 0) return Promise.reject(sysError(-EINVAL, 'epoll_wait', epfd, `max ${max}`));
    return block(this.kernel, {
      syscall: 'epoll_wait',
      slots: [slot],
      mask: READABLE,
      timeout: timeout < 0 ? Infinity : timeout,
      signal: opts.signal,
      attempt: () => epoll.collect(events, max) || (timeout === 0 ? 0 : undefined),
      expired: () => 0,
      closed: () => {
        throw sysError(-EBADF, 'epoll_wait', epfd);
      },
    });
  }

  /**
   * A descriptor for what `path` names, for {@link Task.setns}: `/proc/self/ns/net`, `/proc/PID/ns/uts`, `/run/netns/NAME`. Files with contents are read whole:
   * {@link Task.readFile}.
   */
  open(path: string): number {
    return this.check(this.sys.open(path), 'open', -1, () => path);
  }

  /** The text of a file under /proc or /sys/class/net: '/proc/net/dev', '/proc/sys/net/ipv4/ip_forward', '/sys/class/net/eth0/mtu'. Throws ENOENT, EACCES. */
  readFile(path: string): string {
    const text = this.sys.readFile(path);
    if (typeof text === 'number') throw sysError(text, 'open', -1, path);
    return text;
  }

  /** Writes to a file under /proc or /sys/class/net. Throws ENOENT, EACCES, or EINVAL when the value is refused. */
  writeFile(path: string, text: string): void {
    this.check(this.sys.writeFile(path, text), 'write', -1, () => path);
  }

  /** The entries of a directory (readdir(3)), sorted by name. Throws ENOENT, ENOTDIR. */
  readdir(path: string): Dirent[] {
    const list = this.sys.readdir(path);
    if (typeof list === 'number') throw sysError(list, 'readdir', -1, path);
    return list;
  }

  /** stat(2). */
  stat(path: string): Stat {
    const st = this.sys.stat(path);
    if (typeof st === 'number') throw sysError(st, 'stat', -1, path);
    return st;
  }

  /** lstat(2): of the link itself. */
  lstat(path: string): Stat {
    const st = this.sys.stat(path, false);
    if (typeof st === 'number') throw sysError(st, 'lstat', -1, path);
    return st;
  }

  /** readlink(2). Throws ENOENT, EINVAL. */
  readlink(path: string): string {
    const to = this.sys.readlink(path);
    if (typeof to === 'number') throw sysError(to, 'readlink', -1, path);
    return to;
  }

  /** The paths of all files below a directory under /proc, /sys or /run, sorted. Links are followed, but not those behind a link. */
  listFiles(path: string): string[] {
    return this.sys.listFiles(path);
  }

  /** What only an administrator of the machine may do. */
  #admin(fn: () => number): number {
    return this.#cred.has(CAP_SYS_ADMIN) ? fn() : -EPERM;
  }

  private check(result: number, syscall: string, fd: number, detail: () => string): number {
    if (result < 0) throw sysError(result, syscall, fd, detail());
    return result;
  }

  /** SO_RCVTIMEO or SO_SNDTIMEO of a descriptor. */
  private timeoOf(fd: number, send: boolean): number {
    const sock = this.sys.sock(fd);
    if (typeof sock === 'number' || sock.sk === null) return Infinity;
    return send ? sock.sk.sndtimeo : sock.sk.rcvtimeo;
  }

  /** Calls until it is not -EAGAIN. */
  private retry(fd: number, syscall: string, mask: number, timeout: number, flags: number, opts: BlockOptions, step: () => number): Promise<number> {
    const slot = this.fds.get(fd);
    if (slot === null) return Promise.reject(sysError(-EBADF, syscall, fd));
    if (!(slot.file instanceof SocketFile)) return Promise.reject(sysError(-ENOTSOCK, syscall, fd));
    const wait = this.sys.mayBlock(slot.file, flags);
    const { socket: sock } = slot.file;
    return block(this.kernel, {
      syscall,
      slots: [slot],
      mask,
      timeout,
      signal: opts.signal,
      attempt: () => {
        const n = step();
        if (n >= 0) return n;
        if (n !== -EAGAIN || !wait) throw sysError(n, syscall, fd);
        // Nothing more will come: who waits is let go, a reader with nothing.
        if ((sock.sk === null ? 0 : sock.sk.shutdown & RCV_SHUTDOWN) === 0) return undefined;
        if (syscall === 'accept') throw sysError(-EINVAL, syscall, fd);
        return 0;
      },
      expired: () => {
        throw sysError(-EAGAIN, syscall, fd);
      },
      closed: () => {
        throw sysError(-EBADF, syscall, fd);
      },
    });
  }

  private sending(syscall: string, fd: number, msg: MsgHdr, flags: number, opts: BlockOptions): Promise<number> {
    const slot = this.fds.get(fd);
    const sock = this.sys.sock(fd);
    if (slot === null || typeof sock === 'number') return Promise.reject(sysError(slot === null ? -EBADF : -ENOTSOCK, syscall, fd));
    if (!(msg instanceof MsgHdr)) return Promise.reject(sysError(-EFAULT, syscall, fd, 'msg'));
    if (msg.name !== null && addrErrno(msg.name) !== 0) return Promise.reject(sysError(-EINVAL, syscall, fd, addrDetail(msg.name)));
    const wait = this.sys.mayBlock(slot.file, flags);
    const to = msg.name;
    const stream = sock.type === SOCK_STREAM;
    msgSeek(msg, 0);
    const total = msgCount(msg);
    let done = 0;
    let opening = false;
    let opened = false;
    const notPending = (): void => {
      if (opening && done < total && sock.sk !== null && sock.sk.writePending > 0) sock.sk.writePending--;
    };
    const partly = (err: number): number => {
      if (done > 0) return done;
      throw sysError(err, syscall, fd, to === null ? '' : sockaddrText(to));
    };
    return block(this.kernel, {
      syscall,
      slots: [slot],
      mask: WRITABLE,
      timeout: this.timeoOf(fd, true),
      signal: opts.signal,
      attempt: () => {
        for (;;) {
          msgSeek(msg, done);
          if (opening) {
            // TCP Fast Open: who waits, waits for the handshake, even when all went with the SYN.
            const state = sock.sk === null ? TCP_CLOSE : sock.sk.state;
            if (state === TCP_SYN_SENT || state === TCP_SYN_RECV) return undefined;
            notPending();
            opening = false;
            if (state === TCP_CLOSE) throw sysError((sock.sk === null ? 0 : sockError(sock.sk)) || -ECONNABORTED, syscall, fd);
            if (done >= total) return done;
          }
          const n = this.sys.sendOn(sock, msg, total - done, opened ? flags & ~MSG_FASTOPEN : flags, done > 0);
          if (wait && stream && (n === -EINPROGRESS || (n > 0 && sock.state === SS_CONNECTING && sock.sk !== null && sock.sk.state === TCP_SYN_SENT))) {
            opening = true;
            opened = true;
            if (n > 0) done += n;
            if (done < total) sock.sk!.writePending++;
            continue;
          }
          if (n === -EAGAIN && wait) return undefined;
          if (n < 0) return partly(n);
          done += n;
          // A datagram goes whole; a stream that does not wait has taken what it could.
          if (!stream || done >= total) return done;
          if (!wait) return done;
        }
      },
      expired: () => {
        notPending();
        return partly(-EAGAIN);
      },
      closed: () => {
        notPending();
        return partly(-EBADF);
      },
    });
  }

  private receiving(syscall: string, fd: number, msg: MsgHdr, flags: number, opts: BlockOptions): Promise<number> {
    if (!(msg instanceof MsgHdr)) return Promise.reject(sysError(-EFAULT, syscall, fd, 'msg'));
    const sock = this.sys.sock(fd);
    if (typeof sock !== 'number' && sock.type === SOCK_STREAM && (flags & MSG_WAITALL) !== 0 && (flags & MSG_PEEK) === 0) {
      return this.receivingAll(syscall, fd, msg, flags, opts);
    }
    return this.retry(fd, syscall, READABLE, this.timeoOf(fd, false), flags, opts, () => this.sys.recvmsg(fd, msg, flags));
  }

  /** MSG_WAITALL: until the buffers are full, the stream ends, or something goes wrong. */
  private async receivingAll(syscall: string, fd: number, msg: MsgHdr, flags: number, opts: BlockOptions): Promise<number> {
    const { iov } = msg;
    msgSeek(msg, 0);
    const total = msgCount(msg);
    let done = 0;
    const rest = new MsgHdr();
    while (done < total) {
      msgSeek(msg, done);
      const [head, ...tail] = iov.slice(msg.iovIndex);
      rest.iov = [head!.subarray(msg.iovOff), ...tail];
      let n: number;
      try {
        n = await this.retry(fd, syscall, READABLE, this.timeoOf(fd, false), flags, opts, () => this.sys.recvmsg(fd, rest, flags & ~MSG_WAITALL));
      } catch (error) {
        if (done === 0 || error instanceof AbortError) throw error;
        break;
      }
      if (n === 0) break;
      done += n;
      msg.name = rest.name;
      msg.control = rest.control;
      msg.flags = rest.flags;
    }
    return done;
  }
}
