/** What all parts of ss(8) share. */
import { strerror, type Task } from '@linnet/posix';
import { SOCK_DIAG_BY_FAMILY } from '@linnet/uapi';
import type { Ip } from './ip/context.ts';
import type { AttrWriter, NlMsg, NlSocket } from './netlink.ts';
import type { SsExpr } from './ss-filter.ts';
import type { SsRow } from './ss-table.ts';
import type { ToolIo } from './tool.ts';

/** One run of the program. */
export interface SsRun {
  readonly task: Task;
  readonly io: ToolIo;
  /** For the names of devices. */
  readonly names: Ip;
  readonly diag: NlSocket;
  /** The options, by their letters. */
  readonly on: ReadonlySet<string>;
  /** Which kinds of sockets. */
  readonly dbs: ReadonlySet<string>;
  readonly family: number;
  /** The states that are asked for, by kind of socket. */
  states(db: string): number;
  readonly expr: SsExpr | null;
  /** The ports that the kernel binds sockets to by itself. */
  readonly ports: readonly [number, number];
  /** Processes by the inode number of their sockets; empty without -p. */
  readonly users: ReadonlyMap<number, string>;
  readonly rows: SsRow[];
}

export const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength);

/** The sockets of a family. What goes wrong is told, but for a family that is not there (ENOENT). */
export function dumpSockets(run: SsRun, request: Uint8Array, attrs: AttrWriter | null, least: number): NlMsg[] {
  const r = run.diag.dump(SOCK_DIAG_BY_FAMILY, request, attrs);
  if (r.err < 0 && r.err !== -2) run.io.err(`RTNETLINK answers: ${strerror(r.err)}\n`);
  return r.msgs.filter((m) => m.type === SOCK_DIAG_BY_FAMILY && m.body.length >= least);
}

/** Which directions are shut down. */
export function shutdownText(bits: number): string {
  return ` ${(bits & 1) !== 0 ? '-' : '<'}-${(bits & 2) !== 0 ? '-' : '>'}`;
}

/** A cookie in hexadecimal. */
export const cookie = (lo: number, hi: number): string => ((BigInt(hi) << 32n) | BigInt(lo)).toString(16);

/** ` users:(...)` of a socket, or nothing. */
export function usersText(run: SsRun, ino: number): string {
  const who = run.users.get(ino);
  return who === undefined ? '' : ` users:(${who})`;
}

/** The ports of /proc/sys/net/ipv4/ip_local_port_range. */
export function localPorts(task: Task): [number, number] {
  const text = task.sys.readFile('/proc/sys/net/ipv4/ip_local_port_range');
  const [low = 32768, high = 60999] = typeof text === 'string' ? text.trim().split(/\s+/).map(Number) : [];
  return [low, high];
}

/** The name of a process, from /proc/PID/stat; null where there is none. */
export function processName(task: Task, pid: number | string): string | null {
  const stat = task.sys.readFile(`/proc/${pid}/stat`);
  return typeof stat === 'string' ? stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')) : null;
}

/** The processes that have sockets, from the links of /proc/PID/fd: those that were found last come first. A task of this machine is one thread. */
export function findUsers(task: Task, threads: boolean): Map<number, string> {
  const out = new Map<number, string>();
  const list = (path: string): string[] => {
    const entries = task.sys.readdir(path);
    return typeof entries === 'number' ? [] : entries.map((e) => e.name).filter((n) => /^\d+$/.test(n)).sort((a, b) => Number(a) - Number(b));
  };
  for (const pid of list('/proc')) {
    for (const fd of list(`/proc/${pid}/fd`)) {
      const link = task.sys.readlink(`/proc/${pid}/fd/${fd}`);
      const ino = typeof link === 'string' ? /^socket:\[(\d+)\]$/.exec(link)?.[1] : undefined;
      if (ino === undefined) continue;
      const one = `("${processName(task, pid) ?? ''}",pid=${pid},${threads ? `tid=${pid},` : ''}fd=${fd})`;
      const before = out.get(Number(ino));
      out.set(Number(ino), before === undefined ? one : `${one},${before}`);
    }
  }
  return out;
}
