/** Framing of batches: the answers are those that Linux 6.18 gave to the same datagrams. */
import { describe, expect, test } from 'vitest';
import { createKernel, EINVAL, ENOENT, EOPNOTSUPP, ERANGE, ERESTART, type Net, VirtualClock } from '@linnet/kernel';
import { SKB } from '@linnet/skbuff';
import { MsgHdr, sockCreate, sockRelease, type Socket } from '@linnet/socket';
import { AF_NETLINK, NETLINK_NETFILTER, nlaGetString, nlmsgForEach, nlmsgSeq, nlmsgType, NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR, NlWriter, SOCK_RAW } from '@linnet/uapi';
import { NLA_STRING } from '@linnet/netlink';
import { NFNL_BATCH_GENID, NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES, nfnetlink, nfnlSubsysRegister } from '../src/index.ts';

/** A subsystem with names that are added and removed in batches: what nf_tables is to the framing. */
class Names {
  readonly committed: Set<string> = new Set();
  pending: ((s: Set<string>) => void)[] = [];
}
const FILTERS = { maxtype: 1, rules: { 1: { type: NLA_STRING, len: 31 } } } as const;

class Box {
  readonly kernel = createKernel({
    modules: [nfnetlink, {
      name: 'names', requires: [nfnetlink],
      init: (k): void => {
        const has = (n: string): boolean => {
          const s = new Set(this.names.committed);
          for (const f of this.names.pending) f(s);
          return s.has(n);
        };
        nfnlSubsysRegister(k, {
          name: 'names', id: NFNL_SUBSYS_NFTABLES,
          cb: [
            { batch: true, policy: FILTERS, call: ({ req, tb }) => { const n = nlaGetString(req.view, tb[1]!); this.names.pending.push((s) => { s.add(n); }); return 0; } },
            { policy: FILTERS, call: () => 0 },
            { batch: true, policy: FILTERS, call: ({ req, tb }) => { const n = nlaGetString(req.view, tb[1]!); if (!has(n)) return -ENOENT; this.names.pending.push((s) => { s.delete(n); }); return 0; } },
          ],
          commit: () => { for (const f of this.names.pending.splice(0)) f(this.names.committed); return 0; },
          abort: () => { this.names.pending = []; this.aborts++; },
          validGenid: (_n: Net, genid) => genid === 7,
        });
      },
    }],
    clock: new VirtualClock(), seed: 1,
  });
  readonly names = new Names();
  aborts = 0;
  readonly sock: Socket;
  constructor() {
    const s = this.kernel.run(() => sockCreate(this.kernel.initNet, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
    if (typeof s === 'number') throw new Error(`socket: ${s}`);
    this.sock = s;
  }
  /** Sends one datagram; each answer as [sequence number, errno]. */
  ask(...messages: readonly ((w: NlWriter) => void)[]): [number, number][] {
    const w = new NlWriter();
    for (const m of messages) m(w);
    const out: [number, number][] = [];
    this.kernel.run(() => {
      this.sock.ops.sendmsg(this.sock, new MsgHdr([w.bytes()]), w.len);
      for (;;) {
        const buf = new Uint8Array(4096);
        const n = this.sock.ops.recvmsg(this.sock, new MsgHdr([buf]), buf.length, 0x40);
        if (n <= 0) break;
        const view = new DataView(buf.buffer);
        nlmsgForEach(view, 0, n, (nlh) => {
          expect(nlmsgType(view, nlh)).toBe(NLMSG_ERROR);
          out.push([nlmsgSeq(view, nlh), view.getInt32(nlh + 16, true)]);
        });
      }
    });
    return out;
  }
  end(): void {
    const pool = this.kernel.get(SKB);
    this.kernel.run(() => sockRelease(this.sock));
    this.kernel.shutdown();
    expect(pool.stats.live).toBe(0);
  }
}

const A: number = NLM_F_REQUEST | NLM_F_ACK;
const R: number = NLM_F_REQUEST;
function raw(type: number, flags: number, seq: number, resId = 0, fill: (w: NlWriter) => void = () => undefined): (w: NlWriter) => void {
  return (w) => {
    w.begin(type, flags, seq, 0);
    const o = w.reserve(4);
    w.view.setUint16(o + 2, resId);
    fill(w);
    w.end();
  };
}
const begin = (seq: number, flags: number = R, id: number = NFNL_SUBSYS_NFTABLES, fill?: (w: NlWriter) => void): ((w: NlWriter) => void) => raw(NFNL_MSG_BATCH_BEGIN, flags, seq, id, fill);
const end = (seq: number, flags: number = R): ((w: NlWriter) => void) => raw(NFNL_MSG_BATCH_END, flags, seq, NFNL_SUBSYS_NFTABLES);
const add = (name: string, seq: number, flags: number = A): ((w: NlWriter) => void) => raw(0xa00, flags, seq, 0, (w) => w.putString(1, name));
const del = (name: string, seq: number, flags: number = R): ((w: NlWriter) => void) => raw(0xa02, flags, seq, 0, (w) => w.putString(1, name));

describe('batches', () => {
  test('take effect as one, and each message that asks is answered in order', () => {
    const b = new Box();
    expect(b.ask(begin(1, A), add('t1', 2), end(3, A))).toEqual([[1, 0], [2, 0], [3, 0]]);
    expect([...b.names.committed]).toEqual(['t1']);
    // An error does not end it: all errors are told, nothing is done.
    expect(b.ask(begin(1, A), add('t2', 2), del('nope', 3), add('t3', 4), end(5, A))).toEqual([[1, 0], [2, 0], [3, -ENOENT], [4, 0]]);
    expect(b.ask(begin(1), del('no', 2), del('nope', 3, A), end(5))).toEqual([[2, -ENOENT], [3, -ENOENT]]);
    // Without its end it is taken back.
    expect(b.ask(begin(1, A), add('t4', 2))).toEqual([[1, 0], [2, 0]]);
    expect([...b.names.committed]).toEqual(['t1']);
    expect(b.aborts).toBe(3);
    // What is behind it is not looked at.
    expect(b.ask(begin(1, A), add('y1', 2), end(3, A), begin(4, A), add('y2', 5), end(6, A))).toEqual([[1, 0], [2, 0], [3, 0]]);
    expect([...b.names.committed]).toEqual(['t1', 'y1']);
    b.end();
  });

  test('that are broken are not answered at all', () => {
    const b = new Box();
    expect(b.ask(begin(1, A), add('t5', 2), begin(3), end(4))).toEqual([]);
    expect(b.ask(begin(1), add('t6', 2), (w) => { w.begin(0xa00, R, 3, 0); w.end(); }, end(5))).toEqual([]);
    expect(b.names.committed.size).toBe(0);
    b.end();
  });

  test('of what does not belong into them, or of no subsystem', () => {
    const b = new Box();
    expect(b.ask(begin(1), add('a', 2), raw(0x100, R, 3), add('b', 4), end(5))).toEqual([[2, 0], [3, -EINVAL], [4, 0]]);
    expect(b.ask(begin(1), add('a', 2), raw(0xa01, R, 3), end(5))).toEqual([[2, 0], [3, -EINVAL]]);
    expect(b.ask(begin(1), add('a', 2), raw(0xaff, R, 3), end(5))).toEqual([[2, 0], [3, -EINVAL]]);
    expect(b.ask(begin(1), add('a', 2, 0), end(5))).toEqual([[2, -EINVAL]]);
    expect(b.ask(begin(1, A), add('a', 2), end(5, NLM_F_ACK))).toEqual([[1, 0], [2, 0], [5, -EINVAL]]);
    expect(b.ask(add('a', 2))).toEqual([[2, -EINVAL]]);
    expect(b.ask(end(2, A))).toEqual([[2, -EINVAL]]);
    expect(b.ask(begin(1, R, 55), end(2))).toEqual([[1, -EINVAL]]);
    expect(b.ask(begin(1, R, 0), end(2))).toEqual([[1, -EOPNOTSUPP]]);
    expect(b.ask(raw(0xd00, R, 1))).toEqual([[1, -EINVAL]]);
    expect(b.ask((w) => { w.begin(0xa01, A, 1, 0); w.end(); })).toEqual([[1, 0]]);
    expect(b.names.committed.size).toBe(0);
    b.end();
  });

  test('made for another generation, or numbered in the wrong order', () => {
    const b = new Box();
    const gen = (n: number) => (w: NlWriter): void => w.putBe32(NFNL_BATCH_GENID, n);
    expect(b.ask(begin(1, A, NFNL_SUBSYS_NFTABLES, gen(12345)), add('a', 2), end(3))).toEqual([[1, -ERESTART]]);
    expect(b.ask(begin(1, A, NFNL_SUBSYS_NFTABLES, (w) => w.putBytes(NFNL_BATCH_GENID, new Uint8Array(2))), add('a', 2), end(3))).toEqual([[1, -ERANGE]]);
    expect(b.ask(begin(1, A, NFNL_SUBSYS_NFTABLES, gen(7)), add('a', 2), end(3))).toEqual([[1, 0], [2, 0]]);
    expect(b.ask(begin(1, R, NFNL_SUBSYS_NFTABLES << 8), add('b', 2), end(3))).toEqual([[2, 0]]);
    expect([...b.names.committed]).toEqual(['a', 'b']);
    b.end();
  });
});
