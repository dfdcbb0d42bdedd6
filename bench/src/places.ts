/** The many addresses and routes of rows about many: the same on both sides. */
import { Random, table4, type Table } from './routes/tables.ts';

/** Sockets of a row about sockets have so many ports of an address, from this one on; netbench.c has the same numbers. */
export const FIRST_PORT = 20000;
export const PORTS = 30000;
/** Addresses that datagrams go to in turn. */
export const PLACES = 4096;
/** What the receiver takes for its own: all of them are in here. */
export const OWN: readonly string[] = ['128.0.0.0/2', '192.0.0.0/3'];

/** Those addresses, as netbench.c draws them. */
export function places(): Int32Array {
  const random = new Random(7);
  return Int32Array.from({ length: PLACES }, () => 0x80000000 + Math.floor(((random.next() >>> 0) * 96) / 256));
}

/** The routes of a router: the table of the part «routes», shortened. */
export function routes(count: number): Table {
  return table4(count, 20240531);
}

/** An address and a length as text. */
export function prefixText(t: Table, i: number): string {
  const a = t.prefix[i]!;
  return `${a >>> 24}.${(a >>> 16) & 255}.${(a >>> 8) & 255}.${a & 255}/${t.plen[i]}`;
}
