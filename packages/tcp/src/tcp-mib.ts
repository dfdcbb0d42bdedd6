/**
 * The counters of TCP, in the order and under the names of `/proc/net/snmp` (RFC 4022) and
 * `/proc/net/netstat` of Linux. One `Float64Array` a namespace holds each group.
 */

/** Index into {@link TCP_MIB_NAMES}: `Tcp:` RtoAlgorithm. @alpha */
export const TcpRtoAlgorithm = 0;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` RtoMin. @alpha */
export const TcpRtoMin = 1;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` RtoMax. @alpha */
export const TcpRtoMax = 2;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` MaxConn. @alpha */
export const TcpMaxConn = 3;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` ActiveOpens. @alpha */
export const TcpActiveOpens = 4;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` PassiveOpens. @alpha */
export const TcpPassiveOpens = 5;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` AttemptFails. @alpha */
export const TcpAttemptFails = 6;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` EstabResets. @alpha */
export const TcpEstabResets = 7;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` CurrEstab. @alpha */
export const TcpCurrEstab = 8;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` InSegs. @alpha */
export const TcpInSegs = 9;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` OutSegs. @alpha */
export const TcpOutSegs = 10;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` RetransSegs. @alpha */
export const TcpRetransSegs = 11;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` InErrs. @alpha */
export const TcpInErrs = 12;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` OutRsts. @alpha */
export const TcpOutRsts = 13;
/** Index into {@link TCP_MIB_NAMES}: `Tcp:` InCsumErrors. @alpha */
export const TcpInCsumErrors = 14;

/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` SyncookiesSent. @alpha */
export const TcpExtSyncookiesSent = 0;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` SyncookiesRecv. @alpha */
export const TcpExtSyncookiesRecv = 1;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` SyncookiesFailed. @alpha */
export const TcpExtSyncookiesFailed = 2;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` EmbryonicRsts. @alpha */
export const TcpExtEmbryonicRsts = 3;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` PruneCalled. @alpha */
export const TcpExtPruneCalled = 4;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` RcvPruned. @alpha */
export const TcpExtRcvPruned = 5;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` OfoPruned. @alpha */
export const TcpExtOfoPruned = 6;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` OutOfWindowIcmps. @alpha */
export const TcpExtOutOfWindowIcmps = 7;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` LockDroppedIcmps. @alpha */
export const TcpExtLockDroppedIcmps = 8;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` ArpFilter. @alpha */
export const TcpExtArpFilter = 9;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TW. @alpha */
export const TcpExtTW = 10;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TWRecycled. @alpha */
export const TcpExtTWRecycled = 11;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TWKilled. @alpha */
export const TcpExtTWKilled = 12;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` PAWSActive. @alpha */
export const TcpExtPAWSActive = 13;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` PAWSEstab. @alpha */
export const TcpExtPAWSEstab = 14;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` BeyondWindow. @alpha */
export const TcpExtBeyondWindow = 15;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TSEcrRejected. @alpha */
export const TcpExtTSEcrRejected = 16;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` PAWSOldAck. @alpha */
export const TcpExtPAWSOldAck = 17;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` PAWSTimewait. @alpha */
export const TcpExtPAWSTimewait = 18;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` DelayedACKs. @alpha */
export const TcpExtDelayedACKs = 19;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` DelayedACKLocked. @alpha */
export const TcpExtDelayedACKLocked = 20;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` DelayedACKLost. @alpha */
export const TcpExtDelayedACKLost = 21;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` ListenOverflows. @alpha */
export const TcpExtListenOverflows = 22;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` ListenDrops. @alpha */
export const TcpExtListenDrops = 23;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPHPHits. @alpha */
export const TcpExtTCPHPHits = 24;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPPureAcks. @alpha */
export const TcpExtTCPPureAcks = 25;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPHPAcks. @alpha */
export const TcpExtTCPHPAcks = 26;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPRenoRecovery. @alpha */
export const TcpExtTCPRenoRecovery = 27;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSackRecovery. @alpha */
export const TcpExtTCPSackRecovery = 28;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSACKReneging. @alpha */
export const TcpExtTCPSACKReneging = 29;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSACKReorder. @alpha */
export const TcpExtTCPSACKReorder = 30;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPRenoReorder. @alpha */
export const TcpExtTCPRenoReorder = 31;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPTSReorder. @alpha */
export const TcpExtTCPTSReorder = 32;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFullUndo. @alpha */
export const TcpExtTCPFullUndo = 33;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPPartialUndo. @alpha */
export const TcpExtTCPPartialUndo = 34;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDSACKUndo. @alpha */
export const TcpExtTCPDSACKUndo = 35;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPLossUndo. @alpha */
export const TcpExtTCPLossUndo = 36;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPLostRetransmit. @alpha */
export const TcpExtTCPLostRetransmit = 37;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPRenoFailures. @alpha */
export const TcpExtTCPRenoFailures = 38;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSackFailures. @alpha */
export const TcpExtTCPSackFailures = 39;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPLossFailures. @alpha */
export const TcpExtTCPLossFailures = 40;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFastRetrans. @alpha */
export const TcpExtTCPFastRetrans = 41;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSlowStartRetrans. @alpha */
export const TcpExtTCPSlowStartRetrans = 42;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPTimeouts. @alpha */
export const TcpExtTCPTimeouts = 43;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPLossProbes. @alpha */
export const TcpExtTCPLossProbes = 44;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPLossProbeRecovery. @alpha */
export const TcpExtTCPLossProbeRecovery = 45;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPRenoRecoveryFail. @alpha */
export const TcpExtTCPRenoRecoveryFail = 46;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSackRecoveryFail. @alpha */
export const TcpExtTCPSackRecoveryFail = 47;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPRcvCollapsed. @alpha */
export const TcpExtTCPRcvCollapsed = 48;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPBacklogCoalesce. @alpha */
export const TcpExtTCPBacklogCoalesce = 49;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDSACKOldSent. @alpha */
export const TcpExtTCPDSACKOldSent = 50;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDSACKOfoSent. @alpha */
export const TcpExtTCPDSACKOfoSent = 51;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDSACKRecv. @alpha */
export const TcpExtTCPDSACKRecv = 52;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDSACKOfoRecv. @alpha */
export const TcpExtTCPDSACKOfoRecv = 53;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAbortOnData. @alpha */
export const TcpExtTCPAbortOnData = 54;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAbortOnClose. @alpha */
export const TcpExtTCPAbortOnClose = 55;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAbortOnMemory. @alpha */
export const TcpExtTCPAbortOnMemory = 56;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAbortOnTimeout. @alpha */
export const TcpExtTCPAbortOnTimeout = 57;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAbortOnLinger. @alpha */
export const TcpExtTCPAbortOnLinger = 58;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAbortFailed. @alpha */
export const TcpExtTCPAbortFailed = 59;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMemoryPressures. @alpha */
export const TcpExtTCPMemoryPressures = 60;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMemoryPressuresChrono. @alpha */
export const TcpExtTCPMemoryPressuresChrono = 61;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSACKDiscard. @alpha */
export const TcpExtTCPSACKDiscard = 62;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDSACKIgnoredOld. @alpha */
export const TcpExtTCPDSACKIgnoredOld = 63;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDSACKIgnoredNoUndo. @alpha */
export const TcpExtTCPDSACKIgnoredNoUndo = 64;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSpuriousRTOs. @alpha */
export const TcpExtTCPSpuriousRTOs = 65;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMD5NotFound. @alpha */
export const TcpExtTCPMD5NotFound = 66;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMD5Unexpected. @alpha */
export const TcpExtTCPMD5Unexpected = 67;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMD5Failure. @alpha */
export const TcpExtTCPMD5Failure = 68;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSackShifted. @alpha */
export const TcpExtTCPSackShifted = 69;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSackMerged. @alpha */
export const TcpExtTCPSackMerged = 70;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSackShiftFallback. @alpha */
export const TcpExtTCPSackShiftFallback = 71;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPBacklogDrop. @alpha */
export const TcpExtTCPBacklogDrop = 72;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` PFMemallocDrop. @alpha */
export const TcpExtPFMemallocDrop = 73;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMinTTLDrop. @alpha */
export const TcpExtTCPMinTTLDrop = 74;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDeferAcceptDrop. @alpha */
export const TcpExtTCPDeferAcceptDrop = 75;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` IPReversePathFilter. @alpha */
export const TcpExtIPReversePathFilter = 76;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPTimeWaitOverflow. @alpha */
export const TcpExtTCPTimeWaitOverflow = 77;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPReqQFullDoCookies. @alpha */
export const TcpExtTCPReqQFullDoCookies = 78;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPReqQFullDrop. @alpha */
export const TcpExtTCPReqQFullDrop = 79;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPRetransFail. @alpha */
export const TcpExtTCPRetransFail = 80;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPRcvCoalesce. @alpha */
export const TcpExtTCPRcvCoalesce = 81;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPOFOQueue. @alpha */
export const TcpExtTCPOFOQueue = 82;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPOFODrop. @alpha */
export const TcpExtTCPOFODrop = 83;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPOFOMerge. @alpha */
export const TcpExtTCPOFOMerge = 84;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPChallengeACK. @alpha */
export const TcpExtTCPChallengeACK = 85;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSYNChallenge. @alpha */
export const TcpExtTCPSYNChallenge = 86;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFastOpenActive. @alpha */
export const TcpExtTCPFastOpenActive = 87;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFastOpenActiveFail. @alpha */
export const TcpExtTCPFastOpenActiveFail = 88;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFastOpenPassive. @alpha */
export const TcpExtTCPFastOpenPassive = 89;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFastOpenPassiveFail. @alpha */
export const TcpExtTCPFastOpenPassiveFail = 90;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFastOpenListenOverflow. @alpha */
export const TcpExtTCPFastOpenListenOverflow = 91;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFastOpenCookieReqd. @alpha */
export const TcpExtTCPFastOpenCookieReqd = 92;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFastOpenBlackhole. @alpha */
export const TcpExtTCPFastOpenBlackhole = 93;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSpuriousRtxHostQueues. @alpha */
export const TcpExtTCPSpuriousRtxHostQueues = 94;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` BusyPollRxPackets. @alpha */
export const TcpExtBusyPollRxPackets = 95;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAutoCorking. @alpha */
export const TcpExtTCPAutoCorking = 96;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFromZeroWindowAdv. @alpha */
export const TcpExtTCPFromZeroWindowAdv = 97;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPToZeroWindowAdv. @alpha */
export const TcpExtTCPToZeroWindowAdv = 98;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPWantZeroWindowAdv. @alpha */
export const TcpExtTCPWantZeroWindowAdv = 99;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPSynRetrans. @alpha */
export const TcpExtTCPSynRetrans = 100;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPOrigDataSent. @alpha */
export const TcpExtTCPOrigDataSent = 101;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPHystartTrainDetect. @alpha */
export const TcpExtTCPHystartTrainDetect = 102;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPHystartTrainCwnd. @alpha */
export const TcpExtTCPHystartTrainCwnd = 103;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPHystartDelayDetect. @alpha */
export const TcpExtTCPHystartDelayDetect = 104;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPHystartDelayCwnd. @alpha */
export const TcpExtTCPHystartDelayCwnd = 105;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPACKSkippedSynRecv. @alpha */
export const TcpExtTCPACKSkippedSynRecv = 106;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPACKSkippedPAWS. @alpha */
export const TcpExtTCPACKSkippedPAWS = 107;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPACKSkippedSeq. @alpha */
export const TcpExtTCPACKSkippedSeq = 108;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPACKSkippedFinWait2. @alpha */
export const TcpExtTCPACKSkippedFinWait2 = 109;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPACKSkippedTimeWait. @alpha */
export const TcpExtTCPACKSkippedTimeWait = 110;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPACKSkippedChallenge. @alpha */
export const TcpExtTCPACKSkippedChallenge = 111;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPWinProbe. @alpha */
export const TcpExtTCPWinProbe = 112;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPKeepAlive. @alpha */
export const TcpExtTCPKeepAlive = 113;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMTUPFail. @alpha */
export const TcpExtTCPMTUPFail = 114;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMTUPSuccess. @alpha */
export const TcpExtTCPMTUPSuccess = 115;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDelivered. @alpha */
export const TcpExtTCPDelivered = 116;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDeliveredCE. @alpha */
export const TcpExtTCPDeliveredCE = 117;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAckCompressed. @alpha */
export const TcpExtTCPAckCompressed = 118;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPZeroWindowDrop. @alpha */
export const TcpExtTCPZeroWindowDrop = 119;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPRcvQDrop. @alpha */
export const TcpExtTCPRcvQDrop = 120;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPWqueueTooBig. @alpha */
export const TcpExtTCPWqueueTooBig = 121;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPFastOpenPassiveAltKey. @alpha */
export const TcpExtTCPFastOpenPassiveAltKey = 122;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TcpTimeoutRehash. @alpha */
export const TcpExtTcpTimeoutRehash = 123;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TcpDuplicateDataRehash. @alpha */
export const TcpExtTcpDuplicateDataRehash = 124;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDSACKRecvSegs. @alpha */
export const TcpExtTCPDSACKRecvSegs = 125;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPDSACKIgnoredDubious. @alpha */
export const TcpExtTCPDSACKIgnoredDubious = 126;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMigrateReqSuccess. @alpha */
export const TcpExtTCPMigrateReqSuccess = 127;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPMigrateReqFailure. @alpha */
export const TcpExtTCPMigrateReqFailure = 128;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPPLBRehash. @alpha */
export const TcpExtTCPPLBRehash = 129;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAORequired. @alpha */
export const TcpExtTCPAORequired = 130;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAOBad. @alpha */
export const TcpExtTCPAOBad = 131;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAOKeyNotFound. @alpha */
export const TcpExtTCPAOKeyNotFound = 132;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAOGood. @alpha */
export const TcpExtTCPAOGood = 133;
/** Index into {@link TCPEXT_MIB_NAMES}: `TcpExt:` TCPAODroppedIcmps. @alpha */
export const TcpExtTCPAODroppedIcmps = 134;

