/**
 * Netfilter: connection tracking and address translation.
 *
 * @packageDocumentation
 */
export {};
