/** The register interface of PIM (RFC 7761 4.4): packets to it go to the daemon whole; what comes in PIM registers comes in by it. */
import { csumFold, EINVAL } from '@linnet/kernel';
import { isPimRegister, PIM_REGISTER_LEN, pimRegisterDevice, pimRegisterReceive } from '@linnet/inet';
import { skbDev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { DROP, kfreeSkbReason, pskbMayPull, skbChecksum } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { ETH_P_IP, igmpCode, igmpGroup, IGMPMSG_WHOLEPKT, IPHDR_LEN, ipv4IsMulticast, iphDaddr, iphTotLen, RT_TABLE_DEFAULT } from '@linnet/uapi';
import { mrTableOf } from './ipmr-forward.ts';
import { IPMR } from './ipmr-types.ts';
import type { MrTable } from './ipmr-types.ts';
import { mrUpcall } from './ipmr-upcall.ts';

/** What an Ethernet carries, less an IP header and that of a register. */
const MTU = 1500 - 20 - 8;

/** What goes out by the device goes to the daemon. */
function transmit(skb: Skb, dev: NetDevice): void {
  const t = mrTableOf(dev.net.get(IPMR), skb, dev, true);
  if (t !== null && t.registerVif >= 0) mrUpcall(t, skb, t.registerVif, IGMPMSG_WHOLEPKT);
}

/** Makes the device of a table and opens it, or returns a negative errno. @alpha */
export function mrRegisterDevice(t: MrTable): NetDevice | number {
  return pimRegisterDevice(t.n4.net, t.id === RT_TABLE_DEFAULT ? 'pimreg' : `pimreg${t.id}`, MTU, transmit); // datapath-ok: once a daemon
}

/** What names version 1 of PIM where other messages of IGMP have a group. */
const V1 = 0x1000_0000;
/** Its code of a register. */
const V1_REGISTER = 1;

/** A message of PIM version 1, which is one of IGMP: `data` at its header, its sum is right. True when it was a register and is consumed. @alpha */
export function pimV1Rcv(skb: Skb): boolean {
  const { view, data } = skb;
  if (igmpCode(view, data) !== V1_REGISTER || igmpGroup(view, data) !== V1) return false;
  const from = skbDev(skb)!;
  const t = mrTableOf(from.net.get(IPMR), skb, from, false);
  return t !== null && t.pim && pskbMayPull(skb, PIM_REGISTER_LEN + IPHDR_LEN) && takeInner(skb, t) === 0;
}

/** The receiver of protocol 103: `data` at the PIM header. Consumes the skb. @alpha */
export function pimRcv(skb: Skb): number {
  if (takeRegister(skb) < 0) kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
  return 0;
}

/** Takes the packet out of a register and lets it come in again. 0, or -EINVAL: it is the caller's still. */
function takeRegister(skb: Skb): number {
  if (!pskbMayPull(skb, PIM_REGISTER_LEN + IPHDR_LEN)) return -EINVAL;
  if (!isPimRegister(skb)) return -EINVAL;
  // The sum is of the header; some take it of all.
  if (csumFold(skbChecksum(skb, 0, PIM_REGISTER_LEN, 0)) !== 0 && csumFold(skbChecksum(skb, 0, skb.len, 0)) !== 0) return -EINVAL;
  const from = skbDev(skb)!;
  const t = mrTableOf(from.net.get(IPMR), skb, from, false);
  return t === null ? -EINVAL : takeInner(skb, t);
}

/** The packet behind a header of eight bytes comes in by the register interface. 0, or -EINVAL. */
function takeInner(skb: Skb, t: MrTable): number {
  const { view, data } = skb;
  const inner = data + PIM_REGISTER_LEN;
  const len = iphTotLen(view, inner);
  if (!ipv4IsMulticast(iphDaddr(view, inner)) || len === 0 || len + PIM_REGISTER_LEN > skb.len) return -EINVAL;
  const vif = t.registerVif < 0 ? null : t.vifs[t.registerVif]!;
  if (vif === null) return -EINVAL;
  pimRegisterReceive(skb, vif.dev, ETH_P_IP);
  return 0;
}
