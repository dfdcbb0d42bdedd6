/**
 * Scenarios of socket calls that are played twice: on a Linnet machine through `posix`' system calls, and on the real kernel by kernel.py. Both give the results of all steps, which
 * must be the same. What differs by nature (process numbers, names chosen by the kernel) is written as a word.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ms, type Kernel, type Net, type VirtualClock } from '@linnet/kernel';
import { type SocketFile, Task, type PollFd } from '@linnet/posix';
import { MsgHdr, type Cmsg } from '@linnet/socket';
import {
  AF_UNIX, isSockAddrUn, MSG_CMSG_CLOEXEC, MSG_DONTWAIT, SCM_CREDENTIALS, SCM_RIGHTS, SO_PEERCRED, SOCK_NONBLOCK, SOL_SOCKET, sockaddrDecode, sockaddrEncode, type SockAddr, type SockAddrUn,
} from '@linnet/uapi';

/** An address: the path of a local one, or the bytes of any, in hexadecimal; null is AF_UNSPEC. */
export type Addr = { un: string } | { raw: string } | null;
/** What goes beside a message: the sockets of these names, the sender's credentials, or bytes. */
export type Control = { fds: string[] } | { cred: 'self' } | { type: number; data: string };
/** A call and its arguments; sockets have names. See kernel.py for each. */
export type Step = [op: string, ...args: unknown[]];

const hex = (u8: Uint8Array): string => Array.from(u8, (b) => b.toString(16).padStart(2, '0')).join('');
const unhex = (s: string): Uint8Array => Uint8Array.from(s.match(/../g) ?? [], (b) => Number.parseInt(b, 16));
/** Text as hexadecimal digits. */
export const text = (s: string): string => hex(new TextEncoder().encode(s));
/** An abstract name. */
export const abs = (s: string): Addr => ({ un: `00${text(s)}` });
/** A name in the file system. */
export const file = (s: string): Addr => ({ un: text(s) });

function int32(n: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setInt32(0, n, true);
  return out;
}

function address(a: Addr): SockAddr | null {
  if (a === null) return { family: 0 };
  // What is no address is refused, as the door for programs refuses it.
  if ('raw' in a) return sockaddrDecode(unhex(a.raw)) ?? { family: 0xffff };
  return { family: AF_UNIX, path: unhex(a.un) } as SockAddrUn;
}

function showName(sa: SockAddr | null): string | null {
  if (sa === null) return null;
  if (!isSockAddrUn(sa)) return hex(sockaddrEncode(sa)).replace(/(00)+$/, '');
  return /^00(3\d|6[1-6]){5}$/.test(hex(sa.path)) ? 'auto' : hex(sa.path);
}

/** Plays steps on a machine. */
export class Player {
  readonly task: Task;
  private readonly fds = new Map<string, number>();

  constructor(where: Kernel | Net) {
    this.task = new Task(where);
  }

  private fd(name: string): number {
    return this.fds.get(name) ?? -1;
  }

  private take(name: string, fd: number): number {
    if (fd < 0) return fd;
    const old = this.fds.get(name);
    if (old !== undefined) this.task.sys.close(old);
    this.fds.set(name, fd);
    return 0;
  }

  private cred(data: Uint8Array): string {
    const v = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const pid = v.getInt32(0, true);
    return pid === this.task.pid ? 'self' : `${pid} ${v.getInt32(4, true)} ${v.getInt32(8, true)}`;
  }

  private control(c: Control): Cmsg {
    if ('fds' in c) return { level: SOL_SOCKET, type: SCM_RIGHTS, data: Uint8Array.from(c.fds.flatMap((f) => [...int32(this.fd(f))])) };
    if ('cred' in c) return { level: SOL_SOCKET, type: SCM_CREDENTIALS, data: Uint8Array.from([...int32(this.task.pid), ...int32(0), ...int32(0)]) };
    return { level: SOL_SOCKET, type: c.type, data: unhex(c.data) };
  }

  private send(s: string, data: string | number, flags: number = 0, addr: Addr | undefined = undefined, control: Control[] = []): number {
    const body = typeof data === 'string' ? unhex(data) : new Uint8Array(data).fill(120);
    const msg = new MsgHdr([body], addr === null || addr === undefined ? null : address(addr));
    msg.control = control.map((c) => this.control(c));
    return this.task.sys.sendmsg(this.fd(s), msg, flags | MSG_DONTWAIT);
  }

