/**
 * Packets as layers: plain objects that become bytes, and bytes that become plain objects.
 *
 * ```ts
 * const frame = build(eth({ dst: '02:00:00:00:00:01' }), ip({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ sport: 1, dport: 80, flags: 'S' }));
 * dissect(frame).tcp?.flags; // 'S'
 * ```
 * Lengths and checksums are computed unless they are given, so that a wrong one can be made on purpose.
 */
import { checksum, pseudoHeader } from './checksum.ts';

/** An Ethernet header. Addresses are `aa:bb:cc:dd:ee:ff`. @public */
export interface EthLayer {
  readonly layer: 'eth';
  dst: string;
  src: string;
  /** EtherType; by default that of the next layer. */
  type?: number;
}
/** An ARP packet for Ethernet and IPv4. @public */
export interface ArpLayer {
  readonly layer: 'arp';
  op: number;
  sha: string;
  spa: string;
  tha: string;
  tpa: string;
}
/** An IPv4 header. @public */
export interface IpLayer {
  readonly layer: 'ip';
  src: string;
  dst: string;
  ttl: number;
  id: number;
  tos: number;
  df: boolean;
  mf: boolean;
  /** Fragment offset in bytes. */
  offset: number;
  protocol?: number;
  totLen?: number;
  check?: number;
  version: number;
  options: Uint8Array;
}
/** An ICMP message: `rest` is the second word of the header. @public */
export interface IcmpLayer {
  readonly layer: 'icmp';
  type: number;
  code: number;
  rest: number;
  check?: number;
}
/** A UDP header. @public */
export interface UdpLayer {
  readonly layer: 'udp';
  sport: number;
  dport: number;
  len?: number;
  check?: number;
}
/** A TCP header. Flags are letters of «FSRPAUEC». @public */
export interface TcpLayer {
  readonly layer: 'tcp';
  sport: number;
  dport: number;
  seq: number;
  ack: number;
  flags: string;
  win: number;
  urg: number;
  check?: number;
  options: Uint8Array;
}
/** Bytes behind the headers. @public */
export interface PayloadLayer {
  readonly layer: 'payload';
  bytes: Uint8Array;
}
/** Any layer. @public */
export type Layer = EthLayer | ArpLayer | IpLayer | IcmpLayer | UdpLayer | TcpLayer | PayloadLayer;

/** Any fields of a layer. @public */
export type LayerFields<T> = Partial<Omit<T, 'layer'>>;

/** An Ethernet header; the addresses are zero unless given. @public */
export function eth(over: LayerFields<EthLayer> = {}): EthLayer {
  return { layer: 'eth', dst: '00:00:00:00:00:00', src: '00:00:00:00:00:00', ...over };
}
/** An ARP packet; a request unless told otherwise. @public */
export function arp(over: LayerFields<ArpLayer> = {}): ArpLayer {
  return { layer: 'arp', op: 1, sha: '00:00:00:00:00:00', spa: '0.0.0.0', tha: '00:00:00:00:00:00', tpa: '0.0.0.0', ...over };
}
/** An IPv4 header with TTL 64. @public */
export function ip(over: LayerFields<IpLayer> = {}): IpLayer {
  return { layer: 'ip', src: '0.0.0.0', dst: '0.0.0.0', ttl: 64, id: 0, tos: 0, df: false, mf: false, offset: 0, version: 4, options: new Uint8Array(0), ...over };
}
/** An ICMP message; an echo request unless told otherwise. @public */
export function icmp(over: LayerFields<IcmpLayer> & { readonly echoId?: number; readonly seq?: number } = {}): IcmpLayer {
  const { echoId, seq, ...rest } = over;
  return { layer: 'icmp', type: 8, code: 0, rest: (((echoId ?? 0) << 16) | (seq ?? 0)) >>> 0, ...rest };
}
/** A UDP header. @public */
export function udp(over: LayerFields<UdpLayer> = {}): UdpLayer {
  return { layer: 'udp', sport: 0, dport: 0, ...over };
}
/** A TCP header with a window of 65535. @public */
export function tcp(over: LayerFields<TcpLayer> = {}): TcpLayer {
  return { layer: 'tcp', sport: 0, dport: 0, seq: 0, ack: 0, flags: 'A', win: 65535, urg: 0, options: new Uint8Array(0), ...over };
}
/** Payload: bytes, or text in ASCII. @public */
export function payload(data: Uint8Array | string): PayloadLayer {
  return { layer: 'payload', bytes: typeof data === 'string' ? Uint8Array.from(data, (c) => c.charCodeAt(0)) : data };
}

const FLAGS = 'FSRPAUEC';

