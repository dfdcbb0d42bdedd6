/**
 * What a device can do for the stack (netdev_features_t) as bits of one int32.
 *
 * Linux has sixty of them in 64 bits; these are the ones that change what this stack does. Bits 8 to 26 are the GSO types of
 * `skb.gsoType` shifted by {@link NETIF_F_GSO_SHIFT}, so that "can the device cut this packet?" is one mask.
 */

/** How far a `SKB_GSO_*` bit must be shifted to be the feature bit of the same type. @alpha */
export const NETIF_F_GSO_SHIFT = 8;

/** The device sends packets whose payload lies in fragments. @alpha */
export const NETIF_F_SG: number = 1 << 0;
/** The device fills in TCP and UDP checksums over IPv4. @alpha */
export const NETIF_F_IP_CSUM: number = 1 << 1;
/** The device fills in TCP and UDP checksums over IPv6. @alpha */
export const NETIF_F_IPV6_CSUM: number = 1 << 2;
/** The device fills in any checksum given by `csumStart` and `csumOffset`. @alpha */
export const NETIF_F_HW_CSUM: number = 1 << 3;
/** The device sends packets that have a list of packets as payload (`skb.fragList`). @alpha */
export const NETIF_F_FRAGLIST: number = 1 << 4;
/** Super-segments may be built for the device; the stack cuts what the device cannot. @alpha */
export const NETIF_F_GSO: number = 1 << 5;
/** Received segments may be merged. @alpha */
export const NETIF_F_GRO: number = 1 << 6;
/** The device verifies received checksums. @alpha */
export const NETIF_F_RXCSUM: number = 1 << 7;
/** TCP segmentation over IPv4. @alpha */
export const NETIF_F_TSO: number = 1 << 8;
/** The device checks segment sizes that came from outside (SKB_GSO_DODGY). @alpha */
export const NETIF_F_GSO_ROBUST: number = 1 << 9;
/** TCP segmentation that sets CWR on the first segment only. @alpha */
export const NETIF_F_TSO_ECN: number = 1 << 10;
/** TCP segmentation that may give all segments the same IPv4 identification. @alpha */
export const NETIF_F_TSO_MANGLEID: number = 1 << 11;
/** TCP segmentation over IPv6. @alpha */
export const NETIF_F_TSO6: number = 1 << 12;
/** Segmentation inside GRE. @alpha */
export const NETIF_F_GSO_GRE: number = 1 << 14;
/** Segmentation inside GRE with a checksum. @alpha */
export const NETIF_F_GSO_GRE_CSUM: number = 1 << 15;
/** Segmentation inside an IPv4 tunnel. @alpha */
export const NETIF_F_GSO_IPXIP4: number = 1 << 16;
/** Segmentation inside an IPv6 tunnel. @alpha */
export const NETIF_F_GSO_IPXIP6: number = 1 << 17;
/** Segmentation inside a UDP tunnel. @alpha */
export const NETIF_F_GSO_UDP_TUNNEL: number = 1 << 18;
/** Segmentation inside a UDP tunnel with a checksum. @alpha */
export const NETIF_F_GSO_UDP_TUNNEL_CSUM: number = 1 << 19;
/** The device cuts if the stack prepares the headers for equal sizes. @alpha */
export const NETIF_F_GSO_PARTIAL: number = 1 << 20;
/** SCTP segmentation. @alpha */
export const NETIF_F_GSO_SCTP: number = 1 << 22;
/** ESP segmentation. @alpha */
export const NETIF_F_GSO_ESP: number = 1 << 23;
/** UDP datagrams may be cut into UDP datagrams. @alpha */
export const NETIF_F_GSO_UDP_L4: number = 1 << 25;
/** A list of packets may be sent as separate packets. @alpha */
export const NETIF_F_GSO_FRAGLIST: number = 1 << 26;
/** The device gives each received packet a flow hash. @alpha */
export const NETIF_F_RXHASH: number = 1 << 27;
/** The device inserts VLAN tags, 802.1Q and 802.1ad alike (Linux has a bit for each). @alpha */
export const NETIF_F_HW_VLAN_CTAG_TX: number = 1 << 28;
/** The device removes VLAN tags. @alpha */
export const NETIF_F_HW_VLAN_CTAG_RX: number = 1 << 29;
/** The device sends its own packets back to itself. @alpha */
export const NETIF_F_LOOPBACK: number = 1 << 30;

