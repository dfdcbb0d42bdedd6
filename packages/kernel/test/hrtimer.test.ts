import { describe, expect, it } from 'vitest';
import { createKernel, Hrtimer, hrtimerActive, hrtimerCancel, HrtimerQueue, hrtimerStart, ms, us, VirtualClock } from '../src/index.ts';

function machine() {
  const clock = new VirtualClock();
  return { clock, k: createKernel({ modules: [], clock, seed: 1 }) };
}

describe('hrtimers', () => {
  it('fire to the nanosecond, first started first among equals', () => {
    const { k, clock } = machine();
    const log: string[] = [];
    const make = (name: string): Hrtimer<string> => new Hrtimer((s: string) => log.push(`${s} ${clock.now()} ${k.depth}`), name);
    const [a, b, c] = [make('a'), make('b'), make('c')];
    expect(hrtimerStart(k, b, 1501)).toBe(false);
    hrtimerStart(k, a, 1501);
    hrtimerStart(k, c, 1500);
    expect(k.nextEvent()).toBe(1500);
    expect(hrtimerActive(a)).toBe(true);
    clock.advance(us(5));
    expect(log).toEqual(['c 1500 1', 'b 1501 1', 'a 1501 1']);
    expect(hrtimerActive(a)).toBe(false);
  });

  it('can be moved and cancelled', () => {
    const { k, clock } = machine();
    const times: number[] = [];
    const t = new Hrtimer(() => times.push(clock.now()), undefined);
    hrtimerStart(k, t, ms(5));
    expect(hrtimerStart(k, t, ms(9))).toBe(true);
    clock.advance(ms(8));
    expect(times).toEqual([]);
    expect(hrtimerStart(k, t, ms(8.5))).toBe(true);
    clock.advance(ms(8));
    expect(times).toEqual([ms(8.5)]);
    hrtimerStart(k, t, ms(20));
    expect(hrtimerCancel(k, t)).toBe(true);
    expect(hrtimerCancel(k, t)).toBe(false);
    expect(k.nextEvent()).toBe(Infinity);
    clock.advance(ms(50));
    expect(times.length).toBe(1);
  });

  it('restart themselves without drift', () => {
    const { k, clock } = machine();
    const times: number[] = [];
    const t: Hrtimer = new Hrtimer(() => {
      times.push(clock.now());
      hrtimerStart(k, t, t.expires + 333);
    }, undefined);
    hrtimerStart(k, t, 333);
    clock.advance(1000);
    expect(times).toEqual([333, 666, 999]);
  });

  it('for the past fire at once, but one run of them ends', () => {
    const { k, clock } = machine();
    let n = 0;
    const t: Hrtimer = new Hrtimer(() => {
      if (++n < 50) hrtimerStart(k, t, 0);
    }, undefined);
    clock.advance(ms(1));
    hrtimerStart(k, t, 0);
    expect(n).toBe(0);
    clock.step();
    // One for each pass of the softirq loop, then the host has its turn.
    expect(n).toBeGreaterThan(0);
    expect(n).toBeLessThan(50);
    clock.advance(0);
    expect(n).toBe(50);
  });
});

describe('HrtimerQueue against a sorted list', () => {
  it('with thousands of starts, moves and cancels', () => {
    let x = 12345;
    const rand = (n: number): number => {
      x = (Math.imul(x, 1103515245) + 12345) >>> 0;
      return Math.floor((x / 2 ** 32) * n);
    };
    const queue = new HrtimerQueue();
    const fired: number[] = [];
    const timers = Array.from({ length: 200 }, (_, id) => new Hrtimer((n: number) => fired.push(n), id));
    let expected: { id: number; at: number; seq: number }[] = [];
    let seq = 0;
    let now = 0;
    for (let step = 0; step < 10_000; step++) {
      const id = rand(timers.length);
      const what = rand(10);
      if (what < 6) {
        const at = now + rand(50);
        expected = expected.filter((e) => e.id !== id);
        expected.push({ id, at, seq: seq++ });
        const before = queue.next;
        const earlier = queue.add(timers[id]!, at);
        if (earlier !== queue.next < before) expect.fail(`step ${step}: add said ${earlier}`);
      } else if (what < 8) {
        if (hrtimerActive(timers[id]!)) queue.remove(timers[id]!);
        expected = expected.filter((e) => e.id !== id);
      } else {
        now += rand(20);
        fired.length = 0;
        queue.run(now);
        const due = expected.filter((e) => e.at <= now).sort((a, b) => a.at - b.at || a.seq - b.seq);
        expected = expected.filter((e) => e.at > now);
        expect(fired).toEqual(due.map((e) => e.id));
      }
      const first = expected.reduce((m, e) => Math.min(m, e.at), Infinity);
      if (queue.count !== expected.length || queue.next !== first) expect.fail(`step ${step}: ${queue.count} timers, next ${queue.next}`);
    }
  });
});
