/**
 * AF_NETLINK sockets, rtnetlink with its register of handlers, checked attributes, and the messages of links (RTM_*LINK).
 *
 * @packageDocumentation
 */
export { Extack, nlSetBadAttr, nlSetErrAttrMiss, nlSetErrMsg, nlSetErrMsgAttr } from './extack.ts';
export {
  NL_VALIDATE_DEPRECATED_STRICT, NL_VALIDATE_LIBERAL, NL_VALIDATE_MAXTYPE, NL_VALIDATE_NESTED, NL_VALIDATE_STRICT, NL_VALIDATE_STRICT_ATTRS, NL_VALIDATE_TRAILING,
  NL_VALIDATE_UNSPEC, NLA_BE16, NLA_BE32, NLA_BINARY, NLA_BITFIELD32, NLA_FLAG, NLA_MSECS, NLA_NESTED, NLA_NESTED_ARRAY, NLA_NUL_STRING, NLA_REJECT, NLA_S16, NLA_S32,
  NLA_S64, NLA_S8, NLA_SINT, NLA_STRING, NLA_U16, NLA_U32, NLA_U64, NLA_U8, NLA_UINT, NLA_UNSPEC, nlaParseNestedPolicy, nlaParsePolicy, nlaValidate, nlmsgParse,
  type NlaPolicy, type NlaPolicyTable,
} from './nla-policy.ts';
export { NlDump, nlDumpBegin, nlmsgReplyBegin, nlmsgReport, NlRequest, nlreqLen } from './request.ts';
export { getNetNsById, netnsIdSet, peernet2id, peernet2idAlloc, peernetHasId } from './net-ids.ts';
export {
  genlAttrsOff, genlDumpPut, genlFamilyById, genlFamilyByName, genlHasListeners, genlmsgMulticast, genlmsgMulticastAllns, genlmsgPut, genlmsgUnicast, genlNotify, genlRegisterFamily,
  genlUnregisterFamily, genlUserhdr,
} from './genetlink.ts';
export {
  GENL_DONT_VALIDATE_DUMP, GENL_DONT_VALIDATE_DUMP_STRICT, GENL_DONT_VALIDATE_STRICT, GENL_MCAST_CAP_NET_ADMIN, GENL_MCAST_CAP_SYS_ADMIN, GenlFamily, GenlKernel, type GenlFamilyDef,
  type GenlMcgrp, type GenlOps,
} from './genl-kernel.ts';
export {
  sockDiagBroadcastDestroy, sockDiagDestroy, sockDiagHasDestroyListeners, sockDiagPutFilterinfo, sockDiagPutMeminfo, sockDiagRegister, type SockDiagHandler,
} from './sock-diag.ts';
export { ethtoolNotify } from './ethtool-nl.ts';
export { netlinkAck } from './netlink-ack.ts';
export { netlinkCapable, netlinkNetCapable } from './netlink-capable.ts';
export {
  netlinkBroadcast, netlinkBroadcastSkb, netlinkHasListeners, netlinkOverrun, netlinkSetErr, netlinkUnicast, nlmsgNotify,
} from './netlink-deliver.ts';
export { netlinkDumpStart, type NlDumpControl, type NlDumpit } from './netlink-dump.ts';
export { netlinkRcvSkb, type NlHandler } from './netlink-rcv.ts';
export {
  NETLINK_F_BROADCAST_SEND_ERROR, NETLINK_F_CAP_ACK, NETLINK_F_EXT_ACK, NETLINK_F_LISTEN_ALL_NSID, NETLINK_F_RECV_NO_ENOBUFS, NETLINK_F_RECV_PKTINFO, NETLINK_F_STRICT_CHK,
  netlinkHasGroup, NetlinkSock,
} from './netlink-sock.ts';
export {
  NetIds, NETLINK, NETLINK_NET, NetlinkKernel, netlinkKernelCreate, NetlinkNet, netlinkSetHost, NetlinkTable, netlinkTable, type NetlinkHost, type NetlinkKernelCfg,
} from './netlink-table.ts';
export {
  RTNL_FAMILY_MAX, RTNL_FLAG_BULK_DEL_SUPPORTED, RTNL_FLAG_DUMP_SPLIT_NLM_DONE, rtnlGetLink, rtnlRegister, rtnlUnregister, type RtnlHandler,
} from './rtnl-register.ts';
export { rtnlAfRegister, rtnlLinkOps, rtnlLinkOpsGet, rtnlLinkRegister, type RtnlAfOps, type RtnlBridgeOps, type RtnlFdbParams, type RtnlLinkOps, type RtnlLinkParams } from './rtnl-link-ops.ts';
export { rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlSetSkErr, rtnlUnicast } from './rtnetlink.ts';
export { rtnlDfltFdbDump } from './rtnl-fdb.ts';
export { rtnlDumpAll } from './rtnl-dump-all.ts';
export { rtnlFillIfinfo, type LinkFill } from './rtnl-fill.ts';
export { IFLA_INFO_POLICY, IFLA_POLICY } from './rtnl-link-policy.ts';
export { rtnlConfigureLink, rtnlCreateLink, rtnlParseIfinfomsg } from './rtnl-newlink.ts';
export { rtnlSetMaster } from './rtnl-setlink.ts';
export { rtnlDeleteLink } from './rtnl-dellink.ts';
export { getNetNsByFd, getNetNsByPid, rtnlLinkGetNet } from './rtnl-netns.ts';
export { netlink } from './module.ts';
export { packetDiag } from './packet-diag.ts';
export { unixDiag } from './unix-diag.ts';
