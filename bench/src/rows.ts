/** What is measured. */

/** One row of the table. */
export interface Row {
  readonly id: string;
  readonly title: string;
  /** What both sides run: netbench's row and the function of the same name on Linnet's side. */
  readonly work: 'bulk' | 'rr' | 'conn' | 'udp' | 'idle';
  /** Is there a router between the two namespaces? */
  readonly router: boolean;
  /** With the devices' segmentation and checksum offloads? */
  readonly offload: boolean;
  /** The kernel in two processes (as programs are), in one (as Linnet is), or both. Memory has no use for two. */
  readonly modes: readonly ('pair' | 'solo')[];
  /** Warm-up and amount: seconds, or connections; then the same for --quick. */
  readonly run: readonly [number, number];
  readonly quick: readonly [number, number];
  /** Unit of the number, and units of work in one of it. */
  readonly unit: string;
  readonly scale: number;
  /** What CPU time is given for: microseconds per this many units of work. Empty: no such thing. */
  readonly cpuUnit: string;
  readonly cpuScale: number;
  /** Is a small number the good one? */
  readonly less: boolean;
  /** What the row means, for the page. */
  readonly about: string;
}

const BOTH = ['pair', 'solo'] as const;
const stream = { router: false, offload: true, modes: BOTH, less: false } as const;

export const ROWS: readonly Row[] = [
  {
    ...stream,
    id: 'bulk',
    title: 'bulk TCP, default devices (GSO)',
    work: 'bulk',
    run: [0.7, 1.5],
    quick: [0.1, 0.2],
    unit: 'MB/s',
    scale: 1e6,
    cpuUnit: 'us/MB',
    cpuScale: 1e6,
    about:
      'One connection; the sender gives 256 KiB to a call, the receiver takes up to 256 KiB with a call. The devices are as they come: segments of up to 64 KiB cross the pair, ' +
      'and no checksum is computed on either side. Counted where the bytes arrive.',
  },
  {
    ...stream,
    id: 'bulk-plain',
    title: 'bulk TCP, MTU 1500, no offload, real checksums',
    work: 'bulk',
    offload: false,
    run: [0.7, 1.5],
    quick: [0.1, 0.2],
    unit: 'MB/s',
    scale: 1e6,
    cpuUnit: 'us/MB',
    cpuScale: 1e6,
    about:
      'The same with segmentation, scatter-gather and checksum offloads turned off on both ends of the pair (`ethtool -K veth0 tso off gso off gro off sg off tx off rx off`; ' +
      'for Linnet the same feature bits are cleared): every 1,448 bytes are a packet that is summed by the sender and again by the receiver.',
  },
  {
    ...stream,
    id: 'rr',
    title: 'request/response, 1 byte',
    work: 'rr',
    run: [0.7, 1],
    quick: [0.1, 0.2],
    unit: '/s',
    scale: 1,
    cpuUnit: 'us each',
    cpuScale: 1,
    about: 'One byte there and one byte back on an open connection with TCP_NODELAY, one exchange after the other.',
  },
  {
    ...stream,
    id: 'conn',
    title: 'connect, accept, close',
    work: 'conn',
    run: [4000, 16000],
    quick: [200, 500],
    unit: '/s',
    scale: 1,
    cpuUnit: 'us each',
    cpuScale: 1,
    about:
      'A new connection each time: socket, connect, accept, the client shuts down, the server reads the end and closes, the client reads the end and closes. The client is left with a TIME-WAIT for ' +
      'each, up to 20,000 of them. Each round starts in fresh namespaces.',
  },
  {
    ...stream,
    id: 'udp',
    title: 'UDP, 64-byte datagrams',
    work: 'udp',
    run: [0.7, 1],
    quick: [0.1, 0.2],
    unit: '/s',
    scale: 1,
    cpuUnit: 'us each',
    cpuScale: 1,
    about: '64 bytes of payload, sent 64 to a `sendmmsg` and received with `recvmmsg`. Counted where they arrive.',
  },
  {
    ...stream,
    id: 'forward',
    title: 'forwarding, 64-byte datagrams through a router',
    work: 'udp',
    router: true,
    run: [0.7, 1],
    quick: [0.1, 0.2],
    unit: '/s',
    scale: 1,
    cpuUnit: 'us each',
    cpuScale: 1,
    about:
      'The same datagrams through a third namespace with `ip_forward` and two veth pairs. Sending and receiving are in the number: the difference in CPU time to the row before is what the router costs.',
  },
  {
    ...stream,
    id: 'idle',
    title: 'idle TCP connection, memory of both ends',
    work: 'idle',
    modes: ['solo'],
    run: [500, 4000],
    quick: [50, 300],
    unit: 'bytes',
    scale: 1,
    cpuUnit: '',
    cpuScale: 1,
    less: true,
    about:
      'Established connections that carry nothing: for Linnet the growth of the JavaScript heap and of array buffers after a full garbage collection, with descriptors; for the kernel the growth of Slab in ' +
      '`/proc/meminfo`. Divided by the number of connections.',
  },
];
