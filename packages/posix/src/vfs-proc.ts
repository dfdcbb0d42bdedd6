/** /proc as a task sees it (proc(5)): its namespaces, the files of its network, the settings, and the other tasks. */
import { type Net, ENOENT, type SysctlEntry } from '@linnet/kernel';
import { UTS_SYSCTLS, utsSysctl } from '@linnet/netns';
import { CAP_NET_ADMIN } from '@linnet/uapi';
import { SocketFile } from './file.ts';
import { NsFile } from './ns-file.ts';
import type { Tasks } from './tasks.ts';
import type { TaskState } from './task-state.ts';
import { dirOf, linkTo, textFile, type VfsDir, type VfsFile, type VfsNode } from './vfs.ts';

/** A tree that knows only paths of files, as directories. */
interface PathTree {
  list(prefix: string): string[];
  has(path: string): boolean;
  file(path: string): VfsNode;
}

function treeDir(tree: PathTree, prefix: string): VfsDir {
  const path = (name: string): string => (prefix === '' ? name : `${prefix}/${name}`);
  return {
    kind: 'dir',
    list(): string[] {
      const skip = prefix === '' ? 0 : prefix.length + 1;
      return [...new Set(tree.list(prefix).map((p) => p.slice(skip).split('/')[0]!))].sort();
    },
    get(name): VfsNode | null {
      const at = path(name);
      if (tree.has(at)) return tree.file(at);
      return tree.list(at).length > 0 ? treeDir(tree, at) : null;
    },
  };
}

/** The files of a namespace under /proc/net, and those of the machine beside it. */
function procTree(net: Net): PathTree {
  return {
    list: (prefix) => net.proc.list(prefix),
    has: (path) => net.proc.writable(path) !== null,
    file(path): VfsFile {
      const writable = net.proc.writable(path) === true;
      return {
        kind: 'file',
        mode: writable ? 0o644 : 0o444,
        read: () => net.proc.read(path) ?? -ENOENT,
        contents: () => net.proc.contents(path) ?? -ENOENT,
        ...(writable ? { write: (text: string): number => net.proc.write(path, text) } : {}),
      };
    },
  };
}

/** Settings of the machine below `net/` that other namespaces than the initial one see, if only to read: Linux 6.18. */
const SEEN_EVERYWHERE: ReadonlySet<string> = new Set(['net/core/rmem_default', 'net/core/rmem_max', 'net/core/wmem_default', 'net/core/wmem_max']);

/** /proc/sys as seen from a task: its namespace's settings, those of its UTS namespace, and the machine's. */
function sysctlTree(task: TaskState): PathTree {
  const { net, kernel } = task;
  const initial = net === kernel.initNet;
  const seen = (path: string): boolean => {
    if (initial || !path.startsWith('net/')) return true;
    // What the namespace does not have itself is the machine's.
    return net.sysctl.owns(path) || SEEN_EVERYWHERE.has(path);
  };
  const uts = (path: string): SysctlEntry | null => {
    const name = path.startsWith('kernel/') ? path.slice('kernel/'.length) : '';
    return task.uts !== null && UTS_SYSCTLS.includes(name) ? utsSysctl(task.uts, name) : null;
  };
  return {
    list: (prefix) => net.sysctl.list(prefix).filter(seen),
    has: (path) => net.sysctl.writable(path) !== null && seen(path),
    file(path): VfsFile {
      const own = uts(path);
      const locked = !initial && SEEN_EVERYWHERE.has(path) && !net.sysctl.owns(path);
      const set = own === null ? (text: string): number => net.sysctl.write(path, text) : (text: string): number => own.set!(text);
      const writable = !locked && (own === null ? net.sysctl.writable(path) === true : own.set !== undefined);
      const mode = net.sysctl.mode(path);
      return {
        kind: 'file',
        mode: writable ? mode : mode & 0o444,
        read(): string | number {
          const text = own === null ? net.sysctl.read(path) : own.get();
          return text === null ? -ENOENT : `${text}\n`;
        },
        // Who administers the network owns its settings; nobody else is let past the permissions.
        owner: () => task.cred.uid === 0 || (path.startsWith('net/') && task.cred.has(CAP_NET_ADMIN)),
        ...(writable ? { write: (text: string): number => (text === '' ? 0 : set(text.replace(/\n$/, ''))) } : {}),
      };
    },
  };
}

