/**
 * The watch of one file descriptor on the event loop of the calling thread.
 *
 * @public
 */
export interface FdWatch {
  /** Begin (or go on) calling back while the descriptor is readable. Doing it twice changes nothing. */
  start(): void;
  /** No call back until the next `start()`, not even one that is already on its way. */
  stop(): void;
  /** Stop for good and free what the watch holds. To be called before the descriptor is closed. */
  close(): void;
  /** Keep the process alive while the watch is started (so from the beginning). */
  ref(): void;
  /** Let the process end though the watch is started. */
  unref(): void;
}

/**
 * The few calls of the C library that this package needs. koffi implements them (`koffiFfi`); any other FFI takes its
 * place by passing an object like this one.
 *
 * Every call is synchronous, returns what the C function returns, and **the negative errno in place of -1**: nothing throws
 * for a system error. `buf, off, len` name bytes `buf[off] .. buf[off + len - 1]`; the caller has checked the bounds.
 * Source: open(2), close(2), ioctl(2), read(2), write(2), setns(2), poll(2).
 *
 * @public
 */
export interface Ffi {
  /** For messages: 'koffi 3.3.4'. */
  readonly name: string;
  /** open(2) without a mode. Returns the descriptor or a negative errno. */
  open(path: string, flags: number): number;
  /** close(2). */
  close(fd: number): number;
  /** ioctl(2). `arg` is a pointer to the bytes of a view, which the kernel may write to, or the argument itself when it is a number. */
  ioctl(fd: number, request: number, arg: Uint8Array | number): number;
  /** read(2) into a view. Returns the number of bytes or a negative errno. */
  read(fd: number, buf: Uint8Array, off: number, len: number): number;
  /** write(2) from a view. Returns the number of bytes or a negative errno. */
  write(fd: number, buf: Uint8Array, off: number, len: number): number;
  /** setns(2) for the calling thread only. */
  setns(fd: number, nstype: number): number;
  /**
   * Watch a descriptor for input, level-triggered: while something is left to read, `ready(0)` is called again on the next
   * turn of the event loop. `ready(errno)` with a negative errno says that the descriptor is broken; the watch has then
   * stopped. `ready` is an ordinary callback of the event loop: what it throws is an uncaught exception, and promise jobs run
   * after it. The watch begins stopped. The descriptor must be one that poll(2) can wait for (a device, pipe or socket, not a
   * regular file), with one watch at a time: koffi ends the process otherwise.
   */
  watch(fd: number, ready: (errno: number) => void): FdWatch;
}

/**
 * The calls that sockets need besides. `koffiFfi` has them too; an FFI of one's own only needs them for `hostNetlink`.
 * Source: socket(2), bind(2), setsockopt(2), send(2), recv(2).
 *
 * @public
 */
export interface SocketFfi extends Ffi {
  /** socket(2). Returns the descriptor or a negative errno. */
  socket(domain: number, type: number, protocol: number): number;
  /** bind(2) to the bytes of a socket address. Returns 0 or a negative errno. */
  bind(fd: number, addr: Uint8Array): number;
  /** setsockopt(2) with the bytes of a view. Returns 0 or a negative errno. */
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  /** send(2) from a view. Returns the number of bytes or a negative errno. */
  send(fd: number, buf: Uint8Array, off: number, len: number, flags: number): number;
  /** recv(2) into a view. Returns what recv does (with MSG_TRUNC the whole length of the datagram) or a negative errno. */
  recv(fd: number, buf: Uint8Array, off: number, len: number, flags: number): number;
}
