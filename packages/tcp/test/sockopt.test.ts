import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatSnmp } from '@linnet/kernel';
import {
  TCP_INFO_LEN, TCPI_OFF_BYTES_ACKED, TCPI_OFF_OPTIONS, TCPI_OFF_RTT, TCPI_OFF_SND_CWND, TCPI_OFF_SND_MSS, TCPI_OFF_STATE, TCPI_OFF_UNACKED, TCPI_OFF_WSCALE,
} from '@linnet/uapi';
import { ms, tcp, TcpTest, type TestSock } from './harness.ts';

describe('socket options', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = t.established({ ws: 3 });
  });
  afterEach(() => {
    t.sent.length = 0;
    t.done();
  });

  const info = (x: TestSock, n: number = 1000): DataView => {
    const r = t.call(() => x.sk.prot.getsockopt(x.sk, 6, 11, n)) as Uint8Array;
    return new DataView(r.buffer, r.byteOffset, r.byteLength);
  };

  it('have Linux defaults and take what they should', () => {
    const f = t.socket();
    const defaults: [number, number][] = [[1, 0], [3, 0], [4, 7200], [5, 75], [6, 9], [7, 6], [8, 60], [9, 0], [12, 1], [18, 0], [25, -1], [36, 0]];
    for (const [opt, v] of defaults) expect([opt, f.getInt(opt)]).toEqual([opt, v === -1 && opt === 25 ? 0 : v]);
    const sets: [number, number, number][] = [[1, 1, 1], [3, 5, 1], [4, 100, 100], [5, 10, 10], [6, 4, 4], [7, 3, 3], [8, 30, 30], [8, 1000, 120], [8, -5, -1], [18, 1234, 1234], [25, 5000, 5000], [36, 1, 1]];
    for (const [opt, v, got] of sets) {
      expect([opt, f.setInt(opt, v)]).toEqual([opt, 0]);
      expect([opt, f.getInt(opt)]).toEqual([opt, got]);
    }
  });

  it('refuse what they should', () => {
    const bad: [number, number][] = [[2, 10], [2, 70000], [4, 0], [4, 40000], [5, 0], [6, 0], [6, 128], [7, 0], [7, 128], [18, -1], [36, 2]];
    for (const [opt, v] of bad) expect([opt, v, s.setInt(opt, v)]).toEqual([opt, v, -22]);
    expect(s.setInt(999, 1)).toBe(-92);
    expect(s.getInt(999)).toBe(-92);
    expect(t.call(() => s.sk.prot.setsockopt(s.sk, 6, 1, new Uint8Array(2)))).toBe(-22);
  });

  it('TCP_CONGESTION names, changes and refuses', () => {
    const get = (): string => String.fromCharCode(...(t.call(() => s.sk.prot.getsockopt(s.sk, 6, 13, 16)) as Uint8Array)).replace(/\0.*$/, '');
    const set = (n: string): number => t.call(() => s.sk.prot.setsockopt(s.sk, 6, 13, Uint8Array.from(n, (c) => c.charCodeAt(0))));
    expect(get()).toBe('cubic');
    expect(set('reno')).toBe(0);
    expect(get()).toBe('reno');
    expect(set('nonesuch')).toBe(-2);
    expect(set('')).toBe(-22);
  });

  it('TCP_INFO tells the connection in the layout of struct tcp_info', () => {
    s.send(3000);
    t.sent.length = 0;
    t.advance(ms(20));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1461 }));
    const v = info(s);
    expect(v.byteLength).toBe(TCP_INFO_LEN);
    expect(v.getUint8(TCPI_OFF_STATE)).toBe(1);
    expect(v.getUint8(TCPI_OFF_OPTIONS)).toBe(2 | 4);
    expect(v.getUint8(TCPI_OFF_WSCALE)).toBe(0x73);
    expect(v.getUint32(TCPI_OFF_SND_MSS, true)).toBe(1460);
    expect(v.getUint32(TCPI_OFF_UNACKED, true)).toBe(2);
    expect(v.getUint32(TCPI_OFF_RTT, true)).toBeGreaterThan(0);
    expect(v.getUint32(TCPI_OFF_SND_CWND, true)).toBeGreaterThanOrEqual(10);
    expect(v.getUint32(TCPI_OFF_BYTES_ACKED, true)).toBe(1461);
    expect(info(s, 10).byteLength).toBe(10);
    const l = t.socket();
    l.bind(81);
    l.listen(5);
    expect(info(l).getUint32(28, true)).toBe(5);
  });

  it('TCP_WINDOW_CLAMP bounds the window', () => {
    expect(s.setInt(10, 5000)).toBe(0);
    expect(s.getInt(10)).toBe(5000);
    expect(s.setInt(10, 0)).toBe(-22);
    s.recv(1);
    expect(s.sk.rcvSsthresh).toBeLessThanOrEqual(5000);
  });

  it('poll tells every state', () => {
    expect(t.socket().poll()).toBe(0x4 | 0x100 | 0x10);
    const c = t.connect(99);
    t.take();
    expect(c.poll()).toBe(0);
    expect(s.poll()).toBe(0x104);
  });

  it('ioctl tells the queues', () => {
    const io = (cmd: number): number => {
      const b = new Uint8Array(4);
      const r = t.call(() => s.sk.prot.ioctl!(s.sk, cmd, b));
      return r < 0 ? r : new DataView(b.buffer).getInt32(0, true);
    };
    t.sport = 80;
    t.dport = s.sk.sport;
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 10 }));
    expect(io(0x541b)).toBe(10);
    t.inject(tcp({ flags: 'FA', seq: 11, ack: 1 }));
    expect(io(0x541b)).toBe(10);
    s.send(100);
    expect(io(0x5411)).toBe(100);
    expect(io(0x894b)).toBe(0);
    s.send(5);
    expect(io(0x894b)).toBe(5);
    expect(io(0x8905)).toBe(0);
    expect(io(1)).toBe(-515);
  });

  it('TCP_NOTSENT_LOWAT keeps unsent data small', () => {
    s.setInt(25, 2000);
    s.sk.sndCwnd = 1;
    const n = s.send(100000);
    expect(n).toBeLessThan(70000);
    expect(s.poll() & 4).toBe(0);
  });
});

