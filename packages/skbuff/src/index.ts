/**
 * Packet buffers: the socket buffer `Skb` with its pools, queues, fragments, checksums and segmentation (struct sk_buff).
 *
 * @packageDocumentation
 */
export { DROP, DROP_REASON_COUNT, DROP_REASON_NAMES, dropReasonName, type DropReasonName } from './drop-reason.ts';
export { HEAD_SIZES, headGet, SkbHead, SkbPool, SkbPoolStats } from './pool.ts';
export {
  CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, MAX_SKB_FRAGS,
  PACKET_BROADCAST, PACKET_HOST, PACKET_LOOPBACK, PACKET_MULTICAST, PACKET_OTHERHOST, PACKET_OUTGOING,
  Skb, SKB_GSO_DODGY, SKB_GSO_TCP_ECN, SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_GSO_UDP_L4, SKB_OVERHEAD, SkbFrag,
  type SkbDev, type SkbDst, type SkbSock,
} from './skb.ts';
export { allocSkb, buildSkb, consumeSkb, consumeSkbList, kfreeSkb, kfreeSkbListReason, kfreeSkbReason, skbGet, skbOrphan } from './alloc.ts';
export {
  pskbExpandHead, pskbMayPull, pskbTrim, skbAddFrag, skbCloned, skbCow, skbCowHead, skbEat, skbEnsureWritable, skbHeaderCloned, skbHeaderRelease,
  skbHeadlen, skbHeadroom, skbIsGso, skbIsNonlinear, skbLinearize, skbNetworkHeaderLen, skbNetworkOffset, skbPull, skbPullUnchecked, skbPush, skbPut,
  skbReserve, skbResetMacHeader, skbResetNetworkHeader, skbResetTransportHeader, skbSetNetworkHeader, skbSetTransportHeader, skbTailroom,
  skbTransportOffset, skbTrim, skbUnclone,
} from './data.ts';
export { skbChecksum, skbCopyAndCsumBits, skbCopyBits, skbStoreBits } from './copy-bits.ts';
export { pskbCopy, skbClone, skbCopy, skbCopyExpand, skbShareCheck } from './copy.ts';
export {
  skbAppend, skbDequeue, skbDequeueTail, skbInsertBefore, skbPeek, skbPeekTail, SkbQueue, skbQueueEmpty, skbQueueHead, skbQueuePurge, skbQueueSplice,
  skbQueueTail, skbUnlink,
} from './queue.ts';
export { skbShift, skbSplit, skbTryCoalesce } from './merge.ts';
export { skbChecksumHelp, skbChecksumValid, skbCsumUnnecessary, skbPartialCsumSet } from './csum.ts';
export { skbSegment } from './segment.ts';
export { skbStats, SKB, skbuff } from './module.ts';
