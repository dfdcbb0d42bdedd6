/** Options at level SOL_PACKET (packet(7)). */
import { EBUSY, EINVAL, ENOPROTOOPT, EOPNOTSUPP } from '@linnet/kernel';
import {
  PACKET_ADD_MEMBERSHIP, PACKET_AUXDATA, PACKET_COPY_THRESH, PACKET_DROP_MEMBERSHIP, PACKET_FANOUT, PACKET_FANOUT_DATA, PACKET_HDRLEN, PACKET_IGNORE_OUTGOING, PACKET_LOSS,
  PACKET_ORIGDEV, PACKET_QDISC_BYPASS, PACKET_RESERVE, PACKET_ROLLOVER_STATS, PACKET_RX_RING, PACKET_STATISTICS, PACKET_TIMESTAMP, PACKET_TX_HAS_OFF, PACKET_TX_RING, PACKET_VERSION,
  PACKET_VNET_HDR, PACKET_VNET_HDR_SZ, SOCK_RAW, SOL_PACKET, TPACKET_V3, VIRTIO_NET_HDR_LEN, VIRTIO_NET_HDR_MRG_RXBUF_LEN,
} from '@linnet/uapi';
import type { Socket } from '../socket.ts';
import { intOpt, optInt } from '../sockopt.ts';
import { fanoutAdd, fanoutInfo, fanoutRolloverStats, fanoutSetData } from './packet-fanout.ts';
import { packetMcAdd, packetMcDrop } from './packet-mclist.ts';
import { packetRcv } from './packet-rcv.ts';
import { packetRingFrom, tpacketRcv, tpHdrLen } from './packet-ring.ts';
import type { PacketSock } from './packet-sock.ts';

/** Options that are an int. */
const INTS: ReadonlySet<number> = new Set([
  PACKET_COPY_THRESH, PACKET_VERSION, PACKET_RESERVE, PACKET_LOSS, PACKET_AUXDATA, PACKET_ORIGDEV, PACKET_VNET_HDR, PACKET_VNET_HDR_SZ, PACKET_TIMESTAMP, PACKET_IGNORE_OUTGOING,
  PACKET_TX_HAS_OFF, PACKET_QDISC_BYPASS,
]);

function setRing(po: PacketSock, val: Uint8Array): number {
  const ring = packetRingFrom(po, val, po.rxRing);
  if (typeof ring === 'number') return ring;
  po.rxRing?.destroy();
  po.rxRing = ring;
  po.rcv = ring === null ? packetRcv : tpacketRcv;
  return 0;
}

