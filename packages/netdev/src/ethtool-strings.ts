/** The sets of strings that ethtool(8) asks for: those that are the same for all devices, as Linux 6.18 has them. */
import {
  ETH_SS_FEATURES, ETH_SS_LINK_MODES, ETH_SS_MSG_CLASSES, ETH_SS_NTUPLE_FILTERS, ETH_SS_PHY_STATS, ETH_SS_PHY_TUNABLES, ETH_SS_PRIV_FLAGS, ETH_SS_RSS_HASH_FUNCS, ETH_SS_SOF_TIMESTAMPING,
  ETH_SS_STATS, ETH_SS_STATS_ETH_CTRL, ETH_SS_STATS_ETH_MAC, ETH_SS_STATS_ETH_PHY, ETH_SS_STATS_RMON, ETH_SS_STATS_STD, ETH_SS_TEST, ETH_SS_TS_RX_FILTERS,
  ETH_SS_TS_TX_TYPES, ETH_SS_TUNABLES, ETH_SS_UDP_TUNNEL_TYPES, ETH_SS_WOL_MODES,
} from '@linnet/uapi';
import { ETHTOOL_FEATURE_NAMES } from './ethtool-features.ts';
import type { NetDevice } from './netdevice.ts';

/** Counters of the PHY device, and flags of time stamping: sets newer than the others. */
const ETH_SS_STATS_PHY = 21;
const ETH_SS_TS_FLAGS = 22;

/** Sets by ETH_SS_*. */
const GLOBAL: ReadonlyMap<number, readonly string[]> = new Map<number, readonly string[]>([
  [ETH_SS_FEATURES, ETHTOOL_FEATURE_NAMES],
  [ETH_SS_RSS_HASH_FUNCS, ['toeplitz', 'xor', 'crc32']],
  [ETH_SS_TUNABLES, ['Unspec', 'rx-copybreak', 'tx-copybreak', 'pfc-prevention-tout', 'tx-copybreak-buf-size']],
  [ETH_SS_PHY_TUNABLES, ['Unspec', 'phy-downshift', 'phy-fast-link-down', 'phy-energy-detect-power-down']],
  [ETH_SS_LINK_MODES, ['10baseT/Half', '10baseT/Full', '100baseT/Half', '100baseT/Full', '1000baseT/Half', '1000baseT/Full', 'Autoneg', 'TP', 'AUI',
    'MII', 'FIBRE', 'BNC', '10000baseT/Full', 'Pause', 'Asym_Pause', '2500baseX/Full', 'Backplane', '1000baseKX/Full', '10000baseKX4/Full',
    '10000baseKR/Full', '10000baseR_FEC', '20000baseMLD2/Full', '20000baseKR2/Full', '40000baseKR4/Full', '40000baseCR4/Full', '40000baseSR4/Full',
    '40000baseLR4/Full', '56000baseKR4/Full', '56000baseCR4/Full', '56000baseSR4/Full', '56000baseLR4/Full', '25000baseCR/Full', '25000baseKR/Full',
    '25000baseSR/Full', '50000baseCR2/Full', '50000baseKR2/Full', '100000baseKR4/Full', '100000baseSR4/Full', '100000baseCR4/Full',
    '100000baseLR4_ER4/Full', '50000baseSR2/Full', '1000baseX/Full', '10000baseCR/Full', '10000baseSR/Full', '10000baseLR/Full', '10000baseLRM/Full',
    '10000baseER/Full', '2500baseT/Full', '5000baseT/Full', 'None', 'RS', 'BASER', '50000baseKR/Full', '50000baseSR/Full', '50000baseCR/Full',
    '50000baseLR_ER_FR/Full', '50000baseDR/Full', '100000baseKR2/Full', '100000baseSR2/Full', '100000baseCR2/Full', '100000baseLR2_ER2_FR2/Full',
    '100000baseDR2/Full', '200000baseKR4/Full', '200000baseSR4/Full', '200000baseLR4_ER4_FR4/Full', '200000baseDR4/Full', '200000baseCR4/Full',
    '100baseT1/Full', '1000baseT1/Full', '400000baseKR8/Full', '400000baseSR8/Full', '400000baseLR8_ER8_FR8/Full', '400000baseDR8/Full',
    '400000baseCR8/Full', 'LLRS', '100000baseKR/Full', '100000baseSR/Full', '100000baseLR_ER_FR/Full', '100000baseCR/Full', '100000baseDR/Full',
    '200000baseKR2/Full', '200000baseSR2/Full', '200000baseLR2_ER2_FR2/Full', '200000baseDR2/Full', '200000baseCR2/Full', '400000baseKR4/Full',
    '400000baseSR4/Full', '400000baseLR4_ER4_FR4/Full', '400000baseDR4/Full', '400000baseCR4/Full', '100baseFX/Half', '100baseFX/Full', '10baseT1L/Full',
    '800000baseCR8/Full', '800000baseKR8/Full', '800000baseDR8/Full', '800000baseDR8_2/Full', '800000baseSR8/Full', '800000baseVR8/Full',
    '10baseT1S/Full', '10baseT1S/Half', '10baseT1S_P2MP/Half', '10baseT1BRR/Full', '200000baseCR/Full', '200000baseKR/Full', '200000baseDR/Full',
    '200000baseDR_2/Full', '200000baseSR/Full', '200000baseVR/Full', '400000baseCR2/Full', '400000baseKR2/Full', '400000baseDR2/Full',
    '400000baseDR2_2/Full', '400000baseSR2/Full', '400000baseVR2/Full', '800000baseCR4/Full', '800000baseKR4/Full', '800000baseDR4/Full',
    '800000baseDR4_2/Full', '800000baseSR4/Full', '800000baseVR4/Full']],
  [ETH_SS_MSG_CLASSES, ['drv', 'probe', 'link', 'timer', 'ifdown', 'ifup', 'rx_err', 'tx_err', 'tx_queued', 'intr', 'tx_done', 'rx_status', 'pktdata',
    'hw', 'wol']],
  [ETH_SS_WOL_MODES, ['phy', 'ucast', 'mcast', 'bcast', 'arp', 'magic', 'magicsecure', 'filter']],
  [ETH_SS_SOF_TIMESTAMPING, ['hardware-transmit', 'software-transmit', 'hardware-receive', 'software-receive', 'software-system-clock',
    'hardware-legacy-clock', 'hardware-raw-clock', 'option-id', 'sched-transmit', 'ack-transmit', 'option-cmsg', 'option-tsonly', 'option-stats',
    'option-pktinfo', 'option-tx-swhw', 'bind-phc', 'option-id-tcp', 'option-rx-filter', 'tx-completion']],
  [ETH_SS_TS_TX_TYPES, ['off', 'on', 'onestep-sync', 'onestep-p2p']],
  [ETH_SS_TS_RX_FILTERS, ['none', 'all', 'some', 'ptpv1-l4-event', 'ptpv1-l4-sync', 'ptpv1-l4-delay-req', 'ptpv2-l4-event', 'ptpv2-l4-sync',
    'ptpv2-l4-delay-req', 'ptpv2-l2-event', 'ptpv2-l2-sync', 'ptpv2-l2-delay-req', 'ptpv2-event', 'ptpv2-sync', 'ptpv2-delay-req', 'ntp-all']],
  [ETH_SS_UDP_TUNNEL_TYPES, ['vxlan', 'geneve', 'vxlan-gpe']],
  [ETH_SS_STATS_STD, ['eth-phy', 'eth-mac', 'eth-ctrl', 'rmon', 'phydev']],
  [ETH_SS_STATS_ETH_PHY, ['SymbolErrorDuringCarrier']],
  [ETH_SS_STATS_ETH_MAC, ['FramesTransmittedOK', 'SingleCollisionFrames', 'MultipleCollisionFrames', 'FramesReceivedOK', 'FrameCheckSequenceErrors',
    'AlignmentErrors', 'OctetsTransmittedOK', 'FramesWithDeferredXmissions', 'LateCollisions', 'FramesAbortedDueToXSColls',
    'FramesLostDueToIntMACXmitError', 'CarrierSenseErrors', 'OctetsReceivedOK', 'FramesLostDueToIntMACRcvError', 'MulticastFramesXmittedOK',
    'BroadcastFramesXmittedOK', 'FramesWithExcessiveDeferral', 'MulticastFramesReceivedOK', 'BroadcastFramesReceivedOK', 'InRangeLengthErrors',
    'OutOfRangeLengthField', 'FrameTooLongErrors']],
  [ETH_SS_STATS_ETH_CTRL, ['MACControlFramesTransmitted', 'MACControlFramesReceived', 'UnsupportedOpcodesReceived']],
  [ETH_SS_STATS_RMON, ['etherStatsUndersizePkts', 'etherStatsOversizePkts', 'etherStatsFragments', 'etherStatsJabbers']],
  [ETH_SS_STATS_PHY, ['RxFrames', 'RxOctets', 'RxErrors', 'TxFrames', 'TxOctets', 'TxErrors']],
  [ETH_SS_TS_FLAGS, ['bonded-phc-index']],
]);

