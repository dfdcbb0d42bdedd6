/** Sets: what a type stores, a set with its elements, the sets of a namespace (ipset(8)). */
import { defineKey, delTimer, HZ, type Key, modTimer, type Net, TimerList, timerPending } from '@linnet/kernel';
import { AF_INET6 } from '@linnet/uapi';
import { IpSetEntry } from './ipset-entry.ts';
import { IpSetElems, type IpSetExtensions } from './ipset-elems.ts';
import { IpSetIfaces } from './ipset-ifaces.ts';
import { IPSET_FLAG_IFACE_WILDCARD } from './ipset-uapi.ts';

/** What a part of an element is. */
export type IpSetPart = 'ip' | 'net' | 'port' | 'iface' | 'set';

/** A type of sets. */
export interface IpSetType {
  readonly name: string;
  readonly kind: 'bitmap' | 'hash' | 'list';
  /** The newest revision of what programs may ask of it. */
  readonly revision: number;
  /** In the order in which the directions of a match name them. */
  readonly parts: readonly IpSetPart[];
  /** An element may also have a MAC address. */
  readonly mac: boolean;
  /** AF_*; 0: whatever the set is created for. */
  readonly family: number;
  /** Hash types: a mask may be given for the first address. */
  readonly masked: boolean;
}

function type(name: string, revision: number, parts: readonly IpSetPart[], more: Partial<IpSetType> = {}): IpSetType {
  return { name, kind: name.slice(0, name.indexOf(':')) as IpSetType['kind'], revision, parts, mac: false, family: 0, masked: false, ...more }; // datapath-ok: a constant
}

/** The types that there are. */
export const IPSET_TYPES: readonly IpSetType[] = [
  type('bitmap:ip', 3, ['ip'], { family: 2 }),
  type('bitmap:ip,mac', 3, ['ip'], { family: 2, mac: true }),
  type('bitmap:port', 3, ['port']),
  type('hash:ip', 6, ['ip'], { masked: true }),
  type('hash:ip,port', 7, ['ip', 'port'], { masked: true }),
  type('hash:ip,port,ip', 6, ['ip', 'port', 'ip']),
  type('hash:ip,port,net', 8, ['ip', 'port', 'net']),
  type('hash:net', 7, ['net']),
  type('hash:net,port', 8, ['net', 'port']),
  type('hash:net,iface', 8, ['net', 'iface']),
  type('list:set', 3, ['set']),
];

/** What `create` says of a set, and what two sets must share to be the same. */
export interface IpSetOptions extends IpSetExtensions {
  /** Seconds for elements that name none; 0: for ever. */
  readonly defaultTimeout: number;
  readonly forceadd: boolean;
  readonly maxelem: number;
  readonly hashsize: number;
  readonly bucketsize: number;
  readonly initval: number;
  /** Of the first address: its prefix length, 0 when `mask` has holes or is that of a host. */
  readonly netmask: number;
  /** Of the first address, as words; null: all of it counts. */
  readonly mask: Int32Array | null;
  /** Bitmaps: the first and the last value. */
  readonly first: number;
  readonly last: number;
  /** list:set. */
  readonly size: number;
}

/** The most words that a key has: two IPv6 addresses, a port, a prefix length, a device. */
export const IPSET_KEY_WORDS = 11;

/** Masks of IPv4 by prefix length. */
const MASKS: Int32Array = Int32Array.from({ length: 33 }, (_, n) => (n === 0 ? 0 : -1 << (32 - n)));

/** The mask of `n` bits, word `i` of an address. */
export function ipSetMaskWord(n: number, i: number): number {
  const bits = n - 32 * i;
  return MASKS[bits < 0 ? 0 : bits > 32 ? 32 : bits]!;
}

