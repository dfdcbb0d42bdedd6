/** One run of the part «routes»: child.js FAMILY PREFIXES. Prints a line of JSON. */
import { Flowi } from '@linnet/inet';
import { FibResult, fibTableLookup, inetAddrAdd, ipv4, IPV4 } from '@linnet/ipv4';
import { ipv6, IPV6 } from '@linnet/ipv6';
import { createKernel, HostClock } from '@linnet/kernel';
import { devOpen, type NetDevice } from '@linnet/netdev';
import { veth, vethNewlink } from '@linnet/netdevs';
import { Task } from '@linnet/posix';
import {
  AF_INET, AF_INET6, AF_NETLINK, in4FromString, NETLINK_ROUTE, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NlWriter, RTA_DST, RTA_GATEWAY, RTA_OIF, RTM_DELROUTE, RTM_NEWROUTE, RTMSG_LEN,
  rtmsgWrite, RTN_UNICAST, RTPROT_STATIC, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, SOCK_RAW,
} from '@linnet/uapi';
import { must } from '../linnet/machine.ts';
import { median } from '../measurement.ts';
import { Lengths, Ranges } from './reference.ts';
import { isUnicast, Random, table4, table6, type Table } from './tables.ts';

const GATEWAYS = 64;
const BATCH = 32 * 1024;
const SAMPLE = 200_000;
const LOOKUPS = 1 << 22;
const CHANGES = 20_000;

function heap(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('run with --expose-gc');
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A namespace with two devices that are up, and a socket for routes. */
class Router {
  readonly net;
  readonly devs: readonly NetDevice[];
  private readonly task: Task;
  private readonly fd: number;
  private readonly answer: Uint8Array = new Uint8Array(65536);

  constructor() {
    const kernel = createKernel({ modules: [ipv4, ipv6, veth], clock: new HostClock() });
    this.net = kernel.initNet;
    const peer = kernel.createNet();
    this.devs = ['10.0.0.1', '10.0.1.1'].map((addr, i) => {
      const pair = vethNewlink(this.net, `veth${i}`, peer, `veth${i}`);
      if (typeof pair === 'number') throw new Error(`veth: errno ${-pair}`);
      for (const dev of pair) must(devOpen(dev), 'up');
      must(kernel.run(() => inetAddrAdd(this.net, pair[0], { local: in4FromString(addr)!, prefixlen: 24 })), addr);
      return pair[0];
    });
    this.task = new Task(this.net);
    this.fd = must(this.task.sys.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), 'socket');
  }

  /** Sends messages, of which none asks for an acknowledgement: what comes is an error. */
  send(messages: Uint8Array): void {
    must(this.task.sys.send(this.fd, messages), 'send');
  }
  check(): void {
    const n = this.task.sys.recv(this.fd, this.answer);
    if (n > 0) throw new Error(`the kernel says errno ${-new DataView(this.answer.buffer).getInt32(16, true)}`);
  }
}

/** Writes the message about the route of prefix `i`. */
function message(w: NlWriter, t: Table, i: number, type: number, devs: readonly NetDevice[]): void {
  const v6 = t.words === 2;
  w.begin(type, NLM_F_REQUEST | (type === RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0), i, 0);
  const at = w.reserve(RTMSG_LEN);
  rtmsgWrite(w.view, at, {
    family: v6 ? AF_INET6 : AF_INET, dstLen: t.plen[i]!, srcLen: 0, tos: 0, table: RT_TABLE_MAIN, protocol: RTPROT_STATIC, scope: RT_SCOPE_UNIVERSE, type: RTN_UNICAST, flags: 0,
  });
  const g = i % GATEWAYS;
  const dev = devs[g & 1]!;
  const dst = w.reserveAttr(RTA_DST, v6 ? 16 : 4);
  w.view.setInt32(dst, t.prefix[t.words * i]!);
  if (v6) {
    w.view.setInt32(dst + 4, t.prefix[2 * i + 1]!);
    const gw = w.reserveAttr(RTA_GATEWAY, 16);
    w.view.setUint16(gw, 0xfe80);
    w.view.setUint16(gw + 14, 2 + g);
  } else {
    w.putInAddr(RTA_GATEWAY, 0x0a000000 | ((g & 1) << 8) | (2 + g));
  }
  w.putU32(RTA_OIF, dev.ifindex);
  w.end();
}

