// Signed segments (RFC 2385): each is checked by a sum that OpenSSL makes.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AF_INET, TCP_MD5SIG, TCP_MD5SIG_EXT, TCP_MD5SIG_FLAG_IFINDEX, TCP_MD5SIG_FLAG_PREFIX } from '@linnet/uapi';
import { devGetByName, IFF_L3MDEV_MASTER } from '@linnet/netdev';
import { DROP_REASON_NAMES, skbStats } from '@linnet/skbuff';
import type { TcpSock } from '../src/index.ts';
import { ip4, ms, PEER, sec, type Seg, tcp, TcpTest } from './harness.ts';
import { CLIENT, SERVER, transfer, WirePair } from './wire.ts';

/** struct tcp_md5sig of an IPv4 peer. */
function sig(addr: number, key: string, over: { flags?: number; prefix?: number; ifindex?: number; family?: number; keyLen?: number } = {}): Uint8Array {
  const u8 = new Uint8Array(216);
  const v = new DataView(u8.buffer);
  v.setUint16(0, over.family ?? AF_INET, true);
  v.setInt32(4, addr);
  u8[128] = over.flags ?? 0;
  u8[129] = over.prefix ?? 0;
  v.setUint16(130, over.keyLen ?? key.length, true);
  v.setInt32(132, over.ifindex ?? 0, true);
  u8.set(new TextEncoder().encode(key), 136);
  return u8;
}

const hex = (u8: Uint8Array): string => Buffer.from(u8).toString('hex');
const set = (sk: TcpSock, value: Uint8Array, opt: number = TCP_MD5SIG): number => sk.prot.setsockopt(sk, 6, opt, value);

/** Where the signature of an IPv4 packet stands; 0: it has none. */
function signatureAt(b: Uint8Array): number {
  const end = 20 + (b[32]! >> 4) * 4;
  for (let p = 40; p < end && b[p] !== 0; p += b[p] === 1 ? 1 : b[p + 1]!) if (b[p] === 19 && b[p + 1] === 18) return p + 2;
  return 0;
}

/** What it must be. */
function digest(b: Uint8Array, key: string): Uint8Array {
  const hdr = b.slice(20, 40);
  hdr[16] = 0;
  hdr[17] = 0;
  const len = b.length - 20;
  return createHash('md5').update(b.slice(12, 20)).update(Uint8Array.of(0, 6, len >> 8, len & 0xff)).update(hdr).update(b.slice(20 + (b[32]! >> 4) * 4)).update(key).digest();
}

function goodSignature(b: Uint8Array, key: string): boolean {
  const at = signatureAt(b);
  return at > 0 && hex(digest(b, key)) === hex(b.slice(at, at + 16));
}

