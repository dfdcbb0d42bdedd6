/** Memberships: PACKET_ADD_MEMBERSHIP asks a device for more frames than are meant for it (packet(7)). */
import { EINVAL, ENODEV } from '@linnet/kernel';
import { devGetByIndex, devMcAdd, devMcDel, devSetAllmulti, devSetPromiscuity, devUcAdd, devUcDel, type NetDevice } from '@linnet/netdev';
import { PACKET_MR_ALLMULTI, PACKET_MR_MULTICAST, PACKET_MR_PROMISC, PACKET_MR_UNICAST } from '@linnet/uapi';
import type { PacketMc, PacketSock } from './packet-sock.ts';

/** Asks (`what` 1) or no longer asks (-1) the device: 0 or -EINVAL (packet_dev_mc). */
function apply(dev: NetDevice, m: PacketMc, what: number): number {
  switch (m.type) {
    case PACKET_MR_MULTICAST:
    case PACKET_MR_UNICAST: {
      if (m.addr.length !== dev.addrLen) return -EINVAL;
      const multi = m.type === PACKET_MR_MULTICAST;
      if (what > 0) (multi ? devMcAdd : devUcAdd)(dev, m.addr);
      else (multi ? devMcDel : devUcDel)(dev, m.addr);
      return 0;
    }
    case PACKET_MR_PROMISC:
      return devSetPromiscuity(dev, what);
    case PACKET_MR_ALLMULTI:
      return devSetAllmulti(dev, what);
    default:
      return 0;
  }
}

/** struct packet_mreq: -EINVAL when it is too short for what it says. */
function parse(val: Uint8Array): PacketMc | number {
  if (val.length < 16) return -EINVAL;
  const view = new DataView(val.buffer, val.byteOffset, val.byteLength);
  const alen = view.getUint16(6, true);
  if (val.length < 8 + alen) return -EINVAL;
  return { ifindex: view.getInt32(0, true), type: view.getUint16(4, true), addr: val.slice(8, 8 + alen), count: 1 };
}

function find(po: PacketSock, m: PacketMc): PacketMc | undefined {
  return po.mclist.find((o) => o.ifindex === m.ifindex && o.type === m.type && o.addr.length === m.addr.length && o.addr.every((b, i) => b === m.addr[i]));
}

/** PACKET_ADD_MEMBERSHIP: 0, -EINVAL, -ENODEV. */
export function packetMcAdd(po: PacketSock, val: Uint8Array): number {
  const m = parse(val);
  if (typeof m === 'number') return m;
  const dev = devGetByIndex(po.net, m.ifindex);
  if (dev === null) return -ENODEV;
  if (m.addr.length > dev.addrLen) return -EINVAL;
  const old = find(po, m);
  if (old !== undefined) {
    old.count++;
    return 0;
  }
  const err = apply(dev, m, 1);
  if (err === 0) po.mclist.unshift(m);
  return err;
}

/** PACKET_DROP_MEMBERSHIP: 0, or -EINVAL; nothing for one that is not there. */
export function packetMcDrop(po: PacketSock, val: Uint8Array): number {
  const m = parse(val);
  if (typeof m === 'number') return m;
  const old = find(po, m);
  if (old === undefined || --old.count > 0) return 0;
  po.mclist.splice(po.mclist.indexOf(old), 1);
  const dev = devGetByIndex(po.net, m.ifindex);
  if (dev !== null) apply(dev, old, -1);
  return 0;
}

/** All memberships end, those of one device or of all. */
export function packetMcFlush(po: PacketSock, gone: NetDevice | null): void {
  for (let i = po.mclist.length - 1; i >= 0; i--) {
    const m = po.mclist[i]!;
    if (gone !== null && m.ifindex !== gone.ifindex) continue;
    po.mclist.splice(i, 1);
    const dev = gone ?? devGetByIndex(po.net, m.ifindex);
    if (dev !== null) apply(dev, m, -1);
  }
}
