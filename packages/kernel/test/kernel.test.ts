import { describe, expect, it } from 'vitest';
import {
  createKernel,
  INITIAL_JIFFIES,
  modTimer,
  ms,
  NET_RX_SOFTIRQ,
  NET_TX_SOFTIRQ,
  openSoftirq,
  raiseSoftirq,
  sec,
  TimerList,
  VirtualClock,
  WaitEntry,
  WaitQueueHead,
  wakeUpPoll,
} from '../src/index.ts';

function machine() {
  const clock = new VirtualClock();
  return { clock, k: createKernel({ modules: [], clock, seed: 1 }) };
}

describe('enter and exit', () => {
  it('nest; softirqs run only at the outermost exit', () => {
    const { k } = machine();
    const log: string[] = [];
    openSoftirq(k, NET_RX_SOFTIRQ, () => log.push(`rx at ${k.depth}`));
    k.enter();
    k.enter();
    raiseSoftirq(k, NET_RX_SOFTIRQ);
    k.exit();
    expect(log).toEqual([]);
    k.exit();
    expect(log).toEqual(['rx at 1']);
    expect(k.depth).toBe(0);
  });

  it('let softirqs run between two steps of one call, but not of one inside another', () => {
    const { k } = machine();
    const log: string[] = [];
    openSoftirq(k, NET_RX_SOFTIRQ, () => log.push(`rx at ${k.depth}`));
    k.enter();
    raiseSoftirq(k, NET_RX_SOFTIRQ);
    k.bhEnable();
    expect(log).toEqual(['rx at 1']);
    raiseSoftirq(k, NET_RX_SOFTIRQ);
    k.enter();
    k.bhEnable();
    k.exit();
    expect(log).toHaveLength(1);
    k.exit();
    expect(log).toEqual(['rx at 1', 'rx at 1']);
  });

  it('complain about an exit too many', () => {
    const { k } = machine();
    expect(() => k.exit()).toThrow('Kernel.exit without enter');
    expect(k.depth).toBe(0);
  });

  it('read the clock once, on entering', () => {
    let now = 5000;
    let reads = 0;
    const clock = {
      now: () => (reads++, now),
      wallNow: () => 0,
      createAlarm: () => ({ set() {}, cancel() {} }),
      defer() {},
    };
    const k = createKernel({ modules: [], clock });
    reads = 0;
    k.enter();
    now += ms(7) + 3;
    k.enter();
    expect(k.ktime).toBe(5000);
    expect(k.now()).toBe(5000);
    expect(k.jiffies).toBe(INITIAL_JIFFIES);
    k.exit();
    k.exit();
    expect(reads).toBe(1);
    k.run(() => {
      expect(k.ktime).toBe(5000 + ms(7) + 3);
      expect(k.jiffies).toBe(INITIAL_JIFFIES + 7);
    });
    now += 1;
    // Outside, the cached time would be stale.
    expect(k.now()).toBe(now);
  });

  it('jiffies wrap as an int32', () => {
    const { k, clock } = machine();
    clock.advance(ms(300_000));
    k.run(() => expect(k.jiffies).toBe(0));
    clock.advance(ms(2 ** 31));
    k.run(() => expect(k.jiffies).toBe(-(2 ** 31)));
    clock.advance(ms(2 ** 31));
    k.run(() => expect(k.jiffies).toBe(0));
  });

  it('run returns the result, and leaves when the function throws', () => {
    const { k } = machine();
    expect(k.run(() => 42)).toBe(42);
    expect(() =>
      k.run(() => {
        throw new Error('oh');
      }),
    ).toThrow('oh');
    expect(k.depth).toBe(0);
  });
});

