/** packet_diag: packet sockets, for `ss -0` (sock_diag(7)). */
import { EINVAL, EOPNOTSUPP, type Kernel, type KernelModule, type Net } from '@linnet/kernel';
import { bpfEncode } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { packet, PACKET_NET, type PacketRing, type PacketSock, sockCookieHigh, sockCookieLow, sockGenCookie, sockIno } from '@linnet/socket';
import {
  AF_PACKET, CAP_NET_ADMIN, NLM_F_DUMP, type NlWriter, PACKET_DIAG_FANOUT, PACKET_DIAG_FILTER, PACKET_DIAG_INFO, PACKET_DIAG_MCLIST, PACKET_DIAG_MEMINFO, PACKET_DIAG_RX_RING,
  PACKET_DIAG_UID, PACKET_SHOW_FANOUT, PACKET_SHOW_FILTER, PACKET_SHOW_INFO, PACKET_SHOW_MCLIST, PACKET_SHOW_MEMINFO, PACKET_SHOW_RING_CFG, PDI_AUXDATA, PDI_LOSS, PDI_ORIGDEV,
  PDI_RUNNING, PDI_VNETHDR, SOCK_DIAG_BY_FAMILY,
} from '@linnet/uapi';
import { netlink } from './module.ts';
import { netlinkNetCapable } from './netlink-capable.ts';
import { netlinkDumpStart } from './netlink-dump.ts';
import { nlDumpBegin, type NlRequest, nlreqLen } from './request.ts';
import { sockDiagPutMeminfo, sockDiagRegister } from './sock-diag.ts';

/** `struct packet_diag_req` and `packet_diag_msg`. */
const REQ_LEN = 20;
const MSG_LEN = 16;
/** `struct packet_diag_mclist`: index, count, type, length of the address, the address. */
const MC_LEN = 44;

/** `struct packet_diag_info`. */
function putInfo(w: NlWriter, po: PacketSock): void {
  const off = w.reserveAttr(PACKET_DIAG_INFO, 24);
  const { view } = w;
  view.setInt32(off, po.ifindex, true);
  view.setUint32(off + 4, po.tpVersion, true);
  view.setUint32(off + 8, po.tpReserve, true);
  view.setUint32(off + 12, po.copyThresh, true);
  view.setUint32(off + 16, po.tpTstamp, true);
  const flags = (po.running ? PDI_RUNNING : 0) | (po.auxdata ? PDI_AUXDATA : 0) | (po.origdev ? PDI_ORIGDEV : 0) | (po.vnetHdrSz !== 0 ? PDI_VNETHDR : 0) | (po.loss ? PDI_LOSS : 0);
  view.setUint32(off + 20, flags, true);
}

function putMclist(w: NlWriter, po: PacketSock): void {
  const off = w.reserveAttr(PACKET_DIAG_MCLIST, po.mclist.length * MC_LEN);
  po.mclist.forEach((m, i) => {
    const at = off + i * MC_LEN;
    w.u8.fill(0, at, at + MC_LEN);
    w.view.setInt32(at, m.ifindex, true);
    w.view.setUint32(at + 4, m.count, true);
    w.view.setUint16(at + 8, m.type, true);
    w.view.setUint16(at + 10, m.addr.length, true);
    w.u8.set(m.addr.subarray(0, 32), at + 12);
  });
}

/** `struct packet_diag_ring`. */
function putRing(w: NlWriter, ring: PacketRing): void {
  const off = w.reserveAttr(PACKET_DIAG_RX_RING, 28);
  [ring.blockSize, ring.blockNr, ring.frameSize, ring.frameNr, ring.retire, ring.privLen, ring.features].forEach((v, i) => w.view.setUint32(off + i * 4, v, true));
}

/** Behind the header of a message: the socket, with what the request wants shown (sk_diag_fill of packet). `filters`: may the asker see programs? */
function fill(w: NlWriter, po: PacketSock, show: number, filters: boolean): void {
  const off = w.reserve(MSG_LEN);
  const { view } = w;
  const cookie = sockGenCookie(po);
  view.setUint8(off, AF_PACKET);
  view.setUint8(off + 1, po.type);
  view.setUint16(off + 2, po.num, true);
  view.setUint32(off + 4, sockIno(po), true);
  view.setInt32(off + 8, sockCookieLow(cookie), true);
  view.setInt32(off + 12, sockCookieHigh(cookie), true);
  if ((show & PACKET_SHOW_INFO) !== 0) {
    putInfo(w, po);
    w.putU32(PACKET_DIAG_UID, po.uid);
  }
  if ((show & PACKET_SHOW_MCLIST) !== 0) putMclist(w, po);
  if ((show & PACKET_SHOW_RING_CFG) !== 0 && po.rxRing !== null) putRing(w, po.rxRing);
  if ((show & PACKET_SHOW_FANOUT) !== 0 && po.fanout !== null) w.putU32(PACKET_DIAG_FANOUT, po.fanout.id | (po.fanout.type << 16));
  if ((show & PACKET_SHOW_MEMINFO) !== 0) sockDiagPutMeminfo(w, po, PACKET_DIAG_MEMINFO);
  if ((show & PACKET_SHOW_FILTER) !== 0 && filters && po.filter !== null) {
    const prog = bpfEncode(po.filter);
    w.u8.set(prog, w.reserveAttr(PACKET_DIAG_FILTER, prog.length));
  }
}

function dump(_net: Net, req: NlRequest, skb: Skb): number {
  if (nlreqLen(req) < REQ_LEN) return -EINVAL;
  // Only one protocol is known: all.
  if (req.view.getUint8(req.data + 1) !== 0) return -EINVAL;
  if ((req.flags & NLM_F_DUMP) === 0) return -EOPNOTSUPP;
  const show = req.view.getUint32(req.data + 8, true);
  const filters = netlinkNetCapable(req, CAP_NET_ADMIN);
  return netlinkDumpStart(req, skb, {
    dump(r, w, cb): number {
      cb.data ??= Array.from(r.net.get(PACKET_NET).socks);
      const list = cb.data as PacketSock[];
      for (; cb.i < list.length; cb.i++) {
        const po = list[cb.i]!;
        if (po.socket === null) continue; // it has closed since the dump began
        nlDumpBegin(w, cb, SOCK_DIAG_BY_FAMILY);
        fill(w, po, show, filters);
        const ret = w.end();
        if (ret < 0) return ret;
      }
      return 0;
    },
  });
}

/** The module: answers to `ss -0`. @public */
export const packetDiag: KernelModule = {
  name: 'packet_diag',
  requires: [packet, netlink],
  init(k: Kernel): void {
    sockDiagRegister(k, { family: AF_PACKET, dump });
  },
};
