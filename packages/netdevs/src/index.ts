/**
 * Virtual devices: veth pairs, TAP and TUN, and the netem queue.
 *
 * @packageDocumentation
 */
export { vethNewlink, vethPeer, vethSetup, vethTie, VETH_LINK_OPS } from './veth.ts';
export { createTap, tapReceive, tapWake, type TapOptions, type TapPort } from './tap.ts';
export { NETEM_OPS, netemClear, netemSet, type NetemOptions } from './netem.ts';
export { netem, tap, veth } from './module.ts';
