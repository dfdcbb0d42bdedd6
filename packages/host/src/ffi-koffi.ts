import { createRequire } from 'node:module';
import type * as koffi from 'koffi';
import { HostError } from './errors.ts';
import type { FdWatch, SocketFfi } from './ffi.ts';

type NativeCall = (...args: (number | string)[]) => number;

type KoffiPoll = koffi.node.PollHandle;

/** koffi 3.3 calls back with (status, events); its declarations know only the second. */
type PollCallback = (status: number) => void;

type Koffi = Pick<typeof koffi, 'version' | 'load' | 'address' | 'errno'> & {
  readonly node: { poll(fd: number, options: { readable: boolean }, callback: PollCallback): KoffiPoll };
};

function loadKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  try {
    require.resolve('koffi');
  } catch (cause) {
    throw new HostError('koffi is not installed, and without it the C library cannot be called: run `npm install koffi`, or pass another FFI as `ffi`', 'ERR_NO_FFI', 0, '', { cause });
  }
  try {
    return require('koffi') as Koffi;
  } catch (cause) {
    throw new HostError(`koffi is installed but does not load here (${process.platform} ${process.arch}, Node ${process.version}): run \`npm install koffi\` on this machine without --omit=optional, or pass another FFI as \`ffi\``, 'ERR_NO_FFI', 0, '', { cause });
  }
}

/**
 * The `SocketFfi` that koffi provides. koffi is loaded by this call and not before, so that a program that opens no TAP runs without it.
 * Errors: `HostError` 'ERR_NO_FFI' when koffi is not there or does not load.
 *
 * @public
 */
export function koffiFfi(): SocketFfi {
  return new KoffiFfi(loadKoffi());
}

class KoffiFfi implements SocketFfi {
  readonly name: string;
  private readonly koffi: Koffi;
  private readonly cOpen: NativeCall;
  private readonly cClose: NativeCall;
  private readonly cIoctl: NativeCall;
  private readonly cRead: NativeCall;
  private readonly cWrite: NativeCall;
  private readonly cSetns: NativeCall;
  private readonly cSocket: NativeCall;
  private readonly cBind: NativeCall;
  private readonly cSetsockopt: NativeCall;
  private readonly cSend: NativeCall;
  private readonly cRecv: NativeCall;
  // Asking koffi for an address costs more than the read itself, so it is asked once for each ArrayBuffer. The memory of an
  // ArrayBuffer does not move while it is attached, and a detached one fails the caller's bounds check.
  private readonly addresses: WeakMap<ArrayBufferLike, number>;
  private lastBuffer: ArrayBufferLike | null;
  private lastAddress: number;

