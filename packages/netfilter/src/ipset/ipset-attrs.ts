/** Attributes of ipset's messages: numbers in network order, which their type says too. */
// datapath-ok-file: control messages
import { AF_INET6, nlaFlags, nlaForEach, nlaGetBe16, nlaGetBe32, nlaGetString, nlaLen, nlaParseNested, nlaType, type NlWriter, NLA_F_NET_BYTEORDER } from '@linnet/uapi';
import {
  IPSET_ATTR_BITMASK, IPSET_ATTR_BUCKETSIZE, IPSET_ATTR_BYTES, IPSET_ATTR_CADT_FLAGS, IPSET_ATTR_CADT_LINENO, IPSET_ATTR_CIDR, IPSET_ATTR_CIDR2, IPSET_ATTR_COMMENT, IPSET_ATTR_ETHER,
  IPSET_ATTR_HASHSIZE, IPSET_ATTR_IFACE, IPSET_ATTR_INITVAL, IPSET_ATTR_IPADDR_IPV4, IPSET_ATTR_IPADDR_IPV6, IPSET_ATTR_MAX, IPSET_ATTR_MAXELEM, IPSET_ATTR_NAME, IPSET_ATTR_NAMEREF,
  IPSET_ATTR_NETMASK, IPSET_ATTR_PACKETS, IPSET_ATTR_PORT, IPSET_ATTR_PORT_TO, IPSET_ATTR_PROTO, IPSET_ATTR_SIZE, IPSET_ATTR_SKBMARK, IPSET_ATTR_SKBPRIO, IPSET_ATTR_SKBQUEUE,
  IPSET_ATTR_TIMEOUT, IPSET_ERR_IPADDR_IPV4, IPSET_ERR_IPADDR_IPV6, IPSET_ERR_PROTOCOL, IPSET_MAX_COMMENT_SIZE, IPSET_MAXNAMELEN,
} from './ipset-uapi.ts';

const HIGH = 0x1_0000_0000;
const IFNAMSIZ = 16;

/** Bytes of numbers, by their attribute. */
const SIZES_BOTH: Readonly<Record<number, number>> = {
  [IPSET_ATTR_CIDR]: 1, [IPSET_ATTR_PORT]: 2, [IPSET_ATTR_PORT_TO]: 2, [IPSET_ATTR_TIMEOUT]: 4, [IPSET_ATTR_PROTO]: 1, [IPSET_ATTR_CADT_FLAGS]: 4, [IPSET_ATTR_CADT_LINENO]: 4,
};
const SIZES_CREATE: Readonly<Record<number, number>> = {
  ...SIZES_BOTH, [IPSET_ATTR_INITVAL]: 4, [IPSET_ATTR_HASHSIZE]: 4, [IPSET_ATTR_MAXELEM]: 4, [IPSET_ATTR_NETMASK]: 1, [IPSET_ATTR_BUCKETSIZE]: 1, [IPSET_ATTR_SIZE]: 4,
};
const SIZES_ADT: Readonly<Record<number, number>> = {
  ...SIZES_BOTH, [IPSET_ATTR_ETHER]: 6, [IPSET_ATTR_CIDR2]: 1, [IPSET_ATTR_BYTES]: 8, [IPSET_ATTR_PACKETS]: 8, [IPSET_ATTR_SKBMARK]: 8, [IPSET_ATTR_SKBPRIO]: 4, [IPSET_ATTR_SKBQUEUE]: 2,
};
const STRINGS_ADT: Readonly<Record<number, number>> = {
  [IPSET_ATTR_NAME]: IPSET_MAXNAMELEN, [IPSET_ATTR_NAMEREF]: IPSET_MAXNAMELEN, [IPSET_ATTR_IFACE]: IFNAMSIZ, [IPSET_ATTR_COMMENT]: IPSET_MAX_COMMENT_SIZE + 1,
};

