/** What a descriptor stands for (struct file). */
import { ENETDOWN, type WaitQueueHead, wakeUpPoll } from '@linnet/kernel';
import { O_RDWR, POLLERR, POLLHUP } from '@linnet/uapi';
import { type ProtoOps, sockRelease, type Socket } from '@linnet/socket';

/** One who watches a file and must let go when it ends. @alpha */
export interface FileLink {
  fileGone(): void;
}

/**
 * An open file, behind one descriptor or, after dup, several: they share its status flags.
 * @alpha
 */
export abstract class OpenFile {
  /** O_RDWR and O_NONBLOCK. */
  flags: number = O_RDWR;
  /** Descriptors that stand for it. */
  refs: number = 0;
  /** Epolls that watch it; null while there was none, since most files never meet one. */
  links: Set<FileLink> | null = null;

  /** May epoll watch it? */
  get pollable(): boolean {
    return true;
  }
  /** Where to wait for a change of what {@link OpenFile.poll} says. */
  abstract get queue(): WaitQueueHead;
  /** The POLL* bits that hold now; called inside the kernel. */
  abstract poll(): number;
  /** The last descriptor is gone; called inside the kernel. */
  protected abstract release(): void;

  /** A descriptor less (fput). */
  put(): void {
    if (--this.refs > 0) return;
    if (this.links !== null) for (const link of this.links) link.fileGone();
    this.release();
  }
}

const GONE = POLLERR | POLLHUP;

/** What can be done with a socket whose namespace has ended. */
const goneOps: ProtoOps = (() => {
  const down = (): number => -ENETDOWN;
  return {
    family: 0, release: () => 0, bind: down, connect: down, accept: down, getname: down, poll: () => GONE, listen: down, shutdown: down, setsockopt: down, getsockopt: down,
    sendmsg: down, recvmsg: down,
  };
})();

/**
 * A file that is a socket.
 * @alpha
 */
export class SocketFile extends OpenFile {
  readonly socket: Socket;
  /** The process, or negative the group, that signals of it would go to (F_SETOWN). */
  owner: number = 0;

  constructor(socket: Socket) {
    super();
    this.socket = socket;
  }

  get queue(): WaitQueueHead {
    return this.socket.wq;
  }

  poll(): number {
    return this.socket.ops.poll(this.socket);
  }

  /** The socket's namespace ends, and the socket with it: the descriptor stays, every call on it says ENETDOWN, and who waits is woken. */
  netGone(): void {
    const { socket } = this;
    sockRelease(socket);
    socket.ops = goneOps;
    wakeUpPoll(socket.kernel, socket.wq, GONE);
  }

  protected release(): void {
    sockRelease(this.socket);
  }
}
