/**
 * Features as ethtool(8) knows them: sixty-four bits with names, in the order of Linux 6.18. Those that change what this stack does are in the int32 of
 * `features.ts`; the others are kept in a second one (`featuresExt`), so that tools see what they see on Linux.
 */
import {
  NETIF_F_FRAGLIST, NETIF_F_GRO, NETIF_F_GSO, NETIF_F_GSO_ESP, NETIF_F_GSO_FRAGLIST, NETIF_F_GSO_GRE, NETIF_F_GSO_GRE_CSUM, NETIF_F_GSO_IPXIP4,
  NETIF_F_GSO_IPXIP6, NETIF_F_GSO_PARTIAL, NETIF_F_GSO_ROBUST, NETIF_F_GSO_SCTP, NETIF_F_GSO_UDP_L4, NETIF_F_GSO_UDP_TUNNEL,
  NETIF_F_GSO_UDP_TUNNEL_CSUM, NETIF_F_HW_CSUM, NETIF_F_HW_VLAN_CTAG_RX, NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_IPV6_CSUM, NETIF_F_IP_CSUM, NETIF_F_LOOPBACK,
  NETIF_F_RXCSUM, NETIF_F_RXHASH, NETIF_F_SG, NETIF_F_TSO, NETIF_F_TSO6, NETIF_F_TSO_ECN, NETIF_F_TSO_MANGLEID,
} from './features.ts';
import {
  NETIF_FX_FCOE_CRC, NETIF_FX_FSO, NETIF_FX_GRO_FRAGLIST, NETIF_FX_GRO_HW, NETIF_FX_GRO_UDP_FWD, NETIF_FX_GSO_ACCECN, NETIF_FX_GSO_TUNNEL_REMCSUM,
  NETIF_FX_HIGHDMA, NETIF_FX_HW_ESP, NETIF_FX_HW_ESP_TX_CSUM, NETIF_FX_HW_HSR_DUP, NETIF_FX_HW_HSR_FWD, NETIF_FX_HW_HSR_TAG_INS,
  NETIF_FX_HW_HSR_TAG_RM, NETIF_FX_HW_L2FW_DOFFLOAD, NETIF_FX_HW_MACSEC, NETIF_FX_HW_TC, NETIF_FX_HW_TLS_RECORD, NETIF_FX_HW_TLS_RX,
  NETIF_FX_HW_TLS_TX, NETIF_FX_HW_VLAN_CTAG_FILTER, NETIF_FX_HW_VLAN_STAG_FILTER, NETIF_FX_HW_VLAN_STAG_RX, NETIF_FX_HW_VLAN_STAG_TX, NETIF_FX_LRO,
  NETIF_FX_NOCACHE_COPY, NETIF_FX_NTUPLE, NETIF_FX_RXALL, NETIF_FX_RXFCS, NETIF_FX_RX_UDP_TUNNEL_PORT, NETIF_FX_SCTP_CRC,
} from './features-ext.ts';
import { netdevUpdateFeatures } from './dev-flags.ts';
import { IFF_VLAN_CHALLENGED, type NetDevice } from './netdevice.ts';

/** Which word a bit lives in: 0 `features`, 1 `featuresExt`, 2 neither. */
type Place = readonly [name: string, word: number, bit: number];

