/**
 * The Linux network stack in TypeScript: every package, and the linnet command.
 *
 * @packageDocumentation
 */
export {};
