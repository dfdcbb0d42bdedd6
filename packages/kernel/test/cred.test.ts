import { describe, expect, it } from 'vitest';
import { capable, createKernel, Cred, ROOT_CRED, VirtualClock } from '../src/index.ts';

describe('Cred', () => {
  it('user 0 can do everything, others nothing, unless told otherwise', () => {
    expect(ROOT_CRED.capabilities()).toHaveLength(41);
    expect(new Cred(1000).capabilities()).toEqual([]);
    const some = new Cred(1000, 100, [5, 6], [12, 40, 0]);
    expect(some.capabilities()).toEqual([0, 12, 40]);
    expect([some.has(12), some.has(13), some.has(40), some.has(8), some.has(32)]).toEqual([true, false, true, false, false]);
    expect([some.gid, some.inGroup(100), some.inGroup(6), some.inGroup(1000)]).toEqual([100, true, true, false]);
    expect(new Cred(7).gid).toBe(7);
  });

  it('who calls is root when nobody does', () => {
    const k = createKernel({ modules: [], clock: new VirtualClock(), seed: 1 });
    expect(capable(k, 12)).toBe(true);
    k.cred = new Cred(1000);
    expect(capable(k, 12)).toBe(false);
    k.cred = ROOT_CRED;
    k.shutdown();
  });
});
