/*
 * Addresses that come and go at random, overlapping, as primary and secondary, with and without promotion: after each step the routes must be those that a real
 * Linux 6.18 had after the same steps (golden/record-addresses.py).
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { devChangeFlags } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { IFA_F_NOPREFIXROUTE, IFF_UP, in4ToString } from '@linnet/uapi';
import { inetAddrAdd, inetAddrDel } from '../src/devinet.ts';
import type { FibTable } from '../src/fib-table.ts';
import { fibTableWalk } from '../src/fib-trie.ts';
import { RtKernel, ip } from './rt-kernel.ts';

interface Step {
  readonly op: 'add' | 'del' | 'up' | 'down';
  readonly addr: string;
  readonly plen: number;
  readonly peer?: string;
  readonly brd?: string;
  readonly noprefixroute?: boolean;
  readonly metric?: number;
  readonly scope?: string;
  readonly result: number | string;
  readonly routes: readonly string[];
}
const runs = readFileSync(new URL('golden/addresses.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as { promote: number; steps: Step[] });

const TYPES = ['', 'unicast', 'local', 'broadcast'];
const SCOPES = new Map([[253, 'link'], [254, 'host']]);

/** A table in the words of `ip -4 route show table all`. */
function show(tb: FibTable): string[] {
  const out: string[] = [];
  fibTableWalk(tb, (prefix, plen, fa) => {
    const fi = fa.info;
    const dst = plen === 32 ? in4ToString(prefix) : `${in4ToString(prefix)}/${plen}`;
    const type = fa.type === 1 ? '' : `${TYPES[fa.type]} `;
    const table = tb.id === 254 ? '' : ' table local';
    out.push(`${type}${dst} dev ${fi.nhs[0]!.dev!.name}${table} proto kernel scope ${SCOPES.get(fi.scope)} src ${in4ToString(fi.prefsrc)}${fi.priority === 0 ? '' : ` metric ${fi.priority}`}`);
  });
  return out;
}

describe('routes of random addresses', () => {
  it.each(runs.map((r, i) => [i, r] as const))('sequence %i', (_i, run) => {
    const t = new RtKernel();
    const { dev } = new FakeDevice(t.net, { name: 'v0', noQueue: true });
    t.net.sysctl.write('net/ipv4/conf/v0/promote_secondaries', String(run.promote));
    run.steps.forEach((s, n) => {
      const x = { message: '' };
      const err = t.k.run((): number => {
        if (s.op === 'up' || s.op === 'down') {
          devChangeFlags(dev, s.op === 'up' ? dev.flags | IFF_UP : dev.flags & ~IFF_UP);
          return 0;
        }
        const address = ip(s.peer ?? s.addr);
        if (s.op === 'del') return inetAddrDel(t.net, dev, { local: ip(s.addr), address, prefixlen: s.plen }, x);
        return inetAddrAdd(
          t.net,
          dev,
          {
            local: ip(s.addr), address, prefixlen: s.plen, broadcast: s.brd === undefined ? 0 : ip(s.brd), flags: s.noprefixroute === true ? IFA_F_NOPREFIXROUTE : 0,
            metric: s.metric ?? 0, scope: s.scope === 'link' ? 253 : s.scope === 'host' ? 254 : 0,
          },
          x,
        );
      });
      expect(err === 0 ? 0 : `Error: ${x.message}.`, `step ${n}`).toBe(s.result);
      expect([...show(t.n4.fibMain), ...show(t.n4.fibLocal)], `step ${n}: ${s.op} ${s.addr}/${s.plen}`).toEqual(s.routes);
    });
    t.k.shutdown();
    expect(t.n4.fibInfos.size).toBe(0);
    expect(t.live()).toBe(0);
  });
});
