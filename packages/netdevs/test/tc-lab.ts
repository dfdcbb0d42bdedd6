/** A machine with queues and filters, and requests to it in words. */
import type { Kernel, KernelModule, VirtualClock } from '@linnet/kernel';
import { devGetByIndex, devGetByName, type NetDevice } from '@linnet/netdev';
import { nlAttrs, nlIfinfo, nlKind, nlPayload, NlTestClient, type NlTestMessage } from '@linnet/netlink/testing';
import {
  IFLA_IFNAME, IFF_UP, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, type NlWriter, RTM_DELQDISC, RTM_DELTFILTER, RTM_GETQDISC, RTM_GETTCLASS, RTM_NEWLINK, RTM_NEWQDISC, RTM_NEWTCLASS, RTM_NEWTFILTER, TCA_ACT_KIND,
  TCA_ACT_OPTIONS, TCA_KIND, TCA_OPTIONS, TCA_STATS2, TCA_STATS_APP, TCA_STATS_BASIC, TCA_STATS_QUEUE, TCMSG_LEN, tcmsgWrite,
} from '@linnet/uapi';
import { expect } from 'vitest';
import { dummy, ifb, netem, tc, veth, vethNewlink } from '../src/index.ts';
import { finish, frame, newKernel, open, send, type Seen, watch } from './helpers.ts';

export const ROOT = 0xffffffff;
export const INGRESS = 0xfffffff1;
/** Where filters of clsact stand. */
export const AT_INGRESS = 0xfffffff2;
export const AT_EGRESS = 0xfffffff3;

type Fill = (w: NlWriter) => void;
const nothing: Fill = () => undefined;

/** An IPv4 packet of UDP or TCP in a frame from one end of the pair to the other. */
export interface PacketSpec {
  readonly src?: string;
  readonly dst?: string;
  readonly proto?: number;
  readonly sport?: number;
  readonly dport?: number;
  readonly tos?: number;
  readonly ttl?: number;
  readonly size?: number;
}
function addr(s: string): number[] {
  return s.split('.').map(Number);
}
/** The Internet checksum of `len` bytes. */
export function sum(b: Uint8Array, off: number, len: number, init: number = 0): number {
  let s = init;
  for (let i = 0; i < len; i += 2) s += (b[off + i]! << 8) | (i + 1 < len ? b[off + i + 1]! : 0);
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return ~s & 0xffff;
}
export function ipPacket(p: PacketSpec = {}): Uint8Array {
  const size = p.size ?? 60;
  const b = new Uint8Array(size);
  b.set([0x45, p.tos ?? 0, size >> 8, size & 255, 0, 1, 0, 0, p.ttl ?? 64, p.proto ?? 17, 0, 0, ...addr(p.src ?? '10.0.0.1'), ...addr(p.dst ?? '10.0.0.2')]);
  const c = sum(b, 0, 20);
  b[10] = c >> 8;
  b[11] = c & 255;
  const sport = p.sport ?? 1000;
  const dport = p.dport ?? 2000;
  b.set([sport >> 8, sport & 255, dport >> 8, dport & 255], 20);
  if ((p.proto ?? 17) === 17) {
    b.set([(size - 20) >> 8, (size - 20) & 255, 0, 0], 24);
    const u = sum(b, 12, size - 12, 17 + size - 20) || 0xffff;
    b[26] = u >> 8;
    b[27] = u & 255;
  } else b[32] = 0x50;
  return b;
}

