/**
 * The way of netlink messages to a kernel: of a Linnet machine, or of the real one. What is written against it manages either.
 * Source: netlink(7).
 */

/**
 * One AF_NETLINK socket. Nothing throws: results are zero or positive, or a negative errno.
 * @public
 */
export interface NetlinkChannel {
  /** Sets an integer option at level SOL_NETLINK (NETLINK_EXT_ACK, NETLINK_ADD_MEMBERSHIP ...). */
  setOption(option: number, value: number): number;
  /** Sends one or more whole messages to the kernel: how many bytes. A kernel answers requests before this returns. */
  send(messages: Uint8Array): number;
  /**
   * Receives one datagram into `buf`: its whole length, which is more than `buf` has when it was cut off. -EAGAIN when there is none now (with `wait`: when none came within a
   * second or so), -ENOBUFS when the kernel had to drop some.
   */
  recv(buf: Uint8Array, wait: boolean): number;
  /** Calls `ready` on a turn of the event loop, or after a kernel's call, while there is something to receive; null ends it. A channel that is watched keeps the process alive. */
  watch(ready: (() => void) | null): void;
  /** Closes the socket. Doing it twice is nothing. */
  close(): void;
}

/**
 * Where netlink sockets come from. `@linnet/net` has one for a machine, a namespace or a task of Linnet, `@linnet/host` one for the real kernel.
 * @public
 */
export interface NetlinkTransport {
  /** For messages to people: 'linnet', 'kernel'. */
  readonly name: string;
  /** Opens a socket for a protocol (NETLINK_ROUTE ...) and binds it to a port of the kernel's choice: without one it would hear no groups. Or gives a negative errno. */
  open(protocol: number): NetlinkChannel | number;
}
