// The same question put to the real kernel (in a namespace of the test's own) and to Linnet, and the answers made comparable.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChildProcess } from 'node:child_process';
import type { Net } from '@linnet/kernel';
import { devEthtoolIoctl } from '@linnet/netdev';
import { nlMessage, NlTestClient } from '@linnet/netlink/testing';
import { AF_NETLINK, NLM_F_CAPPED, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR } from '@linnet/uapi';

/** Whoever answers netlink requests and SIOCETHTOOL. `sock` names a socket, made when first named. */
export interface Answerer {
  send(sock: string, proto: number, bytes: Uint8Array): Promise<Uint8Array[]>;
  read(sock: string, proto: number): Promise<Uint8Array[]>;
  opt(sock: string, proto: number, opt: number, value: number): Promise<number>;
  /** Binds to a port of the kernel's choice, with a mask of groups. */
  bind(sock: string, proto: number, groups: number): Promise<number>;
  ethtool(ifname: string, buf: Uint8Array): Promise<{ rc: number; buf: Uint8Array }>;
}

interface Answer { readonly rc: number; readonly in?: readonly string[]; readonly hex?: string }

/** The real kernel, through a small program that runs in the namespace. */
export class RealKernel implements Answerer {
  private readonly child: ChildProcess;
  private readonly waiting: ((line: string) => void)[];

  constructor(netns: string) {
    this.waiting = [];
    this.child = spawn('ip', ['netns', 'exec', netns, 'python3', fileURLToPath(new URL('./probe.py', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.waiting.shift()?.(line));
  }
  private ask(question: object): Promise<Answer> {
    return new Promise((resolve) => {
      this.waiting.push((line) => resolve(JSON.parse(line) as Answer));
      this.child.stdin!.write(`${JSON.stringify(question)}\n`);
    });
  }
  async send(sock: string, proto: number, bytes: Uint8Array): Promise<Uint8Array[]> {
    const a = await this.ask({ sock, proto, hex: Buffer.from(bytes).toString('hex') });
    if (a.rc !== 0) throw new Error(`send: ${a.rc}`);
    return a.in!.map((h) => Uint8Array.from(Buffer.from(h, 'hex')));
  }
  async read(sock: string, proto: number): Promise<Uint8Array[]> {
    const a = await this.ask({ sock, proto, read: true });
    return a.in!.map((h) => Uint8Array.from(Buffer.from(h, 'hex')));
  }
  async opt(sock: string, proto: number, opt: number, value: number): Promise<number> {
    return (await this.ask({ sock, proto, opt: [opt, value] })).rc;
  }
  async bind(sock: string, proto: number, groups: number): Promise<number> {
    return (await this.ask({ sock, proto, bind: groups })).rc;
  }
  async ethtool(ifname: string, buf: Uint8Array): Promise<{ rc: number; buf: Uint8Array }> {
    const a = await this.ask({ ethtool: ifname, hex: Buffer.from(buf).toString('hex') });
    return { rc: a.rc, buf: Uint8Array.from(Buffer.from(a.hex!, 'hex')) };
  }
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.child.on('close', () => resolve());
      this.child.stdin!.end();
    });
  }
}

/** A namespace of a Linnet machine. */
export class LinnetKernel implements Answerer {
  private readonly net: Net;
  private readonly socks: Map<string, NlTestClient>;

  constructor(net: Net) {
    this.net = net;
    this.socks = new Map();
  }
  private sock(name: string, protocol: number): NlTestClient {
    let c = this.socks.get(name);
    if (c === undefined) this.socks.set(name, (c = new NlTestClient(this.net, { protocol, ext: false, strict: false })));
    return c;
  }
  send(sock: string, proto: number, bytes: Uint8Array): Promise<Uint8Array[]> {
    const c = this.sock(sock, proto);
    const n = c.send(bytes);
    if (n !== bytes.length) throw new Error(`send: ${n}`);
    return Promise.resolve(c.recvAll(1 << 20));
  }
  read(sock: string, proto: number): Promise<Uint8Array[]> {
    return Promise.resolve(this.sock(sock, proto).recvAll(1 << 20));
  }
  opt(sock: string, proto: number, opt: number, value: number): Promise<number> {
    return Promise.resolve(this.sock(sock, proto).setopt(opt, value));
  }
  bind(sock: string, proto: number, groups: number): Promise<number> {
    return Promise.resolve(this.sock(sock, proto).bind({ family: AF_NETLINK, pid: 0, groups }));
  }
  ethtool(ifname: string, buf: Uint8Array): Promise<{ rc: number; buf: Uint8Array }> {
    const copy = buf.slice();
    return Promise.resolve({ rc: Math.min(devEthtoolIoctl(this.net, ifname, copy), 0), buf: copy });
  }
  close(): void {
    for (const c of this.socks.values()) c.close();
  }
}

/** A request: type, flags, payload. */
export function request(type: number, flags: number, payload: Uint8Array, seq: number = 1): Uint8Array {
  return nlMessage(type, flags | NLM_F_REQUEST, payload, seq);
}

/**
 * Messages as lines of text to compare: type (a family's number by `family`), flags, and the payload in hex. Port numbers, sequence numbers of notifications and
 * the number that a family happens to have are taken out.
 */
export function comparable(datagrams: readonly Uint8Array[], family: number = -1): string[] {
  const out: string[] = [];
  for (const d of datagrams) {
    const u8 = d.slice();
    const view = new DataView(u8.buffer);
    for (let off = 0; off + 16 <= u8.length; ) {
      const len = view.getUint32(off, true);
      const type = view.getUint16(off + 4, true);
      const flags = view.getUint16(off + 6, true);
      if (type === NLMSG_ERROR && len >= 36) {
        // The request's header inside: its type may be the family's.
        if (view.getUint16(off + 24, true) === family) view.setUint16(off + 24, 0xffff, true);
        if ((flags & NLM_F_CAPPED) !== 0) view.setUint32(off + 16 + 4 + 12, 0, true);
      }
      const name = type === family ? 'family' : type === NLMSG_ERROR ? 'error' : type === NLMSG_DONE ? 'done' : String(type);
      out.push(`${name} 0x${flags.toString(16)} ${Buffer.from(u8.subarray(off + 16, off + len)).toString('hex')}`);
      off += (len + 3) & ~3;
    }
  }
  return out;
}
