// Random requests of the kinds that `ip` makes, over a small pool of names, so that they meet: about half of them are valid when they are made.
import fc from 'fast-check';
import {
  ADDR_ATTRS, FR_ACT_BLACKHOLE, FR_ACT_PROHIBIT, FR_ACT_TO_TBL, FR_ACT_UNREACHABLE, IFF_ALLMULTI, IFF_NOARP, IFF_PROMISC, IFF_UP, LINK_ATTRS, NEIGH_ATTRS, NEXTHOP_ATTRS,
  type NlAttrTable, NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, nlMessageEncode, type NlObject, NTF_PROXY, NUD_NOARP, NUD_PERMANENT,
  NUD_STALE, ROUTE_ATTRS, RTM_DELADDR, RTM_DELLINK, RTM_DELNEIGH, RTM_DELNEXTHOP, RTM_DELROUTE, RTM_DELRULE, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWNEXTHOP,
  RTM_NEWROUTE, RTM_NEWRULE, RTN_BLACKHOLE, RTN_LOCAL, RTN_PROHIBIT, RTN_THROW, RTN_UNICAST, RTN_UNREACHABLE, RULE_ATTRS,
} from '@linnet/uapi';

const AF_INET = 2;
const CREATE = NLM_F_CREATE | NLM_F_EXCL;
const REPLACE = NLM_F_CREATE | NLM_F_REPLACE;

/** A request: the names in it become indices when it is made. */
export interface Op {
  readonly what: string;
  readonly type: number;
  readonly flags: number;
  readonly table: NlAttrTable;
  /** The fixed struct, given the index of a name. */
  header(index: (name: string) => number): Uint8Array;
  attrs(index: (name: string) => number): NlObject;
}

const u8 = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const le32 = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
const v4 = (n: number): Uint8Array => u8(10, n >> 8, n & 255, 1 + (n % 3));
const str = (o: object): string => JSON.stringify(o, (_k, v: unknown) => (v instanceof Uint8Array ? [...v].join('.') : typeof v === 'bigint' ? String(v) : v));

/** Drops what is undefined: not in this request. */
function given(o: Record<string, NlObject[string] | undefined>): NlObject {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as NlObject;
}
const opt = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arb, { nil: undefined });
const mask = (addr: Uint8Array, len: number): Uint8Array => addr.map((b, i) => b & (0xff00 >> Math.max(0, Math.min(8, len - 8 * i))));

const NAMES = ['d0', 'd1', 'd2', 'd3', 'd4'] as const;
const name = fc.constantFrom(...NAMES);
const mac = fc.integer({ min: 1, max: 6 }).map((n) => u8(2, 0, 0, 0, 0, n));
/** One of few, so that requests meet. */
const addr = fc.integer({ min: 0, max: 11 }).map(v4);
const plen = fc.constantFrom(8, 16, 24, 30, 32);
const table = fc.constantFrom(254, 254, 254, 100, 255, 1000);

const ifinfomsg = (index: number, flags = 0, change = 0): Uint8Array => u8(0, 0, 0, 0, ...le32(index), ...le32(flags), ...le32(change));

interface LinkData {
  readonly kind: string;
  readonly data?: NlObject;
  readonly lower?: boolean;
  readonly peer?: string;
  readonly peerUp?: boolean;
}

