/**
 * The neighbour table and its state machine.
 *
 * @packageDocumentation
 */
export {};