/** What a packet with a tag may use whatever the device's `vlanFeatures` are. */
export const NETIF_F_VLAN_TX: number = NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_CTAG_RX;

/** Every GSO type bit. @alpha */
export const NETIF_F_GSO_MASK: number = 0x7ffff << NETIF_F_GSO_SHIFT;
/** The ways to fill in a checksum. @alpha */
export const NETIF_F_CSUM_MASK: number = NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_HW_CSUM;
/** All of TCP segmentation. @alpha */
export const NETIF_F_ALL_TSO: number = NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN | NETIF_F_TSO_MANGLEID;
/** What segmentation in software can cut without a tunnel. @alpha */
export const NETIF_F_GSO_SOFTWARE: number = NETIF_F_ALL_TSO | NETIF_F_GSO_SCTP | NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_FRAGLIST;
/** All of segmentation inside tunnels. @alpha */
export const NETIF_F_GSO_ENCAP_ALL: number =
  NETIF_F_GSO_GRE | NETIF_F_GSO_GRE_CSUM | NETIF_F_GSO_IPXIP4 | NETIF_F_GSO_IPXIP6 | NETIF_F_GSO_UDP_TUNNEL | NETIF_F_GSO_UDP_TUNNEL_CSUM;
/** What the stack does for every device without asking it. @alpha */
export const NETIF_F_SOFT_FEATURES: number = NETIF_F_GSO | NETIF_F_GRO;
/** What a device that only passes memory on has (loopback, veth, a TAP with vnet headers). @alpha */
export const NETIF_F_SOFT_DEVICE: number =
  NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_GSO_SOFTWARE | NETIF_F_GSO_ENCAP_ALL;

/** Feature names by bit number, as ethtool(8) prints them; '' for a bit without a meaning. @alpha */
export const NETIF_FEATURE_NAMES: readonly string[] = Object.freeze([
  'tx-scatter-gather', 'tx-checksum-ipv4', 'tx-checksum-ipv6', 'tx-checksum-ip-generic', 'tx-scatter-gather-fraglist',
  'tx-generic-segmentation', 'rx-gro', 'rx-checksum', 'tx-tcp-segmentation', 'tx-gso-robust', 'tx-tcp-ecn-segmentation',
  'tx-tcp-mangleid-segmentation', 'tx-tcp6-segmentation', 'tx-fcoe-segmentation', 'tx-gre-segmentation', 'tx-gre-csum-segmentation',
  'tx-ipxip4-segmentation', 'tx-ipxip6-segmentation', 'tx-udp_tnl-segmentation', 'tx-udp_tnl-csum-segmentation', 'tx-gso-partial', '',
  'tx-sctp-segmentation', 'tx-esp-segmentation', '', 'tx-udp-segmentation', 'tx-gso-list', 'rx-hashing', 'tx-vlan-hw-insert',
  'rx-vlan-hw-parse', 'loopback', '',
]);

/** The ethtool names of the bits set in `features`, lowest bit first. @alpha */
export function netdevFeatureNames(features: number): string[] {
  const out: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    const name = NETIF_FEATURE_NAMES[bit]!;
    if ((features & (1 << bit)) !== 0 && name !== '') out.push(name);
  }
  return out;
}

/**
 * Removes from `features` what cannot work without something that is missing (netdev_fix_features): segmentation needs
 * scatter-gather and a checksum engine of its family; IP_CSUM and IPV6_CSUM are covered by HW_CSUM.
 * @alpha
 */
export function netdevFixFeatures(features: number): number {
  if ((features & NETIF_F_HW_CSUM) !== 0) features &= ~(NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM);
  const csum4 = (features & (NETIF_F_HW_CSUM | NETIF_F_IP_CSUM)) !== 0;
  const csum6 = (features & (NETIF_F_HW_CSUM | NETIF_F_IPV6_CSUM)) !== 0;
  if (!csum4) features &= ~(NETIF_F_TSO | NETIF_F_TSO_ECN | NETIF_F_TSO_MANGLEID);
  if (!csum6) features &= ~NETIF_F_TSO6;
  if (!csum4 && !csum6) features &= ~NETIF_F_GSO_UDP_L4;
  if ((features & NETIF_F_SG) === 0) features &= ~(NETIF_F_GSO | NETIF_F_ALL_TSO);
  if ((features & NETIF_F_TSO) === 0) features &= ~NETIF_F_TSO_MANGLEID;
  return features;
}
