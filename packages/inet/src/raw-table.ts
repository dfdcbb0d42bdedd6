/** The raw sockets of a namespace and family, by protocol number. */
// datapath-ok-file: opening and closing sockets
import type { InetSock } from './inet-sock.ts';

/** What a raw socket has for its table. @alpha */
export interface RawTableEntry<S> extends InetSock {
  next: S | null;
  hashed: boolean;
}

/** See the top of this file. @alpha */
export class RawTable<S extends RawTableEntry<S>> {
  /** First socket of each protocol number, linked by `next`. */
  readonly heads: (S | null)[] = new Array<S | null>(256).fill(null);
  count = 0;
  /** Sockets that want router alerts. */
  readonly raChain: S[] = [];

  /** Enters a socket under its protocol. */
  add(sk: S): void {
    if (sk.hashed) return;
    const i = sk.num & 255;
    sk.hashed = true;
    sk.next = this.heads[i]!;
    this.heads[i] = sk;
    this.count++;
  }

  /** Every socket. */
  all(): S[] {
    const out: S[] = [];
    for (const head of this.heads) for (let sk = head; sk !== null; sk = sk.next) out.push(sk);
    return out;
  }

  /** Takes it out. */
  remove(sk: S): void {
    const ra = this.raChain.indexOf(sk);
    if (ra >= 0) this.raChain.splice(ra, 1);
    if (!sk.hashed) return;
    const i = sk.num & 255;
    let at = this.heads[i]!;
    if (at === sk) {
      this.heads[i] = sk.next;
    } else {
      while (at.next !== sk) at = at.next!;
      at.next = sk.next;
    }
    sk.next = null;
    sk.hashed = false;
    this.count--;
  }
}
