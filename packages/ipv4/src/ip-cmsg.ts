/** Control messages of IPv4 sockets, in and out (ip(7), cmsg(3)). */
// datapath-ok-file: control messages: only sockets that asked for them pay
import { capable, csumFold, EINVAL, EPERM } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  AF_INET, CAP_NET_ADMIN, CAP_NET_RAW, INADDR_ANY, IPHDR_LEN, IP_CHECKSUM, IP_ORIGDSTADDR, IP_PKTINFO, IP_PROTOCOL, IP_RECVFRAGSIZE, IP_RECVOPTS, IP_RETOPTS, IP_TOS, IP_TTL, RTN_LOCAL,
  RT_SCOPE_UNIVERSE, SCM_CREDENTIALS, SCM_RIGHTS, SOL_IP, SOL_SOCKET, SO_MARK, SO_PRIORITY, SO_TIMESTAMPING_NEW, SO_TIMESTAMPING_OLD, iphDaddr, iphSaddr, iphTos, iphTtl,
} from '@linnet/uapi';
import { skbChecksum } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { devGetByIndex } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { optInt, putCmsg } from '@linnet/socket';
import type { Cmsg, MsgHdr } from '@linnet/socket';
import type { InetSock, IpcmCookie } from '@linnet/inet';
import { inetSelectAddr } from './devinet-select.ts';
import { inetAddrType } from './fib-addr-type.ts';
import { ipcbFragMaxSize, ipcbIif, ipcbOptlen } from './ip-cb.ts';
import { ipOptionsEcho, ipOptionsGet, ipOptionsUndo } from './ip-options.ts';
import { IpOptions } from './ip-options-types.ts';
import { rtTos2Priority } from './route.ts';
import { IPV4 } from './ipv4-net.ts';

/** What recvmsg reports, bits of `InetSock.cmsgFlags`: IP_PKTINFO. @alpha */
export const IP_CMSG_PKTINFO = 1;
/** IP_RECVTTL. @alpha */
export const IP_CMSG_TTL = 2;
/** IP_RECVTOS. @alpha */
export const IP_CMSG_TOS = 4;
/** IP_RECVOPTS. @alpha */
export const IP_CMSG_RECVOPTS = 8;
/** IP_RETOPTS. @alpha */
export const IP_CMSG_RETOPTS = 16;
/** IP_PASSSEC: packets have no security labels here, so nothing is reported. @alpha */
export const IP_CMSG_PASSSEC = 32;
/** IP_RECVORIGDSTADDR. @alpha */
export const IP_CMSG_ORIGDSTADDR = 64;
/** IP_CHECKSUM. @alpha */
export const IP_CMSG_CHECKSUM = 128;
/** IP_RECVFRAGSIZE. @alpha */
export const IP_CMSG_RECVFRAGSIZE = 256;

function int32(n: number): Uint8Array {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setInt32(0, n, true);
  return data;
}

/** The address that an answer to a received packet would come from (fib_compute_spec_dst, for a packet that has lost its route). */
function specDst(net: Net, skb: Skb): number {
  const daddr = iphDaddr(skb.view, skb.networkHeader);
  if (inetAddrType(net, daddr) === RTN_LOCAL) return daddr;
  const dev = devGetByIndex(net, ipcbIif(skb)) as NetDevice | null;
  return dev === null ? INADDR_ANY : inetSelectAddr(dev, iphSaddr(skb.view, skb.networkHeader), RT_SCOPE_UNIVERSE);
}

