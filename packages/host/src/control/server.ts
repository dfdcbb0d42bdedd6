/** The control server: real programs under the preload library become tasks of a machine. */
import fs from 'node:fs';
import net, { type Socket as Connection } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { EADDRINUSE, EBADF, EINVAL, errnoName, EPROTO, type Kernel, type Net, NOTIFY_DONE } from '@linnet/kernel';
import { type OpenFile, type SocketFile, Task } from '@linnet/posix';
import { SO_TYPE, SOCK_STREAM, SOL_SOCKET, sockaddrEncode } from '@linnet/uapi';
import { HostError } from '../errors.ts';
import { noSocket, REPLY_ROOM, socketCall } from './calls.ts';
import { Carried, type CarriedOwner, stepBuffer } from './carried.ts';
import { fileCall, isFileCall } from './files.ts';
import { answers, checkPath, controlPath, makeRunDir } from './machines.ts';
import { Namespaces } from './namespaces.ts';
import { TunFile } from './tun.ts';
import { type Frame, FrameReader, KIND_CALLS, KIND_STREAM, OP_ACCEPT, OP_CLOSED, OP_HELLO, OP_SOCKET, OP_TUN, readWho, REPLY_PLUG, Reply, type Who, WIRE_VERSION } from './wire.ts';

/**
 * Where a machine is to be reached.
 * @public
 */
export interface ControlOptions {
  /** The machine's name: its socket is then where `linnet exec --machine NAME` looks. Default: the kernel's host name. */
  readonly name?: string;
  /** A path for the socket instead. */
  readonly path?: string;
}

/**
 * A machine that real programs can enter.
 * @public
 */
export interface ControlServer {
  readonly path: string;
  /** How many processes are connected. */
  readonly processes: number;
  /** How many sockets they have. */
  readonly sockets: number;
  /** Ends it: the programs' sockets are closed, the path is free again. Does nothing the second time. */
  close(): Promise<void>;
}

/** Bytes of answers that a connection may leave unread. */
const MAX_UNREAD = 64 << 20;
/** How long what processes have left behind waits to be cleared up. */
const SWEEP_MS = 200;

/** A task of a process in one namespace; it lives as long as a connection or a socket of the process does. */
class ClientTask implements CarriedOwner {
  readonly task: Task;
  private readonly server: Server;
  private readonly key: string;
  private refs = 0;
  /** Control connections of the process. */
  private controls = 0;

  constructor(server: Server, key: string, space: Net, pid: number) {
    this.server = server;
    this.key = key;
    this.task = new Task(space, { maxFds: 1 << 20, comm: commOf(pid), pid });
    this.task.outside = server.outside;
  }

  hold(): this {
    this.refs++;
    return this;
  }

  enter(): void {
    this.hold().controls++;
  }

  /** A control connection has ended: with the last of them nobody asks any more why a socket of the process was cut. */
  leave(): void {
    if (--this.controls === 0) for (const socket of Array.from(this.server.carried.values())) if (socket.owner === this) socket.bury();
    this.put();
  }

  put(): void {
    if (--this.refs > 0) return;
    this.server.tasks.delete(this.key);
    this.task.exit();
    this.server.sweepSoon();
  }

  gone(socket: Carried): void {
    this.server.carried.delete(socket.id);
    this.put();
  }

  buffer(): Uint8Array {
    return this.server.buffers.pop() ?? stepBuffer();
  }

  giveBack(buffer: Uint8Array): void {
    if (this.server.buffers.length < 16) this.server.buffers.push(buffer);
  }
}

function commOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'program';
  }
}

