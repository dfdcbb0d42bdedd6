/** A netlink sock: its port, its groups, its dump. */
import type { Cred, Net } from '@linnet/kernel';
import { type Proto, Sock } from '@linnet/socket';
import { AF_NETLINK } from '@linnet/uapi';
import type { NetlinkTable } from './netlink-table.ts';
import type { NlDump } from './request.ts';
import type { NlDumpit } from './netlink-dump.ts';

/** Flags of a netlink sock, by socket option. Receives cmsgs with the group. @alpha */
export const NETLINK_F_RECV_PKTINFO = 1;
/** A failed broadcast is an error for the sender. @alpha */
export const NETLINK_F_BROADCAST_SEND_ERROR = 2;
/** A full receive buffer raises no ENOBUFS. @alpha */
export const NETLINK_F_RECV_NO_ENOBUFS = 4;
/** Hears the groups of every namespace that has an id here. @alpha */
export const NETLINK_F_LISTEN_ALL_NSID = 8;
/** Errors do not repeat the request. @alpha */
export const NETLINK_F_CAP_ACK = 16;
/** Acknowledgements carry attributes. @alpha */
export const NETLINK_F_EXT_ACK = 32;
/** Dump requests are checked strictly. @alpha */
export const NETLINK_F_STRICT_CHK = 64;

/** A netlink sock (struct netlink_sock). @alpha */
export class NetlinkSock extends Sock {
  readonly table: NetlinkTable;
  /** Who opened it. */
  readonly opener: Cred;
  /** Unsigned port id; 0 until bound. */
  portid = 0;
  bound = false;
  dstPortid = 0;
  dstGroup = 0;
  nlFlags = 0;
  /** Bits of the groups that it hears: group g is bit (g - 1). */
  groups: Uint32Array = new Uint32Array(0);
  subscriptions = 0;
  /** Messages were lost since the queue was last empty. */
  congested = false;
  /** The dump under way. */
  cb: NlDump | null = null;
  dumpit: NlDumpit | null = null;
  dumpDone: ((cb: NlDump) => void) | null = null;
  dumpSplitDone = false;
  /** What the dump returned last: positive while there is more. */
  dumpDoneErrno = 0;
  /** The largest buffer a reader offered: the size of the next part of a dump. */
  maxRecvmsgLen = 0;
  /** Its namespace is gone. */
  gone = false;

  constructor(net: Net, type: number, protocol: number, prot: Proto, table: NetlinkTable) {
    super(net, AF_NETLINK, type, protocol, prot);
    this.table = table;
    this.opener = net.kernel.cred;
  }
}

/** Is the sock a member of group `group` (1 is the first)? @alpha */
export function netlinkHasGroup(nlk: NetlinkSock, group: number): boolean {
  const word = nlk.groups[(group - 1) >>> 5];
  return word !== undefined && (word & (1 << ((group - 1) & 31))) !== 0;
}
