/** PROBE, the extended echo of RFC 8335: somebody asks whether an interface of ours is up and which protocols run on it. */
import { INET_NET } from '@linnet/inet';
import { devGetByIndex, devGetByName } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { skbCopyBits } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import {
  ICMP_AFI_IP, ICMP_AFI_IP6, ICMP_EXT_CODE_MAL_QUERY, ICMP_EXT_CODE_NO_IF, ICMP_EXT_ECHOREPLY_ACTIVE, ICMP_EXT_ECHOREPLY_IPV4, ICMP_EXT_ECHOREPLY_IPV6, ICMP_EXT_ECHO_CTYPE_ADDR,
  ICMP_EXT_ECHO_CTYPE_INDEX, ICMP_EXT_ECHO_CTYPE_NAME, IFF_UP,
} from '@linnet/uapi';
import { ipDevFind } from './devinet-select.ts';
import { inDevGet } from './in-device.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** Bytes of the extension's header and of an object's (RFC 4884 section 7). */
const EXT_HDR = 4;
const OBJ_HDR = 4;
const IFNAMSIZ = 16;
/** Objects that identify an interface are no longer than this: an IPv6 address with what stands before it. */
const MAX_IDENT = 20;

/** Nobody: the query makes no sense. */
const MALFORMED = -1;

function byName(ip: Ipv4Net, u8: Uint8Array, len: number): NetDevice | null | typeof MALFORMED {
  if (len >= IFNAMSIZ) return MALFORMED;
  let name = '';
  for (let i = 0; i < len && u8[i] !== 0; i++) name += String.fromCharCode(u8[i]!); // datapath-ok: an answer to a query that is off by default
  return devGetByName(ip.net, name);
}

function byAddress(ip: Ipv4Net, view: DataView, len: number): NetDevice | null | typeof MALFORMED {
  if (len < 4) return MALFORMED;
  const afi = view.getUint16(0);
  const alen = view.getUint8(2);
  if (len !== 4 + alen) return MALFORMED;
  if (afi === ICMP_AFI_IP) return alen === 4 ? ipDevFind(ip, view.getInt32(4)) : MALFORMED;
  if (afi !== ICMP_AFI_IP6 || alen !== 16) return MALFORMED;
  const { v6 } = ip.net.get(INET_NET);
  if (v6 === null) return null;
  for (let i = 0; i < 4; i++) ip.probeAddr[i] = view.getInt32(4 + i * 4);
  return v6.devOf(ip.probeAddr);
}

/**
 * Answers a query (`icmp_build_probe`): `data` behind the ICMP header, whose second word is `un`. Returns the reply's second word with its code in `ip.probeCode`, or -1
 * when there is no answer.
 * @alpha
 */
export function icmpBuildProbe(ip: Ipv4Net, skb: Skb, code: number, un: number): number {
  // Only interfaces of this machine are probed, and only when it is allowed.
  if (ip.sysctlIcmpEchoEnableProbe === 0 || (un & 1) === 0) return -1;
  ip.probeCode = code;
  const seq = (un & 0xffffff00) >>> 0;
  const dev = find(ip, skb);
  if (dev === MALFORMED) {
    ip.probeCode = ICMP_EXT_CODE_MAL_QUERY;
    return seq;
  }
  if (dev === null) {
    ip.probeCode = ICMP_EXT_CODE_NO_IF;
    return seq;
  }
  let status = 0;
  if ((dev.flags & IFF_UP) !== 0) status |= ICMP_EXT_ECHOREPLY_ACTIVE;
  const indev = inDevGet(dev);
  if (indev !== null && indev.ifas.length > 0) status |= ICMP_EXT_ECHOREPLY_IPV4;
  const { v6 } = ip.net.get(INET_NET);
  if (v6 !== null && v6.hasAddr(dev)) status |= ICMP_EXT_ECHOREPLY_IPV6;
  return (seq | status) >>> 0;
}

function find(ip: Ipv4Net, skb: Skb): NetDevice | null | typeof MALFORMED {
  const src = ip.skbSource;
  if (skb.len < EXT_HDR + OBJ_HDR) return MALFORMED;
  skbCopyBits(skb, EXT_HDR, src.head, 0, OBJ_HDR);
  const length = src.headView.getUint16(0);
  const ctype = src.headView.getUint8(3);
  if (length <= OBJ_HDR) return MALFORMED;
  const len = length - OBJ_HDR;
  if (len > MAX_IDENT || EXT_HDR + length > skb.len) return MALFORMED;
  skbCopyBits(skb, EXT_HDR + OBJ_HDR, src.head, 0, len);
  switch (ctype) {
    case ICMP_EXT_ECHO_CTYPE_NAME:
      return byName(ip, src.head, len);
    case ICMP_EXT_ECHO_CTYPE_INDEX:
      return len === 4 ? devGetByIndex(ip.net, src.headView.getInt32(0)) : MALFORMED;
    case ICMP_EXT_ECHO_CTYPE_ADDR:
      return byAddress(ip, src.headView, len);
    default:
      return MALFORMED;
  }
}