/** The attributes of a set or of an element. */
export class IpSetAttrs {
  readonly view: DataView;
  readonly tb: Int32Array;
  constructor(view: DataView, tb: Int32Array) {
    this.view = view;
    this.tb = tb;
  }
  has(type: number): boolean {
    return this.tb[type] !== 0;
  }
  u8(type: number, none: number): number {
    return this.has(type) ? this.view.getUint8(this.tb[type]! + 4) : none;
  }
  u16(type: number, none: number): number {
    return this.has(type) ? nlaGetBe16(this.view, this.tb[type]!) : none;
  }
  u32(type: number, none: number): number {
    return this.has(type) ? nlaGetBe32(this.view, this.tb[type]!) >>> 0 : none;
  }
  u64(type: number, none: number): number {
    const nla = this.tb[type]!;
    return nla === 0 ? none : this.view.getUint32(nla + 4) * HIGH + this.view.getUint32(nla + 8);
  }
  str(type: number): string {
    return nlaGetString(this.view, this.tb[type]!);
  }
  /** Reads an address into `to` at `at`: 0, or an error when it is of another family. */
  ip(type: number, family: number, to: Int32Array, at: number): number {
    const six = family === AF_INET6;
    const tb = nlaParseNested(this.view, this.tb[type]!, 2);
    const nla = tb[six ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4]!;
    const n = six ? 4 : 1;
    if (nla === 0 || nlaLen(this.view, nla) !== 4 * n || (nlaFlags(this.view, nla) & NLA_F_NET_BYTEORDER) === 0) return six ? -IPSET_ERR_IPADDR_IPV6 : -IPSET_ERR_IPADDR_IPV4;
    for (let i = 0; i < n; i++) to[at + i] = this.view.getInt32(nla + 4 + 4 * i);
    return 0;
  }
}

/** What is inside of the attribute at `nla`; -IPSET_ERR_PROTOCOL when one of them is not as it should be. */
export function ipSetAttrs(view: DataView, nla: number, create: boolean): IpSetAttrs | number {
  const sizes = create ? SIZES_CREATE : SIZES_ADT;
  const tb = new Int32Array(IPSET_ATTR_MAX + 1);
  let bad = false;
  nlaForEach(view, nla + 4, nlaLen(view, nla), (a) => {
    const type = nlaType(view, a);
    if (type > IPSET_ATTR_MAX) return;
    tb[type] = a;
    const size = sizes[type];
    if (size !== undefined) {
      if (nlaLen(view, a) < size) bad = true;
      // Numbers of more than a byte must say that they are in network order.
      if (size !== 1 && size !== 6 && (nlaFlags(view, a) & NLA_F_NET_BYTEORDER) === 0) bad = true;
    }
    const max = create ? undefined : STRINGS_ADT[type];
    if (max !== undefined && nlaLen(view, a) > max) bad = true;
  });
  return bad ? -IPSET_ERR_PROTOCOL : new IpSetAttrs(view, tb);
}

/** A mask of holes, as words. */
export function ipSetBitmask(a: IpSetAttrs, family: number): Int32Array | number {
  const mask = new Int32Array(family === AF_INET6 ? 4 : 1);
  const err = a.ip(IPSET_ATTR_BITMASK, family, mask, 0);
  return err < 0 ? err : mask;
}

export function putNet32(w: NlWriter, type: number, v: number): void {
  w.putBe32(type | NLA_F_NET_BYTEORDER, v);
}
export function putNet16(w: NlWriter, type: number, v: number): void {
  w.putBe16(type | NLA_F_NET_BYTEORDER, v);
}
export function putNet64(w: NlWriter, type: number, v: number): void {
  const at = w.reserveAttr(type | NLA_F_NET_BYTEORDER, 8);
  w.view.setUint32(at, Math.floor(v / HIGH));
  w.view.setUint32(at + 4, v % HIGH);
}
/** An address of `n` words. */
export function putIp(w: NlWriter, type: number, from: Int32Array, at: number, n: number): void {
  w.nestStart(type);
  const o = w.reserveAttr(n === 4 ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4, 4 * n);
  for (let i = 0; i < n; i++) w.view.setInt32(o + 4 * i, from[at + i]!);
  w.nestEnd();
}
