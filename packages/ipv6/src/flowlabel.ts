/** Flow labels that sockets manage (RFC 3697, RFC 6437; IPV6_FLOWLABEL_MGR). */
// datapath-ok-file: socket options
import { EEXIST, EINVAL, ENOBUFS, ENOENT, ENOPROTOOPT, EPERM, ESRCH, HZ, timeAfter } from '@linnet/kernel';
import type { RngStream } from '@linnet/kernel';
import type { InetSock } from '@linnet/inet';
import {
  IPV6_FL_A_GET, IPV6_FL_A_PUT, IPV6_FL_A_RENEW, IPV6_FL_F_CREATE, IPV6_FL_F_EXCL, IPV6_FL_F_REFLECT, IPV6_FL_F_REMOTE, IPV6_FL_S_ANY, IPV6_FL_S_EXCL, IPV6_FL_S_NONE,
  IPV6_FL_S_PROCESS, IPV6_FL_S_USER, IPV6_FLOWINFO_FLOWLABEL, SOCK_STREAM,
} from '@linnet/uapi';
import { a6Any, a6Clone, a6Equal, a6Hex, a6Mapped } from './addr6.ts';
import { IPV6 } from './ipv6-net.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { inet6Sk } from './pinfo.ts';
import type { Ipv6TxOptions } from './tx-options.ts';

/** How long a label may be kept at most after its last use, seconds, and how short at least. */
const MIN_LINGER = 6;
const MAX_LINGER = 150;
/** Labels of a namespace. */
const MAX_PER_NET = 4096;

/** A label in use (struct ip6_flowlabel). @alpha */
export class Flowlabel {
  readonly label: number;
  readonly dst: Int32Array;
  readonly share: number;
  readonly owner: number;
  users: number;
  /** Jiffies. */
  linger: number;
  lastuse: number;
  expires: number;
  readonly opt: Ipv6TxOptions | null;
  constructor(label: number, dst: Int32Array, share: number, owner: number, opt: Ipv6TxOptions | null, now: number) {
    this.label = label;
    this.dst = dst;
    this.share = share;
    this.owner = owner;
    this.users = 0;
    this.linger = MIN_LINGER * HZ;
    this.lastuse = now;
    this.expires = 0;
    this.opt = opt;
  }
}

/** A label that a socket holds (struct ipv6_fl_socklist). @alpha */
export interface FlSocklist {
  readonly fl: Flowlabel;
}

/** The labels of a namespace. @alpha */
export class FlowlabelTable {
  readonly byLabel: Map<number, Flowlabel[]> = new Map();
  private readonly rng: RngStream;
  count = 0;
  constructor(rng: RngStream) {
    this.rng = rng;
  }

  /** Labels that nobody holds and whose time is over go. */
  gc(now: number): void {
    for (const [label, list] of this.byLabel) {
      const left = list.filter((f) => f.users > 0 || !timeAfter(now, f.lastuse + f.linger) || (f.expires !== 0 && !timeAfter(now, f.expires)));
      this.count -= list.length - left.length;
      if (left.length === 0) this.byLabel.delete(label);
      else if (left.length !== list.length) this.byLabel.set(label, left);
    }
  }

  /** Has somebody a label that others may not use? */
  exclusive(now: number): boolean {
    this.gc(now);
    for (const list of this.byLabel.values()) {
      for (const f of list) if (f.share === IPV6_FL_S_EXCL || f.share === IPV6_FL_S_PROCESS || f.share === IPV6_FL_S_USER) return true;
    }
    return false;
  }

  /** A label that nobody uses. */
  pick(): number {
    let label: number;
    do label = this.rng.u32() & IPV6_FLOWINFO_FLOWLABEL;
    while (label === 0 || this.byLabel.has(label));
    return label;
  }

  add(f: Flowlabel): void {
    const list = this.byLabel.get(f.label);
    if (list === undefined) this.byLabel.set(f.label, [f]);
    else list.push(f);
    this.count++;
  }
}

/** The label that a socket holds, with the options that belong to it; null when it holds none of this number (fl6_sock_lookup). @alpha */
export function fl6SockLookup(sk: InetSock, label: number): Flowlabel | null {
  const np = inet6Sk(sk)!;
  const f = np.flList.find((x) => x.fl.label === (label & IPV6_FLOWINFO_FLOWLABEL));
  if (f === undefined) return null;
  f.fl.lastuse = sk.net.get(IPV6).kernel.jiffies;
  return f.fl;
}

/** The flow label of a message: while somebody has a label for himself, it must be one that the socket holds. 0 or -EINVAL. @alpha */
export function fl6LabelOk(sk: InetSock, label: number): number {
  if (label === 0) return 0;
  const n6 = sk.net.get(IPV6);
  if (n6.flowlabels!.count === 0) return 0;
  return fl6SockLookup(sk, label) === null && n6.flowlabels!.exclusive(n6.kernel.jiffies) ? -EINVAL : 0;
}

function lingerOf(seconds: number): number {
  if (seconds === 0) return MIN_LINGER * HZ;
  return seconds >= MIN_LINGER && seconds <= MAX_LINGER ? seconds * HZ : 0;
}

function renew(f: Flowlabel, linger: number, expires: number, now: number): number {
  const l = lingerOf(linger);
  if (l === 0) return -EPERM;
  if (expires > 0x7fffffff / HZ) return -EPERM;
  f.lastuse = now;
  if (f.linger < l) f.linger = l;
  const e = (now + Math.max(expires * HZ, f.linger)) | 0;
  if (f.expires === 0 || timeAfter(e, f.expires)) f.expires = e;
  return 0;
}

