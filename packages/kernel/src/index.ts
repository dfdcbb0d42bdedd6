/**
 * One machine: modules, namespaces, clocks, timers, softirq, random streams.
 *
 * @packageDocumentation
 */
export {};
