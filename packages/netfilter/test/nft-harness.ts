/** Batches of nf_tables as bytes, and a router with two wires that gets them. */
import { createKernel, type Kernel, type KernelModule, type Net, VirtualClock } from '@linnet/kernel';
import { inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { devGetByName, devOpen } from '@linnet/netdev';
import { SKB } from '@linnet/skbuff';
import { MsgHdr, sockCreate, sockRelease, type Socket } from '@linnet/socket';
import {
  AF_NETLINK, NETLINK_NETFILTER, NFT_MSG_GETRULE, nlaForEachNested, nlaGetString, nlaParse, nlmsgForEach, nlmsgSeq, nlmsgType, NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_ERROR,
  NlWriter, SOCK_RAW,
} from '@linnet/uapi';
import { NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES, nfTables } from '../src/index.ts';
import { ip4, Wire } from './harness.ts';

/** A message of a batch: its number, and what puts its attributes. */
export interface Message {
  readonly msg: number;
  readonly flags?: number;
  readonly put: (w: NlWriter) => void;
}
export type Expr = readonly [string, (w: NlWriter) => void];

function header(w: NlWriter, type: number, flags: number, seq: number, family: number, res: number): void {
  w.begin(type, flags, seq, 0);
  const o = w.reserve(4);
  w.view.setUint8(o, family);
  w.view.setUint16(o + 2, res);
}

/** The bytes of a batch; message `i` has the sequence number `i + 1`. */
export function batch(list: readonly Message[], family = 2): Uint8Array {
  const w = new NlWriter({ capacity: 4096 });
  header(w, NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 0, 0, NFNL_SUBSYS_NFTABLES);
  w.end();
  list.forEach((m, i) => {
    header(w, (NFNL_SUBSYS_NFTABLES << 8) | m.msg, NLM_F_REQUEST | NLM_F_ACK | (m.flags ?? NLM_F_CREATE), i + 1, family, 0);
    m.put(w);
    w.end();
  });
  header(w, NFNL_MSG_BATCH_END, NLM_F_REQUEST, list.length + 1, 0, NFNL_SUBSYS_NFTABLES);
  w.end();
  return w.bytes();
}

export const table = (name: string): Message => ({ msg: 0, put: (w) => w.putString(1, name) });
/** A base chain of the type filter, or without `hook` one for jumps. */
export function chain(t: string, name: string, hook: number | null = null, type = 'filter', priority = 0): Message {
  return {
    msg: 3,
    put: (w) => {
      w.putString(1, t);
      w.putString(3, name);
      if (hook === null) return;
      w.nestStart(4);
      w.putBe32(1, hook);
      w.putBe32(2, priority);
      w.nestEnd();
      w.putString(7, type);
    },
  };
}
export function rule(t: string, c: string, ...exprs: readonly Expr[]): Message {
  return {
    msg: 6, flags: NLM_F_CREATE | NLM_F_APPEND,
    put: (w) => {
      w.putString(1, t);
      w.putString(2, c);
      w.nestStart(4);
      for (const [name, put] of exprs) {
        w.nestStart(1);
        w.putString(1, name);
        w.nestStart(2);
        put(w);
        w.nestEnd();
        w.nestEnd();
      }
      w.nestEnd();
    },
  };
}
function value(w: NlWriter, type: number, bytes: readonly number[]): void {
  w.nestStart(type);
  w.putBytes(1, Uint8Array.from(bytes));
  w.nestEnd();
}
export const payload = (base: number, off: number, len: number, reg = 1): Expr => ['payload', (w) => { w.putBe32(1, reg); w.putBe32(2, base); w.putBe32(3, off); w.putBe32(4, len); }];
export const meta = (key: number, reg = 1): Expr => ['meta', (w) => { w.putBe32(1, reg); w.putBe32(2, key); }];
export const cmp = (op: number, ...bytes: readonly number[]): Expr => ['cmp', (w) => { w.putBe32(1, 1); w.putBe32(2, op); value(w, 3, bytes); }];
export const imm = (...bytes: readonly number[]): Expr => ['immediate', (w) => { w.putBe32(1, 1); value(w, 2, bytes); }];
export const counter: Expr = ['counter', () => undefined];
export function verdict(code: number, to: string | null = null): Expr {
  return ['immediate', (w) => {
    w.putBe32(1, 0);
    w.nestStart(2);
    w.nestStart(2);
    w.putBe32(1, code);
    if (to !== null) w.putString(2, to);
    w.nestEnd();
    w.nestEnd();
  }];
}

export class NftBox {
  readonly kernel: Kernel;
  readonly net: Net;
  readonly lan: Wire;
  readonly wan: Wire;
  readonly sock: Socket;
  constructor(...more: readonly KernelModule[]) {
    const k = createKernel({ modules: [ipv4, nfTables, ...more], clock: new VirtualClock(), seed: 1, debug: true });
    this.kernel = k;
    this.net = k.initNet;
    k.run(() => devOpen(devGetByName(this.net, 'lo')!));
    this.lan = this.wire('10.1.0.1');
    this.wan = this.wire('203.0.113.1');
    k.run(() => this.net.sysctl.write('net/ipv4/ip_forward', '1'));
    this.sock = this.open();
  }
  /** A program's socket. */
  open(): Socket {
    const s = this.kernel.run(() => sockCreate(this.net, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
    if (typeof s === 'number') throw new Error(`socket: ${s}`);
    return s;
  }
  close(s: Socket): void {
    this.kernel.run(() => sockRelease(s));
  }
  private wire(addr: string): Wire {
    const w = new Wire(this.net);
    this.kernel.run(() => inetAddrAdd(this.net, w.fake.dev, { local: ip4(addr), prefixlen: 24 }));
    return w;
  }
  /** Sends bytes: each answer's bytes. */
  raw(bytes: Uint8Array, sock: Socket = this.sock): Uint8Array[] {
    const out: Uint8Array[] = [];
    this.kernel.run(() => {
      sock.ops.sendmsg(sock, new MsgHdr([bytes]), bytes.length);
      for (;;) {
        const buf = new Uint8Array(65536);
        const n = sock.ops.recvmsg(sock, new MsgHdr([buf]), buf.length, 0x40);
        if (n <= 0) break;
        out.push(buf.slice(0, n));
      }
    });
    return out;
  }
  /** Sends a batch: [sequence number, errno] of each answer. */
  ask(...list: readonly Message[]): [number, number][] {
    return this.askBy(this.sock, ...list);
  }
  /** The same by another socket. */
  askBy(sock: Socket, ...list: readonly Message[]): [number, number][] {
    const out: [number, number][] = [];
    for (const b of this.raw(batch(list), sock)) {
      const view = new DataView(b.buffer);
      nlmsgForEach(view, 0, b.length, (nlh) => {
        if (nlmsgType(view, nlh) === NLMSG_ERROR) out.push([nlmsgSeq(view, nlh), view.getInt32(nlh + 16, true)]);
      });
    }
    return out;
  }
  /** Rules as `chain: expression expression(packets) ...`. */
  rules(): string[] {
    const w = new NlWriter();
    header(w, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETRULE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0, 0);
    w.end();
    const out: string[] = [];
    for (const b of this.raw(w.bytes())) {
      const view = new DataView(b.buffer);
      nlmsgForEach(view, 0, b.length, (nlh, len) => {
        if (nlmsgType(view, nlh) >> 8 !== NFNL_SUBSYS_NFTABLES) return;
        const tb = nlaParse(view, nlh + 20, len - 20, 7);
        const exprs: string[] = [];
        nlaForEachNested(view, tb[4]!, (nla) => {
          const e = nlaParse(view, nla + 4, view.getUint16(nla, true) - 4, 2);
          const name = nlaGetString(view, e[1]!);
          exprs.push(name === 'counter' ? `counter(${view.getUint32(nlaParse(view, e[2]! + 4, view.getUint16(e[2]!, true) - 4, 2)[2]! + 8)})` : name);
        });
        out.push(`${nlaGetString(view, tb[2]!)}: ${exprs.join(' ')}`);
      });
    }
    return out;
  }
  /** Packets that are left when the machine ends: 0. */
  end(): number {
    const pool = this.kernel.get(SKB);
    this.close(this.sock);
    this.kernel.shutdown();
    return pool.stats.live;
  }
}
