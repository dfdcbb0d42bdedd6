/** The namespaces of a task: entering, leaving, and what they are called. */
import { EBADF, EINVAL, ENOENT, ENOSYS, type Kernel, type Net } from '@linnet/kernel';
import {
  netnsGet, NSPROXY, type NsProxy, nsproxyGet, nsproxyOf, nsproxyPut, nsproxySetns, nsproxyUnshare, setDomainname, setHostname, uname, type Utsname, type UtsNamespace,
} from '@linnet/netns';
import type { FdTable } from './fd-table.ts';
import { NsFile } from './ns-file.ts';

/** Keeps the namespaces of one task, and holds them until it exits. */
export class TaskNamespaces {
  private readonly kernel: Kernel;
  private readonly first: Net;
  /** Null where the machine has no namespaces. */
  private proxy: NsProxy | null;
  private done = false;

  constructor(first: Net) {
    this.kernel = first.kernel;
    this.first = first;
    this.proxy = null;
    if (this.kernel.tryGet(NSPROXY) !== null) this.proxy = nsproxyOf(first);
    else first.hold();
  }

  get net(): Net {
    return this.proxy?.net ?? this.first;
  }

  /** The UTS namespace; null where the machine has none. */
  get uts(): UtsNamespace | null {
    return this.proxy?.uts ?? null;
  }

  /** Takes those of another task, as its child does (fork(2)). */
  share(of: TaskNamespaces): void {
    if (of.proxy !== null) this.change(() => nsproxyGet(of.proxy!));
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
    if (this.proxy === null) return -ENOSYS;
    const target = typeof what === 'string' ? netnsGet(this.kernel, what) : (what ?? this.net);
    return target === null ? -ENOENT : openNs(fds, target);
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

  setDomainname(name: string): number {
    const { uts } = this;
    if (uts === null) return -ENOSYS;
    return typeof name === 'string' ? setDomainname(uts, name) : -EINVAL;
  }

  uname(): Utsname | null {
    const { uts } = this;
    return uts === null ? null : uname(uts);
  }

  /** Lets go of them. */
  exit(): void {
    if (this.done) return;
    this.done = true;
    const { proxy } = this;
    this.proxy = null;
    if (proxy !== null) nsproxyPut(proxy);
    else this.first.put();
  }

  private change(make: (p: NsProxy) => NsProxy | number): number {
    const old = this.proxy;
    if (old === null) return -ENOSYS;
    const next = make(old);
    if (typeof next === 'number') return next;
    this.proxy = next;
    nsproxyPut(old);
    return 0;
  }
}

/** A descriptor for a namespace, or -EMFILE. */
export function openNs(fds: FdTable, target: Net | UtsNamespace): number {
  const file = new NsFile(target);
  const fd = fds.install(file, true);
  if (fd < 0) {
    file.refs = 1;
    file.put();
  }
  return fd;
}
