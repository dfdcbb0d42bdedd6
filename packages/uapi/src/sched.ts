/**
 * Namespace flags: clone(2), unshare(2), setns(2).
 */

// Clone flags

/** Flag of clone(2): newtime. @public */
export const CLONE_NEWTIME = 0x00000080;
/** Flag of clone(2): vm. @public */
export const CLONE_VM = 0x00000100;
/** Flag of clone(2): fs. @public */
export const CLONE_FS = 0x00000200;
/** Flag of clone(2): files. @public */
export const CLONE_FILES = 0x00000400;
/** Flag of clone(2): sighand. @public */
export const CLONE_SIGHAND = 0x00000800;
/** Flag of clone(2): pidfd. @public */
export const CLONE_PIDFD = 0x00001000;
/** Flag of clone(2): ptrace. @public */
export const CLONE_PTRACE = 0x00002000;
/** Flag of clone(2): vfork. @public */
export const CLONE_VFORK = 0x00004000;
/** Flag of clone(2): parent. @public */
export const CLONE_PARENT = 0x00008000;
/** Flag of clone(2): thread. @public */
export const CLONE_THREAD = 0x00010000;
/** Flag of clone(2): newns. @public */
export const CLONE_NEWNS = 0x00020000;
/** Flag of clone(2): sysvsem. @public */
export const CLONE_SYSVSEM = 0x00040000;
/** Flag of clone(2): settls. @public */
export const CLONE_SETTLS = 0x00080000;
/** Flag of clone(2): parent settid. @public */
export const CLONE_PARENT_SETTID = 0x00100000;
/** Flag of clone(2): child cleartid. @public */
export const CLONE_CHILD_CLEARTID = 0x00200000;
/** Flag of clone(2): detached. @public */
export const CLONE_DETACHED = 0x00400000;
/** Flag of clone(2): untraced. @public */
export const CLONE_UNTRACED = 0x00800000;
/** Flag of clone(2): child settid. @public */
export const CLONE_CHILD_SETTID = 0x01000000;
/** Flag of clone(2): newcgroup. @public */
export const CLONE_NEWCGROUP = 0x02000000;
/** Flag: a new UTS namespace (clone(2)). @public */
export const CLONE_NEWUTS = 0x04000000;
/** Flag of clone(2): newipc. @public */
export const CLONE_NEWIPC = 0x08000000;
/** Flag of clone(2): newuser. @public */
export const CLONE_NEWUSER = 0x10000000;
/** Flag of clone(2): newpid. @public */
export const CLONE_NEWPID = 0x20000000;
/** Flag: a new network namespace (clone(2), network_namespaces(7)). @public */
export const CLONE_NEWNET = 0x40000000;
/** Flag of clone(2): io. @public */
export const CLONE_IO = 0x80000000;
