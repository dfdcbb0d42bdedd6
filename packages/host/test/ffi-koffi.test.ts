import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, rmSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { koffiFfi } from '@linnet/host';
import type { Ffi } from '@linnet/host';

const { errno } = os.constants;
const FIONREAD = 0x541b;
const O_CLOEXEC = 0x80000;
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

describe.runIf(process.platform === 'linux')('koffiFfi', () => {
  let ffi: Ffi;
  let folder: string;
  let fifo: number;

  beforeAll(() => {
    ffi = koffiFfi();
    folder = mkdtempSync(join(tmpdir(), 'linnet-ffi-'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    // Linux lets one descriptor hold both ends.
    fifo = ffi.open(join(folder, 'fifo'), constants.O_RDWR | constants.O_NONBLOCK | O_CLOEXEC);
    expect(fifo).toBeGreaterThan(2);
  });
  afterAll(() => {
    expect(ffi.close(fifo)).toBe(0);
    rmSync(folder, { recursive: true });
  });

  it('returns the negative errno of a call that fails', () => {
    expect(ffi.name).toMatch(/^koffi \d/);
    expect(ffi.open('/nonexistent', constants.O_RDONLY)).toBe(-errno.ENOENT);
    expect(ffi.close(-1)).toBe(-errno.EBADF);
    expect(ffi.ioctl(-1, FIONREAD, 0)).toBe(-errno.EBADF);
    expect(ffi.setns(-1, 0)).toBe(-errno.EBADF);
    expect(ffi.read(fifo, new Uint8Array(4), 0, 4)).toBe(-errno.EAGAIN);
    expect(ffi.write(-1, new Uint8Array(4), 0, 4)).toBe(-errno.EBADF);
  });

  it('reads and writes at an offset of any view, and nothing beside it', () => {
    const memory = { small: new Uint8Array(16), inner: new Uint8Array(100_000).subarray(70_000, 70_016), shared: new Uint8Array(new SharedArrayBuffer(64), 8, 16) };
    for (const view of Object.values(memory)) {
      const out = Uint8Array.of(0, 0, 10, 20, 30, 0);
      expect(ffi.write(fifo, out, 2, 3)).toBe(3);
      const left = new Int32Array(1);
      expect(ffi.ioctl(fifo, FIONREAD, new Uint8Array(left.buffer))).toBe(0);
      expect(left[0]).toBe(3);
      view.fill(255);
      expect(ffi.read(fifo, view, 5, 8)).toBe(3);
      expect([...view]).toEqual([255, 255, 255, 255, 255, 10, 20, 30, 255, 255, 255, 255, 255, 255, 255, 255]);
    }
  });

  it('watches a descriptor: again and again while something is left, not while stopped', async () => {
    const one = Uint8Array.of(1);
    let calls = 0;
    let resolved: () => void = () => undefined;
    const watch = ffi.watch(fifo, (status) => {
      expect(status).toBe(0);
      if (++calls % 3 === 0) {
        ffi.read(fifo, new Uint8Array(8), 0, 8);
        resolved();
      }
    });
    const drained = (): Promise<void> => new Promise((resolve) => { resolved = resolve; });
    ffi.write(fifo, one, 0, 1);
    await turn();
    expect(calls).toBe(0);
    let wait = drained();
    watch.start();
    watch.start();
    await wait;
    expect(calls).toBe(3);
    watch.stop();
    ffi.write(fifo, one, 0, 1);
    for (let i = 0; i < 5; i++) await turn();
    expect(calls).toBe(3);
    wait = drained();
    watch.start();
    await wait;
    expect(calls).toBe(6);
    ffi.write(fifo, one, 0, 1);
    watch.close();
    watch.close();
    for (let i = 0; i < 5; i++) await turn();
    expect(calls).toBe(6);
    expect(ffi.read(fifo, new Uint8Array(8), 0, 8)).toBe(1);
  });

  it('runs promise jobs after each callback, and reports what one throws without losing the watch', async () => {
    const log: string[] = [];
    const saved = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => log.push(error.message));
    let done: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => { done = resolve; });
    let calls = 0;
    ffi.write(fifo, Uint8Array.of(1, 2, 3), 0, 3);
    const watch = ffi.watch(fifo, () => {
      ffi.read(fifo, new Uint8Array(1), 0, 1);
      const call = ++calls;
      log.push(`call ${call}`);
      void Promise.resolve().then(() => log.push(`job ${call}`)).then(() => { if (call === 3) done(); });
      if (call === 2) throw new Error('thrown');
    });
    watch.start();
    await finished;
    watch.close();
    process.removeAllListeners('uncaughtException');
    for (const listener of saved) process.on('uncaughtException', listener);
    expect(log.filter((line) => line !== 'thrown')).toEqual(['call 1', 'job 1', 'call 2', 'job 2', 'call 3', 'job 3']);
    expect(log).toContain('thrown');
  });
});
