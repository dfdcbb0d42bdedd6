/**
 * IEEE 802.1Q: tag layout and flags.
 */

// Flags

/** Flag of IFLA_VLAN_FLAGS: reorder hdr. @public */
export const VLAN_FLAG_REORDER_HDR = 0x01;
/** Flag of IFLA_VLAN_FLAGS: gvrp. @public */
export const VLAN_FLAG_GVRP = 0x02;
/** Flag of IFLA_VLAN_FLAGS: loose binding. @public */
export const VLAN_FLAG_LOOSE_BINDING = 0x04;
/** Flag of IFLA_VLAN_FLAGS: mvrp. @public */
export const VLAN_FLAG_MVRP = 0x08;
/** Flag of IFLA_VLAN_FLAGS: bridge binding. @public */
export const VLAN_FLAG_BRIDGE_BINDING = 0x10;

// Tag

/** Size of an 802.1Q tag in bytes. @public */
export const VLAN_HLEN = 4;
/** Shift of the priority in the tag control information. @public */
export const VLAN_PRIO_SHIFT = 13;
/** Size of an Ethernet header with one tag. @public */
export const VLAN_ETH_HLEN = 18;
/** The VLAN id in the tag control information. @public */
export const VLAN_VID_MASK = 4095;
/** The drop eligible indicator (formerly CFI) in the tag control information. @public */
export const VLAN_CFI_MASK = 4096;
/** Number of VLAN ids. @public */
export const VLAN_N_VID = 4096;
/** The priority in the tag control information. @public */
export const VLAN_PRIO_MASK = 57344;

// Tag accessors: `off` is the offset of the tag control information.

/** Tag control information at `off`: priority, DEI and VLAN id. @public */
export function vlanTci(view: DataView, off: number): number {
  return view.getUint16(off);
}

/** Sets the tag control information at `off`. @public */
export function vlanSetTci(view: DataView, off: number, tci: number): void {
  view.setUint16(off, tci);
}

/** EtherType of the payload behind the tag at `off`. @public */
export function vlanEncapsulatedProto(view: DataView, off: number): number {
  return view.getUint16(off + 2);
}

/** Sets the EtherType of the payload behind the tag at `off`. @public */
export function vlanSetEncapsulatedProto(view: DataView, off: number, proto: number): void {
  view.setUint16(off + 2, proto);
}
