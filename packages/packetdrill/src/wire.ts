/** Packets as bytes: those to be injected are built here, those that were sent are read. */
import type { TcpOption } from './script.ts';

/** The header that a TUN with offloads puts before each packet (struct virtio_net_hdr). */
const VNET_LEN = 10;
const PROTO: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1, icmp6: 58 };

/** What of a packet's IP header is not always the same. */
export interface IpFields {
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
  readonly tos: number;
  readonly ttl: number;
  readonly flowLabel: number;
}

/** A TCP header's fields. */
export interface TcpFields {
  readonly sport: number;
  readonly dport: number;
  readonly seq: number;
  readonly ack: number;
  /** 12 bits: AE is 0x100. */
  readonly flags: number;
  readonly win: number;
  readonly urg: number;
  readonly options: readonly TcpOption[];
}

/** A packet that was sent. */
export interface Seen extends IpFields {
  /** Nanoseconds. */
  readonly at: number;
  readonly proto: number;
  readonly sport: number;
  readonly dport: number;
  /** Null unless TCP. */
  readonly tcp: TcpFields | null;
  /** Bytes behind the transport header. */
  readonly length: number;
  /** IPv4's don't-fragment bit. */
  readonly df: boolean;
  /** What is wrong with it, such as a checksum; null: nothing. */
  readonly fault: string | null;
  /** Of an ICMP message: type and code. */
  readonly icmp: readonly [number, number] | null;
}

function sum(bytes: Uint8Array, from: number, end: number, start: number): number {
  let s = start;
  for (let i = from; i < end; i += 2) s += (bytes[i]! << 8) | (i + 1 < end ? bytes[i + 1]! : 0);
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return s;
}

/** The sum over the pseudo-header. */
function pseudo(src: Uint8Array, dst: Uint8Array, proto: number, length: number): number {
  return sum(src, 0, src.length, sum(dst, 0, dst.length, proto + (length >>> 16) + (length & 0xffff)));
}

/** A TCP option's bytes. */
function optionBytes(o: TcpOption): number[] {
  const u32 = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
  switch (o.kind) {
    case 'eol': return [0];
    case 'nop': return [1];
    case 'mss': return [2, 4, o.value >> 8, o.value & 255];
    case 'wscale': return [3, 3, o.value];
    case 'sackOK': return [4, 2];
    case 'sack': return [5, 2 + 8 * o.blocks.length, ...o.blocks.flatMap(([a, b]) => [...u32(a), ...u32(b)])];
    case 'TS': return [8, 10, ...u32(o.val), ...u32(o.ecr)];
    case 'md5': return [19, 2 + o.digest.length, ...o.digest];
    case 'FO': return [34, 2 + o.cookie.length, ...o.cookie];
    case 'FOEXP': return [254, 4 + o.cookie.length, 0xf9, 0x89, ...o.cookie];
  }
}

/** A TCP header and `length` zeros behind it. Options that end on no multiple of four are filled up with zeros. */
export function tcpSegment(t: TcpFields, length: number): Uint8Array {
  const opts = t.options.flatMap(optionBytes);
  while (opts.length % 4 !== 0) opts.push(0);
  const head = 20 + opts.length;
  const out = new Uint8Array(head + length);
  const v = new DataView(out.buffer);
  v.setUint16(0, t.sport);
  v.setUint16(2, t.dport);
  v.setUint32(4, t.seq >>> 0);
  v.setUint32(8, t.ack >>> 0);
  v.setUint16(12, ((head >> 2) << 12) | t.flags);
  v.setUint16(14, t.win);
  v.setUint16(18, t.urg);
  out.set(opts, 20);
  return out;
}

/** A UDP header and `length` zeros. */
export function udpDatagram(sport: number, dport: number, length: number): Uint8Array {
  const out = new Uint8Array(8 + length);
  const v = new DataView(out.buffer);
  v.setUint16(0, sport);
  v.setUint16(2, dport);
  v.setUint16(4, out.length);
  return out;
}

const CSUM_AT: Readonly<Record<number, number>> = { 6: 16, 17: 6, 1: 2, 58: 2 };

/** Puts an IP header before a transport's bytes and fills in the checksums; no header of the TUN. The length fields can be made to say more than there is, as in a quotation. */
export function ipPacket(ip: IpFields, proto: 'tcp' | 'udp' | 'icmp', body: Uint8Array, saidLength: number = body.length): Uint8Array {
  const v6 = ip.src.length === 16;
  const head = v6 ? 40 : 20;
  const number = PROTO[v6 && proto === 'icmp' ? 'icmp6' : proto]!;
  const out = new Uint8Array(head + body.length);
  const v = new DataView(out.buffer);
  if (v6) {
    v.setUint32(0, ((6 << 28) | (ip.tos << 20) | ip.flowLabel) >>> 0);
    v.setUint16(4, saidLength);
    out[6] = number;
    out[7] = ip.ttl;
    out.set(ip.src, 8);
    out.set(ip.dst, 24);
  } else {
    v.setUint16(0, 0x4500 | ip.tos);
    v.setUint16(2, 20 + saidLength);
    v.setUint16(6, 0x4000);
    out[8] = ip.ttl;
    out[9] = number;
    out.set(ip.src, 12);
    out.set(ip.dst, 16);
    v.setUint16(10, ~sum(out, 0, 20, 0) & 0xffff);
  }
  out.set(body, head);
  const at = head + CSUM_AT[number]!;
  if (saidLength === body.length && at + 2 <= out.length) {
    v.setUint16(at, 0);
    const start = number === 1 ? 0 : pseudo(ip.src, ip.dst, number, body.length);
    const c = ~sum(out, head, out.length, start) & 0xffff;
    v.setUint16(at, c === 0 && number === 17 ? 0xffff : c);
  }
  return out;
}

