/** Multicast routing (linux/mroute.h; RFC 1112, RFC 7761): its beginning and end. */
// datapath-ok-file: starting and ending
import { NOTIFY_DONE } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { NETDEV_UNREGISTER } from '@linnet/netdev';
import type { NetdeviceNotifier } from '@linnet/netdev';
import type { Ipv4Net } from './ipv4-net.ts';
import { mrInput } from './ipmr-forward.ts';
import { mrPendingDue } from './ipmr-pending.ts';
import { mrCacheShow, mrVifShow } from './ipmr-proc.ts';
import { mrRulesInit } from './ipmr-rules.ts';
import { mrIoctl, mrSocketDone } from './ipmr-socket.ts';
import { mrDeviceGone, mrNetExit } from './ipmr-table.ts';
import { IPMR, MrNet } from './ipmr-types.ts';

/** Hears of devices that go. @alpha */
export const mrNotifier: NetdeviceNotifier = (event, dev) => {
  const mr = event === NETDEV_UNREGISTER ? dev.net.tryGet(IPMR) : null;
  if (mr !== null) mrDeviceGone(mr, dev);
  return NOTIFY_DONE;
};

/** For each namespace: its tables, rules and files. @alpha */
export function ipMrNetInit(n4: Ipv4Net): void {
  const { net } = n4;
  const mr = new MrNet(n4, mrPendingDue, mrSocketDone, mrIoctl);
  net.set(IPMR, mr);
  mrRulesInit(mr);
  n4.ipMrInput = mrInput;
  net.proc.create('net/ip_mr_vif', () => mrVifShow(mr.main));
  net.proc.create('net/ip_mr_cache', () => mrCacheShow(mr.main));
}

/** Undoes it. @alpha */
export function ipMrNetExit(net: Net): void {
  mrNetExit(net.get(IPMR));
}
