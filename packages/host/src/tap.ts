import { readFileSync } from 'node:fs';
import { EAGAIN, EBADF, EINVAL, ENOSYS, errnoName } from '@linnet/kernel';
import {
  IFF_NO_PI, IFF_TAP, IFF_TUN, IFF_VNET_HDR, IFNAMSIZ, IFREQ_LEN, O_CLOEXEC, O_NONBLOCK, O_RDWR, TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_USO4,
  TUN_F_USO6, TUNSETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ, TUNSETVNETLE,
  utf8Decode, utf8Encode,
} from '@linnet/uapi';
import { HostError } from './errors.ts';
import type { FdWatch, Ffi } from './ffi.ts';
import { koffiFfi } from './ffi-koffi.ts';
import { withNetns } from './namespace.ts';

const TUN_DEVICE = '/dev/net/tun';

/** The longest super-segment (64 KiB), an Ethernet header with VLAN tags, the virtio header, and room for alignment. */
const RX_BUFFER_LEN = 66_560;

/** Frames that one `drain` reads unless told otherwise: the event loop gets its turn after them. */
const DEFAULT_BUDGET = 64;

/**
 * What `openTap` takes.
 *
 * @public
 */
export interface OpenTapOptions {
  /** Interface name, at most 15 bytes; `%d` in it becomes the first free number. Default 'tap%d'. */
  readonly name?: string;
  /** 'tap' carries Ethernet frames, 'tun' IP packets. Default 'tap'. */
  readonly mode?: 'tap' | 'tun';
  /**
   * Put a virtio-net header (VIRTIO 1.2, 5.1.6) before each frame, which is what lets 64 KiB segments and unfinished
   * checksums cross. Always little-endian. Default true.
   */
  readonly vnetHdr?: boolean;
  /** Its length: 10, or 12 with the buffer count that this device leaves 0. Default 10, which keeps the IP header behind it aligned. */
  readonly vnetHdrSize?: 10 | 12;
  /**
   * What the real kernel may leave undone in the frames it sends here: true is checksums, TCP segmentation and, where the
   * kernel knows it, UDP segmentation; a number is `TUN_F_*` bits, to be accepted as they are. Default true with `vnetHdr`.
   */
  readonly offload?: boolean | number;
  /** Open it inside this network namespace: a name of `ip netns`, or an absolute path. Default: the thread's own. */
  readonly netns?: string;
  /** Ask for frames on every turn of the event loop instead of sleeping until there is one: a busy core for a shorter way. Default false. */
  readonly busyPoll?: boolean;
  /** The way to the C library. Default `koffiFfi()`. */
  readonly ffi?: Ffi;
}

/**
 * Open a TAP (or TUN) device of the real kernel, creating it when there is none of that name; it then lives until it is closed.
 * It must be brought up (`ip link set NAME up`) before frames cross.
 *
 * Errors: `HostError` EPERM or EACCES (privilege), ENOENT or ENODEV (no /dev/net/tun), EBUSY (another process holds the
 * name), EINVAL (bad name, or a device of another kind has it), ERR_NO_FFI; each message says what to do.
 * Source: Documentation/networking/tuntap of Linux as shown in its man pages and observed, VIRTIO 1.2 section 5.1.6.
 *
 * @public
 */
export function openTap(options: OpenTapOptions = {}): TapFd {
  const name = options.name ?? 'tap%d';
  checkName(name);
  const mode = options.mode ?? 'tap';
  if (mode !== 'tap' && mode !== 'tun') throw invalid(`mode: expected 'tap' or 'tun', got ${JSON.stringify(mode)}`);
  const vnetHdrSize = options.vnetHdr === false ? 0 : (options.vnetHdrSize ?? 10);
  if (vnetHdrSize !== 0 && vnetHdrSize !== 10 && vnetHdrSize !== 12) throw invalid(`vnetHdrSize: expected 10 or 12, got ${String(vnetHdrSize)}`);
  const offload = options.offload ?? vnetHdrSize !== 0;
  if (offload !== false && offload !== 0 && vnetHdrSize === 0) throw invalid('offload: needs vnetHdr, as the header says what is left to do in a frame');
  if (process.platform !== 'linux') {
    throw new HostError(`TAP devices are reached through ${TUN_DEVICE} of Linux, and this is ${process.platform}`, 'ENOSYS', -ENOSYS);
  }
  const ffi = options.ffi ?? koffiFfi();
  const open = (): TapFd => openHere(ffi, name, mode, vnetHdrSize, offload, options.busyPoll ?? false);
  return options.netns === undefined ? open() : withNetns(ffi, options.netns, open);
}

