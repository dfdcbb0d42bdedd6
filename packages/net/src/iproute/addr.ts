/** Addresses: `ip addr`. */
import {
  ADDR_ATTRS, AF_INET, IFA_F_DEPRECATED, IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_PERMANENT, IFA_F_SECONDARY, IFA_F_TENTATIVE, ifaCacheinfoRead, ifaCacheinfoWrite, IFA_CACHEINFO_LEN,
  IFADDRMSG_LEN, ifaddrmsgRead, ifaddrmsgWrite, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR,
} from '@linnet/uapi';
import type { NetlinkAnswer, NetlinkClient } from '../netlink/client.ts';
import type { LinkApi } from './link.ts';
import { SCOPES } from './route-names.ts';
import { bytesAttr, defined, familyArg, type Keys, nameOf, numberAttr, numberOf, onlyKeys, prefixOf, stringAttr } from './values.ts';

/**
 * An address of a link.
 * @public
 */
export interface Addr {
  /** The name of the link. */
  readonly dev: string;
  readonly index: number;
  /** With its prefix length: '10.0.0.1/24'. */
  readonly address: string;
  /** The other end of a point-to-point link. */
  readonly peer?: string;
  readonly broadcast?: string;
  readonly label?: string;
  /** 'global', 'link', 'host', or a number. */
  readonly scope: string;
  /** 'permanent', 'secondary', 'deprecated', 'tentative', 'noprefixroute'. */
  readonly flags: readonly string[];
  /** Seconds, or Infinity. */
  readonly validLifetime: number;
  readonly preferredLifetime: number;
}

/**
 * An address to add.
 * @public
 */
export interface NewAddr {
  readonly dev: string | number;
  /** '10.0.0.1/24'; without a length it is a host's (/32). */
  readonly address: string;
  readonly peer?: string | undefined;
  /** '+' for the last address of the subnet. */
  readonly broadcast?: string | undefined;
  readonly label?: string | undefined;
  readonly scope?: string | number | undefined;
  readonly noprefixroute?: boolean | undefined;
  /** Seconds; Infinity by default. */
  readonly validLifetime?: number | undefined;
  readonly preferredLifetime?: number | undefined;
}

const FLAGS: Readonly<Record<string, number>> = {
  permanent: IFA_F_PERMANENT, secondary: IFA_F_SECONDARY, deprecated: IFA_F_DEPRECATED, tentative: IFA_F_TENTATIVE, nodad: IFA_F_NODAD, noprefixroute: IFA_F_NOPREFIXROUTE,
};
const FOREVER = 0xffffffff;
/** What is read may be given back: what only a kernel decides is not looked at. */
const KEYS: Keys<Addr & NewAddr> = {
  dev: true, address: true, peer: true, broadcast: true, label: true, scope: true, noprefixroute: true, validLifetime: true, preferredLifetime: true, index: true, flags: true,
};
const FILTER: Keys<{ dev: 0; family: 0 }> = { dev: true, family: true };

function header(family: number, prefixlen: number, index: number, scope: number = 0): Uint8Array {
  const out = new Uint8Array(IFADDRMSG_LEN);
  ifaddrmsgWrite(new DataView(out.buffer), 0, { family, prefixlen, flags: 0, scope, index });
  return out;
}

/** The last address of the IPv4 subnet. */
function lastOf(address: string, length: number): string {
  const parts = address.split('.').map(Number);
  const bits = parts.map((p, i) => p | (0xff >> Math.min(8, Math.max(0, length - i * 8))));
  return bits.join('.');
}

/**
 * Addresses of a namespace: `ip addr`. Errors are {@link NetlinkError}s: ENODEV, EEXIST, EADDRNOTAVAIL (no such address), EINVAL.
 * @public
 */
export class AddrApi {
  private readonly rtnl: NetlinkClient;
  private readonly link: LinkApi;

  /** @internal */
  constructor(rtnl: NetlinkClient, link: LinkApi) {
    this.rtnl = rtnl;
    this.link = link;
  }

  /** All addresses, or those of a link or of a family (AF_INET, AF_INET6). */
  list(filter: { readonly dev?: string | number | undefined; readonly family?: number | undefined } = {}): Addr[] {
    onlyKeys(filter, FILTER);
    const family = familyArg(filter.family);
    const names = new Map(this.link.list().map((l) => [l.index, l.name]));
    const only = filter.dev === undefined ? 0 : this.link.get(filter.dev).index;
    return this.rtnl
      .dump({ type: RTM_GETADDR, name: 'RTM_GETADDR', what: '', flags: 0, header: header(family, 0, only), table: ADDR_ATTRS })
      .map((m) => addrOf(m, names))
      .filter((a) => only === 0 || a.index === only);
  }

