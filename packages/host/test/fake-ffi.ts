import { EAGAIN, EBADF, EINVAL } from '@linnet/kernel';
import { TUNSETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ, TUNSETVNETLE, utf8Decode, utf8Encode } from '@linnet/uapi';
import type { FdWatch, Ffi } from '@linnet/host';

/** A C library that has one TUN device and answers as it is told. */
export class FakeFfi implements Ffi {
  readonly name = 'fake';
  readonly calls: string[] = [];
  /** Errno by call: open, TUNSETIFF ..., setns. */
  readonly fails = new Map<string, number>();
  readonly frames: (Uint8Array | number)[] = [];
  readonly written: Uint8Array[] = [];
  readonly open_ = new Set<number>();
  watchReady: ((errno: number) => void) | null = null;
  nextFd = 100;
  refused = 0;

  open(path: string, flags: number): number {
    this.calls.push(`open ${path} 0x${flags.toString(16)}`);
    const failed = this.fails.get(`open ${path}`) ?? 0;
    if (failed < 0) return failed;
    this.open_.add(this.nextFd);
    return this.nextFd++;
  }

  close(fd: number): number {
    this.calls.push('close');
    return this.open_.delete(fd) ? 0 : -EBADF;
  }

  ioctl(_fd: number, request: number, arg: Uint8Array | number): number {
    const name = new Map([[TUNSETIFF, 'TUNSETIFF'], [TUNSETOFFLOAD, 'TUNSETOFFLOAD'], [TUNSETVNETHDRSZ, 'TUNSETVNETHDRSZ'], [TUNSETVNETLE, 'TUNSETVNETLE']]).get(request) ?? `0x${request.toString(16)}`;
    if (typeof arg === 'number') {
      this.calls.push(`${name} 0x${arg.toString(16)}`);
      if (name === 'TUNSETOFFLOAD' && (arg & this.refused) !== 0) return -EINVAL;
      return this.fails.get(name) ?? 0;
    }
    const view = new DataView(arg.buffer, arg.byteOffset, arg.length);
    if (name !== 'TUNSETIFF') {
      this.calls.push(`${name} ${view.getInt32(0, true)}`);
    } else {
      const asked = utf8Decode(arg, 0, arg.indexOf(0));
      this.calls.push(`${name} ${asked} 0x${view.getUint16(16, true).toString(16)}`);
      arg.fill(0, 0, 16);
      arg.set(utf8Encode(asked.replace('%d', '7')));
    }
    return this.fails.get(name) ?? 0;
  }

  read(_fd: number, buf: Uint8Array, off: number, len: number): number {
    const frame = this.frames.shift();
    if (frame === undefined) return -EAGAIN;
    if (typeof frame === 'number') return frame;
    const n = Math.min(len, frame.length);
    buf.set(frame.subarray(0, n), off);
    return n;
  }

  write(_fd: number, buf: Uint8Array, off: number, len: number): number {
    this.written.push(buf.slice(off, off + len));
    return len;
  }

  setns(fd: number): number {
    this.calls.push(`setns ${fd}`);
    return this.fails.get('setns') ?? this.fails.get(`setns ${fd}`) ?? 0;
  }

  watch(_fd: number, ready: (errno: number) => void): FdWatch {
    this.watchReady = ready;
    const log = (call: string) => (): void => { this.calls.push(`watch.${call}`); };
    return { start: log('start'), stop: log('stop'), close: log('close'), ref: log('ref'), unref: log('unref') };
  }
}
