/** The sizes of a new connection; conformance/inet/tcp-buffers.test.ts asks the real kernel for them at many MTUs. */
import { SOCK_RCVBUF_LOCK } from '@linnet/socket';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tcp, TcpTest } from './harness.ts';

describe('sizes of a new connection', () => {
  let t: TcpTest;
  beforeEach(() => {
    t = new TcpTest();
  });
  afterEach(() => {
    t.sent.length = 0;
    t.done();
  });

  it('a send buffer has room for twice ten segments, each a power of two and what a packet takes', () => {
    const s = t.established();
    expect(s.sk.mssClamp).toBe(1460);
    expect(s.sk.sndbuf).toBe(20 * (2048 + 256));
  });

  it('keeps the room of a segment in the window', () => {
    const s = t.established();
    expect([s.sk.rcvbuf, s.sk.rcvSsthresh, s.sk.advmss]).toEqual([131072, 65536 - 1460, 1460]);
  });

  it('scales the window no more than a buffer of a fixed size needs', () => {
    const scale = (rcvbuf: number): number => {
      const s = t.socket();
      s.sk.rcvbuf = rcvbuf;
      s.sk.userlocks |= SOCK_RCVBUF_LOCK;
      expect(s.connect(80)).toBe(0);
      return s.sk.rxOpt.rcvWscale;
    };
    // Half of the buffer is window: as a real kernel has it.
    expect([120000, 131070, 131072, 400000, 2000000].map(scale)).toEqual([0, 0, 1, 2, 4]);
  });

  it('counts the segments of the handshake', () => {
    const l = t.listen(80);
    t.inject(tcp({ flags: 'S', seq: 0, win: 1000, mss: 1000 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 500 }));
    const s = l.accept();
    if (typeof s === 'number') throw new Error(`accept: ${s}`);
    expect([s.sk.segsIn, s.sk.delivered, s.sk.rateIntervalUs]).toEqual([2, 1, 0]);
  });

  it('has no rate of a SYN', () => {
    const s = t.connect(80);
    t.advance(5e6);
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 5000, mss: 1000 }));
    expect([s.sk.state, s.sk.delivered, s.sk.rateIntervalUs]).toEqual([1, 1, 0]);
  });
});
