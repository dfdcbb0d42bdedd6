import { createKernel, ms, VirtualClock } from '@linnet/kernel';
import { devClose, devOpen, type NetDevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { rtnlSetMaster } from '@linnet/netlink';
import { NlTestClient, nlIfinfo, nlKind } from '@linnet/netlink/testing';
import { skbStats } from '@linnet/skbuff';
import { RTM_NEWLINK } from '@linnet/uapi';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bond, bondNewlink } from '../../src/index.ts';
import { frame, mac, macOf } from '../bridge/lab.ts';
import { send } from '../helpers.ts';

const LACP = mac('01:80:c2:00:00:02');
/** A LACPDU: right at its front, then anything, or as one of ours with bytes changed. */
const slow = fc.record({ sub: fc.constantFrom(1, 1, 1, 2, 9), body: fc.uint8Array({ minLength: 0, maxLength: 110 }) }).map(({ sub, body }) => frame(LACP, macOf(7), { type: 0x8809, payload: Uint8Array.from([sub, 1, 1, 20, ...body]) }));
const step = fc.oneof(
  fc.record({ kind: fc.constant('rx'), f: fc.oneof(slow, fc.uint8Array({ maxLength: 80 })), n: fc.nat(2) }),
  fc.record({ kind: fc.constantFrom('echo', 'tx', 'carrier', 'wait', 'leave', 'join', 'down', 'up', 'option'), f: fc.uint8Array({ maxLength: 40 }), n: fc.nat(2) }),
);

test('any frames, carriers and options: nothing is thrown, nothing leaks', () => {
  fc.assert(
    fc.property(fc.constantFrom('balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad'), fc.array(step, { maxLength: 60 }), (mode, steps) => {
      const clock = new VirtualClock();
      const k = createKernel({ modules: [bond], clock, seed: 1, debug: true });
      const b = bondNewlink(k.initNet, 'b', { mode, miimon: 100 }) as NetDevice;
      const slaves = [0, 1, 2].map((i) => new FakeDevice(k.initNet, { name: `s${i}`, mac: macOf(i), noQueue: true }));
      const join = (s: FakeDevice): void => k.run(() => {
        if (s.dev.master === null) devClose(s.dev);
        rtnlSetMaster(s.dev, b.ifindex);
      });
      slaves.forEach(join);
      k.run(() => devOpen(b));
      for (const { kind, f, n } of steps) {
        const s = slaves[n]!;
        if (kind === 'rx') s.inject(f);
        else if (kind === 'echo') {
          // What another slave said, changed a little.
          for (const x of slaves[(n + 1) % 3]!.take()) {
            const u = x.bytes.slice();
            f.forEach((v, i) => {
              u[14 + ((v * 7 + i) % 60)]! ^= v;
            });
            s.inject(u);
          }
        } else if (kind === 'tx') send(b, frame(macOf(9), b.devAddr, { payload: Uint8Array.from([...f, ...new Uint8Array(46)]) }));
        else if (kind === 'carrier') s.dev.carrier = !s.dev.carrier;
        else if (kind === 'wait') clock.advance(ms(100 * (1 + f.length * 3)));
        else if (kind === 'leave') k.run(() => rtnlSetMaster(s.dev, 0));
        else if (kind === 'join') join(s);
        else if (kind === 'down') k.run(() => devClose(b));
        else if (kind === 'up') k.run(() => devOpen(b));
        else {
          const c = new NlTestClient(k.initNet);
          c.request(RTM_NEWLINK, 0, nlIfinfo({ index: b.ifindex }, (w) => nlKind(w, 'bond', (x) => {
            for (let i = 0; i + 5 < f.length; i += 6) x.putBytes(f[i]! % 34, f.subarray(i + 1, i + 1 + [1, 2, 4, 4][f[i + 5]! & 3]!));
          })));
          c.close();
        }
      }
      slaves.forEach((s) => s.take());
      clock.advance(ms(500));
      slaves.forEach((s) => s.take());
      expect(skbStats(k).live).toBe(0);
      k.shutdown();
    }),
    { seed: 20266, numRuns: 300 },
  );
});
