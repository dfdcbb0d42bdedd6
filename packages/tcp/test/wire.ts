/** Two endpoints over an impairing wire, in virtual time: for properties that no trace can show. */
import { createKernel, type Kernel, type Net, VirtualClock } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import { devGetByName, devOpen } from '@linnet/netdev';
import { allocSkb, consumeSkb, PACKET_HOST, type Skb, skbChecksumHelp, skbCopyBits, skbPullUnchecked, skbPush, skbPut, skbReserve, skbStats } from '@linnet/skbuff';
import { MsgHdr, Socket, sockGraft, type ProtoOps } from '@linnet/socket';
import { SOCK_STREAM, sockaddrIn } from '@linnet/uapi';
import { TCP, tcp as tcpModule, TCPEXT_MIB_NAMES, type TcpSock } from '../src/index.ts';
import { tcpGsoSegment } from '../src/tcp-offload.ts';
import { fakeAf, fakeNetwork, ip4, makeSocket } from './harness.ts';

export interface WireOptions {
  seed?: number;
  /** One-way delay in ms, and how much of it varies. */
  delay?: number;
  jitter?: number;
  /** Probabilities of each packet. */
  loss?: number;
  duplicate?: number;
  /** A reordered packet comes this many ms later. */
  reorder?: number;
  reorderBy?: number;
  corrupt?: number;
  /** Bytes a millisecond; a queue of `queue` packets in front. */
  rate?: number;
  queue?: number;
  mtu?: number;
  sysctl?: Record<string, string | number>;
}