describe('a signed connection', () => {
  it('carries data; each segment is signed, from SYN to TIME-WAIT', () => {
    const w = new WirePair({ delay: 5, loss: 0.02, duplicate: 0.1, seed: 3 });
    let bad = 0;
    const flags = new Set<number>();
    w.filter = (b) => {
      if (!goodSignature(b, 'secret')) bad++;
      flags.add(b[33]! & 0x3f);
      return false;
    };
    const { c, s } = w.connect(60000, (sk, client) => expect(set(sk, sig(client ? SERVER : CLIENT, 'secret'))).toBe(0));
    transfer(w, c, s, 300000);
    transfer(w, s, c, 100000);
    w.close(c);
    w.close(s);
    while (w.step(w.clock.now() + 90e9));
    expect(bad).toBe(0);
    for (const f of [0x02, 0x12, 0x10, 0x18, 0x11]) expect([f, flags.has(f)]).toEqual([f, true]);
    expect([c, s].map((x) => x.rxOpt.tstampOk)).toEqual([false, false]);
    expect(w.leak()).toBe(0);
    expect(['TCPMD5NotFound', 'TCPMD5Unexpected', 'TCPMD5Failure'].map((n) => w.ext(w.a, n) + w.ext(w.b, n))).toEqual([0, 0, 0]);
  });

  it('is not made with the wrong key, without one, or against a peer who has none; each is counted', () => {
    for (const [client, server, name, at] of [
      ['right', 'wrong', 'TCPMD5Failure', 'b'], ['', 'wanted', 'TCPMD5NotFound', 'b'], ['unwanted', '', 'TCPMD5Unexpected', 'b'],
    ] as const) {
      const w = new WirePair({ delay: 1 });
      expect(() => w.connect(2500, (sk, isClient) => {
        const key = isClient ? client : server;
        if (key !== '') set(sk, sig(isClient ? SERVER : CLIENT, key));
      })).toThrow('no connection');
      expect([name, w.ext(w[at], name)]).toEqual([name, 3]);
      const reason = DROP_REASON_NAMES.indexOf(name.replace('TCP', 'TCP_').toUpperCase() as 'TCP_MD5FAILURE');
      expect(skbStats(w.kernel).drops[reason]).toBe(3);
    }
  });

  it('of a prefix; the longer one wins, and the connection keeps its own', () => {
    const w = new WirePair({ delay: 1 });
    const prefix = (net: string, n: number, key: string): Uint8Array => sig(ip4(net), key, { flags: TCP_MD5SIG_FLAG_PREFIX, prefix: n });
    let listener: TcpSock | null = null;
    const { c, s } = w.connect(60000, (sk, client) => {
      if (client) {
        expect(set(sk, sig(SERVER, 'long'))).toBe(0);
        return;
      }
      listener = sk;
      expect(set(sk, prefix('0.0.0.0', 0, 'any'), TCP_MD5SIG_EXT)).toBe(0);
      expect(set(sk, prefix('10.0.0.0', 24, 'long'), TCP_MD5SIG_EXT)).toBe(0);
      expect(set(sk, prefix('10.0.0.0', 8, 'short'), TCP_MD5SIG_EXT)).toBe(0);
      // Flags count with TCP_MD5SIG_EXT only: this is the key of a host 10.0.0.3.
      expect(set(sk, prefix('10.0.0.3', 8, 'other'))).toBe(0);
    });
    transfer(w, c, s, 10000);
    expect(listener).not.toBeNull();
    expect(s.extra!.md5.map((k) => [k.addr[0], k.prefix, new TextDecoder().decode(k.secret)])).toEqual([[CLIENT, 32, 'long']]);
    w.close(c);
    w.close(s);
  });

  it('may change its key, and lose it', () => {
    const w = new WirePair({ delay: 1 });
    const { c, s } = w.connect(60000, (sk, client) => set(sk, sig(client ? SERVER : CLIENT, 'one')));
    transfer(w, c, s, 10000);
    set(c, sig(SERVER, 'two'));
    set(s, sig(CLIENT, 'two'));
    transfer(w, c, s, 10000);
    set(c, sig(SERVER, ''));
    set(s, sig(CLIENT, ''));
    let signed = 0;
    w.filter = (b) => {
      if (signatureAt(b) > 0) signed++;
      return false;
    };
    transfer(w, c, s, 100000);
    expect(signed).toBe(0);
    w.close(c);
    w.close(s);
  });

  it('leaves room for two SACK blocks', () => {
    const w = new WirePair({ delay: 5, seed: 8 });
    let blocks = 0;
    let n = 0;
    const { c, s } = w.connect(60000, (sk, client) => set(sk, sig(client ? SERVER : CLIENT, 'k')));
    w.filter = (b, from) => {
      expect(goodSignature(b, 'k')).toBe(true);
      const end = 20 + (b[32]! >> 4) * 4;
      for (let p = 40; p < end && b[p] !== 0; p += b[p] === 1 ? 1 : b[p + 1]!) if (b[p] === 5) blocks = Math.max(blocks, (b[p + 1]! - 2) / 8);
      // Every second segment of the client's is lost for a while.
      return from === w.a && b.length > 1000 && n++ < 40 && n % 2 === 0;
    };
    transfer(w, c, s, 200000);
    expect(blocks).toBe(2);
    w.close(c);
    w.close(s);
  });
});

/** A segment of the peer with a signature in front of `more` options. */
function signed(t: TcpTest, seg: Seg, key: string, more: readonly number[] = []): void {
  const b = t.build({ ...seg, rawOptions: Uint8Array.of(1, 1, 19, 18, ...new Uint8Array(16), ...more) });
  b.set(digest(b, key), signatureAt(b));
  t.injectBytes(t.resum(b));
}

