import { describe, expect, it } from 'vitest';
import { createKernel, KERN_ERR, KERN_INFO, ms, VirtualClock } from '../src/index.ts';

function machine() {
  const clock = new VirtualClock();
  clock.advance(ms(777));
  return { clock, k: createKernel({ modules: [], clock, seed: 1 }) };
}

describe('PrintkLog', () => {
  it('keeps messages with level and time since boot', () => {
    const { k, clock } = machine();
    k.log.info('up');
    clock.advance(ms(1234.5));
    k.log.err('down');
    expect(k.log.records()).toEqual([
      { seq: 0, level: KERN_INFO, time: 0, text: 'up' },
      { seq: 1, level: KERN_ERR, time: ms(1234.5), text: 'down' },
    ]);
    expect(k.log.dmesg()).toBe('[    0.000000] up\n[    1.234500] down\n');
    for (const [fn, level] of [['warn', 4], ['notice', 5], ['debug', 7]] as const) {
      k.log[fn]('x');
      expect(k.log.records().at(-1)!.level).toBe(level);
    }
    expect(k.log.records(3).length).toBe(2);
  });

  it('forgets the oldest', () => {
    const { k } = machine();
    for (let i = 0; i < 3000; i++) k.log.info(`m${i}`);
    const kept = k.log.records();
    expect(kept.length).toBe(1024);
    expect([kept[0]!.text, kept.at(-1)!.text]).toEqual(['m1976', 'm2999']);
  });

  it('tells subscribers outside of the kernel, until they leave', () => {
    const { k } = machine();
    const heard: string[] = [];
    k.log.info('before');
    const leave = k.log.subscribe((r) => {
      heard.push(`${r.text} at ${k.depth}`);
      if (r.text === 'a') k.log.info('more');
    });
    k.run(() => {
      k.log.info('a');
      k.log.info('b');
      expect(heard).toEqual([]);
    });
    expect(heard).toEqual(['a at 0', 'b at 0', 'more at 0']);
    leave();
    k.log.info('c');
    expect(heard.length).toBe(3);
  });

  it('drops a subscriber that throws, and says so', () => {
    const { k, clock } = machine();
    let heard = 0;
    k.log.subscribe(() => {
      heard++;
      throw new Error('bad subscriber');
    });
    k.log.info('a');
    k.log.info('b');
    expect(heard).toBe(1);
    expect(k.log.dmesg()).toContain('bad subscriber');
    expect(() => clock.advance(0)).toThrow('bad subscriber');
  });

  it('jumps over what a slow subscriber has missed', () => {
    const { k } = machine();
    const heard: number[] = [];
    k.log.subscribe((r) => heard.push(r.seq));
    k.run(() => {
      for (let i = 0; i < 2000; i++) k.log.info('x');
    });
    expect([heard.length, heard[0], heard.at(-1)]).toEqual([1024, 976, 1999]);
  });
});
