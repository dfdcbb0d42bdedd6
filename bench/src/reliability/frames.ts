/** Frames of an attacker, made in one buffer. */

export const ROUTER_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0, 0xfe);
const ETH = 14;

export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

/** The answer of `address`'s owner to an ARP request. */
export function arpReply(request: DataView, address: number): Uint8Array {
  const out = new Uint8Array(42);
  const v = new DataView(out.buffer);
  for (let i = 0; i < 6; i++) out[i] = request.getUint8(6 + i);
  out.set(ROUTER_MAC, 6);
  v.setUint16(12, 0x0806);
  v.setUint16(14, 1);
  v.setUint16(16, 0x0800);
  v.setUint16(18, 0x0604);
  v.setUint16(20, 2);
  out.set(ROUTER_MAC, 22);
  v.setInt32(28, address);
  for (let i = 0; i < 6; i++) out[32 + i] = request.getUint8(22 + i);
  v.setInt32(38, request.getInt32(28));
  return out;
}

/** Where the headers of a frame that came are. */
export function frameIp(view: DataView): { ip: number; th: number } {
  return { ip: ETH, th: ETH + (view.getUint8(ETH) & 15) * 4 };
}

/** A SYN's options as browsers send them: MSS, SACK, timestamp, window scale. */
export function synOptions(mss: number, sack: boolean, scale: number): Uint8Array {
  return Uint8Array.of(2, 4, mss >> 8, mss & 255, ...(sack ? [4, 2, 1, 1] : []), 3, 3, scale, 1);
}

/** An ACK's option: SACK blocks as [start, end) of sequence numbers. */
export function sackOption(blocks: readonly (readonly [number, number])[]): Uint8Array {
  const out = new Uint8Array(4 + 8 * blocks.length);
  const v = new DataView(out.buffer);
  out.set([1, 1, 5, 2 + 8 * blocks.length]);
  blocks.forEach(([s, e], i) => {
    v.setInt32(4 + 8 * i, s);
    v.setInt32(8 + 8 * i, e);
  });
  return out;
}

const NONE = new Uint8Array(0);

/** One frame after the other to the server. */
export class TcpFrame {
  readonly u8: Uint8Array = new Uint8Array(2048);
  private readonly view: DataView = new DataView(this.u8.buffer);
  private readonly daddr: number;

  constructor(daddr: number, mac: Uint8Array) {
    this.daddr = daddr;
    this.u8.set(mac, 0);
    this.u8.set(ROUTER_MAC, 6);
    const v = this.view;
    v.setUint16(12, 0x0800);
    v.setUint16(ETH, 0x4500);
    v.setUint16(ETH + 6, 0x4000);
    v.setUint16(ETH + 8, 0x4006);
    v.setInt32(ETH + 16, daddr);
  }

  /** Makes a segment with `payload` bytes of anything; returns the frame's length. */
  make(saddr: number, sport: number, dport: number, seq: number, ack: number, flags: number, win: number, payload: number = 0, options: Uint8Array = NONE): number {
    const v = this.view;
    const th = ETH + 20;
    const hdr = 20 + options.length;
    const tcpLen = hdr + payload;
    v.setUint16(ETH + 2, 20 + tcpLen);
    v.setUint16(ETH + 10, 0);
    v.setInt32(ETH + 12, saddr);
    v.setUint16(ETH + 10, ~this.sum(ETH, 20, 0) & 0xffff);
    v.setUint16(th, sport);
    v.setUint16(th + 2, dport);
    v.setInt32(th + 4, seq);
    v.setInt32(th + 8, ack);
    v.setUint16(th + 12, (hdr << 10) | flags);
    v.setUint16(th + 14, win);
    v.setInt32(th + 16, 0);
    this.u8.set(options, th + 20);
    this.u8.fill(0x78, th + hdr, th + tcpLen);
    const pseudo = (saddr >>> 16) + (saddr & 0xffff) + (this.daddr >>> 16) + (this.daddr & 0xffff) + 6 + tcpLen;
    v.setUint16(th + 16, ~this.sum(th, tcpLen, pseudo) & 0xffff);
    return th + tcpLen;
  }

  /** The ones' complement sum of RFC 1071. */
  private sum(at: number, len: number, sum: number): number {
    const end = at + len;
    for (; at + 1 < end; at += 2) sum += this.view.getUint16(at);
    if (at < end) sum += this.u8[at]! << 8;
    sum = (sum & 0xffff) + (sum >>> 16);
    return (sum & 0xffff) + (sum >>> 16);
  }
}
