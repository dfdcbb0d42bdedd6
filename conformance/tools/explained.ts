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
  { command: /^ip .*neigh/, from: /^\S+ proxy[^\n]*\n/gm, to: '', why: 'proxy entries without a device are left by namespaces of the past: Linux forgets them only when they are deleted' },
  { command: /^ss /, from: /\btb\d+,f\d+/g, to: 'tbN,fN', why: "how much memory a packet takes is each kernel's own, and so is the send buffer that TCP makes of it" },
  { command: /^ss /, from: /\b(ino|pid):?=?\d+/g, to: '$1 N', why: 'numbers of inodes and of processes' },
  { command: /^ss /, from: /\bsk:[0-9a-f]+/g, to: 'sk:N', why: 'cookies are counted over all sockets of a kernel' },
  { command: /^ss /, from: /\bcgroup:\S+|Failed to find cgroup2 mount\n/g, to: '', why: 'the control group is that of the machine that the program runs on' },
  { command: /^genl /, from: /\bID: 0x[0-9a-f]+/g, to: 'ID: N', why: 'families are numbered as they are registered' },
  { command: /^genl /, from: /\bID-0x[0-9a-f]+ {2}name/g, to: 'ID-N  name', why: 'multicast groups are numbered as their families are registered' },
  { command: /^tc /, from: /("refcnt":|\brefcnt )\d+/g, to: '$1N', why: 'a queueing discipline is counted once for each queue of its device' },
  { command: /^tc /, from: /\b8[0-9a-f]{3}:/g, to: '8NNN:', why: 'handles that nobody chose are numbered from 8001: over all namespaces of a kernel' },
  { command: /^ip .*link/, from: /"(gc|hello|tcn|topology_change|hold|message_age|forward_delay)_timer":[\d.]+/g, to: '"$1_timer":T', why: 'what is left of a timer' },
  { command: /^ip .*link/, from: /("mcast_startup_query_intvl":)312[45]/g, to: '$1N', why: '31.25 s are not a whole number of ticks of every kernel' },
  {
    command: /^ip .*link/, from: /"(vlan_protocol|vlan_default_pvid|vlan_stats_enabled|vlan_stats_per_port)":("[^"]*"|\d+),/g, to: '', why: "not every kernel's bridge knows VLANs (CONFIG_BRIDGE_VLAN_FILTERING)",
  },
];

/** What a command printed, without what may differ. */
export function normal(command: string, text: string): string {
  let out = text;
  for (const e of EXPLAINED) if (e.command.test(command)) out = out.replace(e.from, e.to);
  // The order of sockets is that of a hash with a random key; columns are as wide as what is in them.
  if (/^ss\b/.test(command)) out = out.replace(/\n\t/g, ' ').split('\n').map((l) => l.replace(/ +/g, ' ').trim()).sort().join('\n').trim();
  // Entries of VLAN 1, in which each port of a bridge is that knows VLANs.
  if (/^bridge .*fdb/.test(command)) out = out.replace(/\{"mac":"[^"]*","ifname":"[^"]*","vlan":1,[^}]*\},?/g, '');
  // The order of a neighbour table is that of a hash with a random key.
  if (/^ip (-\S+ )*neigh\b/.test(command)) out = out.split(out.startsWith('[') ? /(?<=\}),/ : '\n').map((l) => l.replace(/^\[|\]\s*$/g, '')).sort().join('\n');
  return out;
}
