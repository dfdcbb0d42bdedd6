/** What a descriptor stands for (struct file). */
import type { WaitQueueHead } from '@linnet/kernel';
import { O_RDWR } from '@linnet/uapi';
import { sockRelease, type Socket } from '@linnet/socket';

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

/**
 * A file that is a socket.
 * @alpha
 */
export class SocketFile extends OpenFile {
  readonly socket: Socket;

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

  protected release(): void {
    sockRelease(this.socket);
  }
}