const TABLE: readonly Place[] = Object.freeze([
  ['tx-scatter-gather', 0, NETIF_F_SG],
  ['tx-checksum-ipv4', 0, NETIF_F_IP_CSUM],
  ['', 2, 0],
  ['tx-checksum-ip-generic', 0, NETIF_F_HW_CSUM],
  ['tx-checksum-ipv6', 0, NETIF_F_IPV6_CSUM],
  ['highdma', 1, NETIF_FX_HIGHDMA],
  ['tx-scatter-gather-fraglist', 0, NETIF_F_FRAGLIST],
  ['tx-vlan-hw-insert', 0, NETIF_F_HW_VLAN_CTAG_TX],
  ['rx-vlan-hw-parse', 0, NETIF_F_HW_VLAN_CTAG_RX],
  ['rx-vlan-filter', 1, NETIF_FX_HW_VLAN_CTAG_FILTER],
  ['vlan-challenged', 2, 0],
  ['tx-generic-segmentation', 0, NETIF_F_GSO],
  ['', 2, 0],
  ['', 2, 0],
  ['rx-gro', 0, NETIF_F_GRO],
  ['rx-lro', 1, NETIF_FX_LRO],
  ['tx-tcp-segmentation', 0, NETIF_F_TSO],
  ['tx-gso-robust', 0, NETIF_F_GSO_ROBUST],
  ['tx-tcp-ecn-segmentation', 0, NETIF_F_TSO_ECN],
  ['tx-tcp-mangleid-segmentation', 0, NETIF_F_TSO_MANGLEID],
  ['tx-tcp6-segmentation', 0, NETIF_F_TSO6],
  ['tx-fcoe-segmentation', 1, NETIF_FX_FSO],
  ['tx-gre-segmentation', 0, NETIF_F_GSO_GRE],
  ['tx-gre-csum-segmentation', 0, NETIF_F_GSO_GRE_CSUM],
  ['tx-ipxip4-segmentation', 0, NETIF_F_GSO_IPXIP4],
  ['tx-ipxip6-segmentation', 0, NETIF_F_GSO_IPXIP6],
  ['tx-udp_tnl-segmentation', 0, NETIF_F_GSO_UDP_TUNNEL],
  ['tx-udp_tnl-csum-segmentation', 0, NETIF_F_GSO_UDP_TUNNEL_CSUM],
  ['tx-gso-partial', 0, NETIF_F_GSO_PARTIAL],
  ['tx-tunnel-remcsum-segmentation', 1, NETIF_FX_GSO_TUNNEL_REMCSUM],
  ['tx-sctp-segmentation', 0, NETIF_F_GSO_SCTP],
  ['tx-esp-segmentation', 0, NETIF_F_GSO_ESP],
  ['', 2, 0],
  ['tx-udp-segmentation', 0, NETIF_F_GSO_UDP_L4],
  ['tx-gso-list', 0, NETIF_F_GSO_FRAGLIST],
  ['tx-tcp-accecn-segmentation', 1, NETIF_FX_GSO_ACCECN],
  ['tx-checksum-fcoe-crc', 1, NETIF_FX_FCOE_CRC],
  ['tx-checksum-sctp', 1, NETIF_FX_SCTP_CRC],
  ['rx-ntuple-filter', 1, NETIF_FX_NTUPLE],
  ['rx-hashing', 0, NETIF_F_RXHASH],
  ['rx-checksum', 0, NETIF_F_RXCSUM],
  ['tx-nocache-copy', 1, NETIF_FX_NOCACHE_COPY],
  ['loopback', 0, NETIF_F_LOOPBACK],
  ['rx-fcs', 1, NETIF_FX_RXFCS],
  ['rx-all', 1, NETIF_FX_RXALL],
  ['tx-vlan-stag-hw-insert', 1, NETIF_FX_HW_VLAN_STAG_TX],
  ['rx-vlan-stag-hw-parse', 1, NETIF_FX_HW_VLAN_STAG_RX],
  ['rx-vlan-stag-filter', 1, NETIF_FX_HW_VLAN_STAG_FILTER],
  ['l2-fwd-offload', 1, NETIF_FX_HW_L2FW_DOFFLOAD],
  ['hw-tc-offload', 1, NETIF_FX_HW_TC],
  ['esp-hw-offload', 1, NETIF_FX_HW_ESP],
  ['esp-tx-csum-hw-offload', 1, NETIF_FX_HW_ESP_TX_CSUM],
  ['rx-udp_tunnel-port-offload', 1, NETIF_FX_RX_UDP_TUNNEL_PORT],
  ['tls-hw-tx-offload', 1, NETIF_FX_HW_TLS_TX],
  ['tls-hw-rx-offload', 1, NETIF_FX_HW_TLS_RX],
  ['rx-gro-hw', 1, NETIF_FX_GRO_HW],
  ['tls-hw-record', 1, NETIF_FX_HW_TLS_RECORD],
  ['rx-gro-list', 1, NETIF_FX_GRO_FRAGLIST],
  ['macsec-hw-offload', 1, NETIF_FX_HW_MACSEC],
  ['rx-udp-gro-forwarding', 1, NETIF_FX_GRO_UDP_FWD],
  ['hsr-tag-ins-offload', 1, NETIF_FX_HW_HSR_TAG_INS],
  ['hsr-tag-rm-offload', 1, NETIF_FX_HW_HSR_TAG_RM],
  ['hsr-fwd-offload', 1, NETIF_FX_HW_HSR_FWD],
  ['hsr-dup-offload', 1, NETIF_FX_HW_HSR_DUP],
]);

