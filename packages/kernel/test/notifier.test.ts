import { describe, expect, it } from 'vitest';
import { EINVAL, NOTIFY_BAD, NOTIFY_DONE, NOTIFY_OK, NOTIFY_STOP, NotifierChain, notifierFromErrno, notifierToErrno } from '../src/index.ts';

describe('NotifierChain', () => {
  it('calls by priority, then in the order of registering', () => {
    const chain = new NotifierChain<number, string>();
    const log: string[] = [];
    const add = (name: string, priority?: number) => chain.register((event, data) => (log.push(`${name} ${event} ${data}`), NOTIFY_DONE), priority);
    add('a');
    add('b', 10);
    add('c');
    add('d', -5);
    add('e', 10);
    expect(chain.call(7, 'x')).toBe(NOTIFY_DONE);
    expect(log).toEqual(['b 7 x', 'e 7 x', 'a 7 x', 'c 7 x', 'd 7 x']);
  });

  it('ends at a value with the stop bit', () => {
    const chain = new NotifierChain<number, null>();
    const log: string[] = [];
    chain.register(() => (log.push('a'), NOTIFY_OK));
    chain.register(() => (log.push('b'), NOTIFY_BAD));
    chain.register(() => (log.push('c'), NOTIFY_OK));
    expect(chain.call(1, null)).toBe(NOTIFY_BAD);
    expect(log).toEqual(['a', 'b']);
    expect(new NotifierChain<number, null>().call(1, null)).toBe(NOTIFY_DONE);
  });

  it('may be changed during a call; that counts from the next', () => {
    const chain = new NotifierChain<number, null>();
    const log: string[] = [];
    const b = (): number => (log.push('b'), NOTIFY_OK);
    chain.register(() => {
      log.push('a');
      chain.unregister(b);
      chain.register(c);
      return NOTIFY_OK;
    });
    const c = (): number => (log.push('c'), NOTIFY_OK);
    chain.register(b);
    chain.call(1, null);
    expect(log).toEqual(['a', 'b']);
    chain.call(1, null);
    expect(log).toEqual(['a', 'b', 'a', 'c']);
  });

  it('takes a function once, and does not miss one that is not there', () => {
    const chain = new NotifierChain<number, null>();
    let n = 0;
    const fn = (): number => (n++, NOTIFY_OK);
    chain.register(fn);
    chain.register(fn, 5);
    chain.call(1, null);
    expect(n).toBe(1);
    chain.unregister(fn);
    chain.unregister(fn);
    chain.call(1, null);
    expect(n).toBe(1);
  });

  it('carries error numbers', () => {
    expect(notifierFromErrno(0)).toBe(NOTIFY_OK);
    expect(notifierToErrno(NOTIFY_OK)).toBe(0);
    expect(notifierToErrno(NOTIFY_DONE)).toBe(0);
    expect(notifierToErrno(NOTIFY_STOP)).toBe(0);
    // EPERM for NOTIFY_BAD, as in Linux.
    expect(notifierToErrno(NOTIFY_BAD)).toBe(-1);
    const chain = new NotifierChain<number, null>();
    chain.register(() => notifierFromErrno(-EINVAL));
    chain.register(() => NOTIFY_OK);
    expect(notifierToErrno(chain.call(1, null))).toBe(-EINVAL);
  });
});
