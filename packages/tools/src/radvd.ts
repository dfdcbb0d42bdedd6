/** radvd(8), small: tells the hosts of a link of this router (RFC 4861 6.2), from a configuration of radvd.conf(5). */
import { MsgHdr, type Task } from '@linnet/posix';
import {
  AF_INET6, ICMPV6_FILTER, in6FromString, IPPROTO_ICMPV6, IPV6_ADD_MEMBERSHIP, IPV6_HOPLIMIT, IPV6_MULTICAST_HOPS, IPV6_RECVHOPLIMIT, IPV6_UNICAST_HOPS, SIOCGIFHWADDR, SIOCGIFINDEX, SO_BINDTODEVICE,
  SOCK_RAW, sockaddrIn6, SOL_ICMPV6, SOL_IPV6, SOL_SOCKET, utf8Encode,
} from '@linnet/uapi';
import type { SockAddrIn6 } from '@linnet/uapi';
import { getopt } from './getopt.ts';
import { ConfError, type RaInterface, radvdConf } from './radvd-conf.ts';
import type { ToolIo } from './tool.ts';

const USAGE = `usage: radvd [-hcv] [-C config_file]
`;

const POLLIN = 1;
const RS = 133;
const RA = 134;
/** Times of RFC 4861 10, in milliseconds. */
const MAX_INITIAL_RTR_ADVERT_INTERVAL = 16_000;
const MAX_INITIAL_RTR_ADVERTISEMENTS = 3;
const MAX_RA_DELAY_TIME = 500;
/** How long to wait for a link-local address. */
const RETRY = 1000;

const ALL_NODES: Int32Array = in6FromString('ff02::1')!;
const ALL_ROUTERS: Int32Array = in6FromString('ff02::2')!;

/** A router's face to one link. */
interface Link {
  readonly conf: RaInterface;
  readonly fd: number;
  readonly ifindex: number;
  readonly lladdr: Uint8Array;
}

/** Bytes of a message, as they come. */
class Writer {
  readonly bytes: number[] = [];
  u8(...v: number[]): this {
    for (const x of v) this.bytes.push(x & 255);
    return this;
  }
  u16(v: number): this {
    return this.u8(v >> 8, v);
  }
  u32(v: number): this {
    return this.u8(v >>> 24, v >>> 16, v >>> 8, v);
  }
  addr(a: Int32Array, words: number = 4): this {
    for (let i = 0; i < words; i++) this.u32(a[i]!);
    return this;
  }
  /** An option of neighbour discovery: its length in units of eight bytes is counted here, and the rest filled up. */
  option(type: number, body: (w: Writer) => void): this {
    const w = new Writer();
    body(w);
    while ((w.bytes.length + 2) % 8 !== 0) w.u8(0);
    return this.u8(type, (w.bytes.length + 2) / 8).u8(...w.bytes);
  }
}

/** The first `plen` bits of a prefix. */
function masked(a: Int32Array, plen: number): Int32Array {
  return a.map((w, i) => {
    const bits = Math.max(0, Math.min(32, plen - 32 * i));
    return bits === 0 ? 0 : w & (-1 << (32 - bits));
  });
}

/** A router advertisement (RFC 4861 4.2, RFC 4191, RFC 8106); a router that ends says so with a lifetime of 0. */
function advertisement(link: Link, ends: boolean): Uint8Array {
  const { conf } = link;
  const lifetime = Math.round(ends ? 0 : conf.lifetime);
  const w = new Writer().u8(RA, 0, 0, 0, conf.hopLimit);
  // The preference of a router that is none must be the medium one (RFC 4191 2.2).
  w.u8((conf.managed ? 0x80 : 0) | (conf.other ? 0x40 : 0) | ((lifetime === 0 ? 0 : conf.preference) << 3));
  w.u16(lifetime).u32(conf.reachableMs).u32(conf.retransMs);
  for (const p of conf.prefixes) {
    w.option(3, (o) => o.u8(p.plen, (p.onLink ? 0x80 : 0) | (p.autonomous ? 0x40 : 0)).u32(p.valid).u32(p.preferred).u32(0).addr(masked(p.prefix, p.plen)));
  }
  for (const r of conf.routes) {
    w.option(24, (o) => o.u8(r.plen, r.preference << 3).u32(ends ? 0 : Math.round(r.lifetime)).addr(masked(r.prefix, r.plen), r.plen > 64 ? 4 : r.plen > 0 ? 2 : 0));
  }
  for (const d of conf.rdnss) {
    w.option(25, (o) => {
      o.u16(0).u32(ends ? 0 : Math.round(d.lifetime));
      for (const s of d.servers) o.addr(s);
    });
  }
  for (const d of conf.dnssl) {
    w.option(31, (o) => {
      o.u16(0).u32(ends ? 0 : Math.round(d.lifetime));
      for (const domain of d.domains) {
        for (const label of domain.split('.')) o.u8(label.length, ...utf8Encode(label));
        o.u8(0);
      }
    });
  }
  if (conf.mtu !== 0) w.option(5, (o) => o.u16(0).u32(conf.mtu));
  if (conf.sourceLladdr && link.lladdr.length > 0) w.option(1, (o) => o.u8(...link.lladdr));
  return Uint8Array.from(w.bytes);
}