  private recv(s: string, size: number, flags: number = 0, room: number = 1024, names: string[] = []): unknown {
    const buf = new Uint8Array(size);
    const msg = new MsgHdr([buf]);
    msg.controlLen = room;
    const n = this.task.sys.recvmsg(this.fd(s), msg, flags | MSG_DONTWAIT);
    if (n < 0) return n;
    const ctl = msg.control.map((c) => {
      if (c.level === SOL_SOCKET && c.type === SCM_RIGHTS) {
        const v = new DataView(c.data.buffer, c.data.byteOffset, c.data.byteLength);
        const count = c.data.length >> 2;
        for (let i = 0; i < count; i++) {
          const fd = v.getInt32(i * 4, true);
          if (i < names.length) this.take(names[i]!, fd);
          else this.task.sys.close(fd);
        }
        return { fds: count };
      }
      if (c.level === SOL_SOCKET && c.type === SCM_CREDENTIALS && c.data.length === 12) return { cred: this.cred(c.data) };
      return c.level === SOL_SOCKET ? { type: c.type, len: c.data.length } : { level: c.level, type: c.type, data: hex(c.data) };
    });
    const got = buf.subarray(0, Math.min(n, size));
    return { n, data: got.length <= 256 ? hex(got) : `${got.length} bytes`, name: showName(msg.name), ctl, flags: msg.flags & ~MSG_CMSG_CLOEXEC };
  }

  private diag(request: string, flags: number): unknown {
    const { sys } = this.task;
    const body = unhex(request);
    const req = new Uint8Array(16 + body.length);
    const view = new DataView(req.buffer);
    view.setUint32(0, req.length, true);
    view.setUint16(4, 20, true);
    view.setUint16(6, flags, true);
    view.setUint32(8, 1, true);
    req.set(body, 16);
    const nl = sys.socket(16, 3, 4);
    sys.send(nl, req);
    const answers: (string | number)[] = [];
    for (let done = false; !done; ) {
      const part = new Uint8Array(1 << 17);
      const n = sys.recv(nl, part);
      if (n <= 0) throw new Error(`sock_diag: ${n}`);
      const v = new DataView(part.buffer);
      for (let off = 0; off < n; off += (v.getUint32(off, true) + 3) & ~3) {
        const type = v.getUint16(off + 4, true);
        if (type === 2) answers.push(v.getInt32(off + 16, true));
        else if (type !== 3) answers.push(hex(part.subarray(off + 16, off + v.getUint32(off, true))));
        done ||= type === 2 || type === 3 || (flags & 0x300) === 0;
      }
    }
    sys.close(nl);
    const inos = Object.fromEntries(Array.from(this.fds, ([name, fd]) => [name, (this.task.fds.get(fd)!.file as SocketFile).socket.ino]));
    return { answers, inos };
  }

