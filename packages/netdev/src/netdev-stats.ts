/** The counters of a device. */

/**
 * The counters of `struct rtnl_link_stats64` under their camelCased names.
 * The four that every packet touches are doubles in a typed array: a field above 2^31 would become a boxed double.
 * @public
 */
export class NetDeviceStats {
  private readonly hot: Float64Array = new Float64Array(4);
  rxErrors = 0;
  txErrors = 0;
  rxDropped = 0;
  txDropped = 0;
  multicast = 0;
  collisions = 0;
  rxLengthErrors = 0;
  rxOverErrors = 0;
  rxCrcErrors = 0;
  rxFrameErrors = 0;
  rxFifoErrors = 0;
  rxMissedErrors = 0;
  txAbortedErrors = 0;
  txCarrierErrors = 0;
  txFifoErrors = 0;
  txHeartbeatErrors = 0;
  txWindowErrors = 0;
  rxCompressed = 0;
  txCompressed = 0;
  rxNohandler = 0;
  rxOtherhostDropped = 0;

  get rxPackets(): number {
    return this.hot[0]!;
  }
  set rxPackets(n: number) {
    this.hot[0] = n;
  }
  get txPackets(): number {
    return this.hot[1]!;
  }
  set txPackets(n: number) {
    this.hot[1] = n;
  }
  get rxBytes(): number {
    return this.hot[2]!;
  }
  set rxBytes(n: number) {
    this.hot[2] = n;
  }
  get txBytes(): number {
    return this.hot[3]!;
  }
  set txBytes(n: number) {
    this.hot[3] = n;
  }
}
