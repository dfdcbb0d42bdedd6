import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostError, koffiFfi, openTap, withNetns } from '@linnet/host';
import type { FdWatch, Ffi, TapFd, OpenTapOptions } from '@linnet/host';
import { EIO, EBADFD } from '@linnet/kernel';
import { TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4 } from '@linnet/uapi';
import { ACK, ADDRESS, answer, FIN, HOST_ADDRESS, internetSum, parseTcp, PSH, sendTcp, SYN } from './frames.ts';
import { have } from '../needs.mjs';
import { TestNetns } from './netns.ts';

const NOBODY = 65_534;
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

function failure(fn: () => unknown): HostError {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(HostError);
    return error as HostError;
  }
  throw new Error('expected it to throw');
}

/** koffi, with some of the calls made as a user without privilege. */
class UnprivilegedFfi implements Ffi {
  readonly name = 'unprivileged';
  private readonly ffi: Ffi = koffiFfi();
  private readonly calls: readonly string[];

  constructor(...calls: ('open' | 'ioctl' | 'setns')[]) {
    this.calls = calls;
  }

  private as<T>(call: string, fn: () => T): T {
    if (!this.calls.includes(call)) return fn();
    process.seteuid!(NOBODY);
    try {
      return fn();
    } finally {
      process.seteuid!(0);
    }
  }

  open(path: string, flags: number): number { return this.as('open', () => this.ffi.open(path, flags)); }
  close(fd: number): number { return this.ffi.close(fd); }
  ioctl(fd: number, request: number, arg: Uint8Array | number): number { return this.as('ioctl', () => this.ffi.ioctl(fd, request, arg)); }
  read(fd: number, buf: Uint8Array, off: number, len: number): number { return this.ffi.read(fd, buf, off, len); }
  write(fd: number, buf: Uint8Array, off: number, len: number): number { return this.ffi.write(fd, buf, off, len); }
  setns(fd: number, nstype: number): number { return this.as('setns', () => this.ffi.setns(fd, nstype)); }
  watch(fd: number, ready: (errno: number) => void): FdWatch { return this.ffi.watch(fd, ready); }
}