/** All prefixes as batches, made before the clock starts. */
function batches(t: Table, devs: readonly NetDevice[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  const w = new NlWriter({ capacity: BATCH });
  for (let i = 0; i < t.plen.length; i++) {
    message(w, t, i, RTM_NEWROUTE, devs);
    if (w.len + 256 < BATCH && i + 1 < t.plen.length) continue;
    out.push(w.bytes());
    w.reset();
  }
  return out;
}

/** Sends a change for every so many prefixes alone; the median in microseconds. */
function single(r: Router, t: Table, type: number): number {
  const step = Math.max(1, Math.floor(t.plen.length / CHANGES));
  const times: number[] = [];
  const w = new NlWriter({ capacity: 256 });
  for (let i = 0; i < t.plen.length; i += step) {
    w.reset();
    message(w, t, i, type, r.devs);
    const bytes = w.bytes();
    const t0 = process.hrtime.bigint();
    r.send(bytes);
    times.push(Number(process.hrtime.bigint() - t0));
  }
  r.check();
  return median(times) / 1000;
}

/** Millions in a second of this process's CPU time (others may have the core in between); the greatest of five times, since the first ones compile. */
function rate(run: (n: number) => number): number {
  let best = 0;
  let sum = 0;
  for (let i = 0; i < 5; i++) {
    const t0 = process.cpuUsage();
    sum += run(LOOKUPS);
    const { user, system } = process.cpuUsage(t0);
    best = Math.max(best, LOOKUPS / (user + system));
  }
  // The sum is used: nobody may leave the work out.
  return Number.isNaN(sum) ? NaN : best;
}

function load(r: Router, t: Table): { load: number; memory: number } {
  const all = batches(t, r.devs);
  const before = heap();
  const t0 = process.cpuUsage();
  for (const b of all) r.send(b);
  const { user, system } = process.cpuUsage(t0);
  const seconds = (user + system) / 1e6;
  r.check();
  // What is measured is the table: the batches were there before and are still.
  const memory = (heap() - before) / 1e6;
  if (all.length === 0) throw new Error('nothing sent');
  return { load: seconds, memory };
}

function measure4(n: number): Record<string, number> {
  const t = table4(n, 20240531);
  const r = new Router();
  const loaded = load(r, t);
  const tb = r.net.get(IPV4).fibMain;
  const { lpm } = tb;
  const find = rate((count) => {
    let sum = 0;
    let x = 88172645;
    for (let i = 0; i < count; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      // 1.0.0.0 and on, 222 of 256 parts of all addresses.
      sum = (sum + lpm.find(0x01000000 + Math.floor((x >>> 0) * (222 / 256)))) | 0;
    }
    return sum;
  });
  const fl = new Flowi();
  const res = new FibResult();
  const lookup = rate((count) => {
    let sum = 0;
    let x = 88172645;
    for (let i = 0; i < count; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      fl.daddr = (0x01000000 + Math.floor((x >>> 0) * (222 / 256))) | 0;
      if (fibTableLookup(tb, fl, res, 0) === 0) sum = (sum + res.nh!.gw) | 0;
    }
    return sum;
  });
  const ranges = new Ranges(t);
  const random = new Random(7);
  const reference = rate((count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum = (sum + ranges.find(random.next())) | 0;
    return sum;
  });
  let wrong = 0;
  const compare = (samples: number): void => {
    for (let i = 0; i < samples; ) {
      const addr = random.next();
      if (!isUnicast(addr)) continue;
      i++;
      const want = ranges.find(addr);
      const leaf = lpm.find(addr);
      const same = leaf === 0 ? want < 0 : want >= 0 && lpm.prefix[leaf] === t.prefix[want] && lpm.plen[leaf] === t.plen[want];
      if (!same) wrong++;
    }
  };
  compare(SAMPLE / 2);
  const remove = single(r, t, RTM_DELROUTE);
  const insert = single(r, t, RTM_NEWROUTE);
  // The same again after the changes.
  compare(SAMPLE / 2);
  if (tb.routes < n) throw new Error(`${tb.routes} routes of ${n}`);
  return { ...loaded, find, lookup, reference, insert, remove, wrong };
}

function measure6(n: number): Record<string, number> {
  const t = table6(n, 20240531);
  const r = new Router();
  const loaded = load(r, t);
  const { lpm } = r.net.get(IPV6).fibTables.get(RT_TABLE_MAIN)!;
  const random = new Random(7);
  // Addresses in an array, which costs both sides the same.
  const addrs = new Int32Array(1 << 21);
  const draw = (at: number): void => {
    const i = (random.next() >>> 0) % n;
    const any = (random.next() >>> 0) % 3 === 0;
    const keep = any ? 3 : t.plen[i]!;
    for (let w = 0; w < 2; w++) {
      const mask = keep >= 32 * (w + 1) ? -1 : keep <= 32 * w ? 0 : -1 << (32 * (w + 1) - keep);
      addrs[at + w] = (t.prefix[2 * i + w]! & mask) | (random.next() & ~mask);
    }
  };
  for (let at = 0; at < addrs.length; at += 2) draw(at);
  const mask = addrs.length - 2;
  const find = rate((count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const at = (i << 1) & mask;
      sum = (sum + lpm.find(addrs[at]!, addrs[at + 1]!, 0, i)) | 0;
    }
    return sum;
  });
  const lengths = new Lengths(t);
  const reference = rate((count) => {
    let sum = 0;
    for (let i = 0; i < count / 16; i++) {
      const at = (i << 1) & mask;
      sum = (sum + lengths.find(addrs[at]!, addrs[at + 1]!)) | 0;
    }
    return sum;
  }) / 16;
  let wrong = 0;
  const compare = (samples: number): void => {
    for (let i = 0; i < samples; i++) {
      draw(0);
      const want = lengths.find(addrs[0]!, addrs[1]!);
      const leaf = lpm.find(addrs[0]!, addrs[1]!, 0, 1);
      if (leaf === 0 ? want >= 0 : want < 0 || lpm.plen(leaf) !== t.plen[want]) wrong++;
    }
  };
  compare(SAMPLE / 2);
  const remove = single(r, t, RTM_DELROUTE);
  const insert = single(r, t, RTM_NEWROUTE);
  compare(SAMPLE / 2);
  return { ...loaded, find, reference, insert, remove, wrong };
}

const [family, prefixes] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(family === 4 ? measure4(prefixes!) : measure6(prefixes!)));
process.exit(0);