function openHere(ffi: Ffi, name: string, mode: 'tap' | 'tun', vnetHdrSize: number, offload: boolean | number, busyPoll: boolean): TapFd {
  const fd = ffi.open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) throw deviceError(fd, name, mode);
  try {
    const given = setIff(ffi, fd, name, mode, vnetHdrSize !== 0);
    let offloads = 0;
    if (vnetHdrSize !== 0) {
      setInt(ffi, fd, TUNSETVNETHDRSZ, 'TUNSETVNETHDRSZ', vnetHdrSize);
      // Unasked, the header has the byte order of the machine.
      setInt(ffi, fd, TUNSETVNETLE, 'TUNSETVNETLE', 1);
      offloads = setOffload(ffi, fd, offload);
    }
    return new TapFd(ffi, fd, given, mode, vnetHdrSize, offloads, busyPoll);
  } catch (error) {
    ffi.close(fd);
    throw error;
  }
}

function setIff(ffi: Ffi, fd: number, name: string, mode: 'tap' | 'tun', vnetHdr: boolean): string {
  const ifreq = new Uint8Array(IFREQ_LEN);
  ifreq.set(utf8Encode(name));
  // A typed array writes in the byte order of the machine, which is what the kernel reads.
  new Uint16Array(ifreq.buffer, IFNAMSIZ, 1)[0] = (mode === 'tap' ? IFF_TAP : IFF_TUN) | IFF_NO_PI | (vnetHdr ? IFF_VNET_HDR : 0);
  const errno = ffi.ioctl(fd, TUNSETIFF, ifreq);
  if (errno < 0) throw attachError(errno, name, mode);
  return utf8Decode(ifreq, 0, ifreq.indexOf(0));
}

function setInt(ffi: Ffi, fd: number, request: number, requestName: string, value: number): void {
  const errno = ffi.ioctl(fd, request, new Uint8Array(new Int32Array([value]).buffer));
  if (errno < 0) throw new HostError(`this kernel refuses ${requestName} ${value} (${errnoName(errno)}): try vnetHdr: false`, errnoName(errno), errno, `ioctl(${requestName})`);
}

function setOffload(ffi: Ffi, fd: number, offload: boolean | number): number {
  const base = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  // UDP segmentation came with Linux 6.2; an older kernel refuses the whole request.
  const wanted = offload === true ? [base | TUN_F_USO4 | TUN_F_USO6, base] : [Number(offload)];
  let errno = 0;
  for (const bits of wanted) {
    errno = ffi.ioctl(fd, TUNSETOFFLOAD, bits);
    if (errno >= 0) return bits;
  }
  throw new HostError(`this kernel refuses the offloads 0x${(wanted.at(-1) ?? 0).toString(16)} (${errnoName(errno)}): try offload: false, or fewer TUN_F_* bits`, errnoName(errno), errno, 'ioctl(TUNSETOFFLOAD)');
}

/**
 * An open TAP device: frames in and out, and a callback while there are frames to read.
 *
 * A frame is `vnetHdrSize` bytes of virtio-net header (none when that is 0), then the Ethernet frame (the IP packet in 'tun' mode).
 * Made by `openTap`.
 *
 * @public
 */
export class TapFd {
  /** The name the kernel gave: the one asked for, with `%d` replaced. */
  readonly name: string;
  readonly mode: 'tap' | 'tun';
  /** Bytes of virtio-net header before each frame: 0, 10 or 12. */
  readonly vnetHdrSize: number;
  /** The `TUN_F_*` bits that the kernel accepted. */
  readonly offloads: number;
  readonly busyPoll: boolean;
  private readonly ffi: Ffi;
  private descriptor: number;
  private readonly buffer: Uint8Array;
  private readonly watch: FdWatch | null;
  private ready: (() => void) | null;
  private failed: ((error: HostError) => void) | null;
  private started: boolean;
  private referenced: boolean;
  private immediate: NodeJS.Immediate | null;
  private readonly spin: () => void;

