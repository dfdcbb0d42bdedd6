/**
 * Virtual devices: veth, tap.
 *
 * @packageDocumentation
 */
export {};