/** Sets that a driver has for its device. */
const OF_DEVICE: readonly number[] = Object.freeze([ETH_SS_TEST, ETH_SS_STATS, ETH_SS_PRIV_FLAGS, ETH_SS_NTUPLE_FILTERS, ETH_SS_PHY_STATS]);
/** Sets that only netlink gives out: tools of the ioctl never asked for them. */
const NETLINK_FROM: number = ETH_SS_MSG_CLASSES;

/** Is the set one that depends on the device? @alpha */
export function ethtoolStringsPerDevice(sset: number): boolean {
  return OF_DEVICE.includes(sset);
}

/** The numbers of all sets, lowest first. @alpha */
export const ETHTOOL_STRING_SETS: readonly number[] = Object.freeze([...GLOBAL.keys(), ...OF_DEVICE].sort((a, b) => a - b));

/** The strings of a set (ETH_SS_*), or null where there is none: no such set, or nothing of it in this device. @alpha */
export function ethtoolStrings(dev: NetDevice | null, sset: number): readonly string[] | null {
  const all = GLOBAL.get(sset);
  if (all !== undefined) return all;
  return dev?.ethtoolOps?.getStrings?.(dev, sset) ?? null;
}

/** {@link ethtoolStrings} as the ioctl gives them: without the sets that are netlink's. */
export function ethtoolIoctlStrings(dev: NetDevice, sset: number): readonly string[] | null {
  return sset >= NETLINK_FROM ? null : ethtoolStrings(dev, sset);
}
