/** TCP_CC_INFO in the layouts of linux/inet_diag.h, the same by inet_diag, and who may choose which algorithm. */
import { Cred, EPERM, ROOT_CRED } from '@linnet/kernel';
import { INET_DIAG_BBRINFO, INET_DIAG_DCTCPINFO, INET_DIAG_VEGASINFO, TCP_CC_INFO, TCP_CONGESTION } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import type { BbrState } from '../src/cong/bbr-state.ts';
import type { DctcpState } from '../src/cong/dctcp.ts';
import type { VegasState } from '../src/cong/vegas.ts';
import { TCP_DIAG_HANDLER } from '../src/tcp-diag.ts';
import { ms, tcp, TcpTest, type TestSock } from './harness.ts';

function make(cc: string): { t: TcpTest; s: TestSock } {
  const t = new TcpTest({ sysctl: { congestion_control: cc } });
  return { t, s: t.established() };
}

const info = ({ t, s }: { t: TcpTest; s: TestSock }, max: number = 64): DataView => {
  const r = t.call(() => s.sk.prot.getsockopt(s.sk, 6, TCP_CC_INFO, max)) as Uint8Array;
  return new DataView(r.buffer, r.byteOffset, r.byteLength);
};

/** What inet_diag puts beside the name for a request with these extension bits. */
function diag(s: TestSock, ext: number): [number, number][] {
  const out: [number, number][] = [];
  const w = { putBytes: (attr: number, b: Uint8Array) => void out.push([attr, b.length]), putString: () => {} };
  TCP_DIAG_HANDLER.putInfo!(w as never, s.sk as never, { ext, destroyed: false } as never);
  return out;
}
const ASK = 1 << (INET_DIAG_VEGASINFO - 1);

describe('TCP_CC_INFO', () => {
  it('tells of BBR', () => {
    const x = make('bbr');
    const b = x.s.sk.caPriv as BbrState;
    b.rtProp = 12_345;
    b.btlBw.update(5, 0);
    const v = info(x);
    expect(v.byteLength).toBe(20);
    // Five segments a microsecond are more than 32 bits of bytes a second.
    expect(v.getUint32(0, true) + v.getUint32(4, true) * 2 ** 32).toBe(5 * 1460 * 1e6);
    expect([v.getUint32(8, true), v.getUint32(12, true), v.getUint32(16, true)]).toEqual([12_345, 739, 739]);
    expect(info(x, 7).byteLength).toBe(7);
    expect(diag(x.s, ASK)).toEqual([[INET_DIAG_BBRINFO, 20]]);
    expect(diag(x.s, 0)).toEqual([]);
    x.t.done();
  });

  it('tells of Vegas', () => {
    const x = make('vegas');
    const v = x.s.sk.caPriv as VegasState;
    Object.assign(v, { baseRtt: 1000, roundRtt: Infinity, samples: 3 });
    expect([0, 4, 8, 12].map((i) => info(x).getUint32(i, true))).toEqual([1, 3, 1000, 0x7fffffff]);
    expect(diag(x.s, ASK)).toEqual([[INET_DIAG_VEGASINFO, 16]]);
    x.t.done();
  });

  it('tells of DCTCP, and that it fell back where ECN was refused', () => {
    const t = new TcpTest({ sysctl: { congestion_control: 'dctcp' } });
    const s = t.connect(80);
    t.take();
    t.inject(tcp({ flags: 'SAE', seq: 0, ack: 1, win: 65535, mss: 1460, sackOk: true }));
    t.take();
    const d = s.sk.caPriv as DctcpState;
    d.alpha = 0.25;
    d.ce = true;
    s.sk.delivered += 10;
    s.sk.deliveredCe += 4;
    const v = info({ t, s });
    expect([v.getUint16(0, true), v.getUint16(2, true), v.getUint32(4, true), v.getUint32(8, true), v.getUint32(12, true)]).toEqual([1, 1, 256, 4 * 1460, 10 * 1460]);
    expect(diag(s, ASK)).toEqual([[INET_DIAG_DCTCPINFO, 16]]);
    t.done();
    const x = make('dctcp');
    expect(info(x).getUint16(0, true)).toBe(0);
    x.t.done();
  });

  it('is empty for those that keep nothing to tell, and zeros before there is a connection', () => {
    const x = make('reno');
    expect(info(x).byteLength).toBe(0);
    expect(diag(x.s, ASK)).toEqual([]);
    const s = x.t.socket();
    expect(s.sk.prot.setsockopt(s.sk, 6, TCP_CONGESTION, Uint8Array.from('bbr', (c) => c.charCodeAt(0)))).toBe(0);
    expect(s.sk.prot.getsockopt(s.sk, 6, TCP_CC_INFO, 64)).toEqual(new Uint8Array(20));
    x.t.done();
  });
});

describe('tcp_allowed_congestion_control', () => {
  it('says what users without CAP_NET_ADMIN may choose (tcp(7))', () => {
    const { t, s } = make('cubic');
    const choose = (name: string): number => s.sk.prot.setsockopt(s.sk, 6, TCP_CONGESTION, Uint8Array.from(name, (c) => c.charCodeAt(0)));
    expect(t.net.sysctl.read('net/ipv4/tcp_allowed_congestion_control')).toBe('reno cubic bbr');
    t.kernel.cred = new Cred(1000);
    expect(['bbr', 'vegas', 'dctcp', 'reno'].map(choose)).toEqual([0, -EPERM, -EPERM, 0]);
    t.kernel.cred = ROOT_CRED;
    expect(choose('vegas')).toBe(0);
    expect(t.net.sysctl.write('net/ipv4/tcp_allowed_congestion_control', 'reno dctcp')).toBe(0);
    t.kernel.cred = new Cred(1000);
    expect(['bbr', 'dctcp'].map(choose)).toEqual([-EPERM, 0]);
    t.kernel.cred = ROOT_CRED;
    // The pacer that BBR asked for stays.
    expect(s.sk.pacer).not.toBeNull();
    t.advance(ms(1));
    t.done();
  });
});