/** A set. The words of its keys are found by the offsets; -1: the type has no such part. */
export class IpSet {
  readonly inet: IpSetNet;
  /** Changes with the set that takes this one's place. */
  name: string;
  readonly type: IpSetType;
  readonly family: number;
  readonly revision: number;
  readonly opt: IpSetOptions;
  /** How many directions a match must name. */
  readonly dim: number;
  /** Words of an address. */
  readonly width: number;
  readonly portAt: number;
  readonly ip2At: number;
  /** Where the prefix length is, and where the address that it is of. */
  readonly cidrAt: number;
  readonly netAt: number;
  readonly ifaceAt: number;
  readonly elems: IpSetElems;
  /** Rules and lists that name its place. */
  refs = 0;
  /** Its place. */
  id = -1;
  /** Prefix lengths of its elements, longest first, and how often each occurs. */
  readonly cidrs: number[] = [];
  readonly #cidrCount: Int32Array;
  readonly ifaces: IpSetIfaces = new IpSetIfaces();
  /** hash:net,iface: the networks, whatever their device; the counter of packets says how many elements each has. */
  readonly nets: IpSetElems | null;
  /** list:set: slots in order. The key of each is the place of its set. */
  readonly order: number[] = [];
  /** Before this time (ns) nothing ends: the earliest end that there was. */
  #nextEnd = Infinity;
  readonly #gc: TimerList<IpSet> | null;

  constructor(inet: IpSetNet, name: string, t: IpSetType, family: number, revision: number, opt: IpSetOptions) {
    this.inet = inet;
    this.name = name;
    this.type = t;
    this.family = family;
    this.revision = revision;
    this.opt = opt;
    const w = family === AF_INET6 ? 4 : 1;
    this.dim = t.parts.length + (t.mac ? 1 : 0);
    this.width = w;
    let at = 0;
    let [port, ip2, cidr, net, iface] = [-1, -1, -1, -1, -1];
    t.parts.forEach((p, i) => {
      if (p === 'port') {
        port = at++;
      } else if (p === 'iface') {
        iface = at++;
      } else if (p === 'set') {
        at++;
      } else {
        if (i > 0) ip2 = at;
        if (p === 'net') {
          net = at;
          cidr = at + w;
          at++;
        }
        at += w;
      }
    });
    [this.portAt, this.ip2At, this.cidrAt, this.netAt, this.ifaceAt] = [port, ip2, cidr, net, iface];
    this.elems = new IpSetElems(at, opt, opt.initval); // datapath-ok: a new set
    this.nets = iface >= 0 ? new IpSetElems(iface, NETS, opt.initval) : null; // datapath-ok: a new set
    this.#cidrCount = new Int32Array(cidr >= 0 ? 32 * w + 1 : 0); // datapath-ok: a new set
    this.#gc = opt.timeout ? new TimerList(collect, this) : null; // datapath-ok: a new set
  }

