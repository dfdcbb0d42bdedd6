/** The ICMP datagram sockets of a namespace and family, by the identifier of their echo messages. */
// datapath-ok-file: opening and closing sockets
import { EADDRINUSE } from '@linnet/kernel';
import type { Net, RngStream } from '@linnet/kernel';
import type { Proto } from '@linnet/socket';
import { SOCK_DGRAM } from '@linnet/uapi';
import type { InetAf } from './af.ts';
import { InetCork, IpcmCookie } from './flowi.ts';
import { InetSock } from './inet-sock.ts';

/** An ICMP or ICMPv6 datagram socket: `num` is the identifier of its echo messages. @alpha */
export class PingSock extends InetSock {
  readonly ipc: IpcmCookie = new IpcmCookie();

  constructor(net: Net, af: InetAf, protocol: number, prot: Proto) {
    super(net, af, SOCK_DGRAM, protocol, prot);
    this.cork = new InetCork();
  }
}

/** See the top of this file. @alpha */
export class PingTable {
  /** Sockets by identifier; several may share one with SO_REUSEADDR, the newest first. */
  readonly byIdent: Map<number, PingSock[]> = new Map();
  private rover: number;

  constructor(rng: RngStream) {
    this.rover = rng.u32() & 0xffff;
  }

  /** Gives the socket an identifier, any when 0. 0 or -EADDRINUSE. */
  getPort(sk: PingSock, ident: number): number {
    let id = ident;
    if (id === 0) {
      for (let i = 0; i < 0x10000 && id === 0; i++) {
        this.rover = (this.rover + 1) & 0xffff;
        if (this.rover !== 0 && !this.byIdent.has(this.rover)) id = this.rover;
      }
      if (id === 0) return -EADDRINUSE;
    } else {
      for (const other of this.byIdent.get(id) ?? []) if (other !== sk && !(other.reuse && sk.reuse)) return -EADDRINUSE;
    }
    this.remove(sk);
    sk.num = id;
    const list = this.byIdent.get(id);
    if (list === undefined) this.byIdent.set(id, [sk]);
    else list.unshift(sk);
    return 0;
  }

  /** Takes a socket's identifier away. */
  remove(sk: PingSock): void {
    if (sk.num === 0) return;
    const id = sk.num;
    sk.num = 0;
    sk.sport = 0;
    const list = this.byIdent.get(id);
    const i = list === undefined ? -1 : list.indexOf(sk);
    if (i < 0) return;
    list!.splice(i, 1);
    if (list!.length === 0) this.byIdent.delete(id);
  }
}
