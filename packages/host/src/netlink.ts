/** The netlink of the real kernel: the transport for the clients of `@linnet/net`. */
import { EBADF, EINTR } from '@linnet/kernel';
import { AF_NETLINK, MSG_DONTWAIT, MSG_TRUNC, type NetlinkChannel, type NetlinkTransport, SO_RCVTIMEO_OLD, SOCK_CLOEXEC, SOCK_RAW, type SockAddrNl, sockaddrEncode, SOL_NETLINK, SOL_SOCKET } from '@linnet/uapi';
import { HostError } from './errors.ts';
import type { FdWatch, SocketFfi } from './ffi.ts';
import { koffiFfi } from './ffi-koffi.ts';
import { withNetns } from './namespace.ts';

/**
 * Which kernel's netlink.
 *
 * @public
 */
export interface HostNetlinkOptions {
  /** A namespace: a name that `ip netns list` shows, or an absolute path as /proc/PID/ns/net. Default: where the process is. */
  readonly netns?: string;
  /** Another FFI than koffi. */
  readonly ffi?: SocketFfi;
}

/** How long a request may wait for its answer, in seconds: the kernel answers before sendmsg returns, so only what it left out is waited for. */
const PATIENCE_S = 1n;

function int(value: number): Uint8Array {
  return new Uint8Array([value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255]);
}

class HostChannel implements NetlinkChannel {
  private readonly ffi: SocketFfi;
  private fd: number;
  private watcher: FdWatch | null;

  constructor(ffi: SocketFfi, fd: number) {
    this.ffi = ffi;
    this.fd = fd;
    this.watcher = null;
  }

  setOption(option: number, value: number): number {
    return this.fd < 0 ? -EBADF : this.ffi.setsockopt(this.fd, SOL_NETLINK, option, int(value));
  }

  send(messages: Uint8Array): number {
    return this.fd < 0 ? -EBADF : this.ffi.send(this.fd, messages, 0, messages.length, 0);
  }

  recv(buf: Uint8Array, wait: boolean): number {
    if (this.fd < 0) return -EBADF;
    for (;;) {
      const n = this.ffi.recv(this.fd, buf, 0, buf.length, MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
      if (n !== -EINTR) return n;
    }
  }

  watch(ready: (() => void) | null): void {
    this.watcher?.close();
    this.watcher = null;
    if (ready === null || this.fd < 0) return;
    this.watcher = this.ffi.watch(this.fd, () => ready());
    this.watcher.start();
  }

  close(): void {
    if (this.fd < 0) return;
    this.watch(null);
    this.ffi.close(this.fd);
    this.fd = -1;
  }
}

class HostTransport implements NetlinkTransport {
  readonly name = 'kernel';
  private readonly ffi: SocketFfi;
  private readonly netns: string | undefined;

  constructor(ffi: SocketFfi, netns: string | undefined) {
    this.ffi = ffi;
    this.netns = netns;
  }

  open(protocol: number): NetlinkChannel | number {
    const { ffi, netns } = this;
    const make = (): number => ffi.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    let fd: number;
    try {
      // The socket stays in the namespace that it was made in.
      fd = netns === undefined ? make() : withNetns(ffi, netns, make);
    } catch (error) {
      if (error instanceof HostError) return error.errno;
      throw error;
    }
    if (fd < 0) return fd;
    const err = ffi.bind(fd, sockaddrEncode({ family: AF_NETLINK, pid: 0, groups: 0 } as SockAddrNl));
    if (err < 0) {
      ffi.close(fd);
      return err;
    }
    const patience = new Uint8Array(16);
    new DataView(patience.buffer).setBigInt64(0, PATIENCE_S, true);
    ffi.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, patience);
    return new HostChannel(ffi, fd);
  }
}

/**
 * The netlink of the real kernel, in the process's namespace or another: `ipRoute(hostNetlink({ netns: 'blue' }))` of `@linnet/net` lists and changes its links, addresses, routes and rules
 * as it does a Linnet machine's. What needs privileges answers EPERM.
 * Errors: `HostError` 'ERR_NO_FFI' without koffi; ENOENT, EPERM, EINVAL for a namespace that cannot be entered.
 * Source: netlink(7), rtnetlink(7).
 *
 * @public
 */
export function hostNetlink(opts: HostNetlinkOptions = {}): NetlinkTransport {
  const ffi = opts.ffi ?? koffiFfi();
  if (opts.netns !== undefined) withNetns(ffi, opts.netns, () => 0);
  return new HostTransport(ffi, opts.netns);
}
