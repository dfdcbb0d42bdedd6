/** A descriptor of a real program: one of the machine's sockets (or its /dev/net/tun), and the data connection whose client end the program holds as its descriptor. */
import type { Socket as Connection } from 'node:net';
import { EAGAIN, EPIPE, WaitEntry } from '@linnet/kernel';
import { MSG_DONTWAIT, MSG_NOSIGNAL, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_ERROR, SOL_SOCKET } from '@linnet/uapi';
import type { OpenFile, Task } from '@linnet/posix';
import { REPLY_PLUG, REPLY_RAW, type Reply } from './wire.ts';

/** Bits of a token, the byte that makes the descriptor readable: what poll says. */
const TOKEN_IN = 1;
const TOKEN_ERR = 2;
const TOKEN_HUP = 4;
const TOKEN_RDHUP = 8;
const TOKEN_PRI = 16;

/** Bytes moved in one step between the machine and a stream. */
const STEP = 128 << 10;
/** Steps before others have their turn. */
const STEPS = 16;
/** How long one whose connection was cut stays, so that its error and addresses can be asked for. */
const GRAVE_MS = 60_000;

/** Who keeps the sockets: told when one is gone. */
export interface CarriedOwner {
  readonly task: Task;
  gone(socket: Carried): void;
  /** A buffer of {@link STEP} bytes for one step. */
  buffer(): Uint8Array;
  /** The buffer is free again. */
  giveBack(buffer: Uint8Array): void;
}

/** @internal */
export const stepBuffer = (): Uint8Array => new Uint8Array(STEP);

/**
 * The connection's client end mirrors the socket. As long as calls are carried one by one it holds *tokens*, bytes that say what poll would, so that the descriptor
 * is readable when the socket is; and where the socket cannot be written to it is *plugged*, filled with bytes that are thrown away once it can.
 * A connected stream is *raw*: the connection carries the stream itself, both ways, and the program's plain reads and writes need nobody's help.
 */
export class Carried {
  readonly id: number;
  readonly owner: CarriedOwner;
  /** Its descriptor in the owner's task. */
  readonly fd: number;
  readonly file: OpenFile;
  /** Does it carry a stream? */
  readonly stream: boolean;
  private conn: Connection | null;
  private raw = false;
  private connecting = false;
  private listening = false;
  /** A connection failed: who waits is to see it. */
  private failed = false;
  private tokens = 0;
  private shown = 0;
  /** The client was told to plug; `plugs` says whether it has said how much. */
  private plugging = false;
  private plugged = false;
  /** The connection had stopped reading when the client was told to plug. */
  private stopped = false;
  private discard = 0;
  /** Bytes of the client that the socket did not take yet. */
  private rest: Uint8Array | null = null;
  /** Our last write has not left yet: its buffer. */
  private flying: Uint8Array | null = null;
  private readEnd = false;
  private writeEnd = false;
  private wantShut = false;
  private arrivals = 0;
  /** The negative errno that ended the stream, for whoever asks first. */
  private error = 0;
  private later = false;
  /** The client has gone; what it wrote has not. */
  private ending = false;
  private feeding = false;
  private feedAgain = false;
  private draining = false;
  private drainAgain = false;
  private closed = false;
  private grave: ReturnType<typeof setTimeout> | null = null;
  private readonly entry: WaitEntry;
  private readonly flushed = (): void => this.onFlushed();

  constructor(id: number, owner: CarriedOwner, fd: number, file: OpenFile, stream: boolean, conn: Connection) {
    this.id = id;
    this.owner = owner;
    this.fd = fd;
    this.file = file;
    this.stream = stream;
    this.conn = conn;
    this.entry = new WaitEntry(() => this.refresh());
    file.queue.add(this.entry);
    conn.on('data', (chunk: Uint8Array) => this.onData(chunk));
    conn.on('end', () => this.onEnd());
    conn.on('error', () => this.onEnd());
    conn.on('close', () => {
      if (this.grave === null) this.onEnd();
    });
  }

  /** Does the data connection carry the stream itself? Then calls for its data are not to be made here. */
  get isRaw(): boolean {
    return this.raw;
  }

  /** Something may have changed: shows it to the client. */
  refresh(): void {
    if (this.closed) return;
    if (this.raw) {
      this.pump();
      return;
    }
    const mask = this.poll();
    if (this.connecting && (mask & (POLLOUT | POLLERR | POLLHUP)) !== 0) {
      this.connecting = false;
      if ((mask & (POLLERR | POLLHUP)) === 0) {
        this.becomeRaw();
        return;
      }
      this.failed = true;
    }
    if (this.plugging && this.plugged && (mask & (POLLOUT | POLLERR | POLLHUP)) !== 0) this.unplug();
    const now = this.visible(mask);
    if ((now & ~this.shown) !== 0) this.show(now);
  }

