import { ms, VirtualClock, type Kernel } from '@linnet/kernel';
import { devGetByName } from '@linnet/netdev';
import { describe, expect, it } from 'vitest';
import { arp, build, checksum, createWire, dissect, eth, icmp, ip, payload, SimNet, summary, tcp, Trace, udp } from '../src/index.ts';

describe('layers', () => {
  it('are the bytes of RFC 1071 and of a captured SYN', () => {
    // RFC 1071 section 3: 0001 f203 f4f5 f6f7 sums to ddf2.
    expect(checksum(Uint8Array.from([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]))).toBe(0xffff - 0xddf2);
    // An IPv4 header with its checksum from Wikipedia's article on the subject: b861.
    const head = Uint8Array.from([0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0, 0xc7]);
    expect(checksum(head)).toBe(0xb861);
    const made = build(ip({ src: '192.168.0.1', dst: '192.168.0.199', df: true, protocol: 17, totLen: 0x73 }));
    head.set([0xb8, 0x61], 10);
    expect([...made]).toEqual([...head]);
  });

  it('go to bytes and back', () => {
    const t = tcp({ sport: 1, dport: 2, seq: 0xfffffff0, ack: 7, flags: 'SA', win: 100, options: Uint8Array.from([2, 4, 5, 180]) });
    const i = ip({ src: '10.0.0.1', dst: '10.0.0.2', id: 9, ttl: 3, df: true });
    const p = dissect(build(eth({ src: '02:00:00:00:00:01', dst: 'ff:ff:ff:ff:ff:ff' }), i, t, payload('data')));
    expect(p.bad).toEqual([]);
    expect(p.eth).toMatchObject({ src: '02:00:00:00:00:01', type: 0x800 });
    expect(p.ip).toMatchObject({ src: '10.0.0.1', id: 9, ttl: 3, df: true, totLen: 48, protocol: 6 });
    expect(p.tcp).toMatchObject({ seq: 0xfffffff0, ack: 7, flags: 'SA', win: 100, options: t.options });
    expect(String.fromCharCode(...p.payload)).toBe('data');
    expect(dissect(build(eth(), arp({ op: 2, spa: '1.2.3.4', sha: '02:00:00:00:00:09' }))).arp).toMatchObject({ op: 2, spa: '1.2.3.4' });
  });

  it('say what is wrong', () => {
    const i = ip({ src: '10.0.0.1', dst: '10.0.0.2' });
    expect(dissect(build(eth(), i, udp({ check: 1 }), payload('x'))).bad).toEqual(['udp: checksum']);
    expect(dissect(build(eth(), i, tcp({ check: 1 }))).bad).toEqual(['tcp: checksum']);
    expect(dissect(build(eth(), i, icmp({ check: 1 }))).bad).toEqual(['icmp: checksum']);
    expect(dissect(build(eth(), { ...i, check: 1 }, udp())).bad).toEqual(['ip: checksum']);
    expect(dissect(build(eth(), { ...i, totLen: 99 }, udp())).bad).toEqual(['ip: length']);
    expect(dissect(build(eth(), i, udp({ len: 99 }))).bad).toEqual(['udp: length']);
    for (let n = 0; n < 60; n++) expect(dissect(build(eth(), i, tcp(), payload('123456')).subarray(0, n)).bad.length).toBeGreaterThan(0);
    expect(() => tcp({ flags: 'X' }) && build(tcp({ flags: 'X' }))).toThrow(/no flag/);
  });

  it('have a line each', async () => {
    const i = ip({ src: '10.0.0.1', dst: '10.0.0.2' });
    expect(summary(build(eth(), i, tcp({ sport: 1, dport: 80, flags: 'PA', seq: 5, ack: 6 }), payload('abc')))).toBe(
      '10.0.0.1.1 > 10.0.0.2.80: Flags [PA], seq 5:8, ack 6, win 65535, length 3',
    );
    expect(summary(build(eth(), i, icmp()))).toBe('10.0.0.1 > 10.0.0.2: ICMP type 8 code 0, length 8');
    expect(summary(build(eth(), arp({ tpa: '10.0.0.9', spa: '10.0.0.1' })))).toBe('ARP who-has 10.0.0.9 tell 10.0.0.1');
    const trace = new Trace(1);
    trace.add(1e6, 'h1:eth0', build(eth(), i, icmp()));
    trace.add(2e6, 'h1:eth0', build(eth(), i, udp()));
    await expect(trace.explain(() => Promise.reject(new Error('it failed')))).rejects.toThrow(/it failed[^]*2\.000 ms {2}h1:eth0 .*UDP, length 0$/);
    expect(trace.toString()).not.toContain('ICMP');
  });
});

