/**
 * Virtual devices: veth pairs, TAP and TUN, and the netem queue.
 *
 * @packageDocumentation
 */
export { vethDellink, vethPeer, vethSetup, vethTie } from './veth.ts';
export { VETH_RTNL_OPS, vethNewlink } from './veth-link.ts';
export { createTap, tapReceive, tapWake, type TapOptions, type TapPort } from './tap.ts';
export { NETEM_OPS, netemClear, netemSet, type NetemOptions } from './netem.ts';
export { netem, tap, veth } from './module.ts';
