/** The register interface of PIM over IPv6 (RFC 7761 4.4): packets to it go to the daemon whole; what comes in PIM registers comes in by it. */
import { csumFold, EINVAL } from '@linnet/kernel';
import { isPimRegister, PIM_REGISTER_LEN, pimRegisterDevice, pimRegisterReceive } from '@linnet/inet';
import { skbDev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { DROP, kfreeSkbReason, pskbMayPull, skbChecksum } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { ETH_P_IPV6, ip6Daddr, ip6PayloadLen, IPPROTO_PIM, IPV6HDR_LEN, MRT6MSG_WHOLEPKT, RT_TABLE_MAIN } from '@linnet/uapi';
import { csum6SkbPseudo } from './csum6.ts';
import { mr6TableOf } from './ip6mr-forward.ts';
import { IP6MR } from './ip6mr-types.ts';
import type { Mr6Table } from './ip6mr-types.ts';
import { mr6Upcall } from './ip6mr-upcall.ts';

/** What an Ethernet carries, less an IPv6 header and that of a register. */
const MTU = 1500 - 40 - 8;

/** What goes out by the device goes to the daemon. */
function transmit(skb: Skb, dev: NetDevice): void {
  const t = mr6TableOf(dev.net.get(IP6MR), skb, dev, true);
  if (t !== null && t.registerMif >= 0) mr6Upcall(t, skb, t.registerMif, MRT6MSG_WHOLEPKT);
}

/** Makes the device of a table and opens it, or returns a negative errno. @alpha */
export function mr6RegisterDevice(t: Mr6Table): NetDevice | number {
  return pimRegisterDevice(t.n6.net, t.id === RT_TABLE_MAIN ? 'pim6reg' : `pim6reg${t.id}`, MTU, transmit); // datapath-ok: once a daemon
}

/** The receiver of protocol 103: `data` at the PIM header. Consumes the skb. @alpha */
export function pim6Rcv(skb: Skb): number {
  if (takeRegister(skb) < 0) kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
  return 0;
}

/** Takes the packet out of a register and lets it come in again. 0, or -EINVAL: it is the caller's still. */
function takeRegister(skb: Skb): number {
  if (!pskbMayPull(skb, PIM_REGISTER_LEN + IPV6HDR_LEN)) return -EINVAL;
  if (!isPimRegister(skb)) return -EINVAL;
  const { view, data } = skb;
  // The sum is of the header, with a pseudo-header of that length; some take it of all, without one.
  if (csumFold(skbChecksum(skb, 0, PIM_REGISTER_LEN, csum6SkbPseudo(skb, PIM_REGISTER_LEN, IPPROTO_PIM))) !== 0 && csumFold(skbChecksum(skb, 0, skb.len, 0)) !== 0) return -EINVAL;
  const inner = data + PIM_REGISTER_LEN;
  const len = ip6PayloadLen(view, inner);
  if (ip6Daddr(view, inner, 0) >>> 24 !== 0xff || len === 0 || len + PIM_REGISTER_LEN > skb.len) return -EINVAL;
  const from = skbDev(skb)!;
  const t = mr6TableOf(from.net.get(IP6MR), skb, from, false);
  const mif = t === null || t.registerMif < 0 ? null : t.mifs[t.registerMif]!;
  if (mif === null) return -EINVAL;
  pimRegisterReceive(skb, mif.dev, ETH_P_IPV6);
  return 0;
}
