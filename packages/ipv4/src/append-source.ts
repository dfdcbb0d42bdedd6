/** Where the bytes of ICMP's messages come from. */
// datapath-ok-file: made once a namespace
import { SkbSource } from '@linnet/inet';

/** At most 40 header bytes, then the bytes of a packet from `off` on, for answers of ICMP. @alpha */
export class HeadedSkbSource extends SkbSource {
  readonly head: Uint8Array;
  readonly headView: DataView;
  /** Header bytes to send, and how many have gone. */
  headLen: number;
  headPos: number;
  constructor() {
    super();
    this.head = new Uint8Array(40);
    this.headView = new DataView(this.head.buffer);
    this.headLen = 0;
    this.headPos = 0;
  }
  override take(u8: Uint8Array, off: number, len: number): boolean {
    let at = off;
    let left = len;
    while (this.headPos < this.headLen && left > 0) {
      u8[at++] = this.head[this.headPos++]!;
      left--;
    }
    return super.take(u8, at, left);
  }
}
