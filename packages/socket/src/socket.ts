/** The socket of the system calls (struct socket) and the register of families. */
import {
  EAFNOSUPPORT, EINVAL, ENETDOWN, WaitQueueHead, type Kernel, type KernelModule, type Net,
} from '@linnet/kernel';
import { netdev } from '@linnet/netdev';
import type { ProtoOps } from './proto.ts';
import type { Sock } from './sock.ts';
import { registerCoreSysctls, registerNetCoreSysctls, SOCKET, SOCKET_NET, SocketKernel, SocketNet } from './core-sysctl.ts';
import { showProtocols } from './protocols.ts';

export { SOCKET } from './core-sysctl.ts';

/** States of a socket (socket_state). Not connected to any. @alpha */
export const SS_UNCONNECTED = 1;
/** In the process of connecting. @alpha */
export const SS_CONNECTING = 2;
/** Connected. @alpha */
export const SS_CONNECTED = 3;
/** In the process of disconnecting. @alpha */
export const SS_DISCONNECTING = 4;

/** What stands between a descriptor and a sock (struct socket). @alpha */
export class Socket {
  state: number = SS_UNCONNECTED;
  /** SOCK_*. A family may correct it while it creates. */
  type: number;
  readonly net: Net;
  readonly kernel: Kernel;
  ops: ProtoOps;
  sk: Sock | null = null;
  /** Who waits for events on it. */
  readonly wq: WaitQueueHead = new WaitQueueHead();
  /** Its inode number: unique in its kernel, never 0. A control server puts the number of the real descriptor here, so that `ss -p` finds its process. */
  ino: number;

  /** The kernel's own: it does not hold its namespace. */
  readonly kern: boolean;

  constructor(net: Net, type: number, ops: ProtoOps, kern: boolean = false) {
    this.net = net;
    this.kern = kern;
    this.kernel = net.kernel;
    this.ino = net.kernel.get(SOCKET).nextIno++;
    this.type = type;
    this.ops = ops;
  }
}

/** A family of addresses (struct net_proto_family). @alpha */
export interface NetProtoFamily {
  readonly family: number;
  /** Fills in `sock.ops` and `sock.sk` for a new socket; 0 or a negative errno. */
  create(net: Net, sock: Socket, protocol: number, kern: boolean): number;
}

/** The module: sockets without any family yet. @public */
export const socket: KernelModule = {
  name: 'socket',
  requires: [netdev],
  init(k: Kernel): void {
    const s = new SocketKernel();
    k.set(SOCKET, s);
    registerCoreSysctls(k, s);
  },
  netInit(net: Net): void {
    const n = new SocketNet(++net.kernel.get(SOCKET).lastNetCookie);
    net.set(SOCKET_NET, n);
    registerNetCoreSysctls(net, n);
    net.proc.create('net/protocols', () => showProtocols(net));
  },
};

/** Registers a family of addresses (sock_register). Throws when the family is taken: two modules claim it. @alpha */
export function sockRegister(k: Kernel, family: NetProtoFamily): void {
  const { families } = k.get(SOCKET);
  if (families.has(family.family)) throw new Error(`address family ${family.family} is registered twice`);
  families.set(family.family, family);
}

/** The ops of a socket that no family has filled in yet. */
const noOps: ProtoOps = (() => {
  const no = (): number => -EINVAL;
  return {
    family: 0, release: () => 0, bind: no, connect: no, accept: no, getname: no, poll: () => 0, listen: no, shutdown: no,
    setsockopt: no, getsockopt: no, sendmsg: no, recvmsg: no,
  };
})();

/**
 * Makes a socket in a namespace (sock_create): ENETDOWN when the namespace has ended, EAFNOSUPPORT when no module of the stack has the family, EINVAL for a type that is none, else what the family
 * answers (EINVAL, EPROTONOSUPPORT, ESOCKTNOSUPPORT as socket(2)).
 * @alpha
 */
export function sockCreate(net: Net, family: number, type: number, protocol: number, kern: boolean = false): Socket | number {
  if (family < 0 || family >= 46) return -EAFNOSUPPORT;
  if (type < 1 || type > 10) return -EINVAL;
  if (net.dead) return -ENETDOWN;
  const fam = net.kernel.get(SOCKET).families.get(family);
  if (fam === undefined) return -EAFNOSUPPORT;
  const sock = new Socket(net, type, noOps, kern);
  const err = fam.create(net, sock, protocol, kern);
  return err < 0 ? err : sock;
}

/** The descriptor is gone: closes the socket in the background (sock_release). @alpha */
export function sockRelease(sock: Socket): void {
  sock.ops.release(sock);
  sock.sk = null;
}
