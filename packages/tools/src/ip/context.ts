/** What all parts of ip(8) share: its options, its socket, the names of devices, and how failures are told. */
import { strerror, type Task } from '@linnet/posix';
import {
  IFLA_ALT_IFNAME, IFLA_EXT_MASK, IFLA_IFNAME, IFLA_LINK, IFLA_PROP_LIST, NETLINK_ROUTE, RTM_GETLINK, RTM_NEWLINK,
} from '@linnet/uapi';
import { attrList, attrMap, AttrWriter, type Attrs, cstr, NlSocket, type NlMsg, type NlResult, text, u32 } from '../netlink.ts';
import { Printer } from '../printer.ts';
import type { ToolIo } from '../tool.ts';
import { AF_INET, AF_INET6, ToolExit } from '../words.ts';

export const AF_PACKET = 17;
export const AF_BRIDGE = 7;
/** RTEXT_FILTER_SKIP_STATS and RTEXT_FILTER_VF. */
const SKIP_STATS = 8;

/** Options before the object. */
export interface IpOptions {
  family: number;
  details: number;
  stats: number;
  json: boolean;
  pretty: boolean;
  oneline: boolean;
  brief: boolean;
  numeric: boolean;
  force: boolean;
  /** For each of the named namespaces. */
  all: boolean;
  timestamp: number;
  maxFlushLoops: number;
  netns: string | null;
  batch: string | null;
}

/** As they are when none is given. */
export const NO_OPTIONS: Readonly<IpOptions> = Object.freeze({
  family: 0, details: 0, stats: 0, json: false, pretty: false, oneline: false, brief: false, numeric: false, force: false, all: false, timestamp: 0, maxFlushLoops: 10, netns: null, batch: null,
});

/** struct ifinfomsg. */
export interface LinkHead {
  readonly family: number;
  readonly type: number;
  readonly index: number;
  readonly flags: number;
}

/** A link as told by the kernel. */
export interface LinkMsg extends LinkHead {
  readonly attrs: Attrs;
  readonly name: string;
  readonly altnames: readonly string[];
}

export function linkMsg(m: NlMsg): LinkMsg {
  const v = new DataView(m.body.buffer, m.body.byteOffset, m.body.byteLength);
  const attrs = attrMap(m.body, 16);
  const props = attrs.get(IFLA_PROP_LIST);
  return {
    family: m.body[0]!, type: v.getUint16(2, true), index: v.getInt32(4, true), flags: v.getUint32(8, true), attrs, name: text(attrs, IFLA_IFNAME) ?? '',
    altnames: props === undefined ? [] : attrList(props).filter(([t]) => t === IFLA_ALT_IFNAME).map(([, b]) => cstr(b)),
  };
}

export function ifinfomsg(family: number, index: number = 0, flags: number = 0, change: number = 0, type: number = 0): Uint8Array {
  const b = new Uint8Array(16);
  const v = new DataView(b.buffer);
  b[0] = family;
  v.setUint16(2, type, true);
  v.setInt32(4, index, true);
  v.setUint32(8, flags, true);
  v.setUint32(12, change, true);
  return b;
}

/** One run of ip(8). */
export class Ip {
  readonly task: Task;
  readonly io: ToolIo;
  readonly opt: IpOptions;
  readonly out: Printer;
  #rtnl: NlSocket | null = null;
  #links: Map<number, LinkMsg> | null = null;

  constructor(task: Task, io: ToolIo, opt: IpOptions) {
    this.task = task;
    this.io = io;
    this.opt = opt;
    this.out = new Printer(opt.json, opt.pretty, opt.oneline);
  }

  get rtnl(): NlSocket {
    this.#rtnl ??= new NlSocket(this.task, NETLINK_ROUTE);
    if (this.#rtnl.fd < 0) throw new ToolExit(255, `Cannot open netlink socket: ${strerror(this.#rtnl.fd)}\n`);
    return this.#rtnl;
  }

  close(): void {
    this.#rtnl?.close();
    this.#rtnl = null;
  }

  /** Shows what was printed. */
  flush(): void {
    const s = this.out.take();
    if (s !== '') this.io.out(s);
  }

  /** Tells of a result that is an error: true if it is none. A warning is told, too. */
  good(r: NlResult): boolean {
    if (r.said !== null && r.said !== '') {
      this.io.err(`${r.err < 0 ? 'Error' : 'Warning'}: ${r.said}${r.said.endsWith('.') ? '' : '.'}\n`);
    } else if (r.err < 0) {
      this.io.err(`RTNETLINK answers: ${strerror(r.err)}\n`);
    }
    return r.err >= 0;
  }

  /** A change: exit code 0 or 2. */
  change(type: number, flags: number, header: Uint8Array, attrs: AttrWriter): number {
    return this.good(this.rtnl.talk(type, flags, header, attrs)) ? 0 : 2;
  }

  /** A dump that must succeed. */
  dump(type: number, header: Uint8Array, attrs: AttrWriter | null = null): readonly NlMsg[] {
    const r = this.rtnl.dump(type, header, attrs);
    if (this.good(r)) return r.msgs;
    throw new ToolExit(1, 'Dump terminated\n');
  }

  /** All links, known by index. */
  get links(): ReadonlyMap<number, LinkMsg> {
    if (this.#links === null) {
      this.#links = new Map();
      const r = this.rtnl.dump(RTM_GETLINK, ifinfomsg(0), new AttrWriter().u32(IFLA_EXT_MASK, SKIP_STATS));
      for (const m of r.msgs) if (m.type === RTM_NEWLINK) this.remember(linkMsg(m));
    }
    return this.#links;
  }

  remember(l: LinkMsg): void {
    this.#links ??= new Map();
    this.#links.set(l.index, l);
  }
  forget(index: number): void {
    this.#links?.delete(index);
  }
  /** What is known of links may no longer hold. */
  forgetLinks(): void {
    this.#links = null;
  }

  nameOf(index: number): string {
    return index === 0 ? '*' : (this.links.get(index)?.name ?? `if${index}`);
  }

  /** The index for a name; 0 where there is none. */
  indexOf(name: string): number {
    for (const l of this.links.values()) if (l.name === name || l.altnames.includes(name)) return l.index;
    const m = /^if(\d+)$/.exec(name);
    return m === null ? 0 : Number(m[1]);
  }

  /** The same where there must be one. */
  mustIndex(name: string): number {
    const i = this.indexOf(name);
    if (i === 0) throw new ToolExit(1, `Cannot find device "${name}"\n`);
    return i;
  }

  /** The device below or the peer, where it is of this namespace. */
  lower(l: LinkMsg): number | undefined {
    return u32(l.attrs, IFLA_LINK);
  }

  get family4(): boolean {
    return this.opt.family === AF_INET;
  }
  get family6(): boolean {
    return this.opt.family === AF_INET6;
  }
}
