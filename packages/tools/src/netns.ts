/** Running a program in another namespace, for `ip -n` and `ss -N`. */
import type { Task } from '@linnet/posix';
import { ToolExit } from './words.ts';

/** Where the names of namespaces are. */
export const NETNS_FOLDER = '/run/netns';

/** Runs `fn` with the task in a named namespace (null: where it is), and brings the task back. */
export async function inNetns<T>(task: Task, name: string | null, fn: () => T | Promise<T>): Promise<T> {
  if (name === null) return fn();
  const home = task.sys.open('/proc/self/ns/net');
  const fd = task.sys.open(`${NETNS_FOLDER}/${name}`);
  try {
    if (fd < 0) throw new ToolExit(255, `Cannot open network namespace "${name}": No such file or directory\n`);
    task.setns(fd);
    try {
      return await fn();
    } finally {
      task.setns(home);
    }
  } finally {
    for (const open of [fd, home]) if (open >= 0) task.sys.close(open);
  }
}
