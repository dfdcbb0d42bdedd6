/** Accounts of realms: what was routed to each and from each, /proc/net/rt_acct (rtacct(8)). */

/** Realms that have an account: the low byte of a realm says which. */
const REALMS = 256;
/** For each: bytes and packets to it, bytes and packets from it. */
const COLUMNS = 4;

/** The accounts of a machine, one for all its namespaces; numbers of 32 bits that wrap. @alpha */
export function newRouteAccounts(): Uint32Array {
  return new Uint32Array(REALMS * COLUMNS); // datapath-ok: once a machine
}

/** Counts a packet of `len` bytes that came in and whose route has the realms `tclassid`: from the one in the high half, to the one in the low half. @alpha */
export function routeAccount(acct: Uint32Array, tclassid: number, len: number): void {
  const to = (tclassid & 0xff) * COLUMNS;
  acct[to]! += len;
  acct[to + 1]!++;
  const from = ((tclassid >>> 16) & 0xff) * COLUMNS + 2;
  acct[from]! += len;
  acct[from + 1]!++;
}

/** The accounts as the file has them: the machine's bytes, little-endian. @alpha */
export function routeAccountsShow(acct: Uint32Array): Uint8Array {
  const out = new Uint8Array(acct.length * 4); // datapath-ok: a file under /proc
  const view = new DataView(out.buffer); // datapath-ok: a file under /proc
  acct.forEach((n, i) => view.setUint32(4 * i, n, true)); // datapath-ok: a file under /proc
  return out;
}