/** mulberry32. */
function rng(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

export const CLIENT: number = ip4('10.0.0.1');
export const SERVER: number = ip4('10.0.0.2');

export class WirePair {
  readonly clock: VirtualClock = new VirtualClock();
  readonly kernel: Kernel;
  readonly a: Net;
  readonly b: Net;
  readonly af: ReturnType<typeof fakeAf>;
  readonly o: WireOptions;
  private readonly rand: () => number;
  private readonly live: number;
  packets = 0;
  lost = 0;
  /** Events by time, first in first out among equals. */
  private readonly agenda: { at: number; n: number; net: Net; bytes: Uint8Array }[] = [];
  private n = 0;
  private readonly busy = new Map<Net, number>();
  /** Called for each packet that is put on the wire; true swallows it. */
  filter: ((bytes: Uint8Array, from: Net) => boolean) | null = null;

  constructor(o: WireOptions = {}) {
    this.o = o;
    this.rand = rng(o.seed ?? 1);
    this.af = fakeAf((net, skb) => this.output(net, skb));
    this.kernel = createKernel({ modules: [tcpModule, fakeNetwork(this.af)], clock: this.clock, seed: o.seed ?? 1, debug: true });
    this.a = this.kernel.initNet;
    this.b = this.kernel.createNet();
    for (const net of [this.a, this.b]) {
      for (const [name, v] of Object.entries(o.sysctl ?? {})) if (net.sysctl.write(`net/ipv4/tcp_${name}`, String(v)) !== 0) throw new Error(`sysctl ${name}`);
      this.kernel.run(() => devOpen(devGetByName(net, 'lo')!));
      if (o.mtu !== undefined) this.af.outDst(net).pathMtu = o.mtu;
    }
    this.live = skbStats(this.kernel).live;
  }

  private output(net: Net, skb: Skb): number {
    const segs: Skb[] = [];
    if (skb.gsoSize > 0) {
      skbPullUnchecked(skb, 20);
      skb.macHeader = -1;
      const first = tcpGsoSegment(this.af, skb, 0);
      skbPush(skb, 20);
      if (first === null || typeof first === 'number') throw new Error(`segmentation: ${first}`);
      for (let s: Skb | null = first; s !== null; ) {
        const next: Skb | null = s.next;
        s.next = null;
        segs.push(s);
        s = next;
      }
      consumeSkb(skb);
    } else {
      skbChecksumHelp(skb);
      segs.push(skb);
    }
    for (const s of segs) {
      const bytes = new Uint8Array(s.len);
      skbCopyBits(s, 0, bytes, 0, s.len);
      consumeSkb(s);
      this.put(net, bytes);
    }
    return 0;
  }

  private put(from: Net, bytes: Uint8Array): void {
    const o = this.o;
    this.packets++;
    if (this.filter !== null && this.filter(bytes, from)) return;
    if (this.rand() < (o.loss ?? 0)) {
      this.lost++;
      return;
    }
    const to = from === this.a ? this.b : this.a;
    let at = this.clock.now() + ((o.delay ?? 0) + this.rand() * (o.jitter ?? 0)) * 1e6;
    if (o.rate !== undefined) {
      const now = this.clock.now();
      const free = Math.max(this.busy.get(from) ?? 0, now);
      const cost = (bytes.length / o.rate) * 1e6;
      if ((free - now) / cost > (o.queue ?? 1000)) {
        this.lost++;
        return;
      }
      this.busy.set(from, free + cost);
      at += free + cost - now;
    }
    if (this.rand() < (o.reorder ?? 0)) at += (o.reorderBy ?? 5) * 1e6;
    if (this.rand() < (o.corrupt ?? 0)) {
      bytes = bytes.slice();
      bytes[20 + Math.floor(this.rand() * (bytes.length - 20))]! ^= 1 << Math.floor(this.rand() * 8);
    }
    this.schedule(at, to, bytes);
    if (this.rand() < (o.duplicate ?? 0)) this.schedule(at + this.rand() * 1e6, to, bytes);
  }

  private schedule(at: number, net: Net, bytes: Uint8Array): void {
    const e = { at, n: this.n++, net, bytes };
    let i = this.agenda.length;
    while (i > 0 && (this.agenda[i - 1]!.at > at)) i--;
    this.agenda.splice(i, 0, e);
  }

  private deliver(net: Net, bytes: Uint8Array): void {
    this.kernel.run(() => {
      const skb = allocSkb(net.get(TCP).pool, 64 + bytes.length);
      skbReserve(skb, 64);
      const at = skbPut(skb, bytes.length);
      skb.u8.set(bytes, at);
      skb.networkHeader = at;
      skb.data += 20;
      skb.len -= 20;
      skb.transportHeader = skb.data;
      skb.pktType = PACKET_HOST;
      skb.dev = devGetByName(net, 'lo');
      skb.skbIif = 1;
      skb.dst = this.af.inDst(net);
      this.kernel.get(INET).protos[6]!.rcv(skb);
    });
  }

  /** Runs the next event, of the wire or of a kernel. False when there is none before `until` (ns). */
  step(until: number): boolean {
    const next = this.clock.nextEvent();
    const e = this.agenda[0];
    const at = e === undefined ? next : Math.min(e.at, next);
    if (at > until) {
      this.clock.advanceTo(until);
      return false;
    }
    if (e !== undefined && e.at <= next) {
      this.agenda.shift();
      this.clock.advanceTo(Math.max(e.at, this.clock.now()));
      this.deliver(e.net, e.bytes);
      return true;
    }
    this.clock.step();
    return true;
  }

  ext(net: Net, name: string): number {
    return net.get(TCP).mibExt[TCPEXT_MIB_NAMES.indexOf(name)]!;
  }

  /** A connection; throws when it does not come about within `limit` virtual ms. `prepare` sees both sockets first. */
  connect(limit: number = 60000, prepare: (sk: TcpSock, client: boolean) => void = () => {}): { c: TcpSock; s: TcpSock } {
    const l = this.kernel.run(() => {
      const { sk } = makeSocket(this.b, this.af);
      prepare(sk, false);
      sk.prot.getPort!(sk, 80);
      sk.prot.listen!(sk, 10);
      return sk;
    });
    const c = this.kernel.run(() => {
      const { sk } = makeSocket(this.a, this.af);
      prepare(sk, true);
      sk.saddr = sk.rcvSaddr = CLIENT;
      const err = sk.prot.connect(sk, sockaddrIn(SERVER, 80));
      if (err !== 0) throw new Error(`connect ${err}`);
      return sk;
    });
    const end = this.clock.now() + limit * 1e6;
    for (;;) {
      const r = this.kernel.run(() => l.prot.accept!(l, 0));
      if (typeof r !== 'number') {
        sockGraft(r, new Socket(this.b, SOCK_STREAM, {} as ProtoOps));
        this.kernel.run(() => l.prot.close(l, 0));
        return { c, s: r as TcpSock };
      }
      if (!this.step(end)) throw new Error('no connection');
    }
  }

  send(tp: TcpSock, u8: Uint8Array): number {
    return this.kernel.run(() => tp.prot.sendmsg(tp, new MsgHdr([u8]), u8.length));
  }
  recv(tp: TcpSock, buf: Uint8Array): number {
    return this.kernel.run(() => tp.prot.recvmsg(tp, new MsgHdr([buf]), buf.length, 0));
  }
  close(tp: TcpSock): void {
    this.kernel.run(() => {
      tp.socket = null;
      tp.prot.close(tp, 0);
    });
  }
  shutdown(tp: TcpSock): void {
    this.kernel.run(() => {
      tp.shutdown |= 2;
      tp.prot.shutdown!(tp, 2);
    });
  }

  /** Packets that neither socket holds. */
  leak(): number {
    return skbStats(this.kernel).live - this.live;
  }
}

/** The byte at a place of the stream. */
export const byteAt = (i: number, salt: number): number => ((i * 31 + salt) ^ (i >> 7)) & 0xff;

/** Sends `n` bytes one way, reads them all, checks each; returns the virtual ms it took. Throws when it takes longer than `limit` ms. */
export function transfer(w: WirePair, from: TcpSock, to: TcpSock, n: number, opts: { chunk?: number; readEvery?: number; readMax?: number; limit?: number } = {}): number {
  const start = w.clock.now();
  const end = start + (opts.limit ?? 600000) * 1e6;
  const chunk = opts.chunk ?? 65536;
  const buf = new Uint8Array(opts.readMax ?? 262144);
  let sent = 0;
  let got = 0;
  let steps = 0;
  let idle = false;
  const out = new Uint8Array(chunk);
  for (;;) {
    while (sent < n) {
      const len = Math.min(chunk, n - sent);
      for (let i = 0; i < len; i++) out[i] = byteAt(sent + i, 7);
      const r = w.send(from, out.subarray(0, len));
      if (r < 0) {
        if (r !== -11) throw new Error(`send ${r} after ${sent}`);
        break;
      }
      sent += r;
      if (r < len) break;
    }
    if (steps % (opts.readEvery ?? 1) === 0 || idle) {
      for (;;) {
        const r = w.recv(to, buf);
        if (r === 0) throw new Error(`end of stream after ${got}`);
        if (r < 0) {
          if (r !== -11) throw new Error(`recv ${r} after ${got}`);
          break;
        }
        for (let i = 0; i < r; i++) if (buf[i] !== byteAt(got + i, 7)) throw new Error(`byte ${got + i} is ${buf[i]}, not ${byteAt(got + i, 7)}`);
        got += r;
      }
    }
    steps++;
    if (got >= n) break;
    // With nothing on the wire only the reader can go on.
    if (w.step(end)) idle = false;
    else if (idle) throw new Error(`stuck: sent ${sent}, got ${got} of ${n}`);
    else idle = true;
  }
  return (w.clock.now() - start) / 1e6;
}
