// What may differ between the two, and why: the same list as in docs/netlink.md.

interface Explained {
  /** Which commands it is about. */
  readonly command: RegExp;
  readonly from: RegExp;
  readonly to: string | ((match: string, ...groups: string[]) => string);
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [
  { command: /^ethtool -l/, from: /(Pre-set maximums:\nRX:\t\t)\d+(\nTX:\t\t)\d+/g, to: '$1N$2N', why: 'a veth may have as many queues as there are processors; Linnet has one processor' },
  { command: /^ip ntable/, from: /refcnt \d+ reachable \d+/, to: 'refcnt N reachable N', why: 'references are not counted here, and the reachable time is drawn at random' },
  { command: /^ip /, from: /\b(numtxqueues|numrxqueues) \d+/g, to: '$1 N', why: 'Linux makes as many queues as there are processors; Linnet has one processor' },
  { command: /^ip /, from: /"(num_[rt]x_queues)":\d+/g, to: '"$1":N', why: 'the same' },
  { command: /^ip .*neigh/, from: /^\S+ proxy[^\n]*\n/gm, to: '', why: 'proxy entries without a device are left by namespaces of the past: Linux forgets them only when they are deleted' },
  // Memory. A send or receive buffer is the same; a packet is not.
  { command: /^ss /, from: /\bskmem:\(r\d+,(rb\d+),t\d+,(tb\d+),f\d+,w\d+,/g, to: (m, rb, tb) => `skmem:(${/r0,/.test(m) ? 'r0' : 'rN'},${rb},${/,t0,/.test(m) ? 't0' : 'tN'},${tb},fN,${/,w0,/.test(m) ? 'w0' : 'wN'},`, why: "how much memory a packet takes, and how much of it is set aside, is each kernel's own; whether there is any is compared" },
  { command: /^ss /, from: /^((?:tcp )?(?:CLOSE-WAIT|CLOSING|LAST-ACK)) [01] (.*)/gm, to: (_m, state, rest) => `${state} N ${rest.replace(/skmem:\(r\w+,/, 'skmem:(rN,')}`, why: "a preloaded program's stream is read to its end as soon as it comes: the FIN is no longer in the queue" },
  // Times, and what is reckoned from them.
  { command: /^ss /, from: /\b(rtt:[\d.]+\/[\d.]+|(?:minrtt|rcv_rtt):[\d.]+) ?/g, to: '', why: 'how long a way takes' },
  { command: /^ss /, from: /\b(send|pacing_rate) \d+bps|\bdelivery_rate \d+bps /g, to: '$1', why: 'a rate is reckoned from the time that a way takes; there is none where it takes less than 1 us' },
  { command: /^ss /, from: /^.*\bbytes_(?:sent|received):3000\b.*/gm, to: (m) => m.replace(/\b(mss|rcv_ssthresh|snd_wnd):\d+/g, '$1:N'), why: 'how far a window opens depends on how much of the memory of what came was payload' },
  { command: /^ss /, from: /\b(lastsnd|lastrcv|lastack):\d+/g, to: '$1:T', why: 'times' },
  { command: /^ss /, from: /\brto:20[0-8]\b/g, to: 'rto:200', why: 'a tick is 1 ms in Linnet and 4 ms in many a kernel' },
  { command: /^ss /, from: /\btimer:\((on|timewait),[^,]*,/g, to: 'timer:($1,T,', why: 'what is left of a timer' },
  {
    command: /^ss /, from: /^(?:tcp )?(?:SYN-SENT|SYN-RECV|FIN-WAIT-1|CLOSING|LAST-ACK) .*/gm, to: (m) => m.replace(/\b(rto|backoff|segs_out):\d+ ?/g, '').replace(/ (last(?:snd|rcv|ack):T|retrans:\d+\/\d+)(?= |$)/g, '').replace(/(timer:\(on,T,)\d+/, '$1N'),
    why: 'nobody answers them: how often they have asked is a matter of time, and before a connection Linux counts from when it was started',
  },
  { command: /^ss /, from: / busy:\d+ms(?= |$)/gm, to: '', why: 'how long data was under way' },
  // Numbers that are drawn or counted over the whole system.
  { command: /^ss /, from: /\b(ino|pid|tid):?=?\d+/g, to: '$1 N', why: 'numbers of inodes and of processes' },
  { command: /^ss /, from: /\bdev:0\/\d+/g, to: 'dev:N', why: 'the device that a file system lies on' },
  { command: /^ss /, from: /\bsk:[0-9a-f]+/g, to: 'sk:N', why: 'cookies are counted over all sockets of a kernel' },
  { command: /^ss /, from: /\bcgroup:\S+|Failed to find cgroup2 mount\n/g, to: '', why: 'the control group is that of the machine that the program runs on' },
  { command: /^ss /, from: /((?:^|nl )UNCONN +\d+ +0 +\w+:(?:\w+\/)?)-?\d{3,} /gm, to: '$1N ', why: 'ports of netlink are numbers of processes, or drawn at random' },
  { command: /^ss /, from: /((?:^|nl )UNCONN +)\d+( +0 +(?:4|tcpdiag):(?:0|kernel|N|ss\/N) .*)/gm, to: (_m, head, rest) => `${head}N${rest.replace(/skmem:\(r\w+,rb\d+,t0,tb\d+/, 'skmem:(rN,rbN,t0,tbN')}`, why: 'the sockets that this very answer goes through, and net.core.rmem_max of the real system' },
  { command: /^ss /, from: /^(?:nl +)?UNCONN +0 +0 +(?:10:0|fiblookup:kernel|20:0|rdma:kernel) .*\n/gm, to: '', why: 'Linnet has no NETLINK_FIB_LOOKUP, whose answers nobody asks for any more; NETLINK_RDMA is not in every kernel' },
  { command: /^ss -s/, from: /^Total: \d+|TCP: +\d+|closed \d+|orphaned \d+/gm, to: 'N', why: "TCP's sockets and orphans are counted over all namespaces of a real kernel, and some of its own sockets among those in use" },
  // Not in every kernel: CONFIG_INET_RAW_DIAG, without which ss reads /proc/net/raw.
  { command: /^ss /, from: /^(\?\?\?|icmp6) /gm, to: 'raw ', why: 'raw_diag tells the protocol of a raw socket, for some of which ss has no word' },
  { command: /^ss -w/, from: / +ino N sk:N +(v6only:\d )?<->\n?\s*skmem:\(r0,rb212992,t0,tb212992,fN,w0,o0,bl0,d0\)/g, to: '', why: '/proc/net/raw says less' },
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

/**
 * Numbers of local sockets (`NAME 71234 * 71235`) by where they stand: a kernel gives them out by processor, so their order says nothing, but which is whose peer is
 * compared. Lines are put into the order of what else is in them, and in what else is in their peer's.
 */
function ranked(text: string): string {
  const pair = /(?<= )(\d{4,}) \* (\d+)\b/;
  const inside = /(?<= )\d{4,}(?= |$)/g;
  const lines = text.split('\n');
  const plain = (l: string): string => l.replace(inside, '#');
  const lineOf = new Map<string, string>();
  for (const l of lines) {
    const own = pair.exec(l)?.[1];
    if (own !== undefined) lineOf.set(own, plain(l));
  }
  const keyOf = (l: string): string => `${plain(l)}\n${lineOf.get(pair.exec(l)?.[2] ?? '') ?? ''}`;
  const keyed = lines.map((l) => ({ l, key: keyOf(l) })).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const numbers = new Map<string, number>();
  const number = (n: string): string => {
    if (!numbers.has(n)) numbers.set(n, numbers.size + 1);
    return `<${numbers.get(n)}>`;
  };
  return keyed.map(({ l }) => (pair.test(l) ? l.replace(inside, number) : l)).join('\n');
}

/** What a command printed, without what may differ. */
export function normal(command: string, text: string): string {
  let out = text;
  // Columns are as wide as what is in them, and a second line belongs to the first.
  if (/^ss\b/.test(command)) out = out.replace(/\n\t/g, ' ').replace(/[ \t]+/g, ' ').replace(/ $/gm, '');
  for (const e of EXPLAINED) if (e.command.test(command)) out = typeof e.to === 'string' ? out.replace(e.from, e.to) : out.replace(e.from, e.to);
  // The order of sockets is that of a hash with a random key.
  if (/^ss\b/.test(command)) out = ranked(out).split('\n').map((l) => l.replace(/ +/g, ' ').trim()).sort().join('\n').trim();
  // Entries of VLAN 1, in which each port of a bridge is that knows VLANs.
  if (/^bridge .*fdb/.test(command)) out = out.replace(/\{"mac":"[^"]*","ifname":"[^"]*","vlan":1,[^}]*\},?/g, '');
  // The order of a neighbour table is that of a hash with a random key.
  if (/^ip (-\S+ )*neigh\b/.test(command)) out = out.split(out.startsWith('[') ? /(?<=\}),/ : '\n').map((l) => l.replace(/^\[|\]\s*$/g, '')).sort().join('\n');
  return out;
}
