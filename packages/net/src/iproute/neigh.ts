/** Neighbours: `ip neigh`. */
import {
  NDMSG_LEN, ndmsgRead, ndmsgWrite, NEIGH_ATTRS, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NTF_EXT_LEARNED, NTF_PROXY, NTF_ROUTER, NUD_DELAY, NUD_FAILED, NUD_INCOMPLETE, NUD_NOARP,
  NUD_NONE, NUD_PERMANENT, NUD_PROBE, NUD_REACHABLE, NUD_STALE, RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH,
} from '@linnet/uapi';
import type { NetlinkAnswer, NetlinkClient } from '../netlink/client.ts';
import type { LinkApi } from './link.ts';
import { defined, familyArg, familyOf, type Keys, nameOf, numberAttr, numberOf, onlyKeys, stringAttr } from './values.ts';

/**
 * A neighbour.
 * @public
 */
export interface Neigh {
  readonly dst: string;
  readonly dev: string;
  /** Its hardware address, when it is known. */
  readonly lladdr?: string;
  /** 'reachable', 'stale', 'delay', 'probe', 'failed', 'incomplete', 'noarp', 'permanent', 'none'. */
  readonly state: string;
  /** 'router', 'proxy', 'extern_learn'. */
  readonly flags: readonly string[];
  readonly probes?: number;
}

/**
 * A neighbour to add.
 * @public
 */
export interface NewNeigh {
  readonly dst: string;
  readonly dev: string | number;
  readonly lladdr?: string | undefined;
  /** Default: 'permanent'. */
  readonly state?: string | number | undefined;
  readonly router?: boolean | undefined;
  /** Answer for this address on the link (proxy ARP). */
  readonly proxy?: boolean | undefined;
}

const STATES: Readonly<Record<string, number>> = {
  none: NUD_NONE, incomplete: NUD_INCOMPLETE, reachable: NUD_REACHABLE, stale: NUD_STALE, delay: NUD_DELAY, probe: NUD_PROBE, failed: NUD_FAILED, noarp: NUD_NOARP, permanent: NUD_PERMANENT,
};
const FLAGS: Readonly<Record<string, number>> = { router: NTF_ROUTER, proxy: NTF_PROXY, extern_learn: NTF_EXT_LEARNED };
/** What is read may be given back: what only a kernel decides is not looked at. */
const KEYS: Keys<Neigh & NewNeigh> = { dst: true, dev: true, lladdr: true, state: true, router: true, proxy: true, flags: true, probes: true };
const FILTER: Keys<{ dev: 0; family: 0 }> = { dev: true, family: true };

function header(family: number, ifindex: number, state: number = 0, flags: number = 0): Uint8Array {
  const out = new Uint8Array(NDMSG_LEN);
  ndmsgWrite(new DataView(out.buffer), 0, { family, ifindex, state, flags, type: 0 });
  return out;
}

/**
 * Neighbours of a namespace: `ip neigh`. Errors are {@link NetlinkError}s: EEXIST, ENOENT (no such neighbour), ENODEV, EINVAL.
 * @public
 */
export class NeighApi {
  private readonly rtnl: NetlinkClient;
  private readonly link: LinkApi;

  /** @internal */
  constructor(rtnl: NetlinkClient, link: LinkApi) {
    this.rtnl = rtnl;
    this.link = link;
  }

  /** All neighbours, or those of a link or of a family. */
  list(filter: { readonly dev?: string | number | undefined; readonly family?: number | undefined } = {}): Neigh[] {
    onlyKeys(filter, FILTER);
    const family = familyArg(filter.family);
    const names = new Map(this.link.list().map((l) => [l.index, l.name]));
    const only = filter.dev === undefined ? 0 : this.link.get(filter.dev).index;
    return this.rtnl
      .dump({
        type: RTM_GETNEIGH, name: 'RTM_GETNEIGH', what: '', flags: 0, header: header(family, 0), table: NEIGH_ATTRS, ...(only === 0 ? {} : { attrs: { NDA_IFINDEX: only } }),
      })
      .filter((m) => only === 0 || ndmsgRead(m.header, 0).ifindex === only)
      .map((m) => neighOf(m, names));
  }

  /** Adds a neighbour. */
  add(neigh: NewNeigh): void {
    this.put(neigh, NLM_F_CREATE | NLM_F_EXCL);
  }

  /** Adds a neighbour, or changes the one that is there. */
  replace(neigh: NewNeigh): void {
    this.put(neigh, NLM_F_CREATE | NLM_F_REPLACE);
  }

  /** Removes a neighbour. */
  del(neigh: { readonly dst: string; readonly dev: string | number; readonly proxy?: boolean | undefined }): void {
    onlyKeys(neigh, KEYS);
    const family = familyOf('dst', neigh.dst);
    this.rtnl.do({
      type: RTM_DELNEIGH, name: 'RTM_DELNEIGH', what: neigh.dst, flags: 0, header: header(family, this.link.get(neigh.dev).index, 0, neigh.proxy === true ? NTF_PROXY : 0), table: NEIGH_ATTRS,
      attrs: { NDA_DST: neigh.dst },
    });
  }

  private put(neigh: NewNeigh, flags: number): void {
    onlyKeys(neigh, KEYS);
    const family = familyOf('dst', neigh.dst);
    const state = numberOf('state', neigh.state ?? 'permanent', STATES);
    const bits = (neigh.router === true ? NTF_ROUTER : 0) | (neigh.proxy === true ? NTF_PROXY : 0);
    this.rtnl.do({
      type: RTM_NEWNEIGH, name: 'RTM_NEWNEIGH', what: neigh.dst, flags, header: header(family, this.link.get(neigh.dev).index, state, bits), table: NEIGH_ATTRS,
      attrs: defined({ NDA_DST: neigh.dst, NDA_LLADDR: neigh.lladdr }),
    });
  }
}

/** A message as a value. */
export function neighOf(m: NetlinkAnswer, names: ReadonlyMap<number, string>): Neigh {
  const h = ndmsgRead(m.header, 0);
  return {
    dst: stringAttr(m.attrs, 'NDA_DST') ?? '',
    dev: names.get(h.ifindex) ?? String(h.ifindex),
    ...defined({ lladdr: stringAttr(m.attrs, 'NDA_LLADDR'), probes: numberAttr(m.attrs, 'NDA_PROBES') }) as { lladdr?: string; probes?: number },
    state: nameOf(h.state, STATES),
    flags: Object.keys(FLAGS).filter((name) => (h.flags & FLAGS[name]!) !== 0),
  };
}