export class TcLab {
  readonly k: Kernel;
  readonly clock: VirtualClock;
  readonly nl: NlTestClient;
  readonly a: NetDevice;
  readonly b: NetDevice;
  constructor(extra: KernelModule[] = []) {
    const { k, clock } = newKernel([veth, dummy, ifb, tc, netem, ...extra]);
    this.k = k;
    this.clock = clock;
    const pair = vethNewlink(k.initNet, 'b', k.initNet, 'a');
    if (typeof pair === 'number') throw new Error('no pair');
    this.a = devGetByIndex(k.initNet, 2)!;
    this.b = devGetByIndex(k.initNet, 3)!;
    open(this.a, this.b);
    this.nl = new NlTestClient(k.initNet);
    this.run(2000);
  }
  run(ms: number): void {
    this.clock.advance(ms * 1e6);
  }
  link(name: string, kind: string): NetDevice {
    expect(this.nl.ack(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, nlIfinfo({ flags: IFF_UP, change: IFF_UP }, (w) => {
      w.putString(IFLA_IFNAME, name);
      nlKind(w, kind);
    })).errno).toBe(0);
    return devGetByName(this.k.initNet, name)!;
  }
  private msg(type: number, flags: number, t: { dev: NetDevice; handle?: number; parent?: number; info?: number }, fill: Fill): { errno: number; msg: string } {
    const { dev, handle = 0, parent = 0, info = 0 } = t;
    const { errno, msg } = this.nl.ack(type, flags, nlPayload(TCMSG_LEN, (v, o) => tcmsgWrite(v, o, { family: 0, ifindex: dev.ifindex, handle, parent, info }), fill));
    return { errno, msg };
  }
  qdisc(kind: string, t: { dev?: NetDevice; handle?: number; parent?: number } = {}, options: Fill | null = null): void {
    const r = this.msg(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, { parent: ROOT, ...t, dev: t.dev ?? this.a }, (w) => {
      w.putString(TCA_KIND, kind);
      if (options !== null) {
        w.nestStart(TCA_OPTIONS);
        options(w);
        w.nestEnd();
      }
    });
    expect(r).toEqual({ errno: 0, msg: r.msg });
  }
  /** One whose options are a struct. */
  qdiscRaw(kind: string, bytes: Uint8Array, t: { dev?: NetDevice; handle?: number; parent?: number } = {}): void {
    const r = this.msg(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, { parent: ROOT, ...t, dev: t.dev ?? this.a }, (w) => {
      w.putString(TCA_KIND, kind);
      w.putBytes(TCA_OPTIONS, bytes);
    });
    expect(r).toEqual({ errno: 0, msg: '' });
  }
  delQdisc(dev: NetDevice, parent: number = ROOT): void {
    expect(this.msg(RTM_DELQDISC, 0, { dev, parent }, nothing).errno).toBe(0);
  }
  tclass(kind: string, classid: number, parent: number, options: Fill): void {
    expect(this.msg(RTM_NEWTCLASS, NLM_F_CREATE | NLM_F_EXCL, { dev: this.a, handle: classid, parent }, (w) => {
      w.putString(TCA_KIND, kind);
      w.nestStart(TCA_OPTIONS);
      options(w);
      w.nestEnd();
    })).toEqual({ errno: 0, msg: '' });
  }
  filter(kind: string, parent: number, options: Fill, { dev = this.a, prio = 1, protocol = 3, handle = 0 }: { dev?: NetDevice; prio?: number; protocol?: number; handle?: number } = {}): void {
    const info = ((prio << 16) | ((protocol & 255) << 8) | (protocol >> 8)) >>> 0;
    expect(this.msg(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, { dev, parent, info, handle }, (w) => {
      w.putString(TCA_KIND, kind);
      w.nestStart(TCA_OPTIONS);
      options(w);
      w.nestEnd();
    })).toEqual({ errno: 0, msg: '' });
  }
  delFilters(parent: number, dev: NetDevice = this.a): void {
    expect(this.msg(RTM_DELTFILTER, 0, { dev, parent }, nothing).errno).toBe(0);
  }
  /** What a queue counted. */
  stats(dev: NetDevice, handle: number): { bytes: number; packets: number; qlen: number; backlog: number; drops: number; overlimits: number } {
    const all: NlTestMessage[] = this.nl.request(RTM_GETQDISC, NLM_F_DUMP, nlPayload(TCMSG_LEN, (v, o) => tcmsgWrite(v, o, { family: 0, ifindex: dev.ifindex, handle: 0, parent: 0, info: 0 })));
    const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.length);
    for (const m of all) {
      if (m.type !== RTM_NEWQDISC || view(m.payload).getInt32(4, true) !== dev.ifindex || view(m.payload).getUint32(8, true) !== handle) continue;
      const s = nlAttrs(nlAttrs(m.payload, TCMSG_LEN).get(TCA_STATS2)!);
      const basic = view(s.get(TCA_STATS_BASIC)!);
      const q = view(s.get(TCA_STATS_QUEUE)!);
      return {
        bytes: Number(basic.getBigUint64(0, true)), packets: basic.getUint32(8, true), qlen: q.getUint32(0, true), backlog: q.getUint32(4, true), drops: q.getUint32(8, true), overlimits: q.getUint32(16, true),
      };
    }
    throw new Error(`no queue ${handle.toString(16)}`);
  }
  /** Of struct tc_fq_qd_stats: flows that were forgotten, flows. */
  fqStats(handle: number): [number, number] {
    const all: NlTestMessage[] = this.nl.request(RTM_GETQDISC, NLM_F_DUMP, nlPayload(TCMSG_LEN, (v, o) => tcmsgWrite(v, o, { family: 0, ifindex: this.a.ifindex, handle: 0, parent: 0, info: 0 })));
    const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.length);
    const m = all.find(({ type, payload }) => type === RTM_NEWQDISC && view(payload).getUint32(8, true) === handle);
    const x = view(nlAttrs(nlAttrs(m!.payload, TCMSG_LEN).get(TCA_STATS2)!).get(TCA_STATS_APP)!);
    return [x.getUint32(0, true), x.getUint32(64, true)];
  }
  /** What a class of htb counted: `xstats` has how often it lent and borrowed, giants, and its tokens for rate and ceiling. */
  classStats(classid: number): { packets: number; qlen: number; overlimits: number; xstats: number[] } {
    const all: NlTestMessage[] = this.nl.request(RTM_GETTCLASS, NLM_F_DUMP, nlPayload(TCMSG_LEN, (v, o) => tcmsgWrite(v, o, { family: 0, ifindex: this.a.ifindex, handle: 0, parent: 0, info: 0 })));
    const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.length);
    const m = all.find(({ type, payload }) => type === RTM_NEWTCLASS && view(payload).getUint32(8, true) === classid);
    const s = nlAttrs(nlAttrs(m!.payload, TCMSG_LEN).get(TCA_STATS2)!);
    const q = view(s.get(TCA_STATS_QUEUE)!);
    const x = view(s.get(TCA_STATS_APP)!);
    return { packets: view(s.get(TCA_STATS_BASIC)!).getUint32(8, true), qlen: q.getUint32(0, true), overlimits: q.getUint32(16, true), xstats: [0, 1, 2, 3, 4].map((i) => x.getInt32(i * 4, true)) };
  }
  /** Sends a packet out of `dev`. */
  send(p: PacketSpec = {}, dev: NetDevice = this.a): number {
    const peer = dev === this.a ? this.b : this.a;
    return send(dev, frame(peer.devAddr, dev.devAddr, ipPacket(p), 0x800));
  }
  watch(dev: NetDevice = this.b, outgoing: boolean = false): Seen[] {
    return watch(this.k, dev, outgoing);
  }
  close(): void {
    this.nl.close();
    finish(this.k);
  }
}

/** Writes actions as attribute `type`. */
export function actions(w: NlWriter, type: number, ...list: (readonly [kind: string, fill: Fill])[]): void {
  w.nestStart(type);
  list.forEach(([kind, fill], i) => {
    w.nestStart(i + 1);
    w.putString(TCA_ACT_KIND, kind);
    w.nestStart(TCA_ACT_OPTIONS);
    fill(w);
    w.nestEnd();
    w.nestEnd();
  });
  w.nestEnd();
}
/** The bytes of little-endian words. */
export function words(...w: number[]): Uint8Array {
  const b = new Uint8Array(w.length * 4);
  const v = new DataView(b.buffer);
  w.forEach((x, i) => v.setUint32(i * 4, x >>> 0, true));
  return b;
}
