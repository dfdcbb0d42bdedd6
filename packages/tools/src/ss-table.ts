/** The columns of ss(8). */

/** A socket as shown: fields of one line. */
export interface SsRow {
  readonly netid: string;
  readonly state: string;
  readonly recvq: string;
  readonly sendq: string;
  readonly local: string;
  /** What stands between address and port. */
  readonly localSep: string;
  readonly localPort: string;
  readonly peer: string;
  readonly peerSep: string;
  readonly peerPort: string;
  /** Everything else: begins with a blank or a line of its own, or is empty. */
  readonly more: string;
}

interface Column {
  readonly key: keyof SsRow;
  readonly head: string;
  readonly right: boolean;
  /** What stands in front of it; a key takes it from the row. */
  readonly sep: string | 'localSep' | 'peerSep';
}

/** Lines as text, columns as wide as the widest of all that was shown so far; the header stands above the first. */
export function ssTable(netid: boolean, state: boolean, header: boolean): (rows: readonly SsRow[]) => string {
  const columns: Column[] = [];
  const put = (key: keyof SsRow, head: string, right: boolean, sep: string): void => void columns.push({ key, head, right, sep });
  if (netid) put('netid', 'Netid', false, '');
  if (state) put('state', 'State', false, ' ');
  put('recvq', 'Recv-Q', false, ' ');
  put('sendq', 'Send-Q', false, ' ');
  put('local', 'Local Address', true, ' ');
  put('localPort', 'Port', false, 'localSep');
  put('peer', 'Peer Address', true, ' ');
  put('peerPort', 'Port', false, 'peerSep');
  put('more', 'Process', false, '');
  const widths = columns.map((c) => (header ? c.head.length : c.key === 'recvq' || c.key === 'sendq' ? 6 : 0));
  const line = (value: (c: Column) => string, sep: (c: Column) => string): string =>
    `${columns.map((c, i) => `${i === 0 ? '' : sep(c)}${c.right ? value(c).padStart(widths[i]!) : value(c).padEnd(widths[i]!)}`).join('')}\n`;
  let first = header;
  return (rows) => {
    columns.forEach((c, i) => {
      // What is last of all is not measured: so ss has it.
      for (const r of c.key === 'more' ? rows.slice(0, -1) : rows) widths[i] = Math.max(widths[i]!, r[c.key].length);
    });
    let out = first ? line((c) => c.head, (c) => (c.sep.endsWith('Sep') ? ':' : c.sep)) : '';
    first = false;
    for (const r of rows) out += line((c) => r[c.key], (c) => (c.sep === 'localSep' ? r.localSep : c.sep === 'peerSep' ? r.peerSep : c.sep));
    return out;
  };
}