/** setsockopt(2) at SOL_PACKET (packet_setsockopt): 0 or a negative errno. */
export function packetSetsockopt(sock: Socket, level: number, opt: number, val: Uint8Array): number {
  const po = sock.sk as PacketSock;
  if (level !== SOL_PACKET) return -ENOPROTOOPT;
  switch (opt) {
    case PACKET_ADD_MEMBERSHIP:
      return packetMcAdd(po, val);
    case PACKET_DROP_MEMBERSHIP:
      return packetMcDrop(po, val);
    case PACKET_RX_RING:
      return setRing(po, val);
    case PACKET_TX_RING:
      return -EOPNOTSUPP;
    case PACKET_FANOUT_DATA:
      return fanoutSetData(po, val);
    case PACKET_FANOUT: {
      if (val.length !== 4 && val.length !== 8) return -EINVAL;
      const n = optInt(val);
      return fanoutAdd(po, n & 0xffff, n >>> 16, val.length === 8 ? optInt(val.subarray(4)) >>> 0 : 0);
    }
    default:
      if (!INTS.has(opt)) return -ENOPROTOOPT;
  }
  const n = optInt(val);
  if (Number.isNaN(n)) return -EINVAL;
  const on = n !== 0;
  switch (opt) {
    case PACKET_COPY_THRESH:
      po.copyThresh = n;
      return 0;
    case PACKET_VERSION:
      if (n < 0 || n > TPACKET_V3) return -EINVAL;
      if (po.rxRing !== null) return -EBUSY;
      po.tpVersion = n;
      return 0;
    case PACKET_RESERVE:
      if (n < 0) return -EINVAL;
      if (po.rxRing !== null) return -EBUSY;
      po.tpReserve = n;
      return 0;
    case PACKET_LOSS:
      if (po.rxRing !== null) return -EBUSY;
      po.loss = on;
      return 0;
    case PACKET_AUXDATA:
      po.auxdata = on;
      return 0;
    case PACKET_ORIGDEV:
      po.origdev = on;
      return 0;
    case PACKET_VNET_HDR:
    case PACKET_VNET_HDR_SZ: {
      if (sock.type !== SOCK_RAW) return -EINVAL;
      const size = opt === PACKET_VNET_HDR ? (on ? VIRTIO_NET_HDR_LEN : 0) : n;
      if (size !== 0 && size !== VIRTIO_NET_HDR_LEN && size !== VIRTIO_NET_HDR_MRG_RXBUF_LEN) return -EINVAL;
      if (po.rxRing !== null) return -EBUSY;
      po.vnetHdrSz = size;
      return 0;
    }
    case PACKET_TIMESTAMP:
      po.tpTstamp = n;
      return 0;
    case PACKET_IGNORE_OUTGOING:
      if (n < 0 || n > 1) return -EINVAL;
      po.ignoreOutgoing = on;
      if (po.hook !== null) po.hook.ignoreOutgoing = on;
      return 0;
    case PACKET_TX_HAS_OFF:
      if (po.rxRing === null) po.txHasOff = on;
      return 0;
    case PACKET_QDISC_BYPASS:
      po.qdiscBypass = on;
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

/** PACKET_STATISTICS: what came in (with what was dropped) and what was dropped, since it was last asked. */
function takeStatistics(po: PacketSock, maxLen: number): Uint8Array {
  const v3 = po.tpVersion === TPACKET_V3;
  const out = new Uint8Array(v3 ? 12 : 8);
  const view = new DataView(out.buffer);
  view.setUint32(0, po.tpPackets + po.tpDrops, true);
  view.setUint32(4, po.tpDrops, true);
  if (v3) {
    view.setUint32(8, po.rxRing?.freezes ?? 0, true);
    if (po.rxRing !== null) po.rxRing.freezes = 0;
  }
  po.tpPackets = 0;
  po.tpDrops = 0;
  return out.subarray(0, maxLen);
}

/** getsockopt(2) at SOL_PACKET (packet_getsockopt): the value's bytes or a negative errno. PACKET_HDRLEN reads the version that it is asked for from `input`, the buffer before the call. */
export function packetGetsockopt(sock: Socket, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number {
  const po = sock.sk as PacketSock;
  if (level !== SOL_PACKET) return -ENOPROTOOPT;
  const bool = (on: boolean): Uint8Array => intOpt(on ? 1 : 0, maxLen);
  switch (opt) {
    case PACKET_STATISTICS:
      return takeStatistics(po, maxLen);
    case PACKET_AUXDATA:
      return bool(po.auxdata);
    case PACKET_ORIGDEV:
      return bool(po.origdev);
    case PACKET_VNET_HDR:
      return bool(po.vnetHdrSz !== 0);
    case PACKET_VNET_HDR_SZ:
      return intOpt(po.vnetHdrSz, maxLen);
    case PACKET_VERSION:
      return intOpt(po.tpVersion, maxLen);
    case PACKET_HDRLEN: {
      if (maxLen < 4) return -EINVAL;
      const n = tpHdrLen(input === undefined || input.length < 4 ? po.tpVersion : optInt(input));
      return n < 0 ? n : intOpt(n);
    }
    case PACKET_RESERVE:
      return intOpt(po.tpReserve, maxLen);
    case PACKET_LOSS:
      return bool(po.loss);
    case PACKET_TIMESTAMP:
      return intOpt(po.tpTstamp, maxLen);
    case PACKET_FANOUT:
      return intOpt(fanoutInfo(po), maxLen);
    case PACKET_IGNORE_OUTGOING:
      return bool(po.ignoreOutgoing);
    case PACKET_ROLLOVER_STATS: {
      const stats = fanoutRolloverStats(po);
      return typeof stats === 'number' ? stats : stats.subarray(0, maxLen);
    }
    case PACKET_TX_HAS_OFF:
      return bool(po.txHasOff);
    case PACKET_QDISC_BYPASS:
      return bool(po.qdiscBypass);
    case PACKET_COPY_THRESH:
      return intOpt(po.copyThresh, maxLen);
    default:
      return -ENOPROTOOPT;
  }
}
