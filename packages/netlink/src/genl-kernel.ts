/** Generic netlink's families, as modules describe them and as a kernel keeps them. */
import type { Net } from '@linnet/kernel';
import { GENL_ID_CTRL, GENL_START_ALLOC, type NlWriter } from '@linnet/uapi';
import type { NlaPolicyTable } from './nla-policy.ts';
import type { NlDump, NlRequest } from './request.ts';

/** Validate flag of an op: attributes of its `doit` are not checked strictly. @alpha */
export const GENL_DONT_VALIDATE_STRICT: number = 1 << 0;
/** Validate flag of an op: attributes of its dump are not looked at. @alpha */
export const GENL_DONT_VALIDATE_DUMP: number = 1 << 1;
/** Validate flag of an op: attributes of its dump are not checked strictly. @alpha */
export const GENL_DONT_VALIDATE_DUMP_STRICT: number = 1 << 2;

/** Flag of a group: for who has CAP_NET_ADMIN. @alpha */
export const GENL_MCAST_CAP_NET_ADMIN: number = 1 << 0;
/** Flag of a group: for who has CAP_SYS_ADMIN. @alpha */
export const GENL_MCAST_CAP_SYS_ADMIN: number = 1 << 1;

/** One command of a family (struct genl_split_ops, genl_small_ops). @alpha */
export interface GenlOps {
  readonly cmd: number;
  /** GENL_ADMIN_PERM or GENL_UNS_ADMIN_PERM: only for who has CAP_NET_ADMIN. */
  readonly flags?: number;
  /** GENL_DONT_VALIDATE_*. */
  readonly validate?: number;
  /** Its attributes; the family's by default. */
  readonly policy?: NlaPolicyTable;
  /** Attributes of its dump; `policy` by default. */
  readonly dumpPolicy?: NlaPolicyTable;
  /**
   * Answers a request. `attrs[type]` is the offset of an attribute in `req.u8`, 0 where there is none. Complete messages in `reply` (begin them with
   * {@link genlmsgPut}) are sent when it returns 0. Returns 0 or a negative errno.
   */
  doit?(net: Net, req: NlRequest, reply: NlWriter, attrs: Int32Array): number;
  /** Runs once before a dump; a negative errno refuses it. */
  start?(net: Net, req: NlRequest, cb: NlDump, attrs: Int32Array): number;
  /** Writes the next part of a dump (begin messages with {@link genlDumpPut}), as rtnetlink's `dumpit`. */
  dumpit?(net: Net, req: NlRequest, w: NlWriter, cb: NlDump, attrs: Int32Array): number;
  /** Runs once when a dump ends. */
  done?(cb: NlDump): void;
}

/** A multicast group of a family (struct genl_multicast_group). @alpha */
export interface GenlMcgrp {
  readonly name: string;
  /** GENL_MCAST_CAP_NET_ADMIN, GENL_MCAST_CAP_SYS_ADMIN: who may join. */
  readonly flags?: number;
}

/** A family as its module describes it (struct genl_family). @alpha */
export interface GenlFamilyDef {
  readonly name: string;
  readonly version: number;
  /** Bytes of the family's own header behind genlmsghdr. */
  readonly hdrsize?: number;
  /** Highest attribute type, when all ops share the family's policy; 0 when each op has its own. */
  readonly maxattr: number;
  readonly policy?: NlaPolicyTable;
  /** Answers in every namespace; else only in the first. True by default. */
  readonly netnsok?: boolean;
  readonly ops: readonly GenlOps[];
  readonly mcgrps?: readonly (string | GenlMcgrp)[];
  /** From this command on reserved bytes and unknown header flags are refused (resv_start_op); none by default. */
  readonly resvStartOp?: number;
  /** Runs before an op's `doit`, with what the ops of the family share; a negative errno refuses. */
  preDoit?(op: GenlOps, net: Net, req: NlRequest, attrs: Int32Array): number;
  /** A socket joins group `group` (an index); a negative errno refuses. */
  mcastBind?(net: Net, group: number): number;
  /** @internal A number that the family always has. */
  readonly id?: number;
  /** @internal A group number that its first group always has. */
  readonly mcgrpBase?: number;
}

/** A registered family. @alpha */
export class GenlFamily {
  readonly def: GenlFamilyDef;
  readonly name: string;
  /** Its message type. */
  readonly id: number;
  readonly version: number;
  readonly hdrsize: number;
  readonly maxattr: number;
  readonly netnsok: boolean;
  readonly mcgrps: readonly GenlMcgrp[];
  /** Group number of its first multicast group. */
  readonly mcgrpOffset: number;
  readonly ops: ReadonlyMap<number, GenlOps>;

  constructor(def: GenlFamilyDef, id: number, mcgrpOffset: number) {
    this.def = def;
    this.name = def.name;
    this.id = id;
    this.version = def.version;
    this.hdrsize = def.hdrsize ?? 0;
    this.maxattr = def.maxattr;
    this.netnsok = def.netnsok ?? true;
    this.mcgrps = (def.mcgrps ?? []).map((g) => (typeof g === 'string' ? { name: g } : g));
    this.mcgrpOffset = mcgrpOffset;
    this.ops = new Map(def.ops.map((op) => [op.cmd, op]));
  }
}

/** A kernel's families. @alpha */
export class GenlKernel {
  /** By number, in the order of numbers. */
  readonly families: Map<number, GenlFamily> = new Map();
  /** The next number to try. */
  next: number = GENL_START_ALLOC;
  /** Group numbers that are taken. */
  readonly mcGroups: Set<number> = new Set(RESERVED_GROUPS);
  /** Told of families that come and go; the controller's. */
  notify: ((family: GenlFamily, cmd: 'new' | 'del') => void) | null = null;
}

/** @internal Groups that never move: none, drop monitor's, the controller's, those of quota and pmcraid. */
const RESERVED_GROUPS: readonly number[] = Object.freeze([0, 1, GENL_ID_CTRL, GENL_ID_CTRL + 1, GENL_ID_CTRL + 2]);

/** How many groups the protocol has: whole words of 64, as the kernel's bitmap grows. */
export function genlGroupCount(gk: GenlKernel): number {
  let top = 0;
  for (const g of gk.mcGroups) top = Math.max(top, g);
  return (Math.floor(top / 64) + 1) * 64;
}