class Server implements ControlServer {
  readonly path: string;
  readonly tasks: Map<string, ClientTask> = new Map();
  readonly carried: Map<number, Carried> = new Map();
  readonly buffers: Uint8Array[] = [];
  readonly outside: { netByPid(pid: number): Net | number; netByFd(fd: number): Net | number } = {
    netByPid: (pid) => (this.caller === null ? -EINVAL : this.spaces.byPid(pid, this.caller)),
    netByFd: (fd) => (this.caller === null ? -EBADF : this.spaces.byFd(fd, this.caller)),
  };
  private readonly kernel: Kernel;
  private readonly mode: number;
  private readonly listener: net.Server;
  private readonly spaces: Namespaces;
  private readonly connections: Set<Connection> = new Set();
  private readonly reply: Reply = new Reply(REPLY_ROOM);
  private controls = 0;
  private lastId = 0;
  /** Whose call is being made. */
  private caller: Who | null = null;
  private sweeper: ReturnType<typeof setTimeout> | null = null;
  private closing: Promise<void> | null = null;

  /** `mode`: the permissions of the socket. */
  constructor(kernel: Kernel, path: string, mode: number) {
    this.kernel = kernel;
    this.path = path;
    this.mode = mode;
    this.spaces = new Namespaces(kernel);
    // A connection that is paused stops with the first bytes that nobody takes.
    this.listener = net.createServer({ allowHalfOpen: true, highWaterMark: 1 }, (conn) => this.onConnection(conn));
    // A machine that is shut down can be entered no more.
    kernel.rebootNotifiers.register(() => {
      void this.close();
      return NOTIFY_DONE;
    }, 1);
  }

  get processes(): number {
    return this.controls;
  }

  get sockets(): number {
    return this.carried.size;
  }