describe('exceptions', () => {
  it('of softirqs do not stop the others, and reach the outermost exit', () => {
    const { k } = machine();
    const log: string[] = [];
    openSoftirq(k, NET_TX_SOFTIRQ, () => {
      throw new Error('tx is broken');
    });
    openSoftirq(k, NET_RX_SOFTIRQ, () => log.push('rx'));
    const wq = new WaitQueueHead();
    wq.add(new WaitEntry(() => log.push('woken')));
    k.enter();
    wakeUpPoll(k, wq, 1);
    raiseSoftirq(k, NET_TX_SOFTIRQ);
    raiseSoftirq(k, NET_RX_SOFTIRQ);
    expect(() => k.exit()).toThrow('tx is broken');
    expect(log).toEqual(['rx', 'woken']);
    expect(k.depth).toBe(0);
    expect(k.log.dmesg()).toContain('softirq 2: Error: tx is broken');
    // It is over: nothing is thrown twice.
    k.run(() => undefined);
  });

  it('of one timer leave the timers behind it due', () => {
    const { k, clock } = machine();
    const fired: number[] = [];
    for (let i = 0; i < 4; i++) {
      modTimer(
        k,
        new TimerList(() => {
          fired.push(i);
          if (i === 1 || i === 2) throw new Error(`timer ${i}`);
        }, undefined),
        k.jiffies + 10,
      );
    }
    modTimer(k, new TimerList(() => fired.push(9), undefined), k.jiffies + 20);
    expect(() => clock.advance(ms(15))).toThrow('timer 1');
    expect(fired).toEqual([0, 1, 2, 3]);
    clock.advance(ms(15));
    expect(fired).toEqual([0, 1, 2, 3, 9]);
  });
});

