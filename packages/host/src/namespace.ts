import { EINVAL, errnoName } from '@linnet/kernel';
import { CLONE_NEWNET, O_CLOEXEC, O_RDONLY } from '@linnet/uapi';
import { HostError } from './errors.ts';
import type { Ffi } from './ffi.ts';

/** Where `ip netns add` keeps the names. */
const NETNS_RUN_DIR = '/var/run/netns';

function namespacePath(netns: string): string {
  if (netns.startsWith('/')) return netns;
  if (netns === '' || netns === '.' || netns === '..' || netns.includes('/') || netns.includes('\0')) {
    throw new HostError(`${JSON.stringify(netns)} is no network namespace: give a name that \`ip netns list\` shows, or an absolute path as /proc/PID/ns/net`, 'EINVAL', -EINVAL);
  }
  return `${NETNS_RUN_DIR}/${netns}`;
}

/**
 * Run a function with the calling thread inside another network namespace of the real kernel, and return what it returned.
 * `netns` is a name as in `ip netns add NAME`, or an absolute path as `/proc/PID/ns/net`.
 *
 * The function must be synchronous: between its start and its end nothing else of the process runs on this thread. What it
 * opens or starts stays there: a TAP descriptor belongs to that namespace, a child process lives in it.
 * Errors: `HostError` ENOENT (no such namespace), EPERM (CAP_SYS_ADMIN is missing), EINVAL (not a network namespace); what
 * `fn` throws goes through after the thread has returned.
 * Source: setns(2), network_namespaces(7), ip-netns(8).
 *
 * @public
 */
export function withNetns<T>(ffi: Ffi, netns: string, fn: () => T): T {
  const path = namespacePath(netns);
  // thread-self, not self: a worker thread may stand somewhere else than the process's first thread.
  const home = ffi.open('/proc/thread-self/ns/net', O_RDONLY | O_CLOEXEC);
  if (home < 0) throw new HostError(`cannot open /proc/thread-self/ns/net (${errnoName(home)}): is /proc mounted?`, errnoName(home), home, 'open');
  try {
    const target = ffi.open(path, O_RDONLY | O_CLOEXEC);
    if (target < 0) throw openError(netns, path, target);
    const entered = ffi.setns(target, CLONE_NEWNET);
    ffi.close(target);
    if (entered < 0) throw enterError(netns, path, entered);
    let result: T;
    try {
      result = fn();
    } catch (error) {
      leave(ffi, home, netns);
      throw error;
    }
    leave(ffi, home, netns);
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
      throw new TypeError('withNetns: the function must be synchronous, as the thread leaves the namespace when it returns');
    }
    return result;
  } finally {
    ffi.close(home);
  }
}

function leave(ffi: Ffi, home: number, netns: string): void {
  const back = ffi.setns(home, CLONE_NEWNET);
  if (back >= 0) return;
  // Going on would run everything else of this thread in the wrong namespace.
  throw new HostError(`cannot return from network namespace ${netns} (${errnoName(back)}): this thread is still inside it and must not go on`, errnoName(back), back, 'setns');
}

function openError(netns: string, path: string, errno: number): HostError {
  const code = errnoName(errno);
  if (code === 'ENOENT') return new HostError(`there is no network namespace ${netns} (${path}): make it with \`ip netns add ${netns}\` as root`, code, errno, 'open');
  return new HostError(`cannot open network namespace ${netns} (${path}): ${code}`, code, errno, 'open');
}

function enterError(netns: string, path: string, errno: number): HostError {
  const code = errnoName(errno);
  if (code === 'EPERM') return new HostError(`no permission to enter network namespace ${netns}: run as root or give CAP_SYS_ADMIN`, code, errno, 'setns');
  if (code === 'EINVAL') return new HostError(`${path} is not a network namespace: give a name that \`ip netns list\` shows`, code, errno, 'setns');
  return new HostError(`cannot enter network namespace ${netns}: ${code}`, code, errno, 'setns');
}
