/**
 * Network devices: registration and life of `NetDevice`, loopback, receiving (NAPI, backlog, GRO, taps, protocols), sending (queueing disciplines, GSO,
 * checksums), routes on packets (`DstEntry`), netfilter's hook points, flow hashing and captures.
 *
 * @packageDocumentation
 */
export { bpfCheckClassic } from './bpf-check.ts';
export { bpfCompile, bpfRun } from './bpf-compile.ts';
export { bpfRunInterp } from './bpf-interp.ts';
export { bpfDecode, bpfEncode, BpfProg, bpfProgCreate, SOCK_FILTER_LEN, type BpfInsn, type BpfStep } from './bpf.ts';
export { netdevAltNameAdd, netdevAltNameRemove } from './dev-altname.ts';
export { copyFrame, devAddTap, frameLength, type DevTap } from './capture.ts';
export { copyAddr, DevAddr, DevAddrList, sameAddr } from './dev-addr-lists.ts';
export {
  devChangeFlags, devChangeTxQueueLen, devClose, devGetFlags, devGetOperstate, devMcAdd, devMcDel, devOpen, devSetAllmulti, devSetBroadcast,
  devSetGroup, devSetMacAddress, devSetMtu, devSetPromiscuity, devSetRxMode, devUcAdd, devUcDel, netdevRxHandlerRegister,
  netdevRxHandlerUnregister, netdevUpdateFeatures,
} from './dev-flags.ts';
export { netDisableTimestamp, netEnableTimestamp, netifReceiveSkb, netifRx } from './dev-rx.ts';
export { devDirectXmitSkb, devQueueXmit, XMIT_RECURSION_LIMIT } from './dev-tx.ts';
export { netIoctlFind, netIoctlRegister, type NetIoctl } from './dev-ioctl.ts';
export { netdevSysfsGroups, netdevSysfsRegister, type NetdevAttribute, type NetdevAttributeGroup } from './dev-sysfs.ts';
export { netdevHasUpperDev, netdevMasterUpperDevLink, netdevUpperDevLink, netdevUpperDevUnlink } from './dev-upper.ts';
export {
  allocNetdev, devAllocName, devChangeName, devChangeNetNamespace, devValidName, registerNetdevice, unregisterNetdevice, type NetdevOptions,
} from './dev.ts';
export {
  DST_HOST, DST_NOCOUNT, DST_NOPOLICY, DST_NOXFRM, DST_OBSOLETE_DEAD, DST_OBSOLETE_FORCE_CHK, DST_OBSOLETE_KILL, DST_OBSOLETE_NONE,
  DST_XFRM_TUNNEL, dstAdvmss, dstCheck, dstDevPut, dstDiscard, dstDiscardOut, DstEntry, dstHold, dstHoplimit, dstInitMetrics, dstInput,
  dstLinkFailure, dstMetric, dstMetricLocked, dstMetricSet, dstMtu, dstMtuMetric, dstOutput, dstRelease, llReservedSpace, skbDst, skbDstDrop,
  skbDstSet, type DstInput, type DstOps, type DstOutput,
} from './dst.ts';
export { DEFAULT_TX_QUEUE_LEN, ETH_HEADER_OPS, etherSetup, ethHwAddrRandom, ethHwAddrSet, ethMacAddr, ethTypeTrans, ethValidateAddr } from './eth.ts';
export {
  netdevFeatureNames, netdevFixFeatures, NETIF_F_ALL_TSO, NETIF_F_CSUM_MASK, NETIF_F_FRAGLIST, NETIF_F_GRO, NETIF_F_GSO, NETIF_F_GSO_ENCAP_ALL,
  NETIF_F_GSO_ESP, NETIF_F_GSO_FRAGLIST, NETIF_F_GSO_GRE, NETIF_F_GSO_GRE_CSUM, NETIF_F_GSO_IPXIP4, NETIF_F_GSO_IPXIP6, NETIF_F_GSO_MASK,
  NETIF_F_GSO_PARTIAL, NETIF_F_GSO_ROBUST, NETIF_F_GSO_SCTP, NETIF_F_GSO_SHIFT, NETIF_F_GSO_SOFTWARE, NETIF_F_GSO_UDP_L4, NETIF_F_GSO_UDP_TUNNEL,
  NETIF_F_GSO_UDP_TUNNEL_CSUM, NETIF_F_HW_CSUM, NETIF_F_HW_VLAN_CTAG_RX, NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_IP_CSUM, NETIF_F_IPV6_CSUM,
  NETIF_F_LOOPBACK, NETIF_F_RXCSUM, NETIF_F_RXHASH, NETIF_F_SG, NETIF_F_SOFT_DEVICE, NETIF_F_SOFT_FEATURES, NETIF_F_TSO, NETIF_F_TSO6,
  NETIF_F_TSO_ECN, NETIF_F_TSO_MANGLEID, NETIF_FEATURE_NAMES,
} from './features.ts';
export { devIoctl, ifreqLabel, ifreqName, ioctlHasData } from './ifreq-ioctl.ts';
export { netSysfsGroups, netSysfsPath, netSysfsStore, type SysfsAttr, type SysfsGroup } from './net-sysfs.ts';
export {
  ETHTOOL_FEATURE_COUNT, ETHTOOL_FEATURE_NAMES, ethtoolFeatureMask, ethtoolGetFeatures, ethtoolSetWanted, type EthtoolFeatures,
} from './ethtool-features.ts';
export { devEthtoolIoctl } from './ethtool-ioctl.ts';
export {
  ETHTOOL_COALESCE_FIELDS, ethtoolLinkSettings, ethtoolNoModes, ethtoolOpGetLink, ethtoolOpGetTsInfo, ethtoolTsInfo, LINK_MODE_WORDS, type EthtoolChannels, type EthtoolCoalesce,
  type EthtoolDrvinfo, type EthtoolEee, type EthtoolLinkSettings, type EthtoolOps, type EthtoolPause, type EthtoolRings, type EthtoolTsInfo, type EthtoolWol,
} from './ethtool-ops.ts';
export { ETHTOOL_STRING_SETS, ethtoolStrings, ethtoolStringsPerDevice } from './ethtool-strings.ts';
export {
  NETIF_FX_FCOE_CRC, NETIF_FX_FSO, NETIF_FX_GRO_FRAGLIST, NETIF_FX_GRO_HW, NETIF_FX_GRO_UDP_FWD, NETIF_FX_GSO_ACCECN, NETIF_FX_GSO_TUNNEL_REMCSUM,
  NETIF_FX_HIGHDMA, NETIF_FX_HW_ESP, NETIF_FX_HW_ESP_TX_CSUM, NETIF_FX_HW_HSR_DUP, NETIF_FX_HW_HSR_FWD, NETIF_FX_HW_HSR_TAG_INS,
  NETIF_FX_HW_HSR_TAG_RM, NETIF_FX_HW_L2FW_DOFFLOAD, NETIF_FX_HW_MACSEC, NETIF_FX_HW_TC, NETIF_FX_HW_TLS_RECORD, NETIF_FX_HW_TLS_RX,
  NETIF_FX_HW_TLS_TX, NETIF_FX_HW_VLAN_CTAG_FILTER, NETIF_FX_HW_VLAN_STAG_FILTER, NETIF_FX_HW_VLAN_STAG_RX, NETIF_FX_HW_VLAN_STAG_TX, NETIF_FX_LRO,
  NETIF_FX_NOCACHE_COPY, NETIF_FX_NTUPLE, NETIF_FX_RXALL, NETIF_FX_RXFCS, NETIF_FX_RX_UDP_TUNNEL_PORT, NETIF_FX_SCTP_CRC, NETIF_FX_SOFT_DEVICE,
} from './features-ext.ts';
export { flowHashFromKeys, skbFlowDissect, skbGetHash } from './flow-dissector.ts';
export { FlowKeys } from './flow-keys.ts';
export { l3mdevFibTable, l3mdevMasterDev, l3mdevMasterIfindex, l3mdevMasterIfindexByIndex, l3mdevRcv, type L3mdevOps } from './l3mdev.ts';
export { devForwardSkb, devForwardSkbPrepare, isSkbForwardable, skbScrubPacket } from './forward.ts';
export {
  clearGroCsum, clearGroSameFlow, groCount, groCsum, groCsumValid, groEncapMark, groFlush, groFlushId, groInnerNetworkOffset, groIpFixedid,
  groIsAtomic, groLen, GroList, groNetworkOffset, groOffset, groSameFlow, setGroCsum, setGroEncapMark, setGroFlush, setGroFlushId,
  setGroInnerNetworkOffset, setGroIpFixedid, setGroIsAtomic, setGroNetworkOffset, skbGroHeader, skbGroPull,
} from './gro-cb.ts';
export {
  GRO_CONSUMED, GRO_HELD, GRO_MERGED, GRO_MERGED_FREE, GRO_NORMAL, napiGroFlush, napiGroReceive, skbGroChecksumValidate, skbGroForgetCsum,
  skbGroPostpullRcsum, skbGroReceive,
} from './gro.ts';
export { skbGsoSegment, skbMacGsoSegment, skbNetworkProtocol } from './gso.ts';
export { HH_DATA_MAX, HhCache, hhOutput } from './hh-cache.ts';
export {
  devGetIflink, linkwatchFireEvent, linkwatchSyncDev, netdevStateChange, netifCarrierOff, netifCarrierOn, netifSetDormant, rtmsgIfinfo, setOperstate,
} from './linkwatch.ts';
export { napiCompleteDone, napiDisable, netifNapiDel } from './napi-poll.ts';
export {
  NAPI_POLL_WEIGHT, NAPI_STATE_DISABLE, NAPI_STATE_IN_POLL, NAPI_STATE_MISSED, NAPI_STATE_SCHED, napiDisablePending, napiEnable, napiSchedule,
  napiSchedulePrep, NapiStruct, netifNapiAdd, type NapiPoll,
} from './napi.ts';
export { devGetByIndex, devGetByName, forEachNetdev, NETDEV_NET, NetdevNet, netLoopbackDev } from './netdev-net.ts';
export { NetDeviceStats } from './netdev-stats.ts';
export {
  GSO_LEGACY_MAX_SIZE, GSO_MAX_SEGS, netifInheritTsoMax, TSO_MAX_SIZE, IFF_802_1Q_VLAN, IFF_BRIDGE_PORT, IFF_EBRIDGE, IFF_L3MDEV_MASTER, IFF_L3MDEV_SLAVE, IFF_LIVE_ADDR_CHANGE,
  IFF_NO_QUEUE, IFF_UNICAST_FLT, IFF_VLAN_CHALLENGED, IFF_XMIT_DST_RELEASE_OFF, NET_ADDR_PERM, NET_ADDR_RANDOM, NET_ADDR_SET, NET_ADDR_STOLEN, NET_NAME_ENUM,
  NET_NAME_PREDICTABLE, NET_NAME_RENAMED, NET_NAME_USER, NET_RX_DROP, NET_RX_SUCCESS, NET_XMIT_CN, NET_XMIT_DROP, NET_XMIT_MASK, NET_XMIT_SUCCESS,
  NETDEV_TX_BUSY, NETDEV_TX_OK, NetDevice, netifCarrierOk, netifOperUp, netifQueueStopped, netifRunning, NETREG_REGISTERED, NETREG_UNINITIALIZED,
  NETREG_UNREGISTERED, NETREG_UNREGISTERING, netXmitEval, QUEUE_STATE_DRV_XOFF, QUEUE_STATE_FROZEN, RX_HANDLER_ANOTHER, RX_HANDLER_CONSUMED,
  RX_HANDLER_EXACT, RX_HANDLER_PASS, skbDev, type DevSlot, type HeaderOps, type NetDeviceOps, type NetdevLinkOps, type RxHandler, type TcHook,
} from './netdevice.ts';
export { SKB_TC_AT_INGRESS, SKB_TC_FROM_INGRESS, SKB_TC_REDIRECTED, SKB_TC_SKIP_CLASSIFY } from './tc-state.ts';
export {
  NF_ACCEPT, NF_ARP_IN, NF_ARP_OUT, NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING,
  NF_NETDEV_EGRESS, NF_NETDEV_INGRESS, NF_QUEUE, NF_REPEAT, NF_STOLEN, NF_VERDICT_FLAG_QUEUE_BYPASS, NF_VERDICT_MASK, nfCtAttach, nfDropErr, nfHook,
  nfHookCond, nfHookPresent, nfHookVerdict, NFPROTO_ARP, NFPROTO_BRIDGE, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_NETDEV, nfQueueNr,
  nfRegisterNetHook, nfReinject, nfStateCopy, nfUnregisterNetHook,
} from './netfilter.ts';
export { NF_MAX_HOOKS, NfHookEntries, NfHooks, NFPROTO_NUMPROTO, NfState, type NfHookFn, type NfHookOps, type NfOkfn } from './nf-hooks.ts';
export {
  callNetdeviceNotifiers, NETDEV_BONDING_FAILOVER, NETDEV_CHANGE, NETDEV_CHANGE_TX_QUEUE_LEN, NETDEV_CHANGEADDR, NETDEV_CHANGEINFODATA,
  NETDEV_CHANGELOWERSTATE, NETDEV_CHANGEMTU, NETDEV_CHANGENAME, NETDEV_CHANGEUPPER, NETDEV_DOWN, NETDEV_FEAT_CHANGE, NETDEV_GOING_DOWN,
  NETDEV_JOIN, NETDEV_NOTIFY_PEERS, NETDEV_POST_INIT, NETDEV_POST_TYPE_CHANGE, NETDEV_PRE_CHANGEADDR, NETDEV_PRE_TYPE_CHANGE, NETDEV_PRE_UNINIT,
  NETDEV_PRE_UP, NETDEV_PRECHANGEMTU, NETDEV_PRECHANGEUPPER, NETDEV_REBOOT, NETDEV_REGISTER, NETDEV_RELEASE, NETDEV_RESEND_IGMP, NETDEV_UNREGISTER,
  NETDEV_UP, registerNetdeviceNotifier, unregisterNetdeviceNotifier, type NetdeviceNotifier,
} from './notifier.ts';
export { devAddOffload, devRemoveOffload, type PacketOffload } from './offload.ts';
export { devAddPack, devRemovePack, PacketType, type PacketTypeFunc, type TapFunc } from './packet-type.ts';
export {
  NOOP_QDISC_OPS, Qdisc, qdiscDequeued, qdiscDequeueHead, qdiscDequeuePeeked, qdiscDestroy, qdiscDrop, qdiscEnqueue, qdiscEnqueued, qdiscLeft, qdiscPeekDequeued, qdiscPktLen,
  qdiscPktLenInit, qdiscReset, TCQ_F_BUILTIN, TCQ_F_CAN_BYPASS, TCQ_F_INGRESS, TCQ_F_INVISIBLE, TCQ_F_NOPARENT, type QdiscExtack, type QdiscOps, type QdiscStab,
} from './qdisc-core.ts';
export {
  netifSchedule, netifStartQueue, netifStopQueue, netifWakeQueue, netifXmitStopped, qdiscLookupOps, QdiscWatchdog, qdiscWatchdogCancel,
  qdiscWatchdogSchedule, registerQdisc,
} from './qdisc.ts';
export { BFIFO_OPS, NOQUEUE_OPS, PFIFO_FAST_OPS, PFIFO_OPS, SCH_DEFAULT_PRIO2BAND } from './sch-fifo.ts';
export { devActivate, devDeactivate, devGraftQdisc, qdiscCreate, qdiscRun, schDirectXmit } from './sch-generic.ts';
export { NETDEV, SoftnetData, type LinkMessage } from './softnet.ts';
export {
  consumeGsoSkb, devHardStartXmit, devQueueXmitNit, devXmitComplete, netifNeedsGso, netifSkbFeatures, skbGsoCut, skbGsoOk, validateXmitSkb, validateXmitSkbList,
} from './xmit.ts';
export {
  ethTypeVlan, skbVlanClearTag, skbVlanInsertTag, skbVlanPop, skbVlanPush, skbVlanPushInside, skbVlanPutTag, skbVlanTagId, skbVlanTagPresent, skbVlanUntag,
} from './vlan.ts';
export { netdev } from './module.ts';
export { vnetHdrFromSkb, vnetHdrToSkb } from './vnet-hdr.ts';