describe('wake-ups', () => {
  it('run outside, after the outermost exit, with the masks together', () => {
    const { k } = machine();
    const log: string[] = [];
    const wq = new WaitQueueHead();
    const e = new WaitEntry((mask) => log.push(`${mask} at ${k.depth}`));
    expect(wq.active).toBe(false);
    wq.add(e);
    expect(wq.active).toBe(true);
    k.enter();
    k.enter();
    wakeUpPoll(k, wq, 1);
    wakeUpPoll(k, wq, 4);
    k.exit();
    expect(log).toEqual([]);
    k.exit();
    expect(log).toEqual(['5 at 0']);
    k.run(() => undefined);
    expect(log.length).toBe(1);
    // Still in the queue: it waits until it is removed.
    wakeUpPoll(k, wq, 8);
    expect(log).toEqual(['5 at 0', '8 at 0']);
    wq.remove(e);
    wakeUpPoll(k, wq, 8);
    expect(log.length).toBe(2);
  });

  it('come in the order of waking, each entry once', () => {
    const { k } = machine();
    const log: string[] = [];
    const [a, b] = [new WaitQueueHead(), new WaitQueueHead()];
    a.add(new WaitEntry(() => log.push('a1')));
    a.add(new WaitEntry(() => log.push('a2')));
    b.add(new WaitEntry(() => log.push('b1')));
    k.run(() => {
      wakeUpPoll(k, b, 1);
      wakeUpPoll(k, a, 1);
      wakeUpPoll(k, b, 1);
    });
    expect(log).toEqual(['b1', 'a1', 'a2']);
  });

  it('lose nobody when one in the middle is woken again', () => {
    const { k } = machine();
    const log: string[] = [];
    const queues = ['a', 'b', 'c'].map((name) => {
      const wq = new WaitQueueHead();
      wq.add(new WaitEntry(() => log.push(name)));
      return wq;
    });
    k.run(() => {
      for (const i of [0, 1, 0, 2, 1]) wakeUpPoll(k, queues[i]!, 1);
    });
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('do not reach one who has left, even if it comes back', () => {
    const { k } = machine();
    const masks: number[] = [];
    const [a, b] = [new WaitQueueHead(), new WaitQueueHead()];
    const e = new WaitEntry((mask) => masks.push(mask));
    a.add(e);
    k.run(() => {
      wakeUpPoll(k, a, 1);
      a.remove(e);
      b.add(e);
    });
    expect(masks).toEqual([]);
    k.run(() => {
      wakeUpPoll(k, b, 1);
      b.remove(e);
      b.add(e);
      wakeUpPoll(k, b, 2);
    });
    expect(masks).toEqual([2]);
    // Removing from a queue it is not in is nothing; adding moves it.
    a.remove(e);
    expect(b.active).toBe(true);
    a.add(e);
    expect(b.active).toBe(false);
  });

  it('may call into the kernel: no recursion, and all is told in the end', () => {
    const { k } = machine();
    let depth = 0;
    let deepest = 0;
    let left = 1000;
    const [a, b] = [new WaitQueueHead(), new WaitQueueHead()];
    const pass = (to: WaitQueueHead) => () => {
      deepest = Math.max(deepest, ++depth);
      if (left-- > 0) k.run(() => wakeUpPoll(k, to, 1));
      depth--;
    };
    a.add(new WaitEntry(pass(b)));
    b.add(new WaitEntry(pass(a)));
    k.run(() => wakeUpPoll(k, a, 1));
    expect(left).toBe(-1);
    expect(deepest).toBe(1);
  });

  it('have a budget, so that an endless exchange leaves the host its turn', () => {
    const { k, clock } = machine();
    let told = 0;
    let stop = false;
    const wq = new WaitQueueHead();
    wq.add(
      new WaitEntry(() => {
        told++;
        if (!stop) wakeUpPoll(k, wq, 1);
      }),
    );
    k.run(() => wakeUpPoll(k, wq, 1));
    const first = told;
    expect(first).toBeGreaterThan(100);
    expect(k.nextEvent()).toBe(clock.now());
    expect(clock.step()).toBe(true);
    expect(told).toBe(2 * first);
    stop = true;
    clock.runUntilIdle();
    expect(k.nextEvent()).toBe(Infinity);
  });

  it('that throw spare the others and the caller, and come back in a macrotask', () => {
    const { k, clock } = machine();
    const log: string[] = [];
    const wq = new WaitQueueHead();
    wq.add(
      new WaitEntry(() => {
        throw new Error('user code');
      }),
    );
    wq.add(new WaitEntry(() => log.push('second')));
    k.run(() => wakeUpPoll(k, wq, 1));
    expect(log).toEqual(['second']);
    expect(k.log.dmesg()).toContain('wake-up: Error: user code');
    expect(() => clock.advance(0)).toThrow('user code');
  });
});

describe('nextEvent', () => {
  it('is Infinity without anything, then exact', () => {
    const { k, clock } = machine();
    expect(k.nextEvent()).toBe(Infinity);
    const t = new TimerList(() => undefined, undefined);
    modTimer(k, t, k.jiffies + 1000);
    expect(k.nextEvent()).toBe(sec(1));
    modTimer(k, t, k.jiffies + 5000);
    expect(k.nextEvent()).toBe(sec(5));
    expect(clock.nextEvent()).toBe(sec(5));
    modTimer(k, t, k.jiffies + 10);
    expect(clock.nextEvent()).toBe(ms(10));
    clock.advance(ms(9));
    expect(k.nextEvent()).toBe(ms(10));
    clock.advance(ms(1));
    expect(k.nextEvent()).toBe(Infinity);
  });

  it('arms one alarm, and only for something earlier', () => {
    let alarms = 0;
    const sets: number[] = [];
    let fire = (): void => undefined;
    let now = 0;
    const clock = {
      now: () => now,
      wallNow: () => 0,
      createAlarm(fn: () => void) {
        alarms++;
        fire = fn;
        return { set: (at: number) => void sets.push(at), cancel() {} };
      },
      defer() {},
    };
    const k = createKernel({ modules: [], clock });
    const log: number[] = [];
    const t = new TimerList(() => log.push(now), undefined);
    k.run(() => {
      modTimer(k, t, k.jiffies + 100);
      modTimer(k, t, k.jiffies + 50);
    });
    expect(sets).toEqual([ms(50)]);
    // As a retransmission timer that each acknowledgement puts off: the host's timer is left alone.
    for (let i = 0; i < 40; i++) {
      now += ms(1);
      k.run(() => modTimer(k, t, k.jiffies + 200));
    }
    expect(sets).toEqual([ms(50)]);
    now = ms(50);
    fire();
    expect(log).toEqual([]);
    expect(sets).toEqual([ms(50), ms(240)]);
    now = ms(240);
    fire();
    expect(log).toEqual([ms(240)]);
    expect(sets.length).toBe(2);
    expect(alarms).toBe(1);
  });

  it('is due timers on any entry, not only when the alarm fires', () => {
    let now = 0;
    const clock = { now: () => now, wallNow: () => 0, createAlarm: () => ({ set() {}, cancel() {} }), defer() {} };
    const k = createKernel({ modules: [], clock });
    let fired = 0;
    k.run(() => modTimer(k, new TimerList(() => fired++, undefined), k.jiffies + 5));
    now = ms(6);
    k.enter();
    expect(fired).toBe(0);
    k.exit();
    expect(fired).toBe(1);
  });
});

describe('a long run of softirqs', () => {
  it('sees time go on between its passes, and the timers that come due', () => {
    let now = 0;
    const clock = { now: () => now, wallNow: () => 0, createAlarm: () => ({ set() {}, cancel() {} }), defer() {} };
    const k = createKernel({ modules: [], clock });
    const log: string[] = [];
    modTimer(k, new TimerList(() => log.push('timer'), undefined), k.jiffies + 2);
    openSoftirq(k, NET_RX_SOFTIRQ, () => {
      log.push(`rx ${k.jiffies - INITIAL_JIFFIES} ${k.ktime}`);
      now += ms(1);
      if (now < ms(4)) raiseSoftirq(k, NET_RX_SOFTIRQ);
    });
    k.run(() => raiseSoftirq(k, NET_RX_SOFTIRQ));
    // The first pass has the time of the entry.
    expect(log).toEqual(['rx 0 0', `rx 1 ${ms(1)}`, 'timer', `rx 2 ${ms(2)}`, `rx 3 ${ms(3)}`]);
  });
});

describe('shutdown', () => {
  it('cancels the alarm and ends all turns', () => {
    const { k, clock } = machine();
    let fired = 0;
    modTimer(k, new TimerList(() => fired++, undefined), k.jiffies + 5);
    raiseSoftirq(k, NET_RX_SOFTIRQ);
    const order: string[] = [];
    k.rebootNotifiers.register((event) => order.push(`down ${event} ${k.nets.size}`));
    k.shutdown();
    expect(order).toEqual(['down 1 1']);
    expect(k.nextEvent()).toBe(Infinity);
    clock.advance(sec(10));
    expect(fired).toBe(0);
    expect(clock.nextEvent()).toBe(Infinity);
    // A late system call finds a quiet machine.
    openSoftirq(k, NET_RX_SOFTIRQ, () => fired++);
    k.run(() => raiseSoftirq(k, NET_RX_SOFTIRQ));
    raiseSoftirq(k, NET_RX_SOFTIRQ);
    expect(clock.runUntilIdle()).toBe(true);
    expect(fired).toBe(0);
  });
});

describe('createKernel', () => {
  it('says what is wrong with its options', () => {
    const modules = undefined as unknown as [];
    expect(() => createKernel({ modules })).toThrow('createKernel: EINVAL: modules must be an array of kernel modules, not undefined');
    expect(() => createKernel({ modules: [], hostname: 'x'.repeat(65) })).toThrow('ENAMETOOLONG: hostname has 65 characters');
    expect(createKernel({ modules: [], clock: new VirtualClock(), hostname: 'h1', debug: true })).toMatchObject({ hostname: 'h1', debug: true, depth: 0 });
  });
});
