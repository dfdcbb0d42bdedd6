/** Kinds of links: what `ip link add type KIND` can make, and families that add their part to link messages. */
import { EEXIST, type Kernel, type Net } from '@linnet/kernel';
import type { NetDevice, NetdevLinkOps } from '@linnet/netdev';
import type { NlWriter } from '@linnet/uapi';
import type { Extack } from './extack.ts';
import { NETLINK } from './netlink-table.ts';
import type { NlaPolicyTable } from './nla-policy.ts';
import type { NlDump, NlRequest } from './request.ts';

/**
 * What a link's creation or change brings (the arguments of rtnl_link_ops.newlink): the request, its attributes and those of IFLA_INFO_DATA, as offsets in
 * `req.u8` by type, 0 where there is none.
 * @alpha
 */
export interface RtnlLinkParams {
  readonly req: NlRequest;
  /** Where `IFLA_LINK` and peers named in the data are looked up (src_net): the namespace of IFLA_LINK_NETNSID or the requester's. */
  readonly linkNet: Net;
  /** IFLA_*. */
  readonly tb: Int32Array;
  /** The kind's own attributes; all 0 when the request has none. */
  readonly data: Int32Array;
}

/** A kind of link (struct rtnl_link_ops). @alpha */
export interface RtnlLinkOps extends NetdevLinkOps {
  readonly kind: string;
  /** The attributes of IFLA_INFO_DATA; without it they are not looked at. */
  readonly policy?: NlaPolicyTable;
  /** Name template of devices made without a name; the kind's name and `%d` by default. */
  readonly nameTemplate?: string;
  /** Sets up a new device before its attributes (allocNetdev's `setup`). */
  setup(dev: NetDevice): void;
  /** The driver's own part of a new device, put to `dev.priv` before `setup`. */
  alloc?(): unknown;
  /** Refuses attributes. */
  validate?(tb: Int32Array, data: Int32Array, p: RtnlLinkParams): number;
  /**
   * Registers a new device (registerNetdevice) in its namespace, with what belongs to it. `dev` has its name and the common attributes already.
   * Returns 0 or a negative errno, leaving nothing behind.
   */
  newlink?(net: Net, dev: NetDevice, p: RtnlLinkParams, extack: Extack): number;
  /** Changes the kind's attributes of a device that is there. */
  changelink?(dev: NetDevice, p: RtnlLinkParams, extack: Extack): number;
  /** Deletes the device with what belongs to it; `unregisterNetdevice` by default. */
  dellink?(dev: NetDevice): void;
  /** Writes IFLA_INFO_DATA's attributes. Returns 0, or a negative errno to leave the nest out. */
  fillInfo?(w: NlWriter, dev: NetDevice): number;
  /** Writes IFLA_INFO_XSTATS' payload as an attribute. */
  fillXstats?(w: NlWriter, dev: NetDevice): void;
  /** Writes the kind's counters for RTM_GETSTATS, of `dev` itself or (`slave`) of `dev` as a slave of this kind. Returns 0, or a negative errno to leave the nest out. */
  fillLinkxstats?(w: NlWriter, dev: NetDevice, slave: boolean): number;
  /** Writes IFLA_INFO_SLAVE_DATA's attributes for a slave of a device of this kind. */
  fillSlaveInfo?(w: NlWriter, dev: NetDevice, slave: NetDevice): number;
  /** The attributes of IFLA_INFO_SLAVE_DATA of slaves of this kind. */
  readonly slavePolicy?: NlaPolicyTable;
  /** Changes a slave's attributes; `data` are those of IFLA_INFO_SLAVE_DATA. */
  slaveChangelink?(dev: NetDevice, slave: NetDevice, p: RtnlLinkParams, extack: Extack): number;
  /** What the kind's devices do for PF_BRIDGE: forwarding entries, VLANs, multicast entries. */
  readonly bridgeOps?: RtnlBridgeOps;
  /** The namespace in which the ifindex of IFLA_LINK counts (a veth's peer may live elsewhere). */
  getLinkNet?(dev: NetDevice): Net;
}

/** A request about a forwarding entry: `ndmsg`, NDA_* as offsets by type, the address and the VLAN (0 for none). @alpha */
export interface RtnlFdbParams {
  readonly req: NlRequest;
  readonly tb: Int32Array;
  /** The device that the request names: a port, or the device itself. */
  readonly dev: NetDevice;
  readonly addr: Uint8Array;
  readonly vid: number;
}