  /** ns of the kernel's clock. */
  get now(): number {
    return this.inet.net.kernel.now();
  }
  /** Is it there, and has not timed out? */
  live(slot: number): boolean {
    const at = this.opt.timeout ? this.elems.expires[slot]! : 0;
    return at <= 0 || at > this.now;
  }
  /** A new element. */
  insert(key: Int32Array, flags: number): number {
    const slot = this.elems.insert(key);
    this.elems.flags[slot] = flags;
    if (this.cidrAt >= 0) this.#cidr(key[this.cidrAt]!, 1);
    if (this.nets !== null) {
      const there = this.nets.find(key);
      // An insertion may bring new arrays.
      const net = there >= 0 ? there : this.nets.insert(key);
      this.nets.packets[net]!++;
    }
    if (this.ifaceAt >= 0) this.ifaces.hold(key[this.ifaceAt]!, (flags & IPSET_FLAG_IFACE_WILDCARD) !== 0);
    return slot;
  }
  remove(slot: number): void {
    if (this.cidrAt >= 0) this.#cidr(this.elems.keys[slot * this.elems.words + this.cidrAt]!, -1);
    if (this.nets !== null) {
      const net = this.nets.find(this.elems.keys, slot * this.elems.words);
      if (--this.nets.packets[net]! === 0) this.nets.remove(net);
    }
    if (this.ifaceAt >= 0) this.ifaces.release(this.elems.keys[slot * this.elems.words + this.ifaceAt]!);
    if (this.type.kind === 'list') {
      this.order.splice(this.order.indexOf(slot), 1);
      const of = this.inet.sets[this.elems.keys[slot]!];
      if (of !== null && of !== undefined) of.refs--;
    }
    this.elems.remove(slot);
  }
  clear(): void {
    for (let slot = 0; slot < this.elems.high; slot++) if (this.elems.used[slot] === 1) this.remove(slot);
    this.elems.clear();
    this.#nextEnd = Infinity;
  }
  /** Ends it: nothing of it remains that runs. */
  end(): void {
    if (this.#gc !== null) delTimer(this.inet.net.kernel, this.#gc as TimerList<unknown>);
    this.clear();
  }
  /** Slots in the order in which they are listed. */
  slots(): number[] {
    const out: number[] = [];
    if (this.type.kind === 'list') {
      for (const s of this.order) if (this.live(s)) out.push(s);
      return out;
    }
    for (let s = 0; s < this.elems.high; s++) if (this.elems.used[s] === 1 && this.live(s)) out.push(s);
    if (this.type.kind === 'bitmap') out.sort((a, b) => (this.elems.keys[a]! >>> 0) - (this.elems.keys[b]! >>> 0)); // datapath-ok: a listing
    return out;
  }
  #cidr(n: number, d: number): void {
    const now = (this.#cidrCount[n]! += d);
    if (d > 0 && now === 1) {
      let i = 0;
      while (i < this.cidrs.length && this.cidrs[i]! > n) i++;
      this.cidrs.splice(i, 0, n);
    } else if (now === 0) {
      this.cidrs.splice(this.cidrs.indexOf(n), 1);
    }
  }
  /** Sets when an element ends (`IpSetElems.expires`): it is swept some time after. */
  ends(slot: number, at: number): void {
    this.elems.expires[slot] = at;
    if (at <= 0) return;
    if (at < this.#nextEnd) this.#nextEnd = at;
    this.#watch();
  }
  /** Removes what has timed out; reads the elements only when one of them may have. */
  sweep(): void {
    if (this.now >= this.#nextEnd) {
      this.#nextEnd = Infinity;
      const { elems } = this;
      for (let s = 0; s < elems.high; s++) {
        const at = elems.used[s] === 1 ? elems.expires[s]! : 0;
        if (at <= 0) continue;
        if (!this.live(s)) this.remove(s);
        else if (at < this.#nextEnd) this.#nextEnd = at;
      }
    }
    if (this.#nextEnd !== Infinity) this.#watch();
  }
  /** While there are elements that end, they are swept three times in a default timeout, and not more often than each second. */
  #watch(): void {
    if (this.#gc === null || timerPending(this.#gc as TimerList<unknown>)) return;
    const k = this.inet.net.kernel;
    const seconds = Math.min(300, Math.max(1, Math.floor(this.opt.defaultTimeout / 3)));
    modTimer(k, this.#gc as TimerList<unknown>, (k.jiffies + seconds * HZ) | 0);
  }
}
function collect(set: IpSet): void {
  set.sweep();
}
const NETS: IpSetExtensions = { timeout: false, counters: true, comment: false, skbinfo: false, mac: false };

/** The most sets of a namespace. */
const MAX_SETS = 65535;

/** The sets of a namespace, each at its place: rules name places, so that `swap` changes what they mean. */
export class IpSetNet {
  readonly net: Net;
  readonly sets: (IpSet | null)[] = [];
  /** The key that is looked for. */
  readonly key: Int32Array = new Int32Array(IPSET_KEY_WORDS);
  /** What comes with it. */
  readonly entry: IpSetEntry = new IpSetEntry();
  /** Where the last match was found. */
  hit: IpSet | null = null;
  slot = 0;
  constructor(net: Net) {
    this.net = net;
  }
  find(name: string): IpSet | null {
    for (const s of this.sets) if (s !== null && s.name === name) return s;
    return null;
  }
  /** Gives a set a place: false when all are taken. */
  add(s: IpSet): boolean {
    let i = 0;
    while (i < this.sets.length && this.sets[i] !== null) i++;
    if (i >= MAX_SETS) return false;
    this.sets[i] = s;
    s.id = i;
    return true;
  }
}
/** Where a namespace keeps them. */
export const IPSET: Key<IpSetNet> = defineKey<IpSetNet>('ipset');