  /** @internal */
  constructor(ffi: Ffi, fd: number, name: string, mode: 'tap' | 'tun', vnetHdrSize: number, offloads: number, busyPoll: boolean) {
    this.ffi = ffi;
    this.descriptor = fd;
    this.name = name;
    this.mode = mode;
    this.vnetHdrSize = vnetHdrSize;
    this.offloads = offloads;
    this.busyPoll = busyPoll;
    this.buffer = new Uint8Array(RX_BUFFER_LEN);
    this.ready = null;
    this.failed = null;
    this.started = false;
    this.referenced = true;
    this.immediate = null;
    this.watch = busyPoll ? null : ffi.watch(fd, (errno) => this.wake(errno));
    this.spin = () => {
      this.immediate = null;
      if (!this.started) return;
      // Armed first, so that a throw in the callback does not end the spinning.
      this.armSpin();
      this.ready?.();
    };
  }

  /** The descriptor, or -1 once closed. */
  get fd(): number {
    return this.descriptor;
  }

  /**
   * Read one frame into `buf[off .. off + len - 1]`. Returns its length with the virtio header, 0 when there is none now, or a
   * negative errno (EBADFD when the device was deleted). A frame longer than `len` is cut. Never blocks.
   * Errors: RangeError when the room is not inside `buf`.
   */
  read(buf: Uint8Array, off = 0, len: number = buf.length - off): number {
    checkRange(buf, off, len);
    const n = this.ffi.read(this.descriptor, buf, off, len);
    return n === -EAGAIN ? 0 : n;
  }

  /**
   * Write one frame, virtio header first, from `buf[off .. off + len - 1]`. Returns `len`, or a negative errno: EIO when the
   * device is down, EINVAL for a malformed header or a frame shorter than its link header, EBADFD when the device was
   * deleted, EAGAIN when the kernel has no room for it. The bytes are copied: the buffer is free after the call.
   * Errors: RangeError when the frame is not inside `buf`.
   */
  write(buf: Uint8Array, off = 0, len: number = buf.length - off): number {
    checkRange(buf, off, len);
    return this.ffi.write(this.descriptor, buf, off, len);
  }

  /**
   * Read up to `budget` frames into one buffer that is used again for each, and hand each to `frame` as (buffer, 0, length).
   * Returns how many frames there were, or a negative errno if reading failed before the first (`onError` is told too,
   * while started). What `frame` throws goes through; its frame is lost.
   */
  drain(frame: (buf: Uint8Array, off: number, len: number) => void, budget: number = DEFAULT_BUDGET): number {
    const buf = this.buffer;
    let count = 0;
    while (count < budget && this.descriptor >= 0) {
      const n = this.ffi.read(this.descriptor, buf, 0, RX_BUFFER_LEN);
      if (n === -EAGAIN || n === 0) break;
      if (n < 0) {
        if (this.started) this.fail(n);
        return count === 0 ? n : count;
      }
      count++;
      frame(buf, 0, n);
    }
    return count;
  }

  /**
   * Set what is called, between `start()` and `stop()`, while frames wait to be read; on every turn of the event loop when
   * `busyPoll` is set. It should read a bounded number of them (`drain`): with frames left it is called again on the next turn.
   */
  onReadable(callback: () => void): void {
    this.ready = callback;
  }

  /**
   * Set what is called, once, when the device stops working, as when somebody deletes it; reading has stopped then, and
   * closing is left to the caller. Without a callback the error is thrown as an uncaught exception.
   */
  onError(callback: (error: HostError) => void): void {
    this.failed = callback;
  }

  /** Begin calling back. Keeps the process alive unless `unref()` was called. Does nothing when it has begun. */
  start(): void {
    if (this.descriptor < 0) throw new HostError(`${this.name} is closed`, 'EBADF', -EBADF);
    if (this.started) return;
    this.started = true;
    if (this.watch === null) this.armSpin();
    else this.watch.start();
  }

  /** No call back until the next `start()`; the kernel keeps up to the device's queue length (1,000 frames) meanwhile. */
  stop(): void {
    this.started = false;
    this.watch?.stop();
    if (this.immediate !== null) clearImmediate(this.immediate);
    this.immediate = null;
  }

  /** Keep the process alive while started (so from the beginning). */
  ref(): void {
    this.referenced = true;
    this.watch?.ref();
    this.immediate?.ref();
  }

  /** Let the process end though started. */
  unref(): void {
    this.referenced = false;
    this.watch?.unref();
    this.immediate?.unref();
  }

  /** Close the descriptor; a device that `openTap` created disappears. Does nothing the second time. */
  close(): void {
    if (this.descriptor < 0) return;
    this.stop();
    // The watch first: the number of a closed descriptor may belong to somebody else at once.
    this.watch?.close();
    const fd = this.descriptor;
    this.descriptor = -1;
    this.ffi.close(fd);
  }