describe('packets of a signed socket', () => {
  let t: TcpTest;
  beforeEach(() => {
    t = new TcpTest({ sysctl: { timestamps: 1 } });
  });
  afterEach(() => {
    t.sent.length = 0;
    t.done();
  });

  it('a SYN has signature, MSS, SACK and scale, and no timestamp; the MSS shrinks by 20', () => {
    const s = t.socket();
    expect(t.call(() => set(s.sk, sig(PEER, 'k')))).toBe(0);
    expect(s.connect(80)).toBe(0);
    const [syn] = t.sent.splice(0);
    expect([syn!.flags, syn!.mss, syn!.ts, syn!.sackOk, syn!.ws !== undefined]).toEqual(['S', 1460, undefined, true, true]);
    t.sport = 80;
    t.dport = s.sk.sport;
    // Unsigned answers are no answers.
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460 }));
    t.inject(tcp({ flags: 'RA', seq: 0, ack: 1 }));
    expect([t.sent.length, t.ext('TCPMD5NotFound'), s.sk.drops]).toEqual([0, 2, 2]);
    signed(t, tcp({ flags: 'SA', seq: 0, ack: 1 }), 'k', [2, 4, 5, 180, 4, 2, 1, 1]);
    expect([s.sk.state, s.sk.mssCache, s.sk.rxOpt.sackOk]).toEqual([1, 1440, true]);
    s.send(5000);
    expect(t.sent.splice(0).map((x) => [x.len, x.gso])).toEqual([[0, 0], [1440, 0], [1440, 0], [1440, 0], [680, 0]]);
    expect(t.raw.slice(-5).every((b) => goodSignature(b, 'k'))).toBe(true);
    signed(t, tcp({ flags: 'R', seq: 1 }), 'k');
    s.close();
  });

  it('a stranger has no need of a signature, and none with one is let in', () => {
    const s = t.socket();
    t.call(() => set(s.sk, sig(ip4('10.0.0.77'), 'k')));
    s.bind(80);
    s.listen(5);
    t.sport = 40000;
    t.dport = 80;
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460, rawOptions: Uint8Array.of(19, 18, ...new Uint8Array(16)) }));
    expect([t.sent.length, t.ext('TCPMD5Unexpected')]).toEqual([0, 1]);
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
    expect(t.sent.splice(0).map((x) => x.flags)).toEqual(['SA']);
    s.close();
  });

  it('a key for a VRF comes before those for any, and one for none is for the rest', () => {
    const lo = devGetByName(t.net, 'lo')!;
    // The listener has no device, and is to hear of VRFs.
    t.call(() => t.net.sysctl.write('net/ipv4/tcp_l3mdev_accept', '1'));
    for (const [master, key] of [[true, 'vrf'], [false, 'none']] as const) {
      lo.privFlags |= IFF_L3MDEV_MASTER;
      const s = t.socket();
      const ext = (k: string, flags: number, ifindex: number): number => t.call(() => set(s.sk, sig(PEER, k, { flags, prefix: 32, ifindex }), TCP_MD5SIG_EXT));
      expect([ext('any', TCP_MD5SIG_FLAG_PREFIX, 1), ext('vrf', TCP_MD5SIG_FLAG_PREFIX | TCP_MD5SIG_FLAG_IFINDEX, 1), ext('none', TCP_MD5SIG_FLAG_IFINDEX, 0)]).toEqual([0, 0, 0]);
      if (!master) lo.privFlags &= ~IFF_L3MDEV_MASTER;
      s.bind(80);
      s.listen(5);
      t.sport = 40000 + (master ? 1 : 0);
      t.dport = 80;
      const failed = t.ext('TCPMD5Failure');
      signed(t, tcp({ flags: 'S', seq: 0 }), 'any');
      expect([t.sent.length, t.ext('TCPMD5Failure') - failed]).toEqual([0, 1]);
      t.localIsn = null;
      signed(t, tcp({ flags: 'S', seq: 0 }), key);
      expect(t.take().flags).toBe('SA');
      expect(goodSignature(t.raw.at(-1)!, key)).toBe(true);
      signed(t, tcp({ flags: 'A', seq: 1, ack: 1 }), key);
      const a = s.accept();
      if (typeof a === 'number') throw new Error(`accept ${a}`);
      a.send('x');
      expect(goodSignature(t.raw.at(-1)!, key)).toBe(true);
      signed(t, tcp({ flags: 'R', seq: 1 }), key);
      expect(a.sk.state).toBe(7);
      t.sent.length = 0;
      a.close();
      s.close();
    }
  });

  it('a closed port says nothing to who signs, and resets others', () => {
    t.sport = 40000;
    t.dport = 81;
    signed(t, tcp({ flags: 'S', seq: 0 }), 'k');
    expect(t.sent).toEqual([]);
    t.inject(tcp({ flags: 'S', seq: 0, rawOptions: new Uint8Array(40).fill(1) }));
    expect(t.sent.splice(0).map((x) => x.flags)).toEqual(['RA']);
  });

  it('an unsigned connection drops what is signed', () => {
    const s = t.established();
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'x', rawOptions: Uint8Array.of(1, 1, 19, 18, ...new Uint8Array(16)) }));
    expect([s.recv(10), t.ext('TCPMD5Unexpected')]).toEqual([-11, 1]);
    t.advance(ms(300));
    s.close();
  });

  it('TIME-WAIT answers signed, and only what is signed', () => {
    const s = t.socket();
    t.call(() => set(s.sk, sig(PEER, 'k')));
    s.connect(80);
    t.sport = 80;
    t.dport = s.sk.sport;
    signed(t, tcp({ flags: 'SA', seq: 0, ack: 1 }), 'k', [2, 4, 5, 180]);
    s.close();
    signed(t, tcp({ flags: 'FA', seq: 1, ack: 2 }), 'k');
    expect(s.sk.destroyed).toBe(true);
    t.sent.length = 0;
    t.inject(tcp({ flags: 'FA', seq: 1, ack: 2 }));
    expect([t.sent.length, t.ext('TCPMD5NotFound')]).toEqual([0, 1]);
    t.advance(sec(1));
    signed(t, tcp({ flags: 'FA', seq: 1, ack: 2 }), 'k');
    expect(t.sent.splice(0).map((x) => [x.flags, x.seq, x.ack])).toEqual([['A', 2, 2]]);
    expect(goodSignature(t.raw.at(-1)!, 'k')).toBe(true);
    signed(t, tcp({ flags: 'R', seq: 2 }), 'k');
  });

  it('timestamps are for peers without SACK, for whom there is room', () => {
    for (const [opts, ts] of [[[1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0], true], [[4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0], false]] as const) {
      const s = t.socket();
      t.call(() => set(s.sk, sig(PEER, 'k')));
      s.bind(80);
      s.listen(5);
      t.sport = 40000;
      t.dport = 80;
      t.localIsn = null;
      signed(t, tcp({ flags: 'S', seq: 0, mss: 1460 }), 'k', opts);
      const synack = t.take();
      expect([synack.flags, synack.ts !== undefined, synack.sackOk]).toEqual(['SA', ts, !ts]);
      expect(goodSignature(t.raw.at(-1)!, 'k')).toBe(true);
      signed(t, tcp({ flags: 'A', seq: 1, ack: 1 }), 'k', ts ? [1, 1, 8, 10, 0, 0, 0, 10, 0, 0, 0, 0] : []);
      const a = s.accept();
      if (typeof a === 'number') throw new Error(`accept ${a}`);
      expect(a.sk.tcpHeaderLen).toBe(ts ? 52 : 40);
      a.send('hello');
      const data = t.sent.splice(0).at(-1)!;
      expect([data.len, data.ts !== undefined]).toEqual([5, ts]);
      expect(goodSignature(t.raw.at(-1)!, 'k')).toBe(true);
      signed(t, tcp({ flags: 'R', seq: 1 }), 'k');
      expect(a.error()).toBe(-104);
      a.close();
      s.close();
    }
  });

  it('a RST for what does not fit is signed', () => {
    const s = t.socket();
    t.call(() => set(s.sk, sig(PEER, 'k')));
    s.bind(80);
    s.listen(5);
    t.sport = 40000;
    t.dport = 80;
    // An ACK out of the blue, signed as it should be.
    signed(t, tcp({ flags: 'A', seq: 5, ack: 7 }), 'k');
    const [rst] = t.raw.splice(-1);
    expect(rst![33]! & 4).toBe(4);
    expect(goodSignature(rst!, 'k')).toBe(true);
    s.close();
  });
});

