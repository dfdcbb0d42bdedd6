/**
 * Packet layers, checkers and simulated wires for tests.
 *
 * @packageDocumentation
 */
export {};