/** A file names an interface that is not there. */
class NoInterface extends Error {}

function indexOf(name: string, ask: () => number): number {
  try {
    return ask();
  } catch (error) {
    throw (error as { code?: string }).code === 'ENODEV' ? new NoInterface(`interface ${name} does not exist`) : error;
  }
}

/** A socket that hears the solicitations of one link, and speaks to it alone. */
function open(task: Task, conf: RaInterface): Link {
  const fd = task.socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
  try {
    return prepare(task, conf, fd);
  } catch (error) {
    task.close(fd);
    throw error;
  }
}

function prepare(task: Task, conf: RaInterface, fd: number): Link {
  const ifreq = (cmd: number): DataView => {
    const b = new Uint8Array(40);
    b.set(utf8Encode(conf.name).subarray(0, 15));
    task.ioctl(fd, cmd, b);
    return new DataView(b.buffer);
  };
  const ifindex = indexOf(conf.name, () => ifreq(SIOCGIFINDEX).getInt32(16, true));
  const hw = ifreq(SIOCGIFHWADDR);
  const ether = hw.getUint16(16, true) === 1;
  const lladdr = ether ? new Uint8Array(hw.buffer, 18, 6).slice() : new Uint8Array(0);
  task.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, utf8Encode(`${conf.name}\0`));
  const filter = new Uint8Array(32).fill(0xff);
  filter[RS >> 3]! &= ~(1 << (RS & 7));
  task.setsockopt(fd, SOL_ICMPV6, ICMPV6_FILTER, filter);
  task.setsockopt(fd, SOL_IPV6, IPV6_MULTICAST_HOPS, 255);
  task.setsockopt(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 255);
  task.setsockopt(fd, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
  const mreq = new Uint8Array(20);
  const v = new DataView(mreq.buffer);
  ALL_ROUTERS.forEach((w, i) => v.setInt32(4 * i, w));
  v.setInt32(16, ifindex, true);
  task.setsockopt(fd, SOL_IPV6, IPV6_ADD_MEMBERSHIP, mreq);
  return { conf, fd, ifindex, lladdr };
}

/** What is running: the links, and when to stop. */
class Daemon {
  private readonly task: Task;
  private readonly io: ToolIo;
  readonly links: Link[] = [];

  constructor(task: Task, io: ToolIo) {
    this.task = task;
    this.io = io;
  }

  get stopped(): boolean {
    return this.io.signal?.aborted === true;
  }

  /** Waits; false when it is time to stop. */
  private async sleep(ms: number): Promise<boolean> {
    try {
      await this.task.poll([], Math.max(1, Math.round(ms)), { signal: this.io.signal });
      return true;
    } catch (error) {
      if (this.stopped) return false;
      throw error;
    }
  }

  private random(low: number, high: number): number {
    return low + this.task.kernel.rng.stream('radvd').float() * (high - low);
  }

  /** Sends to a host, or to all. False when there is no address yet to send from. */
  async send(link: Link, to: SockAddrIn6 | null, ends: boolean = false): Promise<boolean> {
    try {
      await this.task.sendto(link.fd, advertisement(link, ends), 0, to ?? sockaddrIn6(ALL_NODES, 0, link.ifindex));
      return true;
    } catch {
      return false;
    }
  }

