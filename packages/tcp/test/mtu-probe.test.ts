// The path's MTU found by packets (RFC 4821), on paths that drop what is too large and say nothing.
import { describe, expect, it } from 'vitest';
import { TcpNet, type TcpSock } from '../src/index.ts';
import { ms, tcp, TcpTest } from './harness.ts';
import { transfer, WirePair, type WireOptions } from './wire.ts';

/** A path of MTU 1500 at both ends that takes no more than `mtu` bytes somewhere. */
function narrow(mtu: number, o: WireOptions = {}): WirePair & { dropped: number; largest: number } {
  const w = Object.assign(new WirePair({ delay: 10, ...o }), { dropped: 0, largest: 0 });
  w.filter = (b) => {
    if (b.length > mtu) {
      w.dropped++;
      return true;
    }
    if (b.length > w.largest) w.largest = b.length;
    return false;
  };
  return w;
}

const pmtuOf = (tp: TcpSock): number => tp.mssCache + tp.tcpHeaderLen + 20;

describe('probing from the start (tcp_mtu_probing 2)', () => {
  it('begins with tcp_base_mss and ends at the largest that passes, without a timeout', () => {
    const w = narrow(1300, { sysctl: { mtu_probing: 2 } });
    const { c, s } = w.connect();
    // Who accepts begins so only when the window has grown (observed: a real kernel says 1024 and 1448).
    expect([c.mssCache, s.mssCache]).toEqual([1024, 1448]);
    transfer(w, c, s, 3_000_000);
    expect(pmtuOf(c)).toBeLessThanOrEqual(1300);
    expect(pmtuOf(c)).toBeGreaterThan(1300 - 8);
    expect(w.largest).toBe(pmtuOf(c));
    expect([w.ext(w.a, 'TCPTimeouts'), w.ext(w.a, 'TCPMTUPFail')]).toEqual([0, w.dropped]);
    // By halves: 1288 passes, 1394, 1341, 1314 and 1301 do not, 1294 does.
    expect([w.ext(w.a, 'TCPMTUPSuccess'), w.dropped]).toEqual([2, 4]);
    w.close(c);
    w.close(s);
    while (w.step(w.clock.now() + 90e9));
    expect(w.leak()).toBe(0);
  });

  it('a lost probe is no congestion: the window stays', () => {
    const w = narrow(1300, { sysctl: { mtu_probing: 2 } });
    const { c, s } = w.connect();
    transfer(w, c, s, 3_000_000);
    expect(w.dropped).toBeGreaterThan(1);
    expect([w.ext(w.a, 'TCPSackRecovery'), w.ext(w.a, 'TCPRenoRecovery')]).toEqual([0, 0]);
    expect(c.sndCwnd).toBeGreaterThan(100);
    w.close(c);
    w.close(s);
  });

  it('reaches the whole MTU of a path without such a place, and no further', () => {
    for (const mtu of [1500, 1100]) {
      const w = narrow(1500, { mtu, sysctl: { mtu_probing: 2 } });
      const { c, s } = w.connect();
      transfer(w, c, s, 2_000_000);
      expect(w.largest).toBeLessThanOrEqual(mtu);
      expect(w.largest).toBeGreaterThan(mtu - 8);
      expect(w.ext(w.a, 'TCPMTUPFail')).toBe(0);
      w.close(c);
      w.close(s);
    }
  });

  it('works over loss and reordering: every byte arrives, and nothing too large is kept up', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const w = narrow(1200, { seed, loss: 0.01, jitter: 3, sysctl: { mtu_probing: 2 } });
      const { c, s } = w.connect();
      transfer(w, c, s, 1_000_000, { chunk: 7000 });
      expect(pmtuOf(c)).toBeLessThanOrEqual(1200);
      w.close(c);
      w.close(s);
      while (w.step(w.clock.now() + 90e9));
      expect(w.leak()).toBe(0);
    }
  });

  it('tries again after tcp_probe_interval, as the route may be a wider one now', () => {
    const w = narrow(1200, { sysctl: { mtu_probing: 2, probe_interval: 30 } });
    const { c, s } = w.connect();
    transfer(w, c, s, 1_000_000);
    expect(pmtuOf(c)).toBeLessThanOrEqual(1200);
    w.filter = null;
    transfer(w, c, s, 1_000_000);
    expect(pmtuOf(c)).toBeLessThanOrEqual(1200);
    while (w.step(w.clock.now() + 31e9));
    w.clock.advanceTo(w.clock.now() + 31e9);
    transfer(w, c, s, 2_000_000);
    expect(pmtuOf(c)).toBeGreaterThan(1500 - 8);
    w.close(c);
    w.close(s);
  });

  it('stops where the range is smaller than tcp_probe_threshold', () => {
    const w = narrow(1300, { sysctl: { mtu_probing: 2, probe_threshold: 200 } });
    const { c, s } = w.connect();
    transfer(w, c, s, 2_000_000);
    const p = c.extra!.probe!;
    expect(p.high - p.low).toBeLessThan(200);
    expect(p.high - p.low).toBeGreaterThan(50);
    w.close(c);
    w.close(s);
  });
});

