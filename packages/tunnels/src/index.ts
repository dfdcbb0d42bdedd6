/**
 * Tunnels: vxlan, ipip, gre, gretap and sit.
 *
 * @packageDocumentation
 */
export {};
