/** The system calls, never blocking: zero or positive, or a negative errno. */
import {
  EAGAIN, EBADF, EFAULT, EINPROGRESS, EINVAL, EMFILE, ENOTSOCK, ENOTTY, EOPNOTSUPP, EPERM, type Kernel,
} from '@linnet/kernel';
import { MsgHdr, msgCount, sockCreate, Socket, sockGetsockopt, sockRelease, sockSetsockopt, SS_CONNECTED, SS_CONNECTING } from '@linnet/socket';
import {
  EPOLL_CLOEXEC, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, FIOCLEX, FIONBIO, FIONCLEX, MSG_DONTWAIT, MSG_ERRQUEUE, O_CLOEXEC, O_NONBLOCK, POLLERR,
  POLLHUP, POLLNVAL, SHUT_RD, SHUT_RDWR, SO_ERROR, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_TYPE_MASK, SOL_SOCKET, type SockAddr,
} from '@linnet/uapi';
import { addrErrno } from './args.ts';
import { EpollFile, type EpollEvent } from './epoll.ts';
import { SocketFile, type OpenFile } from './file.ts';
import type { Task } from './task.ts';

/**
 * A descriptor and what to wait for (struct pollfd).
 * @public
 */
export interface PollFd {
  /** Negative: left out. */
  fd: number;
  events: number;
  /** Filled in. */
  revents: number;
}

/**
 * One of several messages (struct mmsghdr).
 * @public
 */
export interface MMsgHdr {
  readonly hdr: MsgHdr;
  /** Filled in: bytes sent or received. */
  len: number;
}

/**
 * Where recvfrom puts the sender's address.
 * @public
 */
export interface NameOut {
  addr: SockAddr | null;
}
