/**
 * Tasks, file descriptors, epoll and the blocking system calls.
 *
 * @packageDocumentation
 */
export {};
