/** Scripted segments: the verdict, state, timeout and flags after each are those that Linux 6.18 showed (golden/record.py wrote golden/tcp.json). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Router, tcp } from './harness.ts';

interface Step {
  dir: 'o' | 'r';
  flags: string;
  seq: number;
  ack: number;
  len: number;
  win: number;
  opts?: number[];
  forwarded: boolean;
  entry: { timeout: number; state: string; unreplied: boolean; assured: boolean; orig: boolean } | null;
}
interface Trace {
  name: string;
  sysctl: Record<string, number>;
  steps: Step[];
}
const traces = JSON.parse(readFileSync(new URL('./golden/tcp.json', import.meta.url), 'utf8')) as Trace[];
const A = '10.1.0.2';
const B = '203.0.113.2';

function entryOf(r: Router): string {
  const line = r.table()[0];
  if (line === undefined) return '-';
  const w = line.split(/\s+/);
  return `${w[5]} ${w[4]}${line.includes('[UNREPLIED]') ? ' unreplied' : ''}${line.includes('[ASSURED]') ? ' assured' : ''}${line.split('dst=')[1]!.includes('sport=4000 ') ? '' : ' reversed'}`;
}

/** Seconds round down, and the answer came some milliseconds after the packet: 119 is 120. */
const whole = (t: number): number => [10, 30, 60, 120, 300, 432000].find((x) => x === t + 1) ?? t;

describe('TCP against the kernel', () => {
  test.each(traces.map((t) => [t.name, t] as const))('%s', (_name, t) => {
    const r = new Router();
    r.dropInvalid = true;
    for (const [k, v] of Object.entries(t.sysctl)) r.sysctl(`net/netfilter/${k}`, v);
    const got: string[] = [];
    const want: string[] = [];
    for (const s of t.steps) {
      const o = s.dir === 'o';
      const p = o ? tcp(A, 4000, B, 80, s.flags, s.seq, s.ack, s.len, s.win, s.opts) : tcp(B, 80, A, 4000, s.flags, s.seq, s.ack, s.len, s.win, s.opts);
      (o ? r.lan : r.wan).inject(p);
      const through = (o ? r.wan : r.lan).take().length === 1;
      got.push(`${s.dir} ${s.flags} ${through ? 'passes' : 'invalid'}: ${entryOf(r)}`);
      const e = s.entry;
      want.push(
        `${s.dir} ${s.flags} ${s.forwarded ? 'passes' : 'invalid'}: ${
          e === null ? '-' : `${e.state} ${whole(e.timeout)}${e.unreplied ? ' unreplied' : ''}${e.assured ? ' assured' : ''}${e.orig ? '' : ' reversed'}`
        }`,
      );
    }
    expect(got).toEqual(want);
    expect(r.end()).toBe(0);
  });
});
