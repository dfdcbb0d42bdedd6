// The same system calls to the real kernel, in a namespace of its own, and to a Linnet machine set up the same way.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ipv4 } from '@linnet/ipv4';
import { createKernel, errnoName, type Kernel, type KernelModule, SystemError, VirtualClock } from '@linnet/kernel';
import { veth } from '@linnet/netdevs';
import { ipRoute } from '@linnet/net';
import { netns } from '@linnet/netns';
import { Task } from '@linnet/posix';
import { skbStats } from '@linnet/skbuff';
import { SOCKET } from '@linnet/socket';
import { tcp } from '@linnet/tcp';
import { sockaddrIn } from '@linnet/uapi';
import { udp } from '@linnet/udp';
import { TestNetns } from '../host/netns.ts';

/** A system call. */
export type Op =
  | { readonly op: 'socket'; readonly id: string; readonly args: readonly [number, number, number] }
  | { readonly op: 'bind'; readonly fd: string; readonly addr: readonly [string, number] }
  | { readonly op: 'setsockopt'; readonly fd: string; readonly level: number; readonly opt: number; readonly value: string }
  | { readonly op: 'ioctl'; readonly fd: string; readonly cmd: number; readonly arg: string; readonly size?: number; readonly ptr?: number; readonly what?: string }
  | { readonly op: 'netlink'; readonly fd: string; readonly msg: string }
  | { readonly op: 'setuid'; readonly uid: number; readonly gid?: number; readonly groups?: readonly number[] }
  | { readonly op: 'read' | 'readdir' | 'readlink'; readonly path: string }
  | { readonly op: 'stat'; readonly path: string; readonly follow?: boolean }
  | { readonly op: 'write'; readonly path: string; readonly text: string }
  | { readonly op: 'sethostname'; readonly name: string }
  | { readonly op: 'unshare'; readonly flags: number };

export type Result = number | string | readonly string[] | readonly [number | string, string];

export const MACS: readonly [string, string] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b'];

/** A namespace of the real kernel with lo, and v0 and v1 that are joined; 10.0.0.1/24 is on v0. */
export class RealKernel {
  readonly netns: TestNetns;
  readonly #ghosts: ReadonlySet<string>;

  constructor() {
    this.netns = new TestNetns();
    this.#ghosts = new Set(this.netns.sh('cat /proc/net/arp').split('\n').filter((line) => line.endsWith(' *')));
    this.netns.sh(`ip link add v1 address ${MACS[1]} type veth peer name v0 address ${MACS[0]}; ip addr add 10.0.0.1/24 dev v0; ip link set v0 up; ip link set v1 up`);
    // Its link watch finds the carrier a moment later.
    this.netns.sh('for v in v0 v1; do until [ "$(cat /sys/class/net/$v/operstate)" = up ]; do sleep 0.01; done; done');
  }

