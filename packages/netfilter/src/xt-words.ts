/** Small things that matches share. */
export { AF_INET, AF_INET6, ARPHRD_ETHER, IFF_LOOPBACK } from '@linnet/uapi';

/** Reads an IPv6 address into four words. */
export function in6Load(to: Int32Array, view: DataView, at: number): void {
  for (let i = 0; i < 4; i++) to[i] = view.getInt32(at + 4 * i);
}
