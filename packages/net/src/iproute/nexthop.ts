/** Next hops as objects of their own: `ip nexthop`. */
import {
  AF_INET, AF_UNSPEC, NEXTHOP_ATTRS, NEXTHOP_GRP_TYPE_MPATH, NHMSG_LEN, nhmsgRead, nhmsgWrite, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, RTM_DELNEXTHOP, RTM_GETNEXTHOP, RTM_NEWNEXTHOP,
  RTNH_F_DEAD, RTNH_F_LINKDOWN, RTNH_F_ONLINK, RTPROT_BOOT,
} from '@linnet/uapi';
import type { NetlinkAnswer, NetlinkClient } from '../netlink/client.ts';
import type { LinkApi } from './link.ts';
import { PROTOCOLS, SCOPES } from './route-names.ts';
import { badArgument, badRequest, bytesAttr, defined, familyOf, type Keys, nameOf, numberAttr, numberOf, onlyKeys, stringAttr } from './values.ts';

/**
 * A next hop, or a group of them, as it is written and as it is read: `{ id: 1, via: '10.0.0.1', dev: 'eth0' }`, `{ id: 9, group: [{ id: 1 }, { id: 2, weight: 3 }] }`.
 * @public
 */
export interface Nexthop {
  /** Absent: the kernel chooses one. */
  readonly id?: number | undefined;
  readonly via?: string | undefined;
  readonly dev?: string | undefined;
  readonly blackhole?: boolean | undefined;
  readonly onlink?: boolean | undefined;
  /** Members: other next hops by id, with weights of 1 to 256. */
  readonly group?: readonly { readonly id: number; readonly weight?: number | undefined }[] | undefined;
  readonly protocol?: string | number | undefined;
  /** Read only. */
  readonly scope?: string | undefined;
  /** Read only: 'dead', 'linkdown', 'onlink'. */
  readonly flags?: readonly string[] | undefined;
}

const FLAGS: Readonly<Record<string, number>> = { dead: RTNH_F_DEAD, onlink: RTNH_F_ONLINK, linkdown: RTNH_F_LINKDOWN };
const GROUP_LEN = 8;
const KEYS: Keys<Nexthop> = { id: true, via: true, dev: true, blackhole: true, onlink: true, group: true, protocol: true, scope: true, flags: true };
const MEMBER: Keys<{ id: 0; weight: 0 }> = { id: true, weight: true };

function header(family: number, flags: number = 0, protocol: number = 0): Uint8Array {
  const out = new Uint8Array(NHMSG_LEN);
  nhmsgWrite(new DataView(out.buffer), 0, { family, scope: 0, protocol, flags });
  return out;
}

/**
 * Next hops of a namespace: `ip nexthop`. Errors are {@link NetlinkError}s: EEXIST, ENOENT (no such id), ENETUNREACH, ENETDOWN, EINVAL, EOPNOTSUPP (the machine has none).
 * @public
 */
export class NexthopApi {
  private readonly rtnl: NetlinkClient;
  private readonly link: LinkApi;

  /** @internal */
  constructor(rtnl: NetlinkClient, link: LinkApi) {
    this.rtnl = rtnl;
    this.link = link;
  }

  /** All next hops, by id. */
  list(): Nexthop[] {
    const names = this.names();
    return this.rtnl.dump({ type: RTM_GETNEXTHOP, name: 'RTM_GETNEXTHOP', what: '', header: header(AF_UNSPEC), table: NEXTHOP_ATTRS }).map((m) => nexthopOf(m, names));
  }

  /** One by id. Throws ENOENT. */
  get(id: number): Nexthop {
    return nexthopOf(this.rtnl.get({ type: RTM_GETNEXTHOP, name: 'RTM_GETNEXTHOP', what: `id ${id}`, header: header(AF_UNSPEC), table: NEXTHOP_ATTRS, attrs: { NHA_ID: id } }), this.names());
  }

  /** Adds a next hop or a group. Throws EEXIST for an id in use. */
  add(nh: Nexthop): void {
    this.put(nh, NLM_F_CREATE | NLM_F_EXCL);
  }

