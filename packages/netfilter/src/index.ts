/**
 * Netfilter: connection tracking and address translation.
 *
 * @packageDocumentation
 */
export {
  IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY, IP_CT_ESTABLISHED, IP_CT_ESTABLISHED_REPLY, IP_CT_IS_REPLY, IP_CT_NEW, IP_CT_RELATED, IP_CT_RELATED_REPLY, IP_CT_UNTRACKED, IPS_ASSURED,
  IPS_CONFIRMED, IPS_DST_NAT, IPS_DST_NAT_DONE, IPS_DYING, IPS_EXPECTED, IPS_FIXED_TIMEOUT, IPS_HELPER, IPS_NAT_DONE_MASK, IPS_NAT_MASK, IPS_SEEN_REPLY, IPS_SEQ_ADJUST, IPS_SRC_NAT, IPS_SRC_NAT_DONE,
  IPS_TEMPLATE, NF_IP_PRI_CONNTRACK, NF_IP_PRI_CONNTRACK_CONFIRM, NF_IP_PRI_CONNTRACK_DEFRAG, NF_IP_PRI_FILTER, NF_IP_PRI_FIRST, NF_IP_PRI_MANGLE, NF_IP_PRI_NAT_DST,
  NF_IP_PRI_NAT_SRC, NF_IP_PRI_RAW,
} from './nf-conntrack-common.ts';
export type { NfSynproxy } from './nf-synproxy.ts';
export { NfConn, type NfConnRef, NfCtAcct, NfCtNat, NfCtTcp, NfTcpSide } from './nf-conn.ts';
export {
  nfIcmpInverse, nfIcmpv6Inverse, NfTuple, nfTupleCopy, nfTupleDstEqual, nfTupleEqual, nfTupleInvert, nfTupleSrcEqual,
} from './nf-conntrack-tuple.ts';
export {
  IPCT_ASSURED, IPCT_DESTROY, IPCT_MARK, IPCT_NEW, IPCT_PROTOINFO, IPCT_RELATED, IPCT_REPLY, NF_CONNTRACK, nfConntrackFind, nfConntrackForEach, NfConntrackNet, nfConntrackResize,
  NfConntrackStat, nfCtDelete, nfCtIsExpired,
} from './nf-conntrack-net.ts';
export {
  nfConntrackConfirm, nfConntrackIn, nfCtGet, nfCtInfo2Dir, nfCtSetLabel, nfCtSetMark, nfCtSetUntracked, nfCtTestLabel, nfCtTmplAlloc,
} from './nf-conntrack-core.ts';
export { NF_CT_HELPERS, NfCtHelp, nfCtHelpAssign, type NfCtHelper, nfCtHelperFind } from './nf-ct-helper.ts';
export { nfCtHelpers } from './nf-ct-helper-module.ts';
export { NfCtSeqadj, nfCtSeqAckBack, nfCtSeqadjInit, nfCtSeqadjSet, nfCtSeqAdjust, NfSeqSide } from './nf-conntrack-seqadj.ts';
export { nfOriginalDst } from './nf-original-dst.ts';
export { nfSockOf, nfSockWildcard, nfTproxy } from './nf-tproxy.ts';
export { NF_CT_EXPECT_PERMANENT, nfCtExpectInit, nfCtExpectRelated, nfCtFindExpectation, NfExpect } from './nf-conntrack-expect.ts';
export { nfGetTuple, nfHasPorts, nfIpv6SkipExthdrs } from './nf-conntrack-packet.ts';
export {
  IP_CT_TCP_FLAG_BE_LIBERAL, IP_CT_TCP_FLAG_CLOSE_INIT, IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED, IP_CT_TCP_FLAG_MAXACK_SET, IP_CT_TCP_FLAG_SACK_PERM, IP_CT_TCP_FLAG_WINDOW_SCALE,
  nfConntrackTcpPacket, nfCtRefresh, nfTcpCanEarlyDrop, TCP_CONNTRACK_CLOSE, TCP_CONNTRACK_CLOSE_WAIT, TCP_CONNTRACK_ESTABLISHED, TCP_CONNTRACK_FIN_WAIT, TCP_CONNTRACK_LAST_ACK,
  TCP_CONNTRACK_NAMES, TCP_CONNTRACK_NONE, TCP_CONNTRACK_SYN_RECV, TCP_CONNTRACK_SYN_SENT, TCP_CONNTRACK_SYN_SENT2, TCP_CONNTRACK_TIME_WAIT,
} from './nf-conntrack-tcp.ts';
export { nfConntrackLine } from './nf-conntrack-proc.ts';
export { nfConntrack, nfConntrackFlush, nfCtNetnsGet, nfCtNetnsPut } from './nf-conntrack.ts';
export { NF_NAT, nfHook2Manip, nfNat, nfNatAllocNullBinding, NfNatNet, nfNatPacket, nfNatRegisterFn, type NfNatRule, type NfNatRuleOps, nfNatSetupInfo, nfNatUnregisterFn } from './nf-nat.ts';
export { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC, nfNatManipPkt } from './nf-nat-proto.ts';
export {
  NF_NAT_RANGE_MAP_IPS, NF_NAT_RANGE_NETMAP, NF_NAT_RANGE_PERSISTENT, NF_NAT_RANGE_PROTO_OFFSET, NF_NAT_RANGE_PROTO_RANDOM, NF_NAT_RANGE_PROTO_RANDOM_FULLY,
  NF_NAT_RANGE_PROTO_SPECIFIED, NfNatRange, nfNatUniqueTuple, nfNatUsedTuple,
} from './nf-nat-unique.ts';
export { nfNatMasqueradeIpv4, nfNatMasqueradeIpv6, nfNatNetmap, nfNatRedirectIpv4, nfNatRedirectIpv6 } from './nf-nat-targets.ts';
export {
  NFGENMSG_LEN, NFNL_BATCH_GENID, NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END, NFNL_SUBSYS_ACCT, NFNL_SUBSYS_COUNT, NFNL_SUBSYS_CTHELPER, NFNL_SUBSYS_CTNETLINK, NFNL_SUBSYS_CTNETLINK_EXP,
  NFNL_SUBSYS_CTNETLINK_TIMEOUT, NFNL_SUBSYS_HOOK, NFNL_SUBSYS_IPSET, NFNL_SUBSYS_NFT_COMPAT, NFNL_SUBSYS_NFTABLES, NFNL_SUBSYS_NONE, NFNL_SUBSYS_OSF, NFNL_SUBSYS_QUEUE,
  NFNL_SUBSYS_ULOG, nfnetlink, NFNLGRP_ACCT_QUOTA, NFNLGRP_CONNTRACK_DESTROY, NFNLGRP_CONNTRACK_EXP_DESTROY, NFNLGRP_CONNTRACK_EXP_NEW, NFNLGRP_CONNTRACK_EXP_UPDATE,
  NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_UPDATE, NFNLGRP_NFTABLES, NFNLGRP_NFTRACE, nfnlBroadcast, type NfnlCallback, nfnlDumpPut, nfnlHasListeners, NfnlInfo, nfnlMsgPut, nfnlMsgType,
  nfnlOnBind, nfnlOnRelease, nfnlSend, nfnlSubsysRegister, type NfnlSubsystem, nfnlUnicast,
} from './nfnetlink.ts';
export {
  XT_CONTINUE, XT_ENTRY_LEN, XT_EXTENSION_MAXNAMELEN, XT_MEMORY, XT_RETURN, XTABLES, xtBestRevision, type XtCheck, xtFind, XtKernel, type XtMatchDef, type XtMatchFn, XtMemory, XtParam,
  xtRegisterMatches, xtRegisterTargets, xtString, type XtTargetDef, type XtTargetFn,
} from './xt-core.ts';
export { xtCompile, xtDoTable, XtRules, XtRun, XtTable } from './xt-table.ts';
export { xtGetsockopt, xtSetsockopt } from './xt-sockopt.ts';
export { xtables } from './xt-module.ts';
export { xtTable } from './xt-tables.ts';
export { ctnetlink } from './ctnetlink.ts';
export { nfTables } from './nft/nft-module.ts';
export { nftOnTrace, type NftTraceEvent } from './nft/nft-trace.ts';
export { ipset } from './ipset/ipset-module.ts';
export { nfLogGroup, type NfLogParams, type NfLogPlace, nfnetlinkLog } from './nfnetlink-log.ts';
export { nfnetlinkQueue } from './nfnetlink-queue.ts';
export type { XtCommon } from './xt-core.ts';
export type { XtBlob, XtLayout } from './xt-blob.ts';
export type { XtRule } from './xt-table.ts';
