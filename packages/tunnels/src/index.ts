/**
 * Tunnels: vxlan, and IPv4 in IPv4, GRE and SIT.
 *
 * @packageDocumentation
 */
export { gre, ipip, sit, vxlan } from './module.ts';
export { GRE_RTNL_OPS, GRETAP_RTNL_OPS } from './ip/gre.ts';
export { IPIP_RTNL_OPS, SIT_RTNL_OPS } from './ip/ipip.ts';
export { VXLAN_RTNL_OPS } from './vxlan/vxlan-link.ts';
