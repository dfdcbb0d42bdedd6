/** What the flow dissector finds in a packet. */

/** The keys of a flow (struct flow_keys). IPv4 addresses are int32 in word 0; IPv6 addresses fill all four. @alpha */
export class FlowKeys {
  /** EtherType of the network header, host order; 0 when nothing was understood. */
  nProto: number;
  ipProto: number;
  saddr0: number;
  saddr1: number;
  saddr2: number;
  saddr3: number;
  daddr0: number;
  daddr1: number;
  daddr2: number;
  daddr3: number;
  sport: number;
  dport: number;
  /** ICMP type and code, and the identifier of an echo. */
  icmpType: number;
  icmpCode: number;
  icmpId: number;
  flowLabel: number;
  vlanId: number;
  /** Offset from `data` of the network and of the transport header. */
  nhoff: number;
  thoff: number;
  isFragment: boolean;
  firstFragment: boolean;
  constructor() {
    this.nProto = 0;
    this.ipProto = 0;
    this.saddr0 = 0;
    this.saddr1 = 0;
    this.saddr2 = 0;
    this.saddr3 = 0;
    this.daddr0 = 0;
    this.daddr1 = 0;
    this.daddr2 = 0;
    this.daddr3 = 0;
    this.sport = 0;
    this.dport = 0;
    this.icmpType = 0;
    this.icmpCode = 0;
    this.icmpId = 0;
    this.flowLabel = 0;
    this.vlanId = 0;
    this.nhoff = 0;
    this.thoff = 0;
    this.isFragment = false;
    this.firstFragment = false;
  }
}
