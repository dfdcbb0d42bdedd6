// Whatever a daemon of multicast routing asks for, and whatever comes in meanwhile: nothing throws, no packet is lost to memory, and the counts of interfaces agree.
import { MRT_INIT, SIOCGETSGCNT, SIOCGETVIFCNT, SOCK_RAW } from '@linnet/uapi';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inDevGet } from '../../src/in-device.ts';
import { IPMR } from '../../src/ipmr-types.ts';
import { ipPacket, Machine, Sk } from '../harness.ts';

const IPPROTO_IGMP = 2;
const MC_FORWARDING = 'conf/eth0/mc_forwarding';

/** Addresses that meet each other often. */
const addr = fc.constantFrom([10, 0, 0, 2], [10, 0, 1, 1], [10, 0, 0, 1], [239, 1, 1, 1], [239, 1, 1, 2], [0, 0, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0], [224, 0, 0, 1], [255, 255, 255, 255]);
const vifctl = fc.tuple(fc.integer({ min: 0, max: 34 }), fc.constantFrom(0, 0, 0, 8, 8, 4, 1, 2, 255), fc.integer({ min: 0, max: 255 }), addr, addr)
  .map(([i, flags, ttl, local, remote]) => new Uint8Array([i, 0, flags, ttl, 0, 0, 0, 0, ...local, ...remote]));
const mfcctl = fc.tuple(addr, addr, fc.integer({ min: 0, max: 34 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([src, grp, parent, ttls]) => new Uint8Array([...src, ...grp, parent, 0, ...ttls.map((n) => n & 3), ...new Array<number>(18).fill(0)]));
const value = fc.oneof(vifctl, mfcctl, fc.constantFrom(new Uint8Array(4), new Uint8Array([1, 0, 0, 0]), new Uint8Array([4, 0, 0, 0]), new Uint8Array([15, 0, 0, 0])), fc.uint8Array({ maxLength: 70 }));
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), sock: fc.integer({ min: 0, max: 1 }), opt: fc.integer({ min: 200, max: 212 }), value }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('frame' as const), wire: fc.integer({ min: 0, max: 1 }), src: addr, dst: addr, ttl: fc.integer({ min: 0, max: 4 }), proto: fc.constantFrom(17, 2, 103), payload: fc.uint8Array({ maxLength: 60 }), ra: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ioctl' as const), cmd: fc.constantFrom(SIOCGETSGCNT, SIOCGETVIFCNT), arg: fc.uint8Array({ maxLength: 48 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 11 }) }) },
);

it('a daemon gone mad', () => {
  fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
    const m = new Machine();
    const wires = [0, 1].map((i) => m.wire(`10.0.${i}.1/24`, { name: `eth${i}` }));
    const socks = [new Sk(m, SOCK_RAW, IPPROTO_IGMP), new Sk(m, SOCK_RAW, IPPROTO_IGMP)];
    socks[0]!.set(0, MRT_INIT, 1);
    for (const s of steps) {
      if (s.kind === 'set') socks[s.sock]!.set(0, s.opt, s.value);
      else if (s.kind === 'wait') m.advance(s.seconds);
      else if (s.kind === 'ioctl') m.kernel.run(() => socks[0]!.sock.ops.ioctl!(socks[0]!.sock, s.cmd, s.arg));
      else {
        const options = s.ra ? new Uint8Array([148, 4, 0, 0]) : new Uint8Array(0);
        const mac = s.dst[0]! >= 224 ? new Uint8Array([1, 0, 0x5e, s.dst[1]! & 127, s.dst[2]!, s.dst[3]!]) : wires[s.wire]!.mac;
        wires[s.wire]!.frame(ipPacket({ src: s.src.join('.'), dst: s.dst.join('.'), ttl: s.ttl, proto: s.proto, options }, s.payload), 0x0800, mac);
      }
    }
    // What the settings show is what there is.
    const mr = m.net.get(IPMR);
    for (const w of wires) {
      const { dev } = w.fake;
      const n = mr.tables.reduce((sum, t) => sum + t.vifs.filter((v) => v !== null && v.dev === dev).length, 0);
      expect(dev.allmulti).toBe(n);
      expect(m.net.sysctl.read(`net/ipv4/${MC_FORWARDING.replace('eth0', dev.name)}`)).toBe(String(n));
      expect(inDevGet(dev)).not.toBeNull();
    }
    for (const t of mr.tables) {
      let chained = 0;
      for (const g of t.groups.values()) for (let e of g.values()) for (chained++; e.next !== null; e = e.next) chained++;
      expect(chained).toBe(t.entries.size);
      expect([...t.pendingBy.values()].reduce((sum, g) => sum + g.size, 0)).toBe(t.pending.size);
    }
    for (const s of socks) s.close();
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  }), { seed: 64, numRuns: 120 });
});
