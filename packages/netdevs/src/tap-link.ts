/** The kind `tun` in link messages: what a TUN or TAP is; making one is not a matter of rtnetlink. */
import { EOPNOTSUPP } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { type Extack, nlSetErrMsg, type RtnlLinkOps, type RtnlLinkParams } from '@linnet/netlink';
import { IFF_TAP, IFF_TUN, IFLA_TUN_GROUP, IFLA_TUN_MAX, IFLA_TUN_MULTI_QUEUE, IFLA_TUN_OWNER, IFLA_TUN_PERSIST, IFLA_TUN_PI, IFLA_TUN_TYPE, IFLA_TUN_VNET_HDR, type NlWriter } from '@linnet/uapi';
import type { TapUse } from './tap.ts';

/** What link messages say of a device. */
export interface TunInfo {
  readonly tun: boolean;
  readonly vnetHdr: boolean;
  readonly use: TapUse;
}

function refuse(extack: Extack): number {
  nlSetErrMsg(extack, 'tun/tap creation via rtnetlink is not supported.');
  return -EOPNOTSUPP;
}

/** The kind, given how to look into a device (tun_link_ops). Deleting one is possible. */
export function tunLinkOps(infoOf: (dev: NetDevice) => TunInfo): RtnlLinkOps {
  return Object.freeze({
    kind: 'tun',
    policy: { maxtype: IFLA_TUN_MAX, rules: {} },
    setup: () => undefined,
    validate: (_tb: Int32Array, _data: Int32Array, p: RtnlLinkParams) => refuse(p.req.extack),
    fillInfo(w: NlWriter, dev: NetDevice): number {
      const { tun, vnetHdr, use } = infoOf(dev);
      w.putU8(IFLA_TUN_TYPE, tun ? IFF_TUN : IFF_TAP);
      if (use.owner !== -1) w.putU32(IFLA_TUN_OWNER, use.owner);
      if (use.group !== -1) w.putU32(IFLA_TUN_GROUP, use.group);
      w.putU8(IFLA_TUN_PI, use.pi ? 1 : 0);
      w.putU8(IFLA_TUN_VNET_HDR, vnetHdr ? 1 : 0);
      w.putU8(IFLA_TUN_PERSIST, use.persist ? 1 : 0);
      w.putU8(IFLA_TUN_MULTI_QUEUE, 0);
      return 0;
    },
  });
}