  /** What a reply says beside its result: tokens that no longer hold, and what to do with the data connection. */
  conclude(reply: Reply, wouldBlock: boolean): void {
    this.refresh();
    if (this.raw) reply.flags |= REPLY_RAW;
    const now = this.raw || this.closed ? 0 : this.visible(this.poll());
    if (this.tokens > 0 && now !== this.shown) {
      // The client removes all; those that hold are put in again, behind them.
      reply.drop = this.tokens;
      this.tokens = 0;
      this.shown = 0;
      if (now !== 0) this.show(now);
    }
    const toPlug = wouldBlock && !this.raw && !this.plugging && !this.failed && !this.closed;
    // A paused connection reads once more, which leaves a hole in what was put in before it did.
    const again = this.plugging && this.plugged && !this.stopped;
    if (toPlug || again) {
      this.plugging = true;
      this.plugged = false;
      this.conn?.pause();
      this.stopped = this.conn?.readableLength !== 0;
      reply.flags |= REPLY_PLUG;
    }
  }

  /** accept has made it, or a connect call has succeeded at once. */
  connected(): void {
    if (this.stream && !this.raw && !this.closed) this.becomeRaw();
  }

  /** connect(2) has begun. */
  connectBegan(): void {
    this.connecting = this.stream;
    this.failed = false;
  }

  /** listen(2) went well. */
  listens(): void {
    this.listening = true;
  }

  /** The client has put `n` bytes in. */
  onPlugged(n: number): void {
    if (!this.plugging) {
      this.discard += n;
      return;
    }
    this.discard += n;
    this.plugged = true;
    if (this.raw) this.unplug();
    else this.refresh();
  }

  /** The client that was to plug is gone. */
  abandonPlug(): void {
    if (this.plugging && !this.plugged) this.unplug();
  }

  /** shutdown(2): 0 or a negative errno. What the client has written before goes out first. */
  shutdown(how: number): number {
    const { sys } = this.owner.task;
    if (!this.raw) return sys.shutdown(this.fd, how);
    if (how < SHUT_RD || how > SHUT_RDWR) return sys.shutdown(this.fd, how);
    if (how !== SHUT_WR) {
      const err = sys.shutdown(this.fd, SHUT_RD);
      if (err < 0) return err;
    }
    if (how !== SHUT_RD && !this.wantShut) {
      this.wantShut = true;
      this.shutWhenDrained();
    }
    return 0;
  }

  /** The error that ended the stream, once: a negative errno or 0. */
  takeError(): number {
    const err = this.error;
    this.error = 0;
    if (err !== 0 || this.closed) return err;
    const v = this.owner.task.sys.getsockopt(this.fd, SOL_SOCKET, SO_ERROR, 4);
    return typeof v === 'number' ? 0 : -((v[0] ?? 0) | ((v[1] ?? 0) << 8));
  }

  /** The client has closed what was cut; nothing more is asked. One that still has its connection stays. */
  bury(): void {
    if (this.grave !== null) this.close();
  }

  /** Ends it: the program's last descriptor is gone, or the server ends. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.grave !== null) clearTimeout(this.grave);
    this.file.queue.remove(this.entry);
    this.conn?.destroy();
    this.conn = null;
    this.owner.task.sys.close(this.fd);
    this.owner.gone(this);
  }

  private poll(): number {
    const k = this.owner.task.kernel;
    k.enter();
    try {
      return this.file.poll();
    } finally {
      k.exit();
    }
  }

  /** The token for a poll mask; 0: the descriptor is not to be readable. */
  private visible(mask: number): number {
    // A stream that is neither connected nor listening says POLLHUP all the time; nobody is to be woken by that.
    if (this.stream && !this.listening && !this.failed) return 0;
    return ((mask & POLLIN) !== 0 ? TOKEN_IN : 0) | ((mask & POLLERR) !== 0 ? TOKEN_ERR : 0) | ((mask & POLLHUP) !== 0 ? TOKEN_HUP : 0) |
      ((mask & POLLRDHUP) !== 0 ? TOKEN_RDHUP : 0) | ((mask & POLLPRI) !== 0 ? TOKEN_PRI : 0);
  }

  private show(now: number): void {
    if (this.conn === null) return;
    this.shown = now;
    this.tokens++;
    this.conn.write(new Uint8Array([now]));
  }

  private becomeRaw(): void {
    this.connecting = false;
    this.failed = false;
    this.raw = true;
    if (this.plugging && this.plugged) this.unplug();
    this.pump();
  }

  private unplug(): void {
    this.plugging = false;
    this.plugged = false;
    if (this.rest === null) this.conn?.resume();
    if (this.wantShut) this.shutWhenDrained();
  }

