/**
 * Network devices: loopback, NAPI, transmit, packet types, GRO and GSO, dst entries.
 *
 * @packageDocumentation
 */
export {};