/** Names of the `Tcp:` group, in the order of `/proc/net/snmp`. @alpha */
export const TCP_MIB_NAMES: readonly string[] = [
  'RtoAlgorithm',
  'RtoMin',
  'RtoMax',
  'MaxConn',
  'ActiveOpens',
  'PassiveOpens',
  'AttemptFails',
  'EstabResets',
  'CurrEstab',
  'InSegs',
  'OutSegs',
  'RetransSegs',
  'InErrs',
  'OutRsts',
  'InCsumErrors',
];

/** Names of the `TcpExt:` group, in the order of `/proc/net/netstat`. @alpha */
export const TCPEXT_MIB_NAMES: readonly string[] = [
  'SyncookiesSent',
  'SyncookiesRecv',
  'SyncookiesFailed',
  'EmbryonicRsts',
  'PruneCalled',
  'RcvPruned',
  'OfoPruned',
  'OutOfWindowIcmps',
  'LockDroppedIcmps',
  'ArpFilter',
  'TW',
  'TWRecycled',
  'TWKilled',
  'PAWSActive',
  'PAWSEstab',
  'BeyondWindow',
  'TSEcrRejected',
  'PAWSOldAck',
  'PAWSTimewait',
  'DelayedACKs',
  'DelayedACKLocked',
  'DelayedACKLost',
  'ListenOverflows',
  'ListenDrops',
  'TCPHPHits',
  'TCPPureAcks',
  'TCPHPAcks',
  'TCPRenoRecovery',
  'TCPSackRecovery',
  'TCPSACKReneging',
  'TCPSACKReorder',
  'TCPRenoReorder',
  'TCPTSReorder',
  'TCPFullUndo',
  'TCPPartialUndo',
  'TCPDSACKUndo',
  'TCPLossUndo',
  'TCPLostRetransmit',
  'TCPRenoFailures',
  'TCPSackFailures',
  'TCPLossFailures',
  'TCPFastRetrans',
  'TCPSlowStartRetrans',
  'TCPTimeouts',
  'TCPLossProbes',
  'TCPLossProbeRecovery',
  'TCPRenoRecoveryFail',
  'TCPSackRecoveryFail',
  'TCPRcvCollapsed',
  'TCPBacklogCoalesce',
  'TCPDSACKOldSent',
  'TCPDSACKOfoSent',
  'TCPDSACKRecv',
  'TCPDSACKOfoRecv',
  'TCPAbortOnData',
  'TCPAbortOnClose',
  'TCPAbortOnMemory',
  'TCPAbortOnTimeout',
  'TCPAbortOnLinger',
  'TCPAbortFailed',
  'TCPMemoryPressures',
  'TCPMemoryPressuresChrono',
  'TCPSACKDiscard',
  'TCPDSACKIgnoredOld',
  'TCPDSACKIgnoredNoUndo',
  'TCPSpuriousRTOs',
  'TCPMD5NotFound',
  'TCPMD5Unexpected',
  'TCPMD5Failure',
  'TCPSackShifted',
  'TCPSackMerged',
  'TCPSackShiftFallback',
  'TCPBacklogDrop',
  'PFMemallocDrop',
  'TCPMinTTLDrop',
  'TCPDeferAcceptDrop',
  'IPReversePathFilter',
  'TCPTimeWaitOverflow',
  'TCPReqQFullDoCookies',
  'TCPReqQFullDrop',
  'TCPRetransFail',
  'TCPRcvCoalesce',
  'TCPOFOQueue',
  'TCPOFODrop',
  'TCPOFOMerge',
  'TCPChallengeACK',
  'TCPSYNChallenge',
  'TCPFastOpenActive',
  'TCPFastOpenActiveFail',
  'TCPFastOpenPassive',
  'TCPFastOpenPassiveFail',
  'TCPFastOpenListenOverflow',
  'TCPFastOpenCookieReqd',
  'TCPFastOpenBlackhole',
  'TCPSpuriousRtxHostQueues',
  'BusyPollRxPackets',
  'TCPAutoCorking',
  'TCPFromZeroWindowAdv',
  'TCPToZeroWindowAdv',
  'TCPWantZeroWindowAdv',
  'TCPSynRetrans',
  'TCPOrigDataSent',
  'TCPHystartTrainDetect',
  'TCPHystartTrainCwnd',
  'TCPHystartDelayDetect',
  'TCPHystartDelayCwnd',
  'TCPACKSkippedSynRecv',
  'TCPACKSkippedPAWS',
  'TCPACKSkippedSeq',
  'TCPACKSkippedFinWait2',
  'TCPACKSkippedTimeWait',
  'TCPACKSkippedChallenge',
  'TCPWinProbe',
  'TCPKeepAlive',
  'TCPMTUPFail',
  'TCPMTUPSuccess',
  'TCPDelivered',
  'TCPDeliveredCE',
  'TCPAckCompressed',
  'TCPZeroWindowDrop',
  'TCPRcvQDrop',
  'TCPWqueueTooBig',
  'TCPFastOpenPassiveAltKey',
  'TcpTimeoutRehash',
  'TcpDuplicateDataRehash',
  'TCPDSACKRecvSegs',
  'TCPDSACKIgnoredDubious',
  'TCPMigrateReqSuccess',
  'TCPMigrateReqFailure',
  'TCPPLBRehash',
  'TCPAORequired',
  'TCPAOBad',
  'TCPAOKeyNotFound',
  'TCPAOGood',
  'TCPAODroppedIcmps',
];
