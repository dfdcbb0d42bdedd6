/** The face of a namespace: where connections are made and servers listen. */
import { defineKey, type Kernel, type Key, Net, NOTIFY_DONE } from '@linnet/kernel';
import type { Task } from '@linnet/posix';
import type { LookupFunction, StackCore } from './core.ts';
import { DgramSocket, type DgramOptions, type RemoteInfo } from './dgram.ts';
import { ReadMemory } from './read-memory.ts';
import { Server, type ServerOptions } from './server.ts';
import { type ConnectOptions, Socket } from './socket.ts';
import { type ListenTcpOptions, type OpenTcpOptions, TcpConnection, TcpListener } from './streams.ts';

/**
 * How {@link openNet} makes a stack's face.
 * @public
 */
export interface NetOptions {
  /** Names and their addresses, as /etc/hosts has them. 'localhost' is known. */
  readonly hosts?: Readonly<Record<string, string>> | undefined;
  /** Finds the addresses of other names; Node's `dns.lookup` fits. Without it they are not found (ENOTFOUND). */
  readonly lookup?: LookupFunction | undefined;
}

/** What all faces of a namespace share. */
interface Shared {
  readonly open: StackCore['open'];
  readonly readMemory: ReadMemory;
}

const SHARED: Key<Shared> = defineKey<Shared>('net');

function sharedOf(net: Net): Shared {
  let shared = net.tryGet(SHARED);
  if (shared !== null) return shared;
  const open: StackCore['open'] = new Set();
  shared = { open, readMemory: new ReadMemory() };
  net.set(SHARED, shared);
  // Nothing may keep the process alive, or wait for ever, when the namespace is gone, or the machine.
  net.exitNotifiers.register(() => {
    for (const handle of open) handle.lost();
    return NOTIFY_DONE;
  });
  return shared;
}

/**
 * The idiomatic face of a network namespace: sockets shaped like node:net and node:dgram, and WHATWG streams.
 * @public
 */
export class NetStack {
  readonly net: Net;
  readonly kernel: Kernel;
  private readonly core: StackCore;

  /** @internal Use {@link openNet}. */
  constructor(net: Net, opts: NetOptions = {}) {
    this.net = net;
    this.kernel = net.kernel;
    const hosts = new Map([['localhost', '127.0.0.1']]);
    for (const [name, address] of Object.entries(opts.hosts ?? {})) hosts.set(name.toLowerCase(), address);
    this.core = { net, kernel: net.kernel, ...sharedOf(net), hosts, lookup: opts.lookup ?? null };
  }

  /** Connects, as net.connect does. */
  connect(options: ConnectOptions, listener?: () => void): Socket;
  connect(port: number, host?: string, listener?: () => void): Socket;
  connect(port: number, listener?: () => void): Socket;
  connect(...args: readonly unknown[]): Socket {
    const first = args[0];
    const socket = new Socket(this.core, typeof first === 'object' && first !== null ? (first as ConnectOptions) : {});
    return (socket.connect as (...a: unknown[]) => Socket).apply(socket, [...args]);
  }

  /** Makes a server, as net.createServer does; `listener` gets each connection. */
  createServer(options: ServerOptions, listener?: (socket: Socket) => void): Server;
  createServer(listener?: (socket: Socket) => void): Server;
  createServer(first?: ServerOptions | ((socket: Socket) => void), second?: (socket: Socket) => void): Server {
    return typeof first === 'function' ? new Server(this.core, {}, first) : new Server(this.core, first ?? {}, second);
  }

  /** Makes a UDP socket, as dgram.createSocket does; `listener` gets each message. */
  createSocket(options: DgramOptions | 'udp4' | 'udp6', listener?: (msg: Uint8Array, rinfo: RemoteInfo) => void): DgramSocket {
    return new DgramSocket(this.core, typeof options === 'string' ? { type: options } : options, listener);
  }

  /** Connects, with streams: like TCPSocket of the Direct Sockets API. */
  openTcp(options: OpenTcpOptions): TcpConnection {
    return TcpConnection.connect(this.core, options);
  }

  /** Listens, with a stream of connections: like TCPServerSocket of the Direct Sockets API. */
  listenTcp(options: ListenTcpOptions = {}): TcpListener {
    return new TcpListener(this.core, options);
  }
}

/**
 * Opens the face of a namespace, of a machine's initial one, or of the one a task is in.
 * @public
 */
export function openNet(where: Net | Kernel | Task, opts: NetOptions = {}): NetStack {
  if (where instanceof Net) return new NetStack(where, opts);
  return new NetStack('initNet' in where ? where.initNet : where.net, opts);
}
