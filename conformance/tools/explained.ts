// What may differ between the two, and why: the same list as in docs/netlink.md.

interface Explained {
  /** Which commands it is about. */
  readonly command: RegExp;
  readonly from: RegExp;
  readonly to: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [
  { command: /^ethtool -l/, from: /(Pre-set maximums:\nRX:\t\t)\d+(\nTX:\t\t)\d+/g, to: '$1N$2N', why: 'a veth may have as many queues as there are processors; Linnet has one processor' },
  { command: /^ip ntable/, from: /refcnt \d+ reachable \d+/, to: 'refcnt N reachable N', why: 'references are not counted here, and the reachable time is drawn at random' },
  { command: /^ip /, from: /\b(numtxqueues|numrxqueues) \d+/g, to: '$1 N', why: 'Linux makes as many queues as there are processors; Linnet has one processor' },
  { command: /^ip /, from: /"(num_[rt]x_queues)":\d+/g, to: '"$1":N', why: 'the same' },
  { command: /^tc /, from: /("refcnt":|\brefcnt )\d+/g, to: '$1N', why: 'a queueing discipline is counted once for each queue of its device' },
  { command: /^tc /, from: /\b8[0-9a-f]{3}:/g, to: '8NNN:', why: 'handles that nobody chose are numbered from 8001: over all namespaces of a kernel' },
  { command: /^ip .*link/, from: /"(gc|hello|tcn|topology_change)_timer":[\d.]+/g, to: '"$1_timer":T', why: 'what is left of a timer' },
  { command: /^ip .*link/, from: /("mcast_startup_query_intvl":)312[45]/g, to: '$1N', why: '31.25 s are not a whole number of ticks of every kernel' },
  {
    command: /^ip .*link/, from: /"(vlan_protocol|vlan_default_pvid|vlan_stats_enabled|vlan_stats_per_port)":("[^"]*"|\d+),/g, to: '', why: "not every kernel's bridge knows VLANs (CONFIG_BRIDGE_VLAN_FILTERING)",
  },
];

/** What a command printed, without what may differ. */
export function normal(command: string, text: string): string {
  let out = text;
  for (const e of EXPLAINED) if (e.command.test(command)) out = out.replace(e.from, e.to);
  // The order of a neighbour table is that of a hash with a random key.
  if (/^ip (-\S+ )*neigh\b/.test(command)) out = out.split(out.startsWith('[') ? /(?<=\}),/ : '\n').map((l) => l.replace(/^\[|\]\s*$/g, '')).sort().join('\n');
  return out;
}
