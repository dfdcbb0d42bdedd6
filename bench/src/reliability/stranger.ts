/** A connection that an attacker keeps by hand: what it knows of both sequence numbers. */
import { ACK, SYN, synOptions } from './frames.ts';
import { PORT, type World } from './world.ts';

export interface StrangerOptions {
  readonly mss?: number;
  readonly sack?: boolean;
  readonly scale?: number;
  readonly win?: number;
  readonly port?: number;
}

export class Stranger {
  readonly w: World;
  readonly saddr: number;
  readonly sport: number;
  readonly dport: number;
  win: number;
  /** Next byte of ours, and of the server's that we expect. */
  seq = 1000;
  ack = 0;
  /** The server's end of what it sent so far. */
  sentEnd = 0;
  /** Segments with data that the server sent, and their payload bytes. */
  dataSegments = 0;
  dataBytes = 0;

  constructor(w: World, saddr: number, sport: number, o: StrangerOptions = {}) {
    this.w = w;
    this.saddr = saddr;
    this.sport = sport;
    this.dport = o.port ?? PORT;
    this.win = o.win ?? 65535;
    w.onReply = (view, _u8, ip, th) => {
      if (view.getUint16(th + 2) !== this.sport || view.getInt32(ip + 16) !== this.saddr) return;
      const flags = view.getUint8(th + 13);
      const len = view.getUint16(ip + 2) - 20 - (view.getUint8(th + 12) >> 4) * 4;
      if ((flags & SYN) !== 0) this.ack = (view.getInt32(th + 4) + 1) | 0;
      const end = (view.getInt32(th + 4) + len + (flags & SYN)) | 0;
      if (((end - this.sentEnd) | 0) > 0 || this.sentEnd === 0) this.sentEnd = (view.getInt32(th + 4) + len) | 0;
      if (len > 0) {
        this.dataSegments++;
        this.dataBytes += len;
      }
    };
    const { frame } = w;
    w.attack(frame.make(saddr, sport, this.dport, this.seq, 0, SYN, Math.min(this.win, 65535), 0, synOptions(o.mss ?? 1460, o.sack ?? true, o.scale ?? 7)));
    this.seq++;
    if (this.ack !== 0) this.send(this.seq, this.ack, 0);
  }

  /** A segment with the ACK bit. */
  send(seq: number, ack: number, payload: number, options?: Uint8Array, flags: number = ACK): void {
    this.w.attack(this.w.frame.make(this.saddr, this.sport, this.dport, seq, ack, flags, this.win, payload, options));
  }
}
