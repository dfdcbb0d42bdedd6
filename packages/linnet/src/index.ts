/**
 * Linnet, the Linux network stack as TypeScript packages: machines, namespaces, devices and sockets in one import.
 *
 * What is exported here is what most programs need. Every package is there as a whole under its own path: `linnet/tcp`, `linnet/netdev`, `linnet/uapi` ...
 *
 * @packageDocumentation
 */
export { cable, impair } from './cable.ts';
export { fullStack, inet6Stack, inetStack } from './presets.ts';
export {
  createKernel, HostClock, Kernel, ms, Net, sec, SystemError, us, VirtualClock, type Clock, type KernelModule, type KernelOptions,
} from '@linnet/kernel';
export { createNetns, netnsDel, netnsGet, netnsList, netnsMoveDevice } from '@linnet/netns';
export { createTap, tapReceive, tapWake, type NetemOptions, type TapOptions, type TapPort } from '@linnet/netdevs';
export { Task } from '@linnet/posix';
export {
  attachServer, createConnection, DgramSocket, httpAgent, ipRoute, NetStack, openNet, Server, Socket, TcpConnection, TcpListener, undiciConnector,
} from '@linnet/net';