describe('TCP_MD5SIG says no', () => {
  it('to other families, long prefixes and keys, interfaces that are no VRF, and keys that are not there', () => {
    const t = new TcpTest();
    const s = t.socket();
    const ask = (value: Uint8Array, opt: number = TCP_MD5SIG): number => t.call(() => set(s.sk, value, opt));
    expect(ask(sig(PEER, 'k').slice(0, 215))).toBe(-22);
    expect(ask(sig(PEER, 'k', { family: 10 }))).toBe(-22);
    expect(ask(sig(PEER, 'k', { flags: TCP_MD5SIG_FLAG_PREFIX, prefix: 33 }), TCP_MD5SIG_EXT)).toBe(-22);
    expect(ask(sig(PEER, 'k', { flags: TCP_MD5SIG_FLAG_IFINDEX, ifindex: 1 }), TCP_MD5SIG_EXT)).toBe(-22);
    expect(ask(sig(PEER, 'k', { keyLen: 81 }))).toBe(-22);
    expect(ask(sig(PEER, ''))).toBe(-2);
    expect(ask(sig(PEER, 'x'.repeat(80)))).toBe(0);
    expect(ask(sig(PEER, ''))).toBe(0);
    expect(ask(sig(PEER, ''))).toBe(-2);
    expect(t.call(() => s.sk.prot.getsockopt(s.sk, 6, TCP_MD5SIG, 216))).toBe(-92);
    s.close();
    t.advance(sec(1));
    t.done();
  });
});