function fdDir(of: TaskState): VfsDir {
  return {
    kind: 'dir',
    list: () => of.fds.list().map(String),
    get(name): VfsNode | null {
      const file = /^\d+$/.test(name) ? of.fds.get(Number(name))?.file : undefined;
      if (file === undefined) return null;
      if (file instanceof SocketFile) return linkTo(`socket:[${file.socket.ino}]`);
      if (file instanceof NsFile) return linkTo(nsName(file));
      return linkTo('anon_inode:[eventpoll]');
    },
  };
}

function nsName(file: NsFile): string {
  return file.net === null ? `uts:[${file.target.inum}]` : `net:[${file.target.inum}]`;
}

function nsDir(of: TaskState): VfsDir {
  const { uts } = of;
  return dirOf({
    net: () => ({ kind: 'link', target: `net:[${of.net.inum}]`, magic: { kind: 'ns', ns: of.net } }),
    ...(uts === null ? {} : { uts: (): VfsNode => ({ kind: 'link', target: `uts:[${uts.inum}]`, magic: { kind: 'ns', ns: uts } }) }),
  });
}

function statusOf(of: TaskState): string {
  let caps = 0n;
  for (const cap of of.cred.capabilities()) caps |= 1n << BigInt(cap);
  const hex = caps.toString(16).padStart(16, '0');
  const four = (id: number): string => `${id}\t${id}\t${id}\t${id}`;
  return `Name:\t${of.comm}\nState:\tS (sleeping)\nTgid:\t${of.pid}\nPid:\t${of.pid}\nPPid:\t0\nUid:\t${four(of.cred.uid)}\nGid:\t${four(of.cred.gid)}\n` +
    `Groups:\t${of.cred.groups.join(' ')}\nCapPrm:\t${hex}\nCapEff:\t${hex}\n`;
}

function taskDir(of: TaskState, threads: boolean): VfsDir {
  return dirOf({
    cmdline: () => textFile(() => `${of.comm}\0`),
    comm: () => textFile(() => `${of.comm}\n`),
    fd: () => fdDir(of),
    net: () => treeDir(procTree(of.net), 'net'),
    ns: () => nsDir(of),
    stat: () => textFile(() => `${of.pid} (${of.comm}) S 0 ${of.pid} ${of.pid} ${'0 '.repeat(45)}0\n`),
    status: () => textFile(() => statusOf(of)),
    ...(threads ? { task: (): VfsNode => dirOf({ [of.pid]: () => taskDir(of, false) }) } : {}),
  });
}

/** The tree under /proc for a task. */
export function procRoot(task: TaskState, tasks: Tasks): VfsDir {
  const machine = treeDir(procTree(task.net), '');
  const own: VfsDir = dirOf({
    net: () => linkTo('self/net'),
    self: () => linkTo(String(task.pid)),
    sys: () => treeDir(sysctlTree(task), ''),
    'thread-self': () => linkTo(`${task.pid}/task/${task.pid}`),
  });
  return {
    kind: 'dir',
    list: () => [...new Set([...machine.list(), ...own.list(), ...tasks.pids().map(String)])].sort(),
    get(name): VfsNode | null {
      const mine = own.get(name);
      if (mine !== null) return mine;
      if (!/^\d+$/.test(name)) return machine.get(name);
      // A task that has left is still there for itself.
      const of = Number(name) === task.pid ? task : tasks.find(Number(name));
      return of === null ? null : taskDir(of, true);
    },
  };
}