describe('/proc and sysctl', () => {
  it('show sockets as Linux does', () => {
    const t = new TcpTest();
    const s = t.established();
    s.send('abc');
    t.take();
    const lines = t.net.proc.read('net/tcp')!.split('\n');
    expect(lines[0]).toMatch(/^ {2}sl {2}local_address rem_address/);
    // 10.0.0.1 and 10.0.0.2 in the order of their bytes, port 80, ESTABLISHED, three bytes to send, retransmission timer.
    expect(lines[1]).toMatch(new RegExp(`^ {3}0: 0100000A:${s.sk.sport.toString(16).toUpperCase().padStart(4, '0')} 0200000A:0050 01 00000003:00000000 01:000000`));
    expect(lines[1]!.length).toBe(149);
    t.done();
  });

  it('have Linux defaults', () => {
    const t = new TcpTest();
    const want: Record<string, string> = {
      sack: '1', window_scaling: '1', dsack: '1', ecn: '2', syn_retries: '6', synack_retries: '5', syn_linear_timeouts: '4', retries1: '3', retries2: '15',
      fin_timeout: '60', keepalive_time: '7200', keepalive_probes: '9', keepalive_intvl: '75', tw_reuse: '2', rmem: '4096\t131072\t6291456',
      wmem: '4096\t16384\t4194304', congestion_control: 'cubic', available_congestion_control: 'reno cubic bbr vegas dctcp', reordering: '3', recovery: '1', early_retrans: '3',
      frto: '2', slow_start_after_idle: '1', notsent_lowat: '4294967295', moderate_rcvbuf: '1', rto_min_us: '200000', rto_max_ms: '120000',
    };
    for (const [name, v] of Object.entries(want)) expect([name, t.net.sysctl.read(`net/ipv4/tcp_${name}`)]).toEqual([name, v]);
    expect(t.net.sysctl.write('net/ipv4/tcp_congestion_control', 'reno')).toBe(0);
    expect(t.net.sysctl.write('net/ipv4/tcp_congestion_control', 'none')).toBe(-2);
    expect(t.net.sysctl.write('net/ipv4/tcp_sack', '256')).toBe(-22);
    expect(t.kernel.sysctl.write('net/ipv4/tcp_mem', '10 20 30')).toBe(0);
    expect(t.kernel.sysctl.write('net/ipv4/tcp_mem', '10 x')).toBe(-22);
    t.done();
  });

  it('counters have the names and the form of Linux', () => {
    const t = new TcpTest();
    const two = (file: string, group: string): [string, string] => {
      const l = t.net.proc.read(file)!.split('\n').filter((x) => x.startsWith(`${group}:`));
      return [l[0]!, l[1]!];
    };
    for (const [file, group] of [['net/snmp', 'Tcp'], ['net/netstat', 'TcpExt']] as const) {
      const [names, values] = two(file, group);
      expect(names.split(' ').length).toBe(values.split(' ').length);
    }
    expect(two('net/snmp', 'Tcp')[0]).toBe(
      formatSnmp('Tcp', { RtoAlgorithm: 1, RtoMin: 1, RtoMax: 1, MaxConn: 1, ActiveOpens: 1, PassiveOpens: 1, AttemptFails: 1, EstabResets: 1, CurrEstab: 1, InSegs: 1, OutSegs: 1, RetransSegs: 1, InErrs: 1, OutRsts: 1, InCsumErrors: 1 }).split('\n')[0],
    );
    t.done();
  });
});
