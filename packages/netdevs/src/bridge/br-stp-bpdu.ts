/** Messages of the spanning tree on the wire: LLC frames to the bridge group (IEEE 802.1D-1998, clause 9; br_stp_bpdu.c). */
import { HZ, type Net } from '@linnet/kernel';
import { devQueueXmit, nfHook, NFPROTO_BRIDGE } from '@linnet/netdev';
import { allocSkb, type Skb, skbPut, skbReserve } from '@linnet/skbuff';
import { ETH_HLEN, ETH_P_802_2, etherAddrCopy } from '@linnet/uapi';
import { BR_KERNEL_STP, BridgeId, type BridgePort } from './br.ts';
import { NF_BR_LOCAL_OUT } from './br-nf.ts';

export const BPDU_TYPE_CONFIG = 0;
export const BPDU_TYPE_TCN = 0x80;
export const LLC_LEN = 3;
export const CONFIG_LEN = 35;
export const TCN_LEN = 4;
/** Times go by 256ths of a second. */
export const STP_HZ = 256;

/** A configuration message; times in ticks. */
export interface ConfigBpdu {
  topologyChange: number;
  topologyChangeAck: number;
  readonly root: BridgeId;
  rootPathCost: number;
  readonly bridgeId: BridgeId;
  portId: number;
  messageAge: number;
  maxAge: number;
  helloTime: number;
  forwardDelay: number;
}

/** An empty one. */
export function newConfigBpdu(): ConfigBpdu {
  return {
    topologyChange: 0, topologyChangeAck: 0, root: new BridgeId(), rootPathCost: 0, bridgeId: new BridgeId(), portId: 0, messageAge: 0, maxAge: 0, helloTime: 0, forwardDelay: 0,
  };
}

function pushXmit(_net: Net, _sk: object | null, skb: Skb): number {
  skb.data -= ETH_HLEN;
  skb.len += ETH_HLEN;
  devQueueXmit(skb);
  return 0;
}

/** Makes an LLC frame of `len` bytes to the bridge group, lets `fill` write its message at an offset, and sends it by the port. */
function send(p: BridgePort, len: number, fill: (view: DataView, off: number) => void): void {
  const { br, dev } = p;
  const skb = allocSkb(dev.pool, 64 + ETH_HLEN + LLC_LEN + len + 8);
  skbReserve(skb, 64 + ETH_HLEN);
  const at = skbPut(skb, LLC_LEN + len);
  skb.u8.fill(0, at, at + LLC_LEN + len);
  skb.u8[at] = 0x42;
  skb.u8[at + 1] = 0x42;
  skb.u8[at + 2] = 0x03; // unnumbered information
  fill(skb.view, at + LLC_LEN);
  const mac = at - ETH_HLEN;
  etherAddrCopy(skb.u8, mac, br.groupAddr, 0);
  etherAddrCopy(skb.u8, mac + 6, dev.devAddr, 0);
  skb.view.setUint16(mac + 12, LLC_LEN + len);
  skb.macHeader = mac;
  skb.networkHeader = at;
  skb.transportHeader = at;
  skb.macLen = ETH_HLEN;
  skb.protocol = ETH_P_802_2;
  skb.priority = 7; // TC_PRIO_CONTROL
  skb.dev = dev;
  nfHook(NFPROTO_BRIDGE, NF_BR_LOCAL_OUT, dev.net, null, skb, null, dev, pushXmit);
}

function putId(view: DataView, off: number, id: BridgeId): void {
  view.setUint16(off, id.prio);
  for (let i = 0; i < 6; i++) view.setUint8(off + 2 + i, id.addr[i]!);
}
const toTicks = (j: number): number => Math.floor((STP_HZ * j) / HZ);

/** Sends a configuration message (9.3.1). */
export function sendConfigBpdu(p: BridgePort, b: ConfigBpdu): void {
  if (p.br.stpEnabled !== BR_KERNEL_STP) return;
  send(p, CONFIG_LEN, (view, o) => {
    view.setUint8(o + 3, BPDU_TYPE_CONFIG);
    view.setUint8(o + 4, (b.topologyChange !== 0 ? 1 : 0) | (b.topologyChangeAck !== 0 ? 0x80 : 0));
    putId(view, o + 5, b.root);
    view.setUint32(o + 13, b.rootPathCost);
    putId(view, o + 17, b.bridgeId);
    view.setUint16(o + 25, b.portId);
    view.setUint16(o + 27, toTicks(b.messageAge));
    view.setUint16(o + 29, toTicks(b.maxAge));
    view.setUint16(o + 31, toTicks(b.helloTime));
    view.setUint16(o + 33, toTicks(b.forwardDelay));
  });
}

/** Sends a notification of a changed topology (9.3.2). */
export function sendTcnBpdu(p: BridgePort): void {
  if (p.br.stpEnabled !== BR_KERNEL_STP) return;
  send(p, TCN_LEN, (view, o) => view.setUint8(o + 3, BPDU_TYPE_TCN));
}
