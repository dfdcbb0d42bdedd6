import { describe, expect, it } from 'vitest';
import { createKernel, VirtualClock } from '../src/index.ts';

class CountingClock extends VirtualClock {
  holds = 0;
  hold(): void {
    this.holds++;
  }
  release(): void {
    this.holds--;
  }
}

describe('holding the process', () => {
  it('counts, and ends with the kernel whatever was not taken back', () => {
    const clock = new CountingClock();
    const a = createKernel({ modules: [], clock });
    const b = createKernel({ modules: [], clock });
    for (const k of [a, a, b]) k.hold();
    a.release();
    expect(clock.holds).toBe(2);
    a.shutdown();
    expect(clock.holds).toBe(1);
    // A socket that closes after its machine went must not take another's hold.
    a.release();
    a.hold();
    expect(clock.holds).toBe(1);
    b.release();
    expect(() => b.release()).toThrow('without hold');
    b.shutdown();
    expect(clock.holds).toBe(0);
  });
});