  listen(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.listener.once('error', reject);
      // Only its user may enter: from the moment that the socket is there. (A worker thread cannot set the mask; there it is a moment later.)
      const mask = isMainThread ? process.umask(0o177) : 0;
      this.listener.listen(this.path, () => {
        this.listener.removeListener('error', reject);
        fs.chmodSync(this.path, this.mode);
        resolve(this);
      });
      if (isMainThread) process.umask(mask);
    });
  }

  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      if (this.sweeper !== null) clearTimeout(this.sweeper);
      for (const socket of Array.from(this.carried.values())) socket.close();
      for (const conn of this.connections) conn.destroy();
      this.spaces.close();
      this.listener.close(() => resolve());
    });
    return this.closing;
  }

  sweepSoon(): void {
    if (this.sweeper !== null || this.closing !== null) return;
    this.sweeper = setTimeout(() => {
      this.sweeper = null;
      this.spaces.sweep();
    }, SWEEP_MS);
    this.sweeper.unref();
  }

  /** The first frame says what a connection is for. */
  private onConnection(conn: Connection): void {
    this.connections.add(conn);
    conn.on('close', () => this.connections.delete(conn));
    const drop = (): void => void conn.destroy();
    conn.on('error', drop);
    conn.on('end', drop);
    const reader = new FrameReader();
    const first = (chunk: Uint8Array): void => {
      let known = true;
      const ok = reader.push(chunk, (frame) => {
        conn.off('data', first);
        conn.off('end', drop);
        known = this.begin(conn, reader, frame);
        return false;
      });
      if (!ok || !known) conn.destroy();
    };
    conn.on('data', first);
  }

  /** False: not our protocol. */
  private begin(conn: Connection, reader: FrameReader, frame: Frame): boolean {
    const who = readWho(frame.payload);
    if (who === null) return false;
    const { reply } = this;
    reply.reset();
    if (typeof who === 'number') {
      reply.rc = -EPROTO;
      reply.a = WIRE_VERSION;
      this.send(conn);
      conn.end();
      return true;
    }
    switch (frame.op) {
      case OP_HELLO:
        this.control(conn, reader, who);
        return true;
      case OP_SOCKET:
        this.open(conn, frame, who);
        return true;
      case OP_ACCEPT:
        this.accept(conn, frame, who);
        return true;
      case OP_TUN:
        this.openTun(conn, who);
        return true;
      default:
        return false;
    }
  }

  /** A control connection: frame by frame, a call each. */
  private control(conn: Connection, reader: FrameReader, who: Who): void {
    const client = this.client(who);
    if (typeof client === 'number') {
      this.reply.rc = client;
      this.send(conn);
      conn.end();
      return;
    }
    client.enter();
    this.controls++;
    const plugging = new Set<Carried>();
    conn.on('end', () => conn.destroy());
    conn.on('close', () => {
      this.controls--;
      for (const socket of plugging) socket.abandonPlug();
      client.leave();
      this.sweepSoon();
    });
    this.reply.a = WIRE_VERSION;
    this.send(conn);
    const call = (frame: Frame): boolean => {
      if (conn.destroyed) return false;
      this.reply.reset();
      if (frame.op === OP_CLOSED) {
        if (this.carried.has(frame.id)) {
          this.afterTurn(conn);
          return true;
        }
      } else {
        this.call(frame, who, plugging);
      }
      this.send(conn);
      return true;
    };
    conn.on('data', (chunk: Uint8Array) => {
      if (!reader.push(chunk, call)) conn.destroy();
    });
    const rest = reader.rest();
    if (rest.length > 0 && !reader.push(rest, call)) conn.destroy();
  }

  /** Answers when the event loop has looked at all connections once more, so that one that has ended is seen to. */
  private afterTurn(conn: Connection): void {
    setImmediate(() => setImmediate(() => {
      if (conn.destroyed) return;
      this.reply.reset();
      this.send(conn);
    }));
  }

  private call(frame: Frame, who: Who, plugging: Set<Carried>): void {
    const { reply } = this;
    if (isFileCall(frame.op)) {
      const from = readWho(frame.payload);
      const client = from === null || typeof from === 'number' ? -EINVAL : this.client(from);
      if (typeof client === 'number') reply.rc = client;
      else {
        client.hold();
        this.as(from as Who, () => fileCall(client.task, frame, reply));
        client.put();
      }
      return;
    }
    const socket = this.carried.get(frame.id);
    if (socket === undefined) {
      noSocket(reply);
      return;
    }
    this.as(who, () => socketCall(socket, frame, reply));
    if ((reply.flags & REPLY_PLUG) !== 0) plugging.add(socket);
    else plugging.delete(socket);
  }

  /** A data connection for a new socket. */
  private open(conn: Connection, frame: Frame, who: Who): void {
    const { reply } = this;
    const client = this.client(who);
    if (typeof client === 'number') return this.refuse(conn, client);
    client.hold();
    const fd = this.as(who, () => client.task.sys.socket(frame.a | 0, frame.b | 0, frame.c | 0));
    if (fd < 0) {
      client.put();
      this.refuse(conn, fd);
      return;
    }
    this.adopt(conn, client, fd, who, reply);
    this.send(conn);
  }

  /** A data connection for /dev/net/tun. */
  private openTun(conn: Connection, who: Who): void {
    const client = this.client(who);
    if (typeof client === 'number') return this.refuse(conn, client);
    const { task } = client.hold();
    const file = new TunFile(task.net);
    const fd = task.fds.install(file, true);
    this.carry(conn, client, fd, file, false, this.reply);
    this.send(conn);
  }

  /** A data connection for the next connection of a listening socket. */
  private accept(conn: Connection, frame: Frame, who: Who): void {
    const { reply } = this;
    const listener = this.carried.get(frame.id);
    if (listener === undefined) return this.refuse(conn, -EBADF);
    const client = (listener.owner as ClientTask).hold();
    const fd = this.as(who, () => client.task.sys.accept4(listener.fd, 0));
    if (fd < 0) {
      client.put();
      reply.rc = fd;
      listener.conclude(reply, false);
      reply.flags = 0;
      this.send(conn);
      conn.end();
      return;
    }
    const socket = this.adopt(conn, client, fd, who, reply);
    const peer = client.task.sys.getpeername(fd);
    if (typeof peer !== 'number') reply.add(sockaddrEncode(peer));
    listener.conclude(reply, false);
    reply.flags = 0;
    this.send(conn);
    // What the peer has sent already comes behind the reply.
    socket.connected();
  }

  private adopt(conn: Connection, client: ClientTask, fd: number, who: Who, reply: Reply): Carried {
    const file = client.task.fds.get(fd)!.file as SocketFile;
    // ss -p looks for the number of the program's own descriptor.
    if (who.socketIno > 0) file.socket.ino = who.socketIno;
    const type = client.task.sys.getsockopt(fd, SOL_SOCKET, SO_TYPE, 4);
    return this.carry(conn, client, fd, file, typeof type !== 'number' && type[0] === SOCK_STREAM, reply);
  }

  private carry(conn: Connection, client: ClientTask, fd: number, file: OpenFile, stream: boolean, reply: Reply): Carried {
    this.lastId = (this.lastId % 0x7fffffff) + 1;
    const socket = new Carried(this.lastId, client, fd, file, stream, conn);
    this.carried.set(socket.id, socket);
    reply.a = socket.id;
    reply.b = stream ? KIND_STREAM : KIND_CALLS;
    return socket;
  }

  private refuse(conn: Connection, err: number): void {
    this.reply.rc = err;
    this.send(conn);
    conn.end();
  }

  /** The task of a process where it is now; a negative errno when there is no such place. */
  private client(who: Who): ClientTask | number {
    const space = this.spaces.of(who);
    if (typeof space === 'number') return space;
    const key = `${who.pid}/${space.inum}`;
    let client = this.tasks.get(key);
    if (client === undefined) this.tasks.set(key, (client = new ClientTask(this, key, space, who.pid)));
    return client;
  }

  private as<T>(who: Who, fn: () => T): T {
    this.caller = who;
    try {
      return fn();
    } finally {
      this.caller = null;
    }
  }

  private send(conn: Connection): void {
    const { reply } = this;
    conn.write(reply.finish());
    // Who asks and asks and reads no answer is no library of ours.
    if (conn.writableLength > MAX_UNREAD) conn.destroy();
    // What did not leave at once is still being read.
    if (conn.writableLength > 0) reply.renew();
    else reply.shrink(4 * REPLY_ROOM);
  }
}

