import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ms, sec, tcp, TcpTest, type TestSock } from './harness.ts';

const LINGER2 = 8;

describe('closing', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = t.established();
  });
  afterEach(() => {
    t.sent.length = 0;
    t.done();
  });

  it('goes FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, and ends after 60 s', () => {
    s.shutdown(1);
    t.expect(tcp({ flags: 'FA', seq: 1, ack: 1 }));
    expect(s.sk.state).toBe(4);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2 }));
    expect(s.sk.state).toBe(5);
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 2, data: 'half open' }));
    expect(s.recvText(100)).toBe('half open');
    t.sent.length = 0;
    t.inject(tcp({ flags: 'FA', seq: 10, ack: 2 }));
    t.expect(tcp({ flags: 'A', seq: 2, ack: 11 }));
    expect(s.sk.state).toBe(7);
    expect(t.tn.hashinfo.twCount).toBe(1);
    expect(s.recv(10)).toEqual(new Uint8Array(0));
    expect(s.poll() & 0x2011).toBe(0x2011);
    // The FIN again is answered.
    t.advance(sec(30));
    t.inject(tcp({ flags: 'FA', seq: 10, ack: 2 }));
    t.expect(tcp({ flags: 'A', seq: 2, ack: 11 }));
    // That began the 60 s anew.
    t.advance(sec(59.9));
    expect(t.tn.hashinfo.twCount).toBe(1);
    t.advance(sec(0.2));
    expect(t.tn.hashinfo.twCount).toBe(0);
    t.inject(tcp({ flags: 'FA', seq: 10, ack: 2 }));
    t.expect(tcp({ flags: 'R', seq: 2 }));
  });

  it('goes CLOSE-WAIT, LAST-ACK, CLOSED when the peer closes first', () => {
    t.inject(tcp({ flags: 'PFA', seq: 1, ack: 1, data: 'bye' }));
    // The ACK waits for a close or for data, as on Linux.
    t.quiet(ms(39));
    t.advance(ms(1));
    t.expect(tcp({ flags: 'A', ack: 5 }));
    expect(s.sk.state).toBe(8);
    expect(s.recvText(10)).toBe('bye');
    expect(s.recv(10)).toEqual(new Uint8Array(0));
    expect(s.send('still')).toBe(5);
    t.expect(tcp({ flags: 'PA', seq: 1, data: 'still' }));
    t.inject(tcp({ flags: 'A', seq: 5, ack: 6 }));
    s.close();
    t.expect(tcp({ flags: 'FA', seq: 6, ack: 5 }));
    expect(s.sk.state).toBe(9);
    t.inject(tcp({ flags: 'A', seq: 5, ack: 7 }));
    expect(s.sk.state).toBe(7);
    expect(s.sk.destroyed).toBe(true);
    expect(t.tn.hashinfo.count).toBe(0);
    expect(t.tn.hashinfo.bhash.size).toBe(0);
  });

  it('goes through CLOSING when both close at once', () => {
    s.close();
    t.expect(tcp({ flags: 'FA', seq: 1 }));
    t.inject(tcp({ flags: 'FA', seq: 1, ack: 1 }));
    t.expect(tcp({ flags: 'A', seq: 2, ack: 2 }));
    expect(s.sk.state).toBe(11);
    t.inject(tcp({ flags: 'A', seq: 2, ack: 2 }));
    expect(t.tn.hashinfo.twCount).toBe(1);
    expect(s.sk.destroyed).toBe(true);
  });

  it('puts the FIN on the last data', () => {
    s.send(3000);
    s.close();
    const all = t.sent.splice(0);
    const last = all[all.length - 1]!;
    expect(last.flags).toContain('F');
    expect(all.filter((x) => x.flags.includes('F')).length).toBe(1);
    expect(all.reduce((a, x) => a + x.len, 0)).toBe(3000);
  });

  it('repeats the FIN, and gives up as an orphan', () => {
    s.close();
    t.take();
    t.advance(ms(201));
    t.expect(tcp({ flags: 'FA', seq: 1 }));
    t.advance(sec(500));
    t.sent.length = 0;
    expect(s.sk.destroyed).toBe(true);
    expect(t.tn.orphans).toBe(0);
  });

  it('does not wait for ever in FIN-WAIT-2 without an owner', () => {
    s.close();
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2 }));
    // A little record takes over.
    expect(s.sk.destroyed).toBe(true);
    expect(t.tn.hashinfo.twCount).toBe(1);
    t.advance(sec(30));
    t.inject(tcp({ flags: 'FA', seq: 1, ack: 2 }));
    t.expect(tcp({ flags: 'A', ack: 2, seq: 2 }));
    t.advance(sec(59));
    expect(t.tn.hashinfo.twCount).toBe(1);
    t.advance(sec(2));
    expect(t.tn.hashinfo.twCount).toBe(0);
  });

  it('FIN-WAIT-2 ends after tcp_fin_timeout', () => {
    t.net.sysctl.write('net/ipv4/tcp_fin_timeout', '20');
    s.close();
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2 }));
    t.advance(sec(19));
    expect(t.tn.hashinfo.twCount).toBe(1);
    t.advance(sec(1.1));
    expect(t.tn.hashinfo.twCount).toBe(0);
  });

  it('TCP_LINGER2 below zero ends at once', () => {
    s.setInt(LINGER2, -1);
    s.close();
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2 }));
    expect(s.sk.destroyed).toBe(true);
    expect(t.tn.hashinfo.count).toBe(0);
  });

  it('resets the peer that sends to nobody', () => {
    s.close();
    t.take();
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 2, len: 10 }));
    t.expect(tcp({ flags: 'R', seq: 2 }));
    expect(s.sk.destroyed).toBe(true);
    expect(t.ext('TCPAbortOnData')).toBe(1);
  });

  it('data in FIN-WAIT-2 without an owner too', () => {
    s.close();
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2 }));
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 2, len: 10 }));
    t.expect(tcp({ flags: 'R', seq: 2 }));
    expect(t.tn.hashinfo.twCount).toBe(0);
  });

  it('resets when data was never read', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 10 }));
    t.take();
    s.close();
    t.expect(tcp({ flags: 'RA', seq: 1, ack: 11 }));
    expect(s.sk.destroyed).toBe(true);
    expect(t.ext('TCPAbortOnClose')).toBe(1);
    expect(t.tn.hashinfo.count).toBe(0);
  });

  it('a FIN that was never read is no data', () => {
    t.inject(tcp({ flags: 'FA', seq: 1, ack: 1 }));
    s.close();
    t.expect(tcp({ flags: 'FA', seq: 1, ack: 2 }));
  });

  it('resets with SO_LINGER of zero', () => {
    s.sk.flags |= 16;
    s.sk.lingertime = 0;
    s.send('lost');
    t.take();
    s.close();
    t.expect(tcp({ flags: 'RA', seq: 5 }));
    expect(s.sk.destroyed).toBe(true);
  });

  it('lets a socket be used again after disconnect', () => {
    t.call(() => s.sk.prot.disconnect(s.sk, 0));
    t.expect(tcp({ flags: 'RA', seq: 1, ack: 1 }));
    expect(s.error()).toBe(-104);
    t.localIsn = null;
    expect(s.connect(80)).toBe(0);
    t.dport = s.sk.sport;
    t.expect(tcp({ flags: 'S', seq: 0, ws: 7, mss: 1460, win: 64240 }));
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(s.sk.state).toBe(1);
  });

  it('closes a connect that was never answered without a word', () => {
    const c = t.connect(99);
    t.take();
    c.close();
    t.expectNothing();
    expect(c.sk.destroyed).toBe(true);
  });

  it('counts connections (RFC 4022)', () => {
    const cur = (): number => t.tn.mib[8]!;
    expect(t.net.proc.read('net/snmp')).toMatch(/Tcp: 1 200 120000 -1 1 0 0 0 1 /);
    expect(cur()).toBe(1);
    t.inject(tcp({ flags: 'FA', seq: 1, ack: 1 }));
    expect(cur()).toBe(1);
    s.close();
    expect(cur()).toBe(0);
  });
});

