import type { Cred, Kernel, Net } from '@linnet/kernel';
import type { UtsNamespace } from '@linnet/netns';
import type { FdTable } from './fd-table.ts';

/** Names of namespaces that are not the machine's own: the process ids and descriptors of a real process that stands behind a task. @alpha */
export interface TaskOutside {
  /** The namespace of a process, or a negative errno. */
  netByPid(pid: number): Net | number;
  /** The namespace behind a descriptor, or a negative errno. */
  netByFd(fd: number): Net | number;
}

/** What system calls need of the task that makes them. @alpha */
export interface TaskState {
  readonly pid: number;
  readonly kernel: Kernel;
  /** The network namespace that new sockets belong to. */
  readonly net: Net;
  /** Who it is. */
  readonly cred: Cred;
  /** Its name, as ps(1) shows it. */
  readonly comm: string;
  /** Its UTS namespace; null where the machine has none. */
  readonly uts: UtsNamespace | null;
  readonly fds: FdTable;
  /** Who knows what process ids and descriptors in its netlink messages mean; null: the machine itself. */
  readonly outside: TaskOutside | null;
  /** The task ends. */
  exit(): void;
}
