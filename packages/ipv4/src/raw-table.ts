/** The raw sockets of a namespace, by protocol number (raw_v4_hashinfo). */
import type { Net } from '@linnet/kernel';
import { InetSock } from '@linnet/inet';
import type { InetAf } from '@linnet/inet';
import type { Proto } from '@linnet/socket';
import { SOCK_RAW } from '@linnet/uapi';

/** A raw socket (struct raw_sock). @alpha */
export class RawSock extends InetSock {
  /** ICMP_FILTER: a set bit keeps messages of that type away. */
  icmpFilter = 0;
  /** Gets every router alert packet of its protocol (IP_ROUTER_ALERT). */
  routerAlert = false;
  next: RawSock | null = null;
  hashed = false;

  constructor(net: Net, af: InetAf, protocol: number, prot: Proto) {
    super(net, af, SOCK_RAW, protocol, prot);
  }
}

/** See the top of this file. @alpha */
export class RawTable {
  /** First socket of each protocol number, linked by `next`. */
  readonly heads: (RawSock | null)[] = new Array<RawSock | null>(256).fill(null);
  count = 0;
  /** Sockets with IP_ROUTER_ALERT. */
  readonly raChain: RawSock[] = [];

  /** Enters a socket under its protocol (raw_hash_sk). */
  add(sk: RawSock): void {
    if (sk.hashed) return;
    const i = sk.num & 255;
    sk.hashed = true;
    sk.next = this.heads[i]!;
    this.heads[i] = sk;
    this.count++;
  }

  /** Every socket. */
  all(): RawSock[] {
    const out: RawSock[] = [];
    for (const head of this.heads) for (let sk = head; sk !== null; sk = sk.next) out.push(sk);
    return out;
  }

  /** Takes it out (raw_unhash_sk). */
  remove(sk: RawSock): void {
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
