import { EAGAIN, EBUSY, EIO } from '@linnet/kernel';
import { skbStats } from '@linnet/skbuff';
import { sockSetsockopt } from '@linnet/socket';
import {
  AF_INET, AF_INET6, MSG_PEEK, MSG_TRUNC, NLM_F_DUMP, NLM_F_DUMP_FILTERED, NLM_F_DUMP_INTR, NLM_F_MULTI, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH, RTM_NEWADDR,
  RTM_NEWNEIGH, SO_RCVBUF,
} from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import { nlDumpBegin, nlmsgReplyBegin, type NetlinkSock, RTNL_FLAG_DUMP_SPLIT_NLM_DONE, rtnlDump, rtnlRegister, rtnlUnregister } from '../src/index.ts';
import { ack, Client, finish, ifi, kind, makeKernel, message, type Msg, split, str, attrs, type TestKernel, u32 } from './helpers.ts';

/** Answers RTM_GETNEIGH of AF_INET with `items` messages of `size` bytes, numbered. */
function numbers(k: TestKernel, items: { n: number; size: number; seq?: () => number; flags?: number }): void {
  rtnlRegister(k, AF_INET, RTM_GETNEIGH, {
    flags: items.flags ?? 0,
    dumpit(_net, _req, w, cb) {
      cb.seq = items.seq?.() ?? 0;
      const list = Array.from({ length: items.n }, (_v, i) => i);
      return rtnlDump(list, w, cb, (i) => {
        nlDumpBegin(w, cb, RTM_NEWNEIGH);
        const off = w.reserve(items.size);
        w.view.setUint32(off, i, true);
        return w.end();
      });
    },
  });
}
const ask = (family = AF_INET): Uint8Array => message(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, new Uint8Array([family, 0, 0, 0]), 7);
const nums = (list: readonly Msg[]): number[] => list.filter((m) => m.type === RTM_NEWNEIGH).map((m) => u32(m.payload));
const all = (n: number): number[] => Array.from({ length: n }, (_v, i) => i);

describe('parts', () => {
  test('the first is made by sendmsg, each next one when the reader has room', () => {
    const k = makeKernel();
    numbers(k, { n: 500, size: 100 });
    const c = new Client(k.initNet);
    c.send(ask());
    expect((c.sock.sk as NetlinkSock).receiveQueue.qlen).toBe(1);
    const sizes: number[] = [];
    const got: Msg[] = [];
    for (;;) {
      const r = c.recv(8192);
      if (typeof r === 'number') break;
      expect((c.sock.sk as NetlinkSock).receiveQueue.qlen).toBeLessThanOrEqual(1);
      sizes.push(r.n);
      got.push(...split(r.u8));
    }
    expect(nums(got)).toEqual(all(500));
    expect(got.every((m) => m.flags === NLM_F_MULTI && m.seq === 7)).toBe(true);
    expect(got.at(-1)!.type).toBe(NLMSG_DONE);
    // The first part did not know the reader's buffer; the others fill it.
    expect(sizes[0]!).toBeLessThanOrEqual(3776);
    expect(Math.max(...sizes)).toBeGreaterThan(8000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8192);
    finish(k);
  });

  test('NLMSG_DONE comes with the last part if there is room, or alone if the handler says so', () => {
    for (const flags of [0, RTNL_FLAG_DUMP_SPLIT_NLM_DONE]) {
      const k = makeKernel();
      numbers(k, { n: 3, size: 8, flags });
      const c = new Client(k.initNet);
      c.send(ask());
      expect(c.recvAll().map((u8) => split(u8).length)).toEqual(flags === 0 ? [4] : [3, 1]);
      finish(k);
    }
  });

  test('nothing to dump is a DONE', () => {
    const k = makeKernel();
    numbers(k, { n: 0, size: 8 });
    const c = new Client(k.initNet);
    c.send(ask());
    const got = c.messages();
    expect(got.map((m) => [m.type, m.flags, [...m.payload]])).toEqual([[NLMSG_DONE, NLM_F_MULTI, [0, 0, 0, 0]]]);
    finish(k);
  });

  test('a message larger than a part gets a part of its own', () => {
    const k = makeKernel();
    numbers(k, { n: 3, size: 20000 });
    const c = new Client(k.initNet);
    c.send(ask());
    expect(nums(c.messages())).toEqual([0, 1, 2]);
    finish(k);
  });

  test('peeking sees the same part again', () => {
    const k = makeKernel();
    numbers(k, { n: 100, size: 100 });
    const c = new Client(k.initNet);
    c.send(ask());
    const peek = (): number => (c.recv(0, MSG_PEEK | MSG_TRUNC) as { n: number }).n;
    const len = peek();
    expect(peek()).toBe(len);
    expect((c.recv() as { n: number }).n).toBe(len);
    finish(k);
  });

  test('20,000 messages through a small receive buffer lose nothing', () => {
    const k = makeKernel();
    numbers(k, { n: 20000, size: 60 });
    const c = new Client(k.initNet);
    sockSetsockopt(c.sock, SO_RCVBUF, new Uint8Array([0, 16, 0, 0]));
    c.send(ask());
    expect(nums(c.messages())).toEqual(all(20000));
    finish(k);
  });
});

