/** Gateways of another family than the route's. */
import { AF_INET6, RTA_VIA } from '@linnet/uapi';
import type { NlWriter } from '@linnet/uapi';

/** RTA_VIA with a gateway of IPv6 (struct rtvia). @alpha */
export function putVia6(w: NlWriter, gw6: Int32Array): void {
  const at = w.reserveAttr(RTA_VIA, 18);
  w.view.setUint16(at, AF_INET6, true);
  for (let i = 0; i < 4; i++) w.view.setInt32(at + 2 + i * 4, gw6[i]!);
}
