/** Raw IPv6 sockets and their table. */
// datapath-ok-file: opening and closing sockets
import type { Net } from '@linnet/kernel';
import { InetSock } from '@linnet/inet';
import type { InetAf, RawTable } from '@linnet/inet';
import type { Proto } from '@linnet/socket';
import { SOCK_RAW } from '@linnet/uapi';

/** A raw IPv6 socket. @alpha */
export class Raw6Sock extends InetSock {
  /** Where the checksum is to be put and checked, from the start of the payload; -1: nowhere. */
  checksumOffset = -1;
  /** ICMPV6_FILTER: a set bit keeps messages of that type away. */
  readonly icmp6Filter: Int32Array = new Int32Array(8);
  /** Value of router alert options that it wants (IPV6_ROUTER_ALERT), -1: none. */
  routerAlert = -1;
  /** MRT6_TABLE, 0: the usual one. */
  mrTable = 0;
  next: Raw6Sock | null = null;
  hashed = false;

  constructor(net: Net, af: InetAf, protocol: number, prot: Proto) {
    super(net, af, SOCK_RAW, protocol, prot);
  }
}

/** The raw IPv6 sockets of a namespace. @alpha */
export type Raw6Table = RawTable<Raw6Sock>;