  do(ops: readonly Op[]): Result[] {
    const probe = fileURLToPath(new URL('sys-probe.py', import.meta.url));
    const out = execFileSync('ip', ['netns', 'exec', this.netns.name, 'python3', probe], { input: JSON.stringify(ops), encoding: 'utf8' });
    return (JSON.parse(out) as Result[]).map((r) => (typeof r === 'string' && r.startsWith('IP address') ? this.#withoutGhosts(r) : r));
  }

  /** Proxy neighbours without a device outlive their namespace in a real kernel, and turn up in one that is made at the same place in memory. */
  #withoutGhosts(arp: string): string {
    return arp.split('\n').filter((line) => !this.#ghosts.has(line)).join('\n');
  }
}

const hex = (u8: Uint8Array): string => Buffer.from(u8).toString('hex');
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const nameOf = (err: number): string => errnoName(err).replace('EOPNOTSUPP', 'ENOTSUP');

/** A Linnet machine with the same. */
export class LinnetKernel {
  readonly kernel: Kernel;
  readonly clock: VirtualClock;

  constructor(more: readonly KernelModule[] = []) {
    this.clock = new VirtualClock();
    this.kernel = createKernel({ modules: [ipv4, tcp, udp, veth, netns, ...more], clock: this.clock, seed: 1 });
    const net = this.kernel.createNet();
    const ip = ipRoute(net);
    ip.link.up('lo');
    ip.link.add({ kind: 'veth', name: 'v1', address: MACS[1], peer: { name: 'v0', address: MACS[0] } });
    ip.addr.add({ dev: 'v0', address: '10.0.0.1/24' });
    ip.link.up('v0');
    ip.link.up('v1');
    this.clock.advance(1e9);
    this.net = net;
  }
  readonly net;

  /** Has the machine this family of sockets? */
  has(family: number): boolean {
    return this.kernel.get(SOCKET).families.has(family);
  }

  /** All files below a directory. */
  list(path: string): string[] {
    const task = new Task(this.net);
    const files = task.listFiles(path);
    task.exit();
    return files;
  }

  do(ops: readonly Op[]): Result[] {
    const task = new Task(this.net);
    const fds = new Map<string, number>();
    const fd = (id: string): number => fds.get(id) ?? -1;
    const one = (op: Op): Result => {
      const { sys } = task;
      switch (op.op) {
        case 'socket':
          fds.set(op.id, task.socket(...op.args));
          return 0;
        case 'bind':
          return sys.bind(fd(op.fd), sockaddrIn(op.addr[0].split('.').reduce((n, b) => (n << 8) | Number(b), 0), op.addr[1]));
        case 'setsockopt':
          return sys.setsockopt(fd(op.fd), op.level, op.opt, unhex(op.value));
        case 'ioctl': {
          const arg = unhex(op.arg);
          const r = sys.ioctl(fd(op.fd), op.cmd, arg);
          return r < 0 ? [nameOf(r), ''] : [op.cmd === 0x894c ? 'fd' : r, hex(arg)];
        }
        case 'netlink': {
          const buf = new Uint8Array(65536);
          sys.send(fd(op.fd), unhex(op.msg));
          sys.recv(fd(op.fd), buf);
          return new DataView(buf.buffer).getInt32(16, true);
        }
        case 'setuid':
          task.setuid(op.uid, op.gid ?? op.uid, op.groups ?? []);
          return 0;
        case 'read':
          return sys.readFile(op.path);
        case 'write':
          return sys.writeFile(op.path, op.text);
        case 'readdir':
          return task.readdir(op.path).map((e) => e.name);
        case 'readlink':
          return sys.readlink(op.path);
        case 'stat': {
          const st = sys.stat(op.path, op.follow ?? true);
          return typeof st === 'number' ? st : `0o${st.mode.toString(8)}`;
        }
        case 'sethostname':
          task.sethostname(op.name);
          return 0;
        default:
          task.unshare(op.flags);
          return 0;
      }
    };
    try {
      return ops.map((op) => {
        try {
          const r = one(op);
          return typeof r === 'number' && r < 0 ? nameOf(r) : r;
        } catch (error) {
          if (error instanceof SystemError) return nameOf(error.errno);
          throw error;
        }
      });
    } finally {
      task.exit();
    }
  }

  close(): void {
    this.kernel.shutdown();
    const { live } = skbStats(this.kernel);
    if (live !== 0) throw new Error(`${live} packets are left`);
  }
}

/** Where the two differ: what was called, what the kernel said, what Linnet said. */
export function differences(ops: readonly Op[], real: readonly Result[], ours: readonly Result[]): string[] {
  const out: string[] = [];
  ops.forEach((op, i) => {
    const a = JSON.stringify(real[i]);
    const b = JSON.stringify(ours[i]);
    if (a !== b) out.push(`${i}: ${JSON.stringify(op)}\n  kernel ${a}\n  linnet ${b}`);
  });
  return out;
}