const kind: fc.Arbitrary<LinkData> = fc.oneof(
  fc.tuple(name, fc.constantFrom(false, false, false, true)).map(([peer, peerUp]): LinkData => ({ kind: 'veth', peer, peerUp })),
  fc.record({
    IFLA_BR_STP_STATE: opt(fc.constantFrom(0, 1)), IFLA_BR_AGEING_TIME: opt(fc.constantFrom(0, 3000, 30000)), IFLA_BR_FORWARD_DELAY: opt(fc.constantFrom(100, 200, 1500, 9000)),
    // No VLANs: not every kernel's bridge has them (CONFIG_BRIDGE_VLAN_FILTERING).
    IFLA_BR_MCAST_SNOOPING: opt(fc.constantFrom(0, 1)), IFLA_BR_PRIORITY: opt(fc.constantFrom(0, 32768)), IFLA_BR_HELLO_TIME: opt(fc.constantFrom(50, 100, 1000, 1100)), IFLA_BR_MAX_AGE: opt(fc.constantFrom(500, 600, 4000)),
  }).map((d): LinkData => ({ kind: 'bridge', data: given(d) })),
  fc.constantFrom(1, 2, 4, 8, 16).map((m): LinkData => ({ kind: 'macvlan', lower: true, data: { IFLA_MACVLAN_MODE: m } })),
  fc.constant<LinkData>({ kind: 'ifb' }),
  fc.record({ id: fc.integer({ min: 0, max: 3 }), ttl: opt(fc.constantFrom(0, 1, 64)), port: opt(fc.constantFrom(4789, 8472)), learn: opt(fc.constantFrom(0, 1)), remote: opt(addr) })
    .map((v): LinkData => ({
      kind: 'vxlan',
      data: given({
        IFLA_VXLAN_ID: v.id, IFLA_VXLAN_TTL: v.ttl, IFLA_VXLAN_PORT: v.port, IFLA_VXLAN_LEARNING: v.learn,
        IFLA_VXLAN_GROUP: v.remote,
      }),
    })),
);

const linkAdd: fc.Arbitrary<Op> = fc.record({ name, kind, lower: name, mtu: opt(fc.constantFrom(60, 576, 1500, 9000)), mac, up: fc.boolean(), txq: opt(fc.constantFrom(0, 100)) })
  .map(({ name: n, kind: k, lower, mtu, mac: m, up, txq }) => ({
    what: `link add ${n} type ${k.kind} ${k.lower === true ? `link ${lower} ` : ''}${k.peer ?? ''}${k.peerUp === true ? ' up' : ''} ${str({ mtu, up, txq, ...k.data })}`,
    type: RTM_NEWLINK, flags: CREATE, table: LINK_ATTRS,
    header: () => ifinfomsg(0, up ? IFF_UP : 0, up ? IFF_UP : 0),
    attrs: (index) => given({
      IFLA_IFNAME: n, IFLA_MTU: mtu, IFLA_TXQLEN: txq,
      // A mac of its own for each name, or the peers of random ones would differ.
      IFLA_ADDRESS: u8(...m.slice(0, 4), n.charCodeAt(1), m[5]!),
      IFLA_LINK: k.lower === true ? index(lower) : undefined,
      IFLA_LINKINFO: given({
        IFLA_INFO_KIND: k.kind,
        IFLA_INFO_DATA: k.peer !== undefined
          ? { VETH_INFO_PEER: u8(...ifinfomsg(0, k.peerUp === true ? IFF_UP : 0, k.peerUp === true ? IFF_UP : 0), ...LINK_ATTRS.encode({ IFLA_IFNAME: k.peer, IFLA_ADDRESS: u8(2, 0, 0, 1, k.peer.charCodeAt(1), m[5]!) })) }
          : k.data,
      }),
    }),
  }));

const linkSet: fc.Arbitrary<Op> = fc.record({
  name, up: opt(fc.boolean()), flag: opt(fc.constantFrom(IFF_PROMISC, IFF_ALLMULTI, IFF_NOARP)), on: fc.boolean(), mtu: opt(fc.constantFrom(50, 68, 1280, 1400, 1500, 70000)),
  txq: opt(fc.constantFrom(0, 500)), mac: opt(mac), master: opt(fc.oneof(name, fc.constant(''))), rename: opt(name), alias: opt(fc.constantFrom('', 'an alias')), group: opt(fc.constantFrom(0, 7)),
}, { requiredKeys: ['name', 'on'] }).map((o) => ({
  what: `link set ${o.name} ${str(o)}`,
  type: RTM_NEWLINK, flags: 0, table: LINK_ATTRS,
  header: (index) => {
    let flags = 0;
    let change = 0;
    if (o.up !== undefined) [flags, change] = [o.up ? IFF_UP : 0, IFF_UP];
    if (o.flag !== undefined) [flags, change] = [flags | (o.on ? o.flag : 0), change | o.flag];
    return ifinfomsg(index(o.name), flags, change);
  },
  attrs: (index) => given({
    IFLA_MTU: o.mtu, IFLA_TXQLEN: o.txq, IFLA_ADDRESS: o.mac, IFLA_MASTER: o.master === undefined ? undefined : o.master === '' ? 0 : index(o.master), IFLA_IFNAME: o.rename,
    IFLA_IFALIAS: o.alias, IFLA_GROUP: o.group,
  }),
}));