describe('black holes (tcp_mtu_probing 1)', () => {
  it('without it nothing gets through', () => {
    const w = narrow(1000);
    const { c, s } = w.connect();
    expect(() => transfer(w, c, s, 100_000, { limit: 60_000 })).toThrow(/stuck|after/);
    w.close(c);
    w.close(s);
  });

  it.each([1100, 700, 400, 200])('are found by timeouts: %i bytes', (mtu) => {
    const w = narrow(mtu, { sysctl: { mtu_probing: 1 } });
    const { c, s } = w.connect();
    // Nothing is different until then.
    expect([c.extra, c.mssCache]).toEqual([null, 1448]);
    transfer(w, c, s, 300_000, { limit: 300_000 });
    expect(pmtuOf(c)).toBeLessThanOrEqual(mtu);
    expect(w.ext(w.a, 'TCPTimeouts')).toBeGreaterThan(3);
    w.close(c);
    w.close(s);
  });

  it('never below tcp_mtu_probe_floor', () => {
    const w = narrow(200, { sysctl: { mtu_probing: 1, mtu_probe_floor: 300 } });
    const { c, s } = w.connect();
    expect(() => transfer(w, c, s, 100_000, { limit: 100_000 })).toThrow(/stuck|after/);
    expect(c.mssCache).toBe(300);
    w.close(c);
    w.close(s);
  });
});

describe('a probe', () => {
  it('is one segment of that size, followed by others; its end raises the MSS', () => {
    const t = new TcpTest({ sysctl: { mtu_probing: 2, base_mss: 1000 } });
    const s = t.established({ ws: 7 });
    expect(s.sk.mssCache).toBe(1000);
    s.send(20000);
    const [probe, ...rest] = t.sent.splice(0);
    // Halfway between 1040 and 1500.
    expect([probe!.len, probe!.gso]).toEqual([1230, 0]);
    expect(rest.every((x) => x.gso === 1000 || x.len <= 1000)).toBe(true);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1231 }));
    expect([s.sk.mssCache, t.ext('TCPMTUPSuccess')]).toEqual([1230, 1]);
    t.advance(ms(1));
    t.sent.length = 0;
    t.inject(tcp({ flags: 'R', seq: 1 }));
    t.done();
  });

  it('is not sent with too little data behind it, nor when the user forbids (IP_PMTUDISC_DONT)', () => {
    for (const forbid of [false, true]) {
      const t = new TcpTest({ sysctl: { mtu_probing: 2, base_mss: 1000 } });
      const s = t.established({ ws: 7 });
      if (forbid) s.sk.pmtudisc = 0;
      s.send(forbid ? 20000 : 3000);
      expect(t.sent.splice(0).every((x) => x.gso === 1000 || x.len <= 1000)).toBe(true);
      t.inject(tcp({ flags: 'R', seq: 1 }));
      t.done();
    }
  });

  it('has settings with the defaults of ip-sysctl', () => {
    const t = new TcpTest();
    expect(['mtu_probing', 'base_mss', 'mtu_probe_floor', 'min_snd_mss', 'probe_interval', 'probe_threshold'].map((n) => t.net.sysctl.read(`net/ipv4/tcp_${n}`)))
      .toEqual(['0', '1024', '48', '48', '600', '8']);
    expect(t.tn).toBeInstanceOf(TcpNet);
    t.done();
  });
});
