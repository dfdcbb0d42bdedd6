/** For tests: what a real kernel answered (recorded by tools/golden/nlask.py), and the same requests put to a machine of ours. */
import type { Net } from '@linnet/kernel';
import {
  IFINFOMSG_LEN, IFLA_AF_SPEC, IFLA_GSO_MAX_SIZE, IFLA_INFO_DATA, IFLA_INFO_XSTATS, IFLA_LINKINFO, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_STATS, IFLA_STATS64, IFLA_TSO_MAX_SEGS,
  IFLA_TSO_MAX_SIZE, NDA_CACHEINFO, NDMSG_LEN, RTM_NEWLINK, RTM_NEWNEIGH,
} from '@linnet/uapi';
import { nlAttrs, NlTestClient, type NlTestMessage, nlSplit } from './testing.ts';

/** A line of a recording: a request and the datagrams of its answer, in hex. @public */
export interface NlRecorded {
  readonly name: string;
  readonly req: string;
  readonly out: readonly string[];
}

/** The lines of a recording with their names, for `test.each`. @public */
export function nlRecording<T extends { readonly name: string } = NlRecorded>(jsonl: string): (readonly [string, T])[] {
  return jsonl.trim().split('\n').map((l) => JSON.parse(l) as T).map((c) => [c.name, c] as const);
}

/** Bytes in hex. @public */
export function nlHex(u8: Uint8Array): string {
  let s = '';
  for (const b of u8) s += (b >> 4).toString(16) + (b & 15).toString(16);
  return s;
}

/** The bytes that a string in hex stands for. @public */
export function nlUnhex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** Puts a recorded request to a namespace; returns what came back and what came back from the real kernel. Throws when the request is not taken. @public */
export function nlReplay(net: Net, c: NlRecorded): { got: NlTestMessage[]; want: NlTestMessage[] } {
  const client = new NlTestClient(net);
  const req = nlUnhex(c.req);
  const n = client.send(req);
  if (n !== req.length) throw new Error(`sendmsg: ${n}`);
  const got = client.messages();
  client.close();
  return { got, want: c.out.map(nlUnhex).flatMap(nlSplit) };
}

/** Counted, or of a machine with two processors, IPv6 and drivers with limits of their own. */
const OTHER_VALUE: readonly number[] = [
  IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES, IFLA_AF_SPEC, IFLA_STATS, IFLA_STATS64, IFLA_GSO_MAX_SIZE, IFLA_TSO_MAX_SIZE, IFLA_TSO_MAX_SEGS,
];

/** IFLA_LINKINFO as a tree, without what a device counts by queue. */
function linkInfo(v: Uint8Array): unknown {
  return [...nlAttrs(v)].filter(([t]) => t !== IFLA_INFO_XSTATS).map(([t, b]) => [t, t === IFLA_INFO_DATA ? [...nlAttrs(b)].map(([k, x]) => [k, nlHex(x)]) : nlHex(b)]);
}

/**
 * A message as something that can be compared, without its port: of links and neighbours the attributes in their order, with '*' for values that differ from
 * machine to machine and for those of which `chance` says so; of others the payload, as text too.
 * @public
 */
export function nlComparable(m: NlTestMessage, chance: (m: NlTestMessage, attr: number) => boolean = () => false): object {
  const { type, flags, seq, payload } = m;
  if (type !== RTM_NEWLINK && type !== RTM_NEWNEIGH) return { type, flags, seq, payload: nlHex(payload), text: String.fromCharCode(...payload).replace(/[^ -~]+/g, ' ') };
  const link = type === RTM_NEWLINK;
  const len = link ? IFINFOMSG_LEN : NDMSG_LEN;
  const tb = nlAttrs(payload, len);
  const values: Record<number, unknown> = {};
  for (const [t, v] of tb) {
    if (chance(m, t) || (link ? OTHER_VALUE.includes(t) : t === NDA_CACHEINFO)) values[t] = '*';
    else values[t] = link && t === IFLA_LINKINFO ? linkInfo(v) : nlHex(v);
  }
  return { type, flags, seq, head: nlHex(payload.subarray(0, len)), order: [...tb.keys()], values };
}
