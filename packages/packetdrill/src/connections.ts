/** The connections of a script: which packets belong to which, and how the script's numbers and the wire's fit together. */
import { sameAddress } from './address.ts';
import type { Seen } from './wire.ts';

/** One connection, or one pair of UDP ports. */
export class Connection {
  readonly proto: 'tcp' | 'udp';
  localPort: number;
  remotePort: number;
  /** The machine's descriptor; -1: none yet, or closed. */
  fd = -1;
  /** The wire's first sequence numbers; null until they are seen. What a SYN carries is absolute in a script, all else is relative to it. */
  localIsn: number | null = null;
  remoteIsn: number | null = null;
  /** What the script calls our first sequence number. */
  scriptIsn = 0;
  /** Timestamps that were sent, by what the script calls them. */
  readonly tsVals: Map<number, number> = new Map();
  tsFirst: readonly [script: number, live: number] | null = null;
  /** A SYN of the script's began it, and nothing else has been injected since: a SYN again is the same. */
  opening = false;
  /** The last packet that was sent: what an ICMP error quotes when the script does not say. */
  last: Seen | null = null;

  constructor(proto: 'tcp' | 'udp', localPort: number, remotePort: number) {
    this.proto = proto;
    this.localPort = localPort;
    this.remotePort = remotePort;
  }
}

/** All of them. */
export class Connections {
  readonly list: Connection[] = [];
  /** The one that packets without ports, and code, mean. */
  current: Connection | null = null;
  private nextPort = 40_001;

  add(proto: 'tcp' | 'udp', localPort: number, remotePort: number): Connection {
    const c = new Connection(proto, localPort, remotePort);
    this.list.push(c);
    this.current = c;
    return c;
  }

  /** A port of the peer's that is not in use. */
  freshPort(): number {
    return this.nextPort++;
  }

  find(proto: 'tcp' | 'udp', localPort: number, remotePort: number): Connection | null {
    return this.list.findLast((c) => c.proto === proto && c.localPort === localPort && c.remotePort === remotePort) ?? null;
  }

  /** The connection of a packet that was sent: a new one for a first packet. Null when it went to somebody else. */
  ofSent(p: Seen, remote: Uint8Array): Connection | null {
    if (!sameAddress(p.dst, remote) || (p.proto !== 6 && p.proto !== 17)) return null;
    const proto = p.proto === 6 ? 'tcp' : 'udp';
    const found = this.find(proto, p.sport, p.dport);
    if (found !== null) return found;
    // A connect whose port was not known before.
    const waiting = this.list.find((c) => c.proto === proto && c.localPort === 0 && c.remotePort === p.dport);
    if (waiting === undefined) return this.add(proto, p.sport, p.dport);
    waiting.localPort = p.sport;
    return waiting;
  }
}
