/** The register of rtnetlink: which function answers which message of which family. */
import { EINVAL, type Kernel, type Net } from '@linnet/kernel';
import { type NlWriter, RTM_BASE, RTM_MAX } from '@linnet/uapi';
import { NETLINK } from './netlink-table.ts';
import type { NlDump, NlRequest } from './request.ts';

/** The family takes NLM_F_BULK deletions. @alpha */
export const RTNL_FLAG_BULK_DEL_SUPPORTED = 2;
/** NLMSG_DONE of a dump comes in a datagram of its own (tools of old rely on it). @alpha */
export const RTNL_FLAG_DUMP_SPLIT_NLM_DONE = 8;

/** What answers one message type of one family (struct rtnl_link). @alpha */
export interface RtnlHandler {
  /**
   * Does what `req` asks, to its end. Complete messages written to `reply` go to the requester when it returns 0 (begin them with
   * `nlmsgReplyBegin`); an acknowledgement follows if asked for. Returns 0 or a negative errno, saying more in `req.extack`.
   */
  doit?(net: Net, req: NlRequest, reply: NlWriter): number;
  /**
   * Writes the next part of a dump to `w` (begin messages with `nlDumpBegin`). When `w.end()` says -EMSGSIZE the part is full: keep the cursor in `cb` and
   * return -EMSGSIZE, to be called again with an empty writer. Returns 0 when all is written; another negative errno ends the dump with it.
   */
  dumpit?(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number;
  /** RTNL_FLAG_*. */
  readonly flags?: number;
}

/**
 * Registers the handler of a message type (RTM_*) for a family (AF_*; PF_UNSPEC answers for all families that have none of their own)
 * (rtnl_register_module). Members given twice replace the former ones. Returns 0, or -EINVAL for a number out of range.
 * @alpha
 */
export function rtnlRegister(k: Kernel, protocol: number, msgtype: number, handler: RtnlHandler): number {
  if (protocol < 0 || protocol > RTNL_FAMILY_MAX || msgtype < RTM_BASE || msgtype > RTM_MAX) return -EINVAL;
  const { rtnl } = k.get(NETLINK);
  let tab = rtnl.get(protocol);
  if (tab === undefined) rtnl.set(protocol, (tab = new Map()));
  tab.set(msgtype, { ...tab.get(msgtype), ...handler });
  return 0;
}

/** Takes a handler back (rtnl_unregister). @alpha */
export function rtnlUnregister(k: Kernel, protocol: number, msgtype: number): void {
  k.get(NETLINK).rtnl.get(protocol)?.delete(msgtype);
}

/** The highest family with messages of its own (RTNL_FAMILY_MAX). @alpha */
export const RTNL_FAMILY_MAX = 129;

/** The handler for exactly this family and type; a family without any handler is PF_UNSPEC (rtnl_get_link). @alpha */
export function rtnlGetLink(k: Kernel, protocol: number, msgtype: number): RtnlHandler | null {
  const { rtnl } = k.get(NETLINK);
  return (rtnl.get(protocol) ?? rtnl.get(0))?.get(msgtype) ?? null;
}
