/**
 * Counters as two lines of /proc/net/snmp or /proc/net/netstat: 'Ip: InReceives InDiscards', then 'Ip: 12 0', each with a newline. The names are the object's own
 * numeric fields, in their order; anything else in it is left out.
 * @alpha
 */
export function formatSnmp(name: string, counters: object): string {
  const fields = Object.entries(counters).filter(([, value]) => typeof value === 'number');
  return `${name}: ${fields.map(([key]) => key).join(' ')}\n${name}: ${fields.map(([, value]) => String(value)).join(' ')}\n`;
}
