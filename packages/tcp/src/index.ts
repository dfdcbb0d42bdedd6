/**
 * TCP.
 *
 * @packageDocumentation
 */
export {};
