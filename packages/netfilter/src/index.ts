/**
 * Netfilter: connection tracking and address translation.
 *
 * @packageDocumentation
 */
export * from './nf-conntrack.ts';
