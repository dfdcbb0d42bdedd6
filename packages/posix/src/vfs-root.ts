/** The root of what a task sees. */
import { NETNS, netnsGet, netnsList } from '@linnet/netns';
import type { Tasks } from './tasks.ts';
import type { TaskState } from './task-state.ts';
import { dirOf, linkTo, type VfsDir, type VfsNode } from './vfs.ts';
import { procRoot } from './vfs-proc.ts';
import { sysRoot } from './vfs-sys.ts';

/** The names of namespaces, as `ip netns` keeps them. */
function netnsDir(task: TaskState): VfsDir {
  const { kernel } = task;
  return {
    kind: 'dir',
    list: () => (kernel.tryGet(NETNS) === null ? [] : netnsList(kernel).sort()),
    get(name): VfsNode | null {
      const ns = kernel.tryGet(NETNS) === null ? null : netnsGet(kernel, name);
      return ns === null ? null : { kind: 'ns', ns };
    },
  };
}

/** The root directory of a task. */
export function vfsRoot(task: TaskState, tasks: Tasks): VfsDir {
  return dirOf({
    proc: () => procRoot(task, tasks),
    run: () => dirOf({ netns: () => netnsDir(task) }),
    sys: () => sysRoot(task.net),
    var: () => dirOf({ run: () => linkTo('/run') }),
  });
}
