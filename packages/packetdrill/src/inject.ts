/** What a script injects: from its words and the connection's numbers to bytes. */
import type { Connection, Connections } from './connections.ts';
import type { IcmpSpec, PacketSpec, TcpOption, TcpSpec } from './script.ts';
import { ipPacket, tcpSegment, udpDatagram } from './wire.ts';

/** Where it goes. */
export interface InjectContext {
  readonly conns: Connections;
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  readonly listeners: ReadonlyMap<number, number>;
  readonly bindPort: number;
  /** An echoed timestamp that the script did not name before lies as far from the first as the script says. */
  readonly scaledEcr: boolean;
}

const SYN = 2;
const ACK = 16;

/** The connection that a packet is meant for. */
function connectionOf(cx: InjectContext, spec: PacketSpec): Connection | null {
  const { conns } = cx;
  if (spec.proto === 'icmp') return conns.current;
  if (spec.proto === 'udp') {
    if (spec.ports !== null) return conns.find('udp', spec.ports[1], spec.ports[0]) ?? conns.add('udp', spec.ports[1], spec.ports[0]);
    return conns.list.findLast((c) => c.proto === 'udp') ?? conns.add('udp', cx.bindPort, conns.freshPort());
  }
  if (spec.ports !== null) {
    const [remote, local] = spec.ports;
    return conns.find('tcp', local, remote) ?? conns.add('tcp', local, remote);
  }
  // A SYN is for a listener if there is one, and from a new port, unless it repeats the one before.
  if ((spec.flags & (SYN | ACK)) === SYN && (cx.listeners.size > 0 || conns.current === null) && conns.current?.opening !== true) {
    const [port] = [...cx.listeners.values()].slice(-1);
    const c = conns.add('tcp', port ?? cx.bindPort, conns.freshPort());
    c.opening = true;
    return c;
  }
  return conns.current ?? conns.add('tcp', cx.bindPort, conns.freshPort());
}

function liveOption(o: TcpOption, c: Connection, spec: TcpSpec, scaled: boolean): TcpOption {
  if (o.kind === 'sack') return { kind: 'sack', blocks: o.blocks.map(([a, b]) => [(c.localIsn ?? 0) + a, (c.localIsn ?? 0) + b] as const) };
  if (o.kind !== 'TS' || (o.ecr === 0 && (spec.flags & (SYN | ACK)) === SYN)) return o;
  const known = c.tsVals.get(o.ecr);
  if (known !== undefined) return { ...o, ecr: known };
  if (scaled && c.tsFirst !== null) return { ...o, ecr: (c.tsFirst[1] + (o.ecr - c.tsFirst[0])) >>> 0 };
  return o;
}

function tcpBytes(spec: TcpSpec, c: Connection, cx: InjectContext): Uint8Array {
  const syn = (spec.flags & SYN) !== 0;
  if (syn) c.remoteIsn = spec.seq;
  else c.opening = false;
  const seq = syn ? spec.seq : (c.remoteIsn ?? 0) + spec.seq;
  const ack = spec.ack === null ? 0 : (c.localIsn ?? 0) + spec.ack - (syn ? c.scriptIsn : 0);
  const options = (spec.options ?? []).map((o) => liveOption(o, c, spec, cx.scaledEcr));
  return tcpSegment({ sport: c.remotePort, dport: c.localPort, seq, ack, flags: spec.flags, win: spec.win ?? 0, urg: spec.urg ?? 0, options }, spec.length);
}

const V4: Readonly<Record<string, number>> = {
  echo_reply: 0, unreachable: 3, source_quench: 4, redirect: 5, echo_request: 8, time_exceeded: 11, parameter_problem: 12,
};
const V4_CODES: Readonly<Record<string, number>> = {
  net_unreachable: 0, host_unreachable: 1, protocol_unreachable: 2, port_unreachable: 3, frag_needed: 4, source_route_failed: 5, net_unknown: 6, host_unknown: 7, source_host_isolated: 8,
  net_prohibited: 9, host_prohibited: 10, net_unreachable_for_tos: 11, host_unreachable_for_tos: 12, packet_filtered: 13, precedence_violation: 14, precedence_cutoff: 15,
};
const V6: Readonly<Record<string, number>> = { unreachable: 1, packet_too_big: 2, time_exceeded: 3, parameter_problem: 4, echo_request: 128, echo_reply: 129 };
const V6_CODES: Readonly<Record<string, number>> = { no_route: 0, admin_prohibited: 1, not_neighbour: 2, address_unreachable: 3, port_unreachable: 4 };

function icmpBytes(spec: IcmpSpec, c: Connection | null, cx: InjectContext): Uint8Array | string {
  const v6 = cx.local.length === 16;
  const type = (v6 ? V6 : V4)[spec.type];
  if (type === undefined) return `unknown ICMP${v6 ? 'v6' : ''} type ${spec.type}`;
  const code = spec.code === null ? 0 : (v6 ? V6_CODES : V4_CODES)[spec.code];
  if (code === undefined) return `unknown ICMP${v6 ? 'v6' : ''} code ${spec.code ?? ''}`;
  let quote: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  if (c !== null && !spec.type.startsWith('echo_')) {
    const fields = { src: cx.local, dst: cx.remote, tos: 0, ttl: 64, flowLabel: 0 };
    if (c.proto === 'tcp') {
      const seq = spec.echoed?.proto === 'tcp' ? (c.localIsn ?? 0) + spec.echoed.seq : (c.last?.tcp?.seq ?? c.localIsn ?? 0);
      const t = c.last?.tcp;
      const said = spec.echoed?.length ?? c.last?.length ?? 0;
      const head = tcpSegment({ sport: c.localPort, dport: c.remotePort, seq, ack: t?.ack ?? 0, flags: t?.flags ?? ACK, win: t?.win ?? 0, urg: 0, options: [] }, 0);
      quote = ipPacket(fields, 'tcp', head, head.length + said);
    } else {
      const length = spec.echoed?.length ?? c.last?.length ?? 0;
      quote = ipPacket(fields, 'udp', udpDatagram(c.localPort, c.remotePort, length).subarray(0, 8), 8 + length);
    }
  }
  const body = new Uint8Array(8 + quote.length);
  const v = new DataView(body.buffer);
  body[0] = type;
  body[1] = code;
  if (spec.mtu !== null) {
    if (v6) v.setUint32(4, spec.mtu);
    else v.setUint16(6, spec.mtu);
  }
  if (spec.id !== null) v.setUint16(4, spec.id);
  body.set(quote, 8);
  return body;
}

/** The bytes of a packet from the script's side, or what is wrong with it. */
export function inboundPacket(spec: PacketSpec, cx: InjectContext): Uint8Array | string {
  const c = connectionOf(cx, spec);
  const { ip } = spec;
  const fields = { src: cx.remote, dst: cx.local, tos: ip.tos ?? (ip.anyEct ? 2 : (ip.ecn ?? 0)), ttl: ip.ttl ?? 255, flowLabel: ip.flowLabel ?? 0 };
  if (c !== null && spec.proto !== 'icmp') cx.conns.current = c;
  if (spec.proto === 'icmp') {
    const body = icmpBytes(spec, c, cx);
    return typeof body === 'string' ? body : ipPacket(fields, 'icmp', body);
  }
  if (c === null) return 'no connection to send on';
  if (spec.proto === 'udp') return ipPacket(fields, 'udp', udpDatagram(c.remotePort, c.localPort, spec.length));
  return ipPacket(fields, 'tcp', tcpBytes(spec, c, cx));
}
