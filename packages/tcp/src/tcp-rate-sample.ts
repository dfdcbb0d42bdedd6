/** What is measured while an acknowledgment is processed. */

/** What one acknowledgment tells of the rate. One serves a whole kernel: acknowledgments are processed one after the other. @alpha */
export class RateSample {
  /** Something was delivered. */
  pending = false;
  /** Of what was delivered, that which left last: the count of deliveries and their time then, and whether the sender had too little to send. */
  priorDelivered = 0;
  priorTime = 0;
  isAppLimited = false;
  sendElapsed = 0;
  ackElapsed = 0;
  /** Segments delivered within `interval`. */
  delivered = 0;
  /** Microseconds; 0: this acknowledgment gives no rate. */
  interval = 0;
  /** The round trip that it showed; -1: none. */
  rtt = -1;
  /** That may be longer by a delayed ACK. */
  maybeDelayed = false;
  /** Segments newly acknowledged or SACKed, and newly lost. */
  acked = 0;
  lost = 0;
  /** Segments in flight before it came. */
  priorInFlight = 0;
}