describe('a wire', () => {
  it('delays and loses by its seed, each way by its own rules', () => {
    const run = (seed: number): { ab: number[]; ba: number[] } => {
      const clock = new VirtualClock();
      const wire = createWire({ clock, seed, ab: { delay: 5, loss: 0.2 }, ba: {} });
      const ab: number[] = [];
      const ba: number[] = [];
      wire.b.onFrame = (u8, off) => ab.push(u8[off + 14]!) > 0;
      wire.a.onFrame = (u8, off) => ba.push(u8[off + 14]!) > 0;
      for (let i = 0; i < 100; i++) {
        const f = build(eth({ type: 0x88b5 }), payload(new Uint8Array(60).fill(i)));
        wire.a.send(f);
        wire.b.send(f);
      }
      expect(ab.length).toBe(0);
      clock.advance(ms(6));
      const { in: n, out, dropped } = wire.stats();
      expect([n, out + dropped]).toEqual([200, 200]);
      wire.close();
      return { ab, ba };
    };
    const one = run(1);
    expect(one.ba.length).toBe(100);
    expect(one.ab.length).toBeGreaterThan(65);
    expect(one.ab.length).toBeLessThan(95);
    expect(run(1)).toEqual(one);
    expect(run(2).ab).not.toEqual(one.ab);
    expect(() => createWire({ ab: { loss: 7 } })).toThrow(RangeError);
  });

  it('carries a virtio_net_hdr before each frame when it is told to, and has the modules that it is given', () => {
    const clock = new VirtualClock();
    let there = false;
    const wire = createWire({ clock, vnetHdr: true, modules: [{ name: 'one more', requires: [], init: () => void (there = true) }], ab: { delay: 1 } });
    expect(there).toBe(true);
    const lengths: number[] = [];
    wire.b.onFrame = (_u8, _off, len) => lengths.push(len) > 0;
    const f = build(eth({ type: 0x88b5 }), payload(new Uint8Array(60)));
    wire.a.send(Uint8Array.of(...new Uint8Array(10), ...f));
    clock.advance(ms(2));
    expect(lengths).toEqual([10 + f.length]);
    wire.close();
  });
});

describe('SimNet', () => {
  it('joins machines and ends clean', () => {
    const net = new SimNet({ modules: [], seed: 3 });
    const [da, db] = net.link(net.machine('h1'), 'eth0', net.machine('h2'), 'eth0', { delay: 1, mtu: 1400 });
    expect([da.mtu, db.mtu, da.running, db.qdisc.ops.id]).toEqual([1400, 1400, true, 'netem']);
    const [h1, h2] = net.machines as [Kernel, Kernel];
    expect(() => net.link(h1, 'eth0', h2, 'eth1')).toThrow(/eth0 of h1: EEXIST/);
    expect(() => net.link(h1, 'eth1', h2, 'eth0')).toThrow(/eth0 of h2: EEXIST/);
    expect(devGetByName(h1.initNet, 'eth1')).toBeNull();
    expect(() => net.link(h1, 'eth2', h2, 'eth2', { loss: 7 })).toThrow(/eth2: .*"loss":7.*EINVAL/);
    net.advance(ms(5));
    expect(net.clock.now()).toBeGreaterThanOrEqual(ms(5));
    net.close();
  });
});
