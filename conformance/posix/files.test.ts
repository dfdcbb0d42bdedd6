// Files under /proc and /sys as a program reads, writes and lists them: the real kernel and a machine give the same.
import { AF_INET, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { have } from '../needs.mjs';
import { differences, LinnetKernel, type Op, RealKernel, type Result } from './both.ts';

/** What no two machines have in common: slots of hashes, inodes, addresses of structures. */
const ANONYMOUS: readonly (readonly [RegExp, string])[] = [
  [/^ *\d+: ([0-9A-F]{8}:.*?) +\d+ (\d+) [0-9a-f]{16} (.*?) *$/gm, 'N: $1 INO $2 PTR $3'],
  [/^MPTcpExt:.*\n/gm, ''],
  // The real kernel counts these over all namespaces: whatever else the machine has closed lately shows.
  [/ (orphan|alloc|mem) \d+/g, ''],
  // Reports of multicast groups may be under way.
  [/\d:[0-9A-F]{8}\t\t\d$/gm, 'T'],
];
/** Counters: how many there are. */
const counted = (text: string): string => text.replace(/^(\w+):(( -?\d+)+)$/gm, (_all, name: string, values: string) => `${name}: ${values.split(' ').length - 1} values`);
const plain = (r: Result): Result => (typeof r === 'string' ? counted(ANONYMOUS.reduce((text, [from, to]) => text.replace(from, to), r)) : r);

/** Of a machine's length of life or number of processors. */
const MACHINE: readonly RegExp[] = [/statistics\//, /\/uevent$/, /iflink$/, /ifindex$/, /carrier_changes$/, /carrier_(up|down)_count$/];

describe.skipIf(!have('root', 'ip', 'python3'))('files', () => {
  let real: RealKernel;
  let ours: LinnetKernel;
  beforeEach(() => {
    real = new RealKernel();
    ours = new LinnetKernel();
  });
  afterEach(() => {
    real.netns.delete();
    ours.close();
  });

  function same(ops: readonly Op[], known: (op: Op, real: Result, ours: Result) => boolean = () => false): void {
    const a = real.do(ops).map(plain);
    const b = ours.do(ops).map(plain);
    b.forEach((r, i) => {
      if (known(ops[i]!, a[i]!, r)) a[i] = r;
    });
    expect(differences(ops, a, b)).toEqual([]);
  }

  it('/proc/net, with some sockets open', () => {
    const read = (name: string): Op => ({ op: 'read', path: `/proc/net/${name}` });
    same([
      { op: 'socket', id: 't', args: [AF_INET, SOCK_STREAM, 0] }, { op: 'bind', fd: 't', addr: ['10.0.0.1', 80] },
      { op: 'socket', id: 'u', args: [AF_INET, SOCK_DGRAM, 0] }, { op: 'bind', fd: 'u', addr: ['0.0.0.0', 53] },
      { op: 'socket', id: 'r', args: [AF_INET, SOCK_RAW, 89] },
      ...['route', 'arp', 'tcp', 'udp', 'raw', 'icmp', 'snmp', 'netstat', 'sockstat', 'igmp', 'rt_cache', 'psched'].map(read),
      { op: 'stat', path: '/proc/net', follow: false }, { op: 'readlink', path: '/proc/net' }, { op: 'stat', path: '/proc/net/dev' }, { op: 'write', path: '/proc/net/dev', text: 'x' },
      { op: 'read', path: '/proc/net' }, { op: 'read', path: '/proc/self/net/route' }, { op: 'read', path: '/proc/net/route/' }, { op: 'read', path: '/proc/net/none' },
      { op: 'readdir', path: '/proc/net/route' },
    ]);
  });

  it('/proc/net/dev has the same columns', () => {
    const columns = (r: Result): string[] => String(r).split('\n').map((line) => line.replace(/\d+/g, (n) => '#'.repeat(Math.min(1, n.length))).replace(/ +/g, ' ').replace(/^( *)[a-z0-9]+:/, 'dev:'));
    const ops: Op[] = [{ op: 'read', path: '/proc/net/dev' }];
    expect(columns(ours.do(ops)[0]!)).toEqual(columns(real.do(ops)[0]!));
  });

  /** Settings of the machine: where Linux has them for all namespaces and shows them in the first one only. */
  const NOT_PER_NET: ReadonlySet<string> = new Set(['route/error_burst', 'route/error_cost', 'route/redirect_load', 'route/redirect_number', 'route/redirect_silence', 'tcp_max_orphans'].map((n) => `/proc/sys/net/ipv4/${n}`));
  /** Follow from the size of the machine, or are secrets. */
  const SIZED: ReadonlySet<string> = new Set(['tcp_rmem', 'tcp_wmem', 'tcp_max_syn_backlog', 'tcp_max_tw_buckets', 'tcp_available_congestion_control', 'tcp_allowed_congestion_control', 'ipfrag_high_thresh',
    'ipfrag_low_thresh', 'tcp_congestion_control'].map((n) => `/proc/sys/net/ipv4/${n}`).concat('/proc/sys/net/core/rmem_max', '/proc/sys/net/core/wmem_max'));

  function sysctls(): string[] {
    const files = ours.list('/proc/sys/net').filter((f) => !NOT_PER_NET.has(f));
    expect(files.length).toBeGreaterThan(150);
    return files;
  }

  it('/proc/sys/net: the files, their permissions and first values', () => {
    const files = sysctls();
    same([
      ...files.flatMap((path): Op[] => [{ op: 'stat', path }, { op: 'read', path }]),
      { op: 'readdir', path: '/proc/sys/net/ipv4/conf' }, { op: 'readdir', path: '/proc/sys/net/ipv4/neigh' }, { op: 'readdir', path: '/proc/sys/net/ipv4/conf/v0' },
      { op: 'readdir', path: '/proc/sys/net/ipv4/neigh/v0' }, { op: 'read', path: '/proc/sys/net/ipv4' }, { op: 'write', path: '/proc/sys/net/ipv4', text: '1' },
      { op: 'read', path: '/proc/sys/net/none' }, { op: 'write', path: '/proc/sys/net/none', text: '1' }, { op: 'read', path: '/proc/sys/net/core/netdev_max_backlog' },
      { op: 'read', path: '/proc/sys/net/ipv4/tcp_mem' },
    ], (op) => op.op === 'read' && SIZED.has(op.path));
  });

  /** Settings of transports and of transformations are their packages' business. */
  const OTHERS = /^(tcp|udp)_|^xfrm4_gc_thresh$/;

  it('/proc/sys/net/ipv4: what is missing', () => {
    const [names] = real.do([{ op: 'readdir', path: '/proc/sys/net/ipv4' }]) as [string[]];
    const have = new Set(ours.do([{ op: 'readdir', path: '/proc/sys/net/ipv4' }])[0] as string[]);
    expect(names.length).toBeGreaterThan(100);
    expect(names.filter((n) => !have.has(n) && !OTHERS.test(n))).toEqual([]);
    expect([...have].filter((n) => !names.includes(n) && !OTHERS.test(n))).toEqual([]);
  });

  it('/proc/net: groups and the sources that are wanted in them', () => {
    const IP = (...a: string[]): string => a.map((x) => x.split('.').map((b) => Number(b).toString(16).padStart(2, '0')).join('')).join('');
    const join = (opt: number, ...a: string[]): Op => ({ op: 'setsockopt', fd: 'u', level: 0, opt, value: IP(...a) });
    const look: Op[] = ['igmp', 'mcfilter', 'ip_mr_vif', 'ip_mr_cache', 'udp', 'raw', 'icmp', 'sockstat', 'snmp', 'netstat'].map((f): Op => ({ op: 'read', path: `/proc/net/${f}` }));
    same([
      { op: 'socket', id: 'u', args: [AF_INET, SOCK_DGRAM, 0] }, { op: 'bind', fd: 'u', addr: ['239.1.1.1', 5000] }, { op: 'socket', id: 'p', args: [AF_INET, SOCK_DGRAM, 1] }, ...look,
      join(35, '239.1.1.1', '10.0.0.1'), join(39, '232.1.1.1', '10.0.0.1', '10.9.9.1'), join(39, '232.1.1.1', '10.0.0.1', '10.9.9.2'), ...look,
      join(38, '239.1.1.1', '10.0.0.1', '10.9.9.3'), join(35, '239.1.1.2', '127.0.0.1'), join(35, '239.1.1.1', '10.0.0.1'), join(35, '10.1.1.1', '10.0.0.1'), ...look,
      join(40, '232.1.1.1', '10.0.0.1', '10.9.9.1'), join(37, '239.1.1.1', '10.0.0.1', '10.9.9.3'), join(36, '239.1.1.2', '127.0.0.1'), join(36, '239.1.1.3', '10.0.0.1'), ...look,
    ]);
  });

  it('/proc/sys/net: what can be written to each, and what is there then', () => {
    const VALUES = ['', '1\n', 'x', '-1', '0', '2', '5', '255', '256', '65535', '65536', '2147483647', '2147483648', '4294967296', '99999999999999999999', '0x10', '010', '08', ' 7 ', '1 2', '1 2 3', '1x', '+3', '--1', '3\t4\n'];
    const ops: Op[] = [];
    // Times below nothing and above what their own unit can hold: the kernel takes some of them and comes to odd values. Here they are refused.
    const TIME = /(delay|time|time_ms|locktime|_timeout|keepalive_\w+|_ratelimit|mtu_expires|challenge_ack_limit|limit_output_bytes|min_pmtu)$/;
    const BEYOND = new Set(['-1', '2147483647', '2147483648', '4294967296']);
    // Policies by inner headers and by chosen fields, and ranges as hexadecimal numbers, are not there.
    // In parts of a tick, which is longer there.
    const ELSEWHERE = new Set(['icmp_ratelimit', 'anycast_delay', 'base_reachable_time_ms', 'interval_probe_time_ms', 'locktime', 'proxy_delay', 'retrans_time', 'tcp_invalid_ratelimit', 'fib_multipath_hash_policy', 'ip_local_reserved_ports', 'unres_qlen_bytes', 'unres_qlen', 'retrans_time_ms']);
    for (const path of sysctls()) {
      if (ELSEWHERE.has(path.slice(path.lastIndexOf('/') + 1))) continue;
      if (SIZED.has(path) || path.endsWith('/all/forwarding') || path.endsWith('/ip_forward') || path.endsWith('/default/forwarding')) continue;
      for (const text of VALUES) if (!TIME.test(path) || !BEYOND.has(text)) ops.push({ op: 'write', path, text }, { op: 'read', path });
    }
    same(ops);
  });

  it('/proc/sys/net of somebody else', () => {
    same([
      { op: 'setuid', uid: 65534 }, { op: 'write', path: '/proc/sys/net/ipv4/ip_forward', text: '1' }, { op: 'read', path: '/proc/sys/net/ipv4/ip_forward' },
      { op: 'read', path: '/proc/sys/net/ipv4/route/flush' }, { op: 'write', path: '/proc/sys/net/ipv4/route/flush', text: '1' }, { op: 'write', path: '/proc/sys/net/ipv4/none', text: '1' },
      { op: 'write', path: '/sys/class/net/v0/mtu', text: '1400' }, { op: 'read', path: '/sys/class/net/v0/mtu' }, { op: 'write', path: '/proc/net/dev', text: '1' },
    ]);
  });

  it('folders of a device follow its name', () => {
    const IFREQ = Buffer.concat([Buffer.from('v0'.padEnd(16, '\0')), Buffer.from('wan'.padEnd(24, '\0'))]).toString('hex');
    same([
      { op: 'socket', id: 's', args: [AF_INET, SOCK_DGRAM, 0] }, { op: 'write', path: '/proc/sys/net/ipv4/conf/v0/rp_filter', text: '2' },
      { op: 'write', path: '/proc/sys/net/ipv4/neigh/v0/ucast_solicit', text: '9' },
      { op: 'ioctl', fd: 's', cmd: 0x8923, arg: IFREQ }, { op: 'readdir', path: '/proc/sys/net/ipv4/conf' }, { op: 'readdir', path: '/proc/sys/net/ipv4/neigh' },
      { op: 'read', path: '/proc/sys/net/ipv4/conf/wan/rp_filter' }, { op: 'read', path: '/proc/sys/net/ipv4/neigh/wan/ucast_solicit' }, { op: 'read', path: '/proc/sys/net/ipv4/conf/v0/rp_filter' },
      { op: 'readdir', path: '/sys/class/net' }, { op: 'read', path: '/sys/class/net/wan/mtu' },
    ]);
  });

  it('/sys/class/net: folders, links, files, permissions', () => {
    const ops: Op[] = [
      { op: 'readdir', path: '/sys/class/net' }, { op: 'readlink', path: '/sys/class/net/v0' }, { op: 'stat', path: '/sys/class/net/v0', follow: false }, { op: 'readlink', path: '/sys/class/net/v0/subsystem' },
      { op: 'readdir', path: '/sys/class/net/v0/subsystem/lo/statistics' }, { op: 'readdir', path: '/sys/class/net/v0/queues' }, { op: 'readlink', path: '/sys/class/net/v0/mtu' },
      { op: 'read', path: '/sys/class/net/v0' }, { op: 'read', path: '/sys/class/net/none/mtu' }, { op: 'read', path: '/sys/class/net/v0/device/vendor' }, { op: 'read', path: '/sys/class/net/v0/mtu/x' },
      { op: 'read', path: '/sys/class/net/v0/phys_port_id' }, { op: 'read', path: '/sys/devices/virtual/net/v0/mtu' }, { op: 'read', path: '/sys/class/net/../net/v0/mtu' },
    ];
    for (const path of ours.list('/sys/class/net').filter((f) => !f.includes('/v1/') && !f.includes('/queues/'))) {
      ops.push({ op: 'stat', path });
      if (!MACHINE.some((m) => m.test(path))) ops.push({ op: 'read', path });
    }
    expect(ops.length).toBeGreaterThan(130);
    same(ops);
  });

  it('/sys/class/net: what can be written', () => {
    const writes: readonly (readonly [string, readonly string[]])[] = [
      ['mtu', ['1400', 'x', '9', '67', '68', '-1', '0x5dc\n', '99999', '99999999999999999999', '', '1500 x', '01400', '1500\n\n']],
      ['flags', ['0x1003', '0x1002', '0', '0x1003', 'up', '4099']], ['ifalias', ['hello\n', '', 'two\nlines\n', '\n', 'a'.repeat(255), 'a'.repeat(256)]],
      ['carrier', ['0', '1', 'x']], ['tx_queue_len', ['-1', '500', '0', '4294967296', 'x']], ['netdev_group', ['5', '0', 'x', '4294967295']], ['proto_down', ['0', '1', 'x']],
      ['uevent', ['x', 'add', 'change\n']], ['address', ['02:00:00:00:00:99']], ['operstate', ['up']], ['statistics/rx_packets', ['0']], ['none', ['1']], 
    ];
    same(writes.flatMap(([file, texts]) => texts.flatMap((text): Op[] => [{ op: 'write', path: `/sys/class/net/v0/${file}`, text }, { op: 'read', path: `/sys/class/net/v0/${file}` }])));
  });
});
