/** Which namespace of the machine a process means: its real network namespace stands for the Linnet one of the same name. */
import fs from 'node:fs';
import { ENOENT, ESRCH, EBADF, type Kernel, type Net } from '@linnet/kernel';
import { NETNS, netnsAdd, netnsAttach, netnsDel, netnsGet } from '@linnet/netns';
import type { Who } from './wire.ts';

/** Where `ip netns add` keeps the names. */
const RUN_DIR = '/run/netns';

/** The inode of a file; 0 when there is none. */
function inodeOf(path: string): number {
  try {
    return fs.statSync(path).ino;
  } catch {
    return 0;
  }
}

/** The inode of a namespace that is mounted at a name; 0 where another mount namespace sees none, but an empty file. */
function mountedInode(path: string): number {
  try {
    const found = fs.statSync(path);
    return found.dev === fs.statSync('/proc/self/ns/net').dev ? found.ino : 0;
  } catch {
    return 0;
  }
}

/** Where a process sees the names. */
const seenBy = (pid: number): string => `/proc/${pid}/root${RUN_DIR}`;

/** Where processes of other mount namespaces than the server's see them: one for each. */
function elsewhere(): string[] {
  const views = new Map<string, string>();
  const own = inodeOf('/proc/self/ns/mnt');
  for (const pid of entries('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const ino = inodeOf(`/proc/${pid}/ns/mnt`);
    if (ino === 0 || ino === own) continue;
    try {
      views.set(`${ino} ${fs.readlinkSync(`/proc/${pid}/root`)}`, seenBy(Number(pid)));
    } catch {
      // It has ended.
    }
  }
  return Array.from(views.values());
}

function entries(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch {
    return [];
  }
}

/**
 * Maps the real network namespaces of clients to those of a machine. The server's own is the machine's initial one; one that `ip netns` has named is the
 * Linnet namespace of that name, made when it is first asked for and taken away once the real name is gone; one without a name gets a Linnet
 * namespace without a name, for as long as some process is in it. A name counts in whichever mount namespace somebody sees it.
 */
export class Namespaces {
  private readonly kernel: Kernel;
  private readonly home: number = inodeOf('/proc/self/ns/net');
  /** Names that were made here, and the inodes that they stood for. */
  private readonly made: Map<string, number> = new Map();
  private readonly unnamed: Map<number, Net> = new Map();
  /** Names of some of these, which stand for others already. */
  private readonly second: Map<number, string> = new Map();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Where a client is: a namespace, or -ENOENT when there is none of the name that it was told. */
  of(who: Who): Net | number {
    if (who.netns !== null) return who.netns === '' ? this.kernel.initNet : (this.named(who.netns) ?? this.byName(who.netns, who.pid));
    return this.byInode(who.ino, who.pid);
  }

  /** The namespace of a real process (IFLA_NET_NS_PID): -ESRCH when it is gone. */
  byPid(pid: number, caller: Who): Net | number {
    if (pid === caller.pid) return this.of(caller);
    const ino = inodeOf(`/proc/${pid}/ns/net`);
    return ino === 0 ? -ESRCH : this.byInode(ino, caller.pid);
  }

  /** The namespace behind a descriptor of a real process (IFLA_NET_NS_FD, NETNSA_FD): -EBADF when it is none. */
  byFd(fd: number, caller: Who): Net | number {
    const path = `/proc/${caller.pid}/fd/${fd}`;
    try {
      // /run/netns/NAME is the mount of 'net:[inode]'; the link of another file names that.
      const fileSystem = fs.statfsSync(path).type;
      if (fileSystem !== 0x6e736673) return -EBADF; // NSFS_MAGIC
    } catch {
      return -EBADF;
    }
    const ino = inodeOf(path);
    if (ino !== 0 && ino === caller.ino) return this.of(caller);
    return ino === 0 ? -EBADF : this.byInode(ino, caller.pid);
  }

  /** Takes away what stands for real namespaces that are gone. */
  sweep(): void {
    let others: string[] | null = null;
    for (const [name, ino] of this.made) {
      if (mountedInode(`${RUN_DIR}/${name}`) === ino) continue;
      others ??= elsewhere();
      if (others.some((dir) => mountedInode(`${dir}/${name}`) === ino)) continue;
      this.made.delete(name);
      netnsDel(this.kernel, name);
    }
    if (this.unnamed.size === 0) return;
    const used = new Set<number>();
    for (const pid of entries('/proc')) if (/^\d+$/.test(pid)) used.add(inodeOf(`/proc/${pid}/ns/net`));
    for (const [ino, net] of this.unnamed) {
      if (used.has(ino) && !net.dead) continue;
      const name = this.second.get(ino);
      if (name !== undefined && !net.dead && this.holds(name, ino)) continue;
      this.second.delete(ino);
      this.unnamed.delete(ino);
      if (!net.dead) net.put();
    }
  }

  /** The server ends: what is left is let go. */
  close(): void {
    for (const net of this.unnamed.values()) if (!net.dead) net.put();
    this.unnamed.clear();
    this.second.clear();
    this.made.clear();
  }

  private named(name: string): Net | null {
    return this.kernel.tryGet(NETNS) === null ? null : netnsGet(this.kernel, name);
  }

  /** One that only the real system knows by that name so far. */
  private byName(name: string, pid: number): Net | number {
    if (name.includes('/')) return -ENOENT;
    const ino = mountedInode(`${RUN_DIR}/${name}`) || mountedInode(`${seenBy(pid)}/${name}`);
    return ino === 0 ? -ENOENT : this.byInode(ino, pid);
  }

  /** The name of a namespace: here, where the asker sees names, or else (its process id may be of another process namespace) where anybody does. */
  private nameOf(ino: number, pid: number): string | undefined {
    const within = (dir: string): string | undefined => entries(dir).find((n) => mountedInode(`${dir}/${n}`) === ino);
    const name = within(RUN_DIR) ?? within(seenBy(pid));
    if (name !== undefined || this.unnamed.has(ino)) return name;
    for (const dir of elsewhere()) {
      const found = within(dir);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Is the name still that namespace's, for anybody? */
  private holds(name: string, ino: number): boolean {
    return mountedInode(`${RUN_DIR}/${name}`) === ino || elsewhere().some((dir) => mountedInode(`${dir}/${name}`) === ino);
  }

  private byInode(ino: number, pid: number): Net | number {
    if (ino === 0 || ino === this.home || this.kernel.tryGet(NETNS) === null) return this.kernel.initNet;
    let name = this.nameOf(ino, pid);
    const taken = name === undefined ? undefined : this.made.get(name);
    // Another mount namespace has its own of that name: who came first keeps it.
    if (name !== undefined && taken !== undefined && taken !== ino && this.holds(name, taken)) {
      this.second.set(ino, name);
      name = undefined;
    }
    const found = this.unnamed.get(ino);
    const unnamed = found === undefined || found.dead ? null : found;
    if (name === undefined && unnamed !== null) return unnamed;
    if (name !== undefined) {
      const was = this.made.get(name);
      // The name has been given to another since.
      if (was !== undefined && was !== ino) netnsDel(this.kernel, name);
      const known = this.named(name);
      if (known !== null) return known;
      this.made.set(name, ino);
      if (unnamed === null) return netnsAdd(this.kernel, name);
      // It has got a name after it was first seen.
      const err = netnsAttach(this.kernel, name, unnamed);
      if (err < 0) return err;
      this.unnamed.delete(ino);
      this.second.delete(ino);
      unnamed.put();
      return unnamed;
    }
    const net = this.kernel.createNet();
    this.unnamed.set(ino, net);
    return net;
  }
}
