/** ethtool(8) of devices that are all software: who they are, and the link of what is below them. */
// datapath-ok-file: administration, no packet comes here
import {
  ethtoolLinkSettings, ethtoolOpGetLink, ethtoolOpGetTsInfo, ethtoolTsInfo, type EthtoolLinkSettings, type EthtoolOps, type NetDevice,
} from '@linnet/netdev';
import { DUPLEX_UNKNOWN, ETH_SS_STATS, PORT_OTHER, SPEED_UNKNOWN } from '@linnet/uapi';
import { EOPNOTSUPP } from '@linnet/kernel';

const lower = (dev: NetDevice): NetDevice | null => dev.lowerDevs[0] ?? null;

function settings(dev: NetDevice | null): EthtoolLinkSettings | number {
  return dev?.ethtoolOps?.getLinkKsettings?.(dev) ?? -EOPNOTSUPP;
}

/** A device that is another one with something added: its link is that one's (vlan_ethtool_ops, macvlan_ethtool_ops). */
function overlayOps(driver: string, version: string, fwVersion: string): EthtoolOps {
  return Object.freeze({
    getDrvinfo: () => ({ driver, version, fwVersion }),
    getLink: ethtoolOpGetLink,
    getLinkKsettings: (dev: NetDevice) => settings(lower(dev)),
    getTsInfo: (dev: NetDevice) => {
      const real = lower(dev);
      return real === null ? ethtoolOpGetTsInfo() : ethtoolTsInfo(real);
    },
  });
}

/** VLANs. */
export const VLAN_ETHTOOL_OPS: EthtoolOps = overlayOps('802.1Q VLAN Support', '1.8', 'N/A');
/** macvlan. */
export const MACVLAN_ETHTOOL_OPS: EthtoolOps = overlayOps('macvlan', '0.1', '');
/** dummy: its driver's name is its kind. */
export const DUMMY_ETHTOOL_OPS: EthtoolOps = Object.freeze({ getTsInfo: ethtoolOpGetTsInfo });
/** VRF. */
export const VRF_ETHTOOL_OPS: EthtoolOps = Object.freeze({ getDrvinfo: () => ({ driver: 'vrf', version: '1.0' }) });

/** A bridge is as fast as its fastest port (br_ethtool_ops). */
export const BRIDGE_ETHTOOL_OPS: EthtoolOps = Object.freeze({
  getDrvinfo: () => ({ driver: 'bridge', version: '2.3', fwVersion: 'N/A', busInfo: 'N/A' }),
  getLink: ethtoolOpGetLink,
  getLinkKsettings(dev: NetDevice): EthtoolLinkSettings {
    let speed: number = SPEED_UNKNOWN;
    for (const port of dev.lowerDevs) {
      const s = settings(port);
      if (typeof s !== 'number' && s.speed > speed) speed = s.speed;
    }
    return ethtoolLinkSettings(speed, DUPLEX_UNKNOWN, PORT_OTHER);
  },
});

const IFB_STRINGS: readonly string[] = Object.freeze(['rx_queue_0_packets', 'rx_queue_0_bytes', 'tx_queue_0_packets', 'tx_queue_0_bytes']);

/** ifb counts by queue. */
export const IFB_ETHTOOL_OPS: EthtoolOps = Object.freeze({
  getStrings: (_dev: NetDevice, sset: number) => (sset === ETH_SS_STATS ? IFB_STRINGS : null),
  getEthtoolStats: (dev: NetDevice) => [dev.stats.rxPackets, dev.stats.rxBytes, dev.stats.txPackets, dev.stats.txBytes],
});