/** A device's answers to PF_BRIDGE (ndo_fdb_*, ndo_mdb_*, ndo_bridge_*). @alpha */
export interface RtnlBridgeOps {
  /** Adds an entry (RTM_NEWNEIGH). The device tells the listeners itself when it returns 1 (for 0 they are told here), else a negative errno. */
  fdbAdd?(owner: NetDevice, p: RtnlFdbParams): number;
  /** Removes an entry (RTM_DELNEIGH); as fdbAdd. */
  fdbDel?(owner: NetDevice, p: RtnlFdbParams): number;
  /** Removes what matches (NLM_F_BULK); `tb` are NDA_*. */
  fdbDelBulk?(owner: NetDevice, dev: NetDevice, req: NlRequest, tb: Int32Array): number;
  /**
   * Dumps the entries of a port (`filter`) or, with null, of the device itself, one message each, from the `cb.j`th on, counting there. Returns 0 or -EMSGSIZE.
   */
  fdbDump?(owner: NetDevice, filter: NetDevice | null, w: NlWriter, cb: NlDump): number;
  /** Writes one entry as a message to `w`. */
  fdbGet?(owner: NetDevice, p: RtnlFdbParams, w: NlWriter): number;
  /** Writes the link message of PF_BRIDGE for `dev` (the device itself or its port), or nothing. Returns what `w.end()` said, or 0. */
  getlink?(owner: NetDevice, dev: NetDevice, w: NlWriter, begin: () => void, filterMask: number): number;
  /** RTM_SETLINK and RTM_DELLINK of PF_BRIDGE; `flags` is IFLA_BRIDGE_FLAGS. */
  setlink?(owner: NetDevice, dev: NetDevice, req: NlRequest, flags: number): number;
  dellink?(owner: NetDevice, dev: NetDevice, req: NlRequest, flags: number): number;
  mdbAdd?(owner: NetDevice, req: NlRequest, tb: Int32Array): number;
  mdbDel?(owner: NetDevice, req: NlRequest, tb: Int32Array): number;
  mdbDelBulk?(owner: NetDevice, req: NlRequest, tb: Int32Array): number;
  /** Dumps all entries, from the cursor `cb.j` on. */
  mdbDump?(owner: NetDevice, w: NlWriter, cb: NlDump): number;
  mdbGet?(owner: NetDevice, req: NlRequest, tb: Int32Array, w: NlWriter): number;
}

/** Makes a kind known (rtnl_link_register). Returns 0 or -EEXIST. @alpha */
export function rtnlLinkRegister(k: Kernel, ops: RtnlLinkOps): number {
  const { linkOps } = k.get(NETLINK);
  if (linkOps.has(ops.kind)) return -EEXIST;
  linkOps.set(ops.kind, ops);
  return 0;
}

/** The kind of that name, or null (rtnl_link_ops_get). @alpha */
export function rtnlLinkOpsGet(k: Kernel, kind: string): RtnlLinkOps | null {
  return k.get(NETLINK).linkOps.get(kind) ?? null;
}

/** A device's kind; null for devices that no kind made. @alpha */
export function rtnlLinkOps(dev: NetDevice): RtnlLinkOps | null {
  return dev.rtnlLinkOps as RtnlLinkOps | null;
}

/** A family's part of link messages: IFLA_AF_SPEC, and AF-specific dumps (struct rtnl_af_ops). @alpha */
export interface RtnlAfOps {
  readonly family: number;
  /** Writes the family's attributes of `dev` inside its nest. Returns 0, or -ENODATA to leave the nest out. */
  fillLinkAf(w: NlWriter, dev: NetDevice, extFilterMask: number): number;
  /** Writes the family's counters of `dev` for RTM_GETSTATS. Returns 0, or a negative errno to leave the nest out. */
  fillStatsAf?(w: NlWriter, dev: NetDevice): number;
  /** Checks the nest at `nla` before anything is changed. */
  validateLinkAf?(dev: NetDevice | null, nla: number, req: NlRequest): number;
  /** Applies the nest at `nla`. */
  setLinkAf?(dev: NetDevice, nla: number, req: NlRequest): number;
}

/** Makes a family's part of link messages known (rtnl_af_register). Parts are written in order of family. @alpha */
export function rtnlAfRegister(k: Kernel, ops: RtnlAfOps): void {
  const { afOps } = k.get(NETLINK);
  afOps.push(ops);
  afOps.sort((a, b) => a.family - b.family);
}
