/** IPv6 multicast routing (linux/mroute6.h; RFC 4291 2.7, RFC 7761): its beginning and end. */
// datapath-ok-file: starting and ending
import { NOTIFY_DONE } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { NETDEV_UNREGISTER } from '@linnet/netdev';
import type { NetdeviceNotifier } from '@linnet/netdev';
import type { Ipv6Net } from './ipv6-net.ts';
import { mr6PendingDue } from './ip6mr-pending.ts';
import { mr6CacheShow, mr6VifShow } from './ip6mr-proc.ts';
import { mr6RulesInit } from './ip6mr-rules.ts';
import { mr6Ioctl, mr6SocketDone } from './ip6mr-socket.ts';
import { mr6DeviceGone, mr6NetExit } from './ip6mr-table.ts';
import { IP6MR, Mr6Net } from './ip6mr-types.ts';

/** Hears of devices that go. @alpha */
export const mr6Notifier: NetdeviceNotifier = (event, dev) => {
  const mr = event === NETDEV_UNREGISTER ? dev.net.tryGet(IP6MR) : null;
  if (mr !== null) mr6DeviceGone(mr, dev);
  return NOTIFY_DONE;
};

/** For each namespace: its tables, rules and files. @alpha */
export function ip6MrNetInit(n6: Ipv6Net): void {
  const { net } = n6;
  const mr = new Mr6Net(n6, mr6PendingDue, mr6SocketDone, mr6Ioctl);
  net.set(IP6MR, mr);
  mr6RulesInit(mr);
  net.proc.create('net/ip6_mr_vif', () => mr6VifShow(mr.main));
  net.proc.create('net/ip6_mr_cache', () => mr6CacheShow(mr.main));
}

/** Undoes it. @alpha */
export function ip6MrNetExit(net: Net): void {
  mr6NetExit(net.get(IP6MR));
}
