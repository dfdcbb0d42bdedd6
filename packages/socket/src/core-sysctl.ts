/** The limits of socket buffers: net.core.{r,w}mem_{default,max}; and what each namespace has: somaxconn, optmem_max, counts. */
import { defineKey, sysctlInt, type Kernel, type Key, type Net } from '@linnet/kernel';
import type { Proto } from './proto.ts';
import type { NetProtoFamily } from './socket.ts';

/** What the socket layer asks of those who have processes. @alpha */
export interface SocketTasks {
  /** The process that makes the call under way. */
  currentPid(): number;
  /** Is there a process of this number? */
  hasPid(pid: number): boolean;
}

const NO_TASKS: SocketTasks = Object.freeze({ currentPid: () => 0, hasPid: () => true });

/** A kernel's families and limits. @alpha */
export class SocketKernel {
  readonly families: Map<number, NetProtoFamily> = new Map();
  rmemDefault = 212992;
  rmemMax = 212992;
  wmemDefault = 212992;
  wmemMax = 212992;
  /** net.core.busy_read, the SO_BUSY_POLL of new sockets, and busy_poll: microseconds. A call here runs to its end with all that has come in, so there is nothing to wait for by spinning. */
  busyRead = 0;
  busyPoll = 0;
  /** Transports, for /proc/net/protocols: the last registered is the first. */
  readonly protos: Proto[] = [];
  /** What AF_INET sockets answer of addresses, routes and ARP, for families that answer it too (AF_PACKET). Set by IPv4. */
  inetIoctl: ((net: Net, cmd: number, arg: Uint8Array) => number) | null = null;
  /** Set by `posix`. */
  tasks: SocketTasks = NO_TASKS;
  /** The last cookie given out; the next inode number (of sockets). */
  lastCookie = 0;
  nextIno = 1;
  lastNetCookie = 0;
}

/** Where a kernel keeps its families and the limits of socket buffers. @alpha */
export const SOCKET: Key<SocketKernel> = defineKey<SocketKernel>('socket');

/** What a namespace holds of this package. */
export class SocketNet {
  /** The number of SO_NETNS_COOKIE, never used twice in a kernel. */
  readonly cookie: number;
  somaxconn = 4096;
  optmemMax = 131072;
  /** Users' sockets that are open. */
  used = 0;
  /** Users' socks that are not yet freed, by transport. */
  readonly inuse: Map<Proto, number> = new Map();

  constructor(cookie: number) {
    this.cookie = cookie;
  }
}

/** Where a namespace keeps it. */
export const SOCKET_NET: Key<SocketNet> = defineKey<SocketNet>('socket');

/** The number of a namespace, never used twice in a kernel (net_gen_cookie): 1 for the initial one. @alpha */
export function netCookie(net: Net): number {
  return net.get(SOCKET_NET).cookie;
}

/** Registers the sysctls of the socket layer (net/core/sysctl_net_core). */
export function registerCoreSysctls(k: Kernel, s: SocketKernel): void {
  const reg = (name: string, get: () => number, set: (v: number) => void, min: number): void => {
    k.sysctl.register(`net/core/${name}`, sysctlInt(get, set, { min, max: 0x7fffffff }));
  };
  reg('rmem_default', () => s.rmemDefault, (v) => { s.rmemDefault = v; }, 2304);
  reg('rmem_max', () => s.rmemMax, (v) => { s.rmemMax = v; }, 2304);
  reg('wmem_default', () => s.wmemDefault, (v) => { s.wmemDefault = v; }, 4608);
  reg('wmem_max', () => s.wmemMax, (v) => { s.wmemMax = v; }, 4608);
  reg('busy_read', () => s.busyRead, (v) => { s.busyRead = v; }, 0);
  reg('busy_poll', () => s.busyPoll, (v) => { s.busyPoll = v; }, 0);
}

/** Those that each namespace has for itself (netns_core_table). */
export function registerNetCoreSysctls(net: Net, n: SocketNet): void {
  net.sysctl.register('net/core/somaxconn', sysctlInt(() => n.somaxconn, (v) => { n.somaxconn = v; }, { min: 0 }));
  net.sysctl.register('net/core/optmem_max', sysctlInt(() => n.optmemMax, (v) => { n.optmemMax = v; }, { min: 0 }));
}

/** How many sockets of users are open in the namespace (sock_inuse_get). @alpha */
export function socketsUsed(net: Net): number {
  return net.get(SOCKET_NET).used;
}

/** What options and memberships of one socket may cost, bytes (net.core.optmem_max). @alpha */
export function netOptmemMax(net: Net): number {
  return net.get(SOCKET_NET).optmemMax;
}

/** The longest queue of connections that listen(2) gives (net.core.somaxconn). @alpha */
export function netSomaxconn(net: Net): number {
  return net.get(SOCKET_NET).somaxconn;
}