/** How many features there are. @alpha */
export const ETHTOOL_FEATURE_COUNT: number = TABLE.length;
/** Their names by bit, as `ethtool -k` prints them; '' for a bit without a meaning (ETH_SS_FEATURES). @alpha */
export const ETHTOOL_FEATURE_NAMES: readonly string[] = Object.freeze(TABLE.map((p) => p[0]));

const VLAN_CHALLENGED = TABLE.findIndex((p) => p[0] === 'vlan-challenged');

/** Two words of Linux' bits from the device's own words; `challenged` says whether it takes no VLANs. */
function toBits(features: number, ext: number, challenged: boolean): Uint32Array {
  const out = new Uint32Array(2);
  TABLE.forEach(([, word, bit], i) => {
    const on = word === 0 ? (features & bit) !== 0 : word === 1 ? (ext & bit) !== 0 : i === VLAN_CHALLENGED && challenged;
    if (on) out[i >>> 5]! |= 1 << (i & 31);
  });
  return out;
}

/** The features of a device as ethtool(8) shows them: two words of 32 bits each, in the order of {@link ETHTOOL_FEATURE_NAMES}. @alpha */
export interface EthtoolFeatures {
  /** What user space may switch. */
  readonly hw: Uint32Array;
  /** What it asked for. */
  readonly wanted: Uint32Array;
  /** What is in force. */
  readonly active: Uint32Array;
  /** What nobody can ever switch. */
  readonly nochange: Uint32Array;
}

/** The features of a device. @alpha */
export function ethtoolGetFeatures(dev: NetDevice): EthtoolFeatures {
  const nochange = new Uint32Array(2);
  nochange[VLAN_CHALLENGED >>> 5]! |= 1 << (VLAN_CHALLENGED & 31);
  return {
    hw: toBits(dev.hwFeatures, dev.hwFeaturesExt, false),
    wanted: toBits(dev.wantedFeatures, dev.wantedFeaturesExt, false),
    active: toBits(dev.features, dev.featuresExt, (dev.privFlags & IFF_VLAN_CHALLENGED) !== 0),
    nochange,
  };
}

/**
 * Asks for features: those of `mask` become as in `wanted`, as far as the device lets user space switch them (ethtool_set_features). The driver and other features decide
 * what comes of it: look at {@link ethtoolGetFeatures} again. Everybody is told when something changed.
 * @alpha
 */
export function ethtoolSetWanted(dev: NetDevice, wanted: Uint32Array, mask: Uint32Array): void {
  TABLE.forEach(([, word, bit], i) => {
    if (((mask[i >>> 5]! >>> (i & 31)) & 1) === 0) return;
    const on = ((wanted[i >>> 5]! >>> (i & 31)) & 1) !== 0;
    if (word === 0 && (dev.hwFeatures & bit) !== 0) dev.wantedFeatures = on ? dev.wantedFeatures | bit : dev.wantedFeatures & ~bit;
    else if (word === 1 && (dev.hwFeaturesExt & bit) !== 0) dev.wantedFeaturesExt = on ? dev.wantedFeaturesExt | bit : dev.wantedFeaturesExt & ~bit;
  });
  netdevUpdateFeatures(dev);
}

/** The bits with these names, for tools and tests. @alpha */
export function ethtoolFeatureMask(names: readonly string[]): Uint32Array {
  const out = new Uint32Array(2);
  TABLE.forEach(([name], i) => {
    if (name !== '' && names.includes(name)) out[i >>> 5]! |= 1 << (i & 31);
  });
  return out;
}
