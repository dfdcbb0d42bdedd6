/** The namespaces of a task: entering, leaving, and what they are called. */
import { EBADF, EINVAL, ENOENT, ENOSYS, type Kernel, type Net } from '@linnet/kernel';
import {
  netnsGet, NSPROXY, type NsProxy, nsproxyOf, nsproxyPut, nsproxySetns, nsproxyUnshare, setHostname, uname, type Utsname, type UtsNamespace,
} from '@linnet/netns';
import type { FdTable } from './fd-table.ts';
import { holdForMaker, NsFile } from './ns-file.ts';

/** Keeps the namespaces of one task. The one it began in belongs to whoever made it and is not held; those it entered are, until it exits. */
export class TaskNamespaces {
  private readonly kernel: Kernel;
  private readonly first: Net;
  private proxy: NsProxy | null = null;

  constructor(first: Net) {
    this.kernel = first.kernel;
    this.first = first;
  }

  get net(): Net {
    return this.proxy?.net ?? this.first;
  }

  /** The UTS namespace; null where the machine has none. */
  get uts(): UtsNamespace | null {
    return this.proxy?.uts ?? this.kernel.tryGet(NSPROXY)?.uts ?? null;
  }

  /** New namespaces for those that `flags` name (unshare(2)): 0, -EINVAL, or -ENOSYS where the machine has no namespaces. */
  unshare(flags: number): number {
    return this.change((p) => nsproxyUnshare(p, flags));
  }

  /** Enters the namespace behind a descriptor (setns(2)): 0, -EBADF, -EINVAL, -ENOSYS. */
  setns(fds: FdTable, fd: number, nstype: number): number {
    const slot = fds.get(fd);
    if (slot === null) return -EBADF;
    const { file } = slot;
    if (!(file instanceof NsFile)) return -EINVAL;
    return this.change((p) => nsproxySetns(p, file.target, nstype));
  }

  /** A descriptor for a namespace: the name of one, one itself, or the task's own. */
  open(fds: FdTable, what: string | Net | UtsNamespace | null): number {
    if (this.kernel.tryGet(NSPROXY) === null) return -ENOSYS;
    const target = typeof what === 'string' ? netnsGet(this.kernel, what) : (what ?? this.net);
    if (target === null) return -ENOENT;
    const file = new NsFile(target);
    const fd = fds.install(file, true);
    if (fd < 0) {
      file.refs = 1;
      file.put();
    }
    return fd;
  }

  hostname(): string {
    const { uts } = this;
    return uts === null ? this.kernel.hostname : uts.hostname;
  }

  setHostname(name: string): number {
    const { uts } = this;
    if (uts === null) return -ENOSYS;
    return typeof name === 'string' ? setHostname(uts, name) : -EINVAL;
  }

  uname(): Utsname | null {
    const { uts } = this;
    return uts === null ? null : uname(uts);
  }

  /** Lets go of what it entered. */
  exit(): void {
    if (this.proxy !== null) nsproxyPut(this.proxy);
    this.proxy = null;
  }

  private change(make: (p: NsProxy) => NsProxy | number): number {
    if (this.kernel.tryGet(NSPROXY) === null) return -ENOSYS;
    if (this.proxy === null) holdForMaker(this.first);
    const old = this.proxy ?? nsproxyOf(this.first);
    const next = make(old);
    if (typeof next === 'number') {
      if (this.proxy === null) nsproxyPut(old);
      return next;
    }
    this.proxy = next;
    nsproxyPut(old);
    return 0;
  }
}