  constructor(koffi: Koffi) {
    this.koffi = koffi;
    this.name = `koffi ${koffi.version}`;
    // The C library that Node itself runs on, whatever its file is called (glibc, musl).
    const libc = koffi.load(null);
    this.cOpen = libc.func('open', 'int', ['const char *', 'int']);
    this.cClose = libc.func('close', 'int', ['int']);
    // Addresses are passed as integers: a view at an offset then needs no new object.
    this.cIoctl = libc.func('ioctl', 'int', ['int', 'unsigned long', 'uintptr_t']);
    this.cRead = libc.func('read', 'long', ['int', 'uintptr_t', 'size_t']);
    this.cWrite = libc.func('write', 'long', ['int', 'uintptr_t', 'size_t']);
    this.cSetns = libc.func('setns', 'int', ['int', 'int']);
    this.cSocket = libc.func('socket', 'int', ['int', 'int', 'int']);
    this.cBind = libc.func('bind', 'int', ['int', 'uintptr_t', 'unsigned int']);
    this.cSetsockopt = libc.func('setsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'unsigned int']);
    this.cSend = libc.func('send', 'long', ['int', 'uintptr_t', 'size_t', 'int']);
    this.cRecv = libc.func('recv', 'long', ['int', 'uintptr_t', 'size_t', 'int']);
    this.addresses = new WeakMap();
    this.lastBuffer = null;
    this.lastAddress = 0;
  }

  open(path: string, flags: number): number {
    return this.check(this.cOpen(path, flags));
  }

  close(fd: number): number {
    return this.check(this.cClose(fd));
  }

  ioctl(fd: number, request: number, arg: Uint8Array | number): number {
    return this.check(this.cIoctl(fd, request, typeof arg === 'number' ? arg : this.addressOf(arg)));
  }

  read(fd: number, buf: Uint8Array, off: number, len: number): number {
    const n = this.cRead(fd, this.addressOf(buf) + off, len);
    return n < 0 ? -this.koffi.errno() : n;
  }

  write(fd: number, buf: Uint8Array, off: number, len: number): number {
    const n = this.cWrite(fd, this.addressOf(buf) + off, len);
    return n < 0 ? -this.koffi.errno() : n;
  }

  setns(fd: number, nstype: number): number {
    return this.check(this.cSetns(fd, nstype));
  }

  socket(domain: number, type: number, protocol: number): number {
    return this.check(this.cSocket(domain, type, protocol));
  }

  bind(fd: number, addr: Uint8Array): number {
    return this.check(this.cBind(fd, this.addressOf(addr), addr.length));
  }

  setsockopt(fd: number, level: number, option: number, value: Uint8Array): number {
    return this.check(this.cSetsockopt(fd, level, option, this.addressOf(value), value.length));
  }

  send(fd: number, buf: Uint8Array, off: number, len: number, flags: number): number {
    return this.check(this.cSend(fd, this.addressOf(buf) + off, len, flags));
  }

  recv(fd: number, buf: Uint8Array, off: number, len: number, flags: number): number {
    return this.check(this.cRecv(fd, this.addressOf(buf) + off, len, flags));
  }

  watch(fd: number, ready: (errno: number) => void): FdWatch {
    return new KoffiWatch(this.koffi, fd, ready);
  }

  private check(result: number): number {
    return result < 0 ? -this.koffi.errno() : result;
  }

  private addressOf(view: Uint8Array): number {
    const buffer = view.buffer;
    if (buffer === this.lastBuffer) return this.lastAddress + view.byteOffset;
    let address = this.addresses.get(buffer);
    if (address === undefined) {
      // koffi takes a view of shared memory, but not the SharedArrayBuffer itself.
      address = Number(this.koffi.address(new Uint8Array(buffer)));
      this.addresses.set(buffer, address);
    }
    // Held, so that the memory of a call that is under way cannot be collected.
    this.lastBuffer = buffer;
    this.lastAddress = address;
    return address + view.byteOffset;
  }
}

class KoffiWatch implements FdWatch {
  private readonly koffi: Koffi;
  private readonly fd: number;
  private readonly ready: (errno: number) => void;
  // Must stay referenced: the watch ends silently when koffi's handle is collected.
  private handle: KoffiPoll | null;
  private active: boolean;
  private pending: boolean;
  private referenced: boolean;
  private status: number;
  private readonly onPoll: PollCallback;
  private readonly onTurn: () => void;

  constructor(koffi: Koffi, fd: number, ready: (errno: number) => void) {
    this.koffi = koffi;
    this.fd = fd;
    this.ready = ready;
    this.handle = null;
    this.active = false;
    this.pending = false;
    this.referenced = true;
    this.status = 0;
    // What koffi's callback throws is lost and ends the watch without a word (seen with 3.3.4), so it only asks for a turn:
    // the immediate runs in the same round of the event loop and costs half a microsecond for each wake-up.
    this.onPoll = (status) => {
      if (status < 0) this.status = status;
      if (this.pending || !this.active) return;
      this.pending = true;
      setImmediate(this.onTurn);
    };
    this.onTurn = () => {
      this.pending = false;
      if (!this.active) return;
      const errno = this.status;
      this.status = 0;
      if (errno < 0) this.stop();
      this.ready(errno);
    };
  }

  start(): void {
    if (this.active) return;
    this.active = true;
    if (this.handle !== null) {
      this.handle.start({ readable: true }, this.onPoll as () => void);
      return;
    }
    this.handle = this.koffi.node.poll(this.fd, { readable: true }, this.onPoll);
    if (!this.referenced) this.handle.unref();
  }

  stop(): void {
    if (!this.active) return;
    this.active = false;
    this.handle?.stop();
  }

  close(): void {
    this.active = false;
    this.handle?.close();
    this.handle = null;
  }

  ref(): void {
    this.referenced = true;
    this.handle?.ref();
  }

  unref(): void {
    this.referenced = false;
    this.handle?.unref();
  }
}