const macBytes = (s: string): Uint8Array => Uint8Array.from(s.split(':'), (h) => parseInt(h, 16));
const macText = (b: Uint8Array, off: number): string => Array.from(b.subarray(off, off + 6), (x) => x.toString(16).padStart(2, '0')).join(':');
const ipBytes = (s: string): Uint8Array => Uint8Array.from(s.split('.'), Number);
const ipText = (b: Uint8Array, off: number): string => b.subarray(off, off + 4).join('.');

function be(size: number, ...fields: [offset: number, bytes: 1 | 2 | 4, value: number][]): Uint8Array {
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  for (const [off, n, value] of fields) {
    if (n === 1) view.setUint8(off, value);
    else if (n === 2) view.setUint16(off, value);
    else view.setUint32(off, value);
  }
  return out;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

const PROTOCOLS: Partial<Record<Layer['layer'], number>> = { icmp: 1, tcp: 6, udp: 17 };
const ETHERTYPES: Partial<Record<Layer['layer'], number>> = { arp: 0x0806, ip: 0x0800 };

/** The bytes of a packet, outermost layer first. @public */
export function build(...layers: Layer[]): Uint8Array {
  let body: Uint8Array = new Uint8Array(0);
  for (let i = layers.length - 1; i >= 0; i--) body = put(layers[i]!, layers[i + 1], layers[i - 1], body);
  return body;
}

function put(l: Layer, inner: Layer | undefined, outer: Layer | undefined, body: Uint8Array): Uint8Array {
  const pseudo = (protocol: number, length: number): number => (outer?.layer === 'ip' ? pseudoHeader(ipBytes(outer.src), ipBytes(outer.dst), protocol, length) : 0);
  switch (l.layer) {
    case 'payload':
      return join(l.bytes, body);
    case 'eth': {
      const head = be(14, [12, 2, l.type ?? ETHERTYPES[inner?.layer ?? 'payload'] ?? 0]);
      head.set(macBytes(l.dst), 0);
      head.set(macBytes(l.src), 6);
      return join(head, body);
    }
    case 'arp': {
      const head = be(28, [0, 2, 1], [2, 2, 0x0800], [4, 1, 6], [5, 1, 4], [6, 2, l.op]);
      head.set(macBytes(l.sha), 8);
      head.set(ipBytes(l.spa), 14);
      head.set(macBytes(l.tha), 18);
      head.set(ipBytes(l.tpa), 24);
      return join(head, body);
    }
    case 'ip': {
      const hl = 20 + l.options.length;
      const frag = (l.df ? 0x4000 : 0) | (l.mf ? 0x2000 : 0) | (l.offset >> 3);
      const head = be(
        hl, [0, 1, (l.version << 4) | (hl >> 2)], [1, 1, l.tos], [2, 2, l.totLen ?? hl + body.length], [4, 2, l.id], [6, 2, frag], [8, 1, l.ttl],
        [9, 1, l.protocol ?? PROTOCOLS[inner?.layer ?? 'payload'] ?? 0],
      );
      head.set(ipBytes(l.src), 12);
      head.set(ipBytes(l.dst), 16);
      head.set(l.options, 20);
      new DataView(head.buffer).setUint16(10, l.check ?? checksum(head));
      return join(head, body);
    }
    case 'icmp': {
      const out = join(be(8, [0, 1, l.type], [1, 1, l.code], [4, 4, l.rest]), body);
      new DataView(out.buffer).setUint16(2, l.check ?? checksum(out));
      return out;
    }
    case 'udp': {
      const length = l.len ?? 8 + body.length;
      const out = join(be(8, [0, 2, l.sport], [2, 2, l.dport], [4, 2, length]), body);
      new DataView(out.buffer).setUint16(6, l.check ?? (checksum(out, pseudo(17, out.length)) || 0xffff));
      return out;
    }
    case 'tcp': {
      const hl = 20 + l.options.length;
      let flags = 0;
      for (const c of l.flags) {
        const bit = FLAGS.indexOf(c);
        if (bit < 0) throw new TypeError(`tcp: '${c}' is no flag, they are ${FLAGS}`);
        flags |= 1 << bit;
      }
      const head = be(
        hl, [0, 2, l.sport], [2, 2, l.dport], [4, 4, l.seq], [8, 4, l.ack], [12, 1, (hl >> 2) << 4], [13, 1, flags], [14, 2, l.win], [18, 2, l.urg],
      );
      head.set(l.options, 20);
      const out = join(head, body);
      new DataView(out.buffer).setUint16(16, l.check ?? checksum(out, pseudo(6, out.length)));
      return out;
    }
  }
}

/** A packet taken apart. `bad` names what is wrong with it: a length or a checksum. @public */
export interface Dissected {
  eth?: EthLayer;
  arp?: ArpLayer;
  ip?: IpLayer;
  icmp?: IcmpLayer;
  udp?: UdpLayer;
  tcp?: TcpLayer;
  payload: Uint8Array;
  bad: string[];
}

/** Takes a packet apart, beginning with an Ethernet header or, for 'ip', with an IPv4 header. Never throws. @public */
export function dissect(bytes: Uint8Array, first: 'eth' | 'ip' = 'eth'): Dissected {
  const out: Dissected = { payload: bytes, bad: [] };
  if (first === 'ip') {
    dissectIp(bytes, out);
    return out;
  }
  if (bytes.length < 14) {
    out.bad.push('eth: truncated');
    return out;
  }
  const type = (bytes[12]! << 8) | bytes[13]!;
  out.eth = { layer: 'eth', dst: macText(bytes, 0), src: macText(bytes, 6), type };
  const rest = bytes.subarray(14);
  out.payload = rest;
  if (type === 0x0806) dissectArp(rest, out);
  else if (type === 0x0800) dissectIp(rest, out);
  return out;
}

function dissectArp(b: Uint8Array, out: Dissected): void {
  if (b.length < 28) {
    out.bad.push('arp: truncated');
    return;
  }
  out.arp = { layer: 'arp', op: (b[6]! << 8) | b[7]!, sha: macText(b, 8), spa: ipText(b, 14), tha: macText(b, 18), tpa: ipText(b, 24) };
  out.payload = b.subarray(28);
}

function dissectIp(b: Uint8Array, out: Dissected): void {
  const hl = ((b[0] ?? 0) & 15) * 4;
  if (b.length < 20 || hl < 20 || b.length < hl) {
    out.bad.push('ip: truncated');
    return;
  }
  const v = new DataView(b.buffer, b.byteOffset, b.length);
  const totLen = v.getUint16(2);
  const frag = v.getUint16(6);
  const protocol = b[9]!;
  if (totLen > b.length || totLen < hl) out.bad.push('ip: length');
  if (checksum(b.subarray(0, hl)) !== 0) out.bad.push('ip: checksum');
  out.ip = {
    layer: 'ip', version: b[0]! >> 4, tos: b[1]!, totLen, id: v.getUint16(4), df: (frag & 0x4000) !== 0, mf: (frag & 0x2000) !== 0, offset: (frag & 0x1fff) * 8,
    ttl: b[8]!, protocol, check: v.getUint16(10), src: ipText(b, 12), dst: ipText(b, 16), options: b.slice(20, hl),
  };
  const body = b.subarray(hl, Math.max(hl, Math.min(totLen, b.length)));
  out.payload = body;
  if (out.ip.offset !== 0) return;
  const whole = !out.ip.mf;
  const pseudo = pseudoHeader(b.subarray(12, 16), b.subarray(16, 20), protocol, body.length);
  if (protocol === 1) dissectIcmp(body, out, whole);
  else if (protocol === 17) dissectUdp(body, out, pseudo, whole);
  else if (protocol === 6) dissectTcp(body, out, pseudo, whole);
}

function dissectIcmp(b: Uint8Array, out: Dissected, whole: boolean): void {
  if (b.length < 8) {
    out.bad.push('icmp: truncated');
    return;
  }
  const v = new DataView(b.buffer, b.byteOffset, b.length);
  if (whole && checksum(b) !== 0) out.bad.push('icmp: checksum');
  out.icmp = { layer: 'icmp', type: b[0]!, code: b[1]!, check: v.getUint16(2), rest: v.getUint32(4) };
  out.payload = b.subarray(8);
}

function dissectUdp(b: Uint8Array, out: Dissected, pseudo: number, whole: boolean): void {
  if (b.length < 8) {
    out.bad.push('udp: truncated');
    return;
  }
  const v = new DataView(b.buffer, b.byteOffset, b.length);
  const len = v.getUint16(4);
  const check = v.getUint16(6);
  if (whole && (len < 8 || len > b.length)) out.bad.push('udp: length');
  if (whole && check !== 0 && checksum(b, pseudo) !== 0) out.bad.push('udp: checksum');
  out.udp = { layer: 'udp', sport: v.getUint16(0), dport: v.getUint16(2), len, check };
  out.payload = b.subarray(8);
}

function dissectTcp(b: Uint8Array, out: Dissected, pseudo: number, whole: boolean): void {
  const hl = (b[12] ?? 0) >> 4 << 2;
  if (b.length < 20 || hl < 20 || b.length < hl) {
    out.bad.push('tcp: truncated');
    return;
  }
  const v = new DataView(b.buffer, b.byteOffset, b.length);
  if (whole && checksum(b, pseudo) !== 0) out.bad.push('tcp: checksum');
  out.tcp = {
    layer: 'tcp', sport: v.getUint16(0), dport: v.getUint16(2), seq: v.getUint32(4), ack: v.getUint32(8), win: v.getUint16(14), urg: v.getUint16(18), check: v.getUint16(16),
    flags: [...FLAGS].filter((_, i) => (b[13]! & (1 << i)) !== 0).join(''), options: b.slice(20, hl),
  };
  out.payload = b.subarray(hl);
}
