/** Event polling: epoll(7). A set of descriptors, and the list of those that became ready. */
import { EEXIST, EINVAL, ELOOP, ENOENT, EPERM, WaitEntry, WaitQueueHead, wakeUpPoll, type Kernel } from '@linnet/kernel';
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLERR, EPOLLET, EPOLLEXCLUSIVE, EPOLLHUP, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLWAKEUP, POLLIN, POLLRDNORM } from '@linnet/uapi';
import { OpenFile, type FileLink } from './file.ts';

/**
 * What epoll_ctl takes and epoll_wait gives (struct epoll_event).
 * @public
 */
export interface EpollEvent {
  /** EPOLLIN, EPOLLOUT and so on; with EPOLLET and EPOLLONESHOT when taken. */
  events: number;
  /** Comes back as it was given. */
  data: unknown;
}

/** Bits that say how to watch, not what for. */
const HOW = EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE;

/** What may be asked for together with EPOLLEXCLUSIVE. */
const EXCLUSIVE_OK = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;

/** So many epolls may stand in a row, each watching the next (EP_MAX_NESTS). */
const MAX_CHAIN = 5;

class EpItem implements FileLink {
  readonly epoll: EpollFile;
  readonly file: OpenFile;
  readonly fd: number;
  readonly entry: WaitEntry;
  events = 0;
  data: unknown = null;
  /** Is it in the ready list? */
  ready = false;
  gone = false;

  constructor(epoll: EpollFile, file: OpenFile, fd: number) {
    this.epoll = epoll;
    this.file = file;
    this.fd = fd;
    this.entry = new WaitEntry((mask) => {
      if ((mask & this.wanted) !== 0) epoll.markReady(this);
    });
  }

  /** EPOLLEXCLUSIVE: of several epolls, the event is for the first that somebody waits at. */
  makeExclusive(): void {
    this.entry.exclusive = (mask) => (mask & this.wanted) !== 0 && this.epoll.queue.active;
  }

  /** The bits to report; none once EPOLLONESHOT has switched it off. */
  get wanted(): number {
    const what = this.events & ~HOW;
    return what === 0 ? 0 : what | EPOLLERR | EPOLLHUP;
  }

  fileGone(): void {
    this.epoll.forget(this);
  }
}

/**
 * A file that is an epoll (struct eventpoll).
 * @alpha
 */
export class EpollFile extends OpenFile {
  readonly queue: WaitQueueHead = new WaitQueueHead();
  private readonly kernel: Kernel;
  /** What is watched: an open file under a number. A number closed and used again is another item. */
  private readonly items: Map<OpenFile, Map<number, EpItem>> = new Map();
  private ready: EpItem[] = [];

  constructor(kernel: Kernel) {
    super();
    this.kernel = kernel;
  }

  /** POLLIN when epoll_wait would return something. */
  poll(): number {
    return this.ready.some((item) => (item.file.poll() & item.wanted) !== 0) ? POLLIN | POLLRDNORM : 0;
  }

  /** Epolls in a row below this one, itself counted. */
  private get depth(): number {
    let below = 0;
    for (const file of this.items.keys()) if (file instanceof EpollFile) below = Math.max(below, file.depth);
    return below + 1;
  }

  /** Epolls in a row above this one, itself counted; Infinity when `looked` is among them. */
  private heightUnless(looked: EpollFile): number {
    if (this === looked) return Infinity;
    let above = 0;
    if (this.links !== null) for (const link of this.links) if (link instanceof EpItem) above = Math.max(above, link.epoll.heightUnless(looked));
    return above + 1;
  }

  /** Adds, changes or removes a file (epoll_ctl): 0, -EEXIST, -ENOENT, -EINVAL, -EPERM for a file that is always ready, -ELOOP for epolls in a circle or too deep. */
  ctl(op: number, fd: number, file: OpenFile, event: EpollEvent | null): number {
    const item = this.items.get(file)?.get(fd) ?? null;
    if (op === EPOLL_CTL_DEL) {
      if (item === null) return -ENOENT;
      this.forget(item);
      return 0;
    }
    if (event === null || typeof event !== 'object' || !Number.isInteger(event.events)) return -EINVAL;
    const exclusive = (event.events & EPOLLEXCLUSIVE) !== 0;
    if (exclusive && (op === EPOLL_CTL_MOD || file instanceof EpollFile || (event.events & ~EXCLUSIVE_OK) !== 0)) return -EINVAL;
    if (op === EPOLL_CTL_ADD) {
      if (!file.pollable) return -EPERM;
      if (item !== null) return -EEXIST;
      if (file instanceof EpollFile && this.heightUnless(file) + file.depth > MAX_CHAIN) return -ELOOP;
      const added = new EpItem(this, file, fd);
      let byFd = this.items.get(file);
      if (byFd === undefined) this.items.set(file, (byFd = new Map<number, EpItem>()));
      byFd.set(fd, added);
      if (exclusive) added.makeExclusive();
      (file.links ??= new Set()).add(added);
      file.queue.add(added.entry);
      this.watch(added, event);
      return 0;
    }
    if (op !== EPOLL_CTL_MOD) return -EINVAL;
    if (item === null) return -ENOENT;
    if ((item.events & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
    this.watch(item, event);
    return 0;
  }

  /** Fills `out` with at most `max` events and returns how many (ep_send_events). */
  collect(out: EpollEvent[], max: number): number {
    const list = this.ready;
    const again: EpItem[] = [];
    let n = 0;
    let i = 0;
    this.ready = [];
    for (; i < list.length && n < max; i++) {
      const item = list[i]!;
      item.ready = false;
      if (item.gone) continue;
      const events = item.file.poll() & item.wanted;
      if (events === 0) continue;
      out[n++] = { events, data: item.data };
      if ((item.events & EPOLLONESHOT) !== 0) item.events &= HOW;
      else if ((item.events & EPOLLET) === 0) {
        // Level-triggered: it is asked again the next time, after the others.
        item.ready = true;
        again.push(item);
      }
    }
    this.ready = [...list.slice(i), ...again, ...this.ready];
    return n;
  }

  /** @internal */
  markReady(item: EpItem): void {
    if (item.gone) return;
    if (!item.ready) {
      item.ready = true;
      this.ready.push(item);
    }
    // Also when it was ready before: an epoll that watches this one edge-triggered sees a new event.
    wakeUpPoll(this.kernel, this.queue, POLLIN | POLLRDNORM);
  }

  /** @internal */
  forget(item: EpItem): void {
    item.gone = true;
    item.file.queue.remove(item.entry);
    item.file.links?.delete(item);
    const byFd = this.items.get(item.file);
    byFd?.delete(item.fd);
    if (byFd?.size === 0) this.items.delete(item.file);
  }

  protected release(): void {
    for (const byFd of this.items.values()) for (const item of byFd.values()) this.forget(item);
    this.ready = [];
  }

  private watch(item: EpItem, event: EpollEvent): void {
    item.events = event.events | 0;
    item.data = event.data;
    if ((item.file.poll() & item.wanted) !== 0) this.markReady(item);
  }
}
