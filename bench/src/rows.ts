/** What is measured. */

/** One row of the table. */
export interface Row {
  readonly id: string;
  readonly title: string;
  /** What both sides run: netbench's row and the function of the same name on Linnet's side. */
  readonly work: 'bulk' | 'rr' | 'busy' | 'conn' | 'udp' | 'spread' | 'sockets' | 'idle';
  /** Is there a router between the two namespaces? */
  readonly router: boolean;
  /** With the devices' segmentation and checksum offloads? */
  readonly offload: boolean;
  /** The kernel in two processes (as programs are), in one (as Linnet is), or both. Memory has no use for two. */
  readonly modes: readonly ('pair' | 'solo')[];
  /** Bytes of a message, where the work has messages. */
  readonly size: number;
  readonly run: Run;
  /** The same for --quick. */
  readonly quick: Run;
  /** Unit of the number, and units of work in one of it. */
  readonly unit: string;
  readonly scale: number;
  /** What CPU time is given for: microseconds per this many units of work. Empty: no such thing. */
  readonly cpuUnit: string;
  readonly cpuScale: number;
  /** Is a small number the good one? */
  readonly less: boolean;
  /** Is the npm package v86 measured beside it? */
  readonly v86: boolean;
  /** What the row means, for the page. */
  readonly about: string;
}

/** Warm-up and amount, in seconds or connections; then how many routes, sockets or connections there are, where the row is about many. */
export type Run = readonly [number, number, number];

const BOTH = ['pair', 'solo'] as const;
const base = { router: false, offload: true, modes: BOTH, less: false, v86: false, size: 64, run: [0.7, 1, 0], quick: [0.1, 0.2, 0], unit: '/s', scale: 1, cpuUnit: 'us each', cpuScale: 1 } as const;

export const ROWS: readonly Row[] = [
  {
    ...base,
    id: 'bulk',
    title: 'bulk TCP, default devices (GSO)',
    work: 'bulk',
    v86: true,
    run: [0.7, 1.5, 0],
    unit: 'MB/s',
    scale: 1e6,
    cpuUnit: 'us/MB',
    cpuScale: 1e6,
    about:
      'One connection; the sender gives 256 KiB to a call, the receiver takes up to 256 KiB with a call. The devices are as they come: segments of up to 64 KiB cross the pair, ' +
      'and no checksum is computed on either side. Counted where the bytes arrive.',
  },
  {
    ...base,
    id: 'bulk-plain',
    title: 'bulk TCP, MTU 1500, no offload, real checksums',
    work: 'bulk',
    v86: true,
    offload: false,
    run: [0.7, 1.5, 0],
    unit: 'MB/s',
    scale: 1e6,
    cpuUnit: 'us/MB',
    cpuScale: 1e6,
    about:
      'The same with segmentation, scatter-gather and checksum offloads turned off on both ends of the pair (`ethtool -K veth0 tso off gso off gro off sg off tx off rx off`; ' +
      'for Linnet the same feature bits are cleared): every 1,448 bytes are a packet that is summed by the sender and again by the receiver.',
  },
  {
    ...base,
    id: 'rr',
    title: 'request/response, 1 byte',
    work: 'rr',
    v86: true,
    size: 1,
    about: 'One byte there and one byte back on an open connection with TCP_NODELAY, one exchange after the other.',
  },
  {
    ...base,
    id: 'rr-1k',
    title: 'request/response, 1 KiB',
    work: 'rr',
    v86: true,
    size: 1024,
    about: 'The same with 1,024 bytes there and 1,024 back.',
  },
  {
    ...base,
    id: 'busy',
    title: 'request/response on 10,000 connections',
    work: 'busy',
    size: 1,
    run: [0.7, 1, 10_000],
    quick: [0.1, 0.2, 200],
    about:
      'One byte there and one back as before, on 10,000 open connections in turn: 64 of them have a request under way at a time, then the next 64. The server waits for all of them with one epoll and ' +
      'takes 64 events with a call. Opening them is not in the number.',
  },
  {
    ...base,
    id: 'conn',
    title: 'connect, accept, close',
    work: 'conn',
    v86: true,
    run: [4000, 16000, 0],
    quick: [200, 500, 0],
    about:
      'A new connection each time: socket, connect, accept, the client shuts down, the server reads the end and closes, the client reads the end and closes. The client is left with a TIME-WAIT for ' +
      'each, up to 20,000 of them. Each round starts in fresh namespaces.',
  },
  {
    ...base,
    id: 'udp',
    title: 'UDP, 64-byte datagrams',
    work: 'udp',
    about: '64 bytes of payload, sent 64 to a `sendmmsg` and received with `recvmmsg`. Counted where they arrive.',
  },
  {
    ...base,
    id: 'udp-1400',
    title: 'UDP, 1,400-byte datagrams',
    work: 'udp',
    size: 1400,
    about: 'The same with 1,400 bytes of payload.',
  },
  ...[100, 100_000].map((count): Row => ({
    ...base,
    id: `udp-${count}`,
    title: `UDP, 64-byte datagrams to ${count.toLocaleString('en-US')} sockets`,
    work: 'sockets',
    modes: ['solo'],
    run: [0.7, 1, count],
    quick: [0.1, 0.2, Math.min(count, 1000)],
    about:
      `${count.toLocaleString('en-US')} bound sockets, 30,000 ports of each address; 64 datagrams with a \`sendmmsg\` to 64 sockets that are far from each other, then a \`recv\` on each of these, then the next 64, until ` +
      'all have had one: what finding the socket costs. One process: two would measure how a program waits for many sockets.',
  })),
  {
    ...base,
    id: 'forward',
    title: 'forwarding, 64-byte datagrams through a router',
    work: 'udp',
    router: true,
    about:
      'The same datagrams through a third namespace with `ip_forward` and two veth pairs. Sending and receiving are in the number: the difference in CPU time to the row «UDP, 64-byte datagrams» is what the router costs.',
  },
  ...[1, 1_000_000].map((count): Row => ({
    ...base,
    id: count === 1 ? 'forward-spread' : 'forward-1m',
    title: `forwarding to 4,096 addresses, ${count === 1 ? '1 route' : '1,000,000 routes'}`,
    work: 'spread',
    router: true,
    run: [0.7, 1, count],
    quick: [0.1, 0.2, Math.min(count, 10_000)],
    about:
      'The datagrams go to 4,096 random addresses in turn, sent with `sendmmsg` from a socket that is not connected; the last namespace takes 128.0.0.0 to 223.255.255.255 for its own. ' +
      (count === 1 ? 'The router has a default route.' : 'The router has the table of «IPv4 routes: a full table» beside it. Needs about 1 GB of memory and, each time, some seconds to load it on either side, which are not in the number.'),
  })),
  {
    ...base,
    id: 'idle',
    title: 'idle TCP connection, memory of both ends',
    work: 'idle',
    v86: true,
    modes: ['solo'],
    run: [500, 4000, 0],
    quick: [50, 300, 0],
    unit: 'bytes',
    cpuUnit: '',
    less: true,
    about:
      'Established connections that carry nothing: for Linnet the growth of the JavaScript heap and of array buffers after a full garbage collection, with descriptors; for the kernel the growth of Slab in ' +
      '`/proc/meminfo`. Divided by the number of connections.',
  },
];
