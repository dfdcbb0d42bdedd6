/** The target LOG: a line in the kernel's log about a packet. Its form is that of a real kernel's lines. */
// datapath-ok-file: a rule that logs makes text
import { EINVAL } from '@linnet/kernel';
import { NFPROTO_IPV4 } from '@linnet/netdev';
import { type Skb, skbCopyBits } from '@linnet/skbuff';
import { in4ToString } from '@linnet/uapi';
import { XT_CONTINUE, type XtCheck, type XtParam, xtString, type XtTargetDef, type XtTargetFn } from './xt-core.ts';

const TCPSEQ = 1;
const TCPOPT = 2;
const IPOPT = 4;
const UID = 8;
const MACDECODE = 32;

function hex(n: number, digits: number): string {
  return n.toString(16).padStart(digits, '0');
}
function bytes(skb: Skb, off: number, n: number): Uint8Array | null {
  const b = new Uint8Array(n);
  return n <= 0 || skbCopyBits(skb, off, b, 0, n) !== 0 ? null : b;
}
function macOf(skb: Skb, from: number, n: number): string {
  return Array.from(skb.u8.subarray(from, from + n), (b) => hex(b, 2)).join(':');
}

function ports(skb: Skb, off: number): string | null {
  const b = bytes(skb, off, 4);
  return b === null ? null : `SPT=${(b[0]! << 8) | b[1]!} DPT=${(b[2]! << 8) | b[3]!} `;
}

function tcp(skb: Skb, off: number, flags: number): string {
  let s = 'PROTO=TCP ';
  const b = bytes(skb, off, 20);
  if (b === null) return `${s}INCOMPLETE [${Math.max(0, skb.len - off)} bytes] `;
  const v = new DataView(b.buffer);
  s += `SPT=${v.getUint16(0)} DPT=${v.getUint16(2)} `;
  if ((flags & TCPSEQ) !== 0) s += `SEQ=${v.getUint32(4)} ACK=${v.getUint32(8)} `;
  s += `WINDOW=${v.getUint16(14)} RES=0x${hex((b[12]! & 0x0f) << 2, 2)} `;
  for (const [bit, name] of [[0x80, 'CWR'], [0x40, 'ECE'], [0x20, 'URG'], [0x10, 'ACK'], [8, 'PSH'], [4, 'RST'], [2, 'SYN'], [1, 'FIN']] as const) if ((b[13]! & bit) !== 0) s += `${name} `;
  s += `URGP=${v.getUint16(18)} `;
  const opt = ((b[12]! >> 4) << 2) - 20;
  if ((flags & TCPOPT) !== 0 && opt > 0) {
    const o = bytes(skb, off + 20, opt);
    if (o !== null) s += `OPT (${Array.from(o, (x) => hex(x, 2).toUpperCase()).join('')}) `;
  }
  return s;
}

/** A packet, or one that an ICMP error quotes, from its header at `off` behind `data`. */
function ip4(skb: Skb, off: number, flags: number, inner: boolean): string {
  const b = bytes(skb, off, 20);
  if (b === null) return 'TRUNCATED';
  const v = new DataView(b.buffer);
  const frag = v.getUint16(6);
  let s = `SRC=${in4ToString(v.getInt32(12))} DST=${in4ToString(v.getInt32(16))} LEN=${v.getUint16(2)} TOS=0x${hex(b[1]! & 0x1e, 2)} PREC=0x${hex(b[1]! & 0xe0, 2)} TTL=${b[8]} ID=${v.getUint16(4)} `;
  if ((frag & 0x8000) !== 0) s += 'CE ';
  if ((frag & 0x4000) !== 0) s += 'DF ';
  if ((frag & 0x2000) !== 0) s += 'MF ';
  if ((frag & 0x1fff) !== 0) s += `FRAG:${frag & 0x1fff} `;
  const ihl = (b[0]! & 15) << 2;
  if ((flags & IPOPT) !== 0 && ihl > 20) {
    const o = bytes(skb, off + 20, ihl - 20);
    if (o !== null) s += `OPT (${Array.from(o, (x) => hex(x, 2).toUpperCase()).join('')}) `;
  }
  const l4 = off + ihl;
  const later = (frag & 0x1fff) !== 0;
  switch (b[9]) {
    case 6:
      return s + (later ? 'PROTO=TCP ' : tcp(skb, l4, flags));
    case 17:
    case 136: {
      s += `PROTO=${b[9] === 17 ? 'UDP' : 'UDPLITE'} `;
      if (later) return s;
      const u = bytes(skb, l4, 8);
      if (u === null) return `${s}INCOMPLETE [${Math.max(0, skb.len - l4)} bytes] `;
      return `${s}${ports(skb, l4)!}LEN=${(u[4]! << 8) | u[5]!} `;
    }
    case 1: {
      s += 'PROTO=ICMP ';
      if (later) return s;
      const m = bytes(skb, l4, 8);
      if (m === null) return `${s}INCOMPLETE [${Math.max(0, skb.len - l4)} bytes] `;
      s += `TYPE=${m[0]} CODE=${m[1]} `;
      if (m[0] === 0 || m[0] === 8) s += `ID=${(m[4]! << 8) | m[5]!} SEQ=${(m[6]! << 8) | m[7]!} `;
      else if (m[0] === 12) s += `PARAMETER=${m[4]} `;
      if (m[0] === 5) s += `GATEWAY=${m[4]}.${m[5]}.${m[6]}.${m[7]} `;
      if (m[0] === 3 || m[0] === 4 || m[0] === 5 || m[0] === 11) {
        if (!inner) s += `[${ip4(skb, l4 + 8, flags, true)}] `;
        if (m[0] === 3 && m[1] === 4) s += `MTU=${(m[6]! << 8) | m[7]!} `;
      }
      return s;
    }
    default:
      return `${s}PROTO=${b[9]} `;
  }
}

