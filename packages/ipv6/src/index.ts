/**
 * IPv6 (RFC 8200) with addresses, routing, ICMPv6, neighbour discovery and MLD.
 *
 * @packageDocumentation
 */
export { IN6ADDR_ANY } from './addr6.ts';
