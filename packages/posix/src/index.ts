/**
 * Tasks, file descriptors, epoll and the blocking system calls.
 *
 * @packageDocumentation
 */
export { AbortError, type AbortSignalLike, type BlockOptions } from './abort.ts';
export { sockaddrText } from './args.ts';
export { EpollFile, type EpollEvent } from './epoll.ts';
export { FdSlot, FdTable, type FdWait } from './fd-table.ts';
export { OpenFile, SocketFile, type FileLink } from './file.ts';
export { NsFile } from './ns-file.ts';
export { Sys, type MMsgHdr, type NameOut, type PollFd } from './sys.ts';
// The texts of errors, for programs that know the machine only by its system calls.
export { errnoName, strerror } from '@linnet/kernel';
// What sendmsg and recvmsg take.
export { type Cmsg, MsgHdr } from '@linnet/socket';
export { Task, type Received, type TaskOptions } from './task.ts';
export type { TaskOutside, TaskState } from './task-state.ts';
export type { Dirent, Stat } from './vfs.ts';
