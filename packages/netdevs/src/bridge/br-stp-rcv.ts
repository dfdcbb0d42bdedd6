/** Messages of the spanning tree coming in (br_stp_rcv). */
import { HZ } from '@linnet/kernel';
import type { NetDevice, PacketType } from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, pskbMayPull, type Skb } from '@linnet/skbuff';
import { BR_STATE_DISABLED, etherAddrEqual, IFF_UP, RTM_NEWLINK } from '@linnet/uapi';
import { BR_BPDU_GUARD, BR_KERNEL_STP, type BridgeId, type BridgePort, brPortGet } from './br.ts';
import { brIfinfoNotify } from './br-ifinfo.ts';
import { brReceivedConfigBpdu, brReceivedTcnBpdu } from './br-stp.ts';
import { BPDU_TYPE_CONFIG, BPDU_TYPE_TCN, CONFIG_LEN, LLC_LEN, newConfigBpdu, STP_HZ, TCN_LEN } from './br-stp-bpdu.ts';
import { brStpDisablePort } from './br-stp-if.ts';

function getId(view: DataView, off: number, id: BridgeId): void {
  id.prio = view.getUint16(off);
  for (let i = 0; i < 6; i++) id.addr[i] = view.getUint8(off + 2 + i);
}
const fromTicks = (t: number): number => Math.ceil((t * HZ) / STP_HZ);

/** Takes LLC frames of ports for the spanning tree (br_stp_rcv): the receiver of ETH_P_802_2. */
export function brStpRcv(skb: Skb, dev: NetDevice, _pt: PacketType, _orig: NetDevice): number {
  const p = brPortGet(dev);
  if (p === null || !pskbMayPull(skb, LLC_LEN + TCN_LEN) || !handle(p, skb)) {
    kfreeSkbReason(skb, DROP.UNHANDLED_PROTO);
    return 1;
  }
  consumeSkb(skb);
  return 0;
}

function handle(p: BridgePort, skb: Skb): boolean {
  const { br } = p;
  const at = skb.data;
  const { u8 } = skb;
  if (u8[at] !== 0x42 || u8[at + 1] !== 0x42 || u8[at + 2] !== 0x03) return false;
  // Protocol 0, version 0; later ones speak rapid spanning tree, which this bridge does not.
  if (u8[at + 3] !== 0 || u8[at + 4] !== 0 || u8[at + 5] !== 0) return false;
  if (br.stpEnabled !== BR_KERNEL_STP || (br.dev.flags & IFF_UP) === 0 || p.state === BR_STATE_DISABLED) return false;
  if (!etherAddrEqual(u8, skb.macHeader, br.groupAddr, 0)) return false;
  if ((p.flags & BR_BPDU_GUARD) !== 0) {
    br.kernel.log.notice(`${br.dev.name}: BPDU received on blocked port ${p.portNo}(${p.dev.name})`); // datapath-ok: a rare event
    brStpDisablePort(p);
    brIfinfoNotify(RTM_NEWLINK, null, p);
    return true;
  }
  if (u8[at + 6] === BPDU_TYPE_TCN) {
    brReceivedTcnBpdu(p);
    return true;
  }
  if (u8[at + 6] !== BPDU_TYPE_CONFIG || !pskbMayPull(skb, LLC_LEN + CONFIG_LEN)) return false;
  const { view } = skb;
  const o = skb.data + LLC_LEN;
  const b = newConfigBpdu();
  const flags = view.getUint8(o + 4);
  b.topologyChange = flags & 1;
  b.topologyChangeAck = flags >> 7;
  getId(view, o + 5, b.root);
  b.rootPathCost = view.getUint32(o + 13);
  getId(view, o + 17, b.bridgeId);
  b.portId = view.getUint16(o + 25);
  b.messageAge = fromTicks(view.getUint16(o + 27));
  b.maxAge = fromTicks(view.getUint16(o + 29));
  b.helloTime = fromTicks(view.getUint16(o + 31));
  b.forwardDelay = fromTicks(view.getUint16(o + 33));
  if (b.messageAge > b.maxAge) return true; // too old to be of use
  brReceivedConfigBpdu(p, b);
  return true;
}
