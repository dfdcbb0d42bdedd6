/** Raw sockets and their table. */
import type { Net } from '@linnet/kernel';
import { InetSock } from '@linnet/inet';
import type { InetAf, RawTable } from '@linnet/inet';
import type { Proto } from '@linnet/socket';
import { SOCK_RAW } from '@linnet/uapi';

/** A raw socket. @alpha */
export class RawSock extends InetSock {
  /** ICMP_FILTER: a set bit keeps messages of that type away. */
  icmpFilter = 0;
  /** Gets every router alert packet of its protocol (IP_ROUTER_ALERT). */
  routerAlert = false;
  /** The table of multicast routes that its options mean; 0: the default one (MRT_TABLE). */
  mrTable = 0;
  next: RawSock | null = null;
  hashed = false;

  constructor(net: Net, af: InetAf, protocol: number, prot: Proto) {
    super(net, af, SOCK_RAW, protocol, prot);
  }
}

/** The raw sockets of a namespace. @alpha */
export type Raw4Table = RawTable<RawSock>;