  private wake(errno: number): void {
    if (!this.started) return;
    if (errno >= 0) {
      this.ready?.();
      return;
    }
    // The watch only knows that something is wrong; a read tells what.
    const n = this.ffi.read(this.descriptor, this.buffer, 0, RX_BUFFER_LEN);
    this.fail(n < 0 && n !== -EAGAIN ? n : errno);
  }

  private fail(errno: number): void {
    this.stop();
    const code = errnoName(errno);
    const error = new HostError(`${this.name} stopped working (${code}): was the device deleted?`, code, errno, 'read');
    if (this.failed === null) throw error;
    this.failed(error);
  }

  private armSpin(): void {
    this.immediate = setImmediate(this.spin);
    if (!this.referenced) this.immediate.unref();
  }
}

function checkRange(buf: Uint8Array, off: number, len: number): void {
  if (off < 0 || len < 0 || off + len > buf.length || !Number.isInteger(off) || !Number.isInteger(len)) {
    throw new RangeError(`off ${off} and len ${len}: expected whole numbers inside the buffer of ${buf.length} bytes`);
  }
}

function invalid(message: string): HostError {
  return new HostError(message, 'EINVAL', -EINVAL);
}

function checkName(name: string): void {
  const bytes = utf8Encode(name).length;
  if (bytes >= IFNAMSIZ) throw invalid(`name ${JSON.stringify(name)}: ${bytes} bytes, and an interface name has at most ${IFNAMSIZ - 1}`);
  const rest = name.replace('%d', '');
  if (name === '' || name === '.' || name === '..' || /[\s/:%\0]/.test(rest)) {
    throw invalid(`name ${JSON.stringify(name)}: expected an interface name as tap0, without spaces, '/' and ':' (one %d stands for the first free number)`);
  }
}

function shellName(name: string): string {
  return name.includes('%') ? 'tap0' : name;
}

function createHint(name: string, mode: string): string {
  return `as root, make it once for this user: \`ip tuntap add dev ${shellName(name)} mode ${mode} user $USER\``;
}

/** The error for an open(2) of /dev/net/tun that failed. */
function deviceError(errno: number, name: string, mode: string): HostError {
  const code = errnoName(errno);
  let what: string;
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO') {
    what = `${TUN_DEVICE} is missing: load the driver with \`modprobe tun\`; in a container, start it with \`--device ${TUN_DEVICE} --cap-add NET_ADMIN\``;
  } else if (code === 'EACCES' || code === 'EPERM') {
    what = `no permission to open ${TUN_DEVICE}: run as root, or let this user open it (\`chmod 666 ${TUN_DEVICE}\` as root; the kernel still asks who may use a TAP) and, ${createHint(name, mode)}`;
  } else if (code === 'EMFILE' || code === 'ENFILE') {
    what = 'too many open files: raise the limit with `ulimit -n`';
  } else {
    what = `cannot open ${TUN_DEVICE}`;
  }
  return new HostError(`${what} (${code})`, code, errno, 'open');
}

/** The error for a TUNSETIFF that failed; called in the namespace of the device. */
function attachError(errno: number, name: string, mode: string): HostError {
  const code = errnoName(errno);
  let what: string;
  if (code === 'EPERM') {
    what = `no permission to use the ${mode} device ${name}: run as root or give CAP_NET_ADMIN, or, ${createHint(name, mode)}`;
  } else if (code === 'EBUSY') {
    what = `the ${mode} device ${name} is in use by another process (or by another openTap of this one): close that one or choose another name`;
  } else if (code === 'EINVAL') {
    what = existingKind(name, mode);
  } else {
    what = `cannot attach to the ${mode} device ${name}`;
  }
  return new HostError(`${what} (${code})`, code, errno, 'ioctl(TUNSETIFF)');
}

/** Why the kernel says EINVAL: mostly because the name belongs to something else. */
function existingKind(name: string, mode: string): string {
  // Read on this thread, so inside the namespace that the device was to be in. /sys shows another one.
  let names = '';
  try {
    names = readFileSync('/proc/thread-self/net/dev', 'utf8');
  } catch {
    // Without /proc the message is less exact.
  }
  const exists = names.split('\n').some((line) => line.trimStart().startsWith(`${name}:`));
  if (!exists) return `the kernel refuses the ${mode} device ${name}: is it a valid interface name?`;
  return `the name ${name} is in use by an interface of another kind (not a ${mode}, or a multi-queue one): choose another name, or delete it with \`ip link del ${name}\``;
}