/** `ip link set NAME type KIND ...`, and of a port of a bridge `type bridge_slave ...`. */
const linkChange: fc.Arbitrary<Op> = fc.oneof(
  fc.tuple(name, kind).filter(([, k]) => k.kind !== 'veth').map(([n, k]): Op => ({
    what: `link set ${n} type ${k.kind} ${str(k.data ?? {})}`, type: RTM_NEWLINK, flags: 0, table: LINK_ATTRS, header: (index) => ifinfomsg(index(n)),
    attrs: () => ({ IFLA_LINKINFO: given({ IFLA_INFO_KIND: k.kind, IFLA_INFO_DATA: k.data }) }),
  })),
  fc.tuple(name, fc.record({
    IFLA_BRPORT_COST: opt(fc.constantFrom(0, 10, 65535, 65536)), IFLA_BRPORT_PRIORITY: opt(fc.constantFrom(0, 32, 63, 64)), IFLA_BRPORT_MODE: opt(fc.constantFrom(0, 1)), IFLA_BRPORT_GUARD: opt(fc.constantFrom(0, 1)),
    IFLA_BRPORT_LEARNING: opt(fc.constantFrom(0, 1)), IFLA_BRPORT_UNICAST_FLOOD: opt(fc.constantFrom(0, 1)), IFLA_BRPORT_ISOLATED: opt(fc.constantFrom(0, 1)), IFLA_BRPORT_STATE: opt(fc.constantFrom(0, 3, 9)),
    IFLA_BRPORT_GROUP_FWD_MASK: opt(fc.constantFrom(0, 1, 0x4000)),
  })).map(([n, data]): Op => ({
    what: `link set ${n} type bridge_slave ${str(data)}`, type: RTM_NEWLINK, flags: 0, table: LINK_ATTRS, header: (index) => ifinfomsg(index(n)),
    attrs: () => ({ IFLA_LINKINFO: { IFLA_INFO_SLAVE_KIND: 'bridge', IFLA_INFO_SLAVE_DATA: given(data) } }),
  })),
);

const linkDel: fc.Arbitrary<Op> = name.map((n) => ({
  what: `link del ${n}`, type: RTM_DELLINK, flags: 0, table: LINK_ATTRS, header: (index) => ifinfomsg(index(n)), attrs: () => ({}),
}));

const ifaddrmsg = (len: number, scope: number, index: number): Uint8Array => u8(AF_INET, len, 0, scope, ...le32(index));

const address: fc.Arbitrary<Op> = fc.record({
  verb: fc.constantFrom('add', 'add', 'replace', 'del'), name, addr, peer: opt(addr), plen, brd: opt(addr), scope: fc.constantFrom(0, 0, 253, 254), label: fc.boolean(),
  metric: opt(fc.constantFrom(0, 50)), noprefix: fc.boolean(), bad: fc.constantFrom(false, false, false, false, true),
}).map((o) => ({
  what: `addr ${o.verb} ${str(o)}`,
  type: o.verb === 'del' ? RTM_DELADDR : RTM_NEWADDR, flags: o.verb === 'add' ? CREATE : o.verb === 'replace' ? REPLACE : 0, table: ADDR_ATTRS,
  header: (index) => ifaddrmsg(o.plen, o.scope, index(o.name)),
  attrs: () => given({
    IFA_LOCAL: o.addr, IFA_ADDRESS: o.peer ?? o.addr, IFA_BROADCAST: o.brd, IFA_LABEL: o.label ? `${o.name}${o.bad ? '' : ':x'}` : undefined, IFA_RT_PRIORITY: o.metric,
    IFA_FLAGS: o.noprefix ? 0x200 : undefined,
  }),
}));

