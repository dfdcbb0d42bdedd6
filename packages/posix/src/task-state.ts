import type { Kernel, Net } from '@linnet/kernel';
import type { FdTable } from './fd-table.ts';

/** What system calls need of the task that makes them. @alpha */
export interface TaskState {
  readonly pid: number;
  readonly kernel: Kernel;
  /** The network namespace that new sockets belong to. */
  readonly net: Net;
  readonly fds: FdTable;
  /** The task ends. */
  exit(): void;
}