/**
 * Lets real programs into a machine: they run under the preload library (`preloadEnv`, `linnet exec`), which carries their sockets and what they read of
 * /proc/net, /proc/sys and /sys/class/net here. Only this user may. The server keeps the process alive until it is closed or the machine shut down.
 * Rejects with a HostError: EADDRINUSE when a machine answers at that path, EINVAL for a bad name, EACCES when the folder is not this user's alone.
 * Source: docs/preload.md.
 * @public
 */
export async function serveControl(kernel: Kernel, options: ControlOptions = {}): Promise<ControlServer> {
  let path = options.path;
  let mode = 0o600;
  if (path === undefined) {
    // Its folder lets nobody else in. A program that has given up root after it came in may make sockets still: it holds the place.
    mode = 0o666;
    path = controlPath(options.name ?? kernel.hostname);
    makeRunDir();
  }
  checkPath(path);
  const there = fs.lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined) {
    if (!there.isSocket()) throw new HostError(`${path} is no socket, so it is not replaced: take another path`, 'EADDRINUSE', -EADDRINUSE);
    if (await answers(path)) throw new HostError(`a machine answers at ${path} already: take another name`, 'EADDRINUSE', -EADDRINUSE);
    // Left behind by one that did not end well.
    fs.unlinkSync(path);
  }
  try {
    return await new Server(kernel, path, mode).listen();
  } catch (error) {
    const { code = 'EINVAL', errno = -EINVAL } = error as NodeJS.ErrnoException;
    throw new HostError(`cannot serve ${path}: ${code === 'EINVAL' ? String(error) : (errnoName(errno) || code)}`, code, errno, 'bind', { cause: error });
  }
}
