/** What `ip route get` wants to know of a group that a daemon routes. */
// datapath-ok-file: messages
import { ENOENT } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { iphDaddr, iphSaddr } from '@linnet/uapi';
import { mrTableOf } from './ipmr-forward.ts';
import { mrAsk } from './ipmr-pending.ts';
import { IPMR, mrFindAny, mrFindEntry, mrFindVif } from './ipmr-types.ts';
import type { MrEntry, MrTable } from './ipmr-types.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** Where a group goes. @alpha */
export interface MrAnswer {
  readonly t: MrTable;
  readonly e: MrEntry;
}

/** The entry for a packet that would come in by `dev`; 0 when there is none and the daemon was asked; or a negative errno. The skb stays the caller's. @alpha */
export function mrRouteGet(n4: Ipv4Net, skb: Skb, dev: NetDevice): MrAnswer | number {
  const mr = n4.net.get(IPMR);
  const t = mrTableOf(mr, skb, dev, false);
  if (t === null) return -ENOENT;
  const group = iphDaddr(skb.view, skb.networkHeader);
  const vif = mrFindVif(t, dev);
  const e = mrFindEntry(t, iphSaddr(skb.view, skb.networkHeader), group) ?? (vif < 0 ? null : mrFindAny(t, group, vif));
  if (e !== null) return { t, e };
  if (vif < 0) return -ENOENT;
  // A packet of no version is none: the daemon may know by that.
  const { view, networkHeader: nh } = skb;
  view.setInt32(nh, 0x05000000);
  view.setInt32(nh + 4, 0);
  view.setInt32(nh + 8, 0);
  const p = mrAsk(t, skb, vif);
  return typeof p === 'number' ? p : 0;
}
