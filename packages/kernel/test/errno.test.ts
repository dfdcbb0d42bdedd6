import os from 'node:os';
import { describe, expect, it } from 'vitest';
import * as kernel from '../src/index.ts';
import { errnoName, errnoNumber, strerror, SystemError } from '../src/index.ts';

describe('errno', () => {
  it.skipIf(os.platform() !== 'linux')('has the numbers that the host’s Linux has', () => {
    const ours = kernel as unknown as Record<string, unknown>;
    const host = Object.entries(os.constants.errno);
    expect(host.length).toBeGreaterThan(70);
    for (const [name, number] of host) expect([name, ours[name]]).toEqual([name, number]);
  });

  it('names numbers of either sign', () => {
    expect(errnoName(22)).toBe('EINVAL');
    expect(errnoName(-22)).toBe('EINVAL');
    expect(errnoName(11)).toBe('EAGAIN');
    expect(errnoName(95)).toBe('EOPNOTSUPP');
    expect(errnoName(133)).toBe('EHWPOISON');
    expect(errnoName(41)).toBe('E41');
    expect(errnoName(-4000)).toBe('E4000');
  });

  it('finds numbers by name', () => {
    for (let n = 1; n <= 133; n++) if (n !== 41 && n !== 58) expect(errnoNumber(errnoName(n))).toBe(n);
    expect([errnoNumber('EWOULDBLOCK'), errnoNumber('ENOTSUP'), errnoNumber('EDEADLOCK')]).toEqual([11, 95, 35]);
    expect(errnoNumber('ENOSUCHTHING')).toBe(0);
  });

  it('has the messages of errno(3)', () => {
    expect(strerror(0)).toBe('Success');
    expect(strerror(-1)).toBe('Operation not permitted');
    expect(strerror(88)).toBe('Socket operation on non-socket');
    expect(strerror(111)).toBe('Connection refused');
    expect(strerror(58)).toBe('Unknown error 58');
  });

  it('SystemError looks like those of Node', () => {
    const e = new SystemError(-111, 'connect', '10.0.0.1:80');
    expect(e).toBeInstanceOf(Error);
    expect({ ...e, message: e.message, name: e.name }).toEqual({
      name: 'SystemError',
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      message: 'connect ECONNREFUSED 10.0.0.1:80: Connection refused',
    });
    expect(new SystemError(22, 'bind').message).toBe('bind EINVAL: Invalid argument');
    expect(new SystemError(22, 'bind').errno).toBe(-22);
  });
});
