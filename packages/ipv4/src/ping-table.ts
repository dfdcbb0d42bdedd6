/** The ICMP datagram sockets of a namespace, by their identifier (ping_table). */
import type { Net, RngStream } from '@linnet/kernel';
import { EADDRINUSE } from '@linnet/kernel';
import { InetCork, InetSock, IpcmCookie } from '@linnet/inet';
import type { InetAf } from '@linnet/inet';
import type { Proto } from '@linnet/socket';
import { IPPROTO_ICMP, SOCK_DGRAM } from '@linnet/uapi';

/** An ICMP datagram socket: `num` is the identifier of its echo messages. @alpha */
export class PingSock extends InetSock {
  readonly ipc: IpcmCookie = new IpcmCookie();

  constructor(net: Net, af: InetAf, prot: Proto) {
    super(net, af, SOCK_DGRAM, IPPROTO_ICMP, prot);
    this.cork = new InetCork();
  }
}

/** See the top of this file. @alpha */
export class PingTable {
  /** Sockets by identifier; several may share one with SO_REUSEADDR, the newest first. */
  readonly byIdent: Map<number, PingSock[]> = new Map();
  private readonly rng: RngStream;
  private rover: number;

  constructor(rng: RngStream) {
    this.rng = rng;
    this.rover = this.rng.u32() & 0xffff;
  }

  /** Gives the socket an identifier, any when 0 (ping_get_port). 0 or -EADDRINUSE. */
  getPort(sk: PingSock, ident: number): number {
    if (ident === 0) {
      for (let i = 0; i < 0x10000 && ident === 0; i++) {
        this.rover = (this.rover + 1) & 0xffff;
        if (this.rover !== 0 && !this.byIdent.has(this.rover)) ident = this.rover;
      }
      if (ident === 0) return -EADDRINUSE;
    } else {
      for (const other of this.byIdent.get(ident) ?? []) if (other !== sk && !(other.reuse && sk.reuse)) return -EADDRINUSE;
    }
    this.remove(sk);
    sk.num = ident;
    const list = this.byIdent.get(ident);
    if (list === undefined) this.byIdent.set(ident, [sk]);
    else list.unshift(sk);
    return 0;
  }

  /** Takes a socket's identifier away (ping_unhash). */
  remove(sk: PingSock): void {
    if (sk.num === 0) return;
    const ident = sk.num;
    sk.num = 0;
    sk.sport = 0;
    const list = this.byIdent.get(ident);
    const i = list === undefined ? -1 : list.indexOf(sk);
    if (i < 0) return;
    list!.splice(i, 1);
    if (list!.length === 0) this.byIdent.delete(ident);
  }
}
