import { ENOENT, EPERM } from '@linnet/kernel';
import { describe, expect, it } from 'vitest';
import { HostError, withNetns } from '@linnet/host';
import { FakeFfi } from './fake-ffi.ts';

function failure(fn: () => unknown): HostError {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(HostError);
    return error as HostError;
  }
  throw new Error('expected it to throw');
}

describe('withNetns', () => {
  it('runs the function between the two setns and returns its result', () => {
    const ffi = new FakeFfi();
    expect(withNetns(ffi, 'blue', () => ffi.calls.push('inside') && 42)).toBe(42);
    expect(ffi.calls.filter((call) => !call.startsWith('open'))).toEqual(['setns 101', 'close', 'inside', 'setns 100', 'close']);
    expect(ffi.open_.size).toBe(0);
  });

  it('comes back when the function throws, and lets the error through', () => {
    const ffi = new FakeFfi();
    expect(() => withNetns(ffi, 'blue', () => { throw new Error('mine'); })).toThrow('mine');
    expect(ffi.calls).toContain('setns 100');
    expect(ffi.open_.size).toBe(0);
  });

  it('refuses a function that goes on after its return', () => {
    const ffi = new FakeFfi();
    expect(() => withNetns(ffi, 'blue', () => Promise.resolve())).toThrow(/must be synchronous/);
    expect(ffi.calls).toContain('setns 100');
  });

  it('says what to do', () => {
    const missing = new FakeFfi();
    missing.fails.set('open /var/run/netns/blue', -ENOENT);
    expect(failure(() => withNetns(missing, 'blue', () => 0))).toMatchObject({ code: 'ENOENT', message: expect.stringMatching(/no network namespace blue .*`ip netns add blue`/) as string });
    expect(missing.open_.size).toBe(0);
    const forbidden = new FakeFfi();
    forbidden.fails.set('setns', -EPERM);
    expect(failure(() => withNetns(forbidden, 'blue', () => 0))).toMatchObject({ code: 'EPERM', message: expect.stringMatching(/run as root or give CAP_SYS_ADMIN/) as string });
    expect(forbidden.open_.size).toBe(0);
    const stuck = new FakeFfi();
    stuck.fails.set('setns 100', -EPERM);
    expect(failure(() => withNetns(stuck, 'blue', () => 0)).message).toMatch(/cannot return from network namespace blue/);
    for (const name of ['', '.', '..', 'a/b', 'a\0b']) expect(failure(() => withNetns(new FakeFfi(), name, () => 0)).code).toBe('EINVAL');
  });
});
