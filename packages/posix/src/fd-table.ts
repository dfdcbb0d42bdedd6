/** The descriptors of a task (struct fdtable). */
import { EBADF, EINVAL, EMFILE } from '@linnet/kernel';
import type { OpenFile } from './file.ts';

/** One who waits on a descriptor and is told when it is closed. @alpha */
export interface FdWait {
  fdClosed(): void;
}

/** An open descriptor. @alpha */
export class FdSlot {
  readonly file: OpenFile;
  /** FD_CLOEXEC. Kept and shown; nothing is executed here. */
  cloexec: boolean;
  /** Blocking calls that wait on this descriptor; null while there was none. */
  waits: Set<FdWait> | null = null;

  constructor(file: OpenFile, cloexec: boolean) {
    this.file = file;
    this.cloexec = cloexec;
  }
}

/**
 * Numbers for open files: a new one gets the lowest that is free.
 * @alpha
 */
export class FdTable {
  /** RLIMIT_NOFILE: numbers are below it. */
  limit: number;
  private readonly slots: (FdSlot | null)[] = [];
  /** No number below is free. */
  private low: number = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The descriptor's slot, or null when it is not open (or no number at all). */
  get(fd: number): FdSlot | null {
    return (typeof fd === 'number' ? this.slots[fd] : null) ?? null;
  }

  /** Is there a number left? */
  get full(): boolean {
    return this.lowestFrom(0) >= this.limit;
  }

  /** Open descriptors, lowest first. */
  list(): number[] {
    const out: number[] = [];
    for (let fd = 0; fd < this.slots.length; fd++) if (this.slots[fd] !== null) out.push(fd);
    return out;
  }

  /** Gives the file the lowest free number from `from` on; -EMFILE when the limit is reached (the file stays the caller's), -EINVAL for a `from` past it. */
  install(file: OpenFile, cloexec: boolean, from: number = 0): number {
    if (from >= this.limit) return -EINVAL;
    const fd = this.lowestFrom(from);
    if (fd >= this.limit) return -EMFILE;
    this.put(fd, file, cloexec);
    return fd;
  }

  /** Gives the file this number; what had it is closed first. */
  replace(fd: number, file: OpenFile, cloexec: boolean): void {
    file.refs++; // first: closing the old descriptor may drop the last other reference
    if (this.get(fd) !== null) this.close(fd);
    this.put(fd, file, cloexec);
    file.refs--;
  }

  /** Closes a descriptor; those who wait on it are told. 0 or -EBADF. */
  close(fd: number): number {
    const slot = this.get(fd);
    if (slot === null) return -EBADF;
    this.slots[fd] = null;
    if (fd < this.low) this.low = fd;
    slot.file.put();
    const { waits } = slot;
    slot.waits = null;
    if (waits !== null) for (const wait of waits) wait.fdClosed();
    return 0;
  }

  /** Gives another table the same files under the same numbers (fork(2)). */
  copyTo(to: FdTable): void {
    for (const fd of this.list()) {
      const { file, cloexec } = this.slots[fd]!;
      to.put(fd, file, cloexec);
    }
  }

  private put(fd: number, file: OpenFile, cloexec: boolean): void {
    while (this.slots.length <= fd) this.slots.push(null);
    this.slots[fd] = new FdSlot(file, cloexec);
    file.refs++;
  }

  private lowestFrom(from: number): number {
    let fd = Math.max(from, this.low);
    while (fd < this.slots.length && this.slots[fd] !== null) fd++;
    if (from <= this.low) this.low = fd;
    return fd;
  }
}
