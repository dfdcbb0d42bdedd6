/**
 * Features that change nothing in this stack (offloads of real hardware, tags of Linux' own code) but that ethtool(8) shows and switches: bits of
 * `NetDevice.featuresExt`, which has an int32 of its own beside that of `features.ts`.
 */

/** Bit of `featuresExt`: the device reaches all memory. @alpha */
export const NETIF_FX_HIGHDMA: number = 1 << 0;
/** Bit of `featuresExt`: copies from user space pass the cache by. @alpha */
export const NETIF_FX_NOCACHE_COPY: number = 1 << 1;
/** Bit of `featuresExt`: the device fills in the checksum of SCTP. @alpha */
export const NETIF_FX_SCTP_CRC: number = 1 << 2;
/** Bit of `featuresExt`: the device fills in the checksum of FCoE. @alpha */
export const NETIF_FX_FCOE_CRC: number = 1 << 3;
/** Bit of `featuresExt`: segmentation of FCoE. @alpha */
export const NETIF_FX_FSO: number = 1 << 4;
/** Bit of `featuresExt`: segmentation inside a tunnel with remote checksum offload. @alpha */
export const NETIF_FX_GSO_TUNNEL_REMCSUM: number = 1 << 5;
/** Bit of `featuresExt`: TCP segmentation that gives CWR to all segments. @alpha */
export const NETIF_FX_GSO_ACCECN: number = 1 << 6;
/** Bit of `featuresExt`: the device merges received segments. @alpha */
export const NETIF_FX_LRO: number = 1 << 7;
/** Bit of `featuresExt`: the device filters by VLAN. @alpha */
export const NETIF_FX_HW_VLAN_CTAG_FILTER: number = 1 << 8;
/** Bit of `featuresExt`: the device inserts 802.1ad tags. @alpha */
export const NETIF_FX_HW_VLAN_STAG_TX: number = 1 << 9;
/** Bit of `featuresExt`: the device removes 802.1ad tags. @alpha */
export const NETIF_FX_HW_VLAN_STAG_RX: number = 1 << 10;
/** Bit of `featuresExt`: the device filters by 802.1ad VLAN. @alpha */
export const NETIF_FX_HW_VLAN_STAG_FILTER: number = 1 << 11;
/** Bit of `featuresExt`: the device steers flows by rules. @alpha */
export const NETIF_FX_NTUPLE: number = 1 << 12;
/** Bit of `featuresExt`: the device passes the frame check sequence up. @alpha */
export const NETIF_FX_RXFCS: number = 1 << 13;
/** Bit of `featuresExt`: the device passes frames with errors up. @alpha */
export const NETIF_FX_RXALL: number = 1 << 14;
/** Bit of `featuresExt`: the device forwards between its upper devices. @alpha */
export const NETIF_FX_HW_L2FW_DOFFLOAD: number = 1 << 15;
/** Bit of `featuresExt`: the device does traffic control. @alpha */
export const NETIF_FX_HW_TC: number = 1 << 16;
/** Bit of `featuresExt`: the device does ESP. @alpha */
export const NETIF_FX_HW_ESP: number = 1 << 17;
/** Bit of `featuresExt`: the device fills in checksums inside ESP. @alpha */
export const NETIF_FX_HW_ESP_TX_CSUM: number = 1 << 18;
/** Bit of `featuresExt`: the device knows the ports of UDP tunnels. @alpha */
export const NETIF_FX_RX_UDP_TUNNEL_PORT: number = 1 << 19;
/** Bit of `featuresExt`: the device encrypts TLS. @alpha */
export const NETIF_FX_HW_TLS_TX: number = 1 << 20;
/** Bit of `featuresExt`: the device decrypts TLS. @alpha */
export const NETIF_FX_HW_TLS_RX: number = 1 << 21;
/** Bit of `featuresExt`: the device does GRO. @alpha */
export const NETIF_FX_GRO_HW: number = 1 << 22;
/** Bit of `featuresExt`: the device does TLS records. @alpha */
export const NETIF_FX_HW_TLS_RECORD: number = 1 << 23;
/** Bit of `featuresExt`: received UDP datagrams are chained for forwarding. @alpha */
export const NETIF_FX_GRO_FRAGLIST: number = 1 << 24;
/** Bit of `featuresExt`: the device does MACsec. @alpha */
export const NETIF_FX_HW_MACSEC: number = 1 << 25;
/** Bit of `featuresExt`: received UDP datagrams are merged for forwarding. @alpha */
export const NETIF_FX_GRO_UDP_FWD: number = 1 << 26;
/** Bit of `featuresExt`: the device inserts HSR tags. @alpha */
export const NETIF_FX_HW_HSR_TAG_INS: number = 1 << 27;
/** Bit of `featuresExt`: the device removes HSR tags. @alpha */
export const NETIF_FX_HW_HSR_TAG_RM: number = 1 << 28;
/** Bit of `featuresExt`: the device forwards HSR. @alpha */
export const NETIF_FX_HW_HSR_FWD: number = 1 << 29;
/** Bit of `featuresExt`: the device duplicates for HSR. @alpha */
export const NETIF_FX_HW_HSR_DUP: number = 1 << 30;

/** What a device that only passes memory on has. @alpha */
export const NETIF_FX_SOFT_DEVICE: number = NETIF_FX_HIGHDMA | NETIF_FX_SCTP_CRC | NETIF_FX_GSO_ACCECN;
/** What every device can be given, though none has it by itself. */
export const NETIF_FX_SOFT_FEATURES_OFF: number = NETIF_FX_GRO_FRAGLIST | NETIF_FX_GRO_UDP_FWD;
