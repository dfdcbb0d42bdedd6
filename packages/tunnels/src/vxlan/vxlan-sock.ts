/** vxlan's sockets: one for each port and kind of header, shared by devices (vxlan_sock_add). */
// datapath-ok-file: devices going up and down
import { EADDRINUSE, type Net } from '@linnet/kernel';
import { ipMcJoinGroup, ipMcLeaveGroup } from '@linnet/ipv4';
import { sockCreate, sockRelease } from '@linnet/socket';
import type { UdpSock } from '@linnet/udp';
import { AF_INET, IPPROTO_UDP, ipv4IsMulticast, SOCK_DGRAM, sockaddrIn } from '@linnet/uapi';
import { vxlanRcv } from './vxlan-rcv.ts';
import { VXLAN, type VxlanDev, VxlanSock, VXLAN_F_RCV_FLAGS } from './vxlan.ts';

function create(net: Net, port: number, flags: number): VxlanSock | number {
  const sock = sockCreate(net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, true);
  if (typeof sock === 'number') return sock;
  const err = sock.ops.bind(sock, sockaddrIn(0, port));
  if (err < 0) {
    sockRelease(sock);
    return err;
  }
  const vs = new VxlanSock(sock, port, flags);
  const sk = sock.sk as UdpSock;
  sk.mcLoop = false;
  sk.encapData = vs;
  sk.encapRcv = vxlanRcv;
  return vs;
}

/** Gives a device that goes up its socket, and takes it into the group that it floods to. 0 or a negative errno. */
export function vxlanSockAdd(v: VxlanDev): number {
  const net = v.net!;
  const { socks } = net.get(VXLAN);
  const flags = v.cfg.flags & VXLAN_F_RCV_FLAGS;
  let vs = socks.find((s) => s.port === v.cfg.dstPort && s.flags === flags);
  if (vs === undefined) {
    const made = create(net, v.cfg.dstPort, flags);
    if (typeof made === 'number') return made;
    vs = made;
    socks.push(vs);
  }
  v.sock = vs;
  vs.devs.push(v);
  if (!ipv4IsMulticast(v.cfg.remoteIp)) return 0;
  const err = ipMcJoinGroup(vs.sk, v.cfg.remoteIp, 0, v.cfg.remoteIfindex);
  if (err < 0 && err !== -EADDRINUSE) {
    vxlanSockPut(v);
    return err;
  }
  return 0;
}

/** The device goes down: leaves its group if no other needs it, and the socket ends with its last device (vxlan_sock_release). */
export function vxlanSockPut(v: VxlanDev): void {
  const vs = v.sock;
  if (vs === null) return;
  v.sock = null;
  vs.devs.splice(vs.devs.indexOf(v), 1);
  const { remoteIp, remoteIfindex } = v.cfg;
  if (ipv4IsMulticast(remoteIp) && !vs.devs.some((d) => d.cfg.remoteIp === remoteIp && d.cfg.remoteIfindex === remoteIfindex)) {
    ipMcLeaveGroup(vs.sk, remoteIp, 0, remoteIfindex);
  }
  if (vs.devs.length > 0) return;
  const { socks } = v.net!.get(VXLAN);
  socks.splice(socks.indexOf(vs), 1);
  vs.sk.encapRcv = null;
  vs.sk.encapData = null;
  sockRelease(vs.sock);
}