function attach(sk: InetSock, f: Flowlabel): void {
  f.users++;
  inet6Sk(sk)!.flList.push({ fl: f });
}

/** IPV6_FLOWLABEL_MGR: `val` is struct in6_flowlabel_req; the number of a new label is written back to it (ipv6_flowlabel_opt). @alpha */
export function ipv6FlowlabelOpt(sk: InetSock, val: Uint8Array): number {
  if (val.length < 32) return -EINVAL;
  const v = new DataView(val.buffer, val.byteOffset, val.byteLength);
  const n6: Ipv6Net = sk.net.get(IPV6);
  const table = n6.flowlabels!;
  const np = inet6Sk(sk)!;
  const now = n6.kernel.jiffies;
  const dst = new Int32Array(4);
  for (let i = 0; i < 4; i++) dst[i] = v.getInt32(4 * i);
  let label = v.getUint32(16) & IPV6_FLOWINFO_FLOWLABEL;
  const rest = v.getUint32(16) & ~IPV6_FLOWINFO_FLOWLABEL;
  const action = v.getUint8(20);
  const share = v.getUint8(21);
  const flags = v.getUint16(22, true);
  const expires = v.getUint16(24, true);
  const linger = v.getUint16(26, true);
  table.gc(now);
  if (action === IPV6_FL_A_PUT) {
    if ((flags & IPV6_FL_F_REFLECT) !== 0) {
      if (sk.type !== SOCK_STREAM) return -ENOPROTOOPT;
      if (!np.ext.repflow) return -ESRCH;
      np.ext.repflow = false;
      np.flowLabel = 0;
      return 0;
    }
    const i = np.flList.findIndex((x) => x.fl.label === label);
    if (i < 0) return -ESRCH;
    const [x] = np.flList.splice(i, 1);
    x!.fl.users--;
    x!.fl.lastuse = now;
    if (np.flowLabel === label) np.flowLabel = 0;
    return 0;
  }
  if (action === IPV6_FL_A_RENEW) {
    const x = np.flList.find((y) => y.fl.label === label);
    if (x !== undefined) return renew(x.fl, linger, expires, now);
    const none = table.byLabel.get(label)?.[0];
    return none === undefined ? -ESRCH : renew(none, linger, expires, now);
  }
  if (action !== IPV6_FL_A_GET) return -EINVAL;
  if ((flags & IPV6_FL_F_REFLECT) !== 0) {
    // Whoever reflects labels does not see to it that each is of one flow.
    if (n6.sysctlFlowlabelConsistency !== 0) return -EPERM;
    if (sk.type !== SOCK_STREAM) return -ENOPROTOOPT;
    np.ext.repflow = true;
    return 0;
  }
  if ((flags & IPV6_FL_F_REMOTE) !== 0) return -ENOENT;
  if (rest !== 0 && label === 0) return -EINVAL;
  if (a6Any(dst) || a6Mapped(dst)) return -EINVAL;
  if (share > IPV6_FL_S_USER && share !== IPV6_FL_S_ANY && share !== IPV6_FL_S_NONE) return -EINVAL;
  if (label !== 0) {
    if (np.flList.some((x) => x.fl.label === label)) {
      if ((flags & IPV6_FL_F_EXCL) !== 0) return -EEXIST;
      const own = np.flList.find((x) => x.fl.label === label)!.fl;
      return share === own.share && a6Equal(own.dst, dst) ? renew(own, linger, expires, now) : -EPERM;
    }
    const shared = table.byLabel.get(label)?.[0];
    if (shared !== undefined) {
      if ((flags & IPV6_FL_F_EXCL) !== 0) return -EEXIST;
      if (shared.share === IPV6_FL_S_EXCL || shared.share !== share || ((share === IPV6_FL_S_PROCESS || share === IPV6_FL_S_USER) && shared.owner !== sk.uid)) return -EPERM;
      if (!a6Equal(shared.dst, dst)) return -EINVAL;
      const err = renew(shared, linger, expires, now);
      if (err === 0) attach(sk, shared);
      return err;
    }
    if ((flags & IPV6_FL_F_CREATE) === 0) return -ENOENT;
  } else if ((flags & IPV6_FL_F_CREATE) === 0) {
    return -ENOENT;
  }
  if (table.count >= MAX_PER_NET) return -ENOBUFS;
  if (label === 0) label = table.pick();
  const f = new Flowlabel(label, a6Clone(dst), share, sk.uid, null, now);
  const err = renew(f, linger, expires, now);
  if (err !== 0) return err;
  table.add(f);
  attach(sk, f);
  v.setUint32(16, label);
  return 0;
}

/** The socket ends, or forgets its labels (fl6_free_socklist). @alpha */
export function fl6FreeSocklist(sk: InetSock): void {
  const np = inet6Sk(sk);
  if (np === null) return;
  for (const { fl } of np.flList) fl.users--;
  np.flList = [];
}

/** /proc/net/ip6_flowlabel. @alpha */
export function flowlabelShow(n6: Ipv6Net): string {
  let s = 'Label S Owner  Users  Linger Expires  Dst                              Opt\n';
  const now = n6.kernel.jiffies;
  for (const list of n6.flowlabels!.byLabel.values()) {
    for (const f of list) {
      const left = Math.trunc(((f.expires - now) | 0) / HZ);
      s += `${f.label.toString(16).toUpperCase().padStart(5, '0')} ${String(f.share).padEnd(1)} ${String(f.owner).padEnd(6)} ${String(f.users).padEnd(6)} ${String(f.linger / HZ).padEnd(6)} ${String(left).padEnd(8)} ${a6Hex(f.dst)} ${String(f.opt === null ? 0 : f.opt.nflen).padEnd(4)}\n`;
    }
  }
  return s;
}
