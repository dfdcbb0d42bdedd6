/** IPv6 multicast routes in messages of rtnetlink, and the announcements of changes. */
// datapath-ok-file: messages
import { jiffiesToClockT } from '@linnet/kernel';
import { rtnlNotify, rtnlNotifyNeeded } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  IP6MRA_CREPORT_DST_ADDR, IP6MRA_CREPORT_MIF_ID, IP6MRA_CREPORT_MSGTYPE, IP6MRA_CREPORT_PKT, IP6MRA_CREPORT_SRC_ADDR, NlWriter, RTA_DST, RTA_EXPIRES, RTA_IIF, RTA_MFC_STATS, RTA_MULTIPATH,
  RTA_SRC, RTA_TABLE, RTM_NEWCACHEREPORT, RTMSG_LEN, rtmsgWrite, RTN_MULTICAST, RTNEXTHOP_LEN, RTNH_F_UNRESOLVED, RTNL_FAMILY_IP6MR, RTNLGRP_IPV6_MROUTE, RTNLGRP_IPV6_MROUTE_R, RTPROT_MROUTED,
  RTPROT_STATIC, RT_TABLE_COMPAT,
} from '@linnet/uapi';
import { a6LoadDaddr, a6LoadSaddr } from './addr6.ts';
import { Mr6Entry, mr6GoesOut } from './ip6mr-types.ts';
import type { Mr6Pending, Mr6Table } from './ip6mr-types.ts';

/** Bytes of struct rtgenmsg, padded. */
const RTGENMSG_LEN = 4;

/** Writes where a stream comes from and goes to, and how much came: the part that RTM_GETROUTE of AF_INET6 has too. @alpha */
export function mr6PutEntry(w: NlWriter, t: Mr6Table, e: Mr6Entry): void {
  const from = t.mifs[e.parent] ?? null;
  if (from !== null) w.putU32(RTA_IIF, from.dev.ifindex);
  w.nestStartNoflag(RTA_MULTIPATH);
  for (let i = 0; i < t.mifEnd; i++) {
    const mif = t.mifs[i]!;
    if (mif === null || !mr6GoesOut(e, i)) continue;
    const at = w.reserve(RTNEXTHOP_LEN);
    w.view.setUint16(at, RTNEXTHOP_LEN, true);
    w.view.setUint8(at + 2, 0);
    w.view.setUint8(at + 3, 1);
    w.view.setInt32(at + 4, mif.dev.ifindex, true);
  }
  w.nestEnd();
  const at = w.reserveAttr(RTA_MFC_STATS, 24);
  for (const [i, n] of [e.packets, e.bytes, e.wrong].entries()) {
    w.view.setUint32(at + 8 * i, n, true);
    w.view.setUint32(at + 8 * i + 4, Math.floor(n / 2 ** 32), true);
  }
  w.putU64(RTA_EXPIRES, jiffiesToClockT((t.n6.kernel.jiffies - e.lastUse) >>> 0));
}

/** Writes the body of a message about an entry or one that is waited for. Returns what `w.end()` says. @alpha */
export function mr6Fill(w: NlWriter, t: Mr6Table, e: Mr6Entry | Mr6Pending): number {
  const known = e instanceof Mr6Entry;
  rtmsgWrite(w.view, w.reserve(RTMSG_LEN), {
    family: RTNL_FAMILY_IP6MR, dstLen: 128, srcLen: 128, tos: 0, table: t.id < 256 ? t.id : RT_TABLE_COMPAT, protocol: known && e.isStatic ? RTPROT_STATIC : RTPROT_MROUTED, scope: 0,
    type: RTN_MULTICAST, flags: known ? 0 : RTNH_F_UNRESOLVED,
  });
  w.putU32(RTA_TABLE, t.id);
  w.putIn6Addr(RTA_SRC, e.origin);
  w.putIn6Addr(RTA_DST, e.group);
  if (known) mr6PutEntry(w, t, e);
  return w.end();
}

/** An entry came, changed or went, or is waited for. @alpha */
export function mr6Notify(t: Mr6Table, type: number, e: Mr6Entry | Mr6Pending): void {
  const { net } = t.n6;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV6_MROUTE)) return;
  const w = new NlWriter({ capacity: 640 });
  w.begin(type, 0, 0, 0);
  if (mr6Fill(w, t, e) > 0) rtnlNotify(net, w, RTNLGRP_IPV6_MROUTE);
}

/** An upcall about `pkt`, for those that listen to netlink: `skb` is the upcall, `at` and `len` what follows struct mrt6msg in it. @alpha */
export function mr6ReportNotify(t: Mr6Table, pkt: Skb, skb: Skb, type: number, mif: number, at: number, len: number): void {
  const { net } = t.n6;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV6_MROUTE_R)) return;
  const w = new NlWriter({ capacity: 128 + len });
  w.begin(RTM_NEWCACHEREPORT, 0, 0, 0);
  w.view.setUint8(w.reserve(RTGENMSG_LEN), RTNL_FAMILY_IP6MR);
  const a = new Int32Array(4);
  w.putU8(IP6MRA_CREPORT_MSGTYPE, type);
  w.putU32(IP6MRA_CREPORT_MIF_ID, mif);
  a6LoadSaddr(a, pkt.view, pkt.networkHeader);
  w.putIn6Addr(IP6MRA_CREPORT_SRC_ADDR, a);
  a6LoadDaddr(a, pkt.view, pkt.networkHeader);
  w.putIn6Addr(IP6MRA_CREPORT_DST_ADDR, a);
  w.putBytes(IP6MRA_CREPORT_PKT, skb.u8.subarray(at, at + len));
  if (w.end() > 0) rtnlNotify(net, w, RTNLGRP_IPV6_MROUTE_R);
}