describe('what can go wrong', () => {
  test('a second dump while one runs is EBUSY; other requests are answered', () => {
    const k = makeKernel();
    numbers(k, { n: 200, size: 100 });
    const c = new Client(k.initNet);
    c.send(ask());
    c.send(ask());
    c.send(message(RTM_GETLINK, NLM_F_REQUEST, ifi({ index: 1 }), 8));
    const got = c.messages();
    expect(got.filter((m) => m.type === NLMSG_ERROR).map((m) => ack(m).errno)).toEqual([-EBUSY]);
    expect(got.filter((m) => m.type === 16)).toHaveLength(1);
    expect(nums(got)).toEqual(all(200));
    finish(k);
  });

  test('a closed socket ends its dump and frees the request', () => {
    const k = makeKernel();
    numbers(k, { n: 2000, size: 100 });
    const c = new Client(k.initNet);
    c.send(ask());
    c.recv();
    expect(skbStats(k).live).toBeGreaterThan(0);
    c.close();
    expect(skbStats(k).live).toBe(0);
    finish(k);
  });

  test('a change between parts is marked from there on', () => {
    const k = makeKernel();
    let seq = 1;
    numbers(k, { n: 200, size: 100, seq: () => seq });
    const c = new Client(k.initNet);
    c.send(ask());
    const first = c.recv(4096);
    if (typeof first === 'number') throw new Error(String(first));
    expect(split(first.u8).every((m) => (m.flags & NLM_F_DUMP_INTR) === 0)).toBe(true);
    seq = 2;
    c.recv(4096); // made before the change
    const rest = c.messages();
    expect(rest.length).toBeGreaterThan(1);
    expect(rest.every((m) => (m.flags & NLM_F_DUMP_INTR) !== 0)).toBe(true);
    expect(rest.at(-1)!.type).toBe(NLMSG_DONE);
    finish(k);
  });

  test('a dumper that fails says so in DONE, with its text', () => {
    const k = makeKernel();
    rtnlRegister(k, AF_INET, RTM_GETNEIGH, {
      dumpit(_net, req) {
        req.extack.msg = 'out of ideas';
        return -EIO;
      },
    });
    const c = new Client(k.initNet);
    c.send(ask());
    const got = c.messages();
    expect(got.map((m) => m.type)).toEqual([NLMSG_DONE]);
    expect(ack(got[0]!)).toMatchObject({ errno: -EIO, msg: 'out of ideas' });
    expect(c.recv()).toBe(-EAGAIN);
    finish(k);
  });

  test('links that come and go during a dump of links', () => {
    const k = makeKernel();
    const c = new Client(k.initNet);
    const w = new Client(k.initNet);
    for (let i = 0; i < 40; i++) expect(w.ack(16, 0x600, ifi({}, (a) => { a.putString(3, `br${i}`); kind(a, 'bridge'); })).errno).toBe(0);
    c.send(message(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, ifi(), 3));
    const first = c.recv(4096);
    if (typeof first === 'number') throw new Error(String(first));
    for (let i = 0; i < 40; i += 2) expect(w.ack(17, 0, ifi({}, (a) => a.putString(3, `br${i}`))).errno).toBe(0);
    const got = [...split(first.u8), ...c.messages()];
    const names = got.filter((m) => m.type === 16).map((m) => str(attrs(m.payload, 16).get(3)));
    expect(new Set(names).size).toBe(names.length);
    for (let i = 1; i < 40; i += 2) expect(names).toContain(`br${i}`);
    expect(got.some((m) => (m.flags & NLM_F_DUMP_INTR) !== 0)).toBe(true);
    finish(k);
  });
});

