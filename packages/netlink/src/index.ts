/**
 * AF_NETLINK, rtnetlink and link messages.
 *
 * @packageDocumentation
 */
export {};
