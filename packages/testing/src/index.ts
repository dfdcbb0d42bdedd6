/**
 * For tests: packets as layers, traces, an impairing wire, and networks of many machines in virtual time.
 *
 * @packageDocumentation
 */
export { checksum, pseudoHeader } from './checksum.ts';
export {
  arp, build, dissect, eth, icmp, ip, payload, tcp, udp, type ArpLayer, type Dissected, type EthLayer, type IcmpLayer, type IpLayer, type Layer, type LayerFields,
  type PayloadLayer, type TcpLayer, type UdpLayer,
} from './layers.ts';
export { summary, Trace } from './trace.ts';
export { createWire, type Wire, type WireEnd, type WireOptions } from './wire.ts';
export { SimNet, type LinkOptions, type SimNetOptions } from './simnet.ts';
