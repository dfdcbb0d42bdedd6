/**
 * Sockets shaped like node:net, node:dgram and WHATWG streams over a Linnet stack, and a typed client of its rtnetlink.
 *
 * @packageDocumentation
 */
export type { AddressInfo } from './address.ts';
export type { LookupFunction } from './core.ts';
export { EventEmitter } from './events.ts';
export { DgramSocket, type DgramBindOptions, type DgramEvents, type DgramOptions, type RemoteInfo, type SendCallback } from './dgram.ts';
export type { NetError } from './errors.ts';
export {
  attachServer, createConnection, httpAgent, undiciConnector, type AttachOptions, type CreateConnection, type UndiciConnectOptions, type UndiciConnectorOptions,
} from './programs.ts';
export { Server, type DropInfo, type ListenOptions, type ServerEvents, type ServerOptions } from './server.ts';
export { Socket, type ConnectOptions, type SocketOptions } from './socket.ts';
export { NetStack, openNet, type NetOptions } from './stack.ts';
export { TcpConnection, TcpListener, type ListenTcpOptions, type OpenTcpOptions, type TcpListenInfo, type TcpOpenInfo } from './streams.ts';
export { ipRoute, type IpRoute, openNetlink } from './iproute/index.ts';
export { AddrApi, type Addr, type NewAddr } from './iproute/addr.ts';
export { LinkApi, type Link, type LinkChange, type NetnsRef, type NewLink, type VethPeer } from './iproute/link.ts';
export type { IpEvent, IpMonitorOptions } from './iproute/monitor.ts';
export { NeighApi, type Neigh, type NewNeigh } from './iproute/neigh.ts';
export { RouteApi, type NextHop, type Route, type RouteQuery } from './iproute/route.ts';
export { NexthopApi, type Nexthop } from './iproute/nexthop.ts';
export { RuleApi, type Rule } from './iproute/rule.ts';
export {
  genlHeader, type GenlFamilyInfo, type NetlinkAnswer, NetlinkClient, type NetlinkEvent, type NetlinkMonitor, type NetlinkRequest,
} from './netlink/client.ts';
export { type ExtAck, NetlinkError } from './netlink/error.ts';
