/** Handing a frame from one device to another of this machine: the wire of veth and macvlan. */
import { DROP, kfreeSkbReason, PACKET_HOST, type Skb } from '@linnet/skbuff';
import { VLAN_HLEN } from '@linnet/uapi';
import { netifRx } from './dev-rx.ts';
import { ethTypeTrans } from './eth.ts';
import { NET_RX_DROP, type NetDevice } from './netdevice.ts';

/**
 * Takes away what a packet may not carry to another device, and with `xnet` what it may not carry to another namespace (skb_scrub_packet).
 * @alpha
 */
export function skbScrubPacket(skb: Skb, xnet: boolean): void {
  skb.pktType = PACKET_HOST;
  skb.skbIif = 0;
  skb.ignoreDf = false;
  skb.dst = null;
  skb.ext = null;
  skb.nfct = null;
  skb.nfctInfo = 0;
  skb.nfTrace = 0;
  skb.tcState = 0;
  if (!xnet) return;
  skb.mark = 0;
  skb.tstamp = 0;
}

/** Does a frame fit the device? Super-segments always do (is_skb_forwardable). @alpha */
export function isSkbForwardable(dev: NetDevice, skb: Skb): boolean {
  if (!dev.running) return false;
  return skb.gsoSize !== 0 || skb.len <= dev.mtu + dev.hardHeaderLen + VLAN_HLEN;
}

/** {@link devForwardSkb} without the last step: the skb is ready for `netifRx`, or freed (__dev_forward_skb). 0 or NET_RX_DROP. @alpha */
export function devForwardSkbPrepare(dev: NetDevice, skb: Skb): number {
  if (!isSkbForwardable(dev, skb)) {
    dev.stats.rxDropped++;
    kfreeSkbReason(skb, dev.running ? DROP.PKT_TOO_BIG : DROP.DEV_READY);
    return NET_RX_DROP;
  }
  const from = skb.dev as NetDevice | null;
  skbScrubPacket(skb, from === null || from.net !== dev.net);
  skb.priority = 0;
  skb.protocol = ethTypeTrans(skb, dev);
  return 0;
}

/**
 * Makes an Ethernet frame that one device sent arrive at `dev` (dev_forward_skb). Consumes it; `data` is at its Ethernet header, `skb.dev` where it
 * comes from. Returns NET_RX_SUCCESS or NET_RX_DROP: too big, device down, backlog full.
 * @public
 */
export function devForwardSkb(dev: NetDevice, skb: Skb): number {
  return devForwardSkbPrepare(dev, skb) !== 0 ? NET_RX_DROP : netifRx(skb);
}
