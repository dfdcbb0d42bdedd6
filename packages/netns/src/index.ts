/**
 * Network namespaces: creating, naming, entering, moving devices between them.
 *
 * @packageDocumentation
 */
export {};