describe.skipIf(!have('root', 'ip', 'ping'))('a TAP of the real kernel', () => {
  let ns: TestNetns;
  let taps: TapFd[];

  beforeEach(() => {
    ns = new TestNetns();
    taps = [];
  });
  afterEach(() => {
    for (const tap of taps) tap.close();
    ns.delete();
  });

  function open(options: OpenTapOptions = {}): TapFd {
    const tap = openTap({ name: 'tap0', netns: ns.name, ...options });
    taps.push(tap);
    return tap;
  }

  function up(tap: TapFd): void {
    ns.sh(`ip address add ${HOST_ADDRESS}/24 dev ${tap.name} && ip link set ${tap.name} up`);
  }

  function hostMac(tap: TapFd): Uint8Array {
    return Uint8Array.from(ns.sh(`cat /sys/class/net/${tap.name}/address`).trim().split(':'), (byte) => Number.parseInt(byte, 16));
  }

  function respond(tap: TapFd): void {
    tap.onReadable(() => {
      tap.drain((u8, off, n) => {
        const at = off + tap.vnetHdrSize;
        if (!answer(u8, at, tap.mode === 'tap')) return;
        u8.fill(0, off, at);
        expect(tap.write(u8, off, n)).toBe(n);
      });
    });
    tap.start();
  }

  const shapes: [string, OpenTapOptions, number?][] = [
    ['with virtio headers', {}, 100],
    ['with headers of 12 bytes', { vnetHdrSize: 12 }],
    ['without headers', { vnetHdr: false }],
    ['that is a TUN', { mode: 'tun' }],
    ['polled busily', { busyPoll: true }],
  ];
  for (const [shape, options, count = 20] of shapes) {
    it(`${shape} answers every ping`, async () => {
      const tap = open(options);
      up(tap);
      respond(tap);
      const ping = await ns.run('ping', '-c', `${count}`, '-i', '0.01', '-s', '1000', '-W', '2', ADDRESS);
      expect(ping.stdout).toContain(`${count} packets transmitted, ${count} received, 0% packet loss`);
    });
  }

  it('carries 64 KiB segments from the kernel in one read each', async () => {
    const tap = open();
    expect(tap.offloads & (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)).toBe(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6);
    up(tap);
    ns.sh(`ip neigh add ${ADDRESS} lladdr 02:00:00:00:00:99 dev tap0`);
    const mac = hostMac(tap);
    const hash = createHash('sha256');
    const mss = 1_460;
    let next = 0;
    let total = 0;
    let largest = 0;
    let closed: () => void = () => undefined;
    const end = new Promise<void>((resolve) => { closed = resolve; });
    tap.onReadable(() => {
      tap.drain((u8, _off, n) => {
        const s = parseTcp(tap, u8, n);
        if (s === null) return;
        const reply = (flags: number, seq: number, options: readonly number[] = []): void => {
          expect(sendTcp(tap, mac, { flags, seq, ack: next, sport: s.dport, dport: s.sport }, options)).toBeGreaterThan(0);
        };
        if ((s.flags & SYN) !== 0) {
          next = (s.seq + 1) >>> 0;
          reply(SYN | ACK, 1_000, [2, 4, mss >>> 8, mss & 0xff, 1, 3, 3, 8]);
          return;
        }
        if (s.len === 0 && (s.flags & FIN) === 0) return;
        if (s.seq === next) {
          const view = new DataView(u8.buffer, u8.byteOffset, n);
          if (s.len > mss) {
            // What the header says of a super-segment: cut it into gso_size pieces after hdr_len bytes, and sum from csum_start.
            expect(view.getUint8(1)).toBe(VIRTIO_NET_HDR_GSO_TCPV4);
            expect(view.getUint16(2, true)).toBe(s.off - tap.vnetHdrSize);
            expect(view.getUint16(4, true)).toBe(mss);
          } else {
            expect(view.getUint8(1)).toBe(VIRTIO_NET_HDR_GSO_NONE);
          }
          expect(view.getUint8(0)).toBe(VIRTIO_NET_HDR_F_NEEDS_CSUM);
          expect(view.getUint16(6, true)).toBe(34);
          expect(view.getUint16(8, true)).toBe(16);
          hash.update(u8.subarray(s.off, s.off + s.len));
          total += s.len;
          largest = Math.max(largest, n);
          next = (next + s.len + (s.flags & FIN)) >>> 0;
        }
        reply((s.flags & FIN) !== 0 ? ACK | FIN : ACK, 1_001);
        if ((s.flags & FIN) !== 0) closed();
      });
    });
    tap.start();
    const bytes = 20_000_000;
    const sender = await ns.run('bash', '-c', `head -c ${bytes} /dev/zero | tr '\\0' 'x' > /dev/tcp/${ADDRESS}/80`);
    expect(sender).toMatchObject({ code: 0, stderr: '' });
    await end;
    expect(total).toBe(bytes);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(Buffer.alloc(bytes, 'x')).digest('hex'));
    expect(largest).toBeGreaterThan(60_000);
  });

  it('takes a 64 KiB segment for the kernel in one write', async () => {
    const tap = open();
    up(tap);
    ns.sh(`ip neigh add ${ADDRESS} lladdr 02:00:00:00:00:99 dev tap0`);
    const mac = hostMac(tap);
    const server = spawn('ip', ['netns', 'exec', ns.name, process.execPath, '-e', `
      const hash = require('crypto').createHash('sha256');
      require('net').createServer((s) => { s.on('data', (d) => hash.update(d)); s.on('end', () => { console.log(hash.digest('hex')); process.exit(0); }); }).listen(5000, '${HOST_ADDRESS}', () => console.log('ready'));
    `], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    server.stdout.setEncoding('utf8').on('data', (text: string) => { printed += text; });
    await once(server.stdout, 'data');
    const mss = 1_448;
    const data = Uint8Array.from({ length: 44 * mss }, (_, i) => (i * 7) ^ (i >>> 8));
    const flow = { sport: 4_000, dport: 5_000 };
    let acked = 0;
    tap.onReadable(() => {
      tap.drain((u8, _off, n) => {
        const s = parseTcp(tap, u8, n);
        if (s === null) return;
        const ack = (s.seq + s.len + ((s.flags & (SYN | FIN)) === 0 ? 0 : 1)) >>> 0;
        if ((s.flags & SYN) !== 0) {
          // The window is open for one whole super-segment; one write carries it, the FIN follows.
          expect(sendTcp(tap, mac, { ...flow, flags: ACK | PSH, seq: 101, ack }, [], data, mss)).toBe(tap.vnetHdrSize + 54 + data.length);
          sendTcp(tap, mac, { ...flow, flags: ACK | FIN, seq: 101 + data.length, ack });
        } else {
          acked = Math.max(acked, s.ack - 101);
          if ((s.flags & FIN) !== 0) sendTcp(tap, mac, { ...flow, flags: ACK, seq: 102 + data.length, ack });
        }
      });
    });
    tap.start();
    sendTcp(tap, mac, { ...flow, flags: SYN, seq: 100, ack: 0 }, [2, 4, mss >>> 8, mss & 0xff]);
    await once(server, 'close');
    expect(printed).toBe(`ready\n${createHash('sha256').update(data).digest('hex')}\n`);
    expect(acked).toBeGreaterThanOrEqual(data.length);
    // The kernel took it as one super-segment, and counted what it stands for.
    expect(Number(ns.sh('cat /sys/class/net/tap0/statistics/rx_packets'))).toBeLessThan(10);
  });

  it('belongs to its namespace, and the thread does not', () => {
    const before = readlinkSync('/proc/thread-self/ns/net');
    const other = new TestNetns();
    try {
      open();
      open({ netns: other.name });
      expect(readlinkSync('/proc/thread-self/ns/net')).toBe(before);
      expect(withNetns(koffiFfi(), ns.name, () => readlinkSync('/proc/thread-self/ns/net'))).not.toBe(before);
      for (const each of [ns, other]) expect(each.sh('ip -br link show tap0')).toMatch(/^tap0/);
      expect(readFileSync('/proc/thread-self/net/dev', 'utf8')).not.toMatch(/^\s*tap0:/m);
    } finally {
      other.delete();
    }
  });

  it('is closed on exec and does not block', () => {
    const tap = open();
    const flags = Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${tap.fd}`, 'utf8'))![1]!, 8);
    expect(flags & 0o2_000_000).not.toBe(0);
    expect(flags & 0o4_000).not.toBe(0);
    expect(tap.read(new Uint8Array(2_000))).toBe(0);
  });

  it('gets a free number for %d, and disappears when it is closed', () => {
    const names = [open({ name: 'lin%d' }).name, open({ name: 'lin%d' }).name];
    expect(names).toEqual(['lin0', 'lin1']);
    taps[0]!.close();
    expect(ns.sh('ip -br link')).not.toContain('lin0');
    expect(ns.sh('ip -br link')).toContain('lin1');
  });

  it('can be opened again at once, also on the same descriptor while the loop watches', async () => {
    for (let i = 0; i < 5; i++) {
      const tap = open();
      up(tap);
      respond(tap);
      const ping = await ns.run('ping', '-c', '1', '-W', '2', ADDRESS);
      expect(ping.stdout).toContain('1 received');
      tap.close();
    }
    expect(new Set(taps.map((tap) => tap.fd))).toEqual(new Set([-1]));
  });

  it('is refused by name: taken, of another kind, of another mode', () => {
    open({ name: 'tap0' });
    const busy = failure(() => open({ name: 'tap0' }));
    expect(busy).toMatchObject({ code: 'EBUSY', syscall: 'ioctl(TUNSETIFF)' });
    expect(busy.message).toMatch(/tap0 is in use by another process/);
    ns.sh('ip link add veth0 type veth peer name veth1 && ip tuntap add dev tun0 mode tun');
    for (const name of ['veth0', 'tun0', 'lo']) {
      const error = failure(() => open({ name }));
      expect(error.code).toBe('EINVAL');
      expect(error.message).toMatch(new RegExp(`the name ${name} is in use by an interface of another kind`));
    }
    expect(failure(() => open({ name: 'sixteen-letters-' })).code).toBe('EINVAL');
    expect(open({ name: 'fifteen-letters' }).name).toBe('fifteen-letters');
    expect(failure(() => open({ netns: 'no-such-namespace' })).message).toMatch(/`ip netns add no-such-namespace`/);
  });

  it('is refused to who may not', () => {
    const noOpen = failure(() => openTap({ name: 'tap0', ffi: new UnprivilegedFfi('open') }));
    expect(noOpen.code).toBe('EACCES');
    const noIoctl = failure(() => open({ ffi: new UnprivilegedFfi('ioctl') }));
    expect(noIoctl).toMatchObject({ code: 'EPERM', syscall: 'ioctl(TUNSETIFF)' });
    expect(noIoctl.message).toMatch(/run as root or give CAP_NET_ADMIN/);
    const noSetns = failure(() => open({ ffi: new UnprivilegedFfi('setns') }));
    expect(noSetns).toMatchObject({ code: 'EPERM', syscall: 'setns' });
    // What the message advises works, with headers and offloads.
    ns.sh(`ip tuntap add dev tap7 mode tap user ${NOBODY}`);
    const tap = open({ name: 'tap7', ffi: new UnprivilegedFfi('ioctl') });
    expect(tap.offloads).not.toBe(0);
  });

  for (const busyPoll of [false, true]) {
    it(`says once that it was deleted, and the loop rests${busyPoll ? ', polled busily' : ''}`, async () => {
      const tap = open({ busyPoll });
      up(tap);
      const errors: HostError[] = [];
      let wakes = 0;
      tap.onReadable(() => { wakes++; tap.drain(() => undefined); });
      const failed = new Promise<void>((resolve) => tap.onError((error) => { errors.push(error); resolve(); }));
      tap.start();
      ns.sh('ip link delete tap0');
      await failed;
      const after = wakes;
      for (let i = 0; i < 20; i++) await turn();
      expect(wakes).toBe(after);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({ code: 'EBADFD', errno: -EBADFD });
      expect(tap.read(new Uint8Array(100))).toBe(-EBADFD);
      expect(tap.write(new Uint8Array(100))).toBe(-EBADFD);
    });
  }

  it('keeps its namespace alive when the name of it is deleted', async () => {
    const tap = open();
    up(tap);
    respond(tap);
    const child = spawn('ip', ['netns', 'exec', ns.name, 'ping', '-c', '10', '-i', '0.02', '-W', '2', ADDRESS], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { printed += text; });
    // The first line comes from inside; the name is not needed after it.
    await once(child.stdout, 'data');
    ns.delete();
    await once(child, 'close');
    expect(printed).toContain('10 received');
  });

  it('takes no frame while it is down and goes on when it is up again', async () => {
    const tap = open();
    expect(tap.write(new Uint8Array(tap.vnetHdrSize + 60))).toBe(-EIO);
    up(tap);
    respond(tap);
    for (let i = 0; i < 2; i++) {
      const ping = await ns.run('ping', '-c', '3', '-i', '0.01', '-W', '2', ADDRESS);
      expect(ping.stdout).toContain('3 received');
      ns.sh('ip link set tap0 down');
      expect(tap.write(new Uint8Array(tap.vnetHdrSize + 60))).toBe(-EIO);
      ns.sh('ip link set tap0 up');
    }
  });

  it('sums as the kernel does', () => {
    // The helper that the other tests lean on, against RFC 1071's own example.
    expect(internetSum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8)).toBe(0xddf2);
  });
});