  /** From the client. */
  private onData(chunk: Uint8Array): void {
    this.arrivals++;
    let data = chunk;
    if (this.discard > 0) {
      const n = Math.min(this.discard, data.length);
      this.discard -= n;
      data = data.subarray(n);
    }
    if (!this.raw || data.length === 0 || this.writeEnd || this.closed) return;
    this.rest = data;
    this.feed();
    this.lookForReset();
  }

  /** The client's last descriptor is gone. The stream may say so although it was paused: what it wrote before goes out first. */
  private onEnd(): void {
    if (this.rest !== null) this.ending = true;
    else this.close();
  }

  /** Gives the socket what the client wrote. A call may wake us before it returns: then it is tried again, not done twice. */
  private feed(): void {
    if (this.feeding) {
      this.feedAgain = true;
      return;
    }
    this.feeding = true;
    const { sys } = this.owner.task;
    while (this.rest !== null && !this.closed) {
      this.feedAgain = false;
      const n = sys.send(this.fd, this.rest, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n === -EAGAIN) {
        if (this.feedAgain) continue;
        this.conn?.pause();
        break;
      }
      if (n < 0) {
        this.rest = null;
        this.cut(n);
        break;
      }
      this.rest = n >= this.rest.length ? null : this.rest.subarray(n);
    }
    this.feeding = false;
    if (this.rest === null && this.ending) {
      this.close();
      return;
    }
    if (this.rest === null && !this.plugging && this.conn?.isPaused() === true) {
      this.conn.resume();
      if (this.wantShut) this.shutWhenDrained();
    }
  }

  /** Both ways, as far as it goes. */
  private pump(): void {
    if (this.rest !== null) this.feed();
    this.drain();
    this.lookForReset();
  }

  /** A stream that was reset after it had ended brings nothing more that would say so: who writes next is to hear it at once. */
  private lookForReset(): void {
    if (!this.readEnd || this.writeEnd || this.wantShut || this.closed || this.rest !== null) return;
    if ((this.poll() & (POLLERR | POLLHUP)) !== 0) this.cut(this.takeError() || -EPIPE);
  }

  /** To the client; tried again, too, when a call woke us before it returned. */
  private drain(): void {
    if (this.draining) {
      this.drainAgain = true;
      return;
    }
    this.draining = true;
    const more = this.drainSteps();
    this.draining = false;
    if (!more || this.later) return;
    this.later = true;
    setImmediate(() => {
      this.later = false;
      if (!this.closed) this.drain();
    });
  }

  /** True: there is more, and others are to have their turn first. */
  private drainSteps(): boolean {
    const { task } = this.owner;
    for (let step = 0; step < STEPS; step++) {
      const { conn } = this;
      if (this.closed || conn === null || this.readEnd || this.flying !== null) return false;
      const buf = this.owner.buffer();
      this.drainAgain = false;
      const n = task.sys.recv(this.fd, buf, MSG_DONTWAIT);
      if (n <= 0 || this.closed) {
        this.owner.giveBack(buf);
        if (this.closed) return false;
        if (n === -EAGAIN) {
          if (this.drainAgain) continue;
          return false;
        }
        this.readEnd = true;
        if (n < 0) this.cut(n);
        else conn.end();
        return false;
      }
      conn.write(n === buf.length ? buf : buf.subarray(0, n), this.flushed);
      // Nearly always the bytes are in the connection by now, and the buffer is free.
      if (conn.writableLength > 0) this.flying = buf;
      else this.owner.giveBack(buf);
    }
    return true;
  }

  private onFlushed(): void {
    const { flying } = this;
    if (flying === null || this.conn === null || this.conn.writableLength > 0) return;
    this.flying = null;
    this.owner.giveBack(flying);
    if (!this.closed) this.drain();
  }

  /** The stream is dead: the client reads what there is, then asks why. */
  private cut(err: number): void {
    if (this.error === 0 && err !== -EPIPE) this.error = err;
    if (err === -EPIPE && this.error === 0) {
      const pending = this.takeError();
      this.error = pending;
    }
    this.readEnd = true;
    this.writeEnd = true;
    if (this.grave !== null) return;
    this.grave = setTimeout(() => this.close(), GRAVE_MS);
    this.grave.unref();
    this.conn?.destroySoon();
  }

  /** The connection has been read empty once a whole turn of the event loop brings nothing more. */
  private shutWhenDrained(): void {
    // What waits for the socket comes first; whoever goes on with it comes back here.
    if (this.rest !== null || this.plugging) return;
    const seen = this.arrivals;
    setImmediate(() => setImmediate(() => {
      if (this.closed || this.writeEnd || this.rest !== null || this.plugging) return;
      if (seen !== this.arrivals) {
        this.shutWhenDrained();
        return;
      }
      this.writeEnd = true;
      this.owner.task.sys.shutdown(this.fd, SHUT_WR);
      this.refresh();
    }));
  }
}
