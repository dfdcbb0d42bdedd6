/** The tasks of a machine: process ids, and who is calling. */
import { defineKey, EBADF, ESRCH, type Kernel, type Key, type Net, NOTIFY_DONE } from '@linnet/kernel';
import { type NetlinkHost, NETNS, netnsSetTasks } from '@linnet/netns';
import { SOCKET, type SocketTasks } from '@linnet/socket';
import { SocketFile } from './file.ts';
import { NsFile } from './ns-file.ts';
import type { TaskState } from './task-state.ts';

/** What a kernel knows of its tasks; netlink asks it for namespaces by process id and descriptor (IFLA_NET_NS_PID, IFLA_NET_NS_FD). @alpha */
export class Tasks implements NetlinkHost, SocketTasks {
  private readonly byPid: Map<number, TaskState> = new Map();
  private lastPid = 0;
  /** The task that is in a system call now. */
  current: TaskState | null = null;
  private readonly onNetExit = (net: Net): number => {
    net.kernel.run(() => this.netGone(net));
    return NOTIFY_DONE;
  };

  /** Takes a task in and gives it a process id: the one it wants, if that is free. */
  enter(task: TaskState, wanted: number = 0): number {
    let pid = wanted;
    if (pid <= 0 || this.byPid.has(pid)) {
      while (this.byPid.has(++this.lastPid));
      pid = this.lastPid;
    }
    this.byPid.set(pid, task);
    return pid;
  }

  /** The task of that number, or null. */
  find(pid: number): TaskState | null {
    return this.byPid.get(pid) ?? null;
  }

  /** Is there a task of this number? */
  hasPid(pid: number): boolean {
    return this.byPid.has(pid);
  }

  /** Numbers of all tasks, lowest first. */
  pids(): number[] {
    return Array.from(this.byPid.keys()).sort((a, b) => a - b);
  }

  /** A task has exited. */
  leave(pid: number): void {
    this.byPid.delete(pid);
  }

  /** A task may have sockets in this namespace: they end with it. */
  watch(net: Net): void {
    net.exitNotifiers.register(this.onNetExit);
  }

  /** The machine shuts down: all tasks exit. */
  shutdown(): void {
    for (const task of this.byPid.values()) task.exit();
  }

  private netGone(net: Net): void {
    for (const task of this.byPid.values()) {
      for (const fd of task.fds.list()) {
        const file = task.fds.get(fd)?.file;
        if (file instanceof SocketFile && file.socket.net === net) file.netGone();
      }
    }
  }

  currentPid(): number {
    return this.current?.pid ?? 1;
  }

  netByPid(pid: number): Net | number {
    const outside = this.current?.outside ?? null;
    if (outside !== null) return outside.netByPid(pid);
    return this.byPid.get(pid)?.net ?? -ESRCH;
  }

  netByFd(fd: number): Net | number {
    const outside = this.current?.outside ?? null;
    if (outside !== null) return outside.netByFd(fd);
    const file = this.current?.fds.get(fd)?.file;
    return file instanceof NsFile && file.net !== null ? file.net : -EBADF;
  }
}

const TASKS: Key<Tasks> = defineKey<Tasks>('posix');

/** The tasks of a kernel; netlink is told of them where the machine has namespaces. */
export function tasksOf(k: Kernel): Tasks {
  let tasks = k.tryGet(TASKS);
  if (tasks === null) {
    const made = (tasks = new Tasks());
    k.set(TASKS, made);
    // Calls that wait end with EBADF: nothing else will come.
    k.rebootNotifiers.register(() => {
      made.shutdown();
      return NOTIFY_DONE;
    });
    if (k.tryGet(NETNS) !== null) netnsSetTasks(k, tasks);
    const sockets = k.tryGet(SOCKET);
    if (sockets !== null) sockets.tasks = tasks;
  }
  return tasks;
}