  private step([op, ...args]: Step): unknown {
    const { sys } = this.task;
    const a = args as never[];
    const [s] = args as [string];
    switch (op) {
      case 'socket':
        return this.take(s, sys.socket(a[1]!, (a[2]! as number) | SOCK_NONBLOCK, a[3] ?? 0));
      case 'pair': {
        const sv: number[] = [];
        const n = sys.socketpair(a[2]!, (a[3]! as number) | SOCK_NONBLOCK, 0, sv);
        if (n < 0) return n;
        this.take(s, sv[0]!);
        return this.take(a[1]!, sv[1]!);
      }
      case 'bind':
        return sys.bind(this.fd(s), address(a[1]!)!);
      case 'connect':
        return sys.connect(this.fd(s), address(a[1]!)!);
      case 'listen':
        return sys.listen(this.fd(s), a[1]!);
      case 'accept':
        return this.take(a[1]!, sys.accept4(this.fd(s), SOCK_NONBLOCK));
      case 'send':
        return this.send(s, a[1]!, a[2], a[3], a[4]);
      case 'recv':
        return this.recv(s, a[1]!, a[2], a[3], a[4]);
      case 'sendmany': {
        const msgs = (a[1]! as (string | number)[]).map((b) => ({ hdr: new MsgHdr([typeof b === 'string' ? unhex(b) : new Uint8Array(b).fill(120)]), len: 0 }));
        const n = sys.sendmmsg(this.fd(s), msgs, ((a[2] as number | undefined) ?? 0) | MSG_DONTWAIT);
        return n < 0 ? n : msgs.slice(0, n).map((m) => m.len);
      }
      case 'recvmany': {
        const bufs = (a[1]! as number[]).map((size) => new Uint8Array(size));
        const msgs = bufs.map((b) => ({ hdr: new MsgHdr([b]), len: 0 }));
        for (const m of msgs) m.hdr.controlLen = 0;
        const n = sys.recvmmsg(this.fd(s), msgs, ((a[2] as number | undefined) ?? 0) | MSG_DONTWAIT);
        return n < 0 ? n : msgs.slice(0, n).map((m, i) => [m.len, hex(bufs[i]!.subarray(0, Math.min(m.len, bufs[i]!.length))), showName(m.hdr.name), m.hdr.flags]);
      }
      case 'shutdown':
        return sys.shutdown(this.fd(s), a[1]!);
      case 'close': {
        const fd = this.fd(s);
        this.fds.delete(s);
        return sys.close(fd);
      }
      case 'dup':
        return this.take(a[1]!, sys.dup(this.fd(s)));
      case 'sockname':
      case 'peername': {
        const sa = op === 'sockname' ? sys.getsockname(this.fd(s)) : sys.getpeername(this.fd(s));
        return typeof sa === 'number' ? sa : showName(sa);
      }
      case 'setopt':
        return sys.setsockopt(this.fd(s), a[3] ?? SOL_SOCKET, a[1]!, typeof a[2] === 'number' ? a[2] : unhex(a[2]!));
      case 'getopt': {
        const v = sys.getsockopt(this.fd(s), a[3] ?? SOL_SOCKET, a[1]!, a[2] ?? 64, new Uint8Array(a[2] ?? 64));
        if (typeof v === 'number') return v;
        return a[1] === SO_PEERCRED && v.length === 12 ? this.cred(v) : hex(v);
      }
      case 'poll': {
        const p: PollFd = { fd: this.fd(s), events: 0x23ff, revents: 0 };
        const n = sys.poll([p]);
        return n < 0 ? n : p.revents;
      }
      case 'ioctl': {
        const v = new Uint8Array(4);
        const n = sys.ioctl(this.fd(s), a[1]!, v);
        return n < 0 ? n : new DataView(v.buffer).getInt32(0, true);
      }
      case 'unlink':
        return sys.unlink(unhex(s));
      case 'sh': // what the machine was prepared with already
        return 0;
      case 'pause':
        (this.task.kernel.clock as VirtualClock).advance(ms((a[0] as number | undefined) ?? 50));
        return 0;
      case 'diag':
        return this.diag(s, a[1] ?? 0x301);
      case 'ring': {
        const memory = sys.mmap(this.fd(s)) as Uint8Array;
        return (a[1]! as [number, number][]).map(([at, n]) => hex(memory.subarray(at, at + n)));
      }
      case 'ringset': {
        const memory = sys.mmap(this.fd(s)) as Uint8Array;
        memory.set(int32(a[2]!), a[1]!);
        return 0;
      }
      case 'fill': {
        let total = 0;
        for (let count = 0; count < 100_000; count++) {
          const n = this.send(s, a[1]!, 0, a[2]);
          if (n < 0) return [count, total, n];
          total += n;
        }
        return [100_000, total, 0];
      }
      default:
        throw new Error(`no such step: ${op}`);
    }
  }

  /** The result of each step: a number (negative: errno), or what the call gave. Everything that is open is closed at the end. */
  play(steps: readonly Step[]): unknown[] {
    const out = steps.map((s) => this.step(s));
    this.task.exit();
    return out;
  }
}

/** Plays scenarios on the real kernel, inside a network namespace of its own where `netns` says so. */
export function playKernel(scenarios: readonly (readonly Step[])[], netns: boolean = false): unknown[][] {
  const script = fileURLToPath(new URL('kernel.py', import.meta.url));
  const [cmd, args] = netns ? ['unshare', ['-n', 'python3', script]] : ['python3', [script]];
  const run = spawnSync(cmd as string, args as string[], { input: JSON.stringify(scenarios), encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`kernel.py: ${run.stderr}`);
  return JSON.parse(run.stdout) as unknown[][];
}

/** A result in a form that compares: kernel.py's JSON has no undefined. */
export function plain(results: unknown[]): unknown {
  return JSON.parse(JSON.stringify(results));
}
