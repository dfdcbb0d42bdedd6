/** A routing table: prefixes, and the list of routes of each. */
import { FibAlias } from './fib-types.ts';
import type { FibInfo } from './fib-types.ts';
import { Lpm4 } from './lpm.ts';

/**
 * A routing table (struct fib_table). A full table of the Internet has a million routes, so a route is no object: it is a number (from 1 on) under which the arrays
 * here say what it is. The routes of one prefix are a list, ordered by TOS (higher first), then priority (lower first); its first one is the `value` of the leaf.
 * @alpha
 */
export class FibTable {
  readonly id: number;
  readonly lpm: Lpm4;
  /** Routes with prefix length 0. */
  numDefault: number;
  /** Routes in all. */
  routes: number;
  /** Of each route its attributes; null on a free number. */
  readonly info: (FibInfo | null)[];
  /** The next route of the same prefix, 0: none. */
  next: Int32Array;
  tos: Uint8Array;
  type: Uint8Array;
  /** When it was added: counts the routes of the namespace. */
  serial: Int32Array;
  private free: number;

  constructor(id: number) {
    this.id = id;
    this.lpm = new Lpm4();
    this.numDefault = 0;
    this.routes = 0;
    this.info = [null];
    this.next = new Int32Array(4);
    this.tos = new Uint8Array(4);
    this.type = new Uint8Array(4);
    this.serial = new Int32Array(4);
    this.free = 0;
  }

  /** A route that is in no list yet. */
  newRoute(info: FibInfo, tos: number, type: number): number {
    let fa = this.free;
    if (fa !== 0) {
      this.free = this.next[fa]!;
      this.info[fa] = info;
    } else {
      fa = this.info.length;
      this.info.push(info);
      if (fa >= this.next.length) this.grow(fa + (fa >> 2) + 4);
    }
    this.next[fa] = 0;
    this.tos[fa] = tos;
    this.type[fa] = type;
    this.serial[fa] = info.net4.fibSerial++;
    this.routes++;
    return fa;
  }

  /** Gives the number of a route back that is in no list any more. */
  freeRoute(fa: number): void {
    this.info[fa] = null;
    this.next[fa] = this.free;
    this.free = fa;
    this.routes--;
  }

  /** The route as an object, for messages. */
  alias(fa: number): FibAlias {
    return new FibAlias(this.info[fa]!, this.tos[fa]!, this.type[fa]!, this.serial[fa]!);
  }

  /** Bytes of the arrays of prefixes and routes, without the attributes that routes share. */
  bytes(): number {
    return this.lpm.bytes() + this.info.length * 8 + this.next.byteLength + this.tos.byteLength + this.type.byteLength + this.serial.byteLength;
  }

  private grow(size: number): void {
    const next = new Int32Array(size);
    next.set(this.next);
    this.next = next;
    const tos = new Uint8Array(size);
    tos.set(this.tos);
    this.tos = tos;
    const type = new Uint8Array(size);
    type.set(this.type);
    this.type = type;
    const serial = new Int32Array(size);
    serial.set(this.serial);
    this.serial = serial;
  }
}
