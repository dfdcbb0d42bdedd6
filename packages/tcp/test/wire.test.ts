import { describe, expect, it } from 'vitest';
import { transfer, WirePair, type WireOptions } from './wire.ts';

/** One transfer; returns what matters of it. */
function run(o: WireOptions, n: number = 600_000): { ms: number; timeouts: number; retrans: number; w: WirePair } {
  const w = new WirePair(o);
  const { c, s } = w.connect();
  const t = transfer(w, c, s, n);
  const r = { ms: t, timeouts: w.ext(w.a, 'TCPTimeouts'), retrans: c.totalRetrans, w };
  // The counts agree with each other at the end of an episode.
  expect(c.sackedOut + c.lostOut).toBeLessThanOrEqual(c.packetsOut);
  w.kernel.shutdown();
  expect(w.leak()).toBe(0);
  return r;
}

describe('a transfer of 600 kB over 20 ms round trip', () => {
  it('takes slow start’s time on a clean wire', () => {
    const r = run({ delay: 10 });
    // 10, 20, 40, ... segments: six round trips and the handshake.
    expect(r.ms).toBeLessThanOrEqual(130);
    expect(r.retrans).toBe(0);
  });

  it('needs no timeout at 1 % loss', () => {
    const r = run({ delay: 10, loss: 0.01 });
    expect(r.timeouts).toBe(0);
    expect(r.ms).toBeLessThan(1500);
  });

  it('sends little more than was lost at 5 % loss', () => {
    const r = run({ delay: 10, loss: 0.05 });
    expect(r.timeouts).toBeLessThanOrEqual(1);
    expect(r.retrans).toBeLessThanOrEqual(r.w.lost + 5);
  });

  it('is hardly slowed by reordering of 25 %', () => {
    const clean = run({ delay: 10 });
    const r = run({ delay: 10, reorder: 0.25, reorderBy: 4 });
    expect(r.timeouts).toBe(0);
    expect(r.ms).toBeLessThan(clean.ms * 2);
    expect(r.retrans).toBeLessThan(20);
  });

  it('is not slowed by duplicates', () => {
    const r = run({ delay: 10, duplicate: 0.1 });
    expect(r.ms).toBeLessThanOrEqual(130);
    expect(r.retrans).toBe(0);
  });

  it('arrives whole through corruption', () => {
    const r = run({ delay: 10, corrupt: 0.02 });
    expect(r.retrans).toBeGreaterThan(0);
  });

  it('fills a bottleneck and keeps its queue', () => {
    // 1.25 MB/s, a queue of 50 packets: at least 83 % of it, slow start's overshoot and the repair included, and a loss only now and then.
    const r = run({ delay: 10, rate: 1250, queue: 50 }, 3_000_000);
    expect(r.ms).toBeLessThan(3_000_000 / 1250 / 0.83);
    expect(r.timeouts).toBe(0);
    expect(r.w.lost).toBeLessThan(60);
  });

  it('works without SACK, without timestamps, without window scaling', () => {
    run({ delay: 10, loss: 0.01, sysctl: { sack: 0 } });
    run({ delay: 10, loss: 0.01, sysctl: { timestamps: 0 } });
    run({ delay: 10, loss: 0.01, sysctl: { window_scaling: 0 } });
    run({ delay: 10, loss: 0.01, sysctl: { sack: 0, timestamps: 0, window_scaling: 0 } });
  });

  it('works with reno, and with classic recovery settings', () => {
    run({ delay: 10, loss: 0.02, sysctl: { congestion_control: 'reno' } });
    run({ delay: 10, loss: 0.02, sysctl: { early_retrans: 0, frto: 0, dsack: 0 } });
    run({ delay: 10, loss: 0.02, sysctl: { recovery: 2 } });
  });

  it('works with an MTU of 576 and of 296', () => {
    run({ delay: 10, loss: 0.02, mtu: 576 }, 200_000);
    run({ delay: 10, loss: 0.02, mtu: 296 }, 100_000);
  });

  it('works with ECN asked for', () => {
    run({ delay: 10, loss: 0.01, sysctl: { ecn: 1 } });
  });

  it('works at no delay at all', () => {
    const r = run({});
    expect(r.retrans).toBe(0);
  });

  it('survives a reader that sleeps', () => {
    const w = new WirePair({ delay: 5, loss: 0.01 });
    const { c, s } = w.connect();
    transfer(w, c, s, 400_000, { readEvery: 50, readMax: 5000 });
    w.kernel.shutdown();
    expect(w.leak()).toBe(0);
  });

  it('survives a wire that dies for a while', () => {
    const w = new WirePair({ delay: 10 });
    const { c, s } = w.connect();
    let dead = false;
    w.filter = () => dead;
    transfer(w, c, s, 100_000);
    dead = true;
    const end = w.clock.now() + 20e9;
    w.send(c, new Uint8Array(50000));
    while (w.step(end));
    dead = false;
    const buf = new Uint8Array(100000);
    let got = 0;
    const limit = w.clock.now() + 60e9;
    while (got < 50000 && w.step(limit)) {
      const r = w.recv(s, buf);
      if (r > 0) got += r;
    }
    expect(got).toBe(50000);
    expect(w.ext(w.a, 'TCPTimeouts')).toBeGreaterThan(3);
    w.kernel.shutdown();
    expect(w.leak()).toBe(0);
  });

  it('repeats bit for bit with the same seed', () => {
    const trace = (): string => {
      const w = new WirePair({ delay: 10, loss: 0.03, reorder: 0.1, seed: 7 });
      let sum = 0;
      w.filter = (b) => {
        for (let i = 0; i < b.length; i++) sum = (Math.imul(sum, 31) + b[i]!) | 0;
        return false;
      };
      const { c, s } = w.connect();
      transfer(w, c, s, 100_000);
      return `${sum} ${w.packets} ${w.clock.now()}`;
    };
    expect(trace()).toBe(trace());
  });
});