/** Puts the TUN's header before a packet: with `gso` it is a train of TCP segments of so many payload bytes each. */
export function forTun(packet: Uint8Array, gso: number): Uint8Array {
  const out = new Uint8Array(VNET_LEN + packet.length);
  out.set(packet, VNET_LEN);
  if (gso > 0) {
    const v6 = packet[0]! >> 4 === 6;
    const head = v6 ? 40 : 20;
    const view = new DataView(out.buffer);
    const thl = (packet[head + 12]! >> 4) * 4;
    out[0] = 1;
    out[1] = v6 ? 4 : 1;
    view.setUint16(2, head + thl, true);
    view.setUint16(4, gso, true);
    view.setUint16(6, head, true);
    view.setUint16(8, 16, true);
    const addrs = v6 ? [packet.subarray(8, 24), packet.subarray(24, 40)] : [packet.subarray(12, 16), packet.subarray(16, 20)];
    view.setUint16(VNET_LEN + head + 16, pseudo(addrs[0]!, addrs[1]!, 6, packet.length - head));
  }
  return out;
}

function readOptions(b: Uint8Array, from: number, end: number): TcpOption[] | null {
  const v = new DataView(b.buffer, b.byteOffset, b.length);
  const out: TcpOption[] = [];
  for (let i = from; i < end;) {
    const kind = b[i]!;
    if (kind === 0) {
      out.push({ kind: 'eol' });
      break;
    }
    if (kind === 1) {
      out.push({ kind: 'nop' });
      i++;
      continue;
    }
    const len = b[i + 1] ?? 0;
    if (len < 2 || i + len > end) return null;
    if (kind === 2 && len === 4) out.push({ kind: 'mss', value: v.getUint16(i + 2) });
    else if (kind === 3 && len === 3) out.push({ kind: 'wscale', value: b[i + 2]! });
    else if (kind === 4 && len === 2) out.push({ kind: 'sackOK' });
    else if (kind === 8 && len === 10) out.push({ kind: 'TS', val: v.getUint32(i + 2), ecr: v.getUint32(i + 6) });
    else if (kind === 19) out.push({ kind: 'md5', digest: b.slice(i + 2, i + len) });
    else if (kind === 34) out.push({ kind: 'FO', cookie: b.slice(i + 2, i + len) });
    else if (kind === 254 && len >= 4 && v.getUint16(i + 2) === 0xf989) out.push({ kind: 'FOEXP', cookie: b.slice(i + 4, i + len) });
    else if (kind === 5 && (len - 2) % 8 === 0) {
      out.push({ kind: 'sack', blocks: Array.from({ length: (len - 2) / 8 }, (_, n) => [v.getUint32(i + 2 + 8 * n), v.getUint32(i + 6 + 8 * n)] as const) });
    } else return null;
    i += len;
  }
  return out;
}

/** Reads what the TUN gave: null for what is not IP, or neither TCP, UDP nor ICMP. */
export function readPacket(frame: Uint8Array, at: number): Seen | null {
  const b = frame.slice(VNET_LEN);
  const partial = (frame[0]! & 1) !== 0;
  const v6 = b.length >= 40 && b[0]! >> 4 === 6;
  if (!v6 && (b.length < 20 || b[0]! >> 4 !== 4)) return null;
  const v = new DataView(b.buffer);
  const head = v6 ? 40 : (b[0]! & 15) * 4;
  const proto = v6 ? b[6]! : b[9]!;
  const ip = {
    src: v6 ? b.slice(8, 24) : b.slice(12, 16), dst: v6 ? b.slice(24, 40) : b.slice(16, 20), tos: v6 ? (v.getUint16(0) >> 4) & 255 : b[1]!, ttl: v6 ? b[7]! : b[8]!,
    flowLabel: v6 ? v.getUint32(0) & 0xfffff : 0, df: !v6 && (b[6]! & 0x40) !== 0,
  };
  const at2 = CSUM_AT[proto];
  if (at2 === undefined || b.length < head + 8) return null;
  let fault: string | null = null;
  if (!v6 && sum(b, 0, head, 0) !== 0xffff) fault = 'bad IP checksum';
  // What the device is to finish has the pseudo-header's sum there.
  const start = proto === 1 ? 0 : pseudo(ip.src, ip.dst, proto, b.length - head);
  if (!partial && sum(b, head, b.length, start) !== 0xffff) fault = 'bad checksum';
  if (proto === 17) return { ...ip, at, proto, sport: v.getUint16(head), dport: v.getUint16(head + 2), tcp: null, length: b.length - head - 8, fault, icmp: null };
  if (proto !== 6) return { ...ip, at, proto, sport: 0, dport: 0, tcp: null, length: b.length - head - 8, fault, icmp: [b[head]!, b[head + 1]!] };
  if (b.length < head + 20) return null;
  const thl = (b[head + 12]! >> 4) * 4;
  const options = readOptions(b, head + 20, head + thl);
  if (options === null) fault = 'options that cannot be read';
  const [sport, dport] = [v.getUint16(head), v.getUint16(head + 2)];
  const tcp = {
    sport, dport, seq: v.getUint32(head + 4), ack: v.getUint32(head + 8), flags: v.getUint16(head + 12) & 0x1ff, win: v.getUint16(head + 14), urg: v.getUint16(head + 18), options: options ?? [],
  };
  return { ...ip, at, proto, sport, dport, tcp, length: b.length - head - thl, fault, icmp: null };
}
