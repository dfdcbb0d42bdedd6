/** Protocol numbers in one place. */
export { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from '@linnet/uapi';
/** UDP-Lite. */
export const IPPROTO_UDPLITE = 136;