/** Adds what the socket asked for to a received message (ip_cmsg_recv). @alpha */
export function ipCmsgRecv(sk: InetSock, msg: MsgHdr, skb: Skb): void {
  const flags = sk.cmsgFlags;
  const nh = skb.networkHeader;
  const view = skb.view;
  if ((flags & IP_CMSG_PKTINFO) !== 0) {
    const data = new Uint8Array(12);
    const dv = new DataView(data.buffer);
    dv.setInt32(0, ipcbIif(skb), true);
    dv.setInt32(4, specDst(sk.net, skb));
    dv.setInt32(8, iphDaddr(view, nh));
    putCmsg(msg, SOL_IP, IP_PKTINFO, data);
  }
  if ((flags & IP_CMSG_TTL) !== 0) putCmsg(msg, SOL_IP, IP_TTL, int32(iphTtl(view, nh)));
  if ((flags & IP_CMSG_TOS) !== 0) putCmsg(msg, SOL_IP, IP_TOS, new Uint8Array([iphTos(view, nh)]));
  if ((flags & IP_CMSG_RECVOPTS) !== 0 && ipcbOptlen(skb) !== 0) {
    putCmsg(msg, SOL_IP, IP_RECVOPTS, skb.u8.slice(nh + IPHDR_LEN, nh + IPHDR_LEN + ipcbOptlen(skb)));
  }
  if ((flags & IP_CMSG_RETOPTS) !== 0 && ipcbOptlen(skb) !== 0) {
    const o = new IpOptions();
    if (ipOptionsEcho(sk.net.get(IPV4), o, skb) === 0) {
      // As a user would give them.
      const out = new Uint8Array(o.optlen);
      ipOptionsUndo(o, out);
      putCmsg(msg, SOL_IP, IP_RETOPTS, out);
    }
  }
  if ((flags & IP_CMSG_ORIGDSTADDR) !== 0) {
    const data = new Uint8Array(16);
    const dv = new DataView(data.buffer);
    dv.setUint16(0, AF_INET, true);
    // Destination port: the second half-word of every transport header that has ports.
    const at = skb.transportHeader;
    if (at >= 0 && at + 4 <= skb.tail) dv.setUint16(2, view.getUint16(at + 2));
    dv.setInt32(4, iphDaddr(view, nh));
    putCmsg(msg, SOL_IP, IP_ORIGDSTADDR, data);
  }
  if ((flags & IP_CMSG_CHECKSUM) !== 0) {
    putCmsg(msg, SOL_IP, IP_CHECKSUM, int32(~csumFold(skbChecksum(skb, 0, skb.len, 0)) & 0xffff));
  }
  if ((flags & IP_CMSG_RECVFRAGSIZE) !== 0 && ipcbFragMaxSize(skb) !== 0) putCmsg(msg, SOL_IP, IP_RECVFRAGSIZE, int32(ipcbFragMaxSize(skb)));
}

/** One of level SOL_SOCKET (__sock_cmsg_send): what others read is passed over, what nobody knows is refused. */
function socketCmsg(sk: InetSock, c: Cmsg, ipc: IpcmCookie): number {
  switch (c.type) {
    case SO_MARK:
    case SO_PRIORITY: {
      const n = c.data.length === 4 ? optInt(c.data) : NaN;
      if (Number.isNaN(n)) return -EINVAL;
      if ((c.type === SO_MARK || n < 0 || n > 6) && !capable(sk.kernel, CAP_NET_RAW) && !capable(sk.kernel, CAP_NET_ADMIN)) return -EPERM;
      if (c.type === SO_MARK) ipc.mark = n;
      else ipc.priority = n;
      return 0;
    }
    case SCM_RIGHTS:
    case SCM_CREDENTIALS:
    case SO_TIMESTAMPING_OLD:
    case SO_TIMESTAMPING_NEW:
      return 0;
    default:
      return -EINVAL;
  }
}

/** Reads the control messages of a sendmsg into `ipc`: 0, -EINVAL or -EPERM (ip_cmsg_send). Levels of others are passed over. @alpha */
export function ipCmsgSend(sk: InetSock, msg: MsgHdr, ipc: IpcmCookie): number {
  for (const c of msg.control) {
    if (c.level === SOL_SOCKET) {
      const err = socketCmsg(sk, c, ipc);
      if (err !== 0) return err;
      continue;
    }
    if (c.level !== SOL_IP) continue;
    switch (c.type) {
      case IP_RETOPTS: {
        const o = new IpOptions();
        if (ipOptionsGet(sk.net.get(IPV4), o, c.data.subarray(0, 40)) !== 0) return -EINVAL;
        ipc.opt = o.optlen === 0 ? null : o;
        break;
      }
      case IP_PKTINFO: {
        if (c.data.length !== 12) return -EINVAL;
        const dv = new DataView(c.data.buffer, c.data.byteOffset, 12);
        const ifindex = dv.getInt32(0, true);
        if (ifindex !== 0) ipc.oif = ifindex;
        ipc.addr = dv.getInt32(4);
        break;
      }
      case IP_TTL: {
        const n = c.data.length === 4 ? optInt(c.data) : NaN;
        if (!(n >= 1 && n <= 255)) return -EINVAL;
        ipc.ttl = n;
        break;
      }
      case IP_TOS: {
        const n = c.data.length === 4 ? optInt(c.data) : c.data.length === 1 ? c.data[0]! : NaN;
        if (!(n >= 0 && n <= 255)) return -EINVAL;
        ipc.tos = n;
        ipc.priority = rtTos2Priority(n);
        break;
      }
      case IP_PROTOCOL: {
        const n = c.data.length === 4 ? optInt(c.data) : NaN;
        if (!(n >= 1 && n <= 255)) return -EINVAL;
        ipc.protocol = n;
        break;
      }
      default:
        return -EINVAL;
    }
  }
  return 0;
}