function addr6(b: Uint8Array, at: number): string {
  return Array.from({ length: 8 }, (_, i) => hex((b[at + 2 * i]! << 8) | b[at + 2 * i + 1]!, 4)).join(':');
}

function ip6(skb: Skb, off: number, flags: number, inner: boolean): string {
  const b = bytes(skb, off, 40);
  if (b === null) return 'TRUNCATED';
  const v = new DataView(b.buffer);
  const w = v.getUint32(0);
  let s = `SRC=${addr6(b, 8)} DST=${addr6(b, 24)} LEN=${v.getUint16(4) + 40} TC=${(w >>> 20) & 0xff} HOPLIMIT=${b[7]} FLOWLBL=${w & 0xfffff} `;
  let next = b[6]!;
  let at = off + 40;
  while (next === 0 || next === 43 || next === 60 || next === 44) {
    const e = bytes(skb, at, 8);
    if (e === null) return `${s}TRUNCATED`;
    if (next === 44) {
      const f = (e[2]! << 8) | e[3]!;
      s += `FRAG:${f & 0xfff8} `;
      if ((f & 1) !== 0) s += 'INCOMPLETE ';
      s += `ID:${hex(((e[4]! << 24) | (e[5]! << 16) | (e[6]! << 8) | e[7]!) >>> 0, 8)} `;
      if ((f & 0xfff8) !== 0) return s;
      at += 8;
    } else {
      at += (e[1]! + 1) << 3;
    }
    next = e[0]!;
  }
  switch (next) {
    case 6:
      return s + tcp(skb, at, flags);
    case 17: {
      const u = bytes(skb, at, 8);
      return u === null ? `${s}PROTO=UDP INCOMPLETE [${Math.max(0, skb.len - at)} bytes] ` : `${s}PROTO=UDP ${ports(skb, at)!}LEN=${(u[4]! << 8) | u[5]!} `;
    }
    case 58: {
      const m = bytes(skb, at, 8);
      if (m === null) return `${s}PROTO=ICMPv6 INCOMPLETE [${Math.max(0, skb.len - at)} bytes] `;
      s += `PROTO=ICMPv6 TYPE=${m[0]} CODE=${m[1]} `;
      if (m[0] === 128 || m[0] === 129) s += `ID=${(m[4]! << 8) | m[5]!} SEQ=${(m[6]! << 8) | m[7]!} `;
      else if (m[0] === 4) s += `POINTER=${hex(((m[4]! << 24) | (m[5]! << 16) | (m[6]! << 8) | m[7]!) >>> 0, 8)} `;
      if (m[0]! < 4) {
        if (!inner && m[0] !== 0) s += `[${ip6(skb, at + 8, flags, true)}] `;
        if (m[0] === 2) s += `MTU=${((m[4]! << 24) | (m[5]! << 16) | (m[6]! << 8) | m[7]!) >>> 0} `;
      }
      return s;
    }
    default:
      return `${s}PROTO=${next} `;
  }
}

/** The line about a packet (nf_log_packet). */
export function nfLogLine(skb: Skb, par: XtParam, prefix: string, flags: number): string {
  let s = `${prefix}IN=${par.inDev?.name ?? ''} OUT=${par.outDev?.name ?? ''} `;
  if (par.inDev !== null) {
    const at = skb.macHeader;
    if ((flags & MACDECODE) !== 0 && at >= 0 && skb.data - at >= 14) s += `MACSRC=${macOf(skb, at + 6, 6)} MACDST=${macOf(skb, at, 6)} MACPROTO=${hex(skb.view.getUint16(at + 12), 4)} `;
    else s += `MAC=${at >= 0 && par.inDev.hardHeaderLen > 0 && skb.networkHeader > at ? macOf(skb, at, par.inDev.hardHeaderLen) : ''} `;
  }
  const off = skb.networkHeader - skb.data;
  s += par.family === NFPROTO_IPV4 ? ip4(skb, off, flags, false) : ip6(skb, off, flags, false);
  if ((flags & UID) !== 0) {
    const sk = (skb.sk ?? par.state.sk) as { uid?: number; gid?: number } | null;
    if (sk?.uid !== undefined) s += `UID=${sk.uid >>> 0} GID=${(sk.gid ?? 0) >>> 0} `;
  }
  if (skb.mark !== 0) s += `MARK=0x${hex(skb.mark >>> 0, 1)} `;
  return s;
}

function log({ u8, off, net }: XtCheck): XtTargetFn | number {
  const level = u8[off]!;
  const flags = u8[off + 1]!;
  const prefix = xtString(u8, off + 2, 30);
  if (level >= 8 || prefix === null) return -EINVAL;
  const k = net.kernel;
  return (skb, par) => {
    k.log.printk(level, nfLogLine(skb, par, prefix, flags));
    return XT_CONTINUE;
  };
}

/** The definitions. */
export const XT_LOG: readonly XtTargetDef[] = [
  { name: 'LOG', revision: 0, family: NFPROTO_IPV4, size: 32, check: log },
  { name: 'LOG', revision: 0, family: 10, size: 32, check: log },
];
