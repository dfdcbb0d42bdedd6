/**
 * UDP.
 *
 * @packageDocumentation
 */
export {};
