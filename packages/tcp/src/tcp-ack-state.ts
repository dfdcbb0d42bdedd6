/** What is gathered while an ACK is processed. */

/** What the processing of one ACK gathers. One serves a whole kernel: ACKs are processed one after the other. */
export class AckState {
  /** Lowest sequence number that was delivered late, i.e. after higher ones. */
  reord = 0;
  /** Round trips by SACK, microseconds: when the first and the last newly SACKed segment had left. */
  hasSackt = false;
  firstSackt = 0;
  lastSackt = 0;
  flag = 0;
  /** What is to be sent next: REXMIT_*. */
  rexmit = 0;
  /** Sorted blocks: start, end pairs. */
  readonly blocks: Int32Array = new Int32Array(8);
  nblocks = 0;
}