describe('dumps of all families', () => {
  function family(k: TestKernel, af: number, n: number): void {
    rtnlRegister(k, af, RTM_GETADDR, {
      dumpit: (_net, _req, w, cb) =>
        rtnlDump(all(n), w, cb, (i) => {
          nlDumpBegin(w, cb, RTM_NEWADDR, NLM_F_DUMP_FILTERED);
          const off = w.reserve(200);
          w.view.setUint8(off, af);
          w.view.setUint8(off + 1, i);
          return w.end();
        }),
    });
  }
  test('go through the families in order, in as many parts as it takes', () => {
    const k = makeKernel();
    family(k, AF_INET6, 30);
    family(k, AF_INET, 50);
    const c = new Client(k.initNet);
    const got = c.request(RTM_GETADDR, NLM_F_DUMP, new Uint8Array(8));
    const addrs = got.filter((m) => m.type === RTM_NEWADDR);
    expect(addrs.map((m) => [m.payload[0], m.payload[1]])).toEqual([...all(50).map((i) => [AF_INET, i]), ...all(30).map((i) => [AF_INET6, i])]);
    expect(addrs.every((m) => m.flags === (NLM_F_MULTI | NLM_F_DUMP_FILTERED))).toBe(true);
    expect(got.at(-1)!.type).toBe(NLMSG_DONE);
    expect(got).toHaveLength(81);
    finish(k);
  });
  test('a family without the message is the dump of all', () => {
    const k = makeKernel();
    family(k, AF_INET, 2);
    const c = new Client(k.initNet);
    expect(c.request(RTM_GETADDR, NLM_F_DUMP, new Uint8Array([AF_INET, 0, 0, 0, 0, 0, 0, 0]))).toHaveLength(3);
    expect(c.request(RTM_GETADDR, NLM_F_DUMP, new Uint8Array([77, 0, 0, 0, 0, 0, 0, 0]))).toHaveLength(3);
    finish(k);
  });
});

describe('the register', () => {
  test('a doit answers with what it wrote, then the acknowledgement; a family without the message falls back to PF_UNSPEC', () => {
    const k = makeKernel();
    const said: string[] = [];
    rtnlRegister(k, 0, RTM_GETNEIGH, { doit: () => { said.push('unspec'); return 0; } });
    rtnlRegister(k, AF_INET, RTM_GETNEIGH, {
      doit(_net, req, reply) {
        said.push('inet');
        nlmsgReplyBegin(reply, req, RTM_NEWNEIGH);
        reply.putU32(1, 42);
        reply.end();
        reply.begin(1, 0, 0, 0); // left unfinished: not sent
        return 0;
      },
    });
    const c = new Client(k.initNet);
    expect(c.request(RTM_GETNEIGH, 4, new Uint8Array([AF_INET, 0, 0, 0])).map((m) => m.type)).toEqual([RTM_NEWNEIGH, NLMSG_ERROR]);
    expect(c.request(RTM_GETNEIGH, 4, new Uint8Array([AF_INET6, 0, 0, 0])).map((m) => m.type)).toEqual([NLMSG_ERROR]);
    rtnlUnregister(k, AF_INET, RTM_GETNEIGH);
    c.request(RTM_GETNEIGH, 4, new Uint8Array([AF_INET, 0, 0, 0]));
    expect(said).toEqual(['inet', 'unspec', 'unspec']);
    expect(rtnlRegister(k, 200, RTM_GETNEIGH, {})).toBe(-22);
    expect(rtnlRegister(k, 0, 5, {})).toBe(-22);
    finish(k);
  });

  test('handlers given in two parts are one', () => {
    const k = makeKernel();
    numbers(k, { n: 1, size: 4 });
    rtnlRegister(k, AF_INET, RTM_GETNEIGH, { doit: () => -5 });
    const c = new Client(k.initNet);
    expect(c.ack(RTM_GETNEIGH, 0, new Uint8Array([AF_INET, 0, 0, 0])).errno).toBe(-5);
    expect(nums(c.request(RTM_GETNEIGH, NLM_F_DUMP, new Uint8Array([AF_INET, 0, 0, 0])))).toEqual([0]);
    finish(k);
  });
});