  /** Adds an address. Throws EEXIST when the link has it. */
  add(addr: NewAddr): void {
    this.put(addr, NLM_F_CREATE | NLM_F_EXCL);
  }

  /** Adds an address, or changes the one that is there. */
  replace(addr: NewAddr): void {
    this.put(addr, NLM_F_CREATE | NLM_F_REPLACE);
  }

  /** Removes an address. */
  del(addr: { readonly dev: string | number; readonly address: string; readonly label?: string | undefined }): void {
    onlyKeys(addr, KEYS);
    const p = prefixOf('address', addr.address);
    const { index } = this.link.get(addr.dev);
    this.rtnl.do({
      type: RTM_DELADDR, name: 'RTM_DELADDR', what: addr.address, flags: 0, header: header(p.family, p.length, index), table: ADDR_ATTRS,
      attrs: defined({ IFA_LOCAL: p.address, IFA_LABEL: addr.label }),
    });
  }

  private put(addr: NewAddr, flags: number): void {
    onlyKeys(addr, KEYS);
    const p = prefixOf('address', addr.address);
    const { index } = this.link.get(addr.dev);
    const scope = addr.scope === undefined ? (p.address.startsWith('127.') ? SCOPES['host']! : 0) : numberOf('scope', addr.scope, SCOPES);
    const timed = addr.validLifetime !== undefined || addr.preferredLifetime !== undefined;
    const peer = addr.peer === undefined ? null : prefixOf('peer', addr.peer);
    const length = peer !== null && addr.peer!.includes('/') ? peer.length : p.length;
    const isV4 = p.family === AF_INET;
    this.rtnl.do({
      type: RTM_NEWADDR, name: 'RTM_NEWADDR', what: addr.address, flags, header: header(p.family, length, index, scope), table: ADDR_ATTRS,
      attrs: defined({
        IFA_LOCAL: p.address,
        IFA_ADDRESS: peer?.address ?? p.address,
        IFA_BROADCAST: addr.broadcast === '+' && isV4 ? lastOf(p.address, p.length) : addr.broadcast,
        IFA_LABEL: addr.label,
        IFA_FLAGS: addr.noprefixroute === true ? IFA_F_NOPREFIXROUTE : undefined,
        IFA_CACHEINFO: timed ? lifetimes(addr.validLifetime ?? Infinity, addr.preferredLifetime ?? addr.validLifetime ?? Infinity) : undefined,
      }),
    });
  }
}

function lifetimes(valid: number, preferred: number): Uint8Array {
  const out = new Uint8Array(IFA_CACHEINFO_LEN);
  const secs = (n: number): number => (n === Infinity ? FOREVER : n);
  ifaCacheinfoWrite(new DataView(out.buffer), 0, { prefered: secs(preferred), valid: secs(valid), cstamp: 0, tstamp: 0 });
  return out;
}

/** A message as a value. */
export function addrOf(m: NetlinkAnswer, names: ReadonlyMap<number, string>): Addr {
  const h = ifaddrmsgRead(m.header, 0);
  const a = m.attrs;
  const far = stringAttr(a, 'IFA_ADDRESS');
  const local = stringAttr(a, 'IFA_LOCAL') ?? far ?? '';
  const flags = numberAttr(a, 'IFA_FLAGS') ?? h.flags;
  const bytes = bytesAttr(a, 'IFA_CACHEINFO');
  const info = bytes === undefined ? null : ifaCacheinfoRead(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  const time = (n: number): number => (n === FOREVER ? Infinity : n);
  return {
    dev: names.get(h.index) ?? String(h.index),
    index: h.index,
    address: `${local}/${h.prefixlen}`,
    ...defined({ peer: far === local ? undefined : far, broadcast: stringAttr(a, 'IFA_BROADCAST'), label: stringAttr(a, 'IFA_LABEL') }) as { peer?: string; broadcast?: string; label?: string },
    scope: nameOf(h.scope, SCOPES),
    flags: Object.keys(FLAGS).filter((name) => (flags & FLAGS[name]!) !== 0),
    validLifetime: info === null ? Infinity : time(info.valid),
    preferredLifetime: info === null ? Infinity : time(info.prefered),
  };
}