const rtmsg = (dstLen: number, tos: number, tab: number, proto: number, scope: number, type: number, flags = 0): Uint8Array =>
  u8(AF_INET, dstLen, 0, tos, tab > 255 ? 0 : tab, proto, scope, type, ...le32(flags));

/** struct rtnexthop with its attributes. */
function nexthops(list: readonly { readonly name: string; readonly via: Uint8Array | undefined; readonly weight: number }[], index: (n: string) => number): Uint8Array {
  const parts = list.map((h) => {
    const attrs = h.via === undefined ? u8() : ROUTE_ATTRS.encode({ RTA_GATEWAY: h.via });
    const len = 8 + attrs.length;
    return u8(len & 255, len >> 8, 0, h.weight, ...le32(index(h.name)), ...attrs);
  });
  return Uint8Array.from(parts.flatMap((p) => [...p]));
}

const route: fc.Arbitrary<Op> = fc.record({
  verb: fc.constantFrom('add', 'add', 'append', 'replace', 'change', 'prepend', 'del'), dst: addr, plen: fc.oneof(plen, fc.constant(0)), tos: fc.constantFrom(0, 0, 0, 8), table,
  proto: fc.constantFrom(3, 4, 99), scope: fc.constantFrom(0, 0, 0, 253, 254), type: fc.constantFrom(RTN_UNICAST, RTN_UNICAST, RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW, RTN_LOCAL),
  via: opt(addr), dev: opt(name), metric: opt(fc.constantFrom(0, 10, 20)), src: opt(addr), onlink: fc.constantFrom(false, false, true), mtu: opt(fc.constantFrom(0, 1400)), nhid: opt(fc.integer({ min: 1, max: 5 })),
  multi: opt(fc.array(fc.record({ name, via: opt(addr), weight: fc.constantFrom(0, 1, 4) }), { minLength: 1, maxLength: 3 })), form: fc.integer({ min: 0, max: 4 }), bits: fc.constantFrom(false, false, false, false, false, true), srcs: fc.constantFrom(false, false, false, true),
}).map((o) => {
  // Which of the three ways to name where to.
  const single = o.form < 3 || (o.form === 3 && o.multi === undefined);
  const flags = { add: CREATE, append: NLM_F_CREATE | NLM_F_APPEND, replace: REPLACE, change: NLM_F_REPLACE, prepend: NLM_F_CREATE, del: 0 }[o.verb];
  const plain = o.type === RTN_UNICAST || o.type === RTN_LOCAL;
  return {
    what: `route ${o.verb} ${str(o)}`,
    type: o.verb === 'del' ? RTM_DELROUTE : RTM_NEWROUTE, flags: flags!, table: ROUTE_ATTRS,
    header: () => rtmsg(o.plen, o.tos, o.table, o.proto, o.scope, o.type, o.onlink && single ? 4 : 0),
    attrs: (index: (n: string) => number) => given({
      RTA_DST: o.plen === 0 ? undefined : o.bits && o.plen < 32 ? o.dst : mask(o.dst, o.plen), RTA_TABLE: o.table,
      RTA_GATEWAY: single && plain ? o.via : undefined, RTA_OIF: single && plain && o.dev !== undefined ? index(o.dev) : undefined, RTA_PRIORITY: o.metric, RTA_PREFSRC: o.srcs ? o.src : undefined,
      RTA_METRICS: o.mtu === undefined ? undefined : { RTAX_MTU: o.mtu },
      RTA_MULTIPATH: !single && o.form === 3 && o.multi !== undefined ? nexthops(o.multi, index) : undefined,
      RTA_NH_ID: o.form === 4 ? o.nhid : undefined,
    }),
  };
});

