/** The namespaces of a task (struct nsproxy): sharing, leaving and entering them (unshare(2), setns(2), namespaces(7)). */
import { defineKey, EINVAL, type Kernel, type Key, type Net } from '@linnet/kernel';
import { CLONE_NEWNET, CLONE_NEWUTS } from '@linnet/uapi';
import { UtsNamespace } from './uts.ts';

/** The namespaces that tasks can leave here. */
const KNOWN = CLONE_NEWNET | CLONE_NEWUTS;

/**
 * The namespaces of a task. It never changes: to leave or enter one is to take another proxy. Each holds its network namespace until
 * {@link nsproxyPut}.
 * @alpha
 */
export class NsProxy {
  readonly kernel: Kernel;
  readonly net: Net;
  readonly uts: UtsNamespace;
  /** Tasks that have it. */
  refs: number;

  /** Use {@link nsproxyOf} and the functions below. */
  constructor(net: Net, uts: UtsNamespace) {
    this.kernel = net.kernel;
    this.net = net.hold();
    this.uts = uts;
    this.refs = 1;
  }
}

/** A kernel's first UTS namespace and proxy. @alpha */
export interface InitNamespaces {
  readonly uts: UtsNamespace;
}

/** Where a kernel keeps them. @alpha */
export const NSPROXY: Key<InitNamespaces> = defineKey<InitNamespaces>('netns');

/** A proxy for a task that begins in `net`, with the machine's UTS namespace. @alpha */
export function nsproxyOf(net: Net): NsProxy {
  return new NsProxy(net, net.kernel.get(NSPROXY).uts);
}

/** One more task with the same namespaces (a child's, by fork). @alpha */
export function nsproxyGet(p: NsProxy): NsProxy {
  p.refs++;
  return p;
}

/** A task let go: the last one lets go of the namespaces, which may end them (put_nsproxy). @alpha */
export function nsproxyPut(p: NsProxy): void {
  if (--p.refs === 0) p.net.put();
}

/**
 * New namespaces for those that `flags` (CLONE_NEWNET, CLONE_NEWUTS) name, copies of the task's own otherwise (unshare(2), clone(2)). The caller gives the old
 * proxy up with {@link nsproxyPut} once the task has the new one. Returns -EINVAL for flags that are not known.
 * @alpha
 */
export function nsproxyUnshare(p: NsProxy, flags: number): NsProxy | number {
  if ((flags & ~KNOWN) !== 0) return -EINVAL;
  const uts = (flags & CLONE_NEWUTS) !== 0 ? new UtsNamespace(p.kernel, false, p.uts.hostname, p.uts.domainname) : p.uts;
  if ((flags & CLONE_NEWNET) === 0) return new NsProxy(p.net, uts);
  const net = p.kernel.createNet();
  const next = new NsProxy(net, uts);
  net.put(); // the proxy holds it now
  return next;
}

/** What setns(2) is given: the namespace behind a descriptor. @alpha */
export type NsTarget = Net | UtsNamespace;

/**
 * The task's namespaces with one of them replaced by `target` (setns(2)). `nstype` is CLONE_NEWNET, CLONE_NEWUTS, or 0 for either.
 * Returns -EINVAL when the target is of another type, of another machine, or gone. The caller gives the old proxy up.
 * @alpha
 */
export function nsproxySetns(p: NsProxy, target: NsTarget, nstype: number = 0): NsProxy | number {
  if (target.kernel !== p.kernel) return -EINVAL;
  if (target instanceof UtsNamespace) {
    if (nstype !== 0 && nstype !== CLONE_NEWUTS) return -EINVAL;
    return new NsProxy(p.net, target);
  }
  if ((nstype !== 0 && nstype !== CLONE_NEWNET) || target.dead) return -EINVAL;
  return new NsProxy(target, p.uts);
}
