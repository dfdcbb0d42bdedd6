/** The raw IPv6 sockets of a namespace, by protocol number (raw_v6_hashinfo). */
// datapath-ok-file: opening and closing sockets
import type { Net } from '@linnet/kernel';
import { InetSock } from '@linnet/inet';
import type { InetAf } from '@linnet/inet';
import type { Proto } from '@linnet/socket';
import { SOCK_RAW } from '@linnet/uapi';

/** A raw IPv6 socket (struct raw6_sock). @alpha */
export class Raw6Sock extends InetSock {
  /** Where the checksum is to be put and checked, from the start of the payload; -1: nowhere. */
  checksumOffset = -1;
  /** ICMPV6_FILTER: a set bit keeps messages of that type away. */
  readonly icmp6Filter: Int32Array = new Int32Array(8);
  /** Value of router alert options that it wants (IPV6_ROUTER_ALERT), -1: none. */
  routerAlert = -1;
  next: Raw6Sock | null = null;
  hashed = false;

  constructor(net: Net, af: InetAf, protocol: number, prot: Proto) {
    super(net, af, SOCK_RAW, protocol, prot);
  }
}

/** See the top of this file. @alpha */
export class Raw6Table {
  /** First socket of each protocol number, linked by `next`. */
  readonly heads: (Raw6Sock | null)[] = new Array<Raw6Sock | null>(256).fill(null);
  count = 0;
  readonly raChain: Raw6Sock[] = [];

  /** Enters a socket under its protocol. */
  add(sk: Raw6Sock): void {
    if (sk.hashed) return;
    const i = sk.num & 255;
    sk.hashed = true;
    sk.next = this.heads[i]!;
    this.heads[i] = sk;
    this.count++;
  }

  /** Every socket. */
  all(): Raw6Sock[] {
    const out: Raw6Sock[] = [];
    for (const head of this.heads) for (let sk = head; sk !== null; sk = sk.next) out.push(sk);
    return out;
  }

  /** Takes it out. */
  remove(sk: Raw6Sock): void {
    const ra = this.raChain.indexOf(sk);
    if (ra >= 0) this.raChain.splice(ra, 1);
    if (!sk.hashed) return;
    const i = sk.num & 255;
    let at = this.heads[i]!;
    if (at === sk) {
      this.heads[i] = sk.next;
    } else {
      while (at !== null && at.next !== sk) at = at.next!;
      at.next = sk.next;
    }
    sk.next = null;
    sk.hashed = false;
    this.count--;
  }
}