const rule: fc.Arbitrary<Op> = fc.record({
  del: fc.boolean(), pref: opt(fc.constantFrom(0, 10, 20, 100, 32766)), from: opt(fc.tuple(addr, plen)), to: opt(fc.tuple(addr, plen)), iif: opt(name), oif: opt(name), mark: opt(fc.constantFrom(0, 1, 2)),
  fwmask: opt(fc.constantFrom(1, 255)), table, action: fc.constantFrom(FR_ACT_TO_TBL, FR_ACT_TO_TBL, FR_ACT_BLACKHOLE, FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT), tos: fc.constantFrom(0, 0, 8, 3), invert: fc.boolean(),
  proto: opt(fc.constantFrom(6, 17)), sport: opt(fc.constantFrom([80, 80], [100, 200], [200, 100])), suppress: opt(fc.constantFrom(0, 24)), excl: fc.boolean(), goto: opt(fc.constantFrom(50, 100)), few: fc.boolean(),
}).map((o) => ({
  what: `rule ${o.del ? 'del' : 'add'} ${str(o)}`,
  type: o.del ? RTM_DELRULE : RTM_NEWRULE, flags: o.del ? 0 : NLM_F_CREATE | (o.excl ? NLM_F_EXCL : 0), table: RULE_ATTRS,
  header: () => u8(AF_INET, o.few ? 0 : (o.to?.[1] ?? 0), o.few ? 0 : (o.from?.[1] ?? 0), o.tos, o.table > 255 ? 0 : o.table, 0, 0, o.action, ...le32(o.invert ? 2 : 0)),
  attrs: () => (o.few
    ? given({ FRA_PRIORITY: o.pref, FRA_TABLE: o.table })
    : given({
      FRA_PRIORITY: o.pref, FRA_SRC: o.from === undefined ? undefined : mask(...o.from), FRA_DST: o.to === undefined ? undefined : mask(...o.to), FRA_IIFNAME: o.iif, FRA_OIFNAME: o.oif,
      FRA_FWMARK: o.mark, FRA_FWMASK: o.fwmask, FRA_TABLE: o.table, FRA_IP_PROTO: o.proto,
      FRA_SPORT_RANGE: o.sport === undefined ? undefined : u8(o.sport[0]! & 255, o.sport[0]! >> 8, o.sport[1]! & 255, o.sport[1]! >> 8),
      FRA_SUPPRESS_PREFIXLEN: o.suppress,
    })),
}));

const neighbour: fc.Arbitrary<Op> = fc.record({
  verb: fc.constantFrom('add', 'replace', 'change', 'del'), name, dst: addr, mac: opt(mac), state: fc.constantFrom(NUD_PERMANENT, NUD_PERMANENT, NUD_NOARP, NUD_STALE), proxy: fc.constantFrom(false, false, false, true), proto: opt(fc.constantFrom(3, 9)),
}).map((o) => ({
  what: `neigh ${o.verb} ${str(o)}`,
  type: o.verb === 'del' ? RTM_DELNEIGH : RTM_NEWNEIGH, flags: o.verb === 'add' ? CREATE : o.verb === 'replace' ? REPLACE : o.verb === 'change' ? NLM_F_REPLACE : 0, table: NEIGH_ATTRS,
  // Proxies are permanent: others go when somebody notices that a carrier was lost, some time within a second.
  header: (index) => u8(AF_INET, 0, 0, 0, ...le32(index(o.name) || 77), o.proxy ? NUD_PERMANENT : o.state, 0, o.proxy ? NTF_PROXY : 0, 0),
  attrs: () => given({ NDA_DST: o.dst, NDA_LLADDR: o.proxy ? undefined : o.mac, NDA_PROTOCOL: o.proto }),
}));

