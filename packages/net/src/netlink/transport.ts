/** AF_NETLINK sockets of a Linnet machine: of a namespace, or of a task with its own rights. */
import { EAFNOSUPPORT, EBADF, WaitEntry, type Net } from '@linnet/kernel';
import type { Task } from '@linnet/posix';
import { intOpt, MsgHdr, sockCreate, sockRelease, SOCKET, type Socket } from '@linnet/socket';
import { AF_NETLINK, MSG_DONTWAIT, MSG_TRUNC, type NetlinkChannel, type NetlinkTransport, POLLERR, POLLIN, SOCK_RAW, type SockAddrNl, SOL_NETLINK } from '@linnet/uapi';

const ANY_PORT: SockAddrNl = { family: AF_NETLINK, pid: 0, groups: 0 };

class NetChannel implements NetlinkChannel {
  private sock: Socket | null;
  private entry: WaitEntry | null = null;

  constructor(sock: Socket) {
    this.sock = sock;
  }

  setOption(option: number, value: number): number {
    const { sock } = this;
    return sock === null ? -EBADF : sock.kernel.run(() => sock.ops.setsockopt(sock, SOL_NETLINK, option, intOpt(value)));
  }

  send(messages: Uint8Array): number {
    const { sock } = this;
    return sock === null ? -EBADF : sock.kernel.run(() => sock.ops.sendmsg(sock, new MsgHdr([messages]), messages.length));
  }

  recv(buf: Uint8Array): number {
    const { sock } = this;
    // Everything happens within the request: what is not there now will not come.
    return sock === null ? -EBADF : sock.kernel.run(() => sock.ops.recvmsg(sock, new MsgHdr([buf]), buf.length, MSG_DONTWAIT | MSG_TRUNC));
  }

  watch(ready: (() => void) | null): void {
    const { sock } = this;
    if (sock === null) return;
    if (this.entry !== null) {
      sock.wq.remove(this.entry);
      sock.kernel.release();
    }
    this.entry = null;
    if (ready === null) return;
    sock.kernel.hold();
    this.entry = new WaitEntry((mask) => {
      if ((mask & (POLLIN | POLLERR)) !== 0) ready();
    });
    sock.wq.add(this.entry);
    if ((sock.ops.poll(sock) & (POLLIN | POLLERR)) !== 0) sock.kernel.clock.defer(ready);
  }

  close(): void {
    const { sock } = this;
    if (sock === null) return;
    this.watch(null);
    this.sock = null;
    sock.kernel.run(() => sockRelease(sock));
  }
}

/** The netlink of a namespace, with all rights: the machine's own. @alpha */
export class NetTransport implements NetlinkTransport {
  readonly name = 'linnet';
  readonly net: Net;

  constructor(net: Net) {
    this.net = net;
  }

  open(protocol: number): NetlinkChannel | number {
    const { kernel } = this.net;
    if (kernel.tryGet(SOCKET) === null) return -EAFNOSUPPORT;
    return kernel.run(() => {
      const sock = sockCreate(this.net, AF_NETLINK, SOCK_RAW, protocol);
      if (typeof sock === 'number') return sock;
      const err = sock.ops.bind(sock, ANY_PORT);
      if (err >= 0) return new NetChannel(sock);
      sockRelease(sock);
      return err;
    });
  }
}

class TaskChannel implements NetlinkChannel {
  private readonly task: Task;
  private fd: number;
  private waiting: { aborted: boolean; stop: () => void } | null = null;

  constructor(task: Task, fd: number) {
    this.task = task;
    this.fd = fd;
  }

  setOption(option: number, value: number): number {
    return this.task.sys.setsockopt(this.fd, SOL_NETLINK, option, value);
  }

  send(messages: Uint8Array): number {
    return this.task.sys.send(this.fd, messages);
  }

  recv(buf: Uint8Array): number {
    return this.task.sys.recv(this.fd, buf, MSG_TRUNC);
  }

  watch(ready: (() => void) | null): void {
    this.waiting?.stop();
    this.waiting = null;
    if (ready === null || this.fd < 0) return;
    // One poll after the other: level-triggered, as long as it is wanted.
    const listeners = new Set<() => void>();
    const signal = { aborted: false, addEventListener: (_type: 'abort', fn: () => void) => void listeners.add(fn), removeEventListener: (_type: 'abort', fn: () => void) => void listeners.delete(fn) };
    const waiting = {
      aborted: false,
      stop: (): void => {
        waiting.aborted = true;
        signal.aborted = true;
        for (const fn of Array.from(listeners)) fn();
      },
    };
    this.waiting = waiting;
    const { task, fd } = this;
    const loop = async (): Promise<void> => {
      while (!waiting.aborted) {
        await task.poll([{ fd, events: POLLIN, revents: 0 }], -1, { signal });
        if (!waiting.aborted) ready();
      }
    };
    loop().catch(() => undefined);
  }

  close(): void {
    if (this.fd < 0) return;
    this.watch(null);
    this.task.sys.close(this.fd);
    this.fd = -1;
  }
}

/** The netlink of the namespace that a task is in, with the task's rights. @alpha */
export class TaskTransport implements NetlinkTransport {
  readonly name = 'linnet';
  readonly task: Task;

  constructor(task: Task) {
    this.task = task;
  }

  open(protocol: number): NetlinkChannel | number {
    const fd = this.task.sys.socket(AF_NETLINK, SOCK_RAW, protocol);
    if (fd < 0) return fd;
    const err = this.task.sys.bind(fd, ANY_PORT);
    if (err >= 0) return new TaskChannel(this.task, fd);
    this.task.sys.close(fd);
    return err;
  }
}
