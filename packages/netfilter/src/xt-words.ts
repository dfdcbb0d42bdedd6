/** Small things that matches share. */
export { AF_INET, AF_INET6, ARPHRD_ETHER, IFF_LOOPBACK, in6Load } from '@linnet/uapi';