describe('TIME-WAIT', () => {
  let t: TcpTest;
  let s: TestSock;
  const finish = (): void => {
    s.close();
    t.take();
    t.inject(tcp({ flags: 'FA', seq: 1, ack: 2, ...(t.tsBase === null ? {} : { ts: [1000, 0] }) }));
    t.take();
    expect(t.tn.hashinfo.twCount).toBe(1);
  };
  afterEach(() => {
    t.sent.length = 0;
    t.done();
  });

  it('gives way to a SYN beyond the old connection (RFC 6191)', () => {
    t = new TcpTest();
    ({ s } = t.accepted());
    finish();
    const isn = t.localIsn!;
    t.inject(tcp({ flags: 'S', seq: 100, mss: 1460 }));
    const synack = t.take();
    expect(synack.flags).toBe('SA');
    expect(synack.ack).toBe(101);
    // The new sequence number lies beyond everything that was sent.
    expect((synack.rawSeq - isn) | 0).toBe(2 + 65535 + 2);
    expect(t.tn.hashinfo.twCount).toBe(0);
  });

  it('answers an old SYN with its ACK', () => {
    t = new TcpTest();
    ({ s } = t.accepted());
    finish();
    t.inject(tcp({ flags: 'S', seq: -100, mss: 1460 }));
    t.expect(tcp({ flags: 'A', seq: 2, ack: 2 }));
    expect(t.tn.hashinfo.twCount).toBe(1);
  });

  it('is ended by an exact RST only', () => {
    t = new TcpTest();
    ({ s } = t.accepted());
    finish();
    t.inject(tcp({ flags: 'R', seq: 50 }));
    expect(t.tn.hashinfo.twCount).toBe(1);
    t.net.sysctl.write('net/ipv4/tcp_rfc1337', '1');
    t.inject(tcp({ flags: 'R', seq: 2 }));
    expect(t.tn.hashinfo.twCount).toBe(1);
    t.net.sysctl.write('net/ipv4/tcp_rfc1337', '0');
    t.inject(tcp({ flags: 'R', seq: 2 }));
    expect(t.tn.hashinfo.twCount).toBe(0);
    expect(t.ext('TWKilled')).toBe(1);
  });

  it('answers no more than two strays a second', () => {
    t = new TcpTest();
    ({ s } = t.accepted());
    finish();
    for (let i = 0; i < 5; i++) t.inject(tcp({ flags: 'FA', seq: 1, ack: 2, len: 0 }));
    expect(t.sent.splice(0).length).toBe(5);
    for (let i = 0; i < 5; i++) t.inject(tcp({ flags: 'A', seq: 100, ack: 2 }));
    expect(t.sent.splice(0).length).toBe(1);
    t.advance(ms(501));
    t.inject(tcp({ flags: 'A', seq: 100, ack: 2 }));
    expect(t.sent.splice(0).length).toBe(1);
  });

  it('echoes timestamps, and takes a newer one for a new connection', () => {
    t = new TcpTest({ sysctl: { timestamps: 1 } });
    ({ s } = t.accepted({ ts: [500, 0] }));
    s.close();
    t.take();
    t.inject(tcp({ flags: 'FA', seq: 1, ack: 2, ts: [1000, 0] }));
    t.expect(tcp({ flags: 'A', seq: 2, ack: 2, ts: 'any' }));
    // An old duplicate by its timestamp.
    t.inject(tcp({ flags: 'S', seq: 5000, mss: 1460, ts: [900, 0] }));
    t.expect(tcp({ flags: 'A', seq: 2, ack: 2 }));
    // A sequence number below, yet a later timestamp.
    t.inject(tcp({ flags: 'S', seq: -5000, mss: 1460, ts: [1001, 0] }));
    expect(t.take().flags).toBe('SA');
  });

  it('is reused by connect from loopback after a second, by tcp_tw_reuse', () => {
    t = new TcpTest({ sysctl: { timestamps: 1, tw_reuse: 1 } });
    s = t.socket();
    s.sk.reuse = true;
    expect(s.bind(7777)).toBe(0);
    s.connect(80);
    t.dport = 7777;
    const first = t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460, ts: [10, 0] }));
    t.take();
    finish();
    const again = t.socket();
    again.sk.reuse = true;
    expect(again.bind(7777)).toBe(0);
    expect(again.connect(80)).toBe(-99);
    t.advance(sec(2));
    expect(again.connect(80)).toBe(0);
    const second = t.take();
    expect((second.rawSeq - first.rawSeq) | 0).toBe(2 + 65535 + 2);
    expect(t.tn.hashinfo.twCount).toBe(0);
  });

  it('is left out when there are too many', () => {
    t = new TcpTest({ sysctl: { max_tw_buckets: 0 } });
    s = t.established();
    s.close();
    t.take();
    t.inject(tcp({ flags: 'FA', seq: 1, ack: 2 }));
    t.take();
    expect(t.tn.hashinfo.count).toBe(0);
    expect(t.ext('TCPTimeWaitOverflow')).toBe(1);
  });
});
