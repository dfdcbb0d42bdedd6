/** A routing table: prefixes, and the list of routes of each. */
import type { FibAlias } from './fib-types.ts';
import { Lpm4 } from './lpm.ts';

/** A routing table (struct fib_table). @alpha */
export class FibTable {
  readonly id: number;
  readonly lpm: Lpm4;
  /** First route of each leaf of `lpm`. */
  readonly heads: (FibAlias | null)[];
  /** Routes with prefix length 0. */
  numDefault: number;
  /** Routes in all. */
  routes: number;

  constructor(id: number) {
    this.id = id;
    this.lpm = new Lpm4();
    this.heads = [null];
    this.numDefault = 0;
    this.routes = 0;
  }
}
