/**
 * IPv4 with routing, fragments, ARP and ICMP.
 *
 * @packageDocumentation
 */
export {};