  /** Adds one, or puts it in the place of the one that has its id: routes go on with it. */
  replace(nh: Nexthop): void {
    this.put(nh, NLM_F_CREATE | NLM_F_REPLACE);
  }

  /** Removes one, with the routes over it. */
  del(id: number): void {
    this.rtnl.do({ type: RTM_DELNEXTHOP, name: 'RTM_DELNEXTHOP', what: `id ${id}`, header: header(AF_UNSPEC), table: NEXTHOP_ATTRS, attrs: { NHA_ID: id } });
  }

  private names(): Map<number, string> {
    return new Map(this.link.list().map((l) => [l.index, l.name]));
  }

  private put(nh: Nexthop, flags: number): void {
    onlyKeys(nh, KEYS);
    for (const member of nh.group ?? []) onlyKeys(member, MEMBER, 'group');
    const kinds = [nh.via ?? nh.dev, nh.blackhole === true ? true : undefined, nh.group].filter((k) => k !== undefined).length;
    if (kinds !== 1) throw badRequest('one of via and dev, blackhole, group is needed');
    const family = nh.group !== undefined ? AF_UNSPEC : nh.via === undefined ? AF_INET : familyOf('via', nh.via);
    const protocol = nh.protocol === undefined ? RTPROT_BOOT : numberOf('protocol', nh.protocol, PROTOCOLS);
    this.rtnl.do({
      type: RTM_NEWNEXTHOP, name: 'RTM_NEWNEXTHOP', what: nh.id === undefined ? '' : `id ${nh.id}`, flags, table: NEXTHOP_ATTRS,
      header: header(family, nh.onlink === true ? RTNH_F_ONLINK : 0, protocol),
      attrs: defined({
        NHA_ID: nh.id, NHA_GATEWAY: nh.via, NHA_OIF: nh.dev === undefined ? undefined : this.link.get(nh.dev).index, NHA_BLACKHOLE: nh.blackhole === true ? true : undefined,
        NHA_GROUP: nh.group === undefined ? undefined : groupBytes(nh.group), NHA_GROUP_TYPE: nh.group === undefined ? undefined : NEXTHOP_GRP_TYPE_MPATH,
      }),
    });
  }
}

/** struct nexthop_grp, one after the other: an id, the weight less one. */
function groupBytes(group: NonNullable<Nexthop['group']>): Uint8Array {
  const out = new Uint8Array(group.length * GROUP_LEN);
  const view = new DataView(out.buffer);
  group.forEach((g, i) => {
    const weight = g.weight ?? 1;
    if (!(weight >= 1 && weight <= 256)) throw badArgument('group.weight', weight);
    view.setUint32(i * GROUP_LEN, g.id, true);
    out[i * GROUP_LEN + 4] = weight - 1;
  });
  return out;
}

/** A message as a value. */
export function nexthopOf(m: NetlinkAnswer, names: ReadonlyMap<number, string>): Nexthop {
  const h = nhmsgRead(m.header, 0);
  const a = m.attrs;
  const oif = numberAttr(a, 'NHA_OIF');
  const group = bytesAttr(a, 'NHA_GROUP');
  const flags = Object.keys(FLAGS).filter((name) => (h.flags & FLAGS[name]!) !== 0);
  const members: { id: number; weight: number }[] = [];
  if (group !== undefined) {
    const view = new DataView(group.buffer, group.byteOffset, group.byteLength);
    for (let at = 0; at + GROUP_LEN <= group.length; at += GROUP_LEN) members.push({ id: view.getUint32(at, true), weight: view.getUint8(at + 4) + 1 });
  }
  return {
    id: numberAttr(a, 'NHA_ID') ?? 0,
    ...defined({ via: stringAttr(a, 'NHA_GATEWAY'), dev: oif === undefined ? undefined : (names.get(oif) ?? String(oif)) }) as Partial<Nexthop>,
    ...(a['NHA_BLACKHOLE'] === true ? { blackhole: true } : {}),
    ...(group === undefined ? {} : { group: members }),
    protocol: nameOf(h.protocol, PROTOCOLS),
    scope: nameOf(h.scope, SCOPES),
    ...(flags.length > 0 ? { flags } : {}),
  };
}
