/** Multicast routes in messages of rtnetlink, and the announcements of changes. */
// datapath-ok-file: messages
import { jiffiesToClockT } from '@linnet/kernel';
import { rtnlNotify, rtnlNotifyNeeded } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  iphDaddr, iphSaddr, IPMRA_CREPORT_DST_ADDR, IPMRA_CREPORT_MSGTYPE, IPMRA_CREPORT_PKT, IPMRA_CREPORT_SRC_ADDR, IPMRA_CREPORT_TABLE, IPMRA_CREPORT_VIF_ID, NlWriter, RTA_DST, RTA_EXPIRES,
  RTA_IIF, RTA_MFC_STATS, RTA_MULTIPATH, RTA_SRC, RTA_TABLE, RTM_NEWCACHEREPORT, RTMSG_LEN, rtmsgWrite, RTN_MULTICAST, RTNH_F_UNRESOLVED, RTNL_FAMILY_IPMR, RTNLGRP_IPV4_MROUTE,
  RTNLGRP_IPV4_MROUTE_R, RTPROT_MROUTED, RTPROT_STATIC, RT_TABLE_COMPAT,
} from '@linnet/uapi';
import { MR_NEVER, MrEntry } from './ipmr-types.ts';
import type { MrPending, MrTable } from './ipmr-types.ts';
import { RTNEXTHOP_LEN } from './rtm-policy.ts';

/** Bytes of struct rtgenmsg, padded. */
const RTGENMSG_LEN = 4;

/** Writes where a stream comes from and goes to, and how much came: the part that `ip route get` has too. @alpha */
export function mrPutEntry(w: NlWriter, t: MrTable, e: MrEntry): void {
  const from = t.vifs[e.parent] ?? null;
  if (from !== null) w.putU32(RTA_IIF, from.dev.ifindex);
  w.nestStartNoflag(RTA_MULTIPATH);
  for (let i = 0; i < t.vifEnd; i++) {
    const vif = t.vifs[i]!;
    if (vif === null || e.ttls[i]! === MR_NEVER) continue;
    const at = w.reserve(RTNEXTHOP_LEN);
    w.view.setUint16(at, RTNEXTHOP_LEN, true);
    w.view.setUint8(at + 2, 0);
    w.view.setUint8(at + 3, e.ttls[i]!);
    w.view.setInt32(at + 4, vif.dev.ifindex, true);
  }
  w.nestEnd();
  const at = w.reserveAttr(RTA_MFC_STATS, 24);
  for (const [i, n] of [e.packets, e.bytes, e.wrong].entries()) {
    w.view.setUint32(at + 8 * i, n, true);
    w.view.setUint32(at + 8 * i + 4, Math.floor(n / 2 ** 32), true);
  }
  w.putU64(RTA_EXPIRES, jiffiesToClockT((t.n4.kernel.jiffies - e.lastUse) >>> 0));
}

/** Writes the body of a message about an entry or one that is waited for. Returns what `w.end()` says. @alpha */
export function mrFill(w: NlWriter, t: MrTable, e: MrEntry | MrPending): number {
  const known = e instanceof MrEntry;
  const isStatic = known && e.isStatic;
  rtmsgWrite(w.view, w.reserve(RTMSG_LEN), {
    family: RTNL_FAMILY_IPMR, dstLen: 32, srcLen: 32, tos: 0, table: t.id < 256 ? t.id : RT_TABLE_COMPAT, protocol: isStatic ? RTPROT_STATIC : RTPROT_MROUTED, scope: 0,
    type: RTN_MULTICAST, flags: known ? 0 : RTNH_F_UNRESOLVED,
  });
  w.putU32(RTA_TABLE, t.id);
  w.putInAddr(RTA_SRC, e.origin);
  w.putInAddr(RTA_DST, e.group);
  if (known) mrPutEntry(w, t, e);
  return w.end();
}

/** An entry came, changed or went, or is waited for. @alpha */
export function mrNotify(t: MrTable, type: number, e: MrEntry | MrPending): void {
  const { net } = t.n4;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV4_MROUTE)) return;
  const w = new NlWriter({ capacity: 512 });
  w.begin(type, 0, 0, 0);
  if (mrFill(w, t, e) > 0) rtnlNotify(net, w, RTNLGRP_IPV4_MROUTE);
}

/** An upcall, for those that listen to netlink: `skb` is the upcall, `at` and `len` what follows its header. @alpha */
export function mrReportNotify(t: MrTable, skb: Skb, type: number, vif: number, at: number, len: number): void {
  const { net } = t.n4;
  if (!rtnlNotifyNeeded(net, RTNLGRP_IPV4_MROUTE_R)) return;
  const w = new NlWriter({ capacity: 128 + len });
  w.begin(RTM_NEWCACHEREPORT, 0, 0, 0);
  w.view.setUint8(w.reserve(RTGENMSG_LEN), RTNL_FAMILY_IPMR);
  w.putU8(IPMRA_CREPORT_MSGTYPE, type);
  w.putU32(IPMRA_CREPORT_VIF_ID, vif);
  w.putInAddr(IPMRA_CREPORT_SRC_ADDR, iphSaddr(skb.view, skb.networkHeader));
  w.putInAddr(IPMRA_CREPORT_DST_ADDR, iphDaddr(skb.view, skb.networkHeader));
  w.putU32(IPMRA_CREPORT_TABLE, t.id);
  w.putBytes(IPMRA_CREPORT_PKT, skb.u8.subarray(at, at + len));
  if (w.end() > 0) rtnlNotify(net, w, RTNLGRP_IPV4_MROUTE_R);
}
