/**
 * Tunnels: vxlan, and IPv4 in IPv4, GRE and SIT.
 *
 * @packageDocumentation
 */
export { vxlan } from './module.ts';
export { VXLAN_RTNL_OPS } from './vxlan/vxlan-link.ts';