  /** Advertises from time to time, at the beginning more often (RFC 4861 6.2.4). */
  async advertise(link: Link): Promise<void> {
    const { conf } = link;
    for (let n = 0; !this.stopped;) {
      let wait = RETRY;
      if (await this.send(link, null)) {
        wait = this.random(conf.minInterval, conf.maxInterval) * 1000;
        if (++n < MAX_INITIAL_RTR_ADVERTISEMENTS) wait = Math.min(wait, MAX_INITIAL_RTR_ADVERT_INTERVAL);
      }
      if (!await this.sleep(wait)) return;
    }
  }

  /** Answers solicitations (RFC 4861 6.2.6). */
  async answer(link: Link): Promise<void> {
    const { task } = this;
    for (;;) {
      try {
        await task.poll([{ fd: link.fd, events: POLLIN, revents: 0 }], -1, { signal: this.io.signal });
      } catch (error) {
        if (this.stopped) return;
        throw error;
      }
      const buf = new Uint8Array(1500);
      const msg = new MsgHdr([buf]);
      const n = await task.recvmsg(link.fd, msg);
      const from = msg.name as SockAddrIn6;
      if (!valid(buf.subarray(0, n), from.addr, msg)) continue;
      if (!await this.sleep(this.random(0, MAX_RA_DELAY_TIME))) return;
      const unknown = from.addr.every((w) => w === 0);
      await this.send(link, unknown || !link.conf.unicastSolicited ? null : sockaddrIn6(from.addr, 0, link.ifindex));
    }
  }
}

/** Is it a solicitation from this link, of the form of RFC 4861 6.1.1? */
function valid(b: Uint8Array, from: Int32Array, msg: MsgHdr): boolean {
  const hops = msg.control.find((c) => c.level === SOL_IPV6 && c.type === IPV6_HOPLIMIT)?.data[0];
  if (b.length < 8 || b[0] !== RS || b[1] !== 0 || hops !== 255) return false;
  for (let at = 8; at < b.length;) {
    const len = (b[at + 1] ?? 0) * 8;
    if (len === 0 || at + len > b.length) return false;
    if (b[at] === 1 && from.every((w) => w === 0)) return false;
    at += len;
  }
  return true;
}

/**
 * radvd(8), small: reads `-C FILE` (by default /etc/radvd.conf) through `io.readFile` and advertises until `io.signal` aborts; the last advertisement says that the router is none any more.
 * `-c` only checks the file. Settings that it does not know are errors: those of Mobile IPv6, of lists of clients, of prefixes taken from interfaces.
 * @public
 */
export async function radvd(task: Task, args: readonly string[], io: ToolIo): Promise<number> {
  const parsed = getopt(args, [{ short: 'C', long: 'config', arg: 'required' }, { short: 'c', long: 'configtest' }, { short: 'h', long: 'help' }, { short: 'v', long: 'version' }, { short: 'n', long: 'nodaemon' }]);
  if (parsed.error !== null || parsed.rest.length > 0) {
    io.err(`radvd: ${parsed.error ?? `unexpected '${parsed.rest[0]!}'`}\n${USAGE}`);
    return 1;
  }
  let file = '/etc/radvd.conf';
  let test = false;
  for (const [o, value] of parsed.options) {
    if (o.short === 'C') file = value!;
    else if (o.short === 'c') test = true;
    else if (o.short === 'h') return io.out(USAGE), 0;
    else if (o.short === 'v') return io.out('radvd from linnet\n'), 0;
  }
  const text = io.readFile?.(file) ?? null;
  if (text === null) {
    io.err(`radvd: can't open ${file}\n`);
    return 1;
  }
  const daemon = new Daemon(task, io);
  let confs: RaInterface[];
  try {
    confs = radvdConf(text);
  } catch (error) {
    if (!(error instanceof ConfError)) throw error;
    io.err(`radvd: ${file}: ${error.message}\n`);
    return 1;
  }
  if (test) return 0;
  try {
    for (const conf of confs) {
      if (!conf.sendAdvert) continue;
      try {
        daemon.links.push(open(task, conf));
      } catch (error) {
        io.err(`radvd: ${error instanceof NoInterface ? '' : `${conf.name}: `}${(error as Error).message}\n`);
        return 1;
      }
    }
    await Promise.all(daemon.links.flatMap((link) => [daemon.advertise(link), daemon.answer(link)]));
    for (const link of daemon.links) await daemon.send(link, null, true);
    return 0;
  } finally {
    for (const link of daemon.links) task.close(link.fd);
  }
}
