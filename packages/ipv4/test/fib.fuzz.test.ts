import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EACCES, EEXIST, EHOSTUNREACH, EINVAL, ENETUNREACH, ESRCH } from '@linnet/kernel';
import { Flowi } from '@linnet/inet';
import { FakeDevice } from '@linnet/netdev/testing';
import { RTN_BLACKHOLE, RTN_LOCAL, RTN_PROHIBIT, RTN_THROW, RTN_UNICAST, RTN_UNREACHABLE, in4ToString, inetMakeMask } from '@linnet/uapi';
import { inetAddrAdd } from '../src/devinet.ts';
import { fibAddRoute, fibDelRoute } from '../src/fib-frontend.ts';
import { fibLookup } from '../src/fib-lookup.ts';
import { FibResult } from '../src/fib-types.ts';
import { RtKernel, config, ip } from './rt-kernel.ts';

/** A route as the plain model keeps it. */
interface Plain {
  prefix: number;
  plen: number;
  tos: number;
  metric: number;
  type: number;
  table: number;
  /** Gateway 10.0.0.x, for unicast. */
  gw: number;
}

const ERRNO = new Map([[RTN_BLACKHOLE, -EINVAL], [RTN_UNREACHABLE, -EHOSTUNREACH], [RTN_PROHIBIT, -EACCES]]);

/** The rules, the slow way: local and main together, by length, local first, TOS before none, metric; then the default table. */
function lookup(routes: readonly Plain[], addr: number, tos: number): string {
  const merged = routes.filter((r) => r.table !== 253);
  const fits = (r: Plain): boolean => ((addr ^ r.prefix) & inetMakeMask(r.plen)) === 0 && (r.tos === 0 || r.tos === tos);
  const order = (a: Plain, b: Plain): number => b.plen - a.plen || b.table - a.table || b.tos - a.tos || a.metric - b.metric;
  for (const set of [merged, routes.filter((r) => r.table === 253)]) {
    const best = set.filter(fits).sort(order)[0];
    if (best === undefined || best.type === RTN_THROW) continue;
    const err = ERRNO.get(best.type);
    if (err !== undefined) return `error ${err}`;
    return `${best.plen} table ${best.table} type ${best.type} gw ${best.gw} metric ${best.metric}`;
  }
  return `error ${-ENETUNREACH}`;
}

const route = fc
  .record({
    base: fc.constantFrom(0x0b000000, 0x0b010000, 0x0b0101f0, 0x64400000, -0x40000000),
    low: fc.integer({ min: 0, max: 0xff }),
    plen: fc.constantFrom(0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 25, 28, 30, 31, 32),
    tos: fc.constantFrom(0, 0, 0, 4, 16),
    metric: fc.constantFrom(0, 0, 5, 9),
    type: fc.constantFrom(RTN_UNICAST, RTN_UNICAST, RTN_UNICAST, RTN_LOCAL, RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW),
    table: fc.constantFrom(254, 254, 254, 255, 253),
    gw: fc.integer({ min: 2, max: 5 }),
  })
  .map((r): Plain => ({ prefix: ((r.base ^ r.low) & inetMakeMask(r.plen)) | 0, plen: r.plen, tos: r.tos, metric: r.metric, type: r.type, table: r.table, gw: r.type === RTN_UNICAST ? r.gw : 0 }));
const op = fc.record({ add: fc.integer({ min: 0, max: 3 }).map((n) => n !== 0), r: route });
const probe = fc.record({ base: fc.constantFrom(0x0b000000, 0x0b010000, 0x0b0101f0, 0x64400000, -0x40000000, 0x01020304), low: fc.integer({ min: 0, max: 0x1ff }), tos: fc.constantFrom(0, 4, 8, 16) });

describe('tables against a plain list', () => {
  it('agrees on adds, deletes and lookups', () => {
    const t = new RtKernel();
    const dev = new FakeDevice(t.net, { name: 'eth0', noQueue: true }).dev;
    t.k.run(() => inetAddrAdd(t.net, dev, { local: ip('10.0.0.1'), prefixlen: 24 }));
    const infos = t.n4.fibInfos.size;
    const fl = new Flowi();
    const res = new FibResult();
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 60 }), fc.array(probe, { minLength: 5, maxLength: 15 }), (ops, probes) => {
        const model: Plain[] = [];
        const cfgOf = (r: Plain): ReturnType<typeof config> =>
          config({
            to: `${in4ToString(r.prefix)}/${r.plen}`, tos: r.tos, metric: r.metric, type: r.type, table: r.table,
            ...(r.type === RTN_UNICAST ? { via: `10.0.0.${r.gw}` } : r.type === RTN_LOCAL ? { dev } : { scope: 0 }),
          });
        const same = (a: Plain, b: Plain): boolean => a.prefix === b.prefix && a.plen === b.plen && a.tos === b.tos && a.table === b.table;
        for (const { add, r } of ops) {
          if (add) {
            const there = model.some((m) => same(m, r) && m.metric === r.metric);
            expect(fibAddRoute(t.net, cfgOf(r))).toBe(there ? -EEXIST : 0);
            if (!there) model.push(r);
          } else {
            // A deletion that says no metric takes the first of the list.
            const hits = model.filter((m) => same(m, r) && m.type === r.type && m.gw === r.gw && (r.metric === 0 || m.metric === r.metric)).sort((a, b) => a.metric - b.metric);
            expect(fibDelRoute(t.net, cfgOf(r))).toBe(hits.length === 0 ? -ESRCH : 0);
            if (hits.length !== 0) model.splice(model.indexOf(hits[0]!), 1);
          }
        }
        for (const p of probes) {
          fl.daddr = p.base ^ p.low;
          fl.tos = p.tos;
          const err = fibLookup(t.n4, fl, res, 0);
          const got = err !== 0 ? `error ${err}` : `${res.prefixlen} table ${res.table!.id} type ${res.type} gw ${res.nh!.gw & 255} metric ${res.fi!.priority}`;
          expect(got).toBe(lookup(model, fl.daddr, p.tos));
        }
        for (const m of model) expect(fibDelRoute(t.net, cfgOf(m))).toBe(0);
        expect(t.n4.fibInfos.size).toBe(infos);
        expect(t.n4.fibMain.routes + t.n4.fibLocal.routes + t.n4.fibDefault.routes).toBe(3);
      }),
      { seed: 3, numRuns: 250 },
    );
    t.k.shutdown();
  });
});
