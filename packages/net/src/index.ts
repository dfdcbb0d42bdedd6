/**
 * Sockets shaped like node:net, node:dgram and WHATWG streams.
 *
 * @packageDocumentation
 */
export {};