const nexthop: fc.Arbitrary<Op> = fc.record({
  verb: fc.constantFrom('add', 'add', 'replace', 'del'), id: fc.integer({ min: 0, max: 5 }), via: opt(addr), dev: opt(name), blackhole: fc.constantFrom(false, false, true), onlink: fc.boolean(),
  group: opt(fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(0, 1, 9)), { minLength: 1, maxLength: 3 })), form: fc.integer({ min: 0, max: 4 }), proto: fc.constantFrom(0, 4),
}).map((o) => {
  const group = o.form === 4 && o.group !== undefined;
  const families = group || (o.blackhole && false) ? 0 : AF_INET;
  return {
    what: `nexthop ${o.verb} ${str(o)}`,
    type: o.verb === 'del' ? RTM_DELNEXTHOP : RTM_NEWNEXTHOP, flags: o.verb === 'add' ? CREATE : o.verb === 'replace' ? REPLACE : 0, table: NEXTHOP_ATTRS,
    header: () => (o.verb === 'del' ? u8(0, 0, 0, 0, 0, 0, 0, 0) : u8(families, 0, o.proto, 0, ...le32(o.onlink && !group ? 4 : 0))),
    attrs: (index: (n: string) => number) => (o.verb === 'del'
      ? { NHA_ID: o.id }
      : given({
        NHA_ID: o.id === 0 ? undefined : o.id,
        NHA_GROUP: group ? Uint8Array.from(o.group!.flatMap(([id, w]) => [...le32(id), w, 0, 0, 0])) : undefined,
        NHA_BLACKHOLE: !group && o.blackhole ? true : undefined,
        NHA_OIF: !group && !o.blackhole && o.dev !== undefined ? index(o.dev) : undefined,
        NHA_GATEWAY: !group && !o.blackhole ? o.via : undefined,
      })),
  };
});

/** A request. Links come oftener: without them nothing is valid. */
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 3, arbitrary: linkAdd }, { weight: 4, arbitrary: linkSet }, { weight: 2, arbitrary: linkChange }, { weight: 1, arbitrary: linkDel }, { weight: 4, arbitrary: address }, { weight: 5, arbitrary: route },
  { weight: 2, arbitrary: rule }, { weight: 2, arbitrary: neighbour }, { weight: 2, arbitrary: nexthop },
);

/** What a sequence begins with, so that there is something to work on: two links of each other, up and with addresses. */
const START: readonly Op[] = [
  {
    what: 'link set lo up', type: RTM_NEWLINK, flags: 0, table: LINK_ATTRS, header: (index) => ifinfomsg(index('lo'), IFF_UP, IFF_UP), attrs: () => ({}),
  },
  {
    what: 'link add d0 type veth d1', type: RTM_NEWLINK, flags: CREATE, table: LINK_ATTRS, header: () => ifinfomsg(0, IFF_UP, IFF_UP),
    attrs: () => ({
      IFLA_IFNAME: 'd0', IFLA_ADDRESS: u8(2, 0, 0, 0, 0, 100),
      IFLA_LINKINFO: { IFLA_INFO_KIND: 'veth', IFLA_INFO_DATA: { VETH_INFO_PEER: u8(...ifinfomsg(0), ...LINK_ATTRS.encode({ IFLA_IFNAME: 'd1', IFLA_ADDRESS: u8(2, 0, 0, 0, 0, 101) })) } },
    }),
  },
  { what: 'link set d1 up', type: RTM_NEWLINK, flags: 0, table: LINK_ATTRS, header: (index) => ifinfomsg(index('d1'), IFF_UP, IFF_UP), attrs: () => ({}) },
  ...(['d0', 'd1'] as const).map((n, i): Op => ({
    what: `addr add dev ${n}`, type: RTM_NEWADDR, flags: CREATE, table: ADDR_ATTRS, header: (index) => ifaddrmsg(24, 0, index(n)), attrs: () => ({ IFA_LOCAL: v4(i), IFA_ADDRESS: v4(i) }),
  })),
];

/** A sequence of `length` requests. */
export const sequence = (length: number): fc.Arbitrary<Op[]> => fc.array(op, { minLength: length - START.length, maxLength: length - START.length, size: 'max' }).map((ops) => [...START, ...ops]);

/** The message of a request. */
export function encode(o: Op, index: (name: string) => number, seq: number): Uint8Array {
  return nlMessageEncode({ type: o.type, flags: o.flags | NLM_F_REQUEST | NLM_F_ACK, seq, pid: 0, header: o.header(index), attrs: o.attrs(index) }, o.table);
}
